/**
 * A generation measured as a race. Those that lived on are measured on all rows; everyone else on nested subsets of
 * strided tiles, and only as long as it may still be admitted: be as fit as the least of its island's elite, and stand
 * out of the noise as the portfolio asks. The first look is at the correlation with what the members leave of the target;
 * products with them, which tell how much of a formula is its own, are for those that pass it. A formula is dropped when not even the upper end of where its correlation may
 * lie, |ρ̂| + 2.33 √(1/n − 1/N) for n of N independent labels, would bring it there. It stays in the population, ranked
 * by its t-value; should it live on, the next generation measures it on all rows.
 */
import type { Program, Work } from '../kernels/formulas.js';
import { type Evaluate, type Measured, one, type PortfolioInput } from './evaluate.js';
import { eliteCount, type Individual, type Member, ranked, type Scored } from './population.js';
import { portfolioInput, restInput, type Score, scorer } from './scoring.js';
import { type Fitness, fitnessOf, penaltyOf } from './statistics.js';

/** One-sided, 99 %. */
export const confidence = 2.33;
/** Standard errors over the blocks are estimates: over all rows one is hardly below this share of what it seems. */
const leastStandardError = 0.7;

/** The greatest |correlation| that a formula may have over all `all` independent labels, seen on `seen` of them. */
export function upperBound({ mean, standardError }: Fitness, seen: number, all: number): number {
  const share = Math.min(1, seen / all);
  const sampling = Math.max(Math.sqrt(1 / seen - 1 / all), standardError * Math.sqrt(1 - share));
  return mean + confidence * sampling;
}

/** The |correlation| without which no formula of so many nodes is as fit as `level`. */
export function requiredCorrelation(
  level: number,
  nodes: number,
  { standardError }: Fitness,
  share: number,
): number {
  return level + penaltyOf(nodes) * leastStandardError * standardError * Math.sqrt(share);
}

/** What a dropped formula is worth: what the same t-value over all rows is. */
export function discounted(scored: Scored, seen: number): Scored {
  const shrink = Math.sqrt(seen);
  const blocks = scored.blocks.map((x) => x * shrink);
  const { value } = fitnessOf(blocks, scored.nodes, scored.coverage);
  const fitness = Number.isFinite(scored.fitness) ? value : scored.fitness;
  return { ...scored, blocks, fitness, gain: scored.gain * seen, seen };
}

/** What admission needs: the fitness of the least of an island's elite, and the |correlation| of the best of noise. */
interface Bar {
  level: number;
  floor: number;
}

export interface RaceWork extends Work {
  /** Formulas that were dropped before all rows were seen. */
  dropped: number;
}

/** The members that the last generation was measured against, by their keys; undefined before the first. */
export type RaceState = string | undefined;

function measuredWhole(scored: readonly (readonly Scored[])[]): Map<string, Scored> {
  const whole = scored.flat().filter((s) => s.seen === 1);
  return new Map(whole.map((s) => [s.key, s]));
}

/** Measures the generations of a search over a part of `effectiveRows` independent labels. */
export class Race {
  /** What the last generation measured on all rows, and the members that it was given. */
  private known = new Map<string, Scored>();
  private asked: string | undefined;
  private portfolio: PortfolioInput | undefined;
  /** By stage, the score by the sums up to it. */
  private scores: Score[] = [];
  /** The same of the first look, and what it looks at; without members it is none of its own. */
  private firstScores: Score[] = [];
  private rest: PortfolioInput | undefined;
  private shares: number[] = [];

  constructor(
    private readonly evaluate: Evaluate,
    private readonly effectiveRows: number,
  ) {}

  /**
   * Scores all islands of a generation given the members; `generation` tells children from those that lived on, `floor`
   * is the |correlation| that the best of noise has.
   */
  async run(
    islands: readonly (readonly Individual[])[],
    members: readonly Member[],
    generation: number,
    floor = 0,
  ): Promise<{ scored: Scored[][]; work: RaceWork }> {
    const work: RaceWork = { nodeRows: 0, operators: 0, distinct: 0, dropped: 0 };
    await this.prepare(members, work);
    const livedOn = (x: Individual) => this.evaluate.stages === 1 || x.origin.generation < generation;
    const kept = await this.measure(islands.flat().filter(livedOn), work);
    const scored = await Promise.all(
      islands.map(async (island) => {
        const level = admissionLevel(
          island.filter(livedOn).map((x) => kept.get(x.key)!),
          island.length,
        );
        const raced = await this.race(
          island.filter((x) => !livedOn(x)),
          { level, floor },
          work,
        );
        return island.map((x) => kept.get(x.key) ?? raced.get(x.key)!);
      }),
    );
    this.known = measuredWhole(scored);
    return { scored, work };
  }

  save(): RaceState {
    return this.asked;
  }

  /** Goes on behind the generation that measured `scored`. */
  restore(state: RaceState, scored: readonly (readonly Scored[])[]): void {
    this.asked = state;
    this.known = measuredWhole(scored);
  }

  /** The members' own sums, up to each stage. */
  private async prepare(members: readonly Member[], work: RaceWork): Promise<void> {
    const keys = members.map((m) => m.key).join();
    const isKnown = this.asked === keys;
    if (isKnown && this.scores.length > 0) return;
    if (!isKnown) this.known.clear();
    [this.asked, this.portfolio] = [keys, portfolioInput(members)];
    const programs = [one, ...members.map((m) => m.program)];
    const pivots = [0, ...members.map((m) => m.pivot)];
    const add = (own: Work) => {
      // A search taken up again has counted it before.
      if (!isKnown) addWork(work, own);
    };
    const sums = await this.upToEachStage(programs, pivots, this.portfolio, add);
    const weights = sums.map(weightOf);
    this.shares = weights.map((w) => w / weights.at(-1)!);
    this.scores = sums.map((upTo) => scorer(upTo, members));
    this.rest = this.portfolio && restInput(this.portfolio, sums.at(-1)!, members);
    const rest = this.rest && (await this.upToEachStage([one], [0], this.rest, add));
    this.firstScores = (rest ?? []).map((upTo) => scorer(upTo, []));
  }

