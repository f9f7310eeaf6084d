/**
 * Which symbols a raw folder has, and the files of each of their streams.
 *
 * A stream is a list of {@link CsvFile}s in the order of their content (first stamp, then name); each knows how its
 * rows read ({@link CsvFile.dialect}) and how many lines stand before them. Whoever reads a stream reads the files one
 * after the other (`throughPool`, `allBlocks`) and must not care which of them a row is of.
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { StreamMapping } from '../../config/mapping.js';
import { suggest } from '../../config/nearest.js';
import { HybridError } from '../../error.js';
import { type CsvFile, csvFile, openRaw, type RawFile, readRange } from '../../io/csv.js';
import {
  type Dialect,
  nearestPreset,
  recognise,
  specificity,
  streamsOfPreset,
  type Unknown,
  unknownMessage,
  uselessNamed,
} from '../../io/dialect.js';
import { fileNameOf, type Stream, streams, symbolOf } from '../../io/raw.js';
import type { Kernels } from '../../kernels/load.js';
import { distinctTexts, firstStamp } from '../../kernels/ticks.js';
import type { StreamFiles } from './run.js';

/** The files of one symbol; a stream without a file is absent, which is not the same as quiet. */
export interface SymbolInputs {
  symbol: string;
  trades: StreamFiles;
  depth?: StreamFiles;
  liquidations?: StreamFiles;
}

export interface Found {
  inputs: SymbolInputs[];
  /** What a person should know: files that nothing reads, quantities in contracts. */
  notes: string[];
}

/** Where to look, and what was said about the files there. */
export interface Search {
  folder: string;
  /** undefined: all that the folder has. */
  symbols: readonly string[] | undefined;
  /** Names of presets; a stream of which none is named has its format recognised. */
  presets: readonly string[];
  mappings: Readonly<Partial<Record<Stream, StreamMapping>>>;
  timeColumn: 'exchange' | 'local';
}

/**
 * The symbols of the folder and its subfolders, or those asked for, in their order (the folder's by name).
 * Errors: E_INPUT without the folder, without trades of a symbol, with a file twice, with files of two formats for
 * one stream, with a file that is named as ours and has unknown columns; E_USAGE for an unknown preset.
 */
export async function findInputs(kernels: Kernels, search: Search): Promise<Found> {
  const wanted = presetsByStream(search.presets);
  const paths = await list(search.folder);
  refuseTwins(paths);
  const [pieces, notes, unknowns]: [Piece[], string[], [RawFile, Unknown][]] = [[], [], []];
  for (const path of paths) {
    if (isOfOther(path, search.symbols)) continue;
    for (const raw of await openRaw(path)) {
      const found = await piecesOf(kernels, search, wanted, raw);
      if ('lacks' in found) unknowns.push([raw, found]);
      else pieces.push(...found);
    }
  }
  if (pieces.length === 0 && unknowns.length > 0) throw unreadable(search, ...unknowns[0]!);
  notes.push(...unknowns.map(([{ path }, unknown]) => `${path}: left out, ${leftOutFor(unknown)}`));
  const groups = group(pieces);
  const symbols = chosen(search, groups);
  notes.push(...contractNotes(pieces, symbols), ...bandNotes(pieces, symbols));
  const orphans =
    search.symbols === undefined ? [...groups.keys()].filter((s) => !groups.get(s)!.trades) : [];
  notes.push(...orphans.map((symbol) => `${symbol}: no file of trades, left out`));
  const inputs = symbols.map((symbol) => {
    const streams = groups.get(symbol);
    if (streams?.trades === undefined) throw withoutTrades(search.folder, symbol, tradedIn(paths, groups));
    return inputsOf(kernels, symbol, { ...streams, trades: streams.trades });
  });
  return { inputs, notes };
}

function leftOutFor({ got, useless }: Unknown): string {
  return useless === undefined ? `its columns are unknown: ${got}` : `${useless.name}: ${useless.why}`;
}

// ---------------------------------------------------------------- the files of the folder

