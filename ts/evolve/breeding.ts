/** How a generation comes about: elites, migrants and neighbours, then children until the islands are full. */
import {
  type FormulaTable,
  fingerprintFormulas,
  type Measure,
  measureFormulas,
  type Operator,
  type Program,
  pack,
  type Shard,
  simplifyFormulas,
  type Vocabulary,
  varyFormulas,
} from '../kernels/formulas.js';
import { callKernel, type Kernels } from '../kernels/load.js';
import { Neighbourhood } from './neighbours.js';
import {
  beginnings,
  descent,
  elites,
  type Individual,
  islandCount,
  type Member,
  migrants,
  type Origin,
  type Plan,
  planningDraw,
  plansOfBeginning,
  plansOfIsland,
  ranked,
  type Scored,
  tasksOf,
} from './population.js';
import { pairsOfColumns, slidesOverConstant, type Timed, timedProducts } from './proposals.js';

export interface BreedingPorts {
  kernels: Kernels;
  table: FormulaTable;
  vocabulary: Vocabulary;
  /** Stretches of search rows: fingerprints and pivots come from here. */
  sample: Shard;
  columns: number;
  /** Columns and operators that formulas are made of. */
  terminals: readonly number[];
  operators: readonly Operator[];
  /** Of which products over time are made. */
  timed: readonly Timed[];
}

export interface BreedingOptions {
  seed: number;
  population: number;
  /** Rows before the current one on which a formula may depend. */
  maxLookBack: number;
  maxNodes: number;
  maxDepth: number;
  /** Work of a row, in additions. */
  maxCost: number;
}

/** Programs over the scaled columns. */
export interface Seeds {
  formulas: readonly { program: Program; text: string }[];
  /** Whether a person named them; else they are the columns. */
  given: boolean;
}

/** Formulas with fewer values than this share of the sample say too little to be scored. */
export const leastCoverage = 0.05;
/** Attempts to fill a generation with formulas not seen before. */
const fillRounds = 4;
/** Formulas of the last generation whose neighbours are explored. */
const exploredBest = 4;
/** Levels of a gate, in deviations from the mean. */
const gateLevels = [-0.6, 0, 0.6];
/** Share of a generation that neighbours may take. */
const neighbourShare = 0.35;
/** Share of a generation that the next products over time take, until all have been tried. */
const timedShare = 0.15;

/** A point in time: how many keys there were, and how many neighbours of each formula had been tried. */
export interface BreedingMark {
  seen: number;
  explored: readonly Explored[];
}

/** A formula's key, and how many of its neighbours were tried. */
type Explored = readonly [key: string, tried: number];

/** What breeding remembers after a generation. */
export interface BreedingState {
  seen: readonly string[];
  explored: readonly Explored[];
}

export class Breeding {
  /** Keys of all formulas ever evaluated. */
  readonly seen = new Set<string>();
  /** By key, how many of a formula's neighbours were tried. */
  private readonly explored = new Map<string, number>();
  private readonly neighbourhood: Neighbourhood;
  private readonly seeds: readonly Individual[];
  private readonly islands: number;

  constructor(
    private readonly ports: BreedingPorts,
    private readonly options: BreedingOptions,
    private readonly given: Seeds,
  ) {
    this.islands = islandCount(options.population);
    this.neighbourhood = new Neighbourhood({ ...ports, levels: (programs) => this.levels(programs) });
    this.seeds = this.asIndividuals(
      given.formulas.map((s) => s.program),
      (i) => this.seedOrigin(i),
      'seeds',
    );
  }

  /** How much it remembers now: keys are only ever added. */
  mark(): BreedingMark {
    return { seen: this.seen.size, explored: [...this.explored] };
  }

  /** What it remembered at a mark. */
  save({ seen, explored }: BreedingMark): BreedingState {
    return { seen: first(this.seen, seen), explored };
  }

  restore({ seen, explored }: BreedingState): void {
    for (const key of seen) this.seen.add(key);
    for (const [key, tried] of explored) this.explored.set(key, tried);
  }

  /** The first population: seeds, pairs of columns, and what comes of seeds, templates and chance. */
  first(): Individual[][] {
    const pairs = this.pairs();
    return this.dealt(this.seeds).map((seeds, i) => {
      const island = this.begin(seeds);
      this.add(island, this.dealt(pairs)[i]!);
      this.fill(island, i, 0, (missing, draw) =>
        plansOfBeginning(missing, this.seeds, draw, this.given.given),
      );
      return [...island.values()];
    });
  }

  /** Generation `generation`, from the one before it and the members of the portfolio. */
  next(scored: readonly Scored[][], members: readonly Member[], generation: number): Individual[][] {
    const arrivals = migrants(scored, generation);
    const near = this.dealt([
      ...this.neighbours(scored, members, generation),
      ...this.timedProducts(generation),
    ]);
    return scored.map((before, i) => {
      const island = this.begin([...elites(before), ...arrivals[i]!]);
      this.add(island, near[i]!);
      this.fill(island, i, generation, (missing, draw) =>
        plansOfIsland(before, this.seeds, members, missing, draw),
      );
      return [...island.values()];
    });
  }

  private begin(kept: readonly Individual[]): Map<string, Individual> {
    for (const own of kept) this.seen.add(own.key);
    return new Map(kept.map((k) => [k.key, k]));
  }

  /** Adds those that were never evaluated. */
  private add(island: Map<string, Individual>, children: readonly Individual[]): void {
    for (const child of children) {
      if (this.seen.has(child.key)) continue;
      this.seen.add(child.key);
      island.set(child.key, child);
    }
  }

