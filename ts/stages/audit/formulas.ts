/** Evolved formulas: their values up to a row, with the rows behind it as they were and as they were not. */
import { readFile } from 'node:fs/promises';
import { HybridError } from '../../error.js';
import { type Dataset, type DatasetSymbol, readNumbers } from '../../io/dataset.js';
import { evaluateExactly, measureFormulas, parseFormulas } from '../../kernels/formulas.js';
import type { Kernels } from '../../kernels/load.js';
import { columnsOf, renumber } from '../evolve/seeds.js';
import { firstDifference, type Violation, violation } from './compare.js';

/** Rows up to the divide whose values are compared. */
const compared = 64;

/** The formulas of a portfolio.json. Errors: E_INPUT for a file that holds none. */
export async function readFormulas(path: string): Promise<string[]> {
  try {
    const { portfolio } = JSON.parse(await readFile(path, 'utf8')) as { portfolio: { formula: string }[] };
    return portfolio.map(({ formula }) => formula);
  } catch (cause) {
    throw new HybridError('E_INPUT', `${path}: expected a portfolio.json that hybrid evolve wrote`, {
      hint: 'Name it with --formulas evolved/portfolio.json.',
      cause,
    });
  }
}

/** The first difference of each formula in the rows up to `row`. */
export async function compareFormulas(
  kernels: Kernels,
  dataset: Dataset,
  symbol: DatasetSymbol,
  altered: Dataset,
  row: number,
  formulas: readonly string[],
): Promise<Violation[]> {
  const names = dataset.columns.filter((c) => c.type !== 'other').map((c) => c.name);
  const programs = parseFormulas(kernels, formulas, names);
  const found: Violation[] = [];
  for (const [i, program] of programs.entries()) {
    const { lookBack } = measureFormulas(kernels, [program], names.length)[0]!;
    const from = Math.max(0, row - lookBack - compared);
    const valuesIn = async (table: Dataset, symbols?: readonly DatasetSymbol[]) => {
      const used = columnsOf(program);
      const columns = await readNumbers(
        table,
        (used.length > 0 ? used : [0]).map((c) => names[c]!),
        symbols,
      );
      const rows = columns.map((values) => values.slice(from));
      return evaluateExactly(
        kernels,
        renumber(program, (c) => used.indexOf(c)),
        rows,
      );
    };
    const expected = await valuesIn(dataset, [symbol]);
    const got = await valuesIn(altered);
    const at = firstDifference(expected, got, row + 1 - from);
    if (at !== undefined) found.push(violation(formulas[i]!, from + at, expected[at]!, got[at]));
  }
  return found;
}
