import { describe, expect, it } from 'vitest';
import { movedWindows, otherViews, timedProducts } from '../../../ts/evolve/proposals.js';
import { formulaTable, parseFormulas, printFormulas } from '../../../ts/kernels/formulas.js';
import { compileKernels, instantiateKernels } from '../../../ts/kernels/load.js';

const kernels = instantiateKernels(await compileKernels());
const table = formulaTable(kernels);
const { operators } = table;
const codeOf = (name: string) => operators.find((o) => o.name === name)!.code;

describe('products over time', () => {
  const names = ['a', 'b', 'c'];
  const timed = [
    { code: codeOf('lag'), window: 5 },
    { code: codeOf('sma'), window: 20 },
  ];
  const texts = (from: number, count: number) =>
    printFormulas(kernels, timedProducts([0, 1, 2], timed, codeOf('mul'), [from, count]), names);

  it('are each column times each under each operator, once', () => {
    const wanted = names.flatMap((a) =>
      names.flatMap((b) => [`${a} * lag(${b}, 5)`, `${a} * sma(${b}, 20)`]),
    );
    expect(texts(0, 100).sort()).toEqual(wanted.sort());
  });

  it('come in parts that go on from each other, and then no more', () => {
    expect([...texts(0, 7), ...texts(7, 7), ...texts(14, 7)]).toEqual(texts(0, 18));
    expect(texts(21, 7)).toEqual([]);
  });

  it('mix columns and operators from the start', () => {
    const first = texts(0, 4).join();
    for (const part of ['lag', 'sma', 'a', 'b', 'c']) expect(first).toContain(part);
  });

  it('are none without an operator over windows', () => {
    expect(timedProducts([0, 1], [], codeOf('mul'), [0, 10])).toEqual([]);
  });
});

describe('windows that are moved', () => {
  const moved = (text: string) => {
    const [program] = parseFormulas(kernels, [text], ['a', 'b']);
    return printFormulas(kernels, movedWindows(program!, table), ['a', 'b']);
  };

  it('go up and down a little, to the half and to the double, one at a time', () => {
    const windows = moved('a * lag(b, 10)').map((text) => Number(/, (\d+)\)/.exec(text)![1]));
    expect(windows.sort((x, y) => x - y)).toEqual([5, 8, 9, 11, 12, 13, 20]);
    expect(moved('sma(a, 50) - lag(b, 10)').every((t) => t.includes('50') !== t.includes(', 10)'))).toBe(
      true,
    );
  });

  it('stay within what the operator and the kernels allow', () => {
    expect(moved('std(a * 0.5, 2)')).toEqual(['std(a * 0.5, 3)', 'std(a * 0.5, 4)']);
    const windows = moved('lag(a, 1000)').map((text) => Number(/, (\d+)\)/.exec(text)![1]));
    expect(windows.sort((x, y) => x - y)).toEqual([500, 800, 998, 999, 1001, 1002]);
  });

  it('are none where there is none', () => {
    expect(moved('a * 0.3 + b')).toEqual([]);
  });
});

it('the same window is looked at in other ways', () => {
  const [program] = parseFormulas(kernels, ['sma(a, 1) * b - corr(a, b, 9)'], ['a', 'b']);
  const views = ['lag', 'sma', 'zscore'].map(codeOf);
  const texts = printFormulas(kernels, otherViews(program!, table, views), ['a', 'b']);
  // zscore wants two rows.
  expect(texts).toEqual(['lag(a, 1) * b - corr(a, b, 9)']);
});
