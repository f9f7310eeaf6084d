/** The worker's entry: one instance of the kernels, tasks dispatched by name. */
import { workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { HybridError } from '../error.js';
import { instantiateKernels } from '../kernels/load.js';
import { handlers } from './handlers.js';
import type { TaskName } from './tasks.js';

const kernels = instantiateKernels((workerData as { module: WebAssembly.Module }).module);

/** Runs one task; an error travels as `{code, message, hint}`, since its class does not survive the way. */
export default async function work({ name, input }: { name: TaskName; input: never }): Promise<unknown> {
  try {
    return moved(await handlers[name](kernels, input, false));
  } catch (thrown) {
    const error = HybridError.from(thrown);
    if (error.code === 'E_KERNEL') return die(error);
    throw error.toJSON();
  }
}

/**
 * A trap leaves the instance in an unknown state. An uncaught error ends this worker: the pool fails the task
 * with it and starts another worker. (An answer first and an exit later would let one more task in between.)
 */
function die(error: HybridError): Promise<never> {
  process.nextTick(() => {
    throw error;
  });
  return new Promise(() => {});
}

/** The output with its buffers handed over instead of copied. */
function moved(output: unknown): unknown {
  const buffers = [...buffersIn(output)];
  if (buffers.length === 0) return output;
  return move({ [transferableSymbol]: buffers, [valueSymbol]: output } as never);
}

/** The distinct buffers of the typed arrays in an output: at its top, in a list or in an object one level down. */
export function buffersIn(output: unknown): Set<ArrayBuffer> {
  const found = new Set<ArrayBuffer>();
  const visit = (value: unknown, depth: number) => {
    if (ArrayBuffer.isView(value)) {
      if (value.byteLength > 0 && value.buffer instanceof ArrayBuffer) found.add(value.buffer);
    } else if (typeof value === 'object' && value !== null && depth < 2) {
      for (const inner of Object.values(value)) visit(inner, depth + 1);
    }
  };
  visit(output, 0);
  return found;
}
