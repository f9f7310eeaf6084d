/**
 * The mapping of a stream in hybrid.config.json: how a table or a file that is not in hybrid's own form says what
 * hybrid needs. One grammar for both; a mapping with `table` describes a table (files are then recognised by their
 * headers), one without describes tables and files alike.
 */
import { configError, Entry } from './entry.js';
import { presetTable } from './presets.js';

export type StreamName = 'trades' | 'depth' | 'liquidations';

/** Where a value comes from: a column by name, or an SQL expression over the table. */
export type Place = { readonly column: string } | { readonly sql: string };
/** The sign of a quantity that is negative for sells. */
export type SidePlace = Place | { readonly sign: string };
/** A table or file of one symbol says it itself. */
export type SymbolPlace = Place | { readonly value: string };

/** What a column means, by stream; the canonical columns of the CSV and those they can be derived from. */
export const roles = {
  trades: ['ts', 'id', 'price', 'qty', 'side'],
  depth: [
    ...['ts', 'seq', 'bid_px', 'bid_qty', 'ask_px', 'ask_qty', 'bids', 'asks'],
    ...['side', 'price', 'qty', 'is_snapshot', 'percentage', 'depth', 'notional'],
  ],
  liquidations: ['ts', 'seq', 'pos', 'side', 'price', 'qty'],
} as const satisfies Readonly<Record<StreamName, readonly string[]>>;
export type Role = (typeof roles)[StreamName][number];

/** Roles that a source may lack; `null` says so. */
const optionalRoles: readonly string[] = ['id', 'seq', 'side', 'is_snapshot'];

/** Named formats of files (indicators.md §3); `auto` recognises them by their header. */
export const presets: Readonly<Record<StreamName, readonly string[]>> = {
  trades: Object.keys(presetTable.trades),
  depth: Object.keys(presetTable.depth),
  liquidations: Object.keys(presetTable.liquidations),
};

export const layouts = ['json', 'wide', 'long', 'arrays', 'incremental', 'bands'] as const;
export type Layout = (typeof layouts)[number];
export type MappedTimeUnit = 's' | 'ms' | 'us' | 'ns';
export type Sign = -1 | 0 | 1;

/** A checked mapping; what is undefined is to be recognised (or is the default that the comment names). */
export interface StreamMapping {
  /** Quoted by whoever makes SQL of it. The stream's own name when not given. */
  readonly table?: { readonly schema?: string; readonly name: string };
  /** A further condition on the table's rows, as SQL. */
  readonly where?: string;
  readonly symbol?: SymbolPlace;
  readonly columns: Readonly<Partial<Record<Role, SidePlace | null>>>;
  readonly preset?: string;
  /** Of depth: the forms that are possible. */
  readonly layouts?: readonly Layout[];
  readonly timeUnit?: MappedTimeUnit;
  /** Which of two stamps a file has: of the exchange (default) or of arrival. */
  readonly timeColumn?: 'exchange' | 'local';
  /** Text of a side → 1 buy or bid, -1 sell or ask, 0 unknown. */
  readonly sideMap?: Readonly<Record<string, Sign>>;
  /** A positive decimal number as text: what one unit of qty is in the base currency. */
  readonly qtyMultiplier?: string;
  /** Of trades `id` or `none`, of liquidations `exact` or `none`. */
  readonly dedup?: 'id' | 'exact' | 'none';
  /** Levels of each side of a book that are kept. */
  readonly maxLevels?: number;
  /** What the side of a liquidation is the side of: the order that closes it (default), or the position. */
  readonly liqSide?: 'order' | 'position';
}

/** Checks a stream's mapping. Errors: E_CONFIG with the place, and the nearest known name of a misspelt one. */
export function readMapping(stream: StreamName, value: unknown, where: string): StreamMapping {
  const given = new Entry(value, where).object();
  const readers = readersOf(stream);
  const mapping: Record<string, unknown> = { columns: {} };
  for (const [key, entry] of given) {
    if (!Object.hasOwn(readers, key)) throw entry.unknownKey(Object.keys(readers));
    const reader = readers[key]!;
    const read = entry.isNull ? undefined : reader.read(entry);
    if (read !== undefined) mapping[reader.as] = read;
  }
  const checked = mapping as unknown as StreamMapping;
  if (checked.table === undefined) refuseSql(checked, where);
  else if (checked.preset !== undefined)
    throw configError(`${where}.preset`, 'none beside "table", which describes no file', checked.preset, {
      hint: 'Remove "preset", or "table" if the mapping is for files.',
    });
  return checked;
}

/** The mapping as prepare applies it to files; undefined: recognise them by their headers. */
export function mappingOfFiles(mapping: StreamMapping | undefined): StreamMapping | undefined {
  return mapping?.table === undefined ? mapping : undefined;
}

interface Reader {
  as: keyof StreamMapping;
  read(entry: Entry): unknown;
}

