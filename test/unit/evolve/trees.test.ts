/** What the folds bear out of the trees' answers. */
import { describe, expect, it } from 'vitest';
import { noRow } from '../../../ts/problem/timeline.js';
import { shareBorneOut } from '../../../ts/stages/evolve/trees.js';
import { normals } from '../../support/dataset.js';

const rows = 3200;
const blocks = { count: 32, of: Uint32Array.from({ length: rows }, (_, i) => Math.floor(i / 100)) };
const ones = new Float64Array(rows).fill(1);
const answers = normals(rows, 1);
const noise = normals(rows, 2);
const share = (residual: Float64Array, weight = ones, of = blocks) =>
  shareBorneOut(answers, residual, weight, of);

describe('the share of the answers that the folds bear out', () => {
  it('is the slope less its standard error over blocks', () => {
    const residual = answers.map((h, i) => 0.6 * h + noise[i]!);
    const weight = normals(rows, 3).map(Math.abs);
    const block = (b: number, f: (i: number) => number) => {
      let sum = 0;
      for (let i = 100 * b; i < 100 * (b + 1); i++) sum += weight[i]! * f(i);
      return sum;
    };
    const all = Array.from({ length: 32 }, (_, b) => b);
    const products = all.map((b) => block(b, (i) => answers[i]! * residual[i]!));
    const squares = all.map((b) => block(b, (i) => answers[i]! ** 2));
    const total = (v: number[]) => v.reduce((a, b) => a + b, 0);
    const slope = total(products) / total(squares);
    const deviations = all.map((b) => (products[b]! - slope * squares[b]!) ** 2);
    const error = Math.sqrt((32 / 31) * total(deviations)) / total(squares);
    expect(share(residual, weight)).toBeCloseTo(slope - error, 12);
    expect(slope - error).toBeGreaterThan(0.5);
  });

  it('is nothing for answers of the wrong sign or of no use, and never more than all', () => {
    expect(share(answers.map((h) => -h))).toBe(0);
    expect(share(answers.map((h) => 3 * h))).toBe(1);
    expect(shareBorneOut(new Float64Array(rows), noise, ones, blocks)).toBe(0);
    const useless = Array.from({ length: 60 }, (_, s) => share(normals(rows, 100 + s)));
    // A slope of nothing is above its standard error once in six times, and then hardly.
    expect(useless.filter((s) => s > 0).length).toBeLessThan(20);
    expect(Math.max(...useless)).toBeLessThan(0.06);
  });

  it('looks at the rows of blocks alone', () => {
    const of = blocks.of.map((b, i) => (i % 2 === 0 ? b : noRow));
    const residual = answers.map((h, i) => (i % 2 === 0 ? h : -50 * h));
    expect(share(residual, ones, { count: 32, of })).toBeCloseTo(1, 12);
  });
});
