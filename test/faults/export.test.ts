import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Session } from '../../ts/io/postgres/session.js';
import { type Progress, silentProgress } from '../../ts/report/progress.js';
import { exportRaw } from '../../ts/stages/export.js';
import { hybrid, hybridProcess, start } from '../support/cli.js';
import { exportSettings, fill, fillTrades, usePostgres } from '../support/postgres.js';

const rows = 150_000;
const postgres = usePostgres();
let out: string;
let admin: Session;
let url: string;

beforeAll(async () => {
  url = await postgres.database('market');
  admin = await postgres.open('market');
  await fillTrades(admin, 'BTC', rows);
  await fill(admin, 'BTC', { liquidations: ['1704067200700000,0,1,42000,0.25'] });
});
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'hybrid-faults-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const run = (at: string, progress: Progress = silentProgress, signal?: AbortSignal) =>
  exportRaw(exportSettings(at, { raw: out }), { progress, retryDelays: [10, 50], ...(signal && { signal }) });

/** Progress that calls once, in the middle of the first COPY. */
function inTheMiddle(action: () => unknown): Progress {
  let called = false;
  const update = (done: number) => {
    if (called || done === 0) return;
    called = true;
    action();
  };
  return { note: () => {}, phase: () => ({ update, end: () => {} }) };
}

/** The same for every attempt. */
function inTheMiddleOfEach(action: () => unknown): Progress {
  return { note: () => {}, phase: (...args) => inTheMiddle(action).phase(...args) };
}

async function terminate(): Promise<void> {
  for (const { pid } of await backends())
    await admin.query('terminate', 'SELECT pg_terminate_backend($1)', [pid]);
}

const backends = async () =>
  admin.query<{ pid: number; state: string; query: string }>(
    'activity',
    "SELECT pid, state, query FROM pg_stat_activity WHERE application_name = 'hybrid' AND pid <> pg_backend_pid() AND datname = 'market'",
  );

async function noBackendLeft(): Promise<void> {
  for (let tries = 0; tries < 500 && (await backends()).length > 0; tries++) await pause(20);
  expect(await backends()).toEqual([]);
}

/** Finished parts may wait for the next run; nothing has the name of a result. */
const noResult = () =>
  expect(readdirSync(out).filter((name) => !/\.(partial|journal)$/.test(name))).toEqual([]);

function changed(at: string, change: (parts: URL) => void): string {
  const parts = new URL(at);
  change(parts);
  return parts.toString();
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((ready) => server.on('listening', ready));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

describe('a database that cannot be used', () => {
  it('says that there is no server', async () => {
    const port = await closedPort();
    const at = changed(url, (parts) => {
      parts.port = String(port);
    });
    await expect(run(at)).rejects.toMatchObject({
      code: 'E_DATABASE',
      message: `127.0.0.1:${port}: expected a PostgreSQL server, got connection refused`,
      hint: expect.stringContaining('PGHOST'),
    });
  });

  it('says that the login is refused, without the password', async () => {
    const at = changed(url, (parts) => {
      parts.password = 'hunter2secret';
    });
    const error = await run(at).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'E_DATABASE',
      message: expect.stringContaining('expected a login that the server accepts, got refused'),
    });
    expect(`${error.message} ${error.hint} ${JSON.stringify(error)}`).not.toContain('hunter2secret');
  });

  it('says that a password is missing', async () => {
    const at = changed(url, (parts) => {
      parts.password = '';
    });
    await expect(run(at)).rejects.toMatchObject({
      code: 'E_DATABASE',
      message: expect.stringContaining('expected a password, got none'),
    });
  });

  it('says which databases there are', async () => {
    const at = url.replace(/market$/, 'markets');
    await expect(run(at)).rejects.toMatchObject({
      code: 'E_DATABASE',
      message: expect.stringMatching(
        /expected an existing database, got "markets"; there are: market, postgres/,
      ),
    });
  });

  it('says that the tables may not be read', async () => {
    await admin.query('role', "CREATE ROLE guest LOGIN PASSWORD 'guest'");
    const at = changed(url, (parts) => {
      parts.username = 'guest';
      parts.password = 'guest';
    });
    await expect(run(at)).rejects.toMatchObject({
      code: 'E_DATABASE',
      message: expect.stringContaining('expected the right to read, got refused'),
      hint: expect.stringContaining('GRANT SELECT'),
    });
    noResult();
  });

  it('never repeats a DATABASE_URL that does not parse', async () => {
    const error = await run('postgres://user:hunter2#secret@host:port/db').catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'E_CONFIG', message: expect.stringContaining('DATABASE_URL') });
    expect(error.message).not.toContain('hunter2');
  });
});

/** Seconds until the system asks the other end of a socket whether it is there; undefined while it does not wait. */
function keepAliveTimer(localPort: number): number | undefined {
  const port = localPort.toString(16).toUpperCase().padStart(4, '0');
  const sockets = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  const all = sockets.map((line) => line.trim().split(/\s+/));
  // Of the sockets with this port the one that is connected: others may wait for their end.
  const fields = all.find((one) => one[1]?.endsWith(`:${port}`) && one[3] === '01');
  const [kind, ticks] = fields![5]!.split(':') as [string, string];
  return kind === '02' ? Number.parseInt(ticks, 16) / 100 : undefined;
}

it.skipIf(process.platform !== 'linux')('a silent connection is asked for after half a minute', async () => {
  const { connection } = admin.client as unknown as { connection: { stream: { localPort: number } } };
  let seconds: number | undefined;
  for (let tries = 0; tries < 100 && seconds === undefined; tries++) {
    await pause(20);
    seconds = keepAliveTimer(connection.stream.localPort);
  }
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(30);
});

