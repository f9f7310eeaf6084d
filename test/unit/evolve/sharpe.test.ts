/** The deflated Sharpe ratio against its definitions, worked out by naive code, and the example of its paper. */
import { describe, expect, it } from 'vitest';
import {
  deflationsBy,
  expectedMaximum,
  participationRatio,
  probabilisticSharpe,
  sharpeOf,
} from '../../../ts/evolve/sharpe.js';
import { normalDistribution, normalQuantile } from '../../../ts/statistics/normal.js';
import { normals } from '../../support/dataset.js';

const mean = (v: readonly number[]) => v.reduce((a, b) => a + b, 0) / v.length;

/** Eigenvalues of a symmetric matrix by Jacobi's rotations. */
function eigenvalues(matrix: number[][]): number[] {
  const a = matrix.map((row) => [...row]);
  const n = a.length;
  for (let sweep = 0; sweep < 60; sweep++)
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(a[p]![q]!) < 1e-15) continue;
        const angle = 0.5 * Math.atan2(2 * a[p]![q]!, a[q]![q]! - a[p]![p]!);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[k]![p]!, a[k]![q]!];
          [a[k]![p], a[k]![q]] = [c * x - s * y, s * x + c * y];
        }
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[p]![k]!, a[q]![k]!];
          [a[p]![k], a[q]![k]] = [c * x - s * y, s * x + c * y];
        }
      }
  return a.map((row, i) => row[i]!);
}

function correlations(series: readonly Float64Array[]): number[][] {
  const deviations = series.map((v) => Array.from(v, (x) => x - mean([...v])));
  const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  return deviations.map((a) => deviations.map((b) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))));
}

describe('the normal distribution', () => {
  it('is as the tables have it, deep into its tails', () => {
    for (const [x, p] of [
      [0, 0.5],
      [1, 0.841344746068543],
      [1.959963984540054, 0.975],
      [-3, 1.349898031630095e-3],
      [-6, 9.865876450376946e-10],
      [-10, 7.619853024160527e-24],
    ] as const) {
      expect(normalDistribution(x) / p).toBeCloseTo(1, 10);
      if (x > -6) expect(normalQuantile(p)).toBeCloseTo(x, 9);
    }
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity]);
  });
});

describe('the deflated Sharpe ratio', () => {
  it('is that of the example of Bailey and López de Prado (2014)', () => {
    // 100 trials whose annual ratios vary by 1/2; five years of 250 days; 2.5 a year, skewness −3, kurtosis 10.
    const threshold = expectedMaximum(100, 1 / 2 / 250);
    expect(threshold).toBeCloseTo(0.1132, 4);
    const best = { sharpe: 2.5 / Math.sqrt(250), skewness: -3, kurtosis: 10, count: 1250 };
    expect(probabilisticSharpe(best, threshold)).toBeCloseTo(0.9004, 4);
  });

  it('takes mean, deviation, skewness and kurtosis from the series', () => {
    const values = [3, -1, 4, 1, -5, 9, 2, -6];
    const m = mean(values);
    const moment = (k: number) => mean(values.map((v) => (v - m) ** k));
    const own = sharpeOf(values);
    expect(own.sharpe).toBeCloseTo(m / Math.sqrt((moment(2) * 8) / 7), 12);
    expect(own.skewness).toBeCloseTo(moment(3) / moment(2) ** 1.5, 12);
    expect(own.kurtosis).toBeCloseTo(moment(4) / moment(2) ** 2, 12);
    expect(sharpeOf([2, 2, 2])).toMatchObject({ sharpe: 0, count: 3 });
  });

  it('counts trials by the eigenvalues of their correlations', () => {
    const base = [0, 1, 2, 3].map((k) => normals(12, 70 + k));
    const series = [...base, base[0]!.map((x, i) => x + 0.3 * base[1]![i]!), base[2]!.map((x) => 5 - 2 * x)];
    const lambda = eigenvalues(correlations(series));
    const ratio = lambda.reduce((a, b) => a + b, 0) ** 2 / lambda.reduce((a, b) => a + b * b, 0);
    expect(participationRatio(series)).toBeCloseTo(ratio, 9);
  });

  it('counts copies once, whatever their sign and scale, and independent ones all', () => {
    const one = normals(32, 1);
    expect(participationRatio([one, one.map((x) => -3 * x), one.map((x) => x + 1)])).toBeCloseTo(1, 12);
    expect(participationRatio([one, new Float64Array(32).fill(2)])).toBeCloseTo(1, 12);
    const axes = [0, 1, 2, 3].map((k) =>
      Float64Array.from({ length: 32 }, (_, t) => Math.cos((2 * Math.PI * (k + 1) * t) / 32)),
    );
    expect(participationRatio(axes)).toBeCloseTo(4, 9);
  });

  it('expects of the best of many what a simulation of them has', () => {
    const best = Array.from({ length: 400 }, (_, s) => Math.max(...normals(50, 900 + s)));
    expect(Math.abs(expectedMaximum(50, 1) - mean(best))).toBeLessThan(0.08);
    expect(expectedMaximum(1, 1)).toBe(0);
    expect(expectedMaximum(0, 1)).toBe(0);
  });

  it('believes the best of noise about half of the time at most, and a strong one among them', () => {
    const chance = (series: Float64Array[]) => {
      const { independent } = deflationsBy(series, series.length);
      return Math.max(...series.map((own) => probabilisticSharpe(sharpeOf(own), independent.threshold)));
    };
    const noise = (s: number) => Array.from({ length: 40 }, (_, k) => normals(32, 1000 * s + k));
    const chances = Array.from({ length: 30 }, (_, s) => chance(noise(s)));
    expect(mean(chances)).toBeLessThan(0.65);
    expect(chances.filter((p) => p > 0.95).length).toBeLessThanOrEqual(3);
    const strong = normals(32, 5).map((x) => x + 2.5);
    expect(chance([...noise(1), strong])).toBeGreaterThan(0.99);
    const variations = [0, 1, 2, 3, 4].map((k) => strong.map((x, t) => x + 0.1 * noise(2)[k]![t]!));
    expect(chance([...noise(1), strong, ...variations])).toBeGreaterThan(0.99);
  });

  it('takes both signs of every trial, and demands more where more were tried', () => {
    const series = [0, 1, 2].map((k) => normals(20, 40 + k).map((x) => x + 0.5));
    const ratios = series.map((own) => Math.abs(sharpeOf(own).sharpe)).sort((a, b) => a - b);
    const variance = (ratios[1]! / normalQuantile(0.75)) ** 2;
    const { independent, all } = deflationsBy(series, 5000);
    expect(independent.trials).toBe(participationRatio(series));
    expect(independent.threshold).toBeCloseTo(expectedMaximum(independent.trials, variance), 12);
    expect(all).toEqual({ trials: 5000, threshold: expectedMaximum(5000, variance) });
    expect(
      deflationsBy(
        series.map((own) => own.map((x) => -x)),
        5000,
      ),
    ).toEqual({ independent, all });
  });
});
