/**
 * The verdict: what the finalists are worth on rows that the search has not seen. The formulas and their signs are
 * frozen; a one-sided t over blocks with Benjamini–Yekutieli decides on the selection part, and the hold-out is
 * only reported.
 *
 * Each formula is tested against the residual of the baseline by itself, not given the others: coefficients of
 * others, fitted on the search part, would put their luck into the target of the test, and persistent formulas of
 * noise would be borne out for undoing it. Of those borne out each must then add something to the better ones,
 * which are no noise: a formula that correlates a little with a strong relation is no second one.
 */
import { type BlockTest, testBlocks } from '../statistics/student.js';
import { benjaminiYekutieli, bootstrapInterval, discoveryRate } from './honesty.js';
import type { Member } from './population.js';
import { compareText, sumsWithin } from './portfolio.js';
import {
  coefficients,
  evenBlocks,
  type Joint,
  memberBlocks,
  partialOf,
  pooled,
  project,
} from './statistics.js';

/** What a part says of a finalist. */
export interface Showing {
  /** Signed share of the residual's variance that the formula explains: ρ·|ρ|. */
  gain: number;
  /** Correlation, in the direction of the search. */
  correlation: number;
  /** What each block says of it, in one scale for all: its information coefficients. They are what is tested. */
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

/** The finalists, and how many of them a portfolio may have. */
export interface Finalists {
  formulas: readonly Member[];
  size: number;
}

/**
 * Verdicts on the finalists, best first by their gain on the selection part. Without a selection part none is kept, or,
 * with `keepUntested`, the first of them, in the order of the search.
 */
export function judge(
  { formulas, size }: Finalists,
  parts: JudgedParts,
  seed: number,
  keepUntested = false,
): Verdict[] {
  const signs = formulas.map((_, i): 1 | -1 => (parts.search.targetCorrelation[i]! < 0 ? -1 : 1));
  const show = (joint: Joint | undefined, i: number) =>
    joint === undefined ? undefined : showing(joint, i, signs[i]!, seed);
  const verdicts = formulas.map((member, i): Verdict => {
    return {
      finalist: i,
      member,
      sign: signs[i]!,
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
  if (keepUntested && parts.selection === undefined) {
    keepFirst(verdicts, size);
    return verdicts;
  }
  decide(verdicts, size, (i, others) =>
    parts.selection === undefined ? undefined : testGiven(parts.search, parts.selection, i, others),
  );
  return verdicts;
}

function keepFirst(verdicts: readonly Verdict[], size: number): void {
  for (const verdict of verdicts) {
    verdict.kept = verdict.finalist < size;
    verdict.reason = verdict.kept ? undefined : 'not tested, and the portfolio is full';
  }
}

/** Keeps the best `size` of those that the test bears out and that add to the better ones. */
function decide(
  verdicts: readonly Verdict[],
  size: number,
  given: (finalist: number, others: readonly number[]) => BlockTest | undefined,
): void {
  const borneOut = benjaminiYekutieli(verdicts.map((v) => v.selection?.test.p ?? 1));
  const kept: number[] = [];
  verdicts.forEach((verdict, i) => {
    verdict.reason = borneOut[i]!
      ? redundancy(given(verdict.finalist, kept), kept.length === size)
      : refusal(verdict, verdicts.length);
    verdict.kept = verdict.reason === undefined;
    if (verdict.kept) kept.push(verdict.finalist);
  });
}

function redundancy(added: BlockTest | undefined, full: boolean): string | undefined {
  if (full) return 'borne out, but the portfolio is full of better ones';
  if (added === undefined || added.p <= discoveryRate) return undefined;
  return `borne out, but adds nothing to the better ones: t ${added.t.toFixed(2)}, p ${added.p.toPrecision(2)}`;
}

function refusal({ selection }: Verdict, finalists: number): string {
  if (selection === undefined) return 'not tested: the selection part is too short';
  const { t, p } = selection.test;
  return `selection: t ${t.toFixed(2)}, p ${p.toPrecision(2)}, not below Benjamini–Yekutieli at ${discoveryRate} over ${finalists}`;
}

function showing(joint: Joint, i: number, sign: 1 | -1, seed: number): Showing {
  const alone = project(joint, []);
  const partial = partialOf(sumsWithin(joint, i, []), memberBlocks(joint, alone), new Float64Array());
  const signed = evenBlocks(partial, joint.weight).map((x) => sign * x);
  const correlation = sign * partial.pooled;
  const gainOf = (counts: Float64Array) => signedSquare(sign * pooled(partial, counts));
  return {
    gain: signedSquare(correlation),
    correlation,
    blocks: [...signed],
    test: testBlocks(signed),
    interval: bootstrapInterval(joint.blocks, gainOf, seed),
  };
}

/** The test of a finalist given others, all relations frozen on the search part. */
function testGiven(search: Joint, selection: Joint, i: number, others: readonly number[]): BlockTest {
  const projection = project(search, others);
  const gamma = coefficients(
    projection,
    Float64Array.from(others, (j) => search.correlation[i * search.n + j]!),
  );
  const within = (joint: Joint) =>
    partialOf(sumsWithin(joint, i, others), memberBlocks(joint, projection), gamma);
  const sign = within(search).pooled < 0 ? -1 : 1;
  return testBlocks(evenBlocks(within(selection), selection.weight).map((x) => sign * x));
}

function signedSquare(rho: number): number {
  return rho * Math.abs(rho);
}
