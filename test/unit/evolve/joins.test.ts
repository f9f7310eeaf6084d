import { describe, expect, it } from 'vitest';
import { joinsOf } from '../../../ts/evolve/joins.js';
import { formulaTable, parseFormulas, printFormulas } from '../../../ts/kernels/formulas.js';
import { compileKernels, instantiateKernels } from '../../../ts/kernels/load.js';

const kernels = instantiateKernels(await compileKernels());
const table = formulaTable(kernels);
const names = ['a', 'b', 'c', 'd'];

/** As text: the two products with the same factor, and the whole. */
function joins(first: string, second: string, weight: number): string[] {
  const [a, b] = parseFormulas(kernels, [first, second], names);
  return joinsOf(a!, b!, table).flatMap((join) =>
    printFormulas(kernels, [...join.parts, join.whole(weight)], names),
  );
}

describe('two products with a factor in common are one formula', () => {
  it.each([
    ['a * tanh(c)', 'b * tanh(c)', 1, ['a * tanh(c)', 'b * tanh(c)', '(a + b) * tanh(c)']],
    ['a * c', 'c * b', -1, ['a * c', 'b * c', '(a - b) * c']],
    ['a / c', '-(2 * b) / c', 0.5, ['a / c', 'b / c', '(a + b * 0.5) / c']],
    ['sma(a, 5) * c * d', 'd * b * c', 1, ['sma(a, 5) * c * d', 'b * c * d', '(sma(a, 5) + b) * c * d']],
    ['1 / (a * c)', 'b / c', -2, ['1 / a / c', 'b / c', '(1 / a - b * 2) / c']],
  ])('%s and %s', (first, second, weight, expected) => {
    expect(joins(first, second, weight)).toEqual(expected);
  });

  it('which may be bent in two ways: each is tried', () => {
    expect(joins('a * tanh(c)', 'c * b / abs(c)', 1)).toEqual([
      ...['a * tanh(c)', 'b * tanh(c)', '(a + b) * tanh(c)'],
      ...['a * c / abs(c)', 'b * c / abs(c)', '(a + b) * c / abs(c)'],
    ]);
  });

  it.each([
    ['a * c', 'b * d'],
    ['a * c', 'c * a'],
    ['tanh(c)', 'a * c'],
    ['a + c', 'b * c'],
  ])('unless nothing is in common, or nothing else: %s and %s', (first, second) => {
    expect(joins(first, second, 1)).toEqual([]);
  });
});
