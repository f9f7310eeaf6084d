/** What training leaves: a folder that is whole or not there. */
import type { Table, Vector } from 'apache-arrow';
import { version } from '../../config/version.js';
import { throwIfAborted } from '../../error.js';
import { Table as ArrowTable } from '../../io/arrow.js';
import type { ArtifactSummary } from '../../io/artifact.js';
import { parametersOf } from '../../io/dataset.js';
import type { FolderArtifact, FolderContent } from '../../io/folder.js';
import {
  integerColumn,
  numberColumn,
  rowsPerGroup,
  textColumn,
  timeColumn,
  writeTables,
} from '../../io/table.js';
import type { TreesModel } from '../../kernels/trees.js';
import { writeLightGbm } from '../../train/lightgbm.js';
import { outputsOf, scoresOf, type Task } from '../../train/task.js';
import type { NamedFormula } from './formulas.js';
import type { TrainStudy } from './study.js';
import type { Walk } from './walk.js';

const names = ['model.json', 'model.txt', 'predictions.parquet', 'report.html', 'manifest.json'] as const;

export const modelFolder: FolderContent = {
  what: 'the folder of a model',
  ours: (name) => (names as readonly string[]).includes(name),
  overParquet: false,
};

/** model.json: all that predictions need. */
export interface ModelFile {
  format: 'hybrid-model';
  version: 1;
  target: string;
  task: Task;
  /** Columns of the trees, in their order; those of formulas are computed from the dataset's. */
  columns: string[];
  formulas: NamedFormula[];
  /** Hours (UTC) whose rows the model answers; null for all. */
  hours: string | null;
  trainedOn: {
    datasetSha256: string;
    rows: number;
    from: number;
    to: number;
    /** Of the indicators, as texts; null for a dataset of which hybrid does not know them. */
    parameters: Readonly<Record<string, string>> | null;
  };
  trees: TreesModel;
}

export function modelFile(study: TrainStudy, trees: TreesModel): ModelFile {
  const { settings, dataset, task, names, formulas, datasetSha256, scoredRows, line } = study;
  return {
    format: 'hybrid-model',
    version: 1,
    target: settings.target,
    task,
    columns: [...names],
    formulas: [...formulas],
    hours: settings.sessionHours ?? null,
    trainedOn: {
      datasetSha256,
      rows: scoredRows,
      from: line.firstInstant,
      to: line.endInstant,
      parameters: parametersOf(dataset) ?? null,
    },
    trees,
  };
}

/** Names of the columns that hold a model's answers, and how they come from them. */
export function answerColumns(task: Task, answers: Float64Array): Record<string, Float64Array> {
  const k = outputsOf(task);
  const prediction = { prediction: scoresOf(task, answers) };
  if (k === 1) return prediction;
  const own = task.classNames.map((name, c) => {
    const values = new Float64Array(answers.length / k);
    for (let i = 0; i < values.length; i++) values[i] = answers[i * k + c]!;
    return [`p_${name}`, values] as const;
  });
  return { ...prediction, ...Object.fromEntries(own) };
}

/** Writes everything and gives the folder its name; returns the path of model.json. */
export async function publishModel(
  folder: FolderArtifact,
  study: TrainStudy,
  walk: Walk,
  trees: TreesModel,
  report: string,
  run: object,
): Promise<string> {
  const files: ArtifactSummary[] = [];
  const one = async (
    name: (typeof names)[number],
    produce: (write: (bytes: Uint8Array | string) => Promise<void>) => Promise<void>,
  ) => {
    throwIfAborted(study.ports.signal);
    const part = await folder.part(name);
    try {
      await produce((bytes) => part.write(bytes));
      files.push({ ...(await part.seal()), path: name });
      await part.publish();
    } finally {
      await part.discard();
    }
  };
  await one('model.json', (write) => write(`${JSON.stringify(modelFile(study, trees))}\n`));
  await one('model.txt', (write) => write(writeLightGbm(trees)));
  await one('predictions.parquet', (write) => writeTables(predictionTables(study, walk), write));
  await one('report.html', (write) => write(report));
  const { threads, dataset, model, ...configuration } = study.settings;
  const manifest = {
    version,
    datasetSha256: study.datasetSha256,
    configuration,
    dataset,
    threads,
    ...run,
    files: [...files],
  };
  await one('manifest.json', (write) => write(`${JSON.stringify(manifest, null, 2)}\n`));
  throwIfAborted(study.ports.signal);
  await folder.publish();
  return `${folder.path}/model.json`;
}

/** A row for each row of the dataset, in its order. */
async function* predictionTables(study: TrainStudy, walk: Walk): AsyncGenerator<Table> {
  const { dataset, line, labels, task } = study;
  const columns: Record<string, Float64Array> = {
    target: labels.value,
    ...answerColumns(task, walk.answers),
    ...(walk.baseline && { prediction_without_formulas: scoresOf(task, walk.baseline) }),
  };
  const fold = foldOfRows(walk, labels.value.length);
  const timed = dataset.columns.some((c) => c.name === 'ts');
  for (const { name, start, end } of dataset.symbols) {
    for (let from = start; from < end; from += rowsPerGroup) {
      const to = Math.min(end, from + rowsPerGroup);
      const vectors: Record<string, Vector> = {};
      if (timed) vectors.ts = timeColumn(line.ts.subarray(from, to));
      if (dataset.symbols.length > 1) vectors.symbol = textColumn(name, to - from);
      for (const [column, values] of Object.entries(columns))
        vectors[column] = numberColumn(values.slice(from, to));
      vectors.fold = integerColumn(fold.slice(from, to));
      yield new ArrowTable(vectors);
    }
  }
}

/** From 1; NaN in front of the first fold. */
function foldOfRows({ folds }: Walk, rows: number): Float64Array {
  const fold = new Float64Array(rows).fill(Number.NaN);
  folds.forEach(({ fold: { block } }, f) => {
    for (const { start, end } of block) fold.fill(f + 1, start, end);
  });
  return fold;
}
