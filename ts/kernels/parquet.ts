/** Row groups to Parquet, and row groups to one file. */
import { type Column, columnsOf, type FeatureEngine, type FeatureSet } from './engine.js';
import { callKernel, type Kernels, memoryView } from './load.js';

export const compressions = ['lz4', 'snappy', 'none'] as const;
export type Compression = (typeof compressions)[number];

/** One row group on its way into the file. */
export interface EncodedGroup {
  /** Its column chunks and, behind them, what the splicer is to know of them. */
  part: Uint8Array;
  rows: number;
  /** One a column, of its values and nulls. */
  fingerprints: BigUint64Array;
}

/** Every Parquet file begins with these four bytes. */
export const parquetMagic = new TextEncoder().encode('PAR1');

/** Rows on their way to another thread, as {@link FeatureEngine.takeInto} leaves them. */
export interface PackedRows {
  buffer: SharedArrayBuffer;
  rows: number;
}

/** How the groups of a file are encoded. */
export interface Encoding {
  compression: Compression;
  featureSet: FeatureSet;
}

type Encoder = Encoding & { handle: Kernels['RowGroupEncoder']['prototype']; columns: readonly Column[] };

let encoder: Encoder | undefined;

/** Encodes one row group that another thread shares; where it fits, which is nearly always, it takes the rows' place. */
export function encodePacked(
  kernels: Kernels,
  { buffer, rows }: PackedRows,
  encoding: Encoding,
): EncodedGroup {
  const { handle, columns } = encoderOf(kernels, encoding);
  const sizes = new Uint32Array(buffer, 0, 2 * columns.length);
  let at = sizes.byteLength;
  columns.forEach((_, i) => {
    const [bytes, runs] = [sizes[2 * i]!, sizes[2 * i + 1]!];
    const room = callKernel(() => (runs === 0 ? handle.room(i, rows) : handle.roomForRuns(i, runs)));
    memoryView(room, bytes).set(new Uint8Array(buffer, at, bytes));
    at += bytes;
  });
  return callKernel(() => {
    handle.encode();
    return { part: copyInto(buffer, partOf(handle)), rows, fingerprints: handle.fingerprints() };
  });
}

/** The bytes at the beginning of the buffer; in one of their own where they do not fit. */
function copyInto(buffer: ArrayBufferLike, bytes: Uint8Array): Uint8Array {
  if (bytes.length > buffer.byteLength) return bytes.slice();
  const target = new Uint8Array(buffer, 0, bytes.length);
  target.set(bytes);
  return target;
}

/** The group that was encoded last, as it stands in the kernel. */
function partOf(handle: Encoder['handle']): Uint8Array {
  const [start, length] = handle.part() as unknown as [number, number];
  return memoryView(start, length);
}

/**
 * Encodes the rows that wait in an engine of this thread, where they are, and takes them out of it. The group stands
 * in the buffer where it fits.
 */
export function encodeWaiting(
  kernels: Kernels,
  engine: FeatureEngine,
  encoding: Encoding,
  buffer: ArrayBufferLike,
): EncodedGroup {
  const { handle } = encoderOf(kernels, encoding);
  const { rows } = engine;
  return engine.useRows((waiting) =>
    callKernel(() => {
      handle.encodeWaiting(waiting);
      return { part: copyInto(buffer, partOf(handle)), rows, fingerprints: handle.fingerprints() };
    }),
  );
}

/** This thread's encoder; its buffers are kept from group to group. */
function encoderOf(kernels: Kernels, { compression, featureSet }: Encoding): Encoder {
  if (encoder?.compression !== compression || encoder.featureSet !== featureSet) {
    encoder?.handle.free();
    const handle = new kernels.RowGroupEncoder(compression, featureSet);
    encoder = { compression, featureSet, handle, columns: columnsOf(kernels, featureSet) };
  }
  return encoder;
}

/** Joins encoded groups: {@link append} says which bytes to write next, {@link finish} those that end the file. */
export class Splicer {
  private readonly handle: Kernels['Splicer']['prototype'];
  private used = false;

  constructor(kernels: Kernels, featureSet: FeatureSet) {
    this.handle = callKernel(() => new kernels.Splicer(featureSet));
  }

  /** The column chunks of a group; they follow those of the group before. */
  append(part: Uint8Array): Uint8Array {
    const end = part.byteLength - 4;
    const notes = end - new DataView(part.buffer, part.byteOffset).getUint32(end, true);
    callKernel(() => this.handle.append(part.subarray(notes, end)));
    return part.subarray(0, notes);
  }

  /** Footer and magic, with key-value metadata in the order of the object. The splicer is used up. */
  finish(metadata: Readonly<Record<string, string>>): Uint8Array {
    this.used = true;
    return callKernel(() => this.handle.finish(Object.keys(metadata), Object.values(metadata)));
  }

  /** Gives the handle back when the file is not finished. */
  free(): void {
    if (!this.used) this.handle.free();
    this.used = true;
  }
}
