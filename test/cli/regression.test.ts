/** `hybrid evolve --rows iid`: formulas over any table whose rows have no order. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { shuffled } from '../../ts/stages/problem/labels.js';
import { Draw, purposes } from '../../ts/statistics/random.js';
import { hybrid } from '../support/cli.js';
import { generator, normals, writeDataset } from '../support/dataset.js';
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

const iid = (dataset: string, target: string, columns: string) =>
  `evolve --dataset ${dataset}.parquet --target column:${target} --columns ${columns} --rows iid --baseline none --portfolio 1 --population 300 --seed 3`.split(
    ' ',
  );

async function evolveJson(...args: string[]) {
  const { stdout, stderr, code } = await hybrid([...args, '--json'], folder);
  expect(stderr).not.toMatch(/E_[A-Z]+/);
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

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
      const result = await evolveJson(
        ...iid('lens', 'f', 'd1,d2,n'),
        '--split',
        '80/0/20',
        '--generations',
        '30',
      );
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
      const args = iid('noisy', 'y', 'd1,d2,n');
      const result = await evolveJson(...args, '--split', '60/20/20', '--generations', '2', '--threads', '2');
      const [{ prediction }] = result.portfolio;
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
        expect(prediction.r2[name]).toBeCloseTo(want, 9);
      }
      expect(prediction.r2.holdout).toBeGreaterThan(0.7);
      const one = await evolveJson(...args, '--split', '60/20/20', '--generations', '2', '--threads', '1');
      expect(one.portfolio).toEqual(result.portfolio);
    },
    patience,
  );

  it(
    'takes integers and large offsets as they are',
    async () => {
      const args = [...iid('far', 'target', 'year,far'), '--split', '100/0/0', '--generations', '20'];
      const { portfolio } = await evolveJson(...args);
      expect(1 - portfolio[0].prediction.r2.search).toBeLessThan(1e-9);
      expect(portfolio[0].prediction.r2.holdout).toBeNull();
    },
    patience,
  );

  it.each([
    ['an unknown target', iid('lens', 'ff', 'd1'), 'E_USAGE', 'f'],
    ['the target as a column', iid('lens', 'f', 'd1,f'), 'E_USAGE', 'Leave f out'],
    ['a column of nulls', iid('far', 'target', 'empty'), 'E_INPUT', 'only nulls'],
    ['a constant target', iid('far', 'flat', 'far'), 'E_INPUT', 'labels that differ'],
    ['a target of time', [...iid('lens', 'f', 'd1'), '--target', 'ret_60s'], 'E_USAGE', 'column:<name>'],
    ['hours', [...iid('lens', 'f', 'd1'), '--hours', '10:00-12:00'], 'E_USAGE', '--hours'],
    ['too few rows', [...iid('lens', 'f', 'd1'), '--split', '2/49/49'], 'E_INPUT', '--split'],
  ])('refuses %s', async (_, args, code, said) => {
    const { stderr, code: exit } = await hybrid(args, folder);
    expect(stderr).toContain(code);
    expect(stderr).toContain(said);
    expect(exit).toBe(code === 'E_USAGE' ? 2 : 3);
  });
});
