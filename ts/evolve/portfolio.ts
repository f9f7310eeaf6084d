/**
 * The portfolio in the making: frozen while a generation is scored, then updated with its best formulas in
 * the order (gain, text). Everything here is arithmetic on the joint sums of members and candidates.
 */
import {
  coefficients,
  type Fitness,
  fitnessOf,
  type Joint,
  marginalGain,
  memberBlocks,
  type Partial,
  partialOf,
  priceOfNode,
  project,
  type StandardSums,
} from './statistics.js';

export interface PortfolioLimits {
  size: number;
  maxCorrelation: number;
}

/** A formula that is or wants to be a member: its place in the joint sums, and what ranks it. */
export interface Candidate {
  text: string;
  nodes: number;
  coverage: number;
}

/** What a formula is worth given others: its partial correlation block by block, and the gain in R². */
export interface Standing {
  partial: Partial;
  fitness: Fitness;
  gain: number;
}

/** The standing of formula `i` of a joint given the formulas `others`. */
export function standing(joint: Joint, i: number, others: readonly number[], own: Candidate): Standing {
  const projection = project(joint, others);
  const u = Float64Array.from(others, (j) => joint.correlation[i * joint.n + j]!);
  const partial = partialOf(
    sumsWithin(joint, i, others),
    memberBlocks(joint, projection),
    coefficients(projection, u),
  );
  return {
    partial,
    fitness: fitnessOf(partial.blocks, own.nodes, own.coverage),
    gain: marginalGain(projection, u, joint.targetCorrelation[i]!),
  };
}

/** The sums of one formula of a joint as if it were evaluated with the formulas `others` as members. */
export function sumsWithin(joint: Joint, i: number, others: readonly number[]): StandardSums {
  const { n, blocks } = joint;
  const k = others.length;
  const own = {
    target: new Float64Array(blocks),
    square: new Float64Array(blocks),
    member: new Float64Array(blocks * k),
  };
  for (let b = 0; b < blocks; b++) {
    own.target[b] = joint.target[b * n + i]!;
    own.square[b] = joint.gram[(b * n + i) * n + i]!;
    for (let a = 0; a < k; a++) own.member[b * k + a] = joint.gram[(b * n + i) * n + others[a]!]!;
  }
  return own;
}

/**
 * The members after an update: places of the joint, in the order in which they joined. `members` are those
 * before it, `candidates` the places that want to join.
 */
export function updatePortfolio(
  joint: Joint,
  all: readonly Candidate[],
  members: readonly number[],
  candidates: readonly number[],
  limits: PortfolioLimits,
): number[] {
  const gains = new Map(candidates.map((i) => [i, standing(joint, i, members, all[i]!).gain]));
  const order = [...candidates].sort(
    (a, b) => gains.get(b)! - gains.get(a)! || compareText(all[a]!.text, all[b]!.text),
  );
  let current = [...members];
  for (const candidate of order) current = admit(joint, all, current, candidate, limits);
  return current;
}

function admit(
  joint: Joint,
  all: readonly Candidate[],
  current: readonly number[],
  candidate: number,
  limits: PortfolioLimits,
): number[] {
  const conflicts = current.filter(
    (m) => !(Math.abs(joint.correlation[candidate * joint.n + m]!) <= limits.maxCorrelation),
  );
  if (conflicts.length > 1) return [...current];
  const others = current.filter((m) => !conflicts.includes(m));
  const own = standing(joint, candidate, others, all[candidate]!);
  if (!(own.fitness.value > 0)) return [...current];
  if (conflicts.length === 1) {
    const held = conflicts[0]!;
    const before = standing(joint, held, others, all[held]!);
    return betterByStandardError(own, all[candidate]!, before, all[held]!)
      ? current.map((m) => (m === held ? candidate : m))
      : [...current];
  }
  const grown = [...current, candidate];
  return grown.length <= limits.size ? grown : withoutWeakest(joint, all, grown);
}

/**
 * Whether a's mean over the blocks, less the price of its nodes, is above b's by a standard error of the
 * difference: two formulas that say nearly the same are compared where they differ.
 */
function betterByStandardError(a: Standing, formulaA: Candidate, b: Standing, formulaB: Candidate): boolean {
  const differences = a.partial.blocks.map(
    (x, i) => a.fitness.sign * x - b.fitness.sign * b.partial.blocks[i]!,
  );
  const n = differences.length;
  const mean = differences.reduce((sum, d) => sum + d, 0) / n;
  const squares = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0);
  const price = priceOfNode * (formulaA.nodes - formulaB.nodes) * b.fitness.standardError;
  return mean - price > Math.sqrt(squares / (n - 1) / n) && mean > price;
}

function withoutWeakest(joint: Joint, all: readonly Candidate[], members: readonly number[]): number[] {
  const gains = members.map(
    (m) =>
      standing(
        joint,
        m,
        members.filter((o) => o !== m),
        all[m]!,
      ).gain,
  );
  const weakest = gains.indexOf(Math.min(...gains));
  return members.filter((_, i) => i !== weakest);
}

/** By code units: the same everywhere. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
