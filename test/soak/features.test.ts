/**
 * Random hostile markets through `prepare` and through the oracle in Python, cell by cell.
 * HYBRID_SOAK_MARKETS: how many (200); HYBRID_SOAK_SEED: the first one's seed (1); HYBRID_SOAK_AMBIGUOUS=1: with
 * what the specification leaves open. A market that differs is kept, and its folder is named.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import type { PrepareSummary } from '../../ts/stages/prepare.js';
import { differences, readTable } from '../support/table.js';

type Prepare = typeof import('../../ts/stages/prepare.js').prepare;

const markets = Number(process.env.HYBRID_SOAK_MARKETS ?? 200);
const firstSeed = Number(process.env.HYBRID_SOAK_SEED ?? 1);
const ambiguous = process.env.HYBRID_SOAK_AMBIGUOUS === '1' ? ['--ambiguous'] : [];
const progress = { phase: () => ({ update: () => {}, end: () => {} }), note: () => {} };

function python(script: string, ...args: string[]): void {
  execFileSync('python3', [resolve('test/oracle', script), ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}

function pythonIsThere(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('skipped: python3 is not there, and the oracle is written in it');
    return false;
  }
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

it.skipIf(!pythonIsThere())(
  `${markets} markets from seed ${firstSeed} on agree with the oracle`,
  async () => {
    const url = pathToFileURL(resolve('dist/stages/prepare.js')).href;
    const { prepare } = (await import(url)) as { prepare: Prepare };
    const base = mkdtempSync(join(tmpdir(), 'hybrid-soak-'));
    const different: string[] = [];
    for (let seed = firstSeed; seed < firstSeed + markets; seed++) {
      const folder = join(base, String(seed));
      python('markets.py', String(seed), folder, ...ambiguous);
      python(
        'oracle.py',
        join(folder, 'input'),
        join(folder, 'oracle.csv'),
        '--params',
        join(folder, 'params.json'),
        '--feature-set',
        'extended',
      );
      const found = await disagreements(prepare, folder);
      if (found.length === 0) rmSync(folder, { recursive: true });
      else different.push(`seed ${seed} (${folder}): ${found.join('; ')}`);
      if ((seed - firstSeed) % 20 === 19)
        console.log(`${seed - firstSeed + 1} markets, ${different.length} differ`);
    }
    if (different.length === 0) rmSync(base, { recursive: true });
    expect(different).toEqual([]);
  },
);
