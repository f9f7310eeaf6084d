/** Formulas that are tried because they are simple: pairs of columns, products over time, the terms of a regression. */
import {
  columnCode,
  columnProgram,
  constantCode,
  type FormulaTable,
  type Operator,
  type Program,
  partsOf,
} from '../kernels/formulas.js';

/** All products of two columns, then all quotients, as far as there are such and each fits wholly into `room`. */
export function pairsOfColumns(
  terminals: readonly number[],
  operators: readonly Operator[],
  room: number,
): Program[] {
  const programs: Program[] = [];
  const joining = ['mul', 'div'].flatMap((name) => operators.find((o) => o.name === name) ?? []);
  for (const { code, commutative } of joining) {
    const count = (terminals.length * (terminals.length - 1)) / (commutative ? 2 : 1);
    if (programs.length + count > room) break;
    terminals.forEach((a, i) => {
      terminals.forEach((b, j) => {
        if (commutative ? i < j : i !== j)
          programs.push(Uint32Array.of(...columnProgram(a), ...columnProgram(b), (code << 24) >>> 0));
      });
    });
  }
  return programs;
}

/** An operator of one operand over a window. */
export interface Timed {
  code: number;
  window: number;
}

/**
 * Products of a column and of one under an operator over a window, all of them in an order that mixes columns and
 * windows: `count` from place `from` on. Chance alone would hardly ever try one of them, and a window near the right
 * one shows the way to it.
 */
export function timedProducts(
  terminals: readonly number[],
  timed: readonly Timed[],
  mul: number,
  [from, count]: readonly [number, number],
): Program[] {
  const pairs = terminals.length ** 2;
  const all = pairs * timed.length;
  const step = strideOf(all);
  const places = Array.from({ length: Math.max(0, Math.min(count, all - from)) }, (_, i) => from + i);
  return places.map((place) => {
    const at = (place * step) % all;
    const { code, window } = timed[Math.floor(at / pairs)]!;
    const a = terminals[at % terminals.length]!;
    const b = terminals[Math.floor((at % pairs) / terminals.length)]!;
    const over = ((code << 24) | window) >>> 0;
    return Uint32Array.of(...columnProgram(a), ...columnProgram(b), over, (mul << 24) >>> 0);
  });
}

/** The same in an order that mixes what lies together. */
export function mixed<T>(list: readonly T[]): T[] {
  const step = strideOf(list.length);
  return list.map((_, i) => list[(i * step) % list.length]!);
}

/** Steps of so many places visit each of `n` once, neighbours far apart. */
function strideOf(n: number): number {
  return coprime(Math.round(0.618 * n), n);
}

/** The least number from `from` on that has no factor in common with `n`. */
function coprime(from: number, n: number): number {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  let found = Math.max(1, from);
  while (gcd(found, n) > 1) found++;
  return found;
}

/** Whether a window runs over a constant: it says nothing that the constant does not. */
export function slidesOverConstant(program: Program): boolean {
  for (let i = 0; i + 3 < program.length; i++) {
    if (program[i]! >>> 24 !== constantCode) continue;
    const next = program[i + 3]!;
    if (next >>> 24 < columnCode && (next & 0xffffff) > 0) return true;
    i += 2;
  }
  return false;
}

/**
 * Terms that a table's columns suggest: columns, each under every operator of one operand, squares, products and
 * quotients of two, products of three; each kind as far as it fits wholly into `room`.
 */
export function startingTerms(
  terminals: readonly number[],
  table: FormulaTable,
  operators: ReadonlySet<string>,
  room: number,
): Program[] {
  const columns = terminals.map(columnProgram);
  const over = (name: string, ...args: readonly Program[]): Program => {
    const { code } = table.operators.find((o) => o.name === name)!;
    return Uint32Array.from([...args.flatMap((a) => [...a]), (code << 24) >>> 0]);
  };
  const unary = table.operators.filter((o) => o.arity === 1 && o.minWindow === 0 && o.name !== 'neg');
  const pairs = columns.flatMap((a, i) => columns.slice(i + 1).map((b) => [a, b] as const));
  const has = (name: string) => operators.has(name);
  const products = has('mul') ? pairs.map(([a, b]) => over('mul', a, b)) : [];
  const quotients = has('div')
    ? columns.flatMap((a) => columns.filter((b) => b !== a).map((b) => over('div', a, b)))
    : [];
  const squares = columns.map((c) => (has('square') ? over('square', c) : over('mul', c, c)));
  const triples = has('mul')
    ? pairs.flatMap(([a, b]) =>
        columns
          .filter((c) => columns.indexOf(c) >= columns.indexOf(b))
          .map((c) => over('mul', over('mul', a, b), c)),
      )
    : [];
  const single = unary.filter((o) => has(o.name)).flatMap((o) => columns.map((c) => over(o.name, c)));
  const kinds = [columns, has('mul') || has('square') ? squares : [], products, single, quotients, triples];
  const terms: Program[] = [];
  for (const kind of kinds) if (terms.length === 0 || terms.length + kind.length <= room) terms.push(...kind);
  return terms;
}

/** The subtrees of a program that are no constants, of at most `most` words. */
export function subtreesOf(program: Program, table: FormulaTable, most: number): Program[] {
  return partsOf(program, table)
    .filter(({ code, start, end }) => code !== constantCode && end - start <= most)
    .map(({ start, end }) => program.slice(start, end));
}

/** A program without the values of its constants. */
export function shapeOf(program: Program): { text: string; constants: boolean } {
  let [text, constants] = ['', false];
  for (let i = 0; i < program.length; i++) {
    text += String.fromCharCode(program[i]! >>> 24, program[i]! & 0xffff);
    if (program[i]! >>> 24 !== constantCode) continue;
    constants = true;
    i += 2;
  }
  return { text, constants };
}
