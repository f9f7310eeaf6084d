/** Depth snapshots and liquidations on their way to the engine. */

import type { CsvFile } from '../../io/csv.js';
import { Spill } from '../../io/spill.js';
import { blockLength } from '../../kernels/block.js';
import { callKernel, type Kernels } from '../../kernels/load.js';
import {
  bookBuilder,
  type DepthBlock,
  type DepthFormat,
  type RowReport,
  readLiquidations,
  report,
  withHandle,
} from '../../kernels/ticks.js';
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

/** What making and joining snapshots goes on from. */
export interface BookState {
  /** The bytes of the kernel's BookMerge. */
  merge: Uint8Array;
  /** Of books that are built from levels: the bytes of the kernel's BookBuilder, and how the files read. */
  builder?: { bytes: Uint8Array; dialect: string } | undefined;
}

/**
 * A state of the end of the files, with so many of the last snapshots still open: rows of a later run may change them or
 * stand in for them. It holds as long as no row has seen these.
 */
export interface OpenState {
  open: number;
  state: BookState;
}

/** A border between two blocks of files that are in order: a later run may read on from it. */
export interface Border {
  state: BookState;
  /** What has been counted up to there. */
  quality: DepthQuality;
  file: CsvFile;
  /** Bytes and lines of the file's text up to there. */
  bytes: number;
  lines: number;
}

/** From an earlier run, and, once all have been read, for a later one: the most open state first. */
export interface BookStates {
  before?: BookState;
  after?: OpenState[];
  /** While blocks are read that are in order: the border behind the one that was read last. */
  border?: () => Border;
}

/** The snapshots in time order, as the engine takes them; `quality` and `states` are complete at the end. */
export async function* readBooks(
  run: Run,
  files: FreshFiles,
  format: DepthFormat,
  quality: DepthQuality,
  states: BookStates = {},
): AsyncGenerator<BookColumns> {
  const merge = openMerge(run, format, states.before?.merge);
  const building = openBuilder(run, files, format, states.before?.builder);
  let message: LastMessage | undefined;
  const place: Place = { bytes: 0, lines: 0 };
  const reduced = reducedBlocks(run, files, format, quality, place, building, (makesBook) => {
    message = { before: { merge: merge.save(), ...builderState(building) }, makesBook, finished: 0 };
  });
  const blocks = run.alteration?.books(reduced) ?? reduced;
  try {
    // Books that are built from levels come in time order by themselves.
    const sorted = quality.inOrder || building !== undefined;
    if (quality.inOrder)
      states.border = () => ({
        ...{ state: { merge: merge.save(), ...builderState(building) }, quality: structuredClone(quality) },
        ...{ file: place.file!, bytes: place.bytes, lines: place.lines },
      });
    if (!sorted) yield* sortBooks(run, blocks, merge);
    else
      for await (const bytes of blocks) {
        const books = callKernel(() => merge.push(bytes));
        if (message !== undefined) message.finished = books.ts().length;
        yield books;
      }
    delete states.border;
    const held: BookState = { merge: merge.save(), ...builderState(building) };
    const last = callKernel(() => merge.finish());
    const closed: BookState = { merge: merge.save(), ...builderState(building) };
    const holds = last.ts().length > 0;
    yield last;
    count(quality, merge.counts());
    states.after = openStates(run, format, holds ? held : undefined, closed, message);
  } finally {
    await blocks.return(undefined);
    building?.builder.free();
    merge.free();
  }
}

type BookMerge = Kernels['BookMerge']['prototype'];

function openMerge(run: Run, { wallMinPersist }: DepthFormat, before: Uint8Array | undefined): BookMerge {
  const { BookMerge } = run.kernels;
  return callKernel(() =>
    before === undefined ? new BookMerge(wallMinPersist) : BookMerge.restore(wallMinPersist, before),
  );
}

interface Building {
  builder: Kernels['BookBuilder']['prototype'];
  /** Changes of one book cannot be sorted. */
  inFileOrder: boolean;
  dialect: string;
}

/** What builds books of levels; undefined where a row of the files is a book of its own. */
function openBuilder(
  run: Run,
  [file]: FreshFiles,
  format: DepthFormat,
  before: BookState['builder'],
): Building | undefined {
  const dialect = file?.dialect ?? before?.dialect;
  const opened = dialect === undefined ? undefined : bookBuilder(run.kernels, dialect, format);
  if (opened === undefined) return undefined;
  if (before !== undefined) callKernel(() => opened.builder.load(before.bytes));
  return { ...opened, dialect: dialect! };
}

function builderState(building: Building | undefined): Pick<BookState, 'builder'> {
  return building === undefined
    ? {}
    : { builder: { bytes: building.builder.save(), dialect: building.dialect } };
}

/** The message that was open at the end of files whose books are built from levels. */
interface LastMessage {
  /** The state before it was ended. */
  before: BookState;
  /** Ending it made a book. */
  makesBook: boolean;
  /** So many books that were held back were finished by that one. */
  finished: number;
}

