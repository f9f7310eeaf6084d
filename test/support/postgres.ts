/** A real PostgreSQL for tests: the embedded one, one a test file, each test in a database of its own. */
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

/** Starts the server before the tests of the file and stops it after them. */
export function usePostgres(): TestServer {
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
    running = await startEmbeddedPostgres();
  });
  afterAll(async () => {
    for (const session of sessions) await session.close();
    await running?.stop();
  });
  const database = async (name: string) => {
    const session = await open();
    await session.query('create', `CREATE DATABASE ${name}`);
    return url(name);
  };
  return { server, url, open, connect, database };
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

/** `count` trades a millisecond apart from 2024-01-01 on, made on the server: fast for millions. */
export async function fillTrades(session: Session, symbol: string, count: number): Promise<void> {
  await createDefaultTables(session);
  await session.query(
    'fill',
    `INSERT INTO trades (symbol, ts, trade_id, price, qty, side)
     SELECT '${symbol}', timestamptz '2024-01-01 00:00:00+00' + i * interval '1 ms', i,
            42000 + (i::bigint * 7919 % 10007) / 10.0, (i::bigint * 104729 % 9973 + 1) / 1000.0, (i % 2) * 2 - 1
     FROM generate_series(1, ${count}) AS i`,
  );
  await session.query('analyze', 'ANALYZE trades');
}
