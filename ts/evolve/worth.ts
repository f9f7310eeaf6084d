/**
 * What a formula is worth to a trader, on rows one horizon apart: long in the top quintile of its values,
 * short in the bottom one, nothing between.
 */

export interface Worth {
  /** Mean forward return of the top quintile less that of the bottom one, in bps. */
  quintileSpreadBps: number;
  /** Position changed an hour, in units of the full position. */
  turnover: number;
  /** Cost of changing the position by 1 at which nothing is left, in bps. */
  breakEvenBps: number;
}

/** Decisions of one symbol, one after the other. */
export interface Decisions {
  /** Values of the formula, in the direction of the relation; NaN for none. */
  values: ArrayLike<number>;
  /** Forward log returns. */
  returns: ArrayLike<number>;
}

/** Positions begin and end at nothing in every symbol; undefined for fewer than 25 values. */
export function worthOf(symbols: readonly Decisions[], hours: number): Worth | undefined {
  const values = Float64Array.from(symbols.flatMap((s) => Array.from(s.values)));
  const present = values.filter(Number.isFinite).sort();
  if (present.length < 25) return undefined;
  const fifth = Math.ceil(present.length / 5);
  const [low, high] = [present[fifth - 1]!, present[present.length - fifth]!];
  if (!(high > low)) return undefined;
  const position = (v: number) => (v >= high ? 1 : v <= low ? -1 : 0);
  const sides = { long: { sum: 0, count: 0 }, short: { sum: 0, count: 0 } };
  let [changed, earned] = [0, 0];
  for (const own of symbols) {
    let held = 0;
    for (let i = 0; i < own.values.length; i++) {
      const wanted = position(own.values[i]!);
      changed += Math.abs(wanted - held);
      held = wanted;
      if (held === 0) continue;
      const side = held > 0 ? sides.long : sides.short;
      side.sum += own.returns[i]!;
      side.count++;
      earned += held * own.returns[i]!;
    }
    changed += Math.abs(held);
  }
  const mean = ({ sum, count }: { sum: number; count: number }) => (count > 0 ? sum / count : 0);
  return {
    quintileSpreadBps: 1e4 * (mean(sides.long) - mean(sides.short)),
    turnover: changed / hours,
    breakEvenBps: changed > 0 ? (1e4 * earned) / changed : 0,
  };
}
