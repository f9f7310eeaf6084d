/**
 * Files that are whole or not there: a result is written to `<path>.partial` beside its target, fsynced, and
 * renamed; an error, an abort or an exit removes the partial file and leaves an older result as it was.
 */
import { createHash, type Hash } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HybridError, throwIfAborted } from '../error.js';

export interface ArtifactSummary {
  path: string;
  bytes: number;
  /** SHA-256 of the whole content, hexadecimal; empty for an artifact created without checksum. */
  sha256: string;
}

/** Bytes from which on a file in the making is put on the disk, and again after as many more. */
const syncedAtOnce = 16 * 1024 * 1024;

/** Partial files of this process, removed even when it ends without unwinding. */
const unfinished = new Set<string>();
process.on('exit', () => {
  for (const path of unfinished) removeQuietly(path);
});

/**
 * A file in the making: {@link create}, {@link write} …, {@link seal}, {@link publish}; {@link discard} at any
 * point before publish. Sealing and publishing are two steps so that files which belong together can be sealed
 * first and then renamed together. Errors: E_RESOURCE (disk full, no permission, two runs on one file).
 */
export class Artifact {
  private bytes = 0;
  /** What has been put on the disk on the way, or is being. */
  private synced = 0;
  private syncing: Promise<void> | undefined;
  private sealed: ArtifactSummary | undefined;

  private constructor(
    readonly path: string,
    private readonly partial: string,
    private readonly file: FileHandle,
    private readonly inode: bigint,
    private readonly hash: Hash | undefined,
  ) {}

  /**
   * Makes the folder and an empty partial file; what an earlier, killed run left there is replaced. A checksum
   * costs as much time as the writing: leave it out where the content has a digest of its own.
   */
  static async create(path: string, { checksum = true } = {}): Promise<Artifact> {
    const partial = `${path}.partial`;
    try {
      await mkdir(dirname(path), { recursive: true });
      await rm(partial, { force: true });
      const file = await open(partial, 'wx');
      unfinished.add(partial);
      const { ino } = await file.stat({ bigint: true });
      return new Artifact(path, partial, file, ino, checksum ? createHash('sha256') : undefined);
    } catch (error) {
      throw writeError(path, error);
    }
  }

  /** Appends; the promise is the backpressure. */
  async write(chunk: Uint8Array | string): Promise<void> {
    const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.hash?.update(data);
    this.bytes += data.byteLength;
    try {
      for (let at = 0; at < data.byteLength; )
        at += (await this.file.write(data, at, data.byteLength - at)).bytesWritten;
    } catch (error) {
      throw writeError(this.path, error);
    }
    this.syncAhead();
  }

  /** Large files go to the disk while they are made: at their end little is left to wait for. */
  private syncAhead(): void {
    if (this.syncing !== undefined || this.bytes < this.synced + syncedAtOnce) return;
    this.synced = this.bytes;
    const done = () => {
      this.syncing = undefined;
    };
    // What fails here fails again, and is told, when the file is sealed.
    this.syncing = this.file.datasync().then(done, done);
  }

  /** Ends the content and puts it on the disk, still under its partial name. */
  async seal(): Promise<ArtifactSummary> {
    try {
      await this.syncing;
      await this.file.sync();
      await this.file.close();
    } catch (error) {
      throw writeError(this.path, error);
    }
    this.sealed = { path: this.path, bytes: this.bytes, sha256: this.hash?.digest('hex') ?? '' };
    return this.sealed;
  }

  /** Gives the sealed file its name, over an older one. */
  async publish(): Promise<ArtifactSummary> {
    if (this.sealed === undefined)
      throw new HybridError('E_INTERNAL', `${this.path}: published before sealed`);
    try {
      await this.refuseForeign();
      await rename(this.partial, this.path);
      unfinished.delete(this.partial);
      await syncFolder(dirname(this.path));
    } catch (error) {
      throw writeError(this.path, error);
    }
    return this.sealed;
  }

  /** Removes the partial file; harmless after publish. */
  async discard(): Promise<void> {
    await this.file.close().catch(() => {});
    if (unfinished.delete(this.partial)) await rm(this.partial, { force: true }).catch(() => {});
  }

  /** A second run on the same file replaces our partial file by its own: renaming that would publish its half. */
  private async refuseForeign(): Promise<void> {
    const { ino } = await stat(this.partial, { bigint: true });
    if (ino === this.inode) return;
    unfinished.delete(this.partial);
    throw new HybridError('E_RESOURCE', `${this.path}: another run is writing this file`, {
      hint: 'Wait for the other run, or choose another path with --out.',
    });
  }
}

/** Writes a whole file through `produce`; nothing is left when it throws or the signal is aborted. */
export async function writeArtifact(
  path: string,
  produce: (write: (chunk: Uint8Array | string) => Promise<void>) => Promise<void>,
  signal?: AbortSignal,
): Promise<ArtifactSummary> {
  throwIfAborted(signal);
  const artifact = await Artifact.create(path);
  try {
    await produce(async (chunk) => {
      throwIfAborted(signal);
      await artifact.write(chunk);
    });
    await artifact.seal();
    throwIfAborted(signal);
    return await artifact.publish();
  } catch (error) {
    await artifact.discard();
    throw error;
  }
}

/** Writes a manifest or another JSON document, indented, with a final newline; a bigint is written in digits. */
export async function writeJson(path: string, value: object): Promise<ArtifactSummary> {
  const text = JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? Number(inner) : inner), 2);
  return writeArtifact(path, (write) => write(`${text}\n`));
}

/** A rename is lasting only once the folder is on the disk; Windows cannot sync folders and does not need it. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

export function writeError(path: string, error: unknown): HybridError {
  if (error instanceof HybridError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST' || code === 'ENOTDIR')
    return new HybridError('E_USAGE', `${dirname(path)}: expected a folder, got a file`, {
      hint: 'Choose another folder with --out.',
      cause: error,
    });
  if (code === 'EFBIG')
    return new HybridError(
      'E_RESOURCE',
      `${path}: the file is larger than the file system or the user may have`,
      {
        hint: 'Raise `ulimit -f`, choose another folder with --out, or a shorter period.',
        cause: error,
      },
    );
  return HybridError.from(Object.assign(error as Error, { path }));
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The process is ending: there is nobody left to tell.
  }
}
