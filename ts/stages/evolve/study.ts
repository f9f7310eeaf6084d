/** Everything before the baseline: rows labelled and split, columns read, limits fixed. */
import type { FieldName, Settings } from '../../config/fields.js';
import { HybridError, throwIfAborted } from '../../error.js';
import { Rescaler } from '../../evolve/scale.js';
import type { GenerationRecord } from '../../evolve/search.js';
import { chooseTerminals, type Terminal, terminalsNamed, unnamedTerminals } from '../../evolve/terminals.js';
import { type Dataset, openDataset, requireColumn } from '../../io/dataset.js';
import { type FormulaTable, formulaTable, measureFormulas, type Operator } from '../../kernels/formulas.js';
import type { Kernels } from '../../kernels/load.js';
import { parseHours } from '../../problem/hours.js';
import { observationsOf } from '../../problem/observations.js';
import { type Blocks, type Part, parseSplit } from '../../problem/splits.js';
import { parseSample, parseTarget, type Target } from '../../problem/target.js';
import type { Progress } from '../../report/progress.js';
import { count } from '../../report/table.js';
import { namedColumns, readSearchColumns, type SearchColumns } from './columns.js';
import { chooseOperators } from './operators.js';
import { type ColumnSize, preflight } from './preflight.js';
import { blocksOf, type Problem, poseProblem } from './problem.js';
import { columnsOf, readSeeds, type Seed } from './seeds.js';

// biome-ignore lint/suspicious/noConfusingVoidType: a callback that returns nothing is one.
type Answer = 'enough' | undefined | void;

export interface EvolvePorts {
  progress: Progress;
  signal: AbortSignal;
  /** Called after every generation; the next one begins when it has answered, and none after `enough`. */
  generation?: (record: GenerationRecord) => Answer | Promise<Answer>;
}

/** The settings of an evolution; those that its result depends on are written into it, and nothing else is. */
export const evolveSettings = [
  'dataset',
  'evolved',
  'threads',
  'population',
  'generations',
  'target',
  'columns',
  'operators',
  'seedFormulas',
  'portfolio',
  'maxCorrelation',
  'baseline',
  'nullRuns',
  'split',
  'rows',
  'sample',
  'sessionHours',
  'timeLimit',
  'seed',
  'resume',
  'checkpointEvery',
] as const satisfies readonly FieldName[];

export type EvolveSettings = Pick<Settings, (typeof evolveSettings)[number]>;

/** What changes nothing in the result: where it is, how fast it is made, and how often it was interrupted. */
const circumstances: readonly FieldName[] = [
  'dataset',
  'evolved',
  'threads',
  'timeLimit',
  'resume',
  'checkpointEvery',
];

/** The settings that the result depends on. */
export function configurationOf(settings: EvolveSettings): Partial<EvolveSettings> {
  const names = evolveSettings.filter((name) => !circumstances.includes(name));
  return Object.fromEntries(names.map((name) => [name, settings[name]]));
}

/** How large, deep, far-sighted (rows) and costly (additions a row) a formula may be. */
export interface FormulaLimits {
  maxNodes: number;
  maxDepth: number;
  maxLookBack: number;
  maxCost: number;
}

/** What is known before the baseline is fitted. */
export interface PosedStudy {
  settings: EvolveSettings;
  ports: EvolvePorts;
  kernels: Kernels;
  table: FormulaTable;
  /** Operators that new formulas are made of. */
  operators: readonly Operator[];
  rescaler: Rescaler;
  dataset: Dataset;
  target: Target;
  problem: Problem;
  blocks: { search: Blocks; selection: Blocks | undefined };
  limits: FormulaLimits;
  /** A person's formulas. */
  seeds: readonly Seed[] | undefined;
  /** Columns that new formulas are made of. */
  terminals: readonly Terminal[];
  /** These, and those of the seeds and the baseline. */
  columns: SearchColumns;
  /** How many independent observations the search part holds of each of them; none of rows without an order. */
  columnSizes: readonly ColumnSize[];
  /** Names of the baseline's columns; none without a baseline. */
  baselineColumns: readonly string[];
}

const leastLimits: FormulaLimits = { maxNodes: 31, maxDepth: 9, maxLookBack: 1024, maxCost: 90 };
/** Of rows without an order: nothing to look back at, and a relation may have many terms. */
const iidLimits: FormulaLimits = { maxNodes: 60, maxDepth: 14, maxLookBack: 0, maxCost: 1e6 };
/** A block of the selection part holds at least so many independent labels; of the search part, so many. */
export const labelsPerBlock = { selection: 5, search: 3 } as const;

