import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tally } from '../../../../ts/io/postgres/tally.js';

function tallyOf(
  text: string,
  cuts: readonly number[],
  headers: 0 | 1,
): [number, number | null, number | null] {
  const tally = new Tally(headers);
  const ends = [...cuts.map((cut) => cut % (text.length + 1)), text.length].sort((a, b) => a - b);
  let at = 0;
  for (const end of ends) {
    tally.add(Buffer.from(text.slice(at, end)));
    at = end;
  }
  return [tally.rows, tally.firstTs, tally.lastTs];
}

describe('the tally of a canonical CSV', () => {
  it('counts rows and keeps the first and last ts, wherever the chunks are cut', () => {
    const stamps = fc.array(fc.integer({ min: -1_000_000, max: 2_000_000_000_000_000 }), { maxLength: 6 });
    const cuts = fc.array(fc.nat(), { maxLength: 40 });
    fc.assert(
      fc.property(stamps, cuts, fc.boolean(), fc.boolean(), (ts, where, long, header) => {
        const body = ts
          .map((t) => `${t},1,${long ? '"{1,2,3,4,5,6,7,8,9,10,11,12,13,14}"' : '1'}\n`)
          .join('');
        const text = header ? `ts,trade_id,price\n${body}` : body;
        expect(tallyOf(text, where, header ? 1 : 0)).toEqual([ts.length, ts[0] ?? null, ts.at(-1) ?? null]);
      }),
    );
  });

  it('has no ts where the first or last row has none', () => {
    expect(tallyOf('1,1\n,2\n', [], 0)).toEqual([2, 1, Number.NaN]);
    expect(tallyOf('ts,trade_id\n,2\n', [], 1)).toEqual([1, Number.NaN, Number.NaN]);
  });
});
