import { describe, expect, it } from 'vitest';
import { type Position, paretoFront } from '../../../ts/evolve/front.js';
import { generator } from '../../support/dataset.js';

function random(count: number, seed: number): Position[] {
  const { below } = generator(seed);
  return Array.from({ length: count }, (_, i) => {
    return { text: `f${i}`, gain: below(12) / 10, complexity: 1 + below(6), distance: below(8) / 8 };
  });
}

const atLeast = (a: Position, b: Position) =>
  a.gain >= b.gain && a.complexity <= b.complexity && a.distance >= b.distance;
const same = (a: Position, b: Position) => atLeast(a, b) && atLeast(b, a);

describe('the Pareto front', () => {
  it.each([1, 2, 3, 4])('holds exactly those that nobody dominates (seed %i)', (seed) => {
    const all = random(200, seed);
    const front = paretoFront(all);
    const undominated = all.filter((a) => !all.some((b) => atLeast(b, a) && !same(a, b)));
    for (const one of undominated) expect(front.some((f) => same(f, one))).toBe(true);
    for (const one of front) expect(undominated).toContain(one);
    // Of equal ones there is the first by text.
    for (const one of front) {
      const equals = all.filter((a) => same(a, one)).map((a) => a.text);
      expect(one.text).toBe(equals.sort()[0]);
    }
    expect(front.map((f) => f.gain)).toEqual(front.map((f) => f.gain).sort((a, b) => b - a));
  });

  it('is empty of nothing', () => expect(paretoFront([])).toEqual([]));
});
