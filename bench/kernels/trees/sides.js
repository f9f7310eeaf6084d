/** Both sides of a training: a process of hybrid's and one of LightGBM's that read the same bytes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runPeer } from '../../suite/peer.js';
import { timed } from '../../suite/process.js';

const own = fileURLToPath(new URL('own.js', import.meta.url));

/** The same for both. */
export const training = { leaves: 31, rate: 0.1, minRows: 20 };

/** Writes a problem column by column, and says where it is. */
export function writeProblem(problem, folder) {
  const task = {
    x: join(folder, 'x.f32'),
    y: join(folder, 'y.f64'),
    answers: join(folder, 'answers.f64'),
    rows: problem.target.length,
    columns: problem.columns.length,
    train: problem.train,
  };
  writeFileSync(task.x, Buffer.concat(problem.columns.map((c) => Buffer.from(c.buffer))));
  writeFileSync(task.y, Buffer.from(problem.target.buffer));
  return task;
}

/** The answers that a side has written for the rows behind those that were learnt from. */
function withAnswers(run, task) {
  if (run === undefined || task.train === task.rows) return run;
  return { ...run, answers: new Float64Array(new Uint8Array(readFileSync(task.answers)).buffer) };
}

/** What training took, and the answers. */
export async function runOwn(task) {
  const { stdout } = await timed(process.execPath, [own, JSON.stringify(task)]);
  return withAnswers(JSON.parse(stdout), task);
}

/** The same of LightGBM; nothing where it is not there. */
export async function runLightGbm(bench, subject, task) {
  const args = [JSON.stringify(task)];
  const run = await runPeer(bench, { subject, who: 'LightGBM', script: 'lightgbm_train.py', args });
  return withAnswers(run, task);
}
