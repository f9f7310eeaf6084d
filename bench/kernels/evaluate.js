/**
 * Formulas over columns: 64 random + - * / formulas of 15 to 31 nodes over 131,072 rows × 16 columns by the kernel, and
 * the same programs in plain JavaScript, by Operon, gplearn and DEAP as they evaluate theirs. One thread each; G
 * node-rows a second of processor time, leaves counted. Checked: every contender's sums are the kernel's.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFolder } from '../suite/folder.js';
import { loadKernels } from '../suite/kernel.js';
import { openPeer } from '../suite/peer.js';
import { uniform } from '../suite/random.js';
import { cpuSeconds } from '../suite/statistics.js';

const speed = { unit: 'G node-rows/s', better: 'more' };
const subject = 'formulas of + - * /, values';
const columnCount = 16;
const formulaCount = 64;
const tile = 1024;
const signs = ['+', '-', '*', '/'];

/** A random tree of `nodes` nodes (odd) as text with every parenthesis. */
function randomText(nodes, random) {
  if (nodes === 1) return `X${1 + Math.floor(random() * columnCount)}`;
  const left = 1 + 2 * Math.floor((random() * (nodes - 1)) / 2);
  const sign = signs[Math.floor(random() * signs.length)];
  return `(${randomText(left, random)} ${sign} ${randomText(nodes - 1 - left, random)})`;
}

function makeTask(rows) {
  const random = uniform(7);
  const names = Array.from({ length: columnCount }, (_, c) => `X${c + 1}`);
  const columns = names.map(() => Float32Array.from({ length: rows }, () => random() * 4 - 2));
  const texts = Array.from({ length: formulaCount }, (_, i) => randomText(15 + 2 * (i % 9), random));
  return { rows, names, columns, texts };
}

/** The programs of a packed population as lists of words. */
function unpack(packed) {
  const programs = [];
  for (let at = 0; at < packed.length; at += 1 + packed[at])
    programs.push(packed.slice(at + 1, at + 1 + packed[at]));
  return programs;
}

/** The expected answer: the sum of the values of magnitude below 1e6. */
function sum(values) {
  let total = 0;
  for (const x of values) if (Math.abs(x) < 1e6) total += x;
  return total;
}

/** The kernel's ways, and what it says: the sums, and which formulas have a value on every row. */
function ownSide(kernels, { rows, names, columns, texts }) {
  const packed = kernels.parseFormulas(texts, names);
  const shard = new kernels.Shard(0, rows, columnCount);
  for (const [c, column] of columns.entries()) shard.setColumn(c, column);
  shard.setTarget(columns[0], new Float32Array(rows).fill(1));
  shard.setBlocks(Uint32Array.from({ length: rows / tile }, (_, t) => t >> 2));
  const values = new kernels.Values(formulaCount, rows);
  const answers = (share) => {
    values.evaluate(shard, packed, share);
    return texts.map((_, p) => values.column(p));
  };
  const statistics = () =>
    shard.evaluate(
      new kernels.Population(packed, columnCount),
      new Float32Array(formulaCount),
      'target',
      Uint32Array.of(0),
      0,
      1,
    );
  return {
    programs: unpack(packed),
    sums: (share) => answers(share).map(sum),
    complete: answers(false).map((column) => column.every(Number.isFinite)),
    values: (share) => cpuSeconds(() => values.evaluate(shard, packed, share)),
    statistics: () => cpuSeconds(statistics),
  };
}

const operations = [
  (out, a, b) => {
    for (let i = 0; i < tile; i++) out[i] = a[i] + b[i];
  },
  (out, a, b) => {
    for (let i = 0; i < tile; i++) out[i] = a[i] - b[i];
  },
  (out, a, b) => {
    for (let i = 0; i < tile; i++) out[i] = a[i] * b[i];
  },
  (out, a, b) => {
    for (let i = 0; i < tile; i++) {
      const d = b[i];
      out[i] = Math.abs(d) < 1e-12 ? Number.NaN : a[i] / d;
    }
  },
];

