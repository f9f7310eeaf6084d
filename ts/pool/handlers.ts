/** What a worker does for each task. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { HybridError } from '../error.js';
import type { Kernels } from '../kernels/load.js';
import { encodePacked } from '../kernels/parquet.js';
import { scanDepth, scanTrades, surveyDepth, surveyTrades } from '../kernels/ticks.js';
import { binColumn, growShard, predictBlock } from '../kernels/trees.js';
import { evaluateShard } from './evaluate.js';
import { refineOnTable } from './refine.js';
import type { TaskName, Tasks, Timed } from './tasks.js';

/** `here`: the thread that asks does it itself, so that what stands in its kernel may stay there. */
type Handler<N extends TaskName> = (
  kernels: Kernels,
  input: Tasks[N]['input'],
  here?: boolean,
) => Promise<Tasks[N]['output']> | Tasks[N]['output'];

export const handlers: { readonly [N in TaskName]: Handler<N> } = {
  echo: (_, input) => input,
  surveyTrades: timed(surveyTrades),
  scanTrades: timed((kernels, input) => scanTrades(kernels, input, input.format)),
  surveyDepth: timed(surveyDepth),
  scanDepth: timed((kernels, input) => scanDepth(kernels, input, input.format)),
  encodeGroup: timed((kernels, input) => encodePacked(kernels, input.rows, input.encoding)),
  evaluate: (kernels, input) => evaluateShard(input, kernels),
  refine: (kernels, input) => refineOnTable(input, kernels),
  binColumn,
  growShard,
  predictBlock,
  digest: async (_, { path }) => {
    const start = performance.now();
    return { ...(await digest(path)), seconds: (performance.now() - start) / 1000 };
  },
};

function timed<I, O extends object>(handler: (kernels: Kernels, input: I, here?: boolean) => O) {
  return (kernels: Kernels, input: I, here = false): O & Timed => {
    const start = performance.now();
    const output = handler(kernels, input, here);
    return { ...output, seconds: (performance.now() - start) / 1000 };
  };
}

/** Bytes that are read at once, while those before them are digested. */
const digestBytes = 1 << 18;

async function digest(path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let [room, other] = [Buffer.allocUnsafeSlow(digestBytes), Buffer.allocUnsafeSlow(digestBytes)];
  let bytes = 0;
  try {
    const file = await open(path);
    try {
      let reading = file.read(room);
      for (;;) {
        const { bytesRead } = await reading;
        if (bytesRead === 0) break;
        reading = file.read(other);
        hash.update(room.subarray(0, bytesRead));
        bytes += bytesRead;
        [room, other] = [other, room];
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw HybridError.from(Object.assign(error as Error, { path }));
  }
  return { sha256: hash.digest('hex'), bytes };
}
