import { describe, expect, it } from 'vitest';
import { observationsOf } from '../../../ts/problem/observations.js';
import { effectiveSize, type Labels, Timeline } from '../../../ts/problem/timeline.js';
import { normals, persistent } from '../../support/dataset.js';

/** Returns over `horizon` rows of a random walk, once a row, of `copies` symbols that move as one. */
function market(rows: number, horizon: number, copies = 1) {
  const steps = normals(rows + horizon, 77);
  const value = new Float64Array(copies * rows);
  const ts = new Float64Array(copies * rows);
  let now = steps.slice(0, horizon).reduce((a, b) => a + b, 0);
  for (let i = 0; i < rows; i++) {
    for (let s = 0; s < copies; s++) [value[s * rows + i], ts[s * rows + i]] = [now, i];
    now += steps[i + horizon]! - steps[i]!;
  }
  const symbols = Array.from({ length: copies }, (_, s) => {
    return { name: `S${s}`, start: s * rows, end: (s + 1) * rows };
  });
  const weight = new Float64Array(value.length).fill(1 / horizon);
  const endRow = Uint32Array.from(value, (_, i) => i);
  const labels: Labels = { value, endRow, weight };
  const all = new Uint8Array(value.length).fill(1);
  const size = effectiveSize(symbols, weight);
  const line = new Timeline(symbols, ts, weight);
  const part = { name: 'search' as const, from: 0, to: rows, rows: all, count: value.length, ...size };
  return (column: Float64Array) => observationsOf([column], line, labels, part)[0]!;
}

const repeated = (x: Float64Array, copies: number) =>
  Float64Array.from({ length: copies * x.length }, (_, i) => x[i % x.length]!);

describe('observations of a column against labels', () => {
  const [rows, horizon] = [60_000, 30];

  // 1 + 2 Σ ρ_x(k) ρ_y(k) rows make one: ρ_y falls in a line to 0 at the horizon.
  it.each([0, 0.9, 0.999])('are the rows over what both remember: memory %d', (memory) => {
    let inflation = 1;
    for (let k = 1; k < horizon; k++) inflation += 2 * memory ** k * (1 - k / horizon);
    const expected = rows / inflation;
    const found = market(rows, horizon)(persistent(rows, 5, memory));
    expect(found).toBeGreaterThan(expected / 1.3);
    expect(found).toBeLessThan(expected * 1.3);
  });

  it('are no more in five symbols that move as one than in one of them', () => {
    const x = persistent(12_000, 6, 0.99);
    const alone = market(12_000, horizon)(x)!;
    // Borders may fall a row apart.
    expect(market(12_000, horizon, 5)(repeated(x, 5))! / alone).toBeCloseTo(1, 1);
  });

  it('are unknown of a column without values, and in a part that is too short', () => {
    expect(market(7000, horizon)(new Float64Array(7000).fill(3))).toBeNull();
    expect(market(7000, horizon)(new Float64Array(7000).fill(Number.NaN))).toBeNull();
    expect(market(5900, horizon)(normals(5900, 3))).toBeNull();
  });
});
