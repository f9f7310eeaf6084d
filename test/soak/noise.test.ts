/**
 * Noise must find nothing: fresh noise, and returns of a market shifted in a circle against persistent features
 * (which independent noise alone would not show). With Benjamini–Yekutieli about 2 of 200 report something.
 * HYBRID_SOAK_NOISE sets the seeds of each kind (100), HYBRID_SOAK_FIRST the first of them (1).
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { normals, writeDataset } from '../support/dataset.js';
import { marketReturns, persistentFeatures, runEvolution, shiftedMarket } from '../support/evolution.js';
import { freshFolder } from '../support/folder.js';

const rows = 20_000;
const seeds = Number(process.env.HYBRID_SOAK_NOISE ?? 100);
const first = Number(process.env.HYBRID_SOAK_FIRST ?? 1);
/** Of each 100 seeds. */
const allowed = 2.5;

describe('noise', () => {
  const folder = freshFolder();
  const dataset = join(folder, 'noise.parquet');

  async function count(
    kind: string,
    target: string,
    columnsOf: (seed: number) => Parameters<typeof writeDataset>[1],
  ) {
    const reporting: number[] = [];
    for (let seed = first; seed < first + seeds; seed++) {
      writeDataset(dataset, columnsOf(seed));
      const flags = { target, population: '1000', generations: '20', seed: String(seed) };
      const { portfolio, refused } = await runEvolution({ ...flags, dataset, evolved: join(folder, 'out') });
      if (portfolio.length > 0) reporting.push(seed);
      const found = portfolio.map((p) => `${p.formula} (p ${p.test!.p.toPrecision(2)})`).join('; ');
      console.log(
        `${kind} ${seed}: ${portfolio.length} of ${portfolio.length + refused.length} finalists ${found}`,
      );
    }
    console.log(`${kind}: ${reporting.length} of ${seeds} seeds report something: ${reporting.join()}`);
    return reporting.length;
  }

  it('fresh noise reports nothing', async () => {
    const found = await count('fresh noise', 'column:y', (seed) => {
      return { ...persistentFeatures(rows, seed), y: normals(rows, 1_000_003 * seed) };
    });
    expect(found).toBeLessThanOrEqual(Math.ceil((allowed * seeds) / 100));
  });

  it('shifted returns report nothing', async () => {
    const found = await count('shifted returns', 'ret_20s', (seed) => {
      const shift = 1 + ((seed * 7919) % (rows - 1));
      const market = shiftedMarket(marketReturns(rows, 31 * seed), shift);
      return { ...market, ...persistentFeatures(rows, seed) };
    });
    expect(found).toBeLessThanOrEqual(Math.ceil((allowed * seeds) / 100));
  });
});
