/** COPY … TO STDOUT as a stream of bytes that is whole or an error. */
import { to as copyTo } from 'pg-copy-streams';
import { HybridError, interrupted } from '../../error.js';
import { queryFault } from './fault.js';
import type { Session } from './session.js';

/**
 * Runs a COPY and hands every chunk to `take`, whose promise is the backpressure. Returns the rows that the server
 * says it sent. When anything fails, or the signal is aborted, the session is destroyed and its query cancelled on
 * the server. Errors: E_DATABASE, E_INTERRUPTED, and those of `take`.
 */
export async function streamCopy(
  session: Session,
  where: string,
  sql: string,
  take: (chunk: Buffer) => Promise<void>,
  signal?: AbortSignal,
): Promise<number> {
  const stream = session.client.query(copyTo(sql));
  // After the last byte an error can still arrive; without a listener it would end the process.
  stream.on('error', () => {});
  const abort = () => stream.destroy(interrupted());
  signal?.addEventListener('abort', abort, { once: true });
  try {
    if (signal?.aborted) throw interrupted();
    for await (const chunk of stream) await take(chunk as Buffer);
    // The command tag with the row count comes after the last byte: wait for the server to be ready again.
    await session.query(where, 'SELECT 1');
    return stream.rowCount;
  } catch (error) {
    await session.destroy();
    throw faultOf(where, error, signal);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function faultOf(where: string, error: unknown, signal: AbortSignal | undefined): HybridError {
  if (signal?.aborted) return interrupted();
  if (error instanceof HybridError) return error;
  return queryFault(where, error);
}
