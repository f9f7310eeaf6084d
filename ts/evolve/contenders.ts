/** What took part in the end: the last population and the archive, as strategies that one looks back on. */
import { type Evaluate, one } from './evaluate.js';
import type { Individual, Member } from './population.js';
import { blockWeights, memberCorrelations, moments, standardise } from './statistics.js';

export interface Contender extends Individual {
  /** Share of the residual's variance that it explains by itself: ρ². */
  gain: number;
  /** 1 − the largest |correlation| with a member of the portfolio; 0 for a member. */
  distance: number;
  /**
   * What holding it, in the direction of its relation, earned in each block: the mean of z · r, in deviations of the
   * residual a row.
   */
  returns: Float64Array;
}

/** Measures formulas on the search part, in one evaluation; those that do not vary are left out. */
export async function measureContenders(
  evaluate: Evaluate,
  members: readonly Member[],
  everyone: readonly Individual[],
): Promise<Contender[]> {
  const programs = [one, ...everyone.map((x) => x.program)];
  const pivots = [0, ...everyone.map((x) => x.pivot)];
  const portfolio =
    members.length === 0
      ? undefined
      : {
          programs: members.map((m) => m.program),
          means: members.map((m) => m.pivot + m.moments.shift),
          scales: members.map((m) => m.moments.scale),
        };
  const sums = await evaluate(programs, pivots, portfolio);
  const weights = blockWeights(sums, 0);
  const total = weights.reduce((a, b) => a + b, 0);
  return everyone.flatMap((individual, i) => {
    const moment = moments(sums, i + 1, total);
    if (!(moment.scale > 0)) return [];
    const own = standardise(sums, i + 1, moment);
    const correlation = own.target.reduce((a, b) => a + b, 0) / total;
    const nearest = memberCorrelations(own, members.length, total).reduce(
      (m, u) => Math.max(m, Math.abs(u)),
      0,
    );
    const sign = correlation < 0 ? -1 : 1;
    return {
      ...individual,
      gain: correlation ** 2,
      distance: Math.max(0, 1 - nearest),
      returns: own.target.map((x, b) => (weights[b]! > 0 ? (sign * x) / weights[b]! : 0)),
    };
  });
}
