/** Whether the export fits on the disk, by the planner's count and the width of the sampled rows. */
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { HybridError } from '../../error.js';
import type { Session } from '../../io/postgres/session.js';
import { bytes, count } from '../../report/table.js';
import { type Check, type DoctorConfig, failure, ok, warning } from './check.js';
import { expectedRows, type Found } from './mapping.js';

export async function checkDisk(
  session: Session,
  found: readonly Found[],
  config: DoctorConfig,
): Promise<Check[]> {
  let [rows, needed] = [0, 0];
  for (const { source, sample } of found) {
    const expected = await expectedRows(session, source, config);
    rows += expected;
    needed += expected * widthOf(sample);
  }
  const disk = await statfs(existing(config.raw));
  const free = disk.bavail * disk.bsize;
  return [
    judge(
      `about ${count(rows)} rows, ${bytes(needed)} of CSV; ${bytes(free)} free in ${config.raw}`,
      needed,
      free,
    ),
  ];
}

function judge(message: string, needed: number, free: number): Check {
  const hint = 'Free some space, choose another folder with --out, or compress with --compression gzip.';
  if (needed > free)
    return failure('disk', new HybridError('E_RESOURCE', `expected room for ${message}`, { hint }));
  return needed > 0.8 * free ? warning('disk', message, hint) : ok('disk', message);
}

/** Mean bytes of a line, with the quotes that arrays get. */
function widthOf(sample: Found['sample']): number {
  if (sample.length === 0) return 0;
  const width = (row: Found['sample'][number]) =>
    Object.values(row).reduce((sum, value) => sum + (value?.length ?? 0) + (value?.includes(',') ? 3 : 1), 0);
  return sample.reduce((sum, row) => sum + width(row), 0) / sample.length;
}

/** The folder, or the nearest one above it that is there already. */
function existing(folder: string): string {
  let at = resolve(folder);
  while (!existsSync(at)) at = dirname(at);
  return at;
}
