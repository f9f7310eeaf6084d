/** Rows that cannot be used: bad ones end the run or are counted, dropped ones are counted and listed. */
import { HybridError } from '../../error.js';
import type { CsvFile } from '../../io/csv.js';
import type { RowReport } from '../../kernels/ticks.js';

/** A count and the places of the first few, `file:line`. */
export interface Listed {
  total: number;
  lines: string[];
}

const listed = 20;

/** The lines of the files of a stream, followed block by block in order. */
export class LineLog {
  private file: CsvFile | undefined;
  /** Lines of the file before the next block. */
  private before = 0;
  /** Of the first bad row, where it stands and what is wrong with it. */
  firstBad: string | undefined;

  /** `bad`: what the bad rows are added to. */
  constructor(
    private readonly onBadRow: 'fail' | 'skip',
    readonly bad: Listed = { total: 0, lines: [] },
  ) {}

  /** What is told next is of a block of this file; to be said before anything else of the block. */
  enter(file: CsvFile): void {
    if (this.file === file) return;
    this.file = file;
    this.before = file.linesBefore;
  }

  /** Goes on to the next block. Errors: E_INPUT for its first bad row, unless such rows are skipped. */
  bads(report: RowReport): void {
    if (report.total > 0 && this.onBadRow === 'fail')
      throw this.refuse(report, 'Correct the row, or leave such rows out with --on-bad-row skip.');
    if (report.total > 0) this.firstBad ??= this.refuse(report, '').message;
    this.list(this.bad, report);
  }

  /** The error of a block's first row in the report. */
  refuse(report: RowReport, hint: string): HybridError {
    const place = this.place(report.lines[0]!);
    return new HybridError('E_INPUT', `${place}: ${report.messages[0]}`, { hint });
  }

  /** Adds a block's rows to a list, with the lines of the file. */
  list(to: Listed, report: RowReport): void {
    to.total += report.total;
    for (const line of report.lines) if (to.lines.length < listed) to.lines.push(this.place(line));
  }

  /** Where a line of the block stands: `raw_data/A_trades.csv:12`, `a.zip/a.csv:12`. */
  private place(line: number): string {
    return `${this.file?.path}:${this.before + line}`;
  }

  /** The block is done: what follows are the next one's lines. */
  pass(lines: number): void {
    this.before += lines;
  }
}
