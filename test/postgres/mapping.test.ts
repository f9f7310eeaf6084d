import { beforeAll, describe, expect, it } from 'vitest';
import { readMapping } from '../../ts/config/mapping.js';
import { HybridError } from '../../ts/error.js';
import { BinaryRows, binaryOf, copyBinary } from '../../ts/io/postgres/binary.js';
import { symbolsOf } from '../../ts/io/postgres/catalogue.js';
import { streamCopy } from '../../ts/io/postgres/copy.js';
import { createDefaultTables } from '../../ts/io/postgres/load.js';
import { copyOut } from '../../ts/io/postgres/plan.js';
import type { Session } from '../../ts/io/postgres/session.js';
import { defaultSources, type Range, type Source, selectRows } from '../../ts/io/postgres/source.js';
import { sourceOf, sourcesOf } from '../../ts/io/postgres/sources.js';
import { type Stream, streams } from '../../ts/io/raw.js';
import { generator } from '../support/dataset.js';
import { usePostgres } from '../support/postgres.js';

const postgres = usePostgres();
let session: Session;

const begin =
  "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL extra_float_digits = 1; SET LOCAL timezone = 'UTC'";

beforeAll(async () => {
  session = await postgres.open();
});

/** In a session of its own, which a failing COPY destroys. */
async function inTransaction<T>(work: (own: Session) => Promise<T>): Promise<T> {
  const own = await postgres.connect();
  try {
    await own.query('begin', begin);
    const result = await work(own);
    await own.close();
    return result;
  } catch (error) {
    await own.destroy();
    throw error;
  }
}

function mapped(stream: Stream, mapping: unknown): Promise<Source | undefined> {
  return inTransaction((own) => sourceOf(own, stream, readMapping(stream, mapping, stream)));
}

/** The exported lines of a symbol, without the header; the same whether the server prints them or we do. */
function exported(stream: Stream, mapping: unknown, symbol = 'A', range: Range = {}): Promise<string[]> {
  return inTransaction(async (own) => {
    const source = await sourceOf(own, stream, readMapping(stream, mapping, stream));
    const copied = async (sql: string, through: (chunk: Buffer) => Buffer) => {
      const chunks: Buffer[] = [];
      await streamCopy(own, stream, sql, (chunk) => void chunks.push(Buffer.from(through(chunk))));
      return Buffer.concat(chunks).toString().trimEnd().split('\n').slice(1);
    };
    const lines = await copied(copyOut(selectRows(source!, symbol, range)), (chunk) => chunk);
    const binary = await binaryOf(own, 140_000, source!);
    if (binary === undefined) return lines;
    const rows = new BinaryRows(binary.columns, 'header');
    const ours = await copied(copyBinary(binary, symbol, range), (chunk) => rows.next(chunk));
    expect(ours).toEqual(lines);
    return lines;
  });
}

async function refusal(stream: Stream, mapping: unknown): Promise<HybridError> {
  const error = await exported(stream, mapping).catch((thrown: unknown) => thrown);
  if (error instanceof HybridError) return error;
  throw new Error(`expected a refusal, got ${JSON.stringify(error)}`);
}

let made = 0;
/** A table of its own with the rows, by columns as in CREATE TABLE and rows as in VALUES. */
async function table(columns: string, ...rows: string[]): Promise<string> {
  const name = `t${++made}`;
  await session.query('table', `CREATE TABLE ${name} (${columns})`);
  if (rows.length > 0)
    await session.query('rows', `INSERT INTO ${name} VALUES ${rows.map((row) => `(${row})`).join(', ')}`);
  return name;
}

const us = 1_704_067_200_123_456;

describe('the default tables', () => {
  const none = { trades: undefined, depth: undefined, liquidations: undefined };
  it('give the default sources, and those that are not there none', async () => {
    expect(await inTransaction((own) => sourcesOf(none, own))).toEqual({});
    await createDefaultTables(session);
    const sources = await inTransaction((own) => sourcesOf(none, own));
    for (const stream of streams)
      expect(selectRows(sources[stream]!, 'A', { from: 0 })).toBe(
        selectRows(defaultSources[stream], 'A', { from: 0 }),
      );
  });
});

