/** The server's messages during a COPY … TO STDOUT: its content is taken out of the bytes, all else is left. Pure. */

/** The kind of message that carries content, mostly one row (PostgreSQL documentation, message formats). */
const copyData = 0x64;
/** One byte for the kind, four for the length, which counts itself. */
const headerBytes = 5;
const lengthBytes = 4;

export interface Split {
  /** The content so far: a beginning of the bytes that were given, moved together there. */
  content: Buffer;
  /** All other messages, cut anywhere, on memory of their own. */
  rest: Buffer;
}

export class Frames {
  private readonly header = Buffer.alloc(headerBytes);
  private headed = 0;
  private isContent = false;
  /** Bytes of the message at hand that are still to come. */
  private left = 0;

  /** Takes messages cut anywhere. Errors: a length that no message has. */
  split(bytes: Buffer): Split {
    const rest: Buffer[] = [];
    let to = 0;
    for (let from = 0; from < bytes.length; ) {
      if (this.left === 0) from = this.begin(bytes, from, rest);
      const end = Math.min(from + this.left, bytes.length);
      if (this.isContent) {
        bytes.copyWithin(to, from, end);
        to += end - from;
      } else if (end > from) rest.push(Buffer.from(bytes.subarray(from, end)));
      this.left -= end - from;
      from = end;
    }
    return { content: bytes.subarray(0, to), rest: Buffer.concat(rest) };
  }

  /** The beginning of a message whose header is not whole yet. */
  get unfinished(): Buffer {
    return Buffer.from(this.header.subarray(0, this.headed));
  }

  /** Reads a header, or as much of it as there is; returns where it ends. */
  private begin(bytes: Buffer, from: number, rest: Buffer[]): number {
    const whole = this.headed === 0 && from + headerBytes <= bytes.length;
    if (!whole) return this.gather(bytes, from, rest);
    this.enter(bytes, from, rest);
    return from + headerBytes;
  }

  /** A header in pieces. */
  private gather(bytes: Buffer, from: number, rest: Buffer[]): number {
    const taken = bytes.copy(this.header, this.headed, from);
    this.headed += taken;
    if (this.headed === headerBytes) {
      this.headed = 0;
      this.enter(this.header, 0, rest);
    }
    return from + taken;
  }

  private enter(bytes: Buffer, at: number, rest: Buffer[]): void {
    const length = bytes.readInt32BE(at + 1);
    if (length < lengthBytes) throw new Error(`expected the length of a message, got ${length}`);
    this.isContent = bytes[at] === copyData;
    this.left = length - lengthBytes;
    if (!this.isContent) rest.push(Buffer.from(bytes.subarray(at, at + headerBytes)));
  }
}
