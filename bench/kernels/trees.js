/**
 * Gradient-boosted trees beside LightGBM (HYBRID_PYTHON names a Python that has it; without it only hybrid runs).
 * Quality: on the same rows, leaves, rate and rounds, how much of LightGBM's gain over the constant is reached on
 * later rows: Friedman-1 with 100,000 rows, and any market given as HYBRID_BENCH_FEATURES=a.parquet,b.parquet.
 * Speed: 1 M rows x 38 columns, 100 rounds x 31 leaves, 1 and 2 threads in turn, each run in a process of its own:
 * seconds, processor seconds and peak memory.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(import.meta.url);
const peer = fileURLToPath(new URL('../peers/lightgbm_train.py', import.meta.url));
const python = process.env.HYBRID_PYTHON;
const speedRows = Number(process.env.HYBRID_BENCH_ROWS ?? 1_000_000);
const markets = (process.env.HYBRID_BENCH_FEATURES ?? '').split(',').filter(Boolean);
const options = { loss: 'l2', classes: 1, rounds: 100, leaves: 31, rate: 0.1, minRows: 20 };
/** Ahead of a row whose mid or price the market's target is, in µs. */
const horizonUs = 5e6;

/** Mulberry32: a seeded generator of uniform numbers on [0, 1). */
function uniform(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Friedman's first problem (1991) among `count` columns, noise of deviation 1. */
function friedman(rows, count, seed) {
  const random = uniform(seed);
  const columns = Array.from({ length: count }, () => Float32Array.from({ length: rows }, random));
  const [a, b, c, d, e] = columns;
  const signal = (i) => 10 * Math.sin(Math.PI * a[i] * b[i]) + 20 * (c[i] - 0.5) ** 2 + 10 * d[i] + 5 * e[i];
  const target = Float64Array.from({ length: rows }, (_, i) => signal(i) + normal(random));
  return { columns, target, train: Math.floor(rows * 0.8) };
}

/** The log return ahead on the features of a market; purged: no training label reaches a test row. */
async function market(path) {
  const { openDataset, readColumns } = await import('../../dist/io/dataset.js');
  const { compileKernels, instantiateKernels } = await import('../../dist/kernels/load.js');
  const dataset = await openDataset(path);
  const kernels = instantiateKernels(await compileKernels());
  const numbers = dataset.columns.filter((c) => c.type !== 'other').map((c) => c.name);
  const read = async (name) => {
    const column = new Float64Array(dataset.rows);
    await readColumns(dataset, [name], (_, row, values, present) => {
      for (let i = 0; i < values.length; i++) column[row + i] = present(i) ? Number(values[i]) : Number.NaN;
    });
    return column;
  };
  const [ts, price] = [await read('ts'), await read('price')];
  const labels = new kernels.Labels(BigInt64Array.from(ts, BigInt), price, 'us', horizonUs, 5);
  const [value, ends] = [labels.values(), labels.endRows()];
  const border = Math.floor(dataset.rows * 0.7);
  const rows = Array.from(value.keys()).filter((i) => !Number.isNaN(value[i]));
  const kept = rows.filter((i) => i >= border || ends[i] < border);
  const columns = [];
  for (const name of numbers.filter((n) => n !== 'ts')) {
    const all = await read(name);
    columns.push(Float32Array.from(kept, (i) => all[i]));
  }
  const train = kept.findIndex((i) => i >= border);
  return { columns, target: Float64Array.from(kept, (i) => value[i] * 1e4), train };
}

/** Writes a problem so that both sides read the same bytes. */
function write(problem, folder) {
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

async function run(command, args, task) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(task));
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command}: expected exit code 0, got ${code}`);
  const result = JSON.parse(Buffer.concat(chunks).toString());
  if (task.train < task.rows)
    result.answers = new Float64Array(new Uint8Array(readFileSync(task.answers)).buffer);
  return result;
}

const runOwn = (task) => run(process.execPath, [here, 'own'], task);
const runPeer = (task) => run(python, [peer], task);

/** This process as hybrid's side: reads a task, trains, predicts, prints what it took. */
async function own() {
  const task = JSON.parse(readFileSync(0, 'utf8'));
  const { createPool } = await import('../../dist/pool/pool.js');
  const { trainTrees } = await import('../../dist/train/boost.js');
  const { predictTrees } = await import('../../dist/train/predict.js');
  const file = openSync(task.x);
  const columns = Array.from({ length: task.columns }, (_, c) => {
    const column = new Float32Array(new SharedArrayBuffer(4 * task.rows));
    readSync(file, new Uint8Array(column.buffer), 0, 4 * task.rows, 4 * task.rows * c);
    return column;
  });
  const target = new Float64Array(new Uint8Array(readFileSync(task.y)).buffer);
  const pool = await createPool(task.threads);
  await Promise.all(Array.from({ length: task.threads }, () => pool.run('echo', 0)));
  const names = columns.map((_, c) => `x${c}`);
  const train = Uint32Array.from({ length: task.train }, (_, i) => i);
  const [start, before] = [performance.now(), process.cpuUsage()];
  const trained = await trainTrees(pool, { names, columns, target, train }, task.options);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  const peakBytes = peakOf();
  if (task.train < task.rows) {
    const rows = Uint32Array.from({ length: task.rows - task.train }, (_, i) => task.train + i);
    const answers = await predictTrees(pool, trained.model, columns, { rows });
    writeFileSync(task.answers, Buffer.from(answers.buffer));
  }
  await pool.close();
  const { binning } = trained.seconds;
  const result = {
    binSeconds: binning,
    trainSeconds: seconds - binning,
    cpu: (user + system) / 1e6,
    peakBytes,
  };
  console.log(JSON.stringify(result));
}

/** Peak resident bytes of this process. */
function peakOf() {
  const { maxRSS } = process.resourceUsage();
  return maxRSS * 1024;
}

function rmse(answers, target, first) {
  let sum = 0;
  for (let i = 0; i < answers.length; i++) sum += (answers[i] - target[first + i]) ** 2;
  return Math.sqrt(sum / answers.length);
}

function mean(values) {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** Mean and standard error of the difference of the squared errors of two sides. */
function difference(a, b, target, first) {
  const d = Float64Array.from(a, (x, i) => (x - target[first + i]) ** 2 - (b[i] - target[first + i]) ** 2);
  // Neighbouring labels overlap: blocks of rows count as one observation each.
  const block = Math.max(1, Math.floor(d.length / 20));
  const blocks = Array.from({ length: Math.floor(d.length / block) }, (_, i) =>
    mean(d.subarray(i * block, (i + 1) * block)),
  );
  const middle = mean(blocks);
  const deviation = Math.sqrt(mean(blocks.map((x) => (x - middle) ** 2)));
  return { mean: middle, error: deviation / Math.sqrt(blocks.length) };
}

async function quality(name, problem, folder, print) {
  const task = { ...write(problem, folder), options, threads: 2 };
  const { target, train } = problem;
  const constant = rmse(
    new Float64Array(target.length - train).fill(mean(target.subarray(0, train))),
    target,
    train,
  );
  const ours = await runOwn(task);
  const ourError = rmse(ours.answers, target, train);
  if (python === undefined) {
    print(`  ${name}: RMSE ${ourError.toPrecision(5)} (constant ${constant.toPrecision(5)})`);
    return;
  }
  const theirs = await runPeer(task);
  const theirError = rmse(theirs.answers, target, train);
  const share = (constant ** 2 - ourError ** 2) / (constant ** 2 - theirError ** 2);
  const apart = difference(ours.answers, theirs.answers, target, train);
  const within = apart.mean / apart.error;
  const gain =
    theirError < constant ? `${(100 * share).toFixed(1)} % of its gain` : 'it does not beat the constant';
  print(
    `  ${name.padEnd(24)} RMSE ${ourError.toPrecision(6)}, LightGBM ${theirError.toPrecision(6)}, constant ${constant.toPrecision(6)}:` +
      ` ${gain}, difference ${within.toFixed(1)} standard errors`,
  );
  if (!(share > 0.95 && theirError < constant) && !(within < 2))
    throw new Error(`${name}: expected 95 % of LightGBM's gain, got ${share}`);
}

