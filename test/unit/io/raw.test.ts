import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileNameOf, rawFile, symbolOf } from '../../../ts/io/raw.js';

describe('a symbol as a file name', () => {
  it.each([
    ['BTCUSDT', 'BTCUSDT'],
    ['BRK.B', 'BRK.B'],
    ['BTC/USDT:USDT', 'BTC%2FUSDT%3AUSDT'],
    ['..', '%2E.'],
    ['../../etc/passwd', '%2E.%2F..%2Fetc%2Fpasswd'],
    ['1000ペペ', '1000%E3%83%9A%E3%83%9A'],
  ])('%s is %s', (symbol, name) => {
    expect(fileNameOf(symbol)).toBe(name);
  });

  it('is plain, stays in the folder, and gives the symbol back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 15 }), (symbol) => {
        fc.pre(Buffer.byteLength(symbol) * 3 <= 220);
        expect(fileNameOf(symbol)).toMatch(/^[\w%-][\w.%-]*$/);
        expect(symbolOf(fileNameOf(symbol))).toBe(symbol);
      }),
    );
  });

  it('is refused when no file system would take it', () => {
    expect(() => rawFile('raw', 'x'.repeat(221), 'trades')).toThrow('1 to 220 bytes');
    expect(() => rawFile('raw', '', 'trades')).toThrow('1 to 220 bytes');
  });
});
