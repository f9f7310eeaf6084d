/** Rows as a problem: what each is to predict, how far its label looks ahead, and what it weighs. */
import { HybridError } from '../../error.js';
import { type Dataset, readNumbers, requireColumn } from '../../io/dataset.js';
import { callKernel, type Kernels } from '../../kernels/load.js';
import { type Hours, withinHours } from '../../problem/hours.js';
import { horizonOf, type Sample, type Target } from '../../problem/target.js';
import { type Labels, noRow, Timeline } from '../../problem/timeline.js';
import { Draw, purposes } from '../../statistics/random.js';

/** Which rows are scored, and on what. */
export interface Question {
  target: Target;
  sample: Sample;
  /** Only rows of these hours; all without them. */
  hours: Hours | undefined;
  /** Rows without an order: they are shuffled by the seed. */
  iid?: boolean;
  seed?: number;
}

export interface LabelledRows {
  /** Weighs each row by the uniqueness of its label. */
  line: Timeline;
  labels: Labels;
  /** The dataset's row that each row is, where they were shuffled. */
  order: Uint32Array | undefined;
  /** Rows and time (µs) that a label may look ahead. */
  horizon: { rows: number; time: number };
  /** Rows that have a label, are sampled and within the hours; and how many independent labels they hold. */
  scoredRows: number;
  effectiveRows: number;
}

/** Reads times and prices and labels the rows. Errors: E_INPUT where nothing, or only one value, is to be predicted. */
export async function labelDataset(
  dataset: Dataset,
  { target, sample, hours, iid = false, seed = 0 }: Question,
  kernels: Kernels,
): Promise<LabelledRows> {
  if (iid && target.kind === 'column') return labelShuffled(dataset, target, seed);
  const ts = await readTimes(dataset);
  const wanted = sampleRows(dataset, ts, sample);
  if (hours !== undefined) keepHours(dataset, ts, hours, wanted);
  const labels = await labelRows(dataset, ts, target, wanted, kernels);
  requireLabels(dataset, labels);
  const { weight } = labels;
  return {
    line: new Timeline(dataset.symbols, ts, weight),
    labels,
    order: undefined,
    horizon: horizonOf(target),
    scoredRows: weight.reduce((n, w) => n + (w > 0 ? 1 : 0), 0),
    effectiveRows: weight.reduce((a, b) => a + b, 0),
  };
}

/** Rows without an order, shuffled: their places serve as times, each row is a label of its own. */
async function labelShuffled(
  dataset: Dataset,
  target: Target & { kind: 'column' },
  seed: number,
): Promise<LabelledRows> {
  const rows = dataset.rows;
  const order = shuffled(rows, new Draw(seed, purposes.rows));
  const stored = await priceOf(dataset, target);
  const value = Float64Array.from(order, (row) => stored[row]!);
  const weight = value.map((v) => (Number.isFinite(v) ? 1 : 0));
  const endRow = Uint32Array.from(value, (v, i) => (Number.isFinite(v) ? i : noRow));
  const labels: Labels = { value, endRow, weight };
  requireLabels(dataset, labels);
  const count = weight.reduce((a, b) => a + b, 0);
  return {
    line: new Timeline(
      [{ name: '', start: 0, end: rows }],
      Float64Array.from(order, (_, i) => i),
      weight,
    ),
    labels,
    order,
    horizon: { rows: 0, time: 0 },
    scoredRows: count,
    effectiveRows: count,
  };
}

/** A random order (Fisher and Yates). */
export function shuffled(rows: number, draw: Draw): Uint32Array {
  const order = Uint32Array.from({ length: rows }, (_, i) => i);
  for (let i = rows - 1; i > 0; i--) {
    const j = draw.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function requireLabels({ path }: Dataset, { value, weight }: Labels): void {
  const first = value.findIndex((_, i) => weight[i]! > 0);
  if (first === -1)
    throw new HybridError('E_INPUT', `${path}: expected rows with a label, got none`, {
      hint: 'Choose another or a shorter horizon with --target, other --hours, or prepare more data.',
    });
  if (value.some((v, i) => weight[i]! > 0 && v !== value[first])) return;
  throw new HybridError('E_INPUT', `${path}: expected labels that differ, got ${value[first]} in every row`, {
    hint: 'Choose another target with --target.',
  });
}

function keepHours(dataset: Dataset, ts: Float64Array, hours: Hours, wanted: Uint8Array): void {
  if (!dataset.columns.some((c) => c.name === 'ts'))
    throw new HybridError('E_INPUT', `${dataset.path}: expected a column "ts" for --hours, got none`, {
      hint: 'Leave --hours out, or give the table a column ts (µs since the epoch, UTC).',
    });
  for (let i = 0; i < ts.length; i++) if (!withinHours(ts[i]!, hours)) wanted[i] = 0;
}

/** Times in µs; a table without `ts` is in the order of its rows. */
export async function readTimes(dataset: Dataset): Promise<Float64Array> {
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

/** Marks the rows that are scored. */
function sampleRows(dataset: Dataset, ts: Float64Array, sample: Sample): Uint8Array {
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

/** Labels of the sampled rows; they end where the symbol or a gap of the market ends. */
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
  const names = target.kind === 'barrier' || target.price === 'trade' ? ['price'] : ['bid', 'ask'];
  for (const name of [...names, 'ts']) {
    if (dataset.columns.some((c) => c.name === name)) continue;
    throw new HybridError(
      'E_INPUT',
      `${dataset.path}: expected a column "${name}" for the target, got none`,
      { hint: 'Name a column of the table as the target: --target column:<name>.' },
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
  const labels = callKernel(() => new kernels.Labels(instants, unit, horizon, gapReset));
  try {
    const value = callKernel(() => valuesOf(labels, price, target));
    return { value, endRow: labels.endRows() };
  } finally {
    labels.free();
  }
}

function valuesOf(labels: Kernels['Labels']['prototype'], price: Float64Array, target: Target): Float64Array {
  switch (target.kind) {
    case 'column':
      return price;
    case 'return':
      return labels.returns(price);
    case 'direction':
      return labels.directions(price, target.band);
    case 'barrier':
      return labels.barriers(price, target.up, target.down);
  }
}

/** Minutes without a trade that part two segments: as the dataset was prepared, 60 for a foreign table. */
function gapResetMinutes(dataset: Dataset): number {
  const text = dataset.metadata.get('hybrid.parameters') ?? '';
  return Number(/"gap_reset_min":"?(\d+)/.exec(text)?.[1] ?? 60);
}
