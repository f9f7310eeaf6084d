/** The server: version, encryption, what it may do to a long export. */
import { HybridError } from '../../error.js';
import type { Session } from '../../io/postgres/session.js';
import { type Check, failure, ok, warning } from './check.js';

/** The oldest server that hybrid is made for. */
const oldest = 14;

export async function checkDatabase(session: Session): Promise<Check[]> {
  const [row] = await session.query<Server>(
    'server',
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int / 10000 AS major,
            pg_is_in_recovery() AS standby, s.ssl AS tls, s.version AS tls_version
     FROM (SELECT 1) AS one LEFT JOIN pg_stat_ssl AS s ON s.pid = pg_backend_pid()`,
  );
  return [version(row!), encryption(session, row!), ...standby(row!), ...(await timeouts(session))];
}

interface Server {
  version: string;
  major: number;
  standby: boolean;
  tls: boolean | null;
  tls_version: string | null;
}

function version({ version: text, major }: Server): Check {
  if (major >= oldest) return ok('server', `PostgreSQL ${text}`);
  const message = `expected PostgreSQL ${oldest} or later, got ${text}`;
  return failure('server', new HybridError('E_DATABASE', message, { hint: 'Upgrade the server.' }));
}

function encryption({ address }: Session, { tls, tls_version }: Server): Check {
  if (tls) return ok('tls', `${tls_version}, ${address.sslMode}`);
  const local = address.host.startsWith('/') || /^(localhost|127\.|::1$)/.test(address.host);
  if (local) return ok('tls', 'none, on this machine');
  return warning(
    'tls',
    `none: the data cross the network to ${address.host} in the clear`,
    'Set PGSSLMODE=verify-full and PGSSLROOTCERT, once the server has TLS.',
  );
}

function standby({ standby: is }: Server): Check[] {
  if (!is) return [];
  const hint =
    'Raise max_standby_streaming_delay there, set hot_standby_feedback = on, or export from the primary.';
  return [warning('standby', 'the server is a standby, which may cancel long queries', hint)];
}

/** Settings that end a query, a wait or a transaction; 0 is without end. */
const limits: readonly [name: string, does: string][] = [
  ['statement_timeout', 'a query that takes longer is cancelled'],
  ['transaction_timeout', 'an export that takes longer is ended'],
  ['idle_in_transaction_session_timeout', 'a pause that is longer, as on a full disk, ends the export'],
];

async function timeouts(session: Session): Promise<Check[]> {
  const checks: Check[] = [];
  for (const [name, does] of limits) {
    const rows = await session.query<{ value: string | null }>(
      name,
      `SELECT current_setting('${name}', true) AS value`,
    );
    const value = rows[0]!.value;
    if (value === null) continue;
    const flag = name === 'statement_timeout' ? ', or export with --statement-timeout 0' : '';
    const hint = `Run \`ALTER ROLE … SET ${name} = 0\` for the role of the export${flag}.`;
    checks.push(value === '0' ? ok(name, 'none') : warning(name, `${value}: ${does}`, hint));
  }
  return checks;
}
