/**
 * Symbols side by side. Each lane is a thread that takes one symbol after the other through all of its stages, so that
 * the engines of several symbols run at once; threads that find no symbol any more help those that are under way. What
 * is written does not depend on it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { HybridError, throwIfAborted } from '../../error.js';
import type { CsvSource } from '../../io/csv.js';
import { type Stream, streams } from '../../io/raw.js';
import { createWorkers, type Workers } from '../../pool/pool.js';
import type { Progress } from '../../report/progress.js';
import { count } from '../../report/table.js';
import type { SymbolInputs } from './inputs.js';
import type { Job, Made } from './job.js';
import type { Run, StageSeconds } from './run.js';

/** The settings of a run that are plain data. */
export type LaneRun = Pick<
  Run,
  'featureSet' | 'compression' | 'onBadRow' | 'dedupTrades' | 'reading' | 'tuning' | 'spillPath'
> & {
  /** Parameters by name. */
  params: Readonly<Record<string, string>>;
};

export interface LaneTask {
  run: LaneRun;
  symbol: string;
  sources: Partial<Record<Stream, readonly CsvSource[]>>;
  job: Job;
  share: Share;
}

export interface LaneResult extends Made {
  stages: StageSeconds;
  notes: string[];
}

/** What a lane and the thread that feeds it tell each other. */
export interface Share {
  /** Threads that the lane may have; 1 once the run is to end. */
  orders: Int32Array<SharedArrayBuffer>;
  /** Rows made, and rows in all, as far as they are known. */
  rows: Float64Array<SharedArrayBuffer>;
}

function newShare(): Share {
  return {
    orders: new Int32Array(new SharedArrayBuffer(8)),
    rows: new Float64Array(new SharedArrayBuffer(16)),
  };
}

/** A symbol that is under way. */
interface Going {
  input: SymbolInputs;
  bytes: number;
  threads: number;
  share: Share;
}

/** Input of this size is worth the start of one more worker. */
const worthHelp = 32 * 1024 * 1024;

const laneFile = new URL('./lane.js', import.meta.url);

/**
 * Prepares every symbol on `threads` threads; the results come in the order of the symbols. The first failure ends the
 * lanes and is thrown once they stand still.
 */
export async function sideBySide(
  { run, threads, params }: { run: Run; threads: number; params: Readonly<Record<string, string>> },
  inputs: readonly SymbolInputs[],
  jobOf: (input: SymbolInputs) => Job,
  progress: Progress,
): Promise<LaneResult[]> {
  const count = Math.min(threads, inputs.length);
  const workers = await createWorkers<LaneTask, LaneResult>(count, laneFile);
  const { featureSet, compression, onBadRow, dedupTrades, reading, spillPath } = run;
  // What one symbol alone may hold in memory, they share.
  const tuning = { ...run.tuning, heldBytes: run.tuning.heldBytes / count };
  const settings = { featureSet, compression, onBadRow, dedupTrades, reading, tuning, spillPath, params };
  const lanes = new Lanes(workers, run, settings, inputs, jobOf, progress);
  try {
    return await lanes.all(threads, count);
  } finally {
    await workers.close();
  }
}

class Lanes {
  private readonly waiting: SymbolInputs[];
  private readonly going = new Set<Going>();
  private readonly results = new Map<SymbolInputs, LaneResult>();
  private readonly failures: unknown[] = [];
  private idle = 0;
  private doneBytes = 0;

  constructor(
    private readonly workers: Workers<LaneTask, LaneResult>,
    private readonly run: Run,
    private readonly settings: LaneRun,
    private readonly inputs: readonly SymbolInputs[],
    private readonly jobOf: (input: SymbolInputs) => Job,
    private readonly progress: Progress,
  ) {
    // The largest first: what is left for the end is small.
    this.waiting = [...inputs].sort((a, b) => bytesOf(b) - bytesOf(a));
  }

  async all(threads: number, count: number): Promise<LaneResult[]> {
    const total = this.inputs.reduce((sum, input) => sum + bytesOf(input), 0);
    const phase = this.progress.phase(`${this.inputs.length} symbols`, total);
    this.idle = threads - count;
    const lanes = Array.from({ length: count }, () => this.lane());
    this.lend();
    const all = Promise.all(lanes);
    try {
      await Promise.race([all, this.watch((done) => phase.update(done))]);
      await all;
    } finally {
      phase.end();
    }
    throwIfAborted(this.run.signal);
    if (this.failures.length > 0) throw this.failures[0];
    return this.inputs.map((input) => this.results.get(input)!);
  }

  /** Takes symbols until none waits. */
  private async lane(): Promise<void> {
    for (let input = this.waiting.shift(); input !== undefined; input = this.waiting.shift()) {
      const one: Going = { input, bytes: bytesOf(input), threads: 1, share: newShare() };
      one.share.orders[0] = 1;
      this.going.add(one);
      await this.prepare(one);
      this.going.delete(one);
      this.doneBytes += one.bytes;
      this.idle += one.threads - 1;
      this.lend();
    }
    this.idle++;
    this.lend();
  }

  private async prepare({ input, share }: Going): Promise<void> {
    const start = performance.now();
    const { symbol, ...files } = input;
    const sources = Object.fromEntries(
      streams.flatMap((stream) =>
        files[stream] ? [[stream, files[stream].map(({ source }) => source)]] : [],
      ),
    );
    try {
      const task = { run: this.settings, symbol, sources, job: this.jobOf(input), share };
      const result = await this.workers.run(task);
      this.results.set(input, result);
      for (const stage of ['scan', 'engine', 'encode'] as const)
        this.run.stages[stage] += result.stages[stage];
      for (const line of result.notes) this.progress.note(line);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      this.progress.note(`${symbol}: ${count(result.prepared.rows)} rows ${seconds} s`);
    } catch (error) {
      // What the others say is that they were told to end.
      if (HybridError.from(error).code !== 'E_INTERRUPTED') this.failures.push(error);
      this.end();
    }
  }

  /** Gives idle threads to the symbols that have the most to do. */
  private lend(): void {
    const load = ({ bytes, threads }: Going) => bytes / threads;
    while (this.idle > 0 && this.waiting.length === 0) {
      const able = [...this.going].filter((one) => one.bytes >= worthHelp * one.threads);
      const most = able.sort((a, b) => load(b) - load(a))[0];
      if (most === undefined) return;
      this.idle--;
      most.threads++;
      Atomics.store(most.share.orders, 0, most.threads);
    }
  }

  /** No symbol is begun any more, and those under way give up. */
  private end(): void {
    this.waiting.length = 0;
    for (const { share } of this.going) Atomics.store(share.orders, 1, 1);
  }

  /** Looks after the lanes as long as there are some. */
  private async watch(update: (doneBytes: number) => void): Promise<void> {
    while (this.going.size > 0) {
      await delay(100, undefined, { ref: false });
      if (this.run.signal?.aborted) this.end();
      const under = [...this.going].map(({ bytes, share: { rows } }) => (bytes * rows[0]!) / (rows[1]! || 1));
      update(this.doneBytes + under.reduce((sum, bytes) => sum + bytes, 0));
    }
  }
}

function bytesOf(input: SymbolInputs): number {
  return streams.flatMap((stream) => input[stream] ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
}
