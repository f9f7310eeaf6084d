/** `hybrid prepare` in this process. */
import { resolve } from '../../ts/config/resolve.js';
import { HybridError } from '../../ts/error.js';
import type { PrepareSummary } from '../../ts/stages/prepare.js';
import { builtStage } from './built.js';

type Stage = typeof import('../../ts/stages/prepare.js');

export type Prepare = Stage['prepare'];
export type PrepareConfig = Parameters<Prepare>[0];

export const { prepare } = await builtStage<Stage>('prepare');

/** What the command would end with: the exit code, the summary of --json, and what it writes to stderr. */
export type PrepareRun = { code: number; stderr: string } & Partial<PrepareSummary>;

/** Prepares with these flags (by their settings' names) and nothing else set. */
export async function runPrepare(flags: Readonly<Record<string, string>>): Promise<PrepareRun> {
  const lines: string[] = [];
  const note = (line: string) => lines.push(line);
  const progress = { phase: () => ({ update: () => {}, end: () => {} }), note };
  try {
    const settings = resolve('prepare', { flags, env: {}, dotenv: {}, file: {} });
    const summary = await prepare(settings, { progress });
    return { code: 0, stderr: lines.join('\n'), ...summary };
  } catch (thrown) {
    const { code, message, hint, exitCode } = HybridError.from(thrown);
    lines.push(`${code}: ${message}`, ...(hint === undefined ? [] : [`hint: ${hint}`]));
    return { code: exitCode, stderr: lines.join('\n') };
  }
}
