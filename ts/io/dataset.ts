/** A dataset: one Parquet file, or a Hive-style folder `symbol=X/part-0.parquet`, read column by column. */
import { createHash } from 'node:crypto';
import { constants, createReadStream, openAsBlob } from 'node:fs';
import { access, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Table as ArrowTable, DataType } from 'apache-arrow';
import { ParquetFile } from 'parquet-wasm';
import { suggest } from '../config/nearest.js';
import { HybridError } from '../error.js';
import { Type, tableFromIPC } from './arrow.js';
import { symbolOf } from './raw.js';

/** How a column is stored, as far as a reader of numbers cares. */
export type ColumnType = 'float' | 'integer' | 'other';

export interface DatasetFile {
  path: string;
  rows: number;
  rowGroups: number;
  parquet: ParquetFile;
}

/** Rows of one symbol are contiguous: `start … end − 1`. */
export interface DatasetSymbol {
  name: string;
  start: number;
  end: number;
  files: readonly DatasetFile[];
  /** Key-value metadata of its first file. */
  metadata: ReadonlyMap<string, string>;
}

export interface Dataset {
  path: string;
  rows: number;
  symbols: readonly DatasetSymbol[];
  /** `stored`: the type in the file, as Arrow prints it. */
  columns: readonly { name: string; type: ColumnType; stored: string }[];
  /** Key-value metadata of the first file. */
  metadata: ReadonlyMap<string, string>;
}

/** Opens a dataset and reads what describes it. E_INPUT with a hint where it is missing or no Parquet. */
export async function openDataset(path: string): Promise<Dataset> {
  const found = await listFiles(path);
  const symbols: DatasetSymbol[] = [];
  let [rows, schema, metadata] = [0, undefined as Dataset['columns'] | undefined, new Map<string, string>()];
  for (const { name, paths } of found) {
    const files = await Promise.all(paths.map(openFile));
    const count = files.reduce((sum, f) => sum + f.rows, 0);
    const own = files[0] === undefined ? new Map<string, string>() : metadataOf(files[0]);
    symbols.push({ name, start: rows, end: rows + count, files, metadata: own });
    rows += count;
    for (const file of files) {
      const own = columnsOf(file);
      if (schema === undefined) [schema, metadata] = [requireDistinct(own, file.path), metadataOf(file)];
      else requireSame(schema, own, file.path);
    }
  }
  if (schema === undefined || rows === 0) {
    throw new HybridError('E_INPUT', `${path}: expected rows, got none`, {
      hint: 'Run `hybrid prepare` on raw data that has trades.',
    });
  }
  const withRows = symbols.filter((s) => s.end > s.start);
  if (withRows[0]!.name !== '') await requireSymbolsOfManifest(path, withRows);
  return { path, rows, symbols: withRows, columns: schema, metadata };
}

/** A folder of which a symbol was lost reads like one that never had it: only the manifest beside it knows. */
async function requireSymbolsOfManifest(path: string, symbols: readonly DatasetSymbol[]): Promise<void> {
  const manifest = `${path.replace(/[/\\]+$/, '')}.manifest.json`;
  const there = new Set(symbols.map(({ name }) => name));
  const missing = (await symbolsInManifest(manifest)).filter((name) => !there.has(name));
  if (missing.length === 0) return;
  throw new HybridError(
    'E_INPUT',
    `${path}: expected the symbols of ${manifest}, got no rows of ${missing.join(', ')}`,
    { hint: `Prepare the dataset again, or remove ${manifest} if the other symbols are all you want.` },
  );
}

/** The symbols that have rows; none where there is no manifest of features, or one that cannot be read. */
async function symbolsInManifest(path: string): Promise<string[]> {
  try {
    const { symbols } = JSON.parse(await readFile(path, 'utf8')) as { symbols?: unknown };
    const entries = Array.isArray(symbols) ? (symbols as { symbol?: unknown; rows?: unknown }[]) : [];
    return entries.flatMap(({ symbol, rows }) => (typeof symbol === 'string' && rows !== 0 ? [symbol] : []));
  } catch {
    return [];
  }
}

