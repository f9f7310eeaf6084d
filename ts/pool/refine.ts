/** The worker's part of a regression: a table of rows without an order, and formulas refined over it. */

import type { Kernels } from '../kernels/load.js';
import {
  loadRegression,
  type RefineBatch,
  type Refinement,
  type Regression,
  type RegressionTable,
  refineBatch,
  setLibrary,
} from '../kernels/regression.js';

export interface RefineInput {
  /** Columns and target are shared, not copied; the same key is the same table. */
  table: RegressionTable & { key: string };
  /** Terms that formulas grow by; the same key is the same library. */
  library: { key: number; terms: Uint32Array };
  batch: RefineBatch;
}

let held: { key: string; library: number; regression: Regression } | undefined;

export function refineOnTable({ table, library, batch }: RefineInput, kernels: Kernels): Refinement {
  if (held?.key !== table.key) {
    held?.regression.free();
    held = undefined;
    held = { key: table.key, library: 0, regression: loadRegression(kernels, table) };
  }
  if (held.library !== library.key) {
    setLibrary(held.regression, library.terms);
    held.library = library.key;
  }
  return refineBatch(held.regression, batch);
}