/** What may hold rows, by its name; compressed or not. */
const rawNames = /\.(csv|txt|json|jsonl|ndjson|data|zip)(\.(gz|zst))?$/i;
const foreign = /(^\.|\.manifest\.json$|\.partial$|\.checksum$)/i;
const deepest = 5;

async function list(folder: string): Promise<string[]> {
  try {
    return (await walk(folder, 0)).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw HybridError.from(error);
    const said = code === 'ENOTDIR' ? 'expected a folder, got a file' : 'no such folder';
    throw new HybridError('E_INPUT', `${folder}: ${said}`, {
      hint: 'Run `hybrid export` first, or name the folder with --raw.',
      cause: error,
    });
  }
}

async function walk(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter(({ name }) => !foreign.test(name))
      .map(async (entry) => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return depth < deepest ? walk(path, depth + 1) : [];
        return rawNames.test(entry.name) ? [path] : [];
      }),
  );
  return found.flat();
}

function withoutCompression(path: string): string {
  return path.replace(/\.(gz|zst|zip)$/i, '').replace(/\.csv$/i, '');
}

/** The same name plain and compressed is the same data twice. */
function refuseTwins(paths: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const path of paths) {
    const other = seen.get(withoutCompression(path));
    if (other !== undefined) {
      throw new HybridError('E_INPUT', `${path}: expected one file of this stream, got ${other} as well`, {
        hint: 'Move one of the two out of the folder.',
      });
    }
    seen.set(withoutCompression(path), path);
  }
}

// ---------------------------------------------------------------- what a file is

/** A file, or the rows of one symbol in it, as part of a stream. */
interface Piece {
  raw: RawFile;
  dialect: Dialect;
  symbol: string;
  /** The rows of this symbol alone, where the file holds others. */
  filtered: boolean;
}

const ourName = /^(.+)_(trades|depth|liquidations)\.csv(?:\.gz|\.zst|\.zip)?$/;

/** The symbol and stream that a file named as ours is of. */
function ourNameOf(raw: { path: string; disk: string }): { symbol: string; stream: Stream } | undefined {
  const match = ourName.exec(basename(raw.path)) ?? ourName.exec(basename(raw.disk));
  return match === null ? undefined : { symbol: symbolOf(match[1]!), stream: match[2] as Stream };
}

/** A file named as ours is of another symbol than those asked for: it need not be opened. */
function isOfOther(path: string, asked: readonly string[] | undefined): boolean {
  const ours = ourNameOf({ path, disk: path });
  return asked !== undefined && ours !== undefined && !asked.includes(ours.symbol);
}

async function piecesOf(
  kernels: Kernels,
  search: Search,
  wanted: Readonly<Partial<Record<Stream, string>>>,
  raw: RawFile,
): Promise<Piece[] | Unknown> {
  const ours = ourNameOf(raw);
  const symbolHint = ours?.symbol ?? symbolByName(search.folder, raw);
  const candidates = ours === undefined ? streams : [ours.stream];
  const read = candidates.map((stream) => {
    const { mappings, timeColumn } = search;
    return recognise(stream, raw.head, {
      preset: wanted[stream],
      mapping: mappings[stream],
      timeColumn,
      symbolHint,
    });
  });
  const dialects = likeliest(
    raw,
    read.filter((d): d is Dialect => !('lacks' in d)),
  );
  if (dialects.length === 0) {
    const unknown = nearestUnknown(read as Unknown[]);
    if (ours !== undefined && wanted[ours.stream] === undefined) throw headerError(ours.stream, raw, unknown);
    return unknown;
  }
  const pieces = await Promise.all(dialects.map((d) => splitBySymbol(kernels, search, raw, d, symbolHint)));
  return pieces.flat();
}

function nearestUnknown(unknowns: readonly Unknown[]): Unknown {
  const named = unknowns.filter(({ nearest }) => nearest !== undefined);
  return named.sort((a, b) => a.lacks.length - b.lacks.length)[0] ?? unknowns[0]!;
}

const streamWords: readonly [RegExp, Stream][] = [
  [/liquidation|force_?order/i, 'liquidations'],
  [/depth|book|ob\d+|quotes|ticker/i, 'depth'],
  [/trade/i, 'trades'],
];

