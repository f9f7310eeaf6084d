/**
 * What lies one step from a formula. Where a proxy was found first, the formula that it stands for is often one column,
 * a few rows, a bend or a gate away. The nearest come first, then the many others in an order that mixes them.
 */
import {
  columnCode,
  columnProgram,
  constantCode,
  constantProgram,
  type FormulaTable,
  forEachColumn,
  forEachConstant,
  forEachWindow,
  type Operator,
  type Part,
  type Program,
  parseFormulas,
  partsOf,
} from '../kernels/formulas.js';
import type { Kernels } from '../kernels/load.js';
import { mixed, type Timed } from './proposals.js';

export interface NeighbourhoodPorts {
  kernels: Kernels;
  table: FormulaTable;
  /** Columns that formulas are made of. */
  terminals: readonly number[];
  /** Operators that formulas may have. */
  operators: readonly Operator[];
  /** Which of them, over which windows, a part of a formula is put under. */
  timed: readonly Timed[];
  /** A few values that divide those of each program into a lower and an upper part. */
  levels(programs: readonly Program[]): readonly (readonly number[])[];
}

/** How `b` may join, bend or gate `a`; `q` is a level of `b`. */
const forms = [
  'a * b',
  'a / b',
  'a / (1 + abs(b))',
  'a * tanh(b)',
  'a * sign(b)',
  'a * abs(b)',
  'a * sqrt(abs(b))',
  'a * square(b)',
  'a + b',
  'a - b',
  'min(a, b)',
  'max(a, b)',
  'if_greater(b, q, a, 0)',
  'if_greater(q, b, a, 0)',
  'if_greater(b, q, a, -a)',
];
const factors = [-1, 0.5, 0.8, 1.25, 2];

/** There are thousands of which a few are wanted. */
type Making = () => Program;

export class Neighbourhood {
  private readonly forms: readonly { form: Program; gates: boolean }[];
  private readonly columns: readonly { program: Program; levels: readonly number[] }[];
  private readonly bends: readonly Operator[];

  constructor(private readonly ports: NeighbourhoodPorts) {
    const { kernels, operators, terminals, table } = ports;
    const allowed = new Set(operators.map((o) => o.code));
    this.forms = parseFormulas(kernels, forms, ['a', 'b', 'q'])
      .map((form, i) => ({ form, gates: /\bq\b/.test(forms[i]!) }))
      .filter(({ form }) =>
        partsOf(form, table).every(({ code }) => code >= columnCode || allowed.has(code)),
      );
    const columns = terminals.map(columnProgram);
    const levels = ports.levels(columns);
    this.columns = columns.map((program, i) => ({ program, levels: levels[i]! }));
    this.bends = operators.filter((o) => o.arity === 1 && o.minWindow === 0);
  }

  /** `count` neighbours from place `from` on; fewer where there are no more. */
  of(program: Program, from: number, count: number): Program[] {
    const parts = partsOf(program, this.ports.table);
    const nearest = [
      ...hoists(program, parts),
      ...movedConstants(program),
      ...movedWindows(program, this.ports.table),
      ...substitutions(program, this.ports.terminals),
      ...otherOperators(program, parts, this.ports.operators),
      ...this.bent(program, parts),
      ...this.joined(program, parts),
    ].map((near) => () => near);
    const others = () =>
      mixed([
        ...this.regrouped(program, parts),
        ...this.wrapped(program, parts),
        ...this.gated(program, parts),
      ]);
    const all = from + count <= nearest.length ? nearest : [...nearest, ...others()];
    return all.slice(from, from + count).map((make) => make());
  }

  /** An operator of two operands replaced by one that bends one of them. */
  private bent(program: Program, parts: readonly Part[]): Program[] {
    return parts.flatMap((part) => {
      if (part.operands.length !== 2 || part.window > 0) return [];
      return part.operands
        .filter(({ code }) => code !== constantCode)
        .flatMap((one) =>
          this.bends.map(({ code }) => replaced(program, part, under(program, one, { code, window: 0 }))),
        );
    });
  }

  /** Two operands joined in every other form, in both orders. */
  private joined(program: Program, parts: readonly Part[]): Program[] {
    return parts.flatMap((part) => {
      if (part.operands.length !== 2 || part.window > 0) return [];
      if (part.operands.some(({ code }) => code === constantCode)) return [];
      const [a, b] = part.operands.map((o) => program.slice(o.start, o.end));
      const [levelsOfA, levelsOfB] = this.ports.levels([a!, b!]);
      const values = [...this.together(a!, b!, levelsOfB!), ...this.together(b!, a!, levelsOfA!)];
      return values.map((value) => replaced(program, part, value()));
    });
  }

