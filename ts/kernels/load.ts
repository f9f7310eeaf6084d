/** The kernels: compiled once a process, one instance a thread. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as kernels from '../../kernels/pkg/hybrid_kernels.js';
import { HybridError } from '../error.js';
import { adoptCompiled, kernelFile } from './compile.js';

export { compileKernels } from './compile.js';

export type Kernels = typeof kernels;

let memory: WebAssembly.Memory | undefined;

/** SHA-256 of the module's bytes, hexadecimal. */
export async function hashKernels(): Promise<string> {
  return createHash('sha256')
    .update(await readFile(kernelFile))
    .digest('hex');
}

/** This thread's instance; the second call returns the first one's. */
export function instantiateKernels(module: WebAssembly.Module): Kernels {
  adoptCompiled(module);
  memory ??= kernels.initSync({ module }).memory;
  return kernels;
}

/**
 * A view on `length` bytes of WASM memory at `pointer`. Use it before the next call into the kernels and
 * keep it nowhere: it has length 0 once the memory has grown.
 */
export function memoryView(pointer: number, length: number): Uint8Array {
  if (memory === undefined)
    throw new HybridError('E_INTERNAL', 'kernels: expected an instance, got none yet');
  return new Uint8Array(memory.buffer, pointer, length);
}

/** As {@link memoryView}, of `length` f64. */
export function wordsView(pointer: number, length: number): Float64Array {
  const { buffer, byteOffset } = memoryView(pointer, 8 * length);
  return new Float64Array(buffer, byteOffset, length);
}

/**
 * Runs `call` and turns what it throws into a HybridError: a kernel's own error keeps its code and hint;
 * a trap leaves the instance unusable and is E_KERNEL.
 */
export function callKernel<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    if (thrown instanceof WebAssembly.RuntimeError) {
      throw new HybridError('E_KERNEL', `kernel: ${thrown.message}`, { cause: thrown });
    }
    const error = thrown as { name: string; message: string; hint?: string };
    throw HybridError.from({ code: error.name, message: error.message, hint: error.hint || undefined });
  }
}
