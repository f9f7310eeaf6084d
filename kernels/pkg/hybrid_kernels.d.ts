/* tslint:disable */
/* eslint-disable */

/**
 * Room for one block of a file.
 */
export class BlockInput {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Sets `bytes` aside. Errors: `E_RESOURCE`.
     */
    constructor(bytes: number);
    /**
     * The room itself, to read a file range into. A view of WASM memory: take it anew for each read, it is
     * void after the next call into the kernel.
     */
    room(): Uint8Array;
}

/**
 * The columns of `event::Books`, NaN for null.
 */
export class BookColumns {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    ask(): Float64Array;
    bid(): Float64Array;
    depthSpanBps(): Float64Array;
    /**
     * Where bid + ask lies on the grid: see `event::Books`.
     */
    midCode(): BigInt64Array;
    obi1(): Float64Array;
    obi(): Float64Array;
    ts(): BigInt64Array;
    /**
     * 1 where both sides have levels and the best bid is below the best ask.
     */
    valid(): Uint8Array;
    wallAskBps(): Float64Array;
    wallAskMult(): Float64Array;
    wallBidBps(): Float64Array;
    wallBidMult(): Float64Array;
}

/**
 * Joins the blocks of a depth file in order. For an unsorted file `gather` every block, then `pushGathered`.
 */
export class BookMerge {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * `[snapshots, replaced, crossed, locked, one-sided]` of what has been finished.
     */
    counts(): Float64Array;
    /**
     * The last snapshot, once no block follows.
     */
    finish(): BookColumns;
    /**
     * Sets a block of an unsorted file aside, in the order of the file.
     */
    gather(bytes: Uint8Array | number[]): void;
    constructor(wall_min_persist: number);
    /**
     * Adds all that was gathered, sorted stably by `ts`.
     */
    pushGathered(): BookColumns;
    /**
     * Adds the next block of a sorted file; answers the snapshots that are finished by it.
     */
    push(bytes: Uint8Array | number[]): BookColumns;
}

/**
 * The reduced snapshots of one block, not yet joined with their neighbours.
 */
export class DepthBlock {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    badRows(): RowReport;
    /**
     * The block as bytes, for `BookMerge`.
     */
    bytes(): Uint8Array;
    lines(): number;
    /**
     * Rows whose price and size arrays differ in length.
     */
    malformed(): RowReport;
    /**
     * Rows that could be read, malformed ones not counted.
     */
    rows(): number;
}

/**
 * Where a depth file has its fields.
 */
export class DepthColumns {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Reads the header line of a file. Errors: `E_INPUT`.
     */
    constructor(header: Uint8Array | number[]);
    /**
     * Reads only the stamps of a block: `[lines, rows, falls, 1 if there is a stamp, first ts, last ts]`.
     * A file whose blocks have no fall, within or between them, can be merged block by block.
     */
    times(input: BlockInput, len: number): BigInt64Array;
}

/**
 * Reads and reduces blocks of depth snapshots. The parameters have the names of the specification; `tick` as
 * `gridStep` gives it, decimals as text. Errors: `E_USAGE`.
 */
export class DepthScan {
    free(): void;
    [Symbol.dispose](): void;
    constructor(columns: DepthColumns, tick: string, wall_bucket_ticks: bigint, obi_levels: number, obi_mode: string, wall_range_bps: string, wall_k: string, wall_min_buckets: number, wall_min_persist: number);
    /**
     * Reads the first `len` bytes of the input.
     */
    read(input: BlockInput, len: number): DepthBlock;
}

/**
 * The state machine from events to rows: `crate::engine::Engine` behind a handle.
 */
