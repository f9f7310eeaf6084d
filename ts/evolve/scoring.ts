/** What formulas are worth given the members of the portfolio, from the sums over some or all of the rows. */
import type { PortfolioInput } from './evaluate.js';
import type { Individual, Member, Scored } from './population.js';
import {
  type BlockSums,
  blockWeights,
  coefficients,
  type Fitness,
  fitnessOf,
  type Joint,
  jointOf,
  marginalGain,
  memberBlocks,
  memberCorrelations,
  moments,
  type Projection,
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

/** The members among themselves and with the target; `reference` holds the sums of the constant 1 and of them. */
function jointOfMembers(
  reference: BlockSums,
  members: readonly Member[],
): { joint: Joint; projection: Projection } {
  const numbers = members.map((_, i) => i);
  const moments = members.map((m) => m.moments);
  const places = numbers.map((i) => i + 1);
  const joint = jointOf(reference, places, 0, moments);
  return { joint, projection: project(joint, numbers) };
}

/** The portfolio with the coefficients of its members: formulas are held against what they leave of the target. */
export function restInput(
  portfolio: PortfolioInput,
  reference: BlockSums,
  members: readonly Member[],
): PortfolioInput {
  return { ...portfolio, coefficients: jointOfMembers(reference, members).projection.beta };
}

/** `reference` holds the sums of the constant 1 and of the members. */
export function scorer(reference: BlockSums, members: readonly Member[]): Score {
  const { joint, projection } = jointOfMembers(reference, members);
  const prepared = memberBlocks(joint, projection);
  // In a stage of a race a block may have no row.
  const weights = blockWeights(reference, 0);
  return (individual, sums, place) => {
    const own = moments(sums, place, joint.totalWeight);
    const standard = standardise(sums, place, own);
    const u = memberCorrelations(standard, members.length, joint.totalWeight);
    const partial = partialOf(standard, prepared, coefficients(projection, u));
    const said = partial.blocks.filter((_, b) => weights[b]! > 0);
    const fitness = fitnessOf(said, individual.nodes, own.coverage);
    const c = standard.target.reduce((sum, x) => sum + x, 0) / joint.totalWeight;
    const { program, nodes, key, pivot, origin } = individual;
    const scored = {
      ...{ program, nodes, key, pivot, origin },
      fitness: own.scale > 0 ? fitness.value : Number.NEGATIVE_INFINITY,
      sign: fitness.sign,
      blocks: fitness.sign < 0 ? partial.blocks.map((x) => -x) : partial.blocks,
      coverage: own.coverage,
      gain: marginalGain(projection, u, c),
      correlation: c,
      seen: 1,
    };
    return { scored, fitness };
  };
}
