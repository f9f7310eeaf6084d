import { describe, expect, it } from 'vitest';
import { pairsOfColumns, timedProducts } from '../../../ts/evolve/proposals.js';
import { formulaTable, printFormulas } from '../../../ts/kernels/formulas.js';
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

describe('pairs of columns', () => {
  const texts = (room: number, names = ['mul', 'div']) => {
    const allowed = operators.filter((o) => names.includes(o.name));
    return printFormulas(kernels, pairsOfColumns([0, 1, 2], allowed, room), ['a', 'b', 'c']);
  };
  const products = ['a * b', 'a * c', 'b * c'];

  it('are all products, then all quotients, each kind as far as it fits', () => {
    expect(texts(9)).toEqual([...products, 'a / b', 'a / c', 'b / a', 'b / c', 'c / a', 'c / b']);
    expect(texts(8)).toEqual(products);
    expect(texts(2)).toEqual([]);
  });

  it('are made of the operators that a search may use', () => {
    expect(texts(9, ['mul', 'add'])).toEqual(products);
    expect(texts(9, ['add'])).toEqual([]);
  });
});
