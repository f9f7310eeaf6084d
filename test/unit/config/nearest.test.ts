import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest, suggest } from '../../../ts/config/nearest.js';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['obi', 'obi1', 1],
    ['populatoin', 'population', 1],
    ['kitten', 'sitting', 3],
  ])('%s → %s', (a, b, edits) => expect(editDistance(a, b)).toBe(edits));

  it('is symmetric and 0 only for equal texts', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});

describe('nearest', () => {
  it('finds what was meant, and nothing when nothing is near', () => {
    expect(nearest('absorbtion', ['obi', 'absorption', 'ofd'])).toBe('absorption');
    expect(nearest('volatility', ['obi', 'ofd'])).toBeUndefined();
  });

  it('suggests all names when none is near', () => {
    expect(suggest('volatility', ['obi', 'ofd'])).toBe('Use one of: obi, ofd.');
    expect(suggest('odf', ['obi', 'ofd'])).toBe('Did you mean "ofd"?');
  });
});
