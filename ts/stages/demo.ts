/**
 * The whole story on an empty machine: a simulated market goes into a real PostgreSQL and comes out as indicators
 * that somebody had planted in it. Every step is the stage that the command of its name runs.
 */
import { join } from 'node:path';
import { resolve } from '../config/resolve.js';
import { HybridError } from '../error.js';
import { openDataset } from '../io/dataset.js';
import { planted } from '../io/exchange/simulated.js';
import { addressOf } from '../io/postgres/address.js';
import { startEmbeddedPostgres } from '../io/postgres/embedded.js';
import { createDefaultTables, loadCsv } from '../io/postgres/load.js';
import { Session } from '../io/postgres/session.js';
import { compileKernels, instantiateKernels } from '../kernels/load.js';
import type { Progress } from '../report/progress.js';
import { type EvolveSummary, evolve } from './evolve.js';
import { type ExportSummary, exportRaw } from './export.js';
import { formulaValues } from './formula.js';
import { type PrepareSummary, prepare } from './prepare.js';
import { type SimulateSummary, simulate } from './simulate.js';

export interface DemoConfig {
  /** Where everything goes. */
  demoFolder: string;
  threads: number;
  seed: number;
}

export interface DemoPorts {
  progress: Progress;
  signal: AbortSignal;
}

export interface DemoSummary {
  folder: string;
  planted: typeof planted;
  /** Each formula of the portfolio with the correlation of its values with those of the planted one. */
  found: { formula: string; gain: number | null; holdout: number | null; correlation: number }[];
  /** Whether one of them is the planted relation, but for the choice among near-equal columns. */
  recovered: boolean;
  /** Trades at every step: the same number. */
  rows: { simulated: number; exported: number; prepared: number };
  files: { raw: string; dataset: string; portfolio: string };
  seconds: number;
}

export interface DemoSize {
  /** Of market. */
  hours: number;
  population: number;
  generations: number;
}

/** As much as two cores do in two minutes; two days are what the planted relation needs to stand the test. */
const defaultSize: DemoSize = { hours: 48, population: 1000, generations: 6 };
/** Columns that measure nearly the same (ofd, fpi, cpi_flow) stand for one another at this correlation. */
const samePattern = 0.8;

/** Errors: those of the stages; E_RESOURCE when there is no embedded PostgreSQL. The server never stays. */
export async function demo(
  config: DemoConfig,
  ports: DemoPorts,
  size: DemoSize = defaultSize,
): Promise<DemoSummary> {
  const start = performance.now();
  const folder = config.demoFolder;
  const market = { seed: config.seed, hours: size.hours, symbol: 'SIM', raw: join(folder, 'simulated') };
  const simulated = await simulate(market, ports);
  const exported = await throughDatabase(simulated, join(folder, 'raw_data'), ports);
  requireSameBytes(simulated, exported);
  const prepared = await prepare(settingsFor('prepare', config, size), ports);
  const evolved = await evolve(settingsFor('evolve', config, size), ports);
  const found = await compare(evolved, prepared.out, ports);
  return {
    folder,
    planted,
    found,
    recovered: found.some(({ correlation }) => Math.abs(correlation) >= samePattern),
    rows: rowsOf(simulated, exported, prepared),
    files: { raw: join(folder, 'raw_data'), dataset: prepared.out, portfolio: evolved.out },
    seconds: (performance.now() - start) / 1000,
  };
}

/** The settings that the command would have with these flags and nothing else set. */
function settingsFor(
  command: 'prepare' | 'evolve',
  { demoFolder, threads, seed }: DemoConfig,
  { population, generations }: DemoSize,
) {
  const flags = {
    raw: join(demoFolder, 'raw_data'),
    dataset: join(demoFolder, 'features.parquet'),
    evolved: join(demoFolder, 'evolved'),
    threads: String(threads),
    seed: String(seed),
    population: String(population),
    generations: String(generations),
    // The planted relation is pointwise in the columns: trees would take most of it, as they should.
    baseline: 'ridge',
  };
  return resolve(command, { flags, env: {}, dotenv: {}, file: {} });
}

/** Loads the files into an embedded server and exports them from it. */
async function throughDatabase(
  simulated: SimulateSummary,
  raw: string,
  ports: DemoPorts,
): Promise<ExportSummary> {
  const phase = ports.progress.phase('start PostgreSQL and load the market', 0);
  const server = await startEmbeddedPostgres(ports.signal);
  try {
    const settings = resolve('export', {
      flags: { raw },
      env: { DATABASE_URL: server.url },
      dotenv: {},
      file: {},
    });
    const session = await Session.open(addressOf(settings), ports.signal);
    await createDefaultTables(session);
    for (const { stream, path } of simulated.files)
      await loadCsv(session, simulated.symbol, stream, path, ports.signal);
    await session.close();
    phase.end();
    return await exportRaw(settings, ports);
  } finally {
    await server.stop();
  }
}

/** What went into the database has to come out of it: the demo would not show anything otherwise. */
function requireSameBytes(simulated: SimulateSummary, exported: ExportSummary): void {
  for (const file of simulated.files) {
    const back = exported.files.find(({ stream }) => stream === file.stream);
    if (back?.sha256 === file.sha256) continue;
    throw new HybridError('E_INTERNAL', `${file.stream}: expected the bytes that were loaded, got others`);
  }
}

function rowsOf(simulated: SimulateSummary, exported: ExportSummary, prepared: PrepareSummary) {
  const trades = (files: { stream: string; rows: number }[]) =>
    files.find(({ stream }) => stream === 'trades')!.rows;
  return { simulated: trades(simulated.files), exported: trades(exported.files), prepared: prepared.rows };
}

async function compare(
  { portfolio }: EvolveSummary,
  path: string,
  { signal }: DemoPorts,
): Promise<DemoSummary['found']> {
  const kernels = instantiateKernels(await compileKernels());
  const dataset = await openDataset(path);
  const truth = await formulaValues(kernels, dataset, planted.formula, signal);
  const found: DemoSummary['found'] = [];
  for (const { formula, gain, holdout } of portfolio) {
    const values = await formulaValues(kernels, dataset, formula, signal);
    found.push({ formula, gain, holdout, correlation: correlation(values, truth) });
  }
  return found;
}

/** Pearson's, over the rows where both have a value. */
function correlation(a: Float64Array, b: Float64Array): number {
  const both = [...a.keys()].filter((i) => Number.isFinite(a[i]) && Number.isFinite(b[i]));
  const mean = (v: Float64Array) => both.reduce((sum, i) => sum + v[i]!, 0) / both.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [aa, ab, bb] = [0, 0, 0];
  for (const i of both) {
    aa += (a[i]! - ma) ** 2;
    ab += (a[i]! - ma) * (b[i]! - mb);
    bb += (b[i]! - mb) ** 2;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}
