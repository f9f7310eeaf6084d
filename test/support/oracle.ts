/** Random hostile markets through `prepare` and through the oracle in Python, cell by cell. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PrepareSummary } from '../../ts/stages/prepare.js';
import { differences, readTable } from './table.js';

/** The oracle needs nothing but the standard library. */
const interpreter = process.env.HYBRID_PYTHON ?? 'python3';

export type Prepare = typeof import('../../ts/stages/prepare.js').prepare;

const progress = { phase: () => ({ update: () => {}, end: () => {} }), note: () => {} };

function python(script: string, ...args: string[]): void {
  execFileSync(interpreter, [resolve('test/oracle', script), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

export function pythonIsThere(): boolean {
  try {
    execFileSync(interpreter, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`skipped: ${interpreter} is not there, and the oracle is written in it (set HYBRID_PYTHON)`);
    return false;
  }
}

/** Prepare of the build: the pool's workers are files of it. */
export async function builtPrepare(): Promise<Prepare> {
  const url = pathToFileURL(resolve('dist/stages/prepare.js')).href;
  return ((await import(url)) as { prepare: Prepare }).prepare;
}

/** Makes the market of a seed in the folder; answers what prepare and the oracle disagree about. */
export async function compareMarket(
  prepare: Prepare,
  seed: number,
  folder: string,
  options: readonly string[],
): Promise<string[]> {
  python('markets.py', String(seed), folder, '--extended', ...options);
  const [input, oracle] = [join(folder, 'input'), join(folder, 'oracle.csv')];
  const params = join(folder, 'params.json');
  python('oracle.py', input, oracle, '--params', params, '--feature-set', 'extended');
  return disagreements(prepare, folder);
}

/** Compares on what stands in `folder/input`, with the defaults of all parameters. */
export async function compareInput(prepare: Prepare, folder: string): Promise<string[]> {
  const params = join(folder, 'params.json');
  writeFileSync(params, '{}');
  const [input, oracle] = [join(folder, 'input'), join(folder, 'oracle.csv')];
  python('oracle.py', input, oracle, '--params', params, '--feature-set', 'extended');
  return disagreements(prepare, folder);
}

/** What the two disagree about; none when they agree. A market without a row is an error, and an empty table. */
async function disagreements(prepare: Prepare, folder: string): Promise<string[]> {
  const expected = readFileSync(join(folder, 'oracle.csv'), 'utf8');
  const empty = expected.trimEnd().split('\n').length === 1;
  try {
    const summary = await prepareMarket(prepare, folder);
    if (empty) return ['expected an error, since no row is left'];
    const table = readTable(join(folder, 'out.parquet'));
    return [...differences(table, expected), ...countersThatDiffer(folder, summary)];
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return empty && code === 'E_INPUT' ? [] : [`${code}: ${message}`];
  }
}

function prepareMarket(prepare: Prepare, folder: string): Promise<PrepareSummary> {
  const params = JSON.parse(readFileSync(join(folder, 'params.json'), 'utf8')) as Record<string, unknown>;
  return prepare(
    {
      raw: join(folder, 'input'),
      symbols: undefined,
      dataset: join(folder, 'out.parquet'),
      threads: 1,
      compression: 'lz4',
      onBadRow: 'fail',
      featureSet: 'extended',
      indicators: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)])),
    },
    { progress },
  );
}

/** Counters of the summary beside the oracle's names for them. */
const counters = {
  dropped: 'dropped_nonpositive',
  off_grid: 'dropped_off_grid',
  duplicates: 'dup',
  unknown_sides: 'unknown_side',
  missing_ids: 'missing_ids',
  gaps: 'gaps',
  gap_resets: 'resets',
  depth_malformed: 'depth_malformed',
  depth_replaced: 'depth_superseded',
  depth_snapshots: 'depth_snapshots',
  liquidations_dropped: 'liq_dropped',
  liquidations_duplicates: 'liq_dup',
};

function countersThatDiffer(folder: string, summary: PrepareSummary): string[] {
  const expected = JSON.parse(readFileSync(join(folder, 'oracle.counters.json'), 'utf8'));
  const { quality } = summary.symbols[0]!;
  return Object.entries(counters)
    .map(([ours, theirs]) => ({ ours, got: quality[ours] ?? 0, want: expected[theirs] ?? 0 }))
    .filter(({ got, want }) => got !== want)
    .map(({ ours, got, want }) => `counter ${ours}: expected ${want}, got ${got}`);
}
