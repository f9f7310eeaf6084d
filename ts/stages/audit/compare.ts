/** Two tables row by row: every value and every null must be the same. */
import { type Dataset, type DatasetSymbol, readNumbers } from '../../io/dataset.js';

export interface Violation {
  /** A column, or a formula as text. */
  column: string;
  /** Within the symbol. */
  row: number;
  /** The value in the dataset; null is null. */
  expected: number | null;
  /** The value without, or with another, future. */
  got: number | null;
  symbol?: string;
  future?: 'cut off' | 'poisoned';
}

/** The first difference in each column among the first `rows` rows, the columns one after the other. */
export async function compareRows(
  dataset: Dataset,
  symbol: DatasetSymbol,
  altered: Dataset,
  rows: number,
): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const { name, type } of dataset.columns) {
    if (type === 'other') continue;
    const [expected] = await readNumbers(dataset, [name], [symbol]);
    const [got] = await readNumbers(altered, [name]);
    const row = firstDifference(expected!, got!, rows);
    if (row !== undefined) found.push(violation(name, row, expected![row]!, got![row]));
  }
  return found;
}

/** Of two runs of values, the first place where they are not the same; NaN is null. */
export function firstDifference(
  expected: ArrayLike<number>,
  got: ArrayLike<number>,
  rows: number,
): number | undefined {
  for (let i = 0; i < rows; i++) if (!Object.is(expected[i], got[i])) return i;
  return undefined;
}

export function violation(column: string, row: number, expected: number, got: number | undefined): Violation {
  const shown = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? null : value);
  return { column, row, expected: shown(expected), got: shown(got) };
}
