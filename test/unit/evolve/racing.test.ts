import { describe, expect, it } from 'vitest';
import { type Evaluate, jointSums, one } from '../../../ts/evolve/evaluate.js';
import { noiseFloor } from '../../../ts/evolve/honesty.js';
import type { Individual, Member, Scored } from '../../../ts/evolve/population.js';
import { Race, requiredCorrelation, upperBound } from '../../../ts/evolve/racing.js';
import { Rest } from '../../../ts/evolve/rest.js';
import { portfolioInput, scorer } from '../../../ts/evolve/scoring.js';
import {
  createVocabulary,
  formulaTable,
  measureFormulas,
  type Program,
  parseFormulas,
  varyFormulas,
} from '../../../ts/kernels/formulas.js';
import { compileKernels, instantiateKernels } from '../../../ts/kernels/load.js';
import { evaluateOn, planShards } from '../../../ts/stages/evolve/shards.js';
import { normals, persistent } from '../../support/dataset.js';
import { plantedTarget } from '../../support/evolution.js';
import { poolHere } from '../../support/here.js';

const kernels = instantiateKernels(await compileKernels());
const table = formulaTable(kernels);
const names = ['a', 'b', 'c', 'd'];
const blockCount = 8;
const rows = blockCount * 16 * table.tileRows;

const here = poolHere(kernels);

const columns = names.map((_, k) => Float32Array.from(persistent(rows, 11 + k, [0, 0.5, 0.9, 0.99][k]!)));
const blockOf = Uint32Array.from({ length: rows }, (_, i) => Math.floor((i * blockCount) / rows));
let parts = 0;

/** An evaluation over two symbols or one, cut into about `shards` shards. */
function evaluatorOf(target: Float32Array, symbols: number, shards: number): Evaluate {
  const source = {
    symbols: Array.from({ length: symbols }, (_, s) => ({
      name: `s${s}`,
      start: (s * rows) / symbols,
      end: ((s + 1) * rows) / symbols,
    })),
    columns,
    target,
    weight: new Float64Array(rows).fill(1),
    tileRows: table.tileRows,
    haloTiles: 10,
  };
  // Of two symbols each has its part of every block.
  const of =
    symbols === 1 ? blockOf : blockOf.map((_, i) => Math.floor(((i % (rows / 2)) * blockCount) / (rows / 2)));
  return evaluateOn(
    here,
    planShards(source, { count: blockCount, of }, `part${parts++}`, shards),
    blockCount,
  );
}

const asIndividual = (program: Program, nodes: number, key: string, generation: number): Individual => {
  return { program, nodes, key, pivot: 0, origin: { made: 'random', generation } };
};

/** The relation itself and what is near it as those that lived on; random formulas as children. */
function island(seed: number, children: number): Individual[] {
  const vocabulary = createVocabulary(kernels, {
    kinds: names.map(() => 0),
    terminals: [0, 1, 2, 3],
    operators: table.operators.filter((o) => o.default).map((o) => o.code),
    windows: [5, 50, 300],
    maxNodes: 15,
    maxDepth: 6,
  });
  const random = table.variations.findIndex((v) => v.name === 'random');
  const key = { seed, generation: 1, first: 0 };
  const programs = varyFormulas(
    vocabulary,
    [],
    Array.from({ length: children }, () => [random, 0, 0] as const),
    key,
  );
  const old = parseFormulas(kernels, ['a * b', 'a * b * 2 + c', 'sma(a * b, 2)', 'tanh(a) * b'], names);
  const nodes = measureFormulas(kernels, [...old, ...programs], names.length).map((m) => m.nodes);
  return [...old, ...programs].map((p, i) =>
    asIndividual(p, nodes[i]!, `${seed}.${i}`, i < old.length ? 0 : 1),
  );
}

function target(seed: number, gain: number): Float32Array {
  const relation = Float64Array.from(columns[0]!, (a, i) => a * columns[1]![i]!);
  return Float32Array.from(plantedTarget([relation], gain, seed));
}

async function memberOf(evaluate: Evaluate, text: string): Promise<Member> {
  const [program] = parseFormulas(kernels, [text], names);
  const { joint, moments } = await jointSums(evaluate, [asIndividual(program!, 3, text, 0)]);
  const correlation = joint.targetCorrelation[0]!;
  return { ...asIndividual(program!, 3, text, 0), text, correlation, moments: moments[0]! };
}

