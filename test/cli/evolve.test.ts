/** `hybrid evolve` and `hybrid formula` as they are typed; what they answer to wrong input is in test/unit/evolve. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../ts/io/dataset.js';
import { compileKernels, instantiateKernels } from '../../ts/kernels/load.js';
import type { EvolveSummary } from '../../ts/stages/evolve.js';
import { formulaValues } from '../../ts/stages/formula.js';
import { hybrid, hybridProcess, start } from '../support/cli.js';
import { normals, persistent, writeDataset } from '../support/dataset.js';
import { correlation, runEvolution } from '../support/evolution.js';
import { freshFolder } from '../support/folder.js';

const rows = 14_000;
const folder = freshFolder();
let x: Float64Array[];
const planted = () => x[0]!.map((v, i) => v * x[1]![i]!);
const second = () => x[2]!.map((v, i) => v * x[3]![i]!);

beforeAll(() => {
  // Units that differ by orders of magnitude, and nulls.
  x = [0, 1, 2, 3].map((k) => persistent(rows, 10 + k, 0.5).map((v) => v * [1, 1e-4, 300, 1][k]!));
  const noise = normals(rows, 99);
  const [one, two] = [planted(), second()];
  const y = noise.map((n, i) => 0.25e4 * one[i]! + (0.25 / 300) * two[i]! + 0.93 * n);
  const columns = x.map((c, k) => [`x${k}`, c.map((v, i) => (i % 97 === k ? Number.NaN : v))]);
  // One label in seven is missing: it is no row to score.
  const target = y.map((v, i) => (i % 7 === 3 ? Number.NaN : v));
  writeDataset(join(folder, 'two.parquet'), { ...Object.fromEntries(columns), y: target }, 7000);
});

// Products are pointwise in the columns: over a ridge all of them is left to be found, over trees a part.
const question = {
  target: 'column:y',
  baseline: 'ridge',
  population: '150',
  generations: '3',
  portfolio: '4',
};
const small = ['--dataset', 'two.parquet', ...Object.entries(question).flatMap(([k, v]) => [`--${k}`, v])];
const smallFlags = { dataset: join(folder, 'two.parquet'), ...question };

async function evolveJson(out: string, ...args: string[]) {
  const { stdout, stderr, code } = await hybrid(
    ['evolve', ...small, '--out', out, '--json', ...args],
    folder,
  );
  expect(stderr).not.toMatch(/E_[A-Z]+/);
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

async function valuesOf(formula: string): Promise<(number | null)[]> {
  const flags = ['--dataset', 'two.parquet', '--out', 'v.parquet'];
  const { code, stderr } = await hybrid(['formula', 'eval', ...flags, '--', formula], folder);
  expect([code, stderr]).toEqual([0, '']);
  const table = tableFromIPC(readParquet(readFileSync(join(folder, 'v.parquet'))).intoIPCStream());
  expect(table.schema.fields.map((f) => f.name)).toEqual(['value']);
  return [...table.getChild('value')!] as (number | null)[];
}

async function bestCorrelation(formulas: readonly string[], wanted: Float64Array): Promise<number> {
  const kernels = instantiateKernels(await compileKernels());
  const dataset = await openDataset(join(folder, 'two.parquet'));
  const all = await Promise.all(formulas.map((formula) => formulaValues(kernels, dataset, formula)));
  return Math.max(...all.map((values) => correlation(values, wanted)));
}

describe('hybrid evolve', () => {
  it('finds two planted products, whatever the threads, and writes what it says', async () => {
    const results: EvolveSummary[] = [await evolveJson('out1', '--threads', '1')];
    for (const threads of ['2', '7'])
      results.push(await runEvolution({ ...smallFlags, evolved: join(folder, `out${threads}`), threads }));
    const written = ['1', '2', '7'].map((t) =>
      readFileSync(join(folder, `out${t}`, 'portfolio.json'), 'utf8'),
    );
    expect(new Set(written).size).toBe(1);
    const result = results[0]!;
    expect(JSON.parse(written[0]!)).toMatchObject({ portfolio: result.portfolio, rows });
    expect(JSON.parse(written[0]!).datasetSha256).toMatch(/^[0-9a-f]{64}$/);
    const { search, selection, holdout } = JSON.parse(written[0]!).parts;
    expect([search.from, search.to, selection.to, holdout.to]).toEqual([
      0,
      selection.from,
      holdout.from,
      rows,
    ]);
    expect([result.rows, result.scoredRows, result.generations]).toEqual([rows, (rows * 6) / 7, 3]);
    const formulas = result.portfolio.map((p: { formula: string }) => p.formula);
    for (const wanted of [planted(), second()])
      expect(await bestCorrelation(formulas, wanted)).toBeGreaterThan(0.95);
    for (const { gain, gainInterval, correlations } of result.portfolio) {
      expect(gain).toBeGreaterThan(result.detectableGain! / 2);
      expect(gainInterval![0]).toBeLessThan(gain!);
      for (const rho of correlations) expect(Math.abs(rho) <= 0.3 || Math.abs(rho - 1) < 1e-6).toBe(true);
    }
    const manifest = JSON.parse(readFileSync(join(folder, 'out1', 'manifest.json'), 'utf8'));
    expect(manifest.files.map((f: { path: string }) => f.path)).toHaveLength(3);
    const ledger = readFileSync(join(folder, 'two.parquet.holdout.jsonl'), 'utf8');
    expect(ledger.trimEnd().split('\n')).toHaveLength(3);
    expect(results.map((r) => r.holdoutOpened)).toEqual([1, 2, 3]);
  });

  it('hands its portfolio to train, which tells what it adds where evolution has not looked', async () => {
    const flags = '--dataset two.parquet --target column:y --rounds 20 --leaves 7 --json'.split(' ');
    const formulas = ['--formulas', 'out1/portfolio.json'];
    const { code, stdout, stderr } = await hybrid(['train', ...flags, ...formulas], folder);
    expect([code, stderr.match(/E_[A-Z]+/)]).toEqual([0, null]);
    const { folds, comparison, holdoutOpened } = JSON.parse(stdout);
    const { holdout } = JSON.parse(readFileSync(join(folder, 'out1', 'portfolio.json'), 'utf8')).parts;
    expect(folds.map((f: { seen: boolean }) => f.seen)).toEqual([true, true, true, true, false]);
    expect(folds[4].from).toBe(holdout.from);
    expect(comparison.gainDifferenceInterval[0]).toBeGreaterThan(0);
    expect(holdoutOpened).toBe(4);
  });

  it('starts from the formulas of a person and says what came of them', async () => {
    writeFileSync(join(folder, 'seeds.txt'), '# mine\nx0 * x1 * 3\n\nx2 - x3  # a difference\n');
    const { portfolio } = await evolveJson('seeded', '--seed-formulas', 'seeds.txt', '--generations', '1');
    const origins = portfolio.map((p: { origin: string }) => p.origin);
    expect(origins.join()).toMatch(/seed|from x0 \* x1 \* 3/);
    for (const { formula, origin, lineage } of portfolio) {
      expect(lineage[0].formula).toBe(formula);
      if (/seed|from/.test(origin)) expect(lineage.at(-1).made).toBe('seed');
    }
  });

  it('answers what is wrong on stderr, with its exit code and nothing on stdout', async () => {
    const args = ['evolve', ...small, '--columns', 'x0,xx1'];
    const { code, stdout, stderr } = await hybridProcess(args, folder);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^E_USAGE: --columns: unknown column "xx1"\nhint: .*x1/m);
  });

  it('killed, resumed, stopped at Ctrl-C with 130 and resumed again, comes to the same result', async () => {
    const out = join(folder, 'stopped');
    const killed = await stopped('SIGKILL', 'stopped');
    expect(killed.code).toBe(null);
    const first = keptGenerations(out);
    const { code, stderr } = await stopped('SIGINT', 'stopped', '--resume', '--threads', '2');
    expect(code).toBe(130);
    const last = keptGenerations(out);
    expect(last).toBeGreaterThan(first);
    expect(stderr).toContain(`resumed after generation ${first}\n`);
    expect(stderr).toMatch(
      new RegExp(`E_INTERRUPTED: interrupted\\nhint: .*--resume .*generation ${last}\\.`),
    );
    expect(readdirSync(out)).toEqual(['search.checkpoint']);
    const more = ['--generations', String(last + 1), '--baseline', 'none'];
    await evolveJson('stopped', ...more, '--resume', '--threads', '1');
    await evolveJson('whole', ...more);
    const result = (name: string) => readFileSync(join(folder, name, 'portfolio.json'), 'utf8');
    expect(result('stopped')).toBe(result('whole'));
    expect(readdirSync(out)).toEqual(readdirSync(join(folder, 'whole')));
  }, 120_000);

  it('leaves an older result as it was at Ctrl-C, and ends at once at the second one', async () => {
    mkdirSync(join(folder, 'older'));
    writeFileSync(join(folder, 'older', 'portfolio.json'), 'as it was');
    const args = ['evolve', ...small, '--generations', '10000', '--out', 'older'];
    const { process: child, finished } = start(args, folder);
    child.stderr!.on('data', (bytes) => {
      if (!String(bytes).includes('baseline')) return;
      child.kill('SIGINT');
      child.kill('SIGTERM');
    });
    const { code, stderr } = await finished;
    expect([code, stderr.match(/E_INTERNAL/)]).toEqual([130, null]);
    expect(readFileSync(join(folder, 'older', 'portfolio.json'), 'utf8')).toBe('as it was');
    expect(readdirSync(join(folder, 'older'))).toEqual(['portfolio.json']);
  });
});

/** Stops an evolution by a signal once a generation of its own is kept. */
async function stopped(signal: 'SIGINT' | 'SIGKILL', out: string, ...more: string[]) {
  const args = [...small, '--generations', '10000', '--baseline', 'none', '--checkpoint-every', '0', ...more];
  const kept = join(folder, out, 'search.checkpoint');
  const before = existsSync(kept) ? keptGenerations(join(folder, out)) : 0;
  const { process: child, finished } = start(['evolve', ...args, '--out', out], folder);
  const look = setInterval(() => {
    if (!existsSync(kept) || keptGenerations(join(folder, out)) === before) return;
    clearInterval(look);
    child.kill(signal);
  }, 50);
  return finished.finally(() => clearInterval(look));
}

