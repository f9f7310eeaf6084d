import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { start } from '../support/cli.js';
import { freshFolder } from '../support/folder.js';
import { fill, usePostgres } from '../support/postgres.js';

const postgres = usePostgres();
/** With letters that must be written otherwise in a URL, in a shell and in SQL. */
const password = 's3cr3t %\'"\\@:/pä';

beforeAll(async () => {
  const session = await postgres.open();
  await fill(session, 'A', { trades: ['1704067200000000,7,100,2,1'] });
  const literal = password.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  await session.query('role', `CREATE ROLE ann LOGIN SUPERUSER PASSWORD E'${literal}'`);
});

/** All that a person, a log or another user of the machine can see of a run. */
async function seen(args: string[], env: Record<string, string>): Promise<string> {
  const folder = freshFolder();
  const run = start(args, folder, env);
  const titles: string[] = [];
  const look = setInterval(() => {
    try {
      titles.push(readFileSync(`/proc/${run.process.pid}/cmdline`, 'utf8'));
      titles.push(readFileSync(`/proc/${run.process.pid}/comm`, 'utf8'));
    } catch {
      // Not Linux, or already ended.
    }
  }, 20);
  const { stdout, stderr } = await run.finished;
  clearInterval(look);
  if (process.platform === 'linux') expect(titles.length).toBeGreaterThan(0);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  return [stdout, stderr, ...titles, ...files].join('\n');
}

function logins(): Record<string, string>[] {
  const { host, port } = postgres.server();
  const parts = { PGHOST: host, PGPORT: String(port), PGUSER: 'ann', PGDATABASE: 'postgres' };
  const authority = (secret: string) => `ann:${encodeURIComponent(secret)}@${host}:${port}`;
  return [
    { ...parts, PGPASSWORD: password },
    { DATABASE_URL: `postgres://${authority(password)}/postgres` },
    { DATABASE_URL: `postgres://${authority(`${password} wrong`)}/postgres` },
    { DATABASE_URL: `postgres://${authority(password)}/no_such` },
    { DATABASE_URL: `postgres://ann:${password}@${host}:${port}/postgres` },
  ];
}

it.each([['export'], ['init'], ['doctor']])(
  'hybrid %s shows the password nowhere, however it ends',
  async (command) => {
    const forms = [password, encodeURIComponent(password), 's3cr3t', JSON.stringify(password).slice(1, -1)];
    for (const env of logins()) {
      const text = await seen([command], env);
      expect(text).not.toBe('');
      for (const form of forms)
        expect(text.includes(form), `${Object.keys(env)}: ${form} in ${text}`).toBe(false);
    }
  },
);

it('a password file that does not fit does not show its lines', async () => {
  const file = join(freshFolder(), 'pass');
  writeFileSync(file, `other:*:*:*:${password}\n`, { mode: 0o600 });
  const { PGPASSWORD: _, ...env } = logins()[0]!;
  const text = await seen(['export'], { ...env, PGPASSFILE: file });
  expect(text).toContain('expected a password, got none');
  expect(text).not.toContain('s3cr3t');
});
