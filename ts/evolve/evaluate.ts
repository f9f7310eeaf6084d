/** What the search asks of the pool, and the joint sums of a few formulas. */
import { constantProgram, type Program, type Work } from '../kernels/formulas.js';
import { type BlockSums, blockWeights, type Joint, jointOf, type Moments, moments } from './statistics.js';

/** Members of the portfolio, standardised: z = (f − mean) · scale. */
export interface PortfolioInput {
  programs: readonly Program[];
  means: ArrayLike<number>;
  scales: ArrayLike<number>;
  /** Of each z: then formulas are held against r − Σ β z instead of r, and their products with the z are not wanted. */
  coefficients?: Float64Array;
}

/** Sums over some stages of a race. */
export interface Measured extends BlockSums {
  work: Work;
}

/** Stages of a race, `from` up to but not `to`. */
export interface StageRange {
  from: number;
  to: number;
}

/** Evaluates programs over the rows of a part, whatever threads and shards it takes. */
export interface Evaluate {
  (
    programs: readonly Program[],
    pivots: ArrayLike<number>,
    portfolio?: PortfolioInput,
    /** All by default. The sums of stages, added up in their order, are those of all to the bit. */
    stages?: StageRange,
  ): Promise<Measured>;
  /** Stages of a race over the part: the first ones together are ever larger subsets of its rows; 1: no race. */
  readonly stages: number;
}

/** Has a value everywhere: its sums are the weights of the blocks. */
export const one = constantProgram(1);

/** The joint sums of formulas over a part, each standardised over this part; by `known` moments over it, where given. */
export async function jointSums(
  evaluate: Evaluate,
  formulas: readonly { program: Program; pivot: number }[],
  known: readonly (Moments | undefined)[] = [],
): Promise<{ joint: Joint; moments: Moments[] }> {
  const measured = await momentsOf(evaluate, formulas, known);
  const portfolio = {
    programs: formulas.map((f) => f.program),
    means: formulas.map((f, i) => f.pivot + measured[i]!.shift),
    scales: measured.map((m) => m.scale),
  };
  const sums = await evaluate([one, ...portfolio.programs], [0, ...formulas.map((f) => f.pivot)], portfolio);
  const places = formulas.map((_, i) => i + 1);
  return { joint: jointOf(sums, places, 0, measured), moments: measured };
}

async function momentsOf(
  evaluate: Evaluate,
  formulas: readonly { program: Program; pivot: number }[],
  known: readonly (Moments | undefined)[],
): Promise<Moments[]> {
  const unknown = formulas.filter((_, i) => known[i] === undefined);
  if (unknown.length === 0) return formulas.map((_, i) => known[i]!);
  const sums = await evaluate([one, ...unknown.map((f) => f.program)], [0, ...unknown.map((f) => f.pivot)]);
  const totalWeight = blockWeights(sums, 0).reduce((a, b) => a + b, 0);
  const found = new Map(unknown.map((f, i) => [f, moments(sums, i + 1, totalWeight)]));
  return formulas.map((f, i) => known[i] ?? found.get(f)!);
}
