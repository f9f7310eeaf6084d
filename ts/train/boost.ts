/** Boosting: binning and growing on the pool, the same model for any number of threads. */
import { HybridError, interrupted, throwIfAborted } from '../error.js';
import { type BoardMemory, createBoard, publishedRounds, stop } from '../kernels/board.js';
import {
  type BinInput,
  type ColumnBins,
  defaultTreesOptions,
  type GrowInput,
  type Grown,
  shardBlock,
  type Tree,
  type TreesModel,
  type TreesOptions,
  type TreesRows,
  unpackTrees,
} from '../kernels/trees.js';
import { biasOf, checkTraining, shareRows } from './truth.js';

/** Rows by column; row i of all arrays belongs together. */
export interface TreesData {
  names: readonly string[];
  /** Values by column, NaN for null; infinite values count as the greatest finite numbers. */
  columns: readonly (Float32Array | Float64Array)[];
  /** l2: any number; binary: 0 or 1; multiclass: 0 … classes − 1. Finite on every training and validation row. */
  target: Float64Array;
  /** Weight of each row, ≥ 0; without it 1. Rows of weight 0 do not count at all. */
  weight?: Float64Array;
  /** Numbers of the rows to learn from, in any order (it decides how gradients are rounded and rows are drawn). */
  train: Uint32Array;
  /** Numbers of the rows that decide when to stop; none without early stop. */
  validation?: Uint32Array;
}

/** Mean loss after a round: squared error for l2, log-loss (nats) for the others; weighted. */
export interface Round {
  /** From 1. */
  round: number;
  train: number;
  /** NaN without validation rows. */
  validation: number;
}

export interface TreesHooks {
  /** Called in order, once for each round, a little after it. */
  onRound?: (round: Round) => void;
  signal?: AbortSignal | undefined;
}

export interface TrainedTrees {
  /** The trees up to `bestRound`. */
  model: TreesModel;
  /** All rounds that ran. A round over all rows and columns that finds nothing to split is none, and the last. */
  history: Round[];
  /** The round with the least validation loss, or the last one without early stop; from 1. */
  bestRound: number;
  /** By column: the sum of the gains, and the number, of its splits in the model. */
  gainImportance: Float64Array;
  splitImportance: Float64Array;
  seconds: { binning: number; growing: number };
}

/** What training asks of the pool (a `Pool` is one). */
export interface TreesPort {
  readonly threads: number;
  run(name: 'binColumn', input: BinInput): Promise<ColumnBins>;
  run(name: 'growShard', input: GrowInput): Promise<Grown | undefined>;
}

/** A shard of fewer rows is not worth the messages. */
const leastRows = 16_384;
/** How often the rounds are looked at, in ms. */
const lookEvery = 50;

/**
 * Learns trees. Wrong options are E_USAGE, targets and weights that cannot be are E_INPUT, an aborted signal is
 * E_INTERRUPTED. Trainings on one pool run one after the other: the shards of one must all run at once.
 */
export function trainTrees(
  port: TreesPort,
  data: TreesData,
  options: Partial<TreesOptions>,
  hooks: TreesHooks = {},
): Promise<TrainedTrees> {
  const before = trainings.get(port) ?? Promise.resolve();
  const own = before.then(() => train(port, data, { ...defaultTreesOptions, ...options }, hooks));
  trainings.set(
    port,
    own.then(
      () => undefined,
      () => undefined,
    ),
  );
  return own;
}

const trainings = new WeakMap<TreesPort, Promise<void>>();

async function train(
  port: TreesPort,
  data: TreesData,
  options: TreesOptions,
  hooks: TreesHooks,
): Promise<TrainedTrees> {
  throwIfAborted(hooks.signal);
  const start = performance.now();
  checkTraining(data, options);
  const trainRows = shareRows(data, data.train);
  const validationRows = shareRows(data, data.validation ?? new Uint32Array(0));
  const bins = await binColumns(port, data, options, trainRows.rows, validationRows.rows, hooks.signal);
  const binned = performance.now();
  const [train, validation] = [
    { ...trainRows.truth, codes: bins.codes.train },
    { ...validationRows.truth, codes: bins.codes.validation },
  ];
  const bias = biasOf(options, train);
  const { grown, history } = await grow(port, options, bins.columns, bias, train, validation, hooks);
  const trees = unpackTrees(grown.trees, bins.columns).slice(0, grown.bestRound * options.classes);
  const model = {
    format: 'hybrid-trees' as const,
    version: 1 as const,
    loss: options.loss,
    outputs: options.classes,
    columns: [...data.names],
    ranges: bins.columns.map((c) => c.range),
    bias,
    rate: options.rate,
    trees,
  };
  const seconds = { binning: (binned - start) / 1000, growing: (performance.now() - binned) / 1000 };
  const importance = importances(trees, data.names.length);
  return { model, history, bestRound: grown.bestRound, ...importance, seconds };
}

