/**
 * The deflated Sharpe ratio (Bailey and López de Prado 2014, "The deflated Sharpe ratio", Journal of Portfolio
 * Management 40/5): the chance that the best of several strategies, tried on the same data, is better than the best
 * of as many that are worth nothing, its returns' skewness and fat tails taken into account. Reported, no gate.
 */
import { normalDistribution, normalQuantile } from '../statistics/normal.js';

const eulerMascheroni = 0.5772156649015329;

/** What a series of returns shows; not annualised: the unit of time is one return. */
export interface SharpeRatio {
  /** Mean over (sample) deviation; 0 for a series that does not vary. */
  sharpe: number;
  skewness: number;
  /** 3 for a normal distribution. */
  kurtosis: number;
  count: number;
}

export function sharpeOf(returns: ArrayLike<number>): SharpeRatio {
  const count = returns.length;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += returns[i]!;
  const mean = sum / count;
  const moment = (power: number) => {
    let total = 0;
    for (let i = 0; i < count; i++) total += (returns[i]! - mean) ** power;
    return total / count;
  };
  const variance = moment(2);
  if (!(variance > 0)) return { sharpe: 0, skewness: 0, kurtosis: 3, count };
  return {
    sharpe: mean / Math.sqrt((variance * count) / (count - 1)),
    skewness: moment(3) / variance ** 1.5,
    kurtosis: moment(4) / variance ** 2,
    count,
  };
}

/**
 * How many independent trials a set of strategies amounts to: the participation ratio (Σλ)² / Σλ² of the eigenvalues
 * of the correlation matrix of their series, `[strategy][time]`. It is at most the number of times less one. Since
 * Σλ = N and Σλ² is the sum of all squared correlations, it is found from the matrix of times, which is small.
 */
export function participationRatio(series: readonly ArrayLike<number>[]): number {
  const times = series[0]?.length ?? 0;
  const gram = new Float64Array(times * times);
  let varying = 0;
  for (const own of series) {
    const unit = unitVector(own);
    if (unit === undefined) continue;
    varying++;
    for (let a = 0; a < times; a++)
      for (let b = 0; b < times; b++) gram[a * times + b]! += unit[a]! * unit[b]!;
  }
  return varying === 0 ? 0 : varying ** 2 / gram.reduce((sum, x) => sum + x * x, 0);
}

/** Less its mean, of length 1. */
function unitVector(values: ArrayLike<number>): Float64Array | undefined {
  const own = Float64Array.from(values);
  const mean = own.reduce((sum, x) => sum + x, 0) / own.length;
  const length = Math.sqrt(own.reduce((sum, x) => sum + (x - mean) ** 2, 0));
  return length > 1e-12 * Math.abs(mean) ? own.map((x) => (x - mean) / length) : undefined;
}

/**
 * The Sharpe ratio that the best of `trials` strategies worth nothing is expected to have (equation 1 of the paper):
 * √V · ((1 − γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(N e))), V being the variance of the trials' ratios. One trial: 0.
 */
export function expectedMaximum(trials: number, variance: number): number {
  if (!(trials > 1)) return 0;
  const first = normalQuantile(1 - 1 / trials);
  const second = normalQuantile(1 - 1 / (trials * Math.E));
  return Math.max(0, Math.sqrt(variance) * ((1 - eulerMascheroni) * first + eulerMascheroni * second));
}

/** P(the true ratio is above `threshold`) (equation 2): Φ((SR − SR₀) √(T−1) / √(1 − γ₃ SR + (γ₄ − 1)/4 SR²)). */
export function probabilisticSharpe(
  { sharpe, skewness, kurtosis, count }: SharpeRatio,
  threshold: number,
): number {
  const spread = 1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;
  return normalDistribution(
    ((sharpe - threshold) * Math.sqrt(count - 1)) / Math.sqrt(Math.max(spread, 1e-12)),
  );
}

/** What a number of trials demands of the best of them. */
export interface Deflation {
  trials: number;
  /** {@link expectedMaximum}. */
  threshold: number;
}

/**
 * The deflations by trials `[strategy][time]`. The sign of a formula is a convention, so that every trial stands with
 * both signs: the mean of the ratios is 0. V is estimated by their median, (median |SR| / Φ⁻¹(3/4))²: by their mean
 * square, the many variations of one true relation would count as luck and refute it. `independent` counts trials by their
 * {@link participationRatio}; since that cannot exceed the times less one, however many formulas a search has tried,
 * `all` counts all `tried` as if they were independent: the truth lies between the two.
 */
export function deflationsBy(
  series: readonly ArrayLike<number>[],
  tried: number,
): { independent: Deflation; all: Deflation } {
  const ratios = Float64Array.from(series, (own) => Math.abs(sharpeOf(own).sharpe)).sort();
  const median = ratios[ratios.length >> 1] ?? 0;
  const variance = (median / normalQuantile(0.75)) ** 2;
  const by = (trials: number) => ({ trials, threshold: expectedMaximum(trials, variance) });
  return { independent: by(participationRatio(series)), all: by(tried) };
}
