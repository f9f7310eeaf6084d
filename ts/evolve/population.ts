/** Who lives and who breeds: the first population, islands, parents, elites, migration. */
import type { FormulaTable, Program, VaryTask } from '../kernels/formulas.js';
import { Draw, purposes } from '../statistics/random.js';
import type { Moments } from './statistics.js';

/** Where a formula comes from. */
export interface Origin {
  /** How it was made: a variation's name, `template`, `neighbour`, `split`, `join`, `seed`, `column`. */
  made: string;
  generation: number;
  /** The person's formula it descends from by its first parents. */
  seed?: string;
  /** What it was made of; none of what chance or a person made. */
  parent?: Ancestor;
  /** The second parent of a crossover or a join. */
  other?: Program;
}

/** A formula that another one was made of. */
export interface Ancestor {
  /** Over the scaled columns. */
  program: Program;
  origin: Origin;
}

export interface Individual {
  /** Over the scaled columns. */
  program: Program;
  nodes: number;
  key: string;
  /** The formula's mean on the sample: what the kernel takes off before it squares. */
  pivot: number;
  origin: Origin;
}

/** Of what was made of one formula, or of two. */
export function descent(made: string, generation: number, parent?: Individual, other?: Individual): Origin {
  if (parent === undefined) return { made, generation };
  const { program, origin } = parent;
  return {
    ...{ made, generation, parent: { program, origin } },
    ...(origin.seed !== undefined && { seed: origin.seed }),
    ...(other !== undefined && { other: other.program }),
  };
}

/** An individual with what its blocks say, the sign of its relation taken out. */
export interface Scored extends Individual {
  fitness: number;
  sign: 1 | -1;
  blocks: Float64Array;
  coverage: number;
  /** What it adds to the portfolio, in R². */
  gain: number;
  /** With the residual, by itself, over the rows that it was measured on. */
  correlation: number;
  /**
   * Share of the rows' weight that it was measured on. Below 1 it was dropped from the race: fitness, blocks and gain
   * are what the same t-value over all rows is worth.
   */
  seen: number;
  /** Over all rows; of one that was dropped, over those that it was measured on. */
  moments?: Moments;
}

/** A formula of the portfolio in the making. */
export interface Member extends Individual {
  text: string;
  /** With the residual, by itself. */
  correlation: number;
  moments: Moments;
}

/** What a child is to be made of. */
export interface Plan {
  variation: string;
  parents: readonly Individual[];
}

/** Shares of the ways in which children are made, after the first population. */
const mixture: readonly (readonly [string, number])[] = [
  ['crossover', 0.45],
  ['subtree', 0.15],
  ['point', 0.12],
  ['hoist', 0.05],
  ['constant', 0.08],
  ['window', 0.08],
  ['template', 0.04],
  ['random', 0.03],
];

/** Shares of the first population: seeds and their mutations, crosses of seeds, templates, random trees. */
export const beginnings = { mutations: 0.2, crosses: 0.3, templates: 0.3 } as const;
/** Share of every generation that comes from the seeds. */
const seedShare = 0.015;
/** Share of the children that vary a member: given itself a member is worth nothing, so islands lose it. */
const memberShare = 0.1;
const eliteShare = 0.05;
const migrantShare = 0.02;
/** Generations between two migrations. */
const migrationPeriod = 4;
const mutations = ['subtree', 'point', 'hoist', 'constant', 'window'] as const;

export function islandCount(population: number): number {
  return Math.max(1, Math.min(8, Math.floor(population / 250)));
}

/** Plans of the first population; where no person gave seeds, templates take the place of their crosses. */
export function plansOfBeginning(
  count: number,
  seeds: readonly Individual[],
  draw: Draw,
  givenSeeds: boolean,
): Plan[] {
  const crosses = givenSeeds ? beginnings.crosses : 0;
  const templates = beginnings.templates + beginnings.crosses - crosses;
  return Array.from({ length: count }, () => {
    const chance = draw.unit();
    if (chance < beginnings.mutations && seeds.length > 0) return mutationOf(pick(seeds, draw), draw);
    if (chance < beginnings.mutations + crosses)
      return { variation: 'crossover', parents: [pick(seeds, draw), pick(seeds, draw)] };
    const template = chance < beginnings.mutations + crosses + templates;
    return { variation: template ? 'template' : 'random', parents: [] };
  });
}

function mutationOf(parent: Individual, draw: Draw): Plan {
  return { variation: pick(mutations, draw), parents: [parent] };
}

function pick<T>(list: readonly T[], draw: Draw): T {
  return list[draw.below(list.length)]!;
}

