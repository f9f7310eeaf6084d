/** People's formulas, from a text file: one a line, `#` begins a comment. */
import { readFile } from 'node:fs/promises';
import { HybridError } from '../../error.js';
import { columnProgram, forEachColumn, type Program, parseFormulas } from '../../kernels/formulas.js';
import type { Kernels } from '../../kernels/load.js';

export interface Seed {
  text: string;
  /** Over `names`. */
  program: Program;
}

export async function readSeeds(path: string, names: readonly string[], kernels: Kernels): Promise<Seed[]> {
  const content = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new HybridError('E_INPUT', `${path}: cannot be read: ${cause.message}`, {
      hint: 'Name a text file of formulas, one a line, with --seed-formulas.',
      cause,
    });
  });
  const seeds: Seed[] = [];
  content.split(/\r?\n/).forEach((line, i) => {
    const text = line.replace(/#.*$/, '').trim();
    if (text === '') return;
    try {
      seeds.push({ text, program: parseFormulas(kernels, [text], names)[0]! });
    } catch (error) {
      const { message, hint } = HybridError.from(error);
      throw new HybridError('E_USAGE', `${path}:${i + 1}: ${message}`, { hint, cause: error });
    }
  });
  if (seeds.length > 0) return seeds;
  throw new HybridError('E_USAGE', `${path}: expected formulas, one a line, got none`, {
    hint: 'Write formulas such as `(absorption / rsi7) * vwap_dist` into the file of --seed-formulas.',
  });
}

/** Numbers of the columns that a program reads. */
export function columnsOf(program: Program): number[] {
  const found = new Set<number>();
  forEachColumn(program, (column) => found.add(column));
  return [...found];
}

/** The same program with other column numbers. */
export function renumber(program: Program, number: (column: number) => number): Program {
  const copy = program.slice();
  forEachColumn(program, (column, place) => {
    copy[place] = columnProgram(number(column))[0]!;
  });
  return copy;
}