/**
 * The streams that a file serves: of those that its columns allow the ones that its name says, of these the ones
 * that ask for the most columns. (Tardis has the same columns for trades and liquidations.)
 */
function likeliest(raw: RawFile, dialects: Dialect[]): Dialect[] {
  const said = streamWords.filter(([word]) => word.test(basename(raw.path))).map(([, stream]) => stream);
  const named = dialects.filter(({ stream }) => said.includes(stream));
  const candidates = named.length > 0 ? named : dialects;
  // One file of several streams tells their rows apart by a column.
  const shared = candidates.filter(({ text }) => /^only\t/m.test(text));
  if (shared.length > 0) return shared;
  const most = Math.max(...candidates.map(specificity));
  return candidates.filter((dialect) => specificity(dialect) === most).slice(0, 1);
}

function headerError(stream: Stream, raw: RawFile, unknown: Unknown): HybridError {
  const { message, hint } = unknownMessage(stream, unknown);
  return new HybridError('E_INPUT', `${raw.path}:1: ${message}`, { hint });
}

function unreadable({ presets }: Search, raw: RawFile, unknown: Unknown): HybridError {
  if (presets.length === 0) return headerError('trades', raw, unknown);
  const lacks = unknown.lacks.join(', ');
  return new HybridError(
    'E_INPUT',
    `${raw.path}:1: expected the columns of ${presets.join(', ')}, got "${unknown.got}"`,
    {
      hint: `It lacks ${lacks === '' ? 'all of them' : lacks}: name another preset with --preset, or leave the flag out.`,
    },
  );
}

function presetsByStream(names: readonly string[]): Partial<Record<Stream, string>> {
  const wanted: Partial<Record<Stream, string>> = {};
  for (const name of names) {
    const of = streamsOfPreset(name);
    const useless = uselessNamed(name);
    if (useless !== undefined)
      throw new HybridError(
        'E_USAGE',
        `--preset: expected a format that can be read, got ${name}: ${useless.why}`,
        {
          hint: 'Leave such files out: no stream can be made of them.',
        },
      );
    if (of.length === 0) {
      const near = nearestPreset(name);
      throw new HybridError('E_USAGE', `--preset: expected the name of a preset, got "${name}"`, {
        hint:
          near === undefined
            ? 'Leave --preset out: files are recognised by their columns.'
            : `Did you mean "${near}"?`,
      });
    }
    for (const stream of of) wanted[stream] = name;
  }
  return wanted;
}

// ---------------------------------------------------------------- whose rows they are

/** Names as exchanges and archives give them, without folder and ending. */
const symbolNames: readonly RegExp[] = [
  /^([A-Z0-9]+(?:_[A-Z0-9]+)?)-(?:aggTrades|trades|bookDepth|bookTicker|liquidationSnapshot)(?:-|$)/,
  /^([A-Z0-9]+(?:_PERP|_\d{6})?)_[TS]_DEPTH/,
  /^\d{4}-\d\d-\d\d_([A-Z0-9-]+)_ob\d+/,
  /^(.+?)-(?:trades|L2orderbook|orderbook|aggtrades)(?:-|$)/,
  /^coinglass_([A-Z0-9]+)_/,
  /^[a-z0-9-]+_(?:trades|book_snapshot_\d+|incremental_book_L2|quotes|liquidations)_(?:\d{4}-\d\d-\d\d_)?(.+)$/,
  /^([A-Z0-9]+?)[_-]?\d{4}-\d\d-\d\d/,
  /^([A-Z][A-Z0-9]+(?:[-_][A-Z0-9]+)*)$/,
];
/** Folders that say what is in them, but not of which symbol. */
const otherFolders =
  /^(\d{4}.*|\d\d|trades|aggtrades|depth|books?|liquidations|spot|futures|um|cm|daily|monthly|data|raw)$/i;

