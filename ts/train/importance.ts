/** What the columns are worth to a model: how much worse it predicts test rows when one column is shuffled. */
import { Draw, purposes } from '../statistics/random.js';

export interface PermutationImportance {
  /** Mean growth of the loss (squared error or log-loss) over the repeats, by column. */
  growth: Float64Array;
  /** Standard error over the repeats. */
  error: Float64Array;
}

/** Columns of a sample of test rows, and the mean loss of a model on them. */
export interface ImportanceSample {
  columns: readonly (Float32Array | Float64Array)[];
  loss: (columns: readonly (Float32Array | Float64Array)[]) => Promise<number>;
}

/** Shuffles one column after the other, `repeats` times each; `used` names those that can matter at all. */
export async function permutationImportance(
  { columns, loss }: ImportanceSample,
  used: (column: number) => boolean,
  { seed, fold, repeats }: { seed: number; fold: number; repeats: number },
): Promise<PermutationImportance> {
  const [growth, error] = [new Float64Array(columns.length), new Float64Array(columns.length)];
  const before = await loss(columns);
  for (let c = 0; c < columns.length; c++) {
    if (!used(c)) continue;
    const grown = new Float64Array(repeats);
    for (let r = 0; r < repeats; r++) {
      const own = shuffled(columns[c]!, new Draw(seed, purposes.permutation, fold, c, r));
      grown[r] = (await loss(columns.map((column, k) => (k === c ? own : column)))) - before;
    }
    growth[c] = grown.reduce((a, b) => a + b, 0) / repeats;
    const squares = grown.reduce((a, g) => a + (g - growth[c]!) ** 2, 0);
    error[c] = repeats > 1 ? Math.sqrt(squares / (repeats - 1) / repeats) : 0;
  }
  return { growth, error };
}

/** A copy in an order drawn by Fisher and Yates. */
export function shuffled<T extends Float32Array | Float64Array>(values: T, draw: Draw): T {
  const copy = values.slice() as T;
  for (let i = copy.length - 1; i > 0; i--) {
    const j = draw.below(i + 1);
    const kept = copy[i]!;
    copy[i] = copy[j]!;
    copy[j] = kept;
  }
  return copy;
}

/** At most `most` of the rows, evenly spread over them. */
export function strided(rows: Uint32Array, most: number): Uint32Array {
  if (rows.length <= most) return rows;
  return Uint32Array.from({ length: most }, (_, i) => rows[Math.floor((i * rows.length) / most)]!);
}
