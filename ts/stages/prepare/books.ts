/** Depth snapshots and liquidations on their way to the engine. */

import { throwIfAborted } from '../../error.js';
import { callKernel, type Kernels } from '../../kernels/load.js';
import { bookBuilder, type DepthFormat, readLiquidations, report } from '../../kernels/ticks.js';
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
  /** Rows stamped before the row above them. */
  outOfOrder: number;
  /** Snapshots of distinct ts; rows that a later one of the same ts replaces. */
  snapshots: number;
  replaced: number;
  crossed: number;
  locked: number;
  oneSided: number;
}

export function freshDepthQuality(outOfOrder: number): DepthQuality {
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
    outOfOrder,
    snapshots: 0,
    replaced: 0,
    crossed: 0,
    locked: 0,
    oneSided: 0,
  };
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
  const building = bookBuilder(run.kernels, files[0].dialect, format);
  const shelf = new Shelf(merge, building, quality);
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
      log.list(quality.skewed, block.remarks.skewed);
      quality.rows += block.rows + block.malformed.total;
      const books = shelf.take(block, log);
      log.pass(block.lines);
      if (books !== undefined) yield books;
    }
    for (const books of shelf.rest(log)) yield books;
    count(quality, merge.counts());
  } finally {
    building?.builder.free();
    merge.free();
  }
}

/** Where blocks of depth become books in time order, be their rows whole books or levels of them. */
class Shelf {
  constructor(
    private readonly merge: Kernels['BookMerge']['prototype'],
    private readonly building: ReturnType<typeof bookBuilder>,
    private readonly quality: DepthQuality,
  ) {}

  /** Books that are built from changes come in time order by themselves. */
  private get sorted(): boolean {
    return this.quality.outOfOrder === 0 || (this.building?.inFileOrder ?? false);
  }

  /** The snapshots that are finished by a block; none while all must be gathered first. */
  take({ bytes, levels }: { bytes: Uint8Array; levels: Uint8Array }, log: LineLog): BookColumns | undefined {
    const builder = this.building?.builder;
    if (builder === undefined && this.sorted) return callKernel(() => this.merge.push(bytes));
    if (builder === undefined) callKernel(() => this.merge.gather(bytes));
    else if (!this.sorted) callKernel(() => builder.gather(levels));
    else {
      const books = callKernel(() => builder.push(levels));
      this.tell(log);
      return callKernel(() => this.merge.push(books));
    }
    return undefined;
  }

  *rest(log: LineLog): Generator<BookColumns> {
    const builder = this.building?.builder;
    if (builder !== undefined) {
      const books = callKernel(() => builder.finish());
      this.tell(log);
      yield callKernel(() => this.merge.push(books));
    } else if (!this.sorted) yield callKernel(() => this.merge.pushGathered());
    yield callKernel(() => this.merge.finish());
  }

  /** What the builder found in the last block. */
  private tell(log: LineLog): void {
    const { quality } = this;
    const { builder } = this.building!;
    quality.unfounded += builder.unfounded();
    log.list(quality.missing, report(builder.missing()));
    log.list(quality.outdated, report(builder.outdated()));
    log.list(quality.overrun, report(builder.overrun()));
    log.list(quality.unreadable, report(builder.unreadable()));
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

/** All liquidations in time order: they are few, so they are read here and held in memory. */
export async function readAllLiquidations(
  run: Run,
  files: StreamFiles,
  exact: boolean,
): Promise<{ block: LiquidationBlock; quality: LiquidationQuality }> {
  const log = new LineLog(run.onBadRow);
  const dropped: Listed = { total: 0, lines: [] };
  const skewed: Listed = { total: 0, lines: [] };
  const scan = new run.kernels.LiquidationScan();
  try {
    for await (const { file, block } of allBlocks(files, run.tuning.blockBytes)) {
      throwIfAborted(run.signal);
      log.enter(file);
      const read = readLiquidations(run.kernels, scan, { block, dialect: file.dialect });
      log.bads(read.bad);
      log.list(dropped, read.nonpositive);
      log.list(skewed, read.remarks.skewed);
      log.pass(read.lines);
    }
    const block = callKernel(() => scan.finish(exact));
    const duplicates = block.duplicates();
    const rows = block.ts().length + duplicates + dropped.total;
    return { block, quality: { rows, bad: log.bad, dropped, skewed, duplicates } };
  } finally {
    scan.free();
  }
}
