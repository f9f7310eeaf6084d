/** What the data can show, told before anything runs. */
import { finalistsPerPlace } from '../../evolve/archive.js';
import { detectableGain } from '../../evolve/honesty.js';
import type { Blocks } from '../../problem/splits.js';
import { count } from '../../report/table.js';
import type { Problem } from './problem.js';

/** A gain that few indicators have: where less cannot be shown, the preflight says so. */
const hopefulGain = 0.02;

/** The smallest R² that the selection part shows with 90 % power; null where it is too short for a test. */
export function smallestGain(
  { portfolio }: { portfolio: number },
  problem: Problem,
  selection: Blocks | undefined,
): number | null {
  if (selection === undefined) return null;
  const { effectiveRows } = problem.parts.selection;
  return detectableGain(effectiveRows, finalistsPerPlace * portfolio, selection.count);
}

export function preflight(
  settings: { portfolio: number; target: string },
  problem: Problem,
  selection: Blocks | undefined,
): string[] {
  const { scoredRows, effectiveRows, parts } = problem;
  const independent = (n: number) => count(Math.round(n));
  if (problem.order !== undefined) return plainText(problem, smallestGain(settings, problem, selection));
  const rows =
    `${count(scoredRows)} rows with ${settings.target}, ${independent(effectiveRows)} independent labels: ` +
    `search ${independent(parts.search.effectiveRows)}, selection ${independent(parts.selection.effectiveRows)}, hold-out ${independent(parts.holdout.effectiveRows)}`;
  return [rows, ...power(smallestGain(settings, problem, selection))];
}

/** Of rows without an order; a part may have none. */
function plainText({ scoredRows, parts }: Problem, gain: number | null): string[] {
  const { search, selection, holdout } = parts;
  const rows = `${count(scoredRows)} rows: search ${count(search.count)}, selection ${count(selection.count)}, hold-out ${count(holdout.count)}`;
  if (gain !== null) return [rows, ...power(gain)];
  return [rows, 'the selection part has too few rows for a test: what is found is reported without one'];
}

function power(gain: number | null): string[] {
  if (gain === null)
    return [
      'the selection part is too short for a test: nothing can be borne out; choose a shorter horizon or more data',
    ];
  const smallest = `smallest gain that the selection part shows with 90 % power: R² ${gain.toPrecision(2)}`;
  if (gain <= hopefulGain) return [smallest];
  const times = Math.ceil(gain / hopefulGain);
  return [
    smallest,
    `that is more than most indicators have: choose a shorter horizon or ${times} times the data for R² ${hopefulGain}`,
  ];
}
