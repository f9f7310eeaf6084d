/** Raw CSV files → features.parquet: one row per trade, the same bytes for any number of threads. */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../config/fields.js';
import { mappingOfFiles, type StreamMapping } from '../config/mapping.js';
import { version } from '../config/version.js';
import { HybridError, throwIfAborted } from '../error.js';
import { Artifact, writeJson } from '../io/artifact.js';
import { FolderArtifact, makeWay, replaceFolderByFile } from '../io/folder.js';
import { partName, stateFolder } from '../io/parts.js';
import { fileNameOf, streams, symbolOf } from '../io/raw.js';
import { columnsOf, type Params, paramTexts, readParams } from '../kernels/engine.js';
import { compileKernels, instantiateKernels, type Kernels } from '../kernels/load.js';
import { type Crew, createCrew } from '../pool/crew.js';
import type { Progress } from '../report/progress.js';
import type { Alteration } from './prepare/alteration.js';
import { growDataset } from './prepare/increment.js';
import { findInputs, type Search, type SymbolInputs } from './prepare/inputs.js';
import { type Job, type Made, makeJob } from './prepare/job.js';
import { sideBySide } from './prepare/lanes.js';
import { specification } from './prepare/metadata.js';
import { readingSaid } from './prepare/reading.js';
import { defaultTuning, type Run, type StageSeconds, type Tuning } from './prepare/run.js';
import { type PreparedSymbol, prepareSymbol } from './prepare/symbol.js';

export type PrepareConfig = Pick<
  Settings,
  'raw' | 'symbols' | 'dataset' | 'threads' | 'compression' | 'onBadRow' | 'indicators'
> &
  Partial<
    Pick<Settings, 'featureSet' | 'preset' | 'timeColumn' | 'trades' | 'depth' | 'liquidations' | 'sinceLast'>
  >;

export interface PreparePorts {
  progress: Progress;
  signal?: AbortSignal;
  /** Called between the steps of a run with sinceLast, at which a crash must do no harm. */
  onStep?: (step: string) => void;
}

export interface PrepareSummary {
  /** A file, or a folder of `symbol=…/part-0.parquet` when there are several symbols. */
  out: string;
  rows: number;
  /** With sinceLast: how many of the rows are new. */
  appended?: number;
  columns: number;
  symbols: {
    symbol: string;
    /** Rows of the input file. */
    trades: number;
    /** null where there is no file. */
    depth: number | null;
    liquidations: number | null;
    /** Rows of the table. */
    rows: number;
    quality: Record<string, number>;
    /** `file:line` of the first rows that were skipped or dropped, by counter. */
    lines: Record<string, string[]>;
    dataSha256: string;
  }[];
  manifest: string;
  /** Wall clock. */
  seconds: number;
  /** Work by stage, summed over threads; the stages overlap. */
  stages: StageSeconds;
  peakRssBytes: number;
}

/**
 * Prepares the symbols of the raw folder. The result replaces an older one only when it is whole. Errors: E_USAGE
 * for a parameter, E_INPUT for files that cannot be read, E_INTERRUPTED when the signal is aborted. With an
 * `alteration` the events are changed on their way: what an audit does.
 */
export async function prepare(
  config: PrepareConfig,
  ports: PreparePorts,
  tuning: Tuning = defaultTuning,
  alteration?: Alteration,
): Promise<PrepareSummary> {
  const start = performance.now();
  const kernels = instantiateKernels(await compileKernels());
  const params = readParams(kernels, config.indicators, config.featureSet ?? 'core');
  if (!config.sinceLast) await makeWay(config.dataset);
  const { inputs, notes } = await findInputs(kernels, searchOf(config));
  if (!config.sinceLast && config.symbols !== undefined) await requireNoOthers(config.dataset, inputs);
  for (const line of notes) ports.progress.note(line);
  // With lanes each has a crew of its own, and this thread only looks after them.
  const lanes = inputs.length > 1 && config.threads > 1 && alteration === undefined && !ports.onStep;
  const crew = await createCrew(lanes ? 1 : config.threads, kernels);
  try {
    const run = { ...newRun(config, ports, tuning, kernels, crew), alteration };
    const makeAll = lanes ? inLanes(run, config, inputs, ports) : oneByOne(run, inputs, params, ports);
    const manifest = (symbols: readonly PreparedSymbol[]) =>
      manifestOf(config, params, symbols, run, (performance.now() - start) / 1000);
    const { symbols, appended } = config.sinceLast
      ? await grow(run, config, inputs, ports, makeAll, manifest)
      : await writeWhole(
          run,
          config.dataset,
          inputs,
          { params, progress: ports.progress },
          makeAll,
          manifest,
        );
    const seconds = (performance.now() - start) / 1000;
    return { ...summary(config.dataset, symbols, run, seconds), ...(appended !== undefined && { appended }) };
  } finally {
    params.free();
    await crew.close();
  }
}

