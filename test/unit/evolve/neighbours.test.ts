import { describe, expect, it } from 'vitest';
import {
  hoists,
  movedConstants,
  movedWindows,
  Neighbourhood,
  otherOperators,
  substitutions,
} from '../../../ts/evolve/neighbours.js';
import {
  formulaTable,
  type Operator,
  parseFormulas,
  partsOf,
  printFormulas,
} from '../../../ts/kernels/formulas.js';
import { compileKernels, instantiateKernels } from '../../../ts/kernels/load.js';

const kernels = instantiateKernels(await compileKernels());
const table = formulaTable(kernels);
const names = ['a', 'b', 'c'];
const parsed = (text: string) => parseFormulas(kernels, [text], names)[0]!;
const printed = (programs: Parameters<typeof printFormulas>[1]) => printFormulas(kernels, programs, names);
const operatorsNamed = (...wanted: string[]) => table.operators.filter((o) => wanted.includes(o.name));

describe('parts of a formula', () => {
  it('are its leaves and operators with their operands, the whole last', () => {
    const program = parsed('sma(a * 0.5, 7) - b');
    const parts = partsOf(program, table);
    const texts = printed(parts.map(({ start, end }) => program.slice(start, end)));
    expect(texts).toEqual(['a', '0.5', 'a * 0.5', 'sma(a * 0.5, 7)', 'b', 'sma(a * 0.5, 7) - b']);
    expect(parts.map(({ window }) => window)).toEqual([0, 0, 0, 7, 0, 0]);
    expect(parts.at(-1)!.operands).toEqual([parts[3], parts[4]]);
  });
});

describe('one step', () => {
  it('leaves an operator out', () => {
    const program = parsed('abs(a) * (b + 2)');
    expect(printed(hoists(program, partsOf(program, table)))).toEqual([
      'a * (b + 2)',
      'abs(a) * b',
      'abs(a)',
      'b + 2',
    ]);
  });

  it('replaces a column by every other one', () => {
    expect(printed(substitutions(parsed('a * b'), [0, 1, 2]))).toEqual(['b * b', 'c * b', 'a * a', 'a * c']);
  });

  it('turns a constant, makes it smaller or greater', () => {
    expect(printed(movedConstants(parsed('a + 2')))).toEqual([
      'a + -2',
      'a + 1',
      'a + 1.6',
      'a + 2.5',
      'a + 4',
    ]);
  });

  it('replaces an operator by another one of as many operands, a window by a window that may be so short', () => {
    const program = parsed('sma(a, 1) * corr(b, c, 9)');
    const others = otherOperators(
      program,
      partsOf(program, table),
      operatorsNamed('add', 'lag', 'std', 'cov', 'abs'),
    );
    expect(printed(others)).toEqual([
      'lag(a, 1) * corr(b, c, 9)',
      'sma(a, 1) * cov(b, c, 9)',
      'sma(a, 1) + corr(b, c, 9)',
    ]);
  });
});

describe('windows that are moved', () => {
  const moved = (text: string) => printed(movedWindows(parsed(text), table));
  const windowsOf = (texts: readonly string[]) =>
    texts.map((text) => Number(/, (\d+)\)/.exec(text)![1])).sort((x, y) => x - y);

  it('go up and down a little, to the half and to the double, one at a time', () => {
    expect(windowsOf(moved('a * lag(b, 10)'))).toEqual([5, 8, 9, 11, 12, 13, 20]);
    const both = moved('sma(a, 50) - lag(b, 10)');
    expect(both.every((t) => t.includes('50') !== t.includes(', 10)'))).toBe(true);
  });

  it('stay within what the operator and the kernels allow', () => {
    expect(moved('std(a * 0.5, 2)')).toEqual(['std(a * 0.5, 3)', 'std(a * 0.5, 4)']);
    expect(windowsOf(moved('lag(a, 1000)'))).toEqual([500, 800, 998, 999, 1001, 1002]);
  });

  it('are none where there is none', () => {
    expect(moved('a * 0.3 + b')).toEqual([]);
  });
});

describe('a neighbourhood', () => {
  const around = (operators: readonly Operator[]) => {
    const timed = operators.filter((o) => o.name === 'sma').map(({ code }) => ({ code, window: 5 }));
    const levels = (programs: readonly unknown[]) => programs.map(() => [0.25]);
    return new Neighbourhood({ kernels, table, terminals: [0, 1, 2], operators, timed, levels });
  };
  const whole = around(table.operators.filter((o) => o.default));
  const all = printed(whole.of(parsed('a * b'), 0, 1e6));

  it('joins, bends and gates the two of a pair by each other', () => {
    for (const near of [
      'a / (1 + abs(b))',
      'b * tanh(a)',
      'if_greater(a, 0.25, b, 0)',
      'if_greater(0.25, b, a, 0)',
    ])
      expect(all, near).toContain(near);
  });

  it('joins what a window looks at, and moves no zero', () => {
    expect(printed(whole.of(parsed('corr(a, b, 20)'), 0, 1e6))).toContain('a * b');
    expect(printed(movedConstants(parsed('max(a, 0)')))).toEqual([]);
  });

  it('joins any two parts by themselves', () => {
    const near = printed(whole.of(parsed('sma(a, 5) - sma(a, 5) * abs(b)'), 0, 1e6));
    for (const joined of ['sma(a, 5) / (1 + abs(b))', 'sma(a, 5) * tanh(b)', 'a * b'])
      expect(near, joined).toContain(joined);
  });

  it('holds what one of the two bends by the other once, what it gates by it once a level', () => {
    const near = printed(whole.of(parsed('a - b'), 0, 1e6));
    for (const once of ['a * sqrt(abs(b))', 'b * square(a)', 'if_greater(a, 0.25, b, -b)'])
      expect(near.filter((text) => text === once).length, once).toBe(1);
  });

  it('bends one of the two in place of both', () => {
    const near = printed(whole.of(parsed('(a - b) * b'), 0, 1e6));
    expect(near.indexOf('abs(a - b)')).toBeGreaterThan(-1);
    expect(near.indexOf('abs(a - b)')).toBeLessThan(near.indexOf('tanh(a - b) * b'));
  });

  it('bends each part, looks at it over time, and gates it by every column', () => {
    for (const near of [
      'tanh(a) * b',
      'sma(a * b, 5)',
      'a * sma(b, 5)',
      'a * b / (1 + abs(c))',
      'a * if_greater(c, 0.25, b, 0)',
    ])
      expect(all, near).toContain(near);
  });

  it('comes in parts that go on from each other, the nearest first', () => {
    const parts = [0, 50, 100].map((from) => printed(whole.of(parsed('a * b'), from, 50)));
    expect(parts.flat()).toEqual(all.slice(0, 150));
    expect(all.indexOf('a * c')).toBeLessThan(all.indexOf('tanh(a) * b'));
    expect(whole.of(parsed('a * b'), all.length, 50)).toEqual([]);
  });

  it('is made of the operators that a search may use', () => {
    const allowed = operatorsNamed('mul', 'add', 'sma');
    const near = around(allowed).of(parsed('a * b'), 0, 1e6);
    const used = near.flatMap((program) => partsOf(program, table).map(({ code }) => code));
    const codes = new Set(used.filter((code) => code < 0x80));
    expect([...codes].sort()).toEqual(allowed.map((o) => o.code).sort());
  });
});
