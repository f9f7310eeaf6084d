/** CSV blocks to columns: the kernel's scanners with plain data in and out. */
import { type Block, loadBlock } from './block.js';
import { callKernel, type Kernels } from './load.js';

/** What could not be read in a block, or was dropped from it; lines count from 1 within the block. */
export interface RowReport {
  total: number;
  /** The first few. */
  lines: number[];
  /** For bad rows, beside each line: `field "price": expected a number, got "n/a"`. */
  messages: string[];
}

/** A block and how its rows read; see `tick::dialect`. */
export interface BlockTask {
  block: Block;
  dialect: string;
}

/** What rows say besides what they are for. */
export interface Remarks {
  /** Stamps with digits below the µs, which are cut. */
  cut: number;
  /** Rows of other symbols or streams of the same file. */
  others: number;
  /** Rows whose stamps (of sending, of arrival) are more than a minute apart. */
  skewed: RowReport;
}

export interface BlockSurvey {
  /** For {@link TradeSurvey.merge} of another instance. */
  numbers: BigInt64Array;
  lines: number;
  bad: RowReport;
  remarks: Remarks;
  /** Rows whose id is not above that of the row before; rows before which ids are missing. */
  idStalls: RowReport;
  idGaps: RowReport;
  /** Ids of the first and the last row, and the line of the first; the smallest i64 is no integer. */
  idEnds: BigInt64Array | undefined;
  /** Where they were to be held and the block allows it: its rows, so that it need not be read again. */
  held: HeldRows | undefined;
}

/** Rows on the grid whose tick and lot are units of the last decimals of their block. */
export interface HeldRows {
  columns: TradeColumns;
  pricePlaces: number;
  qtyPlaces: number;
}

export type IdKind = 'integer' | 'text' | 'absent';

/** How trades are read: the grid as decimal texts and what the ids are. */
export interface TradeFormat {
  tick: string;
  lot: string;
  ids: IdKind;
}

/** The columns of `event::Trades`, and the text of the ids where they are text. */
export interface TradeColumns {
  ts: BigInt64Array;
  id: BigInt64Array;
  pxTicks: BigInt64Array;
  qtyLots: BigInt64Array;
  side: Int8Array;
  idText: Uint8Array;
  idEnds: Uint32Array;
}

/** Trades that stand in this thread's kernel: a column that is asked for is copied out, an engine takes all as they are. */
export class KernelTrades implements TradeColumns {
  constructor(private readonly block: Kernels['TradeBlock']['prototype']) {}

  get ts(): BigInt64Array {
    return this.block.ts();
  }
  get id(): BigInt64Array {
    return this.block.id();
  }
  get pxTicks(): BigInt64Array {
    return this.block.pxTicks();
  }
  get qtyLots(): BigInt64Array {
    return this.block.qtyLots();
  }
  get side(): Int8Array {
    return this.block.side();
  }
  get idText(): Uint8Array {
    return this.block.idText();
  }
  get idEnds(): Uint32Array {
    return this.block.idEnds();
  }

  /** The kernel's handle, which is the caller's from now on. */
  take(): Kernels['TradeBlock']['prototype'] {
    return this.block;
  }

  /** The columns outside the kernel; nothing is left there. */
  copied(): TradeColumns {
    return withHandle(this.block, tradeColumns);
  }
}

export interface TradeBlock {
  columns: TradeColumns;
  lines: number;
  bad: RowReport;
  nonpositive: RowReport;
  offGrid: RowReport;
  /** At most one row: too many ticks or lots to count. */
  beyond: RowReport;
}

/** How depth snapshots are reduced: names and texts of the specification's parameters. */
export interface DepthFormat {
  tick: string;
  wallBucketTicks: bigint;
  obiLevels: number;
  obiMode: string;
  wallRangeBps: string;
  wallK: string;
  wallMinBuckets: number;
  wallMinPersist: number;
  /** Whether the extended feature set's part is reduced too. */
  detail: boolean;
}

export interface DepthTimes {
  lines: number;
  falls: number;
  /** Undefined where no row has a stamp. */
  first: bigint | undefined;
  last: bigint | undefined;
}

