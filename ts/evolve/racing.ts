/**
 * A generation measured as a race. Those that lived on are measured on all rows; everyone else on nested subsets of the
 * rows, and only as long as it may still be admitted: with what it adds to the members be as fit as the least of its
 * island's elite and stand out of the noise, and by itself be what the selection can show. The first subset tells how
 * much of a formula is its own, by products with the members; from then on it is held against what the members leave of
 * the target, which costs no products. A formula is dropped when not even the upper end of where one of the two
 * correlations may lie, |ρ̂| + 2.33 √(1/n − 1/N) for n of N independent labels, would bring it in. It stays in the
 * population, ranked by its t-value; should it live on, the next generation measures it on all rows.
 */
import type { Program, Work } from '../kernels/formulas.js';
import { type Evaluate, type Measured, one, type PortfolioInput, type StageRange } from './evaluate.js';
import { eliteCount, type Individual, type Member, ranked, type Scored } from './population.js';
import { type Overlap, Rest, type RestScore } from './rest.js';
import { portfolioInput, type Score, scorer } from './scoring.js';
import { type BlockSums, type Fitness, fitnessOf, penaltyOf } from './statistics.js';

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
  const blocks = scored.blocks.slice();
  for (let b = 0; b < blocks.length; b++) blocks[b]! *= shrink;
  const { value } = fitnessOf(blocks, scored.nodes, scored.coverage);
  const fitness = Number.isFinite(scored.fitness) ? value : scored.fitness;
  return { ...scored, blocks, fitness, gain: scored.gain * seen, seen };
}

/** Contenders that race together. */
const fewContenders = 1000;

/** What admission needs: the fitness of the least of an island's elite, and the |correlation| of the best of noise. */
interface Bar {
  level: number;
  floor: number;
}

/** A child, and the lowest of the bars of the islands that it was born on. */
interface Contender {
  one: Individual;
  bar: Bar;
}

/** Contenders with their sums over the stages that they have seen. */
interface Runners {
  contenders: readonly Contender[];
  overlaps: readonly Overlap[];
  sums: BlockSums;
  seen: number;
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
  private rest: Rest | undefined;
  /** By stage, the members' sums up to it, and their share of the rows. */
  private reference: Measured[] = [];
  private shares: number[] = [];
  /** By stage, the score by sums with the rest up to it; and by products over all rows. */
  private restScores: RestScore[] = [];
  private score: Score | undefined;

  constructor(
    private readonly evaluate: Evaluate,
    private readonly effectiveRows: number,
    /** The smallest |correlation| of a formula by itself that the selection can show. */
    private readonly detectable = 0,
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
    const bars = islands.map((island) => {
      const measured = island.filter(livedOn).map((x) => kept.get(x.key)!);
      return { level: admissionLevel(measured, island.length), floor };
    });
    const raced = await this.race(contendersOf(islands, bars, livedOn), work);
    const scored = islands.map((island) => island.map((x) => kept.get(x.key) ?? raced.get(x.key)!));
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
    if (isKnown && this.score !== undefined) return;
    if (!isKnown) this.known.clear();
    [this.asked, this.portfolio] = [keys, portfolioInput(members)];
    const programs = [one, ...members.map((m) => m.program)];
    const pivots = [0, ...members.map((m) => m.pivot)];
    this.reference = await this.upToEachStage(programs, pivots, (own) => {
      // A search taken up again has counted it before.
      if (!isKnown) addWork(work, own);
    });
    const whole = this.reference.at(-1)!;
    this.shares = this.reference.map((upTo) => weightOf(upTo) / weightOf(whole));
    const rest = new Rest(whole, members);
    [this.rest, this.score] = [rest, scorer(whole, members)];
    this.restScores = this.reference.map((upTo) => rest.scorer(upTo));
  }

