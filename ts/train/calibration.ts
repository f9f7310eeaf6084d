/** Whether predictions mean what they say: labels beside predictions, in bins of the predictions. */
import { type Estimate, leastBlocks, type TestRows } from './metrics.js';
import { outputsOf, type Task } from './task.js';

/** Rows whose predictions lie next to each other. */
export interface CalibrationBin {
  predicted: number;
  observed: number;
  /** Standard error of `observed`: the labels' deviation over the root of the independent labels. */
  error: number;
  rows: number;
}

export interface Calibration {
  /** Of this class; none for regression. */
  name: string | undefined;
  bins: CalibrationBin[];
  /** Of labels on predictions: 1 where a prediction twice as large means twice as much; errors by blocks. */
  slope: Estimate;
}

const binCount = 10;

/** One for regression and two classes (of the second), one a class for several. */
export function calibrate(task: Task, rows: TestRows, answers: Float64Array): Calibration[] {
  if (task.loss === 'l2') return [calibrateOne(undefined, answers, rows.target, rows)];
  const k = outputsOf(task);
  const classes = task.loss === 'binary' ? [1] : task.classes.map((_, c) => c);
  return classes.map((c, at) => {
    const own = Float64Array.from(rows.target, (_, i) => answers[i * k + at]!);
    const is = rows.target.map((y) => Number(y === c));
    return calibrateOne(task.classNames[c], own, is, rows);
  });
}

function calibrateOne(
  name: string | undefined,
  predicted: Float64Array,
  observed: Float64Array,
  rows: TestRows,
): Calibration {
  return { name, bins: binsOf(predicted, observed, rows), slope: slopeOf(predicted, observed, rows) };
}

/** Bins of equal numbers of rows; equal predictions stay together. */
export function binsOf(
  predicted: Float64Array,
  observed: Float64Array,
  weights: Pick<TestRows, 'weight' | 'uniqueness'>,
): CalibrationBin[] {
  const order = new Uint32Array(predicted.length)
    .map((_, i) => i)
    .sort((i, j) => predicted[i]! - predicted[j]!);
  const bins: CalibrationBin[] = [];
  for (let from = 0, b = 1; from < order.length; b++) {
    let to = Math.max(from, Math.round((b * order.length) / binCount));
    while (to > from && to < order.length && predicted[order[to]!] === predicted[order[to - 1]!]) to++;
    if (to > from) bins.push(binOf(order.subarray(from, to), predicted, observed, weights));
    from = to;
  }
  return bins;
}

function binOf(
  rows: Uint32Array,
  predicted: Float64Array,
  observed: Float64Array,
  { weight, uniqueness }: Pick<TestRows, 'weight' | 'uniqueness'>,
): CalibrationBin {
  let [total, independent, p, o, squares] = [0, 0, 0, 0, 0];
  for (const i of rows) {
    independent += uniqueness[i]!;
    total += weight[i]!;
    p += weight[i]! * predicted[i]!;
    o += weight[i]! * observed[i]!;
  }
  for (const i of rows) squares += weight[i]! * (observed[i]! - o / total) ** 2;
  const error = Math.sqrt(squares / total / Math.max(1, independent));
  return { predicted: p / total, observed: o / total, error, rows: rows.length };
}

/**
 * Weighted least squares of observed on predicted, each measured from its mean in the fold: what the folds' models take
 * for the mean of the past is no promise about a row. 0 where predictions do not vary.
 */
export function slopeOf(
  predicted: Float64Array,
  observed: Float64Array,
  rows: Pick<TestRows, 'weight' | 'block' | 'blocks' | 'fold'>,
): Estimate {
  const { weight, block, blocks } = rows;
  const [p, o] = [fromMeans(predicted, rows), fromMeans(observed, rows)];
  let [squares, pp, po] = [0, 0, 0];
  for (let i = 0; i < p.length; i++) {
    squares += weight[i]! * predicted[i]! ** 2;
    pp += weight[i]! * p[i]! ** 2;
    po += weight[i]! * p[i]! * o[i]!;
  }
  if (!(pp > 1e-24 * squares)) return { value: 0, error: null };
  const value = po / pp;
  const sums = new Float64Array(blocks);
  for (let i = 0; i < p.length; i++) sums[block[i]!]! += weight[i]! * p[i]! * (o[i]! - value * p[i]!);
  const spread = Math.sqrt((blocks / (blocks - 1)) * sums.reduce((a, s) => a + s * s, 0));
  return { value, error: blocks < leastBlocks ? null : spread / pp };
}

/** Values less the weighted mean of those of their fold. */
function fromMeans(values: Float64Array, { weight, fold }: Pick<TestRows, 'weight' | 'fold'>): Float64Array {
  const folds = fold.reduce((most, f) => Math.max(most, f + 1), 0);
  const [sums, weights] = [new Float64Array(folds), new Float64Array(folds)];
  values.forEach((value, i) => {
    sums[fold[i]!]! += weight[i]! * value;
    weights[fold[i]!]! += weight[i]!;
  });
  return values.map((value, i) => value - sums[fold[i]!]! / weights[fold[i]!]!);
}
