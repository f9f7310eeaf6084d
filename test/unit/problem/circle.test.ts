import { describe, expect, it } from 'vitest';
import { moveLabels, persistenceOf } from '../../../ts/problem/circle.js';
import type { Part } from '../../../ts/problem/splits.js';
import { type Labels, noRow, Timeline } from '../../../ts/problem/timeline.js';
import { normals, persistent } from '../../support/dataset.js';

const symbols = [
  { name: 'A', start: 0, end: 12 },
  { name: 'B', start: 12, end: 20 },
];
const ts = Float64Array.from({ length: 20 }, (_, i) => (i < 12 ? i : i - 12));
const labels: Labels = {
  value: Float64Array.from({ length: 20 }, (_, i) => 100 + i),
  endRow: Uint32Array.from({ length: 20 }, (_, i) => Math.min(i + 2, i < 12 ? 11 : 19)),
  weight: Float64Array.from({ length: 20 }, (_, i) => (i + 1) / 20),
};
const line = new Timeline(symbols, ts, labels.weight);

function part(name: Part['name'], rows: readonly number[]): Part {
  const marked = new Uint8Array(20);
  for (const i of rows) marked[i] = 1;
  return { name, from: 0, to: 12, rows: marked, count: rows.length, effectiveRows: 1 };
}

const search = part('search', [0, 1, 3, 4, 5, 12, 13, 14]);
const selection = part('selection', [7, 8, 9, 10, 17, 18]);
const moved = moveLabels(line, labels, [search, selection], 0.4);

describe('labels moved on in a circle', () => {
  const valuesAt = (rows: readonly number[]) => rows.map((i) => moved.labels.value[i]);

  it('come from the same part of the same symbol, each once, with their weights', () => {
    // Two of five, one of three; two of four, one of two.
    expect(valuesAt([0, 1, 3, 4, 5])).toEqual([103, 104, 105, 100, 101]);
    expect(valuesAt([12, 13, 14])).toEqual([113, 114, 112]);
    expect(valuesAt([7, 8, 9, 10])).toEqual([109, 110, 107, 108]);
    expect(valuesAt([17, 18])).toEqual([118, 117]);
    moved.labels.value.forEach((value, i) => {
      if (Number.isFinite(value)) expect(moved.labels.weight[i]).toBe(labels.weight[value - 100]);
    });
  });

  it('leave rows of no part, and the hold-out, without one', () => {
    for (const i of [2, 6, 11, 15, 16, 19]) {
      expect([moved.labels.value[i], moved.labels.weight[i], moved.labels.endRow[i]]).toEqual([
        Number.NaN,
        0,
        noRow,
      ]);
    }
    expect(moved.line.weightBefore(100)).toBeCloseTo(
      moved.labels.weight.reduce((a, b) => a + b, 0),
      12,
    );
  });

  it('cover as many scored rows as before, so that purge takes as many', () => {
    // The label of row 3 ended at 5: two scored rows on. It lies at row 0 now, and covers 1 and 3.
    expect(moved.labels.endRow[0]).toBe(3);
    // That of row 1 ended at 3, one on; at row 5 there is none behind it.
    expect(moved.labels.endRow[5]).toBe(5);
    // That of row 0 covered row 1 alone; at row 4 it covers row 5.
    expect(moved.labels.endRow[4]).toBe(5);
  });
});

describe('persistence', () => {
  it('is the lag at which a column has forgotten itself', () => {
    expect(persistenceOf(normals(20_000, 1), 0, 20_000)).toBe(1);
    // 0.99^n falls to a tenth at 229 rows.
    expect([128, 256, 512]).toContain(persistenceOf(persistent(200_000, 2, 0.99), 0, 200_000));
    expect(
      persistenceOf(
        Float64Array.from({ length: 1000 }, (_, i) => i),
        0,
        1000,
      ),
    ).toBe(250);
    expect(persistenceOf(new Float64Array(1000).fill(3), 0, 1000)).toBe(1);
  });
});