/** The keys of a stream's mapping. */
function readersOf(stream: StreamName): Readonly<Record<string, Reader>> {
  const common: Record<string, Reader> = {
    table: { as: 'table', read: tableName },
    where: { as: 'where', read: (entry) => entry.text('an SQL condition') },
    symbol: { as: 'symbol', read: symbolPlace },
    columns: { as: 'columns', read: (entry) => readColumns(stream, entry) },
    preset: { as: 'preset', read: (entry) => automatic(entry, presets[stream]) },
    time_unit: { as: 'timeUnit', read: (entry) => automatic(entry, ['s', 'ms', 'us', 'ns']) },
    time_column: { as: 'timeColumn', read: (entry) => entry.choice(['exchange', 'local']) },
    side_map: { as: 'sideMap', read: readSideMap },
    qty_multiplier: { as: 'qtyMultiplier', read: positiveDecimal },
  };
  if (stream === 'trades')
    return { ...common, dedup: { as: 'dedup', read: (e) => e.choice(['id', 'none']) } };
  if (stream === 'liquidations')
    return {
      ...common,
      dedup: { as: 'dedup', read: (e) => e.choice(['exact', 'none']) },
      liq_side: { as: 'liqSide', read: (e) => e.choice(['order', 'position']) },
    };
  return {
    ...common,
    layout: { as: 'layouts', read: readLayouts },
    max_levels: { as: 'maxLevels', read: (e) => e.integer(1, 100_000) },
  };
}

/** `name` or `schema.name`; a part with a dot, or a quote, in double quotes as in SQL. */
function tableName(entry: Entry): StreamMapping['table'] {
  const text = entry.text('a table');
  const parts = /^(?:("(?:[^"]|"")+"|[^".]+)\.)?("(?:[^"]|"")+"|[^".]+)$/.exec(text);
  if (parts === null) throw entry.wrong('name, schema.name or "schema"."name"');
  const plain = (part: string) => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part);
  const [, schema, name] = parts;
  return { ...(schema === undefined ? {} : { schema: plain(schema) }), name: plain(name!) };
}

function symbolPlace(entry: Entry): SymbolPlace {
  return entry.isText ? { column: entry.text('a column') } : entry.only(['sql', 'value']);
}

function readColumns(stream: StreamName, entry: Entry): StreamMapping['columns'] {
  const columns: Partial<Record<string, SidePlace | null>> = {};
  for (const [written, column] of entry.object()) {
    const role = written === 'trade_id' ? 'id' : written;
    if (!(roles[stream] as readonly string[]).includes(role)) throw column.unknownKey(roles[stream]);
    if (role in columns) throw column.wrong(`one column for ${role}`);
    columns[role] = columnPlace(role, column);
  }
  return columns as StreamMapping['columns'];
}

function columnPlace(role: string, entry: Entry): SidePlace | null {
  if (entry.isNull && optionalRoles.includes(role)) return null;
  if (entry.isText) return { column: entry.text('a column') };
  return entry.only<SidePlace>(role === 'side' ? ['sql', 'sign'] : ['sql']);
}

function automatic(entry: Entry, names: readonly string[]): string | undefined {
  const name = entry.choice(['auto', ...names]);
  return name === 'auto' ? undefined : name;
}

/** One layout, or those that are possible: `json|arrays`. */
function readLayouts(entry: Entry): Layout[] {
  const names = entry.text('a layout').split('|');
  for (const name of names)
    if (!(layouts as readonly string[]).includes(name))
      throw entry.wrong(`one of ${layouts.join(', ')}`, name, layouts);
  return names as Layout[];
}

function readSideMap(entry: Entry): Record<string, Sign> {
  const map: [string, Sign][] = [];
  for (const [text, side] of entry.object()) {
    if (text.includes('\0')) throw side.wrong('text without NUL');
    map.push([text, side.sign()]);
  }
  if (map.length === 0) throw entry.wrong('at least one side');
  return Object.fromEntries(map);
}

function positiveDecimal(entry: Entry): string | undefined {
  const text = entry.number();
  return Number(text) === 1 ? undefined : text;
}

/** SQL means nothing in a file: a mapping for both must do with names. */
function refuseSql({ where: condition, symbol, columns }: StreamMapping, where: string): void {
  const hint = 'Name the "table" that the SQL is for, or use the name of a column.';
  const sql = Object.entries({ ...columns, symbol }).find(([, place]) => place != null && 'sql' in place);
  const at = sql?.[0] === 'symbol' ? 'symbol' : `columns.${sql?.[0]}`;
  if (sql !== undefined)
    throw configError(`${where}.${at}`, 'the name of a column in a mapping without "table"', 'SQL', { hint });
  if (condition !== undefined)
    throw configError(`${where}.where`, 'no SQL in a mapping without "table"', condition, { hint });
}
