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

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

describe.skipIf(!there).each(sets)('$folder', ({ folder, symbol, trades, depth }) => {
  const cwd = freshFolder();
  let env: Record<string, string> = {};

  /** Runs a command that must succeed and returns what --json printed. */
  async function run(...args: string[]) {
    const { code, stdout, stderr } = await hybrid([...args, '--json'], cwd, env);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  }

  beforeAll(async () => {
    const database = folder.replaceAll('-', '_');
    env = { DATABASE_URL: await postgres.database(database) };
    const session = await postgres.open(database);
    await createDefaultTables(session);
    for (const stream of ['trades', 'depth'] as const) {
      const csv = createReadStream(shared('data', folder, `${symbol}_${stream}.csv.gz`)!).pipe(
        createGunzip(),
      );
      await loadCsv(session, symbol, stream, csv);
    }
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
      const flags = ['--population', '300', '--generations', '3', '--target', 'ret_5s', '--threads', threads];
      const { rows } = await run('evolve', '--dataset', 'features-1.parquet', '--out', out, ...flags);
      expect(rows).toBe(trades);
      digests.push(sha256(join(cwd, out, 'portfolio.json')));
    }
    expect(new Set(digests).size).toBe(1);
  });
});
