import { describe, expect, it } from 'vitest';
import { splitsOf, standApart } from '../../../ts/evolve/splits.js';
import type { Joint } from '../../../ts/evolve/statistics.js';
import { formulaTable, parseFormulas, printFormulas } from '../../../ts/kernels/formulas.js';
import { compileKernels, instantiateKernels } from '../../../ts/kernels/load.js';

const kernels = instantiateKernels(await compileKernels());
const table = formulaTable(kernels);
const names = ['a', 'b', 'c', 'd'];

const splits = (text: string) =>
  splitsOf(parseFormulas(kernels, [text], names)[0]!, table).map(({ parts, outermost }) => [
    ...printFormulas(kernels, [...parts], names),
    outermost ? 'two formulas' : 'perhaps one',
  ]);

describe('a formula is split where it adds two parts', () => {
  it.each([
    ['a * b + c * d', [['a * b', 'c * d', 'two formulas']]],
    ['-(a * b - c) / 3', [['-(a * b) / 3', '-c / 3', 'two formulas']]],
    ['(a + b) * c', [['a * c', 'b * c', 'perhaps one']]],
    ['abs(a - b)', [['abs(a)', 'abs(b)', 'perhaps one']]],
    [
      'a + sma(b - c, 5)',
      [
        ['a', 'sma(b - c, 5)', 'two formulas'],
        ['a + sma(b, 5)', 'a + sma(c, 5)', 'perhaps one'],
      ],
    ],
    ['a * b + 2', []],
    ['a * b', []],
  ])('%s', (text, expected) => {
    expect(splits(text)).toEqual(expected);
  });
});

/** 400 blocks of two independent formulas a and b, and of their sum; the target is `of` them and noise. */
function jointOf(target: (a: number, b: number) => number, correlation = 0): Joint {
  const [n, blocks] = [3, 400];
  const wave = (k: number) => (b: number) => Math.sin(1 + b * (0.7 + 0.31 * k)) * Math.SQRT2;
  const [first, second, noise] = [wave(0), wave(1), wave(2)];
  const f = (b: number) => {
    const x = first(b);
    const y = correlation * x + Math.sqrt(1 - correlation ** 2) * second(b);
    return [x, y, (x + y) / Math.sqrt(2 + 2 * correlation)];
  };
  const joint: Joint = {
    ...{ n, blocks, totalWeight: blocks, weight: new Float64Array(blocks).fill(1) },
    ...{ targetSquare: new Float64Array(blocks), target: new Float64Array(blocks * n) },
    ...{ gram: new Float64Array(blocks * n * n), targetCorrelation: new Float64Array(n) },
    correlation: new Float64Array(n * n),
  };
  for (let b = 0; b < blocks; b++) {
    const z = f(b);
    const r = target(z[0]!, z[1]!) + 0.1 * noise(b);
    joint.targetSquare[b] = r * r;
    for (let i = 0; i < n; i++) {
      joint.target[b * n + i] = z[i]! * r;
      joint.targetCorrelation[i]! += (z[i]! * r) / blocks;
      for (let j = 0; j < n; j++) {
        joint.gram[(b * n + i) * n + j] = z[i]! * z[j]!;
        joint.correlation[i * n + j]! += (z[i]! * z[j]!) / blocks;
      }
    }
  }
  return joint;
}

describe('parts stand apart', () => {
  const limits = { size: 12, maxCorrelation: 0.3, luck: 0.01 };
  const apart = (joint: Joint) => standApart(joint, 2, [0, 1], limits);

  it('where each is worth something by itself, and both what the whole is', () => {
    expect(apart(jointOf((a, b) => 0.6 * (a + b)))).toBe(true);
    expect(apart(jointOf((a, b) => 0.7 * a + 0.5 * b))).toBe(true);
  });

  it('not where one of them is worth nothing, nor where they are much alike', () => {
    expect(apart(jointOf((a) => 0.6 * a))).toBe(false);
    expect(apart(jointOf((a, b) => 0.6 * (a + b), 0.5))).toBe(false);
  });
});
