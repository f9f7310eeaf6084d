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

/** `threads` is how many threads may work; a function may say more of them later. */
export async function createCrew(threads: number | (() => number), kernels: Kernels): Promise<Crew> {
  const crew = new WorkingCrew(typeof threads === 'number' ? () => threads : threads, kernels);
  await crew.grow();
  return crew;
}

interface Laid {
  /** Of {@link tasksPerWorker}. */
  places: number;
  toWorker(pool: Pool): Promise<void>;
  here(): Promise<void>;
}

/** Workers that came together. */
interface Hands {
  pool: Pool;
  away: number;
}

class WorkingCrew implements Crew {
  private readonly laid: Laid[] = [];
  private readonly later: Laid[] = [];
  private readonly pools: Pool[] = [];
  /** Those of the pools that are up. */
  private readonly hands: Hands[] = [];
  /** Workers that are up or on their way. */
  private hired = 0;
  private hiring: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly allowed: () => number,
    private readonly kernels: Kernels,
  ) {}

  get threads(): number {
    return Math.max(1, this.allowed());
  }

  get idle(): boolean {
    return this.laid.length === 0 && this.free() !== undefined;
  }

  /** Takes on the workers that may be had and are not there yet. */
  grow(): Promise<void> {
    const more = this.threads - 1 - this.hired;
    if (more <= 0 || this.closed) return this.hiring;
    this.hired += more;
    const before = this.hiring;
    this.hiring = createPool(more, { tasksPerWorker }).then(async (pool) => {
      this.pools.push(pool);
      void this.greet(pool);
      await before;
    });
    return this.hiring;
  }

  /** Work goes to workers that are up: what lies with one on its way here, this thread cannot do in the meantime. */
  private async greet(pool: Pool): Promise<void> {
    // One that cannot come up says so with every task.
    await pool.run('echo', undefined).catch(() => {});
    if (this.closed) return;
    this.hands.push({ pool, away: 0 });
    this.handOut();
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
            resolve(await handlers[name](this.kernels, input, true));
          } catch (error) {
            reject(error);
          }
        },
      });
      void this.grow();
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
    this.closed = true;
    await this.hiring;
    await Promise.all(this.pools.map((pool) => pool.close()));
  }

  /** Workers with so many places free. */
  private free(places = 1): Hands | undefined {
    return this.hands.find(({ pool, away }) => away + places <= pool.threads * tasksPerWorker);
  }

  private handOut(): void {
    for (let next = this.next(); next !== undefined; next = this.next()) {
      const { task, to } = next;
      to.away += task.places;
      void task.toWorker(to.pool).finally(() => {
        to.away -= task.places;
        this.handOut();
      });
    }
  }

  /** What a worker can begin now, and who. */
  private next(): { task: Laid; to: Hands } | undefined {
    for (const tasks of [this.later, this.laid]) {
      const to = tasks[0] && this.free(tasks[0].places);
      if (to !== undefined) return { task: tasks.shift()!, to };
    }
    return undefined;
  }
}
