/** Depth snapshots and liquidations on their way to the engine. */

import { Spill } from '../../io/spill.js';
import { callKernel, type Kernels } from '../../kernels/load.js';
import { bookBuilder, type DepthFormat, readLiquidations, report } from '../../kernels/ticks.js';
import { LineLog, type Listed } from './rows.js';
import { allBlocks, type FreshFiles, type Run, throughPool } from './run.js';
import { feed, spillRun } from './sorting.js';

type BookColumns = Kernels['BookColumns']['prototype'];
type LiquidationBlock = Kernels['LiquidationBlock']['prototype'];

export interface DepthQuality {
  /** Rows of the file that could be parsed. */
  rows: number;
  bad: Listed;
  /** Price and size arrays of different length. */
  malformed: Listed;
  /** Rows whose stamps (of sending, of arrival) are more than a minute apart. */
  skewed: Listed;
  /** Of books built level by level: rows before the first snapshot, from which nothing can be built. */
  unfounded: number;
  /** Messages before which updates are missing. */
  missing: Listed;
  /** Snapshots that were asked for and are older than the book: left out. */
  outdated: Listed;
  /** Rows that go on with a message behind its last row. */
  overrun: Listed;
  /** Books with numbers too long to be reduced. */
  unreadable: Listed;
  /** Rows stamped before the row above them; whether the files that are read now have none. */
  outOfOrder: number;
  inOrder: boolean;
  /** Snapshots of distinct ts; rows that a later one of the same ts replaces. */
  snapshots: number;
  replaced: number;
  crossed: number;
  locked: number;
  oneSided: number;
}

/** Before anything is read; goes on from what earlier runs have counted. */
export function depthQualityOf(falls: number, before?: DepthQuality): DepthQuality {
  const quality = structuredClone(before) ?? freshDepthQuality();
  return { ...quality, outOfOrder: quality.outOfOrder + falls, inOrder: falls === 0 };
}

function freshDepthQuality(): DepthQuality {
  const none = (): Listed => ({ total: 0, lines: [] });
  return {
    rows: 0,
    bad: none(),
    malformed: none(),
    skewed: none(),
    unfounded: 0,
    missing: none(),
    outdated: none(),
    overrun: none(),
    unreadable: none(),
    outOfOrder: 0,
    inOrder: true,
    snapshots: 0,
    replaced: 0,
    crossed: 0,
    locked: 0,
    oneSided: 0,
  };
}

/** Rows stamped before the row above them: 0 says that blocks can be merged as they come. */
export async function surveyDepth(run: Run, files: FreshFiles): Promise<number> {
  let [falls, last] = [0, undefined as bigint | undefined];
  const blocks = throughPool(run, files, (input, transfer) => run.crew.run('surveyDepth', input, transfer));
  for await (const times of blocks) {
    const between = last !== undefined && times.first !== undefined && times.first < last;
    falls += times.falls + (between ? 1 : 0);
    last = times.last ?? last;
  }
  return falls;
}

/** What joining snapshots goes on from, and, once all have been read, what a later run goes on from. */
export interface BookMergeStates {
  before?: Uint8Array;
  /** With the last snapshot still open, which rows of its stamp may replace; undefined where there is none. */
  open?: Uint8Array | undefined;
  closed?: Uint8Array;
}

/** The snapshots in time order, as the engine takes them; `quality` and `states` are complete at the end. */
export async function* readBooks(
  run: Run,
  files: FreshFiles,
  format: DepthFormat,
  quality: DepthQuality,
  states: BookMergeStates = {},
): AsyncGenerator<BookColumns> {
  const { wallMinPersist } = format;
  const merge = callKernel(() =>
    states.before === undefined
      ? new run.kernels.BookMerge(wallMinPersist)
      : run.kernels.BookMerge.restore(wallMinPersist, states.before),
  );
  const building = files[0] && bookBuilder(run.kernels, files[0].dialect, format);
  const reduced = reducedBlocks(run, files, format, quality, building);
  const blocks = run.alteration?.books(reduced) ?? reduced;
  try {
    // Books that are built from levels come in time order by themselves.
    const sorted = quality.inOrder || building !== undefined;
    if (sorted) for await (const bytes of blocks) yield callKernel(() => merge.push(bytes));
    else yield* sortBooks(run, blocks, merge);
    const open = merge.save();
    const last = callKernel(() => merge.finish());
    states.open = last.ts().length > 0 ? open : undefined;
    states.closed = merge.save();
    yield last;
    count(quality, merge.counts());
  } finally {
    await blocks.return(undefined);
    building?.builder.free();
    merge.free();
  }
}

type Building = ReturnType<typeof bookBuilder>;

