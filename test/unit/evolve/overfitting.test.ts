/** The probability of backtest overfitting against its definition, and where its answer is known. */
import { describe, expect, it } from 'vitest';
import { backtestOverfitting } from '../../../ts/evolve/overfitting.js';
import { normals } from '../../support/dataset.js';

/** All choices of k of the numbers below n. */
function* choices(n: number, k: number, from = 0): Generator<number[]> {
  if (k === 0) yield [];
  for (let i = from; i <= n - k && k > 0; i++)
    for (const rest of choices(n, k - 1, i + 1)) yield [i, ...rest];
}

function sharpe(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1);
  return variance > 1e-15 ? mean / Math.sqrt(variance) : 0;
}

/** By the letter: concatenate, rank, take the logit. */
function naive(series: readonly Float64Array[]): number {
  const times = series[0]!.length;
  const within = (groups: readonly number[], own: Float64Array) =>
    [...own].filter((_, t) => groups.includes(Math.floor((t * 16) / times)));
  let [failed, splits] = [0, 0];
  for (const inside of choices(16, 8)) {
    const outside = Array.from({ length: 16 }, (_, g) => g).filter((g) => !inside.includes(g));
    const before = series.map((own) => sharpe(within(inside, own)));
    const after = series.map((own) => sharpe(within(outside, own)));
    const chosen = after[before.indexOf(Math.max(...before))]!;
    const rank = 1 + after.filter((x) => x < chosen).length;
    const relative = rank / (series.length + 1);
    if (Math.log(relative / (1 - relative)) <= 1e-12) failed++;
    splits++;
  }
  return failed / splits;
}

const noise = (strategies: number, times: number, seed: number) =>
  Array.from({ length: strategies }, (_, k) => normals(times, 5000 * seed + k));

describe('the probability of backtest overfitting', () => {
  it.each([
    [3, 16],
    [4, 32],
    [5, 21],
  ])('is what its definition says of %i strategies over %i times', (strategies, times) => {
    const series = noise(strategies, times, strategies).map((own, k) => own.map((x) => x + 0.1 * k));
    const own = backtestOverfitting(series)!;
    expect(own.probability).toBeCloseTo(naive(series), 12);
    expect(own).toMatchObject({ splits: 12_870, strategies });
  });

  it('is about one half where all strategies are noise', () => {
    const seeds = Array.from(
      { length: 30 },
      (_, s) => backtestOverfitting(noise(40, 32, 20 + s))!.probability,
    );
    const mean = seeds.reduce((a, b) => a + b, 0) / seeds.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.15);
  });

  it('is next to nothing where one strategy is better than the others, and near 1 where the best turns', () => {
    const better = normals(32, 7).map((x) => x + 1.5);
    expect(backtestOverfitting([...noise(20, 32, 3), better])!.probability).toBeLessThan(0.01);
    // Each has its luck in one half of the groups and pays for it in the other.
    const turning = Array.from({ length: 40 }, (_, k) => {
      const luck = normals(16, 300 + k);
      const mean = luck.reduce((a, b) => a + b, 0) / 16;
      return luck.map((x) => x - mean);
    });
    expect(backtestOverfitting(turning)!.probability).toBeGreaterThan(0.95);
  });

  it('ranks equals in the middle and says nothing of too little', () => {
    const one = normals(32, 9);
    expect(backtestOverfitting([one, one, one])!.probability).toBe(1);
    expect(backtestOverfitting([one])).toBeUndefined();
    expect(backtestOverfitting(noise(4, 15, 1))).toBeUndefined();
  });
});
