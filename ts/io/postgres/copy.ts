/** COPY … TO STDOUT as bytes that are whole or an error. */
import type { Connection, Submittable } from 'pg';
import { HybridError, interrupted } from '../../error.js';
import { queryFault } from './fault.js';
import { Frames } from './frames.js';
import type { Session } from './session.js';
import { type Tapped, tapSocket } from './socket.js';

/**
 * Gets content in pieces cut anywhere, which are overwritten once it has returned. The promise, where there is one,
 * is the backpressure.
 */
export type Take = (chunk: Buffer) => Promise<void> | undefined;

/**
 * Runs a COPY and hands every chunk to `take`. Returns the rows that the server says it sent. When anything fails,
 * or the signal is aborted, the session begins to be destroyed and its query cancelled on the server. Errors: E_DATABASE,
 * E_INTERRUPTED, and those of `take`.
 */
export async function streamCopy(
  session: Session,
  where: string,
  sql: string,
  take: Take,
  signal?: AbortSignal,
): Promise<number> {
  const copy = new CopyOut(sql, take);
  const abort = () => copy.handleError(interrupted());
  signal?.addEventListener('abort', abort, { once: true });
  try {
    if (signal?.aborted) throw interrupted();
    session.client.query(copy);
    return await copy.rows;
  } catch (error) {
    const cause = error instanceof HybridError ? error : session.causeOf(error);
    // Not waited for: meanwhile others would fail for want of its snapshot, and the first failure is what is told.
    session.destroy().catch(() => {});
    throw faultOf(where, cause, signal);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/**
 * The driver's part of a COPY. The driver would make objects of every row; so the content is taken out of the bytes
 * before it, and it sees all the other messages: errors, the command tag, ready for the next query.
 */
class CopyOut implements Submittable {
  /** Settled once the server is ready for the next query and everything has been taken. */
  readonly rows: Promise<number>;
  private settle!: { resolve: (rows: number) => void; reject: (error: unknown) => void };
  private readonly frames = new Frames();
  private socket!: Connection['stream'];
  private tapped!: Tapped;
  private sent = 0;
  private state: 'running' | 'ready' | 'failed' = 'running';

  constructor(
    private readonly sql: string,
    private readonly take: Take,
  ) {
    this.rows = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
  }

  submit(connection: Connection): void {
    this.socket = connection.stream;
    this.tapped = tapSocket(this.socket, (bytes) => this.arrived(bytes));
    connection.query(this.sql);
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.sent = Number(/^COPY (\d+)$/.exec(text)?.[1]);
  }

  handleReadyForQuery(): void {
    if (this.state === 'running') this.state = 'ready';
  }

  /** Of the server, of the connection, of `take`: the first is the one that is told. */
  handleError(error: unknown): void {
    this.state = 'failed';
    this.settle.reject(error);
  }

  private arrived(bytes: Buffer): void {
    try {
      const { content, rest } = this.frames.split(bytes);
      // After a failure the server may send on until it is told.
      const taken = content.length > 0 && this.state === 'running' ? this.take(content) : undefined;
      if (taken === undefined) this.pass(rest);
      else this.passAfter(taken, rest);
    } catch (error) {
      this.handleError(error);
    }
  }

  private passAfter(taken: Promise<void>, rest: Buffer): void {
    this.socket.pause();
    const goOn = () => {
      this.pass(rest);
      this.socket.resume();
    };
    taken.then(goOn).catch((error) => this.handleError(error));
  }

  private pass(rest: Buffer): void {
    if (rest.length === 0) return;
    this.tapped.pass(rest);
    if (this.state !== 'ready') return;
    this.tapped.release();
    this.tapped.pass(this.frames.unfinished);
    this.settle.resolve(this.sent);
  }
}

function faultOf(where: string, error: unknown, signal: AbortSignal | undefined): HybridError {
  if (signal?.aborted) return interrupted();
  if (error instanceof HybridError) return error;
  return queryFault(where, error);
}
