/**
 * A file that a killed run can continue: `<path>.partial` grows beside its journal, `<path>.journal`, which says
 * after which marks (ends of parts) the bytes before are on the disk, and by which checksum to know them again.
 */
import { createHash, type Hash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HybridError } from '../error.js';
import { syncFolder, writeError } from './artifact.js';
import { type Coding, type CodingName, codingNamed } from './coding.js';
import { isAtWork, type Owner, ourselves } from './owner.js';

/** The end of a part. The file's first `end` bytes have the checksum, whole blocks of the content's first `raw`. */
export type Mark<Part> = Part & { raw: number; end: number; sha256: string };

/** What is known of a file's bytes, from its journal or its manifest. */
export interface Evidence<Part, Basis> {
  /** The file that holds the bytes. */
  file: string;
  coding: CodingName;
  /** Which query and snapshot the parts come from. */
  basis: Basis;
  marks: readonly Mark<Part>[];
  /** The content behind the last whole block at the last mark; empty where the file holds it. */
  tail: Buffer;
}

export interface SealedFile<Part> {
  path: string;
  bytes: number;
  sha256: string;
  marks: readonly Mark<Part>[];
}

/** Marks that come faster are written together: the disk is asked to be quick only so often. */
const checkpointMs = 250;
/** Blocks on their way through the encoder to the disk. */
const inFlight = 4;

const openHere = new Set<string>();
/** Partial files without a mark are worth nothing: removed even when the process ends without unwinding. */
const worthless = new Set<string>();
process.on('exit', () => {
  for (const path of worthless) rmSync(path, { force: true });
});

export class ResumableFile<Part extends object, Basis> {
  private block: Buffer;
  private filled = 0;
  private raw = 0;
  private end = 0;
  private hash: Hash = createHash('sha256');
  private marks: Mark<Part>[] = [];
  private tail: Buffer = Buffer.alloc(0);
  /** Blocks and marks take effect in order, one after the other. */
  private order: Promise<void> = Promise.resolve();
  private readonly pending: Promise<void>[] = [];
  private readonly spare: Buffer[] = [];
  private checkpoint: Promise<void> | undefined;
  private checkpointed = 0;
  private lastCheckpoint = 0;

  private constructor(
    readonly path: string,
    private readonly coding: Coding,
    private readonly basis: Basis,
    private readonly file: FileHandle,
    private readonly inode: bigint,
  ) {
    this.block = Buffer.allocUnsafe(coding.blockBytes);
  }

  /**
   * Opens the partial file of `path`, with the longest beginning of the evidence's first `keep` marks whose checksum
   * still holds (`kept` says how many); everything else of an earlier run is gone. Errors: E_RESOURCE (disk, rights,
   * another run at work on this file).
   */
  static async open<Part extends object, Basis>(
    path: string,
    coding: Coding,
    basis: Basis,
    evidence?: Evidence<Part, Basis>,
    keep = 0,
  ): Promise<ResumableFile<Part, Basis>> {
    let file: FileHandle | undefined;
    let claimed = false;
    try {
      await mkdir(dirname(path), { recursive: true });
      await claim(path);
      claimed = true;
      const continued = evidence?.file === partialOf(path) && keep > 0;
      if (!continued) await rm(partialOf(path), { force: true });
      file = await open(partialOf(path), continued ? 'r+' : 'wx');
      const { ino } = await file.stat({ bigint: true });
      const opened = new ResumableFile<Part, Basis>(path, coding, basis, file, ino);
      if (evidence !== undefined && keep > 0) await opened.take(evidence, keep);
      if (opened.marks.length === 0) worthless.add(partialOf(path));
      await opened.writeJournal(opened.state());
      return opened;
    } catch (error) {
      await file?.close();
      if (claimed) openHere.delete(path);
      throw writeError(path, error);
    }
  }

  /** The parts that were taken over or are marked. */
  get kept(): readonly Mark<Part>[] {
    return this.marks;
  }

  /** Appends a copy of the content; the promise, where there is one, is the backpressure. */
  write(chunk: Buffer): Promise<void> | undefined {
    for (let at = 0; at < chunk.length; ) {
      const n = Math.min(chunk.length - at, this.block.length - this.filled);
      chunk.copy(this.block, this.filled, at, at + n);
      this.filled += n;
      at += n;
      if (this.filled === this.block.length) this.flush();
    }
    this.raw += chunk.length;
    return this.pending.length > inFlight ? this.room() : undefined;
  }

  /** What was written so far is whole up to here. */
  async mark(part: Part): Promise<void> {
    if (this.coding.name === 'none') this.flush();
    const { raw } = this;
    const tail = Buffer.from(this.block.subarray(0, this.filled));
    this.inOrder(async () => {
      this.marks.push({ ...part, raw, end: this.end, sha256: this.hash.copy().digest('hex') });
      this.tail = tail;
      if (performance.now() - this.lastCheckpoint > checkpointMs) this.startCheckpoint();
    });
    await this.room();
  }

