/**
 * The compiled kernels, once a process. Apart from what works with them: compiling goes on beside the loading of the
 * modules that do.
 */
import { readFile } from 'node:fs/promises';

/** The module's bytes. */
export const kernelFile = new URL('../../kernels/pkg/hybrid_kernels_bg.wasm', import.meta.url);

let compiled: Promise<WebAssembly.Module> | undefined;

/** Sent to workers by `workerData`, so that it is compiled once. */
export function compileKernels(): Promise<WebAssembly.Module> {
  compiled ??= readFile(kernelFile).then((bytes) => WebAssembly.compile(bytes));
  return compiled;
}

/** Begins to compile, for {@link compileKernels} to be answered sooner; what goes wrong is told there. */
export function beginCompiling(): void {
  compileKernels().catch(() => {});
}

/** A thread that has been given the compiled kernels hands them on. */
export function adoptCompiled(module: WebAssembly.Module): void {
  compiled ??= Promise.resolve(module);
}
