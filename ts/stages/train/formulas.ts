/** The formulas of a portfolio as columns of a model. */
import { readFile } from 'node:fs/promises';
import { HybridError } from '../../error.js';
import type { Dataset } from '../../io/dataset.js';
import { measureFormulas, parseFormulas } from '../../kernels/formulas.js';
import type { Kernels } from '../../kernels/load.js';
import { namedColumns } from '../evolve/columns.js';
import { columnsOf } from '../evolve/seeds.js';
import { formulaValues } from '../formula.js';
import type { ModelColumn } from './columns.js';

export interface NamedFormula {
  /** Of its column in the model. */
  name: string;
  formula: string;
}

export interface Portfolio {
  path: string;
  formulas: NamedFormula[];
  /** First instant (µs) that neither search nor selection has seen; undefined where there is no hold-out. */
  fresh: number | undefined;
}

interface PortfolioFile {
  datasetSha256: string;
  portfolio: { formula: string }[];
  parts: { selection: { to: number }; holdout: { from: number; to: number } };
}

/** Reads portfolio.json and checks that it belongs to the dataset. Errors: E_INPUT. */
export async function readPortfolio(path: string, dataset: Dataset, sha256: string): Promise<Portfolio> {
  const file = parsePortfolio(path, await readText(path));
  if (file.datasetSha256 !== sha256)
    throw new HybridError(
      'E_INPUT',
      `${path}: expected formulas evolved on ${dataset.path}, got those of another dataset (SHA-256 ${file.datasetSha256.slice(0, 12)}…)`,
      { hint: 'Name the dataset they were evolved on with --dataset, or run `hybrid evolve` on this one.' },
    );
  if (file.portfolio.length === 0)
    throw new HybridError('E_INPUT', `${path}: expected formulas, got an empty portfolio`, {
      hint: 'Leave --formulas out: evolution found nothing better than luck.',
    });
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

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw HybridError.from(Object.assign(error, { path }));
    throw new HybridError('E_INPUT', `${path}: no such file`, {
      hint: 'Run `hybrid evolve` first, name its portfolio.json with --formulas, or leave --formulas out.',
      cause: error,
    });
  });
}

function parsePortfolio(path: string, text: string): PortfolioFile {
  try {
    const file = JSON.parse(text) as PortfolioFile;
    const { from, to } = file.parts.holdout;
    const texts = file.portfolio.every(({ formula }) => typeof formula === 'string');
    if (texts && typeof file.datasetSha256 === 'string' && from <= to) return file;
  } catch {
    // Said below.
  }
  throw new HybridError('E_INPUT', `${path}: expected a portfolio of \`hybrid evolve\`, got something else`, {
    hint: 'Name the portfolio.json of this version of `hybrid evolve` with --formulas.',
  });
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