describe('the time of a trade', () => {
  const trade = 'symbol text, trade_id bigint, price float8, qty float8, side int';
  it.each([
    ['timestamptz', `'2024-01-01 00:00:00.123456+00'`, us],
    ['timestamptz(3)', `'2024-01-01 00:00:00.123+00'`, us - 456],
    ['timestamp', `'2024-01-01 00:00:00.123456'`, us],
    ['bigint', '1704067200', us - 123456],
    ['integer', '1704067200', us - 123456],
    ['bigint', '1704067200123', us - 456],
    ['bigint', '1704067200123456', us],
    ['bigint', '1704067200123456999', us],
    ['numeric', '1704067200.123456', us],
    ['numeric(20,9)', '1704067200.123456999', us],
    ['double precision', '1704067200.123456', us],
    ['double precision', '1704067200123.456', us],
  ])('%s %s', async (type, value, expected) => {
    const name = await table(
      `${trade}, ts ${type}`,
      `'A', 7, 1, 2, 1, ${value}`,
      `'B', 8, 1, 2, 1, ${value}`,
    );
    const line = `${expected},7,1,2,1`;
    expect(await exported('trades', { table: name })).toEqual([line]);
    // The range is exact to the µs, on both ends.
    expect(await exported('trades', { table: name }, 'A', { from: expected })).toEqual([line]);
    expect(await exported('trades', { table: name }, 'A', { from: expected + 1 })).toEqual([]);
    expect(await exported('trades', { table: name }, 'A', { to: expected })).toEqual([]);
    expect(await exported('trades', { table: name }, 'A', { to: expected + 1 })).toEqual([line]);
  });
});

describe('the side of a trade', () => {
  const rest = 'symbol text, ts timestamptz, trade_id bigint, price float8, qty float8';
  const row = (side: string) => `'A', 'epoch', 7, 1, 2, ${side}`;
  it.each([
    ['side text', `'buy'`, {}, '1'],
    ['side text', `'SELL'`, {}, '-1'],
    ['side text', `'unknown'`, {}, '0'],
    ['side text', 'NULL', {}, '0'],
    ['side "char"', `'B'`, {}, '1'],
    ['side smallint', '-1', {}, '-1'],
    ['side numeric(4,2)', '-1', {}, '-1'],
    ['is_buyer_maker boolean', 'true', { columns: { side: 'is_buyer_maker' } }, '-1'],
    ['is_buyer_maker boolean', 'false', { columns: { side: 'is_buyer_maker' } }, '1'],
    ['is_buy boolean', 'true', { columns: { side: 'is_buy' } }, '1'],
    ['taker boolean', 'true', { columns: { side: 'taker' }, side_map: { true: 1, false: -1 } }, '1'],
    ['side text', `'Kauf'`, { side_map: { Kauf: 1, Verkauf: -1 } }, '1'],
    ['side text', `'Buy'`, { side_map: { Kauf: 1 } }, '1'],
    ['side text', `'buy'`, { side_map: { buy: -1 } }, '-1'],
    ['side int', '0', { side_map: { 0: 1, 1: -1 } }, '1'],
    ['side text', `'x'`, { columns: { side: null } }, '0'],
    ['side text', `'bot'`, { columns: { side: { sql: "CASE side WHEN 'bot' THEN 1 ELSE -1 END" } } }, '1'],
  ])('%s %s with %j', async (column, value, mapping, side) => {
    const name = await table(`${rest}, ${column}`, row(value));
    expect(await exported('trades', { table: name, ...mapping })).toEqual([`0,7,1,2,${side}`]);
  });

  it('is the sign of the quantity, which loses it', async () => {
    const name = await table(
      'symbol text, ts timestamptz, price float8, qty numeric',
      "'A', 'epoch', 1, -2.50",
    );
    const mapping = { table: name, columns: { id: null, side: { sign: 'qty' } } };
    expect(await exported('trades', mapping)).toEqual(['0,,1,2.5,-1']);
  });

  it('that nothing says is an error which names it, never another side', async () => {
    const name = await table(`${rest}, side text`, row(`'b"u''y'`));
    const error = await refusal('trades', { table: name });
    expect(error.code).toBe('E_INPUT');
    expect(error.message).toBe('trades.columns.side: expected a side that is known, got "b"u\'y"');
    expect(error.hint).toContain('"side_map" of "trades"');
  });

  it('as a boolean of unknown meaning needs a side_map', async () => {
    const name = await table(`${rest}, maker boolean`);
    const error = await refusal('trades', { table: name, columns: { side: 'maker' } });
    expect(error.message).toContain('trades.columns.side: expected a side_map for a side of type boolean');
  });
});

