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
  /** The dataset's row that each row is, where they were shuffled: rows without an order. */
  order: Uint32Array | undefined;
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
  const labelled = await labelDataset(dataset, question, kernels);
  const { line, labels, order, horizon, scoredRows, effectiveRows } = labelled;
  const embargo = { rows: Math.max(horizon.rows, maxLookBack), time: horizon.time };
  const [search, selection, holdout] = splitTimeline(line, labels, shares, embargo) as [Part, Part, Part];
  const parts = { search, selection, holdout };
  return { dataset, line, labels, order, parts, embargo, effectiveRows, scoredRows };
}

/** Blocks of a part: 32 where it has enough independent labels for them, fewer where not, none below 8. */
export function blocksOf(problem: Problem, part: Part, labelsPerBlock: number): Blocks | undefined {
  const count = Math.min(32, Math.floor(part.effectiveRows / labelsPerBlock));
  return count < 8 ? undefined : cutBlocks(problem.line, part, count);
}
