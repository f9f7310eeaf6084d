/** What the parts of a run share. */
import { throwIfAborted } from '../../error.js';
import type { CsvFile } from '../../io/csv.js';
import type { Block } from '../../kernels/block.js';
import type { Column, FeatureSet } from '../../kernels/engine.js';
import type { Kernels } from '../../kernels/load.js';
import type { Compression } from '../../kernels/parquet.js';
import type { BlockTask } from '../../kernels/ticks.js';
import type { Crew } from '../../pool/crew.js';
import { inOrder } from '../../pool/ordered.js';
import type { Timed } from '../../pool/tasks.js';
import type { Alteration } from './alteration.js';

/** Sizes that change how fast a run is, never what comes out of it. */
export interface Tuning {
  /** Bytes of a CSV file in one task. */
  blockBytes: number;
  /** Rows that the engine makes before it lets the event loop look around. */
  sliceRows: number;
  /** Rows of an unsorted file of trades that are sorted in memory; more go through sorted runs on the disk. */
  sortRows: number;
  /** Bytes of one sorted run. */
  runBytes: number;
  /** Up to so many bytes of trades, as text, are read once: the survey holds their rows (about as much memory). */
  heldBytes: number;
}

export const defaultTuning: Tuning = {
  blockBytes: 4 * 1024 * 1024,
  sliceRows: 16_384,
  sortRows: 1_000_000,
  runBytes: 32 * 1024 * 1024,
  heldBytes: 80 * 1024 * 1024,
};

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
  crew: Crew;
  compression: Compression;
  onBadRow: 'fail' | 'skip';
  /** Whether of trades with one id the first alone stays. */
  dedupTrades: boolean;
  /** What was said about how the files read, by the name of the setting: the same in every part of a dataset. */
  reading: Readonly<Record<string, string>>;
  tuning: Tuning;
  stages: StageSeconds;
  /** Sorted runs that do not fit into memory go beside this path. */
  spillPath: string;
  signal: AbortSignal | undefined;
  /** Of an audit: what the events are changed to before they are used. */
  alteration?: Alteration | undefined;
}

/** One stream of a symbol: its files in the order of their content. They are read as if they were one file. */
export type StreamFiles = readonly [CsvFile, ...CsvFile[]];

/** None where nothing has come since the last run. */
export type FreshFiles = readonly CsvFile[];

/** What a task made of a block, and the file that the block is of. */
export type OfFile<R> = R & { file: CsvFile };

/**
 * Sends the blocks of a stream through a task of the pool; the results come in the order of the files. As many are
 * under way as keep the workers busy while one result is used; more threads than that wait for the engine anyway. With
 * `first` the blocks before that one are left out.
 */
export async function* throughPool<R extends Timed>(
  run: Run,
  files: FreshFiles,
  task: (input: BlockTask, transfer: ArrayBuffer[]) => Promise<R>,
  first = 0,
): AsyncGenerator<OfFile<R>> {
  const inFlight = () => Math.min(run.crew.threads + 1, 16);
  const send = async ({ file, block }: { file: CsvFile; block: Block }) => ({
    ...(await task({ block, dialect: file.dialect }, buffersOf(block))),
    file,
  });
  const blocks = skipping(first, allBlocks(files, blockBytesOf(run, files)));
  for await (const result of inOrder(blocks, inFlight, send, (next) => run.crew.wait(next))) {
    throwIfAborted(run.signal);
    run.stages.scan += result.seconds;
    yield result;
  }
}

/** Below this the tasks' own costs show. */
const smallestBlock = 512 * 1024;

/**
 * Small files are cut into enough blocks for several threads to end at about the same time; it must not depend on their
 * number, which may change between two passes.
 */
function blockBytesOf({ tuning }: Run, files: FreshFiles): number {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return Math.min(tuning.blockBytes, Math.max(smallestBlock, Math.ceil(bytes / 16)));
}

async function* skipping<T>(first: number, items: AsyncIterable<T>): AsyncGenerator<T> {
  let at = 0;
  for await (const item of items) if (at++ >= first) yield item;
}

/** The blocks of all files, one file after the other. */
export async function* allBlocks(
  files: FreshFiles,
  blockBytes: number,
): AsyncGenerator<{ file: CsvFile; block: Block }> {
  for (const file of files) for await (const block of file.blocks(blockBytes)) yield { file, block };
}

function buffersOf(block: Block): ArrayBuffer[] {
  return 'bytes' in block ? [block.bytes.buffer as ArrayBuffer] : [];
}
