/** Whether the export fits on the disk, by the planner's count and the width of the sampled rows, compressed or not. */
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { HybridError } from '../../error.js';
import { codingNamed, hasZstd } from '../../io/coding.js';
import type { Session } from '../../io/postgres/session.js';
import { bytes, count } from '../../report/table.js';
import { type Check, type DoctorConfig, failure, ok, warning } from './check.js';
import { expectedRows, type Found } from './mapping.js';

export async function checkDisk(
  session: Session,
  found: readonly Found[],
  config: DoctorConfig,
): Promise<Check[]> {
  let [rows, csv, needed] = [0, 0, 0];
  for (const { source, sample } of found) {
    const expected = await expectedRows(session, source, config);
    const text = textOf(sample);
    const size = (expected * text.length) / Math.max(1, sample.length);
    rows += expected;
    csv += size;
    needed += size * (await shareLeft(text, config));
  }
  const disk = await statfs(existing(config.raw));
  const free = disk.bavail * disk.bsize;
  const compressed = needed < csv ? `, at most ${bytes(needed)} with ${config.rawCompression}` : '';
  const amount = `about ${count(rows)} rows, ${bytes(csv)} of CSV${compressed}`;
  return [judge(`${amount}; ${bytes(free)} free in ${config.raw}`, needed, free)];
}

function judge(message: string, needed: number, free: number): Check {
  const hint = 'Free some space, choose another folder with --out, or compress with --compression gzip.';
  if (needed > free)
    return failure('disk', new HybridError('E_RESOURCE', `expected room for ${message}`, { hint }));
  return needed > 0.8 * free ? warning('disk', message, hint) : ok('disk', message);
}

/** The rows as CSV, with the quotes that arrays get. */
function textOf(sample: Found['sample']): Buffer {
  const field = (value: string | null) => (value?.includes(',') ? `"${value}"` : (value ?? ''));
  return Buffer.from(sample.map((row) => `${Object.values(row).map(field).join(',')}\n`).join(''));
}

/** Of the bytes, when they are compressed: so few rows shrink less than whole blocks do. */
async function shareLeft(text: Buffer, { rawCompression }: DoctorConfig): Promise<number> {
  if (text.length === 0 || (rawCompression === 'zstd' && !hasZstd)) return 1;
  return Math.min(1, (await codingNamed(rawCompression).encode(text)).length / text.length);
}

/** The folder, or the nearest one above it that is there already. */
function existing(folder: string): string {
  let at = resolve(folder);
  while (!existsSync(at)) at = dirname(at);
  return at;
}
