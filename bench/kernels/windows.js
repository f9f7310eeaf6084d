/**
 * The operators over windows, each alone over 131,072 rows: G rows a second of processor time.
 *   node bench/kernels/windows.js [package …]
 * Without arguments the built kernels; several packages run in turn, so that they meet the same machine.
 * Columns: no nulls (on a leaf, and on a product), and one null in a
 * hundred. Then a population of random formulas over the default operators, in G node-rows a second.
 */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROWS = 131_072;
const REPEATS = Number(process.env.HYBRID_BENCH_REPEATS ?? 9);
const WINDOWS = [20, 100, 1000];
const NAMES = ['a', 'b', 'c', 'd'];
const FORMULAS = 500;

/** Mulberry32: a seeded generator of uniform numbers on [0, 1). */
function uniform(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

function columns(nulls) {
  const random = uniform(3);
  const value = () => (random() < nulls ? Number.NaN : random() * 4 - 2);
  return NAMES.map(() => Float32Array.from({ length: ROWS }, value));
}

async function load(folder) {
  const kernels = await import(join(resolve(folder), 'hybrid_kernels.js'));
  kernels.initSync({ module: await readFile(join(folder, 'hybrid_kernels_bg.wasm')) });
  return kernels;
}

function shardOf(kernels, data) {
  const shard = new kernels.Shard(0, ROWS, NAMES.length);
  for (const [c, column] of data.entries()) shard.setColumn(c, column);
  return shard;
}

/** Processor time of this process: what others do on the machine does not count. */
function seconds(work) {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** The least time of each piece of work, run in turn. */
function least(pieces) {
  const times = pieces.map(() => Number.POSITIVE_INFINITY);
  for (let r = 0; r <= REPEATS; r++) {
    for (const [i, work] of pieces.entries()) times[i] = Math.min(times[i], seconds(work));
  }
  return times;
}

/** A package with its shards of complete columns and of columns with nulls. */
async function contender(folder) {
  const kernels = await load(folder);
  const values = new kernels.Values(1, ROWS);
  const shards = [shardOf(kernels, columns(0)), shardOf(kernels, columns(0.01))];
  const evaluate = (shard, text) => {
    const packed = kernels.parseFormulas([text], NAMES);
    return () => values.evaluate(shard, packed, true);
  };
  const { operators } = JSON.parse(kernels.formulaTable());
  return { kernels, shards, evaluate, operators };
}

const rate = (time) => (ROWS / time / 1e9).toFixed(3);

function measureOperator(contenders, operator, window) {
  const call = (...operands) => `${operator.name}(${operands.join(', ')}, ${window})`;
  const leaves = NAMES.slice(0, operator.arity);
  const inner = leaves.map((name) => `(${name} * ${name})`);
  const pieces = contenders.flatMap(({ shards, evaluate }) => [
    evaluate(shards[0], call(...leaves)),
    evaluate(shards[0], call(...inner)),
    evaluate(shards[1], call(...leaves)),
  ]);
  const times = least(pieces);
  return contenders.map((_, i) => times.slice(3 * i, 3 * i + 3).map(rate));
}

/** The same random formulas, with block statistics, on columns with nulls. */
function measurePopulation(contenders, print) {
  const [{ kernels, operators }] = contenders;
  const codes = operators.filter((o) => o.default).map((o) => o.code);
  const vocabulary = new kernels.Vocabulary(
    new Uint8Array(4),
    Uint32Array.from([0, 1, 2, 3]),
    Uint8Array.from(codes),
    Uint16Array.from([5, 20, 100, 500]),
    31,
    9,
  );
  const packed = vocabulary.vary(new Uint32Array(), new Uint32Array(3 * FORMULAS), 42, 0, 0);
  const measures = kernels.measureFormulas(packed, 4);
  const nodes = measures.filter((_, i) => i % 4 === 0).reduce((a, b) => a + b, 0);
  const pivots = new Float32Array(FORMULAS);
  const times = least(
    contenders.map(({ shards: [, shard] }) => {
      shard.setTarget(new Float32Array(ROWS).fill(0.1), new Float32Array(ROWS).fill(1));
      shard.setBlocks(Uint32Array.from({ length: ROWS / 1024 }, (_, t) => t >> 2));
      const stages = Uint32Array.of(0);
      return () => shard.evaluate(new kernels.Population(packed, NAMES.length), pivots, false, stages, 0, 1);
    }),
  );
  const rates = times.map((t) => ((nodes * ROWS) / t / 1e9).toFixed(3));
  print(`${FORMULAS} random formulas, ${(nodes / FORMULAS).toFixed(1)} nodes: ${rates.join('  ')}`);
}

export async function windowsBench(folders, print = console.log) {
  const contenders = await Promise.all(folders.map(contender));
  print('operator(window)   leaf, inner, with nulls [G rows/s], for each package');
  for (const operator of contenders[0].operators.filter((o) => o.minWindow > 0)) {
    for (const window of WINDOWS) {
      const rates = measureOperator(contenders, operator, window).map((r) => r.join(' '));
      print(`${`${operator.name}(${window})`.padEnd(16)} ${rates.join('   ')}`);
    }
  }
  measurePopulation(contenders, print);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = fileURLToPath(new URL('../../kernels/pkg/', import.meta.url));
  await windowsBench(process.argv.length > 2 ? process.argv.slice(2) : [built]);
}
