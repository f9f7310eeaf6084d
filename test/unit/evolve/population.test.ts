import { expect, it } from 'vitest';
import { middle } from '../../../ts/evolve/population.js';
import { Draw } from '../../../ts/statistics/random.js';

it('the middle is what sorting puts there, with ties and for any length', () => {
  const draw = new Draw(1, 0, 0, 0, 0);
  for (let length = 1; length < 200; length++) {
    const values = Float64Array.from({ length }, () => draw.below(1 + draw.below(300)) - 50);
    const sorted = values.slice().sort();
    expect(middle(values)).toBe(sorted[length >> 1]);
  }
});
