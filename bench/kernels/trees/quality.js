/**
 * How good boosted trees are, beside LightGBM on the same rows, leaves, rate and rounds: the loss on later rows of
 * Friedman-1 (100,000 rows), of the features of the real markets of ../shared/data, and of a simulated market; returns,
 * two directions and three. The constant knows the labels of the training rows only. Checked: at least 95 % of LightGBM's
 * gain over the constant, unless the difference is within two standard errors (of the real markets over several draws of the
 * training rows); on Friedman-1 and the simulated market an
 * RMSE within 1 % of LightGBM's; a gain on Friedman-1. HYBRID_BENCH_HOURS (206: a million rows) sets the simulated market's
 * length.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { friedman, losses, marketProblem, outputs, readMarket } from '../../problems/boosting.js';
import { simulate } from '../../scaling/market.js';
import { withFolder } from '../../suite/folder.js';
import { hybrid, missingTime } from '../../suite/process.js';
import { uniform } from '../../suite/random.js';
import { number } from '../../suite/table.js';
import { data } from '../market.js';
import { runLightGbm, runOwn, training, writeProblem } from './sides.js';

/** Of some 4,900 trades each. */
const hours = Number(process.env.HYBRID_BENCH_HOURS ?? 206);
const once = { isClose: true, draws: 1 };
/** Trees of few rows are a matter of chance: the fewer, the more draws of their training rows. */
const realMarkets = {
  BTC: { place: 'btc-usdm-6min', isClose: false, draws: 5 },
  NEXO: { place: 'nexo-spot-day', isClose: false, draws: 10 },
};
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

const standardError = (values) => {
  const middle = mean(values);
  const squares = values.reduce((sum, x) => sum + (x - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
};

/**
 * Mean difference of the losses of two sides, each row by row and draw by draw, in standard errors: over blocks of rows,
 * since neighbouring labels overlap, and over the draws, since trees hang on what they were grown on.
 */
function standardErrors(a, b) {
  const draws = a.map((losses, k) => losses.map((x, i) => x - b[k][i]));
  const between = draws.length > 1 ? standardError(draws.map(mean)) : 0;
  const d = draws[0].map((_, i) => mean(draws.map((draw) => draw[i])));
  const block = Math.max(1, Math.floor(d.length / 20));
  const starts = Array.from({ length: Math.floor(d.length / block) }, (_, i) => i * block);
  const blocks = starts.map((start) => mean(d.subarray(start, start + block)));
  return mean(d) / Math.hypot(standardError(blocks), between);
}

/** The problem without one in a hundred of its training rows, others by each draw; draw 0 is the whole. */
function drawn(problem, draw) {
  if (draw === 0) return problem;
  const random = uniform(draw);
  const kept = Array.from(problem.target.keys()).filter((i) => i >= problem.train || random() >= 0.01);
  return {
    loss: problem.loss,
    columns: problem.columns.map((column) => Float32Array.from(kept, (i) => column[i])),
    target: Float64Array.from(kept, (i) => problem.target[i]),
    train: kept.findIndex((i) => i >= problem.train),
  };
}

/** Fails where hybrid's losses are worse than LightGBM's beyond what the rows can tell. */
function checkBeside(bench, subject, loss, isClose, { ours, theirs, constant }) {
  const [own, others] = [mean(ours.map(mean)), mean(theirs.map(mean))];
  const share = (constant - own) / (constant - others);
  const isEven = standardErrors(ours, theirs) <= 2;
  const beats = others < constant;
  bench.expect((beats && share >= 0.95) || isEven, `${subject}: ${share} of LightGBM's gain`);
  const ratio = Math.sqrt(own / others);
  bench.expect(!isClose || loss !== 'l2' || ratio <= 1.01, `${subject}: ${ratio} of LightGBM's RMSE`);
}

/** Losses of both sides by draw; theirs are missing without LightGBM. */
async function lossesByDraw(bench, subject, problem, draws, options, folder) {
  const [ours, theirs] = [[], []];
  for (let draw = 0; draw < draws; draw++) {
    const own = drawn(problem, draw);
    const task = { ...writeProblem(own, folder), options, threads: 2 };
    ours.push(rowLosses(own, (await runOwn(task)).answers));
    const peer = await runLightGbm(bench, subject, task);
    if (peer !== undefined) theirs.push(rowLosses(own, peer.answers));
  }
  return { ours, theirs };
}

/** With `isClose`, the RMSE of a regression must be within 1 % of LightGBM's; with `hasGain`, below the constant's. */
async function measure(bench, name, problem, { isClose, hasGain, draws }, folder) {
  const { loss } = problem;
  const options = { ...training, loss, classes: outputs(loss), rounds: bench.size(100, 20) };
  const subject = `${name}, ${names[loss]}, ${problem.target.length.toLocaleString('en-US')} rows`;
  const unit = loss === 'l2' ? 'RMSE on later rows' : 'log-loss on later rows';
  const record = (who, values) =>
    bench.record({
      ...{ subject, who, unit, better: 'less' },
      values: values.map((value) => (loss === 'l2' ? Math.sqrt(value) : value)),
    });
  const constant = mean(rowLosses(problem, constantAnswers(problem)));
  const { ours, theirs } = await lossesByDraw(bench, subject, problem, draws, options, folder);
  const own = ours.map(mean);
  record('hybrid', own);
  bench.print(`  ${subject}: the constant's loss ${number(constant)}, hybrid's ${number(mean(own))}`);
  bench.expect(!hasGain || mean(own) < constant, `${subject}: no gain over the constant`);
  if (theirs.length === 0) return;
  record('LightGBM', theirs.map(mean));
  if (!bench.smoke) checkBeside(bench, subject, loss, isClose, { ours, theirs, constant });
}

async function measureMarket(bench, name, raw, how, folder) {
  const features = join(folder, `${name}.parquet`);
  await hybrid('prepare', '--raw', raw, '--out', features);
  const market = await readMarket(features);
  for (const loss of losses) await measure(bench, name, marketProblem(market, loss), how, folder);
}

export async function treesQualityBench(bench) {
  const missing = missingTime();
  if (missing) return bench.skip('all', 'hybrid', missing);
  await withFolder(async (folder) => {
    await measure(
      bench,
      'Friedman-1',
      friedman(bench.size(100_000, 3000), 10, 3),
      { ...once, hasGain: true },
      folder,
    );
    if (bench.smoke) return;
    for (const [name, { place, ...how }] of Object.entries(realMarkets)) {
      const raw = join(data, place);
      if (existsSync(raw)) await measureMarket(bench, name, raw, how, folder);
      else
        bench.skip(name, 'hybrid', `${place} is not among the shared data (HYBRID_SHARED names their place)`);
    }
    await measureMarket(
      bench,
      `market simulated for ${hours} h`,
      await simulate(folder, hours),
      once,
      folder,
    );
  });
}
