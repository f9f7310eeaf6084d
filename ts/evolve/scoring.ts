/** What the formulas of a generation are worth given the members of the portfolio, as frozen before it. */
import { type Evaluate, one, type PortfolioInput } from './evaluate.js';
import type { Individual, Member, Scored } from './population.js';
import {
  type BlockSums,
  coefficients,
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

/** Scores all islands in one evaluation, together with the members. */
export async function scoreIslands(
  evaluate: Evaluate,
  islands: readonly Individual[][],
  members: readonly Member[],
): Promise<Scored[][]> {
  const everyone = islands.flat();
  const programs = [one, ...members.map((m) => m.program), ...everyone.map((x) => x.program)];
  const pivots = [0, ...members.map((m) => m.pivot), ...everyone.map((x) => x.pivot)];
  const sums = await evaluate(programs, pivots, portfolioInput(members));
  const score = scorer(sums, members);
  let at = 1 + members.length;
  return islands.map((island) => island.map((individual) => score(individual, at++)));
}

function portfolioInput(members: readonly Member[]): PortfolioInput | undefined {
  if (members.length === 0) return undefined;
  return {
    programs: members.map((m) => m.program),
    means: members.map((m) => m.pivot + m.moments.shift),
    scales: members.map((m) => m.moments.scale),
  };
}

/** Scores individuals by their place in sums that begin with the constant and the members. */
function scorer(sums: BlockSums, members: readonly Member[]): (one: Individual, place: number) => Scored {
  const numbers = members.map((_, i) => i);
  const places = numbers.map((i) => i + 1);
  const joint = jointOf(
    sums,
    places,
    0,
    members.map((m) => m.moments),
  );
  const projection = project(joint, numbers);
  const prepared = memberBlocks(joint, projection);
  return (individual, place) => {
    const own = moments(sums, place, joint.totalWeight);
    const standard = standardise(sums, place, own);
    const u = memberCorrelations(standard, members.length, joint.totalWeight);
    const partial = partialOf(standard, prepared, coefficients(projection, u));
    const { value, sign } = fitnessOf(partial.blocks, individual.nodes, own.coverage);
    const c = standard.target.reduce((sum, x) => sum + x, 0) / joint.totalWeight;
    return {
      ...individual,
      fitness: own.scale > 0 ? value : Number.NEGATIVE_INFINITY,
      sign,
      blocks: sign < 0 ? partial.blocks.map((x) => -x) : partial.blocks,
      coverage: own.coverage,
      gain: marginalGain(projection, u, c),
    };
  };
}
