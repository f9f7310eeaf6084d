import { describe, expect, it } from 'vitest';
import {
  benjaminiYekutieli,
  bootstrapInterval,
  detectableGain,
  noiseFloor,
} from '../../../ts/evolve/honesty.js';
import { studentDistribution, studentQuantile, testBlocks } from '../../../ts/statistics/student.js';
import { generator } from '../../support/dataset.js';

describe('honesty', () => {
  it("has Student's t as the tables have it", () => {
    // Fisher and Yates, two-sided 5 % and one-sided 5 %, and a far tail.
    expect(studentQuantile(0.975, 10)).toBeCloseTo(2.228139, 5);
    expect(studentQuantile(0.95, 31)).toBeCloseTo(1.695519, 5);
    expect(studentQuantile(0.975, 1)).toBeCloseTo(12.7062, 3);
    expect(1 - studentDistribution(5, 31)).toBeCloseTo(1.0738e-5, 8);
    expect(studentDistribution(-1.5, 7) + studentDistribution(1.5, 7)).toBeCloseTo(1, 12);
  });

  it('tests the mean of blocks one-sided', () => {
    const { t, p } = testBlocks([1, 2, 3, 4]);
    expect(t).toBeCloseTo(2.5 / Math.sqrt(5 / 3 / 4), 12);
    expect(p).toBeCloseTo(1 - studentDistribution(t, 3), 12);
    expect(testBlocks([-1, -2, -3]).p).toBeGreaterThan(0.95);
    expect(testBlocks([0, 0, 0])).toMatchObject({ t: 0, p: 1 });
  });

  it('steps up by Benjamini and Yekutieli', () => {
    // c(4) = 25/12: the steps at 5 % are 0.006, 0.012, 0.018, 0.024.
    expect(benjaminiYekutieli([0.005, 0.5, 0.017, 0.016])).toEqual([true, false, true, true]);
    expect(benjaminiYekutieli([0.007, 0.013, 0.019, 0.025])).toEqual([false, false, false, false]);
    expect(benjaminiYekutieli([])).toEqual([]);
  });

  it('says what data can show: the specification has R² 0.044 for two days against ret_60s', () => {
    expect(Math.abs(detectableGain(0.2 * 2880, 36, 32) - 0.044)).toBeLessThan(0.001);
    expect(detectableGain(0.2 * 130_000, 36, 32)).toBeCloseTo(1e-3, 4);
    expect(detectableGain(0.2 * 34_560, 36, 32)).toBeCloseTo(0.004, 3);
    expect(noiseFloor(5000, 2000)).toBeCloseTo(Math.sqrt((2 * Math.log(5000)) / 2000), 12);
  });

  it('covers the mean with its bootstrap interval about 95 times of 100, the same for a seed', () => {
    let covered = 0;
    for (let s = 0; s < 200; s++) {
      const { normal } = generator(s);
      const values = Array.from({ length: 40 }, normal);
      const mean = (counts: Float64Array) => values.reduce((sum, v, b) => sum + v * counts[b]!, 0) / 40;
      const [low, high] = bootstrapInterval(40, mean, s, 300);
      if (low <= 0 && high >= 0) covered++;
      if (s === 0) expect(bootstrapInterval(40, mean, s, 300)).toEqual([low, high]);
    }
    expect(covered).toBeGreaterThan(172);
    expect(covered).toBeLessThan(200);
  });
});
