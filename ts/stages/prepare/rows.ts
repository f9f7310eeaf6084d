/** Rows that cannot be used: bad ones end the run or are counted, dropped ones are counted and listed. */
import { HybridError } from '../../error.js';
import type { RowReport } from '../../kernels/ticks.js';

/** A count and the lines of the first few. */
export interface Listed {
  total: number;
  lines: number[];
}

const listed = 20;

/** The lines of one file, followed block by block in order. */
export class LineLog {
  /** Lines before the next block; the header is the first. */
  private before = 1;
  readonly bad: Listed = { total: 0, lines: [] };

  constructor(
    private readonly path: string,
    private readonly onBadRow: 'fail' | 'skip',
  ) {}

  /** Goes on to the next block. Errors: E_INPUT for its first bad row, unless such rows are skipped. */
  bads(report: RowReport): void {
    if (report.total > 0 && this.onBadRow === 'fail')
      throw this.refuse(report, 'Correct the row, or leave such rows out with --on-bad-row skip.');
    this.list(this.bad, report);
  }

  /** The error of a block's first row in the report. */
  refuse(report: RowReport, hint: string): HybridError {
    const line = this.before + report.lines[0]!;
    return new HybridError('E_INPUT', `${this.path}:${line}: ${report.messages[0]}`, { hint });
  }

  /** Adds a block's rows to a list, with the lines of the file. */
  list(to: Listed, report: RowReport): void {
    to.total += report.total;
    for (const line of report.lines) if (to.lines.length < listed) to.lines.push(this.before + line);
  }

  /** The block is done: what follows are the next one's lines. */
  pass(lines: number): void {
    this.before += lines;
  }
}
