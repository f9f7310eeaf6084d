import { describe, expect, it } from 'vitest';
import { chooseTerminals } from '../../../ts/evolve/terminals.js';
import { worthOf } from '../../../ts/evolve/worth.js';

describe('terminals', () => {
  const columns = [
    { name: 'ts', type: 'integer' },
    { name: 'price', type: 'float' },
    { name: 'cvd', type: 'float' },
    { name: 'ofd', type: 'float' },
    { name: 'side', type: 'integer' },
    { name: 'mine', type: 'float' },
    { name: 'label', type: 'other' },
  ] as const;

  it('are all dimensionless columns, others only when named', () => {
    expect(chooseTerminals(columns, undefined, []).map((t) => t.name)).toEqual(['ofd', 'side', 'mine']);
    expect(chooseTerminals(columns, ['price', 'ofd'], [])).toEqual([
      { name: 'price', kind: 'price' },
      { name: 'ofd', kind: 'bounded' },
    ]);
    expect(chooseTerminals(columns, undefined, ['mine']).map((t) => t.name)).toEqual(['ofd', 'side']);
  });

  it('are never the target', () => {
    expect(() => chooseTerminals(columns, ['mine'], ['mine'])).toThrow('"mine" is the target');
  });

  it('are named once, and are never the time', () => {
    expect(() => chooseTerminals(columns, ['ofd', 'side', 'ofd'], [])).toThrow('got "ofd" twice');
    expect(() => chooseTerminals(columns, ['ofd', 'ts'], [])).toThrow('got its time "ts"');
  });
});

describe('worth', () => {
  it('is what the outer quintiles earn and what changing them costs', () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => i % 5);
    const returns = values.map((v) => (v === 4 ? 0.002 : v === 0 ? -0.001 : 5));
    const worth = worthOf([{ values, returns }], 100 / 60)!;
    expect(worth.quintileSpreadBps).toBeCloseTo(30, 9);
    // Each cycle of five: −1 (from +1: 2), 0 (1), 0, 0, +1 (1); the first begins from 0, the last ends there.
    expect(worth.turnover).toBeCloseTo((60 * 20 * 4) / 100, 9);
    expect(worth.breakEvenBps).toBeCloseTo((1e4 * 20 * 0.003) / 80, 9);
    expect(worthOf([{ values: new Float64Array(100), returns }], 1)).toBeUndefined();
  });

  it('closes every position at the end of a symbol', () => {
    const half = (from: number) => {
      const values = Float64Array.from({ length: 50 }, (_, i) => (from + i) % 5);
      return { values, returns: values.map((v) => (v === 4 ? 0.002 : v === 0 ? -0.001 : 0)) };
    };
    // The first symbol ends at +1 and closes, the second begins with −1.
    expect(worthOf([half(0), half(0)], 1)!.turnover).toBeCloseTo(2 * 10 * 4, 9);
    expect(worthOf([half(0), half(2)], 1)!.turnover).toBeCloseTo(2 * 10 * 4, 9);
  });
});
