/**
 * Generations of a search as `hybrid evolve` runs them: 5,000 formulas over 1 M scored rows × 16 columns, a relation of
 * R² 1e-3 planted in noise; with 1 and with 2 threads, beside what two busy processes get done on this machine, in
 * units of one, in the same run. Of every generation the seconds, those of processor time, and the seconds of breeding, of the race and of the archive, and the
 * node-rows that sharing and racing leave to compute. HYBRID_BENCH_ROWS, HYBRID_BENCH_POPULATION,
 * HYBRID_BENCH_GENERATIONS and HYBRID_BENCH_THREADS ("1,2") set other sizes.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Rescaler } from '../../dist/evolve/scale.js';
import { formulaTable } from '../../dist/kernels/formulas.js';
import { compileKernels, instantiateKernels } from '../../dist/kernels/load.js';
import { createPool } from '../../dist/pool/pool.js';
import { createSearch } from '../../dist/stages/evolve/generations.js';
import { evaluateOn, planShards } from '../../dist/stages/evolve/shards.js';

const sizeOf = (name, otherwise) => Number(process.env[`HYBRID_BENCH_${name}`] ?? otherwise);
const ROWS = sizeOf('ROWS', 1_000_000);
const COLUMNS = 16;
const POPULATION = sizeOf('POPULATION', 5000);
const GENERATIONS = sizeOf('GENERATIONS', 10);
const THREADS = (process.env.HYBRID_BENCH_THREADS ?? '1,2').split(',').map(Number);
/** Generations that count as later ones: the population has evolved and there is a portfolio. */
const LATER = 4;
const BLOCKS = 32;
const LIMITS = { maxNodes: 31, maxDepth: 9, maxLookBack: 1024, maxCost: 90 };

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

/** Numbers of mean 0 and variance 1, nearly normal, each remembering the one before. */
function persistent(seed, memory) {
  const random = uniform(seed);
  const values = new Float32Array(new SharedArrayBuffer(4 * ROWS));
  let x = 0;
  for (let i = 0; i < ROWS; i++) {
    x =
      memory * x +
      Math.sqrt(1 - memory * memory) * (random() + random() + random() + random() - 2) * Math.sqrt(3);
    values[i] = x;
  }
  return values;
}

/** What the stage knows of a dataset whose rows are all searched and whose labels do not overlap. */
function makeStudy(kernels) {
  const table = formulaTable(kernels);
  const names = Array.from({ length: COLUMNS }, (_, c) => `x${c}`);
  const values = names.map((_, c) => persistent(c + 1, [0, 0.5, 0.9, 0.99][c % 4]));
  const target = persistent(99, 0);
  for (let i = 0; i < ROWS; i++) target[i] += Math.sqrt(1e-3) * values[0][i] * values[1][i];
  const of = Uint32Array.from({ length: ROWS }, (_, i) => Math.floor((i * BLOCKS) / ROWS));
  const search = { effectiveRows: ROWS, count: ROWS, rows: new Uint8Array(ROWS).fill(1) };
  return {
    settings: { seed: 42, population: POPULATION, portfolio: 12, maxCorrelation: 0.3 },
    limits: LIMITS,
    blocks: { search: { count: BLOCKS, of } },
    problem: { parts: { search } },
    seeds: undefined,
    operators: table.operators.filter((o) => o.default),
    kernels,
    table,
    columns: { names, kinds: names.map(() => 'ratio'), values, units: names.map(() => 1) },
    terminals: names.map((name) => ({ name, kind: 'ratio' })),
    rescaler: new Rescaler(table),
    target,
  };
}

function evaluatorOf({ table, columns, target, blocks, limits }, pool) {
  const source = {
    symbols: [{ name: 's', start: 0, end: ROWS }],
    columns: columns.values,
    target,
    weight: new Float64Array(ROWS).fill(1),
    tileRows: table.tileRows,
    haloTiles: limits.maxDepth + Math.ceil(limits.maxLookBack / table.tileRows),
  };
  return evaluateOn(pool, planShards(source, blocks.search, 'search'), BLOCKS);
}

