/**
 * A part of the rows as shards for the pool. Sums are kept by block; a block of a symbol lies wholly in one
 * shard, so that how many shards there are, and who takes them, changes no bit.
 */

import { throwIfAborted } from '../../error.js';
import type { Evaluate, Measured, PortfolioInput, StageRange } from '../../evolve/evaluate.js';
import { type Program, pack } from '../../kernels/formulas.js';
import type { EvaluateInput, ShardInput } from '../../pool/evaluate.js';
import type { Pool } from '../../pool/pool.js';
import type { Blocks } from '../../problem/splits.js';
import { noRow, type SymbolRows } from '../../problem/timeline.js';

export interface ShardSource {
  symbols: readonly SymbolRows[];
  columns: readonly Float32Array[];
  target: Float32Array;
  weight: Float64Array;
  tileRows: number;
  /** Tiles of earlier rows that a shard carries for windows. */
  haloTiles: number;
}

export interface PlannedShard {
  input: ShardInput;
  /** The part's block of each of the shard's blocks. */
  blocks: number[];
}

/** Blocks of fewer tiles than this share their border tiles: exact borders in several passes. */
const fewTiles = 4;
/** Bytes of the sums of one task at most, and its formulas: shared subtrees are found within a task. */
const taskBytes = 1 << 26;
const mostOfTask = 8192;
/** Rows of a shard: enough for a task, and few enough that a worker holds several. */
const [leastRows, mostRows] = [1 << 14, 1 << 17];
/** Shards that a part is cut into where it has the rows, whatever the threads: they take them in turn. */
const wantedShards = 16;

/** Cuts the rows that belong to blocks into shards; `key` names the part. */
export function planShards(
  source: ShardSource,
  blocks: Blocks,
  key: string,
  wanted = wantedShards,
): PlannedShard[] {
  const scored = blocks.of.reduce((n, b) => n + (b === noRow ? 0 : 1), 0);
  const rowsPerShard = Math.min(mostRows, Math.max(leastRows, Math.ceil(scored / wanted)));
  return source.symbols.flatMap((symbol, s) =>
    planSymbol(source, blocks, symbol, `${key}/${s}`, rowsPerShard),
  );
}

function planSymbol(
  source: ShardSource,
  blocks: Blocks,
  symbol: SymbolRows,
  key: string,
  rowsPerShard: number,
): PlannedShard[] {
  const { of, passes } = placeRows(blocks.of.subarray(symbol.start, symbol.end), source.tileRows);
  const spans = blockSpans(of, blocks.count);
  const shards: PlannedShard[] = [];
  for (let pass = 0; pass < passes; pass++) {
    let group: number[] = [];
    let rows = 0;
    for (let b = pass; b < blocks.count; b += passes) {
      const span = spans[b];
      if (span === undefined) continue;
      group.push(b);
      rows += span.last + 1 - span.first;
      if (rows < rowsPerShard) continue;
      shards.push(makeShard(source, symbol, of, spans, group, `${key}/${pass}/${shards.length}`));
      [group, rows] = [[], 0];
    }
    if (group.length > 0)
      shards.push(makeShard(source, symbol, of, spans, group, `${key}/${pass}/${shards.length}`));
  }
  return shards;
}

/**
 * The kernel counts a tile to one block. Where blocks are long, a tile goes whole to the block of its first
 * scored row; where they are short, blocks that share a tile are evaluated in different passes.
 */
function placeRows(own: Uint32Array, tileRows: number): { of: Uint32Array; passes: number } {
  const tiles = Math.ceil(own.length / tileRows);
  let [passes, distinct, scored] = [1, 0, 0];
  let before = noRow;
  const aligned = Uint32Array.from(own);
  for (let t = 0; t < tiles; t++) {
    const end = Math.min(own.length, (t + 1) * tileRows);
    let [first, last] = [noRow, 0];
    for (let i = t * tileRows; i < end; i++) {
      const b = own[i]!;
      if (b === noRow) continue;
      scored++;
      if (b !== before) distinct++;
      before = b;
      if (first === noRow) first = b;
      last = b;
      aligned[i] = first;
    }
    if (first !== noRow) passes = Math.max(passes, last - first + 1);
  }
  return scored >= fewTiles * tileRows * distinct ? { of: aligned, passes: 1 } : { of: own, passes };
}

