/** Raw files as blocks of whole lines: ranges of a plain file, pieces of a decoded one. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { HybridError } from '../error.js';
import { type Block, type FileRange, shrank } from '../kernels/block.js';
import { type Coding, codingOf, decoded, type Encoded, type Member, membersOf } from './decode.js';

const newline = 0x0a;
const probeBytes = 65_536;
/** Most lines are shorter by far. */
const lineBytes = 4096;
/** A line beyond this is no row of any of our files: refused instead of filling the memory. */
const longestLine = 16 * 1024 * 1024;

/** A file, or a member of an archive, as it was when it was opened: plain data, which another thread can read from. */
export interface RawSource {
  /** As messages show it: `raw_data/a.csv`, `raw_data/a.zip/a.csv`. */
  path: string;
  /** The file on the disk. */
  disk: string;
  coding: Coding;
  /** In a zip archive: where it is there. */
  member?: Member;
  /** On the disk, compressed or not. */
  bytes: number;
  /** ms since the epoch. */
  modified: number;
}

/** A file of which it is not known yet how its rows read. */
export interface RawFile {
  source: RawSource;
  path: string;
  disk: string;
  /** The first lines, whole ones: at least one, about 64 KiB. */
  head: Uint8Array;
  /** All lines behind the first `skip` bytes, in order, about `blockBytes` a block; may be called again. */
  blocks(skip: number, blockBytes: number): AsyncGenerator<Block>;
}

/** Where the rows of a stream are and how they read, as plain data. */
export interface CsvSource extends RawSource {
  /** How its rows read, for the kernel; see `tick::dialect`. */
  dialect: string;
  /** Lines before the first row. */
  linesBefore: number;
  /** Bytes of text before the first row. */
  skipBytes: number;
}

/** A file of one stream of one symbol. */
export interface CsvFile extends Readonly<CsvSource> {
  readonly source: CsvSource;
  /** All rows, in order, about `blockBytes` a block; may be called again. */
  blocks(blockBytes: number): AsyncGenerator<Block>;
  /** The same file without the first `bytes` of its text, which hold `lines` lines. */
  behind(bytes: number, lines: number): CsvFile;
  /** The decoded text from its beginning, as long as it was when the file was opened. */
  text(): AsyncIterable<Uint8Array>;
  /** Errors: E_INPUT when the file is not what it was. */
  verify(): Promise<void>;
}

export function csvFile(source: CsvSource): CsvFile {
  return {
    ...source,
    source,
    blocks: (blockBytes) => blocksOf(source, source.skipBytes, blockBytes),
    behind: (skipBytes, linesBefore) => csvFile({ ...source, skipBytes, linesBefore }),
    text: () => textOf(source),
    verify: () => verify(source),
  };
}

/**
 * Opens a plain, gzip or zstd file, or the members of a zip archive one after the other: what it is, its first bytes
 * say, not its name. Errors: E_INPUT for an empty file, a first line without end, a file that is cut off, an archive
 * without text.
 */
export async function* openRaw(disk: string): AsyncGenerator<RawFile> {
  const { coding, bytes, modified } = await probe(disk);
  const found = coding === 'zip' ? await membersOf(disk) : [{ path: disk, disk, coding }];
  if (found.length === 0) {
    throw new HybridError('E_INPUT', `${disk}: expected an archive with a CSV or JSON file, got none`, {
      hint: 'Remove the archive from the folder, or pack the files again.',
    });
  }
  for (const each of found) yield openSource({ ...each, bytes, modified });
}

async function openSource(source: RawSource): Promise<RawFile> {
  const { path, disk } = source;
  const encoded = encodedOf(source);
  const head = notEmpty(path, await (encoded === undefined ? plainHead(disk) : decodedHead(encoded)));
  return { source, path, disk, head, blocks: (skip, blockBytes) => blocksOf(source, skip, blockBytes) };
}

function encodedOf(source: RawSource): Encoded | undefined {
  return source.coding === 'plain' ? undefined : { ...source, coding: source.coding };
}

function blocksOf(source: RawSource, skip: number, blockBytes: number): AsyncGenerator<Block> {
  const encoded = encodedOf(source);
  if (encoded !== undefined) return pieces(source.path, decoded(encoded), skip, blockBytes);
  return ranges(source.disk, skip, source.bytes, blockBytes);
}

function textOf(source: RawSource): AsyncIterable<Uint8Array> {
  const encoded = encodedOf(source);
  if (encoded !== undefined) return decoded(encoded);
  return createReadStream(source.disk, { highWaterMark: 1 << 20, end: source.bytes - 1 });
}

async function verify({ disk, bytes, modified }: RawSource): Promise<void> {
  const now = await probe(disk);
  if (now.bytes !== bytes || now.modified !== modified) throw shrank(disk);
}

function notEmpty(path: string, head: Uint8Array): Uint8Array {
  if (head.length > 0) return head;
  throw new HybridError('E_INPUT', `${path}: expected a header line, got an empty file`, {
    hint: 'Export the file again, or remove it.',
  });
}

