/** The three alterations of an audit: the future cut off, the future poisoned, the past cut off. */
import { callKernel, type Kernels } from '../../kernels/load.js';
import type { TradeColumns } from '../../kernels/ticks.js';
import type { Alteration, LiquidationBlock } from '../prepare/alteration.js';

/** The trade that divides past and future: itself past. */
export interface Divide {
  /** Its number among the rows of the table. */
  row: number;
  /** From this stamp on, snapshots and liquidations are not visible to it, µs. */
  booksFrom: bigint;
  liquidationsFrom: bigint;
}

const beginning = -(2n ** 63n);
const end = 2n ** 63n - 1n;

/** Trades of a poisoned future that are still read: enough for whatever might look ahead. */
const poisonedTrades = 20_000;

/** Nothing is left of what follows. `isRow` says which retained trades are rows of the table. */
export function cutOff(kernels: Kernels, divide: Divide, isRow: IsRow): Alteration {
  return {
    trades: (source) => firstRows(source, divide.row + 1, isRow),
    books: (source) => each(source, (block) => kernels.booksWithin(block, beginning, divide.booksFrom)),
    liquidations: (source) =>
      each(
        source,
        replaced((block) => block.within(beginning, divide.liquidationsFrom)),
      ),
  };
}

/** What follows has other prices, sizes, sides and books. */
export function poisoned(kernels: Kernels, divide: Divide, isRow: IsRow, seed: number): Alteration {
  return {
    trades: (source) => poisonRows(source, divide.row + 1, isRow, seed),
    books: (source) => each(source, (block) => kernels.poisonBooks(block, divide.booksFrom, seed)),
    liquidations: (source) =>
      each(
        source,
        replaced((block) => block.poisoned(divide.liquidationsFrom, seed)),
      ),
  };
}

/** The run begins at the divide's row: what came before it was never seen. */
export function coldStart(kernels: Kernels, divide: Divide, isRow: IsRow): Alteration {
  return {
    trades: (source) => withoutFirstRows(source, divide.row, isRow),
    books: (source) => each(source, (block) => kernels.booksWithin(block, divide.booksFrom, end)),
    liquidations: (source) =>
      each(
        source,
        replaced((block) => block.within(divide.liquidationsFrom, end)),
      ),
  };
}

/** Whether a trade of this side is a row of the table. */
export type IsRow = (side: number) => boolean;

async function* each<T>(source: AsyncGenerator<T>, change: (block: T) => T): AsyncGenerator<T> {
  for await (const block of source) yield callKernel(() => change(block));
}

/** The block given is used up. */
function replaced(change: (block: LiquidationBlock) => LiquidationBlock) {
  return (block: LiquidationBlock) => {
    const changed = change(block);
    block.free();
    return changed;
  };
}

/** How many trades of a block come before the `rows`-th row of it that is one; all when it has fewer. */
function before(side: Int8Array, rows: number, isRow: IsRow): { trades: number; rows: number } {
  let seen = 0;
  for (let i = 0; i < side.length; i++) {
    if (!isRow(side[i]!)) continue;
    if (seen === rows) return { trades: i, rows };
    seen++;
  }
  return { trades: side.length, rows: seen };
}

async function* firstRows(
  source: AsyncGenerator<TradeColumns>,
  rows: number,
  isRow: IsRow,
): AsyncGenerator<TradeColumns> {
  let left = rows;
  for await (const block of source) {
    const found = before(block.side, left, isRow);
    left -= found.rows;
    yield part(block, 0, found.trades);
    if (found.trades < block.side.length || left === 0) return;
  }
}

async function* withoutFirstRows(
  source: AsyncGenerator<TradeColumns>,
  rows: number,
  isRow: IsRow,
): AsyncGenerator<TradeColumns> {
  let left = rows;
  for await (const block of source) {
    const found = before(block.side, left, isRow);
    left -= found.rows;
    if (found.trades < block.side.length) yield part(block, found.trades, block.side.length);
  }
}

async function* poisonRows(
  source: AsyncGenerator<TradeColumns>,
  rows: number,
  isRow: IsRow,
  seed: number,
): AsyncGenerator<TradeColumns> {
  let [left, rest] = [rows, poisonedTrades];
  for await (const block of source) {
    const found = before(block.side, left, isRow);
    left -= found.rows;
    const end = Math.min(block.side.length, found.trades + rest);
    yield poisonFrom(part(block, 0, end), found.trades, seed);
    rest -= end - found.trades;
    if (rest === 0) return;
  }
}

function part(block: TradeColumns, from: number, to: number): TradeColumns {
  return {
    ts: block.ts.slice(from, to),
    id: block.id.slice(from, to),
    pxTicks: block.pxTicks.slice(from, to),
    qtyLots: block.qtyLots.slice(from, to),
    side: block.side.slice(from, to),
    idText: block.idText,
    idEnds: block.idEnds,
  };
}

/** Other prices, sizes and sides at the same stamps, from a small generator of whole numbers. */
function poisonFrom(block: TradeColumns, from: number, seed: number): TradeColumns {
  let state = seed >>> 0;
  const draw = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
  for (let i = from; i < block.side.length; i++) {
    block.pxTicks[i] = (block.pxTicks[i]! * BigInt(1 + (draw() % 200))) / 100n + 1n;
    block.qtyLots[i] = BigInt(1 + (draw() % 1_000_000));
    block.side[i] = draw() % 2 === 0 ? 1 : -1;
  }
  return block;
}
