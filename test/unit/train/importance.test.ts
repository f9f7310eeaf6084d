import { describe, expect, it } from 'vitest';
import { Draw } from '../../../ts/statistics/random.js';
import { permutationImportance, shuffled, strided } from '../../../ts/train/importance.js';
import { normals } from '../../support/dataset.js';

describe('permutation importance', () => {
  const columns = [normals(4000, 1), normals(4000, 2), normals(4000, 3)];
  const y = columns[0]!.map((v, i) => 2 * v + columns[1]![i]!);
  /** Mean squared error of 2 x0 + x1: a model that has learned the truth. */
  const loss = async (of: readonly (Float32Array | Float64Array)[]) =>
    y.reduce((s, v, i) => s + (v - 2 * of[0]![i]! - of[1]![i]!) ** 2, 0) / y.length;
  const key = { seed: 42, fold: 0, repeats: 3 };

  it('is twice the variance that a column explains', async () => {
    const { growth, error } = await permutationImportance({ columns, loss }, () => true, key);
    expect(growth[0]).toBeCloseTo(8, -0.3);
    expect(growth[1]).toBeCloseTo(2, 0);
    expect(growth[2]).toBe(0);
    expect(Math.abs(growth[0]! - 8)).toBeLessThan(0.5);
    expect(error[0]).toBeGreaterThan(0);
  });

  it('is the same for a seed, and passes over columns that the model does not use', async () => {
    const one = await permutationImportance({ columns, loss }, (c) => c === 1, key);
    const all = await permutationImportance({ columns, loss }, () => true, key);
    expect(one.growth[1]).toBe(all.growth[1]);
    expect(one.growth[0]).toBe(0);
    const other = await permutationImportance({ columns, loss }, () => true, { ...key, seed: 43 });
    expect(other.growth[1]).not.toBe(all.growth[1]);
  });

  it('shuffles copies, keeping every value', () => {
    const values = Float32Array.from({ length: 100 }, (_, i) => i);
    const copy = shuffled(values, new Draw(1));
    expect([...values]).toEqual([...values].sort((a, b) => a - b));
    expect([...copy].sort((a, b) => a - b)).toEqual([...values]);
    expect([...copy]).not.toEqual([...values]);
  });

  it('looks at rows evenly spread', () => {
    const rows = Uint32Array.from({ length: 10 }, (_, i) => 100 + i);
    expect([...strided(rows, 5)]).toEqual([100, 102, 104, 106, 108]);
    expect(strided(rows, 10)).toBe(rows);
  });
});
