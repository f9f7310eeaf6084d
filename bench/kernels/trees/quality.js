/**
 * How good boosted trees are, beside LightGBM on the same rows, leaves, rate and rounds: the loss on later rows of
 * Friedman-1 (100,000 rows), of the features of the real markets of ../shared/data, and of a simulated market; returns,
 * two directions and three. The constant knows the labels of the training rows only. Checked: at least 95 % of LightGBM's
 * gain over the constant, unless the difference is within two standard errors; on Friedman-1 and the simulated market an
 * RMSE within 1 % of LightGBM's; without LightGBM, a gain on Friedman-1. HYBRID_BENCH_HOURS (60) sets the simulated market's
 * length.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { friedman, losses, marketProblem, outputs, readMarket } from '../../problems/boosting.js';
import { simulate } from '../../scaling/market.js';
import { withFolder } from '../../suite/folder.js';
import { hybrid, missingTime } from '../../suite/process.js';
import { number } from '../../suite/table.js';
import { data } from '../market.js';
import { runLightGbm, runOwn, training, writeProblem } from './sides.js';

const hours = Number(process.env.HYBRID_BENCH_HOURS ?? 60);
const realMarkets = { BTC: 'btc-usdm-6min', NEXO: 'nexo-spot-day' };
const names = { l2: 'returns', binary: 'two directions', multiclass: 'three directions' };

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** Squared error, or −ln of the probability of the true class, of each test row. */
function rowLosses({ loss, target, train }, answers) {
  const k = outputs(loss);
  return Float64Array.from(target.subarray(train), (y, i) => {
    if (loss === 'l2') return (answers[i] - y) ** 2;
    const p = loss === 'binary' ? (y === 1 ? answers[i] : 1 - answers[i]) : answers[i * k + y];
    return -Math.log(Math.max(p, 1e-15));
  });
}

/** What knows the training labels only. */
function constantAnswers({ loss, target, train }) {
  const known = target.subarray(0, train);
  const answer =
    loss === 'multiclass' ? [0, 1, 2].map((k) => mean(known.map((y) => Number(y === k)))) : [mean(known)];
  const length = (target.length - train) * answer.length;
  return Float64Array.from({ length }, (_, i) => answer[i % answer.length]);
}

/** Mean difference of the losses of two sides, in standard errors. */
function standardErrors(a, b) {
  const d = a.map((x, i) => x - b[i]);
  // Neighbouring labels overlap: blocks of rows count as one observation each.
  const block = Math.max(1, Math.floor(d.length / 20));
  const blocks = Array.from({ length: Math.floor(d.length / block) }, (_, i) =>
    mean(d.subarray(i * block, (i + 1) * block)),
  );
  const middle = mean(blocks);
  const squares = blocks.reduce((sum, x) => sum + (x - middle) ** 2, 0);
  return middle / Math.sqrt(squares / (blocks.length - 1) / blocks.length);
}

/** Fails where hybrid's losses are worse than LightGBM's beyond what the rows can tell. */
function checkBeside(bench, subject, loss, isClose, { ours, theirs, constant }) {
  const share = (constant - mean(ours)) / (constant - mean(theirs));
  const isEven = standardErrors(ours, theirs) <= 2;
  const beats = mean(theirs) < constant;
  bench.expect((beats && share >= 0.95) || isEven, `${subject}: ${share} of LightGBM's gain`);
  const ratio = Math.sqrt(mean(ours) / mean(theirs));
  bench.expect(!isClose || loss !== 'l2' || ratio <= 1.01, `${subject}: ${ratio} of LightGBM's RMSE`);
}

/** With `isClose`, the RMSE of a regression must be within 1 % of LightGBM's. */
async function measure(bench, name, problem, isClose, folder) {
  const { loss } = problem;
  const options = { ...training, loss, classes: outputs(loss), rounds: bench.size(100, 20) };
  const task = { ...writeProblem(problem, folder), options, threads: 2 };
  const subject = `${name}, ${names[loss]}, ${problem.target.length.toLocaleString('en-US')} rows`;
  const unit = loss === 'l2' ? 'RMSE on later rows' : 'log-loss on later rows';
  const record = (who, value) =>
    bench.record({ subject, who, unit, better: 'less', values: [loss === 'l2' ? Math.sqrt(value) : value] });
  const constant = mean(rowLosses(problem, constantAnswers(problem)));
  const ours = rowLosses(problem, (await runOwn(task)).answers);
  record('hybrid', mean(ours));
  bench.print(`  ${subject}: the constant's loss ${number(constant)}, hybrid's ${number(mean(ours))}`);
  bench.expect(!isClose || mean(ours) < constant, `${subject}: no gain over the constant`);
  const peer = await runLightGbm(bench, subject, task);
  if (peer === undefined) return;
  const theirs = rowLosses(problem, peer.answers);
  record('LightGBM', mean(theirs));
  if (!bench.smoke) checkBeside(bench, subject, loss, isClose, { ours, theirs, constant });
}

async function measureMarket(bench, name, raw, isClose, folder) {
  const features = join(folder, `${name}.parquet`);
  await hybrid('prepare', '--raw', raw, '--out', features);
  const market = await readMarket(features);
  for (const loss of losses) await measure(bench, name, marketProblem(market, loss), isClose, folder);
}

export async function treesQualityBench(bench) {
  const missing = missingTime();
  if (missing) return bench.skip('all', 'hybrid', missing);
  await withFolder(async (folder) => {
    await measure(bench, 'Friedman-1', friedman(bench.size(100_000, 3000), 10, 3), true, folder);
    if (bench.smoke) return;
    for (const [name, place] of Object.entries(realMarkets)) {
      const raw = join(data, place);
      if (existsSync(raw)) await measureMarket(bench, name, raw, false, folder);
      else
        bench.skip(name, 'hybrid', `${place} is not among the shared data (HYBRID_SHARED names their place)`);
    }
    await measureMarket(
      bench,
      `market simulated for ${hours} h`,
      await simulate(folder, hours),
      true,
      folder,
    );
  });
}