/** The parameters of the indicators that a dataset was prepared with, as texts; none where it does not say. */
export function parametersOf({ metadata }: Dataset): Readonly<Record<string, string>> | undefined {
  try {
    const parameters: unknown = JSON.parse(metadata.get('hybrid.parameters') ?? 'null');
    const told = typeof parameters === 'object' && parameters !== null && !Array.isArray(parameters);
    return told ? (parameters as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}

async function listFiles(path: string): Promise<{ name: string; paths: string[] }[]> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw HybridError.from(error);
    throw new HybridError('E_INPUT', `${path}: no such file or folder`, {
      hint: 'Run `hybrid prepare` first, or name the dataset with --dataset.',
      cause: error,
    });
  });
  if (!info.isDirectory()) return [{ name: '', paths: [path] }];
  const symbols: { name: string; paths: string[] }[] = [];
  for (const folder of (await readdir(path)).sort()) {
    if (!folder.startsWith('symbol=')) continue;
    const files = (await readdir(join(path, folder))).filter((f) => f.endsWith('.parquet')).sort();
    symbols.push({
      name: symbolOf(folder.slice('symbol='.length)),
      paths: files.map((f) => join(path, folder, f)),
    });
  }
  if (symbols.length > 0) return symbols;
  throw new HybridError('E_INPUT', `${path}: expected folders symbol=…, got none`, {
    hint: 'Name a Parquet file or a folder that `hybrid prepare` wrote with --dataset.',
  });
}

async function openFile(path: string): Promise<DatasetFile> {
  // The reader's own error would not say that it is a matter of permissions.
  await access(path, constants.R_OK).catch((error) => {
    throw HybridError.from(error);
  });
  try {
    const parquet = await trapped(async () => ParquetFile.fromFile(await openAsBlob(path)));
    const metadata = parquet.metadata();
    return {
      path,
      parquet,
      rows: metadata.fileMetadata().numRows(),
      rowGroups: metadata.numRowGroups(),
    };
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new HybridError('E_INPUT', `${path}: expected a Parquet file: ${said}`, {
      hint: 'Name a file that `hybrid prepare` wrote with --dataset.',
      cause,
    });
  }
}

/**
 * Runs `read`. On some damaged files parquet-wasm traps in a microtask of its own: the promise then stays open
 * for ever and the trap shows as an uncaught exception, which here becomes the rejection that it should be.
 */
async function trapped<T>(read: () => Promise<T>): Promise<T> {
  let onTrap!: (error: unknown) => void;
  const trap = new Promise<never>((_, reject) => {
    onTrap = (error) =>
      reject(
        error instanceof WebAssembly.RuntimeError ? new Error('damaged content', { cause: error }) : error,
      );
  });
  process.on('uncaughtException', onTrap);
  try {
    return await Promise.race([read(), trap]);
  } finally {
    process.off('uncaughtException', onTrap);
  }
}

function columnsOf(file: DatasetFile): Dataset['columns'] {
  const table = tableFromIPC(file.parquet.schema().intoIPCStream());
  return table.schema.fields.map((field) => ({
    name: field.name,
    type: typeOf(field.type),
    stored: String(field.type),
  }));
}

function typeOf(type: DataType): ColumnType {
  if (type.typeId === Type.Float) return 'float';
  return type.typeId === Type.Int ? 'integer' : 'other';
}

function metadataOf(file: DatasetFile): Map<string, string> {
  return new Map(
    Object.entries(Object.fromEntries(file.parquet.metadata().fileMetadata().keyValueMetadata())),
  );
}

/** Columns are read by name: of two with one name the second could never be meant. */
function requireDistinct(columns: Dataset['columns'], path: string): Dataset['columns'] {
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return columns;
  throw new HybridError('E_INPUT', `${path}: expected columns of different names, got "${twice}" twice`, {
    hint: `Rename one of the columns ${twice}.`,
  });
}

function requireSame(expected: Dataset['columns'], got: Dataset['columns'], path: string): void {
  const names = (columns: Dataset['columns']) => columns.map((c) => `${c.name} ${c.type}`).join();
  if (names(expected) === names(got)) return;
  throw new HybridError('E_INPUT', `${path}: expected the columns of the dataset's first file, got others`, {
    hint: 'Prepare all symbols with the same version and parameters.',
  });
}

/** Throws E_USAGE with the nearest name unless the dataset has the column as a number. */
export function requireColumn(dataset: Dataset, name: string, where: string): void {
  const column = dataset.columns.find((c) => c.name === name);
  if (column !== undefined && column.type !== 'other') return;
  const numeric = dataset.columns.filter((c) => c.type !== 'other').map((c) => c.name);
  if (column === undefined)
    throw new HybridError('E_USAGE', `${where}: unknown column "${name}"`, { hint: suggest(name, numeric) });
  throw new HybridError(
    'E_USAGE',
    `${where}: expected a column of numbers, got "${name}" of ${column.stored}`,
    {
      hint: `Leave ${name} out of ${where}; columns of numbers are ${numeric.join(', ')}.`,
    },
  );
}