/** Plans of `count` children of an island; some have a member of the portfolio as their first parent. */
export function plansOfIsland(
  island: readonly Scored[],
  seeds: readonly Individual[],
  members: readonly Individual[],
  count: number,
  draw: Draw,
): Plan[] {
  const parents = new Parents(island);
  return Array.from({ length: count }, () => {
    if (seeds.length > 0 && draw.unit() < seedShare) return mutationOf(pick(seeds, draw), draw);
    const variation = variationOf(draw.unit());
    if (variation === 'template' || variation === 'random') return { variation, parents: [] };
    const improves = members.length > 0 && draw.unit() < memberShare;
    const first = improves ? pick(members, draw) : parents.choose(draw);
    return { variation, parents: variation === 'crossover' ? [first, parents.choose(draw)] : [first] };
  });
}

function variationOf(chance: number): string {
  let sum = 0;
  for (const [name, share] of mixture) {
    sum += share;
    if (chance < sum) return name;
  }
  return mixture[0]![0];
}

/**
 * Parents, half of them by ε-lexicase over the blocks (La Cava 2016: those within a median absolute deviation
 * of the best in one block after another), so that formulas of one regime survive; half by tournament on
 * fitness, since a weak relation hardly shows in any one block.
 */
export class Parents {
  private readonly tolerance: Float64Array;

  constructor(private readonly island: readonly Scored[]) {
    const said = new Float64Array(island.length);
    this.tolerance = island[0]!.blocks.map((_, b) => {
      for (let i = 0; i < said.length; i++) said[i] = island[i]!.blocks[b]!;
      return medianDeviation(said);
    });
  }

  choose(draw: Draw): Scored {
    return draw.unit() < 0.5 ? this.lexicase(draw) : this.tournament(draw);
  }

  private tournament(draw: Draw): Scored {
    let best = pick(this.island, draw);
    for (let i = 1; i < 5; i++) {
      const other = pick(this.island, draw);
      if (other.fitness > best.fitness) best = other;
    }
    return best;
  }

  private lexicase(draw: Draw): Scored {
    let left = this.island;
    for (let depth = 0; depth < 8 && left.length > 1; depth++) {
      const b = draw.below(this.tolerance.length);
      let best = Number.NEGATIVE_INFINITY;
      for (const one of left) best = Math.max(best, one.blocks[b]!);
      const least = best - this.tolerance[b]!;
      left = left.filter((one) => one.blocks[b]! >= least);
    }
    return pick(left, draw);
  }
}

/** The median absolute deviation; the values are changed. */
function medianDeviation(values: Float64Array): number {
  const median = middle(values);
  for (let i = 0; i < values.length; i++) values[i] = Math.abs(values[i]! - median);
  return middle(values);
}

/** What stands in the middle of the sorted values, finite ones, which change their order (Hoare's selection). */
export function middle(values: Float64Array): number {
  const nth = values.length >> 1;
  for (let [from, to] = [0, values.length - 1]; from < to; ) {
    const pivot = values[(from + to) >> 1]!;
    let [i, j] = [from, to];
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i <= j) {
        [values[i], values[j]] = [values[j]!, values[i]!];
        i++;
        j--;
      }
    }
    if (nth <= j) to = j;
    else if (nth >= i) from = i;
    else break;
  }
  return values[nth]!;
}

/** Best first; equals in the order of their keys. */
export function ranked(island: readonly Scored[]): Scored[] {
  return [...island].sort((a, b) => b.fitness - a.fitness || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** How many of an island of `size` live on. */
export function eliteCount(size: number): number {
  return Math.max(1, Math.round(eliteShare * size));
}

export function elites(island: readonly Scored[]): Individual[] {
  return ranked(island).slice(0, eliteCount(island.length));
}

/** The best of every island, copied to the next one, every few generations. */
export function migrants(islands: readonly (readonly Scored[])[], generation: number): Individual[][] {
  if (islands.length < 2 || generation % migrationPeriod !== 0) return islands.map(() => []);
  return islands.map((_, i) => {
    const from = islands[(i + islands.length - 1) % islands.length]!;
    return ranked(from).slice(0, Math.max(1, Math.round(migrantShare * from.length)));
  });
}

/** Packs plans for the kernel: parents once each, and tasks that name them by place. */
export function tasksOf(
  plans: readonly Plan[],
  table: FormulaTable,
): { parents: Program[]; tasks: VaryTask[] } {
  const codes = new Map(table.variations.map((v, code) => [v.name, code]));
  const places = new Map<Individual, number>();
  const place = (one: Individual | undefined) => {
    if (one === undefined) return 0;
    if (!places.has(one)) places.set(one, places.size);
    return places.get(one)!;
  };
  const tasks = plans.map(
    ({ variation, parents }): VaryTask => [codes.get(variation)!, place(parents[0]), place(parents[1])],
  );
  return { parents: [...places.keys()].map((one) => one.program), tasks };
}

/** The stream of draws that plans an island's generation. */
export function planningDraw(seed: number, generation: number, island: number, round: number): Draw {
  return new Draw(seed, generation, island, round, purposes.tasks);
}