export interface DepthBlock {
  /** Reduced snapshots, for the kernel's BookMerge. */
  bytes: Uint8Array;
  /** In layouts by level: the rows, for the kernel's BookBuilder. */
  levels: Uint8Array;
  lines: number;
  rows: number;
  bad: RowReport;
  malformed: RowReport;
  remarks: Remarks;
}

type Freed = { free(): void };

/** Uses a kernel handle and frees it. */
export function withHandle<H extends Freed, T>(handle: H, use: (handle: H) => T): T {
  try {
    return use(handle);
  } finally {
    handle.free();
  }
}

/** What a text makes; the thread keeps the last one, since the next block most often reads like the one before. */
function keptByText<H extends Freed>(make: (kernels: Kernels, text: string) => H) {
  let last: { text: string; handle: H } | undefined;
  return (kernels: Kernels, text: string): H => {
    if (last?.text === text) return last.handle;
    last?.handle.free();
    last = undefined;
    const handle = make(kernels, text);
    last = { text, handle };
    return handle;
  };
}

const tradeColumnsOf = keptByText((kernels, dialect) => new kernels.TradeColumns(dialect));
const depthColumnsOf = keptByText((kernels, dialect) => new kernels.DepthColumns(dialect));

type KernelReport = { total: number; lines: Uint32Array; messages: string[] } & Freed;

type Remarking = { remarks(): Float64Array; skewed(): KernelReport };

function remarksOf(handle: Remarking): Remarks {
  const [cut, others] = handle.remarks() as unknown as [number, number];
  return { cut, others, skewed: report(handle.skewed()) };
}

/** A kernel's report as plain data. */
export function report(handle: KernelReport): RowReport {
  return withHandle(handle, ({ total, lines, messages }) => ({ total, lines: Array.from(lines), messages }));
}

/** The distinct texts of a column in a block: the symbols of a file. */
export function distinctTexts(
  kernels: Kernels,
  { block, delimiter, column }: { block: Block; delimiter: number; column: number },
): string[] {
  const { input, length } = loadBlock(kernels, block);
  return callKernel(() => kernels.distinctTexts(input, length, delimiter, column));
}

/** The stamps of the first rows that have one, `most` of them, µs. */
export function stampsOf(kernels: Kernels, dialect: string, rows: Uint8Array, most: number): BigInt64Array {
  return callKernel(() => kernels.stamps(dialect, rows, most));
}

/**
 * First pass over a block of trades: number format, ids, order; and its rows, where they are to be held: `here` in the
 * kernel, for one who goes on with them on this thread.
 */
export function surveyTrades(
  kernels: Kernels,
  { block, dialect, hold }: BlockTask & { hold: boolean },
  here = false,
): BlockSurvey {
  const { input, length } = loadBlock(kernels, block);
  const { TradeSurvey } = kernels;
  const read = hold ? TradeSurvey.scanRows : TradeSurvey.scan;
  return callKernel(() =>
    withHandle(read(tradeColumnsOf(kernels, dialect), input, length), (survey) => ({
      numbers: survey.numbers(),
      lines: survey.lines(),
      bad: report(survey.badRows()),
      remarks: remarksOf(survey),
      idStalls: report(survey.idStalls()),
      idGaps: report(survey.idGaps()),
      idEnds: survey.idEnds(),
      held: heldRows(survey, here),
    })),
  );
}

function heldRows(survey: Kernels['TradeSurvey']['prototype'], here: boolean): HeldRows | undefined {
  const rows = survey.takeRows();
  if (rows === undefined) return undefined;
  const columns = here ? new KernelTrades(rows) : withHandle(rows, tradeColumns);
  return { columns, pricePlaces: survey.pricePlaces(), qtyPlaces: survey.qtyPlaces() };
}