/** Receives a run of values of one column: rows `row …` of the dataset. `present` says which have a value. */
export type ColumnSink = (
  column: number,
  row: number,
  values: ArrayLike<number> | ArrayLike<bigint>,
  present: (i: number) => boolean,
) => void;

/** Reads columns row group by row group, of all symbols in order or of one. */
export async function readColumns(
  dataset: Dataset,
  names: readonly string[],
  sink: ColumnSink,
  symbols: readonly DatasetSymbol[] = dataset.symbols,
): Promise<void> {
  for (const symbol of symbols) {
    let row = symbol.start;
    for (const file of symbol.files) {
      for (let group = 0; group < file.rowGroups; group++) {
        const table = await readGroup(file, names, group);
        names.forEach((name, c) => {
          sinkColumn(table, name, c, row, sink);
        });
        row += table.numRows;
      }
    }
  }
}

async function readGroup(file: DatasetFile, names: readonly string[], group: number): Promise<ArrowTable> {
  try {
    const options = { columns: [...names], rowGroups: [group], batchSize: 65536 };
    const table = await trapped(() => file.parquet.read(options));
    return tableFromIPC(table.intoIPCStream());
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new HybridError('E_INPUT', `${file.path}: row group ${group} cannot be read: ${said}`, {
      hint: 'Prepare the dataset again.',
      cause,
    });
  }
}

function sinkColumn(table: ArrowTable, name: string, column: number, first: number, sink: ColumnSink): void {
  let row = first;
  for (const data of table.getChild(name)!.data) {
    const { nullBitmap: bits, offset } = data;
    const all = data.nullCount === 0 || bits === undefined || bits.length === 0;
    const present = all
      ? () => true
      : (i: number) => (bits[(offset + i) >> 3]! & (1 << ((offset + i) & 7))) !== 0;
    sink(column, row, (data.values as Float64Array).subarray(0, data.length), present);
    row += data.length;
  }
}

/** The row groups of one file, one after the other, with all their columns as they are stored. */
export async function* readGroups(file: DatasetFile, names: readonly string[]): AsyncGenerator<ArrowTable> {
  for (let group = 0; group < file.rowGroups; group++) yield await readGroup(file, names, group);
}

/** A column of a table: runs of values with what says which are there. */
export function visitColumn(
  table: ArrowTable,
  name: string,
  visit: (
    row: number,
    values: ArrayLike<number> | ArrayLike<bigint>,
    present: (i: number) => boolean,
  ) => void,
): void {
  sinkColumn(table, name, 0, 0, (_, row, values, present) => visit(row, values, present));
}

/** Columns as f64 with NaN for null; integers are exact up to 2^53. */
export async function readNumbers(
  dataset: Dataset,
  names: readonly string[],
  symbols?: readonly DatasetSymbol[],
): Promise<Float64Array[]> {
  const first = symbols?.[0]?.start ?? 0;
  const rows = symbols === undefined ? dataset.rows : symbols.reduce((n, s) => n + s.end - s.start, 0);
  const columns = names.map(() => new Float64Array(rows));
  await readColumns(
    dataset,
    names,
    (c, row, values, present) => {
      const column = columns[c]!;
      for (let i = 0; i < values.length; i++) {
        column[row - first + i] = present(i) ? Number(values[i]) : Number.NaN;
      }
    },
    symbols,
  );
  return columns;
}

/** Rows without a value in a column of any type. */
export async function countNulls(dataset: Dataset, name: string): Promise<number> {
  let nulls = 0;
  for (const { files } of dataset.symbols)
    for (const file of files)
      for (let group = 0; group < file.rowGroups; group++)
        nulls += (await readGroup(file, [name], group)).getChild(name)!.nullCount;
  return nulls;
}

/** SHA-256 over the bytes of the dataset's files, in order. */
export async function hashDataset(dataset: Dataset): Promise<string> {
  const hash = createHash('sha256');
  for (const symbol of dataset.symbols) {
    for (const file of symbol.files)
      for await (const bytes of createReadStream(file.path)) hash.update(bytes);
  }
  return hash.digest('hex');
}
