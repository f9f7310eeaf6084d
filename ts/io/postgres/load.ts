/** Canonical CSV → PostgreSQL's default tables, by COPY FROM: for the demo, tests and benches. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { interrupted } from '../../error.js';
import { type Stream, streams } from '../raw.js';
import { queryFault } from './fault.js';
import type { Session } from './session.js';

/** The default schema (indicators.md §4). */
export const defaultTables: Readonly<Record<Stream, string>> = {
  trades: `CREATE TABLE IF NOT EXISTS trades (
  symbol text NOT NULL, ts timestamptz NOT NULL, trade_id bigint NOT NULL,
  price double precision NOT NULL, qty double precision NOT NULL,
  side smallint NOT NULL CHECK (side IN (-1,0,1)),
  local_ts timestamptz, PRIMARY KEY (symbol, ts, trade_id))`,
  depth: `CREATE TABLE IF NOT EXISTS depth (
  symbol text NOT NULL, ts timestamptz NOT NULL, seq bigint NOT NULL DEFAULT 0,
  bid_px double precision[] NOT NULL, bid_qty double precision[] NOT NULL,
  ask_px double precision[] NOT NULL, ask_qty double precision[] NOT NULL,
  local_ts timestamptz, PRIMARY KEY (symbol, ts, seq))`,
  liquidations: `CREATE TABLE IF NOT EXISTS liquidations (
  symbol text NOT NULL, ts timestamptz NOT NULL, seq bigint NOT NULL DEFAULT 0,
  pos smallint NOT NULL CHECK (pos IN (-1,1)),
  price double precision NOT NULL, qty double precision NOT NULL,
  local_ts timestamptz, PRIMARY KEY (symbol, ts, seq))`,
};

/** The columns of the canonical CSV as they arrive: ts as µs, the rest in the types of the table. */
const arriving: Readonly<Record<Stream, readonly [name: string, type: string][]>> = {
  trades: [
    ['trade_id', 'bigint'],
    ['price', 'double precision'],
    ['qty', 'double precision'],
    ['side', 'smallint'],
  ],
  depth: [
    ['seq', 'bigint'],
    ['bid_px', 'double precision[]'],
    ['bid_qty', 'double precision[]'],
    ['ask_px', 'double precision[]'],
    ['ask_qty', 'double precision[]'],
  ],
  liquidations: [
    ['seq', 'bigint'],
    ['pos', 'smallint'],
    ['price', 'double precision'],
    ['qty', 'double precision'],
  ],
};

export async function createDefaultTables(
  session: Session,
  which: readonly Stream[] = streams,
): Promise<void> {
  for (const stream of which) await session.query(`table ${stream}`, defaultTables[stream]);
}

/**
 * Loads a canonical CSV (with header) as rows of the symbol; returns how many. A temporary table takes the µs, since
 * COPY cannot compute. Errors: E_DATABASE (a malformed row with its line, a duplicate key), E_INTERRUPTED.
 */
export async function loadCsv(
  session: Session,
  symbol: string,
  stream: Stream,
  csv: Readable | string,
  signal?: AbortSignal,
): Promise<number> {
  const where = `load ${symbol} ${stream}`;
  const columns = arriving[stream];
  const names = columns.map(([name]) => name).join(', ');
  const types = columns.map(([name, type]) => `${name} ${type}`).join(', ');
  await session.query(where, `CREATE TEMP TABLE arriving (ts bigint, ${types})`);
  await copyInto(session, where, typeof csv === 'string' ? createReadStream(csv) : csv, signal);
  const rows = await session.execute(
    where,
    `INSERT INTO ${stream} (symbol, ts, ${names})
     SELECT ${pg.escapeLiteral(symbol)}, timestamptz 'epoch' + ts * interval '1 us', ${names} FROM arriving`,
  );
  await session.query(where, 'DROP TABLE arriving');
  await session.query(where, `ANALYZE ${stream}`);
  return rows;
}

async function copyInto(
  session: Session,
  where: string,
  csv: Readable,
  signal: AbortSignal | undefined,
): Promise<void> {
  const sink = session.client.query(copyFrom('COPY arriving FROM STDIN (FORMAT csv, HEADER)'));
  try {
    await pipeline(csv, sink, ...(signal === undefined ? [] : [{ signal }]));
  } catch (error) {
    await session.destroy();
    throw signal?.aborted ? interrupted() : queryFault(where, error);
  }
}
