/** The shared folder of real data and specifications: beside the project, or where HYBRID_SHARED says. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const sharedFolder = resolve(process.env.HYBRID_SHARED ?? '../shared');

/** A path below the shared folder; undefined, with a visible reason, where it is missing. */
export function shared(...parts: string[]): string | undefined {
  const path = join(sharedFolder, ...parts);
  if (existsSync(path)) return path;
  console.warn(`skipped: ${path} is not there (set HYBRID_SHARED to the shared folder)`);
  return undefined;
}
