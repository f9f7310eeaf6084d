/** One symbol: its files to its rows. */
import { FeatureEngine, type Params, paramTexts } from '../../kernels/engine.js';
import { callKernel } from '../../kernels/load.js';
import type { DepthFormat, TradeColumns, TradeFormat } from '../../kernels/ticks.js';
import type { Phase, Progress } from '../../report/progress.js';
import {
  type BookState,
  type BookStates,
  type Border,
  type DepthQuality,
  depthQualityOf,
  type LiquidationQuality,
  type OrderedLiquidations,
  orderLiquidations,
  readBooks,
  surveyDepth,
} from './books.js';
import { type Carry, type LastTrade, noTrade, requireSameNumbers, watchTrades } from './carried.js';
import { computeFeatures } from './features.js';
import { fileMetadata, type Grid } from './metadata.js';
import { type Quality, qualityOf } from './quality.js';
import { isOfOurDays } from './reading.js';
import type { FreshFiles, Run } from './run.js';
import { RowSink, sha256Of } from './sink.js';
import {
  freshQuality,
  noTrades,
  peekFirstRow,
  readTrades,
  surveyTrades,
  type TradeQuality,
  type TradeSurvey,
} from './trades.js';

/** One input file, for the manifest. */
export interface InputFile {
  stream: string;
  path: string;
  bytes: number;
  sha256: string;
}

export interface PreparedSymbol {
  symbol: string;
  /** Rows of each file; null where there is no file. */
  trades: number;
  depth: number | null;
  liquidations: number | null;
  /** Rows of the table. */
  rows: number;
  grid: Grid;
  quality: Quality;
  /** SHA-256 over the values and nulls of every column. */
  dataSha256: string;
  inputs: InputFile[];
}

/** The streams of the symbol; which files they have and in which order is settled by `inputs.ts`. */
export interface Files {
  trades: FreshFiles;
  depth?: FreshFiles;
  liquidations?: FreshFiles;
}

/**
 * Reads the files of one symbol and writes its table through `write`. With `carry` the files are those that have come
 * since an earlier run, the rows go on from that run's, and a later run can go on from these; without a new row
 * nothing is written and the earlier result comes back.
 */
export async function prepareSymbol(
  run: Run,
  { symbol, ...files }: Files & { symbol: string },
  params: Params,
  write: (bytes: Uint8Array) => Promise<void>,
  progress: Progress,
  carry?: Carry,
): Promise<PreparedSymbol> {
  const before = carry?.before;
  const survey = await phase(progress, `${symbol}: survey`, 0, () =>
    surveyTrades(run, files.trades, before?.survey),
  );
  if (before !== undefined && survey.freshRows === 0) return before.prepared;
  if (before === undefined && !isOfOurDays(BigInt(survey.firstTs)))
    progress.note(`note: ${implausible(files.trades[0]!.path, survey.firstTs)}`);
  const depth = files.depth && depthQualityOf(await surveyDepth(run, files.depth), before?.depth);
  // The engine waits for the surveys, and nothing for these: they fill the time before there are rows to encode.
  const digests = digestAll(run, files);
  const inputs = async () => {
    const digested = await run.crew.wait(digests);
    for (const file of Object.values(files).flat()) await file.verify();
    return digested;
  };
  return phase(progress, `${symbol}: features`, survey.freshRows, (bar) =>
    makeRows({ run, symbol, files, params, survey, depth, inputs, carry, write, bar }),
  );
}

/** The whole history is so; were it a part of it, its rows would be bad ones. */
function implausible(path: string, ts: number): string {
  const date = new Date(ts / 1000);
  const read = `${ts} µs, which is ${Number.isNaN(date.getTime()) ? 'no date' : date.toISOString()}`;
  return `${path}: the first ts is read as ${read}; if it is in another unit than µs, multiply or divide it`;
}

async function phase<T>(
  progress: Progress,
  name: string,
  total: number,
  work: (phase: Phase) => Promise<T>,
): Promise<T> {
  const bar = progress.phase(name, total);
  try {
    return await work(bar);
  } finally {
    bar.end();
  }
}

