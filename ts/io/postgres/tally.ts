/** Counts what passes by: rows of canonical CSV and the first and last ts, on chunks cut anywhere. */

const newline = 0x0a;
/** More than any ts has. */
const lineStart = 24;

export class Tally {
  private newlines = 0;
  private first: number | undefined;
  private last = '';
  /** The beginning of the line that the last chunk left open. */
  private open = '';
  private beginning = '';

  /** `headers`: how many header lines come first, 0 or 1. */
  constructor(private readonly headers: 0 | 1) {}

  /** The canonical form has no quoted newlines, so that every newline ends a row. */
  add(chunk: Buffer): void {
    let count = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) count++;
    if (this.first === undefined) this.findFirst(chunk);
    this.findLast(chunk, count);
    this.newlines += count;
  }

  /** Rows without the header. */
  get rows(): number {
    return Math.max(0, this.newlines - this.headers);
  }

  /** µs; null where there are no rows, NaN where the row has none. */
  get firstTs(): number | null {
    return this.rows === 0 ? null : (this.first ?? Number.NaN);
  }

  get lastTs(): number | null {
    return this.rows === 0 ? null : timestampOf(this.last);
  }

  /** The first row's first field, once it is complete. */
  private findFirst(chunk: Buffer): void {
    const text = this.beginning + chunk.toString('latin1', 0, 4096);
    const match = (this.headers === 1 ? /^[^\n]*\n(\d+|-\d+),/ : /^(\d+|-\d+),/).exec(text);
    if (match !== null) this.first = Number(match[1]);
    else this.beginning = text.slice(0, 8192);
  }

  private findLast(chunk: Buffer, count: number): void {
    if (count === 0) {
      this.open = (this.open + chunk.toString('latin1', 0, lineStart)).slice(0, lineStart);
      return;
    }
    const end = chunk.lastIndexOf(newline);
    const before = end === 0 ? -1 : chunk.lastIndexOf(newline, end - 1);
    const line = chunk.toString('latin1', before + 1, Math.min(end, before + 1 + lineStart));
    this.last = before === -1 ? this.open + line : line;
    this.open = chunk.toString('latin1', end + 1, end + 1 + lineStart);
  }
}

function timestampOf(line: string): number {
  const digits = line.slice(0, line.indexOf(','));
  return digits === '' ? Number.NaN : Number(digits);
}
