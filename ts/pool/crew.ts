/**
 * A pool in which the calling thread works too: what no worker has begun, it does itself while it waits. So `threads`
 * threads are busy, not one more, and one thread needs no worker at all.
 */
import { setImmediate as immediate } from 'node:timers/promises';
import type { Kernels } from '../kernels/load.js';
import { handlers } from './handlers.js';
import { createPool, type Pool } from './pool.js';
import type { TaskName, Tasks } from './tasks.js';

export interface Crew {
  /** Threads that work, the calling one among them. */
  readonly threads: number;
  /** Whether a worker would begin a task at once, or soon. */
  readonly idle: boolean;
  /** Hands a task to a worker, or lays it out for whoever is free first; the buffers of `transfer` are given away. */
  run<N extends TaskName>(
    name: N,
    input: Tasks[N]['input'],
    transfer?: ArrayBuffer[],
  ): Promise<Tasks[N]['output']>;
  /** Waits for a result; until it is there this thread does what lies there. */
  wait<T>(result: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Tasks that a worker has at once: while it does one, the next is there already. */
const tasksPerWorker = 2;
/** Long ones that nobody waits for until the end: workers begin them first, this thread last, and nothing lies behind. */
const background: ReadonlySet<TaskName> = new Set(['digest']);

export async function createCrew(threads: number, kernels: Kernels): Promise<Crew> {
  const pool = threads > 1 ? await createPool(threads - 1, { tasksPerWorker }) : undefined;
  return new WorkingCrew(threads, kernels, pool);
}

interface Laid {
  /** Of {@link tasksPerWorker}. */
  places: number;
  toWorker(pool: Pool): Promise<void>;
  here(): Promise<void>;
}

class WorkingCrew implements Crew {
  private readonly laid: Laid[] = [];
  private readonly later: Laid[] = [];
  private away = 0;

  constructor(
    readonly threads: number,
    private readonly kernels: Kernels,
    private readonly pool: Pool | undefined,
  ) {}

  get idle(): boolean {
    return this.laid.length === 0 && this.away < (this.threads - 1) * tasksPerWorker;
  }

  run<N extends TaskName>(
    name: N,
    input: Tasks[N]['input'],
    transfer: ArrayBuffer[] = [],
  ): Promise<Tasks[N]['output']> {
    return new Promise((resolve, reject) => {
      const long = background.has(name);
      (long ? this.later : this.laid).push({
        places: long ? tasksPerWorker : 1,
        toWorker: (pool) => pool.run(name, input, transfer).then(resolve, reject),
        here: async () => {
          try {
            resolve(await handlers[name](this.kernels, input));
          } catch (error) {
            reject(error);
          }
        },
      });
      this.handOut();
    });
  }

  async wait<T>(result: Promise<T>): Promise<T> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    result.then(settle, settle);
    // Messages of workers that are there already come first.
    await immediate();
    while (!settled) {
      const task = this.laid.shift() ?? this.later.shift();
      if (task === undefined) break;
      await task.here();
      await immediate();
    }
    return result;
  }

  async close(): Promise<void> {
    this.laid.length = 0;
    this.later.length = 0;
    await this.pool?.close();
  }

  private handOut(): void {
    if (this.pool === undefined) return;
    for (let next = this.next(); next !== undefined; next = this.next()) {
      const { places, toWorker } = next;
      this.away += places;
      void toWorker(this.pool).finally(() => {
        this.away -= places;
        this.handOut();
      });
    }
  }

  /** What a worker can begin now. */
  private next(): Laid | undefined {
    const free = (this.threads - 1) * tasksPerWorker - this.away;
    if (this.later.length > 0 && free >= tasksPerWorker) return this.later.shift();
    return free > 0 ? this.laid.shift() : undefined;
  }
}
