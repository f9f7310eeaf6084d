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

/** Values (in the direction of the relation) and forward log returns of successive decisions. */
export function worthOf(
  values: Float64Array,
  returns: Float64Array,
  decisionsPerHour: number,
): Worth | undefined {
  const present = values.filter(Number.isFinite).sort();
  if (present.length < 25) return undefined;
  const fifth = Math.ceil(present.length / 5);
  const [low, high] = [present[fifth - 1]!, present[present.length - fifth]!];
  if (!(high > low)) return undefined;
  const positions = values.map((v) => (v >= high ? 1 : v <= low ? -1 : 0));
  const mean = (side: number) => meanWhere(returns, (i) => positions[i] === side);
  let [changed, earned] = [0, 0];
  for (let i = 0; i < positions.length; i++) {
    changed += Math.abs(positions[i]! - (i === 0 ? 0 : positions[i - 1]!));
    earned += positions[i]! * returns[i]!;
  }
  return {
    quintileSpreadBps: 1e4 * (mean(1) - mean(-1)),
    turnover: (changed / positions.length) * decisionsPerHour,
    breakEvenBps: changed > 0 ? (1e4 * earned) / changed : 0,
  };
}

function meanWhere(values: Float64Array, wanted: (i: number) => boolean): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (!wanted(i)) continue;
    sum += values[i]!;
    count++;
  }
  return count > 0 ? sum / count : 0;
}
