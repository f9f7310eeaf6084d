import { describe, expect, it } from 'vitest';
import { cutBlocks, cutFolds, splitTimeline, tests, trains } from '../../ts/problem/splits.js';
import { type Labels, noRow } from '../../ts/problem/timeline.js';
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
    const { line, labels, ts, symbols, embargo } = randomTimeline(seed);
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

    it(`never train a fold on a span that meets its test spans (seed ${seed})`, () => {
      const search = parts[0]!;
      const folds = cutFolds(line, labels, search, embargo, 2);
      for (let f = 0; f < folds.count; f++) {
        const train = rowsOf(folds.segment, (s) => trains(s, f));
        const test = rowsOf(folds.segment, (s) => tests(s, f));
        const tested = seen(test, labels, symbols, symbolOf, 0);
        const trained = seen(train, labels, symbols, symbolOf, 0);
        expect([...trained].filter((i) => tested.has(i))).toEqual([]);
        const spans = (rows: number[]) => rows.map((i) => [ts[i]!, ts[labels.endRow[i]!]!] as const);
        const [first, last] = [
          Math.min(...spans(test).map(([from]) => from)),
          Math.max(...spans(test).map(([, to]) => to)),
        ];
        expect(spans(train).filter(([from, to]) => to >= first && from <= last)).toEqual([]);
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
      const mean = search.effectiveRows / 8;
      // An instant may hold several rows: a block is off by no more than those of its borders.
      for (const w of weight) expect(Math.abs(w - mean)).toBeLessThan(30);
    });
  }
});
