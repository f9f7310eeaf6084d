/** What the data can show, told before anything runs. */
import { finalistsPerPlace } from '../../evolve/archive.js';
import { detectableGain } from '../../evolve/honesty.js';
import type { Blocks } from '../../problem/splits.js';
import type { EffectiveSize } from '../../problem/timeline.js';
import { count } from '../../report/table.js';
import type { Problem } from './problem.js';

/** A gain that few indicators have: where less cannot be shown, the preflight says so. */
export const hopefulGain = 0.02;

/** Observations of a column against the labels of the search part. */
export interface ColumnSize {
  column: string;
  /** Null where it does not vary, or the part is too short. */
  observations: number | null;
}

/** The smallest R² that the selection part shows with 90 % power; null where it is too short for a test. */
export function smallestGain(
  { portfolio }: { portfolio: number },
  problem: Problem,
  selection: Blocks | undefined,
  size: keyof EffectiveSize = 'effectiveRows',
): number | null {
  if (selection === undefined) return null;
  return detectableGain(problem.parts.selection[size], finalistsPerPlace * portfolio, selection.count);
}

export function preflight(
  settings: { portfolio: number; target: string },
  problem: Problem,
  selection: Blocks | undefined,
  columns: readonly ColumnSize[],
): string[] {
  const gain = (size?: keyof EffectiveSize) => smallestGain(settings, problem, selection, size);
  if (problem.order !== undefined) return plainText(problem, gain());
  const rows = `${count(problem.scoredRows)} rows with ${settings.target}, ${sizesText(problem, 'effectiveRows')}`;
  if (problem.line.symbols.length === 1)
    return [rows, ...columnsText(problem, columns), ...power(problem, gain())];
  return [
    rows,
    `that is of the symbol that has most: the ${count(problem.line.symbols.length)} are taken to move together; ` +
      `if each moved by itself there were ${sizesText(problem, 'pooledRows')}`,
    ...columnsText(problem, columns),
    ...power(problem, gain(), gain('pooledRows')),
  ];
}

function sizesText(problem: Problem, size: keyof EffectiveSize): string {
  const independent = (of: EffectiveSize) => count(Math.round(of[size]));
  const { search, selection, holdout } = problem.parts;
  return (
    `${independent(problem)} independent labels: search ${independent(search)}, ` +
    `selection ${independent(selection)}, hold-out ${independent(holdout)}`
  );
}

/** The columns that hold least and most, by their own persistence. */
function columnsText({ parts }: Problem, columns: readonly ColumnSize[]): string[] {
  const known = columns.flatMap((c) => (c.observations === null ? [] : [{ ...c, own: c.observations }]));
  known.sort((a, b) => a.own - b.own);
  const [least, most] = [known[0], known.at(-1)];
  if (least === undefined || most === undefined) return [];
  const of = (c: typeof least) => `${count(Math.round(c.own))} independent observations of ${c.column}`;
  const inflation = inflationOf(parts.search.count, least.own);
  const text = known.length === 1 ? of(least) : `${of(least)} (the fewest) to ${of(most)} (the most)`;
  return [
    `by the columns' own persistence, the search part holds ${text}; a t-value that takes its ${count(parts.search.count)} rows as independent is up to ${inflation.toFixed(1)} times too large`,
  ];
}

/** How many times too large a t-value is that takes rows as independent. */
export function inflationOf(rows: number, observations: number): number {
  return Math.max(1, Math.sqrt(rows / observations));
}

/** Of rows without an order; a part may have none. */
function plainText(problem: Problem, gain: number | null): string[] {
  const { scoredRows, parts } = problem;
  const { search, selection, holdout } = parts;
  const rows = `${count(scoredRows)} rows: search ${count(search.count)}, selection ${count(selection.count)}, hold-out ${count(holdout.count)}`;
  if (gain !== null) return [rows, ...power(problem, gain)];
  return [rows, 'the selection part has too few rows for a test: what is found is reported without one'];
}

/** `pooled`: the gain if each symbol moved by itself. */
function power({ embargo }: Problem, gain: number | null, pooled: number | null = gain): string[] {
  if (gain === null)
    return [
      'the selection part is too short for a test: nothing can be borne out; choose a shorter horizon or more data ' +
        `(its first ${count(embargo.rows)} rows are left out, since formulas look back so far)`,
    ];
  const beside =
    pooled === null || pooled === gain ? '' : ` (${gainText(pooled)} if each symbol moved by itself)`;
  const smallest = `smallest gain that the selection part shows with 90 % power: ${gainText(gain)}${beside}`;
  if (gain <= hopefulGain) return [smallest];
  const times = Math.ceil(gain / hopefulGain);
  return [
    smallest,
    `that is more than most indicators have: choose a shorter horizon or ${times} times the data for R² ${hopefulGain}`,
  ];
}

function gainText(gain: number): string {
  return gain < 1 ? `R² ${gain.toPrecision(2)}` : 'none, not even that of an exact relation';
}
