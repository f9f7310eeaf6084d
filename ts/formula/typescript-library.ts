/** What the operators mean in TypeScript: numbers and `Float64Array` columns of one symbol, NaN for null. */
import type { Library } from './library.js';

export const typescriptLibrary: Library = {
  column: `
/** The values of a column, NaN where it has none. */
function column(from: Column): Float64Array {
  return Float64Array.from({ length: from.length }, (_, i) => finite(Number(from[i] ?? Number.NaN)));
}
`,
  finite: `
function finite(x: number): number {
  return Number.isFinite(x) ? x : Number.NaN;
}
`,
  each: `
/** A value for each row. */
function each(rows: number, value: (i: number) => number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => value(i));
}
`,
  divide: `
/** a / b, null where |b| < 1e-12. */
function divide(a: number, b: number): number {
  return Math.abs(b) < 1e-12 ? Number.NaN : a / b;
}
`,
  square: `
function square(a: number): number {
  return a * a;
}
`,
  cube: `
function cube(a: number): number {
  return a * a * a;
}
`,
  if_greater: `
/** c where a > b, else d; null where any of them is null. */
function if_greater(a: number, b: number, c: number, d: number): number {
  return [a, b, c, d].some((x) => Number.isNaN(x)) ? Number.NaN : a > b ? c : d;
}
`,
  lag: `
/** x of n rows before. */
function lag(x: Float64Array, n: number): Float64Array {
  return x.map((_, i) => (i < n ? Number.NaN : x[i - n]!));
}
`,
  delta: `
/** x less x of n rows before. */
function delta(x: Float64Array, n: number): Float64Array {
  return x.map((now, i) => (i < n ? Number.NaN : finite(now - x[i - n]!)));
}
`,
  over: `
/** Of each window of n rows, something of its values and their rows; null unless it is full and half of it has values. */
function over(
  x: Float64Array,
  n: number,
  value: (values: number[], rows: number[], i: number) => number,
): Float64Array {
  return x.map((_, i) => {
    const [values, rows]: [number[], number[]] = [[], []];
    for (let row = Math.max(0, i + 1 - n); row <= i; row++) {
      if (Number.isNaN(x[row]!)) continue;
      values.push(x[row]!);
      rows.push(row);
    }
    return i + 1 < n || 2 * values.length < n ? Number.NaN : finite(value(values, rows, i));
  });
}
`,
  over_pairs: `
/** The same of two columns, by the rows where both have a value. */
function over_pairs(
  a: Float64Array,
  b: Float64Array,
  n: number,
  value: (x: number[], y: number[]) => number,
): Float64Array {
  const paired = a.map((x, i) => (Number.isNaN(b[i]!) ? Number.NaN : x));
  return over(paired, n, (x, rows) => value(x, rows.map((row) => b[row]!)));
}
`,
  total: `
function total(values: number[]): number {
  return values.reduce((sum, v) => sum + v, 0);
}
`,
  mean: `
/** By distances from the first value: the mean of equal values is that value. */
function mean(values: number[]): number {
  const first = values[0]!;
  return first + total(values.map((v) => v - first)) / values.length;
}
`,
  covariance: `
/** Population covariance. */
function covariance(x: number[], y: number[]): number {
  const [mx, my] = [mean(x), mean(y)];
  return total(x.map((v, k) => (v - mx) * (y[k]! - my))) / x.length;
}
`,
  deviation: `
/** Population standard deviation. */
function deviation(values: number[]): number {
  return Math.sqrt(covariance(values, values));
}
`,
  standard_moment: `
/** The mean of a power of the standard scores; null where the values are all but equal. */
function standard_moment(values: number[], power: (z: number) => number): number {
  const [m, s] = [mean(values), deviation(values)];
  return s < 1e-12 ? Number.NaN : total(values.map((v) => power((v - m) / s))) / values.length;
}
`,
  sum: `
function sum(x: Float64Array, n: number): Float64Array {
  return over(x, n, (values) => total(values));
}
`,
  sma: `
function sma(x: Float64Array, n: number): Float64Array {
  return over(x, n, (values) => mean(values));
}
`,
  ema: `
/** The mean of the values of the last 8n rows, weighted (1 - 2 / (n + 1)) ** age. */
function ema(x: Float64Array, n: number): Float64Array {
  const keep = 1 - 2 / (n + 1);
  return over(x, n, (values, rows, i) => {
    const newest = values.at(-1)!;
    let [sum, weights, weight] = [0, 0, 1];
    for (let row = rows.at(-1)!; row > i - 8 * n && row >= 0; row--, weight *= keep) {
      if (Number.isNaN(x[row]!)) continue;
      sum += weight * (x[row]! - newest);
      weights += weight;
    }
    return newest + sum / weights;
  });
}
`,
  wma: `
/** The mean of the values, weighted n for the current row down to 1 for the oldest of the window. */
function wma(x: Float64Array, n: number): Float64Array {
  return over(x, n, (values, rows, i) => {
    const weights = rows.map((row) => n - (i - row));
    const distances = values.map((v, k) => weights[k]! * (v - values[0]!));
    return values[0]! + total(distances) / total(weights);
  });
}
`,
  std: `
/** Population standard deviation. */
function std(x: Float64Array, n: number): Float64Array {
  return over(x, n, (values) => deviation(values));
}
`,
  zscore: `
/** Standard deviations from the mean of the window; null where its values are all but equal. */
function zscore(x: Float64Array, n: number): Float64Array {
  return over(x, n, (values, _rows, i) => {
    const s = deviation(values);
    return s < 1e-12 ? Number.NaN : (x[i]! - mean(values)) / s;
  });
}
`,
  skew: `
/** Skewness; null where the values are all but equal. */
function skew(x: Float64Array, n: number): Float64Array {
  return over(x, n, (values) => standard_moment(values, (z) => z * z * z));
}
`,
  kurt: `
/** Excess kurtosis; null where the values are all but equal. */
function kurt(x: Float64Array, n: number): Float64Array {
  return over(x, n, (values) => standard_moment(values, (z) => z * z * (z * z)) - 3);
}
`,
  ts_min: `
function ts_min(x: Float64Array, n: number): Float64Array {
  return over(x, n, (values) => Math.min(...values));
}
`,
  ts_max: `
function ts_max(x: Float64Array, n: number): Float64Array {
  return over(x, n, (values) => Math.max(...values));
}
`,
  argmin: `
/** Rows since the smallest value of the window, the latest of equal ones. */
function argmin(x: Float64Array, n: number): Float64Array {
  return over(x, n, (values, rows, i) => i - rows[values.lastIndexOf(Math.min(...values))]!);
}
`,
  argmax: `
/** Rows since the greatest value of the window, the latest of equal ones. */
function argmax(x: Float64Array, n: number): Float64Array {
  return over(x, n, (values, rows, i) => i - rows[values.lastIndexOf(Math.max(...values))]!);
}
`,
  rank: `
/** The share of the values of the window below the current one, plus half of the share equal to it. */
function rank(x: Float64Array, n: number): Float64Array {
  return over(x, n, (values, _rows, i) => {
    const now = x[i]!;
    const score = (v: number) => (v < now ? 1 : v === now ? 0.5 : 0);
    return Number.isNaN(now) ? now : total(values.map(score)) / values.length;
  });
}
`,
  slope: `
/** The slope of the least-squares line, a row; null where the window has only one value. */
function slope(x: Float64Array, n: number): Float64Array {
  return over(x, n, (values, rows, i) => {
    const places = rows.map((row) => row - (i + 1 - n));
    return covariance(places, values) / covariance(places, places);
  });
}
`,
  cov: `
/** Population covariance. */
function cov(a: Float64Array, b: Float64Array, n: number): Float64Array {
  return over_pairs(a, b, n, (x, y) => covariance(x, y));
}
`,
  corr: `
/** Pearson's correlation; null where one of the two is all but constant. */
function corr(a: Float64Array, b: Float64Array, n: number): Float64Array {
  return over_pairs(a, b, n, (x, y) => {
    const [sx, sy] = [deviation(x), deviation(y)];
    const value = Math.max(-1, Math.min(1, covariance(x, y) / (sx * sy)));
    return sx < 1e-12 || sy < 1e-12 ? Number.NaN : value;
  });
}
`,
};