/** The reduced snapshots, block by block as the files have them, be their rows whole books or levels of them. */
async function* reducedBlocks(
  run: Run,
  files: FreshFiles,
  format: DepthFormat,
  quality: DepthQuality,
  building: Building,
): AsyncGenerator<Uint8Array> {
  const log = new LineLog(run.onBadRow, quality.bad);
  const blocks = throughPool(run, files, (input, transfer) =>
    run.crew.run('scanDepth', { ...input, format }, transfer),
  );
  for await (const block of blocks) {
    log.enter(block.file);
    log.bads(block.bad);
    log.list(quality.malformed, block.malformed);
    log.list(quality.skewed, block.remarks.skewed);
    quality.rows += block.rows + block.malformed.total;
    const books = building === undefined ? block.bytes : build(building, block.levels, quality, log);
    log.pass(block.lines);
    if (books !== undefined) yield books;
  }
  if (building === undefined) return;
  const books = callKernel(() => building.builder.finish());
  tell(building, quality, log);
  yield books;
}

/** The books that are finished by a block of levels; none while all levels must be gathered first. */
function build(
  building: NonNullable<Building>,
  levels: Uint8Array,
  quality: DepthQuality,
  log: LineLog,
): Uint8Array | undefined {
  const { builder, inFileOrder } = building;
  if (!quality.inOrder && !inFileOrder) {
    callKernel(() => builder.gather(levels));
    return undefined;
  }
  const books = callKernel(() => builder.push(levels));
  tell(building, quality, log);
  return books;
}

/** What the builder found in the last block. */
function tell({ builder }: NonNullable<Building>, quality: DepthQuality, log: LineLog): void {
  quality.unfounded += builder.unfounded();
  log.list(quality.missing, report(builder.missing()));
  log.list(quality.outdated, report(builder.outdated()));
  log.list(quality.overrun, report(builder.overrun()));
  log.list(quality.unreadable, report(builder.unreadable()));
}

async function* sortBooks(
  run: Run,
  blocks: AsyncIterable<Uint8Array>,
  into: Kernels['BookMerge']['prototype'],
): AsyncGenerator<BookColumns> {
  const [spill, filling] = [new Spill(run.spillPath), new run.kernels.BookRun()];
  let merge: Kernels['BookRunMerge']['prototype'] | undefined;
  try {
    for await (const bytes of blocks) {
      callKernel(() => filling.push(bytes));
      await spillRun(run, filling, spill);
    }
    await spillRun(run, filling, spill, true);
    merge = new run.kernels.BookRunMerge(spill.count);
    for (;;) {
      await feed(merge, spill);
      const books = callKernel(() => merge!.read(into));
      if (books !== undefined) yield books;
      else if (merge.hungry() === undefined) return;
    }
  } finally {
    merge?.free();
    filling.free();
    await spill.close();
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
  skewed: Listed;
  duplicates: number;
}

/** What is carried from one run to the next. */
export interface CarriedLiquidations {
  quality: LiquidationQuality;
  /** The rows of the last stamp, for repeats of them. */
  lastRows: Uint8Array;
}

function noLiquidations(): CarriedLiquidations {
  const none = (): Listed => ({ total: 0, lines: [] });
  const quality = { rows: 0, bad: none(), dropped: none(), skewed: none(), duplicates: 0 };
  return { quality, lastRows: new Uint8Array() };
}

/** The liquidations in time order, repeats gone; `carried` is complete at their end. */
export async function orderLiquidations(
  run: Run,
  files: FreshFiles,
  exact: boolean,
  before?: CarriedLiquidations,
): Promise<{ blocks: AsyncGenerator<LiquidationBlock>; carried: CarriedLiquidations }> {
  const carried = structuredClone(before) ?? noLiquidations();
  const { quality } = carried;
  const log = new LineLog(run.onBadRow, quality.bad);
  const droppedBefore = quality.dropped.total;
  const [spill, scan] = [new Spill(run.spillPath), new run.kernels.LiquidationScan()];
  try {
    for await (const { file, block } of allBlocks(files, run.tuning.blockBytes)) {
      log.enter(file);
      const read = readLiquidations(run.kernels, scan, { block, dialect: file.dialect });
      log.bads(read.bad);
      log.list(quality.dropped, read.nonpositive);
      log.list(quality.skewed, read.remarks.skewed);
      log.pass(read.lines);
      await spillRun(run, scan, spill);
    }
    await spillRun(run, scan, spill, true);
  } catch (error) {
    await spill.close();
    throw error;
  } finally {
    scan.free();
  }
  quality.rows += quality.dropped.total - droppedBefore;
  return { blocks: mergeLiquidations(run, spill, exact, carried), carried };
}

async function* mergeLiquidations(
  run: Run,
  spill: Spill,
  exact: boolean,
  carried: CarriedLiquidations,
): AsyncGenerator<LiquidationBlock> {
  const { quality } = carried;
  const merge = new run.kernels.LiquidationMerge(spill.count, exact);
  try {
    callKernel(() => merge.goOn(carried.lastRows));
    for (;;) {
      await feed(merge, spill);
      const block = callKernel(() => merge.read());
      if (block.rows() > 0) {
        quality.rows += block.rows();
        yield block;
      } else if (merge.hungry() === undefined) break;
    }
    carried.lastRows = merge.lastRows();
    quality.duplicates += merge.duplicates();
    quality.rows += merge.duplicates();
  } finally {
    merge.free();
    await spill.close();
  }
}
