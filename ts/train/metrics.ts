/** How good predictions are: loss, rank correlation and hit rate of test rows, with errors by blocks of time. */
import { studentQuantile } from '../statistics/student.js';
import { outputsOf, type Task } from './task.js';

/** Test rows in the order of time within each symbol. */
export interface TestRows {
  /** As the target has it, and as training has it (class numbers). */
  label: Float64Array;
  target: Float64Array;
  weight: Float64Array;
  /** Of the label among all labels: their sum is the number of independent ones. */
  uniqueness: Float64Array;
  /** The block of time of each row, 0 … blocks − 1. */
  block: Uint32Array;
  blocks: number;
  /** The fold of each row, from 0: rows of different folds are answered by different models. */
  fold: Uint32Array;
  /** On whose sides the directions of a regression's label and answer are: 0 for returns, else what the fold's model knows as the mean. */
  centre: Float64Array;
}

/** An estimate with its standard error over blocks; null where there are too few. */
export interface Estimate {
  value: number;
  error: number | null;
}

export interface Quality {
  /** Root mean squared error, or log-loss in nats; weighted. */
  loss: Estimate;
  /** Share of the rows, by weight, whose direction or class is right; labels on neither side do not count. */
  hitRate: Estimate;
}

/** Fewer blocks say nothing of the spread. */
export const leastBlocks = 4;

/** Quality of `answers` ({@link outputsOf} numbers a row). */
export function qualityOf(task: Task, rows: TestRows, answers: Float64Array): Quality {
  const mean = weightedMean(rowLosses(task, rows.target, answers), rows);
  return {
    loss: task.loss === 'l2' ? rootOf(mean) : mean,
    hitRate: weightedMean(hits(task, rows, answers), rows),
  };
}

/** Squared error, or −ln of the probability of the true class, of each row. */
export function rowLosses(task: Task, target: Float64Array, answers: Float64Array): Float64Array {
  const k = outputsOf(task);
  return target.map((y, i) => {
    if (task.loss === 'l2') return (y - answers[i]!) ** 2;
    const p = task.loss === 'binary' ? (y === 1 ? answers[i]! : 1 - answers[i]!) : answers[i * k + y]!;
    return -Math.log(Math.max(p, 1e-15));
  });
}

/** 1 right, 0 wrong, NaN for a label on neither side. */
function hits(task: Task, { target, centre }: TestRows, answers: Float64Array): Float64Array {
  const k = outputsOf(task);
  return target.map((y, i) => {
    if (task.loss === 'l2') {
      const middle = centre[i]!;
      if (y === middle) return Number.NaN;
      return answers[i]! === middle ? 0.5 : Number(answers[i]! > middle === y > middle);
    }
    const own =
      task.loss === 'binary' ? [1 - answers[i]!, answers[i]!] : answers.subarray(i * k, (i + 1) * k);
    return Number(own.indexOf(Math.max(...own)) === y);
  });
}

/** Σ w x / Σ w over the rows where x is a number. The error is that of a ratio of sums over blocks. */
export function weightedMean(
  values: Float64Array,
  { weight, block, blocks }: Pick<TestRows, 'weight' | 'block' | 'blocks'>,
): Estimate {
  const [sums, weights] = [new Float64Array(blocks), new Float64Array(blocks)];
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i]!)) continue;
    sums[block[i]!]! += weight[i]! * values[i]!;
    weights[block[i]!]! += weight[i]!;
  }
  const total = weights.reduce((a, b) => a + b, 0);
  const value = sums.reduce((a, b) => a + b, 0) / total;
  return {
    value,
    error: errorOf(
      sums.map((s, b) => s - value * weights[b]!),
      total,
    ),
  };
}

/** Standard error of a sum over blocks, over `total`; the sums are measured from so many `means` of their own. */
function errorOf(sums: Float64Array, total: number, means = 1): number | null {
  const n = sums.length;
  if (n - means < leastBlocks - 1) return null;
  return Math.sqrt((n / (n - means)) * sums.reduce((a, s) => a + s * s, 0)) / total;
}

