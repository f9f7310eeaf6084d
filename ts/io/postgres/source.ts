/**
 * Where a stream's rows come from: the SQL that a mapping gives, and the queries over it. All quoting of tables,
 * symbols and instants happens here; the alias of the table is `t` in every query.
 */
import pg from 'pg';
import { HybridError } from '../../error.js';
import type { Stream } from '../raw.js';

const { escapeIdentifier, escapeLiteral } = pg;

/** One exported column: its name in the CSV and its SQL over `t`. */
export interface SourceColumn {
  name: string;
  sql: string;
}

/** How the table says the instant of a row. */
export type TimeType = 'timestamptz' | 'timestamp' | 'date' | 'integer' | 'decimal' | 'double';

/** Units of a numeric ts. */
export const timeUnits = ['s', 'ms', 'us', 'ns'] as const;
export type TimeUnit = (typeof timeUnits)[number];

export interface SourceTime {
  /** The raw column (or expression) over `t`: conditions and the order stand on it, so that an index serves. */
  sql: string;
  type: TimeType;
  /** Of numbers; the others are instants. */
  unit?: TimeUnit;
}

/** A column (or expression) over `t` that holds the symbol, or the one symbol that all rows have. */
export type SourceSymbol =
  | {
      sql: string;
      /** Whether an index begins with it. */
      leads: boolean;
      /** Whether a text can be one of its values: comparing an enumeration or a uuid with any other is an error. */
      accepts?: (symbol: string) => boolean;
    }
  | { value: string };

export interface Source {
  stream: Stream;
  /** The table as SQL: quoted, with its schema where one is given. */
  table: string;
  symbol: SourceSymbol;
  time: SourceTime;
  /** In the order of the canonical CSV; the first is ts as µs since the epoch, UTC. */
  columns: readonly SourceColumn[];
  /**
   * Makes the rows' order complete within a symbol, as SQL. It begins with the raw ts, not the exported one: an index
   * has the first, and a sort of the second would not stream.
   */
  order: readonly string[];
  /** A further condition on the rows, as SQL. */
  where?: string;
  /** Joined to every row, one for one, as SQL behind the table. */
  lateral?: string;
  /** Of a table with one row per level: what the rows of one snapshot have in common, as SQL. */
  group?: readonly string[];
}

/** From a first instant (inclusive) to a last (exclusive), µs since the epoch, UTC; undefined: open. */
export interface Range {
  from?: number | undefined;
  to?: number | undefined;
}

/** The exported rows, in order: the query whose `psql \copy` gives the same bytes. */
export function selectRows(from: Source, symbol: string, range: Range): string {
  const columns = from.columns.map(({ name, sql }) => `${sql} AS ${escapeIdentifier(name)}`).join(', ');
  const group = from.group === undefined ? '' : ` GROUP BY ${from.group.join(', ')}`;
  const lateral = from.lateral === undefined ? '' : ` ${from.lateral}`;
  const rows = `FROM ${from.table} AS t${lateral} WHERE ${rowsOf(from, symbol, range)}`;
  return `SELECT ${columns} ${rows}${group} ORDER BY ${from.order.join(', ')}`;
}

/** A few rows as they are exported, whichever the server finds first: no sort, and of a grouped table one snapshot. */
export function sampleRows(from: Source, limit: number): string {
  const columns = from.columns
    .map(({ name, sql }) => `(${sql})::text AS ${escapeIdentifier(name)}`)
    .join(', ');
  const kept = from.where === undefined ? 'true' : `(${from.where})`;
  const [time] = from.group ?? [];
  const first = `(SELECT ${time} FROM ${from.table} AS t WHERE ${kept} AND ${time} IS NOT NULL LIMIT 1)`;
  const one = time === undefined ? '' : ` AND ${time} = ${first} GROUP BY ${from.group!.join(', ')}`;
  const lateral = from.lateral === undefined ? '' : ` ${from.lateral}`;
  return `SELECT ${columns} FROM ${from.table} AS t${lateral} WHERE ${kept}${one} LIMIT ${limit}`;
}

/** The condition on the table's rows that picks a symbol's in the range. */
export function rowsOf(source: Source, symbol: string, range: Range): string {
  const conditions = [isSymbol(source, symbol), ...inRange(source.time, range)];
  if (source.where !== undefined) conditions.push(`(${source.where})`);
  return conditions.join(' AND ');
}

function isSymbol({ symbol: place }: Source, symbol: string): string {
  if ('value' in place) return place.value === symbol ? 'true' : 'false';
  if (place.accepts?.(symbol) === false) return 'false';
  return `${place.sql} = ${literal(symbol)}`;
}

