/** Tables to Parquet, batch by batch: memory holds a row group, however long the table is. */
import type { Table as ArrowTable, Float64 as F64, Int32 as I32, Int64 as I64, Vector } from 'apache-arrow';
import {
  Compression,
  type RecordBatch,
  Table,
  transformParquetStream,
  type WriterProperties,
  WriterPropertiesBuilder,
} from 'parquet-wasm';
import { HybridError } from '../error.js';
import {
  Dictionary,
  Float64,
  Int32,
  Int64,
  makeData,
  makeVector,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from './arrow.js';

/** Rows of a row group. */
export const rowsPerGroup = 131_072;

/** Writes tables of one schema, at least one of them, one after the other into one file. Errors: those of the source. */
export async function writeTables(
  tables: AsyncIterable<ArrowTable>,
  write: (bytes: Uint8Array) => Promise<void>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const source = batches(tables);
  // What the source throws leaves the encoder as a text: the error itself is kept beside it.
  let thrown: unknown;
  const next = () =>
    source.next().catch((error: unknown) => {
      thrown = error;
      throw error;
    });
  try {
    const encoded = await transformParquetStream(streamOf(next), properties(metadata));
    const reader = (encoded as ReadableStream<Uint8Array>).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      await write(value);
    }
  } catch (error) {
    throw HybridError.from(thrown ?? error);
  } finally {
    await source.return(undefined);
  }
}

/** Pulled one at a time: none is made before the encoder asks for it. */
function streamOf(next: () => Promise<IteratorResult<RecordBatch>>): ReadableStream<RecordBatch> {
  const pull = async (controller: ReadableStreamDefaultController<RecordBatch>) => {
    const { done, value } = await next();
    if (done) controller.close();
    else controller.enqueue(value);
  };
  return new ReadableStream<RecordBatch>({ pull }, { highWaterMark: 0 });
}

async function* batches(tables: AsyncIterable<ArrowTable>): AsyncGenerator<RecordBatch> {
  for await (const table of tables) yield* Table.fromIPCStream(tableToIPC(table, 'stream')).recordBatches();
}

function properties(metadata: ReadonlyMap<string, string>): WriterProperties {
  return new WriterPropertiesBuilder()
    .setCompression(Compression.LZ4_RAW)
    .setMaxRowGroupSize(rowsPerGroup)
    .setKeyValueMetadata(new Map(metadata))
    .setCreatedBy('hybrid')
    .build();
}

/** A column of f64; what is not finite is null. */
export function numberColumn(values: Float64Array): Vector<F64> {
  const { nullBitmap, nullCount } = nullsOf(values);
  return makeVector(
    makeData({ type: new Float64(), length: values.length, data: values, nullCount, nullBitmap }),
  );
}

/** A column of i32; what is not finite is null. */
export function integerColumn(values: Float64Array): Vector<I32> {
  const { nullBitmap, nullCount } = nullsOf(values);
  const data = Int32Array.from(values, (v) => (Number.isFinite(v) ? v : 0));
  return makeVector(makeData({ type: new Int32(), length: values.length, data, nullCount, nullBitmap }));
}

/** A column of i64 without nulls. */
export function timeColumn(values: Float64Array): Vector<I64> {
  const data = BigInt64Array.from(values, (v) => BigInt(v));
  return makeVector(makeData({ type: new Int64(), length: values.length, data }));
}

/** A column of one text in every row. */
export function textColumn(text: string, rows: number): Vector {
  return makeVector(
    makeData({
      type: new Dictionary(new Utf8(), new Int32(), 0),
      length: rows,
      data: new Int32Array(rows),
      dictionary: vectorFromArray([text], new Utf8()),
    }),
  );
}

function nullsOf(values: Float64Array): { nullBitmap: Uint8Array; nullCount: number } {
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8));
  let nullCount = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i]!)) nullBitmap[i >> 3]! |= 1 << (i & 7);
    else nullCount++;
  }
  return { nullBitmap, nullCount };
}
