/** The last population and the archive seen together: their Pareto front, and how much of the best is luck. */
import { type Contender, measureContenders } from '../../evolve/contenders.js';
import type { Evaluate } from '../../evolve/evaluate.js';
import { paretoFront } from '../../evolve/front.js';
import { backtestOverfitting, type Overfitting } from '../../evolve/overfitting.js';
import {
  type Deflation,
  deflationsBy,
  probabilisticSharpe,
  type SharpeRatio,
  sharpeOf,
} from '../../evolve/sharpe.js';
import type { Study } from './baseline.js';
import { printInOwnUnits } from './formulas.js';
import type { Found } from './generations.js';

export interface FrontFormula {
  formula: string;
  /** R² on the search part, by itself. */
  gain: number;
  /** Nodes. */
  complexity: number;
  /** 1 − the largest |correlation| with a member of the archive. */
  distance: number;
}

/** The chance that the true Sharpe ratio of a formula is above what the best of so many trials of nothing has. */
export interface DeflatedChances {
  /** By as many trials as the contenders amount to: {@link deflationsBy}. */
  probability: number;
  /** As if all formulas that were evaluated were independent. */
  probabilityByAll: number;
}

/** The deflated Sharpe ratio of a formula on the search part; the unit of time is a block. */
export interface DeflatedSharpe extends Deflation {
  formula: string;
  sharpe: number;
  skewness: number;
  kurtosis: number;
  blocks: number;
  probability: number;
  /** As if all formulas that were evaluated were independent. */
  byAll: Deflation & { probability: number };
}

export interface Looks {
  front: FrontFormula[];
  overfitting: Overfitting | null;
  /** Of the contender with the highest ratio. */
  deflatedSharpe: DeflatedSharpe | null;
  /** Of any contender, by its key. */
  deflatedOf(key: string): DeflatedChances | null;
}

/** Measures the contenders on the search part. */
export async function lookBack(
  study: Study,
  { contenders, trials }: Found,
  evaluate: Evaluate,
): Promise<Looks> {
  const phase = study.ports.progress.phase('look back', 0);
  const { members, everyone } = contenders;
  const all = await measureContenders(evaluate, members, everyone);
  const series = all.map((c) => c.returns);
  const deflations = deflationsBy(series, trials);
  const chances = (ratio: SharpeRatio): DeflatedChances => ({
    probability: probabilisticSharpe(ratio, deflations.independent.threshold),
    probabilityByAll: probabilisticSharpe(ratio, deflations.all.threshold),
  });
  const ratios = new Map(all.map((c) => [c.key, sharpeOf(c.returns)]));
  const best = highest(all, ratios);
  const looks: Looks = {
    front: frontOf(study, all),
    overfitting: backtestOverfitting(series) ?? null,
    deflatedSharpe: null,
    deflatedOf: (key) => (ratios.has(key) ? chances(ratios.get(key)!) : null),
  };
  if (best !== undefined) {
    const { count, ...ratio } = ratios.get(best.key)!;
    const formula = printInOwnUnits(study, [best.program])[0]!;
    const { probability, probabilityByAll } = chances(ratios.get(best.key)!);
    const { independent, all: tried } = deflations;
    const byAll = { ...tried, probability: probabilityByAll };
    looks.deflatedSharpe = { formula, ...ratio, blocks: count, ...independent, probability, byAll };
  }
  phase.end(`${all.length} formulas of the last population and the archive`);
  return looks;
}

function highest(all: readonly Contender[], ratios: ReadonlyMap<string, SharpeRatio>): Contender | undefined {
  const ratio = (c: Contender) => ratios.get(c.key)!.sharpe;
  return all.reduce<Contender | undefined>(
    (best, c) => (best === undefined || ratio(c) > ratio(best) ? c : best),
    undefined,
  );
}

function frontOf(study: Study, all: readonly Contender[]): FrontFormula[] {
  const positions = all.map((c) => ({ ...c, text: c.key, complexity: c.nodes }));
  const front = paretoFront(positions);
  const texts = printInOwnUnits(
    study,
    front.map((f) => f.program),
  );
  return front.map(({ gain, complexity, distance }, i) => ({
    formula: texts[i]!,
    gain,
    complexity,
    distance,
  }));
}
