/** Where the database is: DATABASE_URL or the libpq names, as one set of values for the driver. */
import { userInfo } from 'node:os';
import type { ClientConfig } from 'pg';
import type { Settings } from '../../config/fields.js';
import { HybridError } from '../../error.js';
import { isParameter, knownParameters, type Parameters, passwordFor, readService } from './service.js';
import { sslModeOf, type TlsSettings, tlsOptions } from './tls.js';

export type ConnectionSettings = Pick<
  Settings,
  | ('databaseUrl' | 'pgHost' | 'pgPort' | 'pgUser' | 'pgPassword' | 'pgDatabase' | 'pgPassFile')
  | ('pgService' | 'pgServiceFile' | 'pgSslMode' | 'pgSslRootCert' | 'pgSslCert' | 'pgSslKey')
>;

export interface Address extends TlsSettings {
  port: number;
  user: string;
  database: string;
  /** Absent where neither the settings nor the password file have one. */
  password: string | undefined;
  /** libpq's `options`, such as `-c statement_timeout=0`. */
  options: string | undefined;
  /** Seconds of silence before the system asks whether the other end is still there; 0: never. */
  keepAliveIdle: number;
}

/** A server that sorts is silent for long, and networks forget silent connections after some minutes. */
const defaultKeepAliveIdle = 30;

/**
 * The address of the settings. As in libpq, what DATABASE_URL says goes before the service, that before the other
 * names, and its defaults fill the rest. Errors: E_CONFIG, which never repeats the URL, since it holds the password.
 */
export function addressOf(settings: ConnectionSettings): Address {
  const given = parametersOf(settings);
  const user = given.user ?? userInfo().username;
  const login = { host: given.host ?? 'localhost', port: portOf(given.port ?? '5432'), user };
  const database = given.dbname ?? user;
  const { sslrootcert: sslRootCert, sslcert: sslCert, sslkey: sslKey, options } = given;
  return {
    ...login,
    database,
    keepAliveIdle: keepAliveOf(given),
    password: given.password ?? passwordFor({ ...login, database }, given.passfile),
    sslMode: sslModeOf(given.sslmode, sslRootCert),
    ...{ sslRootCert, sslCert, sslKey, options },
  };
}

function parametersOf(settings: ConnectionSettings): Parameters {
  const url = settings.databaseUrl === undefined ? {} : partsOfUrl(settings.databaseUrl);
  const service = url.service ?? settings.pgService;
  const ofService = service === undefined ? {} : readService(service, settings.pgServiceFile);
  const named: Record<string, string | undefined> = {
    ...{ host: settings.pgHost, port: settings.pgPort, user: settings.pgUser, password: settings.pgPassword },
    ...{ dbname: settings.pgDatabase, passfile: settings.pgPassFile, sslmode: settings.pgSslMode },
    ...{ sslrootcert: settings.pgSslRootCert, sslcert: settings.pgSslCert, sslkey: settings.pgSslKey },
  };
  const set = Object.entries(named).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(set), ...ofService, ...url };
}

/** `user@host:port/database`, for messages and manifests: no password. */
export function describe(address: Address): string {
  return `${address.user}@${address.host}:${address.port}/${address.database}`;
}

/** The driver's configuration; with or without TLS. */
export function clientConfig(address: Address, tls: boolean): ClientConfig {
  const { host, port, user, database, password, options, keepAliveIdle } = address;
  return {
    ...{ host, port, user, database },
    ...{ keepAlive: keepAliveIdle > 0, keepAliveInitialDelayMillis: keepAliveIdle * 1000 },
    // A function, so that the driver looks into no password file of its own choice.
    password: password ?? (() => undefined as unknown as string),
    ...(options === undefined ? {} : { options }),
    application_name: 'hybrid',
    connectionTimeoutMillis: 10_000,
    ssl: tls ? tlsOptions(address) : false,
  };
}

const urlExample = 'postgres://user:password@host:5432/database';

/** Other programs put words of their own behind the `?` (schema, pgbouncer): those about safety may not be passed over. */
const aboutSafety = /^(ssl|gss|krb|require|hostaddr)/;

function partsOfUrl(text: string): Parameters {
  const given = Object.entries(parseUrl(text));
  const ours = given.filter(([name]) => isParameter(name) || aboutSafety.test(name));
  return knownParameters(Object.fromEntries(ours), 'DATABASE_URL');
}

function parseUrl(text: string): Record<string, string> {
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

/** As in libpq `keepalives=0` is never, and no `keepalives_idle`, or 0, the usual one. */
function keepAliveOf({ keepalives = '1', keepalives_idle: idle = '0' }: Parameters): number {
  if (wholeOf('keepalives', keepalives) === 0) return 0;
  return wholeOf('keepalives_idle', idle) || defaultKeepAliveIdle;
}

/** The most that systems take for a number of seconds. */
const mostSeconds = 32_767;

function wholeOf(name: string, text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= mostSeconds) return Number(text);
  throw new HybridError('E_CONFIG', `${name}: expected a number from 0 to ${mostSeconds}, got "${text}"`, {
    hint: `Correct ${name} in DATABASE_URL or in the service.`,
  });
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new HybridError('E_CONFIG', `PGPORT: expected a port from 1 to 65535, got "${text}"`, {
    hint: 'Correct PGPORT or DATABASE_URL.',
  });
}
