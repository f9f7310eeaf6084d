/**
 * The search: generations of formulas over islands, scored on block statistics, with the portfolio in the
 * loop. If you are looking for
 * - how a generation comes about, read {@link Search.breed} and population.ts;
 * - what a formula is worth, read {@link Search.score} and statistics.ts;
 * - how the portfolio changes, read {@link Search.update} and portfolio.ts.
 */
import {
  columnProgram,
  constantProgram,
  type FormulaTable,
  fingerprintFormulas,
  forEachColumn,
  measureFormulas,
  type Program,
  pack,
  type Shard,
  simplifyFormulas,
  type Vocabulary,
  varyFormulas,
} from '../kernels/formulas.js';
import { callKernel, type Kernels } from '../kernels/load.js';
import { dot } from './linear.js';
import {
  elites,
  type Individual,
  islandCount,
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
import { type Candidate, compareText, type PortfolioLimits, updatePortfolio } from './portfolio.js';
import {
  type BlockSums,
  blockWeights,
  coefficients,
  fitnessOf,
  type Joint,
  jointOf,
  type Moments,
  marginalGain,
  memberBlocks,
  memberCorrelations,
  moments,
  partialOf,
  project,
  standardise,
} from './statistics.js';

/** Members whose products with the formulas are wanted: z = (f − mean) · scale. */
export interface PortfolioInput {
  programs: readonly Program[];
  means: ArrayLike<number>;
  scales: ArrayLike<number>;
}

/** Evaluates programs over the rows of a part, whatever threads and shards it takes. */
export type Evaluate = (
  programs: readonly Program[],
  pivots: ArrayLike<number>,
  portfolio?: PortfolioInput,
) => Promise<BlockSums>;

export interface SearchOptions extends PortfolioLimits {
  seed: number;
  population: number;
  generations: number;
  /** Rows before the current one on which a formula may depend. */
  maxLookBack: number;
  maxNodes: number;
  /** Work of a row, in additions. */
  maxCost: number;
}

/** What the search works with. */
export interface SearchPorts {
  kernels: Kernels;
  table: FormulaTable;
  vocabulary: Vocabulary;
  /** Stretches of search rows: fingerprints and pivots come from here. */
  sample: Shard;
  columns: number;
  /** Columns that formulas are made of. */
  terminals: readonly number[];
  evaluate: Evaluate;
  /** The text in the columns' own units. */
  print(programs: readonly Program[]): string[];
}

/** A formula of the portfolio in the making. */
export interface Member extends Individual {
  text: string;
  moments: Moments;
}

export interface GenerationRecord {
  generation: number;
  /** Distinct formulas evaluated so far. */
  trials: number;
  best: { formula: string; fitness: number; gain: number };
  /** Formulas in the portfolio. */
  portfolio: number;
  nodeRows: number;
}

/** Everything a run can be continued from: plain values. */
export interface SearchState {
  generation: number;
  islands: Individual[][];
  members: Member[];
  /** Keys of all formulas ever evaluated, and of the members whose neighbours were. */
  seen: Set<string>;
  explored: Set<string>;
  nodeRows: number;
  log: GenerationRecord[];
}

/** Formulas with fewer values than this share of the sample say too little to be scored. */
const leastCoverage = 0.05;
/** Attempts to fill a generation with formulas not seen before. */
const fillRounds = 4;
/** Share of a generation that neighbours of members may take. */
const neighbourShare = 0.25;
/** Best formulas that ask to join the portfolio after a generation, and how alike two of them may be. */
const candidateCount = 24;
const candidateCorrelation = 0.9;

const one = constantProgram(1);

export class Search {
  readonly state: SearchState = {
    generation: 0,
    islands: [],
    members: [],
    seen: new Set(),
    explored: new Set(),
    nodeRows: 0,
    log: [],
  };
  private scored: Scored[][] = [];
  private asked = '';

  /** `seeds` are programs over the scaled columns; `given` says whether a person named them. */
  constructor(
    private readonly ports: SearchPorts,
    private readonly options: SearchOptions,
    private readonly seeds: readonly { program: Program; text: string }[],
    private readonly given: boolean,
    private readonly scoredRows: number,
  ) {}

  /** Runs one generation and returns its record. */
  async step(): Promise<GenerationRecord> {
    const { state } = this;
    state.islands = this.breed();
    this.scored = await this.score(state.islands);
    await this.update();
    const record = this.record();
    state.log.push(record);
    state.generation++;
    return record;
  }

  /** The formulas of the last generation, best first. */
  best(count: number): Scored[] {
    return ranked(this.scored.flat()).slice(0, count);
  }

  /** The next generation: elites and migrants, then children not seen before. */
  private breed(): Individual[][] {
    const { population, seed } = this.options;
    const { generation } = this.state;
    const count = islandCount(population);
    const seeds = this.asIndividuals(
      this.seeds.map((s) => s.program),
      (i) => this.seedOrigin(i),
    );
    const arrivals = generation === 0 ? [] : migrants(this.scored, generation);
    const near = this.neighbours();
    return Array.from({ length: count }, (_, i) => {
      const size = Math.floor(population / count) + (i < population % count ? 1 : 0);
      const kept = generation === 0 ? this.share(seeds, i, count) : elites(this.scored[i]!);
      const island = new Map([...kept, ...(arrivals[i] ?? [])].map((k) => [k.key, k]));
      for (const own of island.values()) this.state.seen.add(own.key);
      this.add(island, this.share(near, i, count));
      for (let round = 0; round < fillRounds && island.size < size; round++) {
        const draw = planningDraw(seed, generation, i, round);
        const missing = size - island.size;
        const plans =
          generation === 0
            ? plansOfBeginning(missing, seeds, draw, this.given)
            : plansOfIsland(this.scored[i]!, seeds, this.state.members, missing, draw);
        const first = (i * fillRounds + round) * population;
        this.add(island, this.make(plans, first));
      }
      return [...island.values()];
    });
  }

  /** Adds those that were never evaluated. */
  private add(island: Map<string, Individual>, children: readonly Individual[]): void {
    for (const child of children) {
      if (this.state.seen.has(child.key)) continue;
      this.state.seen.add(child.key);
      island.set(child.key, child);
    }
  }

  /**
   * Every new member with one of its columns replaced by every other one: where a proxy was found first, the
   * formula that it stands for is often one column away. At most a share of a generation; the rest waits.
   */
  private neighbours(): Individual[] {
    const room = neighbourShare * this.options.population;
    const programs: Program[] = [];
    const origins: Origin[] = [];
    for (const member of this.state.members) {
      if (this.state.explored.has(member.key)) continue;
      const near = substitutions(member.program, this.ports.terminals);
      if (programs.length > 0 && programs.length + near.length > room) break;
      this.state.explored.add(member.key);
      for (const program of near) {
        programs.push(program);
        const { seed } = member.origin;
        const origin = { made: 'substitution', generation: this.state.generation };
        origins.push(seed === undefined ? origin : { ...origin, seed });
      }
    }
    return this.asIndividuals(programs, (i) => origins[i]!);
  }

  private seedOrigin(i: number): Origin {
    return this.given
      ? { made: 'seed', generation: 0, seed: this.seeds[i]!.text }
      : { made: 'column', generation: 0 };
  }

  /** What is dealt out to the islands in turn. */
  private share(all: readonly Individual[], island: number, count: number): Individual[] {
    return all.filter((_, i) => i % count === island);
  }

  private make(plans: readonly Plan[], first: number): Individual[] {
    const { vocabulary, table } = this.ports;
    const { generation } = this.state;
    const { parents, tasks } = tasksOf(plans, table);
    const programs = varyFormulas(vocabulary, parents, tasks, { seed: this.options.seed, generation, first });
    return this.asIndividuals(programs, (i) => {
      const { variation: made, parents: from } = plans[i]!;
      const seed = from[0]?.origin.seed;
      return seed === undefined ? { made, generation } : { made, generation, seed };
    });
  }

  /** Simplified, measured and fingerprinted; those beyond the limits or without enough values are left out. */
  private asIndividuals(programs: readonly Program[], origin: (i: number) => Origin): Individual[] {
    const { kernels, columns, sample } = this.ports;
    if (programs.length === 0) return [];
    const simple = simplifyFormulas(kernels, programs, columns);
    const measures = measureFormulas(kernels, simple, columns);
    const prints = fingerprintFormulas(sample, simple);
    const individuals: Individual[] = [];
    simple.forEach((program, i) => {
      const { nodes, lookBack, cost } = measures[i]!;
      const { key, coverage, mean } = prints[i]!;
      const { options } = this;
      const within = lookBack <= options.maxLookBack && nodes <= options.maxNodes && cost <= options.maxCost;
      const bounded = Math.abs(mean) < 1e30;
      if (within && bounded && key !== '' && coverage >= leastCoverage)
        individuals.push({ program, nodes, key, pivot: mean, origin: origin(i) });
    });
    return individuals;
  }

  /** Scores all islands in one evaluation, together with the portfolio as frozen before. */
  private async score(islands: readonly Individual[][]): Promise<Scored[][]> {
    const { members } = this.state;
    const everyone = islands.flat();
    const programs = [one, ...members.map((m) => m.program), ...everyone.map((x) => x.program)];
    const pivots = [0, ...members.map((m) => m.pivot), ...everyone.map((x) => x.pivot)];
    const sums = await this.ports.evaluate(programs, pivots, portfolioInput(members));
    this.state.nodeRows += everyone.reduce((n, x) => n + x.nodes, 0) * this.scoredRows;
    const judge = scorer(sums, members);
    let at = 1 + members.length;
    return islands.map((island) => island.map((individual) => judge(individual, at++)));
  }

  /** Lets the best formulas of the generation ask to join the portfolio. */
  private async update(): Promise<void> {
    const { members } = this.state;
    const candidates = this.candidates();
    const asking = [...members, ...candidates].map((c) => c.key).join();
    if (candidates.length === 0 || asking === this.asked) return;
    this.asked = asking;
    const everyone: Individual[] = [...members, ...candidates];
    const { joint, moments: measured } = await jointSums(this.ports.evaluate, everyone);
    const texts = this.ports.print(everyone.map((e) => e.program));
    const all = everyone.map(
      (e, i): Candidate => ({ text: texts[i]!, nodes: e.nodes, coverage: measured[i]!.coverage }),
    );
    const places = everyone.map((_, i) => i);
    const kept = updatePortfolio(
      joint,
      all,
      places.slice(0, members.length),
      places.slice(members.length),
      this.options,
    );
    this.state.members = kept.map((i) => memberOf(everyone[i]!, texts[i]!, measured[i]!));
  }

  /** The best by gain that are no members and not too alike on the sample. */
  private candidates(): Individual[] {
    const held = new Set(this.state.members.map((m) => m.key));
    const able = this.scored.flat().filter((s) => s.fitness > 0 && !held.has(s.key));
    const byKey = [...new Map(able.map((s) => [s.key, s])).values()];
    byKey.sort((a, b) => b.fitness - a.fitness || compareText(a.key, b.key));
    const pool = byKey.slice(0, 8 * candidateCount);
    const values = standardSamples(
      this.ports.sample,
      pool.map((one) => one.program),
    );
    const chosen: number[] = [];
    for (let i = 0; i < pool.length && chosen.length < candidateCount; i++) {
      const alike = chosen.some(
        (j) => Math.abs(dot(values[i]!, values[j]!)) > candidateCorrelation * values[i]!.length,
      );
      if (!alike) chosen.push(i);
    }
    return chosen.map((i) => pool[i]!);
  }

  private record(): GenerationRecord {
    const { state } = this;
    const best = this.best(1)[0];
    return {
      generation: state.generation,
      trials: state.seen.size,
      best: {
        formula: best === undefined ? '' : this.ports.print([best.program])[0]!,
        fitness: best?.fitness ?? 0,
        gain: best?.gain ?? 0,
      },
      portfolio: state.members.length,
      nodeRows: state.nodeRows,
    };
  }
}

/** A program with one of its columns replaced, in every way. */
function substitutions(program: Program, terminals: readonly number[]): Program[] {
  const near: Program[] = [];
  forEachColumn(program, (column, place) => {
    for (const other of terminals) {
      if (other === column) continue;
      const changed = program.slice();
      changed[place] = columnProgram(other)[0]!;
      near.push(changed);
    }
  });
  return near;
}

function portfolioInput(members: readonly Member[]): PortfolioInput | undefined {
  if (members.length === 0) return undefined;
  return {
    programs: members.map((m) => m.program),
    means: members.map((m) => m.pivot + m.moments.shift),
    scales: members.map((m) => m.moments.scale),
  };
}

function memberOf(individual: Individual, text: string, own: Moments): Member {
  const { program, nodes, key, pivot, origin } = individual;
  return { program, nodes, key, pivot, origin, text, moments: own };
}

/** Scores individuals from sums that begin with the constant and the members. */
function scorer(sums: BlockSums, members: readonly Member[]): (one: Individual, place: number) => Scored {
  const places = members.map((_, i) => i + 1);
  const joint = jointOf(
    sums,
    places,
    0,
    members.map((m) => m.moments),
  );
  const projection = project(
    joint,
    members.map((_, i) => i),
  );
  const prepared = memberBlocks(joint, projection);
  return (individual, place) => {
    const own = moments(sums, place, joint.totalWeight);
    const standard = standardise(sums, place, own);
    const u = memberCorrelations(standard, members.length, joint.totalWeight);
    const partial = partialOf(standard, prepared, coefficients(projection, u));
    const { value, sign } = fitnessOf(partial.blocks, individual.nodes, own.coverage);
    const c = standard.target.reduce((sum, x) => sum + x, 0) / joint.totalWeight;
    return {
      ...individual,
      fitness: own.scale > 0 ? value : Number.NEGATIVE_INFINITY,
      sign,
      blocks: sign < 0 ? partial.blocks.map((x) => -x) : partial.blocks,
      coverage: own.coverage,
      gain: marginalGain(projection, u, c),
    };
  };
}

/** The joint sums of formulas over a part, each standardised over this part. */
export async function jointSums(
  evaluate: Evaluate,
  formulas: readonly { program: Program; pivot: number }[],
): Promise<{ joint: Joint; moments: Moments[] }> {
  const programs = [one, ...formulas.map((f) => f.program)];
  const pivots = [0, ...formulas.map((f) => f.pivot)];
  const alone = await evaluate(programs, pivots);
  const totalWeight = blockWeights(alone, 0).reduce((a, b) => a + b, 0);
  const measured = formulas.map((_, i) => moments(alone, i + 1, totalWeight));
  const sums = await evaluate(programs, pivots, {
    programs: formulas.map((f) => f.program),
    means: formulas.map((f, i) => f.pivot + measured[i]!.shift),
    scales: measured.map((m) => m.scale),
  });
  const places = formulas.map((_, i) => i + 1);
  return { joint: jointOf(sums, places, 0, measured), moments: measured };
}

/** Values of formulas on the sample with mean 0 and variance 1, 0 for null. */
function standardSamples(sample: Shard, programs: readonly Program[]): Float64Array[] {
  if (programs.length === 0) return [];
  const values = callKernel(() => sample.values(pack(programs)));
  const rows = values.length / programs.length;
  return programs.map((_, i) => standardSample(values.subarray(i * rows, (i + 1) * rows)));
}

function standardSample(values: Float32Array): Float64Array {
  let [count, sum, squares] = [0, 0, 0];
  for (const x of values) {
    if (!Number.isFinite(x)) continue;
    count++;
    sum += x;
  }
  const mean = sum / count;
  for (const x of values) if (Number.isFinite(x)) squares += (x - mean) ** 2;
  const scale = squares > 0 ? 1 / Math.sqrt(squares / values.length) : 0;
  return Float64Array.from(values, (x) => (Number.isFinite(x) ? (x - mean) * scale : 0));
}
