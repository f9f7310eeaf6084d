/** One symbol: its files to its rows. */
import { type CsvFile, openCsv } from '../../io/csv.js';
import { FeatureEngine, type Params, paramTexts } from '../../kernels/engine.js';
import { callKernel } from '../../kernels/load.js';
import { checkHeader, type DepthFormat, type TradeFormat } from '../../kernels/ticks.js';
import type { Phase, Progress } from '../../report/progress.js';
import {
  type DepthQuality,
  type LiquidationQuality,
  readAllLiquidations,
  readBooks,
  surveyDepth,
} from './books.js';
import { computeFeatures } from './features.js';
import type { SymbolInputs } from './inputs.js';
import { fileMetadata, type Grid } from './metadata.js';
import { type Quality, qualityOf } from './quality.js';
import type { Run } from './run.js';
import { RowSink } from './sink.js';
import {
  freshQuality,
  noTrades,
  peekFirstRow,
  readTrades,
  surveyTrades,
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

interface Files {
  trades: CsvFile;
  depth?: CsvFile;
  liquidations?: CsvFile;
}

/** Reads the files of one symbol and writes its table through `write`. */
export async function prepareSymbol(
  run: Run,
  inputs: SymbolInputs,
  params: Params,
  write: (bytes: Uint8Array) => Promise<void>,
  progress: Progress,
): Promise<PreparedSymbol> {
  const files = await openFiles(run, inputs);
  const digests = digestAll(run, files);
  const survey = await phase(progress, `${inputs.symbol}: survey`, 0, () => surveyTrades(run, files.trades));
  if (survey.firstTs < oldestPlausibleTs)
    progress.note(`note: ${implausible(files.trades.path, survey.firstTs)}`);
  const detail = { depth: files.depth === undefined ? undefined : await depthQuality(run, files.depth) };
  const made = await phase(progress, `${inputs.symbol}: features`, survey.rows, (bar) =>
    makeRows(run, inputs.symbol, files, params, survey, detail.depth, write, bar),
  );
  const digested = await digests;
  for (const file of Object.values(files) as CsvFile[]) await file.verify();
  return { ...made, inputs: digested };
}

/** 1990, in µs: a stamp of our days in seconds or milliseconds is before it. */
const oldestPlausibleTs = 631_152_000_000_000;

function implausible(path: string, ts: number): string {
  const read = `${ts} µs, which is ${new Date(ts / 1000).toISOString()}`;
  return `${path}: the first ts is read as ${read}; if it is in seconds or milliseconds, multiply it`;
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

async function openFiles(run: Run, inputs: SymbolInputs): Promise<Files> {
  const openOne = async (stream: 'trades' | 'depth' | 'liquidations', path: string) => {
    const file = await openCsv(path);
    checkHeader(run.kernels, stream, path, file.header);
    return file;
  };
  const files: Files = { trades: await openOne('trades', inputs.trades) };
  if (inputs.depth !== undefined) files.depth = await openOne('depth', inputs.depth);
  if (inputs.liquidations !== undefined)
    files.liquidations = await openOne('liquidations', inputs.liquidations);
  return files;
}

function digestAll(run: Run, files: Files): Promise<InputFile[]> {
  const each = Object.entries(files).map(async ([stream, { path }]: [string, CsvFile]) => {
    const { sha256, bytes, seconds } = await run.pool.run('digest', { path });
    run.stages.scan += seconds;
    return { stream, path, bytes, sha256 };
  });
  const all = Promise.all(each);
  all.catch(() => {});
  return all;
}

async function depthQuality(run: Run, file: CsvFile): Promise<DepthQuality> {
  const outOfOrder = await surveyDepth(run, file);
  return {
    rows: 0,
    bad: { total: 0, lines: [] },
    malformed: { total: 0, lines: [] },
    outOfOrder,
    snapshots: 0,
    replaced: 0,
    crossed: 0,
    locked: 0,
    oneSided: 0,
  };
}

async function makeRows(
  run: Run,
  symbol: string,
  files: Files,
  params: Params,
  survey: TradeSurvey,
  depth: DepthQuality | undefined,
  write: (bytes: Uint8Array) => Promise<void>,
  bar: Phase,
): Promise<Omit<PreparedSymbol, 'inputs'>> {
  const texts = paramTexts(params);
  const format = tradeFormat(run, texts, survey);
  const trades = freshQuality();
  const first = await peekFirstRow(
    readTrades(run, files.trades, survey, format, trades),
    texts.side_fallback === 'drop',
  );
  if (first.pxTicks === undefined) throw noTrades(files.trades.path, 'only rows that are dropped');
  const grid = gridOf(run, texts, format, first.pxTicks);
  const streams = { depth: files.depth !== undefined, liquidations: files.liquidations !== undefined };
  const engine = FeatureEngine.start(run.kernels, params, grid, streams, run.columns.length);
  const sink = await RowSink.open(run, write);
  try {
    const liquidations = await pushLiquidations(run, engine, files.liquidations, texts);
    const books = depth && readBooks(run, files.depth!, depthFormat(texts, grid), depth);
    await computeFeatures(
      run,
      engine,
      { trades: first.trades, books },
      (columns) => sink.add(columns),
      (rows) => bar.update(rows),
    );
    if (sink.rows === 0) throw noTrades(files.trades.path, 'only rows that are dropped');
    const quality = qualityOf({ survey, trades, depth, liquidations, engine: engine.counters() });
    const metadata = fileMetadata({ symbol, texts, grid, streams, quality, columns: run.columns });
    const dataSha256 = await sink.finish(metadata);
    return {
      symbol,
      trades: survey.rows + survey.bad.total,
      depth: depth ? depth.rows + depth.bad.total : null,
      liquidations: liquidations ? liquidations.rows + liquidations.bad.total : null,
      rows: sink.rows,
      grid,
      quality,
      dataSha256,
    };
  } catch (error) {
    await sink.abandon();
    throw error;
  } finally {
    engine.free();
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

function depthFormat(texts: Record<string, string>, grid: Grid): DepthFormat {
  return {
    tick: grid.tick,
    wallBucketTicks: grid.wallBucketTicks,
    obiLevels: Number(texts.obi_levels),
    obiMode: texts.obi_mode!,
    wallRangeBps: texts.wall_range_bps!,
    wallK: texts.wall_k!,
    wallMinBuckets: Number(texts.wall_min_buckets),
    wallMinPersist: Number(texts.wall_min_persist),
  };
}

async function pushLiquidations(
  run: Run,
  engine: FeatureEngine,
  file: CsvFile | undefined,
  texts: Record<string, string>,
): Promise<LiquidationQuality | undefined> {
  if (file === undefined) return undefined;
  const { block, quality } = await readAllLiquidations(run, file, texts.liq_dedup === 'exact');
  engine.pushLiquidations(block);
  engine.endLiquidations();
  return quality;
}
