/** The entry of a lane: prepares one symbol on its thread and on those that it is lent. */
import { workerData } from 'node:worker_threads';
import { HybridError } from '../../error.js';
import { type CsvSource, csvFile } from '../../io/csv.js';
import { columnsOf, readParams } from '../../kernels/engine.js';
import { instantiateKernels } from '../../kernels/load.js';
import { createCrew } from '../../pool/crew.js';
import type { Progress } from '../../report/progress.js';
import { makeJob } from './job.js';
import type { LaneResult, LaneTask, Share } from './lanes.js';
import type { Run } from './run.js';
import type { Files } from './symbol.js';

const kernels = instantiateKernels((workerData as { module: WebAssembly.Module }).module);

/** How often a lane looks whether it is to end. */
const lookMs = 50;

/** Runs one task; an error travels as `{code, message, hint}`, since its class does not survive the way. */
export default async function lane(task: LaneTask): Promise<LaneResult> {
  const { share } = task;
  const end = new AbortController();
  const looking = setInterval(() => {
    if (Atomics.load(share.orders, 1) !== 0) end.abort();
  }, lookMs);
  try {
    return await prepare(task, end.signal);
  } catch (thrown) {
    throw HybridError.from(thrown).toJSON();
  } finally {
    clearInterval(looking);
  }
}

async function prepare({ run: settings, ...task }: LaneTask, signal: AbortSignal): Promise<LaneResult> {
  const { params: values, ...plain } = settings;
  const { featureSet } = plain;
  const params = readParams(kernels, values, featureSet);
  const crew = await createCrew(() => Atomics.load(task.share.orders, 0), kernels);
  const stages = { scan: 0, engine: 0, encode: 0 };
  const run: Run = { ...plain, kernels, columns: columnsOf(kernels, featureSet), crew, stages, signal };
  const notes: string[] = [];
  try {
    const input = { symbol: task.symbol, ...filesOf(task.sources) };
    const made = await makeJob(task.job, run, input, params, told(task.share, notes));
    return { ...made, stages, notes };
  } finally {
    params.free();
    await crew.close();
  }
}

function filesOf({ trades = [], depth, liquidations }: LaneTask['sources']): Files {
  const open = (sources: readonly CsvSource[]) => sources.map(csvFile);
  return {
    trades: open(trades),
    ...(depth && { depth: open(depth) }),
    ...(liquidations && { liquidations: open(liquidations) }),
  };
}

/** Progress that another thread can see. */
function told({ rows }: Share, notes: string[]): Progress {
  return {
    phase: (_, total) => {
      rows[1] = total;
      return {
        update: (done) => {
          rows[0] = done;
        },
        end: () => {},
      };
    },
    note: (line) => notes.push(line),
  };
}