/** The states of the end, from the most open one on. */
function openStates(
  run: Run,
  format: DepthFormat,
  held: BookState | undefined,
  closed: BookState,
  message: LastMessage | undefined,
): OpenState[] {
  const end = { open: 0, state: closed };
  if (message?.makesBook) {
    const { before, finished } = message;
    const alone = { open: 1, state: { ...before, merge: finish(run, format, before) } };
    return [{ open: 1 + finished, state: before }, ...(finished > 0 ? [alone] : []), end];
  }
  // A message that makes no book may go on; the last snapshot may be replaced by another one of its stamp.
  const builder = message && { builder: message.before.builder };
  const open = held === undefined ? [] : [{ open: 1, state: { ...held, ...builder } }];
  return [...open, { open: 0, state: { ...closed, ...builder } }];
}

/** The merge of a state once nothing is held back. */
function finish(run: Run, format: DepthFormat, { merge: bytes }: BookState): Uint8Array {
  const merge = openMerge(run, format, bytes);
  return withHandle(merge, () => {
    merge.finish().free();
    return merge.save();
  });
}

/**
 * The reduced snapshots, block by block as the files have them, be their rows whole books or levels of them. `atEnd` is
 * called before the last message of levels is ended.
 */
async function* reducedBlocks(
  run: Run,
  files: FreshFiles,
  format: DepthFormat,
  quality: DepthQuality,
  place: Place,
  building: Building | undefined,
  atEnd: (makesBook: boolean) => void,
): AsyncGenerator<Uint8Array> {
  const log = new LineLog(run.onBadRow, quality.bad);
  const scanned = readDepth(run, files, format, quality, place, log);
  if (building === undefined) {
    for await (const { bytes } of scanned) yield bytes;
    return;
  }
  const { builder, inFileOrder } = building;
  const sorted = quality.inOrder || inFileOrder;
  for await (const levels of sorted ? levelsOf(scanned) : sortLevels(run, scanned)) {
    const books = callKernel(() => builder.push(levels));
    tell(building, quality, sorted ? log : undefined);
    yield books;
  }
  const open = builder.open();
  const before = quality.unreadable.total;
  atEnd(open);
  const books = callKernel(() => builder.finish());
  tell(building, quality, undefined);
  if (quality.unreadable.total > before) atEnd(false);
  yield books;
}

/** Up to where a file's text has been read. */
interface Place {
  file?: CsvFile;
  bytes: number;
  lines: number;
}

/** The blocks of depth, scanned; what is said of a block before the next is asked for has its lines. */
async function* readDepth(
  run: Run,
  files: FreshFiles,
  format: DepthFormat,
  quality: DepthQuality,
  place: Place,
  log: LineLog,
): AsyncGenerator<DepthBlock> {
  const blocks = throughPool(run, files, async (input, transfer) => {
    const length = blockLength(input.block);
    return { ...(await run.crew.run('scanDepth', { ...input, format }, transfer)), length };
  });
  for await (const block of blocks) {
    const { file } = block;
    const from = place.file === file ? place : { bytes: file.skipBytes, lines: file.linesBefore };
    Object.assign(place, { file, bytes: from.bytes + block.length, lines: from.lines + block.lines });
    log.enter(file);
    log.bads(block.bad);
    log.list(quality.malformed, block.malformed);
    log.list(quality.skewed, block.remarks.skewed);
    quality.rows += block.rows + block.malformed.total;
    yield block;
    log.pass(block.lines);
  }
}

async function* levelsOf(blocks: AsyncIterable<DepthBlock>): AsyncGenerator<Uint8Array> {
  for await (const { levels } of blocks) yield levels;
}

/** The levels in time order, where each book has one stamp and the files have none. */
async function* sortLevels(run: Run, blocks: AsyncIterable<DepthBlock>): AsyncGenerator<Uint8Array> {
  const [spill, filling] = [new Spill(run.spillPath), new run.kernels.LevelRun()];
  let merge: Kernels['LevelRunMerge']['prototype'] | undefined;
  try {
    for await (const { levels } of blocks) {
      callKernel(() => filling.push(levels));
      await spillRun(run, filling, spill);
    }
    await spillRun(run, filling, spill, true);
    merge = new run.kernels.LevelRunMerge(spill.count);
    for (;;) {
      await feed(merge, spill);
      const levels = callKernel(() => merge!.read());
      if (levels.length > 0) yield levels;
      else if (merge.hungry() === undefined) return;
    }
  } finally {
    merge?.free();
    filling.free();
    await spill.close();
  }
}
/** What the builder found in the last block; of sorted levels the lines are not known. */
function tell({ builder }: Building, quality: DepthQuality, log: LineLog | undefined): void {
  const list = (to: Listed, found: RowReport) => {
    if (log !== undefined) log.list(to, found);
    else to.total += found.total;
  };
  quality.unfounded += builder.unfounded();
  list(quality.missing, report(builder.missing()));
  list(quality.outdated, report(builder.outdated()));
  list(quality.overrun, report(builder.overrun()));
  list(quality.unreadable, report(builder.unreadable()));
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

/** `carried` is complete at the end of the blocks. */
export interface OrderedLiquidations {
  blocks: AsyncGenerator<LiquidationBlock>;
  carried: CarriedLiquidations;
  /** Gives the sorted runs up, whether the blocks were asked for or not. */
  close(): Promise<void>;
}

/** The liquidations in time order, repeats gone. */
export async function orderLiquidations(
  run: Run,
  files: FreshFiles,
  exact: boolean,
  before?: CarriedLiquidations,
): Promise<OrderedLiquidations> {
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
  return { blocks: mergeLiquidations(run, spill, exact, carried), carried, close: () => spill.close() };
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
  }
}
