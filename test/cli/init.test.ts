import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { beforeAll, describe, expect, it } from 'vitest';
import { readMapping, type StreamName } from '../../ts/config/mapping.js';
import { createDefaultTables } from '../../ts/io/postgres/load.js';
import { hybrid } from '../support/cli.js';
import { freshFolder } from '../support/folder.js';
import { fill, usePostgres } from '../support/postgres.js';

const postgres = usePostgres();

/** Tables as cryptofeed's examples/postgres_tables.sql has them, with rows of two exchanges. */
const cryptofeed = [
  `CREATE TABLE trades (id serial PRIMARY KEY, timestamp timestamp, receipt_timestamp timestamp, exchange varchar(32),
    symbol varchar(32), side varchar(8), amount numeric(64,32), price numeric(64,32), trade_id varchar(64), order_type varchar(32))`,
  `CREATE TABLE book (id serial PRIMARY KEY, timestamp timestamp, receipt_timestamp timestamp, exchange varchar(32),
    symbol varchar(32), data jsonb)`,
  `CREATE TABLE liquidations (id serial PRIMARY KEY, timestamp timestamp, receipt_timestamp timestamp, exchange varchar(32),
    symbol varchar(32), side varchar(8), quantity numeric(64,32), price numeric(64,32), trade_id varchar(64), status varchar(16))`,
  `CREATE TABLE candles (id serial, timestamp timestamp, symbol text, open float8, high float8, low float8, close float8, volume float8)`,
  `INSERT INTO trades (timestamp, exchange, symbol, side, amount, price, trade_id) VALUES
    ('2024-01-01', 'BINANCE', 'BTC-USDT', 'buy', 0.5, 42000.1, '17'), ('2024-01-01', 'OKX', 'BTC-USDT', 'sell', 1, 42000, '3')`,
  `INSERT INTO book (timestamp, exchange, symbol, data) VALUES
    ('2024-01-01', 'BINANCE', 'BTC-USDT', '{"snapshot": {"bid": {"100.0": 2, "100.1": 1}, "ask": {"100.2": 3}}}')`,
  `INSERT INTO book (timestamp, exchange, symbol, data) VALUES
    ('2024-01-01 00:00:01', 'BINANCE', 'BTC-USDT', '{"delta": {"bid": [[100.0, 0]], "ask": []}}')`,
  `INSERT INTO liquidations (timestamp, exchange, symbol, side, quantity, price) VALUES
    ('2024-01-01', 'BINANCE', 'BTC-USDT', 'sell', 2, 41000)`,
];

/** A table for each stream as Timescale projects have them: other names, ms, booleans, level per row. */
const timescale = [
  'CREATE SCHEMA market',
  `CREATE TABLE market.agg_trades (time timestamptz NOT NULL, instrument text NOT NULL, agg_trade_id bigint NOT NULL,
    price float8, quantity float8, is_buyer_maker boolean, PRIMARY KEY (instrument, time, agg_trade_id)) PARTITION BY RANGE (time)`,
  `CREATE TABLE market.agg_trades_2024 PARTITION OF market.agg_trades FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')`,
  `INSERT INTO market.agg_trades VALUES ('2024-01-01 00:00:01+00', 'ETHUSDT', 5, 2000.5, 3, true)`,
  `CREATE TABLE market.book_levels (time_ms bigint, timestamp_ms bigint, instrument text, side text, price numeric, size numeric)`,
  `INSERT INTO market.book_levels VALUES (0, 1704067200000, 'ETHUSDT', 'bid', 2000, 1), (0, 1704067200000, 'ETHUSDT', 'ask', 2001, 4)`,
];

/** Tables that inherit: chunks of days in the parent's own schema, and a table that adds columns to a common one. */
const chunked = [
  'CREATE TABLE recorded (at timestamptz DEFAULT now())',
  `CREATE TABLE trades (symbol text NOT NULL, ts timestamptz NOT NULL, trade_id bigint NOT NULL, price float8 NOT NULL,
    qty float8 NOT NULL, side smallint NOT NULL, PRIMARY KEY (symbol, ts, trade_id)) INHERITS (recorded)`,
  ...[1, 2, 3].flatMap((n) => [
    `CREATE TABLE trades_${n} (CHECK (ts >= '2024-01-0${n}' AND ts < '2024-01-0${n + 1}')) INHERITS (trades)`,
    `INSERT INTO trades_${n} SELECT now(), 'BTC', timestamptz '2024-01-0${n}' + i * interval '1 s', i, 100, 2, 1
      FROM generate_series(1, 100) AS i`,
  ]),
  'ANALYZE',
];

