/**
 * Gradient-boosted trees beside LightGBM (HYBRID_PYTHON names a Python that has it; without it only hybrid runs).
 * Quality: on the same rows, leaves, rate and rounds, how much of LightGBM's gain over the constant is reached on
 * later rows: Friedman-1 with 100,000 rows, the features of the real markets of ../shared/data, and those of a
 * simulated market of a million trades; returns, two directions and three. Less than 95 % of the gain, unless the
 * difference is within two standard errors, fails the case, and so does a worse RMSE by more than 1 % on Friedman-1
 * or the simulated market.
 * Speed: 1 M rows x 38 columns, 100 rounds x 31 leaves, 1 and 2 threads in turn, each run in a process of its own:
 * seconds, processor seconds and peak memory; the model of 2 threads must be that of 1.
 * HYBRID_BENCH_ROWS (1,000,000) sets the rows of the simulated market and of the speed.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(import.meta.url);
const peer = fileURLToPath(new URL('../peers/lightgbm_train.py', import.meta.url));
const python = process.env.HYBRID_PYTHON;
const speedRows = Number(process.env.HYBRID_BENCH_ROWS ?? 1_000_000);
const options = { loss: 'l2', classes: 1, rounds: 100, leaves: 31, rate: 0.1, minRows: 20 };
/** Ahead of a row whose price the market's target is, in µs. */
const horizonUs = 5e6;
/** Log returns within it have no direction. */
const deadBand = 1e-5;

const shared = resolve(process.env.HYBRID_SHARED ?? '../shared', 'data');
const realMarkets = { BTC: 'btc-usdm-6min', NEXO: 'nexo-spot-day' };

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

