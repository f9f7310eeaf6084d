import { describe, expect, it } from 'vitest';
import { Archive } from '../../../ts/evolve/archive.js';
import { Breeding } from '../../../ts/evolve/breeding.js';
import type { Evaluate } from '../../../ts/evolve/evaluate.js';
import { noiseFloor } from '../../../ts/evolve/honesty.js';
import type { Scored } from '../../../ts/evolve/population.js';
import type { Moments } from '../../../ts/evolve/statistics.js';
import {
  createVocabulary,
  formulaTable,
  parseFormulas,
  printFormulas,
} from '../../../ts/kernels/formulas.js';
import { compileKernels, instantiateKernels } from '../../../ts/kernels/load.js';
import { evaluateOn, planShards } from '../../../ts/stages/evolve/shards.js';
import { normals } from '../../support/dataset.js';
import { poolHere } from '../../support/here.js';

const kernels = instantiateKernels(await compileKernels());
const table = formulaTable(kernels);
const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const blockCount = 16;
const rows = blockCount * 2 * table.tileRows;
const columns = names.map((_, k) => Float32Array.from(normals(rows, 21 + k)));
const noise = normals(rows, 99);
const luck = noiseFloor(10_000, rows) ** 2;
const here = poolHere(kernels);
let parts = 0;

type Row = (...x: number[]) => number;

function evaluatorOf(relation: Row): Evaluate {
  const target = noise.map((e, i) => relation(...columns.map((c) => c[i]!)) + e);
  const source = {
    symbols: [{ name: 's', start: 0, end: rows }],
    ...{ columns, target: Float32Array.from(target), weight: new Float64Array(rows).fill(1) },
    ...{ tileRows: table.tileRows, haloTiles: 10 },
  };
  const of = Uint32Array.from({ length: rows }, (_, i) => Math.floor((i * blockCount) / rows));
  const shards = planShards(source, { count: blockCount, of }, `archive ${parts++}`);
  return evaluateOn(here, shards, blockCount);
}

const sample = new kernels.Shard(0, 4096, names.length);
names.forEach((_, c) => {
  sample.setColumn(c, columns[c]!.subarray(0, 4096));
});

/** An archive that searches for `relation`; the kinds of its columns are all the same unless `kinds` says otherwise. */
function archiveOf(
  relation: Row,
  { kinds = names.map(() => 0), without = '', size = 6 } = {},
): { archive: Archive; scored(texts: readonly string[]): Scored[] } {
  const operators = table.operators.filter((o) => o.default && o.name !== without);
  const terminals = names.map((_, c) => c);
  const shape = { maxNodes: 31, maxDepth: 9 };
  const vocabulary = createVocabulary(kernels, {
    ...{ kinds, terminals, operators: operators.map((o) => o.code), windows: [5] },
    ...shape,
  });
  const ports = {
    kernels,
    table,
    vocabulary,
    sample,
    columns: names.length,
    terminals,
    operators,
    timed: [],
  };
  const limits = { ...shape, maxLookBack: 1024, maxCost: 200 };
  const breeding = new Breeding(ports, { seed: 1, population: 10, ...limits }, { formulas: [], given: true });
  const archive = new Archive(
    {
      ...ports,
      evaluate: evaluatorOf(relation),
      print: (programs) => printFormulas(kernels, [...programs], names),
      asIndividuals: (programs, origin) => breeding.asIndividuals(programs, origin),
      typedAs: (of, programs) => breeding.typedAs(of, programs),
    },
    { size, maxCorrelation: 0.3 },
  );
  const scored = (texts: readonly string[]) =>
    breeding
      .asIndividuals(parseFormulas(kernels, texts, names), () => ({ made: 'random', generation: 3 }))
      .map((one, i): Scored => {
        const moments = { shift: 0, scale: 1, coverage: 1 } as Moments;
        const known = {
          sign: 1 as const,
          blocks: new Float64Array(blockCount),
          coverage: 1,
          gain: 0.01,
          moments,
        };
        // Not measured on all rows: the archive measures it itself.
        return { ...one, ...known, fitness: 1 / (i + 1), correlation: 0.1, seen: 0.5 };
      });
  return { archive, scored };
}
const members = ({ members }: Archive) => members.map((m) => m.text).sort();

