/**
 * Boosted trees on what the ridge leaves of the labels. Trees alone see a line only in steps, and what is left of the
 * steps would be found again as the column itself: so the ridge comes first, and the trees learn the rest.
 *
 * The residuals of a fold come from a ridge and trees that have seen neither the fold nor what purge and embargo take;
 * trees stop early on the purged tail of their training rows. What they answer is multiplied by the share of it that
 * the folds bear out: the slope of the residuals on the answers, less its standard error over blocks, from 0 to 1.
 * Without it trees that have learned noise would put it into all residuals, and formulas would be found, and borne
 * out, that only undo it; with it what they can put there is of the size of one observation.
 */
import { type Fitted, residualsOf } from '../../evolve/baseline.js';
import type { TreesModel, TreesOptions } from '../../kernels/trees.js';
import type { Pool } from '../../pool/pool.js';
import { type Blocks, type Folds, type Part, tests, trains } from '../../problem/splits.js';
import { noRow, Timeline } from '../../problem/timeline.js';
import type { Phase } from '../../report/progress.js';
import { trainTrees } from '../../train/boost.js';
import { predictTrees } from '../../train/predict.js';
import type { Problem } from './problem.js';

/** Fast, and shy: signals are weak. A leaf holds many independent labels, since the weights are uniqueness. */
const settings = { loss: 'l2', rounds: 60, leaves: 15, rate: 0.1, maxBins: 63 } as const;
/** Rounds without a better tail after which the trees of a fold stop. */
const earlyStop = 8;
/** Share of the training weight that decides when to stop. */
const tailShare = 0.15;
/** Independent labels of a leaf, at least: so many, or this share of all. */
const leastLeaf = { labels: 20, share: 1 / 500 } as const;
/** Rows to learn from, and of the tail, at least; where there are fewer the trees are left out. */
const leastRows = { fit: 200, tail: 40 } as const;

/** What is trained on: all parts share it. */
export interface TreesTask {
  problem: Problem;
  columns: readonly Float32Array[];
  pool: Pool;
  signal: AbortSignal;
}

/** What the folds decide about the trees. */
export interface TreesChoice {
  /** 0: the trees are left out. */
  rounds: number;
  /** Of their answers that the folds bear out. */
  share: number;
}

/** Takes from the out-of-fold residuals of a ridge what the trees of the same folds answer. */
export async function chooseTrees(
  task: TreesTask,
  ridge: Fitted,
  folds: Folds,
  blocks: Blocks,
  phase: Phase,
): Promise<{ choice: TreesChoice; residual: Float64Array }> {
  const { labels } = task.problem;
  const answers = new Float64Array(labels.value.length).fill(Number.NaN);
  const rounds: number[] = [];
  for (let fold = 0; fold < folds.count; fold++) {
    phase.update(fold, `trees of fold ${fold + 1} of ${folds.count}`);
    const trained = await trainBeside(task, ridge, folds, fold);
    if (trained === undefined) return { choice: { rounds: 0, share: 0 }, residual: ridge.residual };
    rounds.push(trained.rounds);
    const rows = rowsWhere(folds.segment, (s) => tests(s, fold));
    const own = await predictTrees(task.pool, trained.model, task.columns, { rows, signal: task.signal });
    rows.forEach((row, i) => {
      answers[row] = own[i]!;
    });
  }
  const share = shareBorneOut(answers, ridge.residual, labels.weight, blocks);
  rounds.sort((a, b) => a - b);
  const residual = ridge.residual.map((r, i) =>
    share > 0 && Number.isFinite(r) ? r - share * answers[i]! : r,
  );
  return { choice: { rounds: share > 0 ? rounds[(rounds.length - 1) >> 1]! : 0, share }, residual };
}

/** Trees on all rows of a part, for as many rounds as chosen. */
export async function fitTrees(
  task: TreesTask,
  ridge: Fitted,
  part: Part,
  { rounds }: TreesChoice,
): Promise<TreesModel> {
  const train = rowsWhere(part.rows, (scored) => scored === 1);
  return (await grow(task, residualsOf(ridge, task.problem.labels.value, part.rows), train, { rounds }))
    .model;
}