  /** Any two parts, neither of which holds the other, joined by themselves; those that the whole joins already left out. */
  private regrouped(program: Program, parts: readonly Part[]): Making[] {
    const joining = parts.filter(({ code }) => code !== constantCode);
    const values = joining.map(({ start, end }) => program.slice(start, end));
    const levels = this.ports.levels(values);
    const { operands, window } = parts.at(-1)!;
    const joined = (a: Part, b: Part) =>
      operands.length === 2 && window === 0 && operands.includes(a) && operands.includes(b);
    const apart = (a: Part, b: Part) => a.end <= b.start || b.end <= a.start;
    return joining.flatMap((one, i) =>
      joining.flatMap((other, j) =>
        apart(one, other) && !joined(one, other) ? this.together(values[i]!, values[j]!, levels[j]!) : [],
      ),
    );
  }

  /** A part bent by an operator of one operand, or looked at over time. */
  private wrapped(program: Program, parts: readonly Part[]): Making[] {
    const over = [...this.bends.map(({ code }) => ({ code, window: 0 })), ...this.ports.timed];
    return parts.flatMap((part) => {
      if (part.code === constantCode) return [];
      return over.map((operator) => () => replaced(program, part, under(program, part, operator)));
    });
  }

  /** A part joined, bent or gated by a column. */
  private gated(program: Program, parts: readonly Part[]): Making[] {
    return parts.flatMap((part) => {
      if (part.code === constantCode) return [];
      const own = program.subarray(part.start, part.end);
      return this.columns.flatMap((column) =>
        this.together(own, column.program, column.levels).map(
          (value) => () => replaced(program, part, value()),
        ),
      );
    });
  }

  private together(a: Program, b: Program, levels: readonly number[]): Making[] {
    return this.forms.flatMap(({ form, gates }) =>
      (gates ? levels : [0]).map((level) => () => filledIn(form, [a, b, constantProgram(level)])),
    );
  }
}

/** A form with its columns replaced by what is given for each. */
function filledIn(form: Program, values: readonly Program[]): Program {
  const words: number[] = [];
  let from = 0;
  forEachColumn(form, (column, place) => {
    words.push(...form.subarray(from, place), ...values[column]!);
    from = place + 1;
  });
  return Uint32Array.of(...words, ...form.subarray(from));
}

/** A part under an operator of one operand. */
function under(program: Program, { start, end }: Part, { code, window }: Timed): Program {
  return Uint32Array.of(...program.subarray(start, end), ((code << 24) | window) >>> 0);
}

function replaced(program: Program, { start, end }: Part, value: Program): Program {
  return Uint32Array.of(...program.subarray(0, start), ...value, ...program.subarray(end));
}

/** A program with an operator left out: one of its operands in its place. */
export function hoists(program: Program, parts: readonly Part[]): Program[] {
  return parts.flatMap((part) =>
    part.operands
      .filter(({ code }) => code !== constantCode)
      .map(({ start, end }) => replaced(program, part, program.slice(start, end))),
  );
}

/** A program with one of its columns replaced, in every way. */
export function substitutions(program: Program, terminals: readonly number[]): Program[] {
  const near: Program[] = [];
  forEachColumn(program, (column, place) => {
    for (const other of terminals) {
      if (other === column) continue;
      const changed = program.slice();
      changed[place] = columnProgram(other)[0]!;
      near.push(changed);
    }
  });
  return near;
}

/** A program with one of its constants turned, made smaller or greater. */
export function movedConstants(program: Program): Program[] {
  const near: Program[] = [];
  forEachConstant(program, (value, place) => {
    for (const factor of value === 0 ? [] : factors) {
      const changed = program.slice();
      changed.set(constantProgram(factor * value), place);
      near.push(changed);
    }
  });
  return near;
}

/** A program with one of its windows moved a little or much. */
export function movedWindows(program: Program, table: FormulaTable): Program[] {
  const near: Program[] = [];
  forEachWindow(program, (code, window, place) => {
    const { minWindow } = table.operators[code]!;
    const others = [-2, -1, 1, 2].map((by) => window + by);
    for (const factor of [0.5, 0.8, 1.25, 2]) others.push(Math.round(factor * window));
    for (const other of new Set(others))
      if (other !== window && other >= minWindow && other <= table.maxWindow)
        near.push(withOperator(program, place, code, other));
  });
  return near;
}

/** A program with one of its operators replaced by another one of as many operands, the window kept. */
export function otherOperators(
  program: Program,
  parts: readonly Part[],
  operators: readonly Operator[],
): Program[] {
  return parts.flatMap(({ code, window, end, operands }) =>
    operators
      .filter((o) => o.arity === operands.length && o.code !== code)
      .filter((o) => (window === 0 ? o.minWindow === 0 : o.minWindow > 0 && o.minWindow <= window))
      .map((o) => withOperator(program, end - 1, o.code, window)),
  );
}

function withOperator(program: Program, place: number, code: number, window: number): Program {
  const changed = program.slice();
  changed[place] = ((code << 24) | window) >>> 0;
  return changed;
}