/** Who names symbols hardly means to lose others that took as long. Errors: E_USAGE where `out` has some. */
async function requireNoOthers(out: string, inputs: readonly SymbolInputs[]): Promise<void> {
  const folders = (await readdir(out).catch(() => [])).filter((name) => name.startsWith('symbol='));
  const asked = inputs.map(({ symbol }) => symbol);
  const others = folders.map((name) => symbolOf(name.slice(7))).filter((name) => !asked.includes(name));
  if (others.length === 0) return;
  const message = `${out}: expected no symbols but ${asked.join(', ')}, got ${others.sort().join(', ')} as well`;
  throw new HybridError('E_USAGE', message, {
    hint: `Choose another path with --out, name all symbols with --symbols, or remove ${out}.`,
  });
}

/** Does a job for every symbol; the results come in their order. */
type MakeAll = (jobOf: (input: SymbolInputs) => Job) => Promise<Made[]>;

function oneByOne(
  run: Run,
  inputs: readonly SymbolInputs[],
  params: Params,
  { progress, onStep }: PreparePorts,
): MakeAll {
  return async (jobOf) => {
    const made: Made[] = [];
    for (const input of inputs) made.push(await makeJob(jobOf(input), run, input, params, progress, onStep));
    return made;
  };
}

function inLanes(
  run: Run,
  { threads, indicators }: PrepareConfig,
  inputs: readonly SymbolInputs[],
  { progress }: PreparePorts,
): MakeAll {
  return (jobOf) => sideBySide({ run, threads, params: indicators }, inputs, jobOf, progress);
}

function searchOf(config: PrepareConfig): Search {
  const { trades, depth, liquidations } = config;
  const mappings = { trades, depth, liquidations };
  const files = Object.entries(mappings).map(([stream, mapping]) => [stream, mappingOfFiles(mapping)]);
  return {
    folder: config.raw,
    symbols: config.symbols,
    presets: config.preset ?? [],
    mappings: Object.fromEntries(files),
    timeColumn: config.timeColumn ?? 'exchange',
  };
}

function newRun(
  config: PrepareConfig,
  ports: PreparePorts,
  tuning: Tuning,
  kernels: Kernels,
  crew: Crew,
): Run {
  const featureSet = config.featureSet ?? 'core';
  return {
    kernels,
    featureSet,
    columns: columnsOf(kernels, featureSet),
    crew,
    compression: config.compression,
    onBadRow: config.onBadRow,
    dedupTrades: config.trades?.dedup !== 'none',
    reading: readingSaid(searchOf(config)),
    tuning,
    stages: { scan: 0, engine: 0, encode: 0 },
    spillPath: config.dataset,
    signal: ports.signal,
  };
}

/** Adds a part to every symbol; the manifest is of all parts together. */
async function grow(
  run: Run,
  { dataset: out, raw }: PrepareConfig,
  inputs: readonly SymbolInputs[],
  { progress, onStep }: PreparePorts,
  makeAll: MakeAll,
  manifestOf: ManifestOf,
): Promise<{ symbols: PreparedSymbol[]; appended: number }> {
  const growAll = () => makeAll(() => ({ kind: 'part', out, raw }));
  const grown = await growDataset(out, inputs, growAll, { signal: run.signal, onStep });
  if (grown.appended === 0) progress.note(`${out}: no new rows, nothing has changed`);
  onStep?.('before the manifest');
  if (grown.appended > 0 || !(await manifestSays(out, dataSha256(grown.symbols))))
    await writeJson(`${out}.manifest.json`, manifestOf(grown.symbols));
  return grown;
}

/** A run that was killed behind its last part has left the manifest as it was. */
async function manifestSays(out: string, sha256: string): Promise<boolean> {
  const text = await readFile(`${out}.manifest.json`, 'utf8').catch(() => '{}');
  return text.includes(`"dataSha256": "${sha256}"`);
}

/** A dataset of its own; what an earlier one of parts went on from is gone with it. */
async function writeWhole(
  run: Run,
  out: string,
  inputs: readonly SymbolInputs[],
  { params, progress }: { params: Params; progress: Progress },
  makeAll: MakeAll,
  manifestOf: ManifestOf,
): Promise<{ symbols: PreparedSymbol[]; appended?: number }> {
  const [only] = inputs;
  const symbols =
    only !== undefined && inputs.length === 1
      ? [await writeFile(run, out, only, { params, progress }, manifestOf)]
      : await writeFolder(run, out, makeAll, manifestOf);
  await rm(stateFolder(out), { recursive: true, force: true });
  return { symbols };
}

type ManifestOf = (symbols: readonly PreparedSymbol[]) => object;