interface Binned {
  columns: ColumnBins[];
  codes: { train: Uint8Array; validation: Uint8Array };
}

/** Cuts the columns into bins, one a task. */
async function binColumns(
  port: TreesPort,
  data: TreesData,
  { maxBins, seed }: TreesOptions,
  train: Uint32Array,
  validation: Uint32Array,
  signal: AbortSignal | undefined,
): Promise<Binned> {
  const count = train.length + validation.length;
  const rows = new Uint32Array(new SharedArrayBuffer(4 * count));
  rows.set(train);
  rows.set(validation, train.length);
  const shared = (length: number) => new Uint8Array(new SharedArrayBuffer(length));
  const codes = {
    train: shared(train.length * data.columns.length),
    validation: shared(validation.length * data.columns.length),
  };
  const columns: ColumnBins[] = new Array(data.columns.length);
  let next = 0;
  const lane = async () => {
    for (let c = next++; c < columns.length; c = next++) {
      throwIfAborted(signal);
      columns[c] = await port.run('binColumn', {
        values: data.columns[c]!,
        rows,
        train: train.length,
        column: c,
        maxBins,
        seed,
        codes: {
          train: codes.train.subarray(c * train.length, (c + 1) * train.length),
          validation: codes.validation.subarray(c * validation.length, (c + 1) * validation.length),
        },
      });
    }
  };
  await Promise.all(Array.from({ length: port.threads }, lane));
  return { columns, codes };
}

/** Runs all shards at once, and stops all when one fails or the signal says so. */
async function grow(
  port: TreesPort,
  options: TreesOptions,
  columns: readonly ColumnBins[],
  bias: number[],
  train: TreesRows,
  validation: TreesRows,
  { onRound, signal }: TreesHooks,
): Promise<{ grown: Grown; history: Round[] }> {
  // What was aborted while the last column was cut tells no listener of it.
  throwIfAborted(signal);
  const shards = Math.max(1, Math.min(port.threads, Math.floor(train.count / leastRows)));
  const bins = columns.map((c) => ({ numbers: c.upper.length + 1, nulls: c.nulls }));
  const board = createBoard(shards, messageWords(options, bins, train, validation), options.rounds);
  const history: Round[] = [];
  const look = () => {
    for (const round of newRounds(board, history.length)) {
      history.push(round);
      onRound?.(round);
    }
  };
  const abort = () => stop(board);
  const clock = setInterval(look, lookEvery);
  signal?.addEventListener('abort', abort);
  try {
    const tasks = Array.from({ length: shards }, (_, shard) =>
      port.run('growShard', { options, bins, bias, train, validation, shard, board }),
    );
    for (const task of tasks) task.catch(abort);
    const [grown] = await firstFailure(tasks);
    look();
    return { grown: grown!, history };
  } catch (thrown) {
    if (signal?.aborted) throw interrupted();
    throw thrown;
  } finally {
    clearInterval(clock);
    signal?.removeEventListener('abort', abort);
  }
}

/** All results; or, once all have ended, the error that made the others stop. */
async function firstFailure<T>(tasks: readonly Promise<T>[]): Promise<T[]> {
  const ends = await Promise.allSettled(tasks);
  const errors = ends.flatMap((end) => (end.status === 'rejected' ? [HybridError.from(end.reason)] : []));
  const cause = errors.find((error) => error.code !== 'E_INTERRUPTED') ?? errors[0];
  if (cause !== undefined) throw cause;
  return ends.map((end) => (end as PromiseFulfilledResult<T>).value);
}

/** The longest message: histograms, reports of losses by block, sums of leaves, or candidates. */
function messageWords(
  options: TreesOptions,
  bins: readonly { numbers: number; nulls: boolean }[],
  train: TreesRows,
  validation: TreesRows,
): number {
  const histogram = 3 * bins.reduce((sum, b) => sum + b.numbers + Number(b.nulls), 0);
  const blocks = Math.ceil(train.count / shardBlock) + Math.ceil(validation.count / shardBlock);
  return Math.max(histogram, 2 * options.classes + 1 + blocks, 4 * options.leaves, 32);
}

function* newRounds(board: BoardMemory, known: number): Generator<Round> {
  for (let r = known; r < publishedRounds(board); r++) {
    yield { round: r + 1, train: board.losses[2 * r]!, validation: board.losses[2 * r + 1]! };
  }
}

function importances(trees: readonly Tree[], columns: number) {
  const gainImportance = new Float64Array(columns);
  const splitImportance = new Float64Array(columns);
  for (const tree of trees) {
    tree.column.forEach((c, i) => {
      gainImportance[c]! += tree.gain[i]!;
      splitImportance[c]! += 1;
    });
  }
  return { gainImportance, splitImportance };
}
