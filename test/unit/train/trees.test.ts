/** Trees on the pool: the model depends on data and options alone, and wrong input is an error. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { TreesOptions } from '../../../ts/kernels/trees.js';
import type { Pool } from '../../../ts/pool/pool.js';
import type { Tasks } from '../../../ts/pool/tasks.js';
import { type TreesData, type TreesPort, trainTrees } from '../../../ts/train/boost.js';
import { predictTrees } from '../../../ts/train/predict.js';
import { numbered, waves } from '../../support/waves.js';

const { createPool } = (await import(pathToFileURL(resolve('dist/pool/pool.js')).href)) as {
  createPool: (threads: number) => Promise<Pool>;
};
const pools: Pool[] = [];
async function poolOf(threads: number): Promise<Pool> {
  const pool = await createPool(threads);
  pools.push(pool);
  return pool;
}
const pool = await poolOf(2);
afterAll(() => Promise.all(pools.map((p) => p.close())));

const few: Partial<TreesOptions> = { rounds: 8, leaves: 7, rate: 0.3 };

describe('training', () => {
  it('gives the same model, to the byte, on any number of threads', async () => {
    const data = waves(50_000, 'multiclass');
    const options = { ...few, loss: 'multiclass', classes: 3, rowSample: 0.7, columnSample: 0.8 } as const;
    const split = { train: numbered(0, 40_000), validation: numbered(40_000, 50_000) };
    const one = await trainTrees(await poolOf(1), { ...data, ...split }, options);
    expect(one.model.trees).toHaveLength(24);
    expect(one.model.trees.every((t) => t.leafValue.length > 1)).toBe(true);
    for (const threads of [2, 3]) {
      const other = await trainTrees(await poolOf(threads), { ...data, ...split }, options);
      expect(JSON.stringify(other.model)).toBe(JSON.stringify(one.model));
      expect(other.history).toEqual(one.history);
    }
  });

  it('says the losses of every round in order, and keeps the trees up to the best', async () => {
    const data = waves(6000, 'noise');
    const seen: number[] = [];
    const { model, history, bestRound } = await trainTrees(
      pool,
      { ...data, train: numbered(0, 3000), validation: numbered(3000, 6000) },
      { rounds: 200, leaves: 15, rate: 0.3, earlyStop: 5 },
      { onRound: ({ round }) => seen.push(round) },
    );
    expect(history.length).toBe(bestRound + 5);
    expect(model.trees).toHaveLength(bestRound);
    expect(seen).toEqual(history.map((r) => r.round));
    const least = Math.min(...history.map((r) => r.validation));
    expect(history[bestRound - 1]!.validation).toBe(least);
    expect(history.at(-1)!.train).toBeLessThan(history[0]!.train);
  });

  it('does not know rows of weight 0', async () => {
    const data = waves(4000, 'l2');
    const odd = numbered(0, 4000).filter((i) => i % 2 === 1);
    const weight = Float64Array.from({ length: 4000 }, (_, i) => (i % 2) * (1 + (i % 3)));
    const zero = await trainTrees(pool, { ...data, weight, train: numbered(0, 4000) }, few);
    const without = await trainTrees(pool, { ...data, weight, train: odd }, few);
    expect(zero.model).toEqual(without.model);
    const unweighted = await trainTrees(pool, { ...data, train: odd }, few);
    expect(zero.model).not.toEqual(unweighted.model);
  });

  it('takes weights of 1 for none', async () => {
    const data = { ...waves(4000, 'l2'), train: numbered(0, 3000), validation: numbered(3000, 4000) };
    const weight = new Float64Array(4000).fill(1);
    const [weighted, plain] = [
      await trainTrees(pool, { ...data, weight }, few),
      await trainTrees(pool, data, few),
    ];
    expect(weighted.model).toEqual(plain.model);
    expect(weighted.history).toEqual(plain.history);
  });

  it.each([
    ['a constant column', Float64Array.of(1, 1, 1, 1)],
    ['nulls alone', new Float64Array(4).fill(Number.NaN)],
  ])('learns nothing from %s and answers the mean', async (_, column) => {
    const data = {
      names: ['x'],
      columns: [column],
      target: Float64Array.of(1, 2, 3, 6),
      train: numbered(0, 4),
    };
    const { model, history, bestRound } = await trainTrees(pool, data, { ...few, minRows: 1 });
    expect([model.trees, history, bestRound]).toEqual([[], [], 0]);
    expect([...(await predictTrees(pool, model, [column]))]).toEqual([3, 3, 3, 3]);
  });

  it('learns from one row, from infinite values, and with more leaves than rows', async () => {
    const x = Float64Array.of(Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY, Number.NaN);
    const data = { names: ['x'], columns: [x], target: Float64Array.of(1, 2, 3, 4) };
    const one = await trainTrees(pool, { ...data, train: numbered(2, 3) }, few);
    expect([...(await predictTrees(pool, one.model, [x]))]).toEqual([3, 3, 3, 3]);
    const options = { rounds: 50, leaves: 100, rate: 0.5, minRows: 1 };
    const all = await trainTrees(pool, { ...data, train: numbered(0, 4) }, options);
    const answers = await predictTrees(pool, all.model, [x]);
    answers.forEach((answer, i) => {
      expect(answer).toBeCloseTo(i + 1, 6);
    });
  });

  it('ends at once when it is interrupted, and leaves the pool usable', async () => {
    const data = { ...waves(60_000, 'l2'), train: numbered(0, 60_000) };
    const controller = new AbortController();
    const hooks = { signal: controller.signal, onRound: () => controller.abort() };
    await expect(trainTrees(pool, data, { rounds: 100_000 }, hooks)).rejects.toMatchObject({
      code: 'E_INTERRUPTED',
    });
    expect((await trainTrees(pool, data, { ...few, rounds: 2 })).history).toHaveLength(2);
  });

  it('ends at once when it is interrupted before the first round', async () => {
    const data = { ...waves(4000, 'l2'), train: numbered(0, 4000) };
    const controller = new AbortController();
    let cut = 0;
    const run = async (name: keyof Tasks, input: never) => {
      const result = await pool.run(name, input);
      if (name === 'binColumn' && ++cut === data.columns.length) controller.abort();
      return result;
    };
    const port = { threads: 1, run } as TreesPort;
    const training = trainTrees(port, data, { rounds: 100_000 }, { signal: controller.signal });
    await expect(training).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    expect(cut).toBe(data.columns.length);
  });

  it('runs after another that was begun on the same pool', async () => {
    const data = { ...waves(40_000, 'l2'), train: numbered(0, 40_000) };
    const both = await Promise.all([trainTrees(pool, data, few), trainTrees(pool, data, few)]);
    expect(both[0].model).toEqual(both[1].model);
  });
});

describe('what cannot be', () => {
  const good: TreesData = { ...waves(100, 'l2'), train: numbered(0, 100) };
  const cases: [string, Partial<TreesData>, Partial<TreesOptions>, string, string][] = [
    ['no rows', { train: numbered(0, 0) }, {}, 'E_INPUT', 'at least one with a weight above 0'],
    ['weights of 0', { weight: new Float64Array(100) }, {}, 'E_INPUT', 'at least one with a weight above 0'],
    ['a negative weight', { weight: new Float64Array(100).fill(-1) }, {}, 'E_INPUT', 'weight of row 0'],
    ['a null target', { target: new Float64Array(100).fill(Number.NaN) }, {}, 'E_INPUT', 'target of row 0'],
    ['half a class', { target: new Float64Array(100).fill(0.5) }, { loss: 'binary' }, 'E_INPUT', '0 to 1'],
    ['one class', {}, { loss: 'multiclass', classes: 1 }, 'E_USAGE', 'classes: expected 2 to 256'],
    ['three classes of two', {}, { loss: 'binary', classes: 3 }, 'E_USAGE', 'classes: expected 1'],
    ['a row that is not there', { train: numbered(99, 101) }, {}, 'E_USAGE', 'below 100, got 100'],
    ['one leaf', {}, { leaves: 1 }, 'E_USAGE', 'leaves: expected 2 to 4096, got 1'],
    ['no rate', {}, { rate: 0 }, 'E_USAGE', 'rate'],
    ['early stop without validation', {}, { earlyStop: 5 }, 'E_USAGE', 'earlyStop'],
    ['a short column', { columns: [new Float64Array(3)], names: ['x'] }, {}, 'E_USAGE', '100 rows each'],
    ['256 bins', {}, { maxBins: 256 }, 'E_USAGE', 'maxBins'],
    ['signs for too few columns', {}, { monotone: [1] }, 'E_USAGE', 'monotone'],
  ];
  it.each(cases)('%s', async (_, data, options, code, message) => {
    const error = await trainTrees(pool, { ...good, ...data }, options).catch((e: unknown) => e);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
