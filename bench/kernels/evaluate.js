/**
 * Raw evaluation of random + - * / formulas of 15 to 31 nodes over 131,072 rows x 16 columns: the kernel,
 * the same programs in plain JavaScript, Operon's EvaluateTrees and gplearn as its regressor runs it, where they are
 * installed (`pip install -r bench/peers/requirements.txt`; HYBRID_PYTHON names the interpreter). One thread each,
 * repeats interleaved, medians of processor time; leaves count as nodes. The kernel's values are checked against the others'.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROWS = 131_072;
const COLUMNS = 16;
const FORMULAS = 64;
const REPEATS = Number(process.env.HYBRID_BENCH_REPEATS ?? 7);
const TILE = 1024;
const PACKAGE = process.env.HYBRID_KERNELS ?? fileURLToPath(new URL('../../kernels/pkg/', import.meta.url));
const SIGNS = ['+', '-', '*', '/'];

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

/** A random tree of `nodes` nodes (odd) as text with every parenthesis. */
function randomText(nodes, random) {
  if (nodes === 1) return `X${1 + Math.floor(random() * COLUMNS)}`;
  const left = 1 + 2 * Math.floor((random() * (nodes - 1)) / 2);
  const sign = SIGNS[Math.floor(random() * 4)];
  return `(${randomText(left, random)} ${sign} ${randomText(nodes - 1 - left, random)})`;
}

function makeTask() {
  const random = uniform(7);
  const names = Array.from({ length: COLUMNS }, (_, c) => `X${c + 1}`);
  const columns = names.map(() => Float32Array.from({ length: ROWS }, () => random() * 4 - 2));
  const texts = Array.from({ length: FORMULAS }, (_, i) => randomText(15 + 2 * (i % 9), random));
  return { names, columns, texts };
}

/** The programs of a packed population as lists of words. */
function unpack(packed) {
  const programs = [];
  for (let at = 0; at < packed.length; at += 1 + packed[at]) {
    programs.push(packed.slice(at + 1, at + 1 + packed[at]));
  }
  return programs;
}

const OPERATIONS = [
  (out, a, b) => {
    for (let i = 0; i < TILE; i++) out[i] = a[i] + b[i];
  },
  (out, a, b) => {
    for (let i = 0; i < TILE; i++) out[i] = a[i] - b[i];
  },
  (out, a, b) => {
    for (let i = 0; i < TILE; i++) out[i] = a[i] * b[i];
  },
  (out, a, b) => {
    for (let i = 0; i < TILE; i++) {
      const d = b[i];
      out[i] = Math.abs(d) < 1e-12 ? Number.NaN : a[i] / d;
    }
  },
];

/** The same postfix programs in plain JavaScript: vector by vector over tiles that stay in the cache. */
function javascript(task, programs) {
  const buffers = Array.from({ length: 32 }, () => new Float32Array(TILE));
  const tiles = task.columns.map((c) =>
    Array.from({ length: ROWS / TILE }, (_, t) => c.subarray(t * TILE, (t + 1) * TILE)),
  );
  const values = programs.map(() => new Float32Array(ROWS));
  const stack = [];
  const run = () => {
    for (let p = 0; p < programs.length; p++) {
      for (let t = 0; t < ROWS / TILE; t++) {
        let depth = 0;
        for (const word of programs[p]) {
          if (word >>> 31) {
            stack[depth++] = tiles[word & 0xffffff][t];
          } else {
            depth -= 2;
            OPERATIONS[word >>> 24](buffers[depth], stack[depth], stack[depth + 1]);
            stack[depth] = buffers[depth];
            depth += 1;
          }
        }
        values[p].set(stack[0], t * TILE);
      }
    }
  };
  return { name: 'plain JavaScript', run: () => seconds(run), sums: () => values.map(sum) };
}

