/**
 * Rows in binary, written here as the CSV that the server would have written: printing is most of what a COPY costs
 * it, and it has less time to spare than we.
 */
import { HybridError } from '../../error.js';
import { instantTypes, Page, type Print, printers, printInstant } from './printed.js';
import type { Session } from './session.js';
import { microsOf, type Range, type Source, selectRows } from './source.js';

/** What is asked of the server in the place of a source's CSV, and how to print the answer. */
export interface Binary {
  source: Source;
  columns: readonly Print[];
}

/** Before 14 the instant as a number was no exact one. */
const oldestServer = 140_000;

/** The binary form of a source; undefined where a column has a type that only the server prints. */
export async function binaryOf(session: Session, source: Source): Promise<Binary | undefined> {
  const [server] = await session.query<{ number: number }>(
    'server',
    "SELECT current_setting('server_version_num')::int AS number",
  );
  if (server!.number < oldestServer) return undefined;
  const raw = withRawTime(source);
  const types = await session.types(`types of ${source.stream}`, `${selectRows(raw, '', {})} LIMIT 0`);
  const columns = types.map((type, i) =>
    i === 0 && raw !== source && instantTypes.has(type) ? printInstant : printers.get(type),
  );
  return columns.every((print) => print !== undefined) ? { source: raw, columns } : undefined;
}

/** With the instant as it is stored. */
function withRawTime(source: Source): Source {
  const [ts, ...others] = source.columns;
  const { time } = source;
  const isStored = ['timestamptz', 'timestamp', 'date'].includes(time.type) && ts!.sql === microsOf(time);
  return isStored ? { ...source, columns: [{ ...ts!, sql: time.sql }, ...others] } : source;
}

export function copyBinary({ source }: Binary, symbol: string, range: Range): string {
  return `COPY (${selectRows(source, symbol, range)}) TO STDOUT (FORMAT binary)`;
}

const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** Signature, flags, and the length of what may come between them and the rows. */
const headBytes = signature.length + 8;
const [comma, newline] = [0x2c, 0x0a];

export class BinaryRows {
  private readonly page = new Page();
  /** Begins with the bytes of a row that is not whole yet. */
  private open = Buffer.allocUnsafeSlow(1 << 12);
  private opened = 0;
  private state: 'head' | 'rows' | 'ended' = 'head';

  /** With `header` the names of the columns come first. */
  constructor(
    private readonly columns: readonly Print[],
    private readonly header: string | undefined,
  ) {}

  /** Takes content cut anywhere; returns the CSV of the rows that are whole, which the next call overwrites. */
  next(content: Buffer): Buffer {
    const bytes = this.joined(content);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.page.end = 0;
    let at = this.state === 'head' ? this.begin(bytes) : 0;
    while (this.state === 'rows') {
      const end = this.row(view, at);
      if (end < 0) break;
      at = end;
    }
    this.keep(bytes, at);
    return Buffer.from(this.page.bytes.buffer, 0, this.page.end);
  }

  /** Errors: E_DATABASE where the content did not end as it should. */
  end(): void {
    if (this.state !== 'ended' || this.opened > 0) throw unexpected('an end', 'another');
  }

  private joined(content: Buffer): Buffer {
    if (this.opened === 0) return content;
    const length = this.opened + content.length;
    if (length > this.open.length) {
      const larger = Buffer.allocUnsafeSlow(2 * length);
      this.open.copy(larger, 0, 0, this.opened);
      this.open = larger;
    }
    content.copy(this.open, this.opened);
    return this.open.subarray(0, length);
  }

  private keep(bytes: Buffer, from: number): void {
    this.opened = bytes.length - from;
    if (this.opened > this.open.length) this.open = Buffer.allocUnsafeSlow(2 * this.opened);
    bytes.copy(this.open, 0, from);
  }

  /** Returns where the rows begin, or 0 where the head is not whole. */
  private begin(bytes: Buffer): number {
    if (bytes.length < headBytes) return 0;
    const begin = headBytes + bytes.readInt32BE(headBytes - 4);
    if (!bytes.subarray(0, signature.length).equals(signature)) throw unexpected('rows in binary', 'others');
    if (bytes.length < begin) return 0;
    this.state = 'rows';
    if (this.header !== undefined) this.page.text(`${this.header}\n`);
    return begin;
  }

  /** Prints the row that begins there; returns where it ends, or -1 where it is not whole. */
  private row(bytes: DataView, begin: number): number {
    const { page, columns } = this;
    const line = page.end;
    const { byteLength } = bytes;
    let at = begin + 2;
    if (at > byteLength) return -1;
    const fields = bytes.getInt16(begin);
    if (fields === -1) {
      this.state = 'ended';
      return at;
    }
    if (fields !== columns.length) throw unexpected(`a row of ${columns.length} fields`, String(fields));
    for (let c = 0; c < fields; c++) {
      const length = at + 4 <= byteLength ? bytes.getInt32(at) : 0;
      at += 4 + Math.max(0, length);
      if (at > byteLength) {
        page.end = line;
        return -1;
      }
      if (length >= 0) columns[c]!(bytes, at - length, length, page);
      page.room(1);
      page.byte(c < fields - 1 ? comma : newline);
    }
    return at;
  }
}

function unexpected(expected: string, got: string): HybridError {
  return new HybridError('E_DATABASE', `COPY: expected ${expected}, got ${got}`, {
    hint: 'Run the same command again.',
  });
}
