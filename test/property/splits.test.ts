import { describe, expect, it } from 'vitest';
import {
  cutBlocks,
  cutFolds,
  independentBlocks,
  splitTimeline,
  tests,
  trains,
} from '../../ts/problem/splits.js';
import { effectiveSize, type Labels, noRow, Timeline } from '../../ts/problem/timeline.js';
import { randomTimeline } from '../support/timeline.js';

/** The rows that a set of rows has seen: labels look ahead, windows back. */
function seen(
  rows: readonly number[],
  labels: Labels,
  symbols: readonly { start: number }[],
  symbolOf: (i: number) => number,
  back: number,
) {
  const found = new Set<number>();
  for (const i of rows) {
    const first = Math.max(symbols[symbolOf(i)]!.start, i - back);
    for (let j = first; j <= labels.endRow[i]!; j++) found.add(j);
  }
  return found;
}

describe('splits', () => {
  for (let seed = 0; seed < 60; seed++) {
    // In every third, labels as long as several folds.
    const { line, labels, ts, symbols, embargo } = randomTimeline(seed, seed % 3 === 2 ? 3000 : 400);
    const symbolOf = (i: number) => symbols.findIndex((s) => i >= s.start && i < s.end);
    const rowsOf = (marks: Uint8Array, wanted: (m: number) => boolean) =>
      [...marks.keys()].filter((i) => wanted(marks[i]!));
    const parts = splitTimeline(line, labels, [0.6, 0.2, 0.2], embargo);

    it(`never let a label of one part see what a later part sees (seed ${seed})`, () => {
      for (const [p, q] of [
        [0, 1],
        [0, 2],
        [1, 2],
      ] as const) {
        const earlier = rowsOf(parts[p]!.rows, (m) => m === 1);
        const later = rowsOf(parts[q]!.rows, (m) => m === 1);
        const labelSpans = seen(earlier, labels, symbols, symbolOf, 0);
        const laterRows = seen(later, labels, symbols, symbolOf, embargo.rows);
        expect([...laterRows].filter((i) => labelSpans.has(i))).toEqual([]);
        // In time as well, across symbols.
        const lastSeen = Math.max(...earlier.map((i) => ts[labels.endRow[i]!]!));
        expect(Math.min(...later.map((i) => ts[i]!))).toBeGreaterThan(lastSeen);
      }
    });

    it(`never train a fold on a span that meets its test spans or the embargo behind them (seed ${seed})`, () => {
      const search = parts[0]!;
      for (const count of [2, 3, 4, 5]) {
        const folds = cutFolds(line, labels, search, embargo, count);
        for (let f = 0; f < folds.count; f++) {
          const train = rowsOf(folds.segment, (s) => trains(s, f));
          const test = rowsOf(folds.segment, (s) => tests(s, f));
          if (test.length === 0) continue;
          const spans = (rows: number[]) => rows.map((i) => [ts[i]!, ts[labels.endRow[i]!]!] as const);
          const [first, last] = [
            Math.min(...spans(test).map(([from]) => from)),
            Math.max(...spans(test).map(([, to]) => to)),
          ];
          expect(spans(train).filter(([from, to]) => to >= first && from <= last)).toEqual([]);
          // Behind the fold's last row of a symbol, and behind that instant in all of them.
          const behind = train.filter((i) => ts[i]! > last);
          const end = Math.max(...test.map((i) => ts[i]!));
          expect(behind.filter((i) => ts[i]! <= end + embargo.time)).toEqual([]);
          for (const { start, end } of symbols) {
            const own = test.filter((i) => i >= start && i < end);
            const least = Math.max(...own) + embargo.rows;
            expect(behind.filter((i) => i >= start && i < end && i <= least)).toEqual([]);
          }
        }
      }
    });

    it(`cut blocks of equal weight in the order of time (seed ${seed})`, () => {
      const search = parts[0]!;
      const blocks = cutBlocks(line, search, 8);
      const weight = new Float64Array(8);
      search.rows.forEach((mark, i) => {
        expect(blocks.of[i] === noRow).toBe(mark === 0);
        if (mark === 1) weight[blocks.of[i]!]! += labels.weight[i]!;
      });
      const mean = search.pooledRows / 8;
      // An instant may hold several rows: a block is off by no more than those of its borders.
      for (const w of weight) expect(Math.abs(w - mean)).toBeLessThan(30);
    });
  }
});

/** Labels `horizon` rows long, one a row; each weighs 1 / (horizon + 1), as its uniqueness. */
function sameMarket(lengths: readonly (readonly [from: number, to: number])[], horizon: number) {
  const ts: number[] = [];
  const symbols = lengths.map(([from, to], s) => {
    const start = ts.length;
    for (let t = from; t < to; t++) ts.push(t);
    return { name: `S${s}`, start, end: ts.length };
  });
  const weight = new Float64Array(ts.length).fill(1 / (horizon + 1));
  const line = new Timeline(symbols, Float64Array.from(ts), weight);
  const rows = new Uint8Array(ts.length).fill(1);
  const size = effectiveSize(symbols, weight);
  const [from, to] = [line.firstInstant, line.endInstant];
  return { line, part: { name: 'selection' as const, from, to, rows, count: ts.length, ...size } };
}

describe('blocks of several symbols', () => {
  const limits = { most: 32, least: 8 };
  const lengthsOf = ({ line, part }: ReturnType<typeof sameMarket>) => {
    const blocks = independentBlocks(line, part, 5, limits)!;
    const times = Array.from({ length: blocks.count }, () => new Set<number>());
    for (const [i, b] of blocks.of.entries()) times[b]!.add(line.ts[i]!);
    return times.map((t) => t.size);
  };

  it('are as many as one symbol has labels for, however many move beside it', () => {
    const horizon = 9;
    for (const symbols of [1, 2, 20]) {
      const market = sameMarket(Array(symbols).fill([0, 600]), horizon);
      expect(market.part.effectiveRows).toBeCloseTo(60, 9);
      expect(market.part.pooledRows).toBeCloseTo(60 * symbols, 9);
      const lengths = lengthsOf(market);
      expect(lengths).toHaveLength(12);
      expect(Math.min(...lengths)).toBeGreaterThanOrEqual(4 * (horizon + 1));
    }
  });

  it('are fewer where many symbols lie in a short time: no block is shorter than its labels', () => {
    const burst = Array<[number, number]>(5).fill([1000, 1100]);
    const lengths = lengthsOf(sameMarket([[0, 2000], ...burst], 9));
    expect(lengths.length).toBeGreaterThanOrEqual(8);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(40);
  });

  it('are none where no symbol has labels for eight', () => {
    const { line, part } = sameMarket(Array(20).fill([0, 300]), 9);
    expect(independentBlocks(line, part, 5, limits)).toBeUndefined();
  });
});
