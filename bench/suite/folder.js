/** Folders for a case's files, gone when it ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives `work` a fresh folder and its answer back; the folder goes, also where `work` fails. */
export async function withFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'hybrid-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
