/** The worker's entry: one instance of the kernels, tasks dispatched by name. */
import { workerData } from 'node:worker_threads';
import { HybridError } from '../error.js';
import { instantiateKernels } from '../kernels/load.js';
import { evaluateShard } from './evaluate.js';
import type { TaskName, Tasks } from './tasks.js';

const kernels = instantiateKernels((workerData as { module: WebAssembly.Module }).module);

type Handlers = {
  [N in TaskName]: (
    input: Tasks[N]['input'],
    k: typeof kernels,
  ) => Promise<Tasks[N]['output']> | Tasks[N]['output'];
};

const handlers: Handlers = {
  echo: (input) => input,
  evaluate: evaluateShard,
};

/** Runs one task; an error travels as `{code, message, hint}`, since its class does not survive the way. */
export default async function work({ name, input }: { name: TaskName; input: never }): Promise<unknown> {
  try {
    return await handlers[name](input, kernels);
  } catch (thrown) {
    throw HybridError.from(thrown).toJSON();
  }
}
