import { describe, expect, it } from 'vitest';
import { HybridError } from '../../ts/error.js';

describe('HybridError.from', () => {
  it('restores what crossed a worker', () => {
    const sent = new HybridError('E_INPUT', 'a.csv:3: field "price": expected a number, got "n/a"', {
      hint: 'Correct it.',
    });
    const received = HybridError.from(JSON.parse(JSON.stringify(sent)));
    expect([received.code, received.message, received.hint, received.exitCode]).toEqual([
      sent.code,
      sent.message,
      sent.hint,
      3,
    ]);
  });

  it.each([
    ['ENOSPC', 5],
    ['EACCES', 5],
    ['ENOENT', 3],
  ])('gives %s its meaning', (code, exitCode) => {
    const error = HybridError.from(Object.assign(new Error('x'), { code, path: 'out' }));
    expect(error.exitCode).toBe(exitCode);
    expect(error.message).toMatch(/^out: /);
    expect(error.hint).toBeDefined();
  });

  it('calls everything unknown our bug', () => {
    expect(HybridError.from('boom').code).toBe('E_INTERNAL');
    expect(HybridError.from(new TypeError('boom')).exitCode).toBe(1);
  });
});