describe('a new member that adds several formulas', () => {
  const three: Row = (a, b, c, d, e, f) => 0.3 * (a! * b! + c! * d! + e! * f!);

  it('is split into all of them', async () => {
    const { archive, scored } = archiveOf(three);
    await archive.update(scored(['a * b + c * d + e * f']), luck);
    expect(members(archive)).toEqual(['a * b', 'c * d', 'e * f']);
  });

  it('whoever is a member already, and whatever stands in reserve', async () => {
    const { archive, scored } = archiveOf(three, { size: 3 });
    await archive.update(scored(['e * f']), luck);
    await archive.update(scored(['a * b + c * d', 'e * f + 0.1 * a']), luck);
    expect(members(archive)).toEqual(['a * b', 'c * d', 'e * f']);
    const keys = archive.held.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('stays one where only the whole explains the target', async () => {
    const { archive, scored } = archiveOf((a, b) => Math.abs(a! + b!));
    await archive.update(scored(['abs(a + b)']), luck);
    expect(members(archive)).toEqual(['abs(a + b)']);
    expect(archive.made.size).toBeGreaterThan(1);
  });

  it('says what its parts come from', async () => {
    const { archive, scored } = archiveOf(three);
    await archive.update(scored(['a * b + c * d']), luck);
    for (const { origin } of archive.members) {
      expect(origin.made).toBe('split');
      expect(printFormulas(kernels, [origin.parent!.program], names)).toEqual(['a * b + c * d']);
    }
  });
});

describe('in the end', () => {
  it('members with a factor in common are one formula, in the weights that they have together', async () => {
    const { archive, scored } = archiveOf((a, b, c) => 0.4 * (a! - 0.5 * c!) * b!);
    await archive.update(scored(['a * b', 'c * b']), luck);
    expect(members(archive)).toEqual(['a * b', 'b * c']);
    await archive.rejoin(luck);
    const [only, ...others] = members(archive);
    expect(others).toEqual([]);
    expect(only).toMatch(
      /^\((a - c \* 0\.(4[5-9]|5[0-5]?)|a \* [12]\.\d+ - c|c - a \* [12](\.\d+)?|c \* 0\.\d+ - a)\) \* b$/,
    );
  });

  it('but a relation takes up no bit of noise that has a factor in common with it', async () => {
    const { archive, scored } = archiveOf((a, b, c) => 0.1 * a! * b! + 0.04 * c! * b!);
    await archive.update(scored(['a * b', 'c * b']), luck);
    expect(members(archive)).toEqual(['a * b', 'b * c']);
    await archive.rejoin(luck);
    expect(members(archive)).toEqual(['a * b', 'b * c']);
  });

  it('what was one before it was split is one again, also after a stop', async () => {
    const relation: Row = (a, b, c) => 0.4 * (a! + c!) * Math.tanh(b!);
    const { archive, scored } = archiveOf(relation);
    await archive.update(scored(['(a + c) * tanh(b)']), luck);
    expect(members(archive)).toEqual(['tanh(b) * a', 'tanh(b) * c']);
    const other = archiveOf(relation).archive;
    other.restore(structuredClone(archive.save()));
    expect(other.made).toEqual(archive.made);
    for (const one of [archive, other]) {
      await one.rejoin(luck);
      expect(members(one)).toEqual(['(a + c) * tanh(b)']);
    }
  });

  it('two relations that have become worth more than the sum of their proxies stay two', async () => {
    const { archive, scored } = archiveOf((a, b, c) => 0.4 * (a! * b! + c! * Math.tanh(3 * b!)));
    await archive.update(scored(['(a + c) * tanh(b)']), luck);
    await archive.update(scored(['a * b', 'c * tanh(b * 3)']), luck);
    const two = ['a * b', 'tanh(b * 3) * c'];
    expect(members(archive)).toEqual(two);
    await archive.rejoin(luck);
    expect(members(archive)).toEqual(two);
    const refused = archive.held.slice(2).map((one) => printFormulas(kernels, [one.program], names)[0]);
    expect(refused).not.toContain('(a + c) * b');
  });

  it.each([
    ['kinds that do not add up', { kinds: [0, 0, 1, 0, 0, 0] }],
    ['an operator that is not to be used', { without: 'sub' }],
  ])('no formula is made of %s', async (_what, options) => {
    const { archive, scored } = archiveOf((a, b, c) => 0.4 * (a! - c!) * b!, options);
    await archive.update(scored(['a * b', 'c * b']), luck);
    await archive.rejoin(luck);
    expect(members(archive)).toEqual(['a * b', 'b * c']);
  });

  it('a single member and none stay what they are', async () => {
    const { archive, scored } = archiveOf((a, b) => 0.4 * a! * b!);
    await archive.rejoin(luck);
    expect(members(archive)).toEqual([]);
    await archive.update(scored(['a * b']), luck);
    await archive.rejoin(luck);
    expect(members(archive)).toEqual(['a * b']);
  });
});