describe('numbers', () => {
  const columns = (type: string) =>
    `symbol text, ts timestamptz, trade_id bigint, price ${type}, qty ${type}, side int`;
  it.each([
    ['numeric(64,32)', '100.1', '0.25', {}, '100.1,0.25'],
    ['numeric', '100', '30', {}, '100,30'],
    ['real', '100.1', '0.25', {}, '100.1,0.25'],
    ['bigint', '100', '3', {}, '100,3'],
    ['text', `'1e-05'`, `'2'`, {}, '1e-05,2'],
    ['double precision', '100', '7', { qty_multiplier: 0.1 }, '100,0.7'],
    ['numeric', '100', '7', { qty_multiplier: '0.100' }, '100,0.7'],
    ['text', `'100'`, `'7'`, { qty_multiplier: 1e-7 }, '100,0.0000007'],
  ])('%s %s %s with %j', async (type, price, qty, mapping, expected) => {
    const name = await table(columns(type), `'A', 'epoch', 7, ${price}, ${qty}, 1`);
    expect(await exported('trades', { table: name, ...mapping })).toEqual([`0,7,${expected},1`]);
  });
});

describe('the symbol', () => {
  const rest = 'ts timestamptz, trade_id bigint, price float8, qty float8, side int';
  it('may be a column of another name, an expression, an enumeration, or one for all rows', async () => {
    await session.query('type', "CREATE TYPE pair AS ENUM ('A', 'Z')");
    const other = await table(`inst pair, ${rest}`, "'A', 'epoch', 7, 1, 2, 1");
    expect(await exported('trades', { table: other, symbol: 'inst' })).toEqual(['0,7,1,2,1']);
    expect(await exported('trades', { table: other, symbol: 'inst' }, 'B')).toEqual([]);
    const sql = { sql: "CASE inst WHEN 'A' THEN 'B' END" };
    expect(await exported('trades', { table: other, symbol: sql }, 'B')).toEqual(['0,7,1,2,1']);
    const value = { value: 'BTC' };
    expect(await exported('trades', { table: other, symbol: value }, 'BTC')).toEqual(['0,7,1,2,1']);
    expect(await exported('trades', { table: other, symbol: value }, 'A')).toEqual([]);
  });

  it('is found among those of the rows that the condition leaves, with an index and without', async () => {
    const rows = ["'A', 1, 'x'", "'B', 1, 'x'", "'B', 2, 'y'", "'C', 1, 'y'"];
    const more = rows.map((row) => `${row}, 'epoch', 7, 1, 2, 1`);
    const name = await table(`symbol text, n int, venue text, ${rest}`, ...more);
    for (const index of ['', `CREATE INDEX ON ${name} (symbol)`]) {
      if (index !== '') await session.query('index', index);
      const source = await mapped('trades', { table: name, where: "venue = 'x'" });
      expect(await symbolsOf(session, source!)).toEqual(['A', 'B']);
      expect(await symbolsOf(session, (await mapped('trades', { table: name }))!)).toEqual(['A', 'B', 'C']);
    }
  });
});

