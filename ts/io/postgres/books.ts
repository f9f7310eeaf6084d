/**
 * SQL that makes the four canonical arrays of a book, best level first, of what a table has: such arrays, JSON
 * levels, or one row per level.
 */
import { configError } from '../../config/entry.js';
import type { StreamMapping } from '../../config/mapping.js';
import { plainNumber, sideSql, type Value } from './sides.js';
import type { Source, SourceColumn } from './source.js';

type Values = Readonly<Record<string, Value | undefined>>;
/** The part of a depth source that its layout decides. */
export type Book = Pick<Source, 'lateral' | 'group'> & { columns: SourceColumn[] };

const names = ['bid_px', 'bid_qty', 'ask_px', 'ask_qty'] as const;

export function arraysBook(values: Values, mapping: StreamMapping): Book {
  const columns = names.map((name) => {
    const value = values[name]!;
    if (value.type.kind !== 'array' || !isNumber(value.type.element))
      throw notA(`depth.columns.${name}`, 'an array of numbers', value);
    const cut = mapping.maxLevels === undefined ? value.sql : `(${value.sql})[:${mapping.maxLevels}]`;
    const multiplied = name.endsWith('qty') ? multipliedArray(cut, mapping.qtyMultiplier) : cut;
    return { name, sql: multiplied };
  });
  return { columns };
}

function multipliedArray(sql: string, multiplier: string | undefined): string {
  if (multiplier === undefined) return sql;
  const product = multiply({ sql: 'u.x', type: { kind: 'double', name: 'number' } }, multiplier);
  return `ARRAY(SELECT ${product} FROM unnest(${sql}) WITH ORDINALITY AS u(x, n) ORDER BY u.n)`;
}

/** `[[price, qty], …]`, `[{"price": …, "qty": …}, …]` or `{"price": qty, …}`, numbers or strings, in any order. */
export function jsonBook(values: Values, mapping: StreamMapping): Book {
  const side = (role: 'bids' | 'asks', alias: string) => {
    const value = values[role]!;
    if (value.type.kind !== 'json' && value.type.kind !== 'text')
      throw notA(`depth.columns.${role}`, 'jsonb, json or text', value);
    return `CROSS JOIN LATERAL (${jsonLevels(`${value.sql}::jsonb`, role === 'bids' ? 'DESC' : 'ASC', mapping)}) AS ${alias}`;
  };
  return {
    lateral: `${side('bids', 'b')} ${side('asks', 'a')}`,
    columns: [
      { name: 'bid_px', sql: 'b.px' },
      { name: 'bid_qty', sql: 'b.qty' },
      { name: 'ask_px', sql: 'a.px' },
      { name: 'ask_qty', sql: 'a.qty' },
    ],
  };
}

function jsonLevels(json: string, order: 'ASC' | 'DESC', mapping: StreamMapping): string {
  const field = (at: number, ...keys: string[]) => {
    const named = keys.map((key) => `l->>'${key}'`).join(', ');
    return `(CASE jsonb_typeof(l) WHEN 'array' THEN l->>${at} ELSE coalesce(${named}) END)`;
  };
  const isList = `coalesce(jsonb_typeof(${json}), 'null') NOT IN ('object', 'null')`;
  const price = field(0, 'price', 'px', 'p');
  const qty = field(1, 'qty', 'amount', 'size', 'quantity', 'volume', 'q');
  const listed = `SELECT ${price} AS p, ${qty} AS q FROM jsonb_array_elements(CASE WHEN ${isList} THEN ${json} ELSE '[]' END) AS l`;
  const keyed = `SELECT k.key, k.value FROM jsonb_each_text(CASE jsonb_typeof(${json}) WHEN 'object' THEN ${json} ELSE '{}' END) AS k`;
  const text = (sql: string): Value => ({ sql, type: { kind: 'text', name: 'text' } });
  const product = multiply(text('q'), mapping.qtyMultiplier);
  const limit = mapping.maxLevels === undefined ? '' : ` LIMIT ${mapping.maxLevels}`;
  const levels = `SELECT trim_scale(p::numeric) AS p, ${product} AS q FROM (${listed} UNION ALL ${keyed}) AS raw ORDER BY 1 ${order}, 2${limit}`;
  const array = (column: string) => `coalesce(array_agg(${column} ORDER BY p ${order}, q), '{}')`;
  return `SELECT ${array('p')} AS px, ${array('q')} AS qty FROM (${levels}) AS levels`;
}

/** One row per level; the rows of one ts (and seq) are one snapshot. */
export function longBook(values: Values, mapping: StreamMapping, group: readonly string[]): Book {
  const side = sideSql(values.side!, 'level', mapping.sideMap, 'depth.columns.side');
  const price = numberSql(values.price!, undefined, 'depth.columns.price');
  const qty = numberSql(values.qty!, mapping.qtyMultiplier, 'depth.columns.qty');
  const levels = (sql: string, sign: 1 | -1) => {
    const order = `${price} ${sign === 1 ? 'DESC' : 'ASC'}, ${qty}`;
    const all = `array_agg(${sql} ORDER BY ${order}) FILTER (WHERE ${side} = ${sign})`;
    return `coalesce((${all})${mapping.maxLevels === undefined ? '' : `[:${mapping.maxLevels}]`}, '{}')`;
  };
  return {
    group,
    columns: [
      { name: 'bid_px', sql: levels(price, 1) },
      { name: 'bid_qty', sql: levels(qty, 1) },
      { name: 'ask_px', sql: levels(price, -1) },
      { name: 'ask_qty', sql: levels(qty, -1) },
    ],
  };
}

/** A price or quantity in plain digits, times the multiplier in exact decimals. */
export function numberSql(value: Value, multiplier: string | undefined, where: string): string {
  if (!isNumber(value.type.kind) && value.type.kind !== 'text') throw notA(where, 'a number', value);
  return multiplier === undefined ? plainNumber(value) : multiply(value, multiplier);
}

function multiply({ sql, type }: Value, multiplier: string | undefined): string {
  const number =
    type.kind === 'decimal' || type.kind === 'integer' ? `${sql}::numeric` : `${sql}::text::numeric`;
  return multiplier === undefined
    ? `trim_scale(${number})`
    : `trim_scale(${number} * ${multiplier}::numeric)`;
}

function isNumber(kind: string | undefined): boolean {
  return kind === 'integer' || kind === 'decimal' || kind === 'double';
}

function notA(where: string, expected: string, { type }: Value): Error {
  return configError(where, expected, type.name, {
    hint: `Write ${where} as {"sql": …} over the columns of the table.`,
  });
}
