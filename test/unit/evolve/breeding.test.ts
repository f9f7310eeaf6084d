import { describe, expect, it } from 'vitest';
import { Breeding } from '../../../ts/evolve/breeding.js';
import type { Individual, Scored } from '../../../ts/evolve/population.js';
import {
  createVocabulary,
  formulaTable,
  measureFormulas,
  parseFormulas,
  printFormulas,
} from '../../../ts/kernels/formulas.js';
import { compileKernels, instantiateKernels } from '../../../ts/kernels/load.js';
import { normals } from '../../support/dataset.js';

const kernels = instantiateKernels(await compileKernels());
const table = formulaTable(kernels);
const names = ['a', 'b', 'c'];
const rows = 2048;
const sample = new kernels.Shard(0, rows, names.length);
names.forEach((_, c) => {
  sample.setColumn(c, Float32Array.from(normals(rows, c + 1)));
});
const limits = { maxNodes: 31, maxDepth: 3, maxLookBack: 1024, maxCost: 200 };

function breedingOf(
  seeds: readonly string[],
  operators = table.operators.filter((o) => o.default),
): Breeding {
  const vocabulary = createVocabulary(kernels, {
    ...{
      kinds: [0, 0, 0],
      terminals: [0, 1, 2],
      operators: operators.map((o) => o.code),
      windows: [2, 5, 20],
    },
    ...{ maxNodes: limits.maxNodes, maxDepth: limits.maxDepth },
  });
  const timed = operators.filter((o) => o.name === 'lag').map(({ code }) => ({ code, window: 2 }));
  const ports = { kernels, table, vocabulary, sample, columns: 3, terminals: [0, 1, 2], operators, timed };
  const formulas = parseFormulas(kernels, seeds, names).map((program, i) => ({ program, text: seeds[i]! }));
  return new Breeding(ports, { seed: 1, population: 200, ...limits }, { formulas, given: true });
}

/** An island in which those that were there first are the fittest. */
function scoredOf(island: readonly Individual[]): Scored[] {
  return island.map((one, i) => {
    const blocks = new Float64Array(8).fill(1 / (i + 1));
    const known = { sign: 1 as const, blocks, coverage: 1, gain: 0.01, seen: 1 };
    return { ...one, ...known, fitness: 1 / (i + 1), correlation: 0.1 };
  });
}
const textsOf = (island: readonly Individual[]) =>
  printFormulas(
    kernels,
    island.map((one) => one.program),
    names,
  );
const made = (island: readonly Individual[], how: string) => island.filter((one) => one.origin.made === how);

describe('breeding', () => {
  const deep = 'lag(a * b, 2)';

  it('tries the neighbours of the best in turn, none of them beyond the limits', () => {
    const breeding = breedingOf([deep]);
    let island = breeding.first()[0]!;
    let before: readonly string[] = [];
    for (let generation = 1; generation < 6; generation++) {
      island = breeding.next([scoredOf(island)], [], generation)[0]!;
      const near = made(island, 'neighbour');
      expect(near.length).toBeGreaterThan(10);
      const texts = textsOf(near);
      expect(texts.filter((text) => before.includes(text))).toEqual([]);
      before = [...before, ...texts];
      for (const { depth, nodes, cost } of measureFormulas(
        kernels,
        island.map((x) => x.program),
        3,
      )) {
        expect(depth).toBeLessThanOrEqual(limits.maxDepth);
        expect(nodes).toBeLessThanOrEqual(limits.maxNodes);
        expect(cost).toBeLessThanOrEqual(limits.maxCost);
      }
    }
  });

  it('goes on with them where it was, when it is restored', () => {
    const whole = breedingOf([deep]);
    let island = whole.first()[0]!;
    for (const generation of [1, 2]) island = whole.next([scoredOf(island)], [], generation)[0]!;
    const mark = whole.mark();
    const next = textsOf(whole.next([scoredOf(island)], [], 3)[0]!);
    const restored = breedingOf([deep]);
    restored.restore(whole.save(mark));
    expect(textsOf(restored.next([scoredOf(island)], [], 3)[0]!)).toEqual(next);
  });

  it('leaves a person the seeds that are larger than the limits', () => {
    const large = 'sma(lag(sma(lag(sma(lag(sma(a, 2), 1), 2), 1), 2), 1), 2)';
    expect(textsOf(made(breedingOf([large]).first()[0]!, 'seed'))).toEqual([large]);
  });

  it('makes nothing over time of operators without a product, but looks at parts over time', () => {
    const operators = table.operators.filter((o) => ['add', 'sub', 'lag'].includes(o.name));
    const breeding = breedingOf(['a - b'], operators);
    const island = breeding.next([scoredOf(breeding.first()[0]!)], [], 1)[0]!;
    expect(textsOf(island).some((text) => text.includes('*'))).toBe(false);
    expect(textsOf(made(island, 'neighbour')).some((text) => text.includes('lag('))).toBe(true);
  });
});
