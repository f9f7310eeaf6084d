/**
 * Formulas as the kernels know them. A {@link Program} is a postfix sequence of words: an operator
 * (`code << 24 | window`), a column (`0x80 << 24 | number`) or a constant (`0x81 << 24`, then its f64 bits,
 * low word first). Populations cross the boundary packed: each program after its number of words.
 */
import { callKernel, type Kernels } from './load.js';

export type Program = Uint32Array;

export const columnCode = 0x80;
export const constantCode = 0x81;

export interface Operator {
  code: number;
  name: string;
  sign: string | null;
  arity: number;
  minWindow: number;
  commutative: boolean;
  default: boolean;
  /** Time of a row in additions, roughly, of the search's kernel. */
  cost: number;
  meaning: string;
  nulls: string;
}

export interface FormulaTable {
  operators: readonly Operator[];
  kinds: readonly string[];
  variations: readonly { name: string; parents: number }[];
  sums: readonly string[];
  tileRows: number;
  maxWindow: number;
}

export interface Measure {
  nodes: number;
  depth: number;
  /** Rows before the current one on which a value may depend. */
  lookBack: number;
  /** Work of a row, in additions. */
  cost: number;
}

/** What a sample says of a formula; equal keys mean equal values up to offset, scale and sign. */
export interface Fingerprint {
  /** Empty for a formula that is constant or has no value. */
  key: string;
  mean: number;
  deviation: number;
  coverage: number;
}

export function pack(programs: readonly Program[]): Uint32Array {
  const words = new Uint32Array(programs.reduce((sum, p) => sum + p.length + 1, 0));
  let at = 0;
  for (const program of programs) {
    words[at] = program.length;
    words.set(program, at + 1);
    at += program.length + 1;
  }
  return words;
}

export function unpack(words: Uint32Array): Program[] {
  const programs: Program[] = [];
  for (let at = 0; at < words.length; at += words[at]! + 1) {
    programs.push(words.slice(at + 1, at + 1 + words[at]!));
  }
  return programs;
}

export function constantProgram(value: number): Program {
  const [low, high] = new Uint32Array(new Float64Array([value]).buffer);
  return Uint32Array.of((constantCode << 24) >>> 0, low!, high!);
}

export function columnProgram(column: number): Program {
  return Uint32Array.of(((columnCode << 24) | column) >>> 0);
}

/** Visits the columns of a program: their numbers, and the places of their words. */
export function forEachColumn(program: Program, visit: (column: number, place: number) => void): void {
  for (let i = 0; i < program.length; i++) {
    const code = program[i]! >>> 24;
    if (code === columnCode) visit(program[i]! & 0xffffff, i);
    // A constant's two words of bits are no instructions.
    else if (code === constantCode) i += 2;
  }
}

/** Calls `visit` with each operator over a window, its window in rows, and its place in the program. */
export function forEachWindow(
  program: Program,
  visit: (code: number, window: number, place: number) => void,
): void {
  for (let i = 0; i < program.length; i++) {
    const [code, window] = [program[i]! >>> 24, program[i]! & 0xffffff];
    if (code === constantCode) i += 2;
    else if (code < columnCode && window > 0) visit(code, window, i);
  }
}

/** Visits the constants of a program: their values, and the places of the first of their words. */
export function forEachConstant(program: Program, visit: (value: number, place: number) => void): void {
  for (let i = 0; i < program.length; i++) {
    if (program[i]! >>> 24 !== constantCode) continue;
    visit(new Float64Array(program.slice(i + 1, i + 3).buffer)[0]!, i);
    i += 2;
  }
}

/** A part of a program that has a value: a leaf, or an operator with its operands. */
export interface Part {
  /** Its words, from the first to before the last; an operator is the last of them. */
  start: number;
  end: number;
  code: number;
  /** Of an operator over a window, in rows; else 0. */
  window: number;
  operands: readonly Part[];
}

/** The parts of a program, operands before what is made of them; the last is the whole. */
export function partsOf(program: Program, table: FormulaTable): Part[] {
  const parts: Part[] = [];
  const open: Part[] = [];
  for (let i = 0; i < program.length; ) {
    const [code, low] = [program[i]! >>> 24, program[i]! & 0xffffff];
    const leaf = code >= columnCode;
    const arity = leaf ? 0 : table.operators[code]!.arity;
    const operands = open.splice(open.length - arity);
    const start = operands[0]?.start ?? i;
    i += code === constantCode ? 3 : 1;
    const part = { start, end: i, code, window: leaf ? 0 : low, operands };
    parts.push(part);
    open.push(part);
  }
  return parts;
}

