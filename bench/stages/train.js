/**
 * `hybrid train`, the whole command, beside a script that does the same with Polars and LightGBM (labels, walk-forward of
 * 5 folds, a final model; bench/peers/lightgbm_walk.py), on a simulated market: wall and processor seconds, peak memory,
 * RMSE on the test rows. Hybrid also shuffles columns for their importance, and writes a prediction for every row and a
 * report. Checked: an RMSE within 2 % of the script's. HYBRID_BENCH_HOURS (60) sets the market's length.
 */
import { simulate } from '../scaling/market.js';
import { withFolder } from '../suite/folder.js';
import { runPeer } from '../suite/peer.js';
import { hybrid, missingTime } from '../suite/process.js';

const hours = Number(process.env.HYBRID_BENCH_HOURS ?? 60);
const options = { folds: 5, leaves: 31, rate: 0.05, minRows: 20 };
const threads = 2;
const horizonSeconds = 10;

async function runOwn(features, out, rounds) {
  const flags = [
    '--target',
    `ret_${horizonSeconds}s`,
    '--weights',
    'none',
    '--early-stop',
    0,
    '--rounds',
    rounds,
  ];
  const sizes = ['--folds', options.folds, '--leaves', options.leaves, '--rate', options.rate];
  const where = ['--dataset', features, '--out', out, '--threads', threads, '--min-rows', options.minRows];
  const { result, ...took } = await hybrid('train', ...where, ...flags, ...sizes);
  return { ...took, loss: result.overall.loss, columns: result.columns, rows: result.scoredRows };
}

/** The script's run; nothing where it is not there. */
function runScript(bench, subject, task) {
  return runPeer(bench, {
    ...{ subject, who: 'Polars and LightGBM', script: 'lightgbm_walk.py', args: [JSON.stringify(task)] },
    env: { POLARS_MAX_THREADS: String(threads) },
  });
}

const figures = {
  time: { unit: 's', of: (run) => run.seconds },
  'processor time': { unit: 's', of: (run) => run.cpu },
  'peak memory': { unit: 'MB', of: (run) => run.peakBytes / 1e6 },
  'test rows': { unit: 'RMSE in bps', of: (run) => 1e4 * run.loss },
};

function recordRuns(bench, subject, who, runs) {
  for (const [what, { unit, of }] of Object.entries(figures))
    bench.record({ subject: `${subject}, ${what}`, who, unit, better: 'less', values: runs.map(of) });
}

export async function trainBench(bench) {
  const missing = missingTime();
  if (missing) return bench.skip('all', 'hybrid', missing);
  const rounds = bench.size(100, 3);
  const subject = `train, ${bench.size(hours, 0.5)} h of a simulated market, ${options.folds} folds × ${rounds} rounds`;
  const [own, theirs] = [[], []];
  await withFolder(async (folder) => {
    const raw = await simulate(folder, bench.size(hours, 0.5));
    const features = `${folder}/features.parquet`;
    await hybrid('prepare', '--raw', raw, '--out', features);
    for (let repeat = 0; repeat < Math.min(bench.repeats, 3); repeat++) {
      own.push(await runOwn(features, `${folder}/model`, rounds));
      const task = {
        ...options,
        features,
        rounds,
        threads,
        out: `${folder}/model.txt`,
        columns: own[0].columns,
      };
      const run = await runScript(bench, subject, { ...task, horizonUs: 1e6 * horizonSeconds });
      if (run !== undefined) theirs.push(run);
    }
  });
  recordRuns(bench, subject, 'hybrid, 2 threads', own);
  if (theirs.length === 0) return;
  recordRuns(bench, subject, 'Polars and LightGBM, 2 threads', theirs);
  const [{ rows, loss }] = theirs;
  bench.expect(own[0].rows === rows, `expected ${rows} labels, got ${own[0].rows}`);
  const ratio = own[0].loss / loss;
  bench.expect(bench.smoke || ratio < 1.02, `expected an RMSE of ${loss}, got ${own[0].loss}`);
}
