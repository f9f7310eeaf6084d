/** What the parts of a run share. */
import { throwIfAborted } from '../../error.js';
import type { CsvFile } from '../../io/csv.js';
import type { Block } from '../../kernels/block.js';
import type { Column, FeatureSet } from '../../kernels/engine.js';
import type { Kernels } from '../../kernels/load.js';
import type { Compression } from '../../kernels/parquet.js';
import type { BlockTask } from '../../kernels/ticks.js';
import { inOrder } from '../../pool/ordered.js';
import type { Pool } from '../../pool/pool.js';
import type { Timed } from '../../pool/tasks.js';

/** Sizes that change how fast a run is, never what comes out of it. */
export interface Tuning {
  /** Bytes of a CSV file in one task. */
  blockBytes: number;
  /** Rows that the engine makes before it lets the event loop look around. */
  sliceRows: number;
}

export const defaultTuning: Tuning = { blockBytes: 4 * 1024 * 1024, sliceRows: 16_384 };

/** Seconds of work by stage, summed over the threads that did it. */
export interface StageSeconds {
  scan: number;
  engine: number;
  encode: number;
}

export interface Run {
  kernels: Kernels;
  featureSet: FeatureSet;
  columns: readonly Column[];
  pool: Pool;
  compression: Compression;
  onBadRow: 'fail' | 'skip';
  tuning: Tuning;
  stages: StageSeconds;
  signal: AbortSignal | undefined;
}

/**
 * Sends the blocks of a file through a task of the pool; the results come in the order of the file. As many are
 * under way as keep the workers busy while one result is used; more threads than that wait for the engine anyway.
 */
export async function* throughPool<R extends Timed>(
  run: Run,
  file: CsvFile,
  task: (input: BlockTask, transfer: ArrayBuffer[]) => Promise<R>,
): AsyncGenerator<R> {
  const inFlight = Math.min(run.pool.threads + 1, 16);
  const send = (block: Block) => task({ block, header: file.header }, buffersOf(block));
  for await (const result of inOrder(file.blocks(run.tuning.blockBytes), inFlight, send)) {
    throwIfAborted(run.signal);
    run.stages.scan += result.seconds;
    yield result;
  }
}

function buffersOf(block: Block): ArrayBuffer[] {
  return 'bytes' in block ? [block.bytes.buffer as ArrayBuffer] : [];
}
