/** Everything before the first tree: settings checked, rows labelled, folds cut, columns read. */
import type { Settings } from '../../config/fields.js';
import type { Sign } from '../../config/kinds.js';
import { suggest } from '../../config/nearest.js';
import { HybridError, throwIfAborted } from '../../error.js';
import { chooseTerminals } from '../../evolve/terminals.js';
import { type Dataset, hashDataset, openDataset, requireColumn } from '../../io/dataset.js';
import type { Kernels } from '../../kernels/load.js';
import type { TreesOptions } from '../../kernels/trees.js';
import { type Hours, parseHours, withinHours } from '../../problem/hours.js';
import type { Embargo } from '../../problem/splits.js';
import { parseSample, parseTarget } from '../../problem/target.js';
import type { Progress } from '../../report/progress.js';
import { count } from '../../report/table.js';
import { type Fold, walkBorders, walkForward } from '../../train/folds.js';
import { encodeLabels, outputsOf, type Task, taskOf } from '../../train/task.js';
import { type LabelledRows, labelDataset } from '../problem/labels.js';
import { type ModelColumn, readModelColumns } from './columns.js';
import { formulaColumns, lookBackOf, type NamedFormula, type Portfolio, readPortfolio } from './formulas.js';

export interface TrainPorts {
  progress: Progress;
  signal: AbortSignal;
}

export type TrainSettings = Pick<
  Settings,
  | 'dataset'
  | 'model'
  | 'threads'
  | 'target'
  | 'columns'
  | 'sample'
  | 'sessionHours'
  | 'formulas'
  | 'rounds'
  | 'leaves'
  | 'rate'
  | 'minRows'
  | 'folds'
  | 'earlyStop'
  | 'rowSample'
  | 'columnSample'
  | 'l2'
  | 'weights'
  | 'monotone'
  | 'seed'
>;

export interface TrainStudy extends LabelledRows {
  settings: TrainSettings;
  ports: TrainPorts;
  dataset: Dataset;
  datasetSha256: string;
  task: Task;
  hours: Hours | undefined;
  embargo: Embargo;
  portfolio: Portfolio | undefined;
  /** Names and values of the columns; those of the formulas come last. */
  names: readonly string[];
  columns: readonly ModelColumn[];
  formulas: readonly NamedFormula[];
  /** Labels as training wants them, and what a row weighs in training and in the losses. */
  encoded: Float64Array;
  weight: Float64Array;
  folds: readonly Fold[];
  options: Partial<TreesOptions>;
}

/** Reads and checks all that the settings name. */
export async function poseTraining(
  settings: TrainSettings,
  ports: TrainPorts,
  kernels: Kernels,
): Promise<TrainStudy> {
  const target = parseTarget(settings.target);
  const hours = settings.sessionHours === undefined ? undefined : parseHours(settings.sessionHours);
  const sample = parseSample(settings.sample);
  const dataset = await openDataset(settings.dataset);
  const own = target.kind === 'column' ? [target.name] : [];
  for (const name of settings.columns ?? []) requireColumn(dataset, name, '--columns');
  const existing = chooseTerminals(dataset.columns, settings.columns, own).map((t) => t.name);
  const datasetSha256 = await hashDataset(dataset);
  const portfolio =
    settings.formulas === undefined
      ? undefined
      : await readPortfolio(settings.formulas, dataset, datasetSha256);
  const formulas = portfolio?.formulas ?? [];
  const names = [...existing, ...formulas.map((f) => f.name)];
  requireSigned(settings.monotone, names);
  const lookBack = lookBackOf(formulas, dataset, own, kernels);
  const phase = ports.progress.phase('read', 0);
  const rows = await labelDataset(dataset, { target, sample, hours }, kernels);
  const task = taskOf(target, rows.labels);
  const embargo = { rows: Math.max(rows.horizon.rows, lookBack), time: rows.horizon.time };
  const folds = cutFolds(settings, dataset, rows, embargo, portfolio?.fresh);
  const options = treesOptions(settings, task, names);
  throwIfAborted(ports.signal);
  const columns = await readModelColumns(dataset, existing);
  throwIfAborted(ports.signal);
  columns.push(...(await formulaColumns(formulas, dataset, kernels, ports.signal)));
  phase.end(`${count(dataset.rows)} rows, ${columns.length} columns, ${count(rows.scoredRows)} labels`);
  return {
    ...rows,
    settings,
    ports,
    dataset,
    datasetSha256,
    task,
    hours,
    embargo,
    portfolio,
    names,
    columns,
    formulas,
    encoded: encodeLabels(task, rows.labels.value),
    weight: trainingWeights(settings, rows),
    folds,
    options,
  };
}

