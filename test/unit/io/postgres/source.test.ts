import { describe, expect, it } from 'vitest';
import {
  defaultSources,
  inRange,
  instantLiteral,
  rowsOf,
  type SourceTime,
} from '../../../../ts/io/postgres/source.js';

const { trades } = defaultSources;

describe('the rows of a source', () => {
  it('are those of the symbol, whatever is in its name', () => {
    expect(rowsOf(trades, `x'; DROP TABLE trades; --`, {})).toBe(`t."symbol" = 'x''; DROP TABLE trades; --'`);
    expect(rowsOf(trades, `a\\'b`, {})).toBe(`t."symbol" =  E'a\\\\''b'`);
  });

  it('reach from the first instant to before the last', () => {
    expect(rowsOf(trades, 'A', { from: 0, to: 1 })).toBe(
      `t."symbol" = 'A' AND t."ts" >= '1970-01-01 00:00:00.000000+00'::timestamptz ` +
        `AND t."ts" < '1970-01-01 00:00:00.000001+00'::timestamptz`,
    );
  });

  it('are all or none where the table has one symbol', () => {
    const one = { ...trades, symbol: { value: 'A' } };
    expect(rowsOf(one, 'A', {})).toBe('true');
    expect(rowsOf(one, 'B', {})).toBe('false');
  });

  it('also keep the condition of the mapping, as one', () => {
    expect(rowsOf({ ...trades, where: 'a OR b' }, 'A', {})).toBe(`t."symbol" = 'A' AND (a OR b)`);
  });
});

describe('an instant is a literal of the type of the column', () => {
  const time = (type: SourceTime['type'], unit?: SourceTime['unit']): SourceTime => ({
    ...{ sql: 't.ts', type },
    ...(unit === undefined ? {} : { unit }),
  });
  it.each([
    [time('timestamptz'), 1704067200123456, "'2024-01-01 00:00:00.123456+00'::timestamptz"],
    [time('timestamptz'), -1, "'1969-12-31 23:59:59.999999+00'::timestamptz"],
    [time('timestamp'), -1, "'1969-12-31 23:59:59.999999'::timestamp"],
    [time('integer', 's'), 1000001, '2::bigint'],
    [time('integer', 's'), 1000000, '1::bigint'],
    [time('integer', 'ms'), -1, '0::bigint'],
    [time('integer', 'us'), 1704067200123456, '1704067200123456::bigint'],
    [time('integer', 'ns'), 1704067200123456, '1704067200123456000::bigint'],
    [time('decimal', 's'), 1704067200123456, '1704067200.123456::numeric'],
    [time('decimal', 's'), -1, '-0.000001::numeric'],
    [time('decimal', 'ms'), 5, '0.005::numeric'],
    [time('double', 's'), 1704067200000001, '1704067200.000001::float8'],
  ])('%o: %d µs', (column, micros, literal) => {
    expect(instantLiteral(column, micros)).toBe(literal);
  });

  it('of doubles the rounded value decides, and the raw one finds the neighbourhood by the index', () => {
    expect(inRange(time('double', 's'), { from: 2_000_000 })).toEqual([
      't.ts >= 1.999000::float8',
      'round(t.ts * 1000000::float8)::bigint >= 2000000',
    ]);
  });
});
