/** The target of the search: what the baseline leaves of the labels. */
import { HybridError } from '../../error.js';
import { type Fitted, fitRidge, residualsOf } from '../../evolve/baseline.js';
import { type Blocks, cutFolds, type Folds, type Part, trains } from '../../problem/splits.js';
import type { Phase } from '../../report/progress.js';
import type { Problem } from './problem.js';
import { chooseTrees, fitTrees, lessTrees, type TreesChoice, type TreesTask } from './trees.js';

/** Folds, from the most to the fewest: those are taken that leave most to train on, five where they leave this share. */
const foldCounts = [5, 4, 3, 2] as const;
const enoughToTrain = 0.7;
/** Rows that a model needs for each of its columns, at least. */
const rowsPerColumn = 10;

/** The model of the existing columns, and the columns that it has. */
export interface BaselineTask extends TreesTask {
  kind: 'ridge' | 'trees';
}

/** Residuals of mean 0 and variance 1 on each part, in shared memory. */
export interface ResidualTarget {
  values: Float32Array;
  /** Share of the target's variance that the baseline explains on each part, out of sample. */
  baselineGain: { search: number; selection: number };
  /** What the folds of the search part decided about the trees; undefined without them. */
  trees: TreesChoice | undefined;
}

/** Residuals of the search rows from purged folds within the search, of the selection rows from a model of the search. */
export async function residualTarget(
  problem: Problem,
  blocks: Blocks,
  baseline: BaselineTask | undefined,
  phase: Phase,
): Promise<ResidualTarget> {
  const { parts, labels } = problem;
  const values = new Float32Array(new SharedArrayBuffer(4 * labels.value.length)).fill(Number.NaN);
  const { search, selection } = parts;
  if (baseline === undefined) {
    for (const part of [search, selection]) standardiseInto(values, labels.value, part, labels.weight);
    return { values, baselineGain: { search: 0, selection: 0 }, trees: undefined };
  }
  const { fitted, folds } = fitPart(problem, baseline.columns, search);
  const ridge = residualsOf(fitted, labels.value, selection.rows);
  const own =
    baseline.kind === 'ridge'
      ? { search: fitted.residual, selection: ridge, trees: undefined }
      : await beyondTrees(baseline, fitted, folds, blocks, ridge, phase);
  standardiseInto(values, own.search, search, labels.weight);
  standardiseInto(values, own.selection, selection, labels.weight);
  const gain = (residual: Float64Array, part: Part) =>
    1 -
    spread(residual, part.rows, labels.weight).variance /
      spread(labels.value, part.rows, labels.weight).variance;
  return {
    values,
    baselineGain: {
      search: gain(own.search, search),
      selection: selection.count === 0 ? 0 : gain(own.selection, selection),
    },
    trees: own.trees,
  };
}

async function beyondTrees(
  baseline: BaselineTask,
  ridge: Fitted,
  folds: Folds,
  blocks: Blocks,
  selection: Float64Array,
  phase: Phase,
) {
  const { search, selection: after } = baseline.problem.parts;
  const { choice, residual } = await chooseTrees(baseline, ridge, folds, blocks, phase);
  if (choice.rounds === 0 || after.count === 0) return { search: residual, selection, trees: choice };
  phase.update(folds.count, 'trees of the search part');
  const model = await fitTrees(baseline, ridge, search, choice);
  const rest = await lessTrees(baseline, model, choice, selection, after.rows);
  return { search: residual, selection: rest, trees: choice };
}

/** Fills in the hold-out's residuals, from a model of search and selection. */
export async function addHoldout(
  target: ResidualTarget,
  problem: Problem,
  baseline: BaselineTask | undefined,
): Promise<void> {
  const { labels, parts } = problem;
  const { search, selection, holdout } = parts;
  if (baseline === undefined) {
    standardiseInto(target.values, labels.value, holdout, labels.weight);
    return;
  }
  const both: Part = {
    ...search,
    to: selection.to,
    rows: search.rows.map((r, i) => r | selection.rows[i]!),
    count: search.count + selection.count,
    effectiveRows: search.effectiveRows + selection.effectiveRows,
  };
  const { fitted } = fitPart(problem, baseline.columns, both);
  let residual = residualsOf(fitted, labels.value, holdout.rows);
  if (target.trees !== undefined && target.trees.rounds > 0) {
    const model = await fitTrees(baseline, fitted, both, target.trees);
    residual = await lessTrees(baseline, model, target.trees, residual, holdout.rows);
  }
  standardiseInto(target.values, residual, holdout, labels.weight);
}

function fitPart(problem: Problem, columns: readonly Float32Array[], part: Part) {
  const { labels } = problem;
  const folds = foldsOf(problem, part);
  requireTraining(folds, rowsPerColumn * columns.length);
  return { fitted: fitRidge(columns, labels.value, labels.weight, folds), folds };
}

/** Purge and embargo take from the folds beside the one that is predicted: where they take much, others are better. */
function foldsOf({ line, labels, embargo }: Problem, part: Part): Folds {
  let [best, most] = [undefined as Folds | undefined, -1];
  for (const count of foldCounts) {
    const folds = cutFolds(line, labels, part, embargo, count);
    const share = leastTraining(folds, labels.weight) / part.effectiveRows;
    if (best === undefined || share > most) [best, most] = [folds, share];
    if (most >= enoughToTrain) break;
  }
  return best!;
}

/** Weight that trains beside the fold that has least. */
function leastTraining({ count, segment }: Folds, weight: Float64Array): number {
  const bySegment = new Float64Array(256);
  segment.forEach((s, i) => {
    bySegment[s]! += weight[i]!;
  });
  const beside = (test: number) => bySegment.reduce((sum, w, s) => sum + (trains(s, test) ? w : 0), 0);
  return Math.min(...Array.from({ length: count }, (_, test) => beside(test)));
}

/** Purge and embargo must leave every fold something to be predicted from. */
function requireTraining({ count, segment }: Folds, least: number): void {
  for (let test = 0; test < count; test++) {
    const rows = segment.reduce((n, of) => n + (trains(of, test) ? 1 : 0), 0);
    if (rows >= least) continue;
    throw new HybridError(
      'E_INPUT',
      `baseline: expected at least ${least} rows to train on beside fold ${test + 1} of ${count}, got ${rows} after purge and embargo`,
      { hint: 'Prepare more data, or leave the baseline out with --baseline none.' },
    );
  }
}

function standardiseInto(into: Float32Array, from: Float64Array, part: Part, weight: Float64Array): void {
  const { mean, variance } = spread(from, part.rows, weight);
  const scale = variance > 0 ? 1 / Math.sqrt(variance) : 0;
  for (let i = 0; i < into.length; i++) if (part.rows[i] === 1) into[i] = (from[i]! - mean) * scale;
}

function spread(
  values: Float64Array,
  rows: Uint8Array,
  weight: Float64Array,
): { mean: number; variance: number } {
  let [w, sum, squares] = [0, 0, 0];
  for (let i = 0; i < rows.length; i++) {
    if (rows[i] === 0) continue;
    w += weight[i]!;
    sum += weight[i]! * values[i]!;
  }
  const mean = w > 0 ? sum / w : 0;
  for (let i = 0; i < rows.length; i++) {
    if (rows[i] === 1) squares += weight[i]! * (values[i]! - mean) ** 2;
  }
  return { mean, variance: w > 0 ? squares / w : 0 };
}
