import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../ts/io/postgres/session.js';
import { start } from '../support/cli.js';
import { freshFolder } from '../support/folder.js';
import { fillTrades, usePostgres } from '../support/postgres.js';

const kills = Number(process.env.HYBRID_SOAK_KILLS ?? 50);
const rows = 1_000_000;
const postgres = usePostgres();
let url: string;
let admin: Session;

beforeAll(async () => {
  url = await postgres.database('market');
  admin = await postgres.open('market');
  await fillTrades(admin, 'BTC', rows);
});

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

async function noBackendLeft(): Promise<void> {
  const sql =
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'hybrid' AND datname = 'market' AND pid <> pg_backend_pid()";
  let n = 1;
  // A backend notices that its client is gone when it sends the next rows.
  for (let tries = 0; tries < 500 && n > 0; tries++) {
    n = (await admin.query<{ n: number }>('activity', sql))[0]!.n;
    if (n > 0) await pause(20);
  }
  expect(n).toBe(0);
}

describe.each(['none', 'gzip'])('%s', (compression) => {
  const args = ['export', '--streams', 'trades', '--jobs', '2', '--compression', compression];
  const name = compression === 'gzip' ? 'BTC_trades.csv.gz' : 'BTC_trades.csv';

  it(`an export killed at ${kills} random moments and run again has the same bytes every time`, async () => {
    const whole = freshFolder();
    const begin = performance.now();
    expect((await start(args, whole, { DATABASE_URL: url }).finished).code).toBe(0);
    const took = performance.now() - begin;
    const expected = sha256(join(whole, 'raw_data', name));
    const folder = freshFolder();
    const raw = join(folder, 'raw_data');
    let finished = 0;
    for (let kill = 0; kill < kills; kill++) {
      const child = start(args, folder, { DATABASE_URL: url });
      await pause(Math.random() * took * 0.8);
      child.process.kill('SIGKILL');
      await child.finished;
      await noBackendLeft();
      if (!existsSync(join(raw, name))) continue;
      expect(sha256(join(raw, name))).toBe(expected);
      finished++;
      rmSync(raw, { recursive: true });
    }
    const { code, stdout } = await start([...args, '--json'], folder, { DATABASE_URL: url }).finished;
    expect(code).toBe(0);
    expect(JSON.parse(stdout).files[0]).toMatchObject({ rows, sha256: expected });
    expect(sha256(join(raw, name))).toBe(expected);
    expect(readdirSync(raw).toSorted()).toEqual(['BTC.manifest.json', name].toSorted());
    console.log(`${compression}: ${kills} kills, ${finished} runs that ended before theirs`);
  });
});
