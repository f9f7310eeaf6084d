/** Formulas that are tried because they are near: all pairs of columns, and one column replaced by another. */
import {
  columnCode,
  columnProgram,
  constantCode,
  type FormulaTable,
  forEachColumn,
  forEachWindow,
  type Program,
} from '../kernels/formulas.js';

/** All products of two columns, then all quotients, as far as each fits wholly into `room`. */
export function pairsOfColumns(terminals: readonly number[], table: FormulaTable, room: number): Program[] {
  const programs: Program[] = [];
  for (const name of ['mul', 'div']) {
    const { code, commutative } = table.operators.find((o) => o.name === name)!;
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
  const step = coprime(Math.round(0.618 * all), all);
  const places = Array.from({ length: Math.max(0, Math.min(count, all - from)) }, (_, i) => from + i);
  return places.map((place) => {
    const mixed = (place * step) % all;
    const { code, window } = timed[Math.floor(mixed / pairs)]!;
    const a = terminals[mixed % terminals.length]!;
    const b = terminals[Math.floor((mixed % pairs) / terminals.length)]!;
    const over = ((code << 24) | window) >>> 0;
    return Uint32Array.of(...columnProgram(a), ...columnProgram(b), over, (mul << 24) >>> 0);
  });
}

/** The least number from `from` on that has no factor in common with `n`. */
function coprime(from: number, n: number): number {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  let found = Math.max(1, from);
  while (gcd(found, n) > 1) found++;
  return found;
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

/** A program with one of its operators of one operand over a window replaced by another of them, the window kept. */
export function otherViews(program: Program, table: FormulaTable, codes: readonly number[]): Program[] {
  const near: Program[] = [];
  forEachWindow(program, (code, window, place) => {
    if (table.operators[code]!.arity !== 1) return;
    for (const other of codes)
      if (other !== code && window >= table.operators[other]!.minWindow)
        near.push(withOperator(program, place, other, window));
  });
  return near;
}

function withOperator(program: Program, place: number, code: number, window: number): Program {
  const changed = program.slice();
  changed[place] = ((code << 24) | window) >>> 0;
  return changed;
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
  const starts: number[] = [];
  const found: Program[] = [];
  for (let i = 0; i < program.length; i++) {
    const code = program[i]! >>> 24;
    if (code === constantCode) {
      starts.push(i);
      i += 2;
      continue;
    }
    const arity = code === columnCode ? 0 : table.operators[code]!.arity;
    const start = arity === 0 ? i : starts[starts.length - arity]!;
    starts.length -= arity;
    starts.push(start);
    if (i + 1 - start <= most) found.push(program.slice(start, i + 1));
  }
  return found;
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
