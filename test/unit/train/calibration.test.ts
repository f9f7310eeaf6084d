import { describe, expect, it } from 'vitest';
import { binsOf, calibrate, slopeOf } from '../../../ts/train/calibration.js';
import { generator, normals } from '../../support/dataset.js';

const ones = (n: number) => new Float64Array(n).fill(1);
const evenly = (n: number) => ({ weight: ones(n), uniqueness: ones(n) });

describe('calibration', () => {
  it('has bins of a tenth of the rows each, in the order of the predictions', () => {
    const predicted = normals(1000, 1);
    const observed = predicted.map((p) => 2 * p);
    const bins = binsOf(predicted, observed, evenly(1000));
    expect(bins.map((b) => b.rows)).toEqual(new Array(10).fill(100));
    const sorted = [...predicted].sort((a, b) => a - b);
    bins.forEach((bin, b) => {
      const own = sorted.slice(100 * b, 100 * b + 100);
      expect(bin.predicted).toBeCloseTo(own.reduce((s, v) => s + v, 0) / 100, 12);
      expect(bin.observed).toBeCloseTo(2 * bin.predicted, 12);
    });
  });

  it('is as sure as the independent labels of a bin allow, whatever the weights', () => {
    const [predicted, observed] = [normals(1000, 1), normals(1000, 2)];
    const few = { weight: ones(1000).fill(7), uniqueness: ones(1000).fill(0.25) };
    const errors = binsOf(predicted, observed, few).map((b) => b.error);
    binsOf(predicted, observed, evenly(1000)).forEach((b, i) => {
      expect(errors[i]).toBeCloseTo(2 * b.error, 12);
    });
  });

  it('keeps equal predictions together', () => {
    const { below } = generator(4);
    const predicted = Float64Array.from({ length: 500 }, () => below(4));
    const bins = binsOf(predicted, predicted, evenly(500));
    expect(bins.map((b) => b.predicted)).toEqual([0, 1, 2, 3]);
    expect(bins.reduce((n, b) => n + b.rows, 0)).toBe(500);
    expect(binsOf(ones(30), normals(30, 2), evenly(30))).toHaveLength(1);
  });

  it('has the slope of weighted least squares', () => {
    const [p, noise] = [normals(300, 7), normals(300, 8)];
    const o = p.map((v, i) => 0.5 + 0.7 * v + noise[i]!);
    const weight = noise.map((v) => Math.abs(v));
    const sum = (f: (i: number) => number) => weight.reduce((s, w, i) => s + w * f(i), 0);
    const [w, mp, mo] = [sum(() => 1), sum((i) => p[i]!) / sum(() => 1), sum((i) => o[i]!) / sum(() => 1)];
    const brute = (sum((i) => p[i]! * o[i]!) / w - mp * mo) / (sum((i) => p[i]! ** 2) / w - mp * mp);
    const block = Uint32Array.from(p, (_, i) => Math.floor(i / 10));
    const fold = new Uint32Array(300);
    const slope = slopeOf(p, o, { weight, block, blocks: 30, fold });
    expect(slope.value).toBeCloseTo(brute, 10);
    expect(slope.error).toBeGreaterThan(0);
    expect(slopeOf(ones(300), o, { weight, block, blocks: 30, fold })).toEqual({ value: 0, error: null });
  });

  it('has a slope within the folds: what their means do does not count', () => {
    const [p, noise] = [normals(300, 7), normals(300, 8)];
    const fold = Uint32Array.from(p, (_, i) => i % 3);
    const rows = {
      weight: ones(300),
      block: Uint32Array.from(p, (_, i) => Math.floor(i / 10)),
      blocks: 30,
      fold,
    };
    const o = p.map((v, i) => 0.7 * v + 0.1 * noise[i]!);
    const { value, error } = slopeOf(p, o, rows);
    // The models of later folds take the mean for higher, and the labels fall.
    const higher = p.map((v, i) => v + 5 * fold[i]!);
    const lower = o.map((v, i) => v - 5 * fold[i]!);
    const apart = slopeOf(higher, lower, rows);
    expect(apart.value).toBeCloseTo(value, 10);
    expect(apart.error).toBeCloseTo(error!, 10);
    expect(value).toBeCloseTo(0.7, 1);
  });

  it('shows each class by itself', () => {
    const task = {
      loss: 'multiclass',
      classes: [-1, 0, 1],
      classNames: ['down', 'flat', 'up'],
      centred: false,
    } as const;
    const target = Float64Array.of(0, 1, 2, 2);
    const rows = {
      label: target,
      target,
      weight: ones(4),
      uniqueness: ones(4),
      block: new Uint32Array(4),
      blocks: 1,
      fold: new Uint32Array(4),
      centre: new Float64Array(4),
    };
    const answers = Float64Array.from([0.2, 0.3, 0.5], (p) => p);
    const all = Float64Array.from({ length: 12 }, (_, i) => answers[i % 3]!);
    const shown = calibrate(task, rows, all);
    expect(shown.map((c) => c.name)).toEqual(['down', 'flat', 'up']);
    expect(shown.map((c) => c.bins[0]!.predicted)).toEqual([0.2, 0.3, 0.5].map((p) => expect.closeTo(p, 12)));
    expect(shown.map((c) => c.bins[0]!.observed)).toEqual([0.25, 0.25, 0.5]);
  });
});
