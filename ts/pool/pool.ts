/** The worker pool: tasks in, results out, errors with their code and hint. */
import { Piscina } from 'piscina';
import { HybridError } from '../error.js';
import { compileKernels } from '../kernels/load.js';
import type { TaskName, Tasks } from './tasks.js';

export interface Pool {
  readonly threads: number;
  /**
   * Runs one task on any worker. `transfer` names the buffers that move instead of being copied.
   * A round trip costs about 100 µs: give a task at least 5 ms of work.
   */
  run<N extends TaskName>(
    name: N,
    input: Tasks[N]['input'],
    transfer?: ArrayBuffer[],
  ): Promise<Tasks[N]['output']>;
  close(): Promise<void>;
}

const workerFile = new URL('./worker.js', import.meta.url);

export interface PoolOptions {
  /** The file that workers run. */
  worker?: URL;
  /** Tasks that a worker may hold at once; it does them one after the other. */
  tasksPerWorker?: number;
}

/** A pool of `threads` workers, each with its own instance of the kernels. */
export async function createPool(
  threads: number,
  { worker = workerFile, tasksPerWorker = 1 }: PoolOptions = {},
): Promise<Pool> {
  const workers = await createWorkers(threads, worker, tasksPerWorker);
  return {
    threads,
    run: (name, input, transfer = []) => workers.run({ name, input }, transfer) as never,
    close: () => workers.close(),
  };
}

/** Threads that run a file of one's own. */
export interface Workers<Input, Output> {
  /** Runs one task on any worker; errors keep their code and hint. */
  run(input: Input, transfer?: ArrayBuffer[]): Promise<Output>;
  close(): Promise<void>;
}

/** Workers that find the compiled kernels in their `workerData.module`. */
export async function createWorkers<Input, Output>(
  threads: number,
  worker: URL,
  tasksPerWorker = 1,
): Promise<Workers<Input, Output>> {
  const module = await compileKernels();
  const piscina = new Piscina({
    filename: worker.href,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: tasksPerWorker,
    workerData: { module },
  });
  // Of a worker that ends without a task: another takes its place, and what is wrong with both the next task says.
  piscina.on('error', () => {});
  return {
    async run(input, transfer = []) {
      try {
        return (await piscina.run(input, { transferList: transfer })) as Output;
      } catch (thrown) {
        throw HybridError.from(thrown);
      }
    },
    close: () => piscina.destroy(),
  };
}
