/**
 * `hybrid export` against `psql \copy` of the same query, one and two jobs in turn on a server of its own: wall
 * seconds, CPU seconds of client and server, peak memory; every file must have the bytes that psql wrote.
 * HYBRID_BENCH_ROWS (2,000,000) sets how much.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../dist/io/postgres/embedded.js';
import { defaultTables } from '../../dist/io/postgres/load.js';
import { withFolder } from '../suite/folder.js';
import { missingTime, timed } from '../suite/process.js';
import { median } from '../suite/statistics.js';

const bin = resolve('bin/hybrid.js');
const rows = Number(process.env.HYBRID_BENCH_ROWS ?? 2_000_000);

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

/** What a program took, and what the server spent meanwhile. */
async function timedWithServer(postmaster, program, args, env) {
  const before = serverCpu(postmaster);
  const { stdout, seconds, cpu, peakBytes } = await timed(program, args, env);
  // The server counts what a backend spent when it has ended: a moment after its client.
  await new Promise((later) => setTimeout(later, 200));
  return { stdout, seconds, client: cpu, server: serverCpu(postmaster) - before, peak: peakBytes };
}

async function digestOf(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

const figures = {
  time: { unit: 's', of: (run) => run.seconds },
  'CPU of the client': { unit: 's', of: (run) => run.client },
  'CPU of the server': { unit: 's', of: (run) => run.server },
  'peak memory': { unit: 'MB', of: (run) => run.peak / 1e6 },
};

/** Measurements of one contender's runs. */
function record(bench, who, runs, subject) {
  for (const [what, { unit, of }] of Object.entries(figures))
    bench.record({ subject: `${subject}, ${what}`, who, unit, better: 'less', values: runs.map(of) });
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
  print(`  worked out, with a core for each process: ${speeds.join(', ')} times psql`);
}

/** A table of so many trades on the server, and the process id of its postmaster. */
async function fill(server, symbol, count) {
  const client = new pg.Client(server.url);
  await client.connect();
  const { rows: setting } = await client.query("SELECT current_setting('data_directory') AS folder");
  await client.query(defaultTables.trades);
  await load(client, symbol, count);
  await client.query('VACUUM ANALYZE trades');
  await client.end();
  return Number(readFileSync(join(setting[0].folder, 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** An export by so many jobs, and the statement that it sent. */
async function exportOnce(server, postmaster, folder, symbol, jobs) {
  const raw = join(folder, `raw${jobs}`);
  rmSync(raw, { recursive: true, force: true });
  const args = `export --symbols ${symbol} --streams trades --jobs ${jobs} --json --out`.split(' ');
  const env = { DATABASE_URL: server.url };
  const run = await timedWithServer(postmaster, process.execPath, [bin, ...args, raw], env);
  const [{ rows, path }] = JSON.parse(run.stdout).files;
  const [sql] = JSON.parse(readFileSync(join(raw, `${symbol}.manifest.json`), 'utf8')).query.sql;
  return { ...run, rows, sql, sha256: await digestOf(path) };
}

async function copyOnce(server, postmaster, folder, sql) {
  const copied = join(folder, 'psql.csv');
  const command = `\\copy (${sql}) TO '${copied}' (FORMAT csv, HEADER)`;
  const run = await timedWithServer(postmaster, 'psql', ['-X', '-q', server.url, '-c', command], {});
  return { ...run, sha256: await digestOf(copied) };
}

async function measure(bench, server, folder, symbol, count) {
  const postmaster = await fill(server, symbol, count);
  const runs = { psql: [], 1: [], 2: [] };
  for (let repeat = 0; repeat < bench.repeats; repeat++) {
    for (const jobs of [1, 2]) runs[jobs].push(await exportOnce(server, postmaster, folder, symbol, jobs));
    runs.psql.push(await copyOnce(server, postmaster, folder, runs[1][0].sql));
  }
  for (const { rows: got } of [...runs[1], ...runs[2]])
    bench.expect(got === count, `expected ${count} rows, got ${got}`);
  const digests = new Set(Object.values(runs).flatMap((some) => some.map((run) => run.sha256)));
  bench.expect(digests.size === 1, 'other bytes than those of psql');
  const subject = `${count.toLocaleString('en-US')} trades out of PostgreSQL`;
  record(bench, 'hybrid, 1 job', runs[1], subject);
  record(bench, 'hybrid, 2 jobs', runs[2], subject);
  record(bench, 'psql \\copy', runs.psql, subject);
  prospect(bench.print, runs[1], runs.psql);
}

export async function exportBench(bench) {
  if (process.platform !== 'linux') return bench.skip('all', 'hybrid', 'CPU times are read from /proc');
  const missing = missingTime();
  if (missing) return bench.skip('all', 'hybrid', missing);
  if (spawnSync('psql', ['--version']).status !== 0)
    return bench.skip('all', 'psql', 'it is not there to compare with');
  const server = await startEmbeddedPostgres();
  try {
    await withFolder((folder) => measure(bench, server, folder, 'BENCH', bench.size(rows, 20_000)));
  } finally {
    await server.stop();
  }
}
