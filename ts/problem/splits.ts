/**
 * Parts of the time line that do not see each other. A row belongs to a part when its whole label lies in
 * it (purge); behind a border the first rows stay out until neither their label nor the widest window
 * reaches across it (embargo). Borders and embargo are fixed before anything is evaluated.
 */
import { HybridError } from '../error.js';
import {
  type EffectiveSize,
  effectiveSize,
  type Labels,
  noRow,
  type SymbolRows,
  Timeline,
} from './timeline.js';

export const partNames = ['search', 'selection', 'holdout'] as const;
export type PartName = (typeof partNames)[number];

export interface Part extends EffectiveSize {
  name: PartName;
  /** First instant, and the first one after it. */
  from: number;
  to: number;
  /** 1 for the rows that are scored. */
  rows: Uint8Array;
  count: number;
}

export interface Embargo {
  /** Rows behind a border that stay out, of each symbol. */
  rows: number;
  /** Time behind a border that stays out, in the unit of the time line. */
  time: number;
}

/** `60/20/20` → shares of 1. */
export function parseSplit(text: string): [number, number, number] {
  const shares = text.split('/').map((t) => (/^\d+(\.\d+)?$/.test(t.trim()) ? Number(t) : Number.NaN));
  const sum = shares.reduce((a, b) => a + b, 0);
  if (shares.length !== 3 || Math.abs(sum - 100) > 1e-9 || !(shares[0]! > 0)) {
    throw new HybridError('E_USAGE', `--split: expected three parts that add up to 100, got "${text}"`, {
      hint: 'Write search, selection and hold-out in per cent, such as --split 60/20/20.',
    });
  }
  return shares.map((s) => s / 100) as [number, number, number];
}

/** Search, selection and hold-out: shares of the weight, in time order. */
export function splitTimeline(
  line: Timeline,
  labels: Labels,
  shares: readonly number[],
  embargo: Embargo,
): Part[] {
  const first = line.instantAt(shares[0]!);
  const second = line.instantAt(shares[0]! + shares[1]!);
  const borders = [line.firstInstant, first, Math.max(first, second), line.endInstant];
  return partNames.map((name, p) => {
    const [from, to] = [borders[p]!, borders[p + 1]!];
    const rows = rowsWithin(line, labels, from, to, p === 0 ? { rows: 0, time: 0 } : embargo);
    const count = rows.reduce((n, scored) => n + scored, 0);
    return { name, from, to, rows, count, ...effectiveSize(line.symbols, labels.weight, rows) };
  });
}

function rowsWithin(line: Timeline, labels: Labels, from: number, to: number, embargo: Embargo): Uint8Array {
  const rows = new Uint8Array(line.ts.length);
  for (const symbol of line.symbols) {
    const begin = Math.max(
      line.firstRowAt(symbol, from) + embargo.rows,
      line.firstRowAt(symbol, from + embargo.time),
    );
    const end = line.firstRowAt(symbol, to);
    for (let i = begin; i < end; i++) rows[i] = labels.weight[i]! > 0 && labels.endRow[i]! < end ? 1 : 0;
  }
  return rows;
}

/**
 * Contiguous folds of a part. A row may train the model that predicts a fold when its label ends before the fold
 * begins, or when it lies behind all that the fold's labels have seen and behind the embargo, however many folds lie
 * between: labels may be longer than folds. So `segment` says for each row of the part its fold, how many of the folds
 * before it are clear of it, and the last fold that its label reaches, as digits to the base of 6; 255 for other rows.
 */
export interface Folds {
  count: number;
  segment: Uint8Array;
}

const otherRow = 255;
const base = 6;
/** Three digits to the base of 6 are below {@link otherRow} as long as the first one is. */
const mostFolds = 5;

export function cutFolds(line: Timeline, labels: Labels, part: Part, embargo: Embargo, count: number): Folds {
  if (count > mostFolds)
    throw new HybridError('E_INTERNAL', `folds: expected at most ${mostFolds}, got ${count}`);
  const borders = line.cut(count, part.from, part.to);
  const seen = lastSeen(line, labels, part, borders);
  const segment = new Uint8Array(part.rows.length).fill(otherRow);
  for (const symbol of line.symbols) {
    const begins = borders.map((border) => line.firstRowAt(symbol, border));
    const clear = clearRows(line, symbol, borders, seen, embargo);
    for (let f = 0; f < count; f++) {
      for (let i = begins[f]!; i < begins[f + 1]!; i++) {
        if (part.rows[i] === 0) continue;
        let [before, reach] = [0, f];
        while (before < f && i >= clear[before]!) before++;
        while (reach + 1 < count && labels.endRow[i]! >= begins[reach + 1]!) reach++;
        segment[i] = (f * base + before) * base + reach;
      }
    }
  }
  return { count, segment };
}

