/**
 * Hybrid's side of a training, a process of its own so that its memory can be told: reads a task as JSON from its argument, trains,
 * predicts the rows behind, prints what it took.
 */
import { createHash } from 'node:crypto';
import { openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { createPool } from '../../../dist/pool/pool.js';
import { trainTrees } from '../../../dist/train/boost.js';
import { predictTrees } from '../../../dist/train/predict.js';

function readProblem(task) {
  const file = openSync(task.x);
  const columns = Array.from({ length: task.columns }, (_, c) => {
    const column = new Float32Array(new SharedArrayBuffer(4 * task.rows));
    readSync(file, new Uint8Array(column.buffer), 0, 4 * task.rows, 4 * task.rows * c);
    return column;
  });
  const target = new Float64Array(new Uint8Array(readFileSync(task.y)).buffer);
  const train = Uint32Array.from({ length: task.train }, (_, i) => i);
  return { names: columns.map((_, c) => `x${c}`), columns, target, train };
}

async function predictRest(pool, model, task, columns) {
  if (task.train === task.rows) return;
  const rows = Uint32Array.from({ length: task.rows - task.train }, (_, i) => task.train + i);
  const answers = await predictTrees(pool, model, columns, { rows });
  writeFileSync(task.answers, Buffer.from(answers.buffer));
}

const task = JSON.parse(process.argv[2]);
const problem = readProblem(task);
const pool = await createPool(task.threads);
// Workers that have started already, as LightGBM's imports have.
await Promise.all(Array.from({ length: task.threads }, () => pool.run('echo', 0)));
const [start, before] = [performance.now(), process.cpuUsage()];
const { model, seconds } = await trainTrees(pool, problem, task.options);
const total = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(before);
const peakBytes = process.resourceUsage().maxRSS * 1024;
await predictRest(pool, model, task, problem.columns);
await pool.close();
console.log(
  JSON.stringify({
    binSeconds: seconds.binning,
    trainSeconds: total - seconds.binning,
    trainingCpu: (user + system) / 1e6,
    peakBytes,
    model: createHash('sha256').update(JSON.stringify(model)).digest('hex'),
  }),
);
