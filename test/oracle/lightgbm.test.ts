/** LightGBM itself loads the models we write and predicts the same (HYBRID_PYTHON names a Python that has it). */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { TreesModel, TreesOptions } from '../../ts/kernels/trees.js';
import type { Pool } from '../../ts/pool/pool.js';
import { Draw } from '../../ts/statistics/random.js';
import { trainTrees } from '../../ts/train/boost.js';
import { writeLightGbm } from '../../ts/train/lightgbm.js';
import { predictTrees } from '../../ts/train/predict.js';
import { freshFolder } from '../support/folder.js';
import { numbered, waves } from '../support/waves.js';

const python = process.env.HYBRID_PYTHON;
const look = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("lightgbm") is None)';
const there = python !== undefined && spawnSync(python, ['-c', look]).status === 0;
if (!there) console.warn('lightgbm: skipped, HYBRID_PYTHON names no Python with lightgbm');

/** Reads a model's file, a file of values and the number of columns from each line; answers with a file of scores. */
const script = `
import lightgbm, numpy, sys
for line in sys.stdin:
    model, values, columns, answer = line.split()
    x = numpy.fromfile(values).reshape(int(columns), -1).T
    booster = lightgbm.Booster(model_str=open(model).read())
    with open(answer, "wb") as out:
        for raw in (True, False):
            out.write(booster.predict(x, raw_score=raw).astype("f8").tobytes())
    print("done", flush=True)
`;

const folder = freshFolder();
const { createPool } = (await import(pathToFileURL(resolve('dist/pool/pool.js')).href)) as {
  createPool: (threads: number) => Promise<Pool>;
};
const pool = await createPool(2);
afterAll(() => pool.close());

/** One process for all models: it takes seconds to load. */
const peer = there ? spawn(python, ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] }) : undefined;
const lines = peer && createInterface(peer.stdout);
afterAll(() => peer?.stdin.end());

/** Scores of all rows, then answers. */
async function lightgbm(model: TreesModel, columns: readonly Float64Array[]): Promise<Float64Array> {
  const [file, values, scores] = ['model.txt', 'values.f64', 'scores.f64'].map((name) => join(folder, name));
  writeFileSync(file!, writeLightGbm(model));
  writeFileSync(values!, Buffer.concat(columns.map((c) => Buffer.from(c.buffer))));
  const answered = Promise.race([once(lines!, 'line'), once(peer!, 'exit')]);
  peer!.stdin.write(`${file} ${values} ${columns.length} ${scores}\n`);
  expect(String(await answered)).toBe('done');
  return new Float64Array(new Uint8Array(readFileSync(scores!)).buffer);
}

/** Values inside and far outside of what was learnt, zeros of both signs, next to nothing, nulls everywhere. */
function strange(rows: number, count: number): Float64Array[] {
  const draw = new Draw(3);
  const { MAX_VALUE, NaN: none, POSITIVE_INFINITY: infinity } = Number;
  const values = [none, 0, -0, 1e308, -1e308, 1e-308, -1e-40, 5e-324, MAX_VALUE, infinity, -infinity, 1e15];
  const value = () => (draw.below(4) === 0 ? values[draw.below(values.length)]! : draw.unit() * 6 - 1);
  return Array.from({ length: count }, () => Float64Array.from({ length: rows }, value));
}

describe.skipIf(!there)('the text model', () => {
  const cases: [string, Partial<TreesOptions> & { loss: 'l2' | 'binary' | 'multiclass' }][] = [
    ['l2', { loss: 'l2' }],
    ['l2 with few rows a leaf', { loss: 'l2', minRows: 1, leaves: 200, rounds: 5 }],
    ['binary', { loss: 'binary' }],
    ['multiclass', { loss: 'multiclass', classes: 3 }],
  ];
  it.each(cases)('%s: 10,000 predictions agree', async (_, options) => {
    const data = { ...waves(5000, options.loss), train: numbered(0, 5000) };
    const { model } = await trainTrees(pool, data, { rounds: 30, leaves: 31, ...options });
    const columns = strange(10_000, 5);
    const scores = await predictTrees(pool, model, columns, { raw: true });
    const own = [...scores, ...(await predictTrees(pool, model, columns))];
    const theirs = await lightgbm(model, columns);
    expect(theirs.length).toBe(2 * 10_000 * model.outputs);
    const worst = own.reduce((most, x, i) => Math.max(most, Math.abs(x - theirs[i]!)), 0);
    expect(worst).toBeLessThan(1e-9);
    expect(new Set(own).size).toBeGreaterThan(100);
  });

  it('sees next to nothing as 0, as LightGBM does, also in training', async () => {
    // A rate that fades: its values part the rows, and most of them are smaller than what LightGBM tells from 0.
    const draw = new Draw(8);
    const fading = Float64Array.from({ length: 5000 }, () => 10 ** (-60 * draw.unit()) * (draw.unit() - 0.3));
    const target = fading.map((x) => Math.log10(Math.abs(x)) / 10 + Math.sign(x));
    const data = { names: ['fading'], columns: [fading], target, train: numbered(0, 5000) };
    const { model } = await trainTrees(pool, data, { rounds: 20, minRows: 5 });
    const own = await predictTrees(pool, model, [fading]);
    const theirs = await lightgbm(model, [fading]);
    const worst = own.reduce((most, x, i) => Math.max(most, Math.abs(x - theirs[i]!)), 0);
    expect(worst).toBeLessThan(1e-9);
    expect(new Set(own).size).toBeGreaterThan(100);
  });

  it('sends infinite values the way of the greatest finite ones', async () => {
    // Nulls alone part the rows: all numbers go left, also those beyond every border.
    const x = Float64Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? Number.NaN : 7));
    const target = x.map((v) => (Number.isNaN(v) ? 1 : 0));
    const { model } = await trainTrees(
      pool,
      { names: ['x'], columns: [x], target, train: numbered(0, 400) },
      {},
    );
    const asked = [
      Float64Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_VALUE, 0, Number.NaN),
    ];
    const own = await predictTrees(pool, model, asked);
    expect([...(await lightgbm(model, asked)).subarray(0, 5)]).toEqual(
      [...own].map((v) => expect.closeTo(v, 12)),
    );
    expect(own[0]).toBe(own[3]);
    expect(own[0]).not.toBe(own[4]);
  });

  it('of no trees answers the constant', async () => {
    const data = { names: ['a b', 'c:"d"'], columns: [new Float64Array(9), new Float64Array(9)] };
    const target = Float64Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const { model } = await trainTrees(pool, { ...data, target, train: numbered(0, 9) }, {});
    expect([...(await lightgbm(model, data.columns))]).toEqual(new Array(18).fill(5));
  });
});
