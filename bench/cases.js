/** Every case by its name: what runs, and which command runs it alone. */
import { barsBench } from './kernels/bars.js';
import { booksBench } from './kernels/books.js';
import { engineBench } from './kernels/engine.js';
import { evaluateBench } from './kernels/evaluate.js';
import { indicatorsBench } from './kernels/indicators.js';
import { scanBench } from './kernels/scan.js';
import { simdBench } from './kernels/simd.js';
import { treesQualityBench } from './kernels/trees/quality.js';
import { treesSpeedBench } from './kernels/trees/speed.js';
import { windowsBench } from './kernels/windows.js';
import { evaluationBench } from './scaling/evaluation.js';
import { stagesBench } from './scaling/stages.js';
import { exportBench } from './stages/export.js';
import { generationBench } from './stages/generation.js';
import { prepareBench } from './stages/prepare.js';
import { symbolicBench } from './stages/symbolic.js';
import { trainBench } from './stages/train.js';

/** @type {Record<string, (bench: import('./suite/bench.js').Bench) => Promise<unknown>>} */
export const cases = {
  'kernels/scan': scanBench,
  'kernels/bars': barsBench,
  'kernels/books': booksBench,
  'kernels/indicators': indicatorsBench,
  'kernels/engine': engineBench,
  'kernels/windows': windowsBench,
  'kernels/evaluate': evaluateBench,
  'kernels/simd': simdBench,
  'kernels/trees-quality': treesQualityBench,
  'kernels/trees-speed': treesSpeedBench,
  'stages/export': exportBench,
  'stages/prepare': prepareBench,
  'stages/train': trainBench,
  'stages/symbolic': symbolicBench,
  'stages/generation': generationBench,
  'scaling/evaluation': evaluationBench,
  'scaling/stages': stagesBench,
};
