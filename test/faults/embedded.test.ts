import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../../ts/io/postgres/embedded.js';

/** A process that starts a server, tells where it is, and ends the given way. */
const script = `
import { startEmbeddedPostgres } from './dist/io/postgres/embedded.js';
import pg from 'pg';
const server = await startEmbeddedPostgres();
const client = new pg.Client(server.url);
await client.connect();
const { rows } = await client.query("SELECT current_setting('data_directory') AS data, pg_backend_pid() AS pid");
await client.end();
console.log(JSON.stringify(rows[0]));
if (process.argv[1] === 'exit') process.exit(0);
setInterval(() => {}, 1000);
`;

async function startAndEnd(how: 'exit' | 'SIGKILL'): Promise<{ data: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, how]);
  const chunk = await new Promise<Buffer>((told) => child.stdout.once('data', told));
  const closed = new Promise((done) => child.once('exit', done));
  if (how === 'SIGKILL') child.kill('SIGKILL');
  await closed;
  return JSON.parse(chunk.toString());
}

/** The folder goes last, when the server is no more. */
async function isGone(data: string): Promise<boolean> {
  for (let tries = 0; tries < 200 && existsSync(data); tries++) await pause(50);
  return !existsSync(data);
}

describe('the embedded PostgreSQL', () => {
  it('answers, refuses another password, and is gone after stop', async () => {
    const server = await startEmbeddedPostgres();
    const client = new pg.Client(server.url);
    await client.connect();
    const { rows } = await client.query("SELECT current_setting('data_directory') AS data");
    await client.end();
    const stranger = new pg.Client(server.url.replace(server.password, 'guess'));
    await expect(stranger.connect()).rejects.toThrow('password authentication failed');
    await server.stop();
    await server.stop();
    expect(await isGone(rows[0].data)).toBe(true);
    await expect(new pg.Client(server.url).connect()).rejects.toThrow('ECONNREFUSED');
  });

  it('does not outlive a process that exits without stopping it', async () => {
    expect(await isGone((await startAndEnd('exit')).data)).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('does not outlive a process that is killed', async () => {
    expect(await isGone((await startAndEnd('SIGKILL')).data)).toBe(true);
  });

  it.skipIf(process.platform === 'win32')(
    'leaves nothing of a process killed while it prepares',
    async () => {
      const folder = mkdtempSync('/tmp/hybrid-test-');
      chmodSync(folder, 0o777);
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, 'wait'], {
        env: { ...process.env, TMPDIR: folder },
      });
      const closed = new Promise((done) => child.once('exit', done));
      const isPreparing = () => readdirSync(folder).some((name) => existsSync(join(folder, name, 'data')));
      while (!isPreparing()) await pause(10);
      child.kill('SIGKILL');
      await closed;
      const left = () => readdirSync(folder);
      for (let tries = 0; tries < 300 && left().length > 0; tries++) await pause(50);
      expect(left()).toEqual([]);
      rmSync(folder, { recursive: true, force: true });
    },
  );

  it('stops starting when it is aborted', async () => {
    const controller = new AbortController();
    const starting = startEmbeddedPostgres(controller.signal);
    setTimeout(() => controller.abort(), 100);
    await expect(starting).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  });
});
