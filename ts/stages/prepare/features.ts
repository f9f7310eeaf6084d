/** The engine's loop: it says what it needs, gets it, and its rows leave in row groups. */
import { setImmediate as immediate } from 'node:timers/promises';
import { throwIfAborted } from '../../error.js';
import type { FeatureEngine } from '../../kernels/engine.js';
import type { Kernels } from '../../kernels/load.js';
import type { TradeColumns } from '../../kernels/ticks.js';
import type { Run } from './run.js';

export interface Events {
  trades: AsyncGenerator<TradeColumns>;
  /** Absent without a depth file. */
  books: AsyncGenerator<Kernels['BookColumns']['prototype']> | undefined;
  /** Absent without a file of liquidations. */
  liquidations: AsyncGenerator<Kernels['LiquidationBlock']['prototype']> | undefined;
  /** Whether what is behind the last trade stays in the engine, for the trades of a later run. */
  keepRest: boolean;
  /** Called once so many books wait in the engine for trades that it is to keep no more; false where it has to. */
  enough: () => boolean;
}

/** Books that wait in the engine for the trades of a later run, a block more or less. */
const mostWaiting = 8192;

/**
 * Runs the engine to the end of its events; `emit` takes each row group out of it. Between slices the event loop runs, so
 * that workers are fed, progress is seen and Ctrl-C is heard.
 */
export async function computeFeatures(
  run: Run,
  engine: FeatureEngine,
  events: Events,
  emit: () => Promise<void>,
  progress: (rows: number) => void,
): Promise<void> {
  const groupRows = run.kernels.rowsPerGroup();
  let emitted = 0;
  const flush = async () => {
    if (engine.rows === 0) return;
    emitted += engine.rows;
    await emit();
  };
  try {
    for (;;) {
      throwIfAborted(run.signal);
      const status = timed(run, () => engine.run(Math.min(engine.rows + run.tuning.sliceRows, groupRows)));
      if (status === 'done') {
        await flush();
        const { books, liquidations, keepRest, enough } = events;
        let keeps = keepRest;
        await passRest(run, books, (rest) => {
          if (!keeps) return rest.free();
          engine.pushBooks(rest);
          keeps = engine.unseenBooks < mostWaiting || !enough();
        });
        return await passRest(run, liquidations, (rest) =>
          keepRest ? engine.pushLiquidations(rest) : rest.free(),
        );
      }
      if (status === 'rowsReady') {
        if (engine.rows === groupRows) await flush();
        progress(emitted + engine.rows);
        await immediate();
      } else await feed(run, engine, events, status);
    }
  } finally {
    const { trades, books, liquidations } = events;
    await Promise.all([trades, books, liquidations].map((stream) => stream?.return(undefined)));
  }
}

/** What is behind the last trade: no row sees it, but it counts, and a bad row among it is bad. */
async function passRest<T>(
  run: Run,
  stream: AsyncIterable<T> | undefined,
  take: (unseen: T) => void,
): Promise<void> {
  for await (const unseen of stream ?? []) {
    take(unseen);
    throwIfAborted(run.signal);
  }
}

async function feed(
  run: Run,
  engine: FeatureEngine,
  { trades, books, liquidations }: Events,
  needs: 'needTrades' | 'needBooks' | 'needLiquidations',
): Promise<void> {
  if (needs === 'needTrades') {
    const next = await trades.next();
    timed(run, () => (next.done ? engine.endTrades() : engine.pushTrades(next.value)));
  } else if (needs === 'needBooks') {
    const next = await books?.next();
    timed(run, () => (next === undefined || next.done ? engine.endBooks() : engine.pushBooks(next.value)));
  } else {
    const next = await liquidations?.next();
    timed(run, () =>
      next === undefined || next.done ? engine.endLiquidations() : engine.pushLiquidations(next.value),
    );
  }
}

function timed<T>(run: Run, call: () => T): T {
  const start = performance.now();
  const result = call();
  run.stages.engine += (performance.now() - start) / 1000;
  return result;
}
