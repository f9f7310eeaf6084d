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
  type Moments,
  marginalGain,
  memberBlocks,
  memberCorrelations,
  moments,
  type Projection,
  partialOf,
  project,
  standardise,
  standardSums,
  total,
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
export type Score = (one: Individual, sums: BlockSums, place: number) => Judged;

export interface Judged {
  scored: Scored;
  fitness: Fitness;
}

/** The members among themselves and with the target; `reference` holds the sums of the constant 1 and of them. */
export function jointOfMembers(reference: BlockSums, members: readonly Member[]): Joint {
  const moments = members.map((m) => m.moments);
  const places = members.map((_, i) => i + 1);
  return jointOf(reference, places, 0, moments);
}

/** What the target and formulas are on all members. */
export function projectAll(joint: Joint): Projection {
  return project(
    joint,
    Array.from({ length: joint.n }, (_, i) => i),
  );
}

/** Scores by the products with the members. */
export function scorer(reference: BlockSums, members: readonly Member[]): Score {
  const joint = jointOfMembers(reference, members);
  const projection = projectAll(joint);
  const prepared = memberBlocks(joint, projection);
  const withRows = blocksWithRows(reference);
  const standard = standardSums(reference);
  return (individual, sums, place) => {
    const own = moments(sums, place, joint.totalWeight);
    standardise(sums, place, own, standard);
    const u = memberCorrelations(standard, members.length, joint.totalWeight);
    const partial = partialOf(standard, prepared, coefficients(projection, u));
    const correlation = total(standard.target) / joint.totalWeight;
    const gain = marginalGain(projection, u, correlation);
    return judged(individual, own, { blocks: partial.blocks, correlation, gain }, withRows);
  };
}

/** The blocks that have rows, where not all of them have: in a stage of a race some may have none. */
export function blocksWithRows(reference: BlockSums): readonly number[] | undefined {
  const weights = blockWeights(reference, 0);
  const blocks = [...weights.keys()].filter((b) => weights[b]! > 0);
  return blocks.length < weights.length ? blocks : undefined;
}

/** Takes `blocks` over: they get the sign with which the formula gains. */
export function judged(
  { program, nodes, key, pivot, origin }: Individual,
  moments: Moments,
  { blocks, correlation, gain }: { blocks: Float64Array; correlation: number; gain: number },
  withRows: readonly number[] | undefined,
): Judged {
  const { coverage, scale } = moments;
  const said = withRows === undefined ? blocks : Float64Array.from(withRows, (b) => blocks[b]!);
  const fitness = fitnessOf(said, nodes, coverage);
  if (fitness.sign < 0) for (let b = 0; b < blocks.length; b++) blocks[b]! *= -1;
  const scored = {
    program,
    nodes,
    key,
    pivot,
    origin,
    fitness: scale > 0 ? fitness.value : Number.NEGATIVE_INFINITY,
    sign: fitness.sign,
    blocks,
    coverage,
    gain,
    correlation,
    seen: 1,
    moments,
  };
  return { scored, fitness };
}
