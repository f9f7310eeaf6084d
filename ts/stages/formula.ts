/** One formula by itself: its f64 values over a dataset, what it says, and the same in other languages. */
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Compression, Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import { fields, type Settings } from '../config/fields.js';
import { HybridError, throwIfAborted } from '../error.js';
import { terminalsNamed } from '../evolve/terminals.js';
import { type LanguageName, languages } from '../formula/languages.js';
import { columnsIn, operatorsIn, readTree } from '../formula/tree.js';
import { formulaInWords } from '../formula/words.js';
import { Table as ArrowTable, Float64, makeData, makeVector, tableToIPC } from '../io/arrow.js';
import { writeArtifact } from '../io/artifact.js';
import { type Dataset, openDataset, readNumbers } from '../io/dataset.js';
import { requireParquet } from '../io/folder.js';
import {
  createVocabulary,
  evaluateExactly,
  formulaTable,
  kindsOfFormulas,
  measureFormulas,
  type Operator,
  type Program,
  parseFormulas,
  printFormulas,
  simplifyFormulas,
} from '../kernels/formulas.js';
import { callKernel, compileKernels, instantiateKernels, type Kernels } from '../kernels/load.js';
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

/** Without a dataset, the columns that formulas may name are those that `hybrid prepare` writes. */
interface Naming {
  dataset?: string | undefined;
}

export interface FormulaExplanation {
  /** The formula as hybrid writes it. */
  formula: string;
  /** The shortest form with the same values. */
  simplified: string;
  /** What it says, a line for each operator over a window, the value last. */
  words: string[];
  /** What the value measures; null where unlike kinds are added or compared, which the search never does. */
  kind: string | null;
  columns: ExplainedColumn[];
  nodes: number;
  depth: number;
  /** Rows before the current one on which a value may depend. */
  lookBack: number;
  /** Work of a row in additions, roughly. */
  cost: number;
  operators: Pick<Operator, 'name' | 'meaning' | 'nulls' | 'cost'>[];
}

export interface ExplainedColumn {
  name: string;
  kind: string;
  /** Of a column of the features; null of any other. */
  unit: string | null;
  nullWhen: string | null;
}

/** What a formula is made of; the dataset's columns are the known names. */
export async function explainFormula(text: string, settings: Naming = {}): Promise<FormulaExplanation> {
  const { kernels, names, program, root } = await readFormula(text, settings);
  const { nodes, depth, lookBack, cost } = measureFormulas(kernels, [program], names.length)[0]!;
  const simplified = simplifyFormulas(kernels, [program], names.length);
  const print = (programs: readonly Program[]) => printFormulas(kernels, programs, names)[0]!;
  return {
    formula: print([program]),
    simplified: print(simplified),
    words: formulaInWords(root),
    kind: kindOf(kernels, program, names) ?? null,
    columns: explainColumns(kernels, columnsIn(root)),
    nodes,
    depth,
    lookBack,
    cost,
    operators: operatorsIn(root).map(({ name, meaning, nulls, cost }) => ({ name, meaning, nulls, cost })),
  };
}

function kindOf(kernels: Kernels, program: Program, names: readonly string[]): string | undefined {
  const table = formulaTable(kernels);
  // Also of columns that formulas may name but that are no indicators: times, identifiers.
  const columns = terminalsNamed(names, []);
  const vocabulary = createVocabulary(kernels, {
    kinds: columns.map(({ kind }) => table.kinds.indexOf(kind)),
    terminals: [0],
    operators: [0],
    windows: [],
    maxNodes: 3,
    maxDepth: 2,
  });
  return kindsOfFormulas(vocabulary, [program], table)[0];
}

function explainColumns(kernels: Kernels, names: readonly string[]): ExplainedColumn[] {
  const features = featureColumns(kernels);
  return terminalsNamed(names, []).map(({ name, kind }) => {
    const { unit = null, nullWhen = null } = features.find((feature) => feature.name === name) ?? {};
    return { name, kind, unit, nullWhen };
  });
}

/** What `hybrid prepare` writes, the extended features included. */
function featureColumns(kernels: Kernels): ExplainedColumn[] {
  return JSON.parse(callKernel(() => kernels.columnsJson('extended')));
}

export interface FormulaExport {
  formula: string;
  language: LanguageName;
  code: string;
}

/**
 * The formula as code in another language that gives the numbers of {@link evaluateFormula}; what reads a file itself
 * reads the dataset, features.parquet without one.
 */
export async function exportFormula(
  text: string,
  settings: Naming & Pick<Settings, 'exportTo'>,
): Promise<FormulaExport> {
  const { kernels, names, program, root } = await readFormula(text, settings);
  const formula = printFormulas(kernels, [program], names)[0]!;
  const { lookBack } = measureFormulas(kernels, [program], names.length)[0]!;
  const { dataset: path } = settings;
  const bySymbol = path !== undefined && (await stat(path)).isDirectory();
  const dataset = { path: path ?? String(fields.dataset.default), bySymbol };
  const exported = { text: formula, root, lookBack, version: packageVersion(), dataset };
  return { formula, language: settings.exportTo, code: languages[settings.exportTo](exported) };
}

async function readFormula(text: string, { dataset }: Naming) {
  const kernels = await loadKernels();
  const names =
    dataset === undefined
      ? featureColumns(kernels).map((c) => c.name)
      : (await openDataset(dataset)).columns.filter((c) => c.type !== 'other').map((c) => c.name);
  const program = parseFormulas(kernels, [text], names)[0]!;
  return { kernels, names, program, root: readTree(program, formulaTable(kernels).operators, names) };
}

function packageVersion(): string {
  const url = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
}

async function loadKernels(): Promise<Kernels> {
  return instantiateKernels(await compileKernels());
}