  /** Ends the content and puts all of it on the disk, still under its partial name. */
  async seal(): Promise<SealedFile<Part>> {
    this.flush();
    await this.settle();
    await this.writeCheckpoint();
    await this.file.close().catch((error) => {
      throw writeError(this.path, error);
    });
    return { path: this.path, bytes: this.end, sha256: this.hash.digest('hex'), marks: this.marks };
  }

  /** Gives the sealed file its name, over an older one. {@link forget} ends the story. */
  async publish(): Promise<void> {
    try {
      await this.refuseForeign();
      await rename(partialOf(this.path), this.path);
      worthless.delete(partialOf(this.path));
      await syncFolder(dirname(this.path));
    } catch (error) {
      throw writeError(this.path, error);
    }
  }

  /** Removes the journal of a published file. */
  async forget(): Promise<void> {
    await rm(journalOf(this.path), { force: true });
    openHere.delete(this.path);
  }

  /** Keeps what is marked for the next run, as far as the disk takes it; removes a file without marks. */
  async abandon(): Promise<void> {
    await this.settle().catch(() => {});
    if (this.marks.length > 0) await this.writeCheckpoint().catch(() => {});
    await this.file.close().catch(() => {});
    if (this.checkpointed === 0) await this.remove();
    openHere.delete(this.path);
  }

  private async remove(): Promise<void> {
    worthless.delete(partialOf(this.path));
    for (const path of [partialOf(this.path), journalOf(this.path)])
      await rm(path, { force: true }).catch(() => {});
  }

  /** Reads the evidence's bytes up to the last mark that is to be kept, and continues behind the last that holds. */
  private async take(evidence: Evidence<Part, Basis>, keep: number): Promise<void> {
    const source = await open(evidence.file, 'r');
    try {
      const copied = evidence.file !== partialOf(this.path);
      let [holds, at] = [0, 0];
      let hash = createHash('sha256');
      for (const mark of evidence.marks.slice(0, keep)) {
        const running = hash.copy();
        at = await this.pass(source, at, mark.end, running, copied);
        if (at < mark.end || running.copy().digest('hex') !== mark.sha256) break;
        hash = running;
        holds++;
      }
      await this.continueBehind(source, evidence, holds, hash);
    } finally {
      await source.close();
    }
  }

  /** Feeds bytes from `at` to `end` to the hash and, where they are another file's, copies them. */
  private async pass(source: FileHandle, at: number, end: number, hash: Hash, copied: boolean) {
    const buffer = this.block;
    while (at < end) {
      const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, end - at), at);
      if (bytesRead === 0) break;
      const piece = buffer.subarray(0, bytesRead);
      hash.update(piece);
      if (copied) await writeWhole(this.file, piece, at);
      at += bytesRead;
    }
    return at;
  }

  private async continueBehind(
    source: FileHandle,
    evidence: Evidence<Part, Basis>,
    holds: number,
    hash: Hash,
  ): Promise<void> {
    const last = evidence.marks[holds - 1];
    const tail =
      last === undefined ? Buffer.alloc(0) : await tailAt(source, last, evidence, holds, this.coding);
    if (tail === undefined) {
      await this.file.truncate(0);
      return;
    }
    await this.file.truncate(last?.end ?? 0);
    this.marks = evidence.marks.slice(0, holds);
    this.hash = hash;
    this.end = last?.end ?? 0;
    this.raw = last?.raw ?? 0;
    this.tail = tail;
    tail.copy(this.block);
    this.filled = tail.length;
  }

  private flush(): void {
    if (this.filled === 0) return;
    const block = this.block;
    const encoded = this.coding.encode(block.subarray(0, this.filled));
    encoded.catch(() => {});
    this.block = this.spare.pop() ?? Buffer.allocUnsafe(this.coding.blockBytes);
    this.filled = 0;
    this.inOrder(async () => {
      await this.append(await encoded);
      this.spare.push(block);
    });
  }

  private async room(): Promise<void> {
    while (this.pending.length > inFlight) await this.pending.shift();
  }

  private inOrder(step: () => Promise<void>): void {
    this.order = this.order.then(step);
    this.order.catch(() => {});
    this.pending.push(this.order);
  }

  private async append(data: Buffer): Promise<void> {
    this.hash.update(data);
    await writeWhole(this.file, data, this.end).catch((error) => {
      throw writeError(this.path, error);
    });
    this.end += data.length;
  }

  private async settle(): Promise<void> {
    await this.order;
    await this.checkpoint;
  }

  private startCheckpoint(): void {
    if (this.checkpoint !== undefined) return;
    const running = this.writeCheckpoint().finally(() => {
      this.checkpoint = undefined;
    });
    // A failure (disk full) ends the run through the order of the blocks.
    running.catch((error) => this.inOrder(() => Promise.reject(error)));
    this.checkpoint = running;
  }

  /** The marks so far, once the bytes before them are on the disk. */
  private async writeCheckpoint(): Promise<void> {
    const state = this.state();
    try {
      await this.file.datasync();
      await this.writeJournal(state);
    } catch (error) {
      throw writeError(this.path, error);
    }
    this.lastCheckpoint = performance.now();
  }

  private state() {
    return { marks: [...this.marks], tail: this.tail };
  }

  private async writeJournal({ marks, tail }: { marks: Mark<Part>[]; tail: Buffer }): Promise<void> {
    const { basis } = this;
    const head = { kind: 'journal', owner: await ourselves(), coding: this.coding.name, basis, marks };
    const temporary = `${journalOf(this.path)}.new`;
    try {
      await writeSynced(temporary, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), tail]));
      await rename(temporary, journalOf(this.path));
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      throw error;
    }
    this.checkpointed = marks.length;
    if (marks.length > 0) worthless.delete(partialOf(this.path));
  }

  /** Somebody who removed our partial file has put his own there: renaming that would publish his half. */
  private async refuseForeign(): Promise<void> {
    const { ino } = await stat(partialOf(this.path), { bigint: true });
    if (ino !== this.inode) throw anotherRun(this.path);
  }
}

