/** What formulas are worth given the members of the portfolio, from the sums over some or all of the rows. */
import type { PortfolioInput } from './evaluate.js';
import type { Individual, Member, Scored } from './population.js';
import {
  type BlockSums,
  coefficients,
  type Fitness,
  fitnessOf,
  jointOf,
  marginalGain,
  memberBlocks,
  memberCorrelations,
  moments,
  partialOf,
  project,
  standardise,
} from './statistics.js';

export function portfolioInput(members: readonly Member[]): PortfolioInput | undefined {
  if (members.length === 0) return undefined;
  return {
    programs: members.map((m) => m.program),
    means: members.map((m) => m.pivot + m.moments.shift),
    scales: members.map((m) => m.moments.scale),
  };
}

/** Scores an individual by its place in sums over the same rows as those of the members. */
export type Score = (one: Individual, sums: BlockSums, place: number) => { scored: Scored; fitness: Fitness };

/** `reference` holds the sums of the constant 1 and of the members. */
export function scorer(reference: BlockSums, members: readonly Member[]): Score {
  const numbers = members.map((_, i) => i);
  const places = numbers.map((i) => i + 1);
  const joint = jointOf(
    reference,
    places,
    0,
    members.map((m) => m.moments),
  );
  const projection = project(joint, numbers);
  const prepared = memberBlocks(joint, projection);
  return (individual, sums, place) => {
    const own = moments(sums, place, joint.totalWeight);
    const standard = standardise(sums, place, own);
    const u = memberCorrelations(standard, members.length, joint.totalWeight);
    const partial = partialOf(standard, prepared, coefficients(projection, u));
    const fitness = fitnessOf(partial.blocks, individual.nodes, own.coverage);
    const c = standard.target.reduce((sum, x) => sum + x, 0) / joint.totalWeight;
    const { program, nodes, key, pivot, origin } = individual;
    const scored = {
      ...{ program, nodes, key, pivot, origin },
      fitness: own.scale > 0 ? fitness.value : Number.NEGATIVE_INFINITY,
      sign: fitness.sign,
      blocks: fitness.sign < 0 ? partial.blocks.map((x) => -x) : partial.blocks,
      coverage: own.coverage,
      gain: marginalGain(projection, u, c),
      seen: 1,
    };
    return { scored, fitness };
  };
}
