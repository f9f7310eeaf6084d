/** Problems of boosted trees: columns, a target, and how many of the first rows may be learnt from. */
import { openDataset, readColumns } from '../../dist/io/dataset.js';
import { compileKernels, instantiateKernels } from '../../dist/kernels/load.js';
import { normal, uniform } from '../suite/random.js';

/**
 * @typedef {object} Problem
 * @property {'l2' | 'binary' | 'multiclass'} loss
 * @property {Float32Array[]} columns
 * @property {Float64Array} target
 * @property {number} train rows to learn from; the later ones are for the test
 */

export const losses = ['l2', 'binary', 'multiclass'];
/** Ahead of a row whose price the market's target is, in µs. */
const horizonUs = 5e6;
/** Log returns within it have no direction. */
const deadBand = 1e-5;

/** Numbers of the answer of each row. */
export const outputs = (loss) => (loss === 'multiclass' ? 3 : 1);

/** Friedman's first problem (1991) among `count` columns, noise of deviation 1. */
export function friedman(rows, count, seed) {
  const random = uniform(seed);
  const columns = Array.from({ length: count }, () => Float32Array.from({ length: rows }, random));
  const [a, b, c, d, e] = columns;
  const signal = (i) => 10 * Math.sin(Math.PI * a[i] * b[i]) + 20 * (c[i] - 0.5) ** 2 + 10 * d[i] + 5 * e[i];
  const target = Float64Array.from({ length: rows }, (_, i) => signal(i) + normal(random));
  return { loss: 'l2', columns, target, train: Math.floor(rows * 0.8) };
}

/** One column of a dataset, NaN where it is null. */
async function readColumn(dataset, name, Numbers) {
  const column = new Numbers(dataset.rows);
  await readColumns(dataset, [name], (_, row, values, present) => {
    for (let i = 0; i < values.length; i++) column[row + i] = present(i) ? Number(values[i]) : Number.NaN;
  });
  return column;
}

/** Columns of prepared features and the labels of their rows: the return ahead, and its direction. */
export async function readMarket(path) {
  const dataset = await openDataset(path);
  const kernels = instantiateKernels(await compileKernels());
  const [ts, price] = [
    await readColumn(dataset, 'ts', Float64Array),
    await readColumn(dataset, 'price', Float64Array),
  ];
  const labels = new kernels.Labels(BigInt64Array.from(ts, BigInt), 'us', horizonUs, 5);
  const market = {
    value: labels.returns(price),
    ends: labels.endRows(),
    direction: labels.directions(price, deadBand),
    columns: [],
  };
  labels.free();
  for (const { name, type } of dataset.columns)
    if (type !== 'other' && name !== 'ts') market.columns.push(await readColumn(dataset, name, Float32Array));
  return market;
}

/** One of the problems of a market; purged: no training label reaches a test row. */
export function marketProblem({ columns, value, ends, direction }, loss) {
  const border = Math.floor(value.length * 0.7);
  const kept = [];
  for (let i = 0; i < value.length; i++) {
    const labelled = !Number.isNaN(value[i]) && (i >= border || ends[i] < border);
    if (labelled && (loss !== 'binary' || direction[i] !== 0)) kept.push(i);
  }
  const targets = {
    l2: (i) => value[i] * 1e4,
    binary: (i) => (direction[i] + 1) / 2,
    multiclass: (i) => direction[i] + 1,
  };
  return {
    loss,
    columns: columns.map((column) => Float32Array.from(kept, (i) => column[i])),
    target: Float64Array.from(kept, targets[loss]),
    train: kept.findIndex((i) => i >= border),
  };
}
