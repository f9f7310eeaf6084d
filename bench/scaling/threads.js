/**
 * Threads 1 … N of prepare, train and evolve on a simulated market: how much faster than with one, beside what as many
 * busy processes get done in the same minutes. Checked: every number of threads gives the same data, quality and portfolio.
 */
import { availableParallelism } from 'node:os';
import { withFolder } from '../suite/folder.js';
import { probe } from '../suite/machine.js';
import { missingTime } from '../suite/process.js';
import { runStages, simulate } from './stages.js';

const hours = { full: 60, smoke: 1 };
const gain = { unit: 'times the work of one', better: 'more' };

/** 1, 2, 4 … and all cores. */
function threadCounts() {
  const cores = availableParallelism();
  const powers = Array.from({ length: Math.ceil(Math.log2(cores)) }, (_, i) => 2 ** i);
  return [...new Set([...powers, cores])];
}

/** What may not depend on the threads. */
function answersOf(runs) {
  const [prepare, train, evolve] = Object.values(runs).map(({ result }) => result);
  return JSON.stringify([
    prepare.symbols.map(({ dataSha256 }) => dataSha256),
    train.overall,
    evolve.portfolio,
    evolve.trials,
  ]);
}

export async function threadsBench(bench) {
  const missing = missingTime();
  if (missing) return bench.skip('all', 'hybrid', missing);
  const counts = threadCounts();
  await withFolder(async (folder) => {
    const raw = await simulate(folder, bench.size(hours.full, hours.smoke));
    const [alone, one] = [await runStages(bench, folder, raw, 1), bench.smoke ? 1 : await probe(1)];
    for (const threads of counts.slice(1)) {
      const { rows, runs } = await runStages(bench, folder, raw, threads);
      bench.expect(answersOf(runs) === answersOf(alone.runs), `other answers with ${threads} threads`);
      const busy = bench.smoke ? undefined : (threads * one) / (await probe(threads));
      for (const [stage, { seconds }] of Object.entries(runs)) {
        const subject = `${stage}, ${rows.toLocaleString('en-US')} rows, 1 → ${threads} threads`;
        const values = [alone.runs[stage].seconds / seconds];
        bench.record({ subject, who: 'hybrid', ...gain, values });
        if (busy !== undefined)
          bench.record({ subject, who: `${threads} busy processes`, ...gain, values: [busy] });
      }
    }
  });
}
