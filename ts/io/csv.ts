/** CSV files as blocks of whole lines: ranges of a plain file, pieces of a decompressed one. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable, Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { HybridError } from '../error.js';
import { type Block, shrank } from '../kernels/block.js';

const newline = 0x0a;
const probeBytes = 65_536;
/** A line beyond this is no row of any of our files: refused instead of filling the memory. */
const longestLine = 16 * 1024 * 1024;

type Coding = 'plain' | 'gzip' | 'zstd';

/** One CSV file, as it was when it was opened. */
export interface CsvFile {
  path: string;
  /** On the disk, compressed or not. */
  bytes: number;
  /** The first line with its newline; what it means is the kernel's to say. */
  header: Uint8Array;
  /** All lines behind the header, in order, about `blockBytes` a block; may be called again. */
  blocks(blockBytes: number): AsyncGenerator<Block>;
  /** Errors: E_INPUT when the file is not what it was. */
  verify(): Promise<void>;
}

/**
 * Opens a plain, gzip or (where Node has it) zstd file: what it is, its first bytes say, not its name.
 * Errors: E_INPUT for an empty file, a header without end, a file that is cut off.
 */
export async function openCsv(path: string): Promise<CsvFile> {
  const { coding, bytes, modified } = await probe(path);
  const header = coding === 'plain' ? await plainHeader(path) : await streamHeader(path, coding);
  if (header.length === 0) {
    throw new HybridError('E_INPUT', `${path}: expected a header line, got an empty file`, {
      hint: 'Export the file again, or remove it.',
    });
  }
  const start = header.length;
  return {
    path,
    bytes,
    header,
    blocks: (blockBytes) =>
      coding === 'plain' ? ranges(path, start, bytes, blockBytes) : pieces(path, coding, start, blockBytes),
    verify: async () => {
      const now = await probe(path);
      if (now.bytes !== bytes || now.modified !== modified) throw shrank(path);
    },
  };
}

/** The text of a file as a stream, decompressed where it is compressed. */
export async function* textStream(path: string): AsyncGenerator<Buffer> {
  const { coding } = await probe(path);
  if (coding !== 'plain') yield* decompressed(path, coding);
  else yield* createReadStream(path, { highWaterMark: 1 << 18 });
}

async function probe(path: string): Promise<{ coding: Coding; bytes: number; modified: number }> {
  return withFile(path, async (file) => {
    const { size, mtimeMs } = await file.stat();
    const magic = await readAt(file, 0, 4);
    return { coding: codingOf(magic), bytes: size, modified: mtimeMs };
  });
}

function codingOf(magic: Uint8Array): Coding {
  if (magic[0] === 0x1f && magic[1] === 0x8b) return 'gzip';
  return isZstd(magic) ? 'zstd' : 'plain';
}

function isZstd(magic: Uint8Array): boolean {
  return magic[0] === 0x28 && magic[1] === 0xb5 && magic[2] === 0x2f && magic[3] === 0xfd;
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
    const chunk = await readAt(file, at, Math.min(probeBytes, size - at));
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

async function plainHeader(path: string): Promise<Uint8Array> {
  return withFile(path, async (file) => {
    const { size } = await file.stat();
    return readAt(file, 0, await lineEnd(file, path, 0, size));
  });
}

async function* ranges(path: string, first: number, size: number, blockBytes: number): AsyncGenerator<Block> {
  for (let start = first; start < size; ) {
    const wanted = start + blockBytes;
    const end = wanted >= size ? size : await withFile(path, (file) => lineEnd(file, path, wanted - 1, size));
    yield { path, start, end };
    start = end;
  }
}

async function streamHeader(path: string, coding: Coding): Promise<Uint8Array> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of decompressed(path, coding)) {
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf(newline);
    if (end >= 0) return bytes.subarray(0, end + 1);
    if (bytes.length > longestLine) throw endlessLine(path, 0);
  }
  return bytes;
}

/** Pieces that end at a newline; each has a buffer of its own, so that it can be transferred. */
async function* pieces(
  path: string,
  coding: Coding,
  skip: number,
  blockBytes: number,
): AsyncGenerator<Block> {
  let held: Uint8Array[] = [];
  let length = 0;
  let position = 0;
  for await (const chunk of decompressed(path, coding)) {
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

/** The decompressed bytes; a stream that fails or is left early closes its file. */
async function* decompressed(path: string, coding: Coding): AsyncGenerator<Buffer> {
  const source = createReadStream(path, { highWaterMark: 1 << 18 });
  const inflate = decoder(path, coding);
  source.on('error', (error) => inflate.destroy(error));
  try {
    for await (const chunk of source.pipe(inflate) as Readable) yield chunk as Buffer;
  } catch (error) {
    throw decodeError(path, coding, error as NodeJS.ErrnoException);
  } finally {
    source.destroy();
    inflate.destroy();
  }
}

function decoder(path: string, coding: Coding): Transform {
  if (coding === 'gzip') return zlib.createGunzip({ chunkSize: 1 << 20 });
  const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform };
  if (createZstdDecompress !== undefined) return createZstdDecompress();
  throw new HybridError(
    'E_INPUT',
    `${path}: expected plain or gzip text, got zstd, which this Node cannot read`,
    {
      hint: 'Decompress it with `zstd -d`, or run hybrid with Node 22.15 or later.',
    },
  );
}

function decodeError(path: string, coding: Coding, error: NodeJS.ErrnoException): unknown {
  if (error instanceof HybridError) return error;
  if (!/^(Z_|ZSTD_)/.test(error.code ?? '')) return HybridError.from(Object.assign(error, { path }));
  const got = error.code === 'Z_BUF_ERROR' ? 'one that is cut off' : `a damaged one (${error.message})`;
  return new HybridError('E_INPUT', `${path}: expected a whole ${coding} file, got ${got}`, {
    hint: 'Copy or export the file again.',
    cause: error,
  });
}
