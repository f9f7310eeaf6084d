import { describe, expect, it } from 'vitest';
import { parseHours, withinHours } from '../../../ts/problem/hours.js';
import { parseSplit } from '../../../ts/problem/splits.js';
import { horizonOf, parseSample, parseTarget } from '../../../ts/problem/target.js';

describe('targets', () => {
  it('are returns over seconds, trades and bars, mids, and columns that may look ahead', () => {
    expect(parseTarget('ret_60s')).toEqual({ kind: 'return', price: 'trade', unit: 'us', horizon: 60e6 });
    expect(horizonOf(parseTarget('ret_100t'))).toEqual({ rows: 100, time: 0 });
    expect(horizonOf(parseTarget('mid_5b'))).toEqual({ rows: 0, time: 300e6 });
    expect(parseTarget('column:y:10s')).toEqual({ kind: 'column', name: 'y', ahead: 10e6 });
    expect(horizonOf(parseTarget('column:y'))).toEqual({ rows: 0, time: 0 });
  });

  it('are directions with a dead band, and which of two barriers comes first; bands are log returns', () => {
    const minute = { unit: 'us', horizon: 60e6 };
    const direction = { kind: 'direction', price: 'trade', band: 0.0002, ...minute };
    expect(parseTarget('up_down:60s:2bps')).toEqual(direction);
    expect(parseTarget('up_down:ret_60s:2bps')).toEqual(direction);
    expect(parseTarget('up_down:mid_60s:0bps')).toEqual({ ...direction, price: 'mid', band: 0 });
    expect(parseTarget('triple_barrier:10bps:5.5bps:100t')).toEqual({
      kind: 'barrier',
      up: 0.001,
      down: 0.00055,
      unit: 'trades',
      horizon: 100,
    });
    expect(horizonOf(parseTarget('triple_barrier:10bps:10bps:5b'))).toEqual({ rows: 0, time: 300e6 });
  });

  it('are refused with what would be right', () => {
    const wrong = ['ret_60', 'ret_0s', 'ret_9999999999s', 'price', 'column:', 'up_down:60s', 'up_down:60s:2'];
    const barriers = [
      'triple_barrier:10bps:10bps',
      'triple_barrier:0.1:0.1:60s',
      'triple_barrier:0bps:9bps:60s',
    ];
    for (const text of [...wrong, ...barriers]) {
      expect(() => parseTarget(text)).toThrow(`--target: expected a target, got "${text}"`);
    }
    expect(() => parseSample('every')).toThrow('--sample: expected rows');
    expect(parseSample('5s')).toEqual({ time: 5e6 });
    for (const text of ['60/20', '60/20/30', '0/50/50', 'a/b/c']) {
      expect(() => parseSplit(text)).toThrow('--split: expected three parts');
    }
    expect(parseSplit('60/20/20')).toEqual([0.6, 0.2, 0.2]);
  });
});

describe('hours', () => {
  const at = (clock: string) => Date.parse(`2024-02-29T${clock}Z`) * 1000;

  it('are from the first time on and up to the last, in UTC', () => {
    const hours = parseHours('13:30-20:00');
    const within = ['13:29:59.999', '13:30', '19:59:59.999', '20:00'].map((t) => withinHours(at(t), hours));
    expect(within).toEqual([false, true, true, false]);
    expect(withinHours(-1, parseHours('23:00-24:00'))).toBe(true);
  });

  it('go on over midnight', () => {
    const hours = parseHours('22:00-02:00');
    const within = ['21:59', '22:00', '00:00', '01:59', '02:00', '12:00'].map((t) =>
      withinHours(at(t), hours),
    );
    expect(within).toEqual([false, true, true, true, false, false]);
  });

  it('are refused with what would be right', () => {
    for (const text of ['13:30', '13:30-13:30', '25:00-26:00', '24:00-01:00', '13.30-20', '1:2-3:4', 'a-b'])
      expect(() => parseHours(text)).toThrow('--hours: expected two times of the day');
  });
});
