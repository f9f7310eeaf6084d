/** A generation of a search in one line, and how fast generations come. */
import { count } from './table.js';

/** What the line shows of a generation; counts are those of the whole search so far. */
export interface ShownGeneration {
  generation: number;
  /** Distinct formulas evaluated. */
  trials: number;
  best: { formula: string; gain: number };
  portfolio: number;
  nodeRows: number;
  /** What of them was computed: shared subtrees once, dropped formulas on a part of the rows. */
  computedNodeRows: number;
  /** The share of the generation's operators that another formula had computed. */
  hitRate: number;
}

/** The rates of the latest generations. */
const remembered = 5;

export class Pace {
  private readonly start = performance.now();
  private readonly marks: { at: number; trials: number; nodeRows: number }[];
  private generations: number;

  /** `before`: the last generation of an earlier run that this one goes on from. */
  constructor(before?: ShownGeneration) {
    const { trials = 0, nodeRows = 0, generation = -1 } = before ?? {};
    this.marks = [{ at: this.start, trials, nodeRows }];
    this.generations = generation + 1;
  }

  add({ trials, nodeRows, generation }: ShownGeneration): void {
    this.marks.push({ at: performance.now(), trials, nodeRows });
    if (this.marks.length > remembered + 1) this.marks.shift();
    this.generations = generation + 1;
  }

  /** Of this run. */
  get seconds(): number {
    return (this.marks.at(-1)!.at - this.start) / 1000;
  }

  /** A second. */
  get rates(): { trials: number; nodeRows: number } {
    const [first, last] = [this.marks[0]!, this.marks.at(-1)!];
    const seconds = Math.max(1e-3, (last.at - first.at) / 1000);
    return {
      trials: (last.trials - first.trials) / seconds,
      nodeRows: (last.nodeRows - first.nodeRows) / seconds,
    };
  }

  /** Seconds to the last generation, or to the end of the time. */
  left({ generations, timeLimit }: { generations: number; timeLimit?: number | undefined }): number {
    const [first, last] = [this.marks[0]!, this.marks.at(-1)!];
    const each = (last.at - first.at) / 1000 / Math.max(1, this.marks.length - 1);
    const untilLimit = (timeLimit ?? Number.POSITIVE_INFINITY) - this.seconds;
    return Math.max(0, Math.min(each * (generations - this.generations), untilLimit));
  }
}

/** `floor`: the |correlation| that the best of so many formulas of noise reaches, at least. */
export function generationText(record: ShownGeneration, pace: Pace, floor: number): string {
  const { trials, nodeRows } = pace.rates;
  return [
    `generation ${record.generation + 1}`,
    `best ${Math.sqrt(Math.max(0, record.best.gain)).toFixed(4)} (noise at least ${floor.toFixed(4)}) ${record.best.formula}`,
    `portfolio ${record.portfolio}`,
    `${count(Math.round(trials))} formulas/s`,
    `${(nodeRows / 1e9).toFixed(2)} G node-rows/s`,
    `${Math.round(100 * record.hitRate)} % of the operators shared, ${(record.nodeRows / record.computedNodeRows).toFixed(1)} times fewer node-rows computed`,
  ].join(' · ');
}
