/** From a dataset to a problem: labels, parts, blocks. */

import type { Dataset } from '../../io/dataset.js';
import type { Kernels } from '../../kernels/load.js';
import { type Blocks, cutBlocks, type Embargo, type Part, splitTimeline } from '../../problem/splits.js';
import type { Labels, Timeline } from '../../problem/timeline.js';
import { labelDataset, type Question } from '../problem/labels.js';

export interface Problem {
  dataset: Dataset;
  line: Timeline;
  labels: Labels;
  parts: { search: Part; selection: Part; holdout: Part };
  embargo: Embargo;
  /** Σ of the weights of all parts together with what purge and embargo took. */
  effectiveRows: number;
  /** Rows that have a label and are sampled. */
  scoredRows: number;
}

/** Labels the rows and splits them. */
export async function poseProblem(
  dataset: Dataset,
  question: Question,
  shares: readonly number[],
  maxLookBack: number,
  kernels: Kernels,
): Promise<Problem> {
  const { line, labels, horizon, scoredRows, effectiveRows } = await labelDataset(dataset, question, kernels);
  const embargo = { rows: Math.max(horizon.rows, maxLookBack), time: horizon.time };
  const [search, selection, holdout] = splitTimeline(line, labels, shares, embargo) as [Part, Part, Part];
  return { dataset, line, labels, parts: { search, selection, holdout }, embargo, effectiveRows, scoredRows };
}

/** Blocks of a part: 32 where it has enough independent labels for them, fewer where not, none below 8. */
export function blocksOf(problem: Problem, part: Part, labelsPerBlock: number): Blocks | undefined {
  const count = Math.min(32, Math.floor(part.effectiveRows / labelsPerBlock));
  return count < 8 ? undefined : cutBlocks(problem.line, part, count);
}
