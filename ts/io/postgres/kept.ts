/** Whether rows that an earlier snapshot gave are still the rows that are there, without reading them again. */
import { HybridError } from '../../error.js';
import { isConnectionLoss } from './fault.js';
import type { Session } from './session.js';
import type { Snapshot } from './snapshot.js';
import { type Range, rowsOf, type Source, selectRows } from './source.js';

/** What a table is, as far as its rows depend on it: null for a view and whatever else has no row versions. */
export interface TableIdentity {
  oid: number;
  /** Names and types by number: a renamed column gives other values without touching a row. */
  columns: string;
  /** The table and its partitions or chunks. */
  relations: readonly number[];
}

/** Where exported rows came from. Two exports of one basis but for its snapshot give the same bytes of the same rows. */
export interface Basis {
  /** The query without its period. */
  sql: string;
  from: number | null;
  to: number | null;
  table: TableIdentity | null;
  snapshot: Snapshot;
}

export interface ExportedRange {
  from: number | null;
  /** Exclusive; never open: the last instant seen + 1 µs instead. */
  to: number;
  rows: number;
}

/** How much of the past was checked, and how far it is as it was. */
export interface Kept {
  /** So many of the ranges, from the first on. */
  ranges: number;
  /** `versions`: no row was added, changed or removed; `count`: as many rows as before. */
  by: 'versions' | 'count' | 'nothing';
}

/** Ranges are checked together, so that a long history takes few queries. */
const together = 32;

export async function basisOf(
  session: Session,
  snapshot: Snapshot,
  source: Source,
  symbol: string,
  range: Range,
): Promise<Basis> {
  const sql = selectRows(source, symbol, {});
  const table = source.group === undefined ? await identityOf(session, source, sql) : null;
  return { sql, from: range.from ?? null, to: range.to ?? null, table, snapshot };
}

/**
 * How many of the ranges, which follow one another, hold what they held under `before`: by row versions where the
 * table has them; else by count, if `orCount`, else none.
 */
export async function keptOf(
  session: Session,
  source: Source,
  symbol: string,
  { before, now }: { before: Basis; now: Basis },
  ranges: readonly ExportedRange[],
  orCount: boolean,
): Promise<Kept> {
  const byVersions = comparable(before, now);
  if (!byVersions && !orCount) return { ranges: 0, by: 'nothing' };
  const holds = (range: ExportedRange) =>
    byVersions
      ? unchanged(session, source, symbol, before, now, range)
      : sameCount(session, source, symbol, range);
  return { ranges: await firstThatHold(ranges, holds), by: byVersions ? 'versions' : 'count' };
}

async function firstThatHold(
  ranges: readonly ExportedRange[],
  holds: (range: ExportedRange) => Promise<boolean>,
): Promise<number> {
  const size = Math.max(1, Math.ceil(ranges.length / together));
  for (let at = 0; at < ranges.length; at += size) {
    const group = ranges.slice(at, at + size);
    if (await holds(joined(group))) continue;
    for (const [i, range] of group.entries()) if (group.length === 1 || !(await holds(range))) return at + i;
    return at;
  }
  return ranges.length;
}

function joined(ranges: readonly ExportedRange[]): ExportedRange {
  const rows = ranges.reduce((sum, range) => sum + range.rows, 0);
  return { from: ranges[0]!.from, to: ranges.at(-1)!.to, rows };
}

/** Transaction ids of both snapshots belong to one history, and the table is the same but for its partitions. */
function comparable(before: Basis, now: Basis): boolean {
  const [a, b] = [before.snapshot, now.snapshot];
  if (before.table === null || now.table === null || a.xmin === null || b.xmax === null) return false;
  return (
    a.cluster !== null &&
    a.cluster === b.cluster &&
    a.database === b.database &&
    a.user === b.user &&
    before.table.oid === now.table.oid &&
    before.table.columns === now.table.columns
  );
}

/**
 * A row version that the old snapshot may not have seen has a transaction id from its xmin on (newer ones below its
 * xmax are taken for unseen too: ids of subtransactions are in no list). The id in a row has 32 bits; with the full
 * id of the present it is the last one that ends in them, so that a frozen row may look newer than it is, never older.
 * Deleted rows show in the count; rows that came with a partition attached later, in the relation they are in.
 */
async function unchanged(
  session: Session,
  source: Source,
  symbol: string,
  before: Basis,
  now: Basis,
  range: ExportedRange,
): Promise<boolean> {
  const sql = versionsQuery(source, symbol, before, now, range);
  const [row] = (await withSavepoint(session, () =>
    session.query<{ rows: string; unseen: boolean }>(`verify ${source.stream}`, sql),
  )) ?? [undefined];
  return row !== undefined && !row.unseen && Number(row.rows) === range.rows;
}

