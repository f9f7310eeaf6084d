/**
 * `hybrid prepare` on the weeks of SPY (trades only) and BAC (with books) of ../shared/data, 1 and 2 threads in turn,
 * beside Polars on a part of the same work (bench/peers/polars_prepare.py, 2 threads, by the Python that HYBRID_PYTHON
 * names) and beside a probe: what two busy processes get done on this machine, in units of one. Medians of the repeats.
 *
 * HYBRID_BENCH_COPIES=26 adds the memory case: SPY that many times behind itself, a week apart (50 M rows).
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

const data = resolve(process.env.HYBRID_SHARED ?? '../shared', 'data');
const bin = resolve('bin/hybrid.js');
const peer = resolve('bench/peers/polars_prepare.py');
const repeats = Number(process.env.HYBRID_BENCH_REPEATS ?? 3);
const copies = Number(process.env.HYBRID_BENCH_COPIES ?? 0);

const weeks = [
  { folder: 'spy-trades-week', files: ['SPY_trades.csv.gz'], rows: 1_887_450 },
  { folder: 'bac-equity-week', files: ['BAC_trades.csv.gz', 'BAC_depth.csv.gz'], rows: 573_620 },
];

async function unpack(week, raw) {
  mkdirSync(raw, { recursive: true });
  for (const file of week.files) {
    const plain = join(raw, basename(file, '.gz'));
    await pipeline(createReadStream(join(data, week.folder, file)), createGunzip(), createWriteStream(plain));
  }
}

function prepareOnce(raw, out, threads) {
  const args = [bin, 'prepare', '--raw', raw, '--out', out, '--threads', String(threads), '--json'];
  return JSON.parse(
    execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
}

/** The peer's run, or why there is none. */
function polarsOnce(week, raw, out) {
  const python = process.env.HYBRID_PYTHON;
  if (python === undefined) return { skipped: 'HYBRID_PYTHON names no Python with polars' };
  const [trades, depth] = week.files.map((file) => join(raw, basename(file, '.gz')));
  const env = { ...process.env, POLARS_MAX_THREADS: '2' };
  const run = spawnSync(python, [peer, trades, depth ?? '-', out], { encoding: 'utf8', env });
  return run.status === 0 ? JSON.parse(run.stdout) : { skipped: run.error?.message ?? run.stderr.trim() };
}

const busy =
  'const t = performance.now(); let x = 0; for (let i = 0; i < 6e8; i++) x = (x * 31 + i) | 0; console.log(performance.now() - t, x)';

/** Milliseconds of the slowest of `n` busy processes side by side. */
async function busyProcesses(n) {
  const one = () =>
    new Promise((done) => {
      const child = spawn(process.execPath, ['-e', busy]);
      child.stdout.on('data', (text) => done(Number.parseFloat(text)));
    });
  return Math.max(...(await Promise.all(Array.from({ length: n }, one))));
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

function report(print, threads, runs) {
  const of = (pick) => median(runs.map(pick));
  const seconds = of((run) => run.seconds);
  const rate = (name) => {
    const spent = of((run) => run.stages[name]);
    return `${name} ${spent.toFixed(2)} s = ${(runs[0].rows / spent / 1e6).toFixed(1)} M rows/s`;
  };
  print(
    `  ${threads} threads: ${seconds.toFixed(2)} s, ${(runs[0].rows / seconds / 1e6).toFixed(2)} M rows/s` +
      ` (busy: ${['scan', 'engine', 'encode'].map(rate).join(', ')};` +
      ` peak ${Math.round(of((run) => run.peakRssBytes) / 1e6)} MB)`,
  );
  return seconds;
}

function reportPeer(print, ours, peers) {
  const [{ skipped }] = peers;
  if (skipped !== undefined) return print(`  polars: skipped, ${skipped}`);
  const seconds = median(peers.map((run) => run.seconds));
  const peak = Math.round(median(peers.map((run) => run.peakRssBytes)) / 1e6);
  print(
    `  polars, ${peers[0].columns} columns: ${seconds.toFixed(2)} s (peak ${peak} MB); ours takes ${(ours / seconds).toFixed(2)} times as long`,
  );
}

async function measure(week, folder, print) {
  const raw = join(folder, week.folder);
  await unpack(week, raw);
  const [runs, peers, probes] = [{ 1: [], 2: [] }, [], []];
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const threads of [1, 2])
      runs[threads].push(prepareOnce(raw, join(folder, 'features.parquet'), threads));
    peers.push(polarsOnce(week, raw, join(folder, 'polars.parquet')));
    probes.push((2 * (await busyProcesses(1))) / (await busyProcesses(2)));
  }
  const all = [...runs[1], ...runs[2]];
  if (all.some(({ rows }) => rows > week.rows || rows < 0.9 * week.rows))
    throw new Error(`${week.folder}: got ${all.map(({ rows }) => rows)} rows`);
  if (new Set(all.map((run) => run.symbols[0].dataSha256)).size !== 1)
    throw new Error(`${week.folder}: the data differ between 1 and 2 threads`);
  print(`${week.folder}: ${all[0].rows.toLocaleString('en-US')} rows × ${all[0].columns} columns`);
  const [one, two] = [1, 2].map((threads) => report(print, threads, runs[threads]));
  print(
    `  1 → 2 threads: ${(one / two).toFixed(2)} times; two busy processes: ${median(probes).toFixed(2)} times`,
  );
  reportPeer(print, two, peers);
}

/** The file so many times behind itself: stamps a week later each time, ids going on. */
async function repeated(from, to, times) {
  const lines = readFileSync(from, 'latin1').trimEnd().split('\n');
  const rows = lines.slice(1).map((line) => {
    const [ts, id, ...rest] = line.split(',');
    return [Number(ts), Number(id), rest.join(',')];
  });
  const out = createWriteStream(to);
  out.write(`${lines[0]}\n`);
  const idStep = rows.length * 10;
  for (let copy = 0; copy < times; copy++) {
    for (let start = 0; start < rows.length; start += 100_000) {
      const part = rows
        .slice(start, start + 100_000)
        .map(([ts, id, rest]) => `${ts + copy * 604_800_000_000},${id + copy * idStep},${rest}\n`);
      if (!out.write(part.join(''))) await new Promise((drained) => out.once('drain', drained));
    }
  }
  await new Promise((done) => out.end(done));
}

async function measureMemory(folder, print) {
  const [once, many] = [join(folder, weeks[0].folder), join(folder, 'many')];
  mkdirSync(many);
  await repeated(join(once, 'SPY_trades.csv'), join(many, 'SPY_trades.csv'), copies);
  for (const raw of [once, many]) {
    const run = prepareOnce(raw, join(folder, 'features.parquet'), 2);
    const bytes = statSync(join(raw, 'SPY_trades.csv')).size;
    print(
      `memory, 2 threads: ${run.rows.toLocaleString('en-US')} rows (${Math.round(bytes / 1e6)} MB):` +
        ` ${run.seconds.toFixed(1)} s, peak ${Math.round(run.peakRssBytes / 1e6)} MB`,
    );
  }
}

export async function prepareBench(print) {
  if (!existsSync(data))
    return print('skipped: ../shared/data is not there (HYBRID_SHARED names another place)');
  const folder = mkdtempSync(join(tmpdir(), 'hybrid-bench-'));
  try {
    for (const week of weeks) await measure(week, folder, print);
    if (copies > 0) await measureMemory(folder, print);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
