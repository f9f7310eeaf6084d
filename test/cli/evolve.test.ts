import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normals, persistent, writeDataset } from '../support/dataset.js';

const bin = fileURLToPath(new URL('../../bin/hybrid.js', import.meta.url));
const rows = 20_000;
let folder: string;
let x: Float64Array[];
const planted = () => x[0]!.map((v, i) => v * x[1]![i]!);
const second = () => x[2]!.map((v, i) => v * x[3]![i]!);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hybrid-evolve-'));
  x = [0, 1, 2, 3].map((k) => persistent(rows, 10 + k, 0.5).map((v) => v * [1, 1e-4, 300, 1][k]!));
  if (x.some((c) => c.length !== rows)) throw new Error('columns of one length');
  const noise = normals(rows, 99);
  const columns = Object.fromEntries(
    x.map((c, k) => [`x${k}`, c.map((v, i) => (i % 97 === k ? Number.NaN : v))]),
  );
  const one = planted().map((p, i) => 0.25e4 * p + 0.97 * noise[i]!);
  const two = one.map((v, i) => v + (0.25 / 300) * second()[i]!);
  writeDataset(join(folder, 'one.parquet'), { ...columns, y: one }, 7000);
  writeDataset(join(folder, 'two.parquet'), { ...columns, y: two });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const small = ['--population', '300', '--generations', '4', '--target', 'column:y', '--portfolio', '4'];
function run(...args: string[]) {
  return spawnSync(process.execPath, [bin, ...args], { cwd: folder, encoding: 'utf8' });
}
function evolveJson(out: string, ...args: string[]) {
  const { stdout, stderr, status } = run('evolve', ...small, '--out', out, '--json', ...args);
  expect(stderr).not.toMatch(/E_[A-Z]+/);
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const at = [...Array(a.length).keys()].filter((i) => Number.isFinite(a[i]!) && Number.isFinite(b[i]!));
  const mean = (v: ArrayLike<number>) => at.reduce((s, i) => s + v[i]!, 0) / at.length;
  const [ma, mb] = [mean(a), mean(b)];
  const sum = (f: (i: number) => number) => at.reduce((s, i) => s + f(i), 0);
  return Math.abs(
    sum((i) => (a[i]! - ma) * (b[i]! - mb)) /
      Math.sqrt(sum((i) => (a[i]! - ma) ** 2) * sum((i) => (b[i]! - mb) ** 2)),
  );
}

function valuesOf(formula: string, dataset: string): (number | null)[] {
  const { status, stderr } = run(
    'formula',
    'eval',
    '--dataset',
    dataset,
    '--out',
    'v.parquet',
    '--',
    formula,
  );
  expect([status, stderr]).toEqual([0, '']);
  const bytes = readFileSync(join(folder, 'v.parquet'));
  const table = tableFromIPC(readParquet(bytes).intoIPCStream());
  expect(table.schema.fields.map((f) => f.name)).toEqual(['value']);
  return [...table.getChild('value')!] as (number | null)[];
}

