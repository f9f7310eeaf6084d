/** Compressed files as their bytes: gzip, zstd, the members of a zip archive; piece by piece, in flat memory. */
import { createReadStream } from 'node:fs';
import { type Readable, Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import yauzl from 'yauzl';
import { HybridError, messageOf } from '../error.js';
import { compileKernels, instantiateKernels } from '../kernels/load.js';
import { ZstdFrames } from './zstd.js';

export type Coding = 'plain' | 'gzip' | 'zstd' | 'zip';

/** What the first bytes of a file say. */
export function codingOf(magic: Uint8Array): Coding {
  const starts = (...bytes: number[]) => bytes.every((byte, i) => magic[i] === byte);
  if (starts(0x1f, 0x8b)) return 'gzip';
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd';
  // An archive without members begins with its end.
  return starts(0x50, 0x4b, 3, 4) || starts(0x50, 0x4b, 5, 6) ? 'zip' : 'plain';
}

/** Bytes to decode: a whole file, or one member of an archive. */
export interface Encoded {
  /** As messages show it: `a.csv.gz`, `a.zip/a.csv`. */
  path: string;
  disk: string;
  coding: Exclude<Coding, 'plain'>;
  /** In a zip archive: which entry. */
  entry?: number;
}

/** The decoded bytes; a stream that fails or is left early closes its file. Errors: E_INPUT for damaged bytes. */
export async function* decoded(source: Encoded): AsyncGenerator<Uint8Array> {
  const { stream, close } = await (source.coding === 'zip' ? openMember(source) : openWhole(source));
  try {
    for await (const chunk of stream as Readable) yield chunk as Buffer;
  } catch (error) {
    throw decodeError(source, error as NodeJS.ErrnoException);
  } finally {
    close();
  }
}

interface Opened {
  stream: Readable;
  close(): void;
}

async function openWhole({ disk, coding }: Encoded): Promise<Opened> {
  const decoder = coding === 'gzip' ? zlib.createGunzip({ chunkSize: 1 << 20 }) : await zstdDecoder();
  const source = createReadStream(disk, { highWaterMark: 1 << 18 });
  source.on('error', (error) => decoder.destroy(error));
  source.pipe(decoder);
  return {
    stream: decoder,
    close: () => {
      source.destroy();
      decoder.destroy();
    },
  };
}

/** Node's own decoder where it has one (from 22.15 on), otherwise one in JavaScript. */
async function zstdDecoder(): Promise<Transform> {
  const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform };
  return createZstdDecompress === undefined ? zstdInJavaScript() : createZstdDecompress();
}

async function zstdInJavaScript(): Promise<Transform> {
  let out: Transform;
  const frames = new ZstdFrames(instantiateKernels(await compileKernels()), (bytes) => {
    out.push(Buffer.from(bytes));
  });
  const guarded = (done: (error?: Error) => void, work: () => void) => {
    try {
      work();
    } catch (error) {
      return done(Object.assign(new Error(messageOf(error)), { code: 'ZSTD_JS' }));
    }
    done();
  };
  out = new Transform({
    transform: (chunk: Buffer, _encoding, done) => guarded(done, () => frames.push(chunk)),
    flush: (done) => guarded(done, () => frames.end()),
    destroy: (error, done) => {
      frames.free();
      done(error);
    },
  });
  return out;
}

function decodeError({ path, coding }: Encoded, error: NodeJS.ErrnoException): unknown {
  if (error instanceof HybridError) return error;
  const code = error.code ?? '';
  const ours = coding === 'zip' ? !/^E[A-Z]+$/.test(code) : /^(Z_|ZSTD_)/.test(code);
  if (!ours) return HybridError.from(Object.assign(error, { path }));
  const cut =
    code === 'Z_BUF_ERROR' || /unexpected EOF|end of (central|file)|unexpected end/i.test(error.message);
  const got = cut ? 'one that is cut off' : `a damaged one (${error.message})`;
  return new HybridError('E_INPUT', `${path}: expected a whole ${coding} file, got ${got}`, {
    hint: 'Copy or export the file again.',
    cause: error,
  });
}

// ---------------------------------------------------------------- zip

/** More members than an exchange puts into one archive. */
const mostMembers = 10_000;
const readable = /\.(csv|txt|json|jsonl|ndjson|data)$/i;

/** The members of an archive that may hold rows, in the order of their names. Errors: E_INPUT. */
export async function membersOf(disk: string): Promise<Encoded[]> {
  const archive = await openArchive(disk);
  try {
    const entries = await entriesOf(disk, archive);
    return entries
      .map(({ fileName }, entry) => ({ path: `${disk}/${fileName}`, disk, coding: 'zip' as const, entry }))
      .filter(
        ({ path }) => readable.test(path) && !/(^|\/)(__MACOSX\/|\.)[^/]*$/.test(path.slice(disk.length)),
      )
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  } finally {
    archive.close();
  }
}

function openArchive(disk: string): Promise<yauzl.ZipFile> {
  return new Promise((resolve, reject) => {
    yauzl.open(disk, { lazyEntries: true, autoClose: false }, (error, archive) =>
      error ? reject(decodeError({ path: disk, disk, coding: 'zip' }, error)) : resolve(archive),
    );
  });
}

function entriesOf(disk: string, archive: yauzl.ZipFile): Promise<yauzl.Entry[]> {
  const entries: yauzl.Entry[] = [];
  const fail = (error: Error) => decodeError({ path: disk, disk, coding: 'zip' }, error);
  return new Promise((resolve, reject) => {
    archive.on('entry', (entry: yauzl.Entry) => {
      entries.push(entry);
      if (entries.length > mostMembers) reject(fail(new Error(`more than ${mostMembers} members`)));
      else archive.readEntry();
    });
    archive.on('end', () => resolve(entries));
    archive.on('error', (error) => reject(fail(error)));
    archive.readEntry();
  });
}

async function openMember(source: Encoded): Promise<Opened> {
  const archive = await openArchive(source.disk);
  try {
    const entry = (await entriesOf(source.disk, archive))[source.entry!]!;
    const bytes = await new Promise<Readable>((resolve, reject) => {
      archive.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
    });
    const checked = bytes.pipe(checksum(entry));
    bytes.on('error', (error) => checked.destroy(error));
    return {
      stream: checked,
      close: () => {
        bytes.destroy();
        checked.destroy();
        archive.close();
      },
    };
  } catch (error) {
    archive.close();
    throw decodeError(source, error as NodeJS.ErrnoException);
  }
}

/** Passes bytes on and fails at their end when they are not those that were packed. */
function checksum(entry: yauzl.Entry): Transform {
  const { crc32 } = zlib as unknown as { crc32: (data: Uint8Array, value?: number) => number };
  let sum = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sum = crc32(chunk, sum);
      done(null, chunk);
    },
    flush: (done) => done(sum === entry.crc32 ? null : new Error('the checksum is another one')),
  });
}
