/**
 * The linear baseline: what the existing columns say about the target, each by itself. Formulas are scored
 * on its residuals. Columns are standardised on the rows that train; a null counts as the mean, and a column
 * that is null in 1 to 99 % of these rows has an indicator beside it.
 *
 * λ is chosen from {@link lambdas} (shares of the weight) as the one with the least squared error over the
 * purged folds of the rows that train, a tie going to the larger one. The largest leave next to nothing of the model:
 * where the columns say nothing of the target, a model of its noise would put that noise, column by column, into
 * the residuals of the rows that follow, and formulas would be found there that only undo it.
 */

import { type Folds, tests, trains } from '../problem/splits.js';
import { cholesky, dot, solveCholesky } from './linear.js';

export const lambdas = [1000, 100, 10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003] as const;

/** Σ w x xᵀ over rows, x being the columns, their indicators, 1 and the target; row-major. */
interface Moments {
  size: number;
  sums: Float64Array;
}

export interface Model {
  /** ŷ = intercept + Σ coefficient · x. */
  coefficients: Float64Array;
  intercept: number;
  lambda: number;
}

/** Columns as the model sees them: nulls filled, indicators added. */
export interface Design {
  columns: readonly ArrayLike<number>[];
  /** What a null counts as, and what is taken off every value, so that sums do not cancel. */
  fill: Float64Array;
  /** 1 / deviation; 0 for a column that does not vary. */
  scale: Float64Array;
  /** Columns that have an indicator. */
  indicators: readonly number[];
}

/** Fixes fills, scales and indicators on the rows that `trained` marks. */
export function designOf(
  columns: readonly ArrayLike<number>[],
  trained: Uint8Array,
  weight: Float64Array,
): Design {
  const fill = new Float64Array(columns.length);
  const scale = new Float64Array(columns.length);
  const indicators: number[] = [];
  columns.forEach((column, c) => {
    const { mean, deviation, missing } = describe(column, trained, weight);
    fill[c] = mean;
    scale[c] = deviation > 1e-12 * Math.abs(mean) ? 1 / deviation : 0;
    if (missing > 0.01 && missing < 0.99) indicators.push(c);
  });
  return { columns, fill, scale, indicators };
}

function describe(
  column: ArrayLike<number>,
  trained: Uint8Array,
  weight: Float64Array,
): { mean: number; deviation: number; missing: number } {
  let [all, present, sum] = [0, 0, 0];
  for (let i = 0; i < trained.length; i++) {
    if (trained[i] === 0) continue;
    all += weight[i]!;
    const x = column[i]!;
    if (!Number.isFinite(x)) continue;
    present += weight[i]!;
    sum += weight[i]! * x;
  }
  const mean = present > 0 ? sum / present : 0;
  let squares = 0;
  for (let i = 0; i < trained.length; i++) {
    const x = column[i]!;
    if (trained[i] === 1 && Number.isFinite(x)) squares += weight[i]! * (x - mean) ** 2;
  }
  return { mean, deviation: Math.sqrt(squares / Math.max(present, 1e-300)), missing: 1 - present / all };
}

/** Predictors of a design: columns, then indicators. */
export function predictors(design: Design): number {
  return design.columns.length + design.indicators.length;
}

/** Writes the predictors of a row, standardised. */
function readRow(design: Design, row: number, into: Float64Array): void {
  const p = design.columns.length;
  for (let c = 0; c < p; c++) {
    const x = design.columns[c]![row]!;
    into[c] = Number.isFinite(x) ? (x - design.fill[c]!) * design.scale[c]! : 0;
  }
  for (let k = 0; k < design.indicators.length; k++) {
    into[p + k] = Number.isFinite(design.columns[design.indicators[k]!]![row]!) ? 0 : 1;
  }
}

/** Sums of each segment of the rows; a segment is what later trains or tests as a whole. */
function segmentMoments(
  design: Design,
  target: Float64Array,
  weight: Float64Array,
  segment: Uint8Array,
  segments: number,
): Moments[] {
  const p = predictors(design);
  const size = p + 2;
  const all = Array.from({ length: segments }, () => ({ size, sums: new Float64Array(size * size) }));
  const x = new Float64Array(size);
  x[p] = 1;
  for (let i = 0; i < segment.length; i++) {
    const own = all[segment[i]!];
    if (own === undefined) continue;
    readRow(design, i, x);
    x[p + 1] = target[i]!;
    addOuter(own.sums, x, weight[i]!);
  }
  return all;
}

/** Adds w x xᵀ to the lower triangle. */
function addOuter(sums: Float64Array, x: Float64Array, w: number): void {
  const size = x.length;
  for (let a = 0; a < size; a++) {
    const wx = w * x[a]!;
    if (wx === 0) continue;
    const at = a * size;
    for (let b = 0; b <= a; b++) sums[at + b]! += wx * x[b]!;
  }
}

