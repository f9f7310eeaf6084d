/** Every case by its name: what runs, and which command runs it alone. */
import { engineBench } from './kernels/engine.js';
import { evaluateBench } from './kernels/evaluate.js';
import { scanBench } from './kernels/scan.js';
import { treesBench } from './kernels/trees.js';
import { windowsBench } from './kernels/windows.js';
import { exportBench } from './stages/export.js';
import { prepareBench } from './stages/prepare.js';

/** @type {Record<string, (bench: import('./suite/bench.js').Bench) => Promise<unknown>>} */
export const cases = {
  'kernels/scan': scanBench,
  'kernels/engine': engineBench,
  'kernels/windows': windowsBench,
  'kernels/evaluate': evaluateBench,
  'kernels/trees': treesBench,
  'stages/export': exportBench,
  'stages/prepare': prepareBench,
};
