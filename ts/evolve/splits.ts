/**
 * Formulas that add what could stand by itself. A search that knows one of two relations is rewarded for the sum of
 * both, which would keep either out of the portfolio, since a sum is much like its parts.
 */
import { constantCode, type FormulaTable, type Part, type Program, partsOf } from '../kernels/formulas.js';
import { differenceOf, explainedByBlock, type UpdateLimits } from './portfolio.js';
import type { Joint } from './statistics.js';

/** A formula with one operand of a sum or difference in its place, and with the other one. */
export interface Split {
  parts: readonly [Program, Program];
  /** Whether the sum is the formula, up to its scale; else it stands within a product, a window or a bend. */
  outermost: boolean;
}

/** The ways in which a formula adds two parts, constants aside; the outermost come first. */
export function splitsOf(program: Program, table: FormulaTable): Split[] {
  const named = (...names: string[]) =>
    new Set(table.operators.filter(({ name }) => names.includes(name)).map(({ code }) => code));
  const [sums, scales, signs] = [named('add', 'sub'), named('mul', 'div'), named('neg')];
  const isConstant = ({ code }: Part) => code === constantCode;
  const found: Split[] = [];
  const visit = (part: Part, outermost: boolean) => {
    const { code, operands } = part;
    if (sums.has(code) && !operands.some(isConstant))
      found.push({
        parts: [inPlace(program, part, operands[0]!), inPlace(program, part, operands[1]!)],
        outermost,
      });
    const passes = sums.has(code) || signs.has(code) || (scales.has(code) && operands.some(isConstant));
    for (const operand of operands) visit(operand, outermost && passes);
  };
  visit(partsOf(program, table).at(-1)!, true);
  return found.sort((a, b) => Number(b.outermost) - Number(a.outermost));
}

function inPlace(program: Program, { start, end }: Part, operand: Part): Program {
  const own = program.subarray(operand.start, operand.end);
  return Uint32Array.of(...program.subarray(0, start), ...own, ...program.subarray(end));
}

/**
 * Whether two parts of a formula, given by their places in a joint, are two formulas: as different from each other as the
 * portfolio asks, each beyond the best of noise (`luck`, a gain), and together worth what the whole is.
 */
export function standApart(
  joint: Joint,
  whole: number,
  [a, b]: readonly [number, number],
  { maxCorrelation, luck }: Pick<UpdateLimits, 'maxCorrelation' | 'luck'>,
): boolean {
  const { correlation, targetCorrelation, n } = joint;
  if (!(Math.abs(correlation[a * n + b]!) <= maxCorrelation)) return false;
  if (![a, b].every((i) => targetCorrelation[i]! ** 2 > luck)) return false;
  const { mean, standardError } = differenceOf(
    explainedByBlock(joint, [a, b]),
    explainedByBlock(joint, [whole]),
  );
  return mean > -standardError;
}
