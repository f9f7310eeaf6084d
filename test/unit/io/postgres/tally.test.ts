import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tally } from '../../../../ts/io/postgres/tally.js';

function tallyOf(text: string, cuts: readonly number[]): [number, number | null, number | null] {
  const tally = new Tally();
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
      fc.property(stamps, cuts, fc.boolean(), (ts, where, long) => {
        const body = ts
          .map((t) => `${t},1,${long ? '"{1,2,3,4,5,6,7,8,9,10,11,12,13,14}"' : '1'}\n`)
          .join('');
        expect(tallyOf(`ts,trade_id,price\n${body}`, where)).toEqual([
          ts.length,
          ts[0] ?? null,
          ts.at(-1) ?? null,
        ]);
      }),
    );
  });
});
