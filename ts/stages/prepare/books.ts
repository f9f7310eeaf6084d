/** Depth snapshots and liquidations on their way to the engine. */

import { throwIfAborted } from '../../error.js';
import { callKernel, type Kernels } from '../../kernels/load.js';
import { type DepthFormat, readLiquidations } from '../../kernels/ticks.js';
import { LineLog, type Listed } from './rows.js';
import { allBlocks, type Run, type StreamFiles, throughPool } from './run.js';

type BookColumns = Kernels['BookColumns']['prototype'];
type LiquidationBlock = Kernels['LiquidationBlock']['prototype'];

export interface DepthQuality {
  /** Rows of the file that could be parsed. */
  rows: number;
  bad: Listed;
  /** Price and size arrays of different length. */
  malformed: Listed;
  /** Rows stamped before the row above them. */
  outOfOrder: number;
  /** Snapshots of distinct ts; rows that a later one of the same ts replaces. */
  snapshots: number;
  replaced: number;
  crossed: number;
  locked: number;
  oneSided: number;
}

/** Rows stamped before the row above them: 0 says that blocks can be merged as they come. */
export async function surveyDepth(run: Run, files: StreamFiles): Promise<number> {
  let [falls, last] = [0, undefined as bigint | undefined];
  const blocks = throughPool(run, files, (input, transfer) => run.crew.run('surveyDepth', input, transfer));
  for await (const times of blocks) {
    const between = last !== undefined && times.first !== undefined && times.first < last;
    falls += times.falls + (between ? 1 : 0);
    last = times.last ?? last;
  }
  return falls;
}

/** The snapshots in time order, as the engine takes them; `quality` is complete at the end. */
export async function* readBooks(
  run: Run,
  files: StreamFiles,
  format: DepthFormat,
  quality: DepthQuality,
): AsyncGenerator<BookColumns> {
  const merge = new run.kernels.BookMerge(format.wallMinPersist);
  const sorted = quality.outOfOrder === 0;
  const log = new LineLog(run.onBadRow);
  quality.bad = log.bad;
  try {
    const blocks = throughPool(run, files, (input, transfer) =>
      run.crew.run('scanDepth', { ...input, format }, transfer),
    );
    for await (const block of blocks) {
      log.enter(block.file);
      log.bads(block.bad);
      log.list(quality.malformed, block.malformed);
      log.pass(block.lines);
      quality.rows += block.rows + block.malformed.total;
      const bytes = run.alteration?.books(block.bytes) ?? block.bytes;
      if (sorted) yield callKernel(() => merge.push(bytes));
      else callKernel(() => merge.gather(bytes));
    }
    if (!sorted) yield callKernel(() => merge.pushGathered());
    yield callKernel(() => merge.finish());
    count(quality, merge.counts());
  } finally {
    merge.free();
  }
}

function count(quality: DepthQuality, counts: Float64Array): void {
  const [snapshots, replaced, crossed, locked, oneSided] = counts as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  Object.assign(quality, { snapshots, replaced, crossed, locked, oneSided });
}

export interface LiquidationQuality {
  /** Rows of the file that could be parsed. */
  rows: number;
  bad: Listed;
  /** Price or quantity not above 0. */
  dropped: Listed;
  duplicates: number;
}

/** All liquidations in time order: they are few, so they are read here and held in memory. */
export async function readAllLiquidations(
  run: Run,
  files: StreamFiles,
  exact: boolean,
): Promise<{ block: LiquidationBlock; quality: LiquidationQuality }> {
  const log = new LineLog(run.onBadRow);
  const dropped: Listed = { total: 0, lines: [] };
  const scan = new run.kernels.LiquidationScan();
  try {
    for await (const { file, block } of allBlocks(files, run.tuning.blockBytes)) {
      throwIfAborted(run.signal);
      log.enter(file);
      const read = readLiquidations(run.kernels, scan, { block, header: file.header });
      log.bads(read.bad);
      log.list(dropped, read.nonpositive);
      log.pass(read.lines);
    }
    const block = callKernel(() => scan.finish(exact));
    const duplicates = block.duplicates();
    const rows = block.ts().length + duplicates + dropped.total;
    return { block, quality: { rows, bad: log.bad, dropped, duplicates } };
  } finally {
    scan.free();
  }
}