/** Partitions that are analysed, as autovacuum does, when the table above them is not. */
const partitioned = [
  `CREATE TABLE trades (symbol text, ts timestamptz, trade_id bigint, price float8, qty float8, side int) PARTITION BY RANGE (ts)`,
  ...[1, 2].flatMap((n) => [
    `CREATE TABLE day${n} PARTITION OF trades FOR VALUES FROM ('2024-01-0${n}') TO ('2024-01-0${n + 1}')`,
    `INSERT INTO trades SELECT 'BTC', timestamptz '2024-01-0${n}' + i * interval '1 s', i, 100, 2, 1 FROM generate_series(1, 50) AS i`,
    `ANALYZE day${n}`,
  ]),
];

const env = (database: string) => ({ DATABASE_URL: postgres.url(database) });

const databases = { cryptofeed, timescale, chunked, partitioned, empty: [], usual: [] };

beforeAll(async () => {
  for (const [name, statements] of Object.entries(databases)) {
    await postgres.database(name);
    const session = await postgres.open(name);
    for (const statement of statements) await session.query('fill', statement);
    if (name === 'usual') {
      await createDefaultTables(session);
      await fill(session, 'A', { trades: ['1000000,7,100,2,1'] });
    }
  }
});

const config = (folder: string) => JSON.parse(readFileSync(join(folder, 'hybrid.config.json'), 'utf8'));