interface Span {
  first: number;
  last: number;
}

function blockSpans(of: Uint32Array, count: number): (Span | undefined)[] {
  const spans: (Span | undefined)[] = new Array(count).fill(undefined);
  for (let i = 0; i < of.length; i++) {
    const b = of[i]!;
    if (b === noRow) continue;
    const span = spans[b];
    if (span === undefined) spans[b] = { first: i, last: i };
    else span.last = i;
  }
  return spans;
}

function makeShard(
  source: ShardSource,
  symbol: SymbolRows,
  of: Uint32Array,
  spans: readonly (Span | undefined)[],
  group: number[],
  key: string,
): PlannedShard {
  const { tileRows, haloTiles } = source;
  const firstTile = Math.floor(spans[group[0]!]!.first / tileRows);
  const firstRow = Math.max(0, firstTile - haloTiles) * tileRows;
  const endRow = Math.min(of.length, (Math.floor(spans[group.at(-1)!]!.last / tileRows) + 1) * tileRows);
  const rows = endRow - firstRow;
  const weight = new Float32Array(new SharedArrayBuffer(4 * rows));
  const blockOfTile = new Uint32Array(Math.ceil(rows / tileRows)).fill(noRow);
  const local = new Map(group.map((b, i) => [b, i]));
  for (let i = 0; i < rows; i++) {
    const at = local.get(of[firstRow + i]!);
    if (at === undefined) continue;
    weight[i] = source.weight[symbol.start + firstRow + i]!;
    blockOfTile[Math.floor(i / tileRows)] = at;
  }
  const { columns, target } = source;
  const from = symbol.start + firstRow;
  return { input: { key, firstRow, from, rows, columns, target, weight, blockOfTile }, blocks: group };
}

/** Tiles that are seen together: windows of windows look back on the tile before, which is then seldom one of no use. */
const tilesOfUnit = 2;
/** The first stage of a race holds at most every sixteenth unit, and at least one of each block. */
const mostDoublings = 4;

/**
 * The stage of a tile by its number modulo their length: the first hold 1, 2, 3, 4, 6, 8, 12 and 16 of as many units,
 * evenly spread. One stage for all where the blocks are too short.
 */
export function raceStages(shards: readonly PlannedShard[], blocks: number): Uint32Array {
  const tiles = shards.reduce((n, { input }) => n + input.blockOfTile.filter((b) => b !== noRow).length, 0);
  const room = Math.floor(Math.log2(tiles / blocks / tilesOfUnit));
  const doublings = Math.max(0, Math.min(mostDoublings, room));
  const ends = [1, 2, 3, 4, 6, 8, 12];
  return Uint32Array.from({ length: tilesOfUnit << doublings }, (_, tile) => {
    const place = mirrored(Math.floor(tile / tilesOfUnit), doublings);
    return ends.filter((end) => end <= place).length;
  });
}

/** The lowest bits of a number in opposite order: counted in it, numbers spread evenly. */
function mirrored(number: number, bits: number): number {
  let out = 0;
  for (let b = 0; b < bits; b++) out |= ((number >> b) & 1) << (bits - 1 - b);
  return out;
}

/** Evaluates over the shards on the pool; sums merge in the order of the stages, and of the shards in each. */
export function evaluateOn(
  pool: Pool,
  shards: readonly PlannedShard[],
  blocks: number,
  signal?: AbortSignal,
): Evaluate {
  const part: PartOnPool = { pool, shards, blocks, stages: raceStages(shards, blocks), signal };
  const stages = Math.max(...part.stages) + 1;
  // Where no two shards hold rows of one block, each adds its stages up itself.
  const held = shards.flatMap((s) => s.blocks);
  const apart = new Set(held).size === held.length;
  const evaluate = async (
    programs: readonly Program[],
    pivots: ArrayLike<number>,
    portfolio?: PortfolioInput,
    range: StageRange = { from: 0, to: stages },
  ): Promise<Measured> => {
    const members = portfolio?.coefficients === undefined ? (portfolio?.programs.length ?? 0) : 0;
    const width = 6 + 2 * members;
    const chunks = chunksOf(programs, pivots, taskSize(shards, width * (range.to - range.from)));
    const sums = new Float64Array(programs.length * blocks * width);
    const measured = { blocks, members, sums, work: { nodeRows: 0, operators: 0, distinct: 0 } };
    const steps = apart ? [range] : eachStage(range);
    await runInto(measured, part, chunks, steps, portfolio);
    return measured;
  };
  return Object.assign(evaluate, { stages });
}

