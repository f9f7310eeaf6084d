/** Rows to a Parquet file: row groups are encoded in parallel and spliced in order. */
import { createHash } from 'node:crypto';
import type { Column, ColumnValues } from '../../kernels/engine.js';
import { type EncodedGroup, parquetMagic, Splicer } from '../../kernels/parquet.js';
import type { Timed } from '../../pool/tasks.js';
import type { Run } from './run.js';

/** Row groups under way at most: a group of 131,072 rows takes 40 MB, and a few encoders outrun the engine. */
const mostInFlight = 6;

/** The rows of one symbol; groups must come in order and all but the last be full. */
export class RowSink {
  private readonly splicer: Splicer;
  private readonly hash = createHash('sha256');
  private readonly encoding: Promise<EncodedGroup & Timed>[] = [];
  rows = 0;

  private constructor(
    private readonly run: Run,
    private readonly write: (bytes: Uint8Array) => Promise<void>,
  ) {
    this.splicer = new Splicer(run.kernels, run.featureSet);
    this.hash.update(describe(run.columns));
  }

  static async open(run: Run, write: (bytes: Uint8Array) => Promise<void>): Promise<RowSink> {
    await write(parquetMagic);
    return new RowSink(run, write);
  }

  /** Takes over the columns of one row group; waits while enough groups are under way. */
  async add(columns: ColumnValues[]): Promise<void> {
    this.rows += columns[0]!.length;
    while (this.encoding.length >= Math.min(this.run.pool.threads + 1, mostInFlight)) await this.drain();
    const { compression, featureSet, pool } = this.run;
    const transfer = columns.map((values) => values.buffer as ArrayBuffer);
    const group = pool.run('encodeGroup', { columns, encoding: { compression, featureSet } }, transfer);
    group.catch(() => {});
    this.encoding.push(group);
  }

  /**
   * Writes what is left and the footer. Answers SHA-256 over the columns' names and types and, row group by row
   * group, the 128-bit fingerprints of each column's values and nulls: equal for equal tables, whatever the
   * compression.
   */
  async finish(metadata: Readonly<Record<string, string>>): Promise<string> {
    while (this.encoding.length > 0) await this.drain();
    await this.write(this.splicer.finish(metadata));
    return this.hash.digest('hex');
  }

  /** Waits for what is under way; for a run that ends early. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.encoding);
    this.splicer.free();
  }

  private async drain(): Promise<void> {
    const { part, fingerprints, seconds } = await this.encoding.shift()!;
    this.run.stages.encode += seconds;
    this.hash.update(fingerprints);
    await this.write(this.splicer.append(part));
  }
}

function describe(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `${name}:${type}\n`).join('');
}
