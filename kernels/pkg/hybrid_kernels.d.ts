/* tslint:disable */
/* eslint-disable */

/**
 * Forward log returns of one symbol's rows, and the last row that each has seen.
 */
export class Labels {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The last row of each label's span, 0xffffffff for none.
     */
    endRows(): Uint32Array;
    /**
     * `ts` in µs; `horizon` in the unit `us`, `trades` or `bars` (minutes); a label that would cross a hole of
     * more than `gap_reset_min` whole minutes, or the end of the data, is null.
     */
    constructor(ts: BigInt64Array | bigint[], price: Float64Array | number[], unit: string, horizon: number, gap_reset_min: number);
    /**
     * Log return of each row, NaN for none.
     */
    values(): Float64Array;
}

/**
 * A range of rows of one symbol, kept in this instance: copy the columns in once, then evaluate.
 */
export class Shard {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Block sums `[program][block][sums, then Σ w f g_k, then Σ w g_k]` (the g_k only with `portfolio`);
     * one pivot a program; of the tiles whose absolute number is `phase` modulo `stride`.
     */
    evaluate(programs: Uint32Array | number[], pivots: Float32Array | number[], portfolio: boolean, stride: number, phase: number): Float64Array;
    /**
     * Of each program `[key low, key high, mean, deviation, coverage]` on this shard as a sample: equal keys
     * mean equal values up to offset, scale and sign; key 0 is constant or empty.
     */
    fingerprints(programs: Uint32Array | number[]): Float64Array;
    /**
     * `first_row` counts from the symbol's first row and is a multiple of `tileRows`. Columns start null.
     */
    constructor(first_row: number, rows: number, columns: number);
    /**
     * The block of each tile, from 0 within the shard; 0xffffffff for a tile that is not scored.
     */
    setBlocks(block_of_tile: Uint32Array | number[]): void;
    /**
     * Column `at`, one value a row; NaN is null.
     */
    setColumn(at: number, values: Float32Array | number[]): void;
    /**
     * The portfolio: its formulas are evaluated here and kept as `(f - mean) * scale`, 0 where null.
     */
    setPortfolio(programs: Uint32Array | number[], means: Float32Array | number[], scales: Float32Array | number[]): void;
    /**
     * Target and weight of each row; a row is scored where both are finite and the weight is positive.
     * Forgets the portfolio.
     */
    setTarget(target: Float32Array | number[], weight: Float32Array | number[]): void;
    /**
     * `values` without sharing subtrees between programs: what the benchmark measures.
     */
    valuesUnshared(programs: Uint32Array | number[]): Float32Array;
    /**
     * The search's f32 values of each program, one column after the other, NaN for null. Rows of the halo
     * that the programs need are NaN.
     */
    values(programs: Uint32Array | number[]): Float32Array;
}

/**
 * What generated formulas may be made of.
 */
export class Vocabulary {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * `kinds` has the code of each column's kind (its place in the table's `kinds`), `terminals` the columns to
     * draw from, `operators` codes, `windows` rows.
     */
    constructor(kinds: Uint8Array | number[], terminals: Uint32Array | number[], operators: Uint8Array | number[], windows: Uint16Array | number[], max_nodes: number, max_depth: number);
    /**
     * Whether each program keeps to the kinds (people's formulas need not).
     */
    typed(programs: Uint32Array | number[]): Uint8Array;
    /**
     * New formulas: `tasks` holds for each `[variation, first parent, second parent]`, parents by their place in
     * `parents` (ignored where the variation takes none). The i-th is individual `first + i` of the generation.
     */
    vary(parents: Uint32Array | number[], tasks: Uint32Array | number[], seed: number, generation: number, first: number): Uint32Array;
}

/**
 * The values of one program in f64, from its definition: NaN is null. `columns` holds `count` columns of
 * equal length one after the other, of one symbol. When they do not start at the symbol's first row, the
 * first `look-back` results are to be dropped.
 */
export function evaluateExactly(packed: Uint32Array | number[], columns: Float64Array | number[], count: number): Float64Array;

/**
 * The table of operators, the kinds and the variations, as JSON
 * `{operators: [{code, name, sign, arity, minWindow, commutative, default, cost, kinds, meaning, nulls}],
 * kinds: [name], variations: [{name, parents}], sums: [name], tileRows, maxWindow}`.
 */
export function formulaTable(): string;

/**
 * Rows that a shard must hold before its first scored tile for these programs (a multiple of `tileRows`),
 * unless it starts at row 0.
 */
export function haloRows(programs: Uint32Array | number[], columns: number): number;

/**
 * Of each program `[nodes, depth, look-back in rows, cost in additions]`.
 */
export function measureFormulas(programs: Uint32Array | number[], columns: number): Float64Array;

/**
 * The packed programs of `texts` over the named columns. Fails at the first text that does not parse.
 */
export function parseFormulas(texts: string[], columns: string[]): Uint32Array;

/**
 * The text of each program.
 */
export function printFormulas(programs: Uint32Array | number[], columns: string[]): string[];

/**
 * The simplified programs, in the same order.
 */
export function simplifyFormulas(programs: Uint32Array | number[], columns: number): Uint32Array;

/**
 * The average uniqueness of each label given the last row of its span (0xffffffff: no label, 0): its weight.
 * The sum is the effective number of observations.
 */
export function uniqueness(end_rows: Uint32Array | number[]): Float64Array;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_labels_free: (a: number, b: number) => void;
    readonly __wbg_shard_free: (a: number, b: number) => void;
    readonly __wbg_vocabulary_free: (a: number, b: number) => void;
    readonly evaluateExactly: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly formulaTable: () => [number, number];
    readonly haloRows: (a: number, b: number, c: number) => [number, number, number];
    readonly labels_endRows: (a: number) => [number, number];
    readonly labels_new: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number, number];
    readonly labels_values: (a: number) => [number, number];
    readonly measureFormulas: (a: number, b: number, c: number) => [number, number, number, number];
    readonly parseFormulas: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly printFormulas: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly shard_evaluate: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number, number, number];
    readonly shard_fingerprints: (a: number, b: number, c: number) => [number, number, number, number];
    readonly shard_new: (a: number, b: number, c: number) => [number, number, number];
    readonly shard_setBlocks: (a: number, b: number, c: number) => [number, number];
    readonly shard_setColumn: (a: number, b: number, c: number, d: number) => [number, number];
    readonly shard_setPortfolio: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number];
    readonly shard_setTarget: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly shard_values: (a: number, b: number, c: number) => [number, number, number, number];
    readonly shard_valuesUnshared: (a: number, b: number, c: number) => [number, number, number, number];
    readonly simplifyFormulas: (a: number, b: number, c: number) => [number, number, number, number];
    readonly uniqueness: (a: number, b: number) => [number, number];
    readonly vocabulary_new: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number) => [number, number, number];
    readonly vocabulary_typed: (a: number, b: number, c: number) => [number, number, number, number];
    readonly vocabulary_vary: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number, number, number];
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __externref_table_dealloc: (a: number) => void;
    readonly __externref_drop_slice: (a: number, b: number) => void;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path?: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
