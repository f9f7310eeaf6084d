/**
 * A planted relation must be found: R² 1e-3 in a million rows whose labels do not overlap, over a ridge of all
 * columns, in 19 of 20 seeds; of two orthogonal ones both. HYBRID_SOAK_PLANTED sets the seeds (20),
 * HYBRID_SOAK_PAIRS those of two (4), HYBRID_SOAK_FIRST the first of either (1), HYBRID_SOAK_ROWS the rows: with
 * fewer R² rises so that it shows as well;
 * HYBRID_SOAK_BASELINE the baseline (ridge: trees take a part of what is pointwise in the columns, as they should),
 * HYBRID_SOAK_THREADS the threads.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../ts/io/dataset.js';
import { compileKernels, instantiateKernels } from '../../ts/kernels/load.js';
import { formulaValues } from '../../ts/stages/formula.js';
import { persistent, writeDataset } from '../support/dataset.js';
import { beyondLinear, correlation, plantedTarget, runEvolution } from '../support/evolution.js';
import { freshFolder } from '../support/folder.js';

const rows = Number(process.env.HYBRID_SOAK_ROWS ?? 1_000_000);
const seeds = Number(process.env.HYBRID_SOAK_PLANTED ?? 20);
const first = Number(process.env.HYBRID_SOAK_FIRST ?? 1);
const { HYBRID_SOAK_BASELINE: baseline = 'ridge', HYBRID_SOAK_THREADS: threads } = process.env;

const gain = 1e-3 * (1_000_000 / rows);

type Relation = (x: readonly Float64Array[]) => Float64Array;
const pointwise = (f: (...v: number[]) => number): Relation => {
  return (x) => x[0]!.map((_, i) => f(...x.map((c) => c[i]!)));
};
const lag = (x: Float64Array, n: number) => x.map((_, i) => (i < n ? 0 : x[i - n]!));
const sma = (x: Float64Array, n: number) => {
  let sum = 0;
  return x.map((v, i) => {
    sum += v - (i < n ? 0 : x[i - n]!);
    return i < n - 1 ? 0 : sum / n;
  });
};
const map = (f: (...v: number[]) => number, ...x: Float64Array[]) =>
  x[0]!.map((_, i) => f(...x.map((c) => c[i]!)));

/** Relations that no linear model sees, of different shapes; seed s plants the one of its number. */
const relations: readonly (readonly [string, Relation])[] = [
  ['x0 * x1', pointwise((a, b) => a * b)],
  ['x2 / (2 + abs(x3)) * x4', pointwise((_a, _b, c, d, e) => (c / (2 + Math.abs(d))) * e)],
  ['tanh(2 * x1) * x5', pointwise((...x) => Math.tanh(2 * x[1]!) * x[5]!)],
  ['max(x0, x6)', pointwise((...x) => Math.max(x[0]!, x[6]!))],
  ['abs(x3 - x7)', pointwise((...x) => Math.abs(x[3]! - x[7]!))],
  ['x1 * lag(x5, 7)', (x) => map((a, b) => a * b, x[1]!, lag(x[5]!, 7))],
  ['sma(x0, 20) * x2', (x) => map((a, b) => a * b, sma(x[0]!, 20), x[2]!)],
  ['sma(x1, 5) / (1 + abs(x6))', (x) => map((a, b) => a / (1 + Math.abs(b)), sma(x[1]!, 5), x[6]!)],
  // A sum within a product is one relation, not two.
  ['(x0 - x4) * x2', pointwise((...x) => (x[0]! - x[4]!) * x[2]!)],
  ['(x0 + x5) * tanh(2 * x1)', pointwise((...x) => (x[0]! + x[5]!) * Math.tanh(2 * x[1]!))],
  // Only in one regime.
  ['x4 where x3 is above 0.5', pointwise((...x) => (x[3]! > 0.5 ? x[4]! : 0))],
];

/** Two orthogonal ones each, with a column in common and without. */
const pairs: readonly (readonly [string, string])[] = [
  ['x0 * x1', 'tanh(2 * x1) * x5'],
  ['x0 * x1', 'tanh(2 * x4) * x5'],
  ['abs(x3 - x7)', 'tanh(2 * x1) * x5'],
  ['x2 * lag(x6, 7)', 'tanh(2 * x4) * x5'],
];
const relationOf = new Map<string, Relation>([
  ...relations,
  ['tanh(2 * x4) * x5', pointwise((...x) => Math.tanh(2 * x[4]!) * x[5]!)],
  ['x2 * lag(x6, 7)', (x) => map((a, b) => a * b, x[2]!, lag(x[6]!, 7))],
]);
const pairSeeds = Number(process.env.HYBRID_SOAK_PAIRS ?? pairs.length);

describe('planted relations', () => {
  const folder = freshFolder();
  const dataset = join(folder, 'planted.parquet');

  /** The best correlation, beyond a linear model of the columns, that the portfolio has with each relation. */
  async function recover(
    seed: number,
    planted: readonly Relation[],
  ): Promise<{ best: number[]; found: string[] }> {
    const x = Array.from({ length: 8 }, (_, k) =>
      persistent(rows, 104_729 * seed + k, [0, 0.5, 0.9, 0.99][k % 4]!),
    );
    const truths = planted.map((relation) => relation(x));
    const columns = Object.fromEntries(x.map((c, k) => [`x${k}`, c]));
    writeDataset(dataset, { ...columns, y: plantedTarget(truths, gain, 15_485_863 * seed) });
    const flags = {
      target: 'column:y',
      population: '1000',
      generations: '20',
      seed: String(seed),
      baseline,
      ...(threads && { threads }),
    };
    const { portfolio } = await runEvolution({ ...flags, dataset, evolved: join(folder, 'out') });
    const kernels = instantiateKernels(await compileKernels());
    const opened = await openDataset(dataset);
    const best = truths.map(() => 0);
    for (const { formula } of portfolio) {
      const values = (await formulaValues(kernels, opened, formula)).map((v) => (Number.isFinite(v) ? v : 0));
      const own = beyondLinear(values, x);
      truths.forEach((truth, i) => {
        best[i] = Math.max(best[i]!, correlation(own, beyondLinear(truth, x)));
      });
    }
    return { best, found: portfolio.map((p) => p.formula) };
  }

  it('are found in 19 of 20 seeds', async () => {
    let found = 0;
    for (let seed = first; seed < first + seeds; seed++) {
      const [name, relation] = relations[seed % relations.length]!;
      const start = performance.now();
      const { best, found: formulas } = await recover(seed, [relation]);
      if (best[0]! > 0.95) found++;
      const seconds = ((performance.now() - start) / 1000).toFixed(0);
      console.log(`planted ${seed}: ${name}: ${best[0]!.toFixed(3)} in ${seconds} s: ${formulas.join('; ')}`);
    }
    console.log(`planted: found in ${found} of ${seeds} seeds`);
    expect(found).toBeGreaterThanOrEqual(Math.floor((19 * seeds) / 20));
  });

  it('are both found when two are orthogonal', async () => {
    let found = 0;
    for (let seed = first; seed < first + pairSeeds; seed++) {
      const names = pairs[(seed - first) % pairs.length]!;
      const { best, found: formulas } = await recover(
        seed,
        names.map((name) => relationOf.get(name)!),
      );
      if (Math.min(...best) > 0.95) found++;
      const said = best.map((b) => b.toFixed(3)).join(' and ');
      console.log(`two planted ${seed}: ${names.join(' & ')}: ${said}: ${formulas.join('; ')}`);
    }
    expect(found).toBe(pairSeeds);
  });
});