function versionsQuery(
  source: Source,
  symbol: string,
  before: Basis,
  now: Basis,
  range: ExportedRange,
): string {
  const [oldest, newest] = [BigInt(before.snapshot.xmin!), BigInt(now.snapshot.xmax!)];
  const condition = rowsOf(source, symbol, rangeOf(range));
  // Ids 1 and 2 stand for the beginning of time; they are never given to a transaction.
  return `SELECT coalesce(sum(n), 0)::text AS rows,
      coalesce(bool_or(x >= 3 AND (${newest} - x) & 4294967295 <= ${newest - oldest}), false)
        OR NOT coalesce(bool_and(r = ANY (ARRAY[${before.table!.relations.join(', ')}]::oid[])), true) AS unseen
    FROM (SELECT t.xmin::text::bigint AS x, t.tableoid AS r, count(*) AS n FROM ${source.table} AS t
          WHERE ${condition} GROUP BY t.xmin, t.tableoid) AS versions`;
}

async function sameCount(
  session: Session,
  source: Source,
  symbol: string,
  range: ExportedRange,
): Promise<boolean> {
  const group = source.group === undefined ? '' : ` GROUP BY ${source.group.join(', ')}`;
  const [row] = await session.query<{ rows: string }>(
    `verify ${source.stream}`,
    `SELECT count(*)::text AS rows FROM (SELECT FROM ${source.table} AS t
     WHERE ${rowsOf(source, symbol, rangeOf(range))}${group}) AS counted`,
  );
  return Number(row!.rows) === range.rows;
}

function rangeOf({ from, to }: ExportedRange): Range {
  return { from: from ?? undefined, to };
}

/** What cannot be asked (a chunk without row versions, a foreign partition) is no error: the answer is undefined. */
async function withSavepoint<T>(session: Session, ask: () => Promise<T>): Promise<T | undefined> {
  await session.query('savepoint', 'SAVEPOINT asking');
  try {
    return await ask();
  } catch (error) {
    if (isConnectionLoss(error) || HybridError.from(error).code === 'E_INTERRUPTED') throw error;
    await session.query('savepoint', 'ROLLBACK TO SAVEPOINT asking');
    return undefined;
  }
}

/** The table's identity, unless its rows are not all that the query depends on. */
async function identityOf(session: Session, source: Source, query: string): Promise<TableIdentity | null> {
  const [table] = await session.query<{ oid: number; columns: string; plain: boolean }>(
    `table ${source.table}`,
    `SELECT c.oid::bigint::float8 AS oid, c.relkind IN ('r', 'p', 'm') AND NOT c.relrowsecurity AS plain,
       (SELECT string_agg(a.attnum || ':' || a.attname || ':' || format_type(a.atttypid, a.atttypmod), ',' ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
     FROM pg_class c WHERE c.oid = to_regclass($1)`,
    [source.table],
  );
  if (table === undefined || !table.plain) return null;
  const relations = await relationsOf(session, source);
  const read = await relationsRead(session, query);
  if (!read.every((name) => relations.some((relation) => relation.name === name))) return null;
  return { oid: table.oid, columns: table.columns, relations: relations.map(({ oid }) => oid) };
}

/** The table with all that inherits from it. */
async function relationsOf(session: Session, source: Source): Promise<{ oid: number; name: string }[]> {
  return session.query(
    `table ${source.table}`,
    `WITH RECURSIVE tree(oid) AS (
       SELECT to_regclass($1)::oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid)
     SELECT tree.oid::bigint::float8 AS oid, n.nspname || '.' || c.relname AS name
     FROM tree JOIN pg_class c ON c.oid = tree.oid JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY tree.oid`,
    [source.table],
  );
}

interface PlanNode {
  Schema?: string;
  'Relation Name'?: string;
  'Function Name'?: string;
  Plans?: PlanNode[];
}

/** What the plan of a query reads. */
async function relationsRead(session: Session, query: string): Promise<string[]> {
  const rows = await session.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    'plan',
    `EXPLAIN (VERBOSE, FORMAT JSON) ${query}`,
  );
  const names: string[] = [];
  const visit = (node: PlanNode) => {
    const name = node['Relation Name'] ?? node['Function Name'];
    if (name !== undefined) names.push(`${node.Schema}.${name}`);
    for (const inner of node.Plans ?? []) visit(inner);
  };
  visit(rows[0]!['QUERY PLAN'][0].Plan);
  return names;
}