/** The text of a file, decoded where it is compressed; the members of an archive one behind the other. */
export async function* textStream(disk: string): AsyncGenerator<Uint8Array> {
  const { coding } = await probe(disk);
  if (coding === 'plain') yield* createReadStream(disk, { highWaterMark: 1 << 18 });
  else if (coding === 'zip') for (const member of await membersOf(disk)) yield* decoded(member);
  else yield* decoded({ path: disk, disk, coding });
}

async function probe(path: string): Promise<{ coding: Coding; bytes: number; modified: number }> {
  return withFile(path, async (file) => {
    const { size, mtimeMs } = await file.stat();
    const magic = await readAt(file, 0, 4);
    return { coding: codingOf(magic), bytes: size, modified: mtimeMs };
  });
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    return await use(file);
  } catch (error) {
    throw HybridError.from(
      error instanceof Error && !(error instanceof HybridError) ? Object.assign(error, { path }) : error,
    );
  } finally {
    await file?.close();
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** Where the line that holds `position` ends (behind its newline), or the end of the file. */
async function lineEnd(file: FileHandle, path: string, position: number, size: number): Promise<number> {
  for (let at = position; at < size; ) {
    if (at - position > longestLine) throw endlessLine(path, position);
    const bytes = at === position ? lineBytes : probeBytes;
    const chunk = await readAt(file, at, Math.min(bytes, size - at));
    if (chunk.length === 0) throw shrank(path);
    const found = chunk.indexOf(newline);
    if (found >= 0) return at + found + 1;
    at += chunk.length;
  }
  return size;
}

function endlessLine(path: string, position: number): HybridError {
  const megabytes = longestLine / (1024 * 1024);
  return new HybridError(
    'E_INPUT',
    `${path}: expected lines of at most ${megabytes} MiB, got a longer one at byte ${position}`,
    { hint: 'Check that the file is text with one row a line.' },
  );
}

/** Whole lines of what was read first; all of it where the file ends there. */
function wholeLines(bytes: Uint8Array, ended: boolean): Uint8Array {
  return ended ? bytes : bytes.subarray(0, bytes.lastIndexOf(newline) + 1);
}

async function plainHead(path: string): Promise<Uint8Array> {
  return withFile(path, async (file) => {
    const { size } = await file.stat();
    const first = await lineEnd(file, path, 0, size);
    const end = Math.min(size, Math.max(first, probeBytes));
    return wholeLines(await readAt(file, 0, end), end === size);
  });
}

/** Blocks whose ends are looked for at once: whoever reads them must not wait for the file to be opened. */
const blocksAhead = 16;

async function* ranges(path: string, first: number, size: number, blockBytes: number): AsyncGenerator<Block> {
  for (let start = first; start < size; ) {
    for (const end of await blockEnds(path, start, size, blockBytes)) {
      yield { path, start, end };
      start = end;
    }
  }
}

async function blockEnds(path: string, first: number, size: number, blockBytes: number): Promise<number[]> {
  if (first + blockBytes >= size) return [size];
  return withFile(path, async (file) => {
    const ends: number[] = [];
    for (let start = first; start < size && ends.length < blocksAhead; start = ends.at(-1)!) {
      const wanted = start + blockBytes;
      ends.push(wanted >= size ? size : await lineEnd(file, path, wanted - 1, size));
    }
    return ends;
  });
}

/** The bytes of a range. */
export async function readRange({ path, start, end }: FileRange): Promise<Uint8Array> {
  return withFile(path, (file) => readAt(file, start, end - start));
}

async function decodedHead(source: Encoded): Promise<Uint8Array> {
  const held: Uint8Array[] = [];
  let [length, newlines] = [0, false];
  for await (const chunk of decoded(source)) {
    held.push(chunk);
    length += chunk.length;
    newlines ||= chunk.includes(newline);
    if (newlines && length >= probeBytes) return wholeLines(concat(held), false);
    if (!newlines && length > longestLine) throw endlessLine(source.path, 0);
  }
  return concat(held);
}

/**
 * A text that comes in chunks, cut anywhere, as pieces that end at a newline; each has a buffer of its own, so that it
 * can be transferred.
 */
export async function* pieces(
  path: string,
  text: AsyncIterable<Uint8Array>,
  skip: number,
  blockBytes: number,
): AsyncGenerator<Block> {
  let held: Uint8Array[] = [];
  let length = 0;
  let position = 0;
  for await (const chunk of text) {
    const rest = position < skip ? chunk.subarray(Math.min(chunk.length, skip - position)) : chunk;
    position += chunk.length;
    const cut = length + rest.length >= blockBytes ? rest.lastIndexOf(newline) + 1 : 0;
    if (cut === 0) {
      held.push(rest);
      length += rest.length;
      if (length > blockBytes + longestLine) throw endlessLine(path, position - length);
      continue;
    }
    yield { path, bytes: concat([...held, rest.subarray(0, cut)]) };
    held = [rest.subarray(cut)];
    length = rest.length - cut;
  }
  if (length > 0) yield { path, bytes: concat(held) };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
