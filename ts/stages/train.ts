/**
 * `hybrid train`: boosted trees on indicators and formulas. If you are looking for
 * - how rows become labels, folds and columns, read train/study.ts and what it names;
 * - how the folds' models are trained, read train/walk.ts; the trees themselves, ../train/boost.ts;
 * - what the numbers mean, read ../train/metrics.ts and train/evaluate.ts;
 * - what is written, read train/output.ts.
 */
import { throwIfAborted } from '../error.js';
import { FolderArtifact } from '../io/folder.js';
import { compileKernels, instantiateKernels } from '../kernels/load.js';
import { createPool } from '../pool/pool.js';
import { trainingReport } from '../report/html/training.js';
import type { ReportedImportance, TrainingResult } from '../report/training.js';
import type { TrainedTrees } from '../train/boost.js';
import { ledgerPath, openHoldout } from './problem/ledger.js';
import {
  calibration,
  compare,
  importance,
  learningCurves,
  reportFolds,
  reportOverall,
  testedFolds,
} from './train/evaluate.js';
import { modelFolder, publishModel } from './train/output.js';
import { poseTraining, type TrainPorts, type TrainSettings, type TrainStudy } from './train/study.js';
import { trainFinal, type Walk, walk } from './train/walk.js';

export type { TrainPorts, TrainSettings } from './train/study.js';
export type TrainSummary = TrainingResult;

/** Trains, tests and writes the model; an older one stays as it is until the new one is whole. */
export async function train(settings: TrainSettings, ports: TrainPorts): Promise<TrainSummary> {
  const start = performance.now();
  const kernels = instantiateKernels(await compileKernels());
  const study = await poseTraining(settings, ports, kernels);
  const folder = await FolderArtifact.create(settings.model, modelFolder);
  const pool = await createPool(settings.threads);
  try {
    const walked = await walk(study, pool);
    const final = await trainFinal(study, pool, walked.folds);
    throwIfAborted(ports.signal);
    const shown = await show(study, walked, final, await importance(study, pool, walked, final));
    const seconds = (performance.now() - start) / 1000;
    const summary = { out: `${settings.model}/model.json`, ...shown, seconds };
    const report = await trainingReport(summary);
    const run = { holdoutOpened: shown.holdoutOpened, rounds: shown.rounds, seconds };
    const out = await publishModel(folder, study, walked, final.model, report, run);
    return { ...summary, out };
  } finally {
    await folder.discard();
    await pool.close();
  }
}

async function show(
  study: TrainStudy,
  walked: Walk,
  final: TrainedTrees,
  columns: ReportedImportance[],
): Promise<Omit<TrainSummary, 'out' | 'seconds'>> {
  const { settings, dataset, task, names, formulas, scoredRows, effectiveRows } = study;
  const tested = testedFolds(study, walked);
  const folds = reportFolds(study, walked, tested);
  return {
    target: settings.target,
    lossName: task.loss === 'l2' ? 'RMSE' : 'log-loss',
    classes: task.classNames,
    rounds: final.history.length,
    rows: dataset.rows,
    scoredRows,
    effectiveRows,
    columns: names,
    formulas,
    folds,
    overall: reportOverall(study, tested),
    holdoutOpened: await countOpening(study),
    comparison: compare(study, walked, tested),
    calibration: calibration(study, walked, tested),
    importance: columns,
    learning: learningCurves(study, walked),
  };
}

/** Each look at what evolution has left out makes it less of a test: it is counted first. */
async function countOpening({
  portfolio,
  settings,
  datasetSha256,
  line,
}: TrainStudy): Promise<number | null> {
  if (portfolio?.fresh === undefined) return null;
  return openHoldout(ledgerPath(settings.dataset), {
    dataset: datasetSha256,
    target: settings.target,
    from: portfolio.fresh,
    to: line.endInstant,
    at: new Date().toISOString(),
  });
}