/** The symbol of a file without a column of symbols: by its name, otherwise by the folder that it is in. */
function symbolByName(folder: string, { path, disk }: RawFile): string | undefined {
  for (const file of [path, disk]) {
    const name = basename(file).replace(/(\.(csv|txt|json|jsonl|ndjson|data|zip|gz|zst))+$/i, '');
    const match = symbolNames.map((pattern) => pattern.exec(name)).find((found) => found !== null);
    if (match) return match[1];
  }
  const folders = relative(folder, dirname(disk)).split(sep).reverse();
  const named = folders.find((name) => name !== '' && name !== '.' && !otherFolders.test(name));
  return named === undefined ? undefined : symbolOf(named);
}

async function splitBySymbol(
  kernels: Kernels,
  search: Search,
  raw: RawFile,
  dialect: Dialect,
  symbolHint: string | undefined,
): Promise<Piece[]> {
  const fixed = search.mappings[dialect.stream]?.symbol;
  if (fixed !== undefined && 'value' in fixed)
    return [{ raw, dialect, symbol: fixed.value, filtered: false }];
  const held = dialect.symbols === undefined ? [] : await symbolsIn(kernels, raw, dialect);
  const ours = ourNameOf(raw)?.symbol;
  if (ours !== undefined && held.length > 1 && held.includes(ours))
    return [{ raw, dialect, symbol: ours, filtered: true }];
  if (held.length > 1) return held.map((symbol) => ({ raw, dialect, symbol, filtered: true }));
  const symbol = ours ?? held[0] ?? symbolHint;
  if (symbol !== undefined) return [{ raw, dialect, symbol, filtered: false }];
  throw new HybridError('E_INPUT', `${raw.path}: expected a name that says the symbol, got none`, {
    hint: `Name the file SYMBOL_${dialect.stream}.csv, put it into a folder of that name, or name the symbol under "${dialect.stream}" in hybrid.config.json.`,
  });
}

/** The distinct texts of the column of symbols, sorted; the whole file is read for it. */
async function symbolsIn(
  kernels: Kernels,
  raw: RawFile,
  { stream, symbols, skipBytes }: Dialect,
): Promise<string[]> {
  const found = new Set<string>();
  if (symbols !== undefined && 'key' in symbols) {
    for (const symbol of await jsonSymbols(raw, stream, symbols.key)) found.add(symbol);
    return [...found].sort();
  }
  const { column, delimiter } = symbols!;
  for await (const block of raw.blocks(skipBytes, 1 << 22))
    for (const symbol of distinctTexts(kernels, { block, delimiter, column })) found.add(symbol);
  found.delete('');
  return [...found].sort();
}

/** Feeds of liquidations mix all symbols; a file of order books is of one, so that its head says it. */
async function jsonSymbols(raw: RawFile, stream: Stream, key: string): Promise<Set<string>> {
  const pattern = new RegExp(`"${key}"\\s*:\\s*"([^"]+)"`, 'g');
  const found = new Set<string>();
  const note = (bytes: Uint8Array) => {
    for (const [, symbol] of Buffer.from(bytes).toString('utf8').matchAll(pattern)) found.add(symbol!);
  };
  note(raw.head);
  if (stream === 'depth') return found;
  for await (const block of raw.blocks(raw.head.length, 1 << 22))
    note('bytes' in block ? block.bytes : await readRange(block));
  return found;
}

// ---------------------------------------------------------------- the streams of the symbols

type Streams = Partial<Record<Stream, readonly Piece[]>>;
type Groups = Map<string, Streams>;

function group(pieces: readonly Piece[]): Groups {
  const groups: Groups = new Map();
  for (const piece of pieces) {
    const { symbol, dialect } = piece;
    const of = groups.get(symbol) ?? {};
    const others = of[dialect.stream] ?? [];
    const other = others.find((o) => o.dialect.preset !== dialect.preset);
    if (other !== undefined) throw twoFormats(piece, other);
    groups.set(symbol, { ...of, [dialect.stream]: [...others, piece] });
  }
  return groups;
}

function twoFormats(piece: Piece, other: Piece): HybridError {
  const { stream, preset } = piece.dialect;
  const got = `${preset} (${piece.raw.path}) and ${other.dialect.preset} (${other.raw.path})`;
  return new HybridError('E_INPUT', `${piece.symbol}: expected ${stream} of one format, got ${got}`, {
    hint: 'Name the one to read with --preset, or move the others out of the folder.',
  });
}

