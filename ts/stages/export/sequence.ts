/** Parts that arrive side by side, put into one order: the first goes straight on, those ahead of it wait in memory. */

/** Where the parts go, one after the other. */
export interface Sink {
  /** Keeps nothing of the chunk; the promise, where there is one, is the backpressure. */
  write(chunk: Buffer): Promise<void> | undefined;
  /** The part is whole. */
  end(part: number): Promise<void>;
}

/** Memory that is used again and again. */
interface Block {
  bytes: Buffer;
  filled: number;
}

const blockBytes = 1 << 18;

/** How many bytes may wait, over all sequences of a run; who has more is held up until there is room. */
export class LookAhead {
  private readonly spare: Block[] = [];
  private used = 0;
  private waiting: (() => void)[] = [];
  private failure: Error | undefined;

  constructor(private readonly limit: number) {}

  take(): Block {
    this.used += blockBytes;
    return this.spare.pop() ?? { bytes: Buffer.allocUnsafeSlow(blockBytes), filled: 0 };
  }

  release(block: Block): void {
    this.used -= blockBytes;
    this.spare.push({ ...block, filled: 0 });
    this.wake();
  }

  /** Waits for room, or until `mayPass`; nothing where there is no need to wait. */
  room(mayPass: () => boolean): Promise<void> | undefined {
    if (this.failure === undefined && (this.used <= this.limit || mayPass())) return undefined;
    return this.wait(mayPass);
  }

  private async wait(mayPass: () => boolean): Promise<void> {
    while (this.used > this.limit && !mayPass()) {
      if (this.failure !== undefined) throw this.failure;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    if (this.failure !== undefined) throw this.failure;
  }

  /** Who waits need not wait any more: the run is over. */
  fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

export class Sequence {
  private readonly parts: { blocks: Block[]; ended: boolean }[];
  private head = 0;
  private draining: Promise<void> | undefined;

  constructor(
    parts: number,
    private readonly sink: Sink,
    private readonly lookAhead: LookAhead,
  ) {
    this.parts = Array.from({ length: parts }, () => ({ blocks: [], ended: false }));
  }

  /** Appends to a part, keeping nothing of the chunk; the promise, where there is one, is the backpressure. */
  write(part: number, chunk: Buffer): Promise<void> | undefined {
    const { blocks } = this.parts[part]!;
    const isFirst = part === this.head;
    if (isFirst && blocks.length === 0 && this.draining === undefined) return this.sink.write(chunk);
    this.keep(blocks, chunk);
    return isFirst ? this.drain() : this.lookAhead.room(() => part <= this.head);
  }

  async end(part: number): Promise<void> {
    this.parts[part]!.ended = true;
    if (part === this.head) await this.drain();
  }

  private keep(blocks: Block[], chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (blocks.length === 0 || blocks.at(-1)!.filled === blockBytes) blocks.push(this.lookAhead.take());
      const block = blocks.at(-1)!;
      const copied = chunk.copy(block.bytes, block.filled, at);
      block.filled += copied;
      at += copied;
    }
  }

  private async drain(): Promise<void> {
    while (this.hasWork()) {
      this.draining ??= this.passOn().finally(() => {
        this.draining = undefined;
      });
      await this.draining;
    }
  }

  private hasWork(): boolean {
    const first = this.parts[this.head];
    return first !== undefined && (first.blocks.length > 0 || first.ended);
  }

  private async passOn(): Promise<void> {
    for (let part = this.parts[this.head]; this.hasWork(); part = this.parts[this.head]) {
      const block = part!.blocks.shift();
      if (block === undefined) {
        await this.sink.end(this.head++);
        this.lookAhead.wake();
      } else {
        const written = this.sink.write(block.bytes.subarray(0, block.filled));
        this.lookAhead.release(block);
        await written;
      }
    }
  }
}
