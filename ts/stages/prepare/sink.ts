/** Rows to a Parquet file: row groups are encoded where there is time, and spliced in order. */
import { createHash } from 'node:crypto';
import type { Column, FeatureEngine } from '../../kernels/engine.js';
import { type EncodedGroup, encodeWaiting, parquetMagic, Splicer } from '../../kernels/parquet.js';
import type { Timed } from '../../pool/tasks.js';
import type { Run } from './run.js';

/** Row groups under way at most: each holds its rows in memory, and a few encoders outrun the engine. */
const mostInFlight = 4;

type Write = (bytes: Uint8Array) => Promise<void>;

type Group = EncodedGroup & Timed;

/** The rows of one symbol; groups must come in order and all but the last be full. */
export class RowSink {
  private readonly splicer: Splicer;
  private readonly encoding: Promise<Group>[] = [];
  /**
   * Memory for rows on their way to a worker, and for what becomes of them: used again, since fresh memory is dear. It
   * is shared: what is handed over counts as garbage to be, and has V8 look for garbage again and again.
   */
  private readonly free: SharedArrayBuffer[] = [];
  private writing: Promise<void>;
  /** Rows taken; rows and fingerprints of the table up to the last group that is encoded. */
  rows = 0;
  private table: TableDigest;

  /** `before` is what the rows go on from: those of earlier parts of the table. */
  constructor(
    private readonly run: Run,
    private readonly write: Write,
    before?: TableDigest,
  ) {
    this.splicer = new Splicer(run.kernels, run.featureSet);
    this.table = before ?? { rows: 0, fingerprints: new BigUint64Array(run.columns.length) };
    this.writing = watched(write(parquetMagic));
  }

  /** Takes the row group that waits in the engine: an idle worker encodes it, else this thread. */
  async add(engine: FeatureEngine): Promise<void> {
    this.rows += engine.rows;
    while (this.encoding.length > Math.min(this.run.crew.threads, mostInFlight)) await this.drain();
    // A buffer comes back with what is being written: rather than have one more.
    if (this.free.length === 0) await this.writing;
    const buffer = this.roomFor(engine.packedBytes(this.run.columns));
    this.encoding.push(
      watched(this.run.crew.idle ? this.send(engine, buffer) : this.encodeHere(engine, buffer)),
    );
  }

  /** Waits for the last group: rows and fingerprints of the table, earlier parts included. */
  async digest(): Promise<TableDigest> {
    while (this.encoding.length > 0) await this.drain();
    return this.table;
  }

  /** Writes what is left and the footer. */
  async finish(metadata: Readonly<Record<string, string>>): Promise<void> {
    await this.digest();
    await this.writing;
    await this.write(this.splicer.finish(metadata));
  }

  /** Waits for what is under way; for a run that ends early. */
  async abandon(): Promise<void> {
    await this.run.crew.wait(Promise.allSettled([...this.encoding, this.writing]));
    this.splicer.free();
  }

  private roomFor(bytes: number): SharedArrayBuffer {
    const free = this.free.pop();
    // Groups are much alike: with something to spare the next ones fit as well.
    return free !== undefined && free.byteLength >= bytes
      ? free
      : new SharedArrayBuffer(bytes + (bytes >> 2));
  }

  private async encodeHere(engine: FeatureEngine, buffer: SharedArrayBuffer): Promise<Group> {
    const start = performance.now();
    const group = encodeWaiting(this.run.kernels, engine, this.run, buffer);
    return { ...group, seconds: (performance.now() - start) / 1000 };
  }

  private send(engine: FeatureEngine, buffer: SharedArrayBuffer): Promise<Group> {
    const { columns, compression, featureSet, crew } = this.run;
    const { rows } = engine;
    engine.takeInto(buffer, columns);
    const encoding = { compression, featureSet };
    return crew.run('encodeGroup', { rows: { buffer, rows }, encoding });
  }

  /** The oldest group goes to the file, behind what is being written. */
  private async drain(): Promise<void> {
    const group = this.encoding.shift()!;
    const { part, rows, fingerprints, seconds } = await this.run.crew.wait(group);
    this.run.stages.encode += seconds;
    this.table = {
      rows: this.table.rows + rows,
      fingerprints: this.run.kernels.joinFingerprints(this.table.fingerprints, fingerprints, rows),
    };
    const bytes = this.splicer.append(part);
    await this.writing;
    this.writing = watched(this.writeOut(bytes));
  }

  /** What has been written leaves its memory to the next rows. */
  private async writeOut(bytes: Uint8Array): Promise<void> {
    await this.write(bytes);
    if (bytes.buffer instanceof SharedArrayBuffer) this.free.push(bytes.buffer);
  }
}

/** A failure that nobody awaits yet must not count as unhandled; it still comes out where it is awaited. */
function watched<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** What tells tables apart: the fingerprints of their columns, wherever rows were cut into groups and files. */
export interface TableDigest {
  rows: number;
  fingerprints: BigUint64Array;
}

/** SHA-256 over the columns' names and types, the number of rows, and the columns' fingerprints. */
export function sha256Of({ rows, fingerprints }: TableDigest, columns: readonly Column[]): string {
  const described = columns.map(({ name, type }, i) => `${name}:${type}:${fingerprints[i]}\n`);
  return createHash('sha256')
    .update(`${rows}\n${described.join('')}`)
    .digest('hex');
}
