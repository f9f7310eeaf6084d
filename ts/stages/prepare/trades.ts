/** Trades: surveyed as a whole, then read in the order of the specification (indicators.md 0.1, 0.2). */
import { HybridError } from '../../error.js';
import { blockLength } from '../../kernels/block.js';
import { callKernel } from '../../kernels/load.js';
import {
  type BlockSurvey,
  type BlockTask,
  type HeldRows,
  type IdKind,
  KernelTrades,
  type TradeBlock,
  type TradeColumns,
  type TradeFormat,
  tradeColumns,
  withHandle,
} from '../../kernels/ticks.js';
import { LineLog, type Listed } from './rows.js';
import { type FreshFiles, type OfFile, type Run, throughPool } from './run.js';
import { sortTrades } from './sorting.js';

/** What only the whole file knows. */
export interface TradeSurvey {
  rows: number;
  bad: Listed;
  pricePlaces: number;
  qtyPlaces: number;
  ids: IdKind;
  /** Rows without an id. */
  missingIds: number;
  /** Rows whose integer id is not above that of the row before; rows before which ids are missing. */
  idStalls: Listed;
  idGaps: Listed;
  /** Rows whose stamps (of sending, of arrival) are more than a minute apart. */
  skewed: Listed;
  /** Stamps with digits below the µs, which are cut. */
  cutStamps: number;
  /** Rows stamped before the row above them. */
  outOfOrder: number;
  /** Of the first row, µs. */
  firstTs: number;
  /** Rows of these files alone, where earlier runs have read others. */
  freshRows: number;
  /** These are in order and free of repeats: can be read block by block. */
  streamable: boolean;
  /** For a later run, which surveys only what has come since. */
  carried: CarriedSurvey;
  held: HeldBlocks;
}

/** The rows of the first blocks of a stream that fits: used up when they are read. */
interface HeldBlocks {
  blocks: (OfFile<HeldRows> & { lines: number })[];
  /** Whether nothing comes behind them. */
  whole: boolean;
}

/** What a survey is, as JSON can hold it. */
export interface CarriedSurvey {
  numbers: string[];
  lastId: string | null;
  bad: Listed;
  idStalls: Listed;
  idGaps: Listed;
  skewed: Listed;
  cutStamps: number;
}

function freshSurvey(): CarriedSurvey {
  const none = (): Listed => ({ total: 0, lines: [] });
  const lists = { bad: none(), idStalls: none(), idGaps: none(), skewed: none() };
  return { numbers: [], lastId: null, ...lists, cutStamps: 0 };
}

/**
 * First pass; `before` is what earlier runs have surveyed. Errors: E_INPUT for a bad row (unless they are skipped) and
 * for files without rows, unless there have been some before.
 */
export async function surveyTrades(
  run: Run,
  files: FreshFiles,
  before?: CarriedSurvey,
): Promise<TradeSurvey> {
  const from = structuredClone(before ?? freshSurvey());
  const log = new LineLog(run.onBadRow, from.bad);
  const [whole, fresh] = [new run.kernels.TradeSurvey(), new run.kernels.TradeSurvey()];
  if (before !== undefined) callKernel(() => whole.merge(BigInt64Array.from(before.numbers.map(BigInt))));
  const held: HeldBlocks = { blocks: [], whole: leastText(files) <= run.tuning.heldBytes };
  let bytes = 0;
  const blocks = throughPool(run, files, (input, transfer) => {
    bytes += blockLength(input.block);
    const hold = held.whole && bytes <= run.tuning.heldBytes;
    return run.crew.run('surveyTrades', { ...input, hold }, transfer);
  });
  const steps = new IdSteps(from);
  const { skewed } = from;
  let { cutStamps } = from;
  for await (const block of blocks) {
    log.enter(block.file);
    log.bads(block.bad);
    log.list(skewed, block.remarks.skewed);
    steps.follow(log, block);
    cutStamps += block.remarks.cut;
    log.pass(block.lines);
    callKernel(() => whole.merge(block.numbers));
    callKernel(() => fresh.merge(block.numbers));
    held.whole &&= block.held !== undefined;
    if (held.whole) held.blocks.push({ ...block.held!, file: block.file, lines: block.lines });
    // What does not fit as a whole is not held at all: memory must not grow with the history.
    else if (bytes > run.tuning.heldBytes) release(held);
  }
  const { freshRows, sorted, unlike } = withHandle(fresh, (own) => ({
    freshRows: own.rows(),
    sorted: own.tsFalls() === 0,
    unlike: own.streamable(),
  }));
  return withHandle(whole, (survey) => {
    if (survey.rows() === 0) throw log.bad.total > 0 ? onlySkipped(files, log) : noTrades(files, 'no row');
    const numbers = Array.from(survey.numbers(), String);
    return {
      rows: survey.rows(),
      bad: log.bad,
      pricePlaces: survey.pricePlaces(),
      qtyPlaces: survey.qtyPlaces(),
      ids: survey.ids() as IdKind,
      missingIds: survey.missingIds(),
      idStalls: steps.stalls,
      idGaps: steps.gaps,
      skewed,
      cutStamps,
      outOfOrder: survey.tsFalls(),
      firstTs: Number(survey.firstTs()),
      freshRows,
      streamable: unlike || (!run.dedupTrades && sorted && survey.ids() !== 'integer'),
      held,
      carried: {
        ...{ numbers, lastId: steps.lastId, bad: log.bad },
        ...{ idStalls: steps.stalls, idGaps: steps.gaps, skewed, cutStamps },
      },
    };
  });
}

