/** What the database has: tables, symbols. All look-ups run in the transaction of the export. */
import pg from 'pg';
import type { HybridError } from '../../error.js';
import { databaseError } from './fault.js';
import type { Session } from './session.js';
import { type Range, rowsOf, type Source } from './source.js';

/** PostgreSQL's own limit for names in a message. */
const shown = 20;

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
    hint: 'Correct PGDATABASE, or run `hybrid init`, which looks for tables like it and writes a mapping.',
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
