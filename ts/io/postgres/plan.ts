/** What an export will do: symbols × streams × range → the SQL of each part. Pure; all quoting happens here. */
import pg from 'pg';
import { HybridError } from '../../error.js';
import { rawFile, type Stream } from '../raw.js';

const { escapeIdentifier, escapeLiteral } = pg;

/** One exported column: its name in the CSV, its SQL, and the table's column that it needs. */
export interface SourceColumn {
  name: string;
  sql: string;
  needs: string;
}

/** Where a stream comes from. */
export interface Source {
  /** The table as SQL, quoted. */
  table: string;
  columns: readonly SourceColumn[];
  /** The table's unique key without the symbol, as SQL. */
  order: readonly string[];
}

/** From a first instant (inclusive) to a last (exclusive), µs since the epoch, UTC; undefined: open. */
export interface Range {
  from?: number | undefined;
  to?: number | undefined;
}

export interface Part {
  symbol: string;
  stream: Stream;
  path: string;
  /** The rows, in order: the query whose `psql \copy` gives the same bytes. */
  query: string;
}

const micros: SourceColumn = { name: 'ts', sql: '(extract(epoch from t.ts) * 1000000)::bigint', needs: 'ts' };

function source(stream: Stream, tieBreak: string, names: readonly string[]): Source {
  const columns = names.map((name) => ({ name, sql: `t.${name}`, needs: name }));
  // Ordered by t.ts, not by the exported ts: the index has the first, and a sort of the second would not stream.
  return { table: escapeIdentifier(stream), columns: [micros, ...columns], order: ['t.ts', `t.${tieBreak}`] };
}

/** The default schema (indicators.md §4). */
export const defaultSources: Readonly<Record<Stream, Source>> = {
  trades: source('trades', 'trade_id', ['trade_id', 'price', 'qty', 'side']),
  depth: source('depth', 'seq', ['seq', 'bid_px', 'bid_qty', 'ask_px', 'ask_qty']),
  liquidations: source('liquidations', 'seq', ['seq', 'pos', 'price', 'qty']),
};

/** The parts in the order in which they run: a symbol's streams together. */
export function planExport(request: {
  symbols: readonly string[];
  streams: readonly Stream[];
  range: Range;
  folder: string;
  sources: Readonly<Record<Stream, Source>>;
}): Part[] {
  return request.symbols.flatMap((symbol) =>
    request.streams.map((stream) => ({
      symbol,
      stream,
      path: rawFile(request.folder, symbol, stream),
      query: selectRows(request.sources[stream], symbol, request.range),
    })),
  );
}

export function selectRows(from: Source, symbol: string, range: Range): string {
  const columns = from.columns.map(({ name, sql }) => `${sql} AS ${escapeIdentifier(name)}`).join(', ');
  return `SELECT ${columns} FROM ${from.table} AS t WHERE ${rowsOf(symbol, range)} ORDER BY ${from.order.join(', ')}`;
}

/** The condition that picks a symbol's rows in the range. */
export function rowsOf(symbol: string, { from, to }: Range): string {
  const conditions = [`t.symbol = ${literal(symbol)}`];
  if (from !== undefined) conditions.push(`t.ts >= ${instantLiteral(from)}`);
  if (to !== undefined) conditions.push(`t.ts < ${instantLiteral(to)}`);
  return conditions.join(' AND ');
}

/** COPY takes no parameters. */
export function copyOut(query: string): string {
  return `COPY (${query}) TO STDOUT (FORMAT csv, HEADER)`;
}

/** µs since the epoch as a timestamptz literal, exact to the µs. */
export function instantLiteral(instant: number): string {
  const milliseconds = Math.floor(instant / 1000);
  const rest = String(instant - milliseconds * 1000).padStart(3, '0');
  const [date, clock] = new Date(milliseconds).toISOString().replace('Z', '').split('T');
  return `${escapeLiteral(`${date} ${clock}${rest}+00`)}::timestamptz`;
}

/** A NUL would end the SQL text in the middle of the literal. */
function literal(symbol: string): string {
  if (!symbol.includes('\0')) return escapeLiteral(symbol);
  throw new HybridError('E_USAGE', 'symbol: expected text without NUL, got one with it', {
    hint: 'Correct --symbols.',
  });
}
