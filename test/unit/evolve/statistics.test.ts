import { describe, expect, it } from 'vitest';
import { cholesky, solveCholesky } from '../../../ts/evolve/linear.js';
import {
  addReserves,
  explainedByBlock,
  standing,
  sumsWithin,
  updatePortfolio,
} from '../../../ts/evolve/portfolio.js';
import {
  type BlockSums,
  blockWeights,
  coefficients,
  evenBlocks,
  fitnessOf,
  jointOf,
  marginalGain,
  memberBlocks,
  moments,
  partialOf,
  project,
  ridgeOfPortfolio,
  standardise,
} from '../../../ts/evolve/statistics.js';
import { generator } from '../../support/dataset.js';

const rows = 4000;
const blocks = 8;
const block = (i: number) => Math.floor((i * blocks) / rows);

/** Formulas with nulls, a weight, a target of mean 0 and variance 1. */
function sample(seed: number, formulas: number) {
  const { normal, unit } = generator(seed);
  const hidden = Array.from({ length: rows }, normal);
  const f = Array.from({ length: formulas }, (_, k) =>
    hidden.map((h) => (unit() < 0.1 * k ? Number.NaN : 5 + 2 * (0.3 * h + normal()))),
  );
  const weight = Array.from({ length: rows }, () => 0.2 + unit());
  const raw = hidden.map((h, i) => 0.2 * h + 0.1 * (Number.isNaN(f[0]![i]!) ? 0 : f[0]![i]!) + normal());
  const total = weight.reduce((a, b) => a + b);
  const mean = raw.reduce((s, r, i) => s + weight[i]! * r, 0) / total;
  const variance = raw.reduce((s, r, i) => s + weight[i]! * (r - mean) ** 2, 0) / total;
  return { f, weight, total, target: raw.map((r) => (r - mean) / Math.sqrt(variance)) };
}
type Sample = ReturnType<typeof sample>;

/** z by its definition: mean 0 and variance 1 over all rows, those without a value at the mean. */
function standard({ f, weight, total }: Sample, k: number): number[] {
  const here = f[k]!.map((x) => !Number.isNaN(x));
  const sum = (g: (i: number) => number) => weight.reduce((s, w, i) => s + (here[i] ? w * g(i) : 0), 0);
  const mean = sum((i) => f[k]![i]!) / sum(() => 1);
  const variance = sum((i) => (f[k]![i]! - mean) ** 2) / total;
  return f[k]!.map((x, i) => (here[i] ? (x - mean) / Math.sqrt(variance) : 0));
}

/** What the kernel would sum, with all formulas as members; program 0 is the constant 1. */
function kernelSums(s: Sample, pivot: number): BlockSums {
  const members = s.f.length;
  const z = s.f.map((_, k) => standard(s, k));
  const programs = [s.weight.map(() => 1), ...s.f];
  const width = 6 + 2 * members;
  const sums = new Float64Array(programs.length * blocks * width);
  programs.forEach((f, p) => {
    f.forEach((value, i) => {
      if (Number.isNaN(value)) return;
      const at = (p * blocks + block(i)) * width;
      const [x, w, r] = [value - (p === 0 ? 0 : pivot), s.weight[i]!, s.target[i]!];
      [w, w * x, w * x * x, w * x * r, w * r, w * r * r].forEach((term, e) => {
        sums[at + e]! += term;
      });
      z.forEach((g, k) => {
        sums[at + 6 + k]! += w * x * g[i]!;
        sums[at + 6 + members + k]! += w * g[i]!;
      });
    });
  });
  return { blocks, members, sums };
}

function jointAt(s: Sample, pivot = 4) {
  const sums = kernelSums(s, pivot);
  const places = s.f.map((_, k) => k + 1);
  const own = places.map((p) => moments(sums, p, s.total));
  return { sums, own, joint: jointOf(sums, places, 0, own) };
}

/** Coefficients of y on the members by weighted least squares with the portfolio's ridge. */
function regress(s: Sample, y: readonly number[], members: readonly number[][]): number[] {
  const mean = (a: readonly number[], b: readonly number[]) =>
    s.weight.reduce((sum, w, i) => sum + w * a[i]! * b[i]!, 0) / s.total;
  const k = members.length;
  const matrix = new Float64Array(k * k);
  members.forEach((a, i) => {
    members.forEach((b, j) => {
      matrix[i * k + j] = mean(a, b) + (i === j ? ridgeOfPortfolio : 0);
    });
  });
  return [
    ...solveCholesky(
      cholesky(matrix, k)!,
      k,
      members.map((a) => mean(a, y)),
    ),
  ];
}

