/** Small Parquet datasets, and seeded random numbers to fill them. */
import { writeFileSync } from 'node:fs';
import {
  Table as ArrowTable,
  Field,
  Float32,
  Float64,
  Int64,
  makeData,
  makeVector,
  RecordBatch,
  Schema,
  Struct,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';

export type DatasetColumn = Float64Array | Float32Array | BigInt64Array | readonly string[];

/** f64 and f32 columns (NaN is null), i64 columns and texts as one Parquet file, with key-value metadata. */
export function writeDataset(
  path: string,
  columns: Readonly<Record<string, DatasetColumn>>,
  rowGroup = 65_536,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const vectors = Object.entries(columns).map(([name, values]) => [name, vectorOf(values)]);
  writeTable(path, new ArrowTable(Object.fromEntries(vectors)), rowGroup, metadata);
}

/** f64 columns of any names, the same one twice too, which no object could hold. */
export function writeNamed(path: string, columns: readonly (readonly [string, Float64Array])[]): void {
  const fields = columns.map(([name]) => new Field(name, new Float64(), true));
  const children = columns.map(([, values]) => vectorOf(values).data[0]!);
  const length = columns[0]![1].length;
  const rows = makeData({ type: new Struct(fields), length, children });
  writeTable(path, new ArrowTable(new RecordBatch(new Schema(fields), rows)), length, {});
}

function writeTable(
  path: string,
  table: ArrowTable,
  rowGroup: number,
  metadata: Readonly<Record<string, string>>,
): void {
  const properties = new WriterPropertiesBuilder()
    .setMaxRowGroupSize(rowGroup)
    .setKeyValueMetadata(new Map(Object.entries(metadata)))
    .build();
  writeFileSync(path, writeParquet(Table.fromIPCStream(tableToIPC(table, 'stream')), properties));
}

function vectorOf(values: DatasetColumn) {
  if (!ArrayBuffer.isView(values)) return vectorFromArray([...values], new Utf8());
  if (values instanceof BigInt64Array)
    return makeVector(makeData({ type: new Int64(), length: values.length, data: values }));
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8));
  let nullCount = 0;
  values.forEach((v, i) => {
    if (Number.isNaN(v)) nullCount++;
    else nullBitmap[i >> 3]! |= 1 << (i & 7);
  });
  const both = { length: values.length, nullCount, nullBitmap };
  return values instanceof Float32Array
    ? makeVector(makeData({ type: new Float32(), data: values, ...both }))
    : makeVector(makeData({ type: new Float64(), data: values, ...both }));
}

/** Seeded draws (mulberry32). */
export function generator(seed: number) {
  let state = seed >>> 0;
  const unit = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
  return { unit, normal, below: (n: number) => Math.floor(unit() * n) };
}

export function normals(count: number, seed: number): Float64Array {
  const { normal } = generator(seed);
  return Float64Array.from({ length: count }, normal);
}

/** A first-order autoregression of unit variance. */
export function persistent(count: number, seed: number, memory: number): Float64Array {
  const { normal } = generator(seed);
  const values = new Float64Array(count);
  let x = normal();
  for (let i = 0; i < count; i++) {
    values[i] = x;
    x = memory * x + Math.sqrt(1 - memory * memory) * normal();
  }
  return values;
}
