/** Where the database is: DATABASE_URL or the libpq names, as one set of values for the driver. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { ClientConfig } from 'pg';
import type { Settings } from '../../config/fields.js';
import { HybridError } from '../../error.js';

export type ConnectionSettings = Pick<
  Settings,
  'databaseUrl' | 'pgHost' | 'pgPort' | 'pgUser' | 'pgPassword' | 'pgDatabase' | 'pgSslMode' | 'pgSslRootCert'
>;

const sslModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof sslModes)[number];

export interface Address {
  host: string;
  port: number;
  user: string;
  database: string;
  /** Absent: the driver looks into PGPASSFILE or ~/.pgpass. */
  password: string | undefined;
  sslMode: SslMode;
  sslRootCert: string | undefined;
  /** libpq's `options`, such as `-c statement_timeout=0`. */
  options: string | undefined;
}

/**
 * The address of the settings; what DATABASE_URL says goes before the libpq names, as in libpq, whose defaults
 * fill the rest. Errors: E_CONFIG, which never repeats the URL, since it holds the password.
 */
export function addressOf(settings: ConnectionSettings): Address {
  const url = settings.databaseUrl === undefined ? {} : partsOfUrl(settings.databaseUrl);
  const user = url.user ?? settings.pgUser ?? userInfo().username;
  return {
    host: url.host ?? settings.pgHost ?? 'localhost',
    port: portOf(url.port ?? settings.pgPort ?? '5432'),
    user,
    database: url.dbname ?? settings.pgDatabase ?? user,
    password: url.password ?? settings.pgPassword,
    sslMode: sslModeOf(url.sslmode ?? settings.pgSslMode ?? 'prefer'),
    sslRootCert: url.sslrootcert ?? settings.pgSslRootCert,
    options: url.options,
  };
}

/** `user@host:port/database`, for messages and manifests: no password. */
export function describe(address: Address): string {
  return `${address.user}@${address.host}:${address.port}/${address.database}`;
}

/** The driver's configuration; with or without TLS. */
export function clientConfig(address: Address, tls: boolean): ClientConfig {
  const { host, port, user, database, password, options } = address;
  return {
    ...{ host, port, user, database, keepAlive: true },
    ...(password === undefined ? {} : { password }),
    ...(options === undefined ? {} : { options }),
    application_name: 'hybrid',
    connectionTimeoutMillis: 10_000,
    ssl: tls ? tlsOptions(address) : false,
  };
}

/** As libpq: `require` encrypts without looking at the certificate, unless a root certificate is given. */
function tlsOptions({ sslMode, sslRootCert }: Address): Exclude<ClientConfig['ssl'], undefined> {
  const ca = sslRootCert === undefined ? {} : { ca: readCertificate(sslRootCert) };
  if (sslMode === 'verify-full') return { ...ca, rejectUnauthorized: true };
  if (sslMode === 'verify-ca' || (sslMode === 'require' && sslRootCert !== undefined))
    return { ...ca, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  return { ...ca, rejectUnauthorized: false };
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new HybridError('E_CONFIG', `PGSSLROOTCERT: expected a readable file, got "${path}"`, {
      hint: 'Correct PGSSLROOTCERT or the sslrootcert of DATABASE_URL.',
      cause,
    });
  }
}

const urlExample = 'postgres://user:password@host:5432/database';

type UrlParts = Partial<
  Record<'host' | 'port' | 'user' | 'password' | 'dbname' | 'sslmode' | 'sslrootcert' | 'options', string>
>;

function partsOfUrl(text: string): UrlParts {
  try {
    const url = new URL(text);
    if (!/^postgres(ql)?:$/.test(url.protocol)) throw new Error('another protocol');
    const authority = {
      host: decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1'),
      port: url.port,
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      dbname: decodeURIComponent(url.pathname.slice(1)),
    };
    const given = Object.entries(authority).filter(([, value]) => value !== '');
    return { ...Object.fromEntries(given), ...Object.fromEntries(url.searchParams) };
  } catch {
    throw new HybridError('E_CONFIG', `DATABASE_URL: expected ${urlExample}, got something else`, {
      hint: 'Correct DATABASE_URL (write special characters of the password as %40 and so on), or set PGHOST, PGUSER, PGPASSWORD and PGDATABASE.',
    });
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new HybridError('E_CONFIG', `PGPORT: expected a port from 1 to 65535, got "${text}"`, {
    hint: 'Correct PGPORT or DATABASE_URL.',
  });
}

function sslModeOf(text: string): SslMode {
  const mode = sslModes.find((name) => name === text);
  if (mode !== undefined) return mode;
  throw new HybridError('E_CONFIG', `PGSSLMODE: expected one of ${sslModes.join(', ')}, got "${text}"`, {
    hint: 'Correct PGSSLMODE or the sslmode of DATABASE_URL.',
  });
}