/** Second pass over a block of trades: columns on the grid, in file order. */
export function scanTrades(kernels: Kernels, { block, dialect }: BlockTask, format: TradeFormat): TradeBlock {
  const { input, length } = loadBlock(kernels, block);
  const { tick, lot, ids } = format;
  return callKernel(() =>
    withHandle(new kernels.TradeScan(tradeColumnsOf(kernels, dialect), tick, lot, ids), (scan) =>
      withHandle(scan.read(input, length), (trades) => ({
        columns: tradeColumns(trades),
        lines: trades.lines(),
        bad: report(trades.badRows()),
        nonpositive: report(trades.nonpositive()),
        offGrid: report(trades.offGrid()),
        beyond: report(trades.beyond()),
      })),
    ),
  );
}

/** Copies the columns of a kernel's block out. */
export function tradeColumns(block: Kernels['TradeBlock']['prototype']): TradeColumns {
  return {
    ts: block.ts(),
    id: block.id(),
    pxTicks: block.pxTicks(),
    qtyLots: block.qtyLots(),
    side: block.side(),
    idText: block.idText(),
    idEnds: block.idEnds(),
  };
}

/** Only the stamps of a block of depth: is the file in time order? */
export function surveyDepth(kernels: Kernels, { block, dialect }: BlockTask): DepthTimes {
  const { input, length } = loadBlock(kernels, block);
  const times = callKernel(() => depthColumnsOf(kernels, dialect).times(input, length));
  const [lines, , falls, some, first, last] = times;
  return {
    lines: Number(lines),
    falls: Number(falls),
    first: some === 0n ? undefined : first,
    last: some === 0n ? undefined : last,
  };
}

type Scanner = Kernels['DepthScan']['prototype'];

function depthScanner(
  kernels: Kernels,
  columns: Kernels['DepthColumns']['prototype'],
  f: DepthFormat,
): Scanner {
  const scan = new kernels.DepthScan(
    columns,
    f.tick,
    f.wallBucketTicks,
    f.obiLevels,
    f.obiMode,
    f.wallRangeBps,
    f.wallK,
    f.wallMinBuckets,
    f.wallMinPersist,
  );
  if (f.detail) scan.addDetail();
  return scan;
}

/** Reduces the snapshots of a block, or reads its levels. */
export function scanDepth(kernels: Kernels, { block, dialect }: BlockTask, format: DepthFormat): DepthBlock {
  const { input, length } = loadBlock(kernels, block);
  return callKernel(() =>
    withHandle(depthScanner(kernels, depthColumnsOf(kernels, dialect), format), (scan) =>
      withHandle(scan.read(input, length), (depth) => ({
        bytes: depth.bytes(),
        levels: depth.levels(),
        lines: depth.lines(),
        rows: depth.rows(),
        bad: report(depth.badRows()),
        malformed: report(depth.malformed()),
        remarks: remarksOf(depth),
      })),
    ),
  );
}

/** What makes books of levels, in the order of the files; undefined where a row is a book of its own. */
export function bookBuilder(
  kernels: Kernels,
  dialect: string,
  format: DepthFormat,
): { builder: Kernels['BookBuilder']['prototype']; inFileOrder: boolean } | undefined {
  return callKernel(() =>
    withHandle(new kernels.DepthColumns(dialect), (columns) => {
      if (!columns.byLevel()) return undefined;
      // The builder takes the scanner over.
      const builder = new kernels.BookBuilder(columns, depthScanner(kernels, columns, format));
      return { builder, inFileOrder: columns.inFileOrder() };
    }),
  );
}

export interface LiquidationReport {
  lines: number;
  bad: RowReport;
  nonpositive: RowReport;
  remarks: Remarks;
}

/** Reads the next block of liquidations into the gathering scan. */
export function readLiquidations(
  kernels: Kernels,
  scan: Kernels['LiquidationScan']['prototype'],
  { block, dialect }: BlockTask,
): LiquidationReport {
  const { input, length } = loadBlock(kernels, block);
  return callKernel(() =>
    withHandle(scan.read(dialect, input, length), (read) => ({
      lines: read.lines(),
      bad: report(read.badRows()),
      nonpositive: report(read.nonpositive()),
      remarks: remarksOf(read),
    })),
  );
}