/** The same formulas, each measured on all rows. */
async function measured(evaluate: Evaluate, formulas: Individual[], members: Member[]): Promise<Scored[]> {
  const { scored } = await new Race(evaluate, rows).run([formulas], members, 2);
  return scored[0]!;
}

describe('a race', () => {
  it.each([
    [1, 0],
    [1, 1],
    [2, 1],
  ])(
    'gives survivors the bits of a whole evaluation (%i symbols, %i members)',
    async (symbols, memberCount) => {
      const evaluate = evaluatorOf(target(1, 0.004), symbols, 4);
      expect(evaluate.stages).toBe(6);
      const members = memberCount === 0 ? [] : [await memberOf(evaluate, 'd')];
      const formulas = island(5, 80);
      const { scored, work } = await new Race(evaluate, rows).run([formulas], members, 1);
      const whole = await measured(evaluate, formulas, members);
      const survivors = scored[0]!.flatMap((s, i) => (s.seen === 1 ? [[s, whole[i]] as const] : []));
      for (const [raced, full] of survivors) expect(raced).toEqual(full);
      expect(scored[0]!.length - survivors.length).toBe(work.dropped);
      expect(work.dropped).toBeGreaterThan(40);
    },
  );

  it('asks at once for all up to the first cut where there is no member, and gives whole sums also of heavy tails', async () => {
    const relation = Float64Array.from(columns[0]!, (a, i) => a / columns[1]![i]!);
    const evaluate = evaluatorOf(Float32Array.from(plantedTarget([relation], 0.05, 1)), 1, 4);
    const texts = ['a / b', 'a / b + c', 'sma(a / b, 2)', 'a / b - 0.1 * d', 'tanh(c) + a / b'];
    const heavy = parseFormulas(kernels, texts, names).map((p, i) => asIndividual(p, 5, `heavy ${i}`, 1));
    const asked: number[] = [];
    const watched: Evaluate = Object.assign(
      (...[programs, pivots, portfolio, range]: Parameters<Evaluate>) => {
        if (pivots.length === heavy.length) asked.push(range!.to);
        return evaluate(programs, pivots, portfolio, range);
      },
      { stages: evaluate.stages },
    );
    const { scored } = await new Race(watched, rows).run([heavy], [], 1, noiseFloor(200, rows));
    expect(asked[0]).toBeGreaterThan(2);
    expect(scored[0]).toEqual(await measured(evaluate, heavy, []));
  });

  describe('given a member', () => {
    const evaluate = evaluatorOf(target(1, 0.05), 1, 4);
    const asked: { from: number; products: boolean }[] = [];
    const watched: Evaluate = Object.assign(
      (...[programs, pivots, portfolio, range]: Parameters<Evaluate>) => {
        const products = portfolio !== undefined && portfolio.coefficients === undefined;
        if (pivots.length > 2) asked.push({ from: range?.from ?? 0, products });
        return evaluate(programs, pivots, portfolio, range);
      },
      { stages: evaluate.stages },
    );
    const children = (texts: readonly string[]) =>
      parseFormulas(kernels, texts, names).map((p, i) => asIndividual(p, 5, `child ${i}`, 1));
    const old = parseFormulas(kernels, ['c', 'lag(c, 3)'], names).map((p, i) =>
      asIndividual(p, 1, `old ${i}`, 0),
    );
    const raceOf = async (texts: readonly string[], member: string, detectable = 0) => {
      asked.length = 0;
      const members = [await memberOf(evaluate, member)];
      const island = [...old, ...children(texts)];
      const race = new Race(watched, rows, detectable);
      const { scored } = await race.run([island], members, 1, noiseFloor(5000, rows));
      return scored[0]!.slice(old.length);
    };

    it('drops what only repeats it, with products over the first stage alone', async () => {
      const scored = await raceOf(
        ['a * b * 2', 'a * b + c * 0.1', 'a * b + lag(c, 7) * 0.1', 'sma(a * b, 2)'],
        'a * b',
      );
      for (const { seen } of scored) expect(seen).toBeLessThan(1);
      expect(asked[0]).toEqual({ from: 0, products: true });
      expect(asked.slice(1).every(({ from, products }) => from > 0 && !products)).toBe(true);
    });

    it('keeps the relation that it is only a proxy of', async () => {
      const scored = await raceOf(['a * b', 'c * d', 'c * c'], 'a * b + 0.2 * d');
      expect(scored.map(({ seen }) => seen === 1)).toEqual([true, false, false]);
    });

    it('asks what the selection can show of a formula by itself, not of what it adds', async () => {
      const seenWith = async (detectable: number) => {
        const scored = await raceOf(['a * b', 'd'], 'a * b + 0.2 * d', detectable);
        return scored.map(({ seen, gain }) => [seen === 1, Math.sqrt(gain) < 0.1]);
      };
      // It has a correlation of 0.22 and adds one of 0.04; d adds as much, and has next to none.
      expect(await seenWith(0)).toEqual([
        [true, true],
        [true, true],
      ]);
      expect(await seenWith(0.1)).toEqual([
        [true, true],
        [false, true],
      ]);
      expect((await seenWith(0.5))[0]![0]).toBe(false);
    });

    it('scores by what it leaves nearly as by products with it', async () => {
      const members = [await memberOf(evaluate, 'a * b + 0.5 * d'), await memberOf(evaluate, 'c * a')];
      const portfolio = portfolioInput(members)!;
      const texts = ['a * b', 'd', 'a * b + 0.2 * d', 'c / (a + 3)', 'lag(a, 1) * b', 'c * a + b * 0.3'];
      const own = children(texts);
      const [programs, pivots] = [own.map((x) => x.program), own.map(() => 0)];
      const of = (input?: typeof portfolio, range?: { from: number; to: number }) =>
        evaluate(programs, pivots, input, range);
      const known = (range?: { from: number; to: number }) =>
        evaluate([one, ...members.map((m) => m.program)], [0, 0, 0], portfolio, range);
      const whole = await known();
      const rest = new Rest(whole, members);
      const first = { from: 0, to: 1 };
      const overlaps = rest.overlaps(await known(first), await of(portfolio, first), own.length);
      const [byRest, byProducts] = [rest.scorer(whole), scorer(whole, members)];
      const [withRest, products] = [await of(rest.input(portfolio)), await of(portfolio)];
      own.forEach((x, i) => {
        const [a, b] = [byRest(x, withRest, i, overlaps[i]!).scored, byProducts(x, products, i).scored];
        // The share of its own is known by a sixteenth of the rows.
        const known = 0.3 / Math.sqrt(rows) + 0.1 * Math.abs(b.fitness);
        expect(Math.abs(a.fitness - b.fitness), texts[i]).toBeLessThan(known);
        expect(Math.abs(a.correlation - b.correlation), texts[i]).toBeLessThan(0.01);
      });
    });
  });

  it('gives the same bits whatever the shards', async () => {
    const y = target(2, 0.004);
    const runs = [1, 3, 8].map((shards) =>
      new Race(evaluatorOf(y, 1, shards), rows).run([island(6, 60)], [], 1),
    );
    const [first, ...others] = (await Promise.all(runs)).map((r) => r.scored);
    for (const other of others) expect(other).toEqual(first);
  });

  it('gives a formula the same whoever runs with it, be they so many that they run in two heats', async () => {
    const evaluate = evaluatorOf(target(2, 0.004), 1, 4);
    const members = [await memberOf(evaluate, 'c * d')];
    const formulas = island(9, 1100);
    const scored = async (some: Individual[]) =>
      (await new Race(evaluate, rows, 0.02).run([some], members, 0, noiseFloor(5000, rows))).scored[0]!;
    const all = await scored(formulas);
    for (const from of [0, 1050]) {
      const some = formulas.slice(from, from + 40);
      expect(await scored(some)).toEqual(all.slice(from, from + 40));
    }
    expect(all.filter(({ seen }) => seen < 1).length).toBeGreaterThan(900);
  });

  it('never drops a formula that would belong to the elite, and keeps the dropped below it', async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const evaluate = evaluatorOf(target(seed, 0.001 * seed), 1, 4);
      const formulas = island(seed, 60);
      const { scored } = await new Race(evaluate, rows).run([formulas], [], 1);
      const whole = await measured(evaluate, formulas, []);
      const level = whole
        .slice(0, 4)
        .map((s) => s.fitness)
        .sort((a, b) => b - a)[2]!;
      scored[0]!.forEach((raced, i) => {
        if (whole[i]!.fitness >= level) expect(raced.seen).toBe(1);
        if (raced.seen < 1) expect(raced.fitness).toBeLessThan(level);
      });
    }
  });

  it('drops what cannot stand out of the noise as well', async () => {
    const evaluate = evaluatorOf(target(1, 0), 1, 4);
    const formulas = island(8, 60);
    const dropped = async (floor: number) =>
      (await new Race(evaluate, rows).run([formulas], [], 1, floor)).work.dropped;
    expect(await dropped(noiseFloor(5000, rows))).toBeGreaterThan((await dropped(0)) + 20);
  });

  it('lets the first generation run against the noise alone', async () => {
    const evaluate = evaluatorOf(target(3, 0.004), 1, 4);
    const formulas = island(7, 40);
    const first = (floor: number) => new Race(evaluate, rows).run([formulas], [], 0, floor);
    const { scored, work } = await first(0);
    expect([work.dropped, scored[0]!.every((s) => s.seen === 1)]).toEqual([0, true]);
    const floor = noiseFloor(1000, rows);
    const raced = await first(floor);
    expect(raced.work.dropped).toBeGreaterThan(10);
    scored[0]!.forEach(({ blocks }, i) => {
      const mean = Math.abs(blocks.reduce((a, b) => a + b, 0) / blocks.length);
      if (mean > floor) expect(raced.scored[0]![i]!.seen).toBe(1);
    });
  });

  it('measures everyone on all rows where the blocks are short', () => {
    const short = evaluateOn(
      here,
      planShards(
        {
          symbols: [{ name: 's', start: 0, end: 20_000 }],
          columns,
          target: target(3, 0.004),
          weight: new Float64Array(rows).fill(1),
          tileRows: table.tileRows,
          haloTiles: 10,
        },
        { count: 8, of: Uint32Array.from({ length: 20_000 }, (_, i) => Math.floor(i / 2500)) },
        'short',
      ),
      8,
    );
    expect(short.stages).toBe(1);
  });

  it('says what it computed: shared operators once, dropped formulas in part', async () => {
    const evaluate = evaluatorOf(target(4, 0.01), 1, 4);
    const twins = parseFormulas(kernels, ['a * b + c', 'a * b - c', 'c - a * b'], names);
    const old = twins.map((p, i) => asIndividual(p, 5, `twin ${i}`, 0));
    const { work } = await new Race(evaluate, rows).run([old], [], 1);
    expect(1 - work.distinct / work.operators).toBeCloseTo(2 / 6, 1);
    // The three columns, the product, three sums; and the constant 1, on all rows.
    expect(work.nodeRows).toBe((7 + 1) * rows);
    const noise = parseFormulas(kernels, ['c * d'], names).map((p) => asIndividual(p, 3, 'noise', 1));
    const raced = await new Race(evaluate, rows).run([[...old, ...noise]], [], 1);
    expect(raced.work.dropped).toBe(1);
    expect(raced.work.nodeRows - work.nodeRows).toBe((3 * rows) / 8);
  });
});

