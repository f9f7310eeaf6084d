/** `hybrid evolve --rows iid`: formulas over any table whose rows have no order. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { HybridError } from '../../ts/error.js';
import { shuffled } from '../../ts/stages/problem/labels.js';
import { Draw, purposes } from '../../ts/statistics/random.js';
import { hybrid } from '../support/cli.js';
import { generator, normals, writeDataset } from '../support/dataset.js';
import { runEvolution } from '../support/evolution.js';
import { freshFolder } from '../support/folder.js';

const folder = freshFolder();
const rows = 600;
/** Whole searches: a busy machine takes its time. */
const patience = 180_000;
const uniform = (seed: number, low: number, high: number, count = rows) => {
  const { unit } = generator(seed);
  return Float64Array.from({ length: count }, () => low + (high - low) * unit());
};
const lens = (d1: ArrayLike<number>, d2: ArrayLike<number>, n: ArrayLike<number>) =>
  Float64Array.from(d1, (d, i) => 1 / (1 / d + n[i]! / d2[i]!));

beforeAll(() => {
  const [d1, d2, n] = [uniform(1, 1, 5), uniform(2, 1, 5), uniform(3, 1, 5)];
  const noise = normals(rows, 4);
  writeDataset(join(folder, 'lens.parquet'), { d1, d2, n, f: lens(d1, d2, n) });
  const y = lens(d1, d2, n).map((v, i) => 3 * v + 0.3 * noise[i]!);
  writeDataset(join(folder, 'noisy.parquet'), {
    d1,
    d2,
    n,
    y: y.map((v, i) => (i % 50 === 7 ? Number.NaN : v)),
  });
  const year = BigInt64Array.from(uniform(5, 1_900_000_000_000, 1_900_000_000_010), (x) =>
    BigInt(Math.round(x)),
  );
  const far = uniform(6, 1e9, 1e9 + 2);
  const target = Float64Array.from(far, (x, i) => 7e8 + (x - 1e9) * Number(year[i]! - 1_900_000_000_000n));
  const empty = new Float64Array(rows).fill(Number.NaN);
  const flat = new Float64Array(rows).fill(3);
  writeDataset(join(folder, 'far.parquet'), { year, far, target, empty, flat });
});

const iid = (dataset: string, target: string, columns: string) => ({
  ...{ dataset: join(folder, `${dataset}.parquet`), target: `column:${target}`, columns, rows: 'iid' },
  ...{ baseline: 'none', portfolio: '1', population: '300', seed: '3', evolved: join(folder, 'evolved') },
});

/** What `hybrid formula eval` gives for every row. */
async function predicted(dataset: string, formula: string): Promise<number[]> {
  const flags = ['--dataset', `${dataset}.parquet`, '--out', 'p.parquet'];
  const { code, stderr } = await hybrid(['formula', 'eval', ...flags, '--', formula], folder);
  expect([code, stderr]).toEqual([0, '']);
  const table = tableFromIPC(readParquet(readFileSync(join(folder, 'p.parquet'))).intoIPCStream());
  return [...table.getChild('value')!].map((x) => (x === null ? Number.NaN : Number(x)));
}

function r2(y: readonly number[], p: readonly number[]): number {
  const mean = y.reduce((a, b) => a + b, 0) / y.length;
  const left = y.reduce((sum, v, i) => sum + (v - p[i]!) ** 2, 0);
  return 1 - left / y.reduce((sum, v) => sum + (v - mean) ** 2, 0);
}