function rootOf({ value, error }: Estimate): Estimate {
  const root = Math.sqrt(value);
  return { value: root, error: error === null || root === 0 ? error : error / (2 * root) };
}

/** Two sides on the rows of one fold, whose blocks are 0 … blocks − 1. */
export interface Ranked extends Pick<TestRows, 'block' | 'blocks'> {
  a: Float64Array;
  b: Float64Array;
}

/**
 * Spearman's rank correlation, ties having the mean of their ranks; 0 where one side does not vary. Of several folds
 * it is the mean of theirs, weighted by rows: between folds an answer differs by what its model took for the mean of
 * the past, and a past above the mean of all goes with a future below it, which alone looks like a correlation
 * below 0. The error sums the influence of each row, z₁z₂ − ρ(z₁² + z₂²)/2 with z the standardised ranks, over the
 * blocks of all folds.
 */
export function rankCorrelation(...folds: readonly Ranked[]): Estimate {
  const own = folds.map((fold) => ({ ...influences(fold), rows: fold.a.length }));
  const total = own.reduce((n, { rows }) => n + rows, 0);
  const value = own.reduce((sum, { rows, value }) => sum + rows * value, 0) / total;
  const sums = Float64Array.from(own.flatMap((o) => [...o.sums]));
  return { value, error: errorOf(sums, total, folds.length) };
}

/** The correlation of one fold, and the influences of its rows by block; a side that does not vary has none. */
function influences({ a, b, block, blocks }: Ranked): { value: number; sums: Float64Array } {
  const sums = new Float64Array(blocks);
  const [x, y] = [standardised(ranks(a)), standardised(ranks(b))];
  if (x === undefined || y === undefined) return { value: 0, sums };
  const n = a.length;
  let value = 0;
  for (let i = 0; i < n; i++) value += x[i]! * y[i]!;
  value /= n;
  for (let i = 0; i < n; i++) sums[block[i]!]! += x[i]! * y[i]! - (value * (x[i]! ** 2 + y[i]! ** 2)) / 2;
  return { value, sums };
}

export function pearson(a: Float64Array, b: Float64Array): number {
  const [x, y] = [standardised(a), standardised(b)];
  if (x === undefined || y === undefined) return 0;
  return x.reduce((sum, v, i) => sum + v * y[i]!, 0) / a.length;
}

/** Ranks from 1, ties having the mean of theirs. */
export function ranks(values: Float64Array): Float64Array {
  const order = new Uint32Array(values.length).map((_, i) => i).sort((i, j) => values[i]! - values[j]!);
  const out = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let k = from; k < to; k++) out[order[k]!] = (from + 1 + to) / 2;
    from = to;
  }
  return out;
}

function standardised(values: Float64Array): Float64Array | undefined {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((a, v) => a + (v - mean) ** 2, 0) / values.length);
  return deviation > 1e-12 * Math.abs(mean) ? values.map((v) => (v - mean) / deviation) : undefined;
}

/** The 95 % interval of an estimate, by Student's t over the blocks, measured from so many `means` of their own. */
export function intervalOf({ value, error }: Estimate, blocks: number, means = 1): [number, number] | null {
  if (error === null) return null;
  const reach = studentQuantile(0.975, blocks - means) * error;
  return [value - reach, value + reach];
}

/** The best answer that does not look at the columns: the mean label, or the share of each class. */
export function constantAnswer(
  task: Task,
  target: Float64Array,
  weight: Float64Array,
  rows: Uint32Array,
): number[] {
  const sums = new Array<number>(task.loss === 'multiclass' ? task.classes.length : 1).fill(0);
  let total = 0;
  for (const i of rows) {
    total += weight[i]!;
    if (task.loss === 'multiclass') sums[target[i]!]! += weight[i]!;
    else sums[0]! += weight[i]! * target[i]!;
  }
  return sums.map((s) => s / total);
}

/** 1 − loss / constant loss, squared errors for regression: R² out of sample, or McFadden's for classes. */
export function gainOver(task: Task, loss: number, constant: number): number {
  return task.loss === 'l2' ? 1 - (loss / constant) ** 2 : 1 - loss / constant;
}
