/** Where the kernel without SIMD lies once it is built. */
import { resolve } from 'node:path';

export const scalarPackage = resolve('bench/scalar/pkg');
