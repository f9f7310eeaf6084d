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

/** What an update of the portfolio goes by. */
export interface UpdateLimits extends PortfolioLimits {
  /** The gain that the best of as many formulas of noise has: what a member costs. */
  luck: number;
  /** Standard errors by which one formula must gain to take the place of several; less than 0 gives it the benefit. */
  doubt: number;
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
  limits: UpdateLimits,
): number[] {
  let current = members;
  for (const candidate of inOrder(joint, all, members, candidates))
    current = admit(joint, all, current, candidate, limits);
  return [...current];
}

/**
 * The members and as many reserves as `limits.size` leaves room for: each worth something given those before it
 * and within the correlation with every one. Nobody is replaced or dropped.
 */
export function addReserves(
  joint: Joint,
  all: readonly Candidate[],
  members: readonly number[],
  reserves: readonly number[],
  limits: PortfolioLimits,
): number[] {
  const current = [...members];
  for (const reserve of inOrder(joint, all, members, reserves)) {
    if (current.length === limits.size) break;
    if (inConflict(joint, current, reserve, limits).length > 0) continue;
    if (standing(joint, reserve, current, all[reserve]!).fitness.value > 0) current.push(reserve);
  }
  return current;
}

/** By gain given the members, then by text. */
function inOrder(
  joint: Joint,
  all: readonly Candidate[],
  members: readonly number[],
  candidates: readonly number[],
): number[] {
  const gains = new Map(candidates.map((i) => [i, standing(joint, i, members, all[i]!).gain]));
  return [...candidates].sort(
    (a, b) => gains.get(b)! - gains.get(a)! || compareText(all[a]!.text, all[b]!.text),
  );
}

function admit(
  joint: Joint,
  all: readonly Candidate[],
  current: readonly number[],
  candidate: number,
  limits: UpdateLimits,
): readonly number[] {
  const conflicts = inConflict(joint, current, candidate, limits);
  const others = current.filter((m) => !conflicts.includes(m));
  const own = standing(joint, candidate, others, all[candidate]!);
  if (!(own.fitness.value > 0)) return current;
  if (conflicts.length > 1)
    return raisesGain(joint, current, [...others, candidate], limits) ? [...others, candidate] : current;
  if (conflicts.length === 1) {
    const held = conflicts[0]!;
    const before = standing(joint, held, others, all[held]!);
    return betterByStandardError(own, all[candidate]!, before, all[held]!)
      ? current.map((m) => (m === held ? candidate : m))
      : current;
  }
  const grown = [...current, candidate];
  return grown.length <= limits.size ? grown : withoutWeakest(joint, all, grown);
}

/** The members that a candidate may not stand beside. */
function inConflict(
  joint: Joint,
  current: readonly number[],
  candidate: number,
  { maxCorrelation }: PortfolioLimits,
): number[] {
  return current.filter((m) => !(Math.abs(joint.correlation[candidate * joint.n + m]!) <= maxCorrelation));
}

/**
 * Whether the whole portfolio gains, by `doubt` standard errors over the blocks, when one formula takes the place of
 * several. Each member costs the gain that the best of noise has (Foster and George 1994: 2 ln M for one of M), so that
 * weakly correlated pieces of one relation give way to the relation itself, which explains as much with less.
 */
function raisesGain(
  joint: Joint,
  before: readonly number[],
  after: readonly number[],
  { luck, doubt }: UpdateLimits,
): boolean {
  const saved = luck * (before.length - after.length);
  const { mean, standardError } = differenceOf(
    explainedByBlock(joint, after),
    explainedByBlock(joint, before),
  );
  return mean + saved > doubt * standardError;
}

/** Share of the target's variance that members explain together, in each block: of equal weight to the whole. */
export function explainedByBlock(joint: Joint, members: readonly number[]): Float64Array {
  const { beta } = project(joint, members);
  const { n, blocks, totalWeight } = joint;
  return Float64Array.from({ length: blocks }, (_, b) => {
    let sum = 0;
    members.forEach((i, k) => {
      let fitted = 0;
      members.forEach((j, l) => {
        fitted += beta[l]! * joint.gram[(b * n + i) * n + j]!;
      });
      sum += beta[k]! * (2 * joint.target[b * n + i]! - fitted);
    });
    return (sum * blocks) / totalWeight;
  });
}

/** By how much the first is greater over the blocks, on average. */
export function differenceOf(a: Float64Array, b: Float64Array): ReturnType<typeof meanOf> {
  return meanOf(a.map((x, i) => x - b[i]!));
}

function meanOf(values: Float64Array): { mean: number; standardError: number } {
  const n = values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / (n - 1) / n) };
}

/**
 * Whether a's mean over the blocks, less the price of its nodes, is above b's by a standard error of the
 * difference: two formulas that say nearly the same are compared where they differ.
 */
function betterByStandardError(a: Standing, formulaA: Candidate, b: Standing, formulaB: Candidate): boolean {
  const differences = a.partial.blocks.map(
    (x, i) => a.fitness.sign * x - b.fitness.sign * b.partial.blocks[i]!,
  );
  const { mean, standardError } = meanOf(differences);
  const price = priceOfNode * (formulaA.nodes - formulaB.nodes) * b.fitness.standardError;
  return mean - price > standardError && mean > price;
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
