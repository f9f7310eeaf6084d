/**
 * The verdict: what the finalists are worth on rows that the search has not seen. Signs, coefficients on the
 * portfolio's members and the formulas themselves are frozen; a one-sided t over blocks with
 * Benjamini–Yekutieli decides on the selection part, and the hold-out is only reported.
 */
import {
  type BlockTest,
  benjaminiYekutieli,
  bootstrapInterval,
  discoveryRate,
  testBlocks,
} from './honesty.js';
import type { Member } from './population.js';
import { compareText, sumsWithin } from './portfolio.js';
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

/** The relation of a finalist to the target given the other members, frozen on the search part. */
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
  /** Its number among the finalists. */
  finalist: number;
  member: Member;
  sign: 1 | -1;
  coverage: number;
  search: Showing;
  selection: Showing | undefined;
  holdout: Showing | undefined;
  /** Correlations with all finalists on the search part, by their number. */
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

/** The finalists, the portfolio's members before the others, and how many of them a portfolio may have. */
export interface Finalists {
  formulas: readonly Member[];
  members: number;
  size: number;
}

/** Verdicts on the finalists, best first by their gain on the selection part. */
export function judge({ formulas, members, size }: Finalists, parts: JudgedParts, seed: number): Verdict[] {
  const frozen = formulas.map((_, i) => freeze(parts.search, i, members));
  const show = (joint: Joint | undefined, i: number) =>
    joint === undefined ? undefined : showing(joint, i, frozen[i]!, seed);
  const verdicts = formulas.map((member, i): Verdict => {
    return {
      finalist: i,
      member,
      sign: frozen[i]!.sign,
      coverage: member.moments.coverage,
      search: show(parts.search, i)!,
      selection: show(parts.selection, i),
      holdout: show(parts.holdout, i),
      correlations: formulas.map((_, j) => parts.search.correlation[i * formulas.length + j]!),
      kept: false,
      reason: undefined,
    };
  });
  const gain = (v: Verdict) => v.selection?.gain ?? 0;
  verdicts.sort((a, b) => gain(b) - gain(a) || compareText(a.member.text, b.member.text));
  decide(verdicts, size);
  return verdicts;
}

/** Keeps the best `size` of those that the test bears out. */
function decide(verdicts: readonly Verdict[], size: number): void {
  const borneOut = benjaminiYekutieli(verdicts.map((v) => v.selection?.test.p ?? 1));
  let left = size;
  verdicts.forEach((verdict, i) => {
    verdict.kept = borneOut[i]! && left-- > 0;
    if (!verdict.kept)
      verdict.reason = borneOut[i]!
        ? `borne out, but the portfolio is full of better ones`
        : refusal(verdict, verdicts.length);
  });
}

function refusal({ selection }: Verdict, finalists: number): string {
  if (selection === undefined) return 'not tested: the selection part is too short';
  const { t, p } = selection.test;
  return `selection: t ${t.toFixed(2)}, p ${p.toPrecision(2)}, not below Benjamini–Yekutieli at ${discoveryRate} over ${finalists}`;
}

function freeze(joint: Joint, i: number, members: number): Frozen {
  const others = Array.from({ length: members }, (_, j) => j).filter((j) => j !== i);
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
