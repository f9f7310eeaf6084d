/** The files that `hybrid init` writes; passwords are in neither. */
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { envExample } from '../../config/docs.js';
import { readConfigFile } from '../../config/resolve.js';
import { writeArtifact, writeJson } from '../../io/artifact.js';
import type { Address, ConnectionSettings } from '../../io/postgres/address.js';
import type { MappingJson } from '../../io/postgres/propose.js';

export interface FileOutcome {
  path: string;
  /** `kept`: it is there and would change; `same`: nothing to change. */
  outcome: 'written' | 'kept' | 'same';
  /** Lines or keys that were, or would be, changed. */
  changes: string[];
}

const environment = '.env';
const configuration = 'hybrid.config.json';

/** `.env.example` with the connection filled in, or the connection's lines of the `.env` that is there. */
export async function writeEnvironment(
  address: Address,
  { databaseUrl, force }: ConnectionSettings & { force: boolean },
): Promise<FileOutcome> {
  const before = existsSync(environment) ? readFileSync(environment, 'utf8') : undefined;
  // A URL that is already written there says it all.
  if (before !== undefined && databaseUrl !== undefined && before.includes(databaseUrl))
    return { path: environment, outcome: 'same', changes: [] };
  const values = connectionOf(address);
  const text = Object.entries(values).reduce(setLine, before ?? envExample());
  const changes = Object.entries(values)
    .filter(([name, value]) => !(before ?? '').split(/\r?\n/).includes(`${name}=${value}`))
    .map(([name, value]) => `${name}=${value}`);
  if (before === text) return { path: environment, outcome: 'same', changes: [] };
  if (before !== undefined && !force) return { path: environment, outcome: 'kept', changes };
  await writeArtifact(environment, (write) => write(text));
  // A password will come to stand in it.
  if (before === undefined) chmodSync(environment, 0o600);
  return { path: environment, outcome: 'written', changes };
}

function connectionOf(address: Address): Record<string, string> {
  const { host, port, user, database, sslMode, sslRootCert } = address;
  return {
    ...{ PGHOST: quoted(host), PGPORT: String(port), PGUSER: quoted(user), PGDATABASE: quoted(database) },
    PGSSLMODE: sslMode,
    ...(sslRootCert === undefined ? {} : { PGSSLROOTCERT: quoted(sslRootCert) }),
  };
}

/** As dotenv reads it back: what has blanks, `#` or quotes stands in quotes that it does not contain. */
function quoted(value: string): string {
  if (/^[\w./:@%+-]*$/.test(value)) return value;
  const quote = ["'", '`', '"'].find((one) => !value.includes(one)) ?? "'";
  return `${quote}${value}${quote}`;
}

function setLine(text: string, [name, value]: [string, string]): string {
  const line = new RegExp(`^${name}=.*$`, 'm');
  if (line.test(text)) return text.replace(line, () => `${name}=${value}`);
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${name}=${value}\n`;
}

/** The mappings into hybrid.config.json; its other keys stay. */
export async function writeConfig(
  mappings: Readonly<Record<string, MappingJson>>,
  force: boolean,
): Promise<FileOutcome> {
  const before = readConfigFile(configuration);
  const changes = Object.keys(mappings).filter(
    (stream) => JSON.stringify(before[stream]) !== JSON.stringify(mappings[stream]),
  );
  if (changes.length === 0) return { path: configuration, outcome: 'same', changes };
  if (existsSync(configuration) && !force) return { path: configuration, outcome: 'kept', changes };
  await writeJson(configuration, { ...before, ...mappings });
  return { path: configuration, outcome: 'written', changes };
}
