/** Parts that arrive side by side, put into one order: the first goes straight on, those ahead of it wait in memory. */

/** Where the parts go, one after the other. */
export interface Sink {
  write(chunk: Buffer): Promise<void>;
  /** The part is whole. */
  end(part: number): Promise<void>;
}

/** How many bytes may wait, over all sequences of a run; who has more is held up until there is room. */
export class LookAhead {
  private used = 0;
  private waiting: (() => void)[] = [];
  private failure: Error | undefined;

  constructor(private readonly limit: number) {}

  take(bytes: number): void {
    this.used += bytes;
  }

  release(bytes: number): void {
    this.used -= bytes;
    this.wake();
  }

  /** Waits for room, or until `mayPass`. */
  async room(mayPass: () => boolean): Promise<void> {
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
  private readonly parts: { chunks: Buffer[]; ended: boolean }[];
  private head = 0;
  private draining: Promise<void> | undefined;

  constructor(
    parts: number,
    private readonly sink: Sink,
    private readonly lookAhead: LookAhead,
  ) {
    this.parts = Array.from({ length: parts }, () => ({ chunks: [], ended: false }));
  }

  /** Appends to a part; the promise is the backpressure. */
  async write(part: number, chunk: Buffer): Promise<void> {
    this.parts[part]!.chunks.push(chunk);
    this.lookAhead.take(chunk.length);
    if (part === this.head) await this.drain();
    else await this.lookAhead.room(() => part <= this.head);
  }

  async end(part: number): Promise<void> {
    this.parts[part]!.ended = true;
    if (part === this.head) await this.drain();
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
    return first !== undefined && (first.chunks.length > 0 || first.ended);
  }

  private async passOn(): Promise<void> {
    for (let part = this.parts[this.head]; this.hasWork(); part = this.parts[this.head]) {
      const chunk = part!.chunks.shift();
      if (chunk === undefined) {
        await this.sink.end(this.head++);
        this.lookAhead.wake();
      } else {
        await this.sink.write(chunk);
        this.lookAhead.release(chunk.length);
      }
    }
  }
}
