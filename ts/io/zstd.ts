/**
 * zstd in JavaScript, for a Node that cannot (before 22.15): the container of RFC 8878 is read here and its checksums are
 * verified, which fzstd, who decodes the blocks, does not do.
 */
import { Decompress } from 'fzstd';
import { callKernel, type Kernels } from '../kernels/load.js';

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
/** As much as the zstd program uses unless it is told to use more. */
const largestWindow = 1 << 27;
/** fzstd wants small pieces: it decodes all of one at once. */
const piece = 1 << 16;

const blockTypes = ['raw', 'rle', 'compressed', 'reserved'] as const;

/** What comes next in the file, and how many bytes of it are still to come. */
interface Expected {
  what: 'magic' | 'header' | 'block' | 'content' | 'checksum' | 'length' | 'skipped';
  bytes: number;
}

/** Frames one after the other. Throws an Error for bytes that are none, {@link end} for a frame that is cut off. */
export class ZstdFrames {
  private expected: Expected = { what: 'magic', bytes: 4 };
  /** The bytes of a small thing that is not whole yet. */
  private held: number[] = [];
  private frame: { decoder: Decompress; sum: Kernels['Xxh64']['prototype']; checked: boolean } | undefined;
  private lastBlock = false;

  constructor(
    private readonly kernels: Kernels,
    private readonly emit: (bytes: Uint8Array) => void,
  ) {}

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const { what, bytes } = this.expected;
      const part = chunk.subarray(at, at + bytes);
      at += part.length;
      this.expected.bytes -= part.length;
      if (what === 'content') this.decode(part);
      else if (what !== 'skipped') this.held.push(...part);
      while (this.expected.bytes === 0) this.next();
    }
  }

  /** The file ends here. */
  end(): void {
    const { what } = this.expected;
    const between = what === 'magic' && this.held.length === 0;
    this.free();
    if (!between) throw new Error('unexpected end of the file');
  }

  free(): void {
    this.frame?.sum.free();
    this.frame = undefined;
  }

  /** What was expected is there. */
  private next(): void {
    const { what } = this.expected;
    const held = this.held;
    if (what === 'magic') this.magic(number(held));
    else if (what === 'header') this.header(held);
    else if (what === 'block') this.block(held);
    else if (what === 'content') this.blockEnded();
    else if (what === 'checksum') this.frameEnded(held);
    else if (what === 'length') this.expect('skipped', number(held));
    else this.expect('magic', 4);
  }

  private expect(what: Expected['what'], bytes: number): void {
    this.expected = { what, bytes };
    this.held = [];
  }

  private magic(magic: number): void {
    const skipped = (magic & 0xfffffff0) >>> 0 === skippableMagic;
    if (magic !== frameMagic && !skipped) throw new Error('a frame with another beginning');
    if (skipped) this.expect('length', 4);
    else this.expect('header', 1);
  }

  /** The descriptor says how long the header is. */
  private header(held: number[]): void {
    const flags = held[0]!;
    const [single, checked] = [(flags >> 5) & 1, ((flags >> 2) & 1) === 1];
    const sizeBytes = flags >> 6 === 0 ? single : 1 << (flags >> 6);
    const dictionaryBytes = [0, 1, 2, 4][flags & 3]!;
    const whole = 1 + (1 - single) + dictionaryBytes + sizeBytes;
    if (held.length < whole) {
      this.expected.bytes = whole - held.length;
      return;
    }
    const size = number(held.slice(whole - sizeBytes)) + (sizeBytes === 2 ? 256 : 0);
    const window = single === 1 ? size : windowOf(held[1]!);
    if (window > largestWindow) throw new Error(`a window of ${Math.ceil(window / 2 ** 20)} MiB, above 128`);
    const sum = callKernel(() => new this.kernels.Xxh64());
    const decoder = new Decompress((bytes) => {
      if (bytes.length === 0) return;
      if (checked) sum.update(bytes);
      this.emit(bytes);
    });
    this.frame = { decoder, sum, checked };
    decoder.push(Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, ...held]));
    this.expect('block', 3);
  }

  private block(held: number[]): void {
    const header = number(held);
    const [type, size] = [blockTypes[(header >> 1) & 3]!, header >> 3];
    if (type === 'reserved') throw new Error('a block of a reserved kind');
    this.lastBlock = (header & 1) === 1;
    this.frame!.decoder.push(Uint8Array.from(held));
    this.expect('content', type === 'rle' ? 1 : size);
  }

  private decode(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += piece) this.frame!.decoder.push(bytes.subarray(at, at + piece));
  }

  private blockEnded(): void {
    if (!this.lastBlock) this.expect('block', 3);
    else if (this.frame!.checked) this.expect('checksum', 4);
    else this.frameEnded();
  }

  /** With no bytes where the frame has none. */
  private frameEnded(checksum: number[] = []): void {
    const { decoder, sum, checked } = this.frame!;
    decoder.push(Uint8Array.from(checksum));
    // It holds back small frames until their end.
    decoder.push(new Uint8Array(), true);
    if (checked && sum.low() !== number(checksum)) throw new Error('the checksum is another one');
    this.free();
    this.expect('magic', 4);
  }
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** Little endian; exact up to 2^53. */
function number(bytes: readonly number[]): number {
  return bytes.reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0);
}
