import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyOut, cut, gridBorders, isSmall, stepFor } from '../../../../ts/io/postgres/plan.js';

const second = 1_000_000;
const day = 86_400 * second;
const partBytes = 8 << 20;

describe('the parts of a range', () => {
  it('follow one another without gap or overlap, from its first to its last instant', () => {
    const instants = fc.integer({ min: 0, max: 1000 });
    const ranges = fc.record({
      from: fc.option(instants, { nil: undefined }),
      to: fc.option(instants, { nil: undefined }),
    });
    fc.assert(
      fc.property(ranges, fc.array(instants), (range, borders) => {
        fc.pre(range.from === undefined || range.to === undefined || range.from < range.to);
        const parts = cut(range, borders);
        expect(parts[0]!.from).toBe(range.from);
        expect(parts.at(-1)!.to).toBe(range.to);
        for (const [i, part] of parts.entries()) {
          if (i > 0) expect(part.from).toBe(parts[i - 1]!.to);
          if (part.from !== undefined && part.to !== undefined) expect(part.from).toBeLessThan(part.to);
        }
      }),
    );
  });

  it('are cut at whole steps of the clock, whatever the first instant is', () => {
    expect(gridBorders(day, { first: 5 * day + 3, last: 8 * day })).toEqual([6 * day, 7 * day, 8 * day]);
    expect(gridBorders(day, { first: 5 * day, last: 5 * day + 3 })).toEqual([]);
  });

  it('are small enough to wait in memory, and few enough to be planned', () => {
    const extent = { first: 0, last: 30 * day };
    const trades = { rows: 30_000_000, width: 34, cost: 1 };
    const parts = (30 * day) / stepFor(trades, extent, partBytes);
    expect((trades.rows * trades.width * 1.5) / parts).toBeLessThanOrEqual(partBytes);
    expect(parts).toBeLessThan(1000);
    const endless = { rows: 1e12, width: 100, cost: 1 };
    expect((3650 * day) / stepFor(endless, { first: 0, last: 3650 * day }, partBytes)).toBeLessThanOrEqual(
      20_000,
    );
    expect(isSmall({ rows: 1000, width: 34, cost: 1 }, partBytes)).toBe(true);
    expect(isSmall(trades, partBytes)).toBe(false);
  });
});

describe('a COPY', () => {
  it('has a header only where a file begins', () => {
    expect(copyOut('SELECT 1', true)).toBe('COPY (SELECT 1) TO STDOUT (FORMAT csv, HEADER)');
    expect(copyOut('SELECT 1', false)).toBe('COPY (SELECT 1) TO STDOUT (FORMAT csv)');
  });
});
