/**
 * The archive: the portfolio in the making, and in reserve the formulas that asked to join it and did not. It is
 * frozen while a generation is scored; the best of the generation then ask to join.
 */
import { type Program, pack } from '../kernels/formulas.js';
import { callKernel } from '../kernels/load.js';
import { type Evaluate, jointSums } from './evaluate.js';
import { dot } from './linear.js';
import { type Individual, type Member, ranked, type Scored } from './population.js';
import {
  addReserves,
  type Candidate,
  type PortfolioLimits,
  type UpdateLimits,
  updatePortfolio,
} from './portfolio.js';
import { type Joint, type Moments, project } from './statistics.js';
import { Wholes, type WholesPorts, type WholesState } from './wholes.js';

export interface ArchivePorts extends Omit<WholesPorts, 'joint'> {
  evaluate: Evaluate;
  /** The text in the columns' own units. */
  print(programs: readonly Program[]): string[];
}

/** Finalists of the selection for each place in the portfolio, at most. */
export const finalistsPerPlace = 3;
/** Best formulas that ask to join after a generation, and how alike two of them may be on the sample. */
const candidateCount = 24;
const candidateCorrelation = 0.9;
/** Formulas in reserve for each place in the portfolio: the latest to be refused. */
const reservesPerPlace = 6;

/** What an archive is after a generation. */
export interface ArchiveState {
  members: readonly Member[];
  /** The latest to be refused last. */
  reserves: readonly Individual[];
  wholes: WholesState;
  asked: string;
  strength: Strength;
}

/** What the members say of the residual on the search part. */
export interface Strength {
  /** The multiple correlation with all of them. */
  together: number;
  /** The member with the greatest |correlation|. */
  alone: { formula: string; correlation: number } | undefined;
}

export class Archive {
  members: readonly Member[] = [];
  strength: Strength = { together: 0, alone: undefined };
  /** By key, the latest to be refused last. */
  private readonly reserves = new Map<string, Individual>();
  /** Keys of those that asked last: the same ones are not measured twice. */
  private asked = '';
  private readonly wholes: Wholes;

  constructor(
    private readonly ports: ArchivePorts,
    private readonly limits: PortfolioLimits,
  ) {
    const joint = async (formulas: readonly Individual[]) => (await this.measure(formulas)).joint;
    this.wholes = new Wholes({ ...ports, joint });
  }

  /** Keys of the formulas that were made here by splitting and joining: they are trials too. */
  get made(): ReadonlySet<string> {
    return this.wholes.made;
  }

  save(): ArchiveState {
    return {
      members: this.members,
      reserves: [...this.reserves.values()],
      wholes: this.wholes.save(),
      asked: this.asked,
      strength: this.strength,
    };
  }

  restore({ members, reserves, wholes, asked, strength }: ArchiveState): void {
    this.members = members;
    for (const one of reserves) this.reserves.set(one.key, one);
    this.wholes.restore(wholes);
    this.asked = asked;
    this.strength = strength;
  }

  /** Lets the best formulas of a generation ask to join; `luck` is the gain that the best of noise has. */
  async update(scored: readonly Scored[], luck: number): Promise<void> {
    const candidates = this.candidates(scored);
    const asking = [...this.members, ...candidates].map((c) => c.key).join();
    if (candidates.length === 0 || asking === this.asked) return;
    this.asked = asking;
    const before = this.members;
    const limits = { ...this.limits, luck, doubt: 1 };
    const refused = await this.ask([...before, ...candidates], before.length, limits);
    const held = new Set(before.map((m) => m.key));
    const joined = this.members.filter((m) => !held.has(m.key));
    const parts = await this.wholes.split(joined, limits);
    if (parts.length > joined.length) {
      const asking = new Map(parts.map((part) => [part.key, part]));
      for (const key of held) asking.delete(key);
      // What was split stays in reserve.
      refused.push(...joined, ...(await this.ask([...before, ...asking.values()], before.length, limits)));
    }
    this.reserve(refused);
  }

  /** The first `count` formulas are members, the others ask to join them; answers who is none then. */
  private async ask(
    formulas: readonly (Individual | Scored | Member)[],
    count: number,
    limits: UpdateLimits,
  ): Promise<Member[]> {
    const all = await this.measure(formulas);
    const places = all.members.map((_, i) => i);
    const kept = updatePortfolio(
      all.joint,
      all.formulas,
      places.slice(0, count),
      places.slice(count),
      limits,
    );
    this.members = kept.map((i) => all.members[i]!);
    this.strength = strengthOf(all.joint, kept, all.members);
    return all.members.filter((_, i) => !kept.includes(i));
  }

