/** What luck alone would give: effective sizes, noise floor, tests with control of the false discoveries. */
import { Draw, purposes } from '../statistics/random.js';
import { studentQuantile } from '../statistics/student.js';

/** The best |correlation| that `trials` formulas of pure noise reach, at least: √(2 ln M / N_eff). */
export function noiseFloor(trials: number, effectiveRows: number): number {
  return Math.sqrt((2 * Math.log(Math.max(trials, 1))) / effectiveRows);
}

/** Level of each test and power of the smallest gain that data are said to show. */
export const discoveryRate = 0.05;
const powerQuantile = 1.2815515655446004;

/**
 * The smallest R² that the selection part shows with 90 % power when it is the best of `finalists`, each
 * tested by a t over `blocks` blocks with Benjamini–Yekutieli: (t + 1.28)² / N_eff of the selection part.
 */
export function detectableGain(selectionRows: number, finalists: number, blocks: number): number {
  const level = discoveryRate / (finalists * harmonic(finalists));
  const needed = studentQuantile(1 - level, blocks - 1) + powerQuantile;
  return (needed * needed) / selectionRows;
}

function harmonic(n: number): number {
  let sum = 0;
  for (let i = 1; i <= n; i++) sum += 1 / i;
  return sum;
}

/** Which hypotheses Benjamini–Yekutieli (2001) rejects at false discovery rate `rate`, whatever their dependence. */
export function benjaminiYekutieli(p: readonly number[], rate = discoveryRate): boolean[] {
  const order = p.map((_, i) => i).sort((a, b) => p[a]! - p[b]! || a - b);
  const unit = rate / (p.length * harmonic(p.length));
  let last = -1;
  order.forEach((i, rank) => {
    if (p[i]! <= (rank + 1) * unit) last = rank;
  });
  const rejected = p.map(() => false);
  for (const i of order.slice(0, last + 1)) rejected[i] = true;
  return rejected;
}

/** Mean length, in blocks, of the stretches that the bootstrap keeps together. */
const stretch = 2;

/**
 * 95 % interval by the stationary bootstrap (Politis and Romano 1994) over blocks; `statistic` gets how often
 * each block was drawn.
 */
export function bootstrapInterval(
  blocks: number,
  statistic: (counts: Float64Array) => number,
  seed: number,
  resamples = 1000,
): [number, number] {
  const values = new Float64Array(resamples);
  for (let s = 0; s < resamples; s++) {
    values[s] = statistic(drawBlocks(blocks, new Draw(seed, s, purposes.bootstrap)));
  }
  values.sort();
  const at = (share: number) => values[Math.min(resamples - 1, Math.floor(share * resamples))]!;
  return [at(0.025), at(0.975)];
}

function drawBlocks(blocks: number, draw: Draw): Float64Array {
  const counts = new Float64Array(blocks);
  let at = 0;
  for (let i = 0; i < blocks; i++) {
    at = i === 0 || draw.unit() < 1 / stretch ? draw.below(blocks) : (at + 1) % blocks;
    counts[at]! += 1;
  }
  return counts;
}
