/* tslint:disable */
/* eslint-disable */

/**
 * A column cut into bins, and the codes of its values.
 */
export class BinnedColumn {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Where the code of each value lies: its bin, or the number of bins for null.
     */
    codesPointer(): number;
    /**
     * Whether a training value is null.
     */
    nulls(): boolean;
    /**
     * Least and greatest training value, infinite ones as the greatest finite numbers; empty: all are null.
     */
    range(): Float64Array;
    /**
     * The greatest number of each bin but the last.
     */
    upper(): Float64Array;
}

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
 * Makes books of levels, block by block in the order of the files; see `tick::levels`.
 */
export class BookBuilder {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The book that is left when no block follows, if there is one.
     */
    finish(): Uint8Array;
    /**
     * Makes a fresh builder go on from saved bytes. Errors: `E_INPUT`.
     */
    load(bytes: Uint8Array | number[]): void;
    /**
     * Messages before which updates are missing, of the last `push`; lines count from 1 within its block.
     */
    missing(): RowReport;
    /**
     * `columns` are those of a layout by level (all files of a stream have one), `scan` reduces the books and is
     * gone afterwards. Errors: `E_KERNEL` for another layout.
     */
    constructor(columns: DepthColumns, scan: DepthScan);
    /**
     * Whether a message is open of which `finish` makes a book, unless its numbers are too long.
     */
    open(): boolean;
    /**
     * Snapshots older than the book, which were left out.
     */
    outdated(): RowReport;
    /**
     * Rows that go on with a message behind its last row.
     */
    overrun(): RowReport;
    /**
     * Takes the levels of the next block; answers the finished books as bytes for `BookMerge`.
     */
    push(levels: Uint8Array | number[]): Uint8Array;
    /**
     * What later books depend on, as bytes.
     */
    save(): Uint8Array;
    /**
     * Rows before the first snapshot, of the last `push`.
     */
    unfounded(): number;
    /**
     * Books with numbers too long to be reduced.
     */
    unreadable(): RowReport;
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
 * Joins the blocks of a depth file in order.
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
    constructor(wall_min_persist: number);
    /**
     * Adds the next block of a sorted file; answers the snapshots that are finished by it.
     */
    push(bytes: Uint8Array | number[]): BookColumns;
    /**
     * Goes on from saved bytes. Errors: `E_INPUT`.
     */
    static restore(wall_min_persist: number, bytes: Uint8Array | number[]): BookMerge;
    /**
     * What later snapshots depend on, as bytes.
     */
    save(): Uint8Array;
}

/**
 * Reduced snapshots on their way into runs that are sorted by `ts`, for an unsorted input.
 */
export class BookRun {
    free(): void;
    [Symbol.dispose](): void;
    bytes(): number;
    constructor();
    /**
     * Adds the bytes of the next block, in the order of the files.
     */
    push(bytes: Uint8Array | number[]): void;
    take(): Uint8Array;
}

/**
 * Joins such runs; what comes out goes to a `BookMerge`.
 */
export class BookRunMerge {
    free(): void;
    [Symbol.dispose](): void;
    feed(run: number, bytes: Uint8Array | number[], last: boolean): void;
    hungry(): number | undefined;
    constructor(runs: number);
    /**
     * The next snapshots, pushed into `into`; nothing and nobody hungry at the end.
     */
    read(into: BookMerge): BookColumns | undefined;
}

/**
 * Room for the values of a column, to be written where it lies.
 */
export class ColumnValues {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The first `train` values decide the borders of at most `max` bins. `stream` is the column's number.
     */
    bin(train: number, max: number, seed: number, stream: number): BinnedColumn;
    constructor(rows: number);
    /**
     * Where the values lie, in bytes; NaN is null.
     */
    pointer(): number;
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
    /**
     * In layouts by level: the rows as bytes, for `BookBuilder`; otherwise none.
     */
    levels(): Uint8Array;
    lines(): number;
    /**
     * Rows whose price and size arrays differ in length.
     */
    malformed(): RowReport;
    /**
     * `[stamps cut to the µs, rows of other symbols or streams]`.
     */
    remarks(): Float64Array;
    /**
     * Rows that could be read, malformed ones not counted.
     */
    rows(): number;
    /**
     * Rows whose stamps are more than a minute apart.
     */
    skewed(): RowReport;
}

/**
 * How the rows of a depth file read.
 */
