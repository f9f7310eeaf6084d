import { describe, expect, it } from 'vitest';
import { count } from '../../../ts/report/table.js';

describe('a count', () => {
  it('reads as English has it, to four digits after the point', () => {
    const values = [
      0, 1, 12, 999, 1000, 1234567, -4321, 0.5, -0.25, 1234.56789, 1e15, 99999.99999, 0.00004, 100, 7000,
    ];
    for (const value of values)
      expect(count(value)).toBe(value.toLocaleString('en-US', { maximumFractionDigits: 4 }));
  });
});
