/**
 * How fast boosted trees are trained, beside LightGBM: Friedman-1 with 1 M rows × 38 columns, 100 rounds × 31 leaves, 1
 * thread and 2, each run in a process of its own; seconds of binning and training, processor seconds, peak memory.
 * Checked: the model of 2 threads is that of 1. HYBRID_BENCH_ROWS (1,000,000) sets the rows.
 */
import { friedman } from '../../problems/boosting.js';
import { withFolder } from '../../suite/folder.js';
import { missingTime } from '../../suite/process.js';
import { runLightGbm, runOwn, training, writeProblem } from './sides.js';

const rows = Number(process.env.HYBRID_BENCH_ROWS ?? 1_000_000);
const times = { unit: 's', better: 'less' };

/** Measurements of a side's runs with so many threads. */
function recordRuns(bench, subject, who, runs) {
  const of = (value) => runs.map(value);
  const record = (what, measure, values) =>
    bench.record({ subject: `${subject}, ${what}`, who, ...measure, values });
  record(
    'time',
    times,
    of((r) => r.binSeconds + r.trainSeconds),
  );
  record(
    'processor time',
    times,
    of((r) => r.trainingCpu),
  );
  record(
    'peak memory',
    { unit: 'MB', better: 'less' },
    of((r) => r.peakBytes / 1e6),
  );
}

function recordThreads(bench, subject, who, one, two) {
  const total = (run) => run.binSeconds + run.trainSeconds;
  const values = one.map((run, i) => total(run) / total(two[i]));
  bench.record({
    subject: `${subject}, 1 → 2 threads`,
    who,
    unit: 'times the work of one',
    better: 'more',
    values,
  });
}

export async function treesSpeedBench(bench) {
  const missing = missingTime();
  if (missing) return bench.skip('all', 'hybrid', missing);
  const count = bench.size(rows, 4000);
  const rounds = bench.size(100, 5);
  const subject = `boosted trees, ${count.toLocaleString('en-US')} rows × 38 columns, ${rounds} rounds`;
  const options = { ...training, loss: 'l2', classes: 1, rounds };
  const runs = { hybrid: { 1: [], 2: [] }, LightGBM: { 1: [], 2: [] } };
  await withFolder(async (folder) => {
    const task = { ...writeProblem({ ...friedman(count, 38, 5), train: count }, folder), options };
    for (let repeat = 0; repeat < Math.min(bench.repeats, 3); repeat++)
      for (const threads of [1, 2]) {
        runs.hybrid[threads].push(await runOwn({ ...task, threads }));
        const theirs = await runLightGbm(bench, subject, { ...task, threads });
        if (theirs !== undefined) runs.LightGBM[threads].push(theirs);
      }
  });
  const models = new Set(Object.values(runs.hybrid).flatMap((some) => some.map(({ model }) => model)));
  bench.expect(models.size === 1, 'another model of 2 threads than of 1');
  for (const [who, { 1: one, 2: two }] of Object.entries(runs)) {
    if (one.length === 0) continue;
    recordRuns(bench, `${subject}, 1 thread`, who, one);
    recordRuns(bench, `${subject}, 2 threads`, who, two);
    recordThreads(bench, subject, who, one, two);
  }
}
