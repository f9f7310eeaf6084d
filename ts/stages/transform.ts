/** `hybrid transform`: a copy of the dataset with a portfolio's formulas as columns, row group by row group. */
import { Table as ArrowTable } from 'apache-arrow';
import type { Settings } from '../config/fields.js';
import { version } from '../config/version.js';
import { HybridError, throwIfAborted } from '../error.js';
import { writeJson } from '../io/artifact.js';
import { type Dataset, type DatasetFile, hashDataset, openDataset, readGroups } from '../io/dataset.js';
import { numberColumn } from '../io/table.js';
import { parseFormulas } from '../kernels/formulas.js';
import { compileKernels, instantiateKernels, type Kernels } from '../kernels/load.js';
import type { Progress } from '../report/progress.js';
import { writeCopy } from './copy.js';
import { namedColumns } from './evolve/columns.js';
import { type NamedFormula, readPortfolioFile } from './portfolio.js';
import { FormulaStream } from './predict/formulas.js';
import { groupColumns } from './train/columns.js';

export type TransformSettings = Pick<Settings, 'dataset' | 'formulas' | 'transformed' | 'prefix'>;

export interface TransformPorts {
  progress: Progress;
  signal: AbortSignal;
}

export interface TransformSummary {
  out: string;
  manifest: string;
  rows: number;
  /** Columns added, in their order; `nulls`: rows where the formula has no value. */
  columns: { name: string; formula: string; nulls: number }[];
  seconds: number;
}

/**
 * The values are those of `hybrid formula eval`, f64; windows go across row groups and files of a symbol, never
 * across symbols. Memory holds a row group. Errors: E_INPUT and E_USAGE for a file that is no portfolio, a column
 * that the dataset lacks (with the nearest name), a name that is taken.
 */
export async function transform(
  settings: TransformSettings,
  ports: TransformPorts,
): Promise<TransformSummary> {
  const start = performance.now();
  const { formulas: path = 'evolved/portfolio.json', transformed: out } = settings;
  const { portfolio } = await readPortfolioFile(path, false);
  const dataset = await openDataset(settings.dataset);
  const formulas = portfolio.map(({ formula }, i) => ({ name: `${settings.prefix}${i + 1}`, formula }));
  const kernels = instantiateKernels(await compileKernels());
  requireColumns(path, formulas, dataset, kernels);
  requireFreeNames(formulas, dataset);
  const texts = formulas.map((f) => f.formula);
  const stream = new FormulaStream(kernels, texts, namedColumns(dataset));
  const phase = ports.progress.phase('transform', dataset.rows);
  const counted = { rows: 0, nulls: formulas.map(() => 0) };
  const source = {
    dataset,
    begin: () => stream.restart(),
    copy: (file: DatasetFile) =>
      withFormulas(file, dataset, formulas, stream, counted, () => {
        throwIfAborted(ports.signal);
        phase.update(counted.rows);
      }),
    metadata: { 'hybrid.formulas': JSON.stringify(formulas) },
  };
  const files = await writeCopy(out, source, ports.signal);
  phase.end(`${counted.rows} rows`);
  const columns = formulas.map((f, i) => ({ ...f, nulls: counted.nulls[i]! }));
  const summary = { rows: counted.rows, columns, seconds: (performance.now() - start) / 1000 };
  const manifest = `${out.replace(/[/\\]+$/, '')}.manifest.json`;
  await writeJson(manifest, {
    kind: 'transformed',
    version,
    finished: new Date().toISOString(),
    dataset: { path: settings.dataset, sha256: await hashDataset(dataset) },
    formulas: path,
    ...summary,
    files,
  });
  return { out, manifest, ...summary };
}

/** Says which formula names a column that the dataset lacks. */
function requireColumns(
  path: string,
  formulas: readonly NamedFormula[],
  dataset: Dataset,
  kernels: Kernels,
): void {
  for (const { formula } of formulas) {
    try {
      parseFormulas(kernels, [formula], namedColumns(dataset));
    } catch (error) {
      const { message, hint } = HybridError.from(error);
      throw new HybridError('E_INPUT', `${path}: ${formula}: ${message.replace(/^formula, /, '')}`, {
        hint: `${hint ?? ''} The dataset is ${dataset.path}: prepare it as that of the evolution was.`.trim(),
        cause: error,
      });
    }
  }
}

function requireFreeNames(formulas: readonly NamedFormula[], dataset: Dataset): void {
  const taken = formulas.find(({ name }) => dataset.columns.some((c) => c.name === name));
  if (taken === undefined) return;
  throw new HybridError('E_INPUT', `${dataset.path}: expected no column "${taken.name}", got one`, {
    hint: 'Choose other names with --prefix, or name the dataset without it with --dataset.',
  });
}

/** Batch by batch: also a file of one row group alone takes the memory of the group and no more. */
async function* withFormulas(
  file: DatasetFile,
  dataset: Dataset,
  formulas: readonly NamedFormula[],
  stream: FormulaStream,
  counted: { rows: number; nulls: number[] },
  onBatch: () => void,
): AsyncGenerator<ArrowTable> {
  const names = dataset.columns.map((c) => c.name);
  for await (const group of readGroups(file, names)) {
    for (const batch of group.batches) {
      onBatch();
      const table = new ArrowTable(batch);
      const inputs = groupColumns(table, stream.columns).map((c) => Float64Array.from(c));
      const values = stream.next(inputs, table.numRows);
      const added = values.map((own, f) => {
        const column = numberColumn(own);
        counted.nulls[f]! += column.nullCount;
        return [formulas[f]!.name, column] as const;
      });
      counted.rows += table.numRows;
      yield table.assign(new ArrowTable(Object.fromEntries(added)));
    }
  }
}
