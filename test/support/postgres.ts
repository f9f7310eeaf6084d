/** A real PostgreSQL for tests: the embedded one, each test in a database of its own. */
import { Readable } from 'node:stream';
import { afterAll, beforeAll } from 'vitest';
import { resolve } from '../../ts/config/resolve.js';
import { addressOf } from '../../ts/io/postgres/address.js';
import { type EmbeddedServer, startEmbeddedPostgres } from '../../ts/io/postgres/embedded.js';
import { createDefaultTables, loadCsv } from '../../ts/io/postgres/load.js';
import { Session } from '../../ts/io/postgres/session.js';
import type { Stream } from '../../ts/io/raw.js';

export interface TestServer {
  server(): EmbeddedServer;
  /** DATABASE_URL of a database of the server, by default that of the test. */
  url(database?: string): string;
  /** A session with the database, closed after the test file. */
  open(database?: string): Promise<Session>;
  /** A session with the server that the test closes. */
  connect(): Promise<Session>;
  /** Makes an empty database and returns its URL. */
  database(name: string): Promise<string>;
}

/** One for all test files of this worker; it ends with the worker. */
let shared: Promise<EmbeddedServer> | undefined;

/**
 * The worker's server, empty as it was begun when the file is done. With `own` a server of the file's own, which may be
 * stopped, restarted and set up as one likes.
 */
export function usePostgres({ own = false } = {}): TestServer {
  let running: EmbeddedServer | undefined;
  const sessions: Session[] = [];
  const server = () => running!;
  const url = (database = 'postgres') => server().url.replace(/[^/]*$/, database);
  const connect = (database?: string) => Session.open(addressFromUrl(url(database)));
  const open = async (database?: string) => {
    const session = await connect(database);
    sessions.push(session);
    return session;
  };
  beforeAll(async () => {
    if (!own) shared ??= startEmbeddedPostgres();
    running = await (own ? startEmbeddedPostgres() : shared);
  });
  afterAll(async () => {
    for (const session of sessions) await session.close();
    if (own) return running?.stop();
    const session = await connect();
    await empty(session);
    await session.close();
  });
  const database = async (name: string) => {
    const session = await open();
    await session.query('create', `CREATE DATABASE ${name}`);
    return url(name);
  };
  return { server, url, open, connect, database };
}

/** Drops every database, schema and role that was not there in the beginning. */
async function empty(session: Session): Promise<void> {
  const names = (query: string) => session.query<{ name: string }>('names', query);
  const databases = await names(
    "SELECT format('%I', datname) AS name FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'",
  );
  for (const { name } of databases) await session.query('drop', `DROP DATABASE ${name} WITH (FORCE)`);
  const schemas = await names(
    "SELECT format('%I', nspname) AS name FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)'",
  );
  for (const { name } of schemas) await session.query('drop', `DROP SCHEMA ${name} CASCADE`);
  await session.query('public', 'CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC');
  const roles = await names(
    "SELECT format('%I', rolname) AS name FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> current_user",
  );
  for (const { name } of roles) await session.query('drop', `DROP ROLE ${name}`);
}

/** Settings as the command would have them, with the URL as DATABASE_URL and no other source. */
export function exportSettings(url: string, flags: Record<string, string> = {}) {
  return resolve('export', { flags, env: { DATABASE_URL: url }, dotenv: {}, file: {} });
}

export function addressFromUrl(url: string) {
  return addressOf(exportSettings(url));
}

/** The default tables with some rows in them, as canonical CSV lines without header. */
export async function fill(
  session: Session,
  symbol: string,
  rows: Partial<Record<Stream, readonly string[]>>,
): Promise<void> {
  await createDefaultTables(session);
  for (const [stream, lines] of Object.entries(rows) as [Stream, string[]][])
    await loadCsv(session, symbol, stream, Readable.from(['header\n', ...lines.map((line) => `${line}\n`)]));
}

/** `count` trades some milliseconds apart from 2024-01-01 on, made on the server: fast for millions. */
export async function fillTrades(
  session: Session,
  symbol: string,
  count: number,
  apartMs = 1,
): Promise<void> {
  await createDefaultTables(session);
  await session.query(
    'fill',
    `INSERT INTO trades (symbol, ts, trade_id, price, qty, side)
     SELECT '${symbol}', timestamptz '2024-01-01 00:00:00+00' + i * interval '${apartMs} ms', i,
            42000 + (i::bigint * 7919 % 10007) / 10.0, (i::bigint * 104729 % 9973 + 1) / 1000.0, (i % 2) * 2 - 1
     FROM generate_series(1, ${count}) AS i`,
  );
  await session.query('analyze', 'ANALYZE trades');
}