describe('an export that is stopped in the middle of a COPY leaves no result and no backend', () => {
  it('by an abort', async () => {
    const controller = new AbortController();
    const progress = inTheMiddle(() => controller.abort());
    await expect(run(url, progress, controller.signal)).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    noResult();
    await noBackendLeft();
  });

  it('by the server ending its backend, again and again', async () => {
    let killing = Promise.resolve();
    const progress = inTheMiddleOfEach(() => {
      killing = terminate();
    });
    await expect(run(url, progress)).rejects.toMatchObject({
      code: 'E_DATABASE',
      message: expect.stringMatching(/: the connection (was ended by the server|broke)/),
    });
    await killing;
    noResult();
    await noBackendLeft();
  });

  it('by a broken network', async () => {
    const proxy = await cuttingProxy(postgres.server().port, 1_000_000);
    const at = changed(url, (parts) => {
      parts.port = String((proxy.address() as AddressInfo).port);
    });
    await expect(run(at)).rejects.toMatchObject({
      code: 'E_DATABASE',
      message: expect.stringMatching(/^BTC trades: the connection broke/),
    });
    proxy.close();
    noResult();
    await noBackendLeft();
  });

  it('by a statement timeout', async () => {
    await expect(run(`${url}?options=-c%20statement_timeout%3D40`)).rejects.toMatchObject({
      code: 'E_DATABASE',
      message: expect.stringContaining('the server cancelled the query'),
      hint: expect.stringContaining('statement_timeout'),
    });
    noResult();
    await noBackendLeft();
  });

  it('by a writer that fails, and keeps the files of an earlier run', async () => {
    writeFileSync(join(out, 'BTC_trades.csv'), 'of yesterday');
    const progress = inTheMiddle(() => {
      throw new Error('boom');
    });
    await expect(run(url, progress)).rejects.toThrow('boom');
    expect(readdirSync(out).filter((name) => !/\.(partial|journal)$/.test(name))).toEqual(['BTC_trades.csv']);
    expect(readFileSync(join(out, 'BTC_trades.csv'), 'utf8')).toBe('of yesterday');
    await noBackendLeft();
  });
});

/** Passes everything on to the server, and cuts both ends once `bytes` have come back. */
async function cuttingProxy(port: number, bytes: number): Promise<Server> {
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    let passed = 0;
    server.on('data', (chunk) => {
      passed += chunk.length;
      if (passed < bytes) client.write(chunk);
      else {
        client.destroy();
        server.destroy();
      }
    });
    client.on('data', (chunk) => server.write(chunk));
    for (const socket of [client, server]) socket.on('error', () => {});
    client.on('close', () => server.destroy());
  }).listen(0, '127.0.0.1');
  await new Promise((ready) => proxy.on('listening', ready));
  return proxy;
}

describe('a folder that cannot be written', () => {
  it('is an error that names it', async () => {
    writeFileSync(join(out, 'file'), '');
    const settings = { ...exportSettings(url), raw: join(out, 'file', 'raw') };
    await expect(exportRaw(settings, { progress: silentProgress })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: `${join(out, 'file', 'raw')}: expected a folder, got a file`,
    });
    await noBackendLeft();
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')('says so', async () => {
    const { chmodSync } = await import('node:fs');
    chmodSync(out, 0o500);
    await expect(run(url)).rejects.toMatchObject({ code: 'E_RESOURCE' });
    chmodSync(out, 0o700);
    noResult();
  });
});

describe('hybrid export on the command line', () => {
  it('prints one JSON object with the keys of the contract', async () => {
    const { code, stdout } = await hybrid(['export', '--json'], out, { DATABASE_URL: url });
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result.seconds).toBeGreaterThan(0);
    expect(Object.keys(result.files[0])).toEqual(
      expect.arrayContaining(['path', 'symbol', 'stream', 'rows', 'bytes', 'sha256', 'firstTs', 'lastTs']),
    );
    expect(result.files[0].rows).toBe(rows);
    expect(existsSync(join(out, 'raw_data', 'BTC_trades.csv'))).toBe(true);
  });

  it('takes the connection from .env and prints a table', async () => {
    const { host, port, user, password } = postgres.server();
    const names = { PGHOST: host, PGPORT: port, PGUSER: user, PGPASSWORD: password, PGDATABASE: 'market' };
    const lines = Object.entries(names).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(out, '.env'), lines.join(''));
    const { code, stdout } = await hybrid(['export', '--to', '2024-01-01T00:00:01Z'], out);
    expect(code).toBe(0);
    expect(stdout).toContain('raw_data/BTC_trades.csv');
    expect(stdout).toContain('hybrid prepare');
    expect(stdout).not.toContain(password);
  });

  it('ends with 130 on Ctrl-C and leaves nothing', async () => {
    const child = start(['export'], out, { DATABASE_URL: url });
    const partial = join(out, 'raw_data', 'BTC_trades.csv.partial');
    for (let tries = 0; tries < 2000 && !existsSync(partial); tries++) await pause(5);
    child.process.kill('SIGINT');
    const { code, stdout, stderr } = await child.finished;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toContain('E_INTERRUPTED');
    expect(readdirSync(join(out, 'raw_data'))).toEqual([]);
    await noBackendLeft();
  });

  it('ends with 4 and a hint when there is no server', async () => {
    const { code, stderr } = await hybridProcess(['export'], out, {
      PGHOST: '127.0.0.1',
      PGPORT: String(await closedPort()),
    });
    expect(code).toBe(4);
    expect(stderr).toMatch(
      /^E_DATABASE: .*expected a PostgreSQL server, got connection refused\nhint: Start/m,
    );
  });
});
