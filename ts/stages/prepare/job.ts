/** What is to be made of a symbol: a file of its own, or the next part of a dataset. */
import { Artifact } from '../../io/artifact.js';
import type { Params } from '../../kernels/engine.js';
import type { Progress } from '../../report/progress.js';
import { growSymbol } from './increment.js';
import type { Run } from './run.js';
import { type Files, type PreparedSymbol, prepareSymbol } from './symbol.js';

export type Job = { kind: 'file'; path: string } | { kind: 'part'; out: string; raw: string };

export interface Made {
  prepared: PreparedSymbol;
  /** Rows that are new. */
  appended: number;
}

/** The files are whole when this ends, and those of a job that fails are gone. */
export async function makeJob(
  job: Job,
  run: Run,
  input: Files & { symbol: string },
  params: Params,
  progress: Progress,
  onStep?: (step: string) => void,
): Promise<Made> {
  if (job.kind === 'part') return growSymbol({ ...job, run, params, progress, onStep }, input);
  const file = await Artifact.create(job.path, { checksum: false });
  try {
    const prepared = await prepareSymbol(run, input, params, file.write.bind(file), progress);
    await file.seal();
    await file.publish();
    return { prepared, appended: prepared.rows };
  } catch (error) {
    await file.discard();
    throw error;
  }
}
