import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Meter } from '../../../ts/stages/export/meter.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What was shown last. */
function meterOf(expected: number): { meter: Meter; shown: () => [number, string, number] } {
  const updates: [number, string, number][] = [];
  const update = (done: number, detail = '', left = Number.NaN) => updates.push([done, detail, left]);
  return { meter: new Meter({ update, end: () => {} }, expected, 0), shown: () => updates.at(-1)! };
}

it('an export shows its rows, MB/s, and the time that the planner’s guess leaves at this pace', () => {
  const { meter, shown } = meterOf(10_000);
  vi.advanceTimersByTime(2000);
  meter.advance(4000, 6_000_000);
  expect(shown()).toEqual([4000, '4,000 rows · 3 MB/s', 3]);
});

it('rows that an earlier run left took no time, and do not promise an early end', () => {
  const { meter, shown } = meterOf(10_000);
  meter.keep(8000);
  vi.advanceTimersByTime(2000);
  meter.advance(1000, 1_000_000);
  expect(shown()).toEqual([9000, '1,000 rows · 1 MB/s · 8,000 kept', 2]);
});

it('more rows than the planner guessed leave the end open', () => {
  const { meter, shown } = meterOf(1000);
  vi.advanceTimersByTime(1000);
  meter.advance(1500, 1_000_000);
  expect(shown()[2]).toBe(Number.POSITIVE_INFINITY);
});
