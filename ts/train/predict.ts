/** Answers of trees, block by block on the pool. */
import { HybridError, throwIfAborted } from '../error.js';
import { type ForestInput, packForest, type TreesModel } from '../kernels/trees.js';

export interface PredictOptions {
  /** Scores instead of answers. */
  raw?: boolean;
  /** Numbers of the rows to answer for; all without it. */
  rows?: Uint32Array;
  signal?: AbortSignal | undefined;
}

/** What predictions ask of the pool (a `Pool` is one). */
export interface PredictPort {
  readonly threads: number;
  run(name: 'predictBlock', input: ForestInput, transfer?: ArrayBuffer[]): Promise<Float64Array>;
}

const blockRows = 16_384;

/**
 * Answers by row, `outputs` numbers each: with `raw` the scores, else l2: the prediction; binary: the probability
 * of 1; multiclass: the probability of each class. `columns` are those of the model, in its order.
 */
export async function predictTrees(
  port: PredictPort,
  model: TreesModel,
  columns: readonly (Float32Array | Float64Array)[],
  options: PredictOptions = {},
): Promise<Float64Array> {
  if (columns.length !== model.columns.length)
    throw new HybridError('E_USAGE', `columns: expected ${model.columns.length}, got ${columns.length}`);
  const forest = packForest(model);
  const rows = options.rows?.length ?? columns[0]?.length ?? 0;
  const answers = new Float64Array(rows * model.outputs);
  let next = 0;
  const lane = async () => {
    for (let begin = next; begin < rows; begin = next) {
      next = begin + blockRows;
      throwIfAborted(options.signal);
      const values = gatherBlock(columns, options.rows, begin, Math.min(rows, next));
      const input = { ...forest, values, raw: options.raw ?? false };
      answers.set(await port.run('predictBlock', input, [values.buffer]), begin * model.outputs);
    }
  };
  await Promise.all(Array.from({ length: port.threads }, lane));
  return answers;
}

function gatherBlock(
  columns: readonly (Float32Array | Float64Array)[],
  rows: Uint32Array | undefined,
  begin: number,
  end: number,
): Float64Array<ArrayBuffer> {
  const count = end - begin;
  const values = new Float64Array(count * columns.length);
  columns.forEach((column, c) => {
    for (let i = 0; i < count; i++) values[c * count + i] = column[rows ? rows[begin + i]! : begin + i]!;
  });
  return values;
}