export class Engine {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Promise of a live feed: every snapshot stamped before `ts` has been pushed.
     */
    booksKnownBefore(ts: bigint): void;
    /**
     * Forgets the waiting rows, once their columns have been copied.
     */
    clearRows(): void;
    /**
     * A copy of the waiting rows of one column (its place in `columnsJson`): BigInt64Array, Float64Array,
     * Float32Array or Int8Array by its type; undefined beyond the last. Null is NaN or -2^63.
     */
    column(index: number): any;
    /**
     * The counts so far, as a JSON object.
     */
    countersJson(): string;
    endBooks(): void;
    endLiquidations(): void;
    endTrades(): void;
    /**
     * The same promise for liquidations.
     */
    liquidationsKnownBefore(ts: bigint): void;
    /**
     * `tick` and `lot` are decimal texts (of [`grid_step`]), `bucket_ticks` is the `g` of the footprint;
     * `depth` and `liquidations` say whether there is such a file. Throws `E_USAGE`.
     */
    constructor(params: Params, tick: string, lot: string, bucket_ticks: bigint, depth: boolean, liquidations: boolean);
    /**
     * Appends depth features that are in this instance; they are used up.
     */
    pushBookColumns(columns: BookColumns): void;
    /**
     * Appends depth features, copied in. `floats` holds nine columns one after the other: bid, ask, obi, obi1,
     * wall_bid_bps, wall_ask_bps, wall_bid_mult, wall_ask_mult, depth_span_bps.
     */
    pushBooks(ts: BigInt64Array | bigint[], valid: Uint8Array | number[], mid_code: BigInt64Array | bigint[], floats: Float64Array | number[]): void;
    /**
     * Appends liquidations that are in this instance; they are used up.
     */
    pushLiquidationBlock(block: LiquidationBlock): void;
    /**
     * Appends liquidations, copied in.
     */
    pushLiquidations(ts: BigInt64Array | bigint[], pos: Int8Array | number[], notional: Float64Array | number[]): void;
    /**
     * Appends the trades of a block that is in this instance; the block is used up.
     */
    pushTradeBlock(block: TradeBlock): void;
    /**
     * Appends trades, copied in; throws `E_INPUT` when they do not continue the stream.
     */
    pushTrades(ts: BigInt64Array | bigint[], id: BigInt64Array | bigint[], px_ticks: BigInt64Array | bigint[], qty_lots: BigInt64Array | bigint[], side: Int8Array | number[]): void;
    /**
     * Makes rows until `max_rows` wait or something is missing.
     */
    run(max_rows: number): EngineStatus;
    /**
     * How many rows wait.
     */
    readonly rows: number;
}

/**
 * What an engine waits for.
 */
export enum EngineStatus {
    NeedTrades = 0,
    NeedBooks = 1,
    NeedLiquidations = 2,
    RowsReady = 3,
    Done = 4,
}

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
 * The columns of `event::Liquidations`.
 */
export class LiquidationBlock {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Rows removed because an equal one had come before.
     */
    duplicates(): number;
    /**
     * price * qty in quote units.
     */
    notional(): Float64Array;
    /**
     * 1 where a long was closed by force, -1 a short.
     */
    pos(): Int8Array;
    ts(): BigInt64Array;
}

/**
 * What one block of liquidations came to.
 */
export class LiquidationReport {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    badRows(): RowReport;
    lines(): number;
    nonpositive(): RowReport;
}

/**
 * Gathers the liquidations of all blocks, file after file.
 */
export class LiquidationScan {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * All rows in time order; `exact` is `liq_dedup=exact`. Nothing is left in here afterwards.
     */
    finish(exact: boolean): LiquidationBlock;
    constructor();
    /**
     * Reads the next `len` bytes of a file with this header line. Errors: `E_INPUT` for the header.
     */
    read(header: Uint8Array | number[], input: BlockInput, len: number): LiquidationReport;
}

/**
 * The values of all parameters, the defaults first.
 */
export class Params {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * `[name, text, name, text, …]` of every parameter, in the order of the table.
     */
    entries(): string[];
    constructor();
    /**
     * Sets one parameter from its text; throws `E_USAGE` with the nearest name or what is expected.
     */
    set(name: string, text: string): void;
}

/**
 * Encodes one row group after the other into Parquet files of one row group.
 */
export class RowGroupEncoder {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The row group as a Parquet file of its own, copied out.
     */
    encode(): Uint8Array;
    /**
     * 16 bytes a column: a fingerprint of its values and nulls.
     */
    fingerprints(): Uint8Array;
    /**
     * `compression`: lz4, snappy or none.
     */
    constructor(compression: string);
    /**
     * Where `rows` values of this column of the table go; to be filled before the next call.
     */
    room(column: number, rows: number): number;
}

/**
 * What could not be read in a block, or was dropped from it. Lines count from 1 within the block.
 */
