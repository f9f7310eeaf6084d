/** One formula by itself: its f64 values over a dataset, and what it is made of. */
import { stat } from 'node:fs/promises';
import { Table as ArrowTable, Float64, makeData, makeVector, tableToIPC } from 'apache-arrow';
import { Compression, Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import type { Settings } from '../config/fields.js';
import { HybridError, throwIfAborted } from '../error.js';
import { writeArtifact } from '../io/artifact.js';
import { type Dataset, openDataset, readNumbers } from '../io/dataset.js';
import { requireParquet } from '../io/folder.js';
import {
  evaluateExactly,
  formulaTable,
  measureFormulas,
  type Operator,
  parseFormulas,
  printFormulas,
} from '../kernels/formulas.js';
import { compileKernels, instantiateKernels, type Kernels } from '../kernels/load.js';
import type { Progress } from '../report/progress.js';
import { columnsOf, renumber } from './evolve/seeds.js';

export interface FormulaValues {
  rows: number;
  nulls: number;
  out: string;
}

/** Writes one Parquet column `value`, a row for each row of the dataset. */
export async function evaluateFormula(
  text: string,
  settings: Pick<Settings, 'dataset' | 'value'>,
  ports: { progress: Progress; signal: AbortSignal },
): Promise<FormulaValues> {
  const dataset = await openDataset(settings.dataset);
  await requireOtherFile(settings.value, dataset);
  const values = await formulaValues(await loadKernels(), dataset, text, ports.signal);
  const nulls = values.reduce((n, v) => n + (Number.isFinite(v) ? 0 : 1), 0);
  await writeArtifact(settings.value, (write) => write(valueFile(values, nulls)), ports.signal);
  return { rows: dataset.rows, nulls, out: settings.value };
}

/** The features took long to prepare: their place is not the place of a formula's values. Errors: E_USAGE. */
export async function requireOtherFile(out: string, dataset: Dataset): Promise<void> {
  const there = await stat(out).catch(() => undefined);
  if (there === undefined) return;
  if (!there.isDirectory()) await requireParquet(out);
  const files = dataset.symbols.flatMap((symbol) => symbol.files.map((file) => file.path));
  const inputs = await Promise.all(files.map((path) => stat(path)));
  if (!inputs.some(({ dev, ino }) => dev === there.dev && ino === there.ino)) return;
  throw new HybridError('E_USAGE', `${out}: expected a file other than the dataset, got the dataset`, {
    hint: 'Choose another path with --out.',
  });
}

/** The formula's value in every row of the dataset, NaN where it has none. */
export async function formulaValues(
  kernels: Kernels,
  dataset: Dataset,
  text: string,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const names = dataset.columns.filter((c) => c.type !== 'other').map((c) => c.name);
  const parsed = parseFormulas(kernels, [text], names)[0]!;
  const used = columnsOf(parsed);
  // A formula of constants alone still needs to know how many rows there are.
  const read = used.length > 0 ? used : [0];
  const program = renumber(parsed, (c) => used.indexOf(c));
  const values = new Float64Array(dataset.rows);
  for (const symbol of dataset.symbols) {
    throwIfAborted(signal);
    const columns = await readNumbers(
      dataset,
      read.map((c) => names[c]!),
      [symbol],
    );
    values.set(evaluateExactly(kernels, program, columns), symbol.start);
  }
  return values;
}

function valueFile(values: Float64Array, nullCount: number): Uint8Array {
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((v, i) => {
    if (Number.isFinite(v)) nullBitmap[i >> 3]! |= 1 << (i & 7);
  });
  const data = makeData({ type: new Float64(), length: values.length, data: values, nullCount, nullBitmap });
  const table = Table.fromIPCStream(tableToIPC(new ArrowTable({ value: makeVector(data) }), 'stream'));
  const properties = new WriterPropertiesBuilder().setCompression(Compression.LZ4_RAW).build();
  return writeParquet(table, properties);
}

export interface FormulaExplanation {
  /** The formula as hybrid writes it. */
  formula: string;
  columns: string[];
  nodes: number;
  depth: number;
  /** Rows before the current one on which a value may depend. */
  lookBack: number;
  operators: Pick<Operator, 'name' | 'meaning' | 'nulls'>[];
}

/** What a formula is made of; the dataset's columns are the known names. */
export async function explainFormula(
  text: string,
  settings: Pick<Settings, 'dataset'>,
): Promise<FormulaExplanation> {
  const kernels = await loadKernels();
  const dataset = await openDataset(settings.dataset);
  const names = dataset.columns.filter((c) => c.type !== 'other').map((c) => c.name);
  const program = parseFormulas(kernels, [text], names)[0]!;
  const { nodes, depth, lookBack } = measureFormulas(kernels, [program], names.length)[0]!;
  const { operators } = formulaTable(kernels);
  const used = operatorsOf(program, operators);
  return {
    formula: printFormulas(kernels, [program], names)[0]!,
    columns: columnsOf(program).map((c) => names[c]!),
    nodes,
    depth,
    lookBack,
    operators: used.map(({ name, meaning, nulls }) => ({ name, meaning, nulls })),
  };
}

function operatorsOf(program: Uint32Array, operators: readonly Operator[]): Operator[] {
  const used = new Set<Operator>();
  for (let i = 0; i < program.length; i++) {
    const code = program[i]! >>> 24;
    if (code > 0x80) i += 2;
    else if (operators[code] !== undefined) used.add(operators[code]);
  }
  return [...used];
}

async function loadKernels(): Promise<Kernels> {
  return instantiateKernels(await compileKernels());
}
