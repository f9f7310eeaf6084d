/** The formulas of a portfolio as columns of a model. */
import { HybridError } from '../../error.js';
import type { Dataset } from '../../io/dataset.js';
import { measureFormulas, parseFormulas } from '../../kernels/formulas.js';
import type { Kernels } from '../../kernels/load.js';
import { namedColumns } from '../evolve/columns.js';
import { columnsOf } from '../evolve/seeds.js';
import { formulaValues } from '../formula.js';
import { type NamedFormula, readPortfolioFile } from '../portfolio.js';
import type { ModelColumn } from './columns.js';

export type { NamedFormula } from '../portfolio.js';

export interface Portfolio {
  path: string;
  formulas: NamedFormula[];
  /** First instant (µs) that neither search nor selection has seen; undefined where there is no hold-out. */
  fresh: number | undefined;
}

/** Reads portfolio.json and checks that it belongs to the dataset. Errors: E_INPUT. */
export async function readPortfolio(path: string, dataset: Dataset, sha256: string): Promise<Portfolio> {
  const file = await readPortfolioFile(path, true);
  if (file.datasetSha256 !== sha256)
    throw new HybridError(
      'E_INPUT',
      `${path}: expected formulas evolved on ${dataset.path}, got those of another dataset (SHA-256 ${file.datasetSha256.slice(0, 12)}…)`,
      { hint: 'Name the dataset they were evolved on with --dataset, or run `hybrid evolve` on this one.' },
    );
  const { holdout } = file.parts;
  const taken = new Set(dataset.columns.map((c) => c.name));
  return {
    path,
    formulas: file.portfolio.map(({ formula }, i) => ({
      name: freeName(`formula_${i + 1}`, taken),
      formula,
    })),
    fresh: holdout.to > holdout.from ? holdout.from : undefined,
  };
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  return taken.has(name) ? freeName(`${name}_`, taken) : name;
}

/** Rows before the current one on which the formulas may depend. Errors: E_USAGE where one reads the target. */
export function lookBackOf(
  formulas: readonly NamedFormula[],
  dataset: Dataset,
  target: readonly string[],
  kernels: Kernels,
): number {
  const names = namedColumns(dataset);
  const programs = parseFormulas(
    kernels,
    formulas.map((f) => f.formula),
    names,
  );
  programs.forEach((program, i) => {
    const own = columnsOf(program).map((c) => names[c]!);
    const leak = own.find((name) => target.includes(name));
    if (leak === undefined) return;
    throw new HybridError('E_USAGE', `--formulas: ${formulas[i]!.formula}: "${leak}" is the target`, {
      hint: 'Choose another target with --target, or formulas that do not read it.',
    });
  });
  return Math.max(0, ...measureFormulas(kernels, programs, names.length).map((m) => m.lookBack));
}

/** The values of the formulas over the whole dataset, f64, NaN for null. */
export async function formulaColumns(
  formulas: readonly NamedFormula[],
  dataset: Dataset,
  kernels: Kernels,
  signal: AbortSignal,
): Promise<ModelColumn[]> {
  const columns: ModelColumn[] = [];
  for (const { formula } of formulas) {
    const column = new Float64Array(new SharedArrayBuffer(8 * dataset.rows));
    column.set(await formulaValues(kernels, dataset, formula, signal));
    columns.push(column);
  }
  return columns;
}