describe('block statistics', () => {
  it('standardise a formula over all rows, nulls at its mean, whatever the pivot', () => {
    const s = sample(1, 3);
    for (const pivot of [0, 4, -3]) {
      const { sums, own, joint } = jointAt(s, pivot);
      expect([...blockWeights(sums, 0)].reduce((a, b) => a + b)).toBeCloseTo(s.total, 8);
      const z = standard(s, 2);
      const standardised = standardise(sums, 3, own[2]!);
      const direct = z.reduce((sum, x, i) => sum + s.weight[i]! * x * s.target[i]!, 0);
      expect(standardised.target.reduce((a, b) => a + b)).toBeCloseTo(direct, 8);
      expect(joint.correlation[2 * 3 + 2]).toBeCloseTo(1, 10);
    }
  });

  it('give the partial correlation that a regression on the rows gives, in each block', () => {
    const s = sample(2, 3);
    const { joint } = jointAt(s);
    const members = [0, 1];
    const z = s.f.map((_, k) => standard(s, k));
    const g = members.map((m) => z[m]!);
    const [beta, gamma] = [regress(s, s.target, g), regress(s, z[2]!, g)];
    const rest = (y: readonly number[], c: readonly number[]) =>
      y.map((v, i) => v - g.reduce((sum, own, k) => sum + c[k]! * own[i]!, 0));
    const [r, f] = [rest(s.target, beta), rest(z[2]!, gamma)];
    const within = (b: number, x: readonly number[], y: readonly number[]) =>
      x.reduce((sum, v, i) => sum + (block(i) === b ? s.weight[i]! * v * y[i]! : 0), 0);
    const projection = project(joint, members);
    const u = Float64Array.from(members, (m) => joint.correlation[2 * 3 + m]!);
    const partial = partialOf(
      sumsWithin(joint, 2, members),
      memberBlocks(joint, projection),
      coefficients(projection, u),
    );
    for (let b = 0; b < blocks; b++) {
      const direct = within(b, f, r) / Math.sqrt(within(b, f, f) * within(b, r, r));
      expect(partial.blocks[b]).toBeCloseTo(direct, 9);
    }
  });

  it('say what each block has of the correlation in one scale for all', () => {
    const s = sample(3, 2);
    const { joint } = jointAt(s);
    const members = memberBlocks(joint, project(joint, []));
    const even = evenBlocks(partialOf(sumsWithin(joint, 1, []), members, new Float64Array()), joint.weight);
    const z = standard(s, 1);
    for (let b = 0; b < blocks; b++) {
      const here = s.weight.flatMap((w, i) =>
        block(i) === b ? [[w, w * z[i]! * s.target[i]!] as const] : [],
      );
      const [weight, product] = here.reduce(([a, c], [w, p]) => [a + w, c + p], [0, 0]);
      // Formula and target have variance 1.
      expect(even[b]).toBeCloseTo(product / weight, 9);
    }
  });

  it('give the gain of a formula as the difference of two whole solutions', () => {
    const { joint } = jointAt(sample(3, 5));
    const explained = (members: readonly number[]) => {
      const k = members.length;
      const matrix = new Float64Array(k * k);
      members.forEach((i, a) => {
        members.forEach((j, b) => {
          matrix[a * k + b] = joint.correlation[i * 5 + j]! + (a === b ? ridgeOfPortfolio : 0);
        });
      });
      const c = members.map((i) => joint.targetCorrelation[i]!);
      const x = solveCholesky(cholesky(matrix, k)!, k, c);
      return c.reduce((sum, v, i) => sum + v * x[i]!, 0);
    };
    for (const members of [[], [0], [0, 1, 2, 3]]) {
      const u = Float64Array.from(members, (m) => joint.correlation[4 * 5 + m]!);
      const gain = marginalGain(project(joint, members), u, joint.targetCorrelation[4]!);
      expect(gain).toBeCloseTo(explained([...members, 4]) - explained(members), 12);
    }
  });

  it('price nodes lightly, take half a standard error off, and count nulls against a formula', () => {
    const values = Float64Array.of(-0.1, -0.3, -0.2, -0.2);
    const error = Math.sqrt(0.02 / 3 / 4);
    expect(fitnessOf(values, 10, 0.5)).toMatchObject({ sign: -1, mean: 0.2 });
    expect(fitnessOf(values, 10, 0.5).value).toBeCloseTo((0.2 - error) * 0.5, 12);
    expect(fitnessOf(Float64Array.of(1, -1), 1, 0.5).value).toBeCloseTo(-0.55, 12);
  });
});

