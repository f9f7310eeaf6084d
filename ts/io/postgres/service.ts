/** Connection services and password files as libpq has them (PostgreSQL documentation, 34.16 and 34.17). */
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { suggest } from '../../config/nearest.js';
import { HybridError } from '../../error.js';

/** The parameters of a connection string or service that hybrid heeds. */
export const parameters = [
  ...(['host', 'port', 'user', 'password', 'dbname', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey'] as const),
  ...(['passfile', 'service', 'options', 'keepalives', 'keepalives_idle'] as const),
] as const;
export type Parameters = Partial<Record<(typeof parameters)[number], string>>;

export function isParameter(name: string): name is (typeof parameters)[number] {
  return (parameters as readonly string[]).includes(name);
}

/** They change neither which data are read nor how safely: hybrid has its own. */
const harmless: readonly string[] = [
  ...['application_name', 'fallback_application_name', 'client_encoding', 'connect_timeout'],
  ...['tcp_user_timeout', 'keepalives_interval', 'keepalives_count'],
  'channel_binding',
];

/** Those that hybrid heeds. Errors: E_CONFIG for any other that is not harmless. */
export function knownParameters(given: Readonly<Record<string, string>>, where: string): Parameters {
  const names = Object.keys(given).filter((name) => !harmless.includes(name));
  const unknown = names.find((name) => !isParameter(name));
  if (unknown === undefined) return Object.fromEntries(names.map((name) => [name, given[name]!]));
  throw new HybridError('E_CONFIG', `${where}: expected a parameter that hybrid knows, got "${unknown}"`, {
    hint: suggest(unknown, parameters),
  });
}

/** Its own folder of settings, as libpq looks for it. */
export function postgresFolder(): string {
  const windows = process.platform === 'win32' && process.env.APPDATA !== undefined;
  return windows ? join(process.env.APPDATA!, 'postgresql') : join(homedir(), '.postgresql');
}

/** The parameters of a service out of PGSERVICEFILE or ~/.pg_service.conf. Errors: E_CONFIG. */
export function readService(name: string, file: string | undefined): Parameters {
  const windows = process.platform === 'win32';
  const usual = windows ? join(postgresFolder(), '.pg_service.conf') : join(homedir(), '.pg_service.conf');
  const path = file ?? usual;
  const services = parseServices(readText(path, 'PGSERVICEFILE'));
  const found = services.get(name);
  if (found !== undefined) return knownParameters(found, `service ${name} in ${path}`);
  const names = [...services.keys()];
  throw new HybridError('E_CONFIG', `PGSERVICE: expected a service of ${path}, got "${name}"`, {
    hint: names.length === 0 ? `Add a section [${name}] to ${path}.` : suggest(name, names),
  });
}

function parseServices(text: string): Map<string, Record<string, string>> {
  const services = new Map<string, Record<string, string>>();
  let current: Record<string, string> = {};
  for (const line of text.split(/\r?\n/).map((one) => one.trim())) {
    const section = /^\[(.*)\]$/.exec(line);
    const entry = /^([^#=]+?)\s*=\s*(.*)$/.exec(line);
    if (section !== null) {
      current = {};
      // The first of two services of one name counts.
      if (!services.has(section[1]!)) services.set(section[1]!, current);
    } else if (entry !== null) current[entry[1]!] = entry[2]!;
  }
  return services;
}

/** Whose password is looked for. */
export interface Login {
  host: string;
  port: number;
  database: string;
  user: string;
}

/**
 * The password of the first line that fits, out of PGPASSFILE or ~/.pgpass; undefined when there is none. Errors:
 * E_CONFIG when the file that has it can be read by others, which libpq does not accept either.
 */
export function passwordFor(login: Login, file: string | undefined): string | undefined {
  const windows = process.platform === 'win32';
  const path = file ?? (windows ? join(postgresFolder(), 'pgpass.conf') : join(homedir(), '.pgpass'));
  const text = readIfThere(path);
  const password = text === undefined ? undefined : fittingPassword(text, login);
  if (password === undefined || windows || (statSync(path).mode & 0o077) === 0) return password;
  throw new HybridError(
    'E_CONFIG',
    `${path}: expected a password file that only you can read, got one for others`,
    {
      hint: `Run \`chmod 600 ${path}\`.`,
    },
  );
}

function fittingPassword(text: string, { host, port, database, user }: Login): string | undefined {
  // A socket's folder stands in the file as localhost.
  const wanted = [host.startsWith('/') ? 'localhost' : host, String(port), database, user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const parts = splitLine(line);
    if (parts.length === 5 && wanted.every((value, i) => parts[i] === '*' || unescaped(parts[i]!) === value))
      return unescaped(parts[4]!);
  }
  return undefined;
}

/** At colons that no backslash precedes. */
function splitLine(line: string): string[] {
  const parts = [''];
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '\\' && i + 1 < line.length) parts[parts.length - 1] += line[i]! + line[++i]!;
    else if (line[i] === ':' && parts.length < 5) parts.push('');
    else parts[parts.length - 1] += line[i]!;
  }
  return parts;
}

function unescaped(part: string): string {
  return part.replace(/\\(.)/g, '$1');
}

function readIfThere(path: string): string | undefined {
  try {
    return statSync(path).isFile() ? readFileSync(path, 'utf8') : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw HybridError.from(Object.assign(error as Error, { path }));
  }
}

/** Errors: E_CONFIG with the name of the variable. */
export function readText(path: string, variable: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new HybridError('E_CONFIG', `${variable}: expected a readable file, got "${path}"`, {
      hint: `Correct ${variable}, or the same in DATABASE_URL or in the service.`,
      cause,
    });
  }
}
