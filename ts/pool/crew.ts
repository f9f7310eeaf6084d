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

/** `threads` is how many threads may work; a function may say more of them later. `worker`: the file that they run. */
export async function createCrew(
  threads: number | (() => number),
  kernels: Kernels,
  worker?: URL,
): Promise<Crew> {
  const crew = new WorkingCrew(typeof threads === 'number' ? () => threads : threads, kernels, worker);
  await crew.grow();
  return crew;
}

interface Laid {
  /** Of {@link tasksPerWorker}. */
  places: number;
  toWorker(pool: Pool): Promise<void>;
  here(): Promise<void>;
  fail(error: unknown): void;
}

/** A worker that is up, and how many of its places are taken. */
interface Hand {
  pool: Pool;
  away: number;
}

class WorkingCrew implements Crew {
  private readonly laid: Laid[] = [];
  private readonly later: Laid[] = [];
  /** One for each worker, so that each gets work when it is up. */
  private readonly pools: Pool[] = [];
  private readonly hands: Hand[] = [];
  /** Workers that are up or on their way. */
  private hired = 0;
  private hiring: Promise<void> = Promise.resolve();
  private closed = false;
  /** Why a worker could not come up. */
  private failure: { error: unknown } | undefined;

  constructor(
    private readonly allowed: () => number,
    private readonly kernels: Kernels,
    private readonly worker: URL | undefined,
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
    const hired = Array.from({ length: more }, () => this.hire());
    this.hiring = Promise.all([before, ...hired]).then(() => {});
    return this.hiring;
  }

  private async hire(): Promise<void> {
    const pool = await createPool(1, { tasksPerWorker, ...(this.worker && { worker: this.worker }) });
    this.pools.push(pool);
    void this.greet(pool);
  }

  /** Work goes to workers that are up: what lies with one on its way here, this thread cannot do in the meantime. */
  private async greet(pool: Pool): Promise<void> {
    try {
      await pool.run('echo', undefined);
    } catch (error) {
      if (!this.closed) this.fail(error);
      return pool.close();
    }
    if (this.closed) return;
    this.hands.push({ pool, away: 0 });
    this.handOut();
  }

  /** Nothing goes on without the threads that were asked for. */
  private fail(error: unknown): void {
    this.failure = { error };
    for (const task of [...this.laid.splice(0), ...this.later.splice(0)]) task.fail(error);
  }

  run<N extends TaskName>(
    name: N,
    input: Tasks[N]['input'],
    transfer: ArrayBuffer[] = [],
  ): Promise<Tasks[N]['output']> {
    if (this.failure !== undefined) return Promise.reject(this.failure.error);
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
        fail: reject,
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

  /** The worker with the most places free, if they are so many. */
  private free(places = 1): Hand | undefined {
    const first = this.hands.reduce<Hand | undefined>(
      (least, hand) => (least === undefined || hand.away < least.away ? hand : least),
      undefined,
    );
    return first !== undefined && first.away + places <= tasksPerWorker ? first : undefined;
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
  private next(): { task: Laid; to: Hand } | undefined {
    for (const tasks of [this.later, this.laid]) {
      const to = tasks[0] && this.free(tasks[0].places);
      if (to !== undefined) return { task: tasks.shift()!, to };
    }
    return undefined;
  }
}
