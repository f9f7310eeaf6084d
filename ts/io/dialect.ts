/** How the rows of a raw file read: recognised by its first lines, by a preset's name or by a mapping. */
import type { StreamMapping } from '../config/mapping.js';
import { nearest } from '../config/nearest.js';
import { type Preset, presetTable } from '../config/presets.js';
import type { Stream } from './raw.js';

/** What a file is, settled before its first row. */
export interface Dialect {
  stream: Stream;
  /** `canonical`, `mapping` or the name of a preset. */
  preset: string;
  /** For the kernel's readers; see `tick::dialect`. */
  text: string;
  /** Bytes and lines before the first row. */
  skipBytes: number;
  skipLines: number;
  /** Where a row says whose it is; undefined where the whole file is of one symbol. */
  symbols: SymbolColumn | undefined;
  /** Of which symbols quantities stay numbers of contracts, since no multiplier is given. */
  contracts: RegExp | undefined;
}

/** A column of a delimited file, or a key of JSON lines. */
export type SymbolColumn = { column: number; delimiter: number } | { key: string };

/** What a person asked for about the files of a stream. */
export interface Wishes {
  /** The name of a preset; undefined: recognise it. */
  preset?: string | undefined;
  mapping?: StreamMapping | undefined;
  timeColumn: 'exchange' | 'local';
  /** The symbol that the file's name says, if it says one. */
  symbolHint?: string | undefined;
}

/** Why a file is not of a stream. */
export interface Unknown {
  /** The first line, shortened. */
  got: string;
  /** The preset that it is nearest to, and the columns that it lacks for it. */
  nearest: string | undefined;
  lacks: string[];
  /** Of a known format of which no stream can be made: its name and the reason. */
  useless?: Useless | undefined;
  /** A column that is needed and that the header names more than once. */
  twice?: string | undefined;
  /** It would be known, were not another preset asked for. */
  unwanted?: boolean;
}

/** A format that says too little. */
export interface Useless {
  name: string;
  columns: readonly string[];
  why: string;
}

/** Known formats that no stream can be made of. */
const uselessFormats: readonly Useless[] = [
  {
    name: 'hyperliquid_liquidations',
    columns: ['time', 'user', 'liquidated_ntl_pos', 'liquidated_account_value', 'leverage_type'],
    why: 'its rows name no market, no side and no price',
  },
];

/** The useless format of this name. */
export function uselessNamed(name: string): Useless | undefined {
  return uselessFormats.find((format) => format.name === name);
}

const canonicalNames: Readonly<Record<Stream, readonly string[]>> = {
  trades: ['ts', 'trade_id', 'price', 'qty', 'side'],
  depth: ['ts', 'seq', 'bid_px', 'bid_qty', 'ask_px', 'ask_qty'],
  liquidations: ['ts', 'seq', 'pos', 'price', 'qty'],
};

/** The canonical schema in any order and with other columns between; ids may be lacking. */
const canonicalPresets: Readonly<Record<Stream, Preset>> = {
  trades: {
    header: 'ts,trade_id?,price,qty,side',
    means: { ts: 'ts', trade_id: 'trade_id?', price: 'price', qty: 'qty', side: 'side' },
    words: { side: { '1': 1, '-1': -1, '0': 0, '+1': 1 } },
    source: 'hybrid export',
  },
  depth: {
    header: 'ts,seq?,bid_px,bid_qty,ask_px,ask_qty',
    means: {
      ts: 'ts',
      seq: 'seq?',
      bid_px: 'bid_px',
      bid_qty: 'bid_qty',
      ask_px: 'ask_px',
      ask_qty: 'ask_qty',
    },
    source: 'hybrid export',
  },
  liquidations: {
    header: 'ts,seq?,pos,price,qty',
    means: { ts: 'ts', seq: 'seq?', pos: 'pos', price: 'price', qty: 'qty' },
    words: { pos: { '1': 1, '-1': -1 } },
    source: 'hybrid export',
  },
};

interface Head {
  /** The line of the header, or of the first row where there is none. */
  line: string;
  fields: string[];
  delimiter: string;
  kind: 'header' | 'bare' | 'json';
  /** Bytes and lines before that line, and the line itself. */
  before: { bytes: number; lines: number };
  own: { bytes: number };
}

