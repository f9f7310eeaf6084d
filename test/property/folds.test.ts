/** Walk-forward folds: no training span ever meets a test span or the embargo in front of it. */
import { describe, expect, it } from 'vitest';
import { tailShare, walkBorders, walkForward } from '../../ts/train/folds.js';
import { randomTimeline } from '../support/timeline.js';

describe('walk-forward folds', () => {
  for (let seed = 0; seed < 40; seed++) {
    const { line, labels, ts, symbols, embargo } = randomTimeline(seed);
    const fresh = seed % 2 === 0 ? undefined : line.instantAt(0.8);
    const count = 2 + (seed % 5);
    const borders = walkBorders(line, count, fresh);
    const folds = walkForward(line, labels, borders, embargo, { tail: true, fresh });
    const symbolOf = (i: number) => symbols.find((s) => i >= s.start && i < s.end)!;
    /** The first row of each row's symbol at or after an instant. */
    const firstRows = (instant: number) => {
      const first = new Map(
        symbols.map((s) => [
          s,
          [...ts.keys()].find((i) => i >= s.start && i < s.end && ts[i]! >= instant) ?? s.end,
        ]),
      );
      return (i: number) => first.get(symbolOf(i))!;
    };
    /** Labelled rows whose span meets neither what begins at an instant nor the embargo in front of it. */
    const apartFrom = (instant: number) => {
      const first = firstRows(instant);
      return [...ts.keys()].filter((i) => {
        const end = labels.endRow[i]!;
        return labels.weight[i]! > 0 && end < first(i) - embargo.rows && ts[end]! < instant - embargo.time;
      });
    };

    it(`learn from all spans that end before the test block and its embargo, and no others (seed ${seed})`, () => {
      expect(folds).toHaveLength(count);
      for (const { training, from } of folds) expect([...training]).toEqual(apartFrom(from));
    });

    it(`stop by the last of them, apart from the others in the same way (seed ${seed})`, () => {
      for (const { training, fit, tail } of folds) {
        if (tail.length === 0) continue;
        const begin = Math.min(...Array.from(tail, (i) => ts[i]!));
        expect([...tail]).toEqual([...training].filter((i) => ts[i]! >= begin));
        const apart = new Set(apartFrom(begin));
        expect([...fit].filter((i) => !apart.has(i))).toEqual([]);
        const weight = (rows: Uint32Array) => rows.reduce((sum, i) => sum + labels.weight[i]!, 0);
        // An instant may hold several rows.
        expect(Math.abs(weight(tail) - tailShare * weight(training))).toBeLessThan(10);
      }
    });

    it(`test every labelled row behind the first block once, but for labels over a border (seed ${seed})`, () => {
      const blockOf = (i: number) =>
        borders.findIndex((b, k) => ts[i]! >= b && ts[i]! < (borders[k + 1] ?? b));
      const foldsOf = new Map<number, number[]>();
      folds.forEach(({ block }, f) => {
        for (const { start, end } of block)
          for (let i = start; i < end; i++) foldsOf.set(i, [...(foldsOf.get(i) ?? []), f]);
      });
      const rows = [...ts.keys()];
      expect(rows.map((i) => foldsOf.get(i) ?? [])).toEqual(
        rows.map((i) => (blockOf(i) < 1 ? [] : [blockOf(i) - 1])),
      );
      folds.forEach(({ test, to }, f) => {
        const inside = (i: number) => labels.weight[i]! > 0 && ts[labels.endRow[i]!]! < to;
        expect([...test]).toEqual(rows.filter((i) => blockOf(i) === f + 1 && inside(i)));
      });
    });

    it(`have a border where evolution ends, and blocks of nearly equal weight beside it (seed ${seed})`, () => {
      const weights = borders.slice(1).map((b, k) => line.weightBefore(b) - line.weightBefore(borders[k]!));
      const mean = weights.reduce((a, b) => a + b, 0) / weights.length;
      if (fresh === undefined) for (const w of weights) expect(Math.abs(w - mean)).toBeLessThan(30);
      else {
        expect(borders).toContain(fresh);
        expect(folds.map((f) => f.seen)).toEqual(folds.map((f) => f.from < fresh));
        expect(folds.at(-1)!.seen).toBe(false);
      }
    });
  }
});
