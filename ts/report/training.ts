/** A training as it is told: the numbers of --json, and their summary for the terminal. */
import { count, table } from './table.js';

/** Quality of predictions on test rows; errors are standard errors over blocks of time, null where those are too few. */
export interface ReportedQuality {
  testRows: number;
  effectiveRows: number;
  /** Blocks of time that the errors rest on. */
  blocks: number;
  /** RMSE in units of the target, or log-loss in nats. */
  loss: number;
  lossError: number | null;
  constantLoss: number;
  /** Share of the constant's squared error (log-loss) that the model takes away. */
  gain: number;
  /** Spearman's rank correlation of prediction and label. */
  ic: number;
  icError: number | null;
  icInterval: [number, number] | null;
  correlation: number;
  hitRate: number;
  hitRateError: number | null;
  constantHitRate: number;
  /** The model without the formulas; null where there are none. */
  baselineLoss: number | null;
  baselineGain: number | null;
  baselineIc: number | null;
  baselineHitRate: number | null;
}

export interface ReportedFold extends ReportedQuality {
  fold: number;
  /** Of the test block, µs. */
  from: number;
  to: number;
  /** Formulas were evolved on rows of it: what they add here is flattered. */
  seen: boolean;
  trainRows: number;
  tailRows: number;
  rounds: number;
  baselineRounds: number | null;
}

/** With the formulas less without them, over the same rows. */
export interface Comparison extends ReportedQuality {
  folds: number[];
  /** Loss (squared error or log-loss) without less with: positive where the formulas help; as a share of the constant's. */
  gainDifference: number;
  gainDifferenceError: number | null;
  gainDifferenceInterval: [number, number] | null;
  icDifference: number;
  icDifferenceError: number | null;
  icDifferenceInterval: [number, number] | null;
}

/** What a column is worth. */
export interface ReportedImportance {
  column: string;
  /** Text of a formula's column. */
  formula: string | null;
  /** Share of all gains of the final model's splits. */
  gain: number;
  /** Growth of the loss on test rows when the column is shuffled, as a share of the constant's loss; and its error. */
  permutation: number;
  permutationError: number;
}

/** Losses by round, as the shares that the model takes from the constant's. */
export interface LearningCurve {
  fold: number;
  bestRound: number;
  rounds: number[];
  /** On the rows that it learns from, and on the tail that stops it (null without early stop). */
  training: number[];
  tail: (number | null)[];
}

/** Labels beside predictions, in bins of the predictions. */
export interface ReportedCalibration {
  /** The class; none for regression. */
  name: string | undefined;
  bins: { predicted: number; observed: number; error: number; rows: number }[];
  /** Of labels on predictions: 1 is calibrated. */
  slope: { value: number; error: number | null };
}

/** What --json prints. */
export interface TrainingResult {
  /** model.json. */
  out: string;
  target: string;
  /** What the loss is: RMSE in units of the target, or log-loss in nats; and its two or more classes. */
  lossName: 'RMSE' | 'log-loss';
  classes: readonly string[];
  /** Rounds of the final model. */
  rounds: number;
  /** Of the dataset; with a label, sampled and within the hours; and independent labels. */
  rows: number;
  scoredRows: number;
  effectiveRows: number;
  columns: readonly string[];
  formulas: readonly { name: string; formula: string }[];
  folds: ReportedFold[];
  /** All folds together. */
  overall: ReportedQuality;
  /** With and without the formulas where evolution has not looked; null without formulas or without a hold-out. */
  comparison: Comparison | null;
  /** How often this hold-out was opened, by any run, this one included; null when it was not. */
  holdoutOpened: number | null;
  calibration: ReportedCalibration[];
  importance: ReportedImportance[];
  learning: LearningCurve[];
  seconds: number;
}

export function trainingText(result: TrainingResult): string {
  const { folds, overall, comparison } = result;
  const withFormulas = result.formulas.length > 0;
  const header = ['fold', 'test rows', 'rounds', result.lossName, 'constant', 'gain', 'IC', '± se'];
  header.push('hits', 'of constant', ...(withFormulas ? ['gain without', 'IC without', 'hits without'] : []));
  const rows = folds.map((f) => [
    `${f.fold}${f.seen ? ' seen' : ''}`,
    count(f.testRows),
    String(f.rounds),
    ...qualityCells(f),
    ...(withFormulas ? baselineCells(f) : []),
  ]);
  const all = ['all', count(overall.testRows), '', ...qualityCells(overall)];
  if (withFormulas) all.push(...baselineCells(overall));
  return [
    table(header, [...rows, all]),
    '',
    ...(withFormulas ? comparisonLines(comparison, result.holdoutOpened) : []),
    ...importanceLines(result),
    '',
    `final model: ${result.rounds} rounds on ${count(result.scoredRows)} rows (${count(Math.round(result.effectiveRows))} independent labels), ${result.columns.length} columns; ${result.seconds.toFixed(1)} s`,
    `written: ${result.out}, beside it model.txt (LightGBM), predictions.parquet and report.html`,
  ].join('\n');
}

function qualityCells(q: ReportedQuality): string[] {
  const error = q.icError === null ? '–' : q.icError.toFixed(4);
  return [
    q.loss.toPrecision(5),
    q.constantLoss.toPrecision(5),
    percent(q.gain),
    signed(q.ic),
    error,
    percent(q.hitRate, 1),
    percent(q.constantHitRate, 1),
  ];
}

function baselineCells(q: ReportedQuality): string[] {
  return [percent(q.baselineGain), signed(q.baselineIc), percent(q.baselineHitRate, 1)];
}

function comparisonLines(c: Comparison | null, opened: number | null): string[] {
  if (c === null) return ['formulas: every fold was seen by evolution, so what they add cannot be told', ''];
  const interval = (i: readonly [number, number] | null, show: (x: number) => string) =>
    i === null ? 'too few blocks for an interval' : `95 % ${show(i[0])} … ${show(i[1])}`;
  const times = opened === 1 ? 'opened for the first time' : `opened for the ${count(opened ?? 0)}. time`;
  return [
    `formulas on the hold-out (fold ${c.folds.join(', ')}; ${times}):`,
    `  gain ${percent(c.gain)} with, ${percent(c.baselineGain)} without: ${percent(c.gainDifference)} (${interval(c.gainDifferenceInterval, percent)})`,
    `  IC ${signed(c.ic)} with, ${signed(c.baselineIc)} without: ${signed(c.icDifference)} (${interval(c.icDifferenceInterval, signed)})`,
    '',
  ];
}

function importanceLines({ importance }: TrainingResult): string[] {
  const rows = importance
    .slice(0, 8)
    .map((i) => [
      i.formula === null ? i.column : `${i.column}: ${i.formula}`,
      `${percent(i.permutation)} ± ${percent(i.permutationError)}`,
      percent(i.gain, 1),
    ]);
  const rest = importance.length - rows.length;
  const more = rest > 0 ? [`  and ${rest} more in the report`] : [];
  return [table(['column', 'worth when shuffled', 'share of gains'], rows), ...more];
}

/** A share in per cent; small ones keep their digits. */
export function percent(share: number | null, digits = 3): string {
  return share === null ? '–' : `${share < 0 ? '−' : ''}${Math.abs(100 * share).toFixed(digits)} %`;
}

/** A correlation with its sign. */
export function signed(value: number | null): string {
  return value === null ? '–' : `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}