/** The dialect of a file by its first bytes, whole lines of them; or why it is none of this stream. */
export function recognise(stream: Stream, bytes: Uint8Array, wishes: Wishes): Dialect | Unknown {
  const head = readHead(bytes);
  if (isCanonical(stream, head) && wishes.preset === undefined && noMapping(wishes.mapping))
    return canonicalDialect(stream, head);
  const found = choose(stream, head, wishes);
  if ('lacks' in found) return found;
  return dialectOf(stream, found.name, found.preset, head, wishes);
}

/** How specific the recognised format is: the more columns it asks for, the less likely it is by chance. */
export function specificity(dialect: Dialect): number {
  if (dialect.preset === 'canonical') return 100;
  const preset = presetTable[dialect.stream][dialect.preset];
  if (preset === undefined) return 50;
  return preset.line === undefined ? preset.header.split(',').length : 20;
}

function noMapping(mapping: StreamMapping | undefined): boolean {
  if (mapping === undefined) return true;
  const { columns, ...others } = mapping;
  return Object.keys(columns).length === 0 && Object.keys(others).every((key) => key === 'dedup');
}

function isCanonical(stream: Stream, head: Head): boolean {
  return head.kind === 'header' && head.fields.join(',') === canonicalNames[stream].join(',');
}

function canonicalDialect(stream: Stream, { before, own }: Head): Dialect {
  return {
    stream,
    preset: 'canonical',
    text: 'canonical',
    skipBytes: before.bytes + own.bytes,
    skipLines: before.lines + 1,
    symbols: undefined,
    contracts: undefined,
  };
}

// ---------------------------------------------------------------- the first lines

/** Comments (`#`) and blank lines may stand before the header. */
function readHead(bytes: Uint8Array): Head {
  const text = Buffer.from(bytes).toString('latin1');
  const bom = text.startsWith('\xef\xbb\xbf') ? 3 : 0;
  let [at, lines] = [bom, 0];
  for (;;) {
    const end = text.indexOf('\n', at);
    const next = end < 0 ? text.length : end + 1;
    const raw = text.slice(at, next);
    const line = Buffer.from(raw.replace(/\r?\n$/, ''), 'latin1').toString('utf8');
    if (next < text.length && (line.startsWith('#') || line.trim() === '')) {
      [at, lines] = [next, lines + 1];
      continue;
    }
    const delimiter = delimiterOf(line);
    const fields = splitFields(line, delimiter);
    return {
      line,
      fields,
      delimiter,
      kind: kindOf(line, fields),
      before: { bytes: at, lines },
      own: { bytes: next - at },
    };
  }
}

