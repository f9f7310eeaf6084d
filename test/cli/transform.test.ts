/** `hybrid transform`: the formulas of a portfolio as columns, with the numbers of `hybrid formula eval`. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolve } from '../../ts/config/resolve.js';
import { HybridError } from '../../ts/error.js';
import { openDataset } from '../../ts/io/dataset.js';
import { compileKernels, instantiateKernels } from '../../ts/kernels/load.js';
import { silentProgress } from '../../ts/report/progress.js';
import { formulaValues } from '../../ts/stages/formula.js';
import { transform } from '../../ts/stages/transform.js';
import { hybrid } from '../support/cli.js';
import { type DatasetColumn, persistent, writeDataset } from '../support/dataset.js';
import { freshFolder } from '../support/folder.js';
import { readTable } from '../support/table.js';
import { writePortfolio } from '../support/training.js';

const folder = freshFolder();
const file = (...name: string[]) => join(folder, ...name);
const rows = 9000;
/** Windows within windows, over more rows than a row group has; a constant; a quotient with nulls. */
const formulas = [
  'zscore(x0, 200) - lag(x1, 5)',
  'ema(delta(x0 * x1, 30), 100) / (x2 - x2)',
  'sma(rank(x2, 50), 700)',
  'corr(x0, x1, 64) * n',
  '2 - 3',
  'x0 / x1 + ts_max(x2, 1000)',
];

/** Nulls in x1; n is an integer, note a text. */
function columns(seed: number, first: bigint): Record<string, DatasetColumn> {
  const [x0, x1, x2] = [0, 1, 2].map((k) => persistent(rows, seed + k, 0.9)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return {
    ts: BigInt64Array.from({ length: rows }, (_, i) => first + BigInt(i) * 1_000_000n),
    x0: Float32Array.from(x0),
    x1: x1.map((v, i) => (i % 91 === 3 ? Number.NaN : v)),
    x2,
    n: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i % 7)),
    note: Array.from({ length: rows }, (_, i) => `row ${i % 5}`),
  };
}

beforeAll(() => {
  writeDataset(file('one.parquet'), columns(1, 0n), 1000);
  writeDataset(file('whole.parquet'), columns(1, 0n));
  for (const [k, symbol] of ['AAA', 'BBB'].entries()) {
    mkdirSync(file('both', `symbol=${symbol}`), { recursive: true });
    writeDataset(file('both', `symbol=${symbol}`, 'part-0.parquet'), columns(1 + 10 * k, 0n), 700);
  }
  writePortfolio(file('portfolio.json'), file('one.parquet'), formulas, { from: 0, to: rows });
});

const run = (...args: string[]) => hybrid(['transform', '--formulas', 'portfolio.json', ...args], folder);

/** As `hybrid formula eval` has it, null for what is not finite. */
async function evaluated(formula: string, path: string): Promise<(number | null)[]> {
  const kernels = instantiateKernels(await compileKernels());
  const values = await formulaValues(kernels, await openDataset(path), formula);
  return Array.from(values, (v) => (Number.isFinite(v) ? v : null));
}