describe('the bound', () => {
  const fitness = { value: 0, sign: 1 as const, mean: 0.01, standardError: 0.001 };

  it('is 2.33 deviations of what the rest may still bring, and none when all is seen', () => {
    expect(upperBound(fitness, 1000, 4000)).toBeCloseTo(0.01 + 2.33 * Math.sqrt(3 / 4000), 12);
    expect(upperBound(fitness, 4000, 4000)).toBe(0.01);
    // Blocks that disagree leave more open than their size says.
    expect(upperBound({ ...fitness, standardError: 1 }, 1000, 4000)).toBeGreaterThan(1);
  });

  it('asks for the level and what the nodes will cost at least', () => {
    expect(requiredCorrelation(0.02, 10, fitness, 1)).toBeCloseTo(0.02 + 0.7 * 0.001, 12);
    expect(requiredCorrelation(0.02, 10, fitness, 0.25)).toBeCloseTo(0.02 + 0.5 * 0.7 * 0.001, 12);
  });

  it('holds 99 times in 100', () => {
    const [all, seen, correlation] = [1600, 400, 0.05];
    let above = 0;
    for (let seed = 1; seed <= 1000; seed++) {
      const x = normals(2 * all, seed);
      const at = (n: number) => {
        const [f, r] = [x.subarray(0, n), x.subarray(all, all + n).map((e, i) => correlation * x[i]! + e)];
        const sum = (g: (i: number) => number) => f.reduce((s, _, i) => s + g(i), 0);
        return sum((i) => f[i]! * r[i]!) / Math.sqrt(sum((i) => f[i]! ** 2) * sum((i) => r[i]! ** 2));
      };
      const bound = upperBound({ ...fitness, mean: Math.abs(at(seen)), standardError: 0 }, seen, all);
      if (Math.abs(at(all)) > bound) above++;
    }
    expect(above).toBeLessThan(20);
  });
});
