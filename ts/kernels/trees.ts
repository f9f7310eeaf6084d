/** Gradient-boosted trees: the model as plain data, and what it takes to grow one. */
import type { TreesSettings, TreesTrainer } from '../../kernels/pkg/hybrid_kernels.js';
import { type BoardMemory, publishLosses, Seat } from './board.js';
import { callKernel, type Kernels, wordsView } from './load.js';

/** What is minimised: squared error, log-loss of two classes, log-loss of several (softmax). */
export type TreesLoss = 'l2' | 'binary' | 'multiclass';

/** Every setting of training; see {@link defaultTreesOptions}. */
export interface TreesOptions {
  loss: TreesLoss;
  /** Classes of a multiclass target (≥ 2); 1 for the other losses. */
  classes: number;
  /** Rounds at most; a round grows one tree a class. */
  rounds: number;
  /** Leaves of a tree at most, from 2 to 4096. */
  leaves: number;
  /** What each tree's answer is multiplied by. */
  rate: number;
  /** Training rows of a leaf at least. */
  minRows: number;
  /** Sum of second derivatives in a leaf at least (for l2: sum of weights). */
  minHessian: number;
  /** A split must lower the loss by more than this. */
  minGain: number;
  /** Rounds without a better validation loss after which training ends; 0: never. Needs validation rows. */
  earlyStop: number;
  /** Share of the training rows that each round draws, in (0, 1]. */
  rowSample: number;
  /** Share of the columns that each tree draws, in (0, 1]. */
  columnSample: number;
  /** Added to the sum of second derivatives in every leaf. */
  l2: number;
  /** For each column 1: the answer rises with it, -1: falls, 0: free. */
  monotone: readonly number[] | undefined;
  seed: number;
  /** Bins of a column's numbers at most, from 2 to 255; nulls have one of their own. */
  maxBins: number;
}

/** The defaults of LightGBM, except for what determinism decides. */
export const defaultTreesOptions: TreesOptions = {
  loss: 'l2',
  classes: 1,
  rounds: 100,
  leaves: 31,
  rate: 0.1,
  minRows: 20,
  minHessian: 1e-3,
  minGain: 0,
  earlyStop: 0,
  rowSample: 1,
  columnSample: 1,
  l2: 0,
  monotone: undefined,
  seed: 42,
  maxBins: 255,
};

/**
 * One tree. Node i sends a row left where `value <= threshold[i]`, and where the value is null (NaN) and
 * `nullLeft[i]` is 1; else right. A child c ≥ 0 is node c, a child c < 0 is leaf ~c. A tree of one leaf has
 * no nodes.
 */
export interface Tree {
  column: number[];
  threshold: number[];
  nullLeft: number[];
  left: number[];
  right: number[];
  /** By how much the split lowers the (second-order) loss, summed over rows. */
  gain: number[];
  /** What a node would answer if it were a leaf; training rows that reach it, and their second derivatives. */
  nodeValue: number[];
  nodeRows: number[];
  nodeHessian: number[];
  /** What a leaf adds to the score, the rate included. */
  leafValue: number[];
  leafRows: number[];
  leafHessian: number[];
}

/** Plain data: `JSON.stringify` keeps it to the bit. */
export interface TreesModel {
  format: 'hybrid-trees';
  version: 1;
  loss: TreesLoss;
  /** Scores of a row: the number of classes, or 1. */
  outputs: number;
  columns: string[];
  /** Least and greatest training value of each column that is not infinite; null where there is none. */
  ranges: ([number, number] | null)[];
  /** Score before the first tree, by output. */
  bias: number[];
  rate: number;
  /** Tree of output k in round r at `r * outputs + k`. */
  trees: Tree[];
}

/** Borders of a column's bins: bin b holds the numbers up to `upper[b]`; the last one has no border. */
export interface ColumnBins {
  upper: Float64Array;
  /** Whether a training row is null. */
  nulls: boolean;
  range: [number, number] | null;
}

export interface BinInput {
  values: Float32Array | Float64Array;
  /** Numbers of the rows to encode; the first `train` of them decide the borders. */
  rows: Uint32Array;
  train: number;
  column: number;
  maxBins: number;
  seed: number;
  /** One code for each training row, and for each of the others; shared memory. */
  codes: { train: Uint8Array; validation: Uint8Array };
}