/** Bytes of text that the files hold at least: compressed ones hold more. */
function leastText(files: FreshFiles): number {
  // The members of an archive have its bytes.
  const byDisk = new Map(
    files.map(({ disk, coding, bytes, skipBytes }) => [disk, coding === 'plain' ? bytes - skipBytes : bytes]),
  );
  return [...byDisk.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** Gives the rows up, those that stand in the kernel too. */
function release({ blocks }: HeldBlocks): void {
  for (const { columns } of blocks) if (columns instanceof KernelTrades) columns.take().free();
  blocks.length = 0;
}

/** The steps of the ids within blocks and between them. */
class IdSteps {
  readonly stalls: Listed;
  readonly gaps: Listed;
  private last: bigint | undefined;

  constructor({ idStalls, idGaps, lastId }: CarriedSurvey) {
    [this.stalls, this.gaps] = [idStalls, idGaps];
    this.last = lastId === null ? undefined : BigInt(lastId);
  }

  get lastId(): string | null {
    return this.last === undefined ? null : String(this.last);
  }

  follow(log: LineLog, { idEnds, idStalls, idGaps }: BlockSurvey): void {
    if (idEnds === undefined) return;
    const none = -(2n ** 63n);
    const [first, last, line] = idEnds as unknown as [bigint, bigint, bigint];
    const step = this.last === undefined || this.last === none || first === none ? 1n : first - this.last;
    const here = { total: 1, lines: [Number(line)], messages: [] };
    if (step <= 0n) log.list(this.stalls, here);
    if (step > 1n) log.list(this.gaps, here);
    log.list(this.stalls, idStalls);
    log.list(this.gaps, idGaps);
    this.last = last;
  }
}

function onlySkipped([file]: FreshFiles, { bad, firstBad }: LineLog): HybridError {
  const rows = bad.total === 1 ? '1 row, which was skipped' : `${bad.total} rows, all skipped, the first`;
  const message = `${file?.path}: expected at least one trade, got ${rows} for: ${firstBad}`;
  return new HybridError('E_INPUT', message, {
    hint: 'Correct the rows, say in hybrid.config.json how they are to be read, or name other --symbols.',
  });
}

export function noTrades([file]: FreshFiles, got: string): HybridError {
  return new HybridError('E_INPUT', `${file?.path}: expected at least one trade, got ${got}`, {
    hint: 'Export a period in which the symbol traded, or leave it out with --symbols.',
  });
}

export interface TradeQuality {
  /** Price or quantity not above 0. */
  dropped: Listed;
  offGrid: Listed;
  duplicates: number;
}

export function freshQuality(): TradeQuality {
  return { dropped: { total: 0, lines: [] }, offGrid: { total: 0, lines: [] }, duplicates: 0 };
}

/** Second pass: the retained trades in order. Errors: E_INPUT for a number beyond the grid. */
export async function* readTrades(
  run: Run,
  files: FreshFiles,
  survey: TradeSurvey,
  format: TradeFormat,
  quality: TradeQuality,
): AsyncGenerator<TradeColumns> {
  const log = new LineLog('skip');
  const noted = note(heldThenRead(run, files, survey, format), log, quality);
  if (survey.streamable) yield* columnsOf(noted);
  else if (survey.freshRows <= run.tuning.sortRows) yield* sorted(run, noted, format.ids, quality);
  else
    yield* sortTrades(run, columnsOf(noted), format.ids, run.dedupTrades, (count) => {
      quality.duplicates += count;
    });
}

/** The blocks that the survey holds, then the others from the files. */
async function* heldThenRead(
  run: Run,
  files: FreshFiles,
  survey: TradeSurvey,
  format: TradeFormat,
): AsyncGenerator<OfFile<TradeBlock>> {
  const { blocks } = survey.held;
  const usable = usableBlocks(run, files, survey, format);
  const usedOnce = survey.streamable && run.alteration === undefined;
  for (let at = 0; at < usable; at++) yield asRead(blocks.shift()!, usedOnce);
  release(survey.held);
  if (usable > 0 && survey.held.whole) return;
  const scan = (input: BlockTask, transfer: ArrayBuffer[]) =>
    run.crew.run('scanTrades', { ...input, format }, transfer);
  yield* throughPool(run, files, scan, usable);
}

/**
 * How many of the blocks that are held, from the first on, are on the grid of the run. Where the files are compressed
 * a second reading may cut them elsewhere: then it is all or none.
 */
function usableBlocks(run: Run, files: FreshFiles, survey: TradeSurvey, format: TradeFormat): number {
  const { held, pricePlaces, qtyPlaces } = survey;
  const unit = (name: string, places: number) =>
    callKernel(() => run.kernels.gridStep(name, undefined, places));
  const inferred =
    format.tick === unit('tick_size', pricePlaces) && format.lot === unit('lot_size', qtyPlaces);
  if (!inferred || format.ids === 'text') return 0;
  const other = held.blocks.findIndex((b) => b.pricePlaces !== pricePlaces || b.qtyPlaces !== qtyPlaces);
  const usable = other < 0 ? held.blocks.length : other;
  held.whole &&= other < 0;
  return held.whole || files.every(({ coding }) => coding === 'plain') ? usable : 0;
}

/** Rows that go straight to the engine may stay in the kernel. */
function asRead(
  { columns: held, file, lines }: HeldBlocks['blocks'][number],
  usedOnce: boolean,
): OfFile<TradeBlock> {
  const none = { total: 0, lines: [], messages: [] };
  const columns = held instanceof KernelTrades && !usedOnce ? held.copied() : held;
  return { columns, file, lines, bad: none, nonpositive: none, offGrid: none, beyond: none };
}

async function* columnsOf(blocks: AsyncIterable<TradeBlock>): AsyncGenerator<TradeColumns> {
  for await (const { columns } of blocks) yield columns;
}

async function* note(
  blocks: AsyncIterable<OfFile<TradeBlock>>,
  log: LineLog,
  quality: TradeQuality,
): AsyncGenerator<TradeBlock> {
  for await (const block of blocks) {
    log.enter(block.file);
    if (block.beyond.total > 0)
      throw log.refuse(block.beyond, 'Set a larger tick_size or lot_size with --param.');
    log.list(quality.dropped, block.nonpositive);
    log.list(quality.offGrid, block.offGrid);
    log.pass(block.lines);
    yield block;
  }
}

/** Rows of one slice of a sorted file: as much as a block of a file that needs no sorting. */
const sliceRows = 131_072;

/** Gathers all blocks, puts them in order and yields them in slices; repeats of an id are gone, unless they may stay. */
async function* sorted(
  run: Run,
  blocks: AsyncIterable<TradeBlock>,
  ids: IdKind,
  quality: TradeQuality,
): AsyncGenerator<TradeColumns> {
  const order = new run.kernels.TradeOrder();
  const keepRepeats = !run.dedupTrades;
  const whole = await gather(order, blocks, ids, keepRepeats, quality).finally(() => order.free());
  for (let start = 0; start < whole.ts.length; start += sliceRows)
    yield slice(whole, start, start + sliceRows);
}

async function gather(
  order: Run['kernels']['TradeOrder']['prototype'],
  blocks: AsyncIterable<TradeBlock>,
  ids: IdKind,
  keepRepeats: boolean,
  quality: TradeQuality,
): Promise<TradeColumns> {
  for await (const { columns: c } of blocks)
    callKernel(() => order.push(c.ts, c.id, c.pxTicks, c.qtyLots, c.side, c.idText, c.idEnds));
  const whole = withHandle(
    callKernel(() => order.finish(ids, keepRepeats)),
    tradeColumns,
  );
  quality.duplicates += order.duplicates();
  return whole;
}

function slice(whole: TradeColumns, start: number, end: number): TradeColumns {
  return {
    ts: whole.ts.subarray(start, end),
    id: whole.id.subarray(start, end),
    pxTicks: whole.pxTicks.subarray(start, end),
    qtyLots: whole.qtyLots.subarray(start, end),
    side: whole.side.subarray(start, end),
    idText: new Uint8Array(),
    idEnds: new Uint32Array(),
  };
}

/**
 * The price, in ticks, of the first row of the run, and the trades with that row still among them. With
 * `side_fallback=drop` a trade of unknown side is no row.
 */
export async function peekFirstRow(
  trades: AsyncGenerator<TradeColumns>,
  dropUnsided: boolean,
): Promise<{ pxTicks: bigint | undefined; trades: AsyncGenerator<TradeColumns> }> {
  const held: TradeColumns[] = [];
  let pxTicks: bigint | undefined;
  while (pxTicks === undefined) {
    const next = await trades.next();
    if (next.done) break;
    held.push(next.value);
    const row = dropUnsided ? next.value.side.findIndex((side) => side !== 0) : 0;
    pxTicks = row < 0 ? undefined : next.value.pxTicks[row];
  }
  return { pxTicks, trades: chain(held, trades) };
}

async function* chain(
  held: TradeColumns[],
  rest: AsyncGenerator<TradeColumns>,
): AsyncGenerator<TradeColumns> {
  try {
    for (let first = held.shift(); first !== undefined; first = held.shift()) yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
