/** From a dataset to a problem: labels, parts, blocks, scaled columns, residuals. */
import { HybridError } from '../../error.js';
import { fitRidge, residualsOf } from '../../evolve/baseline.js';
import { unitOf } from '../../evolve/scale.js';
import {
  type Blocks,
  cutBlocks,
  cutFolds,
  type Embargo,
  type Part,
  splitTimeline,
} from '../../evolve/splits.js';
import { horizonOf, type parseSample, type Target } from '../../evolve/target.js';
import type { Terminal } from '../../evolve/terminals.js';
import { type Labels, noRow, Timeline } from '../../evolve/timeline.js';
import { type Dataset, readColumns, readNumbers, requireColumn } from '../../io/dataset.js';
import { callKernel, type Kernels } from '../../kernels/load.js';

/** Columns as the search sees them: f32 of order 1, NaN for null, in memory that workers share. */
export interface SearchColumns {
  names: readonly string[];
  kinds: readonly Terminal['kind'][];
  values: readonly Float32Array[];
  /** What each column was multiplied by. */
  units: readonly number[];
}

export interface Problem {
  dataset: Dataset;
  line: Timeline;
  labels: Labels;
  parts: { search: Part; selection: Part; holdout: Part };
  embargo: Embargo;
  /** Σ of the weights of all parts together with what purge and embargo took. */
  effectiveRows: number;
  labelledRows: number;
}

