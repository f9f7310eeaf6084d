import { describe, expect, it } from 'vitest';
import { judge } from '../../../ts/evolve/judge.js';
import type { Member } from '../../../ts/evolve/population.js';
import { smallestGain } from '../../../ts/stages/evolve/preflight.js';
import type { Problem } from '../../../ts/stages/evolve/problem.js';
import { normals } from '../../support/dataset.js';
import { jointOfColumns } from '../../support/joint.js';

const names = ['strong', 'weaker', 'noise', 'turned'];

/** A part in which two columns rise with the target, one does not, and one does in the direction `side`. */
function part(seed: number, side: number) {
  const [a, b, noise, turned, rest] = [0, 1, 2, 3, 4].map((k) => normals(4000, 10 * seed + k));
  const target = rest!.map((x, i) => x - 0.3 * a![i]! + 0.2 * b![i]! + 0.2 * side * turned![i]!);
  return jointOfColumns([a!, b!, noise!, turned!], target, 32);
}

const formulas = names.map((text): Member => {
  const moments = { coverage: 1, shift: 0, scale: 1 };
  const origin = { made: 'column', generation: 0 };
  return {
    text,
    key: text,
    program: new Uint32Array(),
    nodes: 1,
    pivot: 0,
    origin,
    correlation: 0.1,
    moments,
  };
});
const parts = { search: part(1, 1), selection: part(2, -1), holdout: part(3, 1) };

describe('the verdict', () => {
  it('keeps what the selection bears out, in the direction that the search saw', () => {
    const verdicts = judge({ formulas, size: 4 }, parts, 1);
    expect(verdicts.filter((v) => v.kept).map((v) => [v.member.text, v.sign])).toEqual([
      ['strong', -1],
      ['weaker', 1],
    ]);
    const turned = verdicts.find((v) => v.member.text === 'turned')!;
    expect(turned.selection!.test.p).toBeGreaterThan(0.99);
    expect(turned.reason).toContain('not below Benjamini–Yekutieli at 0.05 over 4');
  });

  it('keeps no more than the portfolio has places', () => {
    const [first, second] = judge({ formulas, size: 1 }, parts, 1);
    expect([first!.member.text, first!.kept]).toEqual(['strong', true]);
    expect([second!.member.text, second!.kept]).toEqual(['weaker', false]);
    expect(second!.reason).toBe('borne out, but the portfolio is full of better ones');
  });

  it('refuses what only correlates a little with a better one', () => {
    const shadowed = (seed: number) => {
      const [a, b, rest] = [0, 1, 2].map((k) => normals(4000, 10 * seed + k));
      const shadow = a!.map((x, i) => 0.3 * x + b![i]!);
      return jointOfColumns(
        [a!, shadow],
        rest!.map((x, i) => x + a![i]!),
        32,
      );
    };
    const own = { search: shadowed(4), selection: shadowed(5), holdout: undefined };
    const [first, second] = judge({ formulas: formulas.slice(0, 2), size: 2 }, own, 1);
    expect([first!.member.text, first!.kept]).toEqual(['strong', true]);
    expect(second!.selection!.test.p).toBeLessThan(1e-4);
    expect(second!.reason).toContain('adds nothing to the better ones');
  });

  it('is not misled by blocks in which the target stands still', () => {
    // By day it moves, with a mean; at night it does not, and lies below that mean.
    const rows = 4000;
    const night = (i: number) => Math.floor((i * 32) / rows) >= 12;
    const standing = (seed: number) => {
      const [x, y] = [0, 1].map((k) => normals(rows, 10 * seed + k));
      const target = y!.map((v, i) => (night(i) ? 0 : v + 0.05));
      return jointOfColumns([x!.map((v, i) => 0.1 * v + (night(i) ? -1 : 1))], target, 32);
    };
    const own = { search: standing(6), selection: standing(7), holdout: undefined };
    const [verdict] = judge({ formulas: formulas.slice(0, 1), size: 1 }, own, 1);
    expect(verdict!.selection!.test.p).toBeGreaterThan(0.01);
    expect(verdict!.kept).toBe(false);
  });

  it('bears out no formula that follows the past of a random walk, in either direction', () => {
    // Returns of 10 steps to come against those of 100 steps gone: independent, and both persistent.
    const [rows, ahead, behind] = [4000, 10, 100];
    const walking = (seed: number) => {
      let level = 0;
      const walk = normals(rows + ahead + behind, seed).map((x) => (level += x));
      const at = (i: number) => walk[i + behind]!;
      const of = (f: (i: number) => number) => Float64Array.from({ length: rows }, (_, i) => f(i));
      return jointOfColumns(
        [of((i) => at(i) - at(i - behind))],
        of((i) => at(i + ahead) - at(i)),
        32,
      );
    };
    const chances = Array.from({ length: 100 }, (_, seed) => {
      const own = { search: walking(1000 + seed), selection: walking(seed), holdout: undefined };
      return judge({ formulas: formulas.slice(0, 1), size: 1 }, own, 1)[0]!.selection!.test.p;
    });
    // Of 100 at 5 %, fifteen or more are a chance in ten thousand; by a block's own deviations there were some 30.
    expect(chances.filter((p) => p < 0.05).length).toBeLessThan(15);
  });

  it('does not depend on the hold-out, and bears nothing out without a selection', () => {
    const kept = (own: typeof parts) =>
      judge({ formulas, size: 4 }, own, 1).map((v) => [v.member.text, v.kept, v.selection]);
    expect(kept({ ...parts, holdout: part(9, -5) })).toEqual(kept(parts));
    const none = judge({ formulas, size: 4 }, { ...parts, selection: undefined }, 1);
    expect(none.some((v) => v.kept)).toBe(false);
    expect(none[0]!.reason).toContain('not tested');
  });
});

describe('the preflight', () => {
  it('reckons with three finalists for each place', () => {
    const problem = { parts: { selection: { effectiveRows: 0.2 * 2880 } } } as Problem;
    const blocks = { count: 32, of: new Uint32Array() };
    expect(Math.abs(smallestGain({ portfolio: 12 }, problem, blocks)! - 0.044)).toBeLessThan(0.001);
    expect(smallestGain({ portfolio: 12 }, problem, undefined)).toBeNull();
  });
});
