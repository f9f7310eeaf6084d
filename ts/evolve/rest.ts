/**
 * A formula held against what the members leave of the target, r' = r − Σ β g. Its partial correlation needs its own
 * coefficients γ on the members as well, since Σ γ g r' over a few rows is not zero: the products with the members over
 * some first rows tell them, and how much of the formula is its own.
 */
import type { PortfolioInput } from './evaluate.js';
import { dot } from './linear.js';
import type { Individual, Member } from './population.js';
import { blocksWithRows, type Judged, jointOfMembers, judged, projectAll } from './scoring.js';
import {
  type BlockSums,
  coefficients,
  memberBlocks,
  memberCorrelations,
  moments,
  type Projection,
  ratio,
  ridgeOfPortfolio,
  standardise,
  standardSums,
  total,
  withoutMembers,
} from './statistics.js';

/** A formula's coefficients on the members, and the share of its variance that they leave. */
export interface Overlap {
  gamma: Float64Array;
  own: number;
  /** Its correlation with what the members explain of the target. */
  explained: number;
}

/** A formula with less of its own repeats the members: what seems to be its own is the ridge of the projection. */
const leastOwn = ridgeOfPortfolio;

export type RestScore = (one: Individual, sums: BlockSums, place: number, overlap: Overlap) => Judged;

/** What a race knows of the members over all rows. */
export class Rest {
  private readonly projection: Projection;

  /** `reference`: sums over all rows of the constant 1 and of the members. */
  constructor(
    reference: BlockSums,
    private readonly members: readonly Member[],
  ) {
    this.projection = projectAll(jointOfMembers(reference, members));
  }

  /** Asks the evaluation to hold formulas against r'; undefined without members: then r' is r. */
  input(portfolio: PortfolioInput | undefined): PortfolioInput | undefined {
    return portfolio && { ...portfolio, coefficients: this.projection.beta };
  }

  /** From products over some rows; `reference` over the same rows. */
  overlaps(reference: BlockSums, sums: BlockSums, count: number): Overlap[] {
    const joint = jointOfMembers(reference, this.members);
    // On the rows themselves: what is left of them is then never less than nothing.
    const [own, { beta }] = [projectAll(joint), this.projection];
    const standard = standardSums(sums);
    return Array.from({ length: count }, (_, place) => {
      standardise(sums, place, moments(sums, place, joint.totalWeight), standard);
      const u = memberCorrelations(standard, this.members.length, joint.totalWeight);
      const gamma = coefficients(own, u);
      const left = 1 - dot(u, gamma) - ridgeOfPortfolio * dot(gamma, gamma);
      return { gamma, own: Math.min(1, Math.max(leastOwn, left)), explained: dot(u, beta) };
    });
  }

  /** Scores by sums with r'; `reference` over the same rows. The blocks of a score are those of the next one. */
  scorer(reference: BlockSums): RestScore {
    const joint = jointOfMembers(reference, this.members);
    const { rest, targetSquare } = memberBlocks(joint, this.projection);
    const withRows = blocksWithRows(reference);
    const blocks = new Float64Array(joint.blocks);
    const standard = standardSums({ ...reference, members: 0 });
    return (individual, sums, place, { gamma, own, explained }) => {
      const moment = moments(sums, place, joint.totalWeight);
      standardise(sums, place, moment, standard);
      for (let b = 0; b < blocks.length; b++) {
        let product = standard.target[b]!;
        for (let k = 0; k < gamma.length; k++) product -= gamma[k]! * rest[b * gamma.length + k]!;
        blocks[b] = ratio(product, standard.square[b]! * own, targetSquare[b]!);
      }
      const withRest = total(standard.target) / joint.totalWeight;
      const gain = withRest ** 2 / (own + ridgeOfPortfolio);
      return judged(individual, moment, { blocks, correlation: withRest + explained, gain }, withRows);
    };
  }

  /** The sums with r' that products with the members amount to. */
  fromProducts(sums: BlockSums): BlockSums {
    return withoutMembers(sums, this.projection.beta);
  }
}
