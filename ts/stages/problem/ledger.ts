/** How often a hold-out was opened, by any run: a list beside the dataset. Each look makes it less of one. */
import { readFile } from 'node:fs/promises';
import { HybridError } from '../../error.js';
import { writeJson } from '../../io/artifact.js';

interface Opening {
  dataset: string;
  target: string;
  /** The hold-out's range, µs. */
  from: number;
  to: number;
  at: string;
}

export function ledgerPath(dataset: string): string {
  return `${dataset.replace(/[/\\]+$/, '')}.holdout.json`;
}

/**
 * Writes the opening down and returns how many there have been of this hold-out or one that overlaps it, this one
 * included. It is written before the hold-out is looked at; E_RESOURCE where it cannot be.
 */
export async function openHoldout(path: string, opening: Opening): Promise<number> {
  const openings = [...(await readLedger(path)), opening];
  await writeJson(path, { openings });
  return openings.filter(
    (o) =>
      o.dataset === opening.dataset &&
      o.target === opening.target &&
      o.from < opening.to &&
      o.to > opening.from,
  ).length;
}

async function readLedger(path: string): Promise<Opening[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{"openings":[]}';
    throw HybridError.from(error);
  });
  try {
    const { openings } = JSON.parse(text) as { openings: Opening[] };
    if (Array.isArray(openings)) return openings;
  } catch {
    // Said below.
  }
  throw new HybridError('E_INPUT', `${path}: expected the ledger of a hold-out, got something else`, {
    hint: `Move ${path} away: hybrid keeps there how often the hold-out was opened.`,
  });
}
