import { describe, expect, it } from 'vitest';
import { mappingOfFiles, readMapping, type StreamName } from '../../../ts/config/mapping.js';
import { resolve, type Sources } from '../../../ts/config/resolve.js';
import { HybridError } from '../../../ts/error.js';

const none: Sources = { flags: {}, env: {}, dotenv: {}, file: {} };
const settings = (file: Record<string, unknown>) => resolve('prepare', { ...none, file });

function refusal(stream: StreamName, value: unknown): HybridError {
  try {
    readMapping(stream, value, stream);
  } catch (error) {
    if (error instanceof HybridError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

/** The example of the indicators' specification, §4, as it stands there. */
const example = `
{ "trades": {"preset":"auto","columns":{"ts":"transact_time","id":"agg_trade_id","price":"price","qty":"quantity","side":"is_buyer_maker"},
             "time_unit":"auto","side_map":{"true":-1,"false":1,"buy":1,"sell":-1,"Buy":1,"Sell":-1,"unknown":0},"qty_multiplier":1.0,"dedup":"id"},
  "depth":  {"layout":"json|wide|long|arrays|incremental|bands","columns":{"ts":"ts","bids":"bids","asks":"asks"},"max_levels":25},
  "liquidations":{"columns":{"ts":"time","side":"side","price":"average_price","qty":"accumulated_fill_quantity"},"liq_side":"order","dedup":"exact"},
  "tick_size":null,"lot_size":null,"depth_latency_us":0,"liq_latency_us":0 }`;

describe('the example of the specification', () => {
  const read = settings(JSON.parse(example));

  it('is accepted whole, and says what it says', () => {
    expect(read.trades).toEqual({
      columns: {
        ts: { column: 'transact_time' },
        id: { column: 'agg_trade_id' },
        price: { column: 'price' },
        qty: { column: 'quantity' },
        side: { column: 'is_buyer_maker' },
      },
      sideMap: { true: -1, false: 1, buy: 1, sell: -1, Buy: 1, Sell: -1, unknown: 0 },
      dedup: 'id',
    });
    expect(read.depth).toEqual({
      layouts: ['json', 'wide', 'long', 'arrays', 'incremental', 'bands'],
      columns: { ts: { column: 'ts' }, bids: { column: 'bids' }, asks: { column: 'asks' } },
      maxLevels: 25,
    });
    expect(read.liquidations).toMatchObject({ liqSide: 'order', dedup: 'exact' });
  });

  it('gives the parameters of the indicators that stand beside the mappings; null is not set', () => {
    expect(read.indicators).toEqual({ depth_latency_us: '0', liq_latency_us: '0', liq_dedup: 'exact' });
    expect(settings({ tick_size: 0.1, indicators: { W_s: 30 } }).indicators).toEqual({
      tick_size: '0.1',
      W_s: '30',
    });
    expect(settings({ tick_size: 0.1, indicators: { tick_size: 0.5 } }).indicators).toEqual({
      tick_size: '0.5',
    });
  });
});

describe('a mapping', () => {
  it('of a table takes expressions, a schema, a condition', () => {
    const value = {
      table: 'market.prints',
      where: "exchange = 'BINANCE'",
      symbol: { value: 'BTCUSDT' },
      columns: { price: { sql: 'px / 100.0' }, side: { sign: 'size' }, trade_id: null },
      qty_multiplier: '0.001',
    };
    expect(readMapping('trades', value, 'trades')).toEqual({
      table: { schema: 'market', name: 'prints' },
      where: "exchange = 'BINANCE'",
      symbol: { value: 'BTCUSDT' },
      columns: { price: { sql: 'px / 100.0' }, side: { sign: 'size' }, id: null },
      qtyMultiplier: '0.001',
    });
  });

  it.each([
    ['prints', { name: 'prints' }],
    ['market.prints', { schema: 'market', name: 'prints' }],
    ['"a.b"."c ""d"""', { schema: 'a.b', name: 'c "d"' }],
    ["x'; DROP TABLE y", { name: "x'; DROP TABLE y" }],
  ])('names the table %s', (table, expected) => {
    expect(readMapping('trades', { table }, 'trades').table).toEqual(expected);
  });

  it('with a table is none for files, which are recognised by their headers', () => {
    expect(mappingOfFiles(readMapping('trades', { table: 'a' }, 'trades'))).toBeUndefined();
    expect(mappingOfFiles(readMapping('trades', { columns: { price: 'p' } }, 'trades'))).toBeDefined();
    expect(mappingOfFiles(undefined)).toBeUndefined();
  });
});

describe('what is wrong is said with its place and the nearest known name', () => {
  it.each<[StreamName, unknown, string, string]>([
    [
      'trades',
      { columns: { pirce: 'p' } },
      'trades.columns.pirce: expected a known key, got "pirce"',
      'Did you mean "price"?',
    ],
    [
      'trades',
      { colums: {} },
      'trades.colums: expected a known key, got "colums"',
      'Did you mean "columns"?',
    ],
    [
      'trades',
      { preset: 'binance_um_trade' },
      'trades.preset: expected one of auto, ',
      'Did you mean "binance_um_trades"?',
    ],
    ['trades', { time_unit: 'µs' }, 'trades.time_unit: expected one of auto, s, ms, us, ns, got "µs"', ''],
    ['depth', { layout: 'array' }, 'depth.layout: expected one of json, wide', 'Did you mean "arrays"?'],
    ['depth', { layout: 'json|lnog' }, 'got "lnog"', 'Did you mean "long"?'],
    ['depth', { max_levels: 0 }, 'depth.max_levels: expected an integer from 1 to 100000, got 0', ''],
    ['depth', { liq_side: 'order' }, 'depth.liq_side: expected a known key', ''],
    ['liquidations', { liq_side: 'orders' }, 'liquidations.liq_side', 'Did you mean "order"?'],
    ['trades', { side_map: { buy: 2 } }, 'trades.side_map.buy: expected -1, 0 or 1, got 2', ''],
    ['trades', { side_map: { 'a\0b': 1 } }, 'expected text without NUL, got 1', ''],
    ['trades', { side_map: [1] }, 'trades.side_map: expected an object, got [1]', ''],
    ['trades', { qty_multiplier: -1 }, 'trades.qty_multiplier: expected a number above 0, got -1', ''],
    ['trades', { columns: { price: null } }, 'trades.columns.price: expected the name of a column', ''],
    ['trades', { columns: { price: { sign: 'p' } } }, 'trades.columns.price.sign: expected a known key', ''],
    ['trades', { columns: { id: 'a', trade_id: 'b' } }, 'trades.columns.trade_id: expected one column', ''],
    ['trades', { table: 'a.b.c' }, 'trades.table: expected name, schema.name', ''],
    ['trades', { table: '' }, 'trades.table: expected a table', ''],
    ['trades', { table: 'a\0b' }, 'trades.table: expected a table', ''],
    [
      'trades',
      { table: 't', preset: 'okx' },
      'trades.preset: expected none beside "table"',
      'Remove "preset"',
    ],
    ['trades', { columns: { price: { sql: 'p' } } }, 'trades.columns.price: expected the name', '"table"'],
    ['trades', { symbol: { sql: 'p' } }, 'trades.symbol: expected the name of a column', '"table"'],
    ['trades', { where: 'true' }, 'trades.where: expected no SQL in a mapping without "table"', '"table"'],
    ['trades', 'trades', 'trades: expected an object, got "trades"', ''],
    ['trades', JSON.parse('{"__proto__": 1}'), 'trades.__proto__: expected a known key', ''],
    ['trades', JSON.parse('{"columns": {"constructor": "a"}}'), 'trades.columns.constructor: expected a', ''],
  ])('%s %j', (stream, value, message, hint) => {
    const error = refusal(stream, value);
    expect(error.code).toBe('E_CONFIG');
    expect(error.message).toContain(`hybrid.config.json: `);
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });

  it('only to the commands that read the mapping', () => {
    const file = { trades: { colums: {} } };
    expect(() => settings(file)).toThrow('trades.colums');
    expect(() => resolve('evolve', { ...none, file })).not.toThrow();
  });
});