/**
 * 1 on average, so that --l2 and the least sums of a leaf mean the same for any overlap of the labels; exactly 1 where
 * all labels overlap alike.
 */
function trainingWeights({ weights }: TrainSettings, { labels, scoredRows, pooledRows }: LabelledRows) {
  const one = labels.weight.find((w) => w > 0);
  const alike = labels.weight.every((w) => w === 0 || w === one);
  if (weights === 'none' || alike) return labels.weight.map((w) => (w > 0 ? 1 : 0));
  return labels.weight.map((w) => (w * scoredRows) / pooledRows);
}

/** Errors: E_USAGE for a sign of what is no column of the model. */
function requireSigned(monotone: TrainSettings['monotone'], names: readonly string[]): void {
  const unknown = Object.keys(monotone ?? {}).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new HybridError('E_USAGE', `--monotone: expected columns of the model, got "${unknown}"`, {
    hint: suggest(unknown, names),
  });
}

/** By column the sign of `--monotone`, 0 for the others. Errors: E_USAGE where there are more than two classes. */
function signsOf(
  monotone: Readonly<Record<string, Sign>> | undefined,
  names: readonly string[],
  task: Task,
): number[] | undefined {
  if (monotone === undefined) return undefined;
  if (task.loss === 'multiclass')
    throw new HybridError(
      'E_USAGE',
      `--monotone: expected a number or two classes to predict, got ${task.classes.length} classes`,
      { hint: 'Choose a return or a column with --target, or leave --monotone out.' },
    );
  return names.map((name) => monotone[name] ?? 0);
}

function treesOptions(settings: TrainSettings, task: Task, names: readonly string[]): Partial<TreesOptions> {
  const { rounds, leaves, rate, minRows, earlyStop, rowSample, columnSample, l2, seed } = settings;
  const classes = task.loss === 'multiclass' ? outputsOf(task) : 1;
  return {
    loss: task.loss,
    classes,
    rounds,
    leaves,
    rate,
    minRows,
    earlyStop,
    rowSample,
    columnSample,
    l2,
    monotone: signsOf(settings.monotone, names, task),
    seed,
  };
}

/** Rows that the tail of early stopping needs, and independent labels of a test block. */
const leastTail = 20;
const leastTest = 5;

/** Errors: E_INPUT where purge and embargo leave a fold too little. */
function cutFolds(
  { folds, earlyStop, minRows }: TrainSettings,
  dataset: Dataset,
  { line, labels }: LabelledRows,
  embargo: Embargo,
  fresh: number | undefined,
): Fold[] {
  const borders = walkBorders(line, folds, fresh);
  const cut = walkForward(line, labels, borders, embargo, { tail: earlyStop > 0, fresh });
  const least = Math.max(2 * minRows, 50);
  cut.forEach(({ fit, tail, test }, f) => {
    const where = `${dataset.path}: fold ${f + 1} of ${folds}`;
    if (fit.length < least) throw tooFew(where, `${least} rows to train on`, fit.length);
    if (earlyStop > 0 && tail.length < leastTail)
      throw tooFew(where, `${leastTail} rows to stop early on`, tail.length, 'use --no-early-stop, ');
    if (test.length < leastTest) throw tooFew(where, `${leastTest} rows to test on`, test.length);
  });
  return cut;
}

function tooFew(where: string, expected: string, got: number, also = ''): HybridError {
  return new HybridError(
    'E_INPUT',
    `${where}: expected at least ${expected} after purge and embargo, got ${count(got)}`,
    { hint: `Prepare more data, ${also}ask for fewer --folds, or choose a shorter horizon with --target.` },
  );
}

/** Whether a row is one that the model answers for. */
export function answered({ hours, line }: TrainStudy, row: number): boolean {
  return hours === undefined || withinHours(line.ts[row]!, hours);
}
