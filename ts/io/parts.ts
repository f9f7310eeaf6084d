/**
 * A dataset that grows by parts: `out/symbol=X/part-0.parquet`, `part-000001.parquet` …, and beside it in
 * `out.state/symbol=X/` what the next part goes on from. A part names the state that belongs to it by its SHA-256; the
 * state is there before, so that renaming the part into the dataset is the moment at which both count.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HybridError } from '../error.js';
import { Artifact, syncFolder, writeArtifact } from './artifact.js';
import { fileNameOf, symbolOf } from './raw.js';

/** The key of a part's metadata that names its state. */
export const stateKey = 'hybrid.state';

export interface PartFile {
  name: string;
  bytes: number;
}

export function stateFolder(out: string): string {
  return `${out}.state`;
}

/** Names in the order of the parts for whoever sorts them as texts, as other readers of folders do. */
export function partName(index: number): string {
  return index === 0 ? 'part-0.parquet' : `part-${String(index).padStart(6, '0')}.parquet`;
}

/** The symbols that have parts. Errors: E_USAGE where `out` is a file. */
export async function symbolsWithParts(out: string): Promise<string[]> {
  const info = await stat(out).catch(() => undefined);
  if (info === undefined) return [];
  if (!info.isDirectory()) throw withoutState(out, 'a file');
  const names = (await readdir(out)).filter((name) => name.startsWith('symbol='));
  return names.sort().map((name) => symbolOf(name.slice('symbol='.length)));
}

/** The parts of one symbol, and the one that is being made. */
export class Parts {
  private readonly folder: string;
  private readonly states: string;
  private staged: Artifact | undefined;
  private published = false;

  private constructor(
    private readonly out: string,
    symbol: string,
    /** Those that count, in order. */
    readonly files: readonly PartFile[],
  ) {
    const name = `symbol=${fileNameOf(symbol)}`;
    this.folder = join(out, name);
    this.states = join(stateFolder(out), name);
  }

  static async open(out: string, symbol: string): Promise<Parts> {
    const folder = join(out, `symbol=${fileNameOf(symbol)}`);
    const names = await readdir(folder).catch(() => [] as string[]);
    const parts = names.filter((name) => /^part-\d+\.parquet$/.test(name)).sort();
    const files = parts.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size }));
    return new Parts(out, symbol, await Promise.all(files));
  }

  /** What the last part was made with; undefined before the first. Errors: E_USAGE where it is not there. */
  async state(): Promise<Buffer | undefined> {
    const last = this.files.at(-1);
    if (last === undefined) return undefined;
    // A reader of Parquet takes a moment to load: only who goes on from a part needs one.
    const { openDataset } = await import('./dataset.js');
    const { metadata } = await openDataset(join(this.folder, last.name));
    const wanted = metadata.get(stateKey);
    if (wanted === undefined) throw withoutState(this.out, 'one that was prepared whole');
    const bytes = await readFile(this.stateOf(last.name)).catch(() => undefined);
    if (bytes === undefined || sha256(bytes) !== wanted)
      throw withoutState(this.out, `none, or another one, in ${stateFolder(this.out)}`);
    return bytes;
  }

  /** The file of the next part, outside the dataset until it is published. */
  async stage(): Promise<Artifact> {
    this.staged = await Artifact.create(this.stagedPath, { checksum: false });
    return this.staged;
  }

  /** Puts the state of the next part, piece by piece, on the disk; answers what the part has to say of it. */
  async save(state: Iterable<string | Uint8Array>): Promise<string> {
    const { sha256 } = await writeArtifact(this.stateOf(this.next), async (write) => {
      for (const piece of state) await write(piece);
    });
    return sha256;
  }

  /** The staged part is whole. */
  async seal(): Promise<void> {
    await this.staged!.seal();
    await this.staged!.publish();
  }

  /** Adds the part to the dataset. */
  async publish(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await rename(this.stagedPath, join(this.folder, this.next));
    this.published = true;
    await syncFolder(this.folder);
  }

  /** Forgets the states before the last part's. */
  async forget(): Promise<void> {
    for (const { name } of this.files) await rm(this.stateOf(name), { force: true });
  }

  /** Removes the part that was not published. */
  async discard(): Promise<void> {
    if (this.published) return;
    await this.staged?.discard();
    await rm(this.stagedPath, { force: true });
    await rm(this.stateOf(this.next), { force: true });
  }

  private get next(): string {
    return partName(this.files.length);
  }

  private get stagedPath(): string {
    return join(this.states, this.next);
  }

  private stateOf(part: string): string {
    return join(this.states, part.replace('.parquet', '.state'));
  }
}

export function withoutState(out: string, got: string): HybridError {
  return new HybridError(
    'E_USAGE',
    `${out}: expected a dataset that --since-last has made, with its state, got ${got}`,
    {
      hint: `Remove ${out}, or name another --out: the first run with --since-last prepares the whole history.`,
    },
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