describe('hybrid evolve --rows iid', () => {
  it(
    'finds an exact relation to the last digit, and says what was not done',
    async () => {
      const flags =
        '--dataset lens.parquet --target column:f --columns d1,d2,n --rows iid --baseline none --portfolio 1';
      const more = '--population 300 --seed 3 --split 80/0/20 --generations 30 --json';
      const { stdout, stderr, code } = await hybrid(['evolve', ...`${flags} ${more}`.split(' ')], folder);
      expect([code, stderr.match(/E_[A-Z]+/)]).toEqual([0, null]);
      const result = JSON.parse(stdout);
      const [found] = result.portfolio;
      expect(1 - found.prediction.r2.search).toBeLessThan(1e-12);
      expect(1 - found.prediction.r2.holdout).toBeLessThan(1e-12);
      expect([found.prediction.r2.selection, found.test]).toEqual([null, null]);
      expect(result.generations).toBeLessThan(30);
      const fresh = [uniform(11, 1, 5), uniform(12, 1, 5), uniform(13, 1, 5)] as const;
      const [d1, d2, n] = fresh;
      writeDataset(join(folder, 'fresh.parquet'), { d1, d2, n });
      const values = await predicted('fresh', found.prediction.scaledFormula);
      expect(1 - r2([...lens(d1, d2, n)], values)).toBeLessThan(1e-12);
    },
    patience,
  );

  it(
    'reports the R² that formula eval of the scaled formula has on the rows of each part',
    async () => {
      const flags = { ...iid('noisy', 'y', 'd1,d2,n'), split: '60/20/20', generations: '2' };
      const result = await runEvolution({ ...flags, threads: '2' });
      const prediction = result.portfolio[0]!.prediction!;
      const values = await predicted('noisy', prediction.scaledFormula);
      const table = tableFromIPC(readParquet(readFileSync(join(folder, 'noisy.parquet'))).intoIPCStream());
      const y = [...table.getChild('y')!].map((x) => (x === null ? Number.NaN : Number(x)));
      const order = [...shuffled(rows, new Draw(3, purposes.rows))].filter((row) => Number.isFinite(y[row]!));
      const part = (from: number, to: number) =>
        order.slice(Math.ceil(from * order.length), Math.ceil(to * order.length));
      const shares = { search: part(0, 0.6), selection: part(0.6, 0.8), holdout: part(0.8, 1) };
      for (const [name, own] of Object.entries(shares)) {
        const want = r2(
          own.map((row) => y[row]!),
          own.map((row) => values[row]!),
        );
        expect(prediction.r2[name as keyof typeof shares]).toBeCloseTo(want, 9);
      }
      expect(prediction.r2.holdout).toBeGreaterThan(0.7);
      const one = await runEvolution({ ...flags, threads: '1' });
      expect(one.portfolio).toEqual(result.portfolio);
    },
    patience,
  );

  it(
    'takes integers and large offsets as they are',
    async () => {
      const flags = { ...iid('far', 'target', 'year,far'), split: '100/0/0', generations: '20' };
      const { r2, scaledFormula } = (await runEvolution(flags)).portfolio[0]!.prediction!;
      expect(1 - r2.search!).toBeLessThan(1e-9);
      expect(r2.holdout).toBeNull();
      const report = readFileSync(join(folder, 'evolved', 'report.html'), 'utf8');
      expect(report).toMatch(/<p class="lead">One formula was found on the search part, and not tested/);
      expect(report).toContain(scaledFormula);
    },
    patience,
  );

  it.each([
    ['all columns of a plain table', { rows: 'iid' }],
    ['those that are named, prices among them', { rows: 'iid', columns: 'price,qty' }],
    ['prices of a table of time, where nothing is dimensionless', { columns: 'price,qty' }],
  ])(
    'has a baseline, the default one, on %s',
    async (_, own) => {
      const [price, qty] = [uniform(7, 1, 9, 6000), uniform(8, 1, 9, 6000)];
      const noise = normals(6000, 9);
      const columns = { price, qty, leak: BigInt64Array.from(noise, (x) => BigInt(Math.round(9 * x))) };
      const y = price.map((p, i) => p - 2 * qty[i]! + noise[i]!);
      const dataset = join(folder, 'prices.parquet');
      const named = 'columns' in own ? columns : { price, qty };
      writeDataset(dataset, { ...named, y });
      const flags = { ...own, dataset, target: 'column:y', population: '20', generations: '1', threads: '1' };
      const evolved = join(folder, 'based');
      await runEvolution({ ...flags, evolved });
      const { baselineGain } = JSON.parse(readFileSync(join(evolved, 'portfolio.json'), 'utf8'));
      // Price and quantity explain 26.7 of 27.7; with what --columns leaves out, it would be all.
      for (const gain of [baselineGain.search, baselineGain.selection]) {
        expect(gain).toBeGreaterThan(0.93);
        expect(gain).toBeLessThan(0.98);
      }
    },
    patience,
  );

  it.each([
    ['an unknown target', iid('lens', 'ff', 'd1'), 'E_USAGE', 'f'],
    ['the target as a column', iid('lens', 'f', 'd1,f'), 'E_USAGE', 'Leave f out'],
    ['a column of nulls', iid('far', 'target', 'empty'), 'E_INPUT', 'only nulls'],
    ['a constant target', iid('far', 'flat', 'far'), 'E_INPUT', 'labels that differ'],
    ['a target of time', { ...iid('lens', 'f', 'd1'), target: 'ret_60s' }, 'E_USAGE', 'column:<name>'],
    ['hours', { ...iid('lens', 'f', 'd1'), sessionHours: '10:00-12:00' }, 'E_USAGE', '--hours'],
    ['too few rows', { ...iid('lens', 'f', 'd1'), split: '2/49/49' }, 'E_INPUT', '--split'],
  ])('refuses %s', async (_, flags, code, said) => {
    const error = HybridError.from(await runEvolution(flags).catch((thrown: unknown) => thrown));
    expect(error.code).toBe(code);
    expect(`${error.message} ${error.hint}`).toContain(said);
  });
});
