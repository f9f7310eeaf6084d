/**
 * Formulas as predictions of the target's own column: offset and scale by least squares on the search rows, and the
 * R² of that on every part. All of it in f64, from the text that is reported, so that `hybrid formula eval` gives
 * the same.
 */
import type { Part } from '../../problem/splits.js';
import { formulaValues } from '../formula.js';
import type { Study } from './baseline.js';

export interface ScaledFormula {
  /** `offset + scale * (formula)`, in the language of `hybrid formula`. */
  scaledFormula: string;
  offset: number;
  scale: number;
  /**
   * 1 − squares left / squares about the part's mean; a row without a value is answered with the target's mean on
   * the search rows. Null where a part has no rows.
   */
  r2: { search: number; selection: number | null; holdout: number | null };
}

/** The formula scaled to the target; undefined where the target is no column of the table itself. */
export async function scaleFormula(
  study: Study,
  text: string,
  holdout: boolean,
): Promise<ScaledFormula | undefined> {
  const { target, problem, kernels, dataset, ports } = study;
  if (target.kind !== 'column' || target.ahead > 0) return undefined;
  const stored = await formulaValues(kernels, dataset, text, ports.signal);
  const { order, labels, parts } = problem;
  const values = order === undefined ? stored : Float64Array.from(order, (row) => stored[row]!);
  const fit = fitLine(values, labels.value, parts.search);
  const r2 = (part: Part) => (part.count === 0 ? null : explained(values, labels.value, part, fit));
  return {
    scaledFormula: `${fit.offset} + ${fit.scale} * (${text})`,
    offset: fit.offset,
    scale: fit.scale,
    r2: {
      search: r2(parts.search)!,
      selection: r2(parts.selection),
      holdout: holdout ? r2(parts.holdout) : null,
    },
  };
}

interface Line {
  offset: number;
  scale: number;
  /** The target's mean on the search rows. */
  mean: number;
}

function fitLine(f: Float64Array, y: Float64Array, part: Part): Line {
  const known = (i: number) => part.rows[i] === 1 && Number.isFinite(f[i]!);
  const [mf, my] = [meanOf(f, known), meanOf(y, known)];
  let [ff, fy] = [0, 0];
  for (let i = 0; i < f.length; i++) {
    if (!known(i)) continue;
    ff += (f[i]! - mf) ** 2;
    fy += (f[i]! - mf) * (y[i]! - my);
  }
  const scale = ff > 0 ? fy / ff : 0;
  const offset = my - scale * mf;
  // What the rounding of two means that cancel leaves is none.
  const rounding = 1e-14 * (Math.abs(my) + Math.abs(scale * mf));
  return {
    scale,
    offset: Math.abs(offset) > rounding ? offset : 0,
    mean: meanOf(y, (i) => part.rows[i] === 1),
  };
}

/** The mean, and once more of what it leaves: large offsets cost no digits. */
function meanOf(x: Float64Array, known: (i: number) => boolean): number {
  let mean = 0;
  for (let pass = 0; pass < 2; pass++) {
    let [sum, count] = [0, 0];
    for (let i = 0; i < x.length; i++) {
      if (!known(i)) continue;
      sum += x[i]! - mean;
      count++;
    }
    mean += count > 0 ? sum / count : 0;
  }
  return mean;
}

function explained(f: Float64Array, y: Float64Array, part: Part, { offset, scale, mean }: Line): number {
  const own = meanOf(y, (i) => part.rows[i] === 1);
  let [left, all] = [0, 0];
  for (let i = 0; i < f.length; i++) {
    if (part.rows[i] !== 1) continue;
    const predicted = offset + scale * f[i]!;
    left += (y[i]! - (Number.isFinite(predicted) ? predicted : mean)) ** 2;
    all += (y[i]! - own) ** 2;
  }
  return all > 0 ? 1 - left / all : 0;
}