describe('hybrid init', () => {
  it('proposes mappings for cryptofeed’s tables, tries them and writes them', async () => {
    const folder = freshFolder();
    const run = await hybrid(['init', '--json'], folder, env('cryptofeed'));
    expect([run.code, run.stderr]).toEqual([0, '']);
    const { streams, absent } = JSON.parse(run.stdout);
    expect(absent).toEqual([]);
    expect(streams.map((one: { exported: object }) => one.exported)).toEqual([
      { ts: '1704067200000000', trade_id: '17', price: '42000.1', qty: '0.5', side: '1' },
      {
        ts: '1704067200000000',
        seq: '1',
        bid_px: '{100.1,100}',
        bid_qty: '{1,2}',
        ask_px: '{100.2}',
        ask_qty: '{3}',
      },
      { ts: '1704067200000000', seq: '1', pos: '1', price: '41000', qty: '2' },
    ]);
    expect(streams[0].sample).toContainEqual({
      column: 'exchange',
      type: 'character varying',
      value: 'BINANCE',
    });
    expect(streams[0].notes.join()).toContain(
      'rows of BINANCE, OKX in one table: only those of BINANCE are taken',
    );
    for (const [stream, mapping] of Object.entries(config(folder))) {
      expect(mapping).toEqual(streams.find((one: { stream: string }) => one.stream === stream).mapping);
      readMapping(stream as StreamName, mapping, stream);
    }
  });

  it('finds tables of a schema, partitioned, with booleans, numbers for times and a row per level', async () => {
    const folder = freshFolder();
    const run = await hybrid(['init', '--json'], folder, env('timescale'));
    expect([run.code, run.stderr]).toEqual([0, '']);
    const { streams, absent } = JSON.parse(run.stdout);
    expect(absent).toEqual(['liquidations']);
    expect(streams.map((one: { table: string }) => one.table)).toEqual([
      'market.agg_trades',
      'market.book_levels',
    ]);
    expect(streams[0].exported).toEqual({
      ts: '1704067201000000',
      trade_id: '5',
      price: '2000.5',
      qty: '3',
      side: '-1',
    });
    expect(streams[1].exported).toEqual({
      ...{
        ts: '1704067200000000',
        seq: '0',
        bid_px: '{2000}',
        bid_qty: '{1}',
        ask_px: '{2001}',
        ask_qty: '{4}',
      },
    });
  });

  it.each([
    ['chunked', 300],
    ['partitioned', 100],
  ])('takes the table, not one of its parts, and counts the rows of all: %s', async (database, rows) => {
    const run = await hybrid(['init', '--json'], freshFolder(), env(database));
    expect([run.code, run.stderr]).toEqual([0, '']);
    const { streams } = JSON.parse(run.stdout);
    expect(streams.length).toBe(1);
    expect(streams[0]).toMatchObject({ stream: 'trades', table: 'trades', rows, mapping: null });
  });

  it('writes what the export then needs: the same rows, as canonical CSV', async () => {
    for (const [database, symbol, expected] of [
      [
        'cryptofeed',
        'BTC-USDT',
        {
          trades: ['1704067200000000,17,42000.1,0.5,1'],
          depth: ['1704067200000000,1,"{100.1,100}","{1,2}",{100.2},{3}'],
          liquidations: ['1704067200000000,1,1,41000,2'],
        },
      ],
      [
        'timescale',
        'ETHUSDT',
        { trades: ['1704067201000000,5,2000.5,3,-1'], depth: ['1704067200000000,0,{2000},{1},{2001},{4}'] },
      ],
    ] as const) {
      const folder = freshFolder();
      await hybrid(['init'], folder, env(database));
      const run = await hybrid(['export', '--json', '--jobs', '2'], folder, env(database));
      expect([run.code, run.stderr.includes('E_')]).toEqual([0, false]);
      for (const [stream, lines] of Object.entries(expected)) {
        const text = readFileSync(join(folder, 'raw_data', `${symbol}_${stream}.csv`), 'utf8');
        expect(text.split('\n').slice(1, -1)).toEqual(lines);
      }
      const fit = await hybrid(['doctor', '--json'], folder, env(database));
      expect(JSON.parse(fit.stdout)).toMatchObject({ fit: true });
    }
  });

  it('writes no mapping where the tables have the default form', async () => {
    const folder = freshFolder();
    const run = await hybrid(['init'], folder, env('usual'));
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('default form: no mapping needed');
    expect(run.stdout).toContain('hybrid.config.json: nothing to change');
    expect(run.stdout).toContain('exported as:');
  });

  it('writes the connection into .env, without the password', async () => {
    const folder = freshFolder();
    const run = await hybrid(['init'], folder, env('usual'));
    const text = readFileSync(join(folder, '.env'), 'utf8');
    const { host, port, user, password } = postgres.server();
    expect(parse(text)).toMatchObject({
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: user,
      PGDATABASE: 'usual',
      PGPASSWORD: '',
    });
    expect(text).toContain('# HYBRID_SYMBOLS=');
    expect(`${text}${run.stdout}${run.stderr}`).not.toContain(password);
    if (process.platform !== 'win32') expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600);
  });

  it('never changes files that are there unasked, and with --force only what it is about', async () => {
    const folder = freshFolder();
    const mine = 'PGHOST=elsewhere\nOTHER=1 # mine\nPGPASSWORD=kept\n';
    writeFileSync(join(folder, '.env'), mine);
    writeFileSync(join(folder, 'hybrid.config.json'), '{"population": 77, "trades": {"table": "x"}}');
    const first = await hybrid(['init'], folder, env('cryptofeed'));
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(
      /^\.env: is there and stays as it is; --force would set PGHOST=127\.0\.0\.1, /m,
    );
    expect(first.stdout).toContain(
      'hybrid.config.json: is there and stays as it is; --force would set trades, depth',
    );
    expect(readFileSync(join(folder, '.env'), 'utf8')).toBe(mine);
    expect(config(folder)).toEqual({ population: 77, trades: { table: 'x' } });
    const forced = await hybrid(['init', '--force'], folder, env('cryptofeed'));
    expect(forced.code).toBe(0);
    const text = readFileSync(join(folder, '.env'), 'utf8');
    expect(text).toContain('OTHER=1 # mine\nPGPASSWORD=kept\n');
    expect(parse(text)).toMatchObject({ PGHOST: '127.0.0.1', PGDATABASE: 'cryptofeed' });
    expect(config(folder)).toMatchObject({ population: 77, trades: { table: 'trades' } });
    const again = await hybrid(['init'], folder, env('cryptofeed'));
    expect(again.stdout).toContain('.env: nothing to change\nhybrid.config.json: nothing to change');
  });

  it('says so where nothing looks like trades', async () => {
    const run = await hybrid(['init'], freshFolder(), env('empty'));
    expect(run.code).toBe(4);
    expect(run.stderr).toContain(
      'expected a table that looks like trades, got no tables that this user may read',
    );
  });
});
