/** A Parquet file or a dataset folder, read one column at a time: memory holds the widest column, not the table. */
import { throwIfAborted } from '../../error.js';
import { countNulls, type Dataset, openDataset, readColumns } from '../../io/dataset.js';
import type { Inspection, InspectPorts } from '../inspect.js';
import { type ColumnSummary, summarise, withoutNumbers } from './columns.js';

export async function inspectParquet(path: string, { progress, signal }: InspectPorts): Promise<Inspection> {
  const dataset = await openDataset(path);
  const units = unitsOf(dataset);
  const phase = progress.phase(`inspect ${path}`, dataset.columns.length);
  const columns: ColumnSummary[] = [];
  try {
    for (const { name, type, stored } of dataset.columns) {
      throwIfAborted(signal);
      phase.update(columns.length, name);
      const column = { name, type: stored, unit: units[name] ?? '', nulls: 0 };
      columns.push(
        type === 'other'
          ? withoutNumbers({ ...column, nulls: await countNulls(dataset, name) })
          : await summariseNumbers(dataset, column),
      );
    }
  } finally {
    phase.end();
  }
  return {
    path,
    kind: dataset.metadata.has('hybrid.parameters') ? 'features' : 'parquet',
    rows: dataset.rows,
    columns,
    span: spanOf(columns),
    about: aboutOf(dataset),
  };
}

async function summariseNumbers(
  dataset: Dataset,
  column: Pick<ColumnSummary, 'name' | 'type' | 'unit' | 'nulls'>,
): Promise<ColumnSummary> {
  const values = new Float64Array(dataset.rows);
  await readColumns(dataset, [column.name], (_, row, run, present) => {
    for (let i = 0; i < run.length; i++) values[row + i] = present(i) ? Number(run[i]) : Number.NaN;
  });
  return summarise(column, values);
}

/** From the first to the last instant of the column `ts`. */
export function spanOf(columns: readonly ColumnSummary[]): Inspection['span'] {
  const ts = columns.find(({ name }) => name === 'ts');
  return ts === undefined || ts.min === null || ts.max === null ? null : { from: ts.min, to: ts.max };
}

function unitsOf({ metadata }: Dataset): Record<string, string> {
  return JSON.parse(metadata.get('hybrid.units') ?? '{}') as Record<string, string>;
}

/** The file's key-value metadata but for what the columns already say and what only Arrow reads. */
function aboutOf({ metadata, symbols }: Dataset): Record<string, unknown> {
  const told = ['hybrid.units', 'ARROW:schema', 'pandas'];
  const entries = [...metadata].filter(([name]) => !told.includes(name));
  const names = symbols.map(({ name }) => name).filter((name) => name !== '');
  return { ...(names.length > 0 ? { symbols: names } : {}), ...Object.fromEntries(entries.map(parsed)) };
}

function parsed([name, text]: [string, string]): [string, unknown] {
  try {
    return [name, JSON.parse(text)];
  } catch {
    return [name, text];
  }
}
