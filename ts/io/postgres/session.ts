/** One connection: opened with clear errors, closed without leaving a backend at work. */
import { connect as connectSocket } from 'node:net';
import type { QueryResultRow } from 'pg';
import pg from 'pg';
import { interrupted, throwIfAborted } from '../../error.js';
import { type Address, clientConfig, describe } from './address.js';
import { connectFault, databaseError, queryFault } from './fault.js';
import { ReusingSocket } from './socket.js';
import { otherAttemptMaySucceed, tlsAttempts } from './tls.js';

/** Where a driver's client keeps what a cancel request needs; not in its published types. */
interface Backend {
  processID: number | null;
  secretKey: number | null;
  connection: { stream: { destroy(): void } };
}

export class Session {
  private broken: Error | undefined;

  private constructor(
    readonly address: Address,
    readonly client: pg.Client,
    private readonly signal: AbortSignal | undefined,
  ) {
    client.on('error', (error) => {
      this.broken ??= error;
    });
  }

  /** Connects. Errors: E_DATABASE (not there, refused, no such database: says which exist), E_INTERRUPTED. */
  static async open(address: Address, signal?: AbortSignal): Promise<Session> {
    throwIfAborted(signal);
    try {
      return await attempt(address, signal, (client) => new Session(address, client, signal));
    } catch (error) {
      if (signal?.aborted) throw interrupted();
      if ((error as { code?: string }).code === '3D000') throw await noSuchDatabase(address, error, signal);
      throw connectFault(describe(address), `${address.host}:${address.port}`, error);
    }
  }

  /** Runs a query; `where` says in messages what it is for. */
  async query<Row extends QueryResultRow>(where: string, text: string, values?: unknown[]): Promise<Row[]> {
    return (await this.send<Row>(where, text, values)).rows;
  }

  /** Runs a statement; returns how many rows it touched. */
  async execute(where: string, text: string): Promise<number> {
    return (await this.send(where, text)).rowCount ?? 0;
  }

  /** The types, by their numbers in pg_type, of the columns that a query gives. */
  async types(where: string, text: string): Promise<number[]> {
    return (await this.send(where, text)).fields.map((field) => field.dataTypeID);
  }

  private async send<Row extends QueryResultRow>(
    where: string,
    text: string,
    values?: unknown[],
  ): Promise<pg.QueryResult<Row>> {
    try {
      return await this.client.query<Row>(text, values);
    } catch (error) {
      throw this.signal?.aborted ? interrupted() : queryFault(where, this.causeOf(error));
    }
  }

  /** Why a query failed: of a connection that broke before it, the driver only says that it may not be used. */
  causeOf(error: unknown): unknown {
    return this.broken ?? error;
  }

  /** Runs `work` in a transaction that is committed at its end and rolled back when it throws. */
  async transaction<T>(begin: string, work: () => Promise<T>): Promise<T> {
    await this.query('begin', begin);
    const result = await work();
    await this.query('commit', 'COMMIT');
    return result;
  }

  /** Ends in order after success. */
  async close(): Promise<void> {
    await this.client.end().catch(() => {});
  }

  /**
   * Ends at once, whatever the server is doing: a client whose COPY was abandoned would hang in `end`, and a
   * backend in a long sort would not notice a closed socket. So the query is cancelled over a second connection
   * first, then the socket is destroyed.
   */
  async destroy(): Promise<void> {
    const { processID, secretKey, connection } = this.client as unknown as Backend;
    if (processID !== null && secretKey !== null) await cancel(this.address, processID, secretKey);
    connection.stream.destroy();
  }
}

/** One try, or with `allow` and `prefer` two: with TLS and without. */
async function attempt<T>(
  address: Address,
  signal: AbortSignal | undefined,
  wrap: (client: pg.Client) => T,
): Promise<T> {
  const [first, second] = tlsAttempts(address);
  try {
    return await connectOnce(address, first!, signal, wrap);
  } catch (error) {
    if (second === undefined || !otherAttemptMaySucceed(error)) throw error;
    return connectOnce(address, second, signal, wrap);
  }
}

async function connectOnce<T>(
  address: Address,
  tls: boolean,
  signal: AbortSignal | undefined,
  wrap: (client: pg.Client) => T,
): Promise<T> {
  const stream = () => new ReusingSocket();
  const client = new pg.Client({ ...clientConfig(address, tls), stream });
  const wrapped = wrap(client);
  const abort = () => (client as unknown as Backend).connection.stream.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
    throwIfAborted(signal);
    return wrapped;
  } catch (error) {
    abort();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** The protocol's CancelRequest (PostgreSQL documentation, message formats); best effort within two seconds. */
function cancel({ host, port }: Address, processId: number, secretKey: number): Promise<void> {
  const request = Buffer.alloc(16);
  for (const [at, value] of [16, 80877102, processId, secretKey].entries())
    request.writeInt32BE(value, at * 4);
  return new Promise((resolve) => {
    const path = { path: `${host}/.s.PGSQL.${port}` };
    const socket = connectSocket(host.startsWith('/') ? path : { host, port });
    socket.setTimeout(2000, () => socket.destroy());
    socket.on('connect', () => socket.end(request));
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
  });
}

/** Which databases there are, asked of the one that every server has; without an answer the error stands alone. */
async function noSuchDatabase(address: Address, error: unknown, signal?: AbortSignal): Promise<Error> {
  const message = `${describe(address)}: expected an existing database, got "${address.database}"`;
  const hint = 'Correct PGDATABASE or DATABASE_URL.';
  try {
    const session = await Session.open({ ...address, database: 'postgres' }, signal);
    const names = await session.query<{ datname: string }>(
      'databases',
      'SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1',
    );
    await session.close();
    return databaseError(`${message}; there are: ${names.map((row) => row.datname).join(', ')}`, error, {
      hint,
    });
  } catch {
    return databaseError(message, error, { hint });
  }
}
