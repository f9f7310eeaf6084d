#!/usr/bin/env node
// Builds kernels/pkg from kernels/src: finds or installs what is missing, the same bytes from any folder.
//   node kernels/build.js           writes kernels/pkg
//   node kernels/build.js --check   builds elsewhere and compares with kernels/pkg
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourceDigest } from './digest.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const pkg = join(root, 'kernels', 'pkg');
const cacheHome = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
/** Outside the checkout, so that a fresh clone finds the tools of the last one. */
const toolsRoot = process.env.HYBRID_TOOLS ?? join(cacheHome, 'hybrid-tools');
const wasmPackVersion = '0.15.0';
const env = {
  ...process.env,
  PATH: [join(toolsRoot, 'bin'), process.env.PATH, join(homedir(), '.cargo', 'bin')].join(delimiter),
};

function run(command, args) {
  execFileSync(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
}

/** What `command --version` says, or nothing when it is not there. */
function versionOf(command) {
  try {
    const said = execFileSync(command, ['--version'], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return /\d+\.\d+\.\d+/.exec(said)?.[0];
  } catch {
    return undefined;
  }
}

function requireCargo() {
  if (versionOf('cargo') !== undefined) return;
  console.error(
    'cargo: not found\nhint: Install rustup (https://rustup.rs); it then fetches the pinned toolchain by itself.',
  );
  process.exit(5);
}

/** The CLI must have the version of the crate: the two speak a private format. */
function bindgenVersion() {
  const lock = readFileSync(join(root, 'Cargo.lock'), 'utf8');
  return /name = "wasm-bindgen"\nversion = "([^"]+)"/.exec(lock)[1];
}

function install(crate, version, command) {
  if (versionOf(command) === version) return;
  console.error(`installing ${crate} ${version} into ${toolsRoot} (about four minutes, once)`);
  const args = ['install', crate, '--version', version, '--root', toolsRoot, '--force'];
  try {
    run('cargo', [...args, '--locked']);
  } catch {
    // A mirror may lack a crate of the published lock file; the newest compatible one serves.
    run('cargo', args);
  }
}

/** Paths of this machine must not reach the binary: panic messages would carry them. */
function remapFlags() {
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo');
  const flags = [`--remap-path-prefix=${root}=hybrid/`, `--remap-path-prefix=${cargoHome}=cargo`];
  return `target.wasm32-unknown-unknown.rustflags=${JSON.stringify(flags)}`;
}

function buildInto(out) {
  const ours = [
    'build',
    'kernels',
    '--target',
    'web',
    '--release',
    '--mode',
    'no-install',
    '--no-opt',
    '--no-pack',
  ];
  const cargos = ['--', '--locked', '--config', remapFlags()];
  run('wasm-pack', [...ours, '--out-dir', out, '--out-name', 'hybrid_kernels', ...cargos]);
  for (const extra of ['.gitignore', 'package.json', 'README.md']) rmSync(join(out, extra), { force: true });
  writeFileSync(join(out, 'SOURCE.sha256'), `${sourceDigest(root)}\n`);
}

/** Names of the files that differ between two folders. */
function differing(a, b) {
  const names = new Set([...readdirSync(a), ...readdirSync(b)]);
  const same = (name) =>
    existsSync(join(a, name)) &&
    existsSync(join(b, name)) &&
    readFileSync(join(a, name)).equals(readFileSync(join(b, name)));
  return [...names].filter((name) => !same(name));
}

function check() {
  const out = mkdtempSync(join(tmpdir(), 'hybrid-pkg-'));
  try {
    buildInto(out);
    const stale = differing(pkg, out);
    if (stale.length === 0) return console.log('kernels/pkg is what its source builds to');
    console.error(
      `kernels/pkg differs from its source: ${stale.join(', ')}\nhint: Run npm run build:kernels and commit kernels/pkg.`,
    );
    process.exitCode = 1;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

requireCargo();
install('wasm-bindgen-cli', bindgenVersion(), 'wasm-bindgen');
install('wasm-pack', wasmPackVersion, 'wasm-pack');
if (process.argv.includes('--check')) check();
else buildInto(pkg);
