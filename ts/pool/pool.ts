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

/** A pool of `threads` workers, each with its own instance of the kernels; `worker` is the file they run. */
export async function createPool(threads: number, worker: URL = workerFile): Promise<Pool> {
  const module = await compileKernels();
  const piscina = new Piscina({
    filename: worker.href,
    minThreads: threads,
    maxThreads: threads,
    workerData: { module },
  });
  return {
    threads,
    async run(name, input, transfer = []) {
      try {
        return await piscina.run({ name, input }, { transferList: transfer });
      } catch (thrown) {
        throw HybridError.from(thrown);
      }
    },
    close: () => piscina.destroy(),
  };
}
