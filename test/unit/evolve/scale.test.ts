import { beforeAll, describe, expect, it } from 'vitest';
import { Rescaler, shiftOf, unitOf } from '../../../ts/evolve/scale.js';
import {
  columnProgram,
  createVocabulary,
  evaluateExactly,
  formulaTable,
  parseFormulas,
  printFormulas,
  varyFormulas,
} from '../../../ts/kernels/formulas.js';
import { compileKernels, instantiateKernels, type Kernels } from '../../../ts/kernels/load.js';
import { generator } from '../../support/dataset.js';

const names = ['small', 'large', 'plain'];
const units = [4 ** 6, 4 ** -5, 1];
let kernels: Kernels;
beforeAll(async () => {
  kernels = instantiateKernels(await compileKernels());
});

function columns(): Float64Array[] {
  const { normal } = generator(3);
  return units.map((unit) => Float64Array.from({ length: 600 }, () => (3 + normal()) / unit));
}

/** |correlation| over the rows where both have a value. */
function correlation(a: Float64Array, b: Float64Array): number {
  const rows = [...a.keys()].filter((i) => Number.isFinite(a[i]!) && Number.isFinite(b[i]!));
  const mean = (x: Float64Array) => rows.reduce((s, i) => s + x[i]!, 0) / rows.length;
  const [ma, mb] = [mean(a), mean(b)];
  const sum = (f: (i: number) => number) => rows.reduce((s, i) => s + f(i), 0);
  const below = Math.sqrt(sum((i) => (a[i]! - ma) ** 2) * sum((i) => (b[i]! - mb) ** 2));
  return Math.abs(sum((i) => (a[i]! - ma) * (b[i]! - mb))) / below;
}

describe('scales', () => {
  it('are the power of 4 that brings the median size to order 1, zeros and nulls left out', () => {
    expect(unitOf([1e-4, -2e-4, 0, 0, 0, Number.NaN, 3e-4])).toBe(4 ** 6);
    expect(unitOf([0.5, -1.5, 1])).toBe(1);
    expect(unitOf([0, Number.NaN])).toBe(1);
  });

  it('come with a shift where the values lie far from 0 and near to each other', () => {
    const { unit } = generator(4);
    const far = Array.from({ length: 500 }, () => 1e9 + 10 * unit());
    expect(Math.abs(shiftOf(far) - 1e9 - 5)).toBeLessThan(2);
    expect(shiftOf(far.map((x) => x - 1e9))).toBe(0);
    expect(shiftOf([5, 5, 5])).toBe(0);
    expect(shiftOf([])).toBe(0);
  });

  it('give a shifted formula the same values, there and back', () => {
    const rescaler = new Rescaler(formulaTable(kernels));
    const shifts = [0, 3 / units[1]!, -0.5];
    const own = columns();
    const seen = own.map((column, c) => column.map((x) => (x - shifts[c]!) * units[c]!));
    const program = parseFormulas(kernels, ['square(large) + small * plain'], names)[0]!;
    const outside = rescaler.rescale(program, units, shifts);
    const wanted = evaluateExactly(kernels, program, seen);
    expect(correlation(wanted, evaluateExactly(kernels, outside, own))).toBeGreaterThan(1 - 1e-9);
    const inverse = units.map((u) => 1 / u);
    const back = shifts.map((shift, c) => -shift * units[c]!);
    const inside = rescaler.rescale(outside, inverse, back);
    expect(correlation(wanted, evaluateExactly(kernels, inside, seen))).toBeGreaterThan(1 - 1e-9);
  });

  it('leave a product as it is and go as constants into a sum', () => {
    const print = (text: string) => {
      const rescaler = new Rescaler(formulaTable(kernels));
      return printFormulas(
        kernels,
        [rescaler.rescale(parseFormulas(kernels, [text], names)[0]!, units)],
        names,
      )[0];
    };
    expect(print('(small / large) * plain')).toBe('small / large * plain');
    expect(print('zscore(small, 20) - sign(large)')).toBe('zscore(small, 20) - sign(large)');
    expect(print('small + plain')).toBe('small + plain * 0.000244140625');
    expect(print('tanh(small) + 2')).toBe('tanh(small * 4096) + 2');
    expect(print('small - 2')).toBe('small - 0.00048828125');
  });

  it('give a formula of the search the same meaning on the own units, for any formula', () => {
    const table = formulaTable(kernels);
    const rescaler = new Rescaler(table);
    const own = columns();
    const scaled = own.map((column, c) => column.map((x) => x * units[c]!));
    const vocabulary = createVocabulary(kernels, {
      kinds: [0, 0, 0],
      terminals: [0, 1, 2],
      operators: table.operators.filter((o) => o.default).map((o) => o.code),
      windows: [2, 5, 20],
      maxNodes: 20,
      maxDepth: 6,
    });
    const tasks = Array.from({ length: 300 }, () => [0, 0, 0] as const);
    let compared = 0;
    for (const program of varyFormulas(vocabulary, [columnProgram(0)], tasks, {
      seed: 1,
      generation: 0,
      first: 0,
    })) {
      const wanted = evaluateExactly(kernels, program, scaled);
      const got = evaluateExactly(kernels, rescaler.rescale(program, units), own);
      const present = wanted.map((x) => (Number.isFinite(x) ? 1 : 0));
      const spread = wanted.filter(Number.isFinite);
      if (spread.length < 100 || new Set(spread).size < 10) continue;
      expect(got.map((x) => (Number.isFinite(x) ? 1 : 0))).toEqual(present);
      expect(correlation(wanted, got)).toBeGreaterThan(1 - 1e-9);
      compared++;
    }
    expect(compared).toBeGreaterThan(200);
  });
});
