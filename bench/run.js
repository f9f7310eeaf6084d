/**
 * npm run bench [-- --only PATTERN]: every case in turn, each with its expected answer; a wrong answer fails the run.
 * Compare ratios within one run: absolute times say more about the machine's mood than about the code.
 */
import { parseArgs } from 'node:util';
import { engineBench } from './kernels/engine.js';
import { evaluateBench } from './kernels/evaluate.js';
import { scanBench } from './kernels/scan.js';
import { treesBench } from './kernels/trees.js';
import { exportBench } from './stages/export.js';
import { generationBench } from './stages/generation.js';
import { prepareBench } from './stages/prepare.js';

/** Name → the case; it prints its lines and throws when an answer is wrong. */
const cases = {
  'kernels/scan': scanBench,
  'kernels/engine': engineBench,
  'kernels/evaluate': evaluateBench,
  'kernels/trees': treesBench,
  'stages/export': exportBench,
  'stages/prepare': prepareBench,
  'stages/generation': generationBench,
};

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const chosen = Object.entries(cases).filter(([name]) => name.includes(values.only));
if (chosen.length === 0) {
  console.error(`--only: expected a part of ${Object.keys(cases).join(', ')}, got "${values.only}"`);
  process.exitCode = 2;
}
for (const [name, run] of chosen) {
  console.log(`\n== ${name}`);
  await run(console.log);
}
