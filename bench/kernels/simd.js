/**
 * The kernel with 128-bit vectors beside the same source built without them (`npm run bench:scalar`, which needs Rust;
 * the published package has the first build only): operators and a population of formulas, by processor time. Checked:
 * both give the same bits.
 */
import { existsSync } from 'node:fs';
import { scalarPackage } from '../scalar/package.js';
import { builtPackage } from '../suite/kernel.js';
import { compete } from './windows.js';

const operators = ['sma', 'std', 'ts_max', 'rank', 'corr'];

export async function simdBench(bench) {
  const who = 'the kernel without SIMD';
  if (!existsSync(scalarPackage))
    return bench.skip('all', who, 'it is not built (npm run bench:scalar, needs Rust)');
  const packages = [
    { who: 'hybrid', folder: builtPackage },
    { who, folder: scalarPackage },
  ];
  await compete(bench, packages, { isWanted: (name) => operators.includes(name) });
}