async function speed(folder, print) {
  const task = { ...write({ ...friedman(speedRows, 38, 5), train: speedRows }, folder), options };
  const runs = {};
  for (const threads of [1, 2]) {
    for (const [side, start] of Object.entries(
      python === undefined ? { hybrid: runOwn } : { hybrid: runOwn, LightGBM: runPeer },
    )) {
      const r = await start({ ...task, threads });
      runs[side + threads] = r;
      const total = r.binSeconds + r.trainSeconds;
      print(
        `  ${side.padEnd(9)} ${threads} threads: binning ${r.binSeconds.toFixed(2)} s, training ${r.trainSeconds.toFixed(2)} s, together ${total.toFixed(2)} s` +
          ` (processor ${(r.cpu ?? r.binCpu + r.trainCpu).toFixed(2)} s), peak ${Math.round(r.peakBytes / 1e6)} MB`,
      );
    }
  }
  for (const side of ['hybrid', 'LightGBM']) {
    if (runs[`${side}1`] === undefined) continue;
    const total = (r) => r.binSeconds + r.trainSeconds;
    print(
      `  ${side}: 1 → 2 threads ${(total(runs[`${side}1`]) / total(runs[`${side}2`])).toFixed(2)} times as fast`,
    );
  }
}

/** `friedman`, `markets` or `speed` on the command line: that part alone. */
const part = process.argv[1] === here ? process.argv[2] : undefined;
const wanted = (name) => part === undefined || part === name;

/** Quality, then speed; throws where the quality falls short. */
export async function treesBench(print = console.log) {
  if (python === undefined)
    print('  LightGBM: skipped, HYBRID_PYTHON names no Python (pip install -r bench/peers/requirements.txt)');
  const folder = mkdtempSync(join(tmpdir(), 'hybrid-bench-'));
  try {
    if (wanted('friedman'))
      await quality('Friedman-1, 100,000 rows', friedman(100_000, 10, 3), folder, print);
    for (const path of wanted('markets') ? markets : [])
      await quality(basename(path), await market(path), folder, print);
    if (wanted('speed')) await speed(folder, print);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === here) await (process.argv[2] === 'own' ? own() : treesBench());
