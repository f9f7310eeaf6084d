/** Wounded CSV bytes: no trap, and a row is accepted only with the values of its text. The long run: `npm run soak:bytes`. */
import { describe, expect, it } from 'vitest';
import { compileKernels, instantiateKernels } from '../../ts/kernels/load.js';
import { fault, fuzz } from '../support/bytes.js';
import { fuzzDialects } from '../support/dialect-bytes.js';

const kernels = instantiateKernels(await compileKernels());

describe('the scanners', () => {
  it('treat mutated bytes as csv-parse and exact decimals do', () => {
    const { faults, kept } = fuzz(kernels, 1, 6000);
    expect(faults).toEqual([]);
    expect(kept).toBeGreaterThan(6000);
  });

  it('treat mutated bytes of dialects as csv-parse, exact decimals and the calendar do', () => {
    const { faults, kept } = fuzzDialects(kernels, 1, 4000);
    expect(faults).toEqual([]);
    expect(kept).toBeGreaterThan(4000);
  });

  it.each([
    ['a number of more than 38 digits', `1,1,${'9'.repeat(40)},1,1\n`],
    ['a quote in the middle of a field', '1,1,1"0",1,1\n'],
    ['a line of one carriage return', '\r\r\n1,1,1,1,1'],
    ['a last line without newline', '1,1,1,1,1\n2,2,2,2,-1'],
  ])('judge %s as the oracle does', (_, text) => {
    expect(fault(kernels, 'trades', Buffer.from(text))).toBeUndefined();
  });
});