/** The last instant that the labels of each fold have seen, in any symbol. */
function lastSeen(line: Timeline, labels: Labels, part: Part, borders: readonly number[]): number[] {
  return borders.slice(1).map((border, f) => {
    let last = Number.NEGATIVE_INFINITY;
    for (const symbol of line.symbols) {
      const end = line.firstRowAt(symbol, border);
      for (let i = line.firstRowAt(symbol, borders[f]!); i < end; i++)
        if (part.rows[i] === 1) last = Math.max(last, line.ts[labels.endRow[i]!]!);
    }
    return last;
  });
}

/** Of each fold, the symbol's first row that is clear of it: behind its labels, its embargo, and the folds before it. */
function clearRows(
  line: Timeline,
  symbol: SymbolRows,
  borders: readonly number[],
  seen: readonly number[],
  embargo: Embargo,
): number[] {
  let clear = symbol.start;
  return seen.map((last, f) => {
    const end = borders[f + 1]!;
    clear = Math.max(
      clear,
      line.firstRowAfter(symbol, last),
      line.firstRowAt(symbol, end) + embargo.rows,
      line.firstRowAt(symbol, end + embargo.time),
    );
    return clear;
  });
}

/** The fold of a segment's rows; undefined for rows of none. */
export function foldOf(segment: number): number | undefined {
  return segment === otherRow ? undefined : Math.floor(segment / base ** 2);
}

/** Whether rows of a segment may train the model that predicts fold `test`. */
export function trains(segment: number, test: number): boolean {
  if (segment === otherRow) return false;
  return test < Math.floor(segment / base) % base || test > segment % base;
}

/** Whether rows of a segment are predicted as fold `test`. */
export function tests(segment: number, test: number): boolean {
  return foldOf(segment) === test;
}

/** Blocks of a part: stretches of time of equal weight. `of` is the block of each row, {@link noRow} for none. */
export interface Blocks {
  count: number;
  of: Uint32Array;
}

export function cutBlocks(line: Timeline, part: Part, count: number): Blocks {
  return placeRows(line, part, ofPart(line, part).cut(count, part.from, part.to));
}

/**
 * As many blocks as the part has independent labels for, at most `most`: in each of them some symbol has `labels` of its
 * own, or nearly so. Labels of several symbols that move together are not more than those of one. Undefined where that
 * leaves fewer than `least` blocks.
 */
export function independentBlocks(
  line: Timeline,
  part: Part,
  labels: number,
  { most, least }: { most: number; least: number },
): Blocks | undefined {
  const own = ofPart(line, part);
  for (let count = Math.min(most, Math.floor(part.effectiveRows / labels)); count >= least; count--) {
    const borders = own.cut(count, part.from, part.to);
    // A border lies between two rows: a block may be short of one label.
    if (leastHeld(own, borders) >= labels - 1 - 1e-9) return placeRows(line, part, borders);
  }
  return undefined;
}

/** The same rows, weighing nothing outside the part. */
function ofPart(line: Timeline, part: Part): Timeline {
  const weight = Float64Array.from(part.rows, (scored, i) => scored * line.weight[i]!);
  return new Timeline(line.symbols, line.ts, weight);
}

/** What the symbol with most of it holds of the block that holds least. */
function leastHeld(line: Timeline, borders: readonly number[]): number {
  const held = line.symbols.map((symbol) => borders.map((border) => line.weightOf(symbol, border)));
  const blocks = borders.slice(1).map((_, b) => Math.max(...held.map((w) => w[b + 1]! - w[b]!)));
  return Math.min(...blocks);
}

function placeRows(line: Timeline, part: Part, borders: readonly number[]): Blocks {
  const count = borders.length - 1;
  const of = new Uint32Array(part.rows.length).fill(noRow);
  for (const symbol of line.symbols) {
    for (let b = 0; b < count; b++) {
      const end = line.firstRowAt(symbol, borders[b + 1]!);
      for (let i = line.firstRowAt(symbol, borders[b]!); i < end; i++) if (part.rows[i] === 1) of[i] = b;
    }
  }
  return { count, of };
}