describe('hybrid transform', () => {
  it('appends what formula eval gives, bit for bit, whatever the row groups are', async () => {
    for (const name of ['one', 'whole']) {
      const { code, stdout } = await run('--dataset', `${name}.parquet`, '--out', `${name}-more.parquet`);
      expect(code).toBe(0);
      expect(stdout).toContain(`${name}-more.parquet: 9,000 rows with 6 columns more`);
    }
    const before = readTable(file('one.parquet'));
    const after = readTable(file('one-more.parquet'));
    expect(Object.keys(after)).toEqual([
      ...Object.keys(before),
      ...formulas.map((_, i) => `formula_${i + 1}`),
    ]);
    for (const name of Object.keys(before)) expect(after[name], name).toEqual(before[name]);
    for (const [i, formula] of formulas.entries()) {
      const values = await evaluated(formula, file('whole.parquet'));
      expect(after[`formula_${i + 1}`], formula).toEqual(values);
    }
    expect(after.formula_1!.slice(195, 203).map((v) => v === null)).toEqual(
      [195, 196, 197, 198].map(() => true).concat([199, 200, 201, 202].map(() => false)),
    );
    expect(after.formula_2!.every((v) => v === null)).toBe(true);
    expect(readTable(file('whole-more.parquet'))).toEqual(after);
  });

  it('writes a manifest of what it added and from where', async () => {
    const { stdout } = await run(
      '--dataset',
      'one.parquet',
      '--out',
      'm.parquet',
      '--prefix',
      'mine',
      '--json',
    );
    const summary = JSON.parse(stdout);
    const manifest = JSON.parse(readFileSync(file('m.parquet.manifest.json'), 'utf8'));
    expect(summary.columns.map((c: { name: string }) => c.name)[5]).toBe('mine6');
    expect(manifest).toMatchObject({ kind: 'transformed', rows, columns: summary.columns });
    const { mine1, mine5 } = readTable(file('m.parquet'));
    expect(summary.columns[0].nulls).toBe(mine1!.filter((v) => v === null).length);
    expect(new Set(mine5)).toEqual(new Set([-1]));
    expect(manifest.files[0].sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('starts anew with every symbol of a folder', async () => {
    expect((await run('--dataset', 'both', '--out', 'both-more')).code).toBe(0);
    const [a, b] = ['AAA', 'BBB'].map((s) => readTable(file('both-more', `symbol=${s}`, 'part-0.parquet')));
    expect(a!.formula_1).toEqual(readTable(file('one-more.parquet')).formula_1);
    expect(b!.formula_1!.slice(0, 199).every((v) => v === null)).toBe(true);
    expect(b!.formula_1).not.toEqual(a!.formula_1);
  });

  it.each([
    ['no such file', { formulas: 'absent.json' }, 3, 'absent.json: no such file', 'hybrid evolve'],
    ['a file of another kind', { formulas: 'one.parquet' }, 3, 'expected a portfolio', 'portfolio.json'],
    ['an empty portfolio', { formulas: 'empty.json' }, 3, 'got an empty portfolio', 'more data'],
    [
      'a column that is missing',
      { formulas: 'far.json' },
      3,
      'far.json: x0 * x22: character 6: expected a column, got "x22"',
      'x2',
    ],
    ['a name that is taken', { prefix: 'x' }, 3, 'expected no column "x1"', '--prefix'],
    ['no such dataset', { dataset: 'no.parquet' }, 3, 'no.parquet: no such file', '--dataset'],
    ['the dataset as its place', { transformed: 'one.parquet' }, 2, 'got the dataset', '--out'],
    ['a file that is not ours', { transformed: 'portfolio.json' }, 2, 'another kind', '--out'],
  ])('answers %s', async (_, args, code, said, hint) => {
    const span = { from: 0, to: rows };
    writePortfolio(file('empty.json'), file('one.parquet'), [], span);
    writePortfolio(file('far.json'), file('one.parquet'), ['x1', 'x0 * x22'], span);
    const before = readFileSync(file('one.parquet'));
    const given = {
      formulas: 'portfolio.json',
      dataset: 'one.parquet',
      transformed: 'never.parquet',
      ...args,
    };
    const error = await failure(given);
    expect(error.exitCode).toBe(code);
    expect(error.message).toContain(said);
    expect(error.hint).toContain(hint);
    expect(existsSync(file('never.parquet'))).toBe(false);
    expect(readFileSync(file('one.parquet')).equals(before)).toBe(true);
  });
});

/** The error of a transformation with these flags, paths within the folder. */
async function failure(given: Readonly<Record<string, string>>): Promise<HybridError> {
  const flags = Object.fromEntries(
    Object.entries(given).map(([name, text]) => [name, name === 'prefix' ? text : file(text)]),
  );
  const settings = resolve('transform', { flags, env: {}, dotenv: {}, file: {} });
  const ports = { progress: silentProgress, signal: new AbortController().signal };
  const thrown = await transform(settings, ports).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(HybridError);
  return thrown as HybridError;
}
