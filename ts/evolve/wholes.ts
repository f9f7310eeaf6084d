/**
 * What may be one formula or two. A member that adds two formulas which could each stand in the portfolio is split; where
 * the sum stands within a product, a window or a bend, it may be one relation after all, and is remembered. In the end
 * what was one, and members with a factor in common as one, are formulas that ask to take the place of their parts.
 */
import {
  columnCode,
  type FormulaTable,
  fingerprintFormulas,
  type Operator,
  type Program,
  partsOf,
  type Shard,
} from '../kernels/formulas.js';
import { type Join, joinsOf } from './joins.js';
import { descent, type Individual, type Member, type Origin } from './population.js';
import type { UpdateLimits } from './portfolio.js';
import { splitsOf, standApart } from './splits.js';
import { type Joint, project } from './statistics.js';

export interface WholesPorts {
  sample: Shard;
  table: FormulaTable;
  /** Those that formulas are made of. */
  operators: readonly Operator[];
  /** Programs within the limits that have values. */
  asIndividuals(programs: readonly Program[], origin: () => Origin): Individual[];
  /** Without those that add or compare unlike kinds, unless `of` does. */
  typedAs(of: Program, programs: readonly Program[]): Program[];
  /** The joint sums of formulas over the search part. */
  joint(formulas: readonly Individual[]): Promise<Joint>;
}

export interface WholesState {
  remembered: readonly Individual[];
  made: readonly string[];
}

/** A way to see a formula as two. */
interface Way {
  whole: Individual;
  parts: readonly [Individual, Individual];
  outermost: boolean;
}

/** A way to write two members, given by their places, with the same factor. */
interface JoinOfMembers {
  of: readonly [number, number];
  join: Join;
}

/** Ways to split that are measured after a generation: about as much work as its candidates. */
const splitCount = 12;
/** Formulas that were split and are remembered: the latest. */
const rememberedCount = 12;
/** Ways to join that are tried in the end, each with the sum and with the difference. */
const joinCount = 12;
/**
 * Parts are of one relation only where the weaker one explains this share of what the stronger does, and this many times
 * what the best of noise does: else a relation would take up a bit of noise that has a factor in common with it.
 */
const [leastShare, leastLuck] = [0.1, 4];
/** A weight within so much of 1, in its logarithm, is 1. */
const nearlyOne = 0.15;

export class Wholes {
  /** By key, the latest last. */
  private readonly remembered = new Map<string, Individual>();
  /** Keys of the formulas that were measured here: they are trials too. */
  readonly made = new Set<string>();

  constructor(private readonly ports: WholesPorts) {}

  save(): WholesState {
    return { remembered: [...this.remembered.values()], made: [...this.made] };
  }

  restore({ remembered, made }: WholesState): void {
    for (const one of remembered) this.remembered.set(one.key, one);
    for (const key of made) this.made.add(key);
  }

  /** The formulas, those that are several as their parts: then there are more of them. */
  async split(formulas: readonly Individual[], limits: UpdateLimits): Promise<Individual[]> {
    const whole: Individual[] = [];
    for (let open = formulas; open.length > 0; ) {
      const ways = await this.apart(open, limits);
      whole.push(...open.filter(({ key }) => !ways.has(key)));
      open = open.flatMap(({ key }) => ways.get(key)?.parts ?? []);
    }
    return whole;
  }

  /** By the keys of the formulas that are two, the outermost way to see it. */
  private async apart(formulas: readonly Individual[], limits: UpdateLimits): Promise<Map<string, Way>> {
    const ways = formulas.flatMap((whole) => this.waysToSplit(whole)).slice(0, splitCount);
    const found = new Map<string, Way>();
    if (ways.length === 0) return found;
    const all = [...new Map(ways.flatMap((w) => [w.whole, ...w.parts]).map((f) => [f.key, f])).values()];
    for (const { key } of all) this.made.add(key);
    const joint = await this.ports.joint(all);
    const place = ({ key }: Individual) => all.findIndex((f) => f.key === key);
    for (const way of ways) {
      const { whole, parts } = way;
      if (
        found.has(whole.key) ||
        !standApart(joint, place(whole), [place(parts[0]), place(parts[1])], limits)
      )
        continue;
      found.set(whole.key, way);
      const gains = parts.map((part) => joint.targetCorrelation[place(part)]! ** 2);
      if (!way.outermost && bothWeigh(gains, limits.luck)) this.remember(whole);
    }
    return found;
  }

