import { describe, expect, it } from 'vitest';
import {
  copyOut,
  defaultSources,
  instantLiteral,
  planExport,
  rowsOf,
} from '../../../../ts/io/postgres/plan.js';
import { streams } from '../../../../ts/io/raw.js';

const plan = (symbols: string[]) =>
  planExport({ symbols, streams, range: {}, folder: 'raw', sources: defaultSources });

describe('the plan of an export', () => {
  it('has a symbol’s streams together, in their order', () => {
    expect(plan(['A', 'B']).map((part) => part.path)).toEqual([
      'raw/A_trades.csv',
      'raw/A_depth.csv',
      'raw/A_liquidations.csv',
      'raw/B_trades.csv',
      'raw/B_depth.csv',
      'raw/B_liquidations.csv',
    ]);
  });

  it('selects the canonical columns, ordered by the unique key of the table', () => {
    expect(plan(['BTC'])[0]!.query).toBe(
      'SELECT (extract(epoch from t.ts) * 1000000)::bigint AS "ts", t.trade_id AS "trade_id", ' +
        't.price AS "price", t.qty AS "qty", t.side AS "side" FROM "trades" AS t ' +
        "WHERE t.symbol = 'BTC' ORDER BY t.ts, t.trade_id",
    );
    expect(copyOut('SELECT 1')).toBe('COPY (SELECT 1) TO STDOUT (FORMAT csv, HEADER)');
  });

  it('quotes what a hostile symbol contains', () => {
    expect(rowsOf(`x'; DROP TABLE trades; --`, {})).toBe(`t.symbol = 'x''; DROP TABLE trades; --'`);
    expect(rowsOf(`a\\'b`, {})).toBe(`t.symbol =  E'a\\\\''b'`);
  });

  it('bounds the range from the first instant to before the last', () => {
    expect(rowsOf('A', { from: 0, to: 1 })).toBe(
      "t.symbol = 'A' AND t.ts >= '1970-01-01 00:00:00.000000+00'::timestamptz " +
        "AND t.ts < '1970-01-01 00:00:00.000001+00'::timestamptz",
    );
  });
});

describe('an instant', () => {
  it.each([
    [1704067200123456, "'2024-01-01 00:00:00.123456+00'::timestamptz"],
    [-1, "'1969-12-31 23:59:59.999999+00'::timestamptz"],
  ])('%d µs is the literal %s', (micros, literal) => {
    expect(instantLiteral(micros)).toBe(literal);
  });
});
