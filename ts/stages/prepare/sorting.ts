/** Sorting what memory does not hold: sorted runs of the kernel go through spill files and come back merged. */
import { throwIfAborted } from '../../error.js';
import { Spill } from '../../io/spill.js';
import { callKernel } from '../../kernels/load.js';
import type { IdKind, TradeColumns } from '../../kernels/ticks.js';
import { tradeColumns, withHandle } from '../../kernels/ticks.js';
import type { Run } from './run.js';

/** A kernel's run in the making. */
interface Filling {
  bytes(): number;
  take(): Uint8Array;
}

/** A kernel's merge: it says which run it needs bytes of. */
interface Hungry {
  hungry(): number | undefined;
  feed(run: number, bytes: Uint8Array, last: boolean): void;
}

/** Spills a run that is full, or, at the end of the input, whatever it holds. */
export async function spillRun(run: Run, from: Filling, to: Spill, atEnd = false): Promise<void> {
  throwIfAborted(run.signal);
  const bytes = callKernel(() => from.bytes());
  if (bytes >= run.tuning.runBytes || (atEnd && bytes > 0)) await to.add(callKernel(() => from.take()));
}

/** Feeds a merge until it can go on. Its runs are those of the first spill, then those of the second. */
export async function feed(merge: Hungry, first: Spill, second?: Spill): Promise<void> {
  for (let run = merge.hungry(); run !== undefined; run = merge.hungry()) {
    const index = run;
    const { bytes, last } = await (index < first.count
      ? first.read(index)
      : second!.read(index - first.count));
    callKernel(() => merge.feed(index, bytes, last));
  }
}

/**
 * Trades of any number in the order of the specification, with `dedup` each id once. The rows are sorted; then their ids, with
 * the places of their rows, to find repeats; then the places. `repeats` is called with the number of repeats.
 */
export async function* sortTrades(
  run: Run,
  blocks: AsyncIterable<TradeColumns>,
  ids: IdKind,
  dedup: boolean,
  repeats: (count: number) => void,
): AsyncGenerator<TradeColumns> {
  const [rows, repeated] = [new Spill(run.spillPath), new Spill(run.spillPath)];
  try {
    await spillTrades(run, blocks, ids, rows);
    if (dedup && ids !== 'absent') repeats(await findRepeats(run, ids, rows, repeated));
    yield* mergeTrades(run, rows, repeated);
  } finally {
    await rows.close();
    await repeated.close();
  }
}

async function spillTrades(
  run: Run,
  blocks: AsyncIterable<TradeColumns>,
  ids: IdKind,
  rows: Spill,
): Promise<void> {
  const filling = new run.kernels.TradeRun(ids);
  try {
    for await (const c of blocks) {
      callKernel(() => filling.push(c.ts, c.id, c.pxTicks, c.qtyLots, c.side, c.idText, c.idEnds));
      await spillRun(run, filling, rows);
    }
    await spillRun(run, filling, rows, true);
  } finally {
    filling.free();
  }
}

async function findRepeats(run: Run, ids: IdKind, rows: Spill, repeated: Spill): Promise<number> {
  const byId = new Spill(run.spillPath);
  try {
    await note(run, new run.kernels.IdRun(rows.count, ids), rows, byId);
    const places = new run.kernels.RepeatRun(byId.count);
    return await note(run, places, byId, repeated, () => places.repeats());
  } finally {
    await byId.close();
  }
}

/** Runs a merge to its end, its own runs going to another spill. */
async function note<T>(
  run: Run,
  noting: Hungry & Filling & { note(): boolean; free(): void },
  from: Spill,
  to: Spill,
  result: () => T = () => undefined as T,
): Promise<T> {
  try {
    from.rewind();
    do {
      await feed(noting, from);
      await spillRun(run, noting, to);
    } while (callKernel(() => noting.note()) || noting.hungry() !== undefined);
    await spillRun(run, noting, to, true);
    return result();
  } finally {
    noting.free();
  }
}

async function* mergeTrades(run: Run, rows: Spill, repeated: Spill): AsyncGenerator<TradeColumns> {
  const merge = new run.kernels.TradeMerge(rows.count, repeated.count);
  rows.rewind();
  try {
    for (;;) {
      await feed(merge, rows, repeated);
      throwIfAborted(run.signal);
      const trades = withHandle(
        callKernel(() => merge.read()),
        tradeColumns,
      );
      if (trades.ts.length > 0) yield trades;
      else if (merge.hungry() === undefined) return;
    }
  } finally {
    merge.free();
  }
}
