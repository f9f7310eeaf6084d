/** What the walk shows: quality by fold and over folds, calibration, importance. */
import type { Pool } from '../../pool/pool.js';
import { cutBlocks } from '../../problem/splits.js';
import { noRow } from '../../problem/timeline.js';
import type {
  Comparison,
  LearningCurve,
  ReportedFold,
  ReportedImportance,
  ReportedQuality,
} from '../../report/training.js';
import type { TrainedTrees } from '../../train/boost.js';
import { type Calibration, calibrate } from '../../train/calibration.js';
import type { Fold } from '../../train/folds.js';
import { permutationImportance, strided } from '../../train/importance.js';
import {
  constantAnswer,
  type Estimate,
  gainOver,
  intervalOf,
  pearson,
  type Quality,
  qualityOf,
  rankCorrelation,
  rowLosses,
  type TestRows,
  weightedMean,
} from '../../train/metrics.js';
import { predictTrees } from '../../train/predict.js';
import { outputsOf, scoresOf, type Task } from '../../train/task.js';
import type { ModelColumn } from './columns.js';
import type { TrainStudy } from './study.js';
import type { Walk, WalkedFold } from './walk.js';

/** Test rows of one fold or of several, with the answers on them. */
interface Tested {
  rows: TestRows;
  answers: Float64Array;
  baseline: Float64Array | undefined;
  constant: Float64Array;
  effectiveRows: number;
  centre: number;
  /** The folds that these rows come from, where they are several. */
  parts: readonly Tested[];
}

const mostBlocks = 32;
/** Independent labels that a block holds, at least. */
const labelsPerBlock = 5;

/** The test rows of each fold. */
export function testedFolds(study: TrainStudy, walk: Walk): Tested[] {
  return walk.folds.map((walked) => testedFold(study, walk, walked));
}

function testedFold(study: TrainStudy, walk: Walk, { fold, constant }: WalkedFold): Tested {
  const { labels, encoded, weight, task } = study;
  const { test } = fold;
  const pick = (of: Float64Array) => Float64Array.from(test, (i) => of[i]!);
  const effectiveRows = test.reduce((sum, i) => sum + labels.weight[i]!, 0);
  const k = outputsOf(task);
  const gather = (of: Float64Array) => {
    const own = new Float64Array(test.length * k);
    for (let i = 0; i < test.length; i++) for (let c = 0; c < k; c++) own[i * k + c] = of[test[i]! * k + c]!;
    return own;
  };
  return {
    rows: {
      label: pick(labels.value),
      target: pick(encoded),
      weight: pick(weight),
      uniqueness: pick(labels.weight),
      ...blocksOf(study, fold, effectiveRows),
    },
    answers: gather(walk.answers),
    baseline: walk.baseline && gather(walk.baseline),
    constant: Float64Array.from({ length: test.length * k }, (_, i) => constant[i % k]!),
    effectiveRows,
    centre: task.centred ? 0 : constant[0]!,
    parts: [],
  };
}

function blocksOf({ line }: TrainStudy, { from, to, test }: Fold, effectiveRows: number) {
  const blocks = Math.max(1, Math.min(mostBlocks, Math.floor(effectiveRows / labelsPerBlock)));
  const rows = new Uint8Array(line.ts.length);
  for (const i of test) rows[i] = 1;
  const part = { name: 'holdout' as const, from, to, rows, count: test.length, effectiveRows };
  const { of } = cutBlocks(line, part, blocks);
  return { blocks, block: Uint32Array.from(test, (i) => (of[i] === noRow ? 0 : of[i]!)) };
}

