/** Row groups to Parquet, and row groups to one file. */
import { HybridError } from '../error.js';
import { type Column, columnsOf, type FeatureEngine, type FeatureSet } from './engine.js';
import { callKernel, type Kernels, memoryView } from './load.js';

export const compressions = ['lz4', 'snappy', 'none'] as const;
export type Compression = (typeof compressions)[number];

/** One row group on its way into the file. */
export interface EncodedGroup {
  /** A Parquet file of this row group alone. */
  part: Uint8Array;
  rows: number;
  /** One a column, of its values and nulls. */
  fingerprints: BigUint64Array;
}

/** Every Parquet file begins with these four bytes. */
export const parquetMagic = new TextEncoder().encode('PAR1');

/** Rows on their way to another thread, as {@link FeatureEngine.takeInto} leaves them. */
export interface SharedRows {
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

/** Encodes one row group that another thread shares. */
export function encodeShared(
  kernels: Kernels,
  { buffer, rows }: SharedRows,
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
  return callKernel(() => ({ part: handle.encode(), rows, fingerprints: handle.fingerprints() }));
}

/** Encodes the rows that wait in an engine of this thread, where they are, and takes them out of it. */
export function encodeWaiting(kernels: Kernels, engine: FeatureEngine, encoding: Encoding): EncodedGroup {
  const { handle } = encoderOf(kernels, encoding);
  const { rows } = engine;
  return engine.useRows((waiting) =>
    callKernel(() => ({ part: handle.encodeWaiting(waiting), rows, fingerprints: handle.fingerprints() })),
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
    const end = part.byteLength - 8;
    const footerBytes = new DataView(part.buffer, part.byteOffset).getUint32(end, true);
    const footer = end - footerBytes;
    if (footer < parquetMagic.length)
      throw new HybridError('E_INTERNAL', 'row group: expected a whole footer');
    callKernel(() => this.handle.append(part.subarray(footer, end), footer - parquetMagic.length));
    return part.subarray(parquetMagic.length, footer);
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
