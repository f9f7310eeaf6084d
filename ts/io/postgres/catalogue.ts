/** What the database has: tables, columns, symbols. All look-ups run in the transaction of the export. */
import pg from 'pg';
import type { HybridError } from '../../error.js';
import type { Stream } from '../raw.js';
import { databaseError } from './fault.js';
import type { Session } from './session.js';
import { type Range, rowsOf, type Source } from './source.js';

interface Column {
  name: string;
  type: string;
  /** Whether an index begins with it. */
  leads: boolean;
}

/** PostgreSQL's own limit for names in a message. */
const shown = 20;

/**
 * Whether the stream's table is there with all columns that the source needs.
 * Errors: E_DATABASE when a column is missing or ts is no timestamp: says what there is.
 */
export async function hasStream(session: Session, stream: Stream, source: Source): Promise<boolean> {
  const columns = await columnsOf(session, source.table);
  if (columns === undefined) return false;
  const needed = ['symbol', ...source.columns.map((column) => column.name)];
  const missing = needed.filter((name) => !columns.some((column) => column.name === name));
  if (missing.length > 0) {
    const names = columns.map((column) => column.name).join(', ');
    throw databaseError(
      `table ${source.table}: expected ${plural('column', missing)}, got ${names}`,
      undefined,
      {
        hint: `Create a view named ${stream} with the columns ${needed.join(', ')}.`,
      },
    );
  }
  requireTimestamp(source, columns.find((column) => column.name === 'ts')!);
  return true;
}

function requireTimestamp(source: Source, ts: Column): void {
  if (ts.type.startsWith('timestamp')) return;
  throw databaseError(`table ${source.table}: expected ts to be timestamptz, got ${ts.type}`, undefined, {
    hint: 'Create a view of that name whose ts is a timestamptz, for example to_timestamp(ts / 1e6).',
  });
}

/** The columns of a table or view on the search path; undefined when there is none. */
async function columnsOf(session: Session, table: string): Promise<Column[] | undefined> {
  const rows = await session.query<Column>(
    `table ${table}`,
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
            EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indkey[0] = a.attnum
                    AND i.indisvalid AND i.indpred IS NULL) AS leads
     FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY a.attnum`,
    [table],
  );
  return rows.length === 0 ? undefined : rows;
}

/** The error for a table that must be there, with those that are. */
export async function absentTable(session: Session, table: string): Promise<HybridError> {
  const rows = await session.query<{ name: string }>(
    'tables',
    `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^(pg_|information_schema|_timescaledb)'
     ORDER BY 1 LIMIT ${shown + 1}`,
  );
  const database = session.address.database;
  const got = rows.length === 0 ? 'no tables at all' : listed(rows.map((row) => row.name));
  return databaseError(`database ${database}: expected a table ${table}, got ${got}`, undefined, {
    hint: 'Correct PGDATABASE, or create the table (or a view of that name) with the default columns.',
  });
}

/** All symbols of a source in ascending order; a skip scan where an index begins with the symbol. */
export async function symbolsOf(session: Session, source: Source): Promise<string[]> {
  const { table, symbol } = source;
  if ('value' in symbol) return [symbol.value];
  const { sql } = symbol;
  const rows = `FROM ${table} AS t WHERE ${source.where === undefined ? 'true' : `(${source.where})`}`;
  const skip = `WITH RECURSIVE s(symbol) AS (
      (SELECT ${sql} ${rows} ORDER BY ${sql} LIMIT 1)
      UNION ALL
      SELECT (SELECT ${sql} ${rows} AND ${sql} > s.symbol ORDER BY ${sql} LIMIT 1)
      FROM s WHERE s.symbol IS NOT NULL)
    SELECT symbol::text AS symbol FROM s WHERE symbol IS NOT NULL ORDER BY 1`;
  const distinct = `SELECT DISTINCT ${sql}::text AS symbol ${rows} AND ${sql} IS NOT NULL ORDER BY 1`;
  const found = await session.query<{ symbol: string }>(
    `symbols of ${table}`,
    symbol.leads ? skip : distinct,
  );
  return found.map((row) => row.symbol);
}

/** The symbols among those given that have a row in the range. */
export async function present(
  session: Session,
  source: Source,
  symbols: readonly string[],
  range: Range,
): Promise<string[]> {
  const found: string[] = [];
  for (const symbol of symbols) {
    const sql = `SELECT EXISTS (SELECT FROM ${source.table} AS t WHERE ${rowsOf(source, symbol, range)}) AS found`;
    const [row] = await session.query<{ found: boolean }>(`symbol "${symbol}"`, sql);
    if (row?.found) found.push(symbol);
  }
  return found;
}

/** `a, b, c and more`: at most twenty names. */
export function listed(names: readonly string[]): string {
  const text = names.slice(0, shown).join(', ');
  return names.length > shown ? `${text} and more` : text;
}

export function quoted(names: readonly string[]): string {
  return listed(names.map((name) => pg.escapeIdentifier(name.length > 40 ? `${name.slice(0, 40)}…` : name)));
}

function plural(noun: string, names: readonly string[]): string {
  return `${noun}${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}
