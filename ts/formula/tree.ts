/** A formula as a tree whose equal parts are one: what code in other languages is written from. */
import { columnCode, constantCode, type Operator, type Program } from '../kernels/formulas.js';

export interface Column {
  kind: 'column';
  name: string;
}

export interface Constant {
  kind: 'constant';
  value: number;
}

export interface Applied {
  kind: 'applied';
  operator: Operator;
  /** Rows; 0 for an operator without a window. */
  window: number;
  args: readonly Expression[];
  /** How many operators have it as an operand. */
  uses: number;
}

export type Expression = Column | Constant | Applied;

/** The tree of a program; equal parts are the same object. */
export function readTree(
  program: Program,
  operators: readonly Operator[],
  columns: readonly string[],
): Expression {
  const shared = new Map<string, { id: number; expression: Expression }>();
  const share = (key: string, make: () => Expression) => {
    const known = shared.get(key) ?? { id: shared.size, expression: make() };
    shared.set(key, known);
    return known;
  };
  const stack: { id: number; expression: Expression }[] = [];
  for (let i = 0; i < program.length; i++) {
    const [code, payload] = [program[i]! >>> 24, program[i]! & 0xffffff];
    if (code === columnCode) {
      stack.push(share(`column ${payload}`, () => ({ kind: 'column', name: columns[payload]! })));
    } else if (code === constantCode) {
      const [low, high] = [program[++i]!, program[++i]!];
      const value = new Float64Array(Uint32Array.of(low, high).buffer)[0]!;
      stack.push(share(`constant ${low} ${high}`, () => ({ kind: 'constant', value })));
    } else {
      const operator = operators[code]!;
      const args = stack.splice(stack.length - operator.arity);
      const key = `${code} ${payload} ${args.map((a) => a.id).join(' ')}`;
      stack.push(
        share(key, () =>
          apply(
            operator,
            payload,
            args.map((a) => a.expression),
          ),
        ),
      );
    }
  }
  return stack[0]!.expression;
}

function apply(operator: Operator, window: number, args: readonly Expression[]): Applied {
  for (const arg of new Set(args))
    if (arg.kind === 'applied') arg.uses += args.filter((a) => a === arg).length;
  return { kind: 'applied', operator, window, args, uses: 0 };
}

/** Every distinct part, operands before what uses them. */
export function partsOf(root: Expression): Expression[] {
  const parts = new Set<Expression>();
  const visit = (expression: Expression) => {
    if (parts.has(expression)) return;
    if (expression.kind === 'applied') expression.args.forEach(visit);
    parts.add(expression);
  };
  visit(root);
  return [...parts];
}

/** The columns that a formula reads, in the order of their first use. */
export function columnsIn(root: Expression): string[] {
  return partsOf(root).flatMap((part) => (part.kind === 'column' ? [part.name] : []));
}

/** The operators that a formula applies, in the order of their first use. */
export function operatorsIn(root: Expression): Operator[] {
  return [...new Set(partsOf(root).flatMap((part) => (part.kind === 'applied' ? [part.operator] : [])))];
}
