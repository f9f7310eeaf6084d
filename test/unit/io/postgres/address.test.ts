import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { resolve } from '../../../../ts/config/resolve.js';
import { HybridError } from '../../../../ts/error.js';
import { addressOf, clientConfig } from '../../../../ts/io/postgres/address.js';
import { tlsAttempts } from '../../../../ts/io/postgres/tls.js';
import { freshFolder } from '../../../support/folder.js';

let home = '';
beforeEach(() => {
  home = freshFolder();
  vi.stubEnv('HOME', home);
});
afterEach(() => vi.unstubAllEnvs());

const address = (env: Record<string, string>) =>
  addressOf(resolve('export', { flags: {}, env, dotenv: {}, file: {} }));

function refusal(env: Record<string, string>): HybridError {
  try {
    address(env);
  } catch (error) {
    if (error instanceof HybridError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

function write(name: string, text: string, mode = 0o600): string {
  const path = join(home, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe('the address', () => {
  it('is that of the URL, then of the service, then of the names, then the default', () => {
    write(
      '.pg_service.conf',
      '# ours\n[prod]\nhost = db.prod\nport=6000\nuser=ann\nconnect_timeout=5\n\n[test]\nhost=x\n',
    );
    const env = { PGHOST: 'names', PGPORT: '7000', PGDATABASE: 'market', PGSERVICE: 'prod' };
    expect(address(env)).toMatchObject({ host: 'db.prod', port: 6000, user: 'ann', database: 'market' });
    const url = { ...env, DATABASE_URL: 'postgres://bob@url/other' };
    expect(address(url)).toMatchObject({ host: 'url', port: 6000, user: 'bob', database: 'other' });
    const inUrl = { DATABASE_URL: 'postgres:///db?service=test' };
    expect(address(inUrl)).toMatchObject({ host: 'x', port: 5432, database: 'db' });
  });

  it('of a service that is not there, or says what hybrid does not know, is refused', () => {
    const file = write('services', '[prod]\nhots=db\n');
    expect(refusal({ PGSERVICE: 'prdo', PGSERVICEFILE: file })).toMatchObject({
      code: 'E_CONFIG',
      message: `PGSERVICE: expected a service of ${file}, got "prdo"`,
      hint: 'Did you mean "prod"?',
    });
    expect(refusal({ PGSERVICE: 'prod', PGSERVICEFILE: file })).toMatchObject({
      message: `service prod in ${file}: expected a parameter that hybrid knows, got "hots"`,
      hint: 'Did you mean "host"?',
    });
    expect(refusal({ PGSERVICE: 'prod' }).message).toContain('PGSERVICEFILE: expected a readable file');
  });

  it('of a URL passes over words of other programs, but none about safety', () => {
    expect(address({ DATABASE_URL: 'postgres://h/d?schema=public&channel_binding=require' }).host).toBe('h');
    expect(refusal({ DATABASE_URL: 'postgres://h/d?sslcrl=x' }).message).toContain('got "sslcrl"');
    expect(refusal({ DATABASE_URL: 'postgres://h/d?sslmode=verify' }).message).toContain('PGSSLMODE');
  });
});

describe('a silent connection', () => {
  const idle = (query: string) => {
    const { keepAlive, keepAliveInitialDelayMillis } = clientConfig(
      address({ DATABASE_URL: `postgres://h/d${query}` }),
      false,
    );
    return keepAlive ? keepAliveInitialDelayMillis : 'never';
  };

  it('is asked after half a minute whether the other end is there, or as libpq’s parameters say', () => {
    expect(idle('')).toBe(30_000);
    expect(idle('?keepalives_idle=120')).toBe(120_000);
    expect(idle('?keepalives=1&keepalives_idle=0')).toBe(30_000);
    expect(idle('?keepalives=0&keepalives_idle=7')).toBe('never');
    const file = write('services', '[prod]\nhost=db\nkeepalives_idle=45\n');
    expect(address({ PGSERVICE: 'prod', PGSERVICEFILE: file }).keepAliveIdle).toBe(45);
  });

  it.each(['-1', '1s', '', '99999'])('with keepalives_idle=%j is refused', (text) => {
    expect(refusal({ DATABASE_URL: `postgres://h/d?keepalives_idle=${text}` })).toMatchObject({
      code: 'E_CONFIG',
      message: `keepalives_idle: expected a number from 0 to 32767, got "${text}"`,
    });
  });
});

describe('the password', () => {
  const login = { PGHOST: 'db', PGUSER: 'ann', PGDATABASE: 'market' };
  const lines = '#db:5432:market:ann:comment\n\ndb:5433:*:*:port\ndb:*:market:ann:a\\:b\\\\c\n*:*:*:*:any\n';

  it('is that of the first line of the password file that fits', () => {
    const file = write('pass', lines);
    expect(address({ ...login, PGPASSFILE: file }).password).toBe('a:b\\c');
    expect(address({ ...login, PGPASSFILE: file, PGPORT: '5433' }).password).toBe('port');
    expect(address({ ...login, PGPASSFILE: file, PGUSER: 'bob' }).password).toBe('any');
    expect(address({ ...login, PGPASSFILE: file, PGPASSWORD: 'given' }).password).toBe('given');
  });

  it('is looked for in ~/.pgpass, where a socket is localhost; none is none', () => {
    expect(address(login).password).toBeUndefined();
    write('.pgpass', 'localhost:*:market:ann:secret\n');
    expect(address(login).password).toBeUndefined();
    expect(address({ ...login, PGHOST: '/var/run/postgresql' }).password).toBe('secret');
  });

  it.skipIf(process.platform === 'win32')('is not taken out of a file that others can read', () => {
    const file = write('pass', lines, 0o644);
    const error = refusal({ ...login, PGPASSFILE: file });
    expect(error.message).toBe(
      `${file}: expected a password file that only you can read, got one for others`,
    );
    expect(error.hint).toBe(`Run \`chmod 600 ${file}\`.`);
  });
});

describe('TLS', () => {
  const attempts = (env: Record<string, string>) => tlsAttempts(address({ PGHOST: 'db', ...env }));
  it.each([
    ['disable', [false]],
    ['allow', [false, true]],
    ['prefer', [true, false]],
    ['require', [true]],
    ['verify-ca', [true]],
    ['verify-full', [true]],
  ])('%s', (mode, expected) => {
    expect(attempts({ PGSSLMODE: mode })).toEqual(expected);
    expect(attempts({ PGSSLMODE: mode, PGHOST: '/tmp' })).toEqual([false]);
  });

  it('is preferred, and verified in full with the roots of the system, which suffers nothing less', () => {
    expect(address({}).sslMode).toBe('prefer');
    expect(address({ PGSSLROOTCERT: 'system' }).sslMode).toBe('verify-full');
    expect(refusal({ PGSSLROOTCERT: 'system', PGSSLMODE: 'require' }).message).toBe(
      'PGSSLMODE: expected verify-full with PGSSLROOTCERT=system, got "require"',
    );
    mkdirSync(join(home, '.postgresql'));
  });
});