/** Conditions on the raw ts, exact to the µs that is exported. */
export function inRange(time: SourceTime, { from, to }: Range): string[] {
  const slack = time.type === 'double' ? 1000 : 0;
  return [
    ...(from === undefined ? [] : [`${time.sql} >= ${instantLiteral(time, from - slack)}`]),
    ...(to === undefined ? [] : [`${time.sql} < ${instantLiteral(time, to + slack)}`]),
    ...(time.type === 'double' ? exactly(time, { from, to }) : []),
  ];
}

/** The raw ts as µs since the epoch, UTC, as SQL. */
export function microsOf(time: SourceTime): string {
  const { sql, type } = time;
  if (type === 'timestamptz') return `(extract(epoch from ${sql}) * 1000000)::bigint`;
  if (type === 'timestamp' || type === 'date')
    return `(extract(epoch from ${sql}::timestamp) * 1000000)::bigint`;
  const exponent = exponents[time.unit ?? 'us'];
  if (type === 'double') return `round(${sql} * ${10 ** exponent}::float8)::bigint`;
  const scaled = exponent < 0 ? `${sql}::numeric / 1000` : `${sql}::numeric * ${10 ** exponent}`;
  return `floor(${scaled})::bigint`;
}

/** A unit's µs as a power of ten. */
const exponents: Readonly<Record<TimeUnit, number>> = { s: 6, ms: 3, us: 0, ns: -3 };

/**
 * The instant as a literal in the type of the raw ts, such that `ts >= literal` picks the rows whose exported µs are
 * at or after it.
 */
export function instantLiteral(time: SourceTime, instant: number): string {
  const { type } = time;
  if (type === 'timestamptz') return `${escapeLiteral(`${clockText(instant)}+00`)}::timestamptz`;
  if (type === 'timestamp') return `${escapeLiteral(clockText(instant))}::timestamp`;
  if (type === 'date') return `${escapeLiteral(clockText(instant))}::timestamp`;
  const exponent = exponents[time.unit ?? 'us'];
  if (type === 'double') return `${decimalText(instant, exponent)}::float8`;
  // A bigint is compared with a bigint, or its index would not serve.
  if (type === 'integer' && exponent > 0)
    return `${decimalText(Math.ceil(instant / 10 ** exponent), 0)}::bigint`;
  return `${decimalText(instant, exponent)}::${type === 'integer' ? 'bigint' : 'numeric'}`;
}

/** A double cannot say every µs: its rounded value decides, the raw one finds the neighbourhood (± 1 ms). */
function exactly(time: SourceTime, { from, to }: Range): string[] {
  return [
    ...(from === undefined ? [] : [`${microsOf(time)} >= ${from}`]),
    ...(to === undefined ? [] : [`${microsOf(time)} < ${to}`]),
  ];
}

/** µs / 10^exponent in plain digits. */
function decimalText(instant: number, exponent: number): string {
  if (exponent <= 0) return `${instant}${'0'.repeat(-exponent)}`;
  const digits = String(Math.abs(instant)).padStart(exponent + 1, '0');
  return `${instant < 0 ? '-' : ''}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** µs since the epoch as a date and a time of day, UTC, exact to the µs. */
function clockText(instant: number): string {
  const milliseconds = Math.floor(instant / 1000);
  const rest = String(instant - milliseconds * 1000).padStart(3, '0');
  const [date, clock] = new Date(milliseconds).toISOString().replace('Z', '').split('T');
  return `${date} ${clock}${rest}`;
}

/** A NUL would end the SQL text in the middle of the literal. */
function literal(symbol: string): string {
  if (!symbol.includes('\0')) return escapeLiteral(symbol);
  throw new HybridError('E_USAGE', 'symbol: expected text without NUL, got one with it', {
    hint: 'Correct --symbols.',
  });
}

/** A column of the table, quoted. */
export function column(name: string): string {
  return `t.${escapeIdentifier(name)}`;
}

function defaultSource(stream: Stream, tieBreak: string, names: readonly string[]): Source {
  const time: SourceTime = { sql: column('ts'), type: 'timestamptz' };
  const columns = names.map((name) => ({ name, sql: column(name) }));
  return {
    ...{ stream, table: escapeIdentifier(stream), symbol: { sql: column('symbol'), leads: true }, time },
    columns: [{ name: 'ts', sql: microsOf(time) }, ...columns],
    order: [time.sql, column(tieBreak)],
  };
}

/** The default schema (indicators.md §4). */
export const defaultSources: Readonly<Record<Stream, Source>> = {
  trades: defaultSource('trades', 'trade_id', ['trade_id', 'price', 'qty', 'side']),
  depth: defaultSource('depth', 'seq', ['seq', 'bid_px', 'bid_qty', 'ask_px', 'ask_qty']),
  liquidations: defaultSource('liquidations', 'seq', ['seq', 'pos', 'price', 'qty']),
};
