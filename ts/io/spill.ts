/** Sorted runs on their way through the disk: written once, read back in pieces, gone with the process. */
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';
import { HybridError } from '../error.js';

/** Bytes of all runs together that are read ahead, and of one run at least. */
const readAhead = 32 * 1024 * 1024;
const leastRead = 16 * 1024;

let made = 0;

/**
 * The runs of one sort. A single run stays in memory; the second opens a file beside `path`, whose name is removed at
 * once, so that nothing of it is left however the process ends. Errors: E_RESOURCE (disk full, no permission).
 */
export class Spill {
  private readonly runs: { start: number; end: number; read: number }[] = [];
  private only: Uint8Array | undefined;
  private file: FileHandle | undefined;
  private length = 0;

  constructor(private readonly path: string) {}

  get count(): number {
    return this.runs.length;
  }

  /** Adds a run. */
  async add(run: Uint8Array): Promise<void> {
    if (this.runs.length > 0) await this.toFile(run);
    else this.only = run;
    this.runs.push({ start: this.length, end: this.length + run.byteLength, read: this.length });
    this.length += run.byteLength;
  }

  /** Starts reading all runs from their beginning. */
  rewind(): void {
    for (const run of this.runs) run.read = run.start;
  }

  /** The next bytes of a run. */
  async read(index: number): Promise<{ bytes: Uint8Array; last: boolean }> {
    const run = this.runs[index]!;
    const most = Math.max(leastRead, Math.floor(readAhead / this.runs.length));
    const [start, end] = [run.read, Math.min(run.end, run.read + most)];
    run.read = end;
    const bytes = this.only?.subarray(start, end) ?? (await this.fromFile(start, end));
    return { bytes, last: end === run.end };
  }

  async close(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
    this.only = undefined;
  }

  private async toFile(run: Uint8Array): Promise<void> {
    try {
      this.file ??= await openNameless(`${this.path}.spill-${process.pid}-${threadId}-${made++}`);
      if (this.only !== undefined) {
        await writeAll(this.file, this.only, 0);
        this.only = undefined;
      }
      await writeAll(this.file, run, this.length);
    } catch (error) {
      throw HybridError.from(Object.assign(error as Error, { path: this.path }));
    }
  }

  private async fromFile(start: number, end: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(end - start);
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await this.file!.read(bytes, at, bytes.length - at, start + at);
      if (bytesRead === 0)
        throw new HybridError('E_RESOURCE', `${this.path}: the sorted runs on the disk were cut off`);
      at += bytesRead;
    }
    return bytes;
  }
}

async function openNameless(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.byteLength; )
    at += (await file.write(bytes, at, bytes.byteLength - at, position + at)).bytesWritten;
}
