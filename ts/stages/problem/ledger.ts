/**
 * How often a hold-out was opened, by any run: a file beside the dataset, one line a look, only ever appended to, so that
 * runs side by side do not lose each other's. Each look makes it less of a hold-out.
 */
import { open, readFile } from 'node:fs/promises';
import { HybridError } from '../../error.js';
import { writeError } from '../../io/artifact.js';

interface Opening {
  dataset: string;
  target: string;
  /** The hold-out's range, µs. */
  from: number;
  to: number;
  at: string;
}

export function ledgerPath(dataset: string): string {
  return `${dataset.replace(/[/\\]+$/, '')}.holdout.jsonl`;
}

/**
 * Writes the opening down and returns how many there have been of this hold-out or one that overlaps it, this one
 * included. It is on the disk before the hold-out is looked at; E_RESOURCE where it cannot be, E_INPUT where the file
 * holds something else.
 */
export async function openHoldout(path: string, opening: Opening): Promise<number> {
  await readLedger(path);
  await append(path, `${JSON.stringify(opening)}\n`);
  return (await readLedger(path)).filter(
    (o) =>
      o.dataset === opening.dataset &&
      o.target === opening.target &&
      o.from < opening.to &&
      o.to > opening.from,
  ).length;
}

/** One write at the end of the file, wherever that is by then. */
async function append(path: string, line: string): Promise<void> {
  try {
    const file = await open(path, 'a');
    try {
      await file.appendFile(line);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw writeError(path, error);
  }
}

async function readLedger(path: string): Promise<Opening[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw HybridError.from(error);
  });
  // Another run may be writing the last line: it is one when it has its end.
  const lines = text.split('\n').slice(0, -1);
  try {
    return lines.map((line) => {
      const opening = JSON.parse(line) as Opening;
      if (typeof opening.dataset === 'string' && typeof opening.to === 'number') return opening;
      throw new TypeError('no opening');
    });
  } catch (cause) {
    throw new HybridError('E_INPUT', `${path}: expected the ledger of a hold-out, got something else`, {
      hint: `Move ${path} away: hybrid keeps there how often the hold-out was opened.`,
      cause,
    });
  }
}