/** Processor time of this process: what others do on the machine does not count. */
function seconds(work) {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** The expected answer: the sum of the finite values of magnitude below 1e6. */
function sum(values) {
  let total = 0;
  for (const x of values) if (Math.abs(x) < 1e6) total += x;
  return total;
}

async function kernel(task) {
  const kernels = await import(join(PACKAGE, 'hybrid_kernels.js'));
  kernels.initSync({ module: await readFile(join(PACKAGE, 'hybrid_kernels_bg.wasm')) });
  const packed = kernels.parseFormulas(task.texts, task.names);
  const shard = new kernels.Shard(0, ROWS, COLUMNS);
  for (const [c, column] of task.columns.entries()) shard.setColumn(c, column);
  const values = new kernels.Values(FORMULAS, ROWS);
  const columns = () => task.texts.map((_, p) => values.column(p));
  shard.setTarget(task.columns[0], new Float32Array(ROWS).fill(1));
  shard.setBlocks(Uint32Array.from({ length: ROWS / TILE }, (_, t) => t >> 2));
  const pivots = new Float32Array(FORMULAS);
  const stages = Uint32Array.of(0);
  const contenders = [
    {
      name: 'hybrid (WASM), values',
      run: () => seconds(() => values.evaluate(shard, packed, false)),
      sums: () => columns().map(sum),
      complete: () => columns().map((v) => v.every(Number.isFinite)),
    },
    {
      name: 'hybrid (WASM), values, shared subtrees once',
      run: () => seconds(() => values.evaluate(shard, packed, true)),
      sums: () => columns().map(sum),
    },
    {
      name: 'hybrid (WASM), block statistics',
      run: () =>
        seconds(() => shard.evaluate(new kernels.Population(packed, COLUMNS), pivots, false, stages, 0, 1)),
    },
  ];
  return { packed, contenders };
}

/** A Python library in a process of its own, or the reason why it is not there. */
async function peerOf(task, { name, module, script, comparable }) {
  const python = process.env.HYBRID_PYTHON ?? 'python3';
  const folder = await mkdtemp(join(tmpdir(), 'hybrid-bench-'));
  const file = join(folder, 'columns.f32');
  await writeFile(file, Buffer.concat(task.columns.map((c) => Buffer.from(c.buffer))));
  const child = spawn(python, [fileURLToPath(new URL(`../peers/${script}`, import.meta.url))], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const failed = once(child, 'error').then(() => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (line) => {
    child.stdin.write(`${line}\n`);
    return (await lines.next()).value;
  };
  child.stdin.on('error', () => {});
  const close = async () => {
    child.stdin.end();
    await rm(folder, { recursive: true, force: true });
  };
  const started = JSON.stringify({ columns: file, rows: ROWS, names: task.names, formulas: task.texts });
  const ready = await Promise.race([ask(started), failed]);
  if (!ready?.startsWith('ready')) {
    await close();
    return {
      skipped: `${name}: skipped, ${python} has no ${module} (pip install -r bench/peers/requirements.txt)`,
    };
  }
  const run = async () => Number(await ask('run'));
  return { name, comparable, run, sums: async () => JSON.parse(await ask('values')), close };
}

/** Operon does not protect division: its sums are the kernel's where that has a value on every row. */
const operon = {
  name: 'Operon EvaluateTrees (f32)',
  module: 'pyoperon',
  script: 'operon_evaluate.py',
  comparable: (_, complete) => complete,
};

/** gplearn answers 1 where a divisor is below 0.001. */
const gplearn = {
  name: 'gplearn as used (f64)',
  module: 'gplearn',
  script: 'gplearn_evaluate.py',
  comparable: (text) => !text.includes('/'),
};

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

function worstDifference(a, b) {
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]) / Math.max(1, Math.abs(x), Math.abs(b[i]))));
}

/** Runs every contender in turn, several times; returns the medians in G node-rows a second. */
export async function evaluateBench(print = console.log) {
  const task = makeTask();
  const { packed, contenders } = await kernel(task);
  const programs = unpack(packed);
  contenders.push(javascript(task, programs));
  const peers = [];
  for (const one of [operon, gplearn]) {
    const peer = await peerOf(task, one);
    if (peer.skipped) print(peer.skipped);
    else peers.push(peer);
  }
  contenders.push(...peers);
  const nodeRows = programs.reduce((n, p) => n + p.length, 0) * ROWS;
  const times = contenders.map(() => []);
  for (let r = 0; r <= REPEATS; r++) {
    for (const [i, c] of contenders.entries()) {
      const taken = await c.run();
      if (r > 0) times[i].push(taken);
    }
  }
  const rates = contenders.map((c, i) => ({ name: c.name, rate: nodeRows / median(times[i]) / 1e9 }));
  await check(task, contenders);
  for (const peer of peers) await peer.close();
  for (const { name, rate } of rates) {
    print(
      `${name.padEnd(46)} ${rate.toFixed(2).padStart(6)} G node-rows/s ${(rates[0].rate / rate).toFixed(2).padStart(7)}`,
    );
  }
  return rates;
}

/** Every contender's sums agree with those of the kernel, on the formulas that mean the same to both. */
async function check(task, contenders) {
  const own = await contenders[0].sums();
  const complete = contenders[0].complete();
  for (const c of contenders.slice(1)) {
    if (!c.sums) continue;
    const sums = await c.sums();
    const compared = own.flatMap((_, i) => (c.comparable?.(task.texts[i], complete[i]) === false ? [] : [i]));
    if (compared.length === 0) throw new Error(`${c.name}: expected formulas that can be compared`);
    const worst = worstDifference(
      compared.map((i) => own[i]),
      compared.map((i) => sums[i]),
    );
    if (!(worst < 1e-5))
      throw new Error(`${c.name}: expected the kernel's sums, got a difference of ${worst}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await evaluateBench();