/** One symbol gives a file; the manifest beside it is renamed with it. */
async function writeFile(
  run: Run,
  out: string,
  input: SymbolInputs,
  { params, progress }: { params: Params; progress: Progress },
  manifestOf: ManifestOf,
): Promise<PreparedSymbol> {
  const file = await Artifact.create(out, { checksum: false });
  try {
    const prepared = await prepareSymbol(run, input, params, file.write.bind(file), progress);
    await file.seal();
    await withManifest(run, out, manifestOf([prepared]), () =>
      replaceFolderByFile(out, () => file.publish()),
    );
    return prepared;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** Several symbols give a folder. */
async function writeFolder(
  run: Run,
  out: string,
  makeAll: MakeAll,
  manifestOf: ManifestOf,
): Promise<PreparedSymbol[]> {
  const folder = await FolderArtifact.create(out);
  try {
    const made = await makeAll(({ symbol }) => ({ kind: 'file', path: folder.inside(partOf(symbol)) }));
    const symbols = made.map(({ prepared }) => prepared);
    await withManifest(run, out, manifestOf(symbols), () => folder.publish());
    return symbols;
  } catch (error) {
    await folder.discard();
    throw error;
  }
}

function partOf(symbol: string): string {
  return join(`symbol=${fileNameOf(symbol)}`, partName(0));
}

/** Puts the manifest on the disk, then gives the dataset and the manifest their names. */
async function withManifest(
  run: Run,
  out: string,
  content: object,
  publish: () => Promise<unknown>,
): Promise<void> {
  const manifest = await Artifact.create(`${out}.manifest.json`);
  try {
    await manifest.write(`${JSON.stringify(content, null, 2)}\n`);
    await manifest.seal();
    throwIfAborted(run.signal);
    await publish();
    await manifest.publish();
  } catch (error) {
    await manifest.discard();
    throw error;
  }
}

function manifestOf(
  config: PrepareConfig,
  params: Params,
  symbols: readonly PreparedSymbol[],
  run: Run,
  seconds: number,
): object {
  return {
    kind: 'features',
    version,
    specification,
    finished: new Date().toISOString(),
    configuration: configurationOf(config),
    parameters: paramTexts(params, run.featureSet),
    rows: symbols.reduce((sum, { rows }) => sum + rows, 0),
    columns: run.columns.length,
    dataSha256: dataSha256(symbols),
    symbols: symbols.map(({ grid, ...rest }) => ({
      ...rest,
      tickSize: grid.tick,
      lotSize: grid.lot,
      footprintBucketTicks: Number(grid.bucketTicks),
      wallBucketTicks: Number(grid.wallBucketTicks),
    })),
    seconds,
    stages: run.stages,
    peakRssBytes: peakRss(),
  };
}

/** What the run was asked for; picked one by one, since settings hold secrets too. Who says nothing says null. */
function configurationOf({
  raw,
  symbols = null,
  dataset,
  threads,
  compression,
  onBadRow,
  indicators,
  featureSet = 'core',
  preset = null,
  timeColumn = 'exchange',
  ...mappings
}: Omit<PrepareConfig, 'symbols' | 'preset'> & { symbols?: unknown; preset?: unknown }) {
  const asked = { raw, symbols, dataset, threads, compression, onBadRow, indicators, featureSet };
  const said = streams.map((stream) => [stream, shownMapping(mappings[stream])]);
  return { ...asked, preset, timeColumn, ...Object.fromEntries(said) };
}

/** Of a mapping for a table, which is no matter of files, only what counts for these as well. */
function shownMapping(mapping: StreamMapping | undefined): StreamMapping | null {
  const ofFiles = mappingOfFiles(mapping);
  if (ofFiles !== undefined) return ofFiles;
  return mapping?.dedup === undefined ? null : { columns: {}, dedup: mapping.dedup };
}

/** Of one symbol its own; of several, SHA-256 over their names and digests. */
function dataSha256(symbols: readonly PreparedSymbol[]): string {
  if (symbols.length === 1) return symbols[0]!.dataSha256;
  const hash = createHash('sha256');
  for (const { symbol, dataSha256 } of symbols) hash.update(`${symbol}\n${dataSha256}\n`);
  return hash.digest('hex');
}

function summary(out: string, symbols: readonly PreparedSymbol[], run: Run, seconds: number): PrepareSummary {
  return {
    out,
    rows: symbols.reduce((sum, { rows }) => sum + rows, 0),
    columns: run.columns.length,
    symbols: symbols.map(({ inputs: _, grid: __, quality, ...rest }) => ({
      ...rest,
      quality: quality.counters,
      lines: quality.lines,
    })),
    manifest: `${out}.manifest.json`,
    seconds,
    stages: run.stages,
    peakRssBytes: peakRss(),
  };
}

/** The most memory that this process has had, workers included. */
function peakRss(): number {
  return process.resourceUsage().maxRSS * 1024;
}
