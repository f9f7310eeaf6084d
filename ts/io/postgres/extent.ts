/** How much there is and where it can be cut: the planner's estimates, first and last instants, partitions. */
import { HybridError } from '../../error.js';
import { cut, type Estimate, type Extent, gridBorders, isLarge, isSmall, stepFor } from './plan.js';
import type { Session } from './session.js';
import { microsOf, type Range, rowsOf, type Source, selectRows } from './source.js';

/** What finding their beginnings may cost all parts together, in costs of the one COPY. */
const dearer = 1.25;
/** What looking for the first and last instant may cost of it. */
const lookShare = 0.1;

/** The planner's guess: costs nothing but a round trip. */
export async function estimate(session: Session, query: string): Promise<Estimate> {
  const rows = await session.query<{
    'QUERY PLAN': [{ Plan: { 'Plan Rows': number; 'Plan Width': number; 'Total Cost': number } }];
  }>('estimate', `EXPLAIN (FORMAT JSON) ${query}`);
  const plan = rows[0]!['QUERY PLAN'][0].Plan;
  return { rows: plan['Plan Rows'], width: plan['Plan Width'], cost: plan['Total Cost'] };
}

/**
 * The range in parts of about so many bytes: by a grid of time where the parts cost about what the whole does (an index or partitions serve
 * them), else by the borders of partitions or chunks on that condition, else in one.
 */
export async function partsOf(
  session: Session,
  source: Source,
  symbol: string,
  range: Range,
  partBytes: number,
): Promise<Range[]> {
  const whole = await estimate(session, selectRows(source, symbol, range));
  if (isSmall(whole, partBytes)) return [range];
  for (const borders of [gridOf, partitionBorders]) {
    const parts = cut(range, await borders(session, source, symbol, range, whole, partBytes));
    if (parts.length > 1 && (await areCheap(session, source, symbol, parts, whole))) return parts;
  }
  return [range];
}

/**
 * What a part costs before its first row shows in a part of one instant: with an index next to nothing, in a partition
 * without one the reading of the partition, else the reading of the table.
 */
async function areCheap(
  session: Session,
  source: Source,
  symbol: string,
  parts: readonly Range[],
  whole: Estimate,
): Promise<boolean> {
  const from = parts[parts.length >> 1]!.from!;
  const { cost } = await estimate(session, selectRows(source, symbol, { from, to: from + 1 }));
  return cost * parts.length <= whole.cost * dearer;
}

async function gridOf(
  session: Session,
  source: Source,
  symbol: string,
  range: Range,
  whole: Estimate,
  partBytes: number,
): Promise<number[]> {
  const looks = [edge(source, symbol, range, 'ASC'), edge(source, symbol, range, 'DESC')];
  for (const look of looks) if ((await estimate(session, look)).cost > whole.cost * lookShare) return [];
  const extent = await extentOf(session, source, looks);
  return extent === undefined ? [] : bordersIn(session, source, symbol, extent, whole, partBytes, finest);
}

/** How often a part that seems too large is cut again: history is sparse, a launch or a stray row is not. */
const finest = 3;

async function bordersIn(
  session: Session,
  source: Source,
  symbol: string,
  extent: Extent,
  expected: Estimate,
  partBytes: number,
  depth: number,
): Promise<number[]> {
  const borders = gridBorders(stepFor(expected, extent, partBytes), extent);
  if (depth === 0) return borders;
  const starts = [extent.first, ...borders];
  const finer: number[] = [];
  for (const [i, from] of starts.entries()) {
    const to = borders[i] ?? extent.last + 1;
    const cell = await estimate(session, selectRows(source, symbol, { from, to }));
    if (!isLarge(cell, partBytes)) continue;
    const inside = { first: from, last: to - 1 };
    finer.push(...(await bordersIn(session, source, symbol, inside, cell, partBytes, depth - 1)));
  }
  return [...borders, ...finer];
}

async function extentOf(
  session: Session,
  source: Source,
  looks: readonly string[],
): Promise<Extent | undefined> {
  const found: (string | null)[] = [];
  for (const look of looks) {
    const [row] = await session.query<{ ts: string | null }>(`extent of ${source.stream}`, look);
    if (row === undefined) return undefined;
    found.push(row.ts);
  }
  if (found.includes(null)) throw withoutTs(source.table);
  return { first: Number(found[0]), last: Number(found[1]) };
}

/** Rows without an instant come first in a descending order, so that they are not overlooked. */
function edge(source: Source, symbol: string, range: Range, direction: 'ASC' | 'DESC'): string {
  const { time, table } = source;
  return `SELECT ${microsOf(time)}::text AS ts FROM ${table} AS t WHERE ${rowsOf(source, symbol, range)} ORDER BY ${time.sql} ${direction} LIMIT 1`;
}

export function withoutTs(where: string): HybridError {
  return new HybridError('E_INPUT', `${where}: expected a ts in every row, got rows without`, {
    hint: 'Correct the table, or set --from or --to, which leave such rows out.',
  });
}

/** Instants in the bounds of partitions, or in the checks of inherited chunks. */
async function partitionBorders(session: Session, source: Source): Promise<number[]> {
  const rows = await session.query<{ bound: string }>(
    `partitions of ${source.table}`,
    `WITH RECURSIVE tree(oid) AS (
       SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass($1)
       UNION SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid)
     SELECT pg_get_expr(c.relpartbound, c.oid) AS bound FROM pg_class c JOIN tree USING (oid) WHERE c.relpartbound IS NOT NULL
     UNION SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN tree ON k.conrelid = tree.oid WHERE k.contype = 'c'`,
    [source.table],
  );
  const instants = rows.flatMap(({ bound }) => [...bound.matchAll(/'(\d{4}-\d\d-\d\d[^']*)'/g)]);
  return [...new Set(instants.map((match) => Date.parse(zoned(match[1]!)) * 1000))].filter(Number.isFinite);
}

/** The server writes `2024-01-01 00:00:00+00` in the session's time zone, UTC, and dates without one. */
function zoned(text: string): string {
  const iso = text.trim().replace(' ', 'T');
  if (!iso.includes('T')) return `${iso}T00:00:00Z`;
  return /[+-]\d\d$/.test(iso) ? `${iso}:00` : /[+-]\d\d:\d\d$/.test(iso) ? iso : `${iso}Z`;
}