/** Reads and checks all that the settings name; tells what the data can show before anything is fitted. */
export async function poseStudy(
  settings: EvolveSettings,
  ports: EvolvePorts,
  kernels: Kernels,
): Promise<PosedStudy> {
  const table = formulaTable(kernels);
  const target = parseTarget(settings.target);
  const iid = settings.rows === 'iid';
  if (iid) requireIid(settings, target);
  const operators = chooseOperators(table.operators, settings.operators).filter(
    (o) => !iid || o.minWindow === 0,
  );
  const shares = parseSplit(settings.split);
  const hours = settings.sessionHours === undefined ? undefined : parseHours(settings.sessionHours);
  const question = { target, sample: parseSample(settings.sample), hours, iid, seed: settings.seed };
  const dataset = await openDataset(settings.dataset);
  const seeds = await seedsOf(settings, dataset, kernels);
  const limits = limitsOf(seeds ?? [], dataset, kernels, iid);
  const own = target.kind === 'column' ? [target.name] : [];
  for (const name of settings.columns ?? []) requireColumn(dataset, name, '--columns');
  const named = chooseTerminals(dataset.columns, settings.columns, own, iid);
  const phase = ports.progress.phase('read', 0);
  const problem = await poseProblem(dataset, question, shares, limits.maxLookBack, kernels);
  const blocks = cutBlocks(problem);
  throwIfAborted(ports.signal);
  const baseline = settings.baseline === 'none' ? [] : existingColumns(dataset, settings, named, own);
  const needed = merge(named, baseline, seedColumns(dataset, seeds ?? [], own));
  const columns = await readSearchColumns(dataset, needed, problem);
  phase.end(`${count(dataset.rows)} rows, ${columns.names.length} columns`);
  const terminals = varyingTerminals(named, columns, problem, ports.progress);
  const columnSizes = iid ? [] : sizesOf(problem, columns, terminals);
  for (const line of preflight(settings, problem, blocks.selection, columnSizes)) ports.progress.note(line);
  throwIfAborted(ports.signal);
  return {
    settings,
    ports,
    kernels,
    table,
    operators,
    rescaler: new Rescaler(table),
    dataset,
    target,
    problem,
    blocks,
    limits,
    seeds,
    terminals,
    columns,
    columnSizes,
    baselineColumns: baseline.map((b) => b.name),
  };
}

/** Those whose values differ on the search rows: nothing can be made of the others. Errors: E_INPUT where none do. */
function varyingTerminals(
  named: readonly Terminal[],
  { names, values }: SearchColumns,
  { dataset, parts: { search } }: Problem,
  progress: Progress,
): Terminal[] {
  const able = named.filter(({ name }) => varies(values[names.indexOf(name)]!, search.rows));
  const others = named.filter((t) => !able.includes(t)).map((t) => t.name);
  if (able.length === 0)
    throw new HybridError(
      'E_INPUT',
      `${dataset.path}: expected a column that varies on the search rows, got only nulls or one value in ${others.join(', ')}`,
      { hint: 'Name other columns with --columns.' },
    );
  if (others.length > 0)
    progress.note(`left out, being null or constant on the search rows: ${others.join(', ')}`);
  return able;
}

function varies(values: Float32Array, marked: Uint8Array): boolean {
  let first: number | undefined;
  for (let i = 0; i < values.length; i++) {
    if (marked[i] === 0 || !Number.isFinite(values[i]!)) continue;
    first ??= values[i]!;
    if (values[i] !== first) return true;
  }
  return false;
}

async function seedsOf(
  { seedFormulas }: EvolveSettings,
  dataset: Dataset,
  kernels: Kernels,
): Promise<Seed[] | undefined> {
  return seedFormulas === undefined ? undefined : readSeeds(seedFormulas, namedColumns(dataset), kernels);
}

function sizesOf(
  { line, labels, parts }: Problem,
  { names, values }: SearchColumns,
  terminals: readonly Terminal[],
): ColumnSize[] {
  const own = terminals.map(({ name }) => values[names.indexOf(name)]!);
  const observations = observationsOf(own, line, labels, parts.search);
  return terminals.map(({ name }, i) => ({ column: name, observations: observations[i]! }));
}

