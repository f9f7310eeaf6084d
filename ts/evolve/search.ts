/**
 * The search: generations of formulas over islands, with the portfolio in the loop. If you are looking for
 * - how a generation comes about, read breeding.ts and population.ts;
 * - what a formula is worth, read scoring.ts and statistics.ts; how it is measured with less than all rows, racing.ts;
 * - how the portfolio changes, read archive.ts and portfolio.ts; what may be one formula or two, wholes.ts.
 */
import { Archive, type ArchivePorts, type ArchiveState } from './archive.js';
import {
  Breeding,
  type BreedingMark,
  type BreedingOptions,
  type BreedingPorts,
  type BreedingState,
  type Seeds,
} from './breeding.js';
import { noiseFloor } from './honesty.js';
import type { Finalists } from './judge.js';
import { type Individual, type Member, ranked, type Scored } from './population.js';
import type { PortfolioLimits } from './portfolio.js';
import { Race, type RaceState, type RaceWork } from './racing.js';

/** What the search works with; `evaluate` and `sample` show it the rows of the search part and no others. */
export interface SearchPorts extends BreedingPorts, Omit<ArchivePorts, 'asIndividuals' | 'typedAs'> {}

export interface SearchOptions extends BreedingOptions, PortfolioLimits {
  /** Of the search part: rows that are scored, and how many independent labels they hold. */
  scoredRows: number;
  effectiveRows: number;
  /** The smallest |correlation| that the selection shows with 90 % power: what has less is not measured to the end. */
  detectable: number;
}

export interface GenerationRecord {
  generation: number;
  /** Distinct formulas evaluated so far. */
  trials: number;
  /** The fittest, given the portfolio: what it adds to it, in R². */
  best: { formula: string; fitness: number; gain: number };
  /** Of population and portfolio, by itself: the |correlation| with the residual that a noise floor compares with. */
  strongest: { formula: string; correlation: number };
  /** Formulas in the portfolio, and the multiple correlation of the residual with them together. */
  portfolio: number;
  together: number;
  /** Nodes times rows so far, and how many of them were computed: the rest was shared, or dropped from the race. */
  nodeRows: number;
  computedNodeRows: number;
  /** Of this generation: the share of its operators that another formula had computed, and formulas dropped early. */
  hitRate: number;
  dropped: number;
}

/**
 * Generations before the portfolio is formed. A member stays until a formula is better by a standard error, so
 * that whoever came first would keep its place: the best of a family gets time to appear.
 */
const warmUp = 2;

/**
 * All that a search knows after a generation, as plain data. Random numbers are keyed by what they are for, so that
 * a search restored from it goes on as if it had never stopped.
 */
export interface SearchState {
  log: readonly GenerationRecord[];
  /** The islands of the last generation. */
  scored: readonly (readonly Scored[])[];
  nodeRows: number;
  computedNodeRows: number;
  race: RaceState;
  breeding: BreedingState;
  archive: ArchiveState;
}

/** The last complete generation, beside what a step under way has changed since. */
interface Complete {
  generations: number;
  scored: Scored[][];
  nodeRows: number;
  computedNodeRows: number;
  race: RaceState;
  breeding: BreedingMark;
  archive: ArchiveState;
}

export class Search {
  readonly log: GenerationRecord[] = [];
  private readonly breeding: Breeding;
  private readonly archive: Archive;
  private readonly race: Race;
  private scored: Scored[][] = [];
  private nodeRows = 0;
  private computedNodeRows = 0;
  private complete: Complete | undefined;

  constructor(
    private readonly ports: SearchPorts,
    private readonly options: SearchOptions,
    seeds: Seeds,
  ) {
    this.breeding = new Breeding(ports, options, seeds);
    const { breeding } = this;
    const making: Pick<ArchivePorts, 'asIndividuals' | 'typedAs'> = {
      asIndividuals: (programs, origin) => breeding.asIndividuals(programs, origin),
      typedAs: (of, programs) => breeding.typedAs(of, programs),
    };
    this.archive = new Archive({ ...ports, ...making }, options);
    this.race = new Race(ports.evaluate, options.effectiveRows, options.detectable);
  }

