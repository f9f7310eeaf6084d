import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { resolve } from '../../ts/config/resolve.js';
import { fileNameOf } from '../../ts/io/raw.js';
import { ResumableFile } from '../../ts/io/resumable.js';
import { silentProgress } from '../../ts/report/progress.js';
import { type ExportSummary, exportRaw } from '../../ts/stages/export.js';
import { addressFromUrl, exportSettings, fill, fillTrades, usePostgres } from '../support/postgres.js';

const postgres = usePostgres();
let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'hybrid-export-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const run = (url: string, flags: Record<string, string> = {}): Promise<ExportSummary> =>
  exportRaw(exportSettings(url, { raw: out, ...flags }), { progress: silentProgress });
/** Exports the trades whose id is this expression, as hybrid.config.json would say it. */
const runWithId = (url: string, sql: string): Promise<ExportSummary> => {
  const file = { trades: { table: 'trades', columns: { id: { sql } } } };
  const flags = { raw: out, streams: 'trades' };
  const settings = resolve('export', { flags, env: { DATABASE_URL: url }, dotenv: {}, file });
  return exportRaw(settings, { progress: silentProgress });
};
/** The URL of a database that these statements make. */
const databaseOf = async (name: string, ...statements: string[]): Promise<string> => {
  const url = await postgres.database(name);
  const session = await postgres.open(name);
  for (const statement of statements) await session.query('make', statement);
  return url;
};
const content = (name: string) => readFileSync(join(out, name), 'utf8');

const trades = [
  '1704067200000001,2,42000.1,0.5,1',
  '1704067200000001,3,42000.2,1e-05,-1',
  '1704067201000000,1,0.1,123456789.123,0',
];
const depth = ['1704067200500000,7,"{100.1,100}","{1,2}","{100.2,NULL}","{0.5,3}"'];
const liquidations = ['1704067200700000,0,1,42000,0.25', '1704067200700000,1,-1,42000,0.25'];

