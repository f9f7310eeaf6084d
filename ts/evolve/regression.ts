/**
 * The search for one formula over rows without an order: symbolic regression. A formula is worth the share of the
 * target's variance that it explains, its offset, coefficients and constants being at their best values; where it
 * comes up short, it grows by the term that it lacks most (kernels/src/gp/refine.rs and grow.rs). Islands keep
 * apart what is being tried; one that does not get on begins anew.
 */
import {
  type FormulaTable,
  fingerprintFormulas,
  type Program,
  type Shard,
  type Vocabulary,
  varyFormulas,
} from '../kernels/formulas.js';
import { linked } from '../kernels/regression.js';
import type { Draw } from '../statistics/random.js';
import type { Seeds } from './breeding.js';
import { type Evaluate, jointSums } from './evaluate.js';
import type { Finalists } from './judge.js';
import {
  type Individual,
  type Member,
  Parents,
  type Plan,
  planningDraw,
  ranked,
  type Scored,
  tasksOf,
} from './population.js';
import { shapeOf, startingTerms, subtreesOf } from './proposals.js';
import type { GenerationRecord } from './search.js';

/** A formula at its best constants. */
export interface Refined {
  program: Program;
  /** Share of the target's squares that it leaves; NaN for one that says nothing. */
  loss: number;
  coverage: number;
  /** The same in each block. */
  blocks: Float64Array;
}

/** How a batch is refined. */
export interface Refining {
  /** The most nodes of formulas that grow first, or are linked ({@link linked} added); 0 for others. */
  grown?: readonly number[];
  steps: number;
  price: number;
  /** Key of the draws of the first one. */
  generation: number;
  first: number;
  polish?: boolean;
}

export interface RegressionPorts {
  table: FormulaTable;
  vocabulary: Vocabulary;
  terminals: readonly number[];
  /** Names of the operators that formulas are made of. */
  operators: ReadonlySet<string>;
  sample: Shard;
  evaluate: Evaluate;
  /** Changes the terms that formulas grow by. */
  setLibrary(terms: readonly Program[]): void;
  refine(programs: readonly Program[], how: Refining): Promise<Refined[]>;
  measure(programs: readonly Program[]): number[];
  print(programs: readonly Program[]): string[];
}

export interface RegressionOptions {
  seed: number;
  population: number;
  /** Of the search part. */
  rows: number;
  maxNodes: number;
  /** Formulas that go to the selection, at most. */
  finalists: number;
  size: number;
}

export interface RegressionState {
  log: readonly GenerationRecord[];
  islands: readonly (readonly Scored[])[];
  ages: readonly number[];
  shapes: ReadonlyMap<string, number>;
  trials: number;
  nodeRows: number;
}

/** Share of the squares below which a relation is exact but for rounding. */
export const exactLoss = 1e-13;
/** What a node costs in ln(squares) · rows: while breeding, and when the result is chosen. */
const breedingPrice = 1;
const finalPrice = 3;
/** Steps of refinement of a child, and of a finalist. */
const childSteps = 4;
const finalSteps = 60;
/** How often the same shape with other constants is tried. */
const triesOfShape = 3;
const migrationPeriod = 5;
/** Generations without progress after which an island other than the best begins anew. */
const patience = 12;
/** Generations that a solved search goes on for a shorter form. */
const afterSolved = 3;
/** Largest formulas of the islands, as shares of the largest of all. */
const layers = [0.2, 0.3, 0.45, 0.7, 1] as const;
const librarySize = 512;
const exhibited = 60;

/** Shares of the ways in which children are made. `grow` and `link` are those of grow.rs, the others of vary.rs. */
const mixture: readonly (readonly [string, number])[] = [
  ['grow', 0.3],
  ['link', 0.1],
  ['crossover', 0.2],
  ['subtree', 0.12],
  ['point', 0.08],
  ['weight', 0.08],
  ['hoist', 0.05],
  ['constant', 0.03],
  ['random', 0.04],
];

interface Child {
  program: Program;
  /** The most nodes that it may grow to, or be linked of ({@link linked} added); 0 for one that stays as it is. */
  grown: number;
  origin: Scored['origin'];
}

export class RegressionSearch {
  readonly log: GenerationRecord[] = [];
  private readonly count: number;
  private readonly starting: readonly Program[];
  private islands: Scored[][] = [];
  /** Generations since each island's best got better. */
  private ages: number[] = [];
  private shapes = new Map<string, number>();
  trials = 0;
  private nodeRows = 0;
  private complete: RegressionState | undefined;
  private finals: readonly Member[] = [];

