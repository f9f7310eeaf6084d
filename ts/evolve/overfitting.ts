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
  const ratios = new Ratios(times);
  const splits = ratios.ofSplit.length;
  const best = new Float64Array(splits).fill(Number.NEGATIVE_INFINITY);
  const chosen = new Int32Array(splits);
  /** What the best of each split has in the other half. */
  const outside = new Float64Array(splits);
  series.forEach((own, strategy) => {
    const within = ratios.load(own);
    for (let s = 0; s < splits; s++) {
      if (!(within[s]! > best[s]!)) continue;
      best[s] = within[s]!;
      chosen[s] = strategy;
      outside[s] = within[splits - 1 - s]!;
    }
  });
  const below = new Float64Array(splits);
  series.forEach((own, strategy) => {
    const within = ratios.load(own);
    for (let s = 0; s < splits; s++) {
      const other = within[splits - 1 - s]!;
      if (chosen[s] !== strategy) below[s]! += other < outside[s]! ? 1 : other === outside[s]! ? 0.5 : 0;
    }
  });
  // Relative rank ω = (1 + below) / (N + 1); its logit is not above 0 where ω ≤ 1/2.
  const failed = below.reduce((n, b) => n + (2 * (1 + b) <= series.length + 1 ? 1 : 0), 0);
  return { probability: failed / splits, splits, strategies: series.length };
}

/** All choices of half of the groups, as bits, ascending: the complement of each is its mirror image in the list. */
const splits = Uint32Array.from({ length: 1 << groups }, (_, bits) => bits).filter((b) => bitsIn(b) === half);

function bitsIn(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** The ratios of one strategy after the other in all splits. */
class Ratios {
  readonly ofSplit = new Float64Array(splits.length);
  private readonly groupOf: Uint8Array;
  /** 1 / times of each split. */
  private readonly share: Float64Array;
  /** Sums of returns and of their squares over any of the first 8 groups, and of the last 8. */
  private readonly tables = [0, 1, 2, 3].map(() => new Float64Array(lookup));

  constructor(private readonly times: number) {
    this.groupOf = Uint8Array.from({ length: times }, (_, t) => Math.floor((t * groups) / times));
    const lengths = new Float64Array(groups);
    for (const g of this.groupOf) lengths[g]! += 1;
    this.share = Float64Array.from(
      splits,
      (split) => 1 / lengths.reduce((n, own, g) => n + ((split >> g) & 1) * own, 0),
    );
  }

  /** sign · mean² / variance within each split: it orders as the Sharpe ratio does; 0 where nothing varies. */
  load(returns: ArrayLike<number>): Float64Array {
    this.tabulateSums(returns);
    const [low, high, lowSquares, highSquares] = this.tables as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const { share, ofSplit } = this;
    for (let s = 0; s < ofSplit.length; s++) {
      const [a, b] = [splits[s]! & (lookup - 1), splits[s]! >> half];
      const mean = (low[a]! + high[b]!) * share[s]!;
      const squares = (lowSquares[a]! + highSquares[b]!) * share[s]!;
      const variance = squares - mean * mean;
      ofSplit[s] = variance > 1e-12 * squares ? (mean * Math.abs(mean)) / variance : 0;
    }
    return ofSplit;
  }

  private tabulateSums(returns: ArrayLike<number>): void {
    const [sum, square] = [new Float64Array(groups), new Float64Array(groups)];
    for (let t = 0; t < this.times; t++) {
      const g = this.groupOf[t]!;
      sum[g]! += returns[t]!;
      square[g]! += returns[t]! ** 2;
    }
    [sum, square].forEach((own, kind) => {
      tabulate(own.subarray(0, half), this.tables[2 * kind]!);
      tabulate(own.subarray(half), this.tables[2 * kind + 1]!);
    });
  }
}

/** Sums over every subset of 8 values. */
function tabulate(values: Float64Array, into: Float64Array): void {
  for (let bits = 1; bits < lookup; bits++) {
    const last = 31 - Math.clz32(bits);
    into[bits] = into[bits ^ (1 << last)]! + values[last]!;
  }
}