export class RowReport {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The lines of the first 20.
     */
    lines: Uint32Array;
    /**
     * For bad rows, beside each line: `field "price": expected a number, got "n/a"`.
     */
    messages: string[];
    total: number;
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
     * As `setTarget`, less a linear baseline: per fold an intercept and one coefficient for each of `columns`
     * (of the column less its mean; null counts as the mean). A tile of fold 0xffffffff is not scored.
     */
    setResidual(target: Float32Array | number[], weight: Float32Array | number[], columns: Uint32Array | number[], means: Float64Array | number[], coefficients: Float64Array | number[], fold_of_tile: Uint32Array | number[]): void;
    /**
     * Target and weight of each row; a row is scored where both are finite and the weight is positive.
     * Forgets the portfolio.
     */
    setTarget(target: Float32Array | number[], weight: Float32Array | number[]): void;
    /**
     * The search's f32 values of each program, one column after the other, NaN for null. Rows of the halo
     * that the programs need are NaN.
     */
    values(programs: Uint32Array | number[]): Float32Array;
}

/**
 * Writes the footer of a file that is joined from encoded row groups.
 */
export class Splicer {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Notes a part: its metadata bytes, and how many bytes stand between its magic and its metadata.
     */
    append(footer: Uint8Array | number[], body: number): void;
    /**
     * The end of the file, with key-value metadata in this order. The splicer is used up.
     */
    finish(keys: string[], values: string[]): Uint8Array;
    constructor();
}

/**
 * The trades of one block in file order, or of all blocks in order.
 */
export class TradeBlock {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    badRows(): RowReport;
    /**
     * 0 or 1 rows: the first that is too many ticks or lots to count. Ends the run whatever is done about bad
     * rows; the hint is to set `tick_size` or `lot_size`.
     */
    beyond(): RowReport;
    idEnds(): Uint32Array;
    /**
     * With ids of kind `text`: their bytes, and where each row's end.
     */
    idText(): Uint8Array;
    /**
     * Exchange ids; the smallest i64 everywhere unless the ids are `integer`.
     */
    id(): BigInt64Array;
    lines(): number;
    nonpositive(): RowReport;
    offGrid(): RowReport;
    pxTicks(): BigInt64Array;
    qtyLots(): BigInt64Array;
    side(): Int8Array;
    /**
     * µs since the epoch, UTC.
     */
    ts(): BigInt64Array;
}

/**
 * Where a file of trades has its fields.
 */
export class TradeColumns {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Reads the header line of a file. Errors: `E_INPUT`.
     */
    constructor(header: Uint8Array | number[]);
}

/**
 * Puts the trades of a whole input in order and removes repeated ids, in memory.
 */
export class TradeOrder {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * How many rows `finish` removed because their id had come before.
     */
    duplicates(): number;
    /**
     * All trades in order, as one block; the gathered rows are gone afterwards.
     */
    finish(ids: string): TradeBlock;
    constructor();
    /**
     * Adds the columns of the next block; the last two are empty unless the ids are `text`.
     */
    push(ts: BigInt64Array | bigint[], id: BigInt64Array | bigint[], px_ticks: BigInt64Array | bigint[], qty_lots: BigInt64Array | bigint[], side: Int8Array | number[], id_text: Uint8Array | number[], id_ends: Uint32Array | number[]): void;
}

/**
 * Reads blocks of trades onto the grid; `tick` and `lot` as `gridStep` gives them.
 */
export class TradeScan {
    free(): void;
    [Symbol.dispose](): void;
    constructor(columns: TradeColumns, tick: string, lot: string, ids: string);
    /**
     * Reads the first `len` bytes of the input.
     */
    read(input: BlockInput, len: number): TradeBlock;
}

/**
 * The survey of one block, or of everything merged so far.
 */
