/** Formulas that are tried because they are near: all pairs of columns, and one column replaced by another. */
import {
  columnCode,
  columnProgram,
  constantCode,
  type FormulaTable,
  forEachColumn,
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