function digestAll(run: Run, files: Files): Promise<InputFile[]> {
  const streams = Object.entries(files) as [string, FreshFiles][];
  const each = streams
    // An archive holds many files, and a file many streams: each is read once.
    .flatMap(([stream, files]) =>
      [...new Set(files.map(({ disk }) => disk))].map((path) => ({ stream, path })),
    )
    .map(async ({ stream, path }) => {
      const { sha256, bytes, seconds } = await run.crew.run('digest', { path });
      run.stages.scan += seconds;
      return { stream, path, bytes, sha256 };
    });
  const all = Promise.all(each);
  all.catch(() => {});
  return all;
}

/** One symbol on its way from files to rows. */
interface Making {
  run: Run;
  symbol: string;
  files: Files;
  params: Params;
  survey: TradeSurvey;
  depth: DepthQuality | undefined;
  /** The digests of the files, once they have been found unchanged. */
  inputs: () => Promise<InputFile[]>;
  carry: Carry | undefined;
  write: (bytes: Uint8Array) => Promise<void>;
  bar: Phase;
}

async function makeRows(making: Making): Promise<PreparedSymbol> {
  const { run, symbol, survey, carry } = making;
  const texts = paramTexts(making.params, run.featureSet);
  const format = tradeFormat(run, texts, survey);
  carry && requireSameNumbers(carry, symbol, survey, format);
  const trades = structuredClone(carry?.before?.trades) ?? freshQuality();
  const opened = await openTrades(making, texts, format, trades);
  try {
    return await rowsOfTrades(making, texts, opened, trades);
  } finally {
    await opened.close();
  }
}

async function rowsOfTrades(
  making: Making,
  texts: Record<string, string>,
  opened: OpenedTrades,
  trades: TradeQuality,
): Promise<PreparedSymbol> {
  const { run, symbol, files, params, survey, depth, carry, bar } = making;
  const before = carry?.before;
  const { grid, last } = opened;
  const streams = { depth: files.depth !== undefined, liquidations: files.liquidations !== undefined };
  const engine =
    before === undefined
      ? FeatureEngine.start(run.kernels, params, grid, streams, run.featureSet)
      : FeatureEngine.restore(run.kernels, params, before.engine);
  const sink = new RowSink(run, making.write, before?.table);
  const states: BookStates = before?.books === undefined ? {} : { before: before.books };
  let liquidations: OrderedLiquidations | undefined;
  let border: Border | undefined;
  try {
    liquidations =
      files.liquidations &&
      (await orderLiquidations(run, files.liquidations, texts.liq_dedup === 'exact', before?.liquidations));
    const books = depth && readBooks(run, files.depth!, depthFormat(run, texts, grid), depth, states);
    await computeFeatures(
      run,
      engine,
      {
        trades: opened.trades,
        books,
        liquidations:
          liquidations && (run.alteration?.liquidations(liquidations.blocks) ?? liquidations.blocks),
        keepRest: carry !== undefined,
        enough: () => {
          border = states.border?.();
          return border !== undefined;
        },
      },
      () => sink.add(engine),
      (rows) => bar.update(rows),
    );
    if (sink.rows === 0 && before !== undefined) {
      await sink.abandon();
      return before.prepared;
    }
    if (sink.rows === 0) throw noTrades(files.trades, 'only rows that are dropped');
    const quality = qualityOf({
      survey,
      trades,
      depth,
      liquidations: liquidations?.carried.quality,
      engine: engine.counters(),
    });
    const table = await sink.digest();
    const prepared: PreparedSymbol = {
      ...{ symbol, ...rowsOf(survey, depth, liquidations?.carried.quality) },
      ...{ rows: table.rows, grid, quality },
      dataSha256: sha256Of(table, run.columns),
      inputs: joinInputs(before?.prepared.inputs, await making.inputs()),
    };
    const state = await carry?.save({
      ...{ streams, survey: survey.carried, trades, liquidations: liquidations?.carried },
      ...{ ids: survey.ids, last, table, prepared },
      ...{ depth: border?.quality ?? depth, books: border?.state ?? withdrawOpen(engine, states) },
      engine: engine.save(),
      border,
    });
    const { featureSet, columns, dedupTrades } = run;
    const metadata = fileMetadata({
      symbol,
      texts,
      grid,
      streams,
      quality,
      featureSet,
      columns,
      dedupTrades,
    });
    await sink.finish(state === undefined ? metadata : { ...metadata, ...state });
    return prepared;
  } catch (error) {
    await sink.abandon();
    throw error;
  } finally {
    await liquidations?.close();
    engine.free();
  }
}

