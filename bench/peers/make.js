/** npm run bench:peers: a Python environment with the peers, pinned in requirements.txt. HYBRID_PYTHON names its Python. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const environment = join(folder, '.environment');

function run(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (status === 0) return;
  console.error(`${program} ${args.join(' ')}: ${error?.message ?? `ended with ${status}`}`);
  process.exit(1);
}

run(process.env.HYBRID_PYTHON ?? 'python3', ['-m', 'venv', environment]);
run(join(environment, 'bin/pip'), ['install', '--quiet', '-r', join(folder, 'requirements.txt')]);
console.log(`npm run bench uses ${join(environment, 'bin/python')}`);
