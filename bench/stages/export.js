/**
 * `hybrid export` against `psql \copy` of the same query, one and two jobs in turn on a server of its own: wall
 * seconds, CPU seconds of client and server, peak memory; every file must have the bytes that psql wrote.
 * HYBRID_BENCH_ROWS (2,000,000) and HYBRID_BENCH_REPEATS (3) set how much.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../dist/io/postgres/embedded.js';
import { defaultTables } from '../../dist/io/postgres/load.js';

const bin = resolve('bin/hybrid.js');
const rows = Number(process.env.HYBRID_BENCH_ROWS ?? 2_000_000);
const repeats = Number(process.env.HYBRID_BENCH_REPEATS ?? 3);

/** A trade every 100 ms; prices and sizes with the digits that markets have. */
async function load(client, symbol, count) {
  await client.query(
    `INSERT INTO trades SELECT $1, timestamptz '2024-01-01 00:00:00+00' + i * interval '100 ms', i,
       42000 + (i::bigint * 7919 % 10007) / 10.0, (i::bigint * 104729 % 9973 + 1) / 1000.0, (i % 2) * 2 - 1
     FROM generate_series(1, $2::int) AS i`,
    [symbol, count],
  );
}

/** CPU seconds of the server: all processes of its group, those that ended included in the postmaster's. */
function serverCpu(postmaster) {
  let ticks = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const fields = statOf(pid);
    if (fields === undefined) continue;
    if (Number(pid) === postmaster) ticks += fields[11] + fields[12] + fields[13] + fields[14];
    else if (fields[1] === postmaster) ticks += fields[11] + fields[12];
  }
  return ticks / 100;
}

/** The numbers behind the name in /proc/<pid>/stat: the second is the parent, the twelfth the user ticks. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
  } catch {
    return undefined;
  }
}

/** Runs a program under `time`: wall, own CPU and peak memory, and what the server spent meanwhile. */
async function timed(postmaster, program, args, env) {
  const before = serverCpu(postmaster);
  const child = spawn('/usr/bin/time', ['-f', '%e %U %S %M', program, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const code = await new Promise((done) => child.on('close', done));
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${stderr}`);
  const [seconds, user, system, kilobytes] = stderr.trim().split('\n').at(-1).split(' ').map(Number);
  // The server counts what a backend spent when it has ended: a moment after its client.
  await new Promise((later) => setTimeout(later, 200));
  return {
    stdout,
    seconds,
    client: user + system,
    server: serverCpu(postmaster) - before,
    peak: kilobytes * 1024,
  };
}

async function digestOf(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

function report(print, name, runs, against) {
  const of = (key) => median(runs.map((run) => run[key]));
  const ratio =
    against === undefined
      ? ''
      : `, ${(median(against.map((r) => r.seconds)) / of('seconds')).toFixed(2)} of psql's speed`;
  print(
    `  ${name}: ${of('seconds').toFixed(2)} s${ratio}; CPU client ${of('client').toFixed(2)} s, ` +
      `server ${of('server').toFixed(2)} s; peak ${Math.round(of('peak') / 1e6)} MB`,
  );
}

/**
 * With enough cores each backend has its own and our one thread has another; the wall clock is that of the busiest.
 */
function prospect(print, one, psql) {
  const [client, server] = ['client', 'server'].map((key) => median(one.map((run) => run[key])));
  const alone = median(psql.map((run) => run.server));
  const speeds = [2, 4, 8].map(
    (jobs) => `${jobs} jobs ${(alone / Math.max(client, server / jobs)).toFixed(1)}`,
  );
  print(`  by these CPU seconds, with a core for each process: ${speeds.join(', ')} times psql`);
}

async function measure(print, server, folder, symbol, count) {
  const client = new pg.Client(server.url);
  await client.connect();
  const { rows: setting } = await client.query("SELECT current_setting('data_directory') AS folder");
  const postmaster = Number(readFileSync(join(setting[0].folder, 'postmaster.pid'), 'utf8').split('\n')[0]);
  await client.query(defaultTables.trades);
  await load(client, symbol, count);
  await client.query('VACUUM ANALYZE trades');
  await client.end();
  const runs = { psql: [], 1: [], 2: [] };
  const args = (jobs, raw) => [
    bin,
    'export',
    '--symbols',
    symbol,
    '--streams',
    'trades',
    '--jobs',
    jobs,
    '--out',
    raw,
    '--json',
  ];
  for (let repeat = 0; repeat < repeats; repeat++) {
    let sql;
    for (const jobs of ['1', '2']) {
      const raw = join(folder, `raw${jobs}`);
      rmSync(raw, { recursive: true, force: true });
      const run = await timed(postmaster, process.execPath, args(jobs, raw), { DATABASE_URL: server.url });
      const { files } = JSON.parse(run.stdout);
      if (files[0].rows !== count)
        throw new Error(`${jobs} jobs: expected ${count} rows, got ${files[0].rows}`);
      runs[jobs].push({ ...run, sha256: await digestOf(files[0].path) });
      sql = JSON.parse(readFileSync(join(raw, `${symbol}.manifest.json`), 'utf8')).query.sql[0];
    }
    const copied = join(folder, 'psql.csv');
    const command = `\\copy (${sql}) TO '${copied}' (FORMAT csv, HEADER)`;
    const run = await timed(postmaster, 'psql', ['-X', '-q', server.url, '-c', command], {});
    runs.psql.push({ ...run, sha256: await digestOf(copied) });
  }
  const digests = new Set(Object.values(runs).flatMap((some) => some.map((run) => run.sha256)));
  if (digests.size !== 1) throw new Error('expected the bytes of psql \\copy, got others');
  print(`${count.toLocaleString('en-US')} trades, ${availableParallelism()} cores, medians of ${repeats}:`);
  report(print, 'psql \\copy', runs.psql);
  report(print, '1 job', runs[1], runs.psql);
  report(print, '2 jobs', runs[2], runs.psql);
  prospect(print, runs[1], runs.psql);
}

export async function exportBench(print) {
  if (process.platform !== 'linux') return print('skipped: CPU times are read from /proc');
  if (spawnSync('psql', ['--version']).status !== 0)
    return print('skipped: psql is not there to compare with');
  const folder = mkdtempSync(join(tmpdir(), 'hybrid-bench-'));
  const server = await startEmbeddedPostgres();
  try {
    await measure(print, server, folder, 'BENCH', rows);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
