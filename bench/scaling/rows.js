/**
 * Rows × 10 and × 100: time and memory of prepare, train and evolve on simulated markets, 2 threads. What is linear
 * keeps its rows a second; what is flat keeps its megabytes. Checked: prepare gives a row for every trade, evolve and
 * train score rows of all of them.
 */
import { withFolder } from '../suite/folder.js';
import { missingTime } from '../suite/process.js';
import { runStages, simulate } from './stages.js';

const hours = { full: [3, 30, 300], smoke: [1] };
const who = 'hybrid, 2 threads';

export async function rowsBench(bench) {
  const missing = missingTime();
  if (missing) return bench.skip('all', 'hybrid', missing);
  await withFolder(async (folder) => {
    for (const span of bench.size(hours.full, hours.smoke)) {
      const { rows, runs } = await runStages(bench, folder, await simulate(folder, span), 2);
      for (const [stage, { seconds, peakBytes }] of Object.entries(runs)) {
        const subject = `${stage}, ${rows.toLocaleString('en-US')} rows`;
        bench.record({ subject, who, unit: 'M rows/s', better: 'more', values: [rows / seconds / 1e6] });
        bench.record({ subject, who, unit: 'MB at the peak', better: 'less', values: [peakBytes / 1e6] });
      }
    }
  });
}