export class TradeSurvey {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The bad rows of the block (not merged).
     */
    badRows(): RowReport;
    bad(): number;
    /**
     * Smallest and largest `ts` where the input is sorted: those of the first and the last row.
     */
    firstTs(): bigint | undefined;
    /**
     * `integer`, `text` or `absent`: the argument of `TradeScan` and `TradeOrder.finish`.
     */
    ids(): string;
    lastTs(): bigint | undefined;
    lines(): number;
    /**
     * Adds the numbers of the block that follows.
     */
    merge(numbers: BigInt64Array | bigint[]): void;
    /**
     * Rows without a trade id.
     */
    missingIds(): number;
    /**
     * An empty survey, to merge into.
     */
    constructor();
    /**
     * The survey as numbers, for `merge` in another instance.
     */
    numbers(): BigInt64Array;
    /**
     * Most decimals in a price.
     */
    pricePlaces(): number;
    /**
     * Most decimals in a quantity.
     */
    qtyPlaces(): number;
    /**
     * Rows that could be read; those that could not are `bad`.
     */
    rows(): number;
    /**
     * Surveys the first `len` bytes of the input.
     */
    static scan(columns: TradeColumns, input: BlockInput, len: number): TradeSurvey;
    /**
     * The rows are in the order of the specification.
     */
    sorted(): boolean;
    /**
     * Blocks can go on one by one, without `TradeOrder`.
     */
    streamable(): boolean;
    /**
     * Rows whose `ts` is below that of the row before.
     */
    tsFalls(): number;
}

/**
 * Room for the values of a few programs, kept in this instance and used again.
 */