describe('hybrid evolve', () => {
  it('finds a planted product, whatever the threads, and writes what it says', () => {
    const files = ['1', '2', '7'].map((threads) => {
      const out = join(folder, `out${threads}`);
      const result = evolveJson(out, '--dataset', 'one.parquet', '--threads', threads);
      return { result, portfolio: readFileSync(join(out, 'portfolio.json'), 'utf8') };
    });
    expect(files[1]!.portfolio).toBe(files[0]!.portfolio);
    expect(files[2]!.portfolio).toBe(files[0]!.portfolio);
    const { result } = files[0]!;
    const best = result.portfolio[0];
    const values = valuesOf(best.formula, 'one.parquet').map((v) => v ?? Number.NaN);
    expect(correlation(values, planted())).toBeGreaterThan(0.95);
    expect(best.gain).toBeGreaterThan(result.detectableGain);
    expect(best.gainInterval[0]).toBeLessThan(best.gain);
    expect(Object.keys(result)).toEqual(
      expect.arrayContaining(
        'out rows effectiveRows detectableGain generations trials noiseFloor nodeRows seconds portfolio refused'.split(
          ' ',
        ),
      ),
    );
    expect(Object.keys(best)).toEqual(
      expect.arrayContaining(
        'formula gain gainInterval search holdout coverage complexity breakEvenBps turnover origin'.split(
          ' ',
        ),
      ),
    );
    const written = JSON.parse(files[0]!.portfolio);
    expect(written.portfolio).toEqual(result.portfolio);
    expect(written.datasetSha256).toMatch(/^[0-9a-f]{64}$/);
    const manifest = JSON.parse(readFileSync(join(folder, 'out1', 'manifest.json'), 'utf8'));
    expect(manifest.files.map((f: { path: string }) => f.path)).toHaveLength(2);
    const ledger = JSON.parse(readFileSync(join(folder, 'one.parquet.holdout.json'), 'utf8'));
    expect(ledger.openings).toHaveLength(3);
  });

  it('keeps both of two orthogonal relations, weakly correlated', () => {
    const { portfolio } = evolveJson(join(folder, 'two'), '--dataset', 'two.parquet');
    const found = portfolio.map((p: { formula: string }) =>
      valuesOf(p.formula, 'two.parquet').map((v) => v ?? Number.NaN),
    );
    for (const wanted of [planted(), second()]) {
      expect(Math.max(...found.map((f: number[]) => correlation(f, wanted)))).toBeGreaterThan(0.95);
    }
    for (const p of portfolio) {
      for (const rho of p.correlations) expect(Math.abs(rho) <= 0.3 || Math.abs(rho - 1) < 1e-6).toBe(true);
    }
  });

  it('starts from the formulas of a person and says what came of them', () => {
    writeFileSync(join(folder, 'seeds.txt'), '# mine\nx0 * x1 * 3\n\nx2 - x3  # a difference\n');
    const { portfolio } = evolveJson(
      join(folder, 'seeded'),
      '--dataset',
      'one.parquet',
      '--seed-formulas',
      'seeds.txt',
      '--generations',
      '1',
    );
    expect(portfolio[0].origin).toMatch(/seed|from x0 \* x1 \* 3/);
  });

  it('answers what is wrong with where and what to do', () => {
    const fails = (args: string[], status: number, code: string, ...said: string[]) => {
      const got = run('evolve', ...small, '--out', 'never', ...args);
      expect(got.stderr).toContain(code);
      for (const text of said) expect(got.stderr).toContain(text);
      expect(got.status).toBe(status);
      expect(got.stdout).toBe('');
      expect(existsSync(join(folder, 'never'))).toBe(false);
    };
    fails(['--dataset', 'absent.parquet'], 3, 'E_INPUT', 'no such file', 'hybrid prepare');
    fails(['--dataset', 'one.parquet', '--columns', 'x0,xx1'], 2, 'E_USAGE', 'unknown column "xx1"', '"x1"');
    fails(['--dataset', 'one.parquet', '--target', 'column:z'], 2, 'E_USAGE', 'unknown column "z"');
    fails(['--dataset', 'one.parquet', '--target', 'ret_60s'], 3, 'E_INPUT', '"price"', '--target');
    fails(['--dataset', 'one.parquet', '--split', '50/20/20'], 2, 'E_USAGE', '--split');
    writeFileSync(join(folder, 'bad.txt'), 'x0 + x1\nx0 * x9\n');
    fails(['--dataset', 'one.parquet', '--seed-formulas', 'bad.txt'], 2, 'E_USAGE', 'bad.txt:2', '"x9"');
    writeFileSync(join(folder, 'text.parquet'), 'no parquet at all, but long enough to have a footer');
    fails(['--dataset', 'text.parquet'], 3, 'E_INPUT', 'expected a Parquet file');
  });

  it('stops at Ctrl-C with 130 and leaves an older result as it was', async () => {
    const out = join(folder, 'stopped');
    evolveJson(out, '--dataset', 'one.parquet', '--generations', '1');
    const before = readFileSync(join(out, 'portfolio.json'), 'utf8');
    const args = ['evolve', ...small, '--generations', '10000', '--dataset', 'one.parquet', '--out', out];
    const child = spawn(process.execPath, [bin, ...args], { cwd: folder });
    let said = '';
    const code = await new Promise((resolve) => {
      child.on('close', resolve);
      child.stderr.on('data', (bytes) => {
        said += bytes;
        if (said.includes('baseline')) setTimeout(() => child.kill('SIGINT'), 300);
      });
    });
    expect(said).toContain('E_INTERRUPTED');
    expect(code).toBe(130);
    expect(readFileSync(join(out, 'portfolio.json'), 'utf8')).toBe(before);
    expect(readdirSync(out).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });
});

describe('hybrid formula', () => {
  it('evaluates in f64, a row for each row, null for null', () => {
    const values = valuesOf('x0 * x1 - lag(x2, 5)', 'one.parquet');
    expect(values).toHaveLength(rows);
    expect(values.slice(0, 5)).toEqual([null, null, null, null, null]);
    expect(values[10]).toBe(x[0]![10]! * x[1]![10]! - x[2]![5]!);
    expect(values[97]).toBeNull();
  });

  it('explains, and answers a wrong name with the nearest', () => {
    const said = execFileSync(
      process.execPath,
      [bin, 'formula', 'explain', 'zscore(x0, 200) / x1', '--dataset', 'one.parquet'],
      { cwd: folder, encoding: 'utf8' },
    );
    expect(said).toContain('looks 199 rows back');
    expect(said).toContain('population standard deviation');
    const wrong = run('formula', 'eval', 'x0 * x11', '--dataset', 'one.parquet');
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('"x11"');
    expect(wrong.stderr).toContain('x1');
    expect(run('formula', 'evla', 'x0', '--dataset', 'one.parquet').stderr).toContain('"eval"');
  });
});
