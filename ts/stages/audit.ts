/**
 * `hybrid audit`: proof on the user's own data that no value knows the future. The preparation is run again with the
 * future of random rows cut off and poisoned, and every value up to those rows must stay as it is in the dataset.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Settings } from '../config/fields.js';
import { HybridError, throwIfAborted } from '../error.js';
import { type Dataset, type DatasetSymbol, openDataset, readNumbers } from '../io/dataset.js';
import { Random } from '../io/exchange/random.js';
import { compileKernels, instantiateKernels, type Kernels } from '../kernels/load.js';
import { type Progress, silentProgress } from '../report/progress.js';
import { coldStart, cutOff, type Divide, type IsRow, poisoned } from './audit/alterations.js';
import { compareRows, type Violation } from './audit/compare.js';
import { compareFormulas, readFormulas } from './audit/formulas.js';
import { type WarmUp, warmUps } from './audit/warmup.js';
import type { Alteration } from './prepare/alteration.js';
import { defaultTuning } from './prepare/run.js';
import { type PrepareConfig, prepare } from './prepare.js';

export type AuditSettings = PrepareConfig & Pick<Settings, 'checks' | 'seed' | 'formulas'>;

export interface AuditPorts {
  progress: Progress;
  signal?: AbortSignal;
}

/** One row whose future was changed. */
export interface Check {
  symbol: string;
  row: number;
  /** Its stamp, µs. */
  ts: number;
  future: 'cut off' | 'poisoned';
  /** Rows compared: this one and all before it. */
  rows: number;
  violations: number;
}

export interface AuditSummary {
  /** Columns compared, formulas included. */
  columns: number;
  rowsChecked: number;
  /** The first row that differs, of every column and check. */
  violations: Violation[];
  checks: Check[];
  /** Formulas of the portfolio that were checked. */
  formulas: string[];
  /** How long each column takes to forget that a run began in the middle of the data. */
  warmUp: WarmUp[];
  seconds: number;
}

/** What an altered preparation needs to know of one symbol. */
interface Subject {
  dataset: Dataset;
  symbol: DatasetSymbol;
  name: string;
  ts: Float64Array;
  isRow: IsRow;
  latencies: { depth: bigint; liquidations: bigint };
  config: PrepareConfig;
}

