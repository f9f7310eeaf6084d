/** What earlier runs have read of the raw files, and what has come since. */
import { createHash, type Hash } from 'node:crypto';
import { relative } from 'node:path';
import { HybridError } from '../../error.js';
import type { CsvFile } from '../../io/csv.js';
import type { Stream } from '../../io/raw.js';
import type { Border } from './books.js';
import { readingOf, sharedReading } from './reading.js';

/** The part of a file's text that has been read. */
export interface SeenFile {
  stream: Stream;
  /** Below the raw folder. */
  path: string;
  /** Of the text, decoded where the file is compressed. */
  bytes: number;
  lines: number;
  sha256: string;
  /** How its rows read. */
  dialect: string;
}

/** The advice of every error about data that a run with --since-last cannot append. */
export function wholeHint(out: string): string {
  return `Remove ${out} and run the same command again: it prepares the whole history.`;
}

export interface Since {
  /** What is to be read now; a stream of which nothing has come is empty. */
  files: CsvFile[];
  /** What will have been read then. */
  seen: SeenFile[];
  /** Files that are not there any more. */
  gone: string[];
}

/** What earlier runs have seen, and the advice where that does not hold any more. */
interface Past {
  stream: Stream;
  /** Of all streams. */
  seen: readonly SeenFile[];
  hint: string;
}

/**
 * The unread rest of a stream's files. They come in the order of their content: those seen before first and as they
 * were, but for the last one, which may have grown. Errors: E_INPUT for files that have changed, that read otherwise
 * than before, that come in between. `onRead` is called for every chunk that was read.
 */
export async function readSince(
  folder: string,
  files: readonly CsvFile[],
  { stream, seen, hint }: Past,
  onRead: (bytes: number) => void,
): Promise<Since> {
  const since: Since = { files: [], seen: [], gone: [] };
  const before = new Map(seen.filter((file) => file.stream === stream).map((file) => [file.path, file]));
  const other = [...before.values()][0];
  for (const file of files) {
    const path = relative(folder, file.path);
    const old = before.get(path);
    if (old !== undefined) requireSame(file, readingOf, old.dialect, hint);
    else if (other !== undefined) requireSame(file, sharedReading, other.dialect, hint);
    if (old !== undefined && since.files.length > 0)
      throw changed(file.path, 'no new rows before those of this file', since.files[0]!.path, hint);
    before.delete(path);
    const text = await readText(file, old, hint, onRead);
    if (text.bytes > (old?.bytes ?? file.skipBytes))
      since.files.push(old === undefined ? file : file.behind(text.from, old.lines));
    const { bytes, lines, sha256 } = text;
    if (bytes > file.skipBytes)
      since.seen.push({ stream, path, bytes, lines, sha256, dialect: file.dialect });
  }
  since.gone = [...before.keys()];
  since.seen.unshift(...before.values());
  return since;
}

/** The same with files of depth seen up to a border alone: what is behind it is read again by the next run. */
export async function seenUntil(
  folder: string,
  seen: readonly SeenFile[],
  { file, bytes, lines }: Border,
): Promise<SeenFile[]> {
  const path = relative(folder, file.path);
  const at = seen.findIndex((one) => one.stream === 'depth' && one.path === path);
  const text = new TextDigest(bytes);
  for await (const chunk of file.text()) {
    text.add(chunk);
    if (text.passed) break;
  }
  const until = { ...seen[at]!, bytes, lines, sha256: text.end().seen };
  return seen.flatMap((one, i) => (i === at ? [until] : one.stream === 'depth' && i > at ? [] : [one]));
}

/** The rows that come must mean what those before them meant. */
function requireSame(
  { path, dialect }: CsvFile,
  reading: (dialect: string) => string[],
  before: string,
  hint: string,
): void {
  const [was, is] = [reading(before), reading(dialect)];
  const show = (statements: readonly string[], others: readonly string[]) => {
    const own = statements.find((statement) => !others.includes(statement));
    return own === undefined ? 'none beside' : `"${own.replaceAll('\t', ' ')}"`;
  };
  if (was.join('\n') === is.join('\n')) return;
  throw changed(path, `rows that read as before, by ${show(was, is)}`, show(is, was), hint);
}

/** The whole text of a file, which must begin with what was seen of it. */
async function readText(
  file: CsvFile,
  old: SeenFile | undefined,
  hint: string,
  onRead: (bytes: number) => void,
) {
  const text = new TextDigest(old?.bytes ?? 0);
  for await (const chunk of file.text()) {
    text.add(chunk);
    onRead(chunk.length);
  }
  const { seen, bytes, lines, sha256, from } = text.end();
  if (old !== undefined && (bytes < old.bytes || seen !== old.sha256))
    throw changed(file.path, `its first ${old.bytes} bytes as they were read before`, 'others', hint);
  if (old !== undefined && from === undefined)
    throw changed(file.path, 'its last row as it was read before', 'a longer one', hint);
  return { bytes, lines, sha256, from: from ?? 0 };
}

function changed(path: string, expected: string, got: string, hint: string): HybridError {
  return new HybridError('E_INPUT', `${path}: expected ${expected}, got ${got}`, { hint });
}

const newline = 0x0a;
const carriageReturn = 0x0d;

/** The digest of a text and of its first bytes. */
class TextDigest {
  private readonly hash = createHash('sha256');
  private seen: Hash | undefined;
  private bytes = 0;
  private newlines = 0;
  /** The byte before the border, the two behind it, the last one. */
  private before = newline;
  private behind: number[] = [];
  private last = newline;

  constructor(private readonly border: number) {}

  add(chunk: Uint8Array): void {
    const cut = Math.min(Math.max(0, this.border - this.bytes), chunk.length);
    this.hash.update(chunk.subarray(0, cut));
    this.bytes += cut;
    if (cut > 0 && this.bytes === this.border) this.before = chunk[cut - 1]!;
    if (this.bytes >= this.border) {
      this.seen ??= this.hash.copy();
      this.behind.push(...chunk.subarray(cut, cut + 2 - this.behind.length));
    }
    this.hash.update(chunk.subarray(cut));
    this.bytes += chunk.length - cut;
    this.last = chunk.at(-1) ?? this.last;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) this.newlines++;
  }

  /** Whether the border lies behind. */
  get passed(): boolean {
    return this.seen !== undefined;
  }

  end() {
    const seen = (this.seen ?? this.hash.copy()).digest('hex');
    const lines = this.newlines + (this.last === newline ? 0 : 1);
    return { seen, bytes: this.bytes, lines, sha256: this.hash.digest('hex'), from: this.from() };
  }

  /** Where the first row behind the border begins; undefined where the border is within a row. */
  private from(): number | undefined {
    const { border, behind } = this;
    if (border === 0 || this.before === newline || behind.length === 0) return border;
    if (behind[0] === newline) return border + 1;
    return behind[0] === carriageReturn && behind[1] === newline ? border + 2 : undefined;
  }
}
