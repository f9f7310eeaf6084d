/**
 * `hybrid prepare` on the weeks of SPY (trades only) and BAC (with books) of ../shared/data, 1 and 2 threads in turn:
 * wall seconds, rows a second, busy seconds by stage and peak memory, each the median of the repeats.
 */
import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

const data = resolve(process.env.HYBRID_SHARED ?? '../shared', 'data');
const bin = resolve('bin/hybrid.js');
const repeats = Number(process.env.HYBRID_BENCH_REPEATS ?? 3);

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

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

function report(print, threads, runs) {
  const of = (pick) => median(runs.map(pick));
  const seconds = of((run) => run.seconds);
  const stages = ['scan', 'engine', 'encode'].map(
    (name) => `${name} ${of((run) => run.stages[name]).toFixed(2)} s`,
  );
  print(
    `  ${threads} threads: ${seconds.toFixed(2)} s, ${(runs[0].rows / seconds / 1e6).toFixed(2)} M rows/s` +
      ` (busy: ${stages.join(', ')}; peak ${Math.round(of((run) => run.peakRssBytes) / 1e6)} MB)`,
  );
  return seconds;
}

async function measure(week, folder, print) {
  const raw = join(folder, week.folder);
  await unpack(week, raw);
  const runs = { 1: [], 2: [] };
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const threads of [1, 2])
      runs[threads].push(prepareOnce(raw, join(folder, 'features.parquet'), threads));
  }
  const rows = [...runs[1], ...runs[2]].map((run) => run.rows);
  if (rows.some((n) => n > week.rows || n < 0.9 * week.rows))
    throw new Error(`${week.folder}: got ${rows} rows`);
  print(`${week.folder}: ${rows[0].toLocaleString('en-US')} rows`);
  const [one, two] = [1, 2].map((threads) => report(print, threads, runs[threads]));
  print(`  1 → 2 threads: ${(one / two).toFixed(2)} times`);
}

export async function prepareBench(print) {
  if (!existsSync(data))
    return print('skipped: ../shared/data is not there (HYBRID_SHARED names another place)');
  const folder = mkdtempSync(join(tmpdir(), 'hybrid-bench-'));
  try {
    for (const week of weeks) await measure(week, folder, print);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
