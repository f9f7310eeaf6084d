/** From a dataset to a problem: labels, parts, blocks. */
import { HybridError } from '../../error.js';
import { type Blocks, cutBlocks, type Embargo, type Part, splitTimeline } from '../../evolve/splits.js';
import { horizonOf, type parseSample, type Target } from '../../evolve/target.js';
import { type Labels, Timeline } from '../../evolve/timeline.js';
import type { Dataset } from '../../io/dataset.js';
import type { Kernels } from '../../kernels/load.js';
import { labelRows, readTimes, sampleRows } from './labels.js';

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

/** Reads times and prices, labels the rows, and splits them. */
export async function poseProblem(
  dataset: Dataset,
  target: Target,
  sample: ReturnType<typeof parseSample>,
  shares: readonly number[],
  maxLookBack: number,
  kernels: Kernels,
): Promise<Problem> {
  const ts = await readTimes(dataset);
  const sampled = sampleRows(dataset, ts, sample);
  const labels = await labelRows(dataset, ts, target, sampled, kernels);
  const line = new Timeline(dataset.symbols, ts, labels.weight);
  const horizon = horizonOf(target);
  const embargo = { rows: Math.max(horizon.rows, maxLookBack), time: horizon.time };
  const effectiveRows = labels.weight.reduce((a, b) => a + b, 0);
  requireLabels(dataset, labels);
  const [search, selection, holdout] = splitTimeline(line, labels, shares, embargo) as [Part, Part, Part];
  const scoredRows = labels.weight.reduce((n, w) => n + (w > 0 ? 1 : 0), 0);
  return {
    dataset,
    line,
    labels,
    parts: { search, selection, holdout },
    embargo,
    effectiveRows,
    scoredRows,
  };
}

function requireLabels({ path }: Dataset, { value, weight }: Labels): void {
  const first = value.findIndex((_, i) => weight[i]! > 0);
  if (first === -1)
    throw new HybridError('E_INPUT', `${path}: expected rows with a label, got none`, {
      hint: 'Choose another or a shorter horizon with --target, or prepare more data.',
    });
  if (value.some((v, i) => weight[i]! > 0 && v !== value[first])) return;
  throw new HybridError('E_INPUT', `${path}: expected labels that differ, got ${value[first]} in every row`, {
    hint: 'Choose another target with --target.',
  });
}

/** Blocks of a part: 32 where it has enough independent labels for them, fewer where not, none below 8. */
export function blocksOf(problem: Problem, part: Part, labelsPerBlock: number): Blocks | undefined {
  const count = Math.min(32, Math.floor(part.effectiveRows / labelsPerBlock));
  return count < 8 ? undefined : cutBlocks(problem.line, part, count);
}