function chosen({ folder, symbols: asked }: Search, groups: Groups): string[] {
  const there = [...groups.keys()].sort().filter((symbol) => groups.get(symbol)!.trades);
  const symbols = [...new Set(asked ?? there)];
  if (symbols.length > 0) return symbols;
  throw new HybridError('E_INPUT', `${folder}: expected files such as BTCUSDT_trades.csv, got none`, {
    hint: 'Run `hybrid export` first, or name the folder with --raw.',
  });
}

function inputsOf(
  kernels: Kernels,
  symbol: string,
  { trades, depth, liquidations }: Streams & { trades: readonly Piece[] },
): SymbolInputs {
  return {
    symbol,
    trades: inOrder(kernels, trades),
    ...(depth && { depth: inOrder(kernels, depth) }),
    ...(liquidations && { liquidations: inOrder(kernels, liquidations) }),
  };
}

/** The symbols that have trades, those of files that were not opened among them. */
function tradedIn(paths: readonly string[], groups: Groups): string[] {
  const named = paths.map((path) => ourNameOf({ path, disk: path }));
  const ours = named.flatMap((own) => (own?.stream === 'trades' ? [own.symbol] : []));
  return [...ours, ...[...groups.keys()].filter((symbol) => groups.get(symbol)!.trades)];
}

function withoutTrades(folder: string, symbol: string, known: readonly string[]): HybridError {
  const wanted = join(folder, `${fileNameOf(symbol)}_trades.csv`);
  return new HybridError('E_INPUT', `${wanted}: no such file`, {
    hint:
      known.length > 0 ? suggest(symbol, known) : 'Run `hybrid export` first, or name the folder with --raw.',
  });
}

/** By the first stamp, then by name; files in which none can be read come last. */
function inOrder(kernels: Kernels, pieces: readonly Piece[]): StreamFiles {
  const stamped = pieces.map((piece) => {
    const { raw, dialect } = piece;
    const first =
      pieces.length > 1 ? firstStamp(kernels, dialect.text, raw.head.subarray(dialect.skipBytes)) : 0n;
    return { file: fileOf(piece), first: first ?? 2n ** 63n };
  });
  stamped.sort((a, b) => compare(a.first, b.first) || compare(a.file.path, b.file.path));
  return stamped.map(({ file }) => file) as unknown as StreamFiles;
}

function compare<T>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function fileOf({ raw, dialect, symbol, filtered }: Piece): CsvFile {
  const column = dialect.symbols === undefined || 'key' in dialect.symbols ? 0 : dialect.symbols.column;
  return csvFile({
    ...raw.source,
    dialect: filtered ? `${dialect.text}\nonly\t${column}\t${symbol}` : dialect.text,
    linesBefore: dialect.skipLines,
    skipBytes: dialect.skipBytes,
  });
}

/** Bands around a mid that the file does not say: no price, no wall, and an imbalance of one band. */
function bandNotes(pieces: readonly Piece[], symbols: readonly string[]): string[] {
  const bands = pieces.filter(
    ({ symbol, dialect }) => symbols.includes(symbol) && /^layout\tbands$/m.test(dialect.text),
  );
  const notes = bands.map(
    ({ symbol, dialect: { preset } }) =>
      `note: ${symbol}: depth (${preset}) has bands and no prices; of the book's columns it fills obi alone, with --param obi_mode=band:1 or another band that it has`,
  );
  return [...new Set(notes)];
}

/** Quantities that stay numbers of contracts: all sums and ratios are right, sizes in the base currency are not. */
function contractNotes(pieces: readonly Piece[], symbols: readonly string[]): string[] {
  const notes = pieces
    .filter(({ symbol, dialect }) => symbols.includes(symbol) && dialect.contracts?.test(symbol))
    .map(
      ({ symbol, dialect: { stream, preset } }) =>
        `note: ${symbol}: quantities of ${stream} (${preset}) are numbers of contracts; set "qty_multiplier" under "${stream}" in hybrid.config.json to have them in the base currency`,
    );
  return [...new Set(notes)];
}