/** Adds the seconds of a method to `clock.seconds[name]`. */
function timed(owner, method, clock, name) {
  const original = owner[method].bind(owner);
  owner[method] = (...args) => {
    const start = performance.now();
    const add = () => {
      clock.seconds[name] = (clock.seconds[name] ?? 0) + (performance.now() - start) / 1000;
    };
    const result = original(...args);
    if (typeof result?.finally === 'function') return result.finally(add);
    add();
    return result;
  };
}

async function runGenerations(study, threads, print) {
  const pool = await createPool(threads);
  const search = createSearch(study, evaluatorOf(study, pool));
  const generations = [];
  const clock = { seconds: {} };
  timed(search.breeding, 'first', clock, 'breeding');
  timed(search.breeding, 'next', clock, 'breeding');
  timed(search.race, 'run', clock, 'race');
  timed(search.archive, 'update', clock, 'archive');
  let before = { nodeRows: 0, computedNodeRows: 0 };
  for (let g = 0; g < GENERATIONS; g++) {
    clock.seconds = {};
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    const record = await search.step();
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (performance.now() - start) / 1000;
    const fewer = (record.nodeRows - before.nodeRows) / (record.computedNodeRows - before.computedNodeRows);
    generations.push({ ...record, ...clock.seconds, seconds, busy: (user + system) / 1e6, fewer });
    reportGeneration(print, threads, generations.at(-1));
    before = record;
  }
  await pool.close();
  return generations;
}

const busy =
  'const t = performance.now(); let x = 0; for (let i = 0; i < 6e8; i++) x = (x * 31 + i) | 0; console.log(performance.now() - t, x)';

/** Milliseconds of the slowest of `n` busy processes side by side. */
async function busyProcesses(n) {
  const one = () =>
    new Promise((done) => {
      const child = spawn(process.execPath, ['-e', busy]);
      child.stdout.on('data', (text) => done(Number.parseFloat(text)));
    });
  return Math.max(...(await Promise.all(Array.from({ length: n }, one))));
}

const probe = async () => (2 * (await busyProcesses(1))) / (await busyProcesses(2));
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const fixed = (x, digits = 2) => (x ?? 0).toFixed(digits);

function reportGeneration(print, threads, g) {
  print(
    `  ${threads} threads, generation ${g.generation}: ${fixed(g.seconds)} s, ${fixed(g.busy)} busy (breeding ${fixed(g.breeding)}, race ${fixed(g.race)},` +
      ` archive ${fixed(g.archive)}), ${fixed(g.fewer, 1)} times fewer node-rows, ${Math.round(100 * g.hitRate)} % shared,` +
      ` ${g.dropped} dropped, portfolio ${g.portfolio}, best ${fixed(Math.sqrt(g.best.gain), 4)} ${g.best.formula}`,
  );
}

function report(print, threads, generations) {
  const later = generations.slice(LATER);
  if (later.length > 0)
    print(
      `  ${threads} threads: generation 0 ${fixed(generations[0].seconds)} s, a later one ${fixed(median(later.map((g) => g.seconds)))} s (median)`,
    );
}

/** Runs the generations with each number of threads; all of them must say the same. */
export async function generationBench(print = console.log) {
  const kernels = instantiateKernels(await compileKernels());
  const study = makeStudy(kernels);
  const [runs, probes] = [new Map(), [await probe()]];
  for (const threads of THREADS) {
    const generations = await runGenerations(study, threads, print);
    runs.set(threads, generations);
    probes.push(await probe());
    report(print, threads, generations);
  }
  const said = [...runs.values()].map((run) =>
    JSON.stringify(
      run.map(({ best, trials, dropped, computedNodeRows }) => [best, trials, dropped, computedNodeRows]),
    ),
  );
  if (new Set(said).size !== 1) throw new Error('expected the same generations for any number of threads');
  if (runs.has(1) && runs.has(2)) {
    const total = (threads) => runs.get(threads).reduce((sum, g) => sum + g.seconds, 0);
    print(
      `  1 → 2 threads: ${fixed(total(1) / total(2))} times; two busy processes: ${fixed(median(probes))} times`,
    );
  }
  return runs;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generationBench();
