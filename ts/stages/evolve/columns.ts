/** The columns of a search: of order 1, in memory that the workers share. */

import { HybridError } from '../../error.js';
import { shiftOf, unitOf } from '../../evolve/scale.js';
import type { Terminal } from '../../evolve/terminals.js';
import { type Dataset, readColumns, requireColumn } from '../../io/dataset.js';
import type { Problem } from './problem.js';

/** Columns as the search sees them: f32 of order 1, NaN for null, in memory that workers share. */
export interface SearchColumns {
  names: readonly string[];
  kinds: readonly Terminal['kind'][];
  values: readonly Float32Array[];
  /** What each column was multiplied by, after this was taken off. */
  units: readonly number[];
  shifts: readonly number[];
  /** The same in f64, of rows without an order. */
  exact: readonly Float64Array[] | undefined;
}

/** Columns of a plain table are left in their units where these are of no extreme order. */
const plainOrder = 64;

/** Reads columns and brings them to order 1 by powers of 4 fixed on the search rows, in the problem's order of rows. */
export async function readSearchColumns(
  dataset: Dataset,
  terminals: readonly Terminal[],
  { parts: { search }, order }: Problem,
): Promise<SearchColumns> {
  const names = terminals.map((t) => t.name);
  for (const name of names) requireColumn(dataset, name, '--columns');
  const values: Float32Array[] = [];
  const exact: Float64Array[] = [];
  const [units, shifts]: [number[], number[]] = [[], []];
  // One for all columns: of 50 million rows it takes 400 MB.
  const stored = new Float64Array(dataset.rows);
  for (const name of names) {
    await readInto(stored, dataset, name);
    const own = order === undefined ? stored : Float64Array.from(order, (row) => stored[row]!);
    const sample = [...sampleOf(own, search.rows)];
    const [unit, shift] = order === undefined ? [unitOf(sample), 0] : plainScale(name, sample);
    const shared = new Float32Array(new SharedArrayBuffer(4 * dataset.rows));
    for (let i = 0; i < own.length; i++) shared[i] = own[i] = (own[i]! - shift) * unit;
    values.push(shared);
    units.push(unit);
    shifts.push(shift);
    if (order !== undefined) exact.push(own);
  }
  const kinds = terminals.map((t) => t.kind);
  return { names, kinds, values, units, shifts, exact: order && exact };
}

/** Unit and shift of a column of a plain table. Errors: E_INPUT where it has no values. */
function plainScale(name: string, sample: readonly number[]): [number, number] {
  if (!sample.some(Number.isFinite))
    throw new HybridError('E_INPUT', `column "${name}": expected values in the search rows, got only nulls`, {
      hint: `Name the columns to use with --columns, without ${name}.`,
    });
  const shift = shiftOf(sample);
  const unit = unitOf(sample.map((x) => x - shift));
  return [unit >= 1 / plainOrder && unit <= plainOrder ? 1 : unit, shift];
}

async function readInto(column: Float64Array, dataset: Dataset, name: string): Promise<void> {
  await readColumns(dataset, [name], (_, row, values, present) => {
    for (let i = 0; i < values.length; i++) column[row + i] = present(i) ? Number(values[i]) : Number.NaN;
  });
}

/** About 10,000 values, evenly spread over the marked rows. */
function* sampleOf(values: Float64Array, marked: Uint8Array): Generator<number> {
  const step = Math.max(1, Math.floor(values.length / 20_000));
  for (let i = 0; i < values.length; i += step) if (marked[i] === 1) yield values[i]!;
}

/** The columns that a person's formulas name, checked against the dataset. */
export function namedColumns(dataset: Dataset): string[] {
  return dataset.columns.filter((c) => c.type !== 'other').map((c) => c.name);
}