function keptGenerations(folder: string): number {
  const checkpoint = readFileSync(join(folder, 'search.checkpoint'), 'latin1');
  return JSON.parse(checkpoint.slice(0, checkpoint.indexOf('\n'))).generations;
}

describe('hybrid formula', () => {
  it('evaluates in f64, a row for each row, null for null', async () => {
    const values = await valuesOf('x0 * x1 - lag(x2, 5)');
    expect(values).toHaveLength(rows);
    expect(values.slice(0, 5)).toEqual([null, null, null, null, null]);
    expect(values[10]).toBe(x[0]![10]! * x[1]![10]! - x[2]![5]!);
    expect(values[97]).toBeNull();
  });

  it('explains, and answers a wrong name with the nearest', async () => {
    const on = ['--dataset', 'two.parquet'];
    const said = await hybrid(['formula', 'explain', 'zscore(x0, 200) / x1', ...on], folder);
    expect(said.stdout).toContain('looks 199 rows back');
    expect(said.stdout).toContain('population standard deviation');
    const wrong = await hybrid(['formula', 'eval', 'x0 * x11', ...on], folder);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/character 6: .*"x11".*\nhint: .*x1/);
    expect((await hybrid(['formula', 'evla', 'x0', ...on], folder)).stderr).toContain('"eval"');
  });
});
