/**
 * Walk-forward: the time line is cut into blocks of equal weight; each block but the first is predicted by a model of
 * what lies before it. A training label must have ended before the test block and the embargo in front of it begin,
 * in the rows of its own symbol and in time across symbols.
 */
import type { Embargo } from '../problem/splits.js';
import { type Labels, type SymbolRows, Timeline } from '../problem/timeline.js';

export interface Fold {
  /** First instant of the test block, and the first one after it. */
  from: number;
  to: number;
  /** Whether formulas may have been evolved on rows of it. */
  seen: boolean;
  /** Rows to learn from; with {@link tail} taken off, purged and embargoed against it. */
  fit: Uint32Array;
  /** The last training rows: they decide when to stop; empty without early stop. */
  tail: Uint32Array;
  /** All training rows: those of `fit`, of `tail`, and those purged between them. */
  training: Uint32Array;
  /** Rows of the block that have a label which ends in it. */
  test: Uint32Array;
  /** Rows of all symbols that lie in the block, labelled or not. */
  block: readonly { start: number; end: number }[];
}

/** Share of the training weight that decides when to stop. */
export const tailShare = 0.15;

/**
 * Borders of `folds + 1` blocks of equal weight. Where formulas were evolved on all before `fresh`, no block
 * lies on both sides of it: the share of the blocks behind it is that of its weight, but at least one.
 */
export function walkBorders(line: Timeline, folds: number, fresh?: number): number[] {
  const [first, end] = [line.firstInstant, line.endInstant];
  if (fresh === undefined || fresh <= first || fresh >= end) return line.cut(folds + 1, first, end);
  const share = (line.weightBefore(end) - line.weightBefore(fresh)) / line.weightBefore(end);
  const behind = Math.min(folds, Math.max(1, Math.round(share * (folds + 1))));
  return [...line.cut(folds + 1 - behind, first, fresh), ...line.cut(behind, fresh, end).slice(1)];
}

/** The folds between borders; `fresh` is the first instant that evolution has not seen, none where nothing was evolved. */
export function walkForward(
  line: Timeline,
  labels: Labels,
  borders: readonly number[],
  embargo: Embargo,
  { tail, fresh }: { tail: boolean; fresh?: number | undefined },
): Fold[] {
  return borders.slice(1, -1).map((from, f) => {
    const to = borders[f + 2]!;
    const training = rowsBefore(line, labels, from, embargo);
    return {
      from,
      to,
      seen: fresh !== undefined && from < fresh,
      training,
      ...(tail
        ? withTail(line, labels, training, from, embargo)
        : { fit: training, tail: new Uint32Array(0) }),
      test: rowsWithin(line, labels, from, to),
      block: line.symbols.map((s) => ({ start: line.firstRowAt(s, from), end: line.firstRowAt(s, to) })),
    };
  });
}

/** Scored rows whose label ends before the embargo in front of an instant. */
function rowsBefore(line: Timeline, labels: Labels, instant: number, embargo: Embargo): Uint32Array {
  return rowsWhere(line, (symbol) => {
    const clear = clearOf(line, symbol, instant, embargo);
    return { start: symbol.start, end: clear, wanted: (i) => scored(labels, i) && labels.endRow[i]! < clear };
  });
}

/** The first row of the embargo in front of an instant. */
function clearOf(line: Timeline, symbol: SymbolRows, instant: number, embargo: Embargo): number {
  const rows = line.firstRowAt(symbol, instant) - embargo.rows;
  return Math.max(symbol.start, Math.min(rows, line.firstRowAt(symbol, instant - embargo.time)));
}

/** The tail holds the last of the training weight, so that an embargo does not eat it. */
function withTail(line: Timeline, labels: Labels, training: Uint32Array, until: number, embargo: Embargo) {
  const weight = new Float64Array(line.ts.length);
  for (const i of training) weight[i] = labels.weight[i]!;
  const learnt = new Timeline(line.symbols, line.ts, weight);
  const begin = learnt.instantAt(1 - tailShare, line.firstInstant, until);
  const tail = training.filter((i) => line.ts[i]! >= begin);
  return { tail, fit: rowsBefore(line, labels, begin, embargo) };
}

function rowsWithin(line: Timeline, labels: Labels, from: number, to: number): Uint32Array {
  return rowsWhere(line, (symbol) => {
    const end = line.firstRowAt(symbol, to);
    const start = line.firstRowAt(symbol, from);
    return { start, end, wanted: (i) => scored(labels, i) && labels.endRow[i]! < end };
  });
}

function scored(labels: Labels, row: number): boolean {
  return labels.weight[row]! > 0;
}

function rowsWhere(
  line: Timeline,
  rangeOf: (symbol: SymbolRows) => { start: number; end: number; wanted: (i: number) => boolean },
): Uint32Array {
  const ranges = line.symbols.map(rangeOf);
  const count = ranges.reduce((n, r) => n + Math.max(0, r.end - r.start), 0);
  const rows = new Uint32Array(count);
  let at = 0;
  for (const { start, end, wanted } of ranges)
    for (let i = start; i < end; i++) if (wanted(i)) rows[at++] = i;
  return rows.slice(0, at);
}
