/** What a pipe and a log see of a long run. */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { generationText, Pace } from '../../../ts/report/generation.js';
import { createProgress } from '../../../ts/report/progress.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const record = (generation: number) => ({
  generation,
  trials: 5000 * (generation + 1),
  strongest: { formula: 'x0 * x1', correlation: 0.0412 },
  portfolio: 3,
  together: 0.0533,
  nodeRows: 8e9 * (generation + 1),
  computedNodeRows: 2e9 * (generation + 1),
  hitRate: 0.614,
  dropped: 0,
});

it('says where a phase is every half minute, and how it ended', () => {
  const stream = new PassThrough();
  const lines = () => String(stream.read() ?? '').trimEnd();
  const phase = createProgress(stream as unknown as NodeJS.WriteStream).phase('search', 40);
  vi.advanceTimersByTime(29_000);
  phase.update(1, 'one');
  expect(lines()).toBe('');
  vi.advanceTimersByTime(1000);
  phase.update(10, 'ten');
  expect(lines()).toBe('search · 25 % · ETA 1 min 30 s · ten');
  phase.update(11, 'eleven');
  vi.advanceTimersByTime(30_000);
  phase.update(20, 'twenty', 7203);
  expect(lines()).toBe('search · 50 % · ETA 2 h 00 min · twenty');
  phase.end('forty');
  expect(lines()).toBe('search 60.0 s · forty');
});

it('tells a generation by what matters, at the rates of the latest ones', () => {
  const pace = new Pace(record(9));
  for (let g = 10; g < 30; g++) {
    vi.advanceTimersByTime(g < 20 ? 4000 : 2000);
    pace.add(record(g));
  }
  expect(pace.seconds).toBe(60);
  expect(pace.rates).toMatchObject({ trials: 2500, nodeRows: 4e9 });
  expect(pace.left({ generations: 40 })).toBe(20);
  expect(pace.left({ generations: 40, timeLimit: 65 })).toBe(5);
  const text = generationText(record(29), pace, 0.0297);
  expect(text).toMatch(
    /^generation 30 · strongest alone 0\.0412 \(luck reaches at least 0\.0297\) x0 \* x1 · portfolio of 3, together 0\.0533 · 2,500 formulas\/s · 4\.00 G node-rows\/s · /,
  );
  expect(text).toMatch(/· 61 % of the operators shared, 4\.0 times fewer node-rows computed$/);
});

it('says in words what costs more than it saves, and nothing where it is even', () => {
  const pace = new Pace();
  const textOf = (computedNodeRows: number) =>
    generationText({ ...record(0), portfolio: 0, computedNodeRows }, pace, 0.1);
  expect(textOf(8e9)).toMatch(/portfolio empty.*61 % of the operators shared$/);
  expect(textOf(160e9)).toMatch(
    /, 20\.0 times more node-rows computed \(whole tiles of rows, few of them scored\)$/,
  );
});
