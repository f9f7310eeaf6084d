/** The built kernels: ours, and others to be compared with it. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** HYBRID_KERNELS names another package than the committed one. */
export const builtPackage = resolve(process.env.HYBRID_KERNELS ?? 'kernels/pkg');

/** An instance of the package in a folder; each folder has its own. */
export async function loadKernels(folder = builtPackage) {
  const kernels = await import(join(folder, 'hybrid_kernels.js'));
  kernels.initSync({ module: readFileSync(join(folder, 'hybrid_kernels_bg.wasm')) });
  return kernels;
}