describe('a book', () => {
  const expected = '0,5,"{100.1,100}","{1,2}","{100.2,100.3}","{3,4}"';
  const inOrder = {
    bids: [
      [100.1, 1],
      [100.0, 2],
    ],
    asks: [
      [100.2, 3],
      [100.3, 4],
    ],
  };
  const json = (value: unknown) => `'${JSON.stringify(value)}'`;
  const arrays = "'{100.1,100}', '{1,2}', '{100.2,100.3}', '{3,4}'";

  it.each(['float8', 'numeric', 'real'])('of four arrays of %s', async (type) => {
    const name = await table(
      `symbol text, ts timestamptz, seq int, bid_px ${type}[], bid_qty ${type}[], ask_px ${type}[], ask_qty ${type}[]`,
      `'A', 'epoch', 5, ${arrays}`,
    );
    expect(await exported('depth', { table: name })).toEqual([expected]);
    const cut = { table: name, max_levels: 1, columns: { seq: null }, qty_multiplier: 0.1 };
    expect(await exported('depth', cut)).toEqual(['0,0,{100.1},{0.1},{100.2},{0.3}']);
  });

  it.each<[string, unknown, unknown]>([
    ['pairs', inOrder.bids, inOrder.asks],
    [
      'pairs of text, in any order',
      [
        ['100.0', '2.0'],
        ['100.10', '1'],
      ],
      [
        ['100.3', '4'],
        ['100.20', '3'],
      ],
    ],
    [
      'objects',
      [
        { price: 100.1, size: 1 },
        { price: '100.0', qty: '2' },
      ],
      [
        { price: 100.2, amount: 3 },
        { p: 100.3, q: 4 },
      ],
    ],
    ['one object of prices', { '100.0': 2, '100.1': '1' }, { '100.2': 3, '100.3': 4 }],
  ])('of JSON: %s', async (_, bids, asks) => {
    for (const type of ['jsonb', 'json', 'text']) {
      const name = await table(
        `symbol text, ts timestamptz, seq int, bids ${type}, asks ${type}`,
        `'A', 'epoch', 5, ${json(bids)}, ${json(asks)}`,
      );
      expect(await exported('depth', { table: name })).toEqual([expected]);
      expect(await exported('depth', { table: name, max_levels: 1 })).toEqual([
        '0,5,{100.1},{1},{100.2},{3}',
      ]);
    }
  });

  it('of JSON inside JSON, by expressions', async () => {
    const name = await table(
      'symbol text, ts timestamp, data jsonb',
      `'A', 'epoch', ${json({ snapshot: { bid: { 100.1: 1, 100: 2 }, ask: { 100.2: 3, 100.3: 4 } } })}`,
    );
    const side = (key: string) => ({ sql: `data->'snapshot'->'${key}'` });
    const mapping = { table: name, columns: { seq: null, bids: side('bid'), asks: side('ask') } };
    expect(await exported('depth', mapping)).toEqual([expected.replace('0,5', '0,0')]);
  });

  it('of JSON without levels is empty; of something else it is an error', async () => {
    const columns = 'symbol text, ts timestamptz, seq int, bids jsonb, asks jsonb';
    const empty = await table(columns, "'A', 'epoch', 5, '[]', NULL");
    expect(await exported('depth', { table: empty })).toEqual(['0,5,{},{},{},{}']);
    const wrong = await table(columns, "'A', 'epoch', 5, '7', '[]'");
    expect((await refusal('depth', { table: wrong })).message).toContain(
      'cannot extract elements from a scalar',
    );
  });

  it.each([
    ['side text', "'bid'", "'ask'", {}],
    ['side text', "'b'", "'a'", {}],
    ['side int', '1', '-1', {}],
    ['is_bid boolean', 'true', 'false', { columns: { side: 'is_bid' } }],
    ['side int', '0', '1', { side_map: { 0: 1, 1: -1 } }],
  ])('of a row per level with %s', async (column, bid, ask, mapping) => {
    const name = await table(
      `symbol text, ts timestamptz, seq int, price numeric(20,8), qty float8, ${column}`,
      ...[`'A', 'epoch', 5, 100.0, 2, ${bid}`, `'A', 'epoch', 5, 100.1, 1, ${bid}`],
      ...[`'A', 'epoch', 5, 100.3, 4, ${ask}`, `'A', 'epoch', 5, 100.2, 3, ${ask}`],
      ...[`'A', 'epoch', 6, 100.2, 9, ${ask}`, `'B', 'epoch', 5, 1, 1, ${bid}`],
      `'A', timestamptz 'epoch' - interval '1 s', 9, 7, 8, ${bid}`,
    );
    expect(await exported('depth', { table: name, ...mapping })).toEqual([
      '-1000000,9,{7},{8},{},{}',
      expected,
      '0,6,{},{},{100.2},{9}',
    ]);
    const cut = { table: name, max_levels: 1, qty_multiplier: 2, ...mapping };
    expect((await exported('depth', cut))[1]).toBe('0,5,{100.1},{2},{100.2},{6}');
  });

  it('of random levels is the same bytes as arrays, JSON and a row per level', async () => {
    const { below } = generator(3);
    const levels = (sign: number) => {
      const prices = new Set(
        Array.from({ length: below(6) }, () => (10_000 + sign * (1 + below(900))) / 100),
      );
      return [...prices]
        .sort((a, b) => sign * (a - b))
        .map((price) => [price, (1 + below(1e6)) / 1000] as const);
    };
    const books = Array.from({ length: 60 }, (_, i) => ({
      ts: i >> 1,
      seq: i,
      bids: levels(-1),
      asks: levels(1),
    }));
    const list = (side: readonly (readonly [number, number])[], at: 0 | 1) =>
      `'{${side.map((level) => level[at]).join(',')}}'`;
    const key = 'symbol text, ts bigint, seq int';
    const start = ({ ts, seq }: { ts: number; seq: number }) => `'A', ${us + ts}, ${seq}`;
    const arraysTable = await table(
      `${key}, bid_px float8[], bid_qty float8[], ask_px float8[], ask_qty float8[]`,
      ...books.map(
        (b) => `${start(b)}, ${list(b.bids, 0)}, ${list(b.bids, 1)}, ${list(b.asks, 0)}, ${list(b.asks, 1)}`,
      ),
    );
    const jsonTable = await table(
      `${key}, bids jsonb, asks jsonb`,
      ...books.map((b) => `${start(b)}, ${json(b.bids.toReversed())}, ${json(Object.fromEntries(b.asks))}`),
    );
    const rows = books.flatMap((b) => [
      ...b.bids.map(([p, q]) => `${start(b)}, 'bid', ${p}, ${q}`),
      ...b.asks.map(([p, q]) => `${start(b)}, 'ask', ${p}, ${q}`),
    ]);
    const longTable = await table(
      `${key}, side text, price numeric(20,10), qty numeric(20,10)`,
      ...rows.toReversed(),
    );
    // A snapshot without a level has no row in the last.
    const lines = await exported('depth', { table: arraysTable });
    expect(await exported('depth', { table: jsonTable })).toEqual(lines);
    expect(await exported('depth', { table: longTable })).toEqual(
      lines.filter((line) => !line.endsWith('{},{},{},{}')),
    );
    const range = { from: us + 5, to: us + 20 };
    const some = await exported('depth', { table: arraysTable }, 'A', range);
    expect(some.length).toBe(30);
    expect(await exported('depth', { table: jsonTable }, 'A', range)).toEqual(some);
  });

  it('of a layout that tables cannot have is refused', async () => {
    const name = await table('symbol text, ts timestamptz, bids jsonb, asks jsonb');
    const error = await refusal('depth', { table: name, layout: 'wide' });
    expect(error.message).toBe(
      'hybrid.config.json: depth.layout: expected arrays, json or long for a table, got "wide"',
    );
  });
});