export class DepthColumns {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * A row is a level: books are built by `BookBuilder`.
     */
    byLevel(): boolean;
    /**
     * Books come in time order whatever the order of the rows: changes of one book cannot be sorted.
     */
    inFileOrder(): boolean;
    /**
     * Reads the text of a dialect. Errors: `E_KERNEL`.
     */
    constructor(dialect: string);
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
    /**
     * Reduces what the extended feature set needs as well. To be called before the first block.
     */
    addDetail(): void;
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
     * Where the columns of the waiting rows are, to be copied before the next call: of each the address, the bytes,
     * and the number of its runs, 0 where it has a value a row.
     */
    columnMemory(): Uint32Array;
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
     * `depth` and `liquidations` say whether there is such a file; the feature set is `core` unless another is
     * named. Throws `E_USAGE`.
     */
    constructor(params: Params, tick: string, lot: string, bucket_ticks: bigint, depth: boolean, liquidations: boolean, feature_set?: string | null);
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
     * Goes on from saved bytes, with their feature set; throws `E_INPUT` when they are damaged or of another
     * version, `E_USAGE` when a parameter is not what it was. The ends of the streams are to be said again.
     */
    static restore(params: Params, bytes: Uint8Array | number[]): Engine;
    /**
     * Makes rows until `max_rows` wait or something is missing.
     */
    run(max_rows: number): EngineStatus;
    /**
     * All that later rows depend on; throws `E_USAGE` while rows wait.
     */
    save(): Uint8Array;
    /**
     * How many of the last snapshots no row has seen.
     */
    unseenBooks(): number;
    /**
     * Takes the last snapshots back, as many of the unseen ones.
     */
    withdrawBooks(count: number): void;
    /**
     * The feature set of the rows: that of the state where it was restored.
     */
    readonly featureSet: string;
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
 * A model that answers.
 */
export class Forest {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * `packed` holds of each tree the count of its nodes, five numbers a node (column, threshold, nulls left,
     * left, right) and the value of each leaf.
     */
    constructor(loss: string, columns: number, bias: Float64Array | number[], packed: Float64Array | number[]);
    /**
     * Scores (raw) or answers by row; `values` are columns of equal length one after the other, NaN for null.
     */
    predict(values: Float64Array | number[], raw: boolean): Float64Array;
}

/**
 * First merge over the trades: their ids, with their places, into runs that are sorted by id.
 */
export class IdRun {
    free(): void;
    [Symbol.dispose](): void;
    bytes(): number;
    feed(run: number, bytes: Uint8Array | number[], last: boolean): void;
    /**
     * The run of trades that must be fed next.
     */
    hungry(): number | undefined;
    constructor(trade_runs: number, ids: string);
    /**
     * Goes on; false where a run is hungry or all trades have come.
     */
    note(): boolean;
    take(): Uint8Array;
}

/**
 * Labels of the rows of one symbol: first how far each looks, then what it says.
 */
export class Labels {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * 1, -1 or 0: which barrier (log returns from the row's price) is touched first, 0 for neither; NaN for none.
     * Spans end at their touch afterwards.
     */
    barriers(price: Float64Array | number[], up: number, down: number): Float64Array;
    /**
     * 1, 0 or -1: the log return above, within or below the dead band; NaN for none.
     */
    directions(price: Float64Array | number[], band: number): Float64Array;
    /**
     * The last row of each label's span, 0xffffffff for none.
     */
    endRows(): Uint32Array;
    /**
     * `ts` in µs, not decreasing; `horizon` in the unit `us`, `trades` or `bars` (minutes). A label that would
     * cross a hole of more than `gap_reset_min` whole minutes, or the end of the data, does not exist.
     */
    constructor(ts: BigInt64Array | bigint[], unit: string, horizon: number, gap_reset_min: number);
    /**
     * The log return of each row over its span, NaN for none.
     */
    returns(price: Float64Array | number[]): Float64Array;
}

/**
 * Rows of levels on their way into sorted runs, for books of their own that are not in time order.
 */
export class LevelRun {
    free(): void;
    [Symbol.dispose](): void;
    bytes(): number;
    constructor();
    /**
     * Adds the levels of the next block, in the order of the files.
     */
    push(levels: Uint8Array | number[]): void;
    take(): Uint8Array;
}

/**
 * Joins such runs; what comes out goes to a `BookBuilder`.
 */
export class LevelRunMerge {
    free(): void;
    [Symbol.dispose](): void;
    feed(run: number, bytes: Uint8Array | number[], last: boolean): void;
    hungry(): number | undefined;
    constructor(runs: number);
    /**
     * The next levels; none and nobody hungry at the end.
     */
    read(): Uint8Array;
}

/**
 * The columns of `event::Liquidations`.
 */
export class LiquidationBlock {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * price * qty in quote units.
     */
    notional(): Float64Array;
    /**
     * With random sides and sizes at or after `from`.
     */
    poisoned(from: bigint, seed: number): LiquidationBlock;
    /**
     * 1 where a long was closed by force, -1 a short.
     */
    pos(): Int8Array;
    rows(): number;
    ts(): BigInt64Array;
    /**
     * Those whose `ts` is in `from .. to`.
     */
    within(from: bigint, to: bigint): LiquidationBlock;
}

/**
 * The liquidations of all runs in time order.
 */
export class LiquidationMerge {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Rows removed because an equal one had come before.
     */
    duplicates(): number;
    feed(run: number, bytes: Uint8Array | number[], last: boolean): void;
    /**
     * Goes on behind an input that ended with these rows. Errors: `E_INPUT`.
     */
    goOn(last_rows: Uint8Array | number[]): void;
    hungry(): number | undefined;
    /**
     * The rows of the last stamp, as bytes for `goOn`.
     */
    lastRows(): Uint8Array;
    /**
     * `exact` is `liq_dedup=exact`.
     */
    constructor(runs: number, exact: boolean);
    /**
     * The next rows; none and nobody hungry at the end.
     */
    read(): LiquidationBlock;
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
    /**
     * `[stamps cut to the µs, rows of other symbols or streams]`.
     */
    remarks(): Float64Array;
    /**
     * Rows whose stamps are more than a minute apart.
     */
    skewed(): RowReport;
}

/**
 * Reads liquidations into runs that are sorted by `ts`.
 */
export class LiquidationScan {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Bytes of the run; what was read last is put into it.
     */
    bytes(): number;
    constructor();
    /**
     * Reads the next `len` bytes of a file of this dialect. Errors: `E_KERNEL` for the dialect.
     */
    read(dialect: string, input: BlockInput, len: number): LiquidationReport;
    take(): Uint8Array;
}

/**
 * The values of all parameters, the defaults first.
 */
export class Params {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * `[name, text, name, text, …]` of every parameter of the feature set (`core` unless another is named), in
     * the order of the table. Throws `E_USAGE`.
     */
    entries(feature_set?: string | null): string[];
    constructor();
    /**
     * Sets one parameter from its text; throws `E_USAGE` with the nearest name or what is expected.
     */
    set(name: string, text: string): void;
}

/**
 * Programs made ready to be evaluated on any number of shards, subtrees that they share only once.
 */
export class Population {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Packed programs over `columns` columns.
     */
    constructor(programs: Uint32Array | number[], columns: number);
    /**
     * Node-rows computed so far: distinct values, leaves included, times rows.
     */
    readonly computed: number;
    /**
     * Operators that are computed.
     */
    readonly distinct: number;
    /**
     * Operators of all programs.
     */
    readonly operators: number;
}

/**
 * Programs and what they are worth: of each `[loss, coverage, then the loss of each block]`, NaN for one that
 * says nothing.
 */
export class Refinement {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    figures(): Float64Array;
    /**
     * Packed, in the order of the tasks.
     */
    programs(): Uint32Array;
}

/**
 * A table whose rows have no order: formulas are refined and grown over it.
 */
export class Regression {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Columns one after the other, each as long as the target, which is less its `mean`; row i is of block i mod
     * `blocks`. `operators` are the codes of those that new formulas may use.
     */
    constructor(columns: Float64Array | number[], target: Float64Array | number[], mean: number, blocks: number, operators: Uint8Array | number[]);
    /**
     * Refines to the end and writes constants as short as they may be.
     */
    polish(programs: Uint32Array | number[], steps: number, price: number): Refinement;
    /**
     * Refines packed programs by at most `steps` steps each on some hundred rows; a term must be worth `price` a
     * node. Those to which `grown` gives a size, in nodes, get a term of the library first; with 2^16 added, they give
     * way to a new formula that links terms of it. What is drawn depends on (seed, generation, first + place).
     */
    refine(programs: Uint32Array | number[], grown: Uint32Array | number[], steps: number, price: number, seed: number, generation: number, first: number): Refinement;
    /**
     * The terms that formulas grow by.
     */
    setLibrary(terms: Uint32Array | number[]): void;
}

/**
 * Second merge, over the ids: the places of repeats, into runs in ascending order.
 */
export class RepeatRun {
    free(): void;
    [Symbol.dispose](): void;
    bytes(): number;
    feed(run: number, bytes: Uint8Array | number[], last: boolean): void;
    /**
     * The run of ids that must be fed next.
     */
    hungry(): number | undefined;
    constructor(id_runs: number);
    /**
     * Goes on; false where a run is hungry or all ids have come.
     */
    note(): boolean;
    repeats(): number;
    take(): Uint8Array;
}

/**
 * Encodes one row group after the other.
 */
export class RowGroupEncoder {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * `encode` of the rows that wait in an engine of this instance, without a copy.
     */
    encodeWaiting(engine: Engine): void;
    /**
     * Encodes the rows that have been filled in; see `part`.
     */
    encode(): void;
    /**
     * A fingerprint of the values and nulls of each column of the last encoded group.
     */
    fingerprints(): BigUint64Array;
    /**
     * `compression`: lz4, snappy or none; the columns are those of the feature set, `core` unless another is
     * named.
     */
    constructor(compression: string, feature_set?: string | null);
    /**
     * Where the last encoded group is, to be copied before the next call, and its bytes: its column chunks, what is
     * noted of them, and how many bytes that is (u32).
     */
    part(): Uint32Array;
    /**
     * The same for a column of so many runs, at least one: value and number of rows (u32) in the layout of C.
     */
    roomForRuns(column: number, runs: number): number;
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
     * Block sums `[program][block][sums, then Σ w f g_k, then Σ w g_k]`; one pivot a program. `against` is what formulas
     * are held against: `target`, `rest` (what the portfolio leaves of it) or `members` (the g_k only then). `stages`
     * says which stage of a race a tile belongs to, by its absolute number modulo their length; the tiles of stages
     * `from` up to but not `to` count, and the sums of each are added up in their order.
     */
    evaluate(population: Population, pivots: Float32Array | number[], against: string, stages: Uint32Array | number[], from: number, to: number): Float64Array;
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
     * What the portfolio leaves of the target, r - Σ b_k g_k: one coefficient a member.
     */
    setRest(coefficients: Float32Array | number[]): void;
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
     * Takes what is noted of the next part.
     */
    append(notes: Uint8Array | number[]): void;
    /**
     * The end of the file, with key-value metadata in this order. The splicer is used up.
     */
    finish(keys: string[], values: string[]): Uint8Array;
    /**
     * The feature set is `core` unless another is named.
     */
    constructor(feature_set?: string | null);
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
 * How the rows of a file of trades read.
 */
export class TradeColumns {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Reads the text of a dialect. Errors: `E_KERNEL`.
     */
    constructor(dialect: string);
}

/**
 * Third merge: the trades in order, without the repeats.
 */
export class TradeMerge {
    free(): void;
    [Symbol.dispose](): void;
    feed(run: number, bytes: Uint8Array | number[], last: boolean): void;
    /**
     * The run that must be fed next; runs of repeats are counted on from those of trades.
     */
    hungry(): number | undefined;
    constructor(trade_runs: number, repeat_runs: number);
    /**
     * The next trades; none and nobody hungry at the end.
     */
    read(): TradeBlock;
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
     * All trades in order, as one block, each id once unless repeats are kept; the gathered rows are gone afterwards.
     */
    finish(ids: string, keep_repeats: boolean): TradeBlock;
    constructor();
    /**
     * Adds the columns of the next block; the last two are empty unless the ids are `text`.
     */
    push(ts: BigInt64Array | bigint[], id: BigInt64Array | bigint[], px_ticks: BigInt64Array | bigint[], qty_lots: BigInt64Array | bigint[], side: Int8Array | number[], id_text: Uint8Array | number[], id_ends: Uint32Array | number[]): void;
}

/**
 * Trades on their way into sorted runs, for an input that memory does not hold.
 */
export class TradeRun {
    free(): void;
    [Symbol.dispose](): void;
    bytes(): number;
    constructor(ids: string);
    /**
     * Adds the columns of the next block, as `TradeOrder.push`.
     */
    push(ts: BigInt64Array | bigint[], id: BigInt64Array | bigint[], px_ticks: BigInt64Array | bigint[], qty_lots: BigInt64Array | bigint[], side: Int8Array | number[], id_text: Uint8Array | number[], id_ends: Uint32Array | number[]): void;
    /**
     * The run in order, for a file; it is empty afterwards.
     */
    take(): Uint8Array;
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
     * `[id of the first row, of the last]`, none where they are no integers, and the line of the first row.
     */
    idEnds(): BigInt64Array | undefined;
    /**
     * Rows before which ids are missing (of the block, not merged).
     */
    idGaps(): RowReport;
    /**
     * Rows whose id is not above that of the row before (of the block, not merged).
     */
    idStalls(): RowReport;
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
     * `[stamps cut to the µs, rows of other symbols or streams]` (of the block, not merged).
     */
    remarks(): Float64Array;
    /**
     * Rows that could be read; those that could not are `bad`.
     */
    rows(): number;
    /**
     * The same, and holds the rows.
     */
    static scanRows(columns: TradeColumns, input: BlockInput, len: number): TradeSurvey;
    /**
     * Surveys the first `len` bytes of the input.
     */
    static scan(columns: TradeColumns, input: BlockInput, len: number): TradeSurvey;
    /**
     * Rows whose stamps are more than a minute apart (of the block, not merged).
     */
    skewed(): RowReport;
    /**
     * The rows are in the order of the specification.
     */
    sorted(): boolean;
    /**
     * Blocks can go on one by one, without `TradeOrder`.
     */
    streamable(): boolean;
    /**
     * The rows that were held, on the grid of the block's own decimals (`pricePlaces`, `qtyPlaces`); undefined where
     * none were, or a row is such that only `TradeScan` can tell what becomes of it.
     */
    takeRows(): TradeBlock | undefined;
    /**
     * Rows whose `ts` is below that of the row before.
     */
    tsFalls(): number;
}

/**
 * The rows of one kind that a shard holds.
 */
export class TreesRows {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Where the codes lie, in bytes: by column, one column after the other.
     */
    codesPointer(): number;
    /**
     * Room for `rows` rows of `columns` columns, to be written where it lies. `first` is the place of the shard's
     * first row among all of its kind, of which there are `all_rows`; `all_weight` is the sum of all weights. Not
     * `weighted` (in all shards): each weighs 1.
     */
    constructor(rows: number, columns: number, weighted: boolean, first: number, all_rows: number, all_weight: number);
    targetPointer(): number;
    weightPointer(): number;
}

/**
 * What a training is told; see the fields of the same names in TypeScript.
 */
export class TreesSettings {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Refuses what cannot be for so many columns.
     */
    check(columns: number): void;
    /**
     * `numbers` are rounds, leaves, rate, minRows, minHessian, minGain, earlyStop, rowSample, columnSample, l2, seed.
     */
    constructor(loss: string, outputs: number, numbers: Float64Array | number[], monotone: Int8Array | number[]);
}

/**
 * One shard of a training: `advance` works up to its next message; when every shard has every other's, on.
 */
export class TreesTrainer {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Works up to the next message; false when the training is over.
     */
    advance(): boolean;
    bestRound(): number;
    /**
     * Training and validation loss of round `round` (from 1).
     */
    losses(round: number): Float64Array;
    /**
     * Where the message lies, in bytes, and its words. Copy it before the next call.
     */
    messagePointer(): number;
    messageWords(): number;
    /**
     * By column the bins of its numbers and whether it has nulls; `bias` by output.
     */
    constructor(settings: TreesSettings, bins: Uint32Array | number[], nulls: Uint8Array | number[], bias: Float64Array | number[], shard: number, shards: number, train: TreesRows, validation: TreesRows);
    /**
     * Takes the wanted words of another shard's message.
     */
    receive(from: number, words: Float64Array | number[]): void;
    /**
     * Rounds whose losses are known.
     */
    rounds(): number;
    /**
     * The trees, one after the other: the count of nodes, nine numbers a node, three a leaf.
     */
    trees(): Float64Array;
    /**
     * First word, and the one behind the last, that this shard needs of another's message of so many words.
     */
    wanted(words: number): Uint32Array;
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
     * The code of the kind of each program's value: its place in the table's `kinds`; 5 for a product of unlike
     * kinds, 6 for a number, 255 where unlike kinds are added or compared.
     */
    kinds(programs: Uint32Array | number[]): Uint8Array;
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
 * The checksum of what a zstd frame holds.
 */
export class Xxh64 {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The low half of the digest, as frames have it.
     */
    low(): number;
    constructor();
    update(bytes: Uint8Array | number[]): void;
}

/**
 * `g` of the specification for the price, in ticks, of the first retained row.
 */
export function autoBucket(px_ticks: bigint): bigint;

/**
 * The snapshots of a block as bytes whose `ts` is in `from .. to`.
 */
export function booksWithin(bytes: Uint8Array | number[], from: bigint, to: bigint): Uint8Array;

/**
 * The table of output columns as JSON: `[{name, type, nullable, measure, bounds, unit, nullWhen}]`; of the
 * feature set `core` unless another is named. Throws `E_USAGE`.
 */
export function columnsJson(feature_set?: string | null): string;

/**
 * The distinct texts of a column in the rows of a block, in order, after those that are known already; at most
 * 10,000. Errors: `E_INPUT` for more: the column does not hold symbols.
 */
export function distinctTexts(input: BlockInput, len: number, delimiter: number, column: number): string[];

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
 * The fingerprints of columns whose last `rows` have those of `part`, and what is before them those of `before`.
 */
export function joinFingerprints(before: BigUint64Array | bigint[], part: BigUint64Array | bigint[], rows: number): BigUint64Array;

/**
 * Of each program `[nodes, depth, look-back in rows, cost in additions]`.
 */
export function measureFormulas(programs: Uint32Array | number[], columns: number): Float64Array;

/**
 * The table of parameters as JSON: `[{name, default, kind, expected, unit, doc, section, set}]`; `set` is the
 * smallest feature set that a parameter belongs to.
 */
export function parametersJson(): string;

/**
 * The packed programs of `texts` over the named columns. Fails at the first text that does not parse.
 */
export function parseFormulas(texts: string[], columns: string[]): Uint32Array;

/**
 * A block as bytes with random numbers in every snapshot at or after `from`.
 */
export function poisonBooks(bytes: Uint8Array | number[], from: bigint, seed: number): Uint8Array;

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
 * The stamps of the first rows that have one, `most` of them, in the rows of a file of this dialect.
 */
export function stamps(dialect: string, rows: Uint8Array | number[], most: number): BigInt64Array;

/**
 * The average uniqueness of each label given the last row of its span (0xffffffff: no label, 0): its weight.
 * The sum is the effective number of observations.
 */
export function uniqueness(end_rows: Uint32Array | number[]): Float64Array;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_binnedcolumn_free: (a: number, b: number) => void;
    readonly __wbg_blockinput_free: (a: number, b: number) => void;
    readonly __wbg_bookbuilder_free: (a: number, b: number) => void;
    readonly __wbg_bookcolumns_free: (a: number, b: number) => void;
    readonly __wbg_bookmerge_free: (a: number, b: number) => void;
    readonly __wbg_bookrun_free: (a: number, b: number) => void;
    readonly __wbg_bookrunmerge_free: (a: number, b: number) => void;
    readonly __wbg_columnvalues_free: (a: number, b: number) => void;
    readonly __wbg_depthblock_free: (a: number, b: number) => void;
    readonly __wbg_depthcolumns_free: (a: number, b: number) => void;
    readonly __wbg_depthscan_free: (a: number, b: number) => void;
    readonly __wbg_engine_free: (a: number, b: number) => void;
    readonly __wbg_forest_free: (a: number, b: number) => void;
    readonly __wbg_get_rowreport_lines: (a: number) => any;
    readonly __wbg_get_rowreport_messages: (a: number) => [number, number];
    readonly __wbg_get_rowreport_total: (a: number) => number;
    readonly __wbg_idrun_free: (a: number, b: number) => void;
    readonly __wbg_labels_free: (a: number, b: number) => void;
    readonly __wbg_levelrun_free: (a: number, b: number) => void;
    readonly __wbg_levelrunmerge_free: (a: number, b: number) => void;
    readonly __wbg_liquidationblock_free: (a: number, b: number) => void;
    readonly __wbg_liquidationmerge_free: (a: number, b: number) => void;
    readonly __wbg_liquidationreport_free: (a: number, b: number) => void;
    readonly __wbg_liquidationscan_free: (a: number, b: number) => void;
    readonly __wbg_params_free: (a: number, b: number) => void;
    readonly __wbg_population_free: (a: number, b: number) => void;
    readonly __wbg_refinement_free: (a: number, b: number) => void;
    readonly __wbg_regression_free: (a: number, b: number) => void;
    readonly __wbg_repeatrun_free: (a: number, b: number) => void;
    readonly __wbg_rowgroupencoder_free: (a: number, b: number) => void;
    readonly __wbg_rowreport_free: (a: number, b: number) => void;
    readonly __wbg_set_rowreport_lines: (a: number, b: any) => void;
    readonly __wbg_set_rowreport_messages: (a: number, b: number, c: number) => void;
    readonly __wbg_set_rowreport_total: (a: number, b: number) => void;
    readonly __wbg_shard_free: (a: number, b: number) => void;
    readonly __wbg_splicer_free: (a: number, b: number) => void;
    readonly __wbg_tradeblock_free: (a: number, b: number) => void;
    readonly __wbg_tradecolumns_free: (a: number, b: number) => void;
    readonly __wbg_trademerge_free: (a: number, b: number) => void;
    readonly __wbg_tradeorder_free: (a: number, b: number) => void;
    readonly __wbg_traderun_free: (a: number, b: number) => void;
    readonly __wbg_tradescan_free: (a: number, b: number) => void;
    readonly __wbg_tradesurvey_free: (a: number, b: number) => void;
    readonly __wbg_treesrows_free: (a: number, b: number) => void;
    readonly __wbg_treessettings_free: (a: number, b: number) => void;
    readonly __wbg_treestrainer_free: (a: number, b: number) => void;
    readonly __wbg_values_free: (a: number, b: number) => void;
    readonly __wbg_vocabulary_free: (a: number, b: number) => void;
    readonly __wbg_xxh64_free: (a: number, b: number) => void;
    readonly autoBucket: (a: bigint) => bigint;
    readonly binnedcolumn_codesPointer: (a: number) => number;
    readonly binnedcolumn_nulls: (a: number) => number;
    readonly binnedcolumn_range: (a: number) => [number, number];
    readonly binnedcolumn_upper: (a: number) => [number, number];
    readonly blockinput_new: (a: number) => [number, number, number];
    readonly blockinput_room: (a: number) => any;
    readonly bookbuilder_finish: (a: number) => any;
    readonly bookbuilder_load: (a: number, b: number, c: number) => [number, number];
    readonly bookbuilder_missing: (a: number) => number;
    readonly bookbuilder_new: (a: number, b: number) => [number, number, number];
    readonly bookbuilder_open: (a: number) => number;
    readonly bookbuilder_outdated: (a: number) => number;
    readonly bookbuilder_overrun: (a: number) => number;
    readonly bookbuilder_push: (a: number, b: number, c: number) => [number, number, number];
    readonly bookbuilder_save: (a: number) => [number, number];
    readonly bookbuilder_unfounded: (a: number) => number;
    readonly bookbuilder_unreadable: (a: number) => number;
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
    readonly bookmerge_new: (a: number) => number;
    readonly bookmerge_push: (a: number, b: number, c: number) => [number, number, number];
    readonly bookmerge_restore: (a: number, b: number, c: number) => [number, number, number];
    readonly bookmerge_save: (a: number) => [number, number];
    readonly bookrun_bytes: (a: number) => number;
    readonly bookrun_new: () => number;
    readonly bookrun_push: (a: number, b: number, c: number) => [number, number];
    readonly bookrun_take: (a: number) => [number, number];
    readonly bookrunmerge_feed: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly bookrunmerge_hungry: (a: number) => number;
    readonly bookrunmerge_new: (a: number) => number;
    readonly bookrunmerge_read: (a: number, b: number) => [number, number, number];
    readonly booksWithin: (a: number, b: number, c: bigint, d: bigint) => [number, number, number, number];
    readonly columnsJson: (a: number, b: number) => [number, number, number, number];
    readonly columnvalues_bin: (a: number, b: number, c: number, d: number, e: number) => number;
    readonly columnvalues_new: (a: number) => number;
    readonly columnvalues_pointer: (a: number) => number;
    readonly depthblock_badRows: (a: number) => number;
    readonly depthblock_bytes: (a: number) => any;
    readonly depthblock_levels: (a: number) => any;
    readonly depthblock_lines: (a: number) => number;
    readonly depthblock_malformed: (a: number) => number;
    readonly depthblock_remarks: (a: number) => [number, number];
    readonly depthblock_rows: (a: number) => number;
    readonly depthblock_skewed: (a: number) => number;
    readonly depthcolumns_byLevel: (a: number) => number;
    readonly depthcolumns_inFileOrder: (a: number) => number;
    readonly depthcolumns_new: (a: number, b: number) => [number, number, number];
    readonly depthcolumns_times: (a: number, b: number, c: number) => [number, number, number];
    readonly depthscan_addDetail: (a: number) => void;
    readonly depthscan_new: (a: number, b: number, c: number, d: bigint, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number, m: number) => [number, number, number];
    readonly depthscan_read: (a: number, b: number, c: number) => [number, number, number];
    readonly distinctTexts: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly engine_booksKnownBefore: (a: number, b: bigint) => void;
    readonly engine_clearRows: (a: number) => void;
    readonly engine_column: (a: number, b: number) => any;
    readonly engine_columnMemory: (a: number) => [number, number];
    readonly engine_countersJson: (a: number) => [number, number];
    readonly engine_endBooks: (a: number) => void;
    readonly engine_endLiquidations: (a: number) => void;
    readonly engine_endTrades: (a: number) => void;
    readonly engine_featureSet: (a: number) => [number, number];
    readonly engine_liquidationsKnownBefore: (a: number, b: bigint) => void;
    readonly engine_new: (a: number, b: number, c: number, d: number, e: number, f: bigint, g: number, h: number, i: number, j: number) => [number, number, number];
    readonly engine_pushBookColumns: (a: number, b: number) => [number, number];
    readonly engine_pushBooks: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) => [number, number];
    readonly engine_pushLiquidationBlock: (a: number, b: number) => [number, number];
    readonly engine_pushLiquidations: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number];
    readonly engine_pushTradeBlock: (a: number, b: number) => [number, number];
    readonly engine_pushTrades: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number) => [number, number];
    readonly engine_restore: (a: number, b: number, c: number) => [number, number, number];
    readonly engine_rows: (a: number) => number;
    readonly engine_run: (a: number, b: number) => number;
    readonly engine_save: (a: number) => [number, number, number, number];
    readonly engine_unseenBooks: (a: number) => number;
    readonly engine_withdrawBooks: (a: number, b: number) => void;
    readonly evaluateExactly: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly forest_new: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number];
    readonly forest_predict: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly formulaTable: () => [number, number];
    readonly gridStep: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly haloRows: (a: number, b: number, c: number) => [number, number, number];
    readonly idrun_bytes: (a: number) => number;
    readonly idrun_feed: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly idrun_hungry: (a: number) => number;
    readonly idrun_new: (a: number, b: number, c: number) => [number, number, number];
    readonly idrun_note: (a: number) => [number, number, number];
    readonly idrun_take: (a: number) => [number, number];
    readonly joinFingerprints: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly labels_barriers: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly labels_directions: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly labels_endRows: (a: number) => [number, number];
    readonly labels_new: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number];
    readonly labels_returns: (a: number, b: number, c: number) => [number, number, number, number];
    readonly levelrun_bytes: (a: number) => number;
    readonly levelrun_new: () => number;
    readonly levelrun_push: (a: number, b: number, c: number) => [number, number];
    readonly levelrun_take: (a: number) => [number, number];
    readonly levelrunmerge_feed: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly levelrunmerge_hungry: (a: number) => number;
    readonly levelrunmerge_new: (a: number) => number;
    readonly levelrunmerge_read: (a: number) => [number, number, number, number];
    readonly liquidationblock_notional: (a: number) => any;
    readonly liquidationblock_poisoned: (a: number, b: bigint, c: number) => number;
    readonly liquidationblock_pos: (a: number) => any;
    readonly liquidationblock_rows: (a: number) => number;
    readonly liquidationblock_ts: (a: number) => any;
    readonly liquidationblock_within: (a: number, b: bigint, c: bigint) => number;
    readonly liquidationmerge_duplicates: (a: number) => number;
    readonly liquidationmerge_feed: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly liquidationmerge_goOn: (a: number, b: number, c: number) => [number, number];
    readonly liquidationmerge_hungry: (a: number) => number;
    readonly liquidationmerge_lastRows: (a: number) => [number, number];
    readonly liquidationmerge_new: (a: number, b: number) => number;
    readonly liquidationmerge_read: (a: number) => [number, number, number];
    readonly liquidationreport_badRows: (a: number) => number;
    readonly liquidationreport_lines: (a: number) => number;
    readonly liquidationreport_nonpositive: (a: number) => number;
    readonly liquidationreport_remarks: (a: number) => [number, number];
    readonly liquidationreport_skewed: (a: number) => number;
    readonly liquidationscan_bytes: (a: number) => number;
    readonly liquidationscan_new: () => number;
    readonly liquidationscan_read: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly liquidationscan_take: (a: number) => [number, number];
    readonly measureFormulas: (a: number, b: number, c: number) => [number, number, number, number];
    readonly parametersJson: () => [number, number];
    readonly params_entries: (a: number, b: number, c: number) => [number, number, number, number];
    readonly params_new: () => number;
    readonly params_set: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly parseFormulas: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly poisonBooks: (a: number, b: number, c: bigint, d: number) => [number, number, number, number];
    readonly population_computed: (a: number) => number;
    readonly population_distinct: (a: number) => number;
    readonly population_new: (a: number, b: number, c: number) => [number, number, number];
    readonly population_operators: (a: number) => number;
    readonly printFormulas: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly refinement_figures: (a: number) => [number, number];
    readonly refinement_programs: (a: number) => [number, number];
    readonly regression_new: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number, number];
    readonly regression_polish: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly regression_refine: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number) => [number, number, number];
    readonly regression_setLibrary: (a: number, b: number, c: number) => [number, number];
    readonly repeatrun_bytes: (a: number) => number;
    readonly repeatrun_feed: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly repeatrun_hungry: (a: number) => number;
    readonly repeatrun_new: (a: number) => number;
    readonly repeatrun_note: (a: number) => [number, number, number];
    readonly repeatrun_repeats: (a: number) => number;
    readonly repeatrun_take: (a: number) => [number, number];
    readonly rowgroupencoder_encode: (a: number) => [number, number];
    readonly rowgroupencoder_encodeWaiting: (a: number, b: number) => [number, number];
    readonly rowgroupencoder_fingerprints: (a: number) => [number, number];
    readonly rowgroupencoder_new: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly rowgroupencoder_part: (a: number) => [number, number];
    readonly rowgroupencoder_room: (a: number, b: number, c: number) => number;
    readonly rowgroupencoder_roomForRuns: (a: number, b: number, c: number) => number;
    readonly rowsPerGroup: () => number;
    readonly shard_evaluate: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number) => [number, number, number, number];
    readonly shard_fingerprints: (a: number, b: number, c: number) => [number, number, number, number];
    readonly shard_new: (a: number, b: number, c: number) => [number, number, number];
    readonly shard_setBlocks: (a: number, b: number, c: number) => [number, number];
    readonly shard_setColumn: (a: number, b: number, c: number, d: number) => [number, number];
    readonly shard_setPortfolio: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number];
    readonly shard_setRest: (a: number, b: number, c: number) => [number, number];
    readonly shard_setTarget: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly shard_values: (a: number, b: number, c: number) => [number, number, number, number];
    readonly simplifyFormulas: (a: number, b: number, c: number) => [number, number, number, number];
    readonly splicer_append: (a: number, b: number, c: number) => [number, number];
    readonly splicer_finish: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly splicer_new: (a: number, b: number) => [number, number, number];
    readonly stamps: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
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
    readonly trademerge_feed: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly trademerge_hungry: (a: number) => number;
    readonly trademerge_new: (a: number, b: number) => number;
    readonly trademerge_read: (a: number) => [number, number, number];
    readonly tradeorder_duplicates: (a: number) => number;
    readonly tradeorder_finish: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly tradeorder_new: () => number;
    readonly tradeorder_push: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number, m: number, n: number, o: number) => [number, number];
    readonly traderun_bytes: (a: number) => number;
    readonly traderun_new: (a: number, b: number) => [number, number, number];
    readonly traderun_push: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number, m: number, n: number, o: number) => [number, number];
    readonly traderun_take: (a: number) => [number, number];
    readonly tradescan_new: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number];
    readonly tradescan_read: (a: number, b: number, c: number) => [number, number, number];
    readonly tradesurvey_bad: (a: number) => number;
    readonly tradesurvey_badRows: (a: number) => number;
    readonly tradesurvey_firstTs: (a: number) => [number, bigint];
    readonly tradesurvey_idEnds: (a: number) => any;
    readonly tradesurvey_idGaps: (a: number) => number;
    readonly tradesurvey_idStalls: (a: number) => number;
    readonly tradesurvey_ids: (a: number) => [number, number];
    readonly tradesurvey_lastTs: (a: number) => [number, bigint];
    readonly tradesurvey_lines: (a: number) => number;
    readonly tradesurvey_merge: (a: number, b: number, c: number) => [number, number];
    readonly tradesurvey_missingIds: (a: number) => number;
    readonly tradesurvey_new: () => number;
    readonly tradesurvey_numbers: (a: number) => any;
    readonly tradesurvey_pricePlaces: (a: number) => number;
    readonly tradesurvey_qtyPlaces: (a: number) => number;
    readonly tradesurvey_remarks: (a: number) => [number, number];
    readonly tradesurvey_rows: (a: number) => number;
    readonly tradesurvey_scan: (a: number, b: number, c: number) => [number, number, number];
    readonly tradesurvey_scanRows: (a: number, b: number, c: number) => [number, number, number];
    readonly tradesurvey_skewed: (a: number) => number;
    readonly tradesurvey_sorted: (a: number) => number;
    readonly tradesurvey_streamable: (a: number) => number;
    readonly tradesurvey_takeRows: (a: number) => number;
    readonly tradesurvey_tsFalls: (a: number) => number;
    readonly treesrows_codesPointer: (a: number) => number;
    readonly treesrows_new: (a: number, b: number, c: number, d: number, e: number, f: number) => number;
    readonly treesrows_targetPointer: (a: number) => number;
    readonly treesrows_weightPointer: (a: number) => number;
    readonly treessettings_check: (a: number, b: number) => [number, number];
    readonly treessettings_new: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number];
    readonly treestrainer_advance: (a: number) => number;
    readonly treestrainer_bestRound: (a: number) => number;
    readonly treestrainer_losses: (a: number, b: number) => [number, number];
    readonly treestrainer_messagePointer: (a: number) => number;
    readonly treestrainer_messageWords: (a: number) => number;
    readonly treestrainer_new: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number) => [number, number, number];
    readonly treestrainer_receive: (a: number, b: number, c: number, d: number) => [number, number];
    readonly treestrainer_rounds: (a: number) => number;
    readonly treestrainer_trees: (a: number) => [number, number];
    readonly treestrainer_wanted: (a: number, b: number) => [number, number];
    readonly uniqueness: (a: number, b: number) => [number, number];
    readonly values_column: (a: number, b: number) => [number, number];
    readonly values_evaluate: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly values_new: (a: number, b: number) => [number, number, number];
    readonly vocabulary_kinds: (a: number, b: number, c: number) => [number, number, number, number];
    readonly vocabulary_new: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number) => [number, number, number];
    readonly vocabulary_typed: (a: number, b: number, c: number) => [number, number, number, number];
    readonly vocabulary_vary: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number, number, number];
    readonly xxh64_low: (a: number) => number;
    readonly xxh64_new: () => number;
    readonly xxh64_update: (a: number, b: number, c: number) => void;
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