/** Residuals of the rows that `wanted` marks, less the share of the trees' answers. */
export async function lessTrees(
  { pool, columns, signal }: TreesTask,
  model: TreesModel,
  { share }: TreesChoice,
  residual: Float64Array,
  wanted: Uint8Array,
): Promise<Float64Array> {
  const rows = rowsWhere(wanted, (w) => w === 1);
  const answers = await predictTrees(pool, model, columns, { rows, signal });
  const rest = residual.slice();
  rows.forEach((row, i) => {
    rest[row]! -= share * answers[i]!;
  });
  return rest;
}

/** Trees that a fold may be predicted with; undefined where purge and embargo leave too little. */
async function trainBeside(
  task: TreesTask,
  ridge: Fitted,
  folds: Folds,
  fold: number,
): Promise<{ model: TreesModel; rounds: number } | undefined> {
  const { problem } = task;
  const training = Uint8Array.from(folds.segment, (s) => (trains(s, fold) ? 1 : 0));
  const { fit, tail } = withTail(problem, training);
  if (fit.length < leastRows.fit || tail.length < leastRows.tail) return undefined;
  const own = { design: ridge.design, model: ridge.models[fold]! };
  const target = residualsOf(own, problem.labels.value, training);
  const { model, bestRound } = await grow(task, target, fit, { rounds: settings.rounds, earlyStop }, tail);
  return { model, rounds: bestRound };
}

function grow(
  { pool, columns, problem, signal }: TreesTask,
  target: Float64Array,
  train: Uint32Array,
  own: Partial<TreesOptions>,
  validation?: Uint32Array,
) {
  const { weight } = problem.labels;
  const labels = train.reduce((sum, i) => sum + weight[i]!, 0);
  const minHessian = Math.max(leastLeaf.labels, leastLeaf.share * labels);
  const names = columns.map((_, c) => String(c));
  const data = { names, columns, target, weight, train, ...(validation && { validation }) };
  return trainTrees(pool, data, { ...settings, minHessian, ...own }, { signal });
}

/** The last of the training weight in time, and what purge and embargo leave before it. */
function withTail({ line, labels, embargo }: Problem, training: Uint8Array) {
  const weight = Float64Array.from(training, (t, i) => t * labels.weight[i]!);
  const begin = new Timeline(line.symbols, line.ts, weight).instantAt(1 - tailShare);
  const [fit, tail] = [training.slice(), training.slice()];
  for (const symbol of line.symbols) {
    const first = line.firstRowAt(symbol, begin);
    const clear = Math.min(first - embargo.rows, line.firstRowAt(symbol, begin - embargo.time));
    for (let i = symbol.start; i < symbol.end; i++) {
      if (i < first) tail[i] = 0;
      if (i >= clear || labels.endRow[i]! >= clear) fit[i] = 0;
    }
  }
  return { fit: rowsWhere(fit, (t) => t === 1), tail: rowsWhere(tail, (t) => t === 1) };
}

function rowsWhere(of: Uint8Array, wanted: (value: number) => boolean): Uint32Array {
  const rows = new Uint32Array(of.length);
  let count = 0;
  for (let i = 0; i < of.length; i++) if (wanted(of[i]!)) rows[count++] = i;
  return rows.slice(0, count);
}

/**
 * The slope Σ w h r / Σ w h² of residuals r on answers h, less its standard error over blocks (the sandwich of a ratio
 * of sums), from 0 to 1.
 */
export function shareBorneOut(
  answers: Float64Array,
  residual: Float64Array,
  weight: Float64Array,
  { of, count }: Blocks,
): number {
  const [products, squares] = [new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < of.length; i++) {
    const b = of[i]!;
    if (b === noRow || !Number.isFinite(answers[i]!)) continue;
    products[b]! += weight[i]! * answers[i]! * residual[i]!;
    squares[b]! += weight[i]! * answers[i]! ** 2;
  }
  const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
  const below = sum(squares);
  if (!(below > 0)) return 0;
  const slope = sum(products) / below;
  const errors = products.map((p, b) => (p - slope * squares[b]!) ** 2);
  const standardError = Math.sqrt((sum(errors) * count) / (count - 1)) / below;
  return Math.max(0, Math.min(1, slope - standardError));
}
