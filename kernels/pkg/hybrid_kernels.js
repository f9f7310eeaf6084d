/* @ts-self-types="./hybrid_kernels.d.ts" */

/**
 * A column cut into bins, and the codes of its values.
 */
export class BinnedColumn {
    static __wrap(ptr) {
        const obj = Object.create(BinnedColumn.prototype);
        obj.__wbg_ptr = ptr;
        BinnedColumnFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        BinnedColumnFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_binnedcolumn_free(ptr, 0);
    }
    /**
     * Where the code of each value lies: its bin, or the number of bins for null.
     * @returns {number}
     */
    codesPointer() {
        const ret = wasm.binnedcolumn_codesPointer(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Whether a training value is null.
     * @returns {boolean}
     */
    nulls() {
        const ret = wasm.binnedcolumn_nulls(this.__wbg_ptr);
        return ret !== 0;
    }
    /**
     * Least and greatest training value, infinite ones as the greatest finite numbers; empty: all are null.
     * @returns {Float64Array}
     */
    range() {
        const ret = wasm.binnedcolumn_range(this.__wbg_ptr);
        var v1 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v1;
    }
    /**
     * The greatest number of each bin but the last.
     * @returns {Float64Array}
     */
    upper() {
        const ret = wasm.binnedcolumn_upper(this.__wbg_ptr);
        var v1 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v1;
    }
}
if (Symbol.dispose) BinnedColumn.prototype[Symbol.dispose] = BinnedColumn.prototype.free;

/**
 * Room for one block of a file.
 */
export class BlockInput {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        BlockInputFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_blockinput_free(ptr, 0);
    }
    /**
     * Sets `bytes` aside. Errors: `E_RESOURCE`.
     * @param {number} bytes
     */
    constructor(bytes) {
        const ret = wasm.blockinput_new(bytes);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        BlockInputFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * The room itself, to read a file range into. A view of WASM memory: take it anew for each read, it is
     * void after the next call into the kernel.
     * @returns {Uint8Array}
     */
    room() {
        const ret = wasm.blockinput_room(this.__wbg_ptr);
        return ret;
    }
}
if (Symbol.dispose) BlockInput.prototype[Symbol.dispose] = BlockInput.prototype.free;

/**
 * Makes books of levels, block by block in the order of the files; see `tick::levels`.
 */
export class BookBuilder {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        BookBuilderFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_bookbuilder_free(ptr, 0);
    }
    /**
     * The book that is left when no block follows, if there is one.
     * @returns {Uint8Array}
     */
    finish() {
        const ret = wasm.bookbuilder_finish(this.__wbg_ptr);
        return ret;
    }
    /**
     * Makes a fresh builder go on from saved bytes. Errors: `E_INPUT`.
     * @param {Uint8Array | number[]} bytes
     */
    load(bytes) {
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.bookbuilder_load(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Messages before which updates are missing, of the last `push`; lines count from 1 within its block.
     * @returns {RowReport}
     */
    missing() {
        const ret = wasm.bookbuilder_missing(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
    /**
     * `columns` are those of a layout by level (all files of a stream have one), `scan` reduces the books and is
     * gone afterwards. Errors: `E_KERNEL` for another layout.
     * @param {DepthColumns} columns
     * @param {DepthScan} scan
     */
    constructor(columns, scan) {
        _assertClass(columns, DepthColumns);
        _assertClass(scan, DepthScan);
        var ptr0 = scan.__destroy_into_raw();
        const ret = wasm.bookbuilder_new(columns.__wbg_ptr, ptr0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        BookBuilderFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Whether a message is open of which `finish` makes a book, unless its numbers are too long.
     * @returns {boolean}
     */
    open() {
        const ret = wasm.bookbuilder_open(this.__wbg_ptr);
        return ret !== 0;
    }
    /**
     * Snapshots older than the book, which were left out.
     * @returns {RowReport}
     */
    outdated() {
        const ret = wasm.bookbuilder_outdated(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
    /**
     * Rows that go on with a message behind its last row.
     * @returns {RowReport}
     */
    overrun() {
        const ret = wasm.bookbuilder_overrun(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
    /**
     * Takes the levels of the next block; answers the finished books as bytes for `BookMerge`.
     * @param {Uint8Array | number[]} levels
     * @returns {Uint8Array}
     */
    push(levels) {
        const ptr0 = passArray8ToWasm0(levels, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.bookbuilder_push(this.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * What later books depend on, as bytes.
     * @returns {Uint8Array}
     */
    save() {
        const ret = wasm.bookbuilder_save(this.__wbg_ptr);
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
    /**
     * Rows before the first snapshot, of the last `push`.
     * @returns {number}
     */
    unfounded() {
        const ret = wasm.bookbuilder_unfounded(this.__wbg_ptr);
        return ret;
    }
    /**
     * Books with numbers too long to be reduced.
     * @returns {RowReport}
     */
    unreadable() {
        const ret = wasm.bookbuilder_unreadable(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
}
if (Symbol.dispose) BookBuilder.prototype[Symbol.dispose] = BookBuilder.prototype.free;

/**
 * The columns of `event::Books`, NaN for null.
 */
export class BookColumns {
    static __wrap(ptr) {
        const obj = Object.create(BookColumns.prototype);
        obj.__wbg_ptr = ptr;
        BookColumnsFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        BookColumnsFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_bookcolumns_free(ptr, 0);
    }
    /**
     * @returns {Float64Array}
     */
    ask() {
        const ret = wasm.bookcolumns_ask(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {Float64Array}
     */
    bid() {
        const ret = wasm.bookcolumns_bid(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {Float64Array}
     */
    depthSpanBps() {
        const ret = wasm.bookcolumns_depthSpanBps(this.__wbg_ptr);
        return ret;
    }
    /**
     * Where bid + ask lies on the grid: see `event::Books`.
     * @returns {BigInt64Array}
     */
    midCode() {
        const ret = wasm.bookcolumns_midCode(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {Float64Array}
     */
    obi1() {
        const ret = wasm.bookcolumns_obi1(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {Float64Array}
     */
    obi() {
        const ret = wasm.bookcolumns_obi(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {BigInt64Array}
     */
    ts() {
        const ret = wasm.bookcolumns_ts(this.__wbg_ptr);
        return ret;
    }
    /**
     * 1 where both sides have levels and the best bid is below the best ask.
     * @returns {Uint8Array}
     */
    valid() {
        const ret = wasm.bookcolumns_valid(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {Float64Array}
     */
    wallAskBps() {
        const ret = wasm.bookcolumns_wallAskBps(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {Float64Array}
     */
    wallAskMult() {
        const ret = wasm.bookcolumns_wallAskMult(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {Float64Array}
     */
    wallBidBps() {
        const ret = wasm.bookcolumns_wallBidBps(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {Float64Array}
     */
    wallBidMult() {
        const ret = wasm.bookcolumns_wallBidMult(this.__wbg_ptr);
        return ret;
    }
}
if (Symbol.dispose) BookColumns.prototype[Symbol.dispose] = BookColumns.prototype.free;

/**
 * Joins the blocks of a depth file in order.
 */
export class BookMerge {
    static __wrap(ptr) {
        const obj = Object.create(BookMerge.prototype);
        obj.__wbg_ptr = ptr;
        BookMergeFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        BookMergeFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_bookmerge_free(ptr, 0);
    }
    /**
     * `[snapshots, replaced, crossed, locked, one-sided]` of what has been finished.
     * @returns {Float64Array}
     */
    counts() {
        const ret = wasm.bookmerge_counts(this.__wbg_ptr);
        var v1 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v1;
    }
    /**
     * The last snapshot, once no block follows.
     * @returns {BookColumns}
     */
    finish() {
        const ret = wasm.bookmerge_finish(this.__wbg_ptr);
        return BookColumns.__wrap(ret);
    }
    /**
     * @param {number} wall_min_persist
     */
    constructor(wall_min_persist) {
        const ret = wasm.bookmerge_new(wall_min_persist);
        this.__wbg_ptr = ret;
        BookMergeFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Adds the next block of a sorted file; answers the snapshots that are finished by it.
     * @param {Uint8Array | number[]} bytes
     * @returns {BookColumns}
     */
    push(bytes) {
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.bookmerge_push(this.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return BookColumns.__wrap(ret[0]);
    }
    /**
     * Goes on from saved bytes. Errors: `E_INPUT`.
     * @param {number} wall_min_persist
     * @param {Uint8Array | number[]} bytes
     * @returns {BookMerge}
     */
    static restore(wall_min_persist, bytes) {
        const val2 = +wall_min_persist;
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.bookmerge_restore(val2, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return BookMerge.__wrap(ret[0]);
    }
    /**
     * What later snapshots depend on, as bytes.
     * @returns {Uint8Array}
     */
    save() {
        const ret = wasm.bookmerge_save(this.__wbg_ptr);
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
}
if (Symbol.dispose) BookMerge.prototype[Symbol.dispose] = BookMerge.prototype.free;

/**
 * Reduced snapshots on their way into runs that are sorted by `ts`, for an unsorted input.
 */
export class BookRun {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        BookRunFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_bookrun_free(ptr, 0);
    }
    /**
     * @returns {number}
     */
    bytes() {
        const ret = wasm.bookrun_bytes(this.__wbg_ptr);
        return ret >>> 0;
    }
    constructor() {
        const ret = wasm.bookrun_new();
        this.__wbg_ptr = ret;
        BookRunFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Adds the bytes of the next block, in the order of the files.
     * @param {Uint8Array | number[]} bytes
     */
    push(bytes) {
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.bookrun_push(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * @returns {Uint8Array}
     */
    take() {
        const ret = wasm.bookrun_take(this.__wbg_ptr);
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
}
if (Symbol.dispose) BookRun.prototype[Symbol.dispose] = BookRun.prototype.free;

/**
 * Joins such runs; what comes out goes to a `BookMerge`.
 */
export class BookRunMerge {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        BookRunMergeFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_bookrunmerge_free(ptr, 0);
    }
    /**
     * @param {number} run
     * @param {Uint8Array | number[]} bytes
     * @param {boolean} last
     */
    feed(run, bytes, last) {
        const val2 = +run;
        const val3 = +last;
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.bookrunmerge_feed(this.__wbg_ptr, val2, ptr0, len0, val3);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * @returns {number | undefined}
     */
    hungry() {
        const ret = wasm.bookrunmerge_hungry(this.__wbg_ptr);
        return ret === Number.MAX_SAFE_INTEGER ? undefined : ret;
    }
    /**
     * @param {number} runs
     */
    constructor(runs) {
        const ret = wasm.bookrunmerge_new(runs);
        this.__wbg_ptr = ret;
        BookRunMergeFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * The next snapshots, pushed into `into`; nothing and nobody hungry at the end.
     * @param {BookMerge} into
     * @returns {BookColumns | undefined}
     */
    read(into) {
        _assertClass(into, BookMerge);
        const ret = wasm.bookrunmerge_read(this.__wbg_ptr, into.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return ret[0] === 0 ? undefined : BookColumns.__wrap(ret[0]);
    }
}
if (Symbol.dispose) BookRunMerge.prototype[Symbol.dispose] = BookRunMerge.prototype.free;

/**
 * Room for the values of a column, to be written where it lies.
 */
export class ColumnValues {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        ColumnValuesFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_columnvalues_free(ptr, 0);
    }
    /**
     * The first `train` values decide the borders of at most `max` bins. `stream` is the column's number.
     * @param {number} train
     * @param {number} max
     * @param {number} seed
     * @param {number} stream
     * @returns {BinnedColumn}
     */
    bin(train, max, seed, stream) {
        const val1 = +train;
        const val2 = +max;
        const val3 = +seed;
        const val4 = +stream;
        const ptr = this.__destroy_into_raw();
        const ret = wasm.columnvalues_bin(ptr, val1, val2, val3, val4);
        return BinnedColumn.__wrap(ret);
    }
    /**
     * @param {number} rows
     */
    constructor(rows) {
        const ret = wasm.columnvalues_new(rows);
        this.__wbg_ptr = ret;
        ColumnValuesFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Where the values lie, in bytes; NaN is null.
     * @returns {number}
     */
    pointer() {
        const ret = wasm.columnvalues_pointer(this.__wbg_ptr);
        return ret >>> 0;
    }
}
if (Symbol.dispose) ColumnValues.prototype[Symbol.dispose] = ColumnValues.prototype.free;

/**
 * The reduced snapshots of one block, not yet joined with their neighbours.
 */
export class DepthBlock {
    static __wrap(ptr) {
        const obj = Object.create(DepthBlock.prototype);
        obj.__wbg_ptr = ptr;
        DepthBlockFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        DepthBlockFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_depthblock_free(ptr, 0);
    }
    /**
     * @returns {RowReport}
     */
    badRows() {
        const ret = wasm.depthblock_badRows(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
    /**
     * The block as bytes, for `BookMerge`.
     * @returns {Uint8Array}
     */
    bytes() {
        const ret = wasm.depthblock_bytes(this.__wbg_ptr);
        return ret;
    }
    /**
     * In layouts by level: the rows as bytes, for `BookBuilder`; otherwise none.
     * @returns {Uint8Array}
     */
    levels() {
        const ret = wasm.depthblock_levels(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {number}
     */
    lines() {
        const ret = wasm.depthblock_lines(this.__wbg_ptr);
        return ret;
    }
    /**
     * Rows whose price and size arrays differ in length.
     * @returns {RowReport}
     */
    malformed() {
        const ret = wasm.depthblock_malformed(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
    /**
     * `[stamps cut to the µs, rows of other symbols or streams]`.
     * @returns {Float64Array}
     */
    remarks() {
        const ret = wasm.depthblock_remarks(this.__wbg_ptr);
        var v1 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v1;
    }
    /**
     * Rows that could be read, malformed ones not counted.
     * @returns {number}
     */
    rows() {
        const ret = wasm.depthblock_rows(this.__wbg_ptr);
        return ret;
    }
    /**
     * Rows whose stamps are more than a minute apart.
     * @returns {RowReport}
     */
    skewed() {
        const ret = wasm.depthblock_skewed(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
}
if (Symbol.dispose) DepthBlock.prototype[Symbol.dispose] = DepthBlock.prototype.free;

/**
 * How the rows of a depth file read.
 */
export class DepthColumns {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        DepthColumnsFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_depthcolumns_free(ptr, 0);
    }
    /**
     * A row is a level: books are built by `BookBuilder`.
     * @returns {boolean}
     */
    byLevel() {
        const ret = wasm.depthcolumns_byLevel(this.__wbg_ptr);
        return ret !== 0;
    }
    /**
     * Books come in time order whatever the order of the rows: changes of one book cannot be sorted.
     * @returns {boolean}
     */
    inFileOrder() {
        const ret = wasm.depthcolumns_inFileOrder(this.__wbg_ptr);
        return ret !== 0;
    }
    /**
     * Reads the text of a dialect. Errors: `E_KERNEL`.
     * @param {string} dialect
     */
    constructor(dialect) {
        const ptr0 = passStringToWasm0(dialect, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.depthcolumns_new(ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        DepthColumnsFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Reads only the stamps of a block: `[lines, rows, falls, 1 if there is a stamp, first ts, last ts]`.
     * A file whose blocks have no fall, within or between them, can be merged block by block.
     * @param {BlockInput} input
     * @param {number} len
     * @returns {BigInt64Array}
     */
    times(input, len) {
        _assertClass(input, BlockInput);
        const ret = wasm.depthcolumns_times(this.__wbg_ptr, input.__wbg_ptr, len);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
}
if (Symbol.dispose) DepthColumns.prototype[Symbol.dispose] = DepthColumns.prototype.free;

/**
 * Reads and reduces blocks of depth snapshots. The parameters have the names of the specification; `tick` as
 * `gridStep` gives it, decimals as text. Errors: `E_USAGE`.
 */
export class DepthScan {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        DepthScanFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_depthscan_free(ptr, 0);
    }
    /**
     * Reduces what the extended feature set needs as well. To be called before the first block.
     */
    addDetail() {
        wasm.depthscan_addDetail(this.__wbg_ptr);
    }
    /**
     * @param {DepthColumns} columns
     * @param {string} tick
     * @param {bigint} wall_bucket_ticks
     * @param {number} obi_levels
     * @param {string} obi_mode
     * @param {string} wall_range_bps
     * @param {string} wall_k
     * @param {number} wall_min_buckets
     * @param {number} wall_min_persist
     */
    constructor(columns, tick, wall_bucket_ticks, obi_levels, obi_mode, wall_range_bps, wall_k, wall_min_buckets, wall_min_persist) {
        _assertClass(columns, DepthColumns);
        const val5 = BigInt.asIntN(64, wall_bucket_ticks);
        const val6 = +obi_levels;
        const val7 = +wall_min_buckets;
        const val8 = +wall_min_persist;
        let ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3;
        try {
            ptr0 = passStringToWasm0(tick, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(obi_mode, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passStringToWasm0(wall_range_bps, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len2 = WASM_VECTOR_LEN;
            ptr3 = passStringToWasm0(wall_k, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len3 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr3) { wasm.__wbindgen_free(ptr3, len3 * 1, 1); }
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.depthscan_new(columns.__wbg_ptr, ptr0, len0, val5, val6, ptr1, len1, ptr2, len2, ptr3, len3, val7, val8);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        DepthScanFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Reads the first `len` bytes of the input.
     * @param {BlockInput} input
     * @param {number} len
     * @returns {DepthBlock}
     */
    read(input, len) {
        _assertClass(input, BlockInput);
        const ret = wasm.depthscan_read(this.__wbg_ptr, input.__wbg_ptr, len);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return DepthBlock.__wrap(ret[0]);
    }
}
if (Symbol.dispose) DepthScan.prototype[Symbol.dispose] = DepthScan.prototype.free;

/**
 * The state machine from events to rows: `crate::engine::Engine` behind a handle.
 */
export class Engine {
    static __wrap(ptr) {
        const obj = Object.create(Engine.prototype);
        obj.__wbg_ptr = ptr;
        EngineFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        EngineFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_engine_free(ptr, 0);
    }
    /**
     * Promise of a live feed: every snapshot stamped before `ts` has been pushed.
     * @param {bigint} ts
     */
    booksKnownBefore(ts) {
        wasm.engine_booksKnownBefore(this.__wbg_ptr, ts);
    }
    /**
     * Forgets the waiting rows, once their columns have been copied.
     */
    clearRows() {
        wasm.engine_clearRows(this.__wbg_ptr);
    }
    /**
     * Where the columns of the waiting rows are, to be copied before the next call: of each the address, the bytes,
     * and the number of its runs, 0 where it has a value a row.
     * @returns {Uint32Array}
     */
    columnMemory() {
        const ret = wasm.engine_columnMemory(this.__wbg_ptr);
        var v1 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * A copy of the waiting rows of one column (its place in `columnsJson`): BigInt64Array, Float64Array,
     * Float32Array or Int8Array by its type; undefined beyond the last. Null is NaN or -2^63.
     * @param {number} index
     * @returns {any}
     */
    column(index) {
        const ret = wasm.engine_column(this.__wbg_ptr, index);
        return ret;
    }
    /**
     * The counts so far, as a JSON object.
     * @returns {string}
     */
    countersJson() {
        let deferred1_0;
        let deferred1_1;
        try {
            const ret = wasm.engine_countersJson(this.__wbg_ptr);
            deferred1_0 = ret[0];
            deferred1_1 = ret[1];
            return getStringFromWasm0(ret[0], ret[1]);
        } finally {
            wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
        }
    }
    endBooks() {
        wasm.engine_endBooks(this.__wbg_ptr);
    }
    endLiquidations() {
        wasm.engine_endLiquidations(this.__wbg_ptr);
    }
    endTrades() {
        wasm.engine_endTrades(this.__wbg_ptr);
    }
    /**
     * The feature set of the rows: that of the state where it was restored.
     * @returns {string}
     */
    get featureSet() {
        let deferred1_0;
        let deferred1_1;
        try {
            const ret = wasm.engine_featureSet(this.__wbg_ptr);
            deferred1_0 = ret[0];
            deferred1_1 = ret[1];
            return getStringFromWasm0(ret[0], ret[1]);
        } finally {
            wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
        }
    }
    /**
     * The same promise for liquidations.
     * @param {bigint} ts
     */
    liquidationsKnownBefore(ts) {
        wasm.engine_liquidationsKnownBefore(this.__wbg_ptr, ts);
    }
    /**
     * `tick` and `lot` are decimal texts (of [`grid_step`]), `bucket_ticks` is the `g` of the footprint;
     * `depth` and `liquidations` say whether there is such a file; the feature set is `core` unless another is
     * named. Throws `E_USAGE`.
     * @param {Params} params
     * @param {string} tick
     * @param {string} lot
     * @param {bigint} bucket_ticks
     * @param {boolean} depth
     * @param {boolean} liquidations
     * @param {string | null} [feature_set]
     */
    constructor(params, tick, lot, bucket_ticks, depth, liquidations, feature_set) {
        _assertClass(params, Params);
        const val4 = BigInt.asIntN(64, bucket_ticks);
        const val5 = +depth;
        const val6 = +liquidations;
        let ptr0, len0, ptr1, len1, ptr2, len2;
        try {
            ptr0 = passStringToWasm0(tick, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(lot, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = isLikeNone(feature_set) ? 0 : passStringToWasm0(feature_set, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len2 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.engine_new(params.__wbg_ptr, ptr0, len0, ptr1, len1, val4, val5, val6, ptr2, len2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        EngineFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Appends depth features that are in this instance; they are used up.
     * @param {BookColumns} columns
     */
    pushBookColumns(columns) {
        _assertClass(columns, BookColumns);
        var ptr0 = columns.__destroy_into_raw();
        const ret = wasm.engine_pushBookColumns(this.__wbg_ptr, ptr0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Appends depth features, copied in. `floats` holds nine columns one after the other: bid, ask, obi, obi1,
     * wall_bid_bps, wall_ask_bps, wall_bid_mult, wall_ask_mult, depth_span_bps.
     * @param {BigInt64Array | bigint[]} ts
     * @param {Uint8Array | number[]} valid
     * @param {BigInt64Array | bigint[]} mid_code
     * @param {Float64Array | number[]} floats
     */
    pushBooks(ts, valid, mid_code, floats) {
        let ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3;
        try {
            ptr0 = passArray64ToWasm0(ts, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray8ToWasm0(valid, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArray64ToWasm0(mid_code, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
            ptr3 = passArrayF64ToWasm0(floats, wasm.__wbindgen_malloc);
            len3 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr3) { wasm.__wbindgen_free(ptr3, len3 * 8, 8); }
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 8, 8); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 8, 8); }
            throw e;
        }
        const ret = wasm.engine_pushBooks(this.__wbg_ptr, ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Appends liquidations that are in this instance; they are used up.
     * @param {LiquidationBlock} block
     */
    pushLiquidationBlock(block) {
        _assertClass(block, LiquidationBlock);
        var ptr0 = block.__destroy_into_raw();
        const ret = wasm.engine_pushLiquidationBlock(this.__wbg_ptr, ptr0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Appends liquidations, copied in.
     * @param {BigInt64Array | bigint[]} ts
     * @param {Int8Array | number[]} pos
     * @param {Float64Array | number[]} notional
     */
    pushLiquidations(ts, pos, notional) {
        let ptr0, len0, ptr1, len1, ptr2, len2;
        try {
            ptr0 = passArray64ToWasm0(ts, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray8ToWasm0(pos, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArrayF64ToWasm0(notional, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 8, 8); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 8, 8); }
            throw e;
        }
        const ret = wasm.engine_pushLiquidations(this.__wbg_ptr, ptr0, len0, ptr1, len1, ptr2, len2);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Appends the trades of a block that is in this instance; the block is used up.
     * @param {TradeBlock} block
     */
    pushTradeBlock(block) {
        _assertClass(block, TradeBlock);
        var ptr0 = block.__destroy_into_raw();
        const ret = wasm.engine_pushTradeBlock(this.__wbg_ptr, ptr0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Appends trades, copied in; throws `E_INPUT` when they do not continue the stream.
     * @param {BigInt64Array | bigint[]} ts
     * @param {BigInt64Array | bigint[]} id
     * @param {BigInt64Array | bigint[]} px_ticks
     * @param {BigInt64Array | bigint[]} qty_lots
     * @param {Int8Array | number[]} side
     */
    pushTrades(ts, id, px_ticks, qty_lots, side) {
        let ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, ptr4, len4;
        try {
            ptr0 = passArray64ToWasm0(ts, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray64ToWasm0(id, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArray64ToWasm0(px_ticks, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
            ptr3 = passArray64ToWasm0(qty_lots, wasm.__wbindgen_malloc);
            len3 = WASM_VECTOR_LEN;
            ptr4 = passArray8ToWasm0(side, wasm.__wbindgen_malloc);
            len4 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr4) { wasm.__wbindgen_free(ptr4, len4 * 1, 1); }
            if (ptr3) { wasm.__wbindgen_free(ptr3, len3 * 8, 8); }
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 8, 8); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 8, 8); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 8, 8); }
            throw e;
        }
        const ret = wasm.engine_pushTrades(this.__wbg_ptr, ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, ptr4, len4);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Goes on from saved bytes, with their feature set; throws `E_INPUT` when they are damaged or of another
     * version, `E_USAGE` when a parameter is not what it was. The ends of the streams are to be said again.
     * @param {Params} params
     * @param {Uint8Array | number[]} bytes
     * @returns {Engine}
     */
    static restore(params, bytes) {
        _assertClass(params, Params);
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.engine_restore(params.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Engine.__wrap(ret[0]);
    }
    /**
     * How many rows wait.
     * @returns {number}
     */
    get rows() {
        const ret = wasm.engine_rows(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Makes rows until `max_rows` wait or something is missing.
     * @param {number} max_rows
     * @returns {EngineStatus}
     */
    run(max_rows) {
        const ret = wasm.engine_run(this.__wbg_ptr, max_rows);
        return ret;
    }
    /**
     * All that later rows depend on; throws `E_USAGE` while rows wait.
     * @returns {Uint8Array}
     */
    save() {
        const ret = wasm.engine_save(this.__wbg_ptr);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
    /**
     * How many of the last snapshots no row has seen.
     * @returns {number}
     */
    unseenBooks() {
        const ret = wasm.engine_unseenBooks(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Takes the last snapshots back, as many of the unseen ones.
     * @param {number} count
     */
    withdrawBooks(count) {
        wasm.engine_withdrawBooks(this.__wbg_ptr, count);
    }
}
if (Symbol.dispose) Engine.prototype[Symbol.dispose] = Engine.prototype.free;

/**
 * What an engine waits for.
 * @enum {0 | 1 | 2 | 3 | 4}
 */
export const EngineStatus = Object.freeze({
    NeedTrades: 0, "0": "NeedTrades",
    NeedBooks: 1, "1": "NeedBooks",
    NeedLiquidations: 2, "2": "NeedLiquidations",
    RowsReady: 3, "3": "RowsReady",
    Done: 4, "4": "Done",
});

/**
 * A model that answers.
 */
export class Forest {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        ForestFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_forest_free(ptr, 0);
    }
    /**
     * `packed` holds of each tree the count of its nodes, five numbers a node (column, threshold, nulls left,
     * left, right) and the value of each leaf.
     * @param {string} loss
     * @param {number} columns
     * @param {Float64Array | number[]} bias
     * @param {Float64Array | number[]} packed
     */
    constructor(loss, columns, bias, packed) {
        const val4 = +columns;
        let ptr0, len0, ptr1, len1, ptr2, len2;
        try {
            ptr0 = passStringToWasm0(loss, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArrayF64ToWasm0(bias, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArrayF64ToWasm0(packed, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 8, 8); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 8, 8); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.forest_new(ptr0, len0, val4, ptr1, len1, ptr2, len2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        ForestFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Scores (raw) or answers by row; `values` are columns of equal length one after the other, NaN for null.
     * @param {Float64Array | number[]} values
     * @param {boolean} raw
     * @returns {Float64Array}
     */
    predict(values, raw) {
        const val2 = +raw;
        const ptr0 = passArrayF64ToWasm0(values, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.forest_predict(this.__wbg_ptr, ptr0, len0, val2);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v3 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v3;
    }
}
if (Symbol.dispose) Forest.prototype[Symbol.dispose] = Forest.prototype.free;

/**
 * First merge over the trades: their ids, with their places, into runs that are sorted by id.
 */
export class IdRun {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        IdRunFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_idrun_free(ptr, 0);
    }
    /**
     * @returns {number}
     */
    bytes() {
        const ret = wasm.idrun_bytes(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * @param {number} run
     * @param {Uint8Array | number[]} bytes
     * @param {boolean} last
     */
    feed(run, bytes, last) {
        const val2 = +run;
        const val3 = +last;
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.idrun_feed(this.__wbg_ptr, val2, ptr0, len0, val3);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * The run of trades that must be fed next.
     * @returns {number | undefined}
     */
    hungry() {
        const ret = wasm.idrun_hungry(this.__wbg_ptr);
        return ret === Number.MAX_SAFE_INTEGER ? undefined : ret;
    }
    /**
     * @param {number} trade_runs
     * @param {string} ids
     */
    constructor(trade_runs, ids) {
        const val2 = +trade_runs;
        const ptr0 = passStringToWasm0(ids, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.idrun_new(val2, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        IdRunFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Goes on; false where a run is hungry or all trades have come.
     * @returns {boolean}
     */
    note() {
        const ret = wasm.idrun_note(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return ret[0] !== 0;
    }
    /**
     * @returns {Uint8Array}
     */
    take() {
        const ret = wasm.idrun_take(this.__wbg_ptr);
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
}
if (Symbol.dispose) IdRun.prototype[Symbol.dispose] = IdRun.prototype.free;

/**
 * Labels of the rows of one symbol: first how far each looks, then what it says.
 */
export class Labels {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        LabelsFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_labels_free(ptr, 0);
    }
    /**
     * 1, -1 or 0: which barrier (log returns from the row's price) is touched first, 0 for neither; NaN for none.
     * Spans end at their touch afterwards.
     * @param {Float64Array | number[]} price
     * @param {number} up
     * @param {number} down
     * @returns {Float64Array}
     */
    barriers(price, up, down) {
        const val2 = +up;
        const val3 = +down;
        const ptr0 = passArrayF64ToWasm0(price, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.labels_barriers(this.__wbg_ptr, ptr0, len0, val2, val3);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v4 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v4;
    }
    /**
     * 1, 0 or -1: the log return above, within or below the dead band; NaN for none.
     * @param {Float64Array | number[]} price
     * @param {number} band
     * @returns {Float64Array}
     */
    directions(price, band) {
        const val2 = +band;
        const ptr0 = passArrayF64ToWasm0(price, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.labels_directions(this.__wbg_ptr, ptr0, len0, val2);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v3 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v3;
    }
    /**
     * The last row of each label's span, 0xffffffff for none.
     * @returns {Uint32Array}
     */
    endRows() {
        const ret = wasm.labels_endRows(this.__wbg_ptr);
        var v1 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * `ts` in µs, not decreasing; `horizon` in the unit `us`, `trades` or `bars` (minutes). A label that would
     * cross a hole of more than `gap_reset_min` whole minutes, or the end of the data, does not exist.
     * @param {BigInt64Array | bigint[]} ts
     * @param {string} unit
     * @param {number} horizon
     * @param {number} gap_reset_min
     */
    constructor(ts, unit, horizon, gap_reset_min) {
        const val3 = +horizon;
        const val4 = +gap_reset_min;
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passArray64ToWasm0(ts, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(unit, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 8, 8); }
            throw e;
        }
        const ret = wasm.labels_new(ptr0, len0, ptr1, len1, val3, val4);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        LabelsFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * The log return of each row over its span, NaN for none.
     * @param {Float64Array | number[]} price
     * @returns {Float64Array}
     */
    returns(price) {
        const ptr0 = passArrayF64ToWasm0(price, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.labels_returns(this.__wbg_ptr, ptr0, len0);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v2 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v2;
    }
}
if (Symbol.dispose) Labels.prototype[Symbol.dispose] = Labels.prototype.free;

/**
 * Rows of levels on their way into sorted runs, for books of their own that are not in time order.
 */
export class LevelRun {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        LevelRunFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_levelrun_free(ptr, 0);
    }
    /**
     * @returns {number}
     */
    bytes() {
        const ret = wasm.levelrun_bytes(this.__wbg_ptr);
        return ret >>> 0;
    }
    constructor() {
        const ret = wasm.levelrun_new();
        this.__wbg_ptr = ret;
        LevelRunFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Adds the levels of the next block, in the order of the files.
     * @param {Uint8Array | number[]} levels
     */
    push(levels) {
        const ptr0 = passArray8ToWasm0(levels, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.levelrun_push(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * @returns {Uint8Array}
     */
    take() {
        const ret = wasm.levelrun_take(this.__wbg_ptr);
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
}
if (Symbol.dispose) LevelRun.prototype[Symbol.dispose] = LevelRun.prototype.free;

/**
 * Joins such runs; what comes out goes to a `BookBuilder`.
 */
export class LevelRunMerge {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        LevelRunMergeFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_levelrunmerge_free(ptr, 0);
    }
    /**
     * @param {number} run
     * @param {Uint8Array | number[]} bytes
     * @param {boolean} last
     */
    feed(run, bytes, last) {
        const val2 = +run;
        const val3 = +last;
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.levelrunmerge_feed(this.__wbg_ptr, val2, ptr0, len0, val3);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * @returns {number | undefined}
     */
    hungry() {
        const ret = wasm.levelrunmerge_hungry(this.__wbg_ptr);
        return ret === Number.MAX_SAFE_INTEGER ? undefined : ret;
    }
    /**
     * @param {number} runs
     */
    constructor(runs) {
        const ret = wasm.levelrunmerge_new(runs);
        this.__wbg_ptr = ret;
        LevelRunMergeFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * The next levels; none and nobody hungry at the end.
     * @returns {Uint8Array}
     */
    read() {
        const ret = wasm.levelrunmerge_read(this.__wbg_ptr);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
}
if (Symbol.dispose) LevelRunMerge.prototype[Symbol.dispose] = LevelRunMerge.prototype.free;

/**
 * The columns of `event::Liquidations`.
 */
export class LiquidationBlock {
    static __wrap(ptr) {
        const obj = Object.create(LiquidationBlock.prototype);
        obj.__wbg_ptr = ptr;
        LiquidationBlockFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        LiquidationBlockFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_liquidationblock_free(ptr, 0);
    }
    /**
     * price * qty in quote units.
     * @returns {Float64Array}
     */
    notional() {
        const ret = wasm.liquidationblock_notional(this.__wbg_ptr);
        return ret;
    }
    /**
     * With random sides and sizes at or after `from`.
     * @param {bigint} from
     * @param {number} seed
     * @returns {LiquidationBlock}
     */
    poisoned(from, seed) {
        const ret = wasm.liquidationblock_poisoned(this.__wbg_ptr, from, seed);
        return LiquidationBlock.__wrap(ret);
    }
    /**
     * 1 where a long was closed by force, -1 a short.
     * @returns {Int8Array}
     */
    pos() {
        const ret = wasm.liquidationblock_pos(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {number}
     */
    rows() {
        const ret = wasm.liquidationblock_rows(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * @returns {BigInt64Array}
     */
    ts() {
        const ret = wasm.liquidationblock_ts(this.__wbg_ptr);
        return ret;
    }
    /**
     * Those whose `ts` is in `from .. to`.
     * @param {bigint} from
     * @param {bigint} to
     * @returns {LiquidationBlock}
     */
    within(from, to) {
        const ret = wasm.liquidationblock_within(this.__wbg_ptr, from, to);
        return LiquidationBlock.__wrap(ret);
    }
}
if (Symbol.dispose) LiquidationBlock.prototype[Symbol.dispose] = LiquidationBlock.prototype.free;

/**
 * The liquidations of all runs in time order.
 */
export class LiquidationMerge {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        LiquidationMergeFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_liquidationmerge_free(ptr, 0);
    }
    /**
     * Rows removed because an equal one had come before.
     * @returns {number}
     */
    duplicates() {
        const ret = wasm.liquidationmerge_duplicates(this.__wbg_ptr);
        return ret;
    }
    /**
     * @param {number} run
     * @param {Uint8Array | number[]} bytes
     * @param {boolean} last
     */
    feed(run, bytes, last) {
        const val2 = +run;
        const val3 = +last;
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.liquidationmerge_feed(this.__wbg_ptr, val2, ptr0, len0, val3);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Goes on behind an input that ended with these rows. Errors: `E_INPUT`.
     * @param {Uint8Array | number[]} last_rows
     */
    goOn(last_rows) {
        const ptr0 = passArray8ToWasm0(last_rows, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.liquidationmerge_goOn(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * @returns {number | undefined}
     */
    hungry() {
        const ret = wasm.liquidationmerge_hungry(this.__wbg_ptr);
        return ret === Number.MAX_SAFE_INTEGER ? undefined : ret;
    }
    /**
     * The rows of the last stamp, as bytes for `goOn`.
     * @returns {Uint8Array}
     */
    lastRows() {
        const ret = wasm.liquidationmerge_lastRows(this.__wbg_ptr);
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
    /**
     * `exact` is `liq_dedup=exact`.
     * @param {number} runs
     * @param {boolean} exact
     */
    constructor(runs, exact) {
        const ret = wasm.liquidationmerge_new(runs, exact);
        this.__wbg_ptr = ret;
        LiquidationMergeFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * The next rows; none and nobody hungry at the end.
     * @returns {LiquidationBlock}
     */
    read() {
        const ret = wasm.liquidationmerge_read(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return LiquidationBlock.__wrap(ret[0]);
    }
}
if (Symbol.dispose) LiquidationMerge.prototype[Symbol.dispose] = LiquidationMerge.prototype.free;

/**
 * What one block of liquidations came to.
 */
export class LiquidationReport {
    static __wrap(ptr) {
        const obj = Object.create(LiquidationReport.prototype);
        obj.__wbg_ptr = ptr;
        LiquidationReportFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        LiquidationReportFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_liquidationreport_free(ptr, 0);
    }
    /**
     * @returns {RowReport}
     */
    badRows() {
        const ret = wasm.liquidationreport_badRows(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
    /**
     * @returns {number}
     */
    lines() {
        const ret = wasm.liquidationreport_lines(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {RowReport}
     */
    nonpositive() {
        const ret = wasm.liquidationreport_nonpositive(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
    /**
     * `[stamps cut to the µs, rows of other symbols or streams]`.
     * @returns {Float64Array}
     */
    remarks() {
        const ret = wasm.liquidationreport_remarks(this.__wbg_ptr);
        var v1 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v1;
    }
    /**
     * Rows whose stamps are more than a minute apart.
     * @returns {RowReport}
     */
    skewed() {
        const ret = wasm.liquidationreport_skewed(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
}
if (Symbol.dispose) LiquidationReport.prototype[Symbol.dispose] = LiquidationReport.prototype.free;

/**
 * Reads liquidations into runs that are sorted by `ts`.
 */
export class LiquidationScan {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        LiquidationScanFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_liquidationscan_free(ptr, 0);
    }
    /**
     * Bytes of the run; what was read last is put into it.
     * @returns {number}
     */
    bytes() {
        const ret = wasm.liquidationscan_bytes(this.__wbg_ptr);
        return ret >>> 0;
    }
    constructor() {
        const ret = wasm.liquidationscan_new();
        this.__wbg_ptr = ret;
        LiquidationScanFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Reads the next `len` bytes of a file of this dialect. Errors: `E_KERNEL` for the dialect.
     * @param {string} dialect
     * @param {BlockInput} input
     * @param {number} len
     * @returns {LiquidationReport}
     */
    read(dialect, input, len) {
        _assertClass(input, BlockInput);
        const val2 = +len;
        const ptr0 = passStringToWasm0(dialect, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.liquidationscan_read(this.__wbg_ptr, ptr0, len0, input.__wbg_ptr, val2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return LiquidationReport.__wrap(ret[0]);
    }
    /**
     * @returns {Uint8Array}
     */
    take() {
        const ret = wasm.liquidationscan_take(this.__wbg_ptr);
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
}
if (Symbol.dispose) LiquidationScan.prototype[Symbol.dispose] = LiquidationScan.prototype.free;

/**
 * The values of all parameters, the defaults first.
 */
export class Params {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        ParamsFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_params_free(ptr, 0);
    }
    /**
     * `[name, text, name, text, …]` of every parameter of the feature set (`core` unless another is named), in
     * the order of the table. Throws `E_USAGE`.
     * @param {string | null} [feature_set]
     * @returns {string[]}
     */
    entries(feature_set) {
        var ptr0 = isLikeNone(feature_set) ? 0 : passStringToWasm0(feature_set, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        var len0 = WASM_VECTOR_LEN;
        const ret = wasm.params_entries(this.__wbg_ptr, ptr0, len0);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v2 = getArrayJsValueFromWasm0(ret[0], ret[1]);
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v2;
    }
    constructor() {
        const ret = wasm.params_new();
        this.__wbg_ptr = ret;
        ParamsFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Sets one parameter from its text; throws `E_USAGE` with the nearest name or what is expected.
     * @param {string} name
     * @param {string} text
     */
    set(name, text) {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.params_set(this.__wbg_ptr, ptr0, len0, ptr1, len1);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
}
if (Symbol.dispose) Params.prototype[Symbol.dispose] = Params.prototype.free;

/**
 * Programs made ready to be evaluated on any number of shards, subtrees that they share only once.
 */
export class Population {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        PopulationFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_population_free(ptr, 0);
    }
    /**
     * Node-rows computed so far: distinct values, leaves included, times rows.
     * @returns {number}
     */
    get computed() {
        const ret = wasm.population_computed(this.__wbg_ptr);
        return ret;
    }
    /**
     * Operators that are computed.
     * @returns {number}
     */
    get distinct() {
        const ret = wasm.population_distinct(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Packed programs over `columns` columns.
     * @param {Uint32Array | number[]} programs
     * @param {number} columns
     */
    constructor(programs, columns) {
        const val2 = +columns;
        const ptr0 = passArray32ToWasm0(programs, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.population_new(ptr0, len0, val2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        PopulationFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Operators of all programs.
     * @returns {number}
     */
    get operators() {
        const ret = wasm.population_operators(this.__wbg_ptr);
        return ret >>> 0;
    }
}
if (Symbol.dispose) Population.prototype[Symbol.dispose] = Population.prototype.free;

/**
 * Programs and what they are worth: of each `[loss, coverage, then the loss of each block]`, NaN for one that
 * says nothing.
 */
export class Refinement {
    static __wrap(ptr) {
        const obj = Object.create(Refinement.prototype);
        obj.__wbg_ptr = ptr;
        RefinementFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        RefinementFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_refinement_free(ptr, 0);
    }
    /**
     * @returns {Float64Array}
     */
    figures() {
        const ret = wasm.refinement_figures(this.__wbg_ptr);
        var v1 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v1;
    }
    /**
     * Packed, in the order of the tasks.
     * @returns {Uint32Array}
     */
    programs() {
        const ret = wasm.refinement_programs(this.__wbg_ptr);
        var v1 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
}
if (Symbol.dispose) Refinement.prototype[Symbol.dispose] = Refinement.prototype.free;

/**
 * A table whose rows have no order: formulas are refined and grown over it.
 */
export class Regression {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        RegressionFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_regression_free(ptr, 0);
    }
    /**
     * Columns one after the other, each as long as the target, which is less its `mean`; row i is of block i mod
     * `blocks`. `operators` are the codes of those that new formulas may use.
     * @param {Float64Array | number[]} columns
     * @param {Float64Array | number[]} target
     * @param {number} mean
     * @param {number} blocks
     * @param {Uint8Array | number[]} operators
     */
    constructor(columns, target, mean, blocks, operators) {
        const val4 = +mean;
        const val5 = +blocks;
        let ptr0, len0, ptr1, len1, ptr2, len2;
        try {
            ptr0 = passArrayF64ToWasm0(columns, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArrayF64ToWasm0(target, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArray8ToWasm0(operators, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 8, 8); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 8, 8); }
            throw e;
        }
        const ret = wasm.regression_new(ptr0, len0, ptr1, len1, val4, val5, ptr2, len2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        RegressionFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Refines to the end and writes constants as short as they may be.
     * @param {Uint32Array | number[]} programs
     * @param {number} steps
     * @param {number} price
     * @returns {Refinement}
     */
    polish(programs, steps, price) {
        const val2 = +steps;
        const val3 = +price;
        const ptr0 = passArray32ToWasm0(programs, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.regression_polish(this.__wbg_ptr, ptr0, len0, val2, val3);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Refinement.__wrap(ret[0]);
    }
    /**
     * Refines packed programs by at most `steps` steps each on some hundred rows; a term must be worth `price` a
     * node. Those to which `grown` gives a size, in nodes, get a term of the library first; with 2^16 added, they give
     * way to a new formula that links terms of it. What is drawn depends on (seed, generation, first + place).
     * @param {Uint32Array | number[]} programs
     * @param {Uint32Array | number[]} grown
     * @param {number} steps
     * @param {number} price
     * @param {number} seed
     * @param {number} generation
     * @param {number} first
     * @returns {Refinement}
     */
    refine(programs, grown, steps, price, seed, generation, first) {
        const val3 = +steps;
        const val4 = +price;
        const val5 = +seed;
        const val6 = +generation;
        const val7 = +first;
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passArray32ToWasm0(programs, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray32ToWasm0(grown, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 4, 4); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 4, 4); }
            throw e;
        }
        const ret = wasm.regression_refine(this.__wbg_ptr, ptr0, len0, ptr1, len1, val3, val4, val5, val6, val7);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Refinement.__wrap(ret[0]);
    }
    /**
     * The terms that formulas grow by.
     * @param {Uint32Array | number[]} terms
     */
    setLibrary(terms) {
        const ptr0 = passArray32ToWasm0(terms, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.regression_setLibrary(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
}
if (Symbol.dispose) Regression.prototype[Symbol.dispose] = Regression.prototype.free;

/**
 * Second merge, over the ids: the places of repeats, into runs in ascending order.
 */
export class RepeatRun {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        RepeatRunFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_repeatrun_free(ptr, 0);
    }
    /**
     * @returns {number}
     */
    bytes() {
        const ret = wasm.repeatrun_bytes(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * @param {number} run
     * @param {Uint8Array | number[]} bytes
     * @param {boolean} last
     */
    feed(run, bytes, last) {
        const val2 = +run;
        const val3 = +last;
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.repeatrun_feed(this.__wbg_ptr, val2, ptr0, len0, val3);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * The run of ids that must be fed next.
     * @returns {number | undefined}
     */
    hungry() {
        const ret = wasm.repeatrun_hungry(this.__wbg_ptr);
        return ret === Number.MAX_SAFE_INTEGER ? undefined : ret;
    }
    /**
     * @param {number} id_runs
     */
    constructor(id_runs) {
        const ret = wasm.repeatrun_new(id_runs);
        this.__wbg_ptr = ret;
        RepeatRunFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Goes on; false where a run is hungry or all ids have come.
     * @returns {boolean}
     */
    note() {
        const ret = wasm.repeatrun_note(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return ret[0] !== 0;
    }
    /**
     * @returns {number}
     */
    repeats() {
        const ret = wasm.repeatrun_repeats(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {Uint8Array}
     */
    take() {
        const ret = wasm.repeatrun_take(this.__wbg_ptr);
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
}
if (Symbol.dispose) RepeatRun.prototype[Symbol.dispose] = RepeatRun.prototype.free;

/**
 * Encodes one row group after the other.
 */
export class RowGroupEncoder {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        RowGroupEncoderFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_rowgroupencoder_free(ptr, 0);
    }
    /**
     * `encode` of the rows that wait in an engine of this instance, without a copy.
     * @param {Engine} engine
     */
    encodeWaiting(engine) {
        _assertClass(engine, Engine);
        const ret = wasm.rowgroupencoder_encodeWaiting(this.__wbg_ptr, engine.__wbg_ptr);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Encodes the rows that have been filled in; see `part`.
     */
    encode() {
        const ret = wasm.rowgroupencoder_encode(this.__wbg_ptr);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * A fingerprint of the values and nulls of each column of the last encoded group.
     * @returns {BigUint64Array}
     */
    fingerprints() {
        const ret = wasm.rowgroupencoder_fingerprints(this.__wbg_ptr);
        var v1 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v1;
    }
    /**
     * `compression`: lz4, snappy or none; the columns are those of the feature set, `core` unless another is
     * named.
     * @param {string} compression
     * @param {string | null} [feature_set]
     */
    constructor(compression, feature_set) {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passStringToWasm0(compression, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = isLikeNone(feature_set) ? 0 : passStringToWasm0(feature_set, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.rowgroupencoder_new(ptr0, len0, ptr1, len1);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        RowGroupEncoderFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Where the last encoded group is, to be copied before the next call, and its bytes: its column chunks, what is
     * noted of them, and how many bytes that is (u32).
     * @returns {Uint32Array}
     */
    part() {
        const ret = wasm.rowgroupencoder_part(this.__wbg_ptr);
        var v1 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * The same for a column of so many runs, at least one: value and number of rows (u32) in the layout of C.
     * @param {number} column
     * @param {number} runs
     * @returns {number}
     */
    roomForRuns(column, runs) {
        const ret = wasm.rowgroupencoder_roomForRuns(this.__wbg_ptr, column, runs);
        return ret >>> 0;
    }
    /**
     * Where `rows` values of this column of the table go; to be filled before the next call.
     * @param {number} column
     * @param {number} rows
     * @returns {number}
     */
    room(column, rows) {
        const ret = wasm.rowgroupencoder_room(this.__wbg_ptr, column, rows);
        return ret >>> 0;
    }
}
if (Symbol.dispose) RowGroupEncoder.prototype[Symbol.dispose] = RowGroupEncoder.prototype.free;

/**
 * What could not be read in a block, or was dropped from it. Lines count from 1 within the block.
 */
export class RowReport {
    static __wrap(ptr) {
        const obj = Object.create(RowReport.prototype);
        obj.__wbg_ptr = ptr;
        RowReportFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        RowReportFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_rowreport_free(ptr, 0);
    }
    /**
     * The lines of the first 20.
     * @returns {Uint32Array}
     */
    get lines() {
        const ret = wasm.__wbg_get_rowreport_lines(this.__wbg_ptr);
        return ret;
    }
    /**
     * For bad rows, beside each line: `field "price": expected a number, got "n/a"`.
     * @returns {string[]}
     */
    get messages() {
        const ret = wasm.__wbg_get_rowreport_messages(this.__wbg_ptr);
        var v1 = getArrayJsValueFromWasm0(ret[0], ret[1]);
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * @returns {number}
     */
    get total() {
        const ret = wasm.__wbg_get_rowreport_total(this.__wbg_ptr);
        return ret;
    }
    /**
     * The lines of the first 20.
     * @param {Uint32Array} arg0
     */
    set lines(arg0) {
        wasm.__wbg_set_rowreport_lines(this.__wbg_ptr, arg0);
    }
    /**
     * For bad rows, beside each line: `field "price": expected a number, got "n/a"`.
     * @param {string[]} arg0
     */
    set messages(arg0) {
        const ptr0 = passArrayJsValueToWasm0(arg0, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        wasm.__wbg_set_rowreport_messages(this.__wbg_ptr, ptr0, len0);
    }
    /**
     * @param {number} arg0
     */
    set total(arg0) {
        wasm.__wbg_set_rowreport_total(this.__wbg_ptr, arg0);
    }
}
if (Symbol.dispose) RowReport.prototype[Symbol.dispose] = RowReport.prototype.free;

/**
 * A range of rows of one symbol, kept in this instance: copy the columns in once, then evaluate.
 */
export class Shard {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        ShardFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_shard_free(ptr, 0);
    }
    /**
     * Block sums `[program][block][sums, then Σ w f g_k, then Σ w g_k]`; one pivot a program. `against` is what formulas
     * are held against: `target`, `rest` (what the portfolio leaves of it) or `members` (the g_k only then). `stages`
     * says which stage of a race a tile belongs to, by its absolute number modulo their length; the tiles of stages
     * `from` up to but not `to` count, and the sums of each are added up in their order.
     * @param {Population} population
     * @param {Float32Array | number[]} pivots
     * @param {string} against
     * @param {Uint32Array | number[]} stages
     * @param {number} from
     * @param {number} to
     * @returns {Float64Array}
     */
    evaluate(population, pivots, against, stages, from, to) {
        _assertClass(population, Population);
        const val4 = +from;
        const val5 = +to;
        let ptr0, len0, ptr1, len1, ptr2, len2;
        try {
            ptr0 = passArrayF32ToWasm0(pivots, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(against, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArray32ToWasm0(stages, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 4, 4); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 4, 4); }
            throw e;
        }
        const ret = wasm.shard_evaluate(this.__wbg_ptr, population.__wbg_ptr, ptr0, len0, ptr1, len1, ptr2, len2, val4, val5);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v6 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v6;
    }
    /**
     * Of each program `[key low, key high, mean, deviation, coverage]` on this shard as a sample: equal keys
     * mean equal values up to offset, scale and sign; key 0 is constant or empty.
     * @param {Uint32Array | number[]} programs
     * @returns {Float64Array}
     */
    fingerprints(programs) {
        const ptr0 = passArray32ToWasm0(programs, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.shard_fingerprints(this.__wbg_ptr, ptr0, len0);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v2 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v2;
    }
    /**
     * `first_row` counts from the symbol's first row and is a multiple of `tileRows`. Columns start null.
     * @param {number} first_row
     * @param {number} rows
     * @param {number} columns
     */
    constructor(first_row, rows, columns) {
        const ret = wasm.shard_new(first_row, rows, columns);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        ShardFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * The block of each tile, from 0 within the shard; 0xffffffff for a tile that is not scored.
     * @param {Uint32Array | number[]} block_of_tile
     */
    setBlocks(block_of_tile) {
        const ptr0 = passArray32ToWasm0(block_of_tile, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.shard_setBlocks(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Column `at`, one value a row; NaN is null.
     * @param {number} at
     * @param {Float32Array | number[]} values
     */
    setColumn(at, values) {
        const val2 = +at;
        const ptr0 = passArrayF32ToWasm0(values, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.shard_setColumn(this.__wbg_ptr, val2, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * The portfolio: its formulas are evaluated here and kept as `(f - mean) * scale`, 0 where null.
     * @param {Uint32Array | number[]} programs
     * @param {Float32Array | number[]} means
     * @param {Float32Array | number[]} scales
     */
    setPortfolio(programs, means, scales) {
        let ptr0, len0, ptr1, len1, ptr2, len2;
        try {
            ptr0 = passArray32ToWasm0(programs, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArrayF32ToWasm0(means, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArrayF32ToWasm0(scales, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 4, 4); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 4, 4); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 4, 4); }
            throw e;
        }
        const ret = wasm.shard_setPortfolio(this.__wbg_ptr, ptr0, len0, ptr1, len1, ptr2, len2);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * What the portfolio leaves of the target, r - Σ b_k g_k: one coefficient a member.
     * @param {Float32Array | number[]} coefficients
     */
    setRest(coefficients) {
        const ptr0 = passArrayF32ToWasm0(coefficients, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.shard_setRest(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Target and weight of each row; a row is scored where both are finite and the weight is positive.
     * Forgets the portfolio.
     * @param {Float32Array | number[]} target
     * @param {Float32Array | number[]} weight
     */
    setTarget(target, weight) {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passArrayF32ToWasm0(target, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArrayF32ToWasm0(weight, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 4, 4); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 4, 4); }
            throw e;
        }
        const ret = wasm.shard_setTarget(this.__wbg_ptr, ptr0, len0, ptr1, len1);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * The search's f32 values of each program, one column after the other, NaN for null. Rows of the halo
     * that the programs need are NaN.
     * @param {Uint32Array | number[]} programs
     * @returns {Float32Array}
     */
    values(programs) {
        const ptr0 = passArray32ToWasm0(programs, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.shard_values(this.__wbg_ptr, ptr0, len0);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v2 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v2;
    }
}
if (Symbol.dispose) Shard.prototype[Symbol.dispose] = Shard.prototype.free;

/**
 * Writes the footer of a file that is joined from encoded row groups.
 */
export class Splicer {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        SplicerFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_splicer_free(ptr, 0);
    }
    /**
     * Takes what is noted of the next part.
     * @param {Uint8Array | number[]} notes
     */
    append(notes) {
        const ptr0 = passArray8ToWasm0(notes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.splicer_append(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * The end of the file, with key-value metadata in this order. The splicer is used up.
     * @param {string[]} keys
     * @param {string[]} values
     * @returns {Uint8Array}
     */
    finish(keys, values) {
        let ptr, ptr0, len0, ptr1, len1;
        try {
            ptr = this.__destroy_into_raw();
            ptr0 = passArrayJsValueToWasm0(keys, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArrayJsValueToWasm0(values, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__externref_drop_slice(ptr1, len1); wasm.__wbindgen_free(ptr1, len1 * 4, 4); }
            if (ptr0) { wasm.__externref_drop_slice(ptr0, len0); wasm.__wbindgen_free(ptr0, len0 * 4, 4); }
            if (ptr) wasm.__wbg_splicer_free(ptr, 1);
            throw e;
        }
        const ret = wasm.splicer_finish(ptr, ptr0, len0, ptr1, len1);
        var v3 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v3;
    }
    /**
     * The feature set is `core` unless another is named.
     * @param {string | null} [feature_set]
     */
    constructor(feature_set) {
        var ptr0 = isLikeNone(feature_set) ? 0 : passStringToWasm0(feature_set, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        var len0 = WASM_VECTOR_LEN;
        const ret = wasm.splicer_new(ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        SplicerFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
}
if (Symbol.dispose) Splicer.prototype[Symbol.dispose] = Splicer.prototype.free;

/**
 * The trades of one block in file order, or of all blocks in order.
 */
export class TradeBlock {
    static __wrap(ptr) {
        const obj = Object.create(TradeBlock.prototype);
        obj.__wbg_ptr = ptr;
        TradeBlockFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        TradeBlockFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_tradeblock_free(ptr, 0);
    }
    /**
     * @returns {RowReport}
     */
    badRows() {
        const ret = wasm.tradeblock_badRows(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
    /**
     * 0 or 1 rows: the first that is too many ticks or lots to count. Ends the run whatever is done about bad
     * rows; the hint is to set `tick_size` or `lot_size`.
     * @returns {RowReport}
     */
    beyond() {
        const ret = wasm.tradeblock_beyond(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
    /**
     * @returns {Uint32Array}
     */
    idEnds() {
        const ret = wasm.tradeblock_idEnds(this.__wbg_ptr);
        return ret;
    }
    /**
     * With ids of kind `text`: their bytes, and where each row's end.
     * @returns {Uint8Array}
     */
    idText() {
        const ret = wasm.tradeblock_idText(this.__wbg_ptr);
        return ret;
    }
    /**
     * Exchange ids; the smallest i64 everywhere unless the ids are `integer`.
     * @returns {BigInt64Array}
     */
    id() {
        const ret = wasm.tradeblock_id(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {number}
     */
    lines() {
        const ret = wasm.tradeblock_lines(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {RowReport}
     */
    nonpositive() {
        const ret = wasm.tradeblock_nonpositive(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
    /**
     * @returns {RowReport}
     */
    offGrid() {
        const ret = wasm.tradeblock_offGrid(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
    /**
     * @returns {BigInt64Array}
     */
    pxTicks() {
        const ret = wasm.tradeblock_pxTicks(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {BigInt64Array}
     */
    qtyLots() {
        const ret = wasm.tradeblock_qtyLots(this.__wbg_ptr);
        return ret;
    }
    /**
     * @returns {Int8Array}
     */
    side() {
        const ret = wasm.tradeblock_side(this.__wbg_ptr);
        return ret;
    }
    /**
     * µs since the epoch, UTC.
     * @returns {BigInt64Array}
     */
    ts() {
        const ret = wasm.tradeblock_ts(this.__wbg_ptr);
        return ret;
    }
}
if (Symbol.dispose) TradeBlock.prototype[Symbol.dispose] = TradeBlock.prototype.free;

/**
 * How the rows of a file of trades read.
 */
export class TradeColumns {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        TradeColumnsFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_tradecolumns_free(ptr, 0);
    }
    /**
     * Reads the text of a dialect. Errors: `E_KERNEL`.
     * @param {string} dialect
     */
    constructor(dialect) {
        const ptr0 = passStringToWasm0(dialect, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.tradecolumns_new(ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        TradeColumnsFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
}
if (Symbol.dispose) TradeColumns.prototype[Symbol.dispose] = TradeColumns.prototype.free;

/**
 * Third merge: the trades in order, without the repeats.
 */
export class TradeMerge {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        TradeMergeFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_trademerge_free(ptr, 0);
    }
    /**
     * @param {number} run
     * @param {Uint8Array | number[]} bytes
     * @param {boolean} last
     */
    feed(run, bytes, last) {
        const val2 = +run;
        const val3 = +last;
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.trademerge_feed(this.__wbg_ptr, val2, ptr0, len0, val3);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * The run that must be fed next; runs of repeats are counted on from those of trades.
     * @returns {number | undefined}
     */
    hungry() {
        const ret = wasm.trademerge_hungry(this.__wbg_ptr);
        return ret === Number.MAX_SAFE_INTEGER ? undefined : ret;
    }
    /**
     * @param {number} trade_runs
     * @param {number} repeat_runs
     */
    constructor(trade_runs, repeat_runs) {
        const ret = wasm.trademerge_new(trade_runs, repeat_runs);
        this.__wbg_ptr = ret;
        TradeMergeFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * The next trades; none and nobody hungry at the end.
     * @returns {TradeBlock}
     */
    read() {
        const ret = wasm.trademerge_read(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return TradeBlock.__wrap(ret[0]);
    }
}
if (Symbol.dispose) TradeMerge.prototype[Symbol.dispose] = TradeMerge.prototype.free;

/**
 * Puts the trades of a whole input in order and removes repeated ids, in memory.
 */
export class TradeOrder {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        TradeOrderFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_tradeorder_free(ptr, 0);
    }
    /**
     * How many rows `finish` removed because their id had come before.
     * @returns {number}
     */
    duplicates() {
        const ret = wasm.tradeorder_duplicates(this.__wbg_ptr);
        return ret;
    }
    /**
     * All trades in order, as one block, each id once unless repeats are kept; the gathered rows are gone afterwards.
     * @param {string} ids
     * @param {boolean} keep_repeats
     * @returns {TradeBlock}
     */
    finish(ids, keep_repeats) {
        const val2 = +keep_repeats;
        const ptr0 = passStringToWasm0(ids, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.tradeorder_finish(this.__wbg_ptr, ptr0, len0, val2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return TradeBlock.__wrap(ret[0]);
    }
    constructor() {
        const ret = wasm.tradeorder_new();
        this.__wbg_ptr = ret;
        TradeOrderFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Adds the columns of the next block; the last two are empty unless the ids are `text`.
     * @param {BigInt64Array | bigint[]} ts
     * @param {BigInt64Array | bigint[]} id
     * @param {BigInt64Array | bigint[]} px_ticks
     * @param {BigInt64Array | bigint[]} qty_lots
     * @param {Int8Array | number[]} side
     * @param {Uint8Array | number[]} id_text
     * @param {Uint32Array | number[]} id_ends
     */
    push(ts, id, px_ticks, qty_lots, side, id_text, id_ends) {
        let ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, ptr4, len4, ptr5, len5, ptr6, len6;
        try {
            ptr0 = passArray64ToWasm0(ts, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray64ToWasm0(id, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArray64ToWasm0(px_ticks, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
            ptr3 = passArray64ToWasm0(qty_lots, wasm.__wbindgen_malloc);
            len3 = WASM_VECTOR_LEN;
            ptr4 = passArray8ToWasm0(side, wasm.__wbindgen_malloc);
            len4 = WASM_VECTOR_LEN;
            ptr5 = passArray8ToWasm0(id_text, wasm.__wbindgen_malloc);
            len5 = WASM_VECTOR_LEN;
            ptr6 = passArray32ToWasm0(id_ends, wasm.__wbindgen_malloc);
            len6 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr6) { wasm.__wbindgen_free(ptr6, len6 * 4, 4); }
            if (ptr5) { wasm.__wbindgen_free(ptr5, len5 * 1, 1); }
            if (ptr4) { wasm.__wbindgen_free(ptr4, len4 * 1, 1); }
            if (ptr3) { wasm.__wbindgen_free(ptr3, len3 * 8, 8); }
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 8, 8); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 8, 8); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 8, 8); }
            throw e;
        }
        const ret = wasm.tradeorder_push(this.__wbg_ptr, ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, ptr4, len4, ptr5, len5, ptr6, len6);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
}
if (Symbol.dispose) TradeOrder.prototype[Symbol.dispose] = TradeOrder.prototype.free;

/**
 * Trades on their way into sorted runs, for an input that memory does not hold.
 */
export class TradeRun {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        TradeRunFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_traderun_free(ptr, 0);
    }
    /**
     * @returns {number}
     */
    bytes() {
        const ret = wasm.traderun_bytes(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * @param {string} ids
     */
    constructor(ids) {
        const ptr0 = passStringToWasm0(ids, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.traderun_new(ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        TradeRunFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Adds the columns of the next block, as `TradeOrder.push`.
     * @param {BigInt64Array | bigint[]} ts
     * @param {BigInt64Array | bigint[]} id
     * @param {BigInt64Array | bigint[]} px_ticks
     * @param {BigInt64Array | bigint[]} qty_lots
     * @param {Int8Array | number[]} side
     * @param {Uint8Array | number[]} id_text
     * @param {Uint32Array | number[]} id_ends
     */
    push(ts, id, px_ticks, qty_lots, side, id_text, id_ends) {
        let ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, ptr4, len4, ptr5, len5, ptr6, len6;
        try {
            ptr0 = passArray64ToWasm0(ts, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray64ToWasm0(id, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArray64ToWasm0(px_ticks, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
            ptr3 = passArray64ToWasm0(qty_lots, wasm.__wbindgen_malloc);
            len3 = WASM_VECTOR_LEN;
            ptr4 = passArray8ToWasm0(side, wasm.__wbindgen_malloc);
            len4 = WASM_VECTOR_LEN;
            ptr5 = passArray8ToWasm0(id_text, wasm.__wbindgen_malloc);
            len5 = WASM_VECTOR_LEN;
            ptr6 = passArray32ToWasm0(id_ends, wasm.__wbindgen_malloc);
            len6 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr6) { wasm.__wbindgen_free(ptr6, len6 * 4, 4); }
            if (ptr5) { wasm.__wbindgen_free(ptr5, len5 * 1, 1); }
            if (ptr4) { wasm.__wbindgen_free(ptr4, len4 * 1, 1); }
            if (ptr3) { wasm.__wbindgen_free(ptr3, len3 * 8, 8); }
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 8, 8); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 8, 8); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 8, 8); }
            throw e;
        }
        const ret = wasm.traderun_push(this.__wbg_ptr, ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, ptr4, len4, ptr5, len5, ptr6, len6);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * The run in order, for a file; it is empty afterwards.
     * @returns {Uint8Array}
     */
    take() {
        const ret = wasm.traderun_take(this.__wbg_ptr);
        var v1 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v1;
    }
}
if (Symbol.dispose) TradeRun.prototype[Symbol.dispose] = TradeRun.prototype.free;

/**
 * Reads blocks of trades onto the grid; `tick` and `lot` as `gridStep` gives them.
 */
export class TradeScan {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        TradeScanFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_tradescan_free(ptr, 0);
    }
    /**
     * @param {TradeColumns} columns
     * @param {string} tick
     * @param {string} lot
     * @param {string} ids
     */
    constructor(columns, tick, lot, ids) {
        _assertClass(columns, TradeColumns);
        let ptr0, len0, ptr1, len1, ptr2, len2;
        try {
            ptr0 = passStringToWasm0(tick, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(lot, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passStringToWasm0(ids, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len2 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.tradescan_new(columns.__wbg_ptr, ptr0, len0, ptr1, len1, ptr2, len2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        TradeScanFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Reads the first `len` bytes of the input.
     * @param {BlockInput} input
     * @param {number} len
     * @returns {TradeBlock}
     */
    read(input, len) {
        _assertClass(input, BlockInput);
        const ret = wasm.tradescan_read(this.__wbg_ptr, input.__wbg_ptr, len);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return TradeBlock.__wrap(ret[0]);
    }
}
if (Symbol.dispose) TradeScan.prototype[Symbol.dispose] = TradeScan.prototype.free;

/**
 * The survey of one block, or of everything merged so far.
 */
export class TradeSurvey {
    static __wrap(ptr) {
        const obj = Object.create(TradeSurvey.prototype);
        obj.__wbg_ptr = ptr;
        TradeSurveyFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        TradeSurveyFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_tradesurvey_free(ptr, 0);
    }
    /**
     * The bad rows of the block (not merged).
     * @returns {RowReport}
     */
    badRows() {
        const ret = wasm.tradesurvey_badRows(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
    /**
     * @returns {number}
     */
    bad() {
        const ret = wasm.tradesurvey_bad(this.__wbg_ptr);
        return ret;
    }
    /**
     * Smallest and largest `ts` where the input is sorted: those of the first and the last row.
     * @returns {bigint | undefined}
     */
    firstTs() {
        const ret = wasm.tradesurvey_firstTs(this.__wbg_ptr);
        return ret[0] === 0 ? undefined : ret[1];
    }
    /**
     * `[id of the first row, of the last]`, none where they are no integers, and the line of the first row.
     * @returns {BigInt64Array | undefined}
     */
    idEnds() {
        const ret = wasm.tradesurvey_idEnds(this.__wbg_ptr);
        return ret;
    }
    /**
     * Rows before which ids are missing (of the block, not merged).
     * @returns {RowReport}
     */
    idGaps() {
        const ret = wasm.tradesurvey_idGaps(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
    /**
     * Rows whose id is not above that of the row before (of the block, not merged).
     * @returns {RowReport}
     */
    idStalls() {
        const ret = wasm.tradesurvey_idStalls(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
    /**
     * `integer`, `text` or `absent`: the argument of `TradeScan` and `TradeOrder.finish`.
     * @returns {string}
     */
    ids() {
        let deferred1_0;
        let deferred1_1;
        try {
            const ret = wasm.tradesurvey_ids(this.__wbg_ptr);
            deferred1_0 = ret[0];
            deferred1_1 = ret[1];
            return getStringFromWasm0(ret[0], ret[1]);
        } finally {
            wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
        }
    }
    /**
     * @returns {bigint | undefined}
     */
    lastTs() {
        const ret = wasm.tradesurvey_lastTs(this.__wbg_ptr);
        return ret[0] === 0 ? undefined : ret[1];
    }
    /**
     * @returns {number}
     */
    lines() {
        const ret = wasm.tradesurvey_lines(this.__wbg_ptr);
        return ret;
    }
    /**
     * Adds the numbers of the block that follows.
     * @param {BigInt64Array | bigint[]} numbers
     */
    merge(numbers) {
        const ptr0 = passArray64ToWasm0(numbers, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.tradesurvey_merge(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Rows without a trade id.
     * @returns {number}
     */
    missingIds() {
        const ret = wasm.tradesurvey_missingIds(this.__wbg_ptr);
        return ret;
    }
    /**
     * An empty survey, to merge into.
     */
    constructor() {
        const ret = wasm.tradesurvey_new();
        this.__wbg_ptr = ret;
        TradeSurveyFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * The survey as numbers, for `merge` in another instance.
     * @returns {BigInt64Array}
     */
    numbers() {
        const ret = wasm.tradesurvey_numbers(this.__wbg_ptr);
        return ret;
    }
    /**
     * Most decimals in a price.
     * @returns {number}
     */
    pricePlaces() {
        const ret = wasm.tradesurvey_pricePlaces(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Most decimals in a quantity.
     * @returns {number}
     */
    qtyPlaces() {
        const ret = wasm.tradesurvey_qtyPlaces(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * `[stamps cut to the µs, rows of other symbols or streams]` (of the block, not merged).
     * @returns {Float64Array}
     */
    remarks() {
        const ret = wasm.tradesurvey_remarks(this.__wbg_ptr);
        var v1 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v1;
    }
    /**
     * Rows that could be read; those that could not are `bad`.
     * @returns {number}
     */
    rows() {
        const ret = wasm.tradesurvey_rows(this.__wbg_ptr);
        return ret;
    }
    /**
     * The same, and holds the rows.
     * @param {TradeColumns} columns
     * @param {BlockInput} input
     * @param {number} len
     * @returns {TradeSurvey}
     */
    static scanRows(columns, input, len) {
        _assertClass(columns, TradeColumns);
        _assertClass(input, BlockInput);
        const ret = wasm.tradesurvey_scanRows(columns.__wbg_ptr, input.__wbg_ptr, len);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return TradeSurvey.__wrap(ret[0]);
    }
    /**
     * Surveys the first `len` bytes of the input.
     * @param {TradeColumns} columns
     * @param {BlockInput} input
     * @param {number} len
     * @returns {TradeSurvey}
     */
    static scan(columns, input, len) {
        _assertClass(columns, TradeColumns);
        _assertClass(input, BlockInput);
        const ret = wasm.tradesurvey_scan(columns.__wbg_ptr, input.__wbg_ptr, len);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return TradeSurvey.__wrap(ret[0]);
    }
    /**
     * Rows whose stamps are more than a minute apart (of the block, not merged).
     * @returns {RowReport}
     */
    skewed() {
        const ret = wasm.tradesurvey_skewed(this.__wbg_ptr);
        return RowReport.__wrap(ret);
    }
    /**
     * The rows are in the order of the specification.
     * @returns {boolean}
     */
    sorted() {
        const ret = wasm.tradesurvey_sorted(this.__wbg_ptr);
        return ret !== 0;
    }
    /**
     * Blocks can go on one by one, without `TradeOrder`.
     * @returns {boolean}
     */
    streamable() {
        const ret = wasm.tradesurvey_streamable(this.__wbg_ptr);
        return ret !== 0;
    }
    /**
     * The rows that were held, on the grid of the block's own decimals (`pricePlaces`, `qtyPlaces`); undefined where
     * none were, or a row is such that only `TradeScan` can tell what becomes of it.
     * @returns {TradeBlock | undefined}
     */
    takeRows() {
        const ret = wasm.tradesurvey_takeRows(this.__wbg_ptr);
        return ret === 0 ? undefined : TradeBlock.__wrap(ret);
    }
    /**
     * Rows whose `ts` is below that of the row before.
     * @returns {number}
     */
    tsFalls() {
        const ret = wasm.tradesurvey_tsFalls(this.__wbg_ptr);
        return ret;
    }
}
if (Symbol.dispose) TradeSurvey.prototype[Symbol.dispose] = TradeSurvey.prototype.free;

/**
 * The rows of one kind that a shard holds.
 */
export class TreesRows {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        TreesRowsFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_treesrows_free(ptr, 0);
    }
    /**
     * Where the codes lie, in bytes: by column, one column after the other.
     * @returns {number}
     */
    codesPointer() {
        const ret = wasm.treesrows_codesPointer(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Room for `rows` rows of `columns` columns, to be written where it lies. `first` is the place of the shard's
     * first row among all of its kind, of which there are `all_rows`; `all_weight` is the sum of all weights. Not
     * `weighted` (in all shards): each weighs 1.
     * @param {number} rows
     * @param {number} columns
     * @param {boolean} weighted
     * @param {number} first
     * @param {number} all_rows
     * @param {number} all_weight
     */
    constructor(rows, columns, weighted, first, all_rows, all_weight) {
        const ret = wasm.treesrows_new(rows, columns, weighted, first, all_rows, all_weight);
        this.__wbg_ptr = ret;
        TreesRowsFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * @returns {number}
     */
    targetPointer() {
        const ret = wasm.treesrows_targetPointer(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * @returns {number}
     */
    weightPointer() {
        const ret = wasm.treesrows_weightPointer(this.__wbg_ptr);
        return ret >>> 0;
    }
}
if (Symbol.dispose) TreesRows.prototype[Symbol.dispose] = TreesRows.prototype.free;

/**
 * What a training is told; see the fields of the same names in TypeScript.
 */
export class TreesSettings {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        TreesSettingsFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_treessettings_free(ptr, 0);
    }
    /**
     * Refuses what cannot be for so many columns.
     * @param {number} columns
     */
    check(columns) {
        const ret = wasm.treessettings_check(this.__wbg_ptr, columns);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * `numbers` are rounds, leaves, rate, minRows, minHessian, minGain, earlyStop, rowSample, columnSample, l2, seed.
     * @param {string} loss
     * @param {number} outputs
     * @param {Float64Array | number[]} numbers
     * @param {Int8Array | number[]} monotone
     */
    constructor(loss, outputs, numbers, monotone) {
        const val4 = +outputs;
        let ptr0, len0, ptr1, len1, ptr2, len2;
        try {
            ptr0 = passStringToWasm0(loss, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArrayF64ToWasm0(numbers, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArray8ToWasm0(monotone, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 8, 8); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.treessettings_new(ptr0, len0, val4, ptr1, len1, ptr2, len2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        TreesSettingsFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
}
if (Symbol.dispose) TreesSettings.prototype[Symbol.dispose] = TreesSettings.prototype.free;

/**
 * One shard of a training: `advance` works up to its next message; when every shard has every other's, on.
 */
export class TreesTrainer {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        TreesTrainerFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_treestrainer_free(ptr, 0);
    }
    /**
     * Works up to the next message; false when the training is over.
     * @returns {boolean}
     */
    advance() {
        const ret = wasm.treestrainer_advance(this.__wbg_ptr);
        return ret !== 0;
    }
    /**
     * @returns {number}
     */
    bestRound() {
        const ret = wasm.treestrainer_bestRound(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Training and validation loss of round `round` (from 1).
     * @param {number} round
     * @returns {Float64Array}
     */
    losses(round) {
        const ret = wasm.treestrainer_losses(this.__wbg_ptr, round);
        var v1 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v1;
    }
    /**
     * Where the message lies, in bytes, and its words. Copy it before the next call.
     * @returns {number}
     */
    messagePointer() {
        const ret = wasm.treestrainer_messagePointer(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * @returns {number}
     */
    messageWords() {
        const ret = wasm.treestrainer_messageWords(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * By column the bins of its numbers and whether it has nulls; `bias` by output.
     * @param {TreesSettings} settings
     * @param {Uint32Array | number[]} bins
     * @param {Uint8Array | number[]} nulls
     * @param {Float64Array | number[]} bias
     * @param {number} shard
     * @param {number} shards
     * @param {TreesRows} train
     * @param {TreesRows} validation
     */
    constructor(settings, bins, nulls, bias, shard, shards, train, validation) {
        const val7 = +shard;
        const val8 = +shards;
        let ptr0, ptr1, len1, ptr2, len2, ptr3, len3, ptr4, ptr5;
        try {
            _assertClass(settings, TreesSettings);
            ptr0 = settings.__destroy_into_raw();
            ptr1 = passArray32ToWasm0(bins, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArray8ToWasm0(nulls, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
            ptr3 = passArrayF64ToWasm0(bias, wasm.__wbindgen_malloc);
            len3 = WASM_VECTOR_LEN;
            _assertClass(train, TreesRows);
            ptr4 = train.__destroy_into_raw();
            _assertClass(validation, TreesRows);
            ptr5 = validation.__destroy_into_raw();
        } catch (e) {
            if (ptr5) wasm.__wbg_treesrows_free(ptr5, 1);
            if (ptr4) wasm.__wbg_treesrows_free(ptr4, 1);
            if (ptr3) { wasm.__wbindgen_free(ptr3, len3 * 8, 8); }
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 4, 4); }
            if (ptr0) wasm.__wbg_treessettings_free(ptr0, 1);
            throw e;
        }
        const ret = wasm.treestrainer_new(ptr0, ptr1, len1, ptr2, len2, ptr3, len3, val7, val8, ptr4, ptr5);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        TreesTrainerFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Takes the wanted words of another shard's message.
     * @param {number} from
     * @param {Float64Array | number[]} words
     */
    receive(from, words) {
        const val2 = +from;
        const ptr0 = passArrayF64ToWasm0(words, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.treestrainer_receive(this.__wbg_ptr, val2, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Rounds whose losses are known.
     * @returns {number}
     */
    rounds() {
        const ret = wasm.treestrainer_rounds(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * The trees, one after the other: the count of nodes, nine numbers a node, three a leaf.
     * @returns {Float64Array}
     */
    trees() {
        const ret = wasm.treestrainer_trees(this.__wbg_ptr);
        var v1 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v1;
    }
    /**
     * First word, and the one behind the last, that this shard needs of another's message of so many words.
     * @param {number} words
     * @returns {Uint32Array}
     */
    wanted(words) {
        const ret = wasm.treestrainer_wanted(this.__wbg_ptr, words);
        var v1 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
}
if (Symbol.dispose) TreesTrainer.prototype[Symbol.dispose] = TreesTrainer.prototype.free;

/**
 * Room for the values of a few programs, kept in this instance and used again.
 */
export class Values {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        ValuesFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_values_free(ptr, 0);
    }
    /**
     * A copy of the values of program `at`, NaN for null.
     * @param {number} at
     * @returns {Float32Array}
     */
    column(at) {
        const ret = wasm.values_column(this.__wbg_ptr, at);
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * Evaluates as many programs as there is room for; without `share` each computes all of its own subtrees.
     * @param {Shard} shard
     * @param {Uint32Array | number[]} programs
     * @param {boolean} share
     */
    evaluate(shard, programs, share) {
        _assertClass(shard, Shard);
        const val2 = +share;
        const ptr0 = passArray32ToWasm0(programs, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.values_evaluate(this.__wbg_ptr, shard.__wbg_ptr, ptr0, len0, val2);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Room for `programs` columns of `rows` rows.
     * @param {number} programs
     * @param {number} rows
     */
    constructor(programs, rows) {
        const ret = wasm.values_new(programs, rows);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        ValuesFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
}
if (Symbol.dispose) Values.prototype[Symbol.dispose] = Values.prototype.free;

/**
 * What generated formulas may be made of.
 */
export class Vocabulary {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        VocabularyFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_vocabulary_free(ptr, 0);
    }
    /**
     * The code of the kind of each program's value: its place in the table's `kinds`; 5 for a product of unlike
     * kinds, 6 for a number, 255 where unlike kinds are added or compared.
     * @param {Uint32Array | number[]} programs
     * @returns {Uint8Array}
     */
    kinds(programs) {
        const ptr0 = passArray32ToWasm0(programs, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.vocabulary_kinds(this.__wbg_ptr, ptr0, len0);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v2 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v2;
    }
    /**
     * `kinds` has the code of each column's kind (its place in the table's `kinds`), `terminals` the columns to
     * draw from, `operators` codes, `windows` rows.
     * @param {Uint8Array | number[]} kinds
     * @param {Uint32Array | number[]} terminals
     * @param {Uint8Array | number[]} operators
     * @param {Uint16Array | number[]} windows
     * @param {number} max_nodes
     * @param {number} max_depth
     */
    constructor(kinds, terminals, operators, windows, max_nodes, max_depth) {
        const val5 = +max_nodes;
        const val6 = +max_depth;
        let ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3;
        try {
            ptr0 = passArray8ToWasm0(kinds, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray32ToWasm0(terminals, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passArray8ToWasm0(operators, wasm.__wbindgen_malloc);
            len2 = WASM_VECTOR_LEN;
            ptr3 = passArray16ToWasm0(windows, wasm.__wbindgen_malloc);
            len3 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr3) { wasm.__wbindgen_free(ptr3, len3 * 2, 2); }
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 4, 4); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.vocabulary_new(ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, val5, val6);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        VocabularyFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Whether each program keeps to the kinds (people's formulas need not).
     * @param {Uint32Array | number[]} programs
     * @returns {Uint8Array}
     */
    typed(programs) {
        const ptr0 = passArray32ToWasm0(programs, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.vocabulary_typed(this.__wbg_ptr, ptr0, len0);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v2 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        return v2;
    }
    /**
     * New formulas: `tasks` holds for each `[variation, first parent, second parent]`, parents by their place in
     * `parents` (ignored where the variation takes none). The i-th is individual `first + i` of the generation.
     * @param {Uint32Array | number[]} parents
     * @param {Uint32Array | number[]} tasks
     * @param {number} seed
     * @param {number} generation
     * @param {number} first
     * @returns {Uint32Array}
     */
    vary(parents, tasks, seed, generation, first) {
        const val3 = +seed;
        const val4 = +generation;
        const val5 = +first;
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passArray32ToWasm0(parents, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray32ToWasm0(tasks, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 4, 4); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 4, 4); }
            throw e;
        }
        const ret = wasm.vocabulary_vary(this.__wbg_ptr, ptr0, len0, ptr1, len1, val3, val4, val5);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v6 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v6;
    }
}
if (Symbol.dispose) Vocabulary.prototype[Symbol.dispose] = Vocabulary.prototype.free;

/**
 * The checksum of what a zstd frame holds.
 */
export class Xxh64 {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        Xxh64Finalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_xxh64_free(ptr, 0);
    }
    /**
     * The low half of the digest, as frames have it.
     * @returns {number}
     */
    low() {
        const ret = wasm.xxh64_low(this.__wbg_ptr);
        return ret >>> 0;
    }
    constructor() {
        const ret = wasm.xxh64_new();
        this.__wbg_ptr = ret;
        Xxh64Finalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * @param {Uint8Array | number[]} bytes
     */
    update(bytes) {
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        wasm.xxh64_update(this.__wbg_ptr, ptr0, len0);
    }
}
if (Symbol.dispose) Xxh64.prototype[Symbol.dispose] = Xxh64.prototype.free;

/**
 * `g` of the specification for the price, in ticks, of the first retained row.
 * @param {bigint} px_ticks
 * @returns {bigint}
 */
export function autoBucket(px_ticks) {
    const ret = wasm.autoBucket(px_ticks);
    return ret;
}

/**
 * The snapshots of a block as bytes whose `ts` is in `from .. to`.
 * @param {Uint8Array | number[]} bytes
 * @param {bigint} from
 * @param {bigint} to
 * @returns {Uint8Array}
 */
export function booksWithin(bytes, from, to) {
    const val2 = BigInt.asIntN(64, from);
    const val3 = BigInt.asIntN(64, to);
    const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.booksWithin(ptr0, len0, val2, val3);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    return v4;
}

/**
 * The table of output columns as JSON: `[{name, type, nullable, measure, bounds, unit, nullWhen}]`; of the
 * feature set `core` unless another is named. Throws `E_USAGE`.
 * @param {string | null} [feature_set]
 * @returns {string}
 */
export function columnsJson(feature_set) {
    let deferred3_0;
    let deferred3_1;
    try {
        var ptr0 = isLikeNone(feature_set) ? 0 : passStringToWasm0(feature_set, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        var len0 = WASM_VECTOR_LEN;
        const ret = wasm.columnsJson(ptr0, len0);
        var ptr2 = ret[0];
        var len2 = ret[1];
        if (ret[3]) {
            ptr2 = 0; len2 = 0;
            throw takeFromExternrefTable0(ret[2]);
        }
        deferred3_0 = ptr2;
        deferred3_1 = len2;
        return getStringFromWasm0(ptr2, len2);
    } finally {
        wasm.__wbindgen_free(deferred3_0, deferred3_1, 1);
    }
}

/**
 * The distinct texts of a column in the rows of a block, in order, after those that are known already; at most
 * 10,000. Errors: `E_INPUT` for more: the column does not hold symbols.
 * @param {BlockInput} input
 * @param {number} len
 * @param {number} delimiter
 * @param {number} column
 * @returns {string[]}
 */
export function distinctTexts(input, len, delimiter, column) {
    _assertClass(input, BlockInput);
    const ret = wasm.distinctTexts(input.__wbg_ptr, len, delimiter, column);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v1 = getArrayJsValueFromWasm0(ret[0], ret[1]);
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v1;
}

/**
 * The values of one program in f64, from its definition: NaN is null. `columns` holds `count` columns of
 * equal length one after the other, of one symbol. When they do not start at the symbol's first row, the
 * first `look-back` results are to be dropped.
 * @param {Uint32Array | number[]} packed
 * @param {Float64Array | number[]} columns
 * @param {number} count
 * @returns {Float64Array}
 */
export function evaluateExactly(packed, columns, count) {
    const val3 = +count;
    let ptr0, len0, ptr1, len1;
    try {
        ptr0 = passArray32ToWasm0(packed, wasm.__wbindgen_malloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArrayF64ToWasm0(columns, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 8, 8); }
        if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 4, 4); }
        throw e;
    }
    const ret = wasm.evaluateExactly(ptr0, len0, ptr1, len1, val3);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v4;
}

/**
 * The table of operators, the kinds and the variations, as JSON
 * `{operators: [{code, name, sign, arity, minWindow, commutative, default, cost, kinds, meaning, nulls}],
 * kinds: [name], variations: [{name, parents}], sums: [name], tileRows, maxWindow}`.
 * @returns {string}
 */
export function formulaTable() {
    let deferred1_0;
    let deferred1_1;
    try {
        const ret = wasm.formulaTable();
        deferred1_0 = ret[0];
        deferred1_1 = ret[1];
        return getStringFromWasm0(ret[0], ret[1]);
    } finally {
        wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
    }
}

/**
 * `tick_size` or `lot_size` as plain decimal text: the configured one, or one unit of the last decimal seen.
 * Errors: `E_USAGE`.
 * @param {string} name
 * @param {string | null | undefined} configured
 * @param {number} places
 * @returns {string}
 */
export function gridStep(name, configured, places) {
    let deferred5_0;
    let deferred5_1;
    try {
        const val3 = +places;
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = isLikeNone(configured) ? 0 : passStringToWasm0(configured, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.gridStep(ptr0, len0, ptr1, len1, val3);
        var ptr4 = ret[0];
        var len4 = ret[1];
        if (ret[3]) {
            ptr4 = 0; len4 = 0;
            throw takeFromExternrefTable0(ret[2]);
        }
        deferred5_0 = ptr4;
        deferred5_1 = len4;
        return getStringFromWasm0(ptr4, len4);
    } finally {
        wasm.__wbindgen_free(deferred5_0, deferred5_1, 1);
    }
}

/**
 * Rows that a shard must hold before its first scored tile for these programs (a multiple of `tileRows`),
 * unless it starts at row 0.
 * @param {Uint32Array | number[]} programs
 * @param {number} columns
 * @returns {number}
 */
export function haloRows(programs, columns) {
    const val2 = +columns;
    const ptr0 = passArray32ToWasm0(programs, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.haloRows(ptr0, len0, val2);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return ret[0] >>> 0;
}

/**
 * The fingerprints of columns whose last `rows` have those of `part`, and what is before them those of `before`.
 * @param {BigUint64Array | bigint[]} before
 * @param {BigUint64Array | bigint[]} part
 * @param {number} rows
 * @returns {BigUint64Array}
 */
export function joinFingerprints(before, part, rows) {
    const val3 = +rows;
    let ptr0, len0, ptr1, len1;
    try {
        ptr0 = passArray64ToWasm0(before, wasm.__wbindgen_malloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArray64ToWasm0(part, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 8, 8); }
        if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 8, 8); }
        throw e;
    }
    const ret = wasm.joinFingerprints(ptr0, len0, ptr1, len1, val3);
    var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v4;
}

/**
 * Of each program `[nodes, depth, look-back in rows, cost in additions]`.
 * @param {Uint32Array | number[]} programs
 * @param {number} columns
 * @returns {Float64Array}
 */
export function measureFormulas(programs, columns) {
    const val2 = +columns;
    const ptr0 = passArray32ToWasm0(programs, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.measureFormulas(ptr0, len0, val2);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * The table of parameters as JSON: `[{name, default, kind, expected, unit, doc, section, set}]`; `set` is the
 * smallest feature set that a parameter belongs to.
 * @returns {string}
 */
export function parametersJson() {
    let deferred1_0;
    let deferred1_1;
    try {
        const ret = wasm.parametersJson();
        deferred1_0 = ret[0];
        deferred1_1 = ret[1];
        return getStringFromWasm0(ret[0], ret[1]);
    } finally {
        wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
    }
}

/**
 * The packed programs of `texts` over the named columns. Fails at the first text that does not parse.
 * @param {string[]} texts
 * @param {string[]} columns
 * @returns {Uint32Array}
 */
export function parseFormulas(texts, columns) {
    let ptr0, len0, ptr1, len1;
    try {
        ptr0 = passArrayJsValueToWasm0(texts, wasm.__wbindgen_malloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArrayJsValueToWasm0(columns, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr1) { wasm.__externref_drop_slice(ptr1, len1); wasm.__wbindgen_free(ptr1, len1 * 4, 4); }
        if (ptr0) { wasm.__externref_drop_slice(ptr0, len0); wasm.__wbindgen_free(ptr0, len0 * 4, 4); }
        throw e;
    }
    const ret = wasm.parseFormulas(ptr0, len0, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v3;
}

/**
 * A block as bytes with random numbers in every snapshot at or after `from`.
 * @param {Uint8Array | number[]} bytes
 * @param {bigint} from
 * @param {number} seed
 * @returns {Uint8Array}
 */
export function poisonBooks(bytes, from, seed) {
    const val2 = BigInt.asIntN(64, from);
    const val3 = +seed;
    const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.poisonBooks(ptr0, len0, val2, val3);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    return v4;
}

/**
 * The text of each program.
 * @param {Uint32Array | number[]} programs
 * @param {string[]} columns
 * @returns {string[]}
 */
export function printFormulas(programs, columns) {
    let ptr0, len0, ptr1, len1;
    try {
        ptr0 = passArray32ToWasm0(programs, wasm.__wbindgen_malloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArrayJsValueToWasm0(columns, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr1) { wasm.__externref_drop_slice(ptr1, len1); wasm.__wbindgen_free(ptr1, len1 * 4, 4); }
        if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 4, 4); }
        throw e;
    }
    const ret = wasm.printFormulas(ptr0, len0, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayJsValueFromWasm0(ret[0], ret[1]);
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v3;
}

/**
 * Rows of every row group but the last.
 * @returns {number}
 */
export function rowsPerGroup() {
    const ret = wasm.rowsPerGroup();
    return ret >>> 0;
}

/**
 * The simplified programs, in the same order.
 * @param {Uint32Array | number[]} programs
 * @param {number} columns
 * @returns {Uint32Array}
 */
export function simplifyFormulas(programs, columns) {
    const val2 = +columns;
    const ptr0 = passArray32ToWasm0(programs, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.simplifyFormulas(ptr0, len0, val2);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v3;
}

/**
 * The stamps of the first rows that have one, `most` of them, in the rows of a file of this dialect.
 * @param {string} dialect
 * @param {Uint8Array | number[]} rows
 * @param {number} most
 * @returns {BigInt64Array}
 */
export function stamps(dialect, rows, most) {
    const val3 = +most;
    let ptr0, len0, ptr1, len1;
    try {
        ptr0 = passStringToWasm0(dialect, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        len0 = WASM_VECTOR_LEN;
        ptr1 = passArray8ToWasm0(rows, wasm.__wbindgen_malloc);
        len1 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
        if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
        throw e;
    }
    const ret = wasm.stamps(ptr0, len0, ptr1, len1, val3);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayI64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v4;
}

/**
 * The average uniqueness of each label given the last row of its span (0xffffffff: no label, 0): its weight.
 * The sum is the effective number of observations.
 * @param {Uint32Array | number[]} end_rows
 * @returns {Float64Array}
 */
export function uniqueness(end_rows) {
    const ptr0 = passArray32ToWasm0(end_rows, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.uniqueness(ptr0, len0);
    var v2 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v2;
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg___wbindgen_memory_17a1178bc3328ea3: function() {
            const ret = wasm.memory;
            return ret;
        },
        __wbg___wbindgen_string_get_7ce8eee7fd327545: function(arg0, arg1) {
            const obj = arg1;
            const ret = typeof(obj) === 'string' ? obj : undefined;
            var ptr1 = isLikeNone(ret) ? 0 : passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            var len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
        },
        __wbg___wbindgen_throw_4c88d8bf264fd984: function(arg0, arg1) {
            throw new Error(getStringFromWasm0(arg0, arg1));
        },
        __wbg_buffer_0eaa216bac6b8749: function(arg0) {
            const ret = arg0.buffer;
            return ret;
        },
        __wbg_new_787b9fb330d55d78: function(arg0, arg1) {
            const ret = new Error(getStringFromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_new_from_slice_31fd9592d83f3fe6: function(arg0, arg1) {
            const ret = new BigInt64Array(getArrayI64FromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_new_from_slice_3512352010266e02: function(arg0, arg1) {
            const ret = new Uint32Array(getArrayU32FromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_new_from_slice_355c10c5d8f2addb: function(arg0, arg1) {
            const ret = new Float32Array(getArrayF32FromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_new_from_slice_aaf85a9746711968: function(arg0, arg1) {
            const ret = new Float64Array(getArrayF64FromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_new_from_slice_b8daf545a41c6aa0: function(arg0, arg1) {
            const ret = new Uint8Array(getArrayU8FromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_new_from_slice_d9c5662e7fd80ccd: function(arg0, arg1) {
            const ret = new Int8Array(getArrayI8FromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_new_with_byte_offset_and_length_3cd32055a417f095: function(arg0, arg1, arg2) {
            const ret = new Uint8Array(arg0, arg1 >>> 0, arg2 >>> 0);
            return ret;
        },
        __wbg_set_2793479888329cb6: function() { return handleError(function (arg0, arg1, arg2) {
            const ret = Reflect.set(arg0, arg1, arg2);
            return ret;
        }, arguments); },
        __wbg_set_name_822e3903f3184979: function(arg0, arg1, arg2) {
            arg0.name = getStringFromWasm0(arg1, arg2);
        },
        __wbindgen_generic_0000000000000001: function(arg0, arg1) {
            // Cast intrinsic for `Ref(String) -> Externref`.
            const ret = getStringFromWasm0(arg0, arg1);
            return ret;
        },
        __wbindgen_init_externref_table: function() {
            const table = wasm.__wbindgen_externrefs;
            table.set(0, undefined);
            table.set(1024, undefined);
            table.set(1025, null);
            table.set(1026, true);
            table.set(1027, false);
        },
    };
    return {
        __proto__: null,
        "./hybrid_kernels_bg.js": import0,
    };
}

const BinnedColumnFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_binnedcolumn_free(ptr, 1));
const BlockInputFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_blockinput_free(ptr, 1));
const BookBuilderFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_bookbuilder_free(ptr, 1));
const BookColumnsFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_bookcolumns_free(ptr, 1));
const BookMergeFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_bookmerge_free(ptr, 1));
const BookRunFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_bookrun_free(ptr, 1));
const BookRunMergeFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_bookrunmerge_free(ptr, 1));
const ColumnValuesFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_columnvalues_free(ptr, 1));
const DepthBlockFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_depthblock_free(ptr, 1));
const DepthColumnsFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_depthcolumns_free(ptr, 1));
const DepthScanFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_depthscan_free(ptr, 1));
const EngineFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_engine_free(ptr, 1));
const ForestFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_forest_free(ptr, 1));
const IdRunFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_idrun_free(ptr, 1));
const LabelsFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_labels_free(ptr, 1));
const LevelRunFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_levelrun_free(ptr, 1));
const LevelRunMergeFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_levelrunmerge_free(ptr, 1));
const LiquidationBlockFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_liquidationblock_free(ptr, 1));
const LiquidationMergeFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_liquidationmerge_free(ptr, 1));
const LiquidationReportFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_liquidationreport_free(ptr, 1));
const LiquidationScanFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_liquidationscan_free(ptr, 1));
const ParamsFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_params_free(ptr, 1));
const PopulationFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_population_free(ptr, 1));
const RefinementFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_refinement_free(ptr, 1));
const RegressionFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_regression_free(ptr, 1));
const RepeatRunFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_repeatrun_free(ptr, 1));
const RowGroupEncoderFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_rowgroupencoder_free(ptr, 1));
const RowReportFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_rowreport_free(ptr, 1));
const ShardFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_shard_free(ptr, 1));
const SplicerFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_splicer_free(ptr, 1));
const TradeBlockFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_tradeblock_free(ptr, 1));
const TradeColumnsFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_tradecolumns_free(ptr, 1));
const TradeMergeFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_trademerge_free(ptr, 1));
const TradeOrderFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_tradeorder_free(ptr, 1));
const TradeRunFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_traderun_free(ptr, 1));
const TradeScanFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_tradescan_free(ptr, 1));
const TradeSurveyFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_tradesurvey_free(ptr, 1));
const TreesRowsFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_treesrows_free(ptr, 1));
const TreesSettingsFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_treessettings_free(ptr, 1));
const TreesTrainerFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_treestrainer_free(ptr, 1));
const ValuesFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_values_free(ptr, 1));
const VocabularyFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_vocabulary_free(ptr, 1));
const Xxh64Finalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_xxh64_free(ptr, 1));

function addToExternrefTable0(obj) {
    const idx = wasm.__externref_table_alloc();
    wasm.__wbindgen_externrefs.set(idx, obj);
    return idx;
}

function _assertClass(instance, klass) {
    if (!(instance instanceof klass)) {
        throw new Error(`expected instance of ${klass.name}`);
    }
}

function getArrayF32FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getFloat32ArrayMemory0().subarray(ptr / 4, ptr / 4 + len);
}

function getArrayF64FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getFloat64ArrayMemory0().subarray(ptr / 8, ptr / 8 + len);
}

function getArrayI64FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getBigInt64ArrayMemory0().subarray(ptr / 8, ptr / 8 + len);
}

function getArrayI8FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getInt8ArrayMemory0().subarray(ptr / 1, ptr / 1 + len);
}

function getArrayJsValueFromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    const mem = getDataViewMemory0();
    const result = [];
    for (let i = ptr; i < ptr + 4 * len; i += 4) {
        result.push(wasm.__wbindgen_externrefs.get(mem.getUint32(i, true)));
    }
    wasm.__externref_drop_slice(ptr, len);
    return result;
}

function getArrayU32FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint32ArrayMemory0().subarray(ptr / 4, ptr / 4 + len);
}

function getArrayU64FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getBigUint64ArrayMemory0().subarray(ptr / 8, ptr / 8 + len);
}

function getArrayU8FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint8ArrayMemory0().subarray(ptr / 1, ptr / 1 + len);
}

let cachedBigInt64ArrayMemory0 = null;
function getBigInt64ArrayMemory0() {
    if (cachedBigInt64ArrayMemory0 === null || cachedBigInt64ArrayMemory0.byteLength === 0) {
        cachedBigInt64ArrayMemory0 = new BigInt64Array(wasm.memory.buffer);
    }
    return cachedBigInt64ArrayMemory0;
}

let cachedBigUint64ArrayMemory0 = null;
function getBigUint64ArrayMemory0() {
    if (cachedBigUint64ArrayMemory0 === null || cachedBigUint64ArrayMemory0.byteLength === 0) {
        cachedBigUint64ArrayMemory0 = new BigUint64Array(wasm.memory.buffer);
    }
    return cachedBigUint64ArrayMemory0;
}

let cachedDataViewMemory0 = null;
function getDataViewMemory0() {
    if (cachedDataViewMemory0 === null || cachedDataViewMemory0.buffer.detached === true || (cachedDataViewMemory0.buffer.detached === undefined && cachedDataViewMemory0.buffer !== wasm.memory.buffer)) {
        cachedDataViewMemory0 = new DataView(wasm.memory.buffer);
    }
    return cachedDataViewMemory0;
}

let cachedFloat32ArrayMemory0 = null;
function getFloat32ArrayMemory0() {
    if (cachedFloat32ArrayMemory0 === null || cachedFloat32ArrayMemory0.byteLength === 0) {
        cachedFloat32ArrayMemory0 = new Float32Array(wasm.memory.buffer);
    }
    return cachedFloat32ArrayMemory0;
}

let cachedFloat64ArrayMemory0 = null;
function getFloat64ArrayMemory0() {
    if (cachedFloat64ArrayMemory0 === null || cachedFloat64ArrayMemory0.byteLength === 0) {
        cachedFloat64ArrayMemory0 = new Float64Array(wasm.memory.buffer);
    }
    return cachedFloat64ArrayMemory0;
}

let cachedInt8ArrayMemory0 = null;
function getInt8ArrayMemory0() {
    if (cachedInt8ArrayMemory0 === null || cachedInt8ArrayMemory0.byteLength === 0) {
        cachedInt8ArrayMemory0 = new Int8Array(wasm.memory.buffer);
    }
    return cachedInt8ArrayMemory0;
}

function getStringFromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return decodeText(getUint8ArrayMemory0().subarray(ptr, ptr + len));
}

let cachedUint16ArrayMemory0 = null;
function getUint16ArrayMemory0() {
    if (cachedUint16ArrayMemory0 === null || cachedUint16ArrayMemory0.byteLength === 0) {
        cachedUint16ArrayMemory0 = new Uint16Array(wasm.memory.buffer);
    }
    return cachedUint16ArrayMemory0;
}

let cachedUint32ArrayMemory0 = null;
function getUint32ArrayMemory0() {
    if (cachedUint32ArrayMemory0 === null || cachedUint32ArrayMemory0.byteLength === 0) {
        cachedUint32ArrayMemory0 = new Uint32Array(wasm.memory.buffer);
    }
    return cachedUint32ArrayMemory0;
}

let cachedUint8ArrayMemory0 = null;
function getUint8ArrayMemory0() {
    if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {
        cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
    }
    return cachedUint8ArrayMemory0;
}

function handleError(f, args) {
    try {
        return f.apply(this, args);
    } catch (e) {
        const idx = addToExternrefTable0(e);
        wasm.__wbindgen_exn_store(idx);
    }
}

function isLikeNone(x) {
    return x === undefined || x === null;
}

function passArray16ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 2, 2) >>> 0;
    getUint16ArrayMemory0().set(arg, ptr / 2);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArray32ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 4, 4) >>> 0;
    getUint32ArrayMemory0().set(arg, ptr / 4);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArray64ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 8, 8) >>> 0;
    getBigUint64ArrayMemory0().set(arg, ptr / 8);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArray8ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 1, 1) >>> 0;
    getUint8ArrayMemory0().set(arg, ptr / 1);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArrayF32ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 4, 4) >>> 0;
    getFloat32ArrayMemory0().set(arg, ptr / 4);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArrayF64ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 8, 8) >>> 0;
    getFloat64ArrayMemory0().set(arg, ptr / 8);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArrayJsValueToWasm0(array, malloc) {
    const ptr = malloc(array.length * 4, 4) >>> 0;
    for (let i = 0; i < array.length; i++) {
        const add = addToExternrefTable0(array[i]);
        getDataViewMemory0().setUint32(ptr + 4 * i, add, true);
    }
    WASM_VECTOR_LEN = array.length;
    return ptr;
}

function passStringToWasm0(arg, malloc, realloc) {
    if (realloc === undefined) {
        const buf = cachedTextEncoder.encode(arg);
        const ptr = malloc(buf.length, 1) >>> 0;
        getUint8ArrayMemory0().subarray(ptr, ptr + buf.length).set(buf);
        WASM_VECTOR_LEN = buf.length;
        return ptr;
    }

    let len = arg.length;
    let ptr = malloc(len, 1) >>> 0;

    const mem = getUint8ArrayMemory0();

    let offset = 0;

    for (; offset < len; offset++) {
        const code = arg.charCodeAt(offset);
        if (code > 0x7F) break;
        mem[ptr + offset] = code;
    }
    if (offset !== len) {
        if (offset !== 0) {
            arg = arg.slice(offset);
        }
        ptr = realloc(ptr, len, len = offset + arg.length * 3, 1) >>> 0;
        const view = getUint8ArrayMemory0().subarray(ptr + offset, ptr + len);
        const ret = cachedTextEncoder.encodeInto(arg, view);

        offset += ret.written;
        ptr = realloc(ptr, len, offset, 1) >>> 0;
    }

    WASM_VECTOR_LEN = offset;
    return ptr;
}

function takeFromExternrefTable0(idx) {
    const value = wasm.__wbindgen_externrefs.get(idx);
    wasm.__externref_table_dealloc(idx);
    return value;
}

let cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
cachedTextDecoder.decode();
const MAX_SAFARI_DECODE_BYTES = 2146435072;
let numBytesDecoded = 0;
function decodeText(bytes) {
    numBytesDecoded += bytes.length;
    if (numBytesDecoded >= MAX_SAFARI_DECODE_BYTES) {
        cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
        cachedTextDecoder.decode();
        numBytesDecoded = bytes.length;
    }
    return cachedTextDecoder.decode(bytes);
}

const cachedTextEncoder = new TextEncoder();

if (!('encodeInto' in cachedTextEncoder)) {
    cachedTextEncoder.encodeInto = function (arg, view) {
        const buf = cachedTextEncoder.encode(arg);
        view.set(buf);
        return {
            read: arg.length,
            written: buf.length
        };
    };
}

let WASM_VECTOR_LEN = 0;

let wasmModule, wasmInstance, wasm;
function __wbg_finalize_init(instance, module) {
    wasmInstance = instance;
    wasm = instance.exports;
    wasmModule = module;
    cachedBigInt64ArrayMemory0 = null;
    cachedBigUint64ArrayMemory0 = null;
    cachedDataViewMemory0 = null;
    cachedFloat32ArrayMemory0 = null;
    cachedFloat64ArrayMemory0 = null;
    cachedInt8ArrayMemory0 = null;
    cachedUint16ArrayMemory0 = null;
    cachedUint32ArrayMemory0 = null;
    cachedUint8ArrayMemory0 = null;
    wasm.__wbindgen_start();
    return wasm;
}

async function __wbg_load(module, imports) {
    if (typeof Response === 'function' && module instanceof Response) {
        if (!module.ok) {
            throw new Error(`failed to fetch Wasm: ${module.status} ${module.statusText} fetching '${module.url}'`);
        }

        if (typeof WebAssembly.instantiateStreaming === 'function') {
            try {
                return await WebAssembly.instantiateStreaming(module, imports);
            } catch (e) {
                const validResponse = expectedResponseType(module.type);

                if (validResponse && module.headers.get('Content-Type') !== 'application/wasm') {
                    console.warn("`WebAssembly.instantiateStreaming` failed because your server does not serve Wasm with `application/wasm` MIME type. Falling back to `WebAssembly.instantiate` which is slower. Original error:\n", e);

                } else { throw e; }
            }
        }

        const bytes = await module.arrayBuffer();
        return await WebAssembly.instantiate(bytes, imports);
    } else {
        const instance = await WebAssembly.instantiate(module, imports);

        if (instance instanceof WebAssembly.Instance) {
            return { instance, module };
        } else {
            return instance;
        }
    }

    function expectedResponseType(type) {
        switch (type) {
            case 'basic': case 'cors': case 'default': return true;
        }
        return false;
    }
}

function initSync(module) {
    if (wasm !== undefined) return wasm;


    if (module !== undefined) {
        if (Object.getPrototypeOf(module) === Object.prototype) {
            ({module} = module)
        } else {
            console.warn('using deprecated parameters for `initSync()`; pass a single object instead')
        }
    }

    const imports = __wbg_get_imports();
    if (!(module instanceof WebAssembly.Module)) {
        module = new WebAssembly.Module(module);
    }
    const instance = new WebAssembly.Instance(module, imports);
    return __wbg_finalize_init(instance, module);
}

let __wbg_init_promise;
async function __wbg_init(module_or_path) {
    if (wasm !== undefined) return wasm;
    if (__wbg_init_promise === undefined) {
        __wbg_init_promise = __wbg_init_once(module_or_path);
        __wbg_init_promise.catch(() => { __wbg_init_promise = undefined; });
    }
    return __wbg_init_promise;
}

async function __wbg_init_once(module_or_path) {

    if (module_or_path !== undefined) {
        if (Object.getPrototypeOf(module_or_path) === Object.prototype) {
            ({module_or_path} = module_or_path)
        } else {
            console.warn('using deprecated parameters for the initialization function; pass a single object instead')
        }
    }

    if (module_or_path === undefined) {
        module_or_path = new URL('hybrid_kernels_bg.wasm', import.meta.url);
    }
    const imports = __wbg_get_imports();

    if (typeof module_or_path === 'string' || (typeof Request === 'function' && module_or_path instanceof Request) || (typeof URL === 'function' && module_or_path instanceof URL)) {
        module_or_path = fetch(module_or_path);
    }

    const { instance, module } = await __wbg_load(await module_or_path, imports);

    return __wbg_finalize_init(instance, module);
}

export { initSync, __wbg_init as default };
