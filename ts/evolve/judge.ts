/**
 * The verdict: what the portfolio's formulas are worth on rows that the search has not seen. Signs,
 * coefficients on each other and the formulas themselves are frozen; a one-sided t over blocks with
 * Benjamini–Yekutieli decides on the selection part, and the hold-out is only reported.
 */
import {
  type BlockTest,
  benjaminiYekutieli,
  bootstrapInterval,
  discoveryRate,
  testBlocks,
} from './honesty.js';
import { compareText, sumsWithin } from './portfolio.js';
import type { Member } from './search.js';
import {
  coefficients,
  type Joint,
  type MemberBlocks,
  memberBlocks,
  type Projection,
  partialOf,
  pooled,
  project,
} from './statistics.js';

/** The relation of each finalist to the target given the others, frozen on the search part. */
interface Frozen {
  sign: 1 | -1;
  others: number[];
  projection: Projection;
  gamma: Float64Array;
}

/** What a part says of a finalist. */
export interface Showing {
  /** Signed share of the residual's variance that the formula explains given the others: ρ·|ρ|. */
  gain: number;
  /** Partial correlation, in the direction of the search. */
  correlation: number;
  /** The same in each block: its information coefficients. */
  blocks: number[];
  test: BlockTest;
  interval: [number, number];
}

export interface Verdict {
  member: Member;
  sign: 1 | -1;
  coverage: number;
  search: Showing;
  selection: Showing | undefined;
  holdout: Showing | undefined;
  /** Correlations with the other finalists on the search part, in their order. */
  correlations: number[];
  /** Whether the selection part bears the formula out. */
  kept: boolean;
  /** Why not. */
  reason: string | undefined;
}

export interface JudgedParts {
  search: Joint;
  selection: Joint | undefined;
  holdout: Joint | undefined;
}

/** Verdicts on the members, best first by their gain on the selection part. */
export function judge(members: readonly Member[], parts: JudgedParts, seed: number): Verdict[] {
  const frozen = members.map((_, i) => freeze(parts.search, i));
  const show = (joint: Joint | undefined, i: number) =>
    joint === undefined ? undefined : showing(joint, i, frozen[i]!, seed);
  const verdicts = members.map((member, i): Verdict => {
    return {
      member,
      sign: frozen[i]!.sign,
      coverage: member.moments.coverage,
      search: show(parts.search, i)!,
      selection: show(parts.selection, i),
      holdout: show(parts.holdout, i),
      correlations: members.map((_, j) => parts.search.correlation[i * members.length + j]!),
      kept: false,
      reason: undefined,
    };
  });
  decide(verdicts);
  const gain = (v: Verdict) => v.selection?.gain ?? 0;
  return verdicts.sort((a, b) => gain(b) - gain(a) || compareText(a.member.text, b.member.text));
}

function decide(verdicts: readonly Verdict[]): void {
  const kept = benjaminiYekutieli(verdicts.map((v) => v.selection?.test.p ?? 1));
  verdicts.forEach((verdict, i) => {
    verdict.kept = kept[i]!;
    if (verdict.kept) return;
    const { selection } = verdict;
    verdict.reason =
      selection === undefined
        ? 'not tested: the selection part is too short'
        : `selection: t ${selection.test.t.toFixed(2)}, p ${selection.test.p.toPrecision(2)}, not below Benjamini–Yekutieli at ${discoveryRate} over ${verdicts.length}`;
  });
}

function freeze(joint: Joint, i: number): Frozen {
  const others = Array.from({ length: joint.n }, (_, j) => j).filter((j) => j !== i);
  const projection = project(joint, others);
  const gamma = coefficients(
    projection,
    Float64Array.from(others, (j) => joint.correlation[i * joint.n + j]!),
  );
  const partial = partialOf(sumsWithin(joint, i, others), memberBlocks(joint, projection), gamma);
  return { sign: partial.pooled < 0 ? -1 : 1, others, projection, gamma };
}

function showing(joint: Joint, i: number, frozen: Frozen, seed: number): Showing {
  const prepared: MemberBlocks = memberBlocks(joint, frozen.projection);
  const partial = partialOf(sumsWithin(joint, i, frozen.others), prepared, frozen.gamma);
  const signed = partial.blocks.map((x) => frozen.sign * x);
  const correlation = frozen.sign * partial.pooled;
  const gainOf = (counts: Float64Array) => signedSquare(frozen.sign * pooled(partial, counts));
  return {
    gain: signedSquare(correlation),
    correlation,
    blocks: [...signed],
    test: testBlocks(signed),
    interval: bootstrapInterval(joint.blocks, gainOf, seed),
  };
}

function signedSquare(rho: number): number {
  return rho * Math.abs(rho);
}