  /** Distinct formulas evaluated so far. */
  get trials(): number {
    const { seen } = this.breeding;
    return [...this.archive.made].reduce((count, key) => count + (seen.has(key) ? 0 : 1), seen.size);
  }

  /** The best |correlation| that so many formulas of noise have, at least. */
  private get floor(): number {
    return noiseFloor(this.trials, this.options.effectiveRows);
  }

  /** Runs one generation and returns its record. */
  async step(): Promise<GenerationRecord> {
    const generation = this.log.length;
    const { members } = this.archive;
    const islands =
      generation === 0 ? this.breeding.first() : this.breeding.next(this.scored, members, generation);
    const { scored, work } = await this.race.run(islands, members, generation, this.floor);
    this.scored = scored;
    this.computedNodeRows += work.nodeRows;
    this.nodeRows += this.scored.flat().reduce((n, x) => n + x.nodes, 0) * this.options.scoredRows;
    if (generation >= warmUp) await this.updateArchive();
    const record = this.record(generation, work);
    this.log.push(record);
    this.complete = this.mark();
    return record;
  }

  /** The state after the last complete generation, also while another one is under way; undefined before the first. */
  save(): SearchState | undefined {
    if (this.complete === undefined) return undefined;
    const { generations, breeding, ...others } = this.complete;
    return { ...others, log: this.log.slice(0, generations), breeding: this.breeding.save(breeding) };
  }

  /** Makes a new search what another one was; ports, options and seeds must be those of the other one. */
  restore(state: SearchState): void {
    this.log.push(...state.log);
    this.scored = state.scored.map((island) => [...island]);
    this.nodeRows = state.nodeRows;
    this.computedNodeRows = state.computedNodeRows;
    this.race.restore(state.race, this.scored);
    this.breeding.restore(state.breeding);
    this.archive.restore(state.archive);
    this.complete = this.mark();
  }

  private mark(): Complete {
    return {
      generations: this.log.length,
      scored: this.scored,
      nodeRows: this.nodeRows,
      computedNodeRows: this.computedNodeRows,
      race: this.race.save(),
      breeding: this.breeding.mark(),
      archive: this.archive.save(),
    };
  }

  /** Ends the search: what goes to the selection. One shorter than the warm-up forms its portfolio now. */
  async finish(): Promise<Finalists> {
    if (this.log.length <= warmUp) await this.updateArchive();
    await this.archive.rejoin(this.floor ** 2);
    return { formulas: await this.archive.finalists(), size: this.options.size };
  }

  /** Members of the archive, and everyone who takes part: archive and last population, each formula once. */
  contenders(): { members: readonly Member[]; everyone: readonly Individual[] } {
    const all = [...this.archive.held, ...this.scored.flat()];
    return { members: this.archive.members, everyone: [...new Map(all.map((x) => [x.key, x])).values()] };
  }

  private updateArchive(): Promise<void> {
    const { floor } = this;
    return this.archive.update(this.scored.flat(), floor * floor);
  }

  /** Of those that were measured on all rows, and of the members, which the islands may have lost. */
  private strongest(): GenerationRecord['strongest'] {
    let [of, correlation]: [Individual | undefined, number] = [undefined, 0];
    for (const one of this.scored.flat())
      if (one.seen === 1 && Math.abs(one.correlation) > correlation)
        [of, correlation] = [one, Math.abs(one.correlation)];
    const { alone } = this.archive.strength;
    if (alone !== undefined && alone.correlation >= correlation) return alone;
    return { formula: of === undefined ? '' : this.ports.print([of.program])[0]!, correlation };
  }

  private record(generation: number, work: RaceWork): GenerationRecord {
    const best = ranked(this.scored.flat())[0];
    return {
      generation,
      trials: this.trials,
      best: {
        formula: best === undefined ? '' : this.ports.print([best.program])[0]!,
        fitness: best?.fitness ?? 0,
        gain: best?.gain ?? 0,
      },
      strongest: this.strongest(),
      portfolio: this.archive.members.length,
      together: this.archive.strength.together,
      nodeRows: this.nodeRows,
      computedNodeRows: this.computedNodeRows,
      hitRate: work.operators === 0 ? 0 : 1 - work.distinct / work.operators,
      dropped: work.dropped,
    };
  }
}
