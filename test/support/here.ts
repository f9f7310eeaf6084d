import type { Kernels } from '../../ts/kernels/load.js';
import { handlers } from '../../ts/pool/handlers.js';
import type { Pool } from '../../ts/pool/pool.js';

/** A pool whose one worker is this thread. */
export function poolHere(kernels: Kernels): Pool {
  return {
    threads: 1,
    run: async (name, input) => handlers[name](kernels, input),
    close: async () => {},
  };
}
