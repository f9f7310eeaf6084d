/**
 * Generations of a search as `hybrid evolve` runs them: 5,000 formulas over 1,000,000 scored rows × 16 columns, a relation
 * of R² 1e-3 planted in noise; with 1 and with 2 threads, beside what two busy processes get done on this machine in the
 * same minutes. Of the generations the seconds, those of breeding, race and archive, and how many times fewer node-rows
 * sharing and racing leave to compute. Checked: the same generations for any number of threads; the best gain is at least
 * half of what was planted. HYBRID_BENCH_ROWS, HYBRID_BENCH_POPULATION and HYBRID_BENCH_GENERATIONS set other sizes.
 */
import { Rescaler } from '../../dist/evolve/scale.js';
import { formulaTable } from '../../dist/kernels/formulas.js';
import { compileKernels, instantiateKernels } from '../../dist/kernels/load.js';
import { createPool } from '../../dist/pool/pool.js';
import { createSearch } from '../../dist/stages/evolve/generations.js';
import { evaluateOn, planShards } from '../../dist/stages/evolve/shards.js';
import { probe } from '../suite/machine.js';
import { uniform } from '../suite/random.js';

const blockCount = 32;
const limits = { maxNodes: 31, maxDepth: 9, maxLookBack: 1024, maxCost: 90 };
/** Generations that count as later ones: the population has evolved and there is a portfolio. */
const settled = 3;

function sizeOf(bench) {
  const asked = (name, otherwise) => Number(process.env[`HYBRID_BENCH_${name}`] ?? otherwise);
  const full = {
    columns: 16,
    plantedR2: 1e-3,
    rows: asked('ROWS', 1_000_000),
    population: asked('POPULATION', 5000),
    generations: asked('GENERATIONS', 6),
  };
  return bench.size(full, {
    columns: 4,
    plantedR2: 0.05,
    rows: 32_768,
    population: 100,
    generations: settled + 1,
  });
}

/** Numbers of mean 0 and variance 1, nearly normal, each remembering the one before. */
function persistent(rows, seed, memory) {
  const random = uniform(seed);
  const values = new Float32Array(new SharedArrayBuffer(4 * rows));
  const fresh = Math.sqrt(3 * (1 - memory * memory));
  let x = 0;
  for (let i = 0; i < rows; i++) {
    x = memory * x + fresh * (random() + random() + random() + random() - 2);
    values[i] = x;
  }
  return values;
}

/** What the stage knows of a dataset of whose search part these are the rows, with a third as many to select by. */
function makeStudy(kernels, { rows, columns, population, plantedR2 }) {
  const table = formulaTable(kernels);
  const names = Array.from({ length: columns }, (_, c) => `x${c}`);
  const values = names.map((_, c) => persistent(rows, c + 1, [0, 0.5, 0.9, 0.99][c % 4]));
  const target = persistent(rows, 99, 0);
  for (let i = 0; i < rows; i++) target[i] += Math.sqrt(plantedR2) * values[0][i] * values[1][i];
  const of = Uint32Array.from({ length: rows }, (_, i) => Math.floor((i * blockCount) / rows));
  const search = { effectiveRows: rows, count: rows, rows: new Uint8Array(rows).fill(1) };
  return {
    settings: { seed: 42, population, portfolio: 12, maxCorrelation: 0.3 },
    limits,
    blocks: { search: { count: blockCount, of }, selection: { count: blockCount } },
    problem: { parts: { search, selection: { effectiveRows: rows / 3, pooledRows: rows / 3 } } },
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
  const rows = target.length;
  const source = {
    symbols: [{ name: 's', start: 0, end: rows }],
    columns: columns.values,
    target,
    weight: new Float64Array(rows).fill(1),
    tileRows: table.tileRows,
    haloTiles: limits.maxDepth + Math.ceil(limits.maxLookBack / table.tileRows),
  };
  return evaluateOn(pool, planShards(source, blocks.search, 'search'), blockCount);
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

async function runGenerations(study, threads, count) {
  const pool = await createPool(threads);
  const search = createSearch(study, evaluatorOf(study, pool));
  const clock = { seconds: {} };
  timed(search.breeding, 'first', clock, 'breeding');
  timed(search.breeding, 'next', clock, 'breeding');
  timed(search.race, 'run', clock, 'race');
  timed(search.archive, 'update', clock, 'archive');
  const generations = [];
  let before = { nodeRows: 0, computedNodeRows: 0 };
  for (let g = 0; g < count; g++) {
    clock.seconds = { breeding: 0, race: 0, archive: 0 };
    const start = performance.now();
    const record = await search.step();
    const seconds = (performance.now() - start) / 1000;
    const fewer = (record.nodeRows - before.nodeRows) / (record.computedNodeRows - before.computedNodeRows);
    generations.push({ ...record, ...clock.seconds, seconds, fewer });
    before = record;
  }
  await pool.close();
  return generations;
}

/** What may not depend on the threads. */
const saidBy = (generations) =>
  JSON.stringify(
    generations.map(({ best, trials, dropped, computedNodeRows }) => [
      best,
      trials,
      dropped,
      computedNodeRows,
    ]),
  );

/** Once the relation is in the portfolio, the best of a generation is what adds to it. */
function check(bench, runs, { plantedR2 }) {
  bench.expect(new Set(runs.map(saidBy)).size === 1, 'other generations with another number of threads');
  const gain = Math.max(...runs[0].map(({ best }) => best.gain));
  bench.expect(gain > plantedR2 / 2, `expected a gain of ${plantedR2}, got ${gain}`);
}

function recordGenerations(bench, subject, threads, generations) {
  const who = `hybrid, ${threads} thread${threads > 1 ? 's' : ''}`;
  const [first, later] = [generations.slice(0, 1), generations.slice(settled)];
  const record = (what, unit, better, values) =>
    bench.record({ subject: `${subject}, ${what}`, who, unit, better, values });
  record(
    'the first',
    's',
    'less',
    first.map((g) => g.seconds),
  );
  record(
    'a later one',
    's',
    'less',
    later.map((g) => g.seconds),
  );
  for (const part of ['breeding', 'race', 'archive'])
    record(
      `a later one, ${part}`,
      's',
      'less',
      later.map((g) => g[part]),
    );
  if (threads === 1)
    record(
      'a later one, node-rows',
      'times fewer than all',
      'more',
      later.map((g) => g.fewer),
    );
}

function recordThreads(bench, subject, one, two, busy) {
  const measure = { subject: `${subject}, 1 → 2 threads`, unit: 'times the work of one', better: 'more' };
  bench.record({
    ...measure,
    who: 'hybrid',
    values: one.map((g, i) => g.seconds / two[i].seconds).slice(settled),
  });
  if (busy.length > 0) bench.record({ ...measure, who: '2 busy processes', values: busy });
}

export async function generationBench(bench) {
  const size = sizeOf(bench);
  const study = makeStudy(instantiateKernels(await compileKernels()), size);
  const subject = `generation of ${size.population} formulas, ${size.rows.toLocaleString('en-US')} rows × ${size.columns} columns`;
  const busy = async () => (bench.smoke ? [] : [(2 * (await probe(1))) / (await probe(2))]);
  const before = await busy();
  const runs = [];
  for (const threads of [1, 2]) {
    runs.push(await runGenerations(study, threads, size.generations));
    recordGenerations(bench, subject, threads, runs.at(-1));
  }
  check(bench, runs, size);
  recordThreads(bench, subject, ...runs, [...before, ...(await busy())]);
}
