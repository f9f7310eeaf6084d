/** npm run bench:scalar: the kernel without 128-bit vectors into bench/scalar/pkg, for bench/kernels/simd.js alone. */
import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { scalarPackage } from './package.js';

/** Where `npm run build:kernels` keeps wasm-bindgen. */
const cacheHome = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
const tools = join(process.env.HYBRID_TOOLS ?? join(cacheHome, 'hybrid-tools'), 'bin');
const target = 'target/scalar';
const built = join(target, 'wasm32-unknown-unknown/release/hybrid_kernels.wasm');
const env = {
  ...process.env,
  PATH: [tools, process.env.PATH].join(delimiter),
  // In place of those of .cargo/config.toml.
  RUSTFLAGS: '-C target-feature=-simd128',
};

const run = (command, args) => execFileSync(command, args, { env, stdio: 'inherit' });
run('cargo', [
  'build',
  '--locked',
  '--release',
  '--target',
  'wasm32-unknown-unknown',
  '--target-dir',
  target,
]);
run('wasm-bindgen', ['--target', 'web', '--out-dir', scalarPackage, '--out-name', 'hybrid_kernels', built]);