/** Cuts a column into bins and writes the codes of its rows. */
export function binColumn(kernels: Kernels, input: BinInput): ColumnBins {
  const { rows, train, maxBins, seed, column } = input;
  const values = gather(input.values, rows);
  const binned = callKernel(() => new kernels.BinnedColumn(values, train, maxBins, seed, column));
  try {
    const codes = binned.codes();
    input.codes.train.set(codes.subarray(0, train));
    input.codes.validation.set(codes.subarray(train));
    const [low, high] = binned.range();
    const range: ColumnBins['range'] = low === undefined || high === undefined ? null : [low, high];
    return { upper: binned.upper(), nulls: binned.nulls(), range };
  } finally {
    binned.free();
  }
}

/** Used again and again: columns in new memory would wait for the garbage collector. */
let gathered = new Float64Array(0);

/** The values of some rows, until the next call. */
function gather(values: Float32Array | Float64Array, rows: Uint32Array): Float64Array {
  if (gathered.length < rows.length) gathered = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) gathered[i] = values[rows[i]!]!;
  return gathered.subarray(0, rows.length);
}

/** Rows of one kind for all shards, in shared memory. */
export interface TreesRows {
  /** Codes by column, `count` each. */
  codes: Uint8Array;
  target: Float64Array;
  weight: Float64Array | undefined;
  count: number;
  totalWeight: number;
}

export interface GrowInput {
  options: TreesOptions;
  bins: readonly { numbers: number; nulls: boolean }[];
  bias: readonly number[];
  train: TreesRows;
  validation: TreesRows;
  shard: number;
  board: BoardMemory;
}

/** What the first shard answers. */
export interface Grown {
  /** As the kernels pack it. */
  trees: Float64Array;
  bestRound: number;
}

/** Rows at a multiple of which a shard begins. */
export const shardBlock = 4096;

/** Trains as one of the shards at the board; the first of them answers with the trees. */
export function growShard(kernels: Kernels, input: GrowInput): Grown | undefined {
  gathered = new Float64Array(0);
  const trainer = callKernel(() => makeTrainer(kernels, input));
  try {
    boost(trainer, new Seat(input.board, input.shard), input);
    if (input.shard > 0) return undefined;
    return callKernel(() => ({ trees: trainer.trees(), bestRound: trainer.bestRound() }));
  } finally {
    trainer.free();
  }
}

/** Advances from message to message until the training is over. */
function boost(trainer: TreesTrainer, seat: Seat, { shard, board }: GrowInput): void {
  let rounds = 0;
  while (callKernel(() => trainer.advance())) {
    if (shard === 0 && trainer.rounds() > rounds) publishLosses(board, ++rounds, trainer.losses(rounds));
    seat.show(wordsView(trainer.messagePointer(), trainer.messageWords()));
    for (let from = 0; from < board.shards; from++) if (from !== shard) receive(trainer, seat, from);
  }
  if (shard === 0 && trainer.rounds() > rounds) publishLosses(board, ++rounds, trainer.losses(rounds));
}

function receive(trainer: TreesTrainer, seat: Seat, from: number): void {
  const [begin, end] = trainer.wanted(seat.length(from));
  callKernel(() => trainer.receive(from, seat.words(from, begin!, end!)));
}

function makeTrainer(kernels: Kernels, input: GrowInput): TreesTrainer {
  const { bins, bias, shard, board } = input;
  const numbers = Uint32Array.from(bins, (b) => b.numbers);
  const nulls = Uint8Array.from(bins, (b) => Number(b.nulls));
  const own = (rows: TreesRows) => makeRows(kernels, rows, bins.length, shard, board.shards);
  const settings = makeSettings(kernels, input.options);
  const [train, validation] = [own(input.train), own(input.validation)];
  return new kernels.TreesTrainer(
    settings,
    numbers,
    nulls,
    Float64Array.from(bias),
    shard,
    board.shards,
    train,
    validation,
  );
}

