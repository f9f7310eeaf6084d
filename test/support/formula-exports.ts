/** Random formulas of all operators, written in other languages, run there, and compared with `formula eval`. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Exported } from '../../ts/formula/exported.js';
import { type LanguageName, languages } from '../../ts/formula/languages.js';
import { readTree } from '../../ts/formula/tree.js';
import { fileNameOf } from '../../ts/io/raw.js';
import {
  evaluateExactly,
  formulaTable,
  measureFormulas,
  type Operator,
  parseFormulas,
  printFormulas,
} from '../../ts/kernels/formulas.js';
import type { Kernels } from '../../ts/kernels/load.js';
import { generator, writeDataset } from './dataset.js';

/** Rows of the two symbols, in the order of the dataset: that of the folders' names, BTC%2FUSD and BTC-PERP. */
const symbolRows = { 'BTC/USD': 400, 'BTC-PERP': 330 } as const;
export const columnNames = ['price', 'flow', 'level', 'small', 'count', 'strange name-1'] as const;

type Draw = ReturnType<typeof generator>;
type Columns = Record<string, Float64Array>;

/** Prices far from 0, ties, long runs of one value, tiny values, whole numbers, nulls. */
function columnsOfSymbol(rows: number, draw: Draw): Columns {
  const column = (value: (i: number) => number, oneNullIn: number) =>
    Float64Array.from({ length: rows }, (_, i) => (draw.below(oneNullIn) === 0 ? Number.NaN : value(i)));
  let [price, level] = [64_000, 0.5];
  return {
    price: column(() => {
      price += 0.01 * (draw.below(5) - 2);
      return price;
    }, 500),
    flow: column(() => draw.normal(), 12),
    level: column(() => {
      if (draw.below(40) === 0) level = draw.below(7) / 3;
      return level;
    }, 60),
    small: column(() => 1e-5 * draw.normal() ** 3, 30),
    count: column(() => draw.below(4) - 1, 3),
    'strange name-1': column((i) => Math.sin(i / 9) + 0.1 * draw.normal(), 1000),
  };
}

/** A dataset of two symbols in the folder, and its columns. */
export function writeSymbols(folder: string): Record<string, Columns> {
  const draw = generator(71);
  return Object.fromEntries(
    Object.entries(symbolRows).map(([symbol, rows]) => {
      const columns = columnsOfSymbol(rows, draw);
      const own = join(folder, `symbol=${fileNameOf(symbol)}`);
      mkdirSync(own, { recursive: true });
      writeDataset(join(own, 'part-0.parquet'), columns);
      return [symbol, columns];
    }),
  );
}

/** Formulas that together have every operator. */
export function randomFormulas(count: number, seed: number, operators: readonly Operator[]): string[] {
  const draw = generator(seed);
  return Array.from({ length: count }, (_, i) => {
    const first = operators[i % operators.length]!;
    return applied(first, 2 + draw.below(3), draw, operators);
  });
}

function applied(operator: Operator, depth: number, draw: Draw, operators: readonly Operator[]): string {
  const args = Array.from({ length: operator.arity }, () => {
    const arg = random(depth - 1, draw, operators);
    // Of large numbers, these would make as good as random ones of the last bit.
    return ['sin', 'cos', 'exp'].includes(operator.name) ? `tanh(${arg})` : arg;
  });
  if (operator.minWindow > 0) args.push(String(windowOf(operator, draw)));
  return `${operator.name}(${args.join(', ')})`;
}

function windowOf({ minWindow }: Operator, draw: Draw): number {
  return draw.below(12) === 0 ? 60 + draw.below(60) : minWindow + draw.below(15);
}

function random(depth: number, draw: Draw, operators: readonly Operator[]): string {
  if (depth <= 0 || draw.below(5) === 0) {
    const constants = ['2', '-0.5', '0', '1e-3', '1.25', String(draw.normal())];
    if (draw.below(6) === 0) return constants[draw.below(constants.length)]!;
    const name = columnNames[draw.below(columnNames.length)]!;
    return /^\w+$/.test(name) ? name : `"${name}"`;
  }
  return applied(operators[draw.below(operators.length)]!, depth, draw, operators);
}

export interface Case extends Exported {
  /** The values of `formula eval`, NaN for null. */
  exact: Float64Array;
}

export function casesOf(
  kernels: Kernels,
  texts: readonly string[],
  folder: string,
  symbols: Record<string, Columns>,
): Case[] {
  const { operators } = formulaTable(kernels);
  const programs = parseFormulas(kernels, texts, columnNames);
  const printed = printFormulas(kernels, programs, columnNames);
  const measures = measureFormulas(kernels, programs, columnNames.length);
  return programs.map((program, i) => ({
    text: printed[i]!,
    root: readTree(program, operators, columnNames),
    lookBack: measures[i]!.lookBack,
    version: '0.0.0',
    dataset: { path: folder, bySymbol: true },
    exact: concatenated(
      Object.values(symbols).map((columns) =>
        evaluateExactly(
          kernels,
          program,
          columnNames.map((name) => columns[name]!),
        ),
      ),
    ),
  }));
}

function concatenated(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => [...part]));
}