describe('the position of a liquidation', () => {
  const rest = 'symbol text, ts timestamptz, seq int, price float8, qty float8';
  it.each([
    ['pos int', '1', {}, '1'],
    ['pos text', "'short'", {}, '-1'],
    ['side text', "'SELL'", {}, '1'],
    ['side text', "'buy'", {}, '-1'],
    ['side text', "'Buy'", { liq_side: 'position' }, '1'],
    ['side text', "'short'", { liq_side: 'position' }, '-1'],
    ['side text', "'S'", { side_map: { S: -1 } }, '1'],
    ['side text', "'Sell'", { side_map: { X: 1 } }, '1'],
  ])('%s %s with %j', async (column, value, mapping, pos) => {
    const name = await table(`${rest}, ${column}`, `'A', 'epoch', 5, 1, 2, ${value}`);
    expect(await exported('liquidations', { table: name, ...mapping })).toEqual([`0,5,${pos},1,2`]);
  });

  it('is never guessed', async () => {
    const name = await table(`${rest}, side text`, "'A', 'epoch', 5, 1, 2, NULL");
    expect((await refusal('liquidations', { table: name })).message).toBe(
      'liquidations.columns.side: expected a side that is known, got "null"',
    );
  });
});

describe('the order of the rows', () => {
  const columns =
    'symbol text NOT NULL, ts timestamptz NOT NULL, trade_id bigint NOT NULL, price float8, qty float8, side int';
  const orderOf = async (keys: string) => {
    const name = await table(`n serial, ${columns}${keys}`);
    return (await mapped('trades', { table: name }))!.order;
  };
  it('is that of the unique key, the time first', async () => {
    expect(await orderOf(', PRIMARY KEY (symbol, ts, trade_id)')).toEqual(['t."ts"', 't."trade_id"']);
    expect(await orderOf(', PRIMARY KEY (n)')).toEqual(['t."ts"', 't."n"']);
    expect(await orderOf(', PRIMARY KEY (n), UNIQUE (trade_id, ts)')).toEqual(['t."ts"', 't."trade_id"']);
  });

  it('is by all exported columns where there is no key that says it', async () => {
    const all = ['t."ts"', '2', '3', '4', '5'];
    expect(await orderOf('')).toEqual(all);
    expect(await orderOf(', UNIQUE (ts, price)')).toEqual(all);
    const name = await table(`${columns}, PRIMARY KEY (symbol, ts, trade_id)`);
    await session.query('view', `CREATE VIEW v_${name} AS SELECT * FROM ${name}`);
    expect((await mapped('trades', { table: `v_${name}` }))!.order).toEqual(all);
  });

  it('is not left to a key of the parent where others inherit: it holds within each of them', async () => {
    const name = await table(`${columns}, PRIMARY KEY (symbol, ts, trade_id)`);
    for (const [heir, prices] of [
      ['a', [2, 4]],
      ['b', [1, 3]],
    ] as const) {
      await session.query('heir', `CREATE TABLE ${name}${heir} () INHERITS (${name})`);
      for (const price of prices)
        await session.query(
          'row',
          `INSERT INTO ${name}${heir} VALUES ('A', 'epoch', ${price > 2 ? 8 : 7}, ${price}, 1, 1)`,
        );
    }
    const mapping = { table: name };
    expect((await mapped('trades', mapping))!.order).toEqual(['t."ts"', 't."trade_id"', '3', '4', '5']);
    expect(await exported('trades', mapping)).toEqual(['0,7,1,1,1', '0,7,2,1,1', '0,8,3,1,1', '0,8,4,1,1']);
  });

  it.each(['timestamptz', 'timestamp', 'bigint', 'double precision'])(
    'and the range come from the index on a ts of type %s',
    async (type) => {
      const value = type.startsWith('timestamp')
        ? `${type} 'epoch' + i * interval '1 s'`
        : 'i::bigint * 1000000';
      const name = await table(
        `symbol text, ts ${type}, trade_id bigint, price float8, qty float8, side int, PRIMARY KEY (symbol, ts, trade_id)`,
      );
      await session.query(
        'rows',
        `INSERT INTO ${name} SELECT 'A', ${value}, i, 1, 2, 1 FROM generate_series(1, 20000) AS i`,
      );
      await session.query('analyze', `ANALYZE ${name}`);
      const source = await mapped('trades', { table: name, time_unit: 'us' });
      const query = selectRows(source!, 'A', { from: 5e9, to: 5.1e9 });
      const plan = await session.query<Record<string, string>>('plan', `EXPLAIN ${query}`);
      const text = plan.map((row) => row['QUERY PLAN']).join('\n');
      expect(text).toMatch(/Index Cond: .*symbol = 'A'.*ts >= .*ts < /);
      expect(text).not.toMatch(/Seq Scan|^ *Sort/m);
    },
  );
});

