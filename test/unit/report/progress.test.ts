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
  best: { formula: 'x0 * x1', gain: 0.0004 },
  portfolio: 3,
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
  expect(generationText(record(29), pace, 0.0297)).toMatch(
    /^generation 30 · best 0\.0200 \(noise at least 0\.0297\) x0 \* x1 · portfolio 3 · 2,500 formulas\/s · 4\.00 G node-rows\/s · 61 % of the operators shared/,
  );
});
