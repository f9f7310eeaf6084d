/** The walk: a model for each fold, with the formulas and without them, and the final one. */
import type { TreesModel } from '../../kernels/trees.js';
import type { Pool } from '../../pool/pool.js';
import { type Round, type TrainedTrees, trainTrees } from '../../train/boost.js';
import type { Fold } from '../../train/folds.js';
import { constantAnswer } from '../../train/metrics.js';
import { predictTrees } from '../../train/predict.js';
import { outputsOf } from '../../train/task.js';
import { answered, type TrainStudy } from './study.js';

export interface WalkedFold {
  fold: Fold;
  trained: TrainedTrees;
  /** Without the formulas; none where there are no formulas. */
  baseline: TrainedTrees | undefined;
  /** What a model without columns answers. */
  constant: number[];
}

/** Answers of models that have not seen the row, {@link outputsOf} numbers a row of the dataset; NaN for none. */
export interface Walk {
  folds: WalkedFold[];
  answers: Float64Array;
  baseline: Float64Array | undefined;
}

/** Trains and predicts fold after fold. */
export async function walk(study: TrainStudy, pool: Pool): Promise<Walk> {
  const { folds, ports, names, formulas, settings } = study;
  const existing = names.length - formulas.length;
  const models = folds.length * (formulas.length > 0 ? 2 : 1);
  const phase = ports.progress.phase('folds', models * settings.rounds);
  const none = () => new Float64Array(study.dataset.rows * outputsOf(study.task)).fill(Number.NaN);
  const answers = none();
  const baseline = formulas.length > 0 ? none() : undefined;
  const walked: WalkedFold[] = [];
  let done = 0;
  for (const [f, fold] of folds.entries()) {
    const one = async (columns: number, into: Float64Array, what: string) => {
      const base = settings.rounds * done++;
      const trained = await trainOn(study, pool, columns, fold, ({ round, validation }) => {
        const tail = Number.isNaN(validation) ? '' : `, tail ${validation.toPrecision(6)}`;
        phase.update(base + round, `fold ${f + 1} of ${folds.length}${what}: round ${round}${tail}`);
      });
      await answerBlock(study, pool, trained.model, fold, into);
      return trained;
    };
    const trained = await one(names.length, answers, '');
    const without = baseline && (await one(existing, baseline, ' without formulas'));
    const constant = constantAnswer(study.task, study.encoded, study.weight, fold.training);
    walked.push({ fold, trained, baseline: without, constant });
  }
  phase.end(`${models} models`);
  return { folds: walked, answers, baseline };
}

function trainOn(
  { names, columns, encoded, weight, options, ports }: TrainStudy,
  pool: Pool,
  count: number,
  { fit, tail }: Fold,
  onRound: (round: Round) => void,
): Promise<TrainedTrees> {
  const data = {
    names: names.slice(0, count),
    columns: columns.slice(0, count),
    target: encoded,
    weight,
    train: fit,
    ...(tail.length > 0 ? { validation: tail } : {}),
  };
  const monotone = options.monotone?.slice(0, count);
  return trainTrees(pool, data, { ...options, monotone }, { onRound, signal: ports.signal });
}

async function answerBlock(
  study: TrainStudy,
  pool: Pool,
  model: TreesModel,
  { block }: Fold,
  into: Float64Array,
): Promise<void> {
  const columns = study.columns.slice(0, model.columns.length);
  const rows = new Uint32Array(block.reduce((n, b) => n + b.end - b.start, 0));
  let count = 0;
  for (const { start, end } of block)
    for (let i = start; i < end; i++) if (answered(study, i)) rows[count++] = i;
  const own = rows.slice(0, count);
  const answers = await predictTrees(pool, model, columns, { rows: own, signal: study.ports.signal });
  const k = outputsOf(study.task);
  for (let i = 0; i < count; i++) for (let c = 0; c < k; c++) into[own[i]! * k + c] = answers[i * k + c]!;
}

/** The final model: all labelled rows, for as many rounds as the folds' models had (their median). */
export async function trainFinal(
  study: TrainStudy,
  pool: Pool,
  walked: readonly WalkedFold[],
): Promise<TrainedTrees> {
  const { names, columns, encoded, weight, options, ports, labels } = study;
  const rounds = medianRounds(walked);
  const train = new Uint32Array(weight.length).map((_, i) => i).filter((i) => labels.weight[i]! > 0);
  const phase = ports.progress.phase('final model', rounds);
  const data = { names, columns, target: encoded, weight, train };
  const trained = await trainTrees(
    pool,
    data,
    { ...options, rounds, earlyStop: 0 },
    { onRound: ({ round }) => phase.update(round), signal: ports.signal },
  );
  phase.end(`${rounds} rounds`);
  return trained;
}

/** The lower one of the two in the middle. */
export function medianRounds(walked: readonly WalkedFold[]): number {
  const rounds = walked.map((w) => w.trained.bestRound).sort((a, b) => a - b);
  return Math.max(1, rounds[(rounds.length - 1) >> 1]!);
}