describe('a symbol that is no plain text', () => {
  const rest = 'ts timestamptz, trade_id bigint, price float8, qty float8, side int';
  const lines = (symbol: string, mapping: object) => exported('trades', mapping, symbol);

  it('but a uuid is found by it, by an index; any other text is no symbol of the table', async () => {
    const uuid = (n: number) => `00000000-0000-0000-0000-${String(n).padStart(12, 'a')}`;
    const name = await table(`symbol uuid, ${rest}, PRIMARY KEY (symbol, ts, trade_id)`);
    await session.query(
      'rows',
      `INSERT INTO ${name} SELECT ('00000000-0000-0000-0000-' || lpad(s::text, 12, 'a'))::uuid, 'epoch', i, 1, 2, 1
       FROM generate_series(1, 3) AS s, generate_series(1, 3000) AS i`,
    );
    await session.query('analyze', `ANALYZE ${name}`);
    const source = (await mapped('trades', { table: name }))!;
    expect(await symbolsOf(session, source)).toEqual([uuid(1), uuid(2), uuid(3)]);
    expect((await lines(uuid(2), { table: name })).length).toBe(3000);
    for (const other of ['BTC', '', uuid(2).toUpperCase()])
      expect(await lines(other, { table: name })).toEqual([]);
    const plan = await session.query<Record<string, string>>(
      'plan',
      `EXPLAIN ${selectRows(source, uuid(2), { from: 0, to: 5 })}`,
    );
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index Cond: .*symbol = /);
  });

  it.each([
    ['"char"', 'B', 'BTC'],
    ['name', 'B'.repeat(63), 'B'.repeat(64)],
  ])('but %s, which cuts longer texts off, is compared whole', async (type, symbol, longer) => {
    const name = await table(`symbol ${type}, ${rest}`, `'${symbol}', 'epoch', 7, 1, 2, 1`);
    expect(await lines(symbol, { table: name })).toEqual(['0,7,1,2,1']);
    expect(await lines(longer, { table: name })).toEqual([]);
  });
});

