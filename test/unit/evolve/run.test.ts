/** An evolution as a program sees it: followed, left, aborted, finished early. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve as path } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { silentProgress } from '../../../ts/report/progress.js';
import type { EvolveOptions, EvolveRun } from '../../../ts/stages/evolve/run.js';
import { normals, persistent, writeDataset } from '../../support/dataset.js';
import { freshFolder } from '../../support/folder.js';

const folder = freshFolder();
const file = (...name: string[]) => join(folder, ...name);
const options = {
  dataset: file('d.parquet'),
  target: 'column:y',
  baseline: 'none',
  population: 50,
  generations: 5,
  portfolio: 2,
  threads: 2,
} as const;
let evolve: (options: EvolveOptions) => EvolveRun;

beforeAll(async () => {
  // The built one: its workers are built files.
  ({ evolve } = await import(pathToFileURL(path('dist/index.js')).href));
  const rows = 2000;
  const x = [0, 1, 2].map((k) => persistent(rows, k, 0.5));
  const noise = normals(rows, 9);
  const y = noise.map((n, i) => 0.6 * x[0]![i]! * x[1]![i]! + n);
  writeDataset(file('d.parquet'), { x0: x[0]!, x1: x[1]!, x2: x[2]!, y });
});

const codeOf = (result: Promise<unknown>) =>
  result.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

describe('an evolution', () => {
  it('yields its generations, each when it is asked for, and then has its result', async () => {
    const run = evolve({ ...options, evolved: file('followed') });
    const seen: number[] = [];
    for await (const { generation } of run) {
      seen.push(generation);
      if (generation !== 1) continue;
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(readdirSync(file('followed')).every((name) => name.endsWith('.partial'))).toBe(true);
    }
    const result = await run.result;
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect(result).toMatchObject({ generations: 5, out: join(file('followed'), 'portfolio.json') });
    const whole = await evolve({ ...options, evolved: file('whole'), threads: 1 }).result;
    expect({ ...whole, out: '', seconds: 0, holdoutOpened: 0 }).toEqual({
      ...result,
      out: '',
      seconds: 0,
      holdoutOpened: 0,
    });
  });

  it('ends early when it is asked to, with the result of so many generations', async () => {
    const notes: string[] = [];
    const progress = { ...silentProgress, note: (line: string) => notes.push(line) };
    const run = evolve({ ...options, evolved: file('enough'), progress });
    for await (const { generation } of run) {
      if (generation < 2) continue;
      run.finish();
      break;
    }
    expect((await run.result).generations).toBe(3);
    // It was not the time: nothing is left to be resumed, and nobody is told so.
    expect(notes.join()).not.toMatch(/time over|--resume/);
    expect(readdirSync(file('enough'))).not.toContain('search.checkpoint');
    await evolve({ ...options, generations: 3, evolved: file('three') }).result;
    const portfolio = (name: string) => readFileSync(file(name, 'portfolio.json'), 'utf8');
    expect(portfolio('enough')).toBe(portfolio('three'));
  });

  it('stops when its loop is left: no thread stays, and it can be resumed', async () => {
    const threads = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    const before = threads();
    const run = evolve({ ...options, evolved: file('left') });
    for await (const { generation } of run) if (generation === 1) break;
    expect(threads()).toBeLessThanOrEqual(before);
    expect(await codeOf(run.result)).toBe('E_INTERRUPTED');
    expect(readdirSync(file('left'))).toEqual(['search.checkpoint']);
    const seen: number[] = [];
    for await (const { generation } of evolve({ ...options, evolved: file('left'), resume: true }))
      seen.push(generation);
    expect(seen).toEqual([2, 3, 4]);
    expect(readdirSync(file('left'))).not.toContain('search.checkpoint');
  });

  it('stops when its signal is aborted, in the loop and without one', async () => {
    const controller = new AbortController();
    const followed = evolve({ ...options, evolved: file('aborted'), signal: controller.signal });
    const loop = (async () => {
      for await (const { generation } of followed) if (generation === 1) controller.abort();
    })();
    expect(await codeOf(loop)).toBe('E_INTERRUPTED');
    const alone = evolve({ ...options, evolved: file('never'), signal: AbortSignal.abort() });
    expect(await codeOf(alone.result)).toBe('E_INTERRUPTED');
  });

  it('hands its errors to the loop, and throws at once what is wrong with its options', async () => {
    const loop = (async () => {
      for await (const _ of evolve({ ...options, dataset: file('absent.parquet') }));
    })();
    expect(await codeOf(loop)).toBe('E_INPUT');
    const wrong = (given: object) => {
      try {
        evolve({ ...options, ...given } as EvolveOptions);
      } catch (error) {
        return `${(error as Error).message} | ${(error as { hint: string }).hint}`;
      }
      return 'nothing';
    };
    expect(wrong({ popluation: 5 })).toMatch(/unknown option "popluation" \| .*population/);
    expect(wrong({ population: 3 })).toMatch(/population: expected an integer from 10 to 1000000, got 3/);
    expect(wrong({ columns: [] })).toMatch(/columns: expected names/);
    expect(wrong({ timeLimit: Number.NaN })).toMatch(/timeLimit: expected a duration/);
  });
});
