/** From the mapping of the settings and the database's catalogue to the source of each stream. */
import type pg from 'pg';
import { configError } from '../../config/entry.js';
import type { Settings } from '../../config/fields.js';
import type { Role, SidePlace, StreamMapping } from '../../config/mapping.js';
import { suggest } from '../../config/nearest.js';
import type { HybridError } from '../../error.js';
import { type Stream, streams } from '../raw.js';
import { absentTable } from './catalogue.js';
import { checkExpression } from './expression.js';
import { databaseError, queryFault } from './fault.js';
import { buildSource, type Values } from './mapped.js';
import { nameOfTable, quotedTable, type Relation, refuseVolatile, relationOf, typesOf } from './relation.js';
import type { Session } from './session.js';
import type { Value } from './sides.js';
import { column, type Source, selectRows, type TimeUnit } from './source.js';

/** The mappings, and which streams are wanted: all when not given. */
export type MappingSettings = Pick<Settings, Stream> & Partial<Pick<Settings, 'streams'>>;

/**
 * The sources of the streams whose tables are there. To be called in a read-only transaction; every query of it has
 * then been described by the server. Errors: E_CONFIG where a mapping does not fit its table, E_DATABASE where a
 * table that a mapping names is missing, or a default table lacks a column.
 */
export async function sourcesOf(
  settings: MappingSettings,
  session: Session,
): Promise<Partial<Record<Stream, Source>>> {
  const sources: Partial<Record<Stream, Source>> = {};
  for (const stream of streams) {
    if (settings.streams?.includes(stream) === false) continue;
    const source = await sourceOf(session, stream, settings[stream]);
    if (source !== undefined) sources[stream] = source;
  }
  return sources;
}

/** One stream's source; undefined when it has no table and the mapping names none. */
export async function sourceOf(
  session: Session,
  stream: Stream,
  mapping: StreamMapping = { columns: {} },
): Promise<Source | undefined> {
  const name = mapping.table ?? { name: stream };
  const relation = await relationOf(session, name);
  if (relation === undefined) {
    if (mapping.table === undefined) return undefined;
    throw await absentTable(session, nameOfTable(name));
  }
  const target: Target = { stream, mapping, relation, table: quotedTable(name) };
  const values = await valuesOf(session, target);
  const unit = await timeUnitOf(session, target, values.ts!);
  const source = buildSource(target, values, unit);
  if (mapping.where !== undefined)
    await describedExpressions(session, target, [['where', { sql: mapping.where }]]);
  await verify(session, source);
  return source;
}

/** A stream's mapping and the relation that it is for. */
export interface Target {
  stream: Stream;
  mapping: StreamMapping;
  relation: Relation;
  /** The relation as SQL, quoted. */
  table: string;
}

type Place = readonly [role: Role | 'symbol' | 'where', place: SidePlace];

/** The value of the symbol and of every role that the stream needs; a role that `null` says is absent has none. */
async function valuesOf(session: Session, target: Target): Promise<Values> {
  const places = placesOf(target);
  const columns = places.filter(([, place]) => !('sql' in place));
  const missing = columns.filter(([, place]) => columnOf(target.relation, nameIn(place)) === undefined);
  if (missing.length > 0) throw missingColumns(target, missing);
  const values = columns.map(([role, place]) => [role, columnValue(target.relation, place)]);
  return { ...Object.fromEntries(values), ...(await describedExpressions(session, target, places)) };
}

function placesOf(target: Target): Place[] {
  const { mapping, relation } = target;
  const symbol = mapping.symbol ?? { column: 'symbol' };
  const places: Place[] = 'value' in symbol ? [] : [['symbol', symbol]];
  for (const role of neededRoles(target)) {
    const given = mapping.columns[role];
    if (given !== null) places.push([role, given ?? { column: usualName(relation, role) }]);
  }
  return places;
}

/** The roles that a stream needs, by the form in which the table has it. */
function neededRoles({ stream, mapping, relation }: Target): readonly Role[] {
  const mapped = (role: Role) => mapping.columns[role] != null;
  const has = (role: Role) => mapped(role) || columnOf(relation, usualName(relation, role)) !== undefined;
  if (stream === 'trades') return ['ts', 'id', 'price', 'qty', 'side'];
  if (stream === 'depth') return ['ts', 'seq', ...bookRoles[layoutOf(mapping, mapped, has)]];
  const bySide = !mapped('pos') && (mapped('side') || (!has('pos') && has('side')));
  return ['ts', 'seq', bySide ? 'side' : 'pos', 'price', 'qty'];
}

const bookRoles = {
  arrays: ['bid_px', 'bid_qty', 'ask_px', 'ask_qty'],
  json: ['bids', 'asks'],
  long: ['side', 'price', 'qty'],
} as const;

type TableLayout = keyof typeof bookRoles;

