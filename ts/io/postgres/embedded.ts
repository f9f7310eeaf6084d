/** A throw-away PostgreSQL server: started in a temporary folder, gone with everything in it when stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { HybridError, interrupted } from '../../error.js';
import { type Installation, install } from './binaries.js';

export interface EmbeddedServer {
  /** Connection string of the superuser, with its random password. */
  url: string;
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  /** Stops the server and removes its folder; harmless the second time. */
  stop(): Promise<void>;
}

/** Nothing here has to survive a crash of the machine: no fsync, no WAL beyond the minimum. */
const settings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '40',
  shared_buffers: '64MB',
  maintenance_work_mem: '128MB',
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '4GB',
  checkpoint_timeout: '1h',
  autovacuum: 'off',
  jit: 'off',
  io_method: 'sync',
  timezone: 'UTC',
};

/**
 * Starts a server on a free port of 127.0.0.1 and waits until it accepts connections (about 2 s). It runs as an
 * unprivileged user when we are root. It does not outlive this process: {@link EmbeddedServer.stop} is the
 * orderly end; a normal exit stops it at once; a watcher process does so when we are killed.
 * Errors: E_RESOURCE (package absent, server does not start), E_INTERRUPTED.
 */
export async function startEmbeddedPostgres(signal?: AbortSignal): Promise<EmbeddedServer> {
  const installation = install();
  const password = randomBytes(18).toString('base64url');
  try {
    await initialise(installation, password, signal);
    return await launch(installation, password, signal);
  } catch (error) {
    await removeFolder(installation.folder);
    throw signal?.aborted ? interrupted() : error;
  }
}

async function initialise(at: Installation, password: string, signal?: AbortSignal): Promise<void> {
  const passwordFile = join(at.folder, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (at.identity !== undefined) chownSync(passwordFile, at.identity.uid, at.identity.gid);
  const flags = ['--encoding=UTF8', '--locale=C', '--no-sync', '--no-data-checksums', '--no-instructions'];
  const login = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const child = run(at, 'initdb', ['-D', join(at.folder, 'data'), ...login, ...flags]);
  const guard = guardAgainstOurEnd(at, child.process);
  const abort = () => child.process.kill('SIGKILL');
  signal?.addEventListener('abort', abort);
  const code = await child.exit.finally(() => signal?.removeEventListener('abort', abort));
  guard.release();
  rmSync(passwordFile);
  if (code !== 0) throw failed('initdb', child.said());
}

async function launch(at: Installation, password: string, signal?: AbortSignal): Promise<EmbeddedServer> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const options = Object.entries({ ...settings, port: String(port) }).flatMap(([k, v]) => [
      '-c',
      `${k}=${v}`,
    ]);
    const child = run(at, 'postgres', ['-D', join(at.folder, 'data'), ...options]);
    const guard = guardAgainstOurEnd(at, child.process);
    if (await isReady(child, signal)) return handle(at, child, guard, port, password);
    child.process.kill('SIGKILL');
    await child.exit;
    guard.release();
    if (signal?.aborted) throw interrupted();
    // Somebody may have taken the port between our look and the server's start.
    if (attempt === 3 || !/could not bind|in use/i.test(child.said())) throw failed('postgres', child.said());
  }
}

function handle(
  at: Installation,
  child: Running,
  guard: Guard,
  port: number,
  password: string,
): EmbeddedServer {
  let stopped: Promise<void> | undefined;
  const [host, user, database] = ['127.0.0.1', 'postgres', 'postgres'];
  return {
    url: `postgres://${user}:${password}@${host}:${port}/${database}`,
    ...{ host, port, user, password, database },
    stop() {
      stopped ??= shutDown(at, child).finally(() => guard.release());
      return stopped;
    },
  };
}

/** Fast shutdown; the harder ways when it takes long. */
async function shutDown(at: Installation, child: Running): Promise<void> {
  if (process.platform === 'win32') {
    await run(at, 'pg_ctl', ['stop', '-D', join(at.folder, 'data'), '-m', 'fast', '-w']).exit;
  } else {
    for (const name of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
      child.process.kill(name);
      if (await within(10_000, child.exit)) break;
    }
  }
  await removeFolder(at.folder);
}

interface Running {
  process: ChildProcess;
  exit: Promise<number | null>;
  /** The last of what it wrote. */
  said(): string;
  onOutput(listener: () => void): void;
}

/**
 * Runs one of the server's programs. In a process group of its own: Ctrl-C in the terminal reaches hybrid only,
 * which then stops the server in order.
 */
function run(at: Installation, program: string, args: readonly string[]): Running {
  const child = spawn(join(at.bin, program), args, {
    ...at.identity,
    cwd: at.folder,
    env: environment(),
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let text = '';
  const listeners: (() => void)[] = [];
  const hear = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-8000);
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const exit = new Promise<number | null>((resolve) => {
    child.on('exit', resolve);
    child.on('error', (error) => {
      text += `${error.message}\n`;
      resolve(-1);
    });
  });
  return { process: child, exit, said: () => text, onOutput: (listener) => listeners.push(listener) };
}

/** Ours would mislead the server (PGDATA, PGPORT, LANG). */
function environment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR', 'LD_LIBRARY_PATH'];
  const own = kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(own), LC_ALL: 'C' };
}

function isReady(child: Running, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(false), 60_000);
    const settle = (ready: boolean) => {
      clearTimeout(late);
      resolve(ready);
    };
    child.onOutput(() => child.said().includes('ready to accept connections') && settle(true));
    child.exit.then(() => settle(false));
    signal?.addEventListener('abort', () => settle(false), { once: true });
  });
}

interface Guard {
  release(): void;
}

/** Ends the server (or initdb) at once, and removes its folder, when this process exits or (POSIX) is killed. */
function guardAgainstOurEnd(at: Installation, server: ChildProcess): Guard {
  const onExit = () => {
    server.kill(process.platform === 'win32' ? 'SIGKILL' : 'SIGQUIT');
    rmSync(at.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  process.on('exit', onExit);
  const watcher =
    process.platform === 'win32' || server.pid === undefined ? undefined : watch(at, server.pid);
  return {
    release: () => {
      process.off('exit', onExit);
      watcher?.stdin?.end('released\n');
    },
  };
}

/** Waits for the end of its standard input, which comes when this process is gone, however it ended. */
const watcherScript = `
read -r word
[ "$word" = released ] && exit 0
kill -QUIT "$1" 2>/dev/null
tries=0
while kill -0 "$1" 2>/dev/null && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -KILL "$1" 2>/dev/null
rm -rf "$2"`;

function watch(at: Installation, pid: number): ChildProcess {
  const watcher = spawn('/bin/sh', ['-c', watcherScript, 'hybrid-postgres-watcher', String(pid), at.folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.on('error', () => {});
  watcher.stdin.on('error', () => {});
  watcher.unref();
  (watcher.stdin as unknown as { unref(): void }).unref();
  return watcher;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function within(milliseconds: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  return Promise.race([promise.then(() => true), late]).finally(() => clearTimeout(timer));
}

async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

function failed(program: string, said: string): HybridError {
  const lines = said.trim().split('\n').slice(-5).join('; ');
  return new HybridError('E_RESOURCE', `embedded PostgreSQL: ${program} did not start: ${lines}`, {
    hint: 'Set DATABASE_URL to a server of your own.',
  });
}
