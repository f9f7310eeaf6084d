/** The machine that hybrid runs on. */
import { availableParallelism, totalmem } from 'node:os';
import { HybridError } from '../../error.js';
import { hasZstd, withoutZstd } from '../../io/coding.js';
import { type Check, type DoctorConfig, failure, ok, warning } from './check.js';

/** The oldest Node that hybrid runs on. */
const oldest = [20, 19] as const;
const gib = 2 ** 30;

export function checkMachine(config: DoctorConfig): Check[] {
  const cores = availableParallelism();
  const memory = totalmem() / gib;
  return [
    cores > 1
      ? ok('cores', `${cores}`)
      : warning('cores', '1', 'Use a machine with more: scanning, encoding and evolution run side by side.'),
    memory >= 2
      ? ok('memory', `${memory.toFixed(1)} GiB`)
      : warning('memory', `${memory.toFixed(1)} GiB`, 'Use --threads 1: prepare may take up to 2 GiB.'),
    node(),
    zstd(config),
  ];
}

function zstd({ rawCompression }: DoctorConfig): Check {
  if (hasZstd) return ok('zstd', 'built in');
  if (rawCompression !== 'zstd') return ok('zstd', 'not in this Node (22.15 has it); gzip is');
  return failure('zstd', withoutZstd());
}

function node(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return ok('node', process.version);
  const message = `expected Node ${oldest.join('.')} or later, got ${process.version}`;
  return failure('node', new HybridError('E_RESOURCE', message, { hint: 'Install Node 22 or 24.' }));
}
