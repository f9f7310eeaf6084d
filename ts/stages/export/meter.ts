/** Rows and bytes so far, and how fast they come, over all connections. */
import type { Phase } from '../../report/progress.js';
import { count } from '../../report/table.js';

export class Meter {
  private readonly start = performance.now();
  private rows = 0;
  private keptRows = 0;
  private bytes = 0;
  private updated = 0;

  /** `expected` rows, as the planner guesses. */
  constructor(
    private readonly phase: Phase,
    private readonly expected: number,
    private readonly updateMs: number,
  ) {}

  /** Rows that an earlier run left and that still hold. */
  keep(rows: number): void {
    this.keptRows += rows;
  }

  advance(rows: number, bytes: number): void {
    this.rows += rows;
    this.bytes += bytes;
    if (performance.now() - this.updated < this.updateMs) return;
    this.updated = performance.now();
    this.phase.update(this.keptRows + this.rows, this.toString(), this.secondsLeft());
  }

  /** At the pace of the rows that came, as those that were kept took no time; unknown once the guess is exceeded. */
  private secondsLeft(): number {
    const left = this.expected - this.keptRows - this.rows;
    if (left < 0 || this.rows === 0) return Number.POSITIVE_INFINITY;
    return (((performance.now() - this.start) / 1000) * left) / this.rows;
  }

  end(): void {
    this.phase.end(this.toString());
  }

  toString(): string {
    const speed = this.bytes / 1e6 / Math.max((performance.now() - this.start) / 1000, 1e-3);
    const kept = this.keptRows === 0 ? '' : ` · ${count(this.keptRows)} kept`;
    return `${count(this.rows)} rows · ${speed.toFixed(0)} MB/s${kept}`;
  }
}
