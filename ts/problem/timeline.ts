/** Rows of one or several symbols on one time line, and the weight that lies before an instant. */

/** Rows `start … end − 1` are those of one symbol, in time order. */
export interface SymbolRows {
  name: string;
  start: number;
  end: number;
}

export const noRow = 0xffffffff;

export interface Labels {
  /** The label of each row; NaN for none. */
  value: Float64Array;
  /** The last row that each label has seen, {@link noRow} for none. */
  endRow: Uint32Array;
  /** Average uniqueness of each label; 0 for rows that are not scored. */
  weight: Float64Array;
}

/** How many independent labels rows hold. */
export interface EffectiveSize {
  /**
   * Those of the symbol that has most. Symbols that move together say the same thing at the same time: only so many are
   * certain, however many symbols there are.
   */
  effectiveRows: number;
  /** Summed over the symbols: so many where each moves by itself. */
  pooledRows: number;
}

/** Of the rows that `rows` marks, all by default. */
export function effectiveSize(
  symbols: readonly SymbolRows[],
  weight: Float64Array,
  rows?: Uint8Array,
): EffectiveSize {
  let [effectiveRows, pooledRows] = [0, 0];
  for (const { start, end } of symbols) {
    let own = 0;
    for (let i = start; i < end; i++) if (rows === undefined || rows[i] === 1) own += weight[i]!;
    effectiveRows = Math.max(effectiveRows, own);
    pooledRows += own;
  }
  return { effectiveRows, pooledRows };
}

export class Timeline {
  private readonly before: Float64Array;

  /** `ts` in µs (any unit serves: it only orders), not decreasing within a symbol. */
  constructor(
    readonly symbols: readonly SymbolRows[],
    readonly ts: Float64Array,
    readonly weight: Float64Array,
  ) {
    this.before = new Float64Array(ts.length + 1);
    for (let i = 0; i < ts.length; i++) this.before[i + 1] = this.before[i]! + weight[i]!;
  }

  /** The first row of the symbol at or after an instant. */
  firstRowAt(symbol: SymbolRows, instant: number): number {
    let [low, high] = [symbol.start, symbol.end];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.ts[middle]! < instant) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first row of the symbol after an instant. */
  firstRowAfter(symbol: SymbolRows, instant: number): number {
    let row = this.firstRowAt(symbol, instant);
    while (row < symbol.end && this.ts[row]! <= instant) row++;
    return row;
  }

  /** Weight of all rows of all symbols before an instant. */
  weightBefore(instant: number): number {
    let sum = 0;
    for (const symbol of this.symbols) sum += this.weightOf(symbol, instant);
    return sum;
  }

  /** Weight of a symbol's rows before an instant. */
  weightOf(symbol: SymbolRows, instant: number): number {
    return this.before[this.firstRowAt(symbol, instant)]! - this.before[symbol.start]!;
  }

  get firstInstant(): number {
    return Math.min(...this.symbols.map((s) => this.ts[s.start]!));
  }

  /** After every row. */
  get endInstant(): number {
    return Math.max(...this.symbols.map((s) => this.ts[s.end - 1]!)) + 1;
  }

  /** The first instant before which `share` of the weight of [from, to) lies. */
  instantAt(share: number, from = this.firstInstant, to = this.endInstant): number {
    const base = this.weightBefore(from);
    const wanted = base + share * (this.weightBefore(to) - base);
    let [low, high] = [from, to];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.weightBefore(middle) < wanted) low = middle;
      else high = middle;
    }
    return high;
  }

  /** Borders that cut [from, to) into parts of equal weight. */
  cut(parts: number, from: number, to: number): number[] {
    const inner = Array.from({ length: parts - 1 }, (_, i) => this.instantAt((i + 1) / parts, from, to));
    return [from, ...inner, to];
  }
}