  /** Makes children as planned until the island has its size, or nothing new comes of it. */
  private fill(
    island: Map<string, Individual>,
    place: number,
    generation: number,
    plan: (missing: number, draw: ReturnType<typeof planningDraw>) => Plan[],
  ): void {
    const { population, seed } = this.options;
    const size = Math.floor(population / this.islands) + (place < population % this.islands ? 1 : 0);
    for (let round = 0; round < fillRounds && island.size < size; round++) {
      const plans = plan(size - island.size, planningDraw(seed, generation, place, round));
      this.add(island, this.make(plans, generation, (place * fillRounds + round) * population));
    }
  }

  private pairs(): Individual[] {
    const { terminals, operators } = this.ports;
    // Without a person's seeds the templates take the share of their crosses as well.
    const share = beginnings.templates + (this.given.given ? 0 : beginnings.crosses);
    const programs = pairsOfColumns(terminals, operators, share * this.options.population);
    return this.asIndividuals(programs, () => ({ made: 'template', generation: 0 }));
  }

  /** Those whose turn it is. */
  private timedProducts(generation: number): Individual[] {
    const { terminals, timed, operators } = this.ports;
    const room = Math.floor(timedShare * this.options.population);
    const mul = operators.find((o) => o.name === 'mul');
    if (mul === undefined) return [];
    const programs = timedProducts(terminals, timed, mul.code, [(generation - 1) * room, room]);
    return this.asIndividuals(programs, () => ({ made: 'template', generation }));
  }

  /**
   * The next neighbours of the best formulas of the last generation and of the members: half of the room is shared
   * equally, half by what each explains by itself. The kinds that a formula keeps to its neighbours keep to as well.
   */
  private neighbours(
    scored: readonly Scored[][],
    members: readonly Member[],
    generation: number,
  ): Individual[] {
    const all = [...ranked(scored.flat()).slice(0, exploredBest), ...members];
    const centres = [...new Map(all.map((one) => [one.key, one])).values()];
    const explained = centres.reduce((sum, { correlation }) => sum + correlation ** 2, 0) || 1;
    return centres.flatMap((centre) => {
      const share = (1 / centres.length + centre.correlation ** 2 / explained) / 2;
      const room = Math.ceil(share * neighbourShare * this.options.population);
      const tried = this.explored.get(centre.key) ?? 0;
      const near = this.neighbourhood.of(centre.program, tried, room);
      this.explored.set(centre.key, tried + near.length);
      const origin = descent('neighbour', generation, centre);
      return this.asIndividuals(this.typedAs(centre.program, near), () => origin);
    });
  }

  /** Without those that add or compare unlike kinds, unless the formula they come from does. */
  typedAs(centre: Program, near: readonly Program[]): Program[] {
    const [own, ...typed] = callKernel(() => this.ports.vocabulary.typed(pack([centre, ...near])));
    return near.filter((_, i) => typed[i] === 1 || own === 0);
  }

  /** Of each program the mean on the sample and what lies somewhat beside it, in two digits of the deviation. */
  private levels(programs: readonly Program[]): number[][] {
    return fingerprintFormulas(this.ports.sample, programs).map(({ mean, deviation }) => {
      if (!(deviation > 0 && Number.isFinite(mean))) return [];
      const step = 10 ** (Math.floor(Math.log10(deviation)) - 1);
      const rounded = (level: number) => Number((Math.round(level / step) * step).toPrecision(12));
      return gateLevels.map((by) => rounded(mean + by * deviation));
    });
  }

  private make(plans: readonly Plan[], generation: number, first: number): Individual[] {
    const { parents, tasks } = tasksOf(plans, this.ports.table);
    const key = { seed: this.options.seed, generation, first };
    const programs = varyFormulas(this.ports.vocabulary, parents, tasks, key);
    return this.asIndividuals(programs, (i) =>
      descent(plans[i]!.variation, generation, ...plans[i]!.parents),
    );
  }

  private within({ nodes, depth, lookBack, cost }: Measure): boolean {
    const { maxLookBack, maxNodes, maxDepth, maxCost } = this.options;
    return nodes <= maxNodes && depth <= maxDepth && lookBack <= maxLookBack && cost <= maxCost;
  }

  /**
   * Simplified, measured and fingerprinted; those beyond the limits or without enough values are left out. The limits
   * are wide enough for a person's seeds as they were written; what brings their columns to one order comes on top.
   */
  asIndividuals(
    programs: readonly Program[],
    origin: (i: number) => Origin,
    limited: 'all' | 'seeds' = 'all',
  ): Individual[] {
    const { kernels, columns, sample } = this.ports;
    if (programs.length === 0) return [];
    const simple = simplifyFormulas(kernels, programs, columns);
    const measures = measureFormulas(kernels, simple, columns);
    const prints = fingerprintFormulas(sample, simple);
    return simple.flatMap((program, i) => {
      const { nodes } = measures[i]!;
      const { key, coverage, mean } = prints[i]!;
      const bounded = Math.abs(mean) < 1e30 && !slidesOverConstant(program);
      const fit =
        (limited === 'seeds' || this.within(measures[i]!)) &&
        bounded &&
        key !== '' &&
        coverage >= leastCoverage;
      return fit ? [{ program, nodes, key, pivot: mean, origin: origin(i) }] : [];
    });
  }

  private seedOrigin(i: number): Origin {
    const { formulas, given } = this.given;
    return given
      ? { made: 'seed', generation: 0, seed: formulas[i]!.text }
      : { made: 'column', generation: 0 };
  }

  /** Dealt out to the islands in turn. */
  private dealt(all: readonly Individual[]): Individual[][] {
    return Array.from({ length: this.islands }, (_, island) =>
      all.filter((_, i) => i % this.islands === island),
    );
  }
}

/** The first `count` keys, in the order in which they were added. */
function first(keys: ReadonlySet<string>, count: number): string[] {
  const all = [...keys];
  all.length = count;
  return all;
}
