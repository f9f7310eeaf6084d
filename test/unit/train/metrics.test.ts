import { describe, expect, it } from 'vitest';
import {
  constantAnswer,
  gainOver,
  intervalOf,
  pearson,
  qualityOf,
  rankCorrelation,
  ranks,
  rowLosses,
  weightedMean,
} from '../../../ts/train/metrics.js';
import type { Task } from '../../../ts/train/task.js';
import { generator, normals, persistent } from '../../support/dataset.js';

const regression: Task = { loss: 'l2', classes: [], classNames: [], centred: true };
const binary: Task = { loss: 'binary', classes: [0, 1], classNames: ['0', '1'], centred: false };
const directions: Task = {
  loss: 'multiclass',
  classes: [-1, 0, 1],
  classNames: ['down', 'flat', 'up'],
  centred: false,
};

/** Rows in equal blocks, one after the other. */
function rowsOf(
  label: readonly number[],
  target: readonly number[],
  weight: readonly number[],
  blocks: number,
) {
  const block = Uint32Array.from(label, (_, i) => Math.floor((i * blocks) / label.length));
  const [l, t, w] = [label, target, weight].map((v) => Float64Array.from(v)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [fold, centre] = [new Uint32Array(label.length), new Float64Array(label.length)];
  return { label: l, target: t, weight: w, uniqueness: w, block, blocks, fold, centre };
}

/** Two sides on rows of one block. */
function sides(a: Float64Array, b: Float64Array) {
  return { a, b, block: new Uint32Array(a.length), blocks: 1 };
}

/** Values with many ties. */
function tied(count: number, seed: number): Float64Array {
  const { below } = generator(seed);
  return Float64Array.from({ length: count }, () => below(count / 4));
}

describe('ranks', () => {
  it('are counts of smaller values plus half of the equal ones', () => {
    for (let seed = 0; seed < 10; seed++) {
      const values = tied(60, seed);
      const brute = values.map((v) => {
        const [smaller, equal] = [values.filter((x) => x < v).length, values.filter((x) => x === v).length];
        return smaller + (equal + 1) / 2;
      });
      expect([...ranks(values)]).toEqual([...brute]);
    }
  });

  it('correlate as Pearson’s correlation of the ranks does, whatever curve lies between', () => {
    for (let seed = 0; seed < 10; seed++) {
      const [a, b] = [tied(80, seed), tied(80, seed + 100)];
      const { value } = rankCorrelation(sides(a, b));
      expect(value).toBeCloseTo(pearson(ranks(a), ranks(b)), 12);
      expect(rankCorrelation(sides(a.map(Math.exp), b)).value).toBeCloseTo(value, 12);
    }
    const same = normals(50, 1);
    const cubes = same.map((x) => x ** 3);
    expect(rankCorrelation(sides(same, cubes)).value).toBeCloseTo(1, 12);
    expect(rankCorrelation(sides(same, new Float64Array(50).fill(2))).value).toBe(0);
  });

  it('of several folds are the mean of theirs, however far the folds lie apart', () => {
    const folds = [40, 80].map((n, f) => sides(normals(n, f), normals(n, f + 10)));
    const apart = folds.map(({ a, ...rest }, f) => ({ ...rest, a: a.map((x) => x + 100 * f) }));
    const [first, second] = folds.map((fold) => rankCorrelation(fold).value);
    expect(rankCorrelation(...apart).value).toBeCloseTo((40 * first! + 80 * second!) / 120, 12);
  });
});

describe('losses', () => {
  it('are root mean squared errors and log-losses, weighted', () => {
    const rows = rowsOf([1, -2, 0, 3], [1, -2, 0, 3], [1, 2, 0, 1], 1);
    const answers = Float64Array.of(0, -1, 9, 1);
    expect(qualityOf(regression, rows, answers).loss.value).toBeCloseTo(Math.sqrt((1 + 2 * 1 + 4) / 4), 12);
    const losses = rowLosses(binary, Float64Array.of(1, 0), Float64Array.of(0.8, 0.3));
    expect([...losses]).toEqual([-Math.log(0.8), -Math.log(0.7)]);
    const three = rowLosses(
      directions,
      Float64Array.of(2, 0),
      Float64Array.of(0.1, 0.2, 0.7, 0.5, 0.25, 0.25),
    );
    expect([...three]).toEqual([-Math.log(0.7), -Math.log(0.5)]);
    expect(rowLosses(directions, Float64Array.of(0), Float64Array.of(0, 0, 1))[0]).toBeLessThan(40);
  });

  it('are compared with the best constant', () => {
    const target = Float64Array.of(0, 1, 1, 2, 9);
    const [rows, weight] = [Uint32Array.of(0, 1, 2, 3), Float64Array.of(1, 1, 2, 4, 100)];
    expect(constantAnswer(regression, target, weight, rows)).toEqual([(1 + 2 + 8) / 8]);
    expect(constantAnswer(directions, target, weight, rows)).toEqual([1 / 8, 3 / 8, 4 / 8]);
    expect(gainOver(regression, 0.9, 1)).toBeCloseTo(0.19, 12);
    expect(gainOver(binary, 0.6, 0.8)).toBeCloseTo(0.25, 12);
  });
});

describe('hit rates', () => {
  it('count directions about the centre; labels on neither side do not count', () => {
    const rows = rowsOf([1, -1, 0, 2], [1, -1, 0, 2], [1, 1, 5, 2], 1);
    expect(qualityOf(regression, rows, Float64Array.of(3, 1, 1, 0)).hitRate.value).toBeCloseTo(
      (1 + 0 + 0.5 * 2) / 4,
      12,
    );
  });

  it('have a centre by row: each fold has its own', () => {
    const rows = rowsOf([1, 3, 11, 13], [1, 3, 11, 13], [1, 1, 1, 1], 1);
    const centre = Float64Array.of(2, 2, 12, 12);
    expect(qualityOf(regression, { ...rows, centre }, Float64Array.of(0, 4, 5, 20)).hitRate.value).toBe(1);
    expect(qualityOf(regression, { ...rows, centre }, centre).hitRate.value).toBe(0.5);
  });

  it('count the most probable class', () => {
    const rows = rowsOf([-1, 1], [0, 2], [3, 1], 1);
    const { hitRate } = qualityOf(directions, rows, Float64Array.of(0.5, 0.3, 0.2, 0.45, 0.3, 0.25));
    expect(hitRate.value).toBe(0.75);
    const two = rowsOf([0, 1], [0, 1], [1, 1], 1);
    expect(qualityOf(binary, two, Float64Array.of(0.4, 0.3)).hitRate.value).toBe(0.5);
  });
});

describe('standard errors over blocks', () => {
  it('of a mean are those of the blocks’ means where blocks weigh the same', () => {
    const values = normals(120, 3);
    const rows = rowsOf([...values], [...values], new Array(120).fill(1), 12);
    const means = Array.from(
      { length: 12 },
      (_, b) => values.slice(10 * b, 10 * b + 10).reduce((s, v) => s + v, 0) / 10,
    );
    const mean = means.reduce((s, v) => s + v, 0) / 12;
    const brute = Math.sqrt(means.reduce((s, v) => s + (v - mean) ** 2, 0) / 11 / 12);
    const estimate = weightedMean(values, rows);
    expect(estimate.value).toBeCloseTo(mean, 12);
    expect(estimate.error).toBeCloseTo(brute, 12);
    expect(
      weightedMean(values, { ...rows, block: rows.block.map((b) => b % 3), blocks: 3 }).error,
    ).toBeNull();
  });

  it('of a rank correlation nearly equal those of leaving each block out', () => {
    const [x, noise] = [persistent(960, 5, 0.9), persistent(960, 6, 0.9)];
    const y = x.map((v, i) => 0.3 * v + noise[i]!);
    const rows = rowsOf([...y], [...y], new Array(960).fill(1), 24);
    const { value, error } = rankCorrelation({ a: x, b: y, ...rows });
    const without = Array.from({ length: 24 }, (_, b) => {
      const keep = (of: Float64Array) => of.filter((_, i) => rows.block[i] !== b);
      return pearson(ranks(keep(x)), ranks(keep(y)));
    });
    const mean = without.reduce((s, v) => s + v, 0) / 24;
    const jackknife = Math.sqrt((23 / 24) * without.reduce((s, v) => s + (v - mean) ** 2, 0));
    expect(Math.abs(error! / jackknife - 1)).toBeLessThan(0.15);
    expect(intervalOf({ value, error }, 24)![0]).toBeLessThan(value);
  });

  it('are 0 for a side that does not vary, and null for too few blocks alone', () => {
    const y = normals(120, 4);
    const flat = new Float64Array(120).fill(3);
    const rows = rowsOf([...y], [...y], new Array(120).fill(1), 12);
    expect(rankCorrelation({ a: flat, b: y, ...rows })).toEqual({ value: 0, error: 0 });
    expect(
      rankCorrelation({ a: flat, b: y, ...rows, block: new Uint32Array(120), blocks: 3 }).error,
    ).toBeNull();
    expect(qualityOf(regression, rows, y).loss).toEqual({ value: 0, error: 0 });
  });

  it('of several folds rest on the blocks of all, one of them taken away by each fold’s own correlation', () => {
    const noise = (f: number) => rowsOf([...normals(90, f)], new Array(90).fill(0), new Array(90).fill(1), 3);
    const folds = [1, 2, 3].map((f) => ({ a: normals(90, f + 20), b: noise(f).label, ...noise(f) }));
    expect(rankCorrelation(folds[0]!).error).toBeNull();
    const { value, error } = rankCorrelation(...folds);
    // Nine blocks, three correlations: 6 degrees of freedom.
    const one = folds.map((fold) => rankCorrelation(fold).value);
    expect(value).toBeCloseTo((one[0]! + one[1]! + one[2]!) / 3, 12);
    expect(error).toBeGreaterThan(0.02);
    expect(error).toBeLessThan(0.2);
    // A fold whose model is constant leaves the others theirs.
    const flat = { ...folds[0]!, a: new Float64Array(90) };
    expect(rankCorrelation(flat, ...folds.slice(1)).error).toBeGreaterThan(0.02);
    const reach = (means: number) => intervalOf({ value: 0, error: 1 }, 9, means)![1];
    expect(reach(3)).toBeCloseTo(2.4469, 4);
    expect(reach(1)).toBeCloseTo(2.306, 4);
  });

  it('give intervals that cover 0 about 95 times of 100 for labels shuffled in time, overlapping or not', () => {
    let covered = 0;
    for (let seed = 0; seed < 200; seed++) {
      const x = persistent(1200, 2 * seed, 0.98);
      const steps = normals(1210, 2 * seed + 1);
      // Ten steps make a label: neighbours share nine of them.
      const y = x.map((_, i) => steps.slice(i, i + 10).reduce((s, v) => s + v, 0));
      const rows = rowsOf([...y], [...y], new Array(1200).fill(1), 24);
      const interval = intervalOf(rankCorrelation({ a: x, b: y, ...rows }), 24)!;
      if (interval[0] <= 0 && interval[1] >= 0) covered++;
    }
    expect(covered).toBeGreaterThan(180);
    expect(covered).toBeLessThan(200);
  });
});
