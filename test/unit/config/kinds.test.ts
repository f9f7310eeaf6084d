import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assignments,
  duration,
  instant,
  integer,
  list,
  number,
  signs,
  toggle,
} from '../../../ts/config/kinds.js';

describe('instant', () => {
  it.each([
    ['2024-01-31', 1_706_659_200_000_000],
    ['2024-01-31T12:00:00Z', 1_706_702_400_000_000],
    ['2024-01-31 12:00', 1_706_702_400_000_000],
    ['2024-01-31T14:00:00+02:00', 1_706_702_400_000_000],
    ['2024-01-31T12:00:00.000001', 1_706_702_400_000_001],
    ['1969-12-31T23:59:59.5', -500_000],
  ])('%s', (text, micros) => expect(instant.parse(text)).toBe(micros));

  it.each(['', 'yesterday', '2024-02-30', '2024-13-01', '1706659200', '2024-01-31T25:00'])(
    'refuses "%s"',
    (text) => expect(instant.parse(text)).toBeUndefined(),
  );
});

describe('integer', () => {
  it('takes whole numbers within its range only', () => {
    const threads = integer(1, 64);
    expect(['1', '64', '+7'].map(threads.parse)).toEqual([1, 64, 7]);
    expect(['0', '65', '1.5', '1e1', 'many', ''].map(threads.parse)).toEqual(Array(6).fill(undefined));
  });
});

describe('number', () => {
  it('refuses what is no number', () => {
    expect(['0', '0.3', '1', ' ', 'x', '1.1', 'NaN'].map(number(0, 1).parse)).toEqual([
      0,
      0.3,
      1,
      ...Array(4).fill(undefined),
    ]);
  });
});

describe('duration', () => {
  it('reads seconds, minutes and hours', () => {
    expect(['90', '90s', '15m', '2h', '0.5m', 'soon'].map(duration.parse)).toEqual([
      90,
      90,
      900,
      7200,
      30,
      undefined,
    ]);
  });
});

describe('toggle', () => {
  it('reads the usual words', () => {
    expect(['true', 'NO', '1', 'perhaps'].map(toggle.parse)).toEqual([true, false, true, undefined]);
  });
});

describe('list', () => {
  it('refuses an empty name', () => {
    expect(list.parse('a, b')).toEqual(['a', 'b']);
    expect(list.parse('a,,b')).toBeUndefined();
  });
});

describe('signs', () => {
  it('reads columns with their signs, and prints them', () => {
    expect(signs.parse('rsi7:+1, obi:-1,a:b:1')).toEqual({ rsi7: 1, obi: -1, 'a:b': 1 });
    expect(signs.print({ rsi7: 1, obi: -1 })).toBe('rsi7:+1,obi:-1');
    for (const text of ['', 'rsi7', 'rsi7:', ':+1', 'rsi7:2', 'rsi7:+1,', 'rsi7:+1,rsi7:-1'])
      expect(signs.parse(text)).toBeUndefined();
  });
});

describe('assignments', () => {
  it('parse what they print', () => {
    const name = fc.stringMatching(/^[a-z_]{1,12}$/);
    fc.assert(
      fc.property(fc.dictionary(name, fc.stringMatching(/^[a-z0-9.:]{1,8}$/), { minKeys: 1 }), (pairs) => {
        const lines = Object.entries(pairs).map(([key, value]) => `${key}=${value}`);
        expect(assignments.parse(lines.join('\n'))).toEqual({ ...pairs });
      }),
    );
    expect(assignments.parse('W_s')).toBeUndefined();
  });
});
