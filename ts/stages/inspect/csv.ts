/** A CSV file of any columns, read once: exact counts and extremes, quartiles of all rows or of a sample. */
import { throwIfAborted } from '../../error.js';
import { textStream } from '../../io/csv.js';
import { records } from '../../io/records.js';
import type { Inspection, InspectPorts } from '../inspect.js';
import { type ColumnSummary, summarise, withoutNumbers } from './columns.js';
import { spanOf } from './parquet.js';

/** Values of a column that are kept for its quartiles. */
const mostValues = 1 << 22;

/** Errors: E_INPUT for text that is no CSV, with the line. */
export async function inspectCsv(path: string, { progress, signal }: InspectPorts): Promise<Inspection> {
  const phase = progress.phase(`inspect ${path}`, 0);
  let columns: TextColumn[] | undefined;
  let rows = 0;
  try {
    for await (const some of records(path, textStream(path))) {
      const names = columns === undefined ? some[0] : undefined;
      columns ??= names?.map((name) => new TextColumn(name));
      for (const record of names === undefined ? some : some.slice(1))
        for (let i = 0; i < columns!.length; i++) columns![i]!.add(record[i] ?? '');
      rows += some.length - (names === undefined ? 0 : 1);
      throwIfAborted(signal);
      phase.update(rows, `${rows.toLocaleString('en-US')} rows`);
    }
  } finally {
    phase.end();
  }
  const summaries = (columns ?? []).map((column) => column.summary());
  return { path, kind: 'csv', rows, columns: summaries, span: spanOf(summaries), about: {} };
}

/** What the texts of one column are. */
class TextColumn {
  private empty = 0;
  private integers = 0;
  private numbers = 0;
  private arrays = 0;
  private texts = 0;
  private min = Number.POSITIVE_INFINITY;
  private max = Number.NEGATIVE_INFINITY;
  private kept: Float64Array = new Float64Array(1024);
  /** Every `stride`-th number is kept; doubled when the room is used up, so that the sample stays even. */
  private stride = 1;
  private count = 0;

  constructor(private readonly name: string) {}

  add(text: string): void {
    if (text === '') this.empty++;
    else if (isArray(text)) this.addArray(text);
    else this.addScalar(text);
  }

  /** Numbers are summarised; of arrays, how many entries they have. */
  summary(): ColumnSummary {
    const column = { name: this.name, type: this.type, unit: '', nulls: this.empty };
    if (this.texts > 0 || this.numbers + this.arrays === 0) return withoutNumbers(column);
    const kept = Math.ceil(this.count / this.stride);
    const summary = summarise(column, this.kept.subarray(0, kept));
    return this.stride === 1 ? summary : { ...summary, min: this.min, max: this.max, sampled: true };
  }

  private get type(): string {
    if (this.texts > 0 || (this.arrays > 0 && this.numbers > 0)) return 'text';
    if (this.arrays > 0) return 'array (entries)';
    if (this.numbers === 0) return 'empty';
    return this.integers === this.numbers ? 'integer' : 'float';
  }

  private addArray(text: string): void {
    this.arrays++;
    this.keep(entriesOf(text));
  }

  private addScalar(text: string): void {
    const number = Number(text);
    if (!Number.isFinite(number) || text.trim() === '') {
      this.texts++;
      return;
    }
    this.numbers++;
    if (Number.isInteger(number) && !/[.eE]/.test(text)) this.integers++;
    this.keep(number);
  }

  private keep(value: number): void {
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (this.count % this.stride === 0) this.store(this.count / this.stride, value);
    this.count++;
  }

  private store(at: number, value: number): void {
    if (at === this.kept.length && at < mostValues) this.kept = grown(this.kept);
    if (at < this.kept.length) this.kept[at] = value;
    else {
      for (let i = 0; i < at / 2; i++) this.kept[i] = this.kept[2 * i]!;
      this.stride *= 2;
      this.kept[at / 2] = value;
    }
  }
}

function grown(values: Float64Array): Float64Array {
  const larger = new Float64Array(2 * values.length);
  larger.set(values);
  return larger;
}

function isArray(text: string): boolean {
  return (text.startsWith('{') && text.endsWith('}')) || (text.startsWith('[') && text.endsWith(']'));
}

/** Top-level entries: `{1,2}` and `[[1,2],[3,4]]` both have two. */
function entriesOf(text: string): number {
  let [depth, commas] = [0, 0];
  for (const char of text) {
    if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    else if (char === ',' && depth === 1) commas++;
  }
  return text.length === 2 ? 0 : commas + 1;
}
