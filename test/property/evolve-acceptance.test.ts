/** A short part, at fixed seeds, of what test/soak shows at length: noise finds nothing, a plant is found. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { normals, persistent, writeDataset } from '../support/dataset.js';
import {
  marketReturns,
  persistentFeatures,
  plantedTarget,
  runEvolution,
  shiftedMarket,
} from '../support/evolution.js';
import { freshFolder } from '../support/folder.js';
import { noises, reportsOf } from '../support/noises.js';

describe('in short', () => {
  const folder = freshFolder();
  const dataset = join(folder, 'features.parquet');
  const flags = { dataset, evolved: join(folder, 'out'), population: '120', generations: '4' };

  it('noise finds nothing', async () => {
    writeDataset(dataset, { ...persistentFeatures(20_000, 1, 6), y: normals(20_000, 1_000_003) });
    const { portfolio, trials } = await runEvolution({ ...flags, target: 'column:y' });
    expect(portfolio).toEqual([]);
    expect(trials).toBeGreaterThan(300);
  });

  it('a market shifted against persistent features finds nothing', async () => {
    const market = shiftedMarket(marketReturns(20_000, 5), 7919);
    writeDataset(dataset, { ...market, ...persistentFeatures(20_000, 5, 6) });
    expect((await runEvolution({ ...flags, target: 'ret_20s' })).portfolio).toEqual([]);
  });

  it('a product that explains 2 % is found', async () => {
    const x = [0, 1, 2, 3].map((k) => persistent(40_000, 40 + k, 0.5));
    const truth = x[1]!.map((v, i) => v * x[3]![i]!);
    const columns = Object.fromEntries(x.map((c, k) => [`x${k}`, c]));
    writeDataset(dataset, { ...columns, y: plantedTarget([truth], 0.02, 9) });
    const { portfolio } = await runEvolution({ ...flags, target: 'column:y', baseline: 'ridge' });
    expect(portfolio[0]?.formula).toContain('x1 * x3');
  });

  it.each(Object.keys(noises))('noise of the kind "%s" hardly ever finds anything', async (kind) => {
    expect(await reportsOf(kind, 4, folder)).toBeLessThanOrEqual(1);
  });
});
