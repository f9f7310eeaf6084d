/**
 * Rows × 10 and × 100: time and memory of prepare, train and evolve on simulated markets, 2 threads. What is linear
 * keeps its rows a second; what is flat keeps its megabytes. Checked: prepare gives a row for every trade, evolve and
 * train score rows of all of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hybrid, missingTime } from '../suite/process.js';

/** Hours of market; a day is some 90,000 trades. */
const hours = { full: [3, 30, 300], smoke: [1] };
const training = ['--rounds', 20, '--early-stop', 0, '--folds', 2, '--target', 'ret_10s'];
const search = ['--population', 300, '--generations', 3, '--target', 'ret_10s', '--baseline', 'none'];

function recordRun(bench, stage, rows, { seconds, peakBytes }) {
  const subject = `${stage} of ${rows.toLocaleString('en-US')} rows`;
  const who = 'hybrid, 2 threads';
  bench.record({ subject, who, unit: 'M rows/s', better: 'more', values: [rows / seconds / 1e6] });
  bench.record({ subject, who, unit: 'MB at the peak', better: 'less', values: [peakBytes / 1e6] });
}

async function measure(bench, folder, span) {
  const at = (name) => join(folder, `${span}-${name}`);
  const threads = ['--threads', 2];
  await hybrid('simulate', '--hours', span, '--out', at('raw'));
  const prepared = await hybrid('prepare', '--raw', at('raw'), '--out', at('features.parquet'), ...threads);
  const { rows, symbols } = prepared.result;
  bench.expect(
    rows === symbols[0].trades,
    `expected a row for each of ${symbols[0].trades} trades, got ${rows}`,
  );
  recordRun(bench, 'prepare', rows, prepared);
  const dataset = ['--dataset', at('features.parquet'), ...threads];
  const trained = await hybrid('train', ...dataset, ...training, '--out', at('model'));
  recordRun(bench, 'train, 20 rounds a fold', rows, trained);
  const evolved = await hybrid('evolve', ...dataset, ...search, '--out', at('evolved'));
  recordRun(bench, 'evolve, 3 generations of 300', rows, evolved);
  for (const { result } of [trained, evolved])
    bench.expect(
      result.scoredRows > 0.9 * rows,
      `expected ${rows} rows to be scored, got ${result.scoredRows}`,
    );
}

export async function rowsBench(bench) {
  const missing = missingTime();
  if (missing) return bench.skip('all', 'hybrid', missing);
  const folder = mkdtempSync(join(tmpdir(), 'hybrid-bench-'));
  try {
    for (const span of bench.size(hours.full, hours.smoke)) await measure(bench, folder, span);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
