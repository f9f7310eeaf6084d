/** How an export is cut into parts of time, each a COPY of its own. Pure. */
import type { Range } from './source.js';

/** What the planner thinks of a query. */
export interface Estimate {
  rows: number;
  /** Average bytes of a row inside the server; as text it is about half as much again. */
  width: number;
  /** In the planner's own unit; only ratios mean something. */
  cost: number;
}

/** The first and the last instant with a row, µs. */
export interface Extent {
  first: number;
  last: number;
}

/** Steps that people and partitions count in, seconds. */
const steps = [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400, 604_800, 2_419_200] as const;
const microsOfSecond = 1_000_000;
/** More parts than this take longer to plan than they save. */
const mostParts = 20_000;
const textOverWidth = 1.5;

/** Whether one COPY is as good as many: what it gives fits one part of so many bytes. */
export function isSmall({ rows, width }: Estimate, partBytes: number): boolean {
  return rows * width * textOverWidth <= partBytes;
}

/** Whether a part should be cut again. */
export function isLarge({ rows, width }: Estimate, partBytes: number): boolean {
  return rows * width * textOverWidth > 3 * partBytes;
}

/** The step, µs, that gives parts of about so many bytes. */
export function stepFor({ rows, width }: Estimate, { first, last }: Extent, partBytes: number): number {
  const span = Math.max(1, last - first);
  const wanted = (span * partBytes) / (rows * width * textOverWidth);
  const sizes = steps.map((seconds) => seconds * microsOfSecond);
  const fine = sizes.findLast((size) => size <= wanted) ?? sizes[0]!;
  return sizes.find((size) => size >= fine && span / size <= mostParts) ?? sizes.at(-1)!;
}

/** Multiples of the step inside the extent, where a part ends and the next begins. */
export function gridBorders(step: number, { first, last }: Extent): number[] {
  const borders: number[] = [];
  for (let at = (Math.floor(first / step) + 1) * step; at <= last; at += step) borders.push(at);
  return borders;
}

/** The range in parts, without gap or overlap, cut at the borders inside it. */
export function cut(range: Range, borders: readonly number[]): Range[] {
  const inside = [...new Set(borders)]
    .filter(
      (at) => (range.from === undefined || at > range.from) && (range.to === undefined || at < range.to),
    )
    .sort((a, b) => a - b);
  const starts = [range.from, ...inside];
  return starts.map((from, i) => ({ from, to: i < inside.length ? inside[i] : range.to }));
}

/** COPY takes no parameters. */
export function copyOut(query: string, header = true): string {
  return `COPY (${query}) TO STDOUT (FORMAT csv${header ? ', HEADER' : ''})`;
}