function delimiterOf(line: string): string {
  const counts = [',', ';', '\t', '|'].map((c) => [c, line.split(c).length] as const);
  return counts.reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

function splitFields(line: string, delimiter: string): string[] {
  return line.split(delimiter).map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
}

function kindOf(line: string, fields: readonly string[]): Head['kind'] {
  if (/^\s*[[{]/.test(line)) return 'json';
  return isRow(fields) ? 'bare' : 'header';
}

/** A header names things; a row without header has numbers, truths and dates only. */
export function isRow(fields: readonly string[]): boolean {
  return fields.length > 1 && fields.every(isValue);
}

function isValue(field: string): boolean {
  return /^([-+]?[\d.]+(e[-+]?\d+)?|true|false|\d{4}-\d\d-\d\d.*)$/i.test(field);
}

/** Where the second line begins, if the first one is rather a damaged row than a header: half of it are values. */
export function behindDamagedRow(bytes: Uint8Array): number | undefined {
  const { line, fields, before, own } = readHead(bytes);
  const values = fields.filter(isValue).length;
  const damaged = line !== '' && before.lines === 0 && 2 * values >= fields.length;
  return damaged && own.bytes < bytes.length ? before.bytes + own.bytes : undefined;
}

// ---------------------------------------------------------------- the choice

type Chosen = { name: string; preset: Preset };

function choose(stream: Stream, head: Head, wishes: Wishes): Chosen | Unknown {
  const table = { canonical: canonicalPresets[stream], ...presetTable[stream] };
  const name = wishes.preset ?? wishes.mapping?.preset;
  const mapped = Object.keys(wishes.mapping?.columns ?? {}).length > 0;
  if (name !== undefined) {
    const preset = table[name as keyof typeof table];
    if (preset === undefined) return unknown(stream, head);
    const lacks = mapped ? [] : lacking(preset, head);
    return lacks.length === 0 ? { name, preset } : { got: shown(head.line), nearest: name, lacks };
  }
  const fitting = (Object.entries(table) as [string, Preset][]).filter(
    ([, preset]) => fits(preset, head) && (preset.symbols?.test(wishes.symbolHint ?? '') ?? true),
  );
  // Of two with the same columns the one that asks for the symbol.
  const width = ([, preset]: [string, Preset]) =>
    preset.header.split(',').length + (preset.symbols ? 0.5 : 0);
  const best = fitting.sort((a, b) => width(b) - width(a))[0];
  if (best !== undefined) return { name: best[0], preset: best[1] };
  if (mapped && head.kind === 'header')
    return { name: 'mapping', preset: { header: '', means: {}, source: '' } };
  return unknown(stream, head);
}

function fits(preset: Preset, head: Head): boolean {
  if (head.kind === 'json') return preset.line?.test(head.line) ?? false;
  if (preset.line !== undefined) return false;
  return head.kind === 'bare' ? bareFits(preset, head.fields) : lacking(preset, head).length === 0;
}

function bareFits({ bare }: Preset, fields: readonly string[]): boolean {
  const truths = fields.map((field) => (/^(true|false)$/i.test(field) ? 'b' : '.')).join('');
  return bare === truths;
}

/** The columns of a preset that a file does not have; of a file without header, those beyond its fields. */
function lacking(preset: Preset, head: Head): string[] {
  if (preset.line !== undefined || head.kind === 'json')
    return preset.line?.test(head.line) ? [] : ['JSON lines'];
  const wanted = preset.header.split(',');
  if (head.kind === 'bare') {
    const least = wanted.filter((column) => !column.endsWith('?')).length;
    const enough = head.fields.length >= least && head.fields.length <= wanted.length;
    return enough ? [] : [`a header, or ${least} fields a row`];
  }
  return wanted.filter((column) => !column.includes('?') && find(column, head) < 0);
}

/** The place of the first of `a|b` that the file has; -1 for none. */
function find(names: string, head: Head): number {
  const at = names.split('|').map((name) => head.fields.indexOf(name.replace('?', '')));
  return at.find((index) => index >= 0) ?? -1;
}

/** The preset of the stream that lacks the smallest part of its columns. */
function unknown(stream: Stream, head: Head): Unknown {
  const ranked = Object.entries({ canonical: canonicalPresets[stream], ...presetTable[stream] })
    .filter(([, preset]) => preset.line === undefined)
    .map(([name, preset]) => {
      const lacks = lacking(preset, head);
      return { name, lacks, part: lacks.length / preset.header.split(',').length };
    })
    .sort((a, b) => a.part - b.part);
  const best = ranked[0];
  const near = best !== undefined && best.part < 1 ? best : undefined;
  const useless = uselessFormats.find(({ columns }) => columns.every((name) => head.fields.includes(name)));
  return { got: shown(head.line), nearest: near?.name, lacks: near?.lacks ?? [], useless };
}

function shown(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters must not reach a terminal.
  const plain = line.replace(/[\x00-\x1f]/g, '?');
  return plain.length > 80 ? `${plain.slice(0, 80)}…` : plain;
}

// ---------------------------------------------------------------- the text for the kernel

function dialectOf(
  stream: Stream,
  name: string,
  preset: Preset,
  head: Head,
  wishes: Wishes,
): Dialect | Unknown {
  const { mapping } = wishes;
  // A file without header has the preset's columns in its order.
  const bareNames = preset.header.split(',').map((column) => column.split('|')[0]!.replace('?', ''));
  const named: Head = head.kind === 'bare' ? { ...head, fields: bareNames } : head;
  const means = { ...preset.means, ...mappedMeans(stream, mapping) };
  const local = wishes.timeColumn === 'local' || mapping?.timeColumn === 'local';
  if (local) means.ts = preset.local ?? means.ts ?? '';
  if (local && head.kind !== 'json' && (preset.local === undefined || find(preset.local, named) < 0))
    return { got: shown(head.line), nearest: name, lacks: ['a column of the time of arrival'] };
  const columns = columnsOf(means, named);
  if ('lacks' in columns) return { ...columns, got: shown(head.line), nearest: name };
  const symbols = symbolColumn(preset, mapping, named);
  const twice = namedTwice(head, columns.found, symbols);
  if (twice !== undefined) return { got: shown(head.line), nearest: name, lacks: [], twice };
  const statements = [
    ...(layoutOf(stream, preset, mapping) ? [['layout', layoutOf(stream, preset, mapping)]] : []),
    ['delimiter', head.delimiter.charCodeAt(0)],
    ['fields', head.kind === 'json' ? 0 : head.fields.length],
    ...columns.found,
    ['time', mapping?.timeUnit ?? (name === 'canonical' ? 'us' : 'auto')],
    ...wordsOf(stream, preset, mapping),
    ...(mapping?.qtyMultiplier === undefined ? [] : [['multiplier', mapping.qtyMultiplier]]),
    ...(mapping?.maxLevels === undefined ? [] : [['levels', mapping.maxLevels]]),
    ...onlyOf(preset, named),
    ...checksOf(preset, named, columns.found),
  ];
  const bare = head.kind !== 'header';
  return {
    stream,
    preset: name,
    text: statements.map((parts) => parts.map(oneWord).join('\t')).join('\n'),
    skipBytes: head.before.bytes + (bare ? 0 : head.own.bytes),
    skipLines: head.before.lines + (bare ? 0 : 1),
    symbols,
    contracts: mapping?.qtyMultiplier === undefined ? preset.contracts : undefined,
  };
}

/** A column that counts and of which the header has two: which one holds the values, nobody can tell. */
function namedTwice(
  { kind, fields }: Head,
  found: readonly Statement[],
  symbols: SymbolColumn | undefined,
): string | undefined {
  if (kind !== 'header') return undefined;
  const used = [
    ...found.map(([, , at]) => at),
    symbols !== undefined && 'column' in symbols ? symbols.column : -1,
  ];
  return fields.find((name, i) => used.includes(i) && fields.lastIndexOf(name) !== i);
}

/** Names of columns come from a file: nothing in them may end a statement. */
function oneWord(part: string | number | undefined): string {
  return String(part).replace(/[\t\r\n]/g, ' ');
}

type Statement = readonly (string | number | undefined)[];

/** Meanings of the mapping by the names that the kernel has for them. */
function mappedMeans(stream: Stream, mapping: StreamMapping | undefined): Record<string, string> {
  const renamed: Record<string, string> = {
    id: 'trade_id',
    is_snapshot: 'kind',
    percentage: 'price',
    depth: 'qty',
    ...(stream === 'liquidations' && { side: 'pos' }),
  };
  const entries = Object.entries(mapping?.columns ?? {}).flatMap(([role, place]) =>
    place !== null && place !== undefined && 'column' in place ? [[renamed[role] ?? role, place.column]] : [],
  );
  return Object.fromEntries(entries);
}

/** The columns that were found; or the meanings' columns that are not there. */
function columnsOf(
  means: Readonly<Record<string, string>>,
  head: Head,
): { found: Statement[] } | { lacks: string[] } {
  const [found, lacks]: [Statement[], string[]] = [[], []];
  if (head.kind === 'json') {
    // The words of a position are the sign that a message may name it.
    return { found: 'position' in means ? [['column', 'position', 0, 'posSide']] : [] };
  }
  for (const [meaning, names] of Object.entries(means)) {
    if (meaning.endsWith('.*')) {
      found.push(...levelColumns(meaning.slice(0, -2), names, head));
      continue;
    }
    const at = find(names, head);
    if (at >= 0) found.push(['column', meaning, at, head.fields[at]]);
    else if (!names.includes('?')) lacks.push(names);
  }
  return lacks.length > 0 ? { lacks } : { found };
}

function levelColumns(meaning: string, names: string, head: Head): Statement[] {
  const columns: Statement[] = [];
  for (let level = 0; ; level++) {
    const at = find(names.replace('*', String(level)), head);
    if (at < 0) return columns;
    columns.push(['column', `${meaning}.${level}`, at, head.fields[at]]);
  }
}

function symbolColumn(
  preset: Preset,
  mapping: StreamMapping | undefined,
  head: Head,
): SymbolColumn | undefined {
  const mapped = mapping?.symbol;
  const name = mapped !== undefined && 'column' in mapped ? mapped.column : preset.symbol;
  if (name === undefined || (mapped !== undefined && 'value' in mapped)) return undefined;
  if (head.kind === 'json') return { key: name };
  const column = find(name, head);
  return column < 0 ? undefined : { column, delimiter: head.delimiter.charCodeAt(0) };
}

function layoutOf(stream: Stream, preset: Preset, mapping: StreamMapping | undefined): string | undefined {
  if (stream !== 'depth' || mapping === undefined) return preset.layout;
  const { columns, layouts } = mapping;
  if (preset.layout !== undefined && Object.keys(columns).length === 0) return preset.layout;
  if (layouts?.length === 1) return layouts[0];
  if (columns.bids !== undefined) return 'json';
  if (columns.percentage !== undefined) return 'bands';
  if (columns.is_snapshot !== undefined) return 'incremental';
  return columns.price === undefined ? preset.layout : 'long';
}

const sides = { buy: 1, sell: -1, unknown: 0, b: 1, s: -1, bid: 1, ask: -1, '1': 1, '-1': -1, '0': 0 };
const levelSides = { bid: 1, ask: -1, b: 1, a: -1, buy: 1, sell: -1, '1': 1, '-1': -1 };
const truths = { true: 1, false: 0, '1': 1, '0': 0, t: 1, f: 0, '': 0 };

/** Of equal words the first counts: those of the mapping stand before the usual ones. */
function wordsOf(stream: Stream, preset: Preset, mapping: StreamMapping | undefined): Statement[] {
  const said = Object.entries(preset.words ?? {});
  const words = said.flatMap(([meaning, texts]) => statementsOf(meaning, texts));
  if (stream === 'liquidations') return [...words, ...positionWords(preset, mapping)];
  const own = statementsOf('side', mapping?.sideMap ?? {});
  // A file of our own form has numbers for sides; one that needs a map may have any words.
  const known = preset.words?.side && !(own.length > 0 && preset === canonicalPresets[stream]);
  const usual = known ? {} : stream === 'depth' ? levelSides : sides;
  const kind = stream === 'depth' && preset.words?.kind === undefined ? statementsOf('kind', truths) : [];
  return [...own, ...words, ...statementsOf('side', usual), ...kind];
}

function statementsOf(meaning: string, texts: Readonly<Record<string, number>>): Statement[] {
  return Object.entries(texts).map(([text, value]) => ['word', meaning, text, value]);
}

/** Which position was closed: a long by an order to sell; some venues name the position's own side. */
function positionWords(preset: Preset, mapping: StreamMapping | undefined): Statement[] {
  const named = statementsOf('position', { long: 1, short: -1 });
  if (preset.words?.pos !== undefined) return named;
  const own = statementsOf('pos', mapping?.sideMap ?? {});
  if (mapping?.columns.pos != null)
    return [...named, ...own, ...statementsOf('pos', { '1': 1, '-1': -1, long: 1, short: -1 })];
  const sides = [...own, ...statementsOf('pos', { buy: 1, sell: -1, bid: 1, ask: -1 })];
  const sign = (mapping?.liqSide ?? preset.liqSide ?? 'order') === 'position' ? 1 : -1;
  return [...named, ...sides.map(([word, of, text, side]) => [word, of, text, sign * Number(side)])];
}

function onlyOf({ only = {} }: Preset, head: Head): Statement[] {
  return Object.entries(only).flatMap(([name, texts]) => {
    const column = find(name, head);
    return column < 0 ? [] : texts.map((text) => ['only', column, text]);
  });
}

function checksOf({ checks = [] }: Preset, head: Head, found: readonly Statement[]): Statement[] {
  const ts = found.find(([, meaning]) => meaning === 'ts')?.[2];
  return checks.flatMap((name) => {
    const column = find(name, head);
    return column < 0 || column === ts ? [] : [['check', column, name]];
  });
}

/** What to say about a file that is none of its stream. */
export function unknownMessage(
  stream: Stream,
  { got, nearest: near, lacks, useless, twice }: Unknown,
): { message: string; hint: string } {
  if (twice !== undefined) {
    const message = `header: expected each column of ${stream} once, got "${twice}" twice`;
    return { message, hint: 'Rename the one that does not count.' };
  }
  if (useless !== undefined) {
    const message = `header: expected the columns of ${stream}, got ${useless.name}: ${useless.why}`;
    return { message, hint: 'Move the file out of the folder: no stream can be made of it.' };
  }
  const wanted = canonicalNames[stream].join(',');
  const known = Object.keys(presetTable[stream]).join(', ');
  return {
    message: `header: expected "${wanted}" or the columns of a preset, got "${got}"`,
    hint:
      near === undefined
        ? `Name the columns under "${stream}" in hybrid.config.json; presets are ${known}.`
        : `The nearest preset is ${near}; it lacks ${lacks.join(', ')}. Name the columns under "${stream}" in hybrid.config.json, or a preset with --preset.`,
  };
}

/** The streams that have a preset of this name. */
export function streamsOfPreset(name: string): Stream[] {
  return (Object.keys(presetTable) as Stream[]).filter((stream) => Object.hasOwn(presetTable[stream], name));
}

/** The preset that was meant by a misspelt name. */
export function nearestPreset(name: string): string | undefined {
  return nearest(name, Object.values(presetTable).flatMap(Object.keys));
}