/** Several folds as one; their blocks of time stay apart. */
function pooled(folds: readonly Tested[]): Tested {
  const joined = (of: (t: Tested) => Float64Array) => {
    const parts = folds.map(of);
    const all = new Float64Array(parts.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  };
  let blocks = 0;
  const block = joined(({ rows }) => {
    const first = blocks;
    blocks += rows.blocks;
    return Float64Array.from(rows.block, (b) => b + first);
  });
  return {
    rows: {
      label: joined((t) => t.rows.label),
      target: joined((t) => t.rows.target),
      weight: joined((t) => t.rows.weight),
      uniqueness: joined((t) => t.rows.uniqueness),
      block: Uint32Array.from(block),
      blocks,
    },
    answers: joined((t) => t.answers),
    baseline: folds.some((t) => t.baseline === undefined) ? undefined : joined((t) => t.baseline!),
    constant: joined((t) => t.constant),
    effectiveRows: folds.reduce((sum, t) => sum + t.effectiveRows, 0),
    centre: folds[0]!.centre,
    parts: folds,
  };
}

export function reportQuality({ task }: TrainStudy, tested: Tested): ReportedQuality {
  const { rows, centre } = tested;
  const own = qualityOf(task, rows, tested.answers, centre);
  const constant = qualityOf(task, rows, tested.constant, centre);
  const baseline = tested.baseline && qualityOf(task, rows, tested.baseline, centre);
  const ic = rankIc(task, tested, (t) => t.answers);
  const gain = (of: Quality) => gainOver(task, of.loss.value, constant.loss.value);
  return {
    testRows: rows.label.length,
    effectiveRows: tested.effectiveRows,
    blocks: rows.blocks,
    loss: own.loss.value,
    lossError: own.loss.error,
    constantLoss: constant.loss.value,
    gain: gain(own),
    ic: ic.value,
    icError: ic.error,
    icInterval: intervalOf(ic, rows.blocks),
    correlation: withinFolds(tested, (t) => pearson(scoresOf(task, t.answers), t.rows.label)),
    hitRate: own.hitRate.value,
    hitRateError: own.hitRate.error,
    constantHitRate: constant.hitRate.value,
    baselineLoss: baseline?.loss.value ?? null,
    baselineGain: baseline === undefined ? null : gain(baseline),
    baselineIc: tested.baseline === undefined ? null : rankIc(task, tested, (t) => t.baseline!).value,
    baselineHitRate: baseline?.hitRate.value ?? null,
  };
}

/**
 * The mean over the folds of what holds within each, weighted by rows: between folds a prediction differs by what its
 * model took for the mean of the past, and a past above the mean of all goes with a future below it. Pooled, that
 * alone would look like a correlation below 0.
 */
function withinFolds(tested: Tested, of: (t: Tested) => number): number {
  const parts = tested.parts.length === 0 ? [tested] : tested.parts;
  const total = parts.reduce((sum, part) => sum + part.rows.label.length, 0);
  return parts.reduce((sum, part) => sum + part.rows.label.length * of(part), 0) / total;
}

function rankIc(task: Task, tested: Tested, answersOf: (t: Tested) => Float64Array): Estimate {
  const { parts, rows } = tested;
  if (parts.length === 0) return rankCorrelation(scoresOf(task, answersOf(tested)), rows.label, rows);
  const own = parts.map((part) => ({ n: part.rows.label.length, ic: rankIc(task, part, answersOf) }));
  const total = own.reduce((sum, { n }) => sum + n, 0);
  const value = own.reduce((sum, { n, ic }) => sum + n * ic.value, 0) / total;
  if (own.some(({ ic }) => ic.error === null)) return { value, error: null };
  return { value, error: Math.sqrt(own.reduce((sum, { n, ic }) => sum + (n * ic.error!) ** 2, 0)) / total };
}

export function reportFolds(study: TrainStudy, walk: Walk, tested: readonly Tested[]): ReportedFold[] {
  return walk.folds.map(({ fold, trained, baseline }, f) => ({
    fold: f + 1,
    from: fold.from,
    to: fold.to,
    seen: fold.seen,
    trainRows: fold.fit.length,
    tailRows: fold.tail.length,
    rounds: trained.bestRound,
    baselineRounds: baseline?.bestRound ?? null,
    ...reportQuality(study, tested[f]!),
  }));
}

/** All folds together. */
export function reportOverall(study: TrainStudy, tested: readonly Tested[]): ReportedQuality {
  return reportQuality(study, pooled(tested));
}

/** With and without the formulas on the folds that evolution has not seen; null where there is none. */
export function compare(study: TrainStudy, walk: Walk, tested: readonly Tested[]): Comparison | null {
  const fresh = walk.folds.flatMap(({ fold }, f) => (fold.seen ? [] : [f]));
  if (walk.baseline === undefined || study.portfolio?.fresh === undefined || fresh.length === 0) return null;
  const all = pooled(fresh.map((f) => tested[f]!));
  const { task } = study;
  const { rows } = all;
  const losses = (answers: Float64Array) => rowLosses(task, rows.target, answers);
  const without = losses(all.baseline!);
  const difference = weightedMean(
    losses(all.answers).map((loss, i) => without[i]! - loss),
    rows,
  );
  const constant = weightedMean(losses(all.constant), rows).value;
  const gain = {
    value: difference.value / constant,
    error: difference.error === null ? null : difference.error / constant,
  };
  const apart = rankIc(task, all, (t) => t.answers).value - rankIc(task, all, (t) => t.baseline!).value;
  const ic = rankDifference(apart, scoresOf(task, all.answers), scoresOf(task, all.baseline!), rows);
  return {
    ...reportQuality(study, all),
    folds: fresh.map((f) => f + 1),
    gainDifference: gain.value,
    gainDifferenceError: gain.error,
    gainDifferenceInterval: intervalOf(gain, rows.blocks),
    icDifference: ic.value,
    icDifferenceError: ic.error,
    icDifferenceInterval: intervalOf(ic, rows.blocks),
  };
}

/** The error is that of the blocks' own differences: what both models share cancels. */
function rankDifference(value: number, a: Float64Array, b: Float64Array, rows: TestRows): Estimate {
  const members: number[][] = Array.from({ length: rows.blocks }, () => []);
  rows.block.forEach((block, i) => {
    members[block]!.push(i);
  });
  const own = members
    .filter((m) => m.length > 2)
    .map((m) => {
      const pick = (of: Float64Array) => Float64Array.from(m, (i) => of[i]!);
      const one = { block: new Uint32Array(m.length), blocks: 1 };
      const label = pick(rows.label);
      return rankCorrelation(pick(a), label, one).value - rankCorrelation(pick(b), label, one).value;
    });
  if (own.length < 4) return { value, error: null };
  const mean = own.reduce((x, y) => x + y, 0) / own.length;
  const squares = own.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { value, error: Math.sqrt(squares / (own.length - 1) / own.length) };
}

/** On the rows that evolution has not seen where there are formulas, on those of all folds where not. */
export function calibration(study: TrainStudy, walk: Walk, tested: readonly Tested[]): Calibration[] {
  const fresh = tested.filter((_, f) => !walk.folds[f]!.fold.seen);
  const { rows, answers } = pooled(fresh.length > 0 ? fresh : tested);
  return calibrate(study.task, rows, answers);
}

/** Test rows of all folds that permutation importance looks at, and how often it shuffles. */
const importanceRows = 20_000;
const importanceRepeats = 3;
/** Trees times rows times columns times repeats, at most: about a minute of one core. */
const importanceWork = 4e9;

/** Columns by what they are worth on test rows, best first. */
export async function importance(
  study: TrainStudy,
  pool: Pool,
  walk: Walk,
  final: TrainedTrees,
): Promise<ReportedImportance[]> {
  const { names, formulas, settings, ports } = study;
  const phase = ports.progress.phase('importance', walk.folds.length);
  const [growth, squares] = [new Float64Array(names.length), new Float64Array(names.length)];
  let [constant, total] = [0, 0];
  for (const [f, walked] of walk.folds.entries()) {
    const own = await importanceOf(study, pool, walked, f, walk.folds.length, settings.seed);
    own.growth.forEach((g, c) => {
      growth[c]! += own.rows * g;
      squares[c]! += (own.rows * own.error[c]!) ** 2;
    });
    constant += own.rows * own.constant;
    total += own.rows;
    phase.update(f + 1);
  }
  phase.end(`${total} test rows, ${importanceRepeats} times`);
  const gains = final.gainImportance.reduce((a, b) => a + b, 0);
  const formulaOf = new Map(formulas.map((x) => [x.name, x.formula]));
  return names
    .map((column, c) => ({
      column,
      formula: formulaOf.get(column) ?? null,
      gain: gains > 0 ? final.gainImportance[c]! / gains : 0,
      permutation: growth[c]! / constant,
      permutationError: Math.sqrt(squares[c]!) / constant,
    }))
    .sort((a, b) => b.permutation - a.permutation || b.gain - a.gain);
}

async function importanceOf(
  { columns, task, encoded, weight }: TrainStudy,
  pool: Pool,
  { fold, trained, constant }: WalkedFold,
  f: number,
  folds: number,
  seed: number,
) {
  const used = trained.splitImportance.reduce((n, s) => n + (s > 0 ? 1 : 0), 0);
  const affordable =
    importanceWork / (folds * importanceRepeats * Math.max(1, used * trained.model.trees.length));
  const most = Math.max(500, Math.min(importanceRows / folds, affordable));
  const rows = strided(fold.test, Math.floor(most));
  const pick = (of: Float64Array) => Float64Array.from(rows, (i) => of[i]!);
  const [target, own] = [pick(encoded), pick(weight)];
  const one = { weight: own, block: new Uint32Array(rows.length), blocks: 1 };
  const loss = (answers: Float64Array) => weightedMean(rowLosses(task, target, answers), one).value;
  const sample = {
    columns: columns.map((column) => gathered(column, rows)),
    loss: async (of: readonly ModelColumn[]) => loss(await predictTrees(pool, trained.model, of)),
  };
  const k = outputsOf(task);
  const flat = Float64Array.from({ length: rows.length * k }, (_, i) => constant[i % k]!);
  const result = await permutationImportance(sample, (c) => trained.splitImportance[c]! > 0, {
    seed,
    fold: f,
    repeats: importanceRepeats,
  });
  return { ...result, rows: rows.length, constant: loss(flat) };
}

function gathered(column: ModelColumn, rows: Uint32Array): ModelColumn {
  const own = column instanceof Float32Array ? new Float32Array(rows.length) : new Float64Array(rows.length);
  rows.forEach((row, i) => {
    own[i] = column[row]!;
  });
  return own;
}

/** At most so many rounds of a fold are shown. */
const mostPoints = 100;

/** How the models learned, as shares of the loss of a constant on the same rows. */
export function learningCurves(study: TrainStudy, { folds }: Walk): LearningCurve[] {
  return folds.map(({ fold, trained: { history, bestRound } }, f) => {
    const step = Math.max(1, Math.ceil(history.length / mostPoints));
    const shown = history.filter((_, i) => i % step === 0 || i === history.length - 1);
    const [fit, tail] = constantLosses(study, fold);
    return {
      fold: f + 1,
      bestRound,
      rounds: shown.map((r) => r.round),
      training: shown.map((r) => 1 - r.train / fit),
      tail: shown.map((r) => (Number.isNaN(r.validation) ? null : 1 - r.validation / tail)),
    };
  });
}

/** Mean loss of the constant of the rows to fit, on them and on the tail. */
function constantLosses({ task, encoded, weight }: TrainStudy, { fit, tail }: Fold): [number, number] {
  const constant = constantAnswer(task, encoded, weight, fit);
  const k = outputsOf(task);
  const on = (rows: Uint32Array) => {
    const pick = (of: Float64Array) => Float64Array.from(rows, (i) => of[i]!);
    const answers = Float64Array.from({ length: rows.length * k }, (_, i) => constant[i % k]!);
    const one = { weight: pick(weight), block: new Uint32Array(rows.length), blocks: 1 };
    return weightedMean(rowLosses(task, pick(encoded), answers), one).value;
  };
  return [on(fit), on(tail)];
}