/** Rows without an order have no time to look ahead in, and no hours. */
function requireIid({ sample, sessionHours }: EvolveSettings, target: Target): void {
  const said =
    target.kind !== 'column' || target.ahead > 0
      ? [
          '--target: expected column:<name>',
          'Name the column that is to be predicted: --target column:<name>.',
        ]
      : sample !== 'rows'
        ? ['--sample: expected rows', 'Leave --sample out: every row is scored.']
        : sessionHours === undefined
          ? undefined
          : ['--hours: expected none', 'Leave --hours out: the rows have no time.'];
  if (said !== undefined) throw new HybridError('E_USAGE', `${said[0]} with --rows iid`, { hint: said[1]! });
}

function windowed(text: string): HybridError {
  return new HybridError('E_USAGE', `--seed-formulas: ${text}: expected no windows with --rows iid`, {
    hint: 'Leave operators over windows out of the formulas, or use --rows time.',
  });
}

/** Wide enough for the seeds, and fixed before anything is split. */
function limitsOf(seeds: readonly Seed[], dataset: Dataset, kernels: Kernels, iid: boolean): FormulaLimits {
  const programs = seeds.map((s) => s.program);
  const measured = measureFormulas(kernels, programs, dataset.columns.length);
  const least = iid ? iidLimits : leastLimits;
  for (const [i, { lookBack }] of measured.entries()) if (iid && lookBack > 0) throw windowed(seeds[i]!.text);
  return {
    maxNodes: Math.max(least.maxNodes, ...measured.map((m) => m.nodes)),
    maxDepth: Math.max(least.maxDepth, ...measured.map((m) => m.depth)),
    maxLookBack: Math.max(least.maxLookBack, ...measured.map((m) => m.lookBack)),
    maxCost: Math.max(least.maxCost, ...measured.map((m) => m.cost)),
  };
}

export function cutBlocks(problem: Problem): PosedStudy['blocks'] {
  const { search, selection } = problem.parts;
  const blocks = blocksOf(problem, search, labelsPerBlock.search);
  if (blocks !== undefined)
    return { search: blocks, selection: blocksOf(problem, selection, labelsPerBlock.selection) };
  throw tooFewLabels(problem, search);
}

function tooFewLabels({ dataset: { path, symbols }, order }: Problem, { effectiveRows }: Part): HybridError {
  const least = 8 * labelsPerBlock.search;
  const hint =
    order === undefined
      ? 'Choose a shorter horizon with --target, or prepare more data.'
      : 'Give the table more rows, or the search a larger part with --split 100/0/0.';
  // Symbols may have labels enough, but of different times.
  if (effectiveRows >= least)
    return new HybridError(
      'E_INPUT',
      `${path}: expected 8 stretches of time that each hold ${labelsPerBlock.search} independent labels of one symbol to search on, got fewer`,
      { hint: `Name a dataset whose symbols cover the same time with --dataset. ${hint}` },
    );
  const of = symbols.length === 1 ? '' : ' of one symbol (several may move together)';
  return new HybridError(
    'E_INPUT',
    `${path}: expected at least ${least} independent labels${of} to search on, got ${effectiveRows.toFixed(1)}`,
    { hint },
  );
}

/**
 * The columns of the baseline: those that formulas may use, and, of features that hybrid prepared, all dimensionless
 * ones, since a formula is to say more than any existing indicator. Of another table --columns says which ones count:
 * what a person leaves out may be another target.
 */
function existingColumns(
  { columns, metadata }: Dataset,
  { rows }: EvolveSettings,
  terminals: readonly Terminal[],
  without: readonly string[],
): Terminal[] {
  const indicators = rows === 'time' && metadata.has('hybrid.parameters');
  return merge(indicators ? unnamedTerminals(columns, without) : [], terminals);
}

/** The columns of a person's formulas; the target may not be among them: it would predict itself. */
function seedColumns(dataset: Dataset, seeds: readonly Seed[], target: readonly string[]): Terminal[] {
  const names = namedColumns(dataset);
  const used = new Set<string>();
  for (const { text, program } of seeds) {
    for (const name of columnsOf(program).map((c) => names[c]!)) {
      used.add(name);
      if (!target.includes(name)) continue;
      throw new HybridError('E_USAGE', `--seed-formulas: ${text}: "${name}" is the target`, {
        hint: `Leave ${name} out of the formulas of --seed-formulas.`,
      });
    }
  }
  return terminalsNamed([...used], []);
}

function merge(...lists: readonly (readonly Terminal[])[]): Terminal[] {
  return [...new Map(lists.flat().map((t) => [t.name, t])).values()];
}
