/** What luck does is told: null runs find nothing, trees take what is pointwise and leave what lies in time. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { persistent, writeDataset } from '../support/dataset.js';
import { plantedTarget, runEvolution } from '../support/evolution.js';
import { freshFolder } from '../support/folder.js';

const rows = 24_000;
const x = [0, 1, 2, 3].map((k) => persistent(rows, 40 + k, 0.5));
const columns = Object.fromEntries(x.map((c, k) => [`x${k}`, c]));
const pointwise = x[1]!.map((v, i) => Math.tanh(2 * v) * x[3]![i]!);
const inTime = x[0]!.map((v, i) => v * (i < 3 ? 0 : x[2]![i - 3]!));
const flags = { target: 'column:y', population: '120', generations: '4', portfolio: '4' };

function evolve(folder: string, own: Record<string, string>) {
  const dataset = join(folder, 'features.parquet');
  const out = join(folder, `out${own.threads ?? ''}`);
  return runEvolution({ ...flags, dataset, evolved: out, ...own }).then((summary) => {
    return { summary, written: readFileSync(join(out, 'portfolio.json'), 'utf8') };
  });
}

describe('null runs', () => {
  const folder = freshFolder();

  it('find nothing, tell how far luck goes, open no hold-out, and are the same for any threads', async () => {
    writeDataset(join(folder, 'features.parquet'), { ...columns, y: plantedTarget([pointwise], 0.05, 9) });
    const one = await evolve(folder, { baseline: 'ridge', nullRuns: '3', threads: '1' });
    const { nullRuns, portfolio, front, overfitting, deflatedSharpe, holdoutOpened } = one.summary;
    expect(portfolio.length).toBeGreaterThan(0);
    expect(nullRuns!.runs).toHaveLength(3);
    expect(new Set(nullRuns!.runs.map((r) => r.shift)).size).toBe(3);
    for (const { shift, best, trials, finalists } of nullRuns!.runs) {
      expect(shift).toBeGreaterThan(1024 / (0.6 * rows));
      expect(shift).toBeLessThan(1 - 1024 / (0.6 * rows));
      expect(best!.gain).toBeLessThan(portfolio[0]!.search / 4);
      expect(Math.min(trials, finalists)).toBeGreaterThan(0);
    }
    expect(nullRuns).toMatchObject({ borneOut: 0, runsBorneOut: 0, p: 1 / 4 });
    expect(holdoutOpened).toBe(1);
    expect(overfitting!.probability).toBeLessThan(0.1);
    expect(deflatedSharpe!.probability).toBeGreaterThan(deflatedSharpe!.byAll.probability - 1e-12);
    for (const [i, a] of front.entries())
      for (const b of front.slice(0, i))
        expect(b.complexity > a.complexity || b.distance < a.distance).toBe(true);
    expect((await evolve(folder, { baseline: 'ridge', nullRuns: '3', threads: '3' })).written).toBe(
      one.written,
    );
  });
});

describe('the baseline of trees', () => {
  const folder = freshFolder();

  it('takes what is pointwise in the columns and leaves what lies in time', async () => {
    const y = plantedTarget([pointwise, inTime], 0.05, 9);
    writeDataset(join(folder, 'features.parquet'), { ...columns, y });
    const { summary, written } = await evolve(folder, { baseline: 'trees' });
    const { baselineGain, baselineTrees } = JSON.parse(written);
    expect(baselineGain.search).toBeGreaterThan(0.025);
    expect(baselineGain.selection).toBeGreaterThan(0.025);
    expect(baselineGain.selection).toBeLessThan(0.06);
    expect(baselineTrees.rounds).toBeGreaterThan(3);
    expect(baselineTrees.share).toBeGreaterThan(0.7);
    const best = summary.portfolio[0]!;
    expect(best.formula).toContain('lag(x2');
  });

  it('leaves the trees out where they have nothing to say', async () => {
    writeDataset(join(folder, 'features.parquet'), { ...columns, y: plantedTarget([inTime], 0.05, 9) });
    const { written } = await evolve(folder, { baseline: 'trees', generations: '1' });
    const { baselineGain, baselineTrees } = JSON.parse(written);
    expect(baselineTrees.share).toBeLessThan(0.5);
    expect(Math.abs(baselineGain.selection)).toBeLessThan(0.002);
  });
});
