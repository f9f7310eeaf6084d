/** Who writes an unfinished file, and whether he still lives. */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';

export interface Owner {
  host: string;
  pid: number;
  /** When the process began, as the system counts; null where it does not say. */
  started: string | null;
}

/** A silent owner on another machine is taken for dead after this. */
const silenceMs = 60_000;

export async function ourselves(): Promise<Owner> {
  own ??= startOf(process.pid).then((started) => ({ host: hostname(), pid: process.pid, started }));
  return own;
}

let own: Promise<Owner> | undefined;

/** Whether the owner, if he is not us, is at work on a file that was last changed at `changedMs`. */
export async function isAtWork(owner: Owner, changedMs: number): Promise<boolean> {
  const us = await ourselves();
  if (owner.host !== us.host) return Date.now() - changedMs < silenceMs;
  if (owner.pid === us.pid && owner.started === us.started) return false;
  return isAlive(owner.pid) && (await startOf(owner.pid)) === owner.started;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A process id is used again after a while, the pair of it and its start is not. */
async function startOf(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in parentheses may hold blanks; field 22 of the line is the 20th behind it.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}