  constructor(
    private readonly ports: RegressionPorts,
    private readonly options: RegressionOptions,
    private readonly seeds: Seeds,
  ) {
    this.count = Math.max(1, Math.min(5, Math.floor(options.population / 100)));
    const { terminals, table, operators } = ports;
    this.starting = startingTerms(terminals, table, operators, librarySize / 2);
  }

  async step(): Promise<GenerationRecord> {
    const generation = this.log.length;
    const broods = generation === 0 ? this.first() : this.next(generation);
    const refined = await this.refineAll(broods, generation);
    this.islands = refined.map((brood, i) => this.survivors(this.islands[i] ?? [], brood, i));
    this.migrate(generation);
    const record = this.record(generation);
    this.log.push(record);
    this.complete = this.mark();
    return record;
  }

  /** Whether nothing is left to be explained, for some generations now. */
  get solved(): boolean {
    const done = this.log.slice(-1 - afterSolved).filter((r) => 1 - r.best.gain <= exactLoss);
    return done.length > afterSolved;
  }

  save(): RegressionState | undefined {
    return this.complete;
  }

  restore(state: RegressionState): void {
    this.log.push(...state.log);
    this.islands = state.islands.map((island) => [...island]);
    this.ages = [...state.ages];
    this.shapes = new Map(state.shapes);
    this.trials = state.trials;
    this.nodeRows = state.nodeRows;
    this.complete = this.mark();
  }

  private mark(): RegressionState {
    const { islands, ages, shapes, trials, nodeRows } = this;
    return { log: [...this.log], islands, ages: [...ages], shapes: new Map(shapes), trials, nodeRows };
  }

  /** What goes to the selection: of the best of every size, those that explain most for their nodes. */
  async finish(): Promise<Finalists> {
    const best = front(this.islands.flat());
    const worth = (x: { loss: number; nodes: number }) => this.worth(x, finalPrice);
    const chosen = [...best].sort((a, b) => worth(lossOf(b)) - worth(lossOf(a))).slice(0, 2 * exhibited);
    const how = { steps: finalSteps, price: finalPrice, generation: 0, first: 0, polish: true };
    const programs = chosen.slice(0, 8).map((x) => x.program);
    const polished = await this.ports.refine(programs, how);
    const nodes = this.ports.measure(polished.map((p) => p.program));
    const seen = this.isSeen(polished.map((p) => p.program));
    const finals = polished
      .map((p, i) => ({ ...this.scored(p, nodes[i]!, chosen[i]!.origin), loss: p.loss }))
      .filter((p, i) => seen[i] && Number.isFinite(p.loss))
      .sort((a, b) => worth(b) - worth(a));
    const exact = finals[0] !== undefined && finals[0].loss <= 10 * exactLoss;
    this.finals = await this.members(finals.slice(0, exact ? 1 : this.options.finalists));
    return { formulas: this.finals, size: this.options.size };
  }

  /** The result as it stands, and who else takes part. */
  contenders(): { members: readonly Member[]; everyone: readonly Individual[] } {
    const others = this.printed(ranked(this.islands.flat()).slice(0, exhibited));
    const everyone = [...new Map([...this.finals, ...others].map((x) => [x.key, x])).values()];
    return { members: this.finals, everyone };
  }

  /** With the key and the mean that the kernel of the other search works with. */
  private printed<I extends Individual>(all: readonly I[]): I[] {
    const programs = all.map((x) => x.program);
    const prints = fingerprintFormulas(this.ports.sample, programs);
    return all
      .map((x, i) => ({ ...x, key: prints[i]!.key, pivot: prints[i]!.mean }))
      .filter((x) => x.key !== '');
  }

  private async members(finals: readonly Scored[]): Promise<Member[]> {
    const able = this.printed(finals);
    const { joint, moments } = await jointSums(this.ports.evaluate, able);
    const texts = this.ports.print(able.map((f) => f.program));
    return able.map(({ program, nodes, key, pivot, origin }, i) => {
      const correlation = joint.targetCorrelation[i]!;
      return { program, nodes, key, pivot, origin, text: texts[i]!, correlation, moments: moments[i]! };
    });
  }

  private first(): Child[][] {
    const { seeds, given } = { seeds: this.seeds.formulas, given: this.seeds.given };
    const size = this.sizeOfIsland();
    this.ports.setLibrary(this.starting);
    return Array.from({ length: this.count }, (_, i) => {
      const own = seeds.filter((_, k) => k % this.count === i);
      const children = own.map(({ program, text }): Child => {
        const origin = given
          ? { made: 'seed', generation: 0, seed: text }
          : { made: 'column', generation: 0 };
        return { program, grown: 0, origin };
      });
      const starting = this.starting.filter((_, k) => k % this.count === i).slice(0, size >> 1);
      children.push(...starting.map((program) => child(program, 'template', 0)));
      children.push(...this.linked(size >> 3, 0, i));
      return [...children, ...this.random(size - children.length, 0, i)];
    });
  }