/** Of the possible layouts the one whose roles the mapping names, or else the one whose columns the table has. */
function layoutOf(
  { layouts }: StreamMapping,
  mapped: (role: Role) => boolean,
  has: (role: Role) => boolean,
): TableLayout {
  const forTables = Object.keys(bookRoles) as TableLayout[];
  const possible = forTables.filter((layout) => layouts?.includes(layout) ?? true);
  if (possible.length === 0)
    throw configError('depth.layout', 'arrays, json or long for a table', layouts?.join('|'), {
      hint: 'Write the arrays as SQL: "bid_px": {"sql": "ARRAY[bid_0_price, bid_1_price]"}, and so on.',
    });
  const named = possible.find((layout) => bookRoles[layout].some(mapped));
  return named ?? possible.find((layout) => bookRoles[layout].every(has)) ?? possible[0]!;
}

/** The name of a column that a role has when the mapping is silent. */
function usualName(relation: Relation, role: Role): string {
  if (role !== 'id') return role;
  return columnOf(relation, 'trade_id') === undefined && columnOf(relation, 'id') !== undefined
    ? 'id'
    : 'trade_id';
}

function columnOf(relation: Relation, name: string) {
  return relation.columns.find((one) => one.name === name);
}

function nameIn(place: SidePlace): string {
  if ('sql' in place) return '';
  return 'sign' in place ? place.sign : place.column;
}

function columnValue(relation: Relation, place: SidePlace): Value {
  const name = nameIn(place);
  const { type } = columnOf(relation, name)!;
  if (!('sign' in place)) return { sql: column(name), type, column: name };
  return { sql: `sign(${column(name)})::smallint`, type: { kind: 'integer', name: 'smallint' } };
}

/** The values of the places that are SQL: checked by their letters, then described by the server. */
async function describedExpressions(
  session: Session,
  target: Target,
  places: readonly Place[],
): Promise<Values> {
  const checked = places.flatMap(([role, place]) => {
    if (!('sql' in place)) return [];
    const where = placeName(target, role);
    return [{ role, where, ...checkExpression(place.sql, where) }];
  });
  const functions = checked.flatMap(({ functions: names, where }) => names.map((name) => ({ name, where })));
  await refuseVolatile(session, functions);
  const types = await typesOf(session, target.table, checked);
  return Object.fromEntries(checked.map(({ role, sql }, i) => [role, { sql, type: types[i]! }]));
}

function placeName({ stream }: Target, role: string): string {
  return role === 'symbol' || role === 'where' ? `${stream}.${role}` : `${stream}.columns.${role}`;
}

/** A column that the mapping names is a mistake of the mapping; one that it does not name, of the table. */
function missingColumns(target: Target, missing: readonly Place[]): HybridError {
  const { mapping, relation } = target;
  const names = relation.columns.map(({ name }) => name);
  const table = nameOfTable(mapping.table ?? relation);
  const wrong = missing.find(([role]) =>
    role === 'symbol' ? mapping.symbol : mapping.columns[role as Role],
  );
  if (wrong !== undefined) {
    const [role, place] = wrong;
    const where = placeName(target, role);
    return configError(where, `a column of ${table}`, nameIn(place), { hint: suggest(nameIn(place), names) });
  }
  const wanted = missing.map(([, place]) => nameIn(place)).join(', ');
  const noun = missing.length === 1 ? 'column' : 'columns';
  return databaseError(`table ${table}: expected ${noun} ${wanted}, got ${names.join(', ')}`, undefined, {
    hint: `Say in hybrid.config.json which columns they are ("${placeName(target, missing[0]![0])}"); \`hybrid init\` proposes it.`,
  });
}

/** The unit of a numeric ts: as the mapping says, or by the magnitude of one value (indicators.md §3). */
async function timeUnitOf(session: Session, { mapping, table }: Target, ts: Value): Promise<TimeUnit> {
  if (mapping.timeUnit !== undefined) return mapping.timeUnit;
  if (!['integer', 'decimal', 'double'].includes(ts.type.kind)) return 'us';
  const [row] = await session.query<{ ts: number }>(
    'unit of ts',
    `SELECT ${ts.sql}::float8 AS ts FROM ${table} AS t WHERE ${ts.sql} IS NOT NULL LIMIT 1`,
  );
  const magnitude = Math.abs(row?.ts ?? 0);
  if (magnitude < 1e11) return 's';
  if (magnitude < 1e14) return 'ms';
  return magnitude < 1e17 ? 'us' : 'ns';
}

/** The server plans the whole query, as one statement, without running it. */
async function verify(session: Session, source: Source): Promise<void> {
  const text = `EXPLAIN ${selectRows(source, 'symbol', { from: 0, to: 1 })}`;
  try {
    await session.client.query({ text, queryMode: 'extended' } as pg.QueryConfig);
  } catch (error) {
    throw queryFault(`mapping of ${source.stream}`, error);
  }
}
