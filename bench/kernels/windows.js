/**
 * The operators over windows, each alone over 131,072 rows of a column: M rows a second of processor time, in f32 as
 * the search computes them; beside TA-Lib (talib-web, WASM too, f64) where it has the function. Checked: every operator
 * against the kernel's exact evaluation in f64, and TA-Lib's values where they are defined the same. Then a population
 * of random formulas over the default operators.
 *
 *   node bench/kernels/windows.js PACKAGE PACKAGE   two built kernels in turn, for a change of the kernel
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadTalib } from '../peers/talib.js';
import { Bench } from '../suite/bench.js';
import { builtPackage, loadKernels } from '../suite/kernel.js';
import { cpuSeconds } from '../suite/statistics.js';
import { tableOf } from '../suite/table.js';
import { blockSums, FormulaKernel, randomColumns, randomPopulation } from './formulas.js';

const speed = { unit: 'M rows/s', better: 'more' };
const names = ['a', 'b'];
const windows = [20, 100];

/**
 * TA-Lib's functions of the same definition. In this build STDDEV is wrong behind its first values, and so are the
 * functions that give indices.
 */
const counterparts = {
  sma: (talib, [inReal], timePeriod) => talib.SMA({ inReal, timePeriod }),
  sum: (talib, [inReal], timePeriod) => talib.SUM({ inReal, timePeriod }),
  wma: (talib, [inReal], timePeriod) => talib.WMA({ inReal, timePeriod }),
  ema: (talib, [inReal], timePeriod) => talib.EMA({ inReal, timePeriod }),
  ts_min: (talib, [inReal], timePeriod) => talib.MIN({ inReal, timePeriod }),
  ts_max: (talib, [inReal], timePeriod) => talib.MAX({ inReal, timePeriod }),
  delta: (talib, [inReal], timePeriod) => talib.MOM({ inReal, timePeriod }),
  slope: (talib, [inReal], timePeriod) => talib.LINEARREG_SLOPE({ inReal, timePeriod }),
  corr: (talib, [inReal0, inReal1], timePeriod) => talib.CORREL({ inReal0, inReal1, timePeriod }),
};
/** The first row that has a value, where that is not row window − 1, and the first that can be compared. */
const firstRows = { delta: (window) => window };
/** Its seed is another one, and forgotten by then. */
const comparedFrom = { ema: (window) => 12 * window };

const near = (a, b, scale) => Math.abs(a - b) <= 2e-5 * scale;

/** Every 97th row of ours, which lie within f32 of what is expected; both null, or neither. */
function checkRows(bench, what, own, expected, from) {
  const scale = own.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);
  for (let i = from; i < own.length; i += 97) {
    const right = Number.isNaN(own[i]) ? Number.isNaN(expected(i)) : near(expected(i), own[i], scale);
    bench.expect(right, `${what}, row ${i}: expected ${expected(i)}, got ${own[i]}`);
  }
}

/** The exact evaluation is slow: the first rows will do. */
function checkExactly(bench, { kernels, rows }, text, columns, own) {
  const some = Math.min(rows, 4096);
  const flat = Float64Array.from(columns.flatMap((column) => Array.from(column.subarray(0, some))));
  const exact = kernels.evaluateExactly(kernels.parseFormulas([text], names), flat, names.length);
  checkRows(bench, `${text} beside its exact evaluation`, own.subarray(0, some), (i) => exact[i], 0);
}

function checkTalib(bench, talib, name, columns, window, own) {
  const { output } = counterparts[name](talib, columns, window);
  const first = firstRows[name]?.(window) ?? window - 1;
  const expected = (row) => output[row - first];
  checkRows(bench, `${name}(${window}) beside TA-Lib`, own, expected, comparedFrom[name]?.(window) ?? first);
}

async function measureOperator(bench, talib, contenders, columns, operator, window) {
  const text = `${operator.name}(${[...names.slice(0, operator.arity), window].join(', ')})`;
  const answers = contenders.map((contender) => contender.answer(text));
  for (const [k, own] of answers.entries()) checkExactly(bench, contenders[k], text, columns, own);
  const [first] = answers;
  const runs = contenders.map((c) => ({ who: c.who, run: c.timing(text) }));
  if (talib !== undefined && counterparts[operator.name] !== undefined) {
    const real = columns.map((column) => Array.from(column));
    checkTalib(bench, talib, operator.name, real, window, first);
    const run = () => counterparts[operator.name](talib, real, window);
    runs.push({ who: 'TA-Lib (talib-web)', run: () => first.length / cpuSeconds(run) / 1e6 });
  }
  await bench.contest(text, speed, runs);
}

/** Random formulas over all default operators, with block statistics, on columns with nulls. */
async function measurePopulation(bench, contenders) {
  const formulas = bench.size(500, 20);
  const [{ kernels, rows }] = contenders;
  const columns = names.length;
  const isAllowed = (operator) => operator.default;
  const options = { columns, formulas, windows: [5, 20, 100, 500], isAllowed };
  const { packed, nodes } = randomPopulation(kernels, options);
  const runs = contenders.map(({ who, kernels, shard }) => {
    const seconds = () => cpuSeconds(() => blockSums(kernels, shard, packed, columns, formulas));
    return { who, run: () => (nodes * rows) / seconds() / 1e9 };
  });
  const size = (nodes / formulas).toFixed(0);
  const subject = `${formulas} random formulas of ${size} nodes, all default operators, 1 % nulls`;
  await bench.contest(subject, { unit: 'G node-rows/s', better: 'more' }, runs);
}

/**
 * Runs the operators that `isWanted` names by the packages in turn, and by TA-Lib where it is given.
 * @param {{ who: string, folder: string }[]} packages
 */
export async function compete(bench, packages, { talib, isWanted = () => true }) {
  const rows = bench.size(131_072, 8192);
  const columns = randomColumns({ rows, columns: names.length });
  const loaded = [];
  for (const { who, folder } of packages) loaded.push({ who, kernels: await loadKernels(folder) });
  const over = (data) => loaded.map(({ who, kernels }) => new FormulaKernel(who, kernels, names, data));
  const contenders = over(columns);
  const { operators } = JSON.parse(loaded[0].kernels.formulaTable());
  for (const operator of operators.filter((o) => o.minWindow > 0 && isWanted(o.name)))
    for (const window of windows) await measureOperator(bench, talib, contenders, columns, operator, window);
  await measurePopulation(bench, over(randomColumns({ rows, columns: names.length, nulls: 0.01 })));
}

export async function windowsBench(bench) {
  await compete(bench, [{ who: 'hybrid', folder: builtPackage }], { talib: await loadTalib() });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bench = new Bench();
  const packages = process.argv
    .slice(2)
    .map((folder) => ({ who: `hybrid ${folder}`, folder: resolve(folder) }));
  await compete(bench, packages, {});
  console.log(tableOf(bench.measurements).join('\n'));
}
