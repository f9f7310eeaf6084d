/**
 * Parts of the time line that do not see each other. A row belongs to a part when its whole label lies in
 * it (purge); behind a border the first rows stay out until neither their label nor the widest window
 * reaches across it (embargo). Borders and embargo are fixed before anything is evaluated.
 */
import { HybridError } from '../error.js';
import { type Labels, noRow, type SymbolRows, Timeline } from './timeline.js';

export const partNames = ['search', 'selection', 'holdout'] as const;
export type PartName = (typeof partNames)[number];

export interface Part {
  name: PartName;
  /** First instant, and the first one after it. */
  from: number;
  to: number;
  /** 1 for the rows that are scored. */
  rows: Uint8Array;
  count: number;
  /** Sum of the weights: independent labels. */
  effectiveRows: number;
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
    return { name, from, to, rows, ...sizes(rows, labels) };
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

function sizes(rows: Uint8Array, labels: Labels): { count: number; effectiveRows: number } {
  let [count, effectiveRows] = [0, 0];
  for (let i = 0; i < rows.length; i++) {
    if (rows[i] === 0) continue;
    count++;
    effectiveRows += labels.weight[i]!;
  }
  return { count, effectiveRows };
}

/**
 * Contiguous folds of a part. `segment` says for each row of the part: its fold × 4, + 1 where it lies in
 * the embargo behind the fold's first border, + 2 where its label reaches across the last one; 255 for others.
 */
export interface Folds {
  count: number;
  segment: Uint8Array;
}

const otherRow = 255;

export function cutFolds(line: Timeline, labels: Labels, part: Part, embargo: Embargo, count: number): Folds {
  const borders = line.cut(count, part.from, part.to);
  const segment = new Uint8Array(part.rows.length).fill(otherRow);
  for (const symbol of line.symbols) {
    for (let f = 0; f < count; f++) {
      const span = foldSpan(line, symbol, borders, f, embargo);
      for (let i = span.begin; i < span.end; i++) {
        if (part.rows[i] === 0) continue;
        segment[i] = 4 * f + (i < span.clear ? 1 : 0) + (labels.endRow[i]! >= span.end ? 2 : 0);
      }
    }
  }
  return { count, segment };
}

function foldSpan(
  line: Timeline,
  symbol: SymbolRows,
  borders: readonly number[],
  f: number,
  embargo: Embargo,
): { begin: number; clear: number; end: number } {
  const begin = line.firstRowAt(symbol, borders[f]!);
  // Labels of the fold before may reach over the border by as much as their horizon: the embargo covers it.
  const clear = Math.max(begin + embargo.rows, line.firstRowAt(symbol, borders[f]! + embargo.time));
  return { begin, clear: f === 0 ? begin : clear, end: line.firstRowAt(symbol, borders[f + 1]!) };
}

/** Whether rows of a segment may train the model that predicts fold `test`. */
export function trains(segment: number, test: number): boolean {
  if (segment === otherRow) return false;
  const fold = segment >> 2;
  if (fold === test) return false;
  if (fold === test - 1) return (segment & 2) === 0;
  return fold === test + 1 ? (segment & 1) === 0 : true;
}

/** Whether rows of a segment are predicted as fold `test`. */
export function tests(segment: number, test: number): boolean {
  return segment !== otherRow && segment >> 2 === test;
}

/** Blocks of a part: stretches of time of equal weight. `of` is the block of each row, {@link noRow} for none. */
export interface Blocks {
  count: number;
  of: Uint32Array;
}

export function cutBlocks(line: Timeline, part: Part, count: number): Blocks {
  const weight = Float64Array.from(part.rows, (scored, i) => scored * line.weight[i]!);
  const borders = new Timeline(line.symbols, line.ts, weight).cut(count, part.from, part.to);
  const of = new Uint32Array(part.rows.length).fill(noRow);
  for (const symbol of line.symbols) {
    for (let b = 0; b < count; b++) {
      const end = line.firstRowAt(symbol, borders[b + 1]!);
      for (let i = line.firstRowAt(symbol, borders[b]!); i < end; i++) if (part.rows[i] === 1) of[i] = b;
    }
  }
  return { count, of };
}
