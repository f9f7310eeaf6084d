/** A folder of parts that is whole or not there, and a file that takes a folder's place. */
import { rmSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HybridError } from '../error.js';
import { Artifact } from './artifact.js';

/** Folders in the making, removed even when the process ends without unwinding. */
const unfinished = new Set<string>();
process.on('exit', () => {
  for (const path of unfinished) rmSync(path, { recursive: true, force: true });
});

/** What a folder of ours holds, so that nobody else's is replaced. */
export interface FolderContent {
  /** In words, for messages. */
  what: string;
  ours: (name: string) => boolean;
  /** Whether it may take the place of a Parquet file. */
  overParquet: boolean;
}

const datasetParts: FolderContent = {
  what: 'a dataset',
  ours: (name) => name.startsWith('symbol='),
  overParquet: true,
};

/** Parts go to `<path>.partial/…`; {@link publish} renames the folder over an older folder or file. */
export class FolderArtifact {
  private readonly partial: string;

  private constructor(readonly path: string) {
    this.partial = `${path}.partial`;
  }

  /** Errors: E_USAGE when something else than `content` stands in the way. */
  static async create(path: string, content: FolderContent = datasetParts): Promise<FolderArtifact> {
    await makeWay(path, content);
    const folder = new FolderArtifact(path);
    await rm(folder.partial, { recursive: true, force: true });
    await mkdir(folder.partial, { recursive: true }).catch((error) => {
      throw HybridError.from(error);
    });
    unfinished.add(folder.partial);
    return folder;
  }

  /** A file of the folder; publish it before the folder. */
  part(name: string, options: { checksum?: boolean } = {}): Promise<Artifact> {
    return Artifact.create(this.inside(name), options);
  }

  /** Where a file of the folder is to be made. */
  inside(name: string): string {
    return join(this.partial, name);
  }

  /** Gives the folder its name; an older result is gone afterwards. */
  async publish(): Promise<void> {
    await replace(this.path, () => rename(this.partial, this.path));
    unfinished.delete(this.partial);
  }

  async discard(): Promise<void> {
    if (unfinished.delete(this.partial)) await rm(this.partial, { recursive: true, force: true });
  }
}

/** Publishes a file whose place an older folder of parts may hold. */
export async function replaceFolderByFile(path: string, publish: () => Promise<unknown>): Promise<void> {
  if ((await kindOf(path)) !== 'folder') {
    await publish();
    return;
  }
  await replace(path, publish);
}

/** Moves what is there aside, publishes, and removes it; a failure puts it back. */
async function replace(path: string, publish: () => Promise<unknown>): Promise<void> {
  const aside = `${path}.previous`;
  const before = await kindOf(path);
  try {
    if (before !== 'nothing') {
      await rm(aside, { recursive: true, force: true });
      await rename(path, aside);
    }
    await publish();
  } catch (error) {
    if (before !== 'nothing') await rename(aside, path).catch(() => {});
    throw HybridError.from(error);
  }
  await rm(aside, { recursive: true, force: true });
}

async function kindOf(path: string): Promise<'nothing' | 'file' | 'folder'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch {
    return 'nothing';
  }
}

/** A run that is killed between its two renames leaves the older result aside; behind them, it is no longer needed. */
async function recover(path: string): Promise<void> {
  const aside = `${path}.previous`;
  if ((await kindOf(aside)) === 'nothing') return;
  if ((await kindOf(path)) === 'nothing') await rename(aside, path);
  else await rm(aside, { recursive: true, force: true });
}

/**
 * Before anything is written: a file is replaced only when it is Parquet (not the user's raw data), a folder only
 * when it holds nothing but what we write there; what a killed run left of one is removed, and a result that it had
 * moved aside is put back. Errors: E_USAGE.
 */
export async function makeWay(path: string, content: FolderContent = datasetParts): Promise<void> {
  await recover(path);
  const partial = `${path}.partial`;
  if ((await kindOf(partial)) === 'folder') await rm(partial, { recursive: true, force: true });
  const kind = await kindOf(path);
  if (kind === 'file' && content.overParquet) await requireParquet(path);
  else if (kind === 'file') throw inTheWay(path, content, 'a file');
  if (kind !== 'folder') return;
  const foreign = (await readdir(path)).find((name) => !content.ours(name));
  if (foreign !== undefined) throw inTheWay(path, content, `a folder with ${foreign} in it`);
}

function inTheWay(path: string, { what }: FolderContent, got: string): HybridError {
  return new HybridError('E_USAGE', `${path}: expected ${what} or nothing, got ${got}`, {
    hint: 'Choose another path with --out.',
  });
}

/** Errors: E_USAGE for a file that holds something else; an empty one holds nothing. */
export async function requireParquet(path: string): Promise<void> {
  const file = await open(path, 'r').catch((error) => {
    throw HybridError.from(error);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead === 0 || buffer.toString('latin1') === 'PAR1') return;
  } finally {
    await file.close();
  }
  throw new HybridError(
    'E_USAGE',
    `${path}: expected a Parquet file or nothing, got a file of another kind`,
    {
      hint: 'Choose another path with --out: it would be overwritten.',
    },
  );
}
