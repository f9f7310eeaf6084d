/**
 * Prepare, train and evolve on simulated markets. Rows × 10 and × 100 with 2 threads: what is linear keeps its rows a
 * second, what is flat keeps its megabytes. Threads 1 … N on the second of the markets: how much faster than with one,
 * beside what as many busy processes get done in the same minutes. Checked: prepare gives a row for every trade, evolve
 * and train score rows of all of them; every number of threads gives the same data, quality and portfolio.
 */
import { availableParallelism } from 'node:os';
import { withFolder } from '../suite/folder.js';
import { probe } from '../suite/machine.js';
import { missingTime } from '../suite/process.js';
import { runStages, simulate } from './market.js';

/** Of the markets; and of the one that is run with other threads too. */
const hours = { full: [3, 30, 300], smoke: [0.5] };
const threadHours = 30;
const base = 2;

/** 1, 2, 4 … and all cores. */
function threadCounts() {
  const cores = availableParallelism();
  const powers = Array.from({ length: Math.ceil(Math.log2(cores)) }, (_, i) => 2 ** i);
  return [...new Set([...powers, cores])];
}

const countOf = (rows) => `${rows.toLocaleString('en-US')} rows`;

function recordRows(bench, { rows, runs }) {
  for (const [stage, { seconds, peakBytes }] of Object.entries(runs)) {
    const common = { subject: `${stage}, ${countOf(rows)}`, who: `hybrid, ${base} threads` };
    bench.record({ ...common, unit: 'M rows/s', better: 'more', values: [rows / seconds / 1e6] });
    bench.record({ ...common, unit: 'MB at the peak', better: 'less', values: [peakBytes / 1e6] });
  }
}

/** What may not depend on the threads. */
function answersOf({ runs }) {
  const [prepare, train, evolve] = Object.values(runs).map(({ result }) => result);
  const data = prepare.symbols.map(({ dataSha256 }) => dataSha256);
  return JSON.stringify([data, train.overall, evolve.portfolio, evolve.trials]);
}

/** The runs of more threads beside those of one, and beside so many busy processes. */
async function recordThreads(bench, alone, threads, { rows, runs }) {
  const busy = [(threads * (await probe(1))) / (await probe(threads))];
  for (const [stage, { seconds }] of Object.entries(runs)) {
    const subject = `${stage}, ${countOf(rows)}, 1 → ${threads} threads`;
    const measure = { subject, unit: 'times the work of one', better: 'more' };
    bench.record({ ...measure, who: 'hybrid', values: [alone.runs[stage].seconds / seconds] });
    bench.record({ ...measure, who: `${threads} busy processes`, values: busy });
  }
}

async function measureThreads(bench, folder, raw) {
  const alone = await runStages(bench, folder, raw, 1);
  for (const threads of threadCounts().slice(1)) {
    const several = await runStages(bench, folder, raw, threads);
    bench.expect(answersOf(several) === answersOf(alone), `other answers with ${threads} threads`);
    await recordThreads(bench, alone, threads, several);
  }
}

export async function stagesBench(bench) {
  const missing = missingTime();
  if (missing) return bench.skip('all', 'hybrid', missing);
  await withFolder(async (folder) => {
    for (const span of bench.size(hours.full, hours.smoke)) {
      const raw = await simulate(folder, span);
      recordRows(bench, await runStages(bench, folder, raw, base));
      if (span === threadHours && !bench.smoke) await measureThreads(bench, folder, raw);
    }
  });
}