/** Errors: E_INPUT when the dataset was not prepared by hybrid, or not from these raw files. */
export async function audit(path: string, settings: AuditSettings, ports: AuditPorts): Promise<AuditSummary> {
  const start = performance.now();
  const dataset = await openDataset(path);
  const manifest = await readManifest(path, dataset);
  const kernels = instantiateKernels(await compileKernels());
  const formulas = settings.formulas === undefined ? [] : await readFormulas(settings.formulas);
  const scratch = await mkdtemp(join(dirname(path), '.audit-'));
  try {
    const out = join(scratch, 'altered.parquet');
    const found: Audited[] = [];
    for (const symbol of dataset.symbols) {
      const subject = await subjectOf(dataset, symbol, manifest, settings, out);
      found.push(await auditSymbol({ kernels, subject, formulas, manifest, ports }, settings));
    }
    const columns = dataset.columns.length + formulas.length;
    return { columns, ...joined(found), formulas, seconds: (performance.now() - start) / 1000 };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

type Audited = Pick<AuditSummary, 'checks' | 'violations' | 'warmUp'>;

function joined(found: readonly Audited[]): Audited & { rowsChecked: number } {
  const checks = found.flatMap((symbol) => symbol.checks);
  return {
    checks,
    violations: found.flatMap((symbol) => symbol.violations),
    rowsChecked: checks.reduce((sum, { rows }) => sum + rows, 0),
    warmUp: found.map((symbol) => symbol.warmUp).reduce(longest),
  };
}

/** What the checks of one symbol share. */
interface Bench {
  kernels: Kernels;
  subject: Subject;
  formulas: readonly string[];
  manifest: Manifest;
  ports: AuditPorts;
}

const futures = { 'cut off': cutOff, poisoned } as const;

async function auditSymbol(bench: Bench, { checks, seed }: AuditSettings): Promise<Audited> {
  const { ts, name, isRow } = bench.subject;
  const draw = new Random(seed, `audit ${name}`);
  const found: Audited = { checks: [], violations: [], warmUp: [] };
  for (let i = 0; i < checks; i++) {
    const row = Math.floor(((i + draw.uniform()) / checks) * ts.length);
    for (const future of ['cut off', 'poisoned'] as const) {
      const divide = divideAt(bench.subject, row);
      const alteration = futures[future](bench.kernels, divide, isRow, seed + i);
      const different = await check(bench, `future of row ${row} ${future}`, divide, alteration);
      found.violations.push(...different.map((v) => ({ ...v, symbol: name, future })));
      found.checks.push({
        ...{ symbol: name, row, ts: ts[row]!, future },
        ...{ rows: row + 1, violations: different.length },
      });
    }
  }
  return { ...found, warmUp: await warmUpOf(bench) };
}

/** What prepare wrote beside the dataset, as far as it is needed to prepare the same once more. */
interface Manifest {
  configuration: Partial<PrepareConfig>;
  symbols: { symbol: string; inputs: { path: string; sha256: string }[] }[];
}

async function readManifest(path: string, dataset: Dataset): Promise<Manifest> {
  if (!dataset.metadata.has('hybrid.parameters'))
    throw notOurs(path, 'a dataset that hybrid prepared', 'another Parquet file');
  try {
    return JSON.parse(await readFile(`${path}.manifest.json`, 'utf8')) as Manifest;
  } catch (cause) {
    throw notOurs(`${path}.manifest.json`, 'the manifest that prepare wrote', 'none that can be read', cause);
  }
}

function notOurs(where: string, expected: string, got: string, cause?: unknown): HybridError {
  return new HybridError('E_INPUT', `${where}: expected ${expected}, got ${got}`, {
    hint: 'Name a dataset that `hybrid prepare` wrote, with its manifest beside it.',
    cause,
  });
}

async function subjectOf(
  dataset: Dataset,
  symbol: DatasetSymbol,
  manifest: Manifest,
  settings: AuditSettings,
  out: string,
): Promise<Subject> {
  const metadata = symbol.metadata;
  const parameters = JSON.parse(metadata.get('hybrid.parameters')!) as Record<string, string>;
  const name = metadata.get('hybrid.symbol')!;
  const [ts] = await readNumbers(dataset, ['ts'], [symbol]);
  return {
    dataset,
    symbol,
    name,
    ts: ts!,
    isRow: parameters.side_fallback === 'drop' ? (side) => side !== 0 : () => true,
    latencies: {
      depth: BigInt(parameters.depth_latency_us!),
      liquidations: BigInt(parameters.liq_latency_us!),
    },
    config: {
      ...settings,
      ...manifest.configuration,
      raw: settings.raw,
      threads: settings.threads,
      symbols: [name],
      dataset: out,
      sinceLast: false,
      indicators: pinned(parameters, metadata),
    },
  };
}

/** The number format is inferred from whole files: a part of them must be read with that of the whole. */
function pinned(
  parameters: Record<string, string>,
  metadata: ReadonlyMap<string, string>,
): Record<string, string> {
  const of = (name: string) => metadata.get(`hybrid.${name}`)!;
  const names = ['tick_size', 'lot_size', 'footprint_bucket_ticks', 'wall_bucket_ticks'];
  return { ...parameters, ...Object.fromEntries(names.map((name) => [name, of(name)])) };
}

function divideAt({ ts, latencies }: Subject, row: number): Divide {
  const at = BigInt(ts[row]!);
  return { row, booksFrom: at - latencies.depth, liquidationsFrom: at - latencies.liquidations };
}

/** Prepares with the alteration and hands over the result. */
async function withAltered<T>(
  { subject, manifest, ports }: Bench,
  what: string,
  alteration: Alteration,
  use: (altered: Dataset) => Promise<T>,
): Promise<T> {
  const { config, name } = subject;
  const phase = ports.progress.phase(`${name}: ${what}`, 0);
  try {
    throwIfAborted(ports.signal);
    await prepare(config, { ...ports, progress: silentProgress }, defaultTuning, alteration);
    await requireSameInputs(name, manifest, config);
    return await use(await openDataset(config.dataset));
  } finally {
    phase.end();
  }
}

/** Other raw files would differ for reasons that have nothing to do with the future. */
async function requireSameInputs(symbol: string, manifest: Manifest, config: PrepareConfig): Promise<void> {
  const digestsOf = ({ symbols }: Manifest) => {
    const inputs = symbols.find((own) => own.symbol === symbol)?.inputs ?? [];
    return inputs.map(({ sha256 }) => sha256).sort();
  };
  const now = JSON.parse(await readFile(`${config.dataset}.manifest.json`, 'utf8')) as Manifest;
  if (digestsOf(now).join() === digestsOf(manifest).join()) return;
  throw new HybridError(
    'E_INPUT',
    `${config.raw}: expected the files that ${symbol} was prepared from, got others`,
    { hint: 'Name their folder with --raw, or prepare the dataset again.' },
  );
}

function check(bench: Bench, what: string, { row }: Divide, alteration: Alteration): Promise<Violation[]> {
  const { kernels, formulas, subject } = bench;
  const { dataset, symbol } = subject;
  return withAltered(bench, what, alteration, async (altered) => [
    ...(await compareRows(dataset, symbol, altered, row + 1)),
    ...(await compareFormulas(kernels, dataset, symbol, altered, row, formulas)),
  ]);
}

/** A run that begins in the middle of the data, against the rows that know what came before. */
function warmUpOf(bench: Bench): Promise<WarmUp[]> {
  const { dataset, symbol, ts, isRow } = bench.subject;
  const row = Math.floor(ts.length / 2);
  const alteration = coldStart(bench.kernels, divideAt(bench.subject, row), isRow);
  return withAltered(bench, `cold start at row ${row}`, alteration, (altered) =>
    warmUps(dataset, symbol, altered, row, ts),
  );
}

/** Of two symbols the one that takes longer. */
function longest(a: readonly WarmUp[], b: readonly WarmUp[]): WarmUp[] {
  return a.map((own, i) => (b[i]!.seconds > own.seconds ? b[i]! : own));
}
