/** Row groups to Parquet, and row groups to one file. */
import { HybridError } from '../error.js';
import type { ColumnValues, FeatureSet } from './engine.js';
import { callKernel, type Kernels, memoryView } from './load.js';

export const compressions = ['lz4', 'snappy', 'none'] as const;
export type Compression = (typeof compressions)[number];

/** One row group on its way into the file. */
export interface EncodedGroup {
  /** A Parquet file of this row group alone. */
  part: Uint8Array;
  /** 16 bytes a column, of its values and nulls. */
  fingerprints: Uint8Array;
}

/** Every Parquet file begins with these four bytes. */
export const parquetMagic = new TextEncoder().encode('PAR1');

/** How the groups of a file are encoded. */
export interface Encoding {
  compression: Compression;
  featureSet: FeatureSet;
}

let encoder: (Encoding & { handle: Kernels['RowGroupEncoder']['prototype'] }) | undefined;

/** Encodes one row group: all columns of the table, in its order, of one length. */
export function encodeGroup(
  kernels: Kernels,
  columns: readonly ColumnValues[],
  encoding: Encoding,
): EncodedGroup {
  return callKernel(() => {
    const handle = encoderOf(kernels, encoding);
    columns.forEach((values, i) => {
      const room = memoryView(handle.room(i, values.length), values.byteLength);
      room.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    });
    return { part: handle.encode(), fingerprints: handle.fingerprints() };
  });
}

/** This thread's encoder; its buffers are kept from group to group. */
function encoderOf(kernels: Kernels, { compression, featureSet }: Encoding) {
  if (encoder?.compression !== compression || encoder.featureSet !== featureSet) {
    encoder?.handle.free();
    encoder = { compression, featureSet, handle: new kernels.RowGroupEncoder(compression, featureSet) };
  }
  return encoder.handle;
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