export class Values {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * A copy of the values of program `at`, NaN for null.
     */
    column(at: number): Float32Array;
    /**
     * Evaluates as many programs as there is room for; without `share` each computes all of its own subtrees.
     */
    evaluate(shard: Shard, programs: Uint32Array | number[], share: boolean): void;
    /**
     * Room for `programs` columns of `rows` rows.
     */
    constructor(programs: number, rows: number);
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
 * `g` of the specification for the price, in ticks, of the first retained row.
 */
export function autoBucket(px_ticks: bigint): bigint;

/**
 * The table of output columns as JSON: `[{name, type, nullable, measure, bounds, unit, nullWhen}]`.
 */
export function columnsJson(): string;

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
 * `tick_size` or `lot_size` as plain decimal text: the configured one, or one unit of the last decimal seen.
 * Errors: `E_USAGE`.
 */
export function gridStep(name: string, configured: string | null | undefined, places: number): string;

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
 * The table of parameters as JSON: `[{name, default, kind, expected, unit, doc, section}]`.
 */
export function parametersJson(): string;

/**
 * The packed programs of `texts` over the named columns. Fails at the first text that does not parse.
 */
export function parseFormulas(texts: string[], columns: string[]): Uint32Array;

/**
 * The text of each program.
 */
export function printFormulas(programs: Uint32Array | number[], columns: string[]): string[];

/**
 * Rows of every row group but the last.
 */
export function rowsPerGroup(): number;

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
    readonly __wbg_blockinput_free: (a: number, b: number) => void;
    readonly __wbg_bookcolumns_free: (a: number, b: number) => void;
    readonly __wbg_bookmerge_free: (a: number, b: number) => void;
    readonly __wbg_depthblock_free: (a: number, b: number) => void;
    readonly __wbg_depthcolumns_free: (a: number, b: number) => void;
    readonly __wbg_depthscan_free: (a: number, b: number) => void;
    readonly __wbg_engine_free: (a: number, b: number) => void;
    readonly __wbg_get_rowreport_lines: (a: number) => any;
    readonly __wbg_get_rowreport_messages: (a: number) => [number, number];
    readonly __wbg_get_rowreport_total: (a: number) => number;
    readonly __wbg_labels_free: (a: number, b: number) => void;
    readonly __wbg_liquidationblock_free: (a: number, b: number) => void;
    readonly __wbg_liquidationreport_free: (a: number, b: number) => void;
    readonly __wbg_liquidationscan_free: (a: number, b: number) => void;
    readonly __wbg_params_free: (a: number, b: number) => void;
    readonly __wbg_rowgroupencoder_free: (a: number, b: number) => void;
    readonly __wbg_rowreport_free: (a: number, b: number) => void;
    readonly __wbg_set_rowreport_lines: (a: number, b: any) => void;
    readonly __wbg_set_rowreport_messages: (a: number, b: number, c: number) => void;
    readonly __wbg_set_rowreport_total: (a: number, b: number) => void;
    readonly __wbg_shard_free: (a: number, b: number) => void;
    readonly __wbg_splicer_free: (a: number, b: number) => void;
    readonly __wbg_tradeblock_free: (a: number, b: number) => void;
    readonly __wbg_tradecolumns_free: (a: number, b: number) => void;
    readonly __wbg_tradeorder_free: (a: number, b: number) => void;
    readonly __wbg_tradescan_free: (a: number, b: number) => void;
    readonly __wbg_tradesurvey_free: (a: number, b: number) => void;
    readonly __wbg_values_free: (a: number, b: number) => void;
    readonly __wbg_vocabulary_free: (a: number, b: number) => void;
    readonly autoBucket: (a: bigint) => bigint;
    readonly blockinput_new: (a: number) => [number, number, number];
    readonly blockinput_room: (a: number) => any;
    readonly bookcolumns_ask: (a: number) => any;
    readonly bookcolumns_bid: (a: number) => any;
    readonly bookcolumns_depthSpanBps: (a: number) => any;
    readonly bookcolumns_midCode: (a: number) => any;
    readonly bookcolumns_obi: (a: number) => any;
    readonly bookcolumns_obi1: (a: number) => any;
    readonly bookcolumns_ts: (a: number) => any;
    readonly bookcolumns_valid: (a: number) => any;
    readonly bookcolumns_wallAskBps: (a: number) => any;
    readonly bookcolumns_wallAskMult: (a: number) => any;
    readonly bookcolumns_wallBidBps: (a: number) => any;
    readonly bookcolumns_wallBidMult: (a: number) => any;
    readonly bookmerge_counts: (a: number) => [number, number];
    readonly bookmerge_finish: (a: number) => number;
    readonly bookmerge_gather: (a: number, b: number, c: number) => [number, number];
    readonly bookmerge_new: (a: number) => number;
    readonly bookmerge_push: (a: number, b: number, c: number) => [number, number, number];
    readonly bookmerge_pushGathered: (a: number) => [number, number, number];
    readonly columnsJson: () => [number, number];
    readonly depthblock_badRows: (a: number) => number;
    readonly depthblock_bytes: (a: number) => any;
    readonly depthblock_lines: (a: number) => number;
    readonly depthblock_malformed: (a: number) => number;
    readonly depthblock_rows: (a: number) => number;
    readonly depthcolumns_new: (a: number, b: number) => [number, number, number];
    readonly depthcolumns_times: (a: number, b: number, c: number) => [number, number, number];
    readonly depthscan_new: (a: number, b: number, c: number, d: bigint, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number, m: number) => [number, number, number];
    readonly depthscan_read: (a: number, b: number, c: number) => [number, number, number];
    readonly engine_booksKnownBefore: (a: number, b: bigint) => void;
    readonly engine_clearRows: (a: number) => void;
    readonly engine_column: (a: number, b: number) => any;
    readonly engine_countersJson: (a: number) => [number, number];
    readonly engine_endBooks: (a: number) => void;
    readonly engine_endLiquidations: (a: number) => void;
    readonly engine_endTrades: (a: number) => void;
    readonly engine_liquidationsKnownBefore: (a: number, b: bigint) => void;
    readonly engine_new: (a: number, b: number, c: number, d: number, e: number, f: bigint, g: number, h: number) => [number, number, number];
    readonly engine_pushBookColumns: (a: number, b: number) => [number, number];
    readonly engine_pushBooks: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) => [number, number];
    readonly engine_pushLiquidationBlock: (a: number, b: number) => [number, number];
    readonly engine_pushLiquidations: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number];
    readonly engine_pushTradeBlock: (a: number, b: number) => [number, number];
    readonly engine_pushTrades: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number) => [number, number];
    readonly engine_rows: (a: number) => number;
    readonly engine_run: (a: number, b: number) => number;
    readonly evaluateExactly: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly formulaTable: () => [number, number];
    readonly gridStep: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly haloRows: (a: number, b: number, c: number) => [number, number, number];
    readonly labels_endRows: (a: number) => [number, number];
    readonly labels_new: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number, number];
    readonly labels_values: (a: number) => [number, number];
    readonly liquidationblock_duplicates: (a: number) => number;
    readonly liquidationblock_notional: (a: number) => any;
    readonly liquidationblock_pos: (a: number) => any;
    readonly liquidationblock_ts: (a: number) => any;
    readonly liquidationreport_badRows: (a: number) => number;
    readonly liquidationreport_lines: (a: number) => number;
    readonly liquidationreport_nonpositive: (a: number) => number;
    readonly liquidationscan_finish: (a: number, b: number) => number;
    readonly liquidationscan_new: () => number;
    readonly liquidationscan_read: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly measureFormulas: (a: number, b: number, c: number) => [number, number, number, number];
    readonly parametersJson: () => [number, number];
    readonly params_entries: (a: number) => [number, number];
    readonly params_new: () => number;
    readonly params_set: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly parseFormulas: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly printFormulas: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly rowgroupencoder_encode: (a: number) => [number, number, number, number];
    readonly rowgroupencoder_fingerprints: (a: number) => [number, number];
    readonly rowgroupencoder_new: (a: number, b: number) => [number, number, number];
    readonly rowgroupencoder_room: (a: number, b: number, c: number) => number;
    readonly rowsPerGroup: () => number;
    readonly shard_evaluate: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number, number, number];
    readonly shard_fingerprints: (a: number, b: number, c: number) => [number, number, number, number];
    readonly shard_new: (a: number, b: number, c: number) => [number, number, number];
    readonly shard_setBlocks: (a: number, b: number, c: number) => [number, number];
    readonly shard_setColumn: (a: number, b: number, c: number, d: number) => [number, number];
    readonly shard_setPortfolio: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number];
    readonly shard_setResidual: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number, m: number) => [number, number];
    readonly shard_setTarget: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly shard_values: (a: number, b: number, c: number) => [number, number, number, number];
    readonly simplifyFormulas: (a: number, b: number, c: number) => [number, number, number, number];
    readonly splicer_append: (a: number, b: number, c: number, d: number) => [number, number];
    readonly splicer_finish: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly splicer_new: () => [number, number, number];
    readonly tradeblock_badRows: (a: number) => number;
    readonly tradeblock_beyond: (a: number) => number;
    readonly tradeblock_id: (a: number) => any;
    readonly tradeblock_idEnds: (a: number) => any;
    readonly tradeblock_idText: (a: number) => any;
    readonly tradeblock_lines: (a: number) => number;
    readonly tradeblock_nonpositive: (a: number) => number;
    readonly tradeblock_offGrid: (a: number) => number;
    readonly tradeblock_pxTicks: (a: number) => any;
    readonly tradeblock_qtyLots: (a: number) => any;
    readonly tradeblock_side: (a: number) => any;
    readonly tradeblock_ts: (a: number) => any;
    readonly tradecolumns_new: (a: number, b: number) => [number, number, number];
    readonly tradeorder_duplicates: (a: number) => number;
    readonly tradeorder_finish: (a: number, b: number, c: number) => [number, number, number];
    readonly tradeorder_new: () => number;
    readonly tradeorder_push: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number, m: number, n: number, o: number) => [number, number];
    readonly tradescan_new: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number];
    readonly tradescan_read: (a: number, b: number, c: number) => [number, number, number];
    readonly tradesurvey_bad: (a: number) => number;
    readonly tradesurvey_badRows: (a: number) => number;
    readonly tradesurvey_firstTs: (a: number) => [number, bigint];
    readonly tradesurvey_ids: (a: number) => [number, number];
    readonly tradesurvey_lastTs: (a: number) => [number, bigint];
    readonly tradesurvey_lines: (a: number) => number;
    readonly tradesurvey_merge: (a: number, b: number, c: number) => [number, number];
    readonly tradesurvey_missingIds: (a: number) => number;
    readonly tradesurvey_new: () => number;
    readonly tradesurvey_numbers: (a: number) => any;
    readonly tradesurvey_pricePlaces: (a: number) => number;
    readonly tradesurvey_qtyPlaces: (a: number) => number;
    readonly tradesurvey_rows: (a: number) => number;
    readonly tradesurvey_scan: (a: number, b: number, c: number) => [number, number, number];
    readonly tradesurvey_sorted: (a: number) => number;
    readonly tradesurvey_streamable: (a: number) => number;
    readonly tradesurvey_tsFalls: (a: number) => number;
    readonly uniqueness: (a: number, b: number) => [number, number];
    readonly values_column: (a: number, b: number) => [number, number];
    readonly values_evaluate: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly values_new: (a: number, b: number) => [number, number, number];
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