/** What differs: nulls, or values by more than 1e-6 of the column's spread. Empty when nothing does. */
export function differences(exact: Float64Array, got: Float64Array): string {
  if (got.length !== exact.length) return `expected ${exact.length} rows, got ${got.length}`;
  const tolerance = 1e-6 * spreadOf(exact);
  const wrong = exact.findIndex((want, i) => {
    if (Number.isNaN(want) || Number.isNaN(got[i]!)) return Number.isNaN(want) !== Number.isNaN(got[i]!);
    return !(Math.abs(want - got[i]!) <= tolerance + 1e-12 * Math.abs(want));
  });
  return wrong < 0 ? '' : `row ${wrong}: expected ${exact[wrong]}, got ${got[wrong]}`;
}

/** A quarter of the distance between the 5 % and the 95 % quantile, or of all where most values are equal. */
function spreadOf(values: Float64Array): number {
  const sorted = values.filter((v) => !Number.isNaN(v)).sort();
  if (sorted.length === 0) return 0;
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;
  return (at(0.95) - at(0.05) || at(1) - at(0)) / 4;
}

export const python = process.env.HYBRID_PYTHON;

/** Whether HYBRID_PYTHON can import the module; says so where it cannot. */
export function hasModule(name: string): boolean {
  const look = `import importlib.util, sys; sys.exit(importlib.util.find_spec("${name}") is None)`;
  const there = python !== undefined && spawnSync(python, ['-c', look]).status === 0;
  if (!there) console.warn(`formula export: skipped, HYBRID_PYTHON names no Python with ${name}`);
  return there;
}

/** Runs all modules of a language in one process; `last.f64` has their values one after the other. */
const runners: Record<'python' | 'polars' | 'sql', string> = {
  python: `
import numpy as np
columns = {name: np.fromfile(f"{folder}/columns/{i}.f64") for i, name in enumerate(names)}
symbols = np.repeat(["AAA", "BBB"], counts)
def run(text):
    module = {}
    exec(text, module)
    return module["values"](columns, symbols)
`,
  polars: `
import polars as pl, numpy as np
frame = pl.scan_parquet(folder + "/**/*.parquet", hive_partitioning=True).collect()
def run(text):
    module = {}
    exec(text, module)
    value = frame.select(module["value"]("symbol").alias("value"))["value"]
    assert value.is_nan().sum() in (0, None)
    return value.cast(pl.Float64).fill_null(np.nan).to_numpy()
`,
  sql: `
import duckdb, numpy as np
connection = duckdb.connect()
connection.execute("set threads = 1")
def run(text):
    values = [row[0] for row in connection.execute(text).fetchall()]
    return np.array([np.nan if v is None else v for v in values], dtype=float)
`,
};

/** The values of each case by the exported code, in the order of the dataset; a text where it failed. */
export function runInPython(
  language: 'python' | 'polars' | 'sql',
  cases: readonly Case[],
  symbols: Record<string, Columns>,
  folder: string,
): (Float64Array | string)[] {
  const scratch = join(folder, `exported-${language}`);
  mkdirSync(join(folder, 'columns'), { recursive: true });
  mkdirSync(scratch, { recursive: true });
  const all = Object.values(symbols);
  columnNames.forEach((name, i) => {
    const column = concatenated(all.map((columns) => columns[name]!));
    writeFileSync(join(folder, 'columns', `${i}.f64`), Buffer.from(column.buffer));
  });
  const texts = cases.map((one) => languages[language](one));
  writeFileSync(join(scratch, 'texts.json'), JSON.stringify(texts));
  const counts = all.map((columns) => columns.price!.length);
  const script = `
import json, sys
folder, scratch = ${JSON.stringify(folder)}, ${JSON.stringify(scratch)}
names, counts = ${JSON.stringify(columnNames)}, ${JSON.stringify(counts)}
${runners[language]}
errors = {}
for i, text in enumerate(json.load(open(scratch + "/texts.json"))):
    try:
        np.asarray(run(text), dtype=float).tofile(f"{scratch}/{i}.f64")
    except Exception as error:
        errors[i] = f"{type(error).__name__}: {error}"
json.dump(errors, open(scratch + "/errors.json", "w"))
`;
  const { status, stderr } = spawnSync(python!, ['-c', script], { maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(stderr.toString());
  const errors = JSON.parse(readFileSync(join(scratch, 'errors.json'), 'utf8')) as Record<string, string>;
  return cases.map(
    (_, i) => errors[i] ?? new Float64Array(new Uint8Array(readFileSync(join(scratch, `${i}.f64`))).buffer),
  );
}

/** The same for TypeScript, in this process; the modules are left in the folder. */
export async function runTypescript(
  cases: readonly Case[],
  symbols: Record<string, Columns>,
  folder: string,
): Promise<(Float64Array | string)[]> {
  const scratch = join(folder, 'exported-typescript');
  mkdirSync(scratch, { recursive: true });
  const results: (Float64Array | string)[] = [];
  for (const [i, one] of cases.entries()) {
    const path = join(scratch, `formula_${i}.ts`);
    writeFileSync(path, languages.typescript(one));
    try {
      const module = await import(/* @vite-ignore */ pathToFileURL(path).href);
      results.push(concatenated(Object.values(symbols).map((columns) => module.value(columns))));
    } catch (error) {
      results.push(String(error));
    }
  }
  return results;
}

/** The cases whose exported form differs, with what differs. */
export function failures(cases: readonly Case[], results: readonly (Float64Array | string)[]): string[] {
  return cases.flatMap(({ text, exact }, i) => {
    const result = results[i]!;
    const what = typeof result === 'string' ? result : differences(exact, result);
    return what === '' ? [] : [`${text}: ${what}`];
  });
}

export type { LanguageName };
