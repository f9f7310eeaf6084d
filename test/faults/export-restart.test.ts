import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Progress } from '../../ts/report/progress.js';
import { exportRaw } from '../../ts/stages/export.js';
import { freshFolder } from '../support/folder.js';
import { exportSettings, fillTrades, usePostgres } from '../support/postgres.js';

const postgres = usePostgres({ own: true });
const rows = 320_000;
let url: string;
let data: string;
let restarted: ChildProcess | undefined;

beforeAll(async () => {
  url = await postgres.database('market');
  const admin = await postgres.open('market');
  await fillTrades(admin, 'BTC', rows);
  // The server is to be stopped without losing what it has: nothing else writes here.
  await admin.query('checkpoint', 'CHECKPOINT');
  const [row] = await admin.query<{ folder: string }>(
    'folder',
    "SELECT current_setting('data_directory') AS folder",
  );
  data = row!.folder;
  await admin.close();
});
afterAll(async () => {
  if (restarted !== undefined) await stop(restarted.pid!);
});

const alive = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

async function stop(pid: number): Promise<void> {
  process.kill(pid, 'SIGINT');
  for (let tries = 0; tries < 1000 && alive(pid); tries++) await pause(10);
}

/** Stops the postmaster as `pg_ctl stop -m fast` would, leaves it down until `up` and starts it as it was. */
async function restart(up: () => Promise<void>): Promise<void> {
  const pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
  const [, ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  const program = readlinkSync(`/proc/${pid}/exe`);
  await stop(pid);
  await up();
  const { uid, gid } = statSync(data);
  restarted = spawn(program, args, {
    uid,
    gid,
    cwd: data,
    env: { LC_ALL: 'C' },
    stdio: 'ignore',
    detached: true,
  });
}

describe.skipIf(process.platform !== 'linux')(
  'a server that is stopped and started in the middle (Linux)',
  () => {
    const exportWith = (retryDelays: number[], update: (done: number) => void, raw = freshFolder()) => {
      const notes: string[] = [];
      const progress: Progress = {
        note: (line) => notes.push(line),
        phase: () => ({ update, end: () => {} }),
      };
      const settings = exportSettings(url, { raw, jobs: '2', streams: 'trades' });
      return { notes, done: exportRaw(settings, { progress, retryDelays }) };
    };

    it('is waited for: the file is the same, and the rows that came before are kept', async () => {
      const whole = await exportWith([], () => {}).done;
      let restarting: Promise<void> | undefined;
      const tries = () => notes.filter((note) => note.includes(': trying again in '));
      const triedTwice = async () => {
        for (let waited = 0; waited < 1000 && tries().length < 2; waited++) await pause(10);
      };
      const { notes, done } = exportWith([100, 300, 500, 500, 1000, 3000, 5000, 10_000], (rowsDone) => {
        if (rowsDone > 200_000) restarting ??= restart(triedTwice);
      });
      const { files } = await done;
      await restarting;
      expect(files[0]).toMatchObject({ rows, sha256: whole.files[0]!.sha256 });
      expect(files[0]!.keptRows).toBeGreaterThan(0);
      expect(restarted).toBeDefined();
      expect(tries().slice(0, 2)).toEqual([
        expect.stringContaining('again in 0.1 s'),
        expect.stringContaining('again in 0.3 s'),
      ]);
    });

    it('is given up when it stays away, and the next run continues', async () => {
      const raw = freshFolder();
      let restarting: Promise<void> | undefined;
      const givenUp = () =>
        done.then(
          () => {},
          () => {},
        );
      const { done } = exportWith(
        [50],
        (rowsDone) => {
          if (rowsDone > 200_000) restarting ??= restart(givenUp);
        },
        raw,
      );
      await expect(done).rejects.toMatchObject({ code: 'E_DATABASE' });
      await restarting;
      for (let tries = 0; tries < 100; tries++) {
        const again = await exportWith([], () => {}, raw).done.catch(() => undefined);
        if (again !== undefined) {
          expect(again.files[0]).toMatchObject({ rows });
          expect(again.files[0]!.keptRows).toBeGreaterThan(0);
          return;
        }
        await pause(200);
      }
      expect.fail('the server did not come back');
    });
  },
);
