/** One column in numbers: nulls, quartiles, and the shape of its distribution. */

export interface ColumnSummary {
  name: string;
  /** As stored (`INT64`, `DOUBLE` …), or as a CSV's text reads: integer, float, array, text. */
  type: string;
  /** '' where nobody says. */
  unit: string;
  nulls: number;
  /** Of the values; null where there are none, or none that are numbers. */
  min: number | null;
  q25: number | null;
  median: number | null;
  q75: number | null;
  max: number | null;
  /** Values in {@link bins} equal slices from min to max; empty without numbers. */
  histogram: number[];
  /** True when the quartiles and the histogram are those of a sample of the rows. */
  sampled: boolean;
}

export const bins = 16;

/**
 * The summary of the finite values given, which are sorted in place; what is not finite counts as null. Quantiles
 * are interpolated linearly between the two nearest values (the default of NumPy and of most tables).
 */
export function summarise(
  column: Pick<ColumnSummary, 'name' | 'type' | 'unit' | 'nulls'>,
  values: Float64Array,
): ColumnSummary {
  const finite = compact(values);
  const nulls = column.nulls + values.length - finite.length;
  if (finite.length === 0) return { ...withoutNumbers({ ...column, nulls }) };
  finite.sort();
  const [min, max] = [finite[0]!, finite.at(-1)!];
  const at = (share: number) => quantile(finite, share);
  const quartiles = { min, q25: at(0.25), median: at(0.5), q75: at(0.75), max };
  return { ...column, nulls, ...quartiles, histogram: histogram(finite, min, max), sampled: false };
}

/** The summary of a column that holds no numbers. */
export function withoutNumbers(
  column: Pick<ColumnSummary, 'name' | 'type' | 'unit' | 'nulls'>,
): ColumnSummary {
  const none = { min: null, q25: null, median: null, q75: null, max: null };
  return { ...column, ...none, histogram: [], sampled: false };
}

/** The finite values, moved to the front. */
function compact(values: Float64Array): Float64Array {
  let kept = 0;
  for (const value of values) if (Number.isFinite(value)) values[kept++] = value;
  return values.subarray(0, kept);
}

function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const [a, b] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return a === b ? a : a + (position - below) * (b - a);
}

function histogram(sorted: Float64Array, min: number, max: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  // Halved: the difference of two large numbers may be beyond the range of a double.
  const half = max / 2 - min / 2;
  for (const value of sorted) {
    const share = half > 0 ? (value / 2 - min / 2) / half : 0;
    counts[Math.min(Math.floor(share * bins), bins - 1)]!++;
  }
  return counts;
}
