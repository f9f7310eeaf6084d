/** What luck does is told: null runs find nothing, trees take what is pointwise and leave what lies in time. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { persistent, writeDataset } from '../support/dataset.js';
import { plantedTarget, runEvolution } from '../support/evolution.js';
import { freshFolder } from '../support/folder.js';

const rows = 16_000;
const x = [0, 1, 2, 3].map((k) => persistent(rows, 40 + k, 0.5));
const columns = Object.fromEntries(x.map((c, k) => [`x${k}`, c]));
const product = x[1]!.map((v, i) => v * x[3]![i]!);
const flags = { target: 'column:y', population: '100', generations: '3', portfolio: '4' };
/** Several searches on machines that are busy. */
const patience = 300_000;

function evolve(folder: string, own: Record<string, string>) {
  const dataset = join(folder, 'features.parquet');
  const out = join(folder, `out${own.threads ?? ''}`);
  return runEvolution({ ...flags, dataset, evolved: out, ...own }).then((summary) => {
    return { summary, written: readFileSync(join(out, 'portfolio.json'), 'utf8') };
  });
}

describe('null runs', () => {
  const folder = freshFolder();

  it('find nothing, tell how far luck goes, open no hold-out, and are the same for any threads', {
    timeout: patience,
  }, async () => {
    writeDataset(join(folder, 'features.parquet'), { ...columns, y: plantedTarget([product], 0.05, 9) });
    const own = { baseline: 'ridge', nullRuns: '2', generations: '2' };
    const one = await evolve(folder, { ...own, threads: '1' });
    const { nullRuns, portfolio, front, overfitting, deflatedSharpe, holdoutOpened } = one.summary;
    expect(portfolio.length).toBeGreaterThan(0);
    expect(nullRuns!.runs).toHaveLength(2);
    expect(new Set(nullRuns!.runs.map((r) => r.shift)).size).toBe(2);
    for (const { shift, best, trials, finalists } of nullRuns!.runs) {
      expect(shift).toBeGreaterThan(1024 / (0.6 * rows));
      expect(shift).toBeLessThan(1 - 1024 / (0.6 * rows));
      expect(best!.gain).toBeLessThan(portfolio[0]!.search / 4);
      expect(Math.min(trials, finalists)).toBeGreaterThan(0);
    }
    expect(nullRuns).toMatchObject({ borneOut: 0, runsBorneOut: 0, p: 1 / 3 });
    expect(holdoutOpened).toBe(1);
    expect(overfitting!.probability).toBeLessThan(0.1);
    expect(deflatedSharpe!.probability).toBeGreaterThan(deflatedSharpe!.byAll.probability - 1e-12);
    for (const [i, a] of front.entries())
      for (const b of front.slice(0, i))
        expect(b.complexity > a.complexity || b.distance < a.distance).toBe(true);
    expect((await evolve(folder, { ...own, threads: '3' })).written).toBe(one.written);
  });
});

describe('the baseline of trees', () => {
  const folder = freshFolder();
  const bend = plantedTarget([x[1]!.map(Math.abs)], 0.05, 9);

  it('takes what is pointwise in the columns, which over a ridge is left to be found', {
    timeout: patience,
  }, async () => {
    writeDataset(join(folder, 'features.parquet'), { ...columns, y: bend });
    const over = await evolve(folder, { baseline: 'trees' });
    const { baselineGain, baselineTrees } = JSON.parse(over.written);
    for (const gain of [baselineGain.search, baselineGain.selection]) {
      expect(gain).toBeGreaterThan(0.03);
      expect(gain).toBeLessThan(0.07);
    }
    expect(baselineTrees.rounds).toBeGreaterThan(3);
    expect(baselineTrees.share).toBeGreaterThan(0.7);
    const alone = await evolve(folder, { baseline: 'ridge' });
    const best = ({ portfolio, refused }: typeof alone.summary) =>
      Math.max(...[...portfolio, ...refused].map((f) => f.search));
    expect(alone.summary.portfolio[0]!.formula).toContain('x1');
    expect(best(alone.summary)).toBeGreaterThan(0.03);
    expect(best(over.summary)).toBeLessThan(best(alone.summary) / 3);
  });

  it('leaves the trees out, or nearly so, where they have nothing to say', {
    timeout: patience,
  }, async () => {
    const late = product.map((_, i) => (i < 9 ? 0 : product[i - 9]!));
    writeDataset(join(folder, 'features.parquet'), { ...columns, y: plantedTarget([late], 0.05, 9) });
    const { written } = await evolve(folder, { baseline: 'trees', generations: '1' });
    const { baselineGain, baselineTrees } = JSON.parse(written);
    expect(baselineTrees.share).toBeLessThan(0.5);
    expect(Math.abs(baselineGain.selection)).toBeLessThan(0.003);
  });
});
