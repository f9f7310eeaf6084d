/** Real market data through a real PostgreSQL: no row is lost on the way, and threads change nothing. */
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDefaultTables, loadCsv } from '../../ts/io/postgres/load.js';
import { hybridProcess } from '../support/cli.js';
import { runEvolution } from '../support/evolution.js';
import { freshFolder } from '../support/folder.js';
import { usePostgres } from '../support/postgres.js';
import { runPrepare } from '../support/prepare.js';
import { shared } from '../support/shared.js';

const sets = [
  { folder: 'nexo-spot-day', symbol: 'NEXOUSDT', trades: 12_458, depth: 38_584 },
  { folder: 'btc-usdm-6min', symbol: 'BTCUSDT', trades: 21_313, depth: 6_551 },
] as const;
const all = sets.reduce((sum, { trades }) => sum + trades, 0);
const there = shared('data') !== undefined;
if (!there)
  console.warn('real-data: skipped, ../shared/data is not there (HYBRID_SHARED names another place)');

const postgres = usePostgres();

/** Runs a command that must succeed and returns what --json printed. */
async function succeed(cwd: string, env: Record<string, string>, ...args: string[]) {
  const { code, stdout, stderr } = await hybridProcess([...args, '--json'], cwd, env);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** SHA-256 of a file, or of all files of a folder together. */
function sha256(path: string): string {
  const paths = statSync(path).isFile()
    ? [path]
    : readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort();
  const hash = createHash('sha256');
  for (const one of paths) hash.update(readFileSync(one));
  return hash.digest('hex');
}

describe.skipIf(!there)('two real markets', () => {
  const cwd = freshFolder();
  let env: Record<string, string> = {};

  const run = (...args: string[]) => succeed(cwd, env, ...args);

  beforeAll(async () => {
    env = { DATABASE_URL: await postgres.database('two_markets') };
    const session = await postgres.open('two_markets');
    await createDefaultTables(session);
    for (const { folder, symbol } of sets)
      for (const stream of ['trades', 'depth'] as const) {
        const path = shared('data', folder, `${symbol}_${stream}.csv.gz`)!;
        await loadCsv(session, symbol, stream, createReadStream(path).pipe(createGunzip()));
      }
  });

  it('are exported, every row', async () => {
    const { files } = await run('export');
    const rows = files.map((file: { symbol: string; stream: string; rows: number }) => [
      file.symbol,
      file.stream,
      file.rows,
    ]);
    const wanted = sets.flatMap(({ symbol, trades, depth }) => [
      [symbol, 'trades', trades],
      [symbol, 'depth', depth],
      [symbol, 'liquidations', 0],
    ]);
    expect(rows.toSorted()).toEqual(wanted.toSorted());
  });

  /** The digest of what this process prepares, and of how many rows. */
  async function prepared(threads: string, flags: Record<string, string> = {}) {
    const dataset = join(cwd, `prepared-${flags.symbols ?? 'all'}-${threads}`);
    const summary = await runPrepare({ raw: join(cwd, 'raw_data'), dataset, threads, ...flags });
    return { rows: summary.rows, digest: sha256(dataset) };
  }

  it('are prepared, every trade, the same bytes at 1, 2 and 7 threads', async () => {
    const { rows, symbols } = await run('prepare', '--threads', '1', '--out', 'features.parquet');
    expect(rows).toBe(all);
    for (const { symbol, trades, depth } of sets)
      expect(symbols).toContainEqual(expect.objectContaining({ symbol, trades, depth, rows: trades }));
    const one = { rows, digest: sha256(join(cwd, 'features.parquet')) };
    for (const threads of ['2', '7']) expect(await prepared(threads)).toEqual(one);
  });

  it('one by one are prepared to the same rows, at 1 and 7 threads', async () => {
    for (const { symbol, trades } of sets) {
      const one = await prepared('1', { symbols: symbol });
      expect(one.rows).toBe(trades);
      expect(await prepared('7', { symbols: symbol })).toEqual(one);
    }
  });

  it('give the same portfolio at 1, 2 and 7 threads, over every row', async () => {
    const search = { target: 'ret_5s', population: '100', generations: '2' };
    const flags = Object.entries(search).flatMap(([name, value]) => [`--${name}`, value]);
    expect((await run('evolve', '--threads', '1', '--out', 'evolved-1', ...flags)).rows).toBe(all);
    const dataset = join(cwd, 'features.parquet');
    for (const threads of ['2', '7'])
      await runEvolution({ dataset, evolved: join(cwd, `evolved-${threads}`), threads, ...search });
    const digests = ['1', '2', '7'].map((threads) =>
      sha256(join(cwd, `evolved-${threads}`, 'portfolio.json')),
    );
    expect(new Set(digests).size).toBe(1);
  });
});
