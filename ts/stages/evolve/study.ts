/** Everything before the baseline: rows labelled and split, columns read, limits fixed. */
import type { FieldName, Settings } from '../../config/fields.js';
import { HybridError, throwIfAborted } from '../../error.js';
import { Rescaler } from '../../evolve/scale.js';
import type { GenerationRecord } from '../../evolve/search.js';
import { chooseTerminals, type Terminal, terminalsNamed } from '../../evolve/terminals.js';
import { type Dataset, openDataset } from '../../io/dataset.js';
import { type FormulaTable, formulaTable, measureFormulas, type Operator } from '../../kernels/formulas.js';
import type { Kernels } from '../../kernels/load.js';
import { parseHours } from '../../problem/hours.js';
import { type Blocks, parseSplit } from '../../problem/splits.js';
import { parseSample, parseTarget, type Target } from '../../problem/target.js';
import type { Progress } from '../../report/progress.js';
import { count } from '../../report/table.js';
import { namedColumns, readSearchColumns, type SearchColumns } from './columns.js';
import { chooseOperators } from './operators.js';
import { preflight } from './preflight.js';
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
  const terminals = chooseTerminals(dataset.columns, settings.columns, own, iid);
  const phase = ports.progress.phase('read', 0);
  const problem = await poseProblem(dataset, question, shares, limits.maxLookBack, kernels);
  const blocks = cutBlocks(problem);
  throwIfAborted(ports.signal);
  const baseline = settings.baseline === 'none' ? [] : existingColumns(dataset, terminals, own);
  const needed = merge(terminals, baseline, seedColumns(dataset, seeds ?? [], own));
  const columns = await readSearchColumns(dataset, needed, problem);
  phase.end(`${count(dataset.rows)} rows, ${columns.names.length} columns`);
  for (const line of preflight(settings, problem, blocks.selection)) ports.progress.note(line);
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
    baselineColumns: baseline.map((b) => b.name),
  };
}

async function seedsOf(
  { seedFormulas }: EvolveSettings,
  dataset: Dataset,
  kernels: Kernels,
): Promise<Seed[] | undefined> {
  return seedFormulas === undefined ? undefined : readSeeds(seedFormulas, namedColumns(dataset), kernels);
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
  throw new HybridError(
    'E_INPUT',
    `${problem.dataset.path}: expected at least ${8 * labelsPerBlock.search} independent labels to search on, got ${search.effectiveRows.toFixed(1)}`,
    {
      hint:
        problem.order === undefined
          ? 'Choose a shorter horizon with --target, or prepare more data.'
          : 'Give the table more rows, or the search a larger part with --split 100/0/0.',
    },
  );
}

/** The columns of the baseline: all existing dimensionless ones, and those that formulas may use. */
function existingColumns(
  { columns }: Dataset,
  terminals: readonly Terminal[],
  without: readonly string[],
): Terminal[] {
  const floats = columns.some((c) => c.type === 'float' && !without.includes(c.name));
  return merge(floats ? chooseTerminals(columns, undefined, without) : [], terminals);
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
  return terminalsNamed(dataset.columns, [...used], []);
}

function merge(...lists: readonly (readonly Terminal[])[]): Terminal[] {
  return [...new Map(lists.flat().map((t) => [t.name, t])).values()];
}
