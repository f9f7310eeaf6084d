/** Whether predictions mean what they say: labels beside predictions, in bins of the predictions. */
import type { Estimate, TestRows } from './metrics.js';
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

/** Weighted least squares of observed on predicted; 0 where predictions do not vary. */
export function slopeOf(
  predicted: Float64Array,
  observed: Float64Array,
  { weight, block, blocks }: Pick<TestRows, 'weight' | 'block' | 'blocks'>,
): Estimate {
  let [total, p, o, pp, po] = [0, 0, 0, 0, 0];
  for (let i = 0; i < predicted.length; i++) {
    total += weight[i]!;
    p += weight[i]! * predicted[i]!;
    o += weight[i]! * observed[i]!;
  }
  const [meanP, meanO] = [p / total, o / total];
  for (let i = 0; i < predicted.length; i++) {
    pp += weight[i]! * (predicted[i]! - meanP) ** 2;
    po += weight[i]! * (predicted[i]! - meanP) * (observed[i]! - meanO);
  }
  if (!(pp > 1e-24 * total * meanP * meanP) || pp === 0) return { value: 0, error: null };
  const value = po / pp;
  const sums = new Float64Array(blocks);
  for (let i = 0; i < predicted.length; i++) {
    const own = predicted[i]! - meanP;
    sums[block[i]!]! += weight[i]! * own * (observed[i]! - meanO - value * own);
  }
  const spread = Math.sqrt((blocks / (blocks - 1)) * sums.reduce((a, s) => a + s * s, 0));
  return { value, error: blocks < 4 ? null : spread / pp };
}