/** What the journal of an unfinished (or just published) file says; undefined where there is none to be read. */
export async function readJournal<Part, Basis>(path: string): Promise<Evidence<Part, Basis> | undefined> {
  const journal = await readFile(journalOf(path)).catch(() => undefined);
  const lineEnd = journal?.indexOf(0x0a) ?? -1;
  if (journal === undefined || lineEnd < 0) return undefined;
  try {
    const { kind, coding, basis, marks } = JSON.parse(journal.toString('utf8', 0, lineEnd));
    if (kind !== 'journal') return undefined;
    const partial = await stat(partialOf(path)).catch(() => undefined);
    const file = partial === undefined ? path : partialOf(path);
    return { file, coding, basis, marks, tail: journal.subarray(lineEnd + 1) };
  } catch {
    return undefined;
  }
}

/** Removes what an unfinished run left of a file that is not continued. */
export async function removeLeftovers(path: string): Promise<void> {
  await claim(path);
  openHere.delete(path);
  for (const left of [partialOf(path), journalOf(path)]) await rm(left, { force: true });
}

function partialOf(path: string): string {
  return `${path}.partial`;
}

function journalOf(path: string): string {
  return `${path}.journal`;
}

/** Two runs on one file would write into each other's bytes. */
async function claim(path: string): Promise<void> {
  if (openHere.has(path)) throw anotherRun(path);
  const text = await readFile(journalOf(path), 'utf8').catch(() => '');
  const owner = ownerIn(text);
  const changed = await stat(partialOf(path)).catch(() => undefined);
  if (owner !== undefined && changed !== undefined && (await isAtWork(owner, changed.mtimeMs)))
    throw anotherRun(path);
  openHere.add(path);
}

function ownerIn(journal: string): Owner | undefined {
  try {
    return (JSON.parse(journal.slice(0, journal.indexOf('\n'))) as { owner?: Owner }).owner;
  } catch {
    return undefined;
  }
}

/** The content between the last whole block and the mark: the journal has it, or the block behind holds it. */
async function tailAt<Part>(
  source: FileHandle,
  mark: Mark<Part>,
  evidence: Evidence<Part, unknown>,
  holds: number,
  coding: Coding,
): Promise<Buffer | undefined> {
  if (coding.name === 'none') return Buffer.alloc(0);
  const length = mark.raw % codingNamed(evidence.coding).blockBytes;
  const last = evidence.marks.at(-1)!;
  const inJournal = evidence.tail.length > 0 && last.end === mark.end;
  if (length === 0 || inJournal) return Buffer.from(evidence.tail.subarray(0, length));
  // A block never grows by more than a thousandth when it is encoded.
  const stored = Buffer.alloc(coding.blockBytes + (coding.blockBytes >> 8) + 1024);
  const { bytesRead } = await source.read(stored, 0, stored.length, mark.end);
  const content = await coding.decode(stored.subarray(0, bytesRead), length).catch(() => Buffer.alloc(0));
  return content.length === length && holds > 0 ? content : undefined;
}

async function writeWhole(file: FileHandle, data: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < data.byteLength; )
    at += (await file.write(data, at, data.byteLength - at, position + at)).bytesWritten;
}

async function writeSynced(path: string, data: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await writeWhole(file, data, 0);
    await file.datasync();
  } finally {
    await file.close();
  }
}

function anotherRun(path: string): HybridError {
  return new HybridError('E_RESOURCE', `${path}: another run is writing this file`, {
    hint: 'Wait for the other run, or choose another path with --out.',
  });
}
