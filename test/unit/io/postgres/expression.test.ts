import { describe, expect, it } from 'vitest';
import type { HybridError } from '../../../../ts/error.js';
import { checkExpression } from '../../../../ts/io/postgres/expression.js';

const check = (sql: string) => checkExpression(sql, 'trades.columns.price');

describe('an expression', () => {
  it.each([
    ['price', []],
    ["data->'snapshot'->>'bid'", []],
    ['"a""b" + 1.5e3', []],
    ["CASE side WHEN 'it''s; -- fine' THEN 1 ELSE -1 END", []],
    [String.raw`regexp_replace(symbol, E'\\d\'', '')`, ['regexp_replace']],
    ['ARRAY[bid_0, bid_1]', []],
    [
      'ARRAY(SELECT (l->>0)::float8 FROM jsonb_array_elements(bids) AS l)',
      ['array', 'select', 'jsonb_array_elements'],
    ],
    ['"Odd"."Fn" (Abs(x))', ['Fn', 'abs']],
    ['größe', []],
  ])('%s', (sql, functions) => {
    expect(check(sql)).toEqual({ sql: `(${sql})`, functions });
  });
});

describe('not an expression', () => {
  it.each([
    ['price; DROP TABLE x', 'without a semicolon'],
    ['price -- rest', 'without comments'],
    ['price +--1', 'without comments'],
    ['price /* a */', 'without comments'],
    ['$1', 'without parameters and dollar quotes'],
    ['$tag$x$tag$', 'without parameters and dollar quotes'],
    ["'open", 'whose quotes are closed'],
    ['"open', 'whose quotes are closed'],
    [String.raw`E'a\'`, 'whose quotes are closed'],
    [String.raw`'a\'`, "without a backslash in quotes that do not begin with E'"],
    [String.raw`price \ 2`, 'without a backslash outside of quotes'],
    ["E'a'\n'b'", 'without adjacent strings'],
    [String.raw`U&'\0061'`, 'without Unicode escapes'],
    ['U&"a"', 'without Unicode escapes'],
    ['(price', 'whose parentheses match'],
    ['price)', 'whose parentheses match'],
    ['(price]', 'whose parentheses match'],
    ['price) + (qty', 'whose parentheses match'],
    ['  ', 'of at least a name'],
    ['a\0b', 'without NUL'],
  ])('%j', (sql, expected) => {
    try {
      check(sql);
    } catch (error) {
      expect((error as HybridError).code).toBe('E_CONFIG');
      expect((error as HybridError).message).toContain(
        `hybrid.config.json: trades.columns.price: expected one SQL expression ${expected}, got `,
      );
      return;
    }
    throw new Error('expected a refusal');
  });
});
