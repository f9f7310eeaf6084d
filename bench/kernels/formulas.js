/** Formulas over columns of random numbers, evaluated by one built kernel or by several in turn. */
import { uniform } from '../suite/random.js';
import { cpuSeconds } from '../suite/statistics.js';

export const tileRows = 1024;

/** Columns of uniform numbers on [-2, 2), a share of them null. */
export function randomColumns({ rows, columns, nulls = 0, seed = 3 }) {
  const random = uniform(seed);
  const value = () => (nulls > 0 && random() < nulls ? Number.NaN : random() * 4 - 2);
  return Array.from({ length: columns }, () => Float32Array.from({ length: rows }, value));
}

/** A shard that holds columns, a target that is nearly constant, and blocks of four tiles. */
export function shardOf(kernels, columns) {
  const rows = columns[0].length;
  const shard = new kernels.Shard(0, rows, columns.length);
  for (const [c, column] of columns.entries()) shard.setColumn(c, column);
  const target = Float32Array.from({ length: rows }, (_, i) => Math.sin(i));
  shard.setTarget(target, new Float32Array(rows).fill(1));
  shard.setBlocks(Uint32Array.from({ length: rows / tileRows }, (_, t) => t >> 2));
  return shard;
}

/** Random formulas as a generation has them, and how many nodes they are; `isAllowed` chooses the operators. */
export function randomPopulation(kernels, { columns, formulas, windows, isAllowed }) {
  const { operators } = JSON.parse(kernels.formulaTable());
  const vocabulary = new kernels.Vocabulary(
    new Uint8Array(columns),
    Uint32Array.from({ length: columns }, (_, c) => c),
    Uint8Array.from(operators.filter(isAllowed), (o) => o.code),
    Uint16Array.from(windows),
    31,
    9,
  );
  const packed = vocabulary.vary(new Uint32Array(), new Uint32Array(3 * formulas), 42, 0, 0);
  const measures = kernels.measureFormulas(packed, columns);
  return { packed, nodes: measures.filter((_, i) => i % 4 === 0).reduce((a, b) => a + b, 0) };
}

/** The block sums of a population, as the first stage of a search asks for them. */
export function blockSums(kernels, shard, packed, columns, formulas) {
  const population = new kernels.Population(packed, columns);
  const sums = shard.evaluate(population, new Float32Array(formulas), 'target', Uint32Array.of(0), 0, 1);
  population.free();
  return sums;
}

/** One formula at a time over columns, by one built kernel. */
export class FormulaKernel {
  constructor(who, kernels, names, columns) {
    this.who = who;
    this.kernels = kernels;
    this.names = names;
    this.rows = columns[0].length;
    this.values = new kernels.Values(1, this.rows);
    this.shard = shardOf(kernels, columns);
  }

  /** Gives M rows/s of a formula. */
  timing(text) {
    const packed = this.kernels.parseFormulas([text], this.names);
    return () => this.rows / cpuSeconds(() => this.values.evaluate(this.shard, packed, true)) / 1e6;
  }

  answer(text) {
    this.values.evaluate(this.shard, this.kernels.parseFormulas([text], this.names), true);
    return this.values.column(0);
  }
}
