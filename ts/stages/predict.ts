/** `hybrid predict`: a copy of the dataset with a model's answers, row group by row group. */
import type { Table as ArrowTable } from 'apache-arrow';
import { Table as ArrowTableOf } from 'apache-arrow';
import type { Settings } from '../config/fields.js';
import { throwIfAborted } from '../error.js';
import { type Dataset, type DatasetFile, openDataset, readGroups } from '../io/dataset.js';
import { numberColumn } from '../io/table.js';
import { compileKernels, instantiateKernels } from '../kernels/load.js';
import { createPool, type Pool } from '../pool/pool.js';
import { parseHours, withinHours } from '../problem/hours.js';
import type { Progress } from '../report/progress.js';
import { predictTrees } from '../train/predict.js';
import { outputsOf } from '../train/task.js';
import { writeCopy } from './copy.js';
import { namedColumns } from './evolve/columns.js';
import { FormulaStream } from './predict/formulas.js';
import { existingColumns, readModel, requireColumns } from './predict/model.js';
import { groupColumns, type ModelColumn } from './train/columns.js';
import { answerColumns, type ModelFile } from './train/output.js';

export type PredictSettings = Pick<Settings, 'dataset' | 'model' | 'predicted' | 'threads'>;

export interface PredictPorts {
  progress: Progress;
  signal: AbortSignal;
}

export interface PredictSummary {
  out: string;
  rows: number;
  /** Rows without a prediction: those outside the model's hours. */
  nulls: number;
  /** Columns added, in their order. */
  columns: string[];
  seconds: number;
}

/** Memory holds one row group, however long the dataset is. */
export async function predict(settings: PredictSettings, ports: PredictPorts): Promise<PredictSummary> {
  const start = performance.now();
  const model = await readModel(settings.model);
  const dataset = await openDataset(settings.dataset);
  const columns = Object.keys(answerColumns(model.task, new Float64Array(0)));
  requireColumns(model, dataset, columns);
  const kernels = instantiateKernels(await compileKernels());
  const texts = model.formulas.map((f) => f.formula);
  const formulas = new FormulaStream(kernels, texts, namedColumns(dataset));
  const pool = await createPool(settings.threads);
  const phase = ports.progress.phase('predict', dataset.rows);
  const counted = { rows: 0, nulls: 0 };
  try {
    const copy = (file: DatasetFile) =>
      predictedGroups({ model, dataset, formulas, pool }, file, counted, () => {
        throwIfAborted(ports.signal);
        phase.update(counted.rows);
      });
    const source = { dataset, begin: () => formulas.restart(), copy };
    await writeCopy(settings.predicted, source, ports.signal);
    phase.end(`${counted.rows} rows`);
  } finally {
    await pool.close();
  }
  return { out: settings.predicted, ...counted, columns, seconds: (performance.now() - start) / 1000 };
}

interface Predicting {
  model: ModelFile;
  dataset: Dataset;
  formulas: FormulaStream;
  pool: Pool;
}

async function* predictedGroups(
  { model, dataset, formulas, pool }: Predicting,
  file: DatasetFile,
  counted: { rows: number; nulls: number },
  onGroup: () => void,
): AsyncGenerator<ArrowTable> {
  const existing = existingColumns(model);
  const names = dataset.columns.map((c) => c.name);
  const answered = answeredBy(model);
  for await (const group of readGroups(file, names)) {
    onGroup();
    const own = new Map<string, ModelColumn>();
    groupColumns(group, existing).forEach((column, c) => {
      own.set(existing[c]!, column);
    });
    const inputs = groupColumns(group, formulas.columns).map((c) => Float64Array.from(c));
    formulas.next(inputs, group.numRows).forEach((values, f) => {
      own.set(model.formulas[f]!.name, values);
    });
    const answers = await predictTrees(
      pool,
      model.trees,
      model.columns.map((name) => own.get(name)!),
    );
    counted.nulls += dropOthers(answers, group, outputsOf(model.task), answered);
    counted.rows += group.numRows;
    const added = Object.entries(answerColumns(model.task, answers)).map(
      ([name, values]) => [name, numberColumn(values)] as const,
    );
    yield group.assign(new ArrowTableOf(Object.fromEntries(added)));
  }
}

function answeredBy({ hours }: ModelFile): ((ts: number) => boolean) | undefined {
  if (hours === null) return undefined;
  const parsed = parseHours(hours);
  return (ts) => withinHours(ts, parsed);
}

/** Takes the answers of rows outside the hours away; how many. */
function dropOthers(
  answers: Float64Array,
  group: ArrowTable,
  outputs: number,
  answered: ((ts: number) => boolean) | undefined,
): number {
  if (answered === undefined) return 0;
  const [ts] = groupColumns(group, ['ts']);
  let dropped = 0;
  for (let i = 0; i < group.numRows; i++) {
    if (answered(ts![i]!)) continue;
    answers.fill(Number.NaN, i * outputs, (i + 1) * outputs);
    dropped++;
  }
  return dropped;
}
