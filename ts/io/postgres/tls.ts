/** TLS as libpq does it, mode by mode (PostgreSQL documentation, 34.19). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as tls from 'node:tls';
import type { ClientConfig } from 'pg';
import { HybridError } from '../../error.js';
import { postgresFolder, readText } from './service.js';

export const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof sslModes)[number];

export interface TlsSettings {
  host: string;
  sslMode: SslMode;
  /** A file, or `system`: what the machine trusts. */
  sslRootCert: string | undefined;
  /** Of the client. */
  sslCert: string | undefined;
  sslKey: string | undefined;
}

/** The mode; with the system's roots nothing but verify-full makes sense, and libpq insists on it. */
export function sslModeOf(text: string | undefined, sslRootCert: string | undefined): SslMode {
  const fallback = sslRootCert === 'system' ? 'verify-full' : 'prefer';
  const mode = sslModes.find((name) => name === (text ?? fallback));
  if (mode === undefined)
    throw new HybridError('E_CONFIG', `PGSSLMODE: expected one of ${sslModes.join(', ')}, got "${text}"`, {
      hint: 'Correct PGSSLMODE or the sslmode of DATABASE_URL.',
    });
  if (sslRootCert === 'system' && mode !== 'verify-full')
    throw new HybridError(
      'E_CONFIG',
      `PGSSLMODE: expected verify-full with PGSSLROOTCERT=system, got "${mode}"`,
      {
        hint: 'Set PGSSLMODE=verify-full, or name a file in PGSSLROOTCERT.',
      },
    );
  return mode;
}

/** With TLS or without, in the order in which they are tried; a socket of this machine has none. */
export function tlsAttempts({ host, sslMode }: TlsSettings): boolean[] {
  if (host.startsWith('/') || sslMode === 'disable') return [false];
  if (sslMode === 'allow') return [false, true];
  return sslMode === 'prefer' ? [true, false] : [true];
}

/**
 * Whether the other attempt may succeed where this one failed: the server has no TLS, the handshake failed, or the
 * server takes such logins only with (or only without) TLS. A wrong password stays wrong.
 */
export function otherAttemptMaySucceed(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  const noTls = /does not support SSL/i.test(message) || /^(ERR_TLS|EPROTO)/.test(code);
  return code === '28000' || noTls || isCertificateFault(code, message);
}

export function isCertificateFault(code: string, message: string): boolean {
  return /CERT|SELF_SIGNED|ERR_SSL/.test(code) || /certificate|self.signed|altnames/i.test(message);
}

/**
 * A root certificate that is there is used in every mode, as in libpq; verify-ca and verify-full must have one.
 * The name in the certificate is checked against the host, be it a name or an address.
 */
export function tlsOptions(settings: TlsSettings): Exclude<ClientConfig['ssl'], undefined> {
  const ca = rootsOf(settings);
  return {
    ...(ca === undefined ? {} : { ca }),
    rejectUnauthorized: ca !== undefined,
    checkServerIdentity: (_, certificate) =>
      settings.sslMode === 'verify-full' ? tls.checkServerIdentity(settings.host, certificate) : undefined,
    ...clientCertificate(settings),
  };
}

function rootsOf({ sslMode, sslRootCert }: TlsSettings): string | string[] | undefined {
  if (sslRootCert === 'system') return systemRoots();
  const usual = join(postgresFolder(), 'root.crt');
  if (sslRootCert !== undefined) return readText(sslRootCert, 'PGSSLROOTCERT');
  if (existsSync(usual)) return readText(usual, 'PGSSLROOTCERT');
  if (!sslMode.startsWith('verify')) return undefined;
  throw new HybridError('E_CONFIG', `PGSSLROOTCERT: expected root certificates for ${sslMode}, got none`, {
    hint: `Set PGSSLROOTCERT to a file, or to system for those that this machine trusts, or make ${usual}.`,
  });
}

/** Where machines keep what they trust; Node's own list where none of them is. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

function systemRoots(): string | string[] {
  const { SSL_CERT_FILE: named } = process.env;
  const file = named ?? bundles.find((path) => existsSync(path));
  return file === undefined ? [...tls.rootCertificates] : readText(file, 'SSL_CERT_FILE');
}

function clientCertificate({ sslCert, sslKey }: TlsSettings): { cert?: string; key?: string } {
  const cert = sslCert ?? join(postgresFolder(), 'postgresql.crt');
  const key = sslKey ?? join(postgresFolder(), 'postgresql.key');
  if (sslCert === undefined && !existsSync(cert)) return {};
  return { cert: readText(cert, 'PGSSLCERT'), key: readText(key, 'PGSSLKEY') };
}
