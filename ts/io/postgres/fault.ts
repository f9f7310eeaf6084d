/** What a driver's or server's error means to the person at the keyboard. */
import { HybridError, messageOf } from '../../error.js';
import { isCertificateFault } from './tls.js';

/** The fields of a server's error message that we read (PostgreSQL documentation, appendix A: error codes). */
interface ServerError extends Error {
  code?: string;
  detail?: string;
  hint?: string;
}

const restart = 'Run the same command again once the server is back.';

/** SQLSTATE (or its first two letters, the class) → what was expected and what to do. */
const serverFaults: Record<string, { says: string; hint: string }> = {
  '28': {
    says: 'expected a login that the server accepts, got refused',
    hint: 'Correct PGUSER and PGPASSWORD, or DATABASE_URL.',
  },
  '42501': {
    says: 'expected the right to read, got refused',
    hint: 'Ask for SELECT on the tables: `GRANT SELECT ON … TO …`.',
  },
  '57014': {
    says: 'the server cancelled the query',
    hint: 'Raise the limit: `ALTER ROLE … SET statement_timeout = 0`, or export a shorter period with --from and --to.',
  },
  '57P01': { says: 'the connection was ended by the server', hint: restart },
  '57P02': { says: 'the server crashed', hint: restart },
  '57P03': { says: 'the server is not ready', hint: restart },
  '25P03': {
    says: 'the server ended an idle transaction',
    hint: 'Raise idle_in_transaction_session_timeout for this role.',
  },
  '53100': { says: 'the disk of the server is full', hint: 'Free some space on the server.' },
  '53300': {
    says: 'the server has no free connection',
    hint: 'End other clients or raise max_connections.',
  },
  '53': { says: 'the server is out of resources', hint: 'Free some on the server, then run again.' },
  '40': { says: 'the server gave the transaction up', hint: 'Run the same command again.' },
  '08': { says: 'the connection broke', hint: restart },
};

const unreachable: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'no answer from the name service',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no route',
  ENETUNREACH: 'no network',
  ENOENT: 'no such socket',
  EACCES: 'no permission on the socket',
};

const certificateHints: readonly [RegExp, string][] = [
  [
    /ALTNAME|altnames/,
    'Set PGHOST to a name that the certificate is for, or have a certificate made for this one.',
  ],
  [/EXPIRED|expired/, 'Have the certificate of the server renewed.'],
  [/NOT_YET_VALID|not yet valid/, 'Check the clock of this machine and the dates of the certificate.'],
  [/(?:)/, 'Set PGSSLROOTCERT to the root certificate that signed that of the server.'],
];

/** A failed connection attempt to `host:port`. */
export function connectFault(where: string, server: string, error: unknown): HybridError {
  if (error instanceof HybridError) return error;
  const { code = '', message } = error as ServerError;
  const said = /timeout expired/.test(message) ? 'no answer' : unreachable[code];
  if (said !== undefined)
    return databaseError(`${server}: expected a PostgreSQL server, got ${said}`, error, {
      hint: 'Start the server, or correct PGHOST and PGPORT, or DATABASE_URL, in the environment or in .env.',
    });
  if (/password must be a string/i.test(message))
    return databaseError(`${where}: expected a password, got none`, error, {
      hint: 'Set PGPASSWORD, or put the password into DATABASE_URL.',
    });
  if (/does not support SSL/i.test(message))
    return databaseError(`${where}: expected a server with TLS, got one without`, error, {
      hint: 'Set PGSSLMODE=prefer or PGSSLMODE=disable.',
    });
  if (isCertificateFault(code, message))
    return databaseError(`${where}: expected a certificate that can be verified, got: ${message}`, error, {
      hint: certificateHints.find(([pattern]) => pattern.test(`${code} ${message}`))![1],
    });
  return queryFault(where, error);
}

/** A failed query or COPY; `where` names what was being done: `BTCUSDT trades`. */
export function queryFault(where: string, error: unknown): HybridError {
  if (error instanceof HybridError) return error;
  const { code = '', message } = error as ServerError;
  const side = unknownSideIn(message);
  if (side !== undefined) return side;
  const known =
    serverFaults[code] ?? (/^[0-9A-Z]{5}$/.test(code) ? serverFaults[code.slice(0, 2)] : undefined);
  if (known !== undefined)
    return databaseError(`${where}: ${known.says}: ${message}`, error, { hint: known.hint });
  if (/terminated|ECONNRESET|EPIPE|socket|closed/i.test(`${code} ${message}`))
    return databaseError(`${where}: the connection broke: ${message}`, error, { hint: restart });
  const state = code === '' ? '' : ` (SQLSTATE ${code})`;
  return databaseError(`${where}: the server says: ${messageOf(error)}${state}`, error, {
    hint: (error as ServerError).hint ?? 'Look the message up in the log of the server.',
  });
}

/** A marker in the errors that our own SQL raises for a side that no mapping knows. */
export const unknownSide = 'hybrid, unknown side at ';

function unknownSideIn(message: string): HybridError | undefined {
  const match = /hybrid, unknown side at ((?:(?!: ).)+): (.*?)"?$/s.exec(message);
  if (match === null) return undefined;
  const [, where, got] = match;
  const [stream] = where!.split('.');
  return new HybridError('E_INPUT', `${where}: expected a side that is known, got "${got}"`, {
    hint: `Say what it means in "side_map" of "${stream}" in hybrid.config.json: {"${got}": 1} or -1 or 0.`,
  });
}

export function databaseError(message: string, cause: unknown, { hint }: { hint: string }): HybridError {
  return new HybridError('E_DATABASE', message, { hint, cause });
}

/** The connection or the server went away: another attempt may find it back. */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof HybridError) || error.code !== 'E_DATABASE') return false;
  const { code = '', message = '' } = (error.cause ?? {}) as ServerError;
  if (/^(?=.*\d)[0-9A-Z]{5}$/.test(code)) return /^(57P0[123]|08...|40001)$/.test(code);
  return (
    code in unreachable ||
    /terminated|timeout expired|socket|closed|ECONNRESET|EPIPE/i.test(`${code} ${message}`)
  );
}