  /** What the members may be parts of; the members excepted. `luck` is the gain that the best of noise has. */
  async of(members: readonly Member[], luck: number): Promise<Individual[]> {
    const wholes = new Map(this.remembered);
    for (const one of await this.joins(members, luck)) {
      this.made.add(one.key);
      wholes.set(one.key, one);
    }
    for (const { key } of members) wholes.delete(key);
    return [...wholes.values()];
  }

  private waysToSplit(whole: Individual): Way[] {
    const from = () => descent('split', whole.origin.generation, whole);
    return splitsOf(whole.program, this.ports.table).flatMap(({ parts, outermost }) => {
      const [a, b] = this.ports.asIndividuals(parts, from);
      return a === undefined || b === undefined ? [] : [{ whole, parts: [a, b], outermost }];
    });
  }

  private remember({ program, nodes, key, pivot, origin }: Individual): void {
    this.remembered.delete(key);
    this.remembered.set(key, { program, nodes, key, pivot, origin });
    for (const oldest of this.remembered.keys()) {
      if (this.remembered.size <= rememberedCount) break;
      this.remembered.delete(oldest);
    }
  }

  /** The strongest members with a factor in common, as one formula in the weights that they have together. */
  private async joins(members: readonly Member[], luck: number): Promise<Individual[]> {
    const ways = this.waysToJoin(members);
    if (ways.length === 0) return [];
    const joint = await this.ports.joint(members);
    const { beta } = project(joint, [...members.keys()]);
    const strength = ({ of: [i, j] }: JoinOfMembers) => Math.min(Math.abs(beta[i]!), Math.abs(beta[j]!));
    const strongest = ways
      .filter(({ of }) =>
        bothWeigh(
          of.map((i) => beta[i]! ** 2),
          luck,
        ),
      )
      .sort((a, b) => strength(b) - strength(a))
      .slice(0, joinCount);
    if (strongest.length === 0) return [];
    const parts = strongest.flatMap(({ join }) => join.parts);
    const deviations = fingerprintFormulas(this.ports.sample, parts).map((p) => p.deviation);
    return strongest.flatMap(({ of: [i, j], join }, k) => {
      const coefficients = [beta[i]! / deviations[2 * k]!, beta[j]! / deviations[2 * k + 1]!];
      const weight = simple(Math.abs(coefficients[1]! / coefficients[0]!));
      if (!(weight > 0 && Number.isFinite(weight))) return [];
      const [a, b] = [members[i]!, members[j]!];
      // A factor that is bent in two ways may change the sign.
      const wholes = [join.whole(weight), join.whole(-weight)].filter((whole) => this.isPermitted(whole));
      const typed = this.ports.typedAs(a.program, wholes);
      return this.ports.asIndividuals(typed, () => descent('join', a.origin.generation, a, b));
    });
  }

  private isPermitted(program: Program): boolean {
    const { operators, table } = this.ports;
    return partsOf(program, table).every(
      ({ code }) => code >= columnCode || operators.some((o) => o.code === code),
    );
  }

  private waysToJoin(members: readonly Member[]): JoinOfMembers[] {
    return members.flatMap((a, i) =>
      members.slice(i + 1).flatMap((b, k) => {
        const of: JoinOfMembers['of'] = [i, i + 1 + k];
        return joinsOf(a.program, b.program, this.ports.table).map((join) => ({ of, join }));
      }),
    );
  }
}

function bothWeigh(gains: readonly number[], luck: number): boolean {
  return Math.min(...gains) >= Math.max(leastLuck * luck, leastShare * Math.max(...gains));
}

/** In two digits, or 1 where it is nearly that. */
function simple(weight: number): number {
  return Math.abs(Math.log(weight)) < nearlyOne ? 1 : Number(weight.toPrecision(2));
}