/** Features of raw files, or of a simulated market that is long enough. */
function features(name, folder, print) {
  const bin = resolve('bin/hybrid.js');
  const hybrid = (...args) =>
    JSON.parse(
      execFileSync(process.execPath, [bin, ...args, '--json'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );
  let raw = join(shared, realMarkets[name] ?? '');
  if (name === 'simulated') {
    raw = join(folder, 'raw');
    const trades = (hours) =>
      hybrid('simulate', '--hours', String(hours), '--out', raw).files.find((f) => f.stream === 'trades')
        .rows;
    const hours = Math.ceil((1.02 * speedRows) / trades(1));
    trades(hours);
  } else if (!existsSync(raw)) {
    print(`  ${name}: skipped, ../shared/data is not there (HYBRID_SHARED names another place)`);
    return undefined;
  }
  const out = join(folder, `${name}.parquet`);
  hybrid('prepare', '--raw', raw, '--out', out);
  return out;
}

/** Columns of a dataset and the labels of its rows: the return ahead, and its direction. */
async function market(path) {
  const { openDataset, readColumns } = await import('../../dist/io/dataset.js');
  const { compileKernels, instantiateKernels } = await import('../../dist/kernels/load.js');
  const dataset = await openDataset(path);
  const kernels = instantiateKernels(await compileKernels());
  const read = async (name, Numbers) => {
    const column = new Numbers(dataset.rows);
    await readColumns(dataset, [name], (_, row, values, present) => {
      for (let i = 0; i < values.length; i++) column[row + i] = present(i) ? Number(values[i]) : Number.NaN;
    });
    return column;
  };
  const [ts, price] = [await read('ts', Float64Array), await read('price', Float64Array)];
  const labels = new kernels.Labels(BigInt64Array.from(ts, BigInt), 'us', horizonUs, 5);
  const [value, ends, direction] = [
    labels.returns(price),
    labels.endRows(),
    labels.directions(price, deadBand),
  ];
  labels.free();
  const numbers = dataset.columns.filter((c) => c.type !== 'other' && c.name !== 'ts').map((c) => c.name);
  const columns = [];
  for (const name of numbers) columns.push(await read(name, Float32Array));
  return { columns, value, ends, direction };
}

const losses = ['l2', 'binary', 'multiclass'];

/** One of the problems of a market; purged: no training label reaches a test row. */
function problemOf({ columns, value, ends, direction }, loss) {
  const border = Math.floor(value.length * 0.7);
  const kept = [];
  for (let i = 0; i < value.length; i++) {
    const labelled = !Number.isNaN(value[i]) && (i >= border || ends[i] < border);
    if (labelled && (loss !== 'binary' || direction[i] !== 0)) kept.push(i);
  }
  const targets = {
    l2: (i) => value[i] * 1e4,
    binary: (i) => (direction[i] + 1) / 2,
    multiclass: (i) => direction[i] + 1,
  };
  return {
    loss,
    columns: columns.map((column) => Float32Array.from(kept, (i) => column[i])),
    target: Float64Array.from(kept, targets[loss]),
    train: kept.findIndex((i) => i >= border),
  };
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
    model: createHash('sha256').update(JSON.stringify(trained.model)).digest('hex'),
  };
  console.log(JSON.stringify(result));
}

/** Peak resident bytes of this process. */
function peakOf() {
  const { maxRSS } = process.resourceUsage();
  return maxRSS * 1024;
}

function mean(values) {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** Squared error, or −ln of the probability of the true class, of each test row. */
function rowLosses({ loss, target, train }, answers) {
  const k = outputs(loss);
  return Float64Array.from(target.subarray(train), (y, i) => {
    if (loss === 'l2') return (answers[i] - y) ** 2;
    const p = loss === 'binary' ? (y === 1 ? answers[i] : 1 - answers[i]) : answers[i * k + y];
    return -Math.log(Math.max(p, 1e-15));
  });
}

const outputs = (loss) => (loss === 'multiclass' ? 3 : 1);

/** What knows the training labels only. */
function constantAnswers({ loss, target, train }) {
  const known = target.subarray(0, train);
  const answer =
    loss === 'multiclass' ? [0, 1, 2].map((k) => mean(known.map((y) => Number(y === k)))) : [mean(known)];
  return Float64Array.from(
    { length: (target.length - train) * answer.length },
    (_, i) => answer[i % answer.length],
  );
}

/** Mean and standard error of the difference of the losses of two sides. */
function difference(a, b) {
  const d = a.map((x, i) => x - b[i]);
  // Neighbouring labels overlap: blocks of rows count as one observation each.
  const block = Math.max(1, Math.floor(d.length / 20));
  const blocks = Array.from({ length: Math.floor(d.length / block) }, (_, i) =>
    mean(d.subarray(i * block, (i + 1) * block)),
  );
  const middle = mean(blocks);
  const squares = blocks.reduce((sum, x) => sum + (x - middle) ** 2, 0);
  return { mean: middle, error: Math.sqrt(squares / (blocks.length - 1) / blocks.length) };
}

/** With `close`, a regression's RMSE must be within 1 % of LightGBM's. */
async function quality(name, problem, close, folder, print) {
  const { loss } = problem;
  const task = {
    ...write(problem, folder),
    options: { ...options, loss, classes: outputs(loss) },
    threads: 2,
  };
  const shown = (value) => (loss === 'l2' ? Math.sqrt(value) : value).toPrecision(6);
  const constant = mean(rowLosses(problem, constantAnswers(problem)));
  const ours = rowLosses(problem, (await runOwn(task)).answers);
  const what = `  ${`${name}, ${loss}`.padEnd(26)} ${loss === 'l2' ? 'RMSE' : 'log-loss'} ${shown(mean(ours))}`;
  if (python === undefined) return print(`${what}, constant ${shown(constant)}`);
  const theirs = rowLosses(problem, (await runPeer(task)).answers);
  const share = (constant - mean(ours)) / (constant - mean(theirs));
  const apart = difference(ours, theirs);
  const within = apart.mean / apart.error;
  const beats = mean(theirs) < constant;
  const gain = beats ? `${(100 * share).toFixed(1)} % of its gain` : 'it does not beat the constant';
  print(
    `${what}, LightGBM ${shown(mean(theirs))}, constant ${shown(constant)}: ${gain}, difference ${within.toFixed(1)} standard errors`,
  );
  if (!(beats && share >= 0.95) && !(within <= 2))
    throw new Error(`${name}, ${loss}: expected 95 % of LightGBM's gain, got ${share}`);
  const ratio = Math.sqrt(mean(ours) / mean(theirs));
  if (close && loss === 'l2' && !(ratio <= 1.01))
    throw new Error(`${name}: expected an RMSE within 1 % of LightGBM's, got ${ratio} of it`);
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
  if (runs.hybrid1.model !== runs.hybrid2.model)
    throw new Error('expected the same model of 1 and 2 threads');
  for (const side of ['hybrid', 'LightGBM']) {
    if (runs[`${side}1`] === undefined) continue;
    const total = (r) => r.binSeconds + r.trainSeconds;
    print(
      `  ${side}: 1 → 2 threads ${(total(runs[`${side}1`]) / total(runs[`${side}2`])).toFixed(2)} times as fast`,
    );
  }
}

/** `friedman`, a market or `speed` on the command line: that part alone. */
const part = process.argv[1] === here ? process.argv[2] : undefined;
const wanted = (name) => part === undefined || part === name;

/** Quality, then speed; throws where the quality falls short. */
export async function treesBench(print = console.log) {
  if (python === undefined)
    print('  LightGBM: skipped, HYBRID_PYTHON names no Python (pip install -r bench/peers/requirements.txt)');
  const folder = mkdtempSync(join(tmpdir(), 'hybrid-bench-'));
  try {
    if (wanted('friedman')) {
      const problem = { ...friedman(100_000, 10, 3), loss: 'l2' };
      await quality('Friedman-1', problem, true, folder, print);
    }
    for (const name of [...Object.keys(realMarkets), 'simulated'].filter(wanted)) {
      const path = features(name, folder, print);
      if (path === undefined) continue;
      const data = await market(path);
      for (const loss of losses)
        await quality(name, problemOf(data, loss), name === 'simulated', folder, print);
    }
    if (wanted('speed')) await speed(folder, print);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === here) await (process.argv[2] === 'own' ? own() : treesBench());
