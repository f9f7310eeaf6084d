/** The target of the search: what the baseline leaves of the labels. */
import { HybridError } from '../../error.js';
import { fitRidge, residualsOf } from '../../evolve/baseline.js';
import { cutFolds, type Folds, type Part, trains } from '../../problem/splits.js';
import type { Problem } from './problem.js';

/** Residuals of mean 0 and variance 1 on each part, in shared memory. */
export interface ResidualTarget {
  values: Float32Array;
  /** Share of the target's variance that the baseline explains on each part, out of sample. */
  baselineGain: { search: number; selection: number };
}

const foldCount = 5;
/** More than two folds only where each holds so many times the rows that purge and embargo take from it. */
const foldsPerEmbargo = 3;
/** Rows that a model needs for each of its columns, at least. */
const rowsPerColumn = 10;

export function residualTarget(
  problem: Problem,
  columns: readonly Float32Array[] | undefined,
): ResidualTarget {
  const { parts, labels } = problem;
  const values = new Float32Array(new SharedArrayBuffer(4 * labels.value.length)).fill(Number.NaN);
  if (columns === undefined) {
    for (const part of Object.values(parts)) standardiseInto(values, labels.value, part, labels.weight);
    return { values, baselineGain: { search: 0, selection: 0 } };
  }
  const fitted = fitPart(problem, columns, parts.search);
  const selection = residualsOf(fitted, labels.value, parts.selection.rows);
  standardiseInto(values, fitted.residual, parts.search, labels.weight);
  standardiseInto(values, selection, parts.selection, labels.weight);
  const gain = (residual: Float64Array, part: Part) =>
    1 -
    spread(residual, part.rows, labels.weight).variance /
      spread(labels.value, part.rows, labels.weight).variance;
  return {
    values,
    baselineGain: {
      search: gain(fitted.residual, parts.search),
      selection: parts.selection.count === 0 ? 0 : gain(selection, parts.selection),
    },
  };
}

/** Fills in the hold-out's residuals, from a model of search and selection. */
export function addHoldout(
  target: ResidualTarget,
  problem: Problem,
  columns: readonly Float32Array[] | undefined,
): void {
  const { search, selection, holdout } = problem.parts;
  if (columns === undefined) return;
  const both: Part = {
    ...search,
    to: selection.to,
    rows: search.rows.map((r, i) => r | selection.rows[i]!),
    count: search.count + selection.count,
  };
  const fitted = fitPart(problem, columns, both);
  const residual = residualsOf(fitted, problem.labels.value, holdout.rows);
  standardiseInto(target.values, residual, holdout, problem.labels.weight);
}

function fitPart(problem: Problem, columns: readonly Float32Array[], part: Part) {
  const { line, labels, embargo, dataset } = problem;
  const room = part.count / (foldsPerEmbargo * embargo.rows * dataset.symbols.length);
  const count = Math.max(2, Math.min(foldCount, Math.floor(room)));
  const folds = cutFolds(line, labels, part, embargo, count);
  requireTraining(folds, rowsPerColumn * columns.length);
  return fitRidge(columns, labels.value, labels.weight, folds);
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