/** Takes out of the engine what a later run may still change; answers what it goes on from. */
function withdrawOpen(engine: FeatureEngine, { after = [] }: BookStates): BookState | undefined {
  const unseen = engine.unseenBooks;
  const state = after.find(({ open }) => open <= unseen);
  engine.withdrawBooks(state?.open ?? 0);
  return state?.state;
}

/** Rows of the files, read or not; null where there is no file. */
function rowsOf(
  survey: TradeSurvey,
  depth: DepthQuality | undefined,
  liquidations: LiquidationQuality | undefined,
): Pick<PreparedSymbol, 'trades' | 'depth' | 'liquidations'> {
  return {
    trades: survey.rows + survey.bad.total,
    depth: depth ? depth.rows + depth.bad.total : null,
    liquidations: liquidations ? liquidations.rows + liquidations.bad.total : null,
  };
}

/** Files that have been read again stand in for what they were. */
function joinInputs(before: readonly InputFile[] = [], now: readonly InputFile[]): InputFile[] {
  const key = ({ stream, path }: InputFile) => `${stream} ${path}`;
  const again = new Set(now.map(key));
  return [...before.filter((file) => !again.has(key(file))), ...now];
}

interface OpenedTrades {
  trades: AsyncGenerator<TradeColumns>;
  grid: Grid;
  last: LastTrade;
  /** Gives sorted runs up, whether the trades were asked for to their end or not. */
  close(): Promise<void>;
}

/** The trades to be read, the grid that the first of them fixes, and, once they are through, the last of them. */
async function openTrades(
  { run, symbol, files, survey, carry }: Making,
  texts: Record<string, string>,
  format: TradeFormat,
  quality: TradeQuality,
): Promise<OpenedTrades> {
  const read = readTrades(run, files.trades, survey, format, quality);
  const altered = run.alteration?.trades(read) ?? read;
  const watched = { ...(carry?.before?.last ?? noTrade) };
  const retained = carry === undefined ? altered : watchTrades(altered, symbol, watched, carry);
  const close = async () => {
    await retained.return(undefined);
  };
  if (carry?.before !== undefined)
    return { trades: retained, grid: carry.before.prepared.grid, last: watched, close };
  try {
    const first = await peekFirstRow(retained, texts.side_fallback === 'drop');
    if (first.pxTicks === undefined) throw noTrades(files.trades, 'only rows that are dropped');
    const grid = gridOf(run, texts, format, first.pxTicks);
    return { trades: first.trades, grid, last: watched, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function tradeFormat(run: Run, texts: Record<string, string>, survey: TradeSurvey): TradeFormat {
  const step = (name: 'tick_size' | 'lot_size', places: number) => {
    const configured = texts[name] === 'inferred' ? undefined : texts[name];
    return callKernel(() => run.kernels.gridStep(name, configured, places));
  };
  return {
    tick: step('tick_size', survey.pricePlaces),
    lot: step('lot_size', survey.qtyPlaces),
    ids: survey.ids,
  };
}

function gridOf(run: Run, texts: Record<string, string>, format: TradeFormat, firstPxTicks: bigint): Grid {
  const { footprint_bucket_ticks: footprint, wall_bucket_ticks: wall } = texts;
  const bucketTicks = footprint === 'auto' ? run.kernels.autoBucket(firstPxTicks) : BigInt(footprint!);
  const wallBucketTicks = wall === 'auto' ? bucketTicks : BigInt(wall!);
  return { tick: format.tick, lot: format.lot, bucketTicks, wallBucketTicks };
}

function depthFormat(run: Run, texts: Record<string, string>, grid: Grid): DepthFormat {
  return {
    tick: grid.tick,
    wallBucketTicks: grid.wallBucketTicks,
    obiLevels: Number(texts.obi_levels),
    obiMode: texts.obi_mode!,
    wallRangeBps: texts.wall_range_bps!,
    wallK: texts.wall_k!,
    wallMinBuckets: Number(texts.wall_min_buckets),
    wallMinPersist: Number(texts.wall_min_persist),
    detail: run.featureSet === 'extended',
  };
}
