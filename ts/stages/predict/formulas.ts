/** Formulas row group by row group: each group is evaluated behind the rows that its windows reach back to. */
import { evaluateExactly, measureFormulas, type Program, parseFormulas } from '../../kernels/formulas.js';
import type { Kernels } from '../../kernels/load.js';
import { columnsOf, renumber } from '../evolve/seeds.js';

interface Prepared {
  /** Over the columns that it reads, in the order of `reads`. */
  program: Program;
  reads: readonly number[];
  lookBack: number;
}

/** Evaluates formulas over the rows of one symbol after the other; a value is the same as over the whole symbol. */
export class FormulaStream {
  /** The columns that the formulas read: what {@link next} wants. */
  readonly columns: readonly string[];
  private readonly formulas: readonly Prepared[];
  private readonly kept: number;
  private before: Float64Array[];

  /** `names` are the columns that formulas may name; E_USAGE for others. */
  constructor(
    private readonly kernels: Kernels,
    texts: readonly string[],
    names: readonly string[],
  ) {
    const programs = parseFormulas(kernels, texts, names);
    const used = [...new Set(programs.flatMap(columnsOf))];
    const measures = measureFormulas(kernels, programs, names.length);
    this.columns = used.map((c) => names[c]!);
    this.formulas = programs.map((program, i) => {
      const own = columnsOf(program);
      return {
        program: renumber(program, (c) => own.indexOf(c)),
        reads: own.map((c) => used.indexOf(c)),
        lookBack: measures[i]!.lookBack,
      };
    });
    this.kept = Math.max(0, ...this.formulas.map((f) => f.lookBack));
    this.before = used.map(() => new Float64Array(0));
  }

  /** Begins another symbol: nothing lies before its first row. */
  restart(): void {
    this.before = this.before.map(() => new Float64Array(0));
  }

  /** Values of each formula on the next rows of the symbol, given its columns on them; NaN for null. */
  next(columns: readonly Float64Array[], rows: number): Float64Array[] {
    const joined = columns.map((own, c) => join(this.before[c]!, own));
    const past = this.before[0]?.length ?? 0;
    this.before = joined.map((own) => own.slice(Math.max(0, own.length - this.kept)));
    return this.formulas.map(({ program, reads }) => {
      // A formula of constants alone still needs to know how many rows there are.
      const own = reads.length > 0 ? reads.map((c) => joined[c]!) : [new Float64Array(past + rows)];
      return evaluateExactly(this.kernels, program, own).slice(past);
    });
  }
}

function join(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