  /**
   * The last word on what was split: the whole was there before its parts, and they give way to it where they have not
   * become worth more by a standard error and by the gain that another formula of noise would have brought.
   */
  async rejoin(luck: number): Promise<void> {
    const before = this.members;
    const wholes = await this.wholes.of(before, luck);
    if (wholes.length === 0) return;
    const refused = await this.ask([...before, ...wholes], before.length, {
      ...this.limits,
      luck,
      doubt: -1,
    });
    const held = new Set(before.map((m) => m.key));
    this.reserve(refused.filter(({ key }) => held.has(key)));
  }

  /**
   * What goes to the selection: the members, and the best in reserve that they leave room for, at most
   * {@link finalistsPerPlace} for each place. Members come first.
   */
  async finalists(): Promise<readonly Member[]> {
    if (this.reserves.size === 0) return this.members;
    const all = await this.measure([...this.members, ...this.reserves.values()]);
    const places = all.members.map((_, i) => i);
    const [members, reserves] = [places.slice(0, this.members.length), places.slice(this.members.length)];
    const limits = { ...this.limits, size: finalistsPerPlace * this.limits.size };
    return addReserves(all.joint, all.formulas, members, reserves, limits).map((i) => all.members[i]!);
  }

  /** The members and those in reserve. */
  get held(): readonly Individual[] {
    return [...this.members, ...this.reserves.values()];
  }

  private reserve(refused: readonly Member[]): void {
    for (const { program, nodes, key, pivot, origin } of refused) {
      this.reserves.delete(key);
      this.reserves.set(key, { program, nodes, key, pivot, origin });
    }
    for (const { key } of this.members) this.reserves.delete(key);
    for (const key of this.reserves.keys()) {
      if (this.reserves.size <= reservesPerPlace * this.limits.size) break;
      this.reserves.delete(key);
    }
  }

  private async measure(
    formulas: readonly (Individual | Scored | Member)[],
  ): Promise<{ joint: Joint; formulas: Candidate[]; members: Member[] }> {
    const { joint, moments } = await jointSums(this.ports.evaluate, formulas, formulas.map(knownMoments));
    const texts = this.ports.print(formulas.map((f) => f.program));
    const members = formulas.map(({ program, nodes, key, pivot, origin }, i) => {
      const correlation = joint.targetCorrelation[i]!;
      return { program, nodes, key, pivot, origin, text: texts[i]!, correlation, moments: moments[i]! };
    });
    const asking = members.map(
      ({ text, nodes, moments: { coverage } }): Candidate => ({ text, nodes, coverage }),
    );
    return { joint, formulas: asking, members };
  }

  /** The best that are no members and not too alike on the sample. */
  private candidates(scored: readonly Scored[]): Scored[] {
    const held = new Set(this.members.map((m) => m.key));
    const able = scored.filter((s) => s.fitness > 0 && !held.has(s.key));
    const distinct = [...new Map(able.map((s) => [s.key, s])).values()];
    const best = ranked(distinct).slice(0, 8 * candidateCount);
    if (best.length === 0) return [];
    const values = callKernel(() => this.ports.sample.values(pack(best.map((s) => s.program))));
    const rows = values.length / best.length;
    const limit = candidateCorrelation * rows;
    const chosen: { candidate: Scored; sample: Float64Array }[] = [];
    for (let i = 0; i < best.length && chosen.length < candidateCount; i++) {
      const sample = standardSample(values.subarray(i * rows, (i + 1) * rows));
      if (!chosen.some((other) => Math.abs(dot(sample, other.sample)) > limit))
        chosen.push({ candidate: best[i]!, sample });
    }
    return chosen.map(({ candidate }) => candidate);
  }
}

/** Over all rows of the part. */
function knownMoments(one: Individual | Member | Scored): Moments | undefined {
  if (!('moments' in one)) return undefined;
  return 'seen' in one && one.seen < 1 ? undefined : one.moments;
}

function strengthOf(joint: Joint, kept: readonly number[], members: readonly Member[]): Strength {
  const { beta } = project(joint, kept);
  const correlations = kept.map((i) => joint.targetCorrelation[i]!);
  const sizes = correlations.map(Math.abs);
  const correlation = Math.max(0, ...sizes);
  const best = kept[sizes.indexOf(correlation)];
  return {
    together: Math.sqrt(Math.max(0, dot(beta, correlations))),
    alone: best === undefined ? undefined : { formula: members[best]!.text, correlation },
  };
}

/** Values of a formula on the sample with mean 0 and variance 1, 0 for null. */
function standardSample(values: Float32Array): Float64Array {
  let [count, sum, squares] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) continue;
    count++;
    sum += values[i]!;
  }
  const mean = sum / count;
  for (let i = 0; i < values.length; i++)
    if (Number.isFinite(values[i]!)) squares += (values[i]! - mean) ** 2;
  const scale = squares > 0 ? 1 / Math.sqrt(squares / values.length) : 0;
  const standard = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++)
    if (Number.isFinite(values[i]!)) standard[i] = (values[i]! - mean) * scale;
  return standard;
}
