/** Real market data through a real PostgreSQL: no row is lost on the way, and threads change nothing. */
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDefaultTables, loadCsv } from '../../ts/io/postgres/load.js';
import { hybrid } from '../support/cli.js';
import { freshFolder } from '../support/folder.js';
import { usePostgres } from '../support/postgres.js';
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
  const { code, stdout, stderr } = await hybrid([...args, '--json'], cwd, env);
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

  it('are prepared, every trade, the same bytes at 1, 2 and 7 threads', async () => {
    const digests = [];
    for (const threads of ['1', '2', '7']) {
      const out = threads === '1' ? 'features.parquet' : `features-${threads}.parquet`;
      const { rows, symbols } = await run('prepare', '--threads', threads, '--out', out);
      expect(rows).toBe(all);
      for (const { symbol, trades, depth } of sets)
        expect(symbols).toContainEqual(expect.objectContaining({ symbol, trades, depth, rows: trades }));
      digests.push(sha256(join(cwd, out)));
    }
    expect(new Set(digests).size).toBe(1);
  });

  it('one by one are prepared to the same rows, at 1 and 7 threads', async () => {
    for (const { symbol, trades } of sets) {
      const digests = [];
      for (const threads of ['1', '7']) {
        const out = `${symbol}-${threads}.parquet`;
        const flags = ['--symbols', symbol, '--threads', threads, '--out', out];
        expect((await run('prepare', ...flags)).rows).toBe(trades);
        digests.push(sha256(join(cwd, out)));
      }
      expect(digests[1]).toBe(digests[0]);
    }
  });

  it('give the same portfolio at 1, 2 and 7 threads, over every row', async () => {
    const digests = [];
    for (const threads of ['1', '2', '7']) {
      const out = `evolved-${threads}`;
      const flags = ['--population', '100', '--generations', '2', '--target', 'ret_5s', '--threads', threads];
      const { rows } = await run('evolve', '--out', out, ...flags);
      expect(rows).toBe(all);
      digests.push(sha256(join(cwd, out, 'portfolio.json')));
    }
    expect(new Set(digests).size).toBe(1);
  });
});
