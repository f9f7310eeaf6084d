/**
 * The probability of backtest overfitting by combinatorially symmetric cross-validation (Bailey, Borwein, López de
 * Prado and Zhu 2017, Journal of Computational Finance 20/4): time is cut into 16 groups; for each choice of 8 of them
 * the strategy that is best there is looked up in the other 8. The probability is the share of the choices in which it
 * is no better there than the median of all. Reported, no gate.
 */

export interface Overfitting {
  probability: number;
  /** Choices of half of the groups: 12,870. */
  splits: number;
  strategies: number;
}

const groups = 16;
const half = 8;
/** Groups of one lookup: sums over any of them are tabulated. */
const lookup = 1 << half;

/**
 * From returns `[strategy][time]`; undefined for fewer than two strategies or 16 times. Strategies are ranked by their
 * Sharpe ratio. Ties rank in the middle.
 */
export function backtestOverfitting(series: readonly ArrayLike<number>[]): Overfitting | undefined {
  const times = series[0]?.length ?? 0;
  if (series.length < 2 || times < groups) return undefined;
  const splits = splitsOf();
  const counts = countsOf(splits, times);
  const tables = new Tables(times);
  const { best, place } = bestWithin(series, splits, counts, tables);
  const below = new Float64Array(splits.length);
  const outside = Float64Array.from(best);
  place.forEach((strategy, s) => {
    tables.load(series[strategy]!);
    outside[s] = tables.squaredSharpe(complement(splits[s]!), times - counts[s]!);
  });
  series.forEach((own, strategy) => {
    tables.load(own);
    for (let s = 0; s < splits.length; s++) {
      if (place[s] === strategy) continue;
      const other = tables.squaredSharpe(complement(splits[s]!), times - counts[s]!);
      below[s]! += other < outside[s]! ? 1 : other === outside[s]! ? 0.5 : 0;
    }
  });
  // Relative rank ω = (1 + below) / (N + 1); its logit is not above 0 where ω ≤ 1/2.
  const failed = below.reduce((n, b) => n + (2 * (1 + b) <= series.length + 1 ? 1 : 0), 0);
  return { probability: failed / splits.length, splits: splits.length, strategies: series.length };
}

/** The best strategy of each split within its own groups; the first of equals. */
function bestWithin(
  series: readonly ArrayLike<number>[],
  splits: Uint32Array,
  counts: Float64Array,
  tables: Tables,
): { best: Float64Array; place: Uint32Array } {
  const best = new Float64Array(splits.length).fill(Number.NEGATIVE_INFINITY);
  const place = new Uint32Array(splits.length);
  series.forEach((own, strategy) => {
    tables.load(own);
    for (let s = 0; s < splits.length; s++) {
      const value = tables.squaredSharpe(splits[s]!, counts[s]!);
      if (!(value > best[s]!)) continue;
      best[s] = value;
      place[s] = strategy;
    }
  });
  return { best, place };
}

/** All choices of half of the groups, as bits. */
function splitsOf(): Uint32Array {
  const all = Uint32Array.from({ length: 1 << groups }, (_, bits) => bits);
  return all.filter((bits) => bitsIn(bits) === half);
}

function bitsIn(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function complement(split: number): number {
  return ~split & ((1 << groups) - 1);
}

/** The group of a time: as equal in length as they divide. */
function groupOf(time: number, times: number): number {
  return Math.floor((time * groups) / times);
}

function countsOf(splits: Uint32Array, times: number): Float64Array {
  const lengths = new Float64Array(groups);
  for (let t = 0; t < times; t++) lengths[groupOf(t, times)]! += 1;
  return Float64Array.from(splits, (split) => lengths.reduce((n, own, g) => n + ((split >> g) & 1) * own, 0));
}

/** Sums of a strategy's returns and their squares over any of the first 8 groups, and of the last 8. */
class Tables {
  private readonly sums = [new Float64Array(lookup), new Float64Array(lookup)] as const;
  private readonly squares = [new Float64Array(lookup), new Float64Array(lookup)] as const;

  constructor(private readonly times: number) {}

  load(returns: ArrayLike<number>): void {
    const [sum, square] = [new Float64Array(groups), new Float64Array(groups)];
    for (let t = 0; t < this.times; t++) {
      const g = groupOf(t, this.times);
      sum[g]! += returns[t]!;
      square[g]! += returns[t]! ** 2;
    }
    for (const side of [0, 1] as const) {
      tabulate(sum.subarray(half * side), this.sums[side]);
      tabulate(square.subarray(half * side), this.squares[side]);
    }
  }

  /** sign · mean² / variance over a choice of groups: it orders as the Sharpe ratio does; 0 where nothing varies. */
  squaredSharpe(split: number, count: number): number {
    const [low, high] = [split & (lookup - 1), split >> half];
    const mean = (this.sums[0][low]! + this.sums[1][high]!) / count;
    const squares = (this.squares[0][low]! + this.squares[1][high]!) / count;
    const variance = squares - mean * mean;
    return variance > 1e-12 * squares ? (mean * Math.abs(mean)) / variance : 0;
  }
}

/** Sums over every subset of 8 values. */
function tabulate(values: Float64Array, into: Float64Array): void {
  for (let bits = 1; bits < lookup; bits++) {
    const last = 31 - Math.clz32(bits);
    into[bits] = into[bits ^ (1 << last)]! + values[last]!;
  }
}
