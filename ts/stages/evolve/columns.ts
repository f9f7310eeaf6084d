/** The columns of a search: of order 1, in memory that the workers share. */

import { unitOf } from '../../evolve/scale.js';
import type { Terminal } from '../../evolve/terminals.js';
import { type Dataset, readColumns, requireColumn } from '../../io/dataset.js';
import type { Part } from '../../problem/splits.js';

/** Columns as the search sees them: f32 of order 1, NaN for null, in memory that workers share. */
export interface SearchColumns {
  names: readonly string[];
  kinds: readonly Terminal['kind'][];
  values: readonly Float32Array[];
  /** What each column was multiplied by. */
  units: readonly number[];
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

/** The columns that a person's formulas name, checked against the dataset. */
export function namedColumns(dataset: Dataset): string[] {
  return dataset.columns.filter((c) => c.type !== 'other').map((c) => c.name);
}
