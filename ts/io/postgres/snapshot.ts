/** One picture of the database for several connections, and what tells it from a later one. */
import type { Session } from './session.js';

export interface Limits {
  /** Seconds that one statement may take; undefined: what the server or role has. */
  statementTimeout: number | undefined;
  /** Seconds to wait for a lock that somebody else holds. */
  lockTimeout: number;
}

export interface Snapshot {
  /** Version of the server, as text and as a number: 160004 is 16.4. */
  server: string;
  version: number;
  /** When it was taken, by the server's clock. */
  taken: string;
  /** Other connections import it by this name; null when there are none. */
  id: string | null;
  /** Cluster and timeline, in which transaction ids mean something; null where the server does not say. */
  cluster: string | null;
  database: string;
  user: string;
  /** All transactions before this one had ended (xid8, decimal); null on servers before 13. */
  xmin: string | null;
  /** No transaction from this one on is seen. */
  xmax: string | null;
}

/** Takes the snapshot in a transaction that {@link Session.close} or an error ends; exports it for `jobs` > 1. */
export async function takeSnapshot(session: Session, limits: Limits, jobs: number): Promise<Snapshot> {
  await session.query('begin', begin(limits));
  const [row] = await session.query<{
    server: string;
    version: number;
    taken: Date;
    db: string;
    user: string;
  }>(
    'server',
    `SELECT current_setting('server_version') AS server, current_setting('server_version_num')::int AS version,
            now() AS taken, current_user AS user,
            (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS db`,
  );
  const { server, version, taken, db, user } = row!;
  return {
    ...{ server, version },
    taken: taken.toISOString(),
    id: jobs > 1 ? await exported(session) : null,
    cluster: await clusterOf(session),
    ...{ database: db, user },
    ...(version < 130_000 ? { xmin: null, xmax: null } : await bounds(session)),
  };
}

/** Sees what the snapshot sees, as long as the session that took it lives. */
export async function joinSnapshot(session: Session, limits: Limits, id: string): Promise<void> {
  await session.query('begin', `${begin(limits)}`.replace(';', `; SET TRANSACTION SNAPSHOT '${id}';`));
}

/**
 * What changes the bytes of an export is pinned, since a role may have it otherwise: the forms of floats, instants,
 * intervals and bytes. While others work a connection may wait longer than an idle one usually may.
 */
function begin({ statementTimeout, lockTimeout }: Limits): string {
  const pinned = {
    extra_float_digits: '1',
    timezone: 'UTC',
    datestyle: 'ISO, MDY',
    intervalstyle: 'postgres',
    bytea_output: 'hex',
    idle_in_transaction_session_timeout: '0',
    lock_timeout: `${Math.round(lockTimeout * 1000)}ms`,
    ...(statementTimeout === undefined
      ? {}
      : { statement_timeout: `${Math.round(statementTimeout * 1000)}ms` }),
  };
  const set = Object.entries(pinned).map(([name, value]) => `SET LOCAL ${name} = '${value}'`);
  return ['BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', ...set].join('; ');
}

async function exported(session: Session): Promise<string> {
  const [row] = await session.query<{ id: string }>('snapshot', 'SELECT pg_export_snapshot() AS id');
  return row!.id;
}

/** A restored or failed-over server may give the same transaction id to another transaction. */
async function clusterOf(session: Session): Promise<string | null> {
  const [may] = await session.query<{ may: boolean }>(
    'server',
    "SELECT bool_and(has_function_privilege(f, 'execute')) AS may FROM unnest(ARRAY['pg_control_system()', 'pg_control_checkpoint()']) AS f",
  );
  if (!may?.may) return null;
  const [row] = await session.query<{ cluster: string }>(
    'server',
    "SELECT s.system_identifier || '/' || c.timeline_id AS cluster FROM pg_control_system() s, pg_control_checkpoint() c",
  );
  return row!.cluster;
}

async function bounds(session: Session): Promise<{ xmin: string; xmax: string }> {
  const [row] = await session.query<{ xmin: string; xmax: string }>(
    'snapshot',
    `SELECT pg_snapshot_xmin(s)::text AS xmin, pg_snapshot_xmax(s)::text AS xmax FROM pg_current_snapshot() AS s`,
  );
  return row!;
}