/** Minutes without a trade that part two segments: as the dataset was prepared, 60 for a foreign table. */
function gapResetMinutes(dataset: Dataset): number {
  const text = dataset.metadata.get('hybrid.parameters') ?? '';
  return Number(/"gap_reset_min":"?(\d+)/.exec(text)?.[1] ?? 60);
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
  if (!(effectiveRows > 0)) {
    throw new HybridError('E_INPUT', `${dataset.path}: expected rows with a label, got none`, {
      hint: 'Choose a shorter horizon with --target, or prepare more data.',
    });
  }
  const [search, selection, holdout] = splitTimeline(line, labels, shares, embargo) as [Part, Part, Part];
  const labelledRows = labels.weight.reduce((n, w) => n + (w > 0 ? 1 : 0), 0);
  return {
    dataset,
    line,
    labels,
    parts: { search, selection, holdout },
    embargo,
    effectiveRows,
    labelledRows,
  };
}

/** Times in µs; a table without `ts` is in the order of its rows. */
async function readTimes(dataset: Dataset): Promise<Float64Array> {
  if (!dataset.columns.some((c) => c.name === 'ts')) {
    const ts = new Float64Array(dataset.rows);
    for (const { start, end } of dataset.symbols) for (let i = start; i < end; i++) ts[i] = i - start;
    return ts;
  }
  const [ts] = await readNumbers(dataset, ['ts']);
  for (const { name, start, end } of dataset.symbols) {
    for (let i = start; i < end; i++) {
      if (i > start ? ts![i]! >= ts![i - 1]! : !Number.isNaN(ts![i]!)) continue;
      throw new HybridError(
        'E_INPUT',
        `${dataset.path}: ts of row ${i - start} ${name}: expected times in order`,
        {
          hint: 'Sort the dataset by ts, or prepare it again.',
        },
      );
    }
  }
  return ts!;
}

function sampleRows(dataset: Dataset, ts: Float64Array, sample: ReturnType<typeof parseSample>): Uint8Array {
  const sampled = new Uint8Array(ts.length);
  for (const { start, end } of dataset.symbols) {
    let next = Number.NEGATIVE_INFINITY;
    for (let i = start; i < end; i++) {
      if ('rows' in sample) sampled[i] = (i - start) % sample.rows === 0 ? 1 : 0;
      else if (ts[i]! >= next) {
        sampled[i] = 1;
        next = ts[i]! + sample.time;
      }
    }
  }
  return sampled;
}

async function labelRows(
  dataset: Dataset,
  ts: Float64Array,
  target: Target,
  sampled: Uint8Array,
  kernels: Kernels,
): Promise<Labels> {
  const labels: Labels = {
    value: new Float64Array(ts.length),
    endRow: new Uint32Array(ts.length).fill(noRow),
    weight: new Float64Array(ts.length),
  };
  const price = await priceOf(dataset, target);
  const gapReset = gapResetMinutes(dataset);
  for (const { start, end } of dataset.symbols) {
    const own = labelSymbol(ts.subarray(start, end), price.subarray(start, end), target, gapReset, kernels);
    for (let i = start; i < end; i++) {
      const known = Number.isFinite(own.value[i - start]!);
      if (sampled[i] === 0 || !known) own.endRow[i - start] = noRow;
    }
    labels.value.set(own.value, start);
    labels.weight.set(
      callKernel(() => kernels.uniqueness(own.endRow)),
      start,
    );
    for (let i = start; i < end; i++) {
      const last = own.endRow[i - start]!;
      labels.endRow[i] = last === noRow ? noRow : last + start;
    }
  }
  return labels;
}

/** The price that labels look at, or the target column itself. */
async function priceOf(dataset: Dataset, target: Target): Promise<Float64Array> {
  if (target.kind === 'column') {
    requireColumn(dataset, target.name, '--target');
    return (await readNumbers(dataset, [target.name]))[0]!;
  }
  const names = target.price === 'trade' ? ['price'] : ['bid', 'ask'];
  for (const name of [...names, 'ts']) {
    if (dataset.columns.some((c) => c.name === name)) continue;
    throw new HybridError(
      'E_INPUT',
      `${dataset.path}: expected a column "${name}" for the target, got none`,
      {
        hint: 'Name a column of the table as the target: --target column:<name>.',
      },
    );
  }
  const [first, second] = await readNumbers(dataset, names);
  return second === undefined ? first! : first!.map((bid, i) => (bid + second[i]!) / 2);
}

function labelSymbol(
  ts: Float64Array,
  price: Float64Array,
  target: Target,
  gapReset: number,
  kernels: Kernels,
): { value: Float64Array; endRow: Uint32Array } {
  if (target.kind === 'column' && target.ahead === 0)
    return { value: price, endRow: Uint32Array.from(price, (_, i) => i) };
  const instants = BigInt64Array.from(ts, (t) => BigInt(t));
  const [unit, horizon] =
    target.kind === 'column' ? (['us', target.ahead] as const) : ([target.unit, target.horizon] as const);
  const prices = target.kind === 'column' ? new Float64Array(price.length).fill(1) : price;
  const labels = callKernel(() => new kernels.Labels(instants, prices, unit, horizon, gapReset));
  const value = target.kind === 'column' ? price : labels.values();
  const endRow = labels.endRows();
  labels.free();
  return { value, endRow };
}

/** Reads columns and brings them to order 1 by powers of 4 fixed on the search rows. */
export async function readSearchColumns(
  dataset: Dataset,
  terminals: readonly Terminal[],
  search: Part,
): Promise<SearchColumns> {
  const names = terminals.map((t) => t.name);
  for (const name of names) requireColumn(dataset, name, '--columns');
  const values: Float32Array[] = [];
  const units: number[] = [];
  for (const name of names) {
    const exact = await readOne(dataset, name);
    const unit = unitOf(sampleOf(exact, search.rows));
    const shared = new Float32Array(new SharedArrayBuffer(4 * dataset.rows));
    for (let i = 0; i < exact.length; i++) shared[i] = exact[i]! * unit;
    values.push(shared);
    units.push(unit);
  }
  return { names, kinds: terminals.map((t) => t.kind), values, units };
}

async function readOne(dataset: Dataset, name: string): Promise<Float64Array> {
  const column = new Float64Array(dataset.rows);
  await readColumns(dataset, [name], (_, row, values, present) => {
    for (let i = 0; i < values.length; i++) column[row + i] = present(i) ? Number(values[i]) : Number.NaN;
  });
  return column;
}

/** About 10,000 values, evenly spread over the marked rows. */
function* sampleOf(values: Float64Array, marked: Uint8Array): Generator<number> {
  const step = Math.max(1, Math.floor(values.length / 20_000));
  for (let i = 0; i < values.length; i += step) if (marked[i] === 1) yield values[i]!;
}

/** The target of the search: residuals of mean 0 and variance 1 on each part, in shared memory. */
export interface ResidualTarget {
  values: Float32Array;
  /** Share of the target's variance that the baseline explains on each part, out of sample. */
  baselineGain: { search: number; selection: number };
}

const foldCount = 5;
/** A fold holds at least so many times the rows that purge and embargo take from it. */
const foldsPerEmbargo = 3;

export function residualTarget(
  problem: Problem,
  columns: readonly Float32Array[] | undefined,
): ResidualTarget {
  const { parts, labels } = problem;
  const values = new Float32Array(new SharedArrayBuffer(4 * labels.value.length)).fill(Number.NaN);
  if (columns === undefined) {
    for (const part of Object.values(parts)) standardiseInto(values, labels.value, part, labels.weight);
    return { values, baselineGain: { search: 0, selection: 0 } };
  }
  const fitted = fitPart(problem, columns, parts.search);
  const selection = residualsOf(fitted, labels.value, parts.selection.rows);
  standardiseInto(values, fitted.residual, parts.search, labels.weight);
  standardiseInto(values, selection, parts.selection, labels.weight);
  const gain = (residual: Float64Array, part: Part) =>
    1 -
    spread(residual, part.rows, labels.weight).variance /
      spread(labels.value, part.rows, labels.weight).variance;
  return {
    values,
    baselineGain: {
      search: gain(fitted.residual, parts.search),
      selection: parts.selection.count === 0 ? 0 : gain(selection, parts.selection),
    },
  };
}

/** Fills in the hold-out's residuals, from a model of search and selection. */
export function addHoldout(
  target: ResidualTarget,
  problem: Problem,
  columns: readonly Float32Array[] | undefined,
): void {
  const { search, selection, holdout } = problem.parts;
  if (columns === undefined) return;
  const both: Part = {
    ...search,
    to: selection.to,
    rows: search.rows.map((r, i) => r | selection.rows[i]!),
    count: search.count + selection.count,
  };
  const fitted = fitPart(problem, columns, both);
  const residual = residualsOf(fitted, problem.labels.value, holdout.rows);
  standardiseInto(target.values, residual, holdout, problem.labels.weight);
}

function fitPart(problem: Problem, columns: readonly Float32Array[], part: Part) {
  const { line, labels, embargo, dataset } = problem;
  const room = part.count / (foldsPerEmbargo * embargo.rows * dataset.symbols.length);
  const count = Math.min(foldCount, Math.floor(room));
  if (count < 2) {
    throw new HybridError(
      'E_INPUT',
      `baseline: expected at least ${2 * foldsPerEmbargo * embargo.rows} search rows of a symbol for two purged folds, got ${Math.floor(part.count / dataset.symbols.length)}`,
      { hint: 'Prepare more data, or leave the baseline out with --baseline none.' },
    );
  }
  const folds = cutFolds(line, labels, part, embargo, count);
  return fitRidge(columns, labels.value, labels.weight, folds);
}

function standardiseInto(into: Float32Array, from: Float64Array, part: Part, weight: Float64Array): void {
  const { mean, variance } = spread(from, part.rows, weight);
  const scale = variance > 0 ? 1 / Math.sqrt(variance) : 0;
  for (let i = 0; i < into.length; i++) if (part.rows[i] === 1) into[i] = (from[i]! - mean) * scale;
}

function spread(
  values: Float64Array,
  rows: Uint8Array,
  weight: Float64Array,
): { mean: number; variance: number } {
  let [w, sum, squares] = [0, 0, 0];
  for (let i = 0; i < rows.length; i++) {
    if (rows[i] === 0) continue;
    w += weight[i]!;
    sum += weight[i]! * values[i]!;
  }
  const mean = w > 0 ? sum / w : 0;
  for (let i = 0; i < rows.length; i++) {
    if (rows[i] === 1) squares += weight[i]! * (values[i]! - mean) ** 2;
  }
  return { mean, variance: w > 0 ? squares / w : 0 };
}

/** Blocks of a part: 32 where it has enough independent labels for them, fewer where not, none below 8. */
export function blocksOf(problem: Problem, part: Part, labelsPerBlock: number): Blocks | undefined {
  const count = Math.min(32, Math.floor(part.effectiveRows / labelsPerBlock));
  return count < 8 ? undefined : cutBlocks(problem.line, part, count);
}

/** The columns that a person's formulas name, checked against the dataset. */
export function namedColumns(dataset: Dataset): string[] {
  return dataset.columns.filter((c) => c.type !== 'other').map((c) => c.name);
}
