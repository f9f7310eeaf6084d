/**
 * Shared memory through which the shards of a training pass each other messages, and by which its owner follows
 * and stops it. Every shard runs in a thread of its own; all wait for each other at each message.
 */
import { HybridError, interrupted } from '../error.js';

/** Cells of the control words: who has arrived, how often all had, whether to stop, rounds whose losses stand. */
const [ARRIVED, TURN, STOP, ROUNDS, CONTROLS] = [0, 1, 2, 3, 4];
/** Looks at the turn this often before a thread goes to sleep: mostly the others come at once. */
const spins = 2000;

/** What crosses to a worker. */
export interface BoardMemory {
  shards: number;
  /** Words that a message has at most. */
  capacity: number;
  control: Int32Array;
  /** Words of each shard's message, in two turns. */
  lengths: Int32Array;
  messages: Float64Array;
  /** Training and validation loss by round. */
  losses: Float64Array;
}

/** Room for `shards` shards whose messages have at most `capacity` words, and the losses of `rounds` rounds. */
export function createBoard(shards: number, capacity: number, rounds: number): BoardMemory {
  const messages = shards > 1 ? 2 * shards * capacity : 0;
  return {
    shards,
    capacity,
    control: new Int32Array(new SharedArrayBuffer(4 * CONTROLS)),
    lengths: new Int32Array(new SharedArrayBuffer(8 * shards)),
    messages: new Float64Array(new SharedArrayBuffer(8 * messages)),
    losses: new Float64Array(new SharedArrayBuffer(16 * rounds)),
  };
}

/** Ends the training: every shard throws E_INTERRUPTED at its next message. */
export function stop({ control }: BoardMemory): void {
  Atomics.store(control, STOP, 1);
  Atomics.notify(control, TURN);
}

export function stopped({ control }: BoardMemory): boolean {
  return Atomics.load(control, STOP) === 1;
}

/** Makes the losses of the next round known. */
export function publishLosses({ control, losses }: BoardMemory, round: number, both: Float64Array): void {
  losses.set(both, 2 * (round - 1));
  Atomics.store(control, ROUNDS, round);
}

export function publishedRounds({ control }: BoardMemory): number {
  return Atomics.load(control, ROUNDS);
}

/**
 * A shard's place at the board. Messages of even and odd turns lie apart: nobody writes over what another still
 * reads, since to write again it must first have passed the turn at which all had read.
 */
export class Seat {
  private turn = 0;

  constructor(
    private readonly board: BoardMemory,
    private readonly shard: number,
  ) {}

  /** Shows `words` to all; returns when everyone has shown theirs. A shard alone has nobody to show them to. */
  show(words: Float64Array): void {
    if (this.board.shards > 1) this.write(words);
    this.meet();
  }

  private write(words: Float64Array): void {
    const { capacity, lengths, messages, shards } = this.board;
    if (words.length > capacity)
      throw new HybridError('E_INTERNAL', `message: expected at most ${capacity} words, got ${words.length}`);
    const place = (this.turn & 1) * shards + this.shard;
    messages.set(words, place * capacity);
    lengths[place] = words.length;
  }

  /** Words of the message that shard `from` has just shown. */
  length(from: number): number {
    return this.board.lengths[this.place(from)]!;
  }

  /** Words `begin` to `end` of it; a view on shared memory. */
  words(from: number, begin: number, end: number): Float64Array {
    const at = this.place(from) * this.board.capacity;
    return this.board.messages.subarray(at + begin, at + end);
  }

  private place(from: number): number {
    return ((this.turn - 1) & 1) * this.board.shards + from;
  }

  private meet(): void {
    const { control, shards } = this.board;
    if (Atomics.add(control, ARRIVED, 1) === shards - 1) {
      Atomics.store(control, ARRIVED, 0);
      Atomics.add(control, TURN, 1);
      Atomics.notify(control, TURN);
    } else {
      this.wait();
    }
    this.turn++;
    if (stopped(this.board)) throw interrupted();
  }

  private wait(): void {
    const { control } = this.board;
    for (let i = 0; i < spins; i++) if (Atomics.load(control, TURN) !== this.turn) return;
    while (Atomics.load(control, TURN) === this.turn && !stopped(this.board))
      Atomics.wait(control, TURN, this.turn, 1000);
  }
}