/** The kernels' table of operators, kinds and variations. */
export function formulaTable(kernels: Kernels): FormulaTable {
  return JSON.parse(callKernel(() => kernels.formulaTable())) as FormulaTable;
}

/** The programs of texts over named columns; E_USAGE with the place and the nearest name. */
export function parseFormulas(
  kernels: Kernels,
  texts: readonly string[],
  columns: readonly string[],
): Program[] {
  return unpack(callKernel(() => kernels.parseFormulas([...texts], [...columns])));
}

export function printFormulas(
  kernels: Kernels,
  programs: readonly Program[],
  columns: readonly string[],
): string[] {
  return callKernel(() => kernels.printFormulas(pack(programs), [...columns]));
}

export function simplifyFormulas(kernels: Kernels, programs: readonly Program[], columns: number): Program[] {
  return unpack(callKernel(() => kernels.simplifyFormulas(pack(programs), columns)));
}

export function measureFormulas(kernels: Kernels, programs: readonly Program[], columns: number): Measure[] {
  const flat = callKernel(() => kernels.measureFormulas(pack(programs), columns));
  return programs.map((_, i) => ({
    nodes: flat[4 * i]!,
    depth: flat[4 * i + 1]!,
    lookBack: flat[4 * i + 2]!,
    cost: flat[4 * i + 3]!,
  }));
}

/** Rows that a shard must hold before its first scored tile, unless it starts at its symbol's first row. */
export function haloRows(kernels: Kernels, programs: readonly Program[], columns: number): number {
  return callKernel(() => kernels.haloRows(pack(programs), columns));
}

/** The f64 values of a formula over columns of one symbol; NaN is null. */
export function evaluateExactly(
  kernels: Kernels,
  program: Program,
  columns: readonly Float64Array[],
): Float64Array {
  const rows = columns[0]?.length ?? 0;
  const flat = new Float64Array(rows * columns.length);
  columns.forEach((column, c) => {
    flat.set(column, c * rows);
  });
  return callKernel(() => kernels.evaluateExactly(pack([program]), flat, columns.length));
}

export type Shard = InstanceType<Kernels['Shard']>;
export type Population = InstanceType<Kernels['Population']>;

/** What an evaluation took. */
export interface Work {
  /** Distinct values times rows, leaves and what windows look back on included. */
  nodeRows: number;
  /** Operators of all formulas, and how many of them were computed: what the formulas share is computed once. */
  operators: number;
  distinct: number;
}

export function fingerprintFormulas(shard: Shard, programs: readonly Program[]): Fingerprint[] {
  const flat = callKernel(() => shard.fingerprints(pack(programs)));
  return programs.map((_, i) => {
    const [low, high] = [flat[5 * i]!, flat[5 * i + 1]!];
    return {
      key: low === 0 && high === 0 ? '' : `${high.toString(36)}.${low.toString(36)}`,
      mean: flat[5 * i + 2]!,
      deviation: flat[5 * i + 3]!,
      coverage: flat[5 * i + 4]!,
    };
  });
}

export type Vocabulary = InstanceType<Kernels['Vocabulary']>;

export interface VocabularyOptions {
  /** Code of each column's kind: its place in the table's kinds. */
  kinds: readonly number[];
  /** Columns that formulas are made of. */
  terminals: readonly number[];
  operators: readonly number[];
  windows: readonly number[];
  maxNodes: number;
  maxDepth: number;
}

export function createVocabulary(kernels: Kernels, options: VocabularyOptions): Vocabulary {
  return callKernel(
    () =>
      new kernels.Vocabulary(
        Uint8Array.from(options.kinds),
        Uint32Array.from(options.terminals),
        Uint8Array.from(options.operators),
        Uint16Array.from(options.windows),
        options.maxNodes,
        options.maxDepth,
      ),
  );
}

/**
 * What each formula's value measures: a kind of the table; `mixed` for a product of unlike kinds, `number` for a
 * constant, undefined where unlike kinds are added or compared.
 */
export function kindsOfFormulas(
  vocabulary: Vocabulary,
  programs: readonly Program[],
  table: FormulaTable,
): (string | undefined)[] {
  const names = [...table.kinds, 'mixed', 'number'];
  return [...callKernel(() => vocabulary.kinds(pack(programs)))].map((code) => names[code]);
}

/** One new formula of a generation: a variation's code and its parents' places. */
export type VaryTask = readonly [variation: number, first: number, second: number];

export function varyFormulas(
  vocabulary: Vocabulary,
  parents: readonly Program[],
  tasks: readonly VaryTask[],
  key: { seed: number; generation: number; first: number },
): Program[] {
  return unpack(
    callKernel(() =>
      vocabulary.vary(pack(parents), Uint32Array.from(tasks.flat()), key.seed, key.generation, key.first),
    ),
  );
}
