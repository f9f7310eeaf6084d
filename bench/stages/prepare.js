/**
 * `hybrid prepare` on the weeks of SPY (trades only) and BAC (with books) of ../shared/data, 1 and 2 threads in turn,
 * beside what a person would write with Polars and with DuckDB for a part of the same work, 2 threads each
 * (bench/peers/{polars,duckdb}_prepare.py). Checked: rows, and the same data for 1 and 2 threads.
 *
 * HYBRID_BENCH_COPIES=26 adds the memory case: SPY that many times behind itself, a week apart (50 M rows).
 */
import { createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { data, smokeBytes, unpack } from '../kernels/market.js';
import { withFolder } from '../suite/folder.js';
import { probe } from '../suite/machine.js';
import { runPeer } from '../suite/peer.js';
import { hybrid } from '../suite/process.js';

const copies = Number(process.env.HYBRID_BENCH_COPIES ?? 0);

const weeks = [
  { folder: 'spy-trades-week', files: ['SPY_trades.csv.gz'], rows: 1_887_450 },
  { folder: 'bac-equity-week', files: ['BAC_trades.csv.gz', 'BAC_depth.csv.gz'], rows: 573_620 },
];

/** The files of a week in the clear; in a smoke run their beginnings. */
async function unpackWeek(bench, week, raw) {
  mkdirSync(raw, { recursive: true });
  const most = bench.size(Number.POSITIVE_INFINITY, smokeBytes);
  for (const file of week.files)
    writeFileSync(join(raw, basename(file, '.gz')), await unpack(join(week.folder, file), most));
}

async function prepareOnce(raw, out, threads) {
  return (await hybrid('prepare', '--raw', raw, '--out', out, '--threads', threads)).result;
}

/** A peer's run over the files of a week. */
function peerOnce(bench, subject, { who, script }, week, raw, out) {
  const [trades, depth] = week.files.map((file) => join(raw, basename(file, '.gz')));
  const env = { POLARS_MAX_THREADS: '2', DUCKDB_THREADS: '2' };
  return runPeer(bench, { subject, who, script, args: [trades, depth ?? '-', out], env });
}

/** DuckDB takes half a minute for what the others do in two seconds: once is enough. */
const peers = [
  { who: 'Polars', script: 'polars_prepare.py', runs: (repeats) => repeats },
  { who: 'DuckDB', script: 'duckdb_prepare.py', runs: () => 1 },
];

function recordRuns(bench, subject, who, runs) {
  const values = (of) => runs.map(of);
  bench.record({
    subject: `${subject}, time`,
    who,
    unit: 's',
    better: 'less',
    values: values((r) => r.seconds),
  });
  bench.record({
    subject: `${subject}, peak memory`,
    who,
    unit: 'MB',
    better: 'less',
    values: values((r) => r.peakRssBytes / 1e6),
  });
}

function recordStages(bench, subject, who, runs) {
  for (const stage of ['scan', 'engine', 'encode'])
    bench.record({
      subject: `${subject}, busy with ${stage}`,
      who,
      unit: 'M rows/s',
      better: 'more',
      values: runs.map((run) => run.rows / run.stages[stage] / 1e6),
    });
}

function checkRuns(bench, week, runs) {
  const rows = runs.map((run) => run.rows);
  const whole = bench.smoke || rows.every((n) => n <= week.rows && n >= 0.9 * week.rows);
  bench.expect(whole, `${week.folder}: got ${rows} rows`);
  const digests = new Set(runs.map((run) => run.symbols[0].dataSha256));
  bench.expect(digests.size === 1, `${week.folder}: the data differ between 1 and 2 threads`);
}

/** All contenders' runs over a week, in turn. */
async function runAll(bench, week, raw, folder) {
  const runs = { 1: [], 2: [], busy: [], peers: peers.map(() => []) };
  for (let repeat = 0; repeat < bench.repeats; repeat++) {
    for (const threads of [1, 2])
      runs[threads].push(await prepareOnce(raw, join(folder, 'features.parquet'), threads));
    for (const [i, peer] of peers.entries()) {
      if (repeat >= peer.runs(bench.repeats)) continue;
      const run = await peerOnce(bench, week.folder, peer, week, raw, join(folder, 'peer.parquet'));
      if (run !== undefined) runs.peers[i].push(run);
    }
    if (!bench.smoke) runs.busy.push((2 * (await probe(1))) / (await probe(2)));
  }
  return runs;
}

async function measure(bench, week, folder) {
  const raw = join(folder, week.folder);
  await unpackWeek(bench, week, raw);
  const runs = await runAll(bench, week, raw, folder);
  checkRuns(bench, week, [...runs[1], ...runs[2]]);
  const [{ rows, columns }] = runs[1];
  const subject = `${week.folder}, ${rows.toLocaleString('en-US')} rows`;
  recordRuns(bench, subject, `hybrid, ${columns} columns, 2 threads`, runs[2]);
  recordRuns(bench, `${subject}, 1 thread`, `hybrid, ${columns} columns`, runs[1]);
  recordStages(bench, subject, 'hybrid, 1 thread', runs[1]);
  recordStages(bench, subject, 'hybrid, 2 threads', runs[2]);
  for (const [i, { who }] of peers.entries())
    if (runs.peers[i].length > 0)
      recordRuns(bench, subject, `${who}, ${runs.peers[i][0].columns} columns, 2 threads`, runs.peers[i]);
  recordScaling(bench, subject, runs);
}

/** 1 → 2 threads beside what two busy processes got done in the same minutes. */
function recordScaling(bench, subject, runs) {
  const unit = 'times the work of one';
  const values = runs[1].map((run, i) => run.seconds / runs[2][i].seconds);
  bench.record({ subject: `${subject}, 1 → 2 threads`, who: 'hybrid', unit, better: 'more', values });
  if (runs.busy.length === 0) return;
  bench.record({
    subject: `${subject}, 1 → 2 threads`,
    who: 'two busy processes',
    unit,
    better: 'more',
    values: runs.busy,
  });
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

async function measureMemory(bench, folder) {
  const [once, many] = [join(folder, weeks[0].folder), join(folder, 'many')];
  mkdirSync(many);
  await repeated(join(once, 'SPY_trades.csv'), join(many, 'SPY_trades.csv'), copies);
  for (const raw of [once, many]) {
    const run = await prepareOnce(raw, join(folder, 'features.parquet'), 2);
    recordRuns(bench, `${run.rows.toLocaleString('en-US')} rows of SPY`, 'hybrid, 2 threads', [run]);
  }
}

export async function prepareBench(bench) {
  if (!existsSync(data))
    return bench.skip('all', 'hybrid', 'the shared data are not there (HYBRID_SHARED names their place)');
  await withFolder(async (folder) => {
    // The second one has books too.
    for (const week of bench.size(weeks, weeks.slice(1))) await measure(bench, week, folder);
    if (copies > 0) await measureMemory(bench, folder);
  });
}
