/** One symbol: its files to its rows. */
import { FeatureEngine, type Params, paramTexts } from '../../kernels/engine.js';
import { callKernel } from '../../kernels/load.js';
import type { DepthFormat, TradeFormat } from '../../kernels/ticks.js';
import type { Phase, Progress } from '../../report/progress.js';
import { type DepthQuality, freshDepthQuality, orderLiquidations, readBooks, surveyDepth } from './books.js';
import { computeFeatures } from './features.js';
import type { SymbolInputs } from './inputs.js';
import { fileMetadata, type Grid } from './metadata.js';
import { type Quality, qualityOf } from './quality.js';
import type { Run, StreamFiles } from './run.js';
import { RowSink, sha256Of } from './sink.js';
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

/** The streams of the symbol; which files they have and in which order is settled by `inputs.ts`. */
type Files = Omit<SymbolInputs, 'symbol'>;

/** Reads the files of one symbol and writes its table through `write`. */
export async function prepareSymbol(
  run: Run,
  inputs: SymbolInputs,
  params: Params,
  write: (bytes: Uint8Array) => Promise<void>,
  progress: Progress,
): Promise<PreparedSymbol> {
  const { symbol: _, ...files } = inputs;
  const digests = digestAll(run, files);
  const survey = await phase(progress, `${inputs.symbol}: survey`, 0, () => surveyTrades(run, files.trades));
  if (survey.firstTs < oldestPlausibleTs)
    progress.note(`note: ${implausible(files.trades[0].path, survey.firstTs)}`);
  const detail = { depth: files.depth === undefined ? undefined : await depthQuality(run, files.depth) };
  const made = await phase(progress, `${inputs.symbol}: features`, survey.rows, (bar) =>
    makeRows(run, inputs.symbol, files, params, survey, detail.depth, write, bar),
  );
  const digested = await run.crew.wait(digests);
  for (const file of Object.values(files).flat()) await file.verify();
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

function digestAll(run: Run, files: Files): Promise<InputFile[]> {
  const streams = Object.entries(files) as [string, StreamFiles][];
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

async function depthQuality(run: Run, file: StreamFiles): Promise<DepthQuality> {
  return freshDepthQuality(await surveyDepth(run, file));
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
  const texts = paramTexts(params, run.featureSet);
  const format = tradeFormat(run, texts, survey);
  const trades = freshQuality();
  const retained = readTrades(run, files.trades, survey, format, trades);
  const first = await peekFirstRow(
    run.alteration?.trades(retained) ?? retained,
    texts.side_fallback === 'drop',
  );
  if (first.pxTicks === undefined) throw noTrades(files.trades, 'only rows that are dropped');
  const grid = gridOf(run, texts, format, first.pxTicks);
  const streams = { depth: files.depth !== undefined, liquidations: files.liquidations !== undefined };
  const engine = FeatureEngine.start(run.kernels, params, grid, streams, run.featureSet);
  const sink = new RowSink(run, write);
  try {
    const liquidations =
      files.liquidations && (await orderLiquidations(run, files.liquidations, texts.liq_dedup === 'exact'));
    const books = depth && readBooks(run, files.depth!, depthFormat(run, texts, grid), depth);
    await computeFeatures(
      run,
      engine,
      {
        trades: first.trades,
        books,
        liquidations:
          liquidations && (run.alteration?.liquidations(liquidations.blocks) ?? liquidations.blocks),
      },
      () => sink.add(engine),
      (rows) => bar.update(rows),
    );
    if (sink.rows === 0) throw noTrades(files.trades, 'only rows that are dropped');
    const quality = qualityOf({
      survey,
      trades,
      depth,
      liquidations: liquidations?.quality,
      engine: engine.counters(),
    });
    const metadata = fileMetadata({
      ...{ symbol, texts, grid, streams, quality },
      featureSet: run.featureSet,
      columns: run.columns,
    });
    const dataSha256 = sha256Of(await sink.digest(), run.columns);
    await sink.finish(metadata);
    return {
      symbol,
      trades: survey.rows + survey.bad.total,
      depth: depth ? depth.rows + depth.bad.total : null,
      liquidations: liquidations ? liquidations.quality.rows + liquidations.quality.bad.total : null,
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
