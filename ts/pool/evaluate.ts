/** The worker's part of a search: a small cache of shards, and block sums of programs over them. */
import type { Population, Shard, Work } from '../kernels/formulas.js';
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
  /** The same key is the same population. */
  population: {
    key: number;
    /** Packed programs, and the value that each has taken off before it is squared. */
    programs: Uint32Array;
    pivots: Float32Array;
  };
  /** The portfolio in the making; the same key is the same one. */
  portfolio:
    | {
        key: number;
        programs: Uint32Array;
        means: Float32Array;
        scales: Float32Array;
        /** Where formulas are held against what the members leave of the target; else products are wanted. */
        rest: { key: number; coefficients: Float32Array } | undefined;
      }
    | undefined;
  /** The stage of each tile by its number modulo their length, and which stages count: `from` up to but not `to`. */
  stages: Uint32Array;
  from: number;
  to: number;
}

export interface EvaluateOutput {
  /** Block sums `[program][block of the shard][sums]`. */
  sums: Float64Array;
  work: Work;
}

interface Cached {
  shard: Shard;
  bytes: number;
  portfolio: number | undefined;
  /** What it knows the portfolio to leave of the target. */
  rest: number | undefined;
}

/** Bytes of shards that a worker keeps; the least recently used go first. */
const cacheBytes = 1 << 29;
const shards = new Map<string, Cached>();
/** Populations that a worker keeps ready for its next shards. */
const populationCount = 16;
const populations = new Map<number, Population>();

export function evaluateShard(input: EvaluateInput, kernels: Kernels): EvaluateOutput {
  const { portfolio, stages, from, to } = input;
  const cached = shardOf(input.shard, portfolio?.means.length ?? 0, kernels);
  return callKernel(() => {
    if (portfolio !== undefined && cached.portfolio !== portfolio.key) {
      cached.shard.setPortfolio(portfolio.programs, portfolio.means, portfolio.scales);
      [cached.portfolio, cached.rest] = [portfolio.key, undefined];
    }
    const rest = portfolio?.rest;
    if (rest !== undefined && cached.rest !== rest.key) {
      cached.shard.setRest(rest.coefficients);
      cached.rest = rest.key;
    }
    const population = populationOf(input, kernels);
    const before = population.computed;
    const { pivots } = input.population;
    const against = portfolio === undefined ? 'target' : rest ? 'rest' : 'members';
    const sums = cached.shard.evaluate(population, pivots, against, stages, from, to);
    const { operators, distinct, computed } = population;
    return { sums, work: { nodeRows: computed - before, operators, distinct } };
  });
}

function populationOf({ population, shard }: EvaluateInput, kernels: Kernels): Population {
  const found = populations.get(population.key);
  if (found !== undefined) return found;
  for (const [key, old] of populations) {
    if (populations.size < populationCount) break;
    old.free();
    populations.delete(key);
  }
  const made = new kernels.Population(population.programs, shard.columns.length);
  populations.set(population.key, made);
  return made;
}

function shardOf(input: ShardInput, members: number, kernels: Kernels): Cached {
  const found = shards.get(input.key);
  // Columns, target, weight and their product; the members, and what they leave of the target.
  const bytes = Math.max(found?.bytes ?? 0, (input.columns.length + 5 + members) * 4 * input.rows);
  shards.delete(input.key);
  makeRoom(bytes);
  const cached = found ?? {
    shard: callKernel(() => loadShard(input, kernels)),
    bytes,
    portfolio: undefined,
    rest: undefined,
  };
  cached.bytes = bytes;
  shards.set(input.key, cached);
  return cached;
}

function makeRoom(bytes: number): void {
  let kept = [...shards.values()].reduce((sum, c) => sum + c.bytes, 0);
  for (const [key, old] of shards) {
    if (kept + bytes <= cacheBytes) break;
    old.shard.free();
    shards.delete(key);
    kept -= old.bytes;
  }
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
