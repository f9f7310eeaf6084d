import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasZstd } from '../../ts/io/coding.js';
import type { Check } from '../../ts/stages/doctor.js';
import { hybrid } from '../support/cli.js';
import { freshFolder } from '../support/folder.js';
import { fill, usePostgres } from '../support/postgres.js';

const postgres = usePostgres();
const env = (database: string) => ({ DATABASE_URL: postgres.url(database) });

interface Report {
  code: number | null;
  fit: boolean;
  checks: Check[];
}

async function doctor(database: string, config: object = {}, args: string[] = []): Promise<Report> {
  const folder = freshFolder();
  writeFileSync(join(folder, 'hybrid.config.json'), JSON.stringify(config));
  const run = await hybrid(['doctor', '--json', ...args], folder, env(database));
  if (run.stdout === '') throw new Error(run.stderr);
  return { code: run.code, ...JSON.parse(run.stdout) };
}

const named = ({ checks }: Report, name: string) => checks.find((check) => check.name === name);

beforeAll(async () => {
  await postgres.database('usual');
  const usual = await postgres.open('usual');
  await fill(usual, 'A', {
    trades: ['1704067200000000,7,100,2,1', '1704067201000000,8,100,2,-1'],
    depth: ['1704067200000000,0,{100},{1},{101},{2}'],
    liquidations: ['1704067200000000,0,1,100,3'],
  });
  await postgres.database('odd');
  const odd = await postgres.open('odd');
  for (const statement of [
    'CREATE TABLE prints (symbol text, ts bigint, id int, px float8, sz float8, side text)',
    "INSERT INTO prints VALUES ('A', 1704067200123, 1, 100, 2, 'buy')",
    'CREATE TABLE books (symbol text, ts timestamptz, seq int, bid_px float8[], bid_qty float8[], ask_px float8[], ask_qty float8[])',
    "INSERT INTO books VALUES ('A', '2024-01-01', 1, '{99,100}', '{1,1}', '{101}', '{1}')",
  ])
    await odd.query('fill', statement);
});