/** The same postfix programs in plain JavaScript: vector by vector over tiles that stay in the cache. */
function javascript({ rows, columns }, programs) {
  const buffers = Array.from({ length: 32 }, () => new Float32Array(tile));
  const tiles = columns.map((column) =>
    Array.from({ length: rows / tile }, (_, t) => column.subarray(t * tile, (t + 1) * tile)),
  );
  const values = programs.map(() => new Float32Array(rows));
  const stack = [];
  const evaluateTile = (program, t) => {
    let depth = 0;
    for (const word of program) {
      if (word >>> 31) {
        stack[depth++] = tiles[word & 0xffffff][t];
        continue;
      }
      depth -= 2;
      operations[word >>> 24](buffers[depth], stack[depth], stack[depth + 1]);
      stack[depth] = buffers[depth++];
    }
    return stack[0];
  };
  const run = () => {
    for (const [p, program] of programs.entries())
      for (let t = 0; t < rows / tile; t++) values[p].set(evaluateTile(program, t), t * tile);
  };
  return { run, sums: () => values.map(sum) };
}

/** Which formulas mean the same to a peer as to the kernel: only Python's differ, in what they do near a zero divisor. */
const pythons = [
  { who: 'Operon EvaluateTrees (f32)', script: 'operon_evaluate.py', isSame: (_, complete) => complete },
  {
    who: 'gplearn as it runs them (f64)',
    script: 'gplearn_evaluate.py',
    isSame: (text) => !text.includes('/'),
  },
  { who: 'DEAP over numpy (f32)', script: 'deap_evaluate.py', isSame: (_, complete) => complete },
];

/** The sums agree with the kernel's within f32, on the formulas that mean the same to both. */
function checkSums(bench, who, wanted, sums, isCompared) {
  const places = wanted.flatMap((_, i) => (isCompared(i) ? [i] : []));
  bench.expect(places.length > 0, `${who}: no formula that can be compared`);
  for (const i of places) {
    const apart = Math.abs(sums[i] - wanted[i]) / Math.max(1, Math.abs(sums[i]), Math.abs(wanted[i]));
    bench.expect(apart < 1e-5, `${who}, formula ${i}: expected a sum of ${wanted[i]}, got ${sums[i]}`);
  }
}

/** A Python library that has answered right, or nothing where it is not there. */
async function openPython(bench, task, file, own, { who, script, isSame }) {
  const { rows, names, texts: formulas } = task;
  const peer = await openPeer(bench, {
    subject,
    who,
    script,
    task: { columns: file, rows, names, formulas },
  });
  if (peer === undefined) return [];
  const isCompared = (i) => isSame(task.texts[i], own.complete[i]);
  checkSums(bench, who, own.sums(false), await peer.ask('values'), isCompared);
  return [{ who, seconds: () => peer.ask('run') }];
}

async function openPythons(bench, task, own, folder) {
  const file = join(folder, 'columns.f32');
  writeFileSync(file, Buffer.concat(task.columns.map((c) => Buffer.from(c.buffer))));
  const opened = [];
  for (const python of pythons) opened.push(...(await openPython(bench, task, file, own, python)));
  return opened;
}

async function measure(bench, task, own, folder) {
  const plain = javascript(task, own.programs);
  plain.run();
  checkSums(bench, 'plain JavaScript', own.sums(false), plain.sums(), () => true);
  checkSums(bench, 'shared subtrees once', own.sums(false), own.sums(true), () => true);
  const nodeRows = own.programs.reduce((n, p) => n + p.length, 0) * task.rows;
  const rate = (seconds) => async () => nodeRows / (await seconds()) / 1e9;
  const peers = await openPythons(bench, task, own, folder);
  await bench.contest(subject, speed, [
    { who: 'hybrid', run: rate(() => own.values(false)) },
    { who: 'hybrid, equal subtrees once', run: rate(() => own.values(true)) },
    { who: 'plain JavaScript', run: rate(() => cpuSeconds(plain.run)) },
    ...peers.map(({ who, seconds }) => ({ who, run: rate(seconds) })),
  ]);
  const run = rate(own.statistics);
  await bench.contest('the same, statistics of blocks instead of values', speed, [{ who: 'hybrid', run }]);
}

export async function evaluateBench(bench) {
  const task = makeTask(bench.size(131_072, 8192));
  const own = ownSide(await loadKernels(), task);
  await withFolder((folder) => measure(bench, task, own, folder));
}
