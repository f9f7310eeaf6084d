/** The summary of an evolution for the terminal. */
import { count, table } from './table.js';

/** What the summary shows; gains are R² on residuals of the baseline. */
export interface EvolutionResult {
  out: string;
  rows: number;
  scoredRows: number;
  effectiveRows: number;
  /** The same if each symbol moved by itself. */
  pooledRows: number;
  /** In time (µs, or row numbers of a table without times). */
  parts: Readonly<Record<'search' | 'selection' | 'holdout', ShownPart>>;
  /** Independent observations of each column on the search part, by its own persistence. */
  columns: readonly { column: string; observations: number | null }[];
  detectableGain: number | null;
  generations: number;
  trials: number;
  noiseFloor: number;
  seconds: number;
  portfolio: readonly {
    formula: string;
    gain: number | null;
    gainInterval: readonly [number, number] | null;
    search: number;
    holdout: number | null;
    coverage: number;
    complexity: number;
    breakEvenBps: number | null;
    turnover: number | null;
    quintileSpreadBps: number | null;
    deflatedSharpe: number | null;
    deflatedSharpeByAll: number | null;
    origin: string;
    lineage: readonly Step[];
    sign: 1 | -1;
    test: { t: number; p: number } | null;
    holdoutTest: { t: number; p: number } | null;
    /** Information coefficient of each block of the search, the selection and the hold-out, in one scale for all of a part. */
    searchBlockCorrelations: readonly number[];
    blockCorrelations: readonly number[];
    holdoutBlockCorrelations: readonly number[];
    correlations: readonly number[];
    prediction: Prediction | null;
  }[];
  refused: readonly { formula: string; reason: string; gain: number | null; search: number }[];
  front: readonly { formula: string; gain: number; complexity: number; distance: number }[];
  halfSpreadBps: number | null;
  overfitting: { probability: number; strategies: number } | null;
  deflatedSharpe: {
    formula: string;
    probability: number;
    trials: number;
    byAll: { probability: number; trials: number };
  } | null;
  nullRuns: {
    runs: readonly {
      best: { gain: number } | null;
      borneOut: number;
      overfitting: number | null;
      deflatedSharpe: number | null;
    }[];
    gains: { least: number; median: number; greatest: number };
    borneOut: number;
    runsBorneOut: number;
    p: number | null;
  } | null;
  holdoutOpened: number | null;
}

/** A formula and how it was made; what stands behind it in a lineage is what it was made of. */
export interface Step {
  formula: string;
  made: string;
  generation: number;
  /** The second parent of a crossover. */
  other: string | null;
}

export interface ShownPart {
  from: number;
  to: number;
  rows: number;
  effectiveRows: number;
  pooledRows: number;
}

/** A formula scaled to the target's column, and its R² on each part; null for a part that has no rows or is closed. */
interface Prediction {
  scaledFormula: string;
  r2: { search: number; selection: number | null; holdout: number | null };
}

export function evolutionText(result: EvolutionResult): string {
  const { portfolio, refused } = result;
  const found = portfolio.length === 0 ? nothingFound(result) : portfolioTable(result);
  const shown = refused.slice(0, 3).map((r) => `  ${r.formula}: ${r.reason}`);
  const rest = refused.length > shown.length ? [`  and ${refused.length - shown.length} more`] : [];
  return [
    found,
    '',
    ...portfolio.flatMap(predictionText),
    ...(refused.length === 0 ? [] : ['refused, best first:', ...shown, ...rest, '']),
    `${count(result.trials)} formulas in ${result.generations} generations, ${result.seconds.toFixed(1)} s; ` +
      `luck alone reaches a correlation of at least ${result.noiseFloor.toFixed(4)} on the search part`,
    ...luckText(result),
    ...spreadText(result),
    holdoutText(result),
    `written: ${result.out}, beside it report.html`,
  ].join('\n');
}

function portfolioTable({ portfolio }: EvolutionResult): string {
  const header = [
    'formula',
    'gain (selection)',
    '95 %',
    'search',
    'hold-out',
    'values',
    'break-even',
    'turnover/h',
    'deflated Sharpe',
  ];
  const rows = portfolio.map((p) => [
    p.formula,
    p.gain === null ? 'not tested' : small(p.gain),
    p.gainInterval === null ? '–' : `${small(p.gainInterval[0])} … ${small(p.gainInterval[1])}`,
    small(p.search),
    p.holdout === null ? '–' : small(p.holdout),
    `${(100 * p.coverage).toFixed(0)} %`,
    p.breakEvenBps === null ? '–' : `${p.breakEvenBps.toFixed(2)} bps`,
    p.turnover === null ? '–' : p.turnover.toFixed(1),
    chances(p.deflatedSharpe, p.deflatedSharpeByAll),
  ]);
  return table(header, rows);
}

