/** How the bytes of a raw file are stored: as they are, or as independent gzip members or zstd frames of fixed size. */
import type { Transform } from 'node:stream';
import { setImmediate as immediately } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { HybridError } from '../error.js';

export const codingNames = ['none', 'gzip', 'zstd'] as const;
export type CodingName = (typeof codingNames)[number];

/**
 * Content is cut every `blockBytes`, each block is encoded for itself and the results stand one after the other,
 * which both formats allow. So the stored bytes are a function of the content alone, blocks are encoded side by
 * side, and a file can be continued behind any whole block.
 */
export interface Coding {
  name: CodingName;
  /** What the file's name ends with: '', `.gz`, `.zst`. */
  extension: string;
  blockBytes: number;
  encode(block: Buffer): Promise<Buffer>;
  /** The first `length` bytes of the block that `stored` begins with, be it cut off or followed by others. */
  decode(stored: Buffer, length: number): Promise<Buffer>;
}

/** Node's published types of v20 do not know zstd, which came with 22.15. */
interface ZstdOfNode {
  createZstdCompress?: (options: object) => Transform;
  zstdDecompress?: (
    stored: Buffer,
    options: object,
    done: (error: Error | null, result: Buffer) => void,
  ) => void;
}

const zstd = zlib as ZstdOfNode;
const megabyte = 1 << 20;

/** Errors: E_USAGE for zstd on a Node that has none. */
export function codingNamed(name: CodingName): Coding {
  if (name === 'none') return plain;
  if (name === 'gzip') return gzip;
  if (!hasZstd) throw withoutZstd();
  return zstdCoding();
}

export const hasZstd = zstd.createZstdCompress !== undefined;

export function withoutZstd(): HybridError {
  const message = '--compression: expected gzip or none, got zstd, which this Node cannot';
  return new HybridError('E_USAGE', message, {
    hint: 'Use --compression gzip, or run hybrid with Node 22.15 or later.',
  });
}

const plain: Coding = {
  name: 'none',
  extension: '',
  blockBytes: megabyte,
  encode: async (block) => block,
  decode: async (stored, length) => stored.subarray(0, length),
};

/** Tick data at level 4: most of what level 6 saves, in half of its time. */
const gzipLevel = 4;
const compress = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gzip);
const decompress = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip);

const gzip: Coding = {
  name: 'gzip',
  extension: '.gz',
  blockBytes: megabyte,
  encode: async (block) => {
    const member = await compress(block, { level: gzipLevel });
    // The byte of the operating system (RFC 1952): "unknown", or the same content would differ between machines.
    member[9] = 255;
    return member;
  },
  // The last member may be cut off: what came before it is enough.
  decode: async (stored, length) =>
    (await decompress(stored, { finishFlush: zlib.constants.Z_SYNC_FLUSH })).subarray(0, length),
};

/** Compressors without a block, to be used again. */
const idle: FrameCompressor[] = [];

async function encodeFrame(block: Buffer): Promise<Buffer> {
  const compressor = idle.pop() ?? new FrameCompressor();
  const frame = await compressor.encode(block);
  idle.push(compressor);
  return frame;
}

/** Makes a frame of each block. Node's call for one block holds megabytes until the garbage collector comes. */
class FrameCompressor {
  private readonly stream: Transform;
  private parts: Buffer[] = [];

  constructor() {
    const constants = zlib.constants as unknown as Record<string, number>;
    const params = { [constants.ZSTD_c_checksumFlag!]: 1 };
    // Every write ends its frame.
    this.stream = zstd.createZstdCompress!({ params, flush: constants.ZSTD_e_end, chunkSize: megabyte >> 3 });
    this.stream.on('data', (part: Buffer) => this.parts.push(part));
    // It is told to who wrote.
    this.stream.on('error', () => {});
  }

  async encode(block: Buffer): Promise<Buffer> {
    await new Promise<void>((resolve, reject) => {
      this.stream.write(block, (error) => (error ? reject(error) : resolve()));
    });
    while (this.stream.readableLength > 0) await immediately();
    const frame = Buffer.concat(this.parts);
    this.parts = [];
    return frame;
  }
}

function zstdCoding(): Coding {
  const constants = zlib.constants as unknown as Record<string, number>;
  const decode = promisify(zstd.zstdDecompress!);
  return {
    ...{ name: 'zstd', extension: '.zst', blockBytes: megabyte },
    encode: encodeFrame,
    decode: async (stored, length) =>
      (await decode(stored, { finishFlush: constants.ZSTD_e_flush })).subarray(0, length),
  };
}
