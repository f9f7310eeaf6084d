/** Real market data through a real PostgreSQL: no row is lost on the way, and threads change nothing. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
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
const there = shared('data') !== undefined;
if (!there)
  console.warn('real-data: skipped, ../shared/data is not there (HYBRID_SHARED names another place)');

const postgres = usePostgres();

/** A database with the sets in the default tables. */
async function load(name: string, chosen: readonly (typeof sets)[number][]): Promise<string> {
  const url = await postgres.database(name);
  const session = await postgres.open(name);
  await createDefaultTables(session);
  for (const { folder, symbol } of chosen) {
    for (const stream of ['trades', 'depth'] as const) {
      const csv = createReadStream(shared('data', folder, `${symbol}_${stream}.csv.gz`)!).pipe(
        createGunzip(),
      );
      await loadCsv(session, symbol, stream, csv);
    }
  }
  return url;
}

/** Runs a command that must succeed and returns what --json printed. */
async function succeed(cwd: string, env: Record<string, string>, ...args: string[]) {
  const { code, stdout, stderr } = await hybrid([...args, '--json'], cwd, env);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

describe.skipIf(!there).each(sets)('$folder', ({ folder, trades, depth }) => {
  const cwd = freshFolder();
  let env: Record<string, string> = {};

  const run = (...args: string[]) => succeed(cwd, env, ...args);

  beforeAll(async () => {
    env = {
      DATABASE_URL: await load(
        folder.replaceAll('-', '_'),
        sets.filter((set) => set.folder === folder),
      ),
    };
  });

  it('exports every row', async () => {
    const { files } = await run('export');
    const rows = Object.fromEntries(
      files.map((file: { stream: string; rows: number }) => [file.stream, file.rows]),
    );
    expect(rows).toEqual({ trades, depth, liquidations: 0 });
  });

  it('prepares every trade, the same bytes at 1, 2 and 7 threads', async () => {
    const digests = [];
    for (const threads of ['1', '2', '7']) {
      const out = `features-${threads}.parquet`;
      const { rows, symbols } = await run('prepare', '--threads', threads, '--out', out);
      expect([rows, symbols[0].trades, symbols[0].depth]).toEqual([trades, trades, depth]);
      digests.push(sha256(join(cwd, out)));
    }
    expect(new Set(digests).size).toBe(1);
  });

  it('evolves the same portfolio at 1, 2 and 7 threads', async () => {
    const digests = [];
    for (const threads of ['1', '2', '7']) {
      const out = `evolved-${threads}`;
      const flags = ['--population', '100', '--generations', '3', '--target', 'ret_5s', '--threads', threads];
      const { rows } = await run('evolve', '--dataset', 'features-1.parquet', '--out', out, ...flags);
      expect(rows).toBe(trades);
      digests.push(sha256(join(cwd, out, 'portfolio.json')));
    }
    expect(new Set(digests).size).toBe(1);
  });
});

describe.skipIf(!there)('both in one database', () => {
  it('go through the three commands as they stand, every row', async () => {
    const cwd = freshFolder();
    const env = { DATABASE_URL: await load('two_markets', sets) };
    await succeed(cwd, env, 'export');
    const prepared = await succeed(cwd, env, 'prepare');
    const evolved = await succeed(cwd, env, 'evolve', '--population', '100', '--generations', '2');
    const trades = sets.reduce((sum, set) => sum + set.trades, 0);
    expect([prepared.rows, evolved.rows]).toEqual([trades, trades]);
  });
});
