/**
 * How many independent observations rows hold of one column against the labels. Neighbouring rows share most of their
 * label, and a persistent column says the same in all of them: a t-value that takes the rows as independent is too large
 * by the root of rows / observations. A column that forgets itself from row to row has more observations than there are
 * independent labels; one that outlives the labels has as many.
 */
import { cutBlocks, type Part } from './splits.js';
import { type Labels, noRow, type Timeline } from './timeline.js';

/** Stretches of time that are taken as independent: each holds at least so many independent labels. */
const labelsPerStretch = 10;
/** Of fewer stretches the variance is itself no more than a guess. */
const [leastStretches, mostStretches] = [20, 512];

/**
 * Of each column on the rows of a part: (Σ w)² / Σ_s (Σ_{i∈s} w (x y − m))², x and y standardised, m the mean of their
 * product, s the stretches of time, over all symbols (so that symbols that move together do not count twice): one over
 * the variance of a correlation that is estimated by the sums of the stretches. Null where the part is too short, or
 * where a column does not vary.
 */
export function observationsOf(
  columns: readonly ArrayLike<number>[],
  line: Timeline,
  labels: Labels,
  part: Part,
): (number | null)[] {
  const count = Math.min(mostStretches, Math.floor(part.effectiveRows / labelsPerStretch));
  if (count < leastStretches) return columns.map(() => null);
  const { of } = cutBlocks(line, part, count);
  return columns.map((column) => observationsIn(column, labels, of, count));
}

function observationsIn(
  x: ArrayLike<number>,
  { value, weight }: Labels,
  of: Uint32Array,
  count: number,
): number | null {
  const known = (i: number) => of[i] !== noRow && Number.isFinite(x[i]!);
  const [a, b] = [standard(x, weight, known), standard(value, weight, known)];
  if (a === undefined || b === undefined) return null;
  const [products, weights] = [new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < of.length; i++) {
    if (!known(i)) continue;
    products[of[i]!]! += weight[i]! * (x[i]! - a.mean) * a.scale * (value[i]! - b.mean) * b.scale;
    weights[of[i]!]! += weight[i]!;
  }
  const sum = (values: Float64Array) => values.reduce((s, v) => s + v, 0);
  const all = sum(weights);
  const mean = sum(products) / all;
  const squares = sum(products.map((p, s) => (p - mean * weights[s]!) ** 2));
  return squares > 0 ? all ** 2 / squares : null;
}

/** Mean and 1 / deviation; undefined where there is none. */
function standard(
  values: ArrayLike<number>,
  weight: Float64Array,
  known: (row: number) => boolean,
): { mean: number; scale: number } | undefined {
  let [all, sum] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (!known(i)) continue;
    all += weight[i]!;
    sum += weight[i]! * values[i]!;
  }
  const mean = sum / all;
  let squares = 0;
  for (let i = 0; i < values.length; i++) if (known(i)) squares += weight[i]! * (values[i]! - mean) ** 2;
  const deviation = Math.sqrt(squares / all);
  return deviation > 1e-9 * Math.abs(mean) ? { mean, scale: 1 / deviation } : undefined;
}
