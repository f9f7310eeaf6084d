/**
 * From the tree of a formula to code: the part that all languages have in common. A language is a table with
 * a rule for each operator; the writer visits operands before what uses them, gives names to parts that occur
 * more than once, and sees to it that no infinity reaches an operator that would make a number of it.
 */
import { HybridError } from '../error.js';
import type { Names } from './names.js';
import type { Applied, Expression } from './tree.js';

/** How tightly a text holds together. */
export const tight = { sum: 1, product: 2, unary: 3, primary: 4 } as const;

export interface Piece {
  text: string;
  tight: number;
  /** False where it may be infinite (or NaN, in a language where that is no null). */
  finite: boolean;
  /** A number, not a column of them. */
  scalar: boolean;
}

/** The text of an operator applied to its operands. */
export type Rule = (args: readonly Piece[], window: number, writer: Writer) => Pick<Piece, 'text' | 'tight'>;

export interface Language {
  /** A rule for each operator by its name. */
  rules: Readonly<Record<string, Rule>>;
  /** Operators that give nothing finite where one of these operands is not finite. */
  carries: Readonly<Record<string, readonly number[]>>;
  /** Operators whose value may not be finite although the operands are. */
  strays: ReadonlySet<string>;
  column(name: string, writer: Writer): string;
  constant(value: number): string;
  /** The value, null where it is not finite. */
  finite(piece: Piece, writer: Writer): Pick<Piece, 'text' | 'tight'>;
  /** A statement that gives the name to a value. */
  define(name: string, text: string): string;
  /** What a part's text must become before it gets a name; itself, when not given. */
  whole?(text: string): string;
  /** How the value of that name is written. */
  refer(name: string): string;
}

/** As IEEE arithmetic has it. */
export const arithmeticCarries: Language['carries'] = {
  add: [0, 1],
  sub: [0, 1],
  mul: [0, 1],
  div: [0],
  neg: [0],
  abs: [0],
  sqrt: [0],
  log1p_abs: [0],
  square: [0],
  cube: [0],
};

/** The same for overflow, and the logarithm of 0. */
export const arithmeticStrays: readonly string[] = [
  'add',
  'sub',
  'mul',
  'div',
  'square',
  'cube',
  'exp',
  'log',
];

export class Writer {
  /** Statements so far, in order. */
  readonly statements: string[] = [];
  private readonly written = new Map<Expression, Piece>();
  private readonly references = new Set<string>();

  constructor(
    readonly language: Language,
    readonly names: Pick<Names, 'number'>,
  ) {}

  /** The value of the whole formula, finite or null. */
  root(expression: Expression): Piece {
    return this.finite(this.piece(expression));
  }

  piece(expression: Expression): Piece {
    const known = this.written.get(expression);
    if (known !== undefined) return known;
    const piece = this.write(expression);
    this.written.set(expression, piece);
    return piece;
  }

  private write(expression: Expression): Piece {
    if (expression.kind === 'column') {
      const text = this.language.column(expression.name, this);
      return { text, tight: tight.primary, finite: true, scalar: false };
    }
    if (expression.kind === 'constant') {
      const { value } = expression;
      const negative = value < 0 || Object.is(value, -0);
      const text = this.language.constant(value);
      return { text, tight: negative ? tight.unary : tight.primary, finite: true, scalar: true };
    }
    const piece = this.apply(expression);
    return expression.uses > 1 && !piece.scalar ? this.named(piece, expression.operator.name) : piece;
  }

  private apply({ operator: { name, minWindow }, window, args }: Applied): Piece {
    const { rules, carries, strays } = this.language;
    const rule = rules[name];
    if (rule === undefined) {
      throw new HybridError('E_INTERNAL', `formula export: expected a rule for ${name}, got none`);
    }
    const pieces = args.map((arg) => this.piece(arg));
    const own = pieces.map((p, k) => (carries[name]?.includes(k) ? p : this.finite(p)));
    const finite = !strays.has(name) && own.every((p) => p.finite);
    const scalar = minWindow === 0 && own.every((p) => p.scalar);
    return { ...rule(own, window, this), finite, scalar };
  }

  finite(piece: Piece): Piece {
    return piece.finite ? piece : { ...piece, ...this.language.finite(piece, this), finite: true };
  }

  /** The piece under a name of its own, finite; a piece that is a name already stays. */
  named(piece: Piece, stem: string): Piece {
    if (this.references.has(piece.text)) return piece;
    const { text } = this.finite(piece);
    const whole = this.language.whole?.(text) ?? text;
    return { ...piece, text: this.define(stem, whole), tight: tight.primary, finite: true };
  }

  /** Gives a name to a value, and answers how it is written from there on. */
  define(stem: string, text: string): string {
    return this.state(stem, (name) => this.language.define(name, text));
  }

  /** The same by a statement of any form. */
  state(stem: string, statement: (name: string) => string): string {
    const name = this.names.number(stem);
    this.statements.push(statement(name));
    const reference = this.language.refer(name);
    this.references.add(reference);
    return reference;
  }
}

/** The text, in parentheses unless it holds together as tightly as asked. */
export function within(piece: Pick<Piece, 'text' | 'tight'>, least: number): string {
  return piece.tight >= least ? piece.text : `(${piece.text})`;
}

/** `a + b`, associative to the left. */
export function infix(sign: string, own: number): Rule {
  return ([a, b]) => ({ text: `${within(a!, own)} ${sign} ${within(b!, own + 1)}`, tight: own });
}

/** `-a`; two signs in a row would be another sign, or a comment. */
export const negation: Rule = ([a]) => {
  const text = a!.text.startsWith('-') ? `(${a!.text})` : within(a!, tight.unary);
  return { text: `-${text}`, tight: tight.unary };
};

/** `name(a, b)`, the window last where there is one. */
export function call(name: string): Rule {
  return (args, window) => {
    const texts = args.map((a) => a.text);
    return {
      text: `${name}(${[...texts, ...(window > 0 ? [window] : [])].join(', ')})`,
      tight: tight.primary,
    };
  };
}
