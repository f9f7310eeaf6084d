/** The worker's part of a search: a small cache of shards, and block sums of programs over them. */
import type { Shard } from '../kernels/formulas.js';
import { callKernel, type Kernels } from '../kernels/load.js';

/** Rows of one symbol as a search sees them. Columns, target and weight are shared, not copied. */
export interface ShardInput {
  /** Names the content: the same key is the same shard. */
  key: string;
  /** First row of the shard within its symbol (a multiple of the tile), and within the shared columns. */
  firstRow: number;
  from: number;
  rows: number;
  columns: readonly Float32Array[];
  target: Float32Array;
  /** One value a row of the shard; 0 where it is not scored. */
  weight: Float32Array;
  blockOfTile: Uint32Array;
}

export interface EvaluateInput {
  shard: ShardInput;
  /** Packed programs, and the value that each has taken off before it is squared. */
  programs: Uint32Array;
  pivots: Float32Array;
  /** Members whose products are wanted; the same key is the same portfolio. */
  portfolio: { key: number; programs: Uint32Array; means: Float32Array; scales: Float32Array } | undefined;
}

interface Cached {
  shard: Shard;
  bytes: number;
  portfolio: number | undefined;
}

/** Bytes of shards that a worker keeps; the least recently used go first. */
const cacheBytes = 1 << 30;
const cache = new Map<string, Cached>();

/** Block sums `[program][block of the shard][sums]`. */
export function evaluateShard(input: EvaluateInput, kernels: Kernels): Float64Array {
  const cached = shardOf(input.shard, kernels);
  const { portfolio } = input;
  return callKernel(() => {
    if (portfolio !== undefined && cached.portfolio !== portfolio.key) {
      cached.shard.setPortfolio(portfolio.programs, portfolio.means, portfolio.scales);
      cached.portfolio = portfolio.key;
    }
    return cached.shard.evaluate(input.programs, input.pivots, portfolio !== undefined, 1, 0);
  });
}

function shardOf(input: ShardInput, kernels: Kernels): Cached {
  const found = cache.get(input.key);
  if (found !== undefined) {
    cache.delete(input.key);
    cache.set(input.key, found);
    return found;
  }
  const bytes = (input.columns.length + 16) * 4 * input.rows;
  let kept = [...cache.values()].reduce((sum, c) => sum + c.bytes, 0);
  for (const [key, old] of cache) {
    if (kept + bytes <= cacheBytes) break;
    old.shard.free();
    cache.delete(key);
    kept -= old.bytes;
  }
  const made = { shard: callKernel(() => loadShard(input, kernels)), bytes, portfolio: undefined };
  cache.set(input.key, made);
  return made;
}

/** Copies a range of rows into the kernels' memory. */
export function loadShard(input: ShardInput, kernels: Kernels): Shard {
  const { firstRow, from, rows } = input;
  const shard = new kernels.Shard(firstRow, rows, input.columns.length);
  input.columns.forEach((column, c) => {
    shard.setColumn(c, column.subarray(from, from + rows));
  });
  shard.setTarget(input.target.subarray(from, from + rows), input.weight);
  shard.setBlocks(input.blockOfTile);
  return shard;
}
