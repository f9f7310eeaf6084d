/** Targets and weights of a training: what they may be, and the score that they suggest before any tree. */
import { HybridError } from '../error.js';
import type { TreesOptions, TreesRows } from '../kernels/trees.js';
import type { TreesData } from './boost.js';

/** Squares of more than this overflow when they are added up. */
const greatest = 1e100;

/** E_USAGE for options and lengths that cannot be, E_INPUT for targets and weights. */
export function checkTraining(data: TreesData, options: TreesOptions): void {
  checkOptions(data, options);
  const fits = targetRule(options);
  for (const rows of [data.train, data.validation ?? new Uint32Array(0)]) {
    for (const row of rows) {
      const [target, weight] = [data.target[row], data.weight === undefined ? 1 : data.weight[row]];
      if (target === undefined || weight === undefined)
        throw new HybridError('E_USAGE', `rows: expected numbers below ${data.target.length}, got ${row}`);
      if (!(weight >= 0 && weight <= greatest))
        throw new HybridError('E_INPUT', `weight of row ${row}: expected a number from 0, got ${weight}`);
      if (weight > 0 && !fits.holds(target))
        throw new HybridError('E_INPUT', `target of row ${row}: expected ${fits.expected}, got ${target}`);
    }
  }
}

function checkOptions({ columns, names, target, weight }: TreesData, options: TreesOptions): void {
  if (columns.length === 0 || columns.length !== names.length)
    throw new HybridError(
      'E_USAGE',
      `columns: expected one for each of ${names.length} names (at least one), got ${columns.length}`,
    );
  const short = [...columns, ...(weight ? [weight] : [])].find((values) => values.length !== target.length);
  if (short !== undefined)
    throw new HybridError('E_USAGE', `columns: expected ${target.length} rows each, got ${short.length}`);
  const { maxBins, seed } = options;
  if (!(Number.isInteger(maxBins) && maxBins >= 2 && maxBins <= 255))
    throw new HybridError('E_USAGE', `maxBins: expected an integer from 2 to 255, got ${maxBins}`);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new HybridError('E_USAGE', `seed: expected an integer from 0, got ${seed}`);
  for (const name of ['rounds', 'leaves', 'minRows', 'earlyStop', 'classes'] as const) {
    const value = options[name];
    if (!(Number.isInteger(value) && value >= 0 && value < 2 ** 31))
      throw new HybridError('E_USAGE', `${name}: expected an integer from 0, got ${value}`);
  }
  const several = options.loss === 'multiclass';
  if (several ? options.classes < 2 || options.classes > 256 : options.classes !== 1)
    throw new HybridError(
      'E_USAGE',
      `classes: expected ${several ? '2 to 256' : 1} for ${options.loss}, got ${options.classes}`,
    );
  if (options.rounds > 1_000_000)
    throw new HybridError('E_USAGE', `rounds: expected at most 1000000, got ${options.rounds}`);
}

function targetRule({ loss, classes }: TreesOptions): { expected: string; holds: (t: number) => boolean } {
  if (loss === 'l2') return { expected: 'a finite number', holds: (t) => Math.abs(t) <= greatest };
  const most = loss === 'binary' ? 1 : classes - 1;
  return {
    expected: `an integer from 0 to ${most}`,
    holds: (t) => Number.isInteger(t) && t >= 0 && t <= most,
  };
}

/**
 * The rows of weight above 0, and their targets and weights in shared memory. Where all weigh 1 there are no weights:
 * squared errors then have no second derivatives to be rounded, and their bits are the first ones'.
 */
export function shareRows(
  { target, weight }: TreesData,
  all: Uint32Array,
): { rows: Uint32Array; truth: Omit<TreesRows, 'codes'> } {
  const rows = weight === undefined ? all : all.filter((row) => weight[row]! > 0);
  const shared = (values: Float64Array) => {
    const own = new Float64Array(new SharedArrayBuffer(8 * rows.length));
    for (let i = 0; i < rows.length; i++) own[i] = values[rows[i]!]!;
    return own;
  };
  const weights = weight && rows.some((row) => weight[row] !== 1) ? shared(weight) : undefined;
  const totalWeight = weights === undefined ? rows.length : weights.reduce((a, b) => a + b, 0);
  return { rows, truth: { target: shared(target), weight: weights, count: rows.length, totalWeight } };
}

/** Least share that a class counts for: a class without rows must not have a score of minus infinity. */
const leastShare = 1e-15;

/** The best constant scores: the mean, the log-odds, or the logarithms of the classes' shares. */
export function biasOf({ loss, classes }: TreesOptions, rows: TreesRows): number[] {
  const sums = new Float64Array(loss === 'multiclass' ? classes : 1);
  for (let i = 0; i < rows.count; i++) {
    const weight = rows.weight === undefined ? 1 : rows.weight[i]!;
    if (loss === 'multiclass') sums[rows.target[i]!]! += weight;
    else sums[0]! += weight * rows.target[i]!;
  }
  const shares = Array.from(sums, (sum) => (rows.totalWeight > 0 ? sum / rows.totalWeight : 0));
  if (loss === 'l2') return shares;
  const bounded = shares.map((p) => Math.min(Math.max(p, leastShare), 1 - leastShare));
  return bounded.map((p) => (loss === 'binary' ? Math.log(p / (1 - p)) : Math.log(p)));
}