describe('the portfolio', () => {
  /** z of given columns, with the first ones related to the target. */
  function jointOfColumns(columns: number[][], target: number[]) {
    const mean = target.reduce((a, b) => a + b) / rows;
    const deviation = Math.sqrt(target.reduce((s, t) => s + (t - mean) ** 2, 0) / rows);
    const s: Sample = {
      f: columns,
      weight: target.map(() => 1),
      total: rows,
      target: target.map((t) => (t - mean) / deviation),
    };
    return jointAt(s, 0).joint;
  }
  const { normal } = generator(9);
  const draw = () => Array.from({ length: rows }, normal);
  const [a, b, noise] = [draw(), draw(), draw()];
  const near = a.map((x) => x + 0.5 * normal());
  const both = a.map((x, i) => x + b[i]!);
  const target = a.map((x, i) => 0.4 * x + 0.3 * b[i]! + normal());
  const joint = jointOfColumns([a, b, near, both, noise], target);
  const formulas = ['a', 'b', 'near', 'both', 'noise'].map((text) => ({ text, nodes: 1, coverage: 1 }));
  // The best of a thousand formulas of noise.
  const luck = (2 * Math.log(1000)) / rows;
  const limits = { size: 3, maxCorrelation: 0.3, luck, doubt: 1 };

  it('takes what adds, in the order of the gain', () => {
    expect(updatePortfolio(joint, formulas, [], [3, 1, 0, 2], limits)).toEqual([3]);
    expect(updatePortfolio(joint, formulas, [0], [1], limits)).toEqual([0, 1]);
  });

  it('refuses what conflicts with several unless the whole gains by it', () => {
    // a + b explains less than a and b, each with its own coefficient.
    expect(updatePortfolio(joint, formulas, [0, 1], [3], { ...limits, luck: 0 })).toEqual([0, 1]);
    expect(updatePortfolio(joint, formulas, [0, 1], [3], { ...limits, luck: 0.2 })).toEqual([3]);
  });

  it('lets a relation take the place of the pieces that it was split into', () => {
    const whole = draw();
    const spare = draw();
    // Two pieces of one relation: each half of it and half noise, uncorrelated with each other.
    const [one, two] = [1, -1].map((side) => whole.map((x, i) => x + side * spare[i]!));
    const y = whole.map((x) => 0.3 * x + normal());
    const pieces = jointOfColumns([one!, two!, whole, a], y);
    const named = ['one', 'two', 'whole', 'a'].map((text) => ({ text, nodes: 1, coverage: 1 }));
    expect(Math.abs(pieces.correlation[1]!)).toBeLessThan(0.1);
    expect(updatePortfolio(pieces, named, [0, 1], [2], { ...limits, luck: 0 })).toEqual([0, 1]);
    expect(updatePortfolio(pieces, named, [0, 3, 1], [2], limits)).toEqual([3, 2]);
  });

  it('sends the members and what stands beside them to the selection, in order', () => {
    const wide = { size: 4, maxCorrelation: 0.3 };
    expect(addReserves(joint, formulas, [0], [1, 2, 3], wide)).toEqual([0, 1]);
    expect(addReserves(joint, formulas, [], [2, 1, 0], wide)).toEqual([0, 1]);
    expect(addReserves(joint, formulas, [0], [1], { ...wide, size: 1 })).toEqual([0]);
  });

  it('knows what members explain together, block by block', () => {
    const explained = explainedByBlock(joint, [0, 1]);
    const { beta } = project(joint, [0, 1]);
    const c = [0, 1].map((i) => joint.targetCorrelation[i]!);
    const penalty = ridgeOfPortfolio * beta.reduce((sum, x) => sum + x * x, 0);
    const whole = c.reduce((sum, x, i) => sum + x * beta[i]!, 0) + penalty;
    expect(explained.reduce((sum, x) => sum + x, 0) / blocks).toBeCloseTo(whole, 9);
  });

  it('replaces one member by a better formula that says nearly the same, never by a worse one', () => {
    expect(updatePortfolio(joint, formulas, [2, 1], [0], limits)).toEqual([0, 1]);
    expect(updatePortfolio(joint, formulas, [0, 1], [2], limits)).toEqual([0, 1]);
  });

  it('refuses noise that is not worth its nodes', () => {
    const dear = formulas.map((f) => ({ ...f, nodes: f.text === 'noise' ? 60 : 1 }));
    expect(standing(joint, 4, [0, 1], dear[4]!).fitness.value).toBeLessThan(0);
    expect(updatePortfolio(joint, dear, [0, 1], [4], limits)).toEqual([0, 1]);
  });

  it('drops the smallest marginal gain when it is full', () => {
    const one = updatePortfolio(joint, formulas, [1], [0], { ...limits, size: 1 });
    expect(one).toEqual([0]);
  });
});