  /** The sums of formulas over the first stage, the first two, …, all. */
  private async upToEachStage(
    programs: readonly Program[],
    pivots: readonly number[],
    portfolio: PortfolioInput | undefined,
    add: (work: Work) => void,
  ): Promise<Measured[]> {
    const stages = Array.from({ length: this.evaluate.stages }, (_, from) =>
      this.evaluate(programs, pivots, portfolio, { from, to: from + 1 }),
    );
    const upTo: Measured[] = [];
    for (const stage of await Promise.all(stages)) {
      add(stage.work);
      const before = upTo.at(-1);
      upTo.push(
        before === undefined ? stage : { ...stage, sums: stage.sums.map((x, i) => before.sums[i]! + x) },
      );
    }
    return upTo;
  }

  /** Measures formulas on all rows, those that are known already excepted; by key. */
  private async measure(formulas: readonly Individual[], work: RaceWork): Promise<Map<string, Scored>> {
    const asked = [...new Map(formulas.map((x) => [x.key, x])).values()];
    const unknown = asked.filter((x) => !this.known.has(x.key));
    const found = new Map<string, Scored>();
    for (const x of asked) if (this.known.has(x.key)) found.set(x.key, this.known.get(x.key)!);
    if (unknown.length === 0) return found;
    const sums = await this.evaluate(
      unknown.map((x) => x.program),
      unknown.map((x) => x.pivot),
      this.portfolio,
    );
    addWork(work, sums.work);
    const score = this.scores.at(-1)!;
    unknown.forEach((x, i) => {
      found.set(x.key, score(x, sums, i).scored);
    });
    return found;
  }

  /** Lets formulas run against what admission needs; by key. */
  private async race(
    formulas: readonly Individual[],
    bar: Bar,
    work: RaceWork,
  ): Promise<Map<string, Scored>> {
    const done = new Map<string, Scored>();
    let running = formulas;
    let sums: Measured | undefined;
    let [from, to] = [0, this.firstStage(bar)];
    let first = this.rest !== undefined && to < this.evaluate.stages;
    for (; running.length > 0; to++) {
      const programs = running.map((x) => x.program);
      const pivots = running.map((x) => x.pivot);
      const portfolio = first ? this.rest : this.portfolio;
      const stage = await this.evaluate(programs, pivots, portfolio, { from, to });
      addWork(work, stage.work);
      if (sums !== undefined) addInto(stage, sums);
      const score = (first ? this.firstScores : this.scores)[to - 1]!;
      const judged = running.map((x, i) => this.judge(score(x, stage, i), to - 1, bar));
      for (const { scored, stays } of judged) if (!stays) done.set(scored.key, scored);
      if (to === this.evaluate.stages) break;
      work.dropped += judged.filter((j) => !j.stays).length;
      running = running.filter((_, i) => judged[i]!.stays);
      const places = judged.flatMap((j, i) => (j.stays ? [i] : []));
      // Those that pass the first look are measured anew, with the products.
      [sums, from] = first ? [undefined, 0] : [rowsOf(stage, places), to];
      first = false;
    }
    return done;
  }

  private judge(
    { scored, fitness }: ReturnType<Score>,
    stage: number,
    { level, floor }: Bar,
  ): { scored: Scored; stays: boolean } {
    const share = this.shares[stage]!;
    if (share === 1) return { scored, stays: false };
    const bound = upperBound(fitness, share * this.effectiveRows, this.effectiveRows);
    const stays = bound >= Math.max(floor, requiredCorrelation(level, scored.nodes, fitness, share));
    return { scored: stays ? scored : discounted(scored, share), stays };
  }

  /** The end of the first stage after which a formula of no correlation at all would be dropped. */
  private firstStage({ level, floor }: Bar): number {
    const all = this.effectiveRows;
    const needed = Math.max(floor, level + penaltyOf(1) * Math.sqrt(1 / all));
    const can = (share: number) => confidence * Math.sqrt(1 / (share * all) - 1 / all) < needed;
    const first = this.shares.findIndex(can);
    return first < 0 ? this.shares.length : first + 1;
  }
}

/** The fitness of the least of an island's elite, as far as those that lived on say. */
function admissionLevel(kept: readonly Scored[], size: number): number {
  return ranked(kept)[eliteCount(size) - 1]?.fitness ?? Number.NEGATIVE_INFINITY;
}

/** Of the constant 1, which comes first. */
function weightOf(sums: Measured): number {
  const width = 6 + 2 * sums.members;
  let weight = 0;
  for (let b = 0; b < sums.blocks; b++) weight += sums.sums[b * width]!;
  return weight;
}

function addWork(into: RaceWork, work: Work): void {
  into.nodeRows += work.nodeRows;
  into.operators += work.operators;
  into.distinct += work.distinct;
}

/** Adds what came before: the earlier stages first. */
function addInto(stage: Measured, before: Measured): void {
  for (let i = 0; i < stage.sums.length; i++) stage.sums[i] = before.sums[i]! + stage.sums[i]!;
}

/** The sums of the programs at these places. */
function rowsOf(sums: Measured, places: readonly number[]): Measured {
  const width = sums.blocks * (6 + 2 * sums.members);
  const kept = new Float64Array(places.length * width);
  places.forEach((place, i) => {
    kept.set(sums.sums.subarray(place * width, (place + 1) * width), i * width);
  });
  return { ...sums, sums: kept };
}
