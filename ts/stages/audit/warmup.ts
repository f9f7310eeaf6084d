/** What a run that begins in the middle of the data does not know yet, and for how long. */
import { type Dataset, type DatasetSymbol, readNumbers } from '../../io/dataset.js';

export interface WarmUp {
  column: string;
  /** Rows after the start until the values are those of a run from the beginning, to 1e-6, for good. */
  rows: number;
  /** The same as time. */
  seconds: number;
  /** The values still differ where the data end. */
  open: boolean;
}

/** Relative to the value, or to 1 for small ones. */
const tolerance = 1e-6;

/** Compares the rows from `start` on, column by column. */
export async function warmUps(
  dataset: Dataset,
  symbol: DatasetSymbol,
  cold: Dataset,
  start: number,
  ts: Float64Array,
): Promise<WarmUp[]> {
  const found: WarmUp[] = [];
  for (const { name, type } of dataset.columns) {
    if (type === 'other') continue;
    const [warm] = await readNumbers(dataset, [name], [symbol]);
    const [late] = await readNumbers(cold, [name]);
    const rows = 1 + lastDifference(warm!.subarray(start), late!);
    const until = Math.min(start + rows, ts.length - 1);
    const seconds = rows === 0 ? 0 : (ts[until]! - ts[start]!) / 1e6;
    found.push({ column: name, rows, seconds, open: rows === ts.length - start });
  }
  return found;
}

function lastDifference(a: Float64Array, b: Float64Array): number {
  for (let i = a.length - 1; i >= 0; i--) if (!agree(a[i]!, b[i]!)) return i;
  return -1;
}

function agree(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  return Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));
}
