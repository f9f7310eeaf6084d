/**
 * Labels moved on in a circle: what is left of a problem when its target has nothing to do with its columns, while
 * both stay as persistent as they are. Each part is a circle of its own, in each symbol.
 */
import type { Part } from './splits.js';
import { type Labels, noRow, type SymbolRows, Timeline } from './timeline.js';

/**
 * Each scored row of the parts gets the label that lies `share` of its symbol's rows of the part ahead, with its
 * weight; a label covers as many scored rows as it did. Rows of no part lose theirs.
 */
export function moveLabels(
  line: Timeline,
  labels: Labels,
  parts: readonly Part[],
  share: number,
): { line: Timeline; labels: Labels } {
  const moved: Labels = {
    value: new Float64Array(labels.value.length).fill(Number.NaN),
    endRow: new Uint32Array(labels.value.length).fill(noRow),
    weight: new Float64Array(labels.value.length),
  };
  for (const part of parts) for (const symbol of line.symbols) moveWithin(part, symbol, labels, share, moved);
  return { line: new Timeline(line.symbols, line.ts, moved.weight), labels: moved };
}

function moveWithin(part: Part, symbol: SymbolRows, from: Labels, share: number, into: Labels): void {
  const rows = scoredRows(part, symbol);
  const shift = Math.round(share * rows.length);
  /** The last scored row of the part that the label of each has seen, as a place among them. */
  const seen = lastSeen(rows, from.endRow);
  for (let k = 0; k < rows.length; k++) {
    const source = (k + shift) % rows.length;
    into.value[rows[k]!] = from.value[rows[source]!]!;
    into.weight[rows[k]!] = from.weight[rows[source]!]!;
    into.endRow[rows[k]!] = rows[Math.min(rows.length - 1, k + seen[source]! - source)]!;
  }
}

function scoredRows({ rows }: Part, { start, end }: SymbolRows): Uint32Array {
  const scored = new Uint32Array(end - start);
  let count = 0;
  for (let i = start; i < end; i++) if (rows[i] === 1) scored[count++] = i;
  return scored.slice(0, count);
}

/** Labels end in the order in which they begin, or nearly so: the search goes on from the one before. */
function lastSeen(rows: Uint32Array, endRow: Uint32Array): Uint32Array {
  const seen = new Uint32Array(rows.length);
  let at = 0;
  for (let k = 0; k < rows.length; k++) {
    const end = endRow[rows[k]!]!;
    at = Math.max(at, k);
    while (at + 1 < rows.length && rows[at + 1]! <= end) at++;
    while (at > k && rows[at]! > end) at--;
    seen[k] = at;
  }
  return seen;
}

/**
 * The least lag, in rows, at which a column's |autocorrelation| is below 0.1 over the rows `start … end − 1`: a power
 * of 2, at most a quarter of them. Estimated on about 20,000 pairs of rows.
 */
export function persistenceOf(column: ArrayLike<number>, start: number, end: number): number {
  const most = Math.max(1, Math.floor((end - start) / 4));
  for (let lag = 1; lag < most; lag *= 2)
    if (!(Math.abs(autocorrelation(column, start, end, lag)) >= 0.1)) return lag;
  return most;
}

function autocorrelation(column: ArrayLike<number>, start: number, end: number, lag: number): number {
  const step = Math.max(1, Math.floor((end - start - lag) / 20_000));
  let [n, a, b, aa, bb, ab] = [0, 0, 0, 0, 0, 0];
  for (let i = start; i + lag < end; i += step) {
    const [x, y] = [column[i]!, column[i + lag]!];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    n++;
    a += x;
    b += y;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  const below = (aa - (a * a) / n) * (bb - (b * b) / n);
  return below > 0 ? (ab - (a * b) / n) / Math.sqrt(below) : 0;
}