  /** Formulas that the kernel makes of terms of the library. */
  private linked(count: number, generation: number, island: number): Child[] {
    const stand = this.starting[0]!;
    return Array.from({ length: count }, () =>
      child(stand, 'link', generation, undefined, linked + this.nodesOf(island)),
    );
  }

  private random(count: number, generation: number, island: number): Child[] {
    const plans = Array.from({ length: Math.max(0, count) }, (_, k): Plan => {
      return { variation: k % 2 === 0 ? 'random' : 'template', parents: [] };
    });
    return this.varied(plans, generation, island);
  }

  private next(generation: number): Child[][] {
    this.ports.setLibrary(this.library());
    const best = this.bestIsland();
    return this.islands.map((island, i) => {
      if (i !== best && this.ages[i]! >= patience) return this.anew(generation, i);
      const draw = planningDraw(this.options.seed, generation, i, 0);
      const parents = new Parents(island);
      const plans = Array.from({ length: this.sizeOfIsland() }, () => planOf(parents, draw));
      const of = (name: string) => plans.filter((p) => p.variation === name);
      const others = plans.filter((p) => p.variation !== 'grow' && p.variation !== 'link');
      return [
        ...of('grow').map(({ parents: [parent] }) =>
          child(parent!.program, 'grow', generation, parent, this.nodesOf(i)),
        ),
        ...this.linked(of('link').length, generation, i),
        ...this.varied(others, generation, i),
      ];
    });
  }

  /** An island begins anew: random formulas, grown from the start. */
  private anew(generation: number, island: number): Child[] {
    this.islands[island] = [];
    this.ages[island] = 0;
    const random = this.random(this.sizeOfIsland(), generation, island);
    const linked = this.linked(random.length >> 2, generation, island);
    return [...linked, ...random.map((c, k) => ({ ...c, grown: k % 3 === 0 ? this.nodesOf(island) : 0 }))];
  }

  /** The starting terms, and what the best formulas are made of. */
  private library(): Program[] {
    const best = ranked(this.islands.flat()).slice(0, 40);
    const parts = best.flatMap(({ program }) => subtreesOf(program, this.ports.table, 15));
    const distinct = new Map(parts.map((p) => [p.join(), p]));
    return [...this.starting, ...[...distinct.values()].slice(0, librarySize - this.starting.length)];
  }

  private varied(plans: readonly Plan[], generation: number, island: number): Child[] {
    if (plans.length === 0) return [];
    const { parents, tasks } = tasksOf(plans, this.ports.table);
    const key = { seed: this.options.seed, generation, first: island * this.options.population };
    const made = varyFormulas(this.ports.vocabulary, parents, tasks, key);
    return made.map((program, i) => child(program, plans[i]!.variation, generation, plans[i]!.parents[0]));
  }

  /** Refines the children of all islands whose shape was not tried too often yet. */
  private async refineAll(broods: readonly Child[][], generation: number): Promise<Scored[][]> {
    const wanted = broods.map((brood) => brood.filter((c) => c.grown > 0 || this.isNew(c.program)));
    const all = wanted.flat();
    const refined = await this.ports.refine(
      all.map((c) => c.program),
      { grown: all.map((c) => c.grown), steps: childSteps, price: breedingPrice, generation, first: 0 },
    );
    const nodes = this.ports.measure(refined.map((r) => r.program));
    const seen = this.isSeen(refined.map((r) => r.program));
    this.trials += all.length;
    this.nodeRows += nodes.reduce((a, b) => a + b, 0) * this.options.rows;
    let at = 0;
    return wanted.map((brood, i) =>
      brood.flatMap(({ origin }) => {
        const [one, size, told] = [refined[at]!, nodes[at]!, seen[at++]!];
        const able = told && Number.isFinite(one.loss) && size <= this.nodesOf(i);
        return able ? [this.scored(one, size, origin)] : [];
      }),
    );
  }

  /** Whether f32 tells a formula from a constant: one whose large terms cancel is of no use to anybody. */
  private isSeen(programs: readonly Program[]): boolean[] {
    return fingerprintFormulas(this.ports.sample, programs).map((print) => print.key !== '');
  }

