/** The columns of a model, as the dataset stores them: f32 stays f32, everything else is f64; NaN is null. */
import type { Table as ArrowTable } from 'apache-arrow';
import { type Dataset, readColumns, visitColumn } from '../../io/dataset.js';

export type ModelColumn = Float32Array | Float64Array;

/** Reads whole columns. */
export async function readModelColumns(dataset: Dataset, names: readonly string[]): Promise<ModelColumn[]> {
  const columns: (ModelColumn | undefined)[] = names.map(() => undefined);
  // One after the other: what is on its way is never more than a column.
  for (const [c, name] of names.entries()) {
    await readColumns(dataset, [name], (_, row, values, present) => {
      columns[c] ??= roomFor(values, dataset.rows);
      copyInto(columns[c], row, values, present);
    });
  }
  return columns as ModelColumn[];
}

/** Shared between workers, so that nothing is copied on the way to them. */
function roomFor(values: ArrayLike<number | bigint>, rows: number): ModelColumn {
  return values instanceof Float32Array
    ? new Float32Array(new SharedArrayBuffer(4 * rows))
    : new Float64Array(new SharedArrayBuffer(8 * rows));
}

function copyInto(
  column: ModelColumn,
  row: number,
  values: ArrayLike<number | bigint>,
  present: (i: number) => boolean,
): void {
  for (let i = 0; i < values.length; i++) column[row + i] = present(i) ? Number(values[i]) : Number.NaN;
}

/** Columns of one row group. */
export function groupColumns(table: ArrowTable, names: readonly string[]): ModelColumn[] {
  return names.map((name) => {
    let column: ModelColumn | undefined;
    visitColumn(table, name, (row, values, present) => {
      column ??=
        values instanceof Float32Array ? new Float32Array(table.numRows) : new Float64Array(table.numRows);
      copyInto(column, row, values, present);
    });
    return column ?? new Float64Array(0);
  });
}
