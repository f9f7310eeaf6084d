/** SQL that makes 1, -1 or 0 of what a table says about the side of a trade, a book level or a liquidation. */
import pg from 'pg';
import { configError } from '../../config/entry.js';
import type { Sign } from '../../config/mapping.js';
import { unknownSide } from './fault.js';
import type { ColumnType } from './relation.js';

/** A value of the table: its SQL and type, and the column's name where it is one. */
export interface Value {
  sql: string;
  type: ColumnType;
  column?: string;
}

/**
 * What a side is the side of: a trade, a level of a book, the order that closes a position, a position by the side
 * that opened it (`closed`) or by its name. It decides which words are known without a `side_map`.
 */
export type SideOf = 'trade' | 'level' | 'order' | 'closed' | 'position';

/** Words that need no `side_map`, in lower case. */
const words: Readonly<Record<SideOf, Readonly<Record<string, Sign>>>> = {
  trade: { buy: 1, b: 1, sell: -1, s: -1, unknown: 0, none: 0, '': 0 },
  order: { buy: 1, b: 1, sell: -1, s: -1 },
  closed: { buy: 1, b: 1, long: 1, sell: -1, s: -1, short: -1 },
  level: { bid: 1, bids: 1, b: 1, buy: 1, ask: -1, asks: -1, a: -1, sell: -1, s: -1 },
  position: { long: 1, l: 1, short: -1, s: -1 },
};

/** Names of boolean columns whose meaning is plain: what true says. */
const booleanNames: readonly [name: RegExp, whenTrue: Sign][] = [
  [/^(is_?)?buyer_?(is_?)?(the_?)?maker$/i, -1],
  [/^(is_?)?seller_?(is_?)?(the_?)?maker$/i, 1],
  [/^(is_?)?(buy|bid|long)$/i, 1],
  [/^(is_?)?(sell|ask|short)$/i, -1],
];

/**
 * The side as SQL. A value that neither the map nor the words know raises an error on the server that names it:
 * it is never taken for another side. Errors: E_CONFIG where a map is needed and none is given.
 */
export function sideSql(
  value: Value,
  of: SideOf,
  map: Readonly<Record<string, Sign>> | undefined,
  where: string,
): string {
  const { kind, name } = value.type;
  if (kind === 'text') {
    const text = textSql(value);
    const usual = caseSql(`lower(${text})`, of, words[of], raiseSql(text, where));
    return map === undefined ? usual : caseSql(text, of, map, usual);
  }
  const raise = raiseSql(textSql(value), where);
  if (map !== undefined) return caseSql(textSql(value), of, map, raise);
  if (kind === 'boolean') return caseSql(textSql(value), of, booleanMap(value, where), raise);
  if (kind === 'integer' || kind === 'decimal' || kind === 'double')
    return of === 'level' ? caseSql(textSql(value), of, { 1: 1, '-1': -1 }, raise) : plainNumber(value);
  throw configError(where, 'a side as text, boolean or -1, 0, 1', name, {
    hint: `Write ${where} as {"sql": …} over the columns of the table.`,
  });
}

function caseSql(text: string, of: SideOf, map: Readonly<Record<string, Sign>>, otherwise: string): string {
  // A trade without a side has an unknown one: prepare decides by the prices.
  const known = of === 'trade' ? { '': 0, ...map } : map;
  const cases = Object.entries(known).map(([key, sign]) => `WHEN ${pg.escapeLiteral(key)} THEN ${sign}`);
  return `CASE coalesce(${text}, '') ${cases.join(' ')} ELSE ${otherwise} END`;
}

function raiseSql(text: string, where: string): string {
  const marker = pg.escapeLiteral(`${unknownSide}${where}: `);
  return `(${marker} || coalesce(left(${text}, 60), 'null'))::smallint`;
}

function booleanMap({ column, type }: Value, where: string): Record<string, Sign> {
  const known = booleanNames.find(([name]) => column !== undefined && name.test(column));
  if (known !== undefined) return { true: known[1], false: known[1] === 1 ? -1 : 1 };
  throw configError(where, `a side_map for a side of type ${type.name}`, 'none', {
    hint: 'Add "side_map": {"true": 1, "false": -1}, or the other way round if true says that the buyer was the maker.',
  });
}

function textSql(value: Value): string {
  return `${value.type.kind === 'decimal' ? plainNumber(value) : value.sql}::text`;
}

/** A number as the CSV has it: without the zeros that a scale adds. */
export function plainNumber({ sql, type }: Value): string {
  return type.kind === 'decimal' ? `trim_scale(${sql})` : sql;
}
