/**
 * Two products with a factor in common, as one formula: a c and b c may be one relation, (a + b) c, of which a search
 * finds either part by itself.
 */
import {
  constantCode,
  constantProgram,
  type FormulaTable,
  forEachColumn,
  type Part,
  type Program,
  partsOf,
} from '../kernels/formulas.js';

/** One way to write two products with the same factor. */
export interface Join {
  parts: readonly [Program, Program];
  /** The first plus `weight` times the second, the factor standing once. */
  whole(weight: number): Program;
}

interface Factor {
  program: Program;
  divides: boolean;
}

/**
 * The factor in common is what stands in both products; else, what in either is made of columns of both alone: then it
 * may be bent in two ways, and each is tried. None where nothing is in common, or nothing else.
 */
export function joinsOf(a: Program, b: Program, table: FormulaTable): Join[] {
  const [factors, others] = [factorsOf(a, table), factorsOf(b, table)];
  const [first, second] = [divided(factors, others), divided(others, factors)];
  if ([first, second].some(({ common, own }) => common.length === 0 || own.length === 0)) return [];
  const alike = sameFactors(first.common, second.common);
  const product = (all: readonly Factor[]) => productOf(all, table);
  return (alike ? [first.common] : [first.common, second.common]).map((common) => ({
    parts: [product([...first.own, ...common]), product([...second.own, ...common])],
    whole(weight) {
      const sum = weighted(product(first.own), weight, product(second.own), table);
      return product([{ program: sum, divides: false }, ...common]);
    },
  }));
}

/** What is multiplied and divided by, constants left out: they only scale. */
function factorsOf(program: Program, table: FormulaTable): Factor[] {
  const found: Factor[] = [];
  const visit = ({ code, start, end, operands }: Part, divides: boolean) => {
    const name = table.operators[code]?.name;
    if (name === 'mul' || name === 'div') {
      visit(operands[0]!, divides);
      visit(operands[1]!, divides !== (name === 'div'));
    } else if (name === 'neg') visit(operands[0]!, divides);
    else if (code !== constantCode) found.push({ program: program.subarray(start, end), divides });
  };
  visit(partsOf(program, table).at(-1)!, false);
  return found;
}

function divided(factors: readonly Factor[], others: readonly Factor[]): { common: Factor[]; own: Factor[] } {
  const columns = columnsOf(others);
  const isSame = (one: Factor) => others.some((other) => sameFactor(one, other));
  const isShared = (one: Factor) => [...columnsOf([one])].every((column) => columns.has(column));
  const isCommon = factors.some(isSame) ? isSame : isShared;
  return { common: factors.filter(isCommon), own: factors.filter((one) => !isCommon(one)) };
}

function columnsOf(factors: readonly Factor[]): Set<number> {
  const found = new Set<number>();
  for (const { program } of factors) forEachColumn(program, (column) => found.add(column));
  return found;
}

function sameFactor(a: Factor, b: Factor): boolean {
  return a.divides === b.divides && a.program.join() === b.program.join();
}

function sameFactors(some: readonly Factor[], others: readonly Factor[]): boolean {
  const texts = (all: readonly Factor[]) =>
    all.map(({ divides, program }) => `${divides} ${program.join()}`).sort();
  return texts(some).join(';') === texts(others).join(';');
}

function productOf(factors: readonly Factor[], table: FormulaTable): Program {
  const [above, below] = [false, true].map((side) => factors.filter(({ divides }) => divides === side));
  const first = above!.shift()?.program ?? constantProgram(1);
  const times = above!.reduce((product, { program }) => applied('mul', product, program, table), first);
  return below!.reduce((product, { program }) => applied('div', product, program, table), times);
}

function weighted(a: Program, weight: number, b: Program, table: FormulaTable): Program {
  const size = Math.abs(weight);
  const scaled = size === 1 ? b : applied('mul', b, constantProgram(size), table);
  return applied(weight < 0 ? 'sub' : 'add', a, scaled, table);
}

function applied(name: string, a: Program, b: Program, { operators }: FormulaTable): Program {
  const { code } = operators.find((o) => o.name === name)!;
  return Uint32Array.of(...a, ...b, (code << 24) >>> 0);
}