describe('a database with the default schema', () => {
  let url: string;
  beforeAll(async () => {
    url = await postgres.database('market');
    const session = await postgres.open('market');
    await fill(session, 'BTC', { trades: [...trades].reverse(), depth, liquidations });
    await fill(session, 'ETH', { trades: ['1704153600000000,1,2000,1,1'] });
  });

  it('comes out as canonical CSV, in the order of the unique key', async () => {
    await run(url, { symbols: 'BTC' });
    expect(content('BTC_trades.csv')).toBe(`ts,trade_id,price,qty,side\n${trades.join('\n')}\n`);
    expect(content('BTC_depth.csv')).toBe(`ts,seq,bid_px,bid_qty,ask_px,ask_qty\n${depth.join('\n')}\n`);
    expect(content('BTC_liquidations.csv')).toBe(`ts,seq,pos,price,qty\n${liquidations.join('\n')}\n`);
  });

  it('gives rows, bytes, checksum, first and last ts of every file, in the summary and the manifest', async () => {
    const { files } = await run(url, { symbols: 'BTC' });
    const text = content('BTC_trades.csv');
    expect(files[0]).toEqual({
      path: join(out, 'BTC_trades.csv'),
      symbol: 'BTC',
      stream: 'trades',
      rows: 3,
      bytes: text.length,
      sha256: createHash('sha256').update(text).digest('hex'),
      firstTs: 1704067200000001,
      lastTs: 1704067201000000,
      keptRows: 0,
    });
    const manifest = JSON.parse(content('BTC.manifest.json'));
    expect(manifest.files.map((file: { rows: number }) => file.rows)).toEqual([3, 1, 2]);
    expect(content('BTC.manifest.json')).not.toContain(postgres.server().password);
  });

  it('takes all symbols when none is named, and writes header-only files for quiet streams', async () => {
    const { files, notes } = await run(url);
    expect(files.map((file) => [file.symbol, file.stream, file.rows])).toEqual([
      ['BTC', 'trades', 3],
      ['BTC', 'depth', 1],
      ['BTC', 'liquidations', 2],
      ['ETH', 'trades', 1],
      ['ETH', 'depth', 0],
      ['ETH', 'liquidations', 0],
    ]);
    expect(content('ETH_liquidations.csv')).toBe('ts,seq,pos,price,qty\n');
    expect(files.at(-1)).toMatchObject({ rows: 0, firstTs: null, lastTs: null });
    expect(notes.join('\n')).toContain('ETH has no liquidations in the period');
  });

  it('takes the first instant in and the last out', async () => {
    const { files } = await run(url, {
      symbols: 'BTC',
      from: '2024-01-01T00:00:00.000001Z',
      to: '2024-01-01T00:00:01Z',
      streams: 'trades',
    });
    expect(files[0]).toMatchObject({ rows: 2, firstTs: 1704067200000001, lastTs: 1704067200000001 });
  });

  it('leaves out, with a note, symbols that are silent in the period when none is named', async () => {
    const { files, notes } = await run(url, { from: '2024-01-02', streams: 'trades' });
    expect(files.map((file) => file.symbol)).toEqual(['ETH']);
    expect(notes).toEqual(['no trades in the period, left out: "BTC"']);
  });

  it('names a hostile symbol by percent signs and runs none of its SQL', async () => {
    const hostile = `../x'; DROP TABLE trades; -- \\ " é`;
    const session = await postgres.open('market');
    await fill(session, hostile, { trades: [trades[0]!] });
    const { files } = await run(url, { symbols: hostile }).finally(() =>
      session.query('delete', 'DELETE FROM trades WHERE symbol = $1', [hostile]),
    );
    expect(files[0]).toMatchObject({ rows: 1, symbol: hostile });
    expect(readdirSync(out)).toContain(`${fileNameOf(hostile)}_trades.csv`);
    expect(fileNameOf(hostile)).toMatch(/^[\w.%-]+$/);
  });

  it.each([
    [
      'an unknown symbol',
      { symbols: 'DOGE' },
      'E_INPUT',
      /"DOGE": expected trades, got none; the table has "BTC", "ETH"/,
    ],
    [
      'an empty period',
      { symbols: 'BTC', from: '2030-01-01' },
      'E_INPUT',
      /expected trades from 2030-01-01T.*none in that period/,
    ],
    ['a period that ends before it begins', { from: '2024-01-02', to: '2024-01-01' }, 'E_USAGE', /--from/],
    ['a symbol of 1 kB', { symbols: '/'.repeat(1000) }, 'E_INPUT', /1 to 220 bytes/],
    ['a symbol with NUL', { symbols: 'A\0B' }, 'E_USAGE', /without NUL/],
  ])('refuses %s and leaves nothing', async (_, flags, code, message) => {
    await expect(run(url, flags)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(readdirSync(out)).toEqual([]);
  });

  const psql = spawnSync('psql', ['--version']).status === 0;
  it.skipIf(!psql)('equals psql \\copy of the query in the manifest, byte for byte', async () => {
    await run(url, { symbols: 'BTC' });
    const { query } = JSON.parse(content('BTC.manifest.json')) as { query: { sql: string[] } };
    for (const [i, stream] of ['trades', 'depth', 'liquidations'].entries()) {
      const command = `\\copy (${query.sql[i]}) TO STDOUT (FORMAT csv, HEADER)`;
      const expected = execFileSync('psql', ['-X', '-q', url, '-c', command], { encoding: 'utf8' });
      expect(content(`BTC_${stream}.csv`)).toBe(expected);
    }
  });
});

describe('one snapshot', () => {
  it('does not see in a later file what was inserted while an earlier one was written', async () => {
    const url = await postgres.database('snapshot');
    const session = await postgres.open('snapshot');
    await fillTrades(session, 'BTC', 20_000);
    await fill(session, 'BTC', { depth, liquidations });
    const open = ResumableFile.open;
    let inserted = 0;
    ResumableFile.open = async (...file) => {
      // Both other tables grow between the first look of the export and its COPY of them.
      const at = 1800000000000000 + inserted++;
      await fill(session, 'BTC', {
        trades: [`${at},${at},1,1,1`],
        depth: [`${at},${at},{1},{1},{2},{1}`],
        liquidations: [`${at},${at},1,1,1`],
      });
      return (open as CallableFunction)(...file);
    };
    try {
      const { files } = await run(url);
      expect(inserted).toBe(3);
      expect(files.map((file) => file.rows)).toEqual([20_000, 1, 2]);
    } finally {
      ResumableFile.open = open;
    }
  });
});

describe('streams that are not there', () => {
  it('are absent, not empty, and said so; named ones are an error that says what exists', async () => {
    const url = await postgres.database('tradesonly');
    const session = await postgres.open('tradesonly');
    await fillTrades(session, 'BTC', 10);
    await session.query('drop', 'DROP TABLE depth, liquidations');
    writeFileSync(join(out, 'BTC_depth.csv'), 'of yesterday');
    const { files, notes } = await run(url);
    expect(files.map((file) => file.stream)).toEqual(['trades']);
    expect(existsSync(join(out, 'BTC_liquidations.csv'))).toBe(false);
    expect(notes).toEqual([
      expect.stringContaining('no table depth'),
      expect.stringContaining('no table liquidations'),
      expect.stringContaining('BTC_depth.csv is of an earlier run'),
    ]);
    await expect(run(url, { streams: 'depth' })).rejects.toMatchObject({
      code: 'E_DATABASE',
      message: 'database tradesonly: expected a table "depth", got public.trades',
    });
  });

  it('say which column is missing', async () => {
    const url = await databaseOf(
      'columns',
      'CREATE TABLE trades (symbol text, ts timestamptz, price float8, amount float8)',
    );
    await expect(run(url)).rejects.toMatchObject({
      code: 'E_DATABASE',
      message: 'table public.trades: expected columns trade_id, qty, side, got symbol, ts, price, amount',
    });
  });
});

describe('values that PostgreSQL prints by a setting', () => {
  it('are printed in one way, whatever the role has set', async () => {
    const url = await databaseOf(
      'styles',
      'CREATE TABLE trades (symbol text, ts timestamptz, key bytea, span interval, price float8, qty float8, side int)',
      `INSERT INTO trades VALUES ('BTC', '2024-01-01', '\\x00ff', '1 day 02:03:04', 0.1, 2, 1)`,
    );
    for (const options of ['', '-c bytea_output=escape -c intervalstyle=iso_8601 -c extra_float_digits=-5']) {
      rmSync(join(out, 'BTC.manifest.json'), { force: true });
      await runWithId(`${url}?options=${encodeURIComponent(options)}`, "key::text || ' ' || span::text");
      expect(content('BTC_trades.csv').split('\n')[1]).toBe(
        '1704067200000000,\\x00ff 1 day 02:03:04,0.1,2,1',
      );
    }
  });

  it('with a line break in them are an error that names their column', async () => {
    const url = await databaseOf(
      'breaks',
      'CREATE TABLE trades (symbol text, ts timestamptz, trade_id text, price float8, qty float8, side int)',
      `INSERT INTO trades VALUES ('BTC', '2024-01-01', E'a\nb', 1, 2, 1)`,
    );
    await expect(run(url, { streams: 'trades' })).rejects.toMatchObject({
      code: 'E_INPUT',
      message: 'BTC trades: expected a line a row, got line breaks in trade_id',
      hint: expect.stringContaining('trades.columns.id in hybrid.config.json'),
    });
    expect(readdirSync(out)).toEqual([]);
    await runWithId(url, "translate(trade_id, chr(10), ' ')");
    expect(content('BTC_trades.csv')).toContain('1704067200000000,a b,1,2,1\n');
  });
});

describe('the address', () => {
  it('is the same from DATABASE_URL and from the libpq names', () => {
    const { host, port, user, password, database } = postgres.server();
    expect(addressFromUrl(postgres.url())).toMatchObject({ host, port, user, password, database });
  });
});