/** The shard's rows: whole blocks, as evenly as they divide. */
function makeRows(kernels: Kernels, all: TreesRows, columns: number, shard: number, shards: number) {
  const blocks = Math.ceil(all.count / shardBlock);
  const border = (s: number) => Math.min(all.count, Math.floor((blocks * s) / shards) * shardBlock);
  const [from, to] = [border(shard), border(shard + 1)];
  const weight = all.weight?.slice(from, to);
  const rows = new kernels.TreesRows(all.target.slice(from, to), weight, from, all.count, all.totalWeight);
  for (let c = 0; c < columns; c++)
    rows.addColumn(all.codes.subarray(c * all.count + from, c * all.count + to));
  return rows;
}

/** The options as the kernels take them; E_USAGE where one cannot be. */
export function makeSettings(kernels: Kernels, o: TreesOptions): TreesSettings {
  const numbers = [o.rounds, o.leaves, o.rate, o.minRows, o.minHessian, o.minGain, o.earlyStop];
  numbers.push(o.rowSample, o.columnSample, o.l2, o.seed);
  const monotone = Int8Array.from(o.monotone ?? []);
  return callKernel(() => new kernels.TreesSettings(o.loss, o.classes, Float64Array.from(numbers), monotone));
}

/** The trees of all rounds; a border without a number is the greatest finite one. */
export function unpackTrees(packed: Float64Array, bins: readonly ColumnBins[]): Tree[] {
  const trees: Tree[] = [];
  for (let at = 0; at < packed.length; ) {
    const nodes = packed[at]!;
    const nodesEnd = at + 1 + nodeNumbers * nodes;
    const end = nodesEnd + leafNumbers * (nodes + 1);
    trees.push(unpackTree(packed.subarray(at + 1, nodesEnd), packed.subarray(nodesEnd, end), bins));
    at = end;
  }
  return trees;
}

/** Numbers of a node and of a leaf as the kernels pack them. */
const nodeNumbers = 9;
const leafNumbers = 3;

function unpackTree(nodes: Float64Array, leaves: Float64Array, bins: readonly ColumnBins[]): Tree {
  const of = (values: Float64Array, step: number, at: number) =>
    Array.from({ length: values.length / step }, (_, i) => values[i * step + at]!);
  const node = (at: number) => of(nodes, nodeNumbers, at);
  const column = node(0);
  return {
    column,
    threshold: node(1).map((bin, i) => bins[column[i]!]!.upper[bin] ?? Number.MAX_VALUE),
    nullLeft: node(2),
    left: node(3),
    right: node(4),
    gain: node(5),
    nodeValue: node(6),
    nodeRows: node(7),
    nodeHessian: node(8),
    leafValue: of(leaves, leafNumbers, 0),
    leafRows: of(leaves, leafNumbers, 1),
    leafHessian: of(leaves, leafNumbers, 2),
  };
}

/** What a worker needs to answer for a block of rows. */
export interface ForestInput {
  loss: TreesLoss;
  bias: readonly number[];
  columns: number;
  /** Of each tree the count of nodes, five numbers a node and one a leaf. */
  trees: Float64Array;
  /** Columns of equal length one after the other, NaN for null. */
  values: Float64Array;
  raw: boolean;
}

/** The parts of a model that answers need, in shared memory. */
export function packForest(model: TreesModel): Omit<ForestInput, 'values' | 'raw'> {
  const numbers: number[] = [];
  for (const tree of model.trees) {
    numbers.push(tree.column.length);
    for (let i = 0; i < tree.column.length; i++) {
      numbers.push(tree.column[i]!, tree.threshold[i]!, tree.nullLeft[i]!, tree.left[i]!, tree.right[i]!);
    }
    for (const value of tree.leafValue) numbers.push(value);
  }
  const trees = new Float64Array(new SharedArrayBuffer(8 * numbers.length));
  trees.set(numbers);
  return { loss: model.loss, bias: model.bias, columns: model.columns.length, trees };
}

/** Scores or answers by row, one for each output. */
export function predictBlock(kernels: Kernels, input: ForestInput): Float64Array {
  const { loss, columns, bias, trees } = input;
  const forest = callKernel(() => new kernels.Forest(loss, columns, Float64Array.from(bias), trees));
  try {
    return callKernel(() => forest.predict(input.values, input.raw));
  } finally {
    forest.free();
  }
}