describe('what does not fit is said with its place', () => {
  const columns = 'symbol text, ts timestamptz, trade_id bigint, price float8, qty float8, side int';
  it.each<[string, unknown, string, string]>([
    [
      'columns',
      { columns: { price: 'pirce' } },
      'trades.columns.price: expected a column of T, got "pirce"',
      '"price"',
    ],
    ['symbol', { symbol: 'symbl' }, 'trades.symbol: expected a column of T, got "symbl"', '"symbol"'],
    ['time', { columns: { ts: 'symbol' } }, 'trades.columns.ts: expected a timestamp or a number', '"table"'],
    [
      'number',
      { columns: { price: 'ts' } },
      'trades.columns.price: expected a number, got "timestamp with',
      '"sql"',
    ],
    ['symbol type', { symbol: 'price' }, 'trades.symbol: expected text, got "double precision"', '"value"'],
    [
      'syntax',
      { columns: { price: { sql: 'price +' } } },
      'trades.columns.price: expected an SQL expression',
      '',
    ],
    [
      'two',
      { columns: { price: { sql: 'price, qty' } } },
      'trades.columns.price: expected a number, got "record"',
      '',
    ],
    ['aggregate', { columns: { price: { sql: 'max(price)' } } }, 'aggregate functions are not allowed', ''],
    ['window', { columns: { price: { sql: 'lag(price) OVER ()' } } }, 'window functions are not allowed', ''],
    ['set', { columns: { price: { sql: 'generate_series(1, 3)' } } }, 'set-returning functions are not', ''],
    [
      'volatile',
      { columns: { price: { sql: 'random()' } } },
      'that give the same value each time, got "random()"',
      '',
    ],
    ['volatile', { where: 'pg_sleep(1) IS NULL' }, 'trades.where: expected functions that give the same', ''],
    ['quoted', { where: `pg_catalog."pg_sleep" (1) IS NULL` }, 'got "pg_sleep()"', ''],
    ['condition', { where: 'price' }, 'must be type boolean', ''],
  ])('%s', async (_, mapping, message, hint) => {
    const name = await table(columns, "'A', 'epoch', 7, 1, 2, 1");
    const error = await refusal('trades', { table: name, ...(mapping as object) });
    expect(error.message).toContain(message.replace('T,', `${name},`));
    expect(error.hint).toContain(hint);
  });

  it('a table that is not there, with those that are', async () => {
    const error = await refusal('trades', { table: 'no_such' });
    expect(error.code).toBe('E_DATABASE');
    expect(error.message).toContain('database postgres: expected a table no_such, got public.');
  });

  it('a column that the mapping is silent about', async () => {
    const name = await table('symbol text, ts timestamptz, px float8');
    const error = await refusal('trades', { table: name, columns: { price: 'px' } });
    expect(error.message).toBe(`table ${name}: expected columns trade_id, qty, side, got symbol, ts, px`);
    expect(error.hint).toContain('"trades.columns.id"');
  });

  it('a name that PostgreSQL would cut off to another', async () => {
    const name = 'n'.repeat(63);
    await session.query('table', `CREATE TABLE ${name} (${columns})`);
    expect(await mapped('trades', { table: name })).toBeDefined();
    expect((await refusal('trades', { table: `${name}x` })).code).toBe('E_DATABASE');
  });
});
