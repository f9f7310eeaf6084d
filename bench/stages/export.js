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

/** Measurements of one contender's runs. */
function record(bench, who, runs, subject) {
  const of = (key, scale = 1) => runs.map((run) => run[key] / scale);
  bench.record({ subject: `${subject}, time`, who, unit: 's', better: 'less', values: of('seconds') });
  bench.record({
    subject: `${subject}, CPU of the client`,
    who,
    unit: 's',
    better: 'less',
    values: of('client'),
  });
  bench.record({
    subject: `${subject}, CPU of the server`,
    who,
    unit: 's',
    better: 'less',
    values: of('server'),
  });
  bench.record({
    subject: `${subject}, peak memory`,
    who,
    unit: 'MB',
    better: 'less',
    values: of('peak', 1e6),
  });
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

async function measure(bench, server, folder, symbol, count) {
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
  for (let repeat = 0; repeat < bench.repeats; repeat++) {
    let sql;
    for (const jobs of ['1', '2']) {
      const raw = join(folder, `raw${jobs}`);
      rmSync(raw, { recursive: true, force: true });
      const run = await timedWithServer(postmaster, process.execPath, args(jobs, raw), {
        DATABASE_URL: server.url,
      });
      const { files } = JSON.parse(run.stdout);
      bench.expect(files[0].rows === count, `${jobs} jobs: expected ${count} rows, got ${files[0].rows}`);
      runs[jobs].push({ ...run, sha256: await digestOf(files[0].path) });
      sql = JSON.parse(readFileSync(join(raw, `${symbol}.manifest.json`), 'utf8')).query.sql[0];
    }
    const copied = join(folder, 'psql.csv');
    const command = `\\copy (${sql}) TO '${copied}' (FORMAT csv, HEADER)`;
    const run = await timedWithServer(postmaster, 'psql', ['-X', '-q', server.url, '-c', command], {});
    runs.psql.push({ ...run, sha256: await digestOf(copied) });
  }
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