describe('hybrid doctor', () => {
  it('finds the default tables fit, and says what it looked at', async () => {
    const report = await doctor('usual');
    expect([report.code, report.fit]).toEqual([0, true]);
    expect(report.checks.filter(({ status }) => status !== 'ok').map(({ name }) => name)).toEqual([]);
    for (const name of [
      'cores',
      'memory',
      'node',
      'zstd',
      'connection',
      'server',
      'tls',
      'statement_timeout',
      'disk',
    ])
      expect(named(report, name), name).toBeDefined();
    expect(named(report, 'trades rows')!.message).toContain('2 looked at; first 1704067200000000,7,100,2,1');
    expect(named(report, 'depth index')!.message).toBe('gives the rows in order');
    expect(named(report, 'disk')!.message).toMatch(/^about \d+ rows, .* of CSV; .* free in raw_data$/);
  });

  it('prints a line a check, with what to mend', async () => {
    const run = await hybrid(['doctor'], freshFolder(), env('odd'));
    expect(run.code).toBe(4);
    expect(run.stdout).toMatch(/^fail {2}trades +expected a table trades, got none\n +→ Run `hybrid init`/m);
    expect(run.stdout).toMatch(/^warn {2}depth +no such table/m);
    expect(run.stdout).toContain('Not fit for an export yet.');
  });

  it('finds a mapping fit, and the index that is missing', async () => {
    const trades = { table: 'prints', columns: { price: 'px', qty: 'sz' } };
    const report = await doctor('odd', { trades });
    expect(report.code).toBe(0);
    expect(named(report, 'trades index')).toMatchObject({
      status: 'warn',
      message: 'none finds the symbol and the period: the whole table is read',
      hint: 'CREATE INDEX ON "prints" ("symbol", "ts"), or export a short period.',
    });
  });

  it.each<[string, object, string, number, string]>([
    ['a wrong unit', { time_unit: 's' }, 'trades rows', 3, 'ts: expected µs between 1990 and tomorrow'],
    [
      'a wrong column',
      { columns: { price: 'px', qty: { sql: '-sz' } } },
      'trades rows',
      3,
      'qty: expected a number',
    ],
    [
      'an unknown side',
      { columns: { price: 'px', qty: 'sz', side: { sql: "side || 'er'" } }, side_map: { x: 1 } },
      'trades rows',
      3,
      'expected a side that is known, got "buyer"',
    ],
    [
      'a misspelt column',
      { columns: { price: 'pxx', qty: 'sz' } },
      'trades',
      2,
      'trades.columns.price: expected a column',
    ],
    [
      'an expression that is none',
      { columns: { price: { sql: 'px +' }, qty: 'sz' } },
      'trades',
      2,
      'trades.columns.price',
    ],
  ])('fails on %s, with the exit code of its error', async (_, mapping, name, code, message) => {
    const trades = { table: 'prints', columns: { price: 'px', qty: 'sz' }, ...mapping };
    const report = await doctor('odd', { trades });
    expect([report.code, report.fit]).toEqual([code, false]);
    expect(named(report, name)!.status).toBe('fail');
    expect(named(report, name)!.message).toContain(message);
  });

  it('fails on a book that is not best level first', async () => {
    const trades = { table: 'prints', columns: { price: 'px', qty: 'sz' } };
    const report = await doctor('odd', { trades, depth: { table: 'books' } });
    expect(named(report, 'depth rows')!.message).toBe('levels: expected the best first, got another order');
  });

  it('asks for as much room as the compressed files take', async () => {
    await postgres.database('large');
    const session = await postgres.open('large');
    await fill(session, 'A', {
      trades: Array.from({ length: 100 }, (_, i) => `${1704067200000000 + i},${i},100.25,2,1`),
    });
    // Half as much CSV again as there is room for: the planner believes in so many rows.
    const { bavail, bsize } = statfsSync(freshFolder());
    const rows = Math.round((1.5 * bavail * bsize) / '1704067200000000,50,100.25,2,1\n'.length);
    await session.query(
      'huge',
      `UPDATE pg_class SET relpages = pg_relation_size(oid) / 8192, reltuples = ${rows} WHERE relname = 'trades'`,
    );
    const plain = named(await doctor('large'), 'disk')!;
    expect(plain).toMatchObject({ status: 'fail', message: expect.stringMatching(/ of CSV; .* free in/) });
    const compressed = named(await doctor('large', {}, ['--compression', 'gzip']), 'disk')!;
    expect(compressed).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(/ of CSV, at most .* with gzip; .* free in raw_data$/),
    });
  });

  it.skipIf(hasZstd)('fails where zstd is asked of a Node that has none', async () => {
    const report = await doctor('usual', {}, ['--compression', 'zstd']);
    expect(report.code).toBe(2);
    expect(named(report, 'zstd')).toMatchObject({ status: 'fail', code: 'E_USAGE' });
  });

  it('warns of limits of the server, and fails where the disk is too small or the login refused', async () => {
    const session = await postgres.open('usual');
    await session.query('role', "CREATE ROLE reader LOGIN PASSWORD 'pass'");
    await session.query('role', "ALTER ROLE reader SET statement_timeout = '5s'");
    await session.query(
      'huge',
      "UPDATE pg_class SET relpages = 1, reltuples = 1e13 WHERE relname = 'trades'",
    );
    await session.query('right', 'GRANT SELECT ON trades TO reader');
    const as = (user: string, password: string) => {
      const { host, port } = postgres.server();
      return { DATABASE_URL: `postgres://${user}:${password}@${host}:${port}/usual` };
    };
    const run = await hybrid(['doctor', '--json'], freshFolder(), as('reader', 'pass'));
    const report: Report = { code: run.code, ...JSON.parse(run.stdout) };
    expect(named(report, 'statement_timeout')).toMatchObject({
      status: 'warn',
      message: '5s: a query that takes longer is cancelled',
    });
    expect(named(report, 'depth')!.message).toContain('expected the right to read, got refused');
    expect(named(report, 'disk')!.message).toMatch(/^expected room for about .* rows/);
    expect(report.code).toBe(4);
    const wrong = await hybrid(['doctor', '--json'], freshFolder(), as('reader', 'wrong'));
    expect(wrong.code).toBe(4);
    expect(named(JSON.parse(wrong.stdout), 'connection')!.message).toContain(
      'expected a login that the server accepts',
    );
  });
});
