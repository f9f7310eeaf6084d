/** What an evolution leaves: portfolio.json, report.html, generations.jsonl and manifest.json in one folder. */
import { existsSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Verdict } from '../../evolve/judge.js';
import type { Ancestor } from '../../evolve/population.js';
import type { GenerationRecord } from '../../evolve/search.js';
import type { Worth } from '../../evolve/worth.js';
import { Artifact, type ArtifactSummary } from '../../io/artifact.js';
import type { Program } from '../../kernels/formulas.js';
import type { BlockTest } from '../../statistics/student.js';
import type { DeflatedChances } from './contenders.js';
import type { ScaledFormula } from './scaled.js';

/** A formula as portfolio.json and --json show it; gains are shares of the residual's variance (R²). */
export interface ReportedFormula {
  formula: string;
  /** On the selection part, with its 95 % interval; both null where that was too short to test anything. */
  gain: number | null;
  gainInterval: [number, number] | null;
  /** Gains on the other two parts. */
  search: number;
  holdout: number | null;
  coverage: number;
  complexity: number;
  /** Cost of changing the position by 1 at which nothing is left; null where the target is no return. */
  breakEvenBps: number | null;
  /** Position changed an hour, in units of the full position. */
  turnover: number | null;
  quintileSpreadBps: number | null;
  /** On the search part, a probability: by as many trials as the contenders amount to, and by all formulas tried. */
  deflatedSharpe: number | null;
  deflatedSharpeByAll: number | null;
  /** How it was made, and from which seed. */
  origin: string;
  /** The formula itself, what it was made of, and so on to a seed, a column or chance. */
  lineage: readonly LineageStep[];
  /** 1: the target grows with the formula; −1: it falls. */
  sign: 1 | -1;
  test: BlockTest | null;
  /** Information coefficient of each block of the selection part, in one scale for all; of the search; of the hold-out. */
  blockCorrelations: number[];
  searchBlockCorrelations: number[];
  holdoutBlockCorrelations: number[];
  holdoutTest: BlockTest | null;
  /** With the other formulas of the portfolio, in their order. */
  correlations: number[];
  /** As a prediction of the target; null where that is no column of the table. */
  prediction: ScaledFormula | null;
}

/** A formula on the way to another one. */
export interface LineageStep {
  formula: string;
  /** How it was made: a variation's name, `template`, `neighbour`, `split`, `join`, `seed`, `column`. */
  made: string;
  generation: number;
  /** The second parent of a crossover or a join. */
  other: string | null;
}

/** The formulas kept, in the order of their verdicts; correlations are those between them. */
export function reportPortfolio(
  kept: readonly Verdict[],
  worths: readonly (Worth | undefined)[],
  deflatedOf: (key: string) => DeflatedChances | null,
  predictions: readonly (ScaledFormula | undefined)[],
  print: (programs: readonly Program[]) => string[],
): ReportedFormula[] {
  return kept.map((verdict, i) => {
    const correlations = kept.map((other) => verdict.correlations[other.finalist]!);
    const { probability: deflatedSharpe = null, probabilityByAll: deflatedSharpeByAll = null } =
      deflatedOf(verdict.member.key) ?? {};
    const deflated = { deflatedSharpe, deflatedSharpeByAll };
    const prediction = predictions[i] ?? null;
    const lineage = lineageOf(verdict.member, print);
    return {
      ...showingsOf(verdict),
      lineage,
      ...worthText(worths[i]),
      ...deflated,
      correlations,
      prediction,
    };
  });
}

/** A finalist that was not kept, and why. */
export interface RefusedFormula {
  formula: string;
  reason: string;
  /** Gains on the selection part, with its 95 % interval (null where it is too short for a test), and on the search. */
  gain: number | null;
  gainInterval: [number, number] | null;
  search: number;
}

export function reportRefused({ member, reason, selection, search }: Verdict): RefusedFormula {
  const { gain = null, interval = null } = selection ?? {};
  return { formula: member.text, reason: reason!, gain, gainInterval: interval, search: search.gain };
}

function worthText(worth: Worth | undefined) {
  const { breakEvenBps = null, turnover = null, quintileSpreadBps = null } = worth ?? {};
  return { breakEvenBps, turnover, quintileSpreadBps };
}

function showingsOf(verdict: Verdict) {
  const { member, selection, holdout } = verdict;
  return {
    formula: member.text,
    gain: selection?.gain ?? null,
    gainInterval: selection?.interval ?? null,
    search: verdict.search.gain,
    holdout: holdout?.gain ?? null,
    coverage: verdict.coverage,
    complexity: member.nodes,
    origin: originText(verdict),
    sign: verdict.sign,
    test: selection?.test ?? null,
    blockCorrelations: selection?.blocks ?? [],
    searchBlockCorrelations: verdict.search.blocks,
    holdoutBlockCorrelations: holdout?.blocks ?? [],
    holdoutTest: holdout?.test ?? null,
  };
}

function originText({ member }: Verdict): string {
  const { made, generation, seed } = member.origin;
  if (made === 'seed' || made === 'column') return made;
  return `${made} in generation ${generation}${seed === undefined ? '' : `, from ${seed}`}`;
}

function lineageOf(
  { program, origin }: Ancestor,
  print: (programs: readonly Program[]) => string[],
): LineageStep[] {
  const steps: Ancestor[] = [];
  for (let at: Ancestor | undefined = { program, origin }; at !== undefined; at = at.origin.parent)
    steps.push(at);
  const texts = print(steps.map((s) => s.program));
  return steps.map(({ origin: { made, generation, other } }, i) => {
    return { formula: texts[i]!, made, generation, other: other === undefined ? null : print([other])[0]! };
  });
}

const fileNames = ['portfolio.json', 'generations.jsonl', 'report.html', 'manifest.json'] as const;

/**
 * The result's folder: its files are begun under partial names before the search, so that a folder that cannot be
 * written shows at once, and renamed together after it. An older result stays until then.
 */
export class Result {
  private constructor(
    private readonly artifacts: readonly Artifact[],
    /** The folder, where it was not there before. */
    private readonly made: string | undefined,
  ) {}

  /** Errors: E_RESOURCE or E_USAGE where the folder cannot be written. */
  static async open(folder: string): Promise<Result> {
    const artifacts: Artifact[] = [];
    const result = new Result(artifacts, existsSync(folder) ? undefined : folder);
    try {
      for (const name of fileNames) artifacts.push(await Artifact.create(join(folder, name)));
      return result;
    } catch (error) {
      await result.discard();
      throw error;
    }
  }

  /** Of portfolio.json. */
  get path(): string {
    return this.artifacts[0]!.path;
  }

  /** Fills and names the files. */
  async publish(
    portfolio: object,
    log: readonly GenerationRecord[],
    report: string,
    manifest: (files: readonly ArtifactSummary[]) => object,
  ): Promise<void> {
    const files: ArtifactSummary[] = [];
    const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
    const texts = [
      () => json(portfolio),
      () => log.map((record) => `${JSON.stringify(record)}\n`).join(''),
      () => report,
      () => json(manifest([...files])),
    ];
    for (const [i, artifact] of this.artifacts.entries()) {
      await artifact.write(texts[i]!());
      files.push(await artifact.seal());
    }
    for (const artifact of this.artifacts) await artifact.publish();
  }

  /** Removes what was not published. */
  async discard(): Promise<void> {
    for (const artifact of this.artifacts) await artifact.discard();
    // One that holds a checkpoint or a result stays.
    if (this.made !== undefined) await rmdir(this.made).catch(() => {});
  }
}
