/** What one run hands to the next that goes on behind it (`--since-last`). */
import { HybridError } from '../../error.js';
import type { IdKind, TradeColumns, TradeFormat } from '../../kernels/ticks.js';
import type { BookState, Border, CarriedLiquidations, DepthQuality } from './books.js';
import type { TableDigest } from './sink.js';
import type { PreparedSymbol } from './symbol.js';
import type { CarriedSurvey, TradeQuality, TradeSurvey } from './trades.js';

/** The last trade in order, and the largest id: what a later trade must be behind. */
export interface LastTrade {
  ts: bigint;
  id: bigint;
  maxId: bigint;
}

/** All that later rows and counts of a symbol depend on. */
export interface Carried {
  streams: { depth: boolean; liquidations: boolean };
  ids: IdKind;
  survey: CarriedSurvey;
  trades: TradeQuality;
  depth: DepthQuality | undefined;
  liquidations: CarriedLiquidations | undefined;
  last: LastTrade;
  /** Of all parts together. */
  table: TableDigest;
  books: BookState | undefined;
  /** The bytes of the kernel's Engine. */
  engine: Uint8Array;
  prepared: PreparedSymbol;
}

export interface Carry {
  before: Carried | undefined;
  /** Whether of trades with one id the first alone stays. */
  dedup: boolean;
  /** Puts the new state on the disk; answers what the part's metadata say of it. */
  save(state: Carried & { border: Border | undefined }): Promise<Record<string, string>>;
  /** The advice where the rows cannot be appended. */
  hint: string;
}

/** Errors: E_INPUT for ids that cannot be carried on, and where the whole history would have another grid or ids. */
export function requireSameNumbers(
  { before, dedup, hint }: Carry,
  symbol: string,
  { ids }: TradeSurvey,
  { tick, lot }: TradeFormat,
): void {
  const refuse = (what: string, expected: string, got: string) =>
    new HybridError('E_INPUT', `${symbol}: expected ${what} ${expected}, got ${got}`, { hint });
  if (before === undefined && ids === 'text' && dedup)
    throw new HybridError('E_INPUT', `${symbol}: expected trade ids that are integers or none, got texts`, {
      hint: 'Prepare without --since-last, since a repeated text can be told only from all ids before it; or say that none repeats, with "dedup": "none" under "trades" in hybrid.config.json.',
    });
  if (before === undefined) return;
  const { grid } = before.prepared;
  if (ids !== before.ids) throw refuse('trade ids of the kind that was pinned,', before.ids, ids);
  if (tick !== grid.tick) throw refuse('prices on the pinned tick,', grid.tick, `one on ${tick}`);
  if (lot !== grid.lot) throw refuse('quantities on the pinned lot,', grid.lot, `one on ${lot}`);
}

const noId = -(2n ** 63n);

/** Before the first trade. */
export const noTrade: LastTrade = { ts: noId, id: noId, maxId: noId };

/** Passes trades on and moves `last` with them. Errors: E_INPUT for one that is not behind the trades before. */
export async function* watchTrades(
  trades: AsyncGenerator<TradeColumns>,
  symbol: string,
  last: LastTrade,
  { dedup, hint }: Carry,
): AsyncGenerator<TradeColumns> {
  const before = { ...last };
  for await (const columns of trades) {
    const { ts, id } = columns;
    const late = ts.length > 0 && (ts[0]! < before.ts || (ts[0] === before.ts && id[0]! < before.id));
    if (late)
      throw refused(symbol, `trades from ts ${before.ts} on`, `one of ts ${ts[0]}, which is late`, hint);
    for (const own of id) {
      if (own === noId) continue;
      if (dedup && own <= before.maxId)
        throw refused(symbol, `trade ids above ${before.maxId}`, `${own}, a repeated or late trade`, hint);
      if (own > last.maxId) last.maxId = own;
    }
    last.ts = ts.at(-1) ?? last.ts;
    last.id = id.at(-1) ?? last.id;
    yield columns;
  }
}

function refused(symbol: string, expected: string, got: string, hint: string): HybridError {
  return new HybridError('E_INPUT', `${symbol}: expected ${expected}, got ${got}`, { hint });
}

// ---------------------------------------------------------------- as a file

const newline = 0x0a;

/**
 * A state as the pieces of a file: a line of JSON, which marks what it has no form for and names bytes by where they are
 * behind it, then these. As text they would be more than a string can hold.
 */
export function toFile(state: object): (string | Uint8Array)[] {
  const blobs: Uint8Array[] = [];
  let length = 0;
  const text = JSON.stringify(state, (_, value) => {
    if (typeof value === 'bigint') return { $integer: String(value) };
    if (value instanceof BigUint64Array) return { $words: Array.from(value, String) };
    if (!(value instanceof Uint8Array)) return value;
    blobs.push(value);
    length += value.length;
    return { $bytes: [length - value.length, length] };
  });
  return [`${text}\n`, ...blobs];
}

/** The inverse of {@link toFile}. */
export function fromFile(file: Uint8Array): unknown {
  const from = file.indexOf(newline) + 1;
  return JSON.parse(Buffer.from(file.subarray(0, from)).toString('utf8'), (_, value) => {
    if (typeof value?.$integer === 'string') return BigInt(value.$integer);
    if (Array.isArray(value?.$words)) return BigUint64Array.from(value.$words.map(BigInt));
    if (!Array.isArray(value?.$bytes)) return value;
    const [start, end] = value.$bytes as [number, number];
    return Uint8Array.from(file.subarray(from + start, from + end));
  });
}
