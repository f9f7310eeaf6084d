import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { resolve } from '../../ts/config/resolve.js';
import { HybridError } from '../../ts/error.js';
import { addressOf } from '../../ts/io/postgres/address.js';
import { Session } from '../../ts/io/postgres/session.js';
import { silentProgress } from '../../ts/report/progress.js';
import { defaultTuning } from '../../ts/stages/export/run.js';
import { exportRaw } from '../../ts/stages/export.js';
import { freshFolder } from '../support/folder.js';
import { exportSettings, fillTrades, usePostgres } from '../support/postgres.js';

const missing = spawnSync('openssl', ['version']).status === 0 ? '' : ' (skipped: openssl is not there)';
const postgres = usePostgres({ own: true });
let folder = '';
let home = '';

const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });

function authority(name: string): void {
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.crt`,
    '-days',
    '30',
    '-subj',
    `/CN=${name}`,
  );
}

function certificate(name: string, by: string, alt: string, days = '30', subject = '/CN=server'): void {
  openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject);
  writeFileSync(join(folder, `${name}.ext`), alt === '' ? '' : `subjectAltName=${alt}\n`);
  const issuer = ['-CA', `${by}.crt`, '-CAkey', `${by}.key`, '-CAcreateserial', '-days', days];
  openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, ...issuer, '-extfile', `${name}.ext`);
}

/** Copies a file to where the server, which may run as another user, can read it and nobody else. */
async function onServer(session: Session, name: string): Promise<string> {
  const [row] = await session.query<{ data_directory: string }>('folder', 'SHOW data_directory');
  const data = row!.data_directory;
  const path = join(data, name);
  rmSync(path, { force: true });
  writeFileSync(path, readFileSync(join(folder, name)), { mode: 0o600 });
  if (process.getuid?.() === 0) chownSync(path, statSync(data).uid, statSync(data).gid);
  return path;
}

async function serveWith(name: string): Promise<void> {
  const session = await postgres.connect();
  const [crt, pem] = [await onServer(session, `${name}.crt`), await onServer(session, `${name}.key`)];
  const ca = await onServer(session, 'ca.crt');
  for (const [setting, value] of [
    ['ssl', 'on'],
    ['ssl_cert_file', crt],
    ['ssl_key_file', pem],
    ['ssl_ca_file', ca],
  ])
    await session.query('setting', `ALTER SYSTEM SET ${setting} = '${value}'`);
  await session.query('reload', 'SELECT pg_reload_conf()');
  await session.close();
  // The postmaster takes a moment: a new connection shows what the next ones get.
  for (let tries = 0; tries < 100; tries++) {
    const probe = await postgres.connect();
    const [row] = await probe.query<{ file: string }>(
      'probe',
      "SELECT current_setting('ssl_cert_file') AS file",
    );
    await probe.close();
    if (row!.file === crt) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error('the server did not reload');
}

/** Whether the connection is encrypted; `env` beside host, port and login. */
async function encrypted(env: Record<string, string>): Promise<boolean> {
  const { host, port, user, password } = postgres.server();
  const login = {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: 'postgres',
  };
  const settings = resolve('export', { flags: {}, env: { ...login, ...env }, dotenv: {}, file: {} });
  const session = await Session.open(addressOf(settings));
  const rows = await session.query<{ ssl: boolean }>(
    'ssl',
    'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
  );
  await session.close();
  return rows[0]!.ssl;
}

async function refusal(env: Record<string, string>): Promise<HybridError> {
  const error = await encrypted(env).catch((thrown: unknown) => thrown);
  if (error instanceof HybridError) return error;
  throw new Error(`expected a refusal, got ${error}`);
}

/** Several parts on several connections, of few rows. */
const small = { ...defaultTuning, partBytes: defaultTuning.partBytes / 20, rowsForFollowers: 10_000 };
const root = () => ({ PGSSLROOTCERT: join(folder, 'ca.crt') });
const modes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

beforeEach(() => {
  home = freshFolder();
  vi.stubEnv('HOME', home);
});
afterEach(() => vi.unstubAllEnvs());

describe.skipIf(missing !== '')(`a server with TLS${missing}`, () => {
  beforeAll(async () => {
    folder = freshFolder();
    authority('ca');
    authority('other');
    certificate('good', 'ca', 'DNS:localhost,IP:127.0.0.1');
    certificate('name', 'ca', 'DNS:db.example.com');
    certificate('bare', 'ca', '', '30', '/CN=localhost');
    certificate('stranger', 'other', 'DNS:localhost,IP:127.0.0.1');
    certificate('expired', 'ca', 'DNS:localhost,IP:127.0.0.1', '-1');
    certificate('client', 'ca', '', '30', '/CN=postgres');
    await serveWith('good');
  });

  it.each([
    ['disable', false],
    ['allow', false],
    ['prefer', true],
    ['require', true],
    ['verify-ca', true],
    ['verify-full', true],
  ])('under %s is encrypted: %s', async (mode, expected) => {
    expect(await encrypted({ PGSSLMODE: mode, ...root() })).toBe(expected);
  });

  it('gives the bytes that come without TLS, over several connections', async () => {
    const url = await postgres.database('market');
    await fillTrades(await postgres.open('market'), 'BTC', 30_000);
    const digestOver = async (sslmode: string) => {
      const settings = exportSettings(`${url}?sslmode=${sslmode}`, {
        raw: freshFolder(),
        streams: 'trades',
        jobs: '2',
      });
      const [file] = (await exportRaw(settings, { progress: silentProgress }, small)).files;
      expect(file!.rows).toBe(30_000);
      return file!.sha256;
    };
    expect(await digestOver('require')).toBe(await digestOver('disable'));
  });

  it('is verified with ~/.postgresql/root.crt, without which the verifying modes refuse', async () => {
    expect((await refusal({ PGSSLMODE: 'verify-full' })).message).toBe(
      'PGSSLROOTCERT: expected root certificates for verify-full, got none',
    );
    mkdirSync(join(home, '.postgresql'));
    copyFileSync(join(folder, 'ca.crt'), join(home, '.postgresql', 'root.crt'));
    expect(await encrypted({ PGSSLMODE: 'verify-full' })).toBe(true);
    copyFileSync(join(folder, 'other.crt'), join(home, '.postgresql', 'root.crt'));
    expect((await refusal({ PGSSLMODE: 'require' })).message).toContain('expected a certificate that can be');
  });

  it('is not trusted by the roots of the system', async () => {
    const error = await refusal({ PGSSLROOTCERT: 'system' });
    expect(error.message).toContain('expected a certificate that can be verified');
    vi.stubEnv('SSL_CERT_FILE', join(folder, 'ca.crt'));
    expect(await encrypted({ PGSSLROOTCERT: 'system' })).toBe(true);
  });

  it('is shown the certificate of the client', async () => {
    const own = { PGSSLCERT: join(folder, 'client.crt'), PGSSLKEY: join(folder, 'client.key') };
    expect(await encrypted({ PGSSLMODE: 'verify-full', ...root(), ...own })).toBe(true);
    expect((await refusal({ PGSSLMODE: 'require', PGSSLCERT: 'no-such' })).message).toContain('PGSSLCERT');
  });

  it.each<[string, string, Record<string, string>, boolean, RegExp]>([
    ['another name', 'name', {}, true, /^Set PGHOST to a name/],
    ['another name, by name', 'name', { PGHOST: 'localhost' }, true, /^Set PGHOST to a name/],
    ['localhost, reached by its address', 'bare', {}, true, /^Set PGHOST to a name/],
    ['an unknown authority', 'stranger', {}, false, /^Set PGSSLROOTCERT/],
    ['a time that is over', 'expired', {}, false, /^Have the certificate of the server renewed/],
  ])('whose certificate is for %s is refused under verify-full', async (_, name, env, trusted, hint) => {
    await serveWith(name);
    const error = await refusal({ PGSSLMODE: 'verify-full', ...root(), ...env });
    expect(error.code).toBe('E_DATABASE');
    expect(error.message).toContain('expected a certificate that can be verified, got: ');
    expect(error.hint).toMatch(hint);
    for (const mode of ['require', 'verify-ca']) {
      const outcome = await encrypted({ PGSSLMODE: mode, ...root(), ...env }).catch(() => 'refused');
      expect([mode, outcome]).toEqual([mode, trusted ? true : 'refused']);
    }
    expect(await encrypted({ PGSSLMODE: 'require' })).toBe(true);
    // As libpq: what prefer cannot verify it does without.
    if (!trusted) expect(await encrypted({ PGSSLMODE: 'prefer', ...root() })).toBe(false);
  });
});

describe('a server without TLS', () => {
  beforeAll(async () => {
    const session = await postgres.connect();
    await session.query('setting', 'ALTER SYSTEM SET ssl = off');
    await session.query('reload', 'SELECT pg_reload_conf()');
    await session.close();
    for (let on = true; on; ) on = await encrypted({ PGSSLMODE: 'prefer' });
  });

  it('is enough for disable, allow and prefer, and refused by the others', async () => {
    for (const mode of modes) {
      const given = { PGSSLMODE: mode, ...(missing === '' && mode.startsWith('v') ? root() : {}) };
      if (['disable', 'allow', 'prefer'].includes(mode)) expect(await encrypted(given)).toBe(false);
      else if (missing === '' || mode === 'require')
        expect((await refusal(given)).message).toContain('expected a server with TLS, got one without');
    }
  });
});
