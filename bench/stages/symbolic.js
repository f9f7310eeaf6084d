/**
 * Symbolic regression beside Operon: problems × seeds, 1,000 training rows, the same time on one core each, in turn; R²
 * on 2,000 fresh rows. Operon (population 1,000, 5 optimizer iterations, length ≤ 50) runs by the Python that
 * HYBRID_PYTHON names; without it its recorded medians stand in its place.
 *
 * HYBRID_BENCH_SEEDS=10, HYBRID_BENCH_SECONDS=10, HYBRID_BENCH_PROBLEMS=seven|all|<names>. By default 2 problems of 1
 * seed and 3 seconds run: enough to see that it works.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Table as ArrowTable, Float64, makeData, makeVector, tableFromIPC, tableToIPC } from 'apache-arrow';
import { readParquet, Table, writeParquet } from 'parquet-wasm';
import { draw, problems, seven } from '../problems/regression.js';

const bin = resolve('bin/hybrid.js');
const peer = resolve('bench/peers/operon_search.py');
const asked = process.env.HYBRID_BENCH_PROBLEMS;
const seeds = Number(process.env.HYBRID_BENCH_SEEDS ?? (asked === undefined ? 1 : 10));
const seconds = Number(process.env.HYBRID_BENCH_SECONDS ?? (asked === undefined ? 3 : 10));
const symbols = ['add', 'sub', 'mul', 'div', 'sin', 'cos', 'exp', 'log', 'sqrt', 'square'];
const [rows, freshRows] = [1000, 2000];

function namesAsked() {
  if (asked === undefined) return ['Poly-10', 'I.27.6'];
  if (asked === 'seven') return Object.keys(seven);
  return asked === 'all' ? Object.keys(problems) : asked.split(',');
}

function writeTable(path, columns) {
  const vectors = Object.entries(columns).map(([name, data]) => {
    return [name, makeVector(makeData({ type: new Float64(), data, length: data.length }))];
  });
  const table = new ArrowTable(Object.fromEntries(vectors));
  writeFileSync(path, writeParquet(Table.fromIPCStream(tableToIPC(table, 'stream'))));
}

function hybrid(folder, ...args) {
  const options = { encoding: 'utf8', cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] };
  return execFileSync(process.execPath, [bin, ...args], options);
}

function hybridOnce(folder, train, fresh, seed) {
  writeTable(join(folder, 'train.parquet'), train);
  writeTable(join(folder, 'fresh.parquet'), fresh);
  const columns = Object.keys(train).filter((name) => name !== 'y');
  const search = `evolve --dataset train.parquet --target column:y --baseline none --rows iid --portfolio 1 --split 100/0/0
    --population 1000 --generations 100000 --threads 1 --time-limit ${seconds}s --seed ${seed} --json
    --operators ${symbols} --columns ${columns}`;
  const found = JSON.parse(hybrid(folder, ...search.trim().split(/\s+/)));
  const { scaledFormula } = found.portfolio[0].prediction;
  hybrid(folder, 'formula', 'eval', '--dataset', 'fresh.parquet', '--out', 'p.parquet', '--', scaledFormula);
  const values = tableFromIPC(readParquet(readFileSync(join(folder, 'p.parquet'))).intoIPCStream());
  return { r2: explained(fresh.y, values.getChild('value')), seconds: found.seconds, formula: scaledFormula };
}

/** A row without a prediction is answered with 0, as the peer's are. */
function explained(y, predicted) {
  const mean = y.reduce((a, b) => a + b, 0) / y.length;
  const left = y.reduce((sum, v, i) => sum + (v - (predicted.get(i) ?? 0)) ** 2, 0);
  return 1 - left / y.reduce((sum, v) => sum + (v - mean) ** 2, 0);
}

/** Operon's process, or undefined without one. */
function startPeer() {
  const python = process.env.HYBRID_PYTHON;
  if (python === undefined) return undefined;
  const child = spawn(python, [peer], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async search(folder, train, fresh, seed) {
      for (const [name, table] of [
        ['train', train],
        ['fresh', fresh],
      ])
        writeFileSync(
          join(folder, `${name}.f64`),
          Buffer.concat(Object.values(table).map((c) => Buffer.from(c.buffer))),
        );
      const task = {
        ...{ train: join(folder, 'train.f64'), fresh: join(folder, 'fresh.f64'), rows, freshRows },
        columns: Object.keys(train).length - 1,
        symbols: [...symbols, 'constant', 'variable'].join(),
        ...{ seconds, seed },
      };
      child.stdin.write(`${JSON.stringify(task)}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error('operon_search.py ended without an answer');
      return JSON.parse(value);
    },
    stop: () => child.stdin.end(),
  };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const solved = (values) => `${values.filter((x) => x > 0.999).length}/${values.length}`;

export async function symbolicBench(print) {
  const folder = mkdtempSync(join(tmpdir(), 'hybrid-bench-'));
  const operon = startPeer();
  if (operon === undefined)
    print('Operon skipped: HYBRID_PYTHON names no Python with pyoperon; its recorded medians stand here');
  try {
    for (const name of namesAsked()) {
      const [own, peers] = [[], []];
      let last = '';
      for (let seed = 1; seed <= seeds; seed++) {
        const [train, fresh] = [draw(name, rows, seed), draw(name, freshRows, 1000 + seed)];
        const found = hybridOnce(folder, train, fresh, seed);
        own.push(found.r2);
        last = found.formula;
        if (operon !== undefined) peers.push((await operon.search(folder, train, fresh, seed)).r2);
      }
      const beside =
        operon === undefined
          ? `recorded ${seven[name] ?? '–'}`
          : `${median(peers).toFixed(6)}, solved ${solved(peers)}`;
      print(
        `${name.padEnd(16)} hybrid ${median(own).toFixed(6)}, solved ${solved(own)} · Operon ${beside} · ${last}`,
      );
      const least = name in seven && seconds >= 3 ? Math.min(0.8, seven[name]) : 0;
      if (!(median(own) >= least))
        throw new Error(`${name}: expected a median R² of at least ${least}, got ${median(own)}`);
    }
  } finally {
    operon?.stop();
    rmSync(folder, { recursive: true });
  }
}
