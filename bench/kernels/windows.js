/**
 * The operators over windows, each alone over 131,072 rows of a column: M rows a second of processor time, in f32 as
 * the search computes them; beside TA-Lib (talib-web, WASM too, f64) where it has the function. Checked: TA-Lib's values
 * on the rows behind its look-back, within f32. Then a population of random formulas over the default operators.
 *
 *   node bench/kernels/windows.js PACKAGE PACKAGE   two built kernels in turn, for a change of the kernel
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as talib from 'talib-web';
import { Bench } from '../suite/bench.js';
import { cpuSeconds, uniform } from '../suite/statistics.js';
import { tableOf } from '../suite/table.js';

const speed = { unit: 'M rows/s', better: 'more' };
const names = ['a', 'b'];
const windows = [20, 100];
const built = fileURLToPath(new URL('../../kernels/pkg/', import.meta.url));

/** TA-Lib's functions of the same definition: arguments from columns and window, rows before the first value. */
const counterparts = {
  sma: ([inReal], timePeriod) => talib.SMA({ inReal, timePeriod }),
  sum: ([inReal], timePeriod) => talib.SUM({ inReal, timePeriod }),
  wma: ([inReal], timePeriod) => talib.WMA({ inReal, timePeriod }),
  std: ([inReal], timePeriod) => talib.STDDEV({ inReal, timePeriod, nbDev: 1 }),
  min: ([inReal], timePeriod) => talib.MIN({ inReal, timePeriod }),
  max: ([inReal], timePeriod) => talib.MAX({ inReal, timePeriod }),
  slope: ([inReal], timePeriod) => talib.LINEARREG_SLOPE({ inReal, timePeriod }),
  corr: ([inReal0, inReal1], timePeriod) => talib.CORREL({ inReal0, inReal1, timePeriod }),
};

async function loadTalib() {
  const wasm = readFileSync(join(createRequire(import.meta.url).resolve('talib-web'), '..', 'talib.wasm'));
  // It knows how to fetch its file, not how to be given one.
  const { fetch } = globalThis;
  globalThis.fetch = async () => new Response(wasm, { headers: { 'Content-Type': 'application/wasm' } });
  await talib.init('talib.wasm').finally(() => {
    globalThis.fetch = fetch;
  });
}

async function load(folder) {
  const kernels = await import(join(resolve(folder), 'hybrid_kernels.js'));
  kernels.initSync({ module: readFileSync(join(folder, 'hybrid_kernels_bg.wasm')) });
  return kernels;
}

function columnsOf(rows, nulls) {
  const random = uniform(3);
  const value = () => (random() < nulls ? Number.NaN : random() * 4 - 2);
  return names.map(() => Float32Array.from({ length: rows }, value));
}

/** Evaluates formulas over columns with one built kernel. */
class Contender {
  constructor(who, kernels, columns) {
    const rows = columns[0].length;
    this.who = who;
    this.kernels = kernels;
    this.values = new kernels.Values(1, rows);
    this.shard = new kernels.Shard(0, rows, names.length);
    for (const [c, column] of columns.entries()) this.shard.setColumn(c, column);
  }

  /** Gives M rows/s of a formula. */
  timing(text, rows) {
    const packed = this.kernels.parseFormulas([text], names);
    return () => rows / cpuSeconds(() => this.values.evaluate(this.shard, packed, true)) / 1e6;
  }

  answer(text) {
    this.values.evaluate(this.shard, this.kernels.parseFormulas([text], names), true);
    return this.values.column(0);
  }
}

function timedPeer(name, columns, window, rows) {
  const real = columns.map((column) => Array.from(column));
  const run = () => rows / cpuSeconds(() => counterparts[name](real, window)) / 1e6;
  return { who: 'TA-Lib (talib-web)', run };
}

/** Its output has the input's length with the values in front and zeros behind. */
function checkPeer(bench, name, columns, window, own) {
  const { output } = counterparts[name](
    columns.map((column) => Array.from(column)),
    window,
  );
  const first = window - 1;
  const scale = Math.max(...output.map(Math.abs));
  for (let i = first; i < own.length; i += 97) {
    const near = Math.abs(output[i - first] - own[i]) <= 2e-5 * scale;
    bench.expect(near, `${name}(${window}), row ${i}: expected ${output[i - first]}, got ${own[i]}`);
  }
}

async function measureOperator(bench, contenders, columns, operator, window) {
  const rows = columns[0].length;
  const text = `${operator.name}(${[...names.slice(0, operator.arity), window].join(', ')})`;
  const runs = contenders.map((c) => ({ who: c.who, run: c.timing(text, rows) }));
  const isCompared = counterparts[operator.name] !== undefined;
  if (isCompared) {
    checkPeer(bench, operator.name, columns, window, contenders[0].answer(text));
    runs.push(timedPeer(operator.name, columns, window, rows));
  }
  await bench.contest(text, speed, runs);
}

/** Random formulas over all default operators, with block statistics, on columns with nulls. */
async function measurePopulation(bench, contenders, rows) {
  const [{ kernels }] = contenders;
  const count = bench.size(500, 20);
  const { operators } = JSON.parse(kernels.formulaTable());
  const codes = operators.filter((o) => o.default).map((o) => o.code);
  const vocabulary = new kernels.Vocabulary(
    new Uint8Array(names.length),
    Uint32Array.from(names.keys()),
    Uint8Array.from(codes),
    Uint16Array.from([5, 20, 100, 500]),
    31,
    9,
  );
  const packed = vocabulary.vary(new Uint32Array(), new Uint32Array(3 * count), 42, 0, 0);
  const measures = kernels.measureFormulas(packed, names.length);
  const nodes = measures.filter((_, i) => i % 4 === 0).reduce((a, b) => a + b, 0);
  const pivots = new Float32Array(count);
  const runs = contenders.map(({ who, shard }) => {
    shard.setTarget(new Float32Array(rows).fill(0.1), new Float32Array(rows).fill(1));
    shard.setBlocks(Uint32Array.from({ length: rows / 1024 }, (_, t) => t >> 2));
    const seconds = () => cpuSeconds(() => shard.evaluate(packed, pivots, false, 1, 0));
    return { who, run: () => (nodes * rows) / seconds() / 1e9 };
  });
  const size = (nodes / count).toFixed(0);
  await bench.contest(
    `${count} random formulas of ${size} nodes, all default operators, 1 % nulls`,
    { unit: 'G node-rows/s', better: 'more' },
    runs,
  );
}

async function compete(bench, packages) {
  const rows = bench.size(131_072, 8192);
  const columns = columnsOf(rows, 0);
  const contender = async ({ who, folder }) => new Contender(who, await load(folder), columns);
  const contenders = await Promise.all(packages.map(contender));
  const { operators } = JSON.parse(contenders[0].kernels.formulaTable());
  for (const operator of operators.filter((o) => o.minWindow > 0))
    for (const window of windows) await measureOperator(bench, contenders, columns, operator, window);
  const holed = columnsOf(rows, 0.01);
  await measurePopulation(
    bench,
    contenders.map(({ who, kernels }) => new Contender(who, kernels, holed)),
    rows,
  );
}

export async function windowsBench(bench) {
  await loadTalib();
  await compete(bench, [{ who: 'hybrid', folder: built }]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bench = new Bench();
  await loadTalib();
  await compete(
    bench,
    process.argv.slice(2).map((folder) => ({ who: `hybrid ${folder}`, folder })),
  );
  console.log(tableOf(bench.measurements).join('\n'));
}