function total(all: readonly Moments[], wanted: (segment: number) => boolean): Moments {
  const size = all[0]!.size;
  const sums = new Float64Array(size * size);
  all.forEach((own, segment) => {
    if (wanted(segment)) for (let e = 0; e < sums.length; e++) sums[e]! += own.sums[e]!;
  });
  return { size, sums };
}

/** Ridge on moments; λ is a share of the weight, the intercept is not penalised. */
function solve({ size, sums }: Moments, lambda: number): Model {
  const p = size - 2;
  const at = (a: number, b: number) => (a >= b ? sums[a * size + b]! : sums[b * size + a]!);
  const weight = at(p, p);
  const mean = Float64Array.from({ length: p }, (_, a) => at(p, a) / weight);
  const targetMean = at(p + 1, p) / weight;
  const matrix = new Float64Array(p * p);
  for (let a = 0; a < p; a++) {
    for (let b = 0; b < p; b++) matrix[a * p + b] = at(a, b) / weight - mean[a]! * mean[b]!;
    matrix[a * p + a]! += lambda;
  }
  const right = Float64Array.from({ length: p }, (_, a) => at(p + 1, a) / weight - mean[a]! * targetMean);
  const factor = cholesky(matrix, p);
  const coefficients = factor === undefined ? new Float64Array(p) : solveCholesky(factor, p, right);
  return { coefficients, intercept: targetMean - dot(coefficients, mean), lambda };
}

/** Σ w (y − ŷ)² from moments. */
function squaredError({ size, sums }: Moments, model: Model): number {
  const p = size - 2;
  const v = new Float64Array(size);
  for (let a = 0; a < p; a++) v[a] = -model.coefficients[a]!;
  v[p] = -model.intercept;
  v[p + 1] = 1;
  let sum = 0;
  for (let a = 0; a < size; a++) {
    for (let b = 0; b <= a; b++) sum += (a === b ? 1 : 2) * v[a]! * v[b]! * sums[a * size + b]!;
  }
  return sum;
}

function predict(design: Design, model: Model, row: number, x: Float64Array): number {
  readRow(design, row, x);
  return model.intercept + dot(model.coefficients, x);
}

export interface Fitted {
  /** Trained on all rows of the folds. */
  model: Model;
  /** Of each fold, trained on the others. */
  models: readonly Model[];
  design: Design;
  /** Residual of each row of the folds, from the model of the other folds; NaN elsewhere. */
  residual: Float64Array;
}

/** Fits on the rows of the folds: λ by their purged error, residuals out of fold, one model of all. */
export function fitRidge(
  columns: readonly ArrayLike<number>[],
  target: Float64Array,
  weight: Float64Array,
  folds: Folds,
): Fitted {
  const trained = Uint8Array.from(folds.segment, (s) => (s < 4 * folds.count ? 1 : 0));
  const design = designOf(columns, trained, weight);
  const all = segmentMoments(design, target, weight, folds.segment, 4 * folds.count);
  const training = Array.from({ length: folds.count }, (_, f) => total(all, (s) => trains(s, f)));
  const testing = Array.from({ length: folds.count }, (_, f) => total(all, (s) => tests(s, f)));
  const error = (lambda: number) =>
    training.reduce((sum, own, f) => sum + squaredError(testing[f]!, solve(own, lambda)), 0);
  const errors = lambdas.map(error);
  const lambda = lambdas[errors.indexOf(Math.min(...errors))]!;
  const models = training.map((own) => solve(own, lambda));
  const model = solve(
    total(all, () => true),
    lambda,
  );
  return { model, models, design, residual: outOfFold(design, models, target, folds) };
}

function outOfFold(
  design: Design,
  models: readonly Model[],
  target: Float64Array,
  folds: Folds,
): Float64Array {
  const residual = new Float64Array(target.length).fill(Number.NaN);
  const x = new Float64Array(predictors(design));
  for (let i = 0; i < residual.length; i++) {
    const model = models[folds.segment[i]! >> 2];
    if (model !== undefined && folds.segment[i]! < 4 * folds.count)
      residual[i] = target[i]! - predict(design, model, i, x);
  }
  return residual;
}

/** Residuals of the rows that `wanted` marks from a model of other rows; NaN elsewhere. */
export function residualsOf(
  { design, model }: { design: Design; model: Model },
  target: Float64Array,
  wanted: Uint8Array,
): Float64Array {
  const residual = new Float64Array(target.length).fill(Number.NaN);
  const x = new Float64Array(predictors(design));
  for (let i = 0; i < residual.length; i++) {
    if (wanted[i] === 1) residual[i] = target[i]! - predict(design, model, i, x);
  }
  return residual;
}