  /** The sums of formulas over the first stage, the first two, …, all. */
  private async upToEachStage(
    programs: readonly Program[],
    pivots: readonly number[],
    add: (work: Work) => void,
  ): Promise<Measured[]> {
    const stages = Array.from({ length: this.evaluate.stages }, (_, from) =>
      this.evaluate(programs, pivots, this.portfolio, { from, to: from + 1 }),
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
    unknown.forEach((x, i) => {
      found.set(x.key, this.score!(x, sums, i).scored);
    });
    return found;
  }

  /** Lets children run against what admission needs; by key. One half is judged while the other one runs. */
  private async race(contenders: readonly Contender[], work: RaceWork): Promise<Map<string, Scored>> {
    const stages = this.evaluate.stages;
    const firstCut = contenders.reduce((least, { bar }) => Math.min(least, this.firstCut(bar)), stages);
    if (firstCut === stages)
      return this.measure(
        contenders.map((c) => c.one),
        work,
      );
    const raced = heats(contenders).map((heat) => this.heat(heat, firstCut, work));
    return new Map((await Promise.all(raced)).flatMap((scored) => [...scored]));
  }

  private async heat(
    contenders: readonly Contender[],
    firstCut: number,
    work: RaceWork,
  ): Promise<Map<string, Scored>> {
    const stages = this.evaluate.stages;
    const done = new Map<string, Scored>();
    let runners = await this.meet(contenders, firstCut, work);
    for (let to = firstCut; to < stages; to++) {
      await this.runOn(runners, to, work);
      const judged = runners.contenders.map((contender, i) => this.judge(contender, runners, i));
      for (const { scored, stays } of judged) if (!stays) done.set(scored.key, scored);
      runners = only(
        runners,
        judged.flatMap(({ stays }, i) => (stays ? [i] : [])),
      );
    }
    work.dropped += done.size;
    for (const [key, scored] of await this.finish(runners, work)) done.set(key, scored);
    return done;
  }

  /** The first stage, with the products that tell what is a formula's own; without members all of it is, up to the cut. */
  private async meet(contenders: readonly Contender[], firstCut: number, work: RaceWork): Promise<Runners> {
    const seen = this.portfolio === undefined ? firstCut : 1;
    const sums = await this.evaluateOf(contenders, this.portfolio, { from: 0, to: seen }, work);
    const overlaps = this.rest!.overlaps(this.reference[seen - 1]!, sums, contenders.length);
    return { contenders, overlaps, sums: this.rest!.fromProducts(sums), seen };
  }

  /** Adds what the stages before `to` have not shown yet. */
  private async runOn(runners: Runners, to: number, work: RaceWork): Promise<void> {
    if (runners.seen === to || runners.contenders.length === 0) return;
    const range = { from: runners.seen, to };
    const more = await this.evaluateOf(runners.contenders, this.rest!.input(this.portfolio), range, work);
    const before = runners.sums.sums;
    for (let i = 0; i < more.sums.length; i++) more.sums[i] = before[i]! + more.sums[i]!;
    [runners.sums, runners.seen] = [more, to];
  }

  private async evaluateOf(
    contenders: readonly Contender[],
    portfolio: PortfolioInput | undefined,
    range: StageRange,
    work: RaceWork,
  ): Promise<Measured> {
    const programs = contenders.map(({ one }) => one.program);
    const pivots = contenders.map(({ one }) => one.pivot);
    const measured = await this.evaluate(programs, pivots, portfolio, range);
    addWork(work, measured.work);
    return measured;
  }

  private judge(
    { one, bar }: Contender,
    { sums, seen, overlaps }: Runners,
    place: number,
  ): { scored: Scored; stays: boolean } {
    const { scored, fitness } = this.restScores[seen - 1]!(one, sums, place, overlaps[place]!);
    const share = this.shares[seen - 1]!;
    const bound = (mean: number) =>
      upperBound({ ...fitness, mean }, share * this.effectiveRows, this.effectiveRows);
    const needed = Math.max(bar.floor, requiredCorrelation(bar.level, scored.nodes, fitness, share));
    const mayStay = bound(fitness.mean) >= needed && bound(Math.abs(scored.correlation)) >= this.detectable;
    // Stages to come may hold no weight: then all is seen, but the products.
    const stays = share === 1 || mayStay;
    return { scored: stays ? scored : discounted(scored, share), stays };
  }

  /** Those that were never dropped, on all rows: with members their products are still to be had. */
  private async finish(runners: Runners, work: RaceWork): Promise<Map<string, Scored>> {
    const left = runners.contenders.map(({ one }) => one);
    if (this.portfolio !== undefined) return this.measure(left, work);
    await this.runOn(runners, this.evaluate.stages, work);
    return new Map(left.map((x, i) => [x.key, this.score!(x, runners.sums, i).scored]));
  }

  /** The stages after which a formula of no correlation at all would be dropped. */
  private firstCut({ level, floor }: Bar): number {
    const all = this.effectiveRows;
    const needed = Math.max(floor, this.detectable, level + penaltyOf(1) * Math.sqrt(1 / all));
    const can = (share: number) => confidence * Math.sqrt(1 / (share * all) - 1 / all) < needed;
    const first = this.shares.findIndex(can);
    return first < 0 ? this.shares.length : first + 1;
  }
}

/** Two where there are many; few share enough of their operators to stay together. */
function heats(contenders: readonly Contender[]): (readonly Contender[])[] {
  if (contenders.length < fewContenders) return [contenders];
  const half = Math.ceil(contenders.length / 2);
  return [contenders.slice(0, half), contenders.slice(half)];
}

function only({ contenders, overlaps, sums, seen }: Runners, places: readonly number[]): Runners {
  return {
    contenders: places.map((i) => contenders[i]!),
    overlaps: places.map((i) => overlaps[i]!),
    sums: rowsOf(sums, places),
    seen,
  };
}

/** Children by their keys, each with the lowest bar of the islands that have it. */
function contendersOf(
  islands: readonly (readonly Individual[])[],
  bars: readonly Bar[],
  livedOn: (x: Individual) => boolean,
): Contender[] {
  const contenders = new Map<string, Contender>();
  islands.forEach((island, i) => {
    for (const one of island) {
      const other = contenders.get(one.key);
      if (livedOn(one) || (other !== undefined && other.bar.level <= bars[i]!.level)) continue;
      contenders.set(one.key, { one, bar: bars[i]! });
    }
  });
  return [...contenders.values()];
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

/** The sums of the programs at these places. */
function rowsOf(sums: BlockSums, places: readonly number[]): BlockSums {
  const width = sums.blocks * (6 + 2 * sums.members);
  const kept = new Float64Array(places.length * width);
  places.forEach((place, i) => {
    kept.set(sums.sums.subarray(place * width, (place + 1) * width), i * width);
  });
  return { ...sums, sums: kept };
}
