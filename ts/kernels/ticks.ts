/** CSV blocks to columns: the kernel's scanners with plain data in and out. */
import { HybridError } from '../error.js';
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

/** A block and the header line of its file. */
export interface BlockTask {
  block: Block;
  header: Uint8Array;
}

export interface BlockSurvey {
  /** For {@link TradeSurvey.merge} of another instance. */
  numbers: BigInt64Array;
  lines: number;
  bad: RowReport;
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
  lines: number;
  rows: number;
  bad: RowReport;
  malformed: RowReport;
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

type KernelReport = { total: number; lines: Uint32Array; messages: string[] } & Freed;

function report(handle: KernelReport): RowReport {
  return withHandle(handle, ({ total, lines, messages }) => ({ total, lines: Array.from(lines), messages }));
}

/** Reads a file's header line; throws E_INPUT with the file's name and line. */
export function checkHeader(
  kernels: Kernels,
  stream: 'trades' | 'depth' | 'liquidations',
  path: string,
  header: Uint8Array,
): void {
  const nothing: Block = { path, bytes: new Uint8Array() };
  const read = {
    trades: () => new kernels.TradeColumns(header).free(),
    depth: () => new kernels.DepthColumns(header).free(),
    liquidations: () =>
      withHandle(new kernels.LiquidationScan(), (scan) =>
        readLiquidations(kernels, scan, { block: nothing, header }),
      ),
  }[stream];
  try {
    callKernel<unknown>(read);
  } catch (thrown) {
    const { code, message, hint } = HybridError.from(thrown);
    throw new HybridError(code, `${path}:1: ${message}`, { hint, cause: thrown });
  }
}

/** First pass over a block of trades: number format, ids, order. */
export function surveyTrades(kernels: Kernels, { block, header }: BlockTask): BlockSurvey {
  const { input, length } = loadBlock(kernels, block);
  return callKernel(() =>
    withHandle(new kernels.TradeColumns(header), (columns) =>
      withHandle(kernels.TradeSurvey.scan(columns, input, length), (survey) => ({
        numbers: survey.numbers(),
        lines: survey.lines(),
        bad: report(survey.badRows()),
      })),
    ),
  );
}

/** Second pass over a block of trades: columns on the grid, in file order. */
export function scanTrades(kernels: Kernels, { block, header }: BlockTask, format: TradeFormat): TradeBlock {
  const { input, length } = loadBlock(kernels, block);
  return callKernel(() =>
    withHandle(new kernels.TradeColumns(header), (columns) =>
      withHandle(new kernels.TradeScan(columns, format.tick, format.lot, format.ids), (scan) =>
        withHandle(scan.read(input, length), (trades) => ({
          columns: tradeColumns(trades),
          lines: trades.lines(),
          bad: report(trades.badRows()),
          nonpositive: report(trades.nonpositive()),
          offGrid: report(trades.offGrid()),
          beyond: report(trades.beyond()),
        })),
      ),
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
export function surveyDepth(kernels: Kernels, { block, header }: BlockTask): DepthTimes {
  const { input, length } = loadBlock(kernels, block);
  const times = callKernel(() =>
    withHandle(new kernels.DepthColumns(header), (columns) => columns.times(input, length)),
  );
  const [lines, , falls, some, first, last] = times;
  return {
    lines: Number(lines),
    falls: Number(falls),
    first: some === 0n ? undefined : first,
    last: some === 0n ? undefined : last,
  };
}

/** Reduces the snapshots of a block. */
export function scanDepth(kernels: Kernels, { block, header }: BlockTask, f: DepthFormat): DepthBlock {
  const { input, length } = loadBlock(kernels, block);
  const scanner = (columns: Kernels['DepthColumns']['prototype']) => {
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
  };
  return callKernel(() =>
    withHandle(new kernels.DepthColumns(header), (columns) =>
      withHandle(scanner(columns), (scan) =>
        withHandle(scan.read(input, length), (depth) => ({
          bytes: depth.bytes(),
          lines: depth.lines(),
          rows: depth.rows(),
          bad: report(depth.badRows()),
          malformed: report(depth.malformed()),
        })),
      ),
    ),
  );
}

export interface LiquidationReport {
  lines: number;
  bad: RowReport;
  nonpositive: RowReport;
}

/** Reads the next block of liquidations into the gathering scan. */
export function readLiquidations(
  kernels: Kernels,
  scan: Kernels['LiquidationScan']['prototype'],
  { block, header }: BlockTask,
): LiquidationReport {
  const { input, length } = loadBlock(kernels, block);
  return callKernel(() =>
    withHandle(scan.read(header, input, length), (read) => ({
      lines: read.lines(),
      bad: report(read.badRows()),
      nonpositive: report(read.nonpositive()),
    })),
  );
}