  private isNew(program: Program): boolean {
    const shape = shapeOf(program);
    const tries = this.shapes.get(shape.text) ?? 0;
    if (tries >= (shape.constants ? triesOfShape : 1)) return false;
    this.shapes.set(shape.text, tries + 1);
    return true;
  }

  private scored(
    { program, loss, coverage, blocks }: Refined,
    nodes: number,
    origin: Scored['origin'],
  ): Scored {
    return {
      program,
      nodes,
      // What explains the same in every block is the same formula.
      key: `${loss.toPrecision(7)} ${blocks[0]!.toPrecision(6)}`,
      pivot: 0,
      origin,
      fitness: this.worth({ loss, nodes }, breedingPrice),
      sign: 1,
      blocks: blocks.map((x) => -x),
      coverage,
      gain: 1 - loss,
      correlation: Math.sqrt(Math.max(0, 1 - loss)),
      seen: 1,
    };
  }

  /** −ln of what is left, less the price of the nodes. */
  private worth({ loss, nodes }: { loss: number; nodes: number }, price: number): number {
    return -Math.log(Math.max(loss, exactLoss)) - (price * nodes) / this.options.rows;
  }

  private survivors(before: readonly Scored[], brood: readonly Scored[], island: number): Scored[] {
    const kept = new Map<string, Scored>();
    for (const one of ranked([...before, ...brood])) if (!kept.has(one.key)) kept.set(one.key, one);
    const after = [...kept.values()].slice(0, this.sizeOfIsland());
    const better = (after[0]?.fitness ?? 0) > (before[0]?.fitness ?? Number.NEGATIVE_INFINITY) + 1e-3;
    this.ages[island] = better ? 0 : (this.ages[island] ?? 0) + 1;
    return after;
  }

  private migrate(generation: number): void {
    if (this.count < 2 || generation % migrationPeriod !== migrationPeriod - 1) return;
    const before = this.islands;
    this.islands = before.map((island, i) => {
      // Upwards only: the formulas of the larger islands do not fit into the smaller.
      const from = before[i - 1] ?? [];
      const arrivals = from.slice(0, Math.max(1, from.length >> 5));
      const kept = new Map([...island, ...arrivals].map((x) => [x.key, x]));
      return ranked([...kept.values()]).slice(0, this.sizeOfIsland());
    });
  }

  private bestIsland(): number {
    const best = this.islands.map((island) => island[0]?.fitness ?? Number.NEGATIVE_INFINITY);
    return best.indexOf(Math.max(...best));
  }

  /** The most nodes of an island's formulas: small ones are searched through beside the large. */
  private nodesOf(island: number): number {
    return Math.ceil(this.options.maxNodes * (layers[layers.length - this.count + island] ?? 1));
  }

  private sizeOfIsland(): number {
    return Math.max(10, Math.floor(this.options.population / this.count));
  }

  private record(generation: number): GenerationRecord {
    const best = ranked(this.islands.flat())[0];
    const formula = best === undefined ? '' : this.ports.print([best.program])[0]!;
    const correlation = best?.correlation ?? 0;
    return {
      generation,
      trials: this.trials,
      best: { formula, fitness: best?.fitness ?? 0, gain: best?.gain ?? 0 },
      strongest: { formula, correlation },
      together: correlation,
      portfolio: best === undefined ? 0 : 1,
      nodeRows: this.nodeRows,
      computedNodeRows: this.nodeRows,
      hitRate: 0,
      dropped: 0,
    };
  }
}

function child(program: Program, made: string, generation: number, parent?: Individual, grown = 0): Child {
  const seed = parent?.origin.seed;
  return { program, grown, origin: seed === undefined ? { made, generation } : { made, generation, seed } };
}

function planOf(parents: Parents, draw: Draw): Plan {
  const chance = draw.unit();
  let sum = 0;
  const variation = mixture.find(([, share]) => {
    sum += share;
    return chance < sum;
  })?.[0];
  if (variation === 'random' || variation === 'link') return { variation, parents: [] };
  const first = parents.choose(draw);
  if (variation === 'crossover') return { variation, parents: [first, parents.choose(draw)] };
  return { variation: variation ?? 'subtree', parents: [first] };
}

function lossOf({ gain, nodes }: Scored): { loss: number; nodes: number } {
  return { loss: 1 - gain, nodes };
}

/** The best of every size that no smaller one equals. */
function front(all: readonly Scored[]): Scored[] {
  const bySize = [...all].sort((a, b) => a.nodes - b.nodes || b.gain - a.gain || (a.key < b.key ? -1 : 1));
  let best = Number.NEGATIVE_INFINITY;
  return bySize.filter(({ gain }) => {
    if (gain <= best) return false;
    best = gain;
    return true;
  });
}
