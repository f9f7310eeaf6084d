import { describe, expect, it } from 'vitest';
import { parseSplit } from '../../../ts/evolve/splits.js';
import { horizonOf, parseSample, parseTarget } from '../../../ts/evolve/target.js';
import { chooseTerminals } from '../../../ts/evolve/terminals.js';
import { worthOf } from '../../../ts/evolve/worth.js';

describe('targets', () => {
  it('are returns over seconds, trades and bars, mids, and columns that may look ahead', () => {
    expect(parseTarget('ret_60s')).toEqual({ kind: 'return', price: 'trade', unit: 'us', horizon: 60e6 });
    expect(horizonOf(parseTarget('ret_100t'))).toEqual({ rows: 100, time: 0 });
    expect(horizonOf(parseTarget('mid_5b'))).toEqual({ rows: 0, time: 300e6 });
    expect(parseTarget('column:y:10s')).toEqual({ kind: 'column', name: 'y', ahead: 10e6 });
    expect(horizonOf(parseTarget('column:y'))).toEqual({ rows: 0, time: 0 });
  });

  it('are refused with what would be right', () => {
    for (const text of ['ret_60', 'ret_0s', 'ret_5000s', 'price', 'column:']) {
      expect(() => parseTarget(text)).toThrow(`--target: expected a target, got "${text}"`);
    }
    expect(() => parseSample('every')).toThrow('--sample: expected rows');
    expect(parseSample('5s')).toEqual({ time: 5e6 });
    for (const text of ['60/20', '60/20/30', '0/50/50', 'a/b/c']) {
      expect(() => parseSplit(text)).toThrow('--split: expected three parts');
    }
    expect(parseSplit('60/20/20')).toEqual([0.6, 0.2, 0.2]);
  });
});

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

  it('are told by the nearest name when misspelt', () => {
    expect(() => chooseTerminals(columns, ['odf'], [])).toThrow('--columns: unknown column "odf"');
    expect(() => chooseTerminals(columns, ['mine'], ['mine'])).toThrow('"mine" is the target');
  });
});

describe('worth', () => {
  it('is what the outer quintiles earn and what changing them costs', () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => i % 5);
    const returns = values.map((v) => (v === 4 ? 0.002 : v === 0 ? -0.001 : 5));
    const worth = worthOf(values, returns, 60)!;
    expect(worth.quintileSpreadBps).toBeCloseTo(30, 9);
    // Each cycle of five: 0 → −1 (from +1: 2), 0 (1), 0, 0, +1 (1); the first begins from 0.
    expect(worth.turnover).toBeCloseTo((60 * (20 * 4 - 1)) / 100, 9);
    expect(worth.breakEvenBps).toBeCloseTo((1e4 * 20 * 0.003) / 79, 9);
    expect(worthOf(new Float64Array(100), returns, 60)).toBeUndefined();
  });
});
