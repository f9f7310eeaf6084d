/** portfolio.json as other commands read it. */
import { readFile } from 'node:fs/promises';
import { HybridError } from '../error.js';

/** A formula as a column. */
export interface NamedFormula {
  name: string;
  formula: string;
}

export interface PortfolioFile {
  datasetSha256: string;
  portfolio: readonly { formula: string }[];
  /** In time (µs). */
  parts: { selection: { to: number }; holdout: { from: number; to: number } };
}

/**
 * Errors: E_INPUT for a file that is not there, is none of `hybrid evolve`, or has no formulas in it; `optional` says
 * whether the command also works without formulas.
 */
export async function readPortfolioFile(path: string, optional: boolean): Promise<PortfolioFile> {
  const file = parsed(await readText(path, optional));
  if (file === undefined)
    throw new HybridError(
      'E_INPUT',
      `${path}: expected a portfolio of \`hybrid evolve\`, got something else`,
      {
        hint: 'Name the portfolio.json of this version of `hybrid evolve` with --formulas.',
      },
    );
  if (file.portfolio.length > 0) return file;
  throw new HybridError('E_INPUT', `${path}: expected formulas, got an empty portfolio`, {
    hint: optional
      ? 'Leave --formulas out: evolution found nothing better than luck.'
      : 'Evolve on more data or a shorter horizon: nothing better than luck was found.',
  });
}

async function readText(path: string, optional: boolean): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw HybridError.from(Object.assign(error, { path }));
    throw new HybridError('E_INPUT', `${path}: no such file`, {
      hint: `Run \`hybrid evolve\` first, ${optional ? 'name its portfolio.json with --formulas, or leave --formulas out' : 'or name its portfolio.json with --formulas'}.`,
      cause: error,
    });
  });
}

function parsed(text: string): PortfolioFile | undefined {
  try {
    const file = JSON.parse(text) as PortfolioFile;
    const { from, to } = file.parts.holdout;
    const texts = file.portfolio.every(({ formula }) => typeof formula === 'string');
    return texts && typeof file.datasetSha256 === 'string' && from <= to ? file : undefined;
  } catch {
    return undefined;
  }
}