/** What luck would have done: reported, it decided nothing. */
function luckText({ overfitting, deflatedSharpe, nullRuns }: EvolutionResult): string[] {
  const lines: string[] = [];
  if (deflatedSharpe !== null) {
    const { formula, probability, trials, byAll } = deflatedSharpe;
    lines.push(
      `deflated Sharpe of the best on search: ${chances(probability, byAll.probability)} (by ${trials.toFixed(1)} … ` +
        `${count(byAll.trials)} trials): ${formula}`,
    );
  }
  if (overfitting !== null)
    lines.push(
      `probability of backtest overfitting: ${overfitting.probability.toFixed(2)}, over the ${count(overfitting.strategies)} formulas of the last population and the archive`,
    );
  return nullRuns === null ? lines : [...lines, ...nullText(nullRuns)];
}

/** By as many trials as the formulas amount to, and by all of them. */
function chances(probability: number | null, byAll: number | null): string {
  return probability === null || byAll === null ? '–' : `${probability.toFixed(2)} … ${byAll.toFixed(2)}`;
}

function nullText({ runs, gains, borneOut, runsBorneOut, p }: NonNullable<EvolutionResult['nullRuns']>) {
  const { least, median, greatest } = gains;
  const real = p === null ? 'the search itself had no finalist' : `the search itself: p ${p.toPrecision(2)}`;
  const range = (of: readonly (number | null)[]) => {
    const there = of.filter((x) => x !== null);
    return there.length === 0 ? '–' : `${Math.min(...there).toFixed(2)} … ${Math.max(...there).toFixed(2)}`;
  };
  return [
    `null runs: ${count(runs.length)} searches on targets moved on in a circle`,
    `  best R² on search ${small(least)} … ${small(median)} … ${small(greatest)} (${real})`,
    `  ${count(borneOut)} of their formulas were borne out, in ${count(runsBorneOut)} of the runs`,
    `  deflated Sharpe ${range(runs.map((r) => r.deflatedSharpe))}, overfitting ${range(runs.map((r) => r.overfitting))}`,
  ];
}

function spreadText({ halfSpreadBps, portfolio }: EvolutionResult): string[] {
  if (halfSpreadBps === null || portfolio.every((p) => p.breakEvenBps === null)) return [];
  return [`median half-spread: ${halfSpreadBps.toFixed(2)} bps, which a break-even cost has to exceed`];
}

function nothingFound({ parts, detectableGain }: EvolutionResult): string {
  const can =
    detectableGain === null
      ? 'the selection part is too short for a test'
      : `a gain below R² ${detectableGain.toPrecision(2)} would not show in its ${count(Math.round(parts.selection.effectiveRows))} independent labels`;
  return `no formula was borne out on the selection part; ${can}`;
}

function holdoutText({ holdoutOpened, portfolio }: EvolutionResult): string {
  if (holdoutOpened === null) return 'hold-out: not opened';
  const times =
    holdoutOpened === 1
      ? 'for the first time'
      : `for the ${count(holdoutOpened)}. time: each look makes it less of a test`;
  return `hold-out: opened ${times}${portfolio.length === 0 ? '' : '; it decided nothing'}`;
}

function predictionText({ prediction }: EvolutionResult['portfolio'][number]): string[] {
  if (prediction === null) return [];
  const { search, selection, holdout } = prediction.r2;
  const r2 = (value: number | null) => (value === null ? 'not done' : close(value));
  return [
    `prediction of the target: ${prediction.scaledFormula}`,
    `  R² ${r2(search)} on search, ${r2(selection)} on selection, ${r2(holdout)} on hold-out`,
    '',
  ];
}

/** R² in six digits, or how far it is from 1. */
function close(value: number): string {
  return value > 0.9999 ? `1 − ${Math.max(0, 1 - value).toExponential(1)}` : value.toFixed(6);
}

/** R² in four digits. */
function small(value: number): string {
  return value.toPrecision(3);
}
