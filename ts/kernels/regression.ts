/** Formulas refined over a table whose rows have no order, as the kernels do it. */
import { callKernel, type Kernels } from './load.js';

export type Regression = InstanceType<Kernels['Regression']>;

export interface RefineBatch {
  /** Packed. */
  programs: Uint32Array;
  /** The most nodes of those that get a term of the library first, {@link linked} added to it for those that give way to a new formula that links terms; 0 for the others. */
  grown: Uint32Array;
  /** Steps of Levenberg–Marquardt, at most. */
  steps: number;
  /** A term of n nodes stays where it lowers ln(squares) · rows by more than n times this. */
  price: number;
  /** Key of the draws of the first program; the others follow. */
  seed: number;
  generation: number;
  first: number;
  /** Refines to the end and writes constants as short as they may be. */
  polish: boolean;
}

/** Packed programs, and of each `[loss, coverage, loss of each block]`: NaN for one that says nothing. */
export interface Refinement {
  programs: Uint32Array;
  figures: Float64Array;
}

/** Added to the most nodes of a formula that is to be linked. */
export const linked = 1 << 16;

/** A table of rows without an order. */
export interface RegressionTable {
  /** One after the other, each as long as the target. */
  columns: Float64Array;
  /** Less its mean. */
  target: Float64Array;
  mean: number;
  blocks: number;
  /** Codes of the operators that new formulas may use. */
  operators: Uint8Array;
}

export function loadRegression(kernels: Kernels, table: RegressionTable): Regression {
  const { columns, target, mean, blocks, operators } = table;
  return callKernel(() => new kernels.Regression(columns, target, mean, blocks, operators));
}

export function setLibrary(regression: Regression, terms: Uint32Array): void {
  callKernel(() => regression.setLibrary(terms));
}

export function refineBatch(regression: Regression, batch: RefineBatch): Refinement {
  const { programs, grown, steps, price, seed, generation, first } = batch;
  const refined = callKernel(() =>
    batch.polish
      ? regression.polish(programs, steps, price)
      : regression.refine(programs, grown, steps, price, seed, generation, first),
  );
  try {
    return { programs: refined.programs(), figures: refined.figures() };
  } finally {
    refined.free();
  }
}