interface PartOnPool {
  pool: Pool;
  shards: readonly PlannedShard[];
  blocks: number;
  stages: Uint32Array;
  signal: AbortSignal | undefined;
}

function eachStage({ from, to }: StageRange): StageRange[] {
  return Array.from({ length: to - from }, (_, i) => ({ from: from + i, to: from + i + 1 }));
}

/** Formulas of a task, where each has so many sums a block. */
function taskSize(shards: readonly PlannedShard[], sumsOfBlock: number): number {
  const blocks = shards.reduce((most, { blocks }) => Math.max(most, blocks.length), 1);
  return Math.max(1, Math.min(mostOfTask, Math.floor(taskBytes / (8 * blocks * sumsOfBlock))));
}

/** Every chunk on every shard in each step; the sums are added in this order, and kept no longer. */
async function runInto(
  into: Measured,
  { pool, shards, stages, signal }: PartOnPool,
  chunks: readonly Chunk[],
  steps: readonly StageRange[],
  portfolio: PortfolioInput | undefined,
): Promise<void> {
  const sent = portfolio && sentPortfolio(portfolio);
  const run = async ({ input: shard }: PlannedShard, { population }: Chunk, range: StageRange) => {
    throwIfAborted(signal);
    return pool.run('evaluate', { shard, population, portfolio: sent, stages, ...range });
  };
  const tasks = steps.flatMap((range) =>
    shards.flatMap((shard) => chunks.map((chunk) => ({ shard, chunk, output: run(shard, chunk, range) }))),
  );
  // The first that fails is awaited below, the others nowhere.
  for (const { output } of tasks) output.catch(() => {});
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
    const { sums, work } = await task.output;
    addSums(into, sums, task.chunk, task.shard.blocks);
    into.work.nodeRows += work.nodeRows;
    into.work.operators += work.operators;
    into.work.distinct += work.distinct;
  }
  throwIfAborted(signal);
}

/** Keys of what workers keep. */
let keys = 0;
/** Of portfolios by their programs, and of rests by their coefficients. */
const sentKeys = new WeakMap<object, number>();

function keyOf(what: object): number {
  const key = sentKeys.get(what) ?? ++keys;
  sentKeys.set(what, key);
  return key;
}

function sentPortfolio({
  programs,
  means,
  scales,
  coefficients,
}: PortfolioInput): EvaluateInput['portfolio'] {
  return {
    key: keyOf(programs),
    programs: pack(programs),
    means: Float32Array.from(means),
    scales: Float32Array.from(scales),
    rest: coefficients && { key: keyOf(coefficients), coefficients: Float32Array.from(coefficients) },
  };
}

interface Chunk {
  first: number;
  count: number;
  population: EvaluateInput['population'];
}

function chunksOf(programs: readonly Program[], pivots: ArrayLike<number>, size: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let first = 0; first < programs.length; first += size) {
    const own = programs.slice(first, first + size);
    const values = Float32Array.from(own, (_, i) => pivots[first + i]!);
    const population = { key: ++keys, programs: pack(own), pivots: values };
    chunks.push({ first, count: own.length, population });
  }
  return chunks;
}

function addSums(
  { sums: into, blocks, members }: Measured,
  from: Float64Array,
  { first, count }: Chunk,
  shardBlocks: readonly number[],
): void {
  const width = 6 + 2 * members;
  for (let p = 0; p < count; p++) {
    for (let b = 0; b < shardBlocks.length; b++) {
      const to = ((first + p) * blocks + shardBlocks[b]!) * width;
      const at = (p * shardBlocks.length + b) * width;
      for (let k = 0; k < width; k++) into[to + k]! += from[at + k]!;
    }
  }
}
