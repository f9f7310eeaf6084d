/** The last population and the archive seen together: their Pareto front, and how much of the best is luck. */
import { type Contender, measureContenders } from '../../evolve/contenders.js';
import type { Evaluate } from '../../evolve/evaluate.js';
import { paretoFront } from '../../evolve/front.js';
import { backtestOverfitting, type Overfitting } from '../../evolve/overfitting.js';
import { type Deflation, deflationBy, probabilisticSharpe, sharpeOf } from '../../evolve/sharpe.js';
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

/** The deflated Sharpe ratio of a formula on the search part; the unit of time is a block. */
export interface DeflatedSharpe extends Deflation {
  formula: string;
  sharpe: number;
  skewness: number;
  kurtosis: number;
  blocks: number;
  /** That the true ratio is above the threshold. */
  probability: number;
}

export interface Looks {
  front: FrontFormula[];
  overfitting: Overfitting | null;
  /** Of the contender with the highest ratio. */
  deflatedSharpe: DeflatedSharpe | null;
  /** Of any contender, by its key. */
  deflatedOf(key: string): number | null;
}

/** Measures the contenders on the search part. */
export async function lookBack(study: Study, { contenders }: Found, evaluate: Evaluate): Promise<Looks> {
  const phase = study.ports.progress.phase('look back', 0);
  const { members, everyone } = contenders;
  const all = await measureContenders(evaluate, members, everyone);
  const series = all.map((c) => c.returns);
  const deflation = deflationBy(series);
  const chances = new Map(
    all.map((c) => [c.key, probabilisticSharpe(sharpeOf(c.returns), deflation.threshold)]),
  );
  const looks = {
    front: frontOf(study, all),
    overfitting: backtestOverfitting(series) ?? null,
    deflatedSharpe: bestDeflated(study, all, deflation),
    deflatedOf: (key: string) => chances.get(key) ?? null,
  };
  phase.end(`${all.length} formulas of the last population and the archive`);
  return looks;
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

function bestDeflated(study: Study, all: readonly Contender[], deflation: Deflation): DeflatedSharpe | null {
  const ratios = all.map((c) => sharpeOf(c.returns));
  const best = ratios.reduce((b, r, i) => (b === -1 || r.sharpe > ratios[b]!.sharpe ? i : b), -1);
  if (best === -1) return null;
  const { count, ...ratio } = ratios[best]!;
  return {
    formula: printInOwnUnits(study, [all[best]!.program])[0]!,
    ...ratio,
    blocks: count,
    ...deflation,
    probability: probabilisticSharpe(ratios[best]!, deflation.threshold),
  };
}
