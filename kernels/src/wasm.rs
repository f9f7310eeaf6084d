//! What JavaScript sees: exports of a few lines that call plain Rust. The only file that knows WASM exists.

use crate::error::Error;
use wasm_bindgen::prelude::*;

/// An error as JavaScript gets it: an `Error` whose `name` is the code and which has a `hint`.
impl From<Error> for JsValue {
    fn from(e: Error) -> JsValue {
        let js = js_sys::Error::new(&e.message);
        js.set_name(e.code.name());
        let _ = js_sys::Reflect::set(&js, &"hint".into(), &e.hint.into());
        js.into()
    }
}

// ---- ticks: CSV blocks to columns -------------------------------------------------------------------------
//
// A file is read through a `BlockInput`: bytes go straight into WASM memory, never through a copy in
// JavaScript. A block holds whole lines and no header line; what its columns are says a dialect, as text
// (`tick::dialect`). Getters copy out; handles are freed by `free()`.
// Counts cross as numbers, stamps and ids as BigInt.

use crate::book::{BookParams, block, merge};
use crate::error::Code;
use crate::event::{Books, Decimal, Liquidations, Trades};
use crate::tick::{depth, dialect, external, grid, levels, liquidations, order, row, trades};
use js_sys::{BigInt64Array, Float64Array, Int8Array, Uint8Array, Uint32Array};

/// The checksum of what a zstd frame holds.
#[wasm_bindgen]
#[derive(Default)]
pub struct Xxh64(crate::checksum::Xxh64);

#[wasm_bindgen]
impl Xxh64 {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Xxh64 {
        Xxh64::default()
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The low half of the digest, as frames have it.
    pub fn low(&self) -> u32 {
        self.0.digest() as u32
    }
}

/// Room for one block of a file.
#[wasm_bindgen]
pub struct BlockInput(Vec<u8>);

#[wasm_bindgen]
impl BlockInput {
    /// Sets `bytes` aside. Errors: `E_RESOURCE`.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: usize) -> Result<BlockInput, Error> {
        let mut room = Vec::new();
        let refused =
            || Error::new(Code::Resource, format!("input: expected room for {bytes} bytes, got none"));
        room.try_reserve_exact(bytes).map_err(|_| refused().hint("Lower --threads or the block size."))?;
        room.resize(bytes, 0);
        Ok(BlockInput(room))
    }

    /// The room itself, to read a file range into. A view of WASM memory: take it anew for each read, it is
    /// void after the next call into the kernel.
    pub fn room(&self) -> Uint8Array {
        let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
        let (start, bytes) = (self.0.as_ptr() as u32, self.0.len() as u32);
        Uint8Array::new_with_byte_offset_and_length(&memory.buffer(), start, bytes)
    }
}

impl BlockInput {
    fn block(&self, len: usize) -> Result<&[u8], Error> {
        let refused = || Error::new(Code::Kernel, format!("input: expected at most {} bytes", self.0.len()));
        self.0.get(..len).ok_or_else(refused)
    }
}

/// What could not be read in a block, or was dropped from it. Lines count from 1 within the block.
#[wasm_bindgen(getter_with_clone)]
pub struct RowReport {
    pub total: f64,
    /// The lines of the first 20.
    pub lines: Uint32Array,
    /// For bad rows, beside each line: `field "price": expected a number, got "n/a"`.
    pub messages: Vec<String>,
}

impl From<&row::BadRows> for RowReport {
    fn from(bad: &row::BadRows) -> Self {
        let lines: Vec<u32> = bad.first.iter().map(|row| row.line).collect();
        let messages = bad.first.iter().map(|row| row.message.clone()).collect();
        RowReport { total: bad.total as f64, lines: lines.as_slice().into(), messages }
    }
}

impl From<&row::Dropped> for RowReport {
    fn from(dropped: &row::Dropped) -> Self {
        let lines = dropped.lines.as_slice().into();
        RowReport { total: dropped.total as f64, lines, messages: Vec::new() }
    }
}

/// How the rows of a file of trades read.
#[wasm_bindgen]
pub struct TradeColumns(trades::TradeColumns);

#[wasm_bindgen]
impl TradeColumns {
    /// Reads the text of a dialect. Errors: `E_KERNEL`.
    #[wasm_bindgen(constructor)]
    pub fn new(dialect: &str) -> Result<TradeColumns, Error> {
        trades::TradeColumns::new(dialect).map(TradeColumns)
    }
}

/// The distinct texts of a column in the rows of a block, in order, after those that are known already; at most
/// 10,000. Errors: `E_INPUT` for more: the column does not hold symbols.
#[wasm_bindgen(js_name = distinctTexts)]
pub fn distinct_texts(
    input: &BlockInput,
    len: usize,
    delimiter: u8,
    column: usize,
) -> Result<Vec<String>, Error> {
    row::distinct(input.block(len)?, delimiter, column)
}

/// The stamps of the first rows that have one, `most` of them, in the rows of a file of this dialect.
#[wasm_bindgen]
pub fn stamps(dialect: &str, rows: &[u8], most: usize) -> Result<Vec<i64>, Error> {
    dialect::Dialect::parse(dialect, &["ts"]).map(|dialect| dialect.stamps(rows, most))
}

/// The survey of one block, or of everything merged so far.
#[wasm_bindgen]
pub struct TradeSurvey(
    trades::Survey,
    row::BadRows,
    trades::Remarks,
    trades::IdSteps,
    Option<crate::event::Trades>,
);

#[wasm_bindgen]
impl TradeSurvey {
    /// An empty survey, to merge into.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default)]
    pub fn new() -> TradeSurvey {
        TradeSurvey(Default::default(), Default::default(), Default::default(), Default::default(), None)
    }

    /// Surveys the first `len` bytes of the input.
    pub fn scan(columns: &TradeColumns, input: &BlockInput, len: usize) -> Result<TradeSurvey, Error> {
        let (survey, bad, remarks, steps) = trades::Survey::with_steps(&columns.0, input.block(len)?);
        Ok(TradeSurvey(survey, bad, remarks, steps, None))
    }

    /// The same, and holds the rows.
    #[wasm_bindgen(js_name = scanRows)]
    pub fn scan_rows(columns: &TradeColumns, input: &BlockInput, len: usize) -> Result<TradeSurvey, Error> {
        let (survey, bad, remarks, steps, held) = trades::Survey::with_rows(&columns.0, input.block(len)?);
        Ok(TradeSurvey(survey, bad, remarks, steps, held))
    }

    /// The rows that were held, on the grid of the block's own decimals (`pricePlaces`, `qtyPlaces`); undefined where
    /// none were, or a row is such that only `TradeScan` can tell what becomes of it.
    #[wasm_bindgen(js_name = takeRows)]
    pub fn take_rows(&mut self) -> Option<TradeBlock> {
        let trades = self.4.take()?;
        Some(TradeBlock(trades::TradeBlock { trades, ..Default::default() }))
    }

    /// The survey as numbers, for `merge` in another instance.
    pub fn numbers(&self) -> BigInt64Array {
        self.0.to_numbers().as_slice().into()
    }

    /// Adds the numbers of the block that follows.
    pub fn merge(&mut self, numbers: &[i64]) -> Result<(), Error> {
        self.0.merge(&trades::Survey::from_numbers(numbers)?);
        Ok(())
    }

    /// The bad rows of the block (not merged).
    #[wasm_bindgen(js_name = badRows)]
    pub fn bad_rows(&self) -> RowReport {
        (&self.1).into()
    }

    /// Rows whose id is not above that of the row before (of the block, not merged).
    #[wasm_bindgen(js_name = idStalls)]
    pub fn id_stalls(&self) -> RowReport {
        (&self.3.stalls).into()
    }

    /// Rows before which ids are missing (of the block, not merged).
    #[wasm_bindgen(js_name = idGaps)]
    pub fn id_gaps(&self) -> RowReport {
        (&self.3.gaps).into()
    }

    /// `[id of the first row, of the last]`, none where they are no integers, and the line of the first row.
    #[wasm_bindgen(js_name = idEnds)]
    pub fn id_ends(&self) -> Option<BigInt64Array> {
        let (first, last) = (self.0.first?.1, self.0.last?.1);
        Some([first, last, i64::from(self.3.first_line)].as_slice().into())
    }

    /// Rows whose stamps are more than a minute apart (of the block, not merged).
    pub fn skewed(&self) -> RowReport {
        (&self.2.skewed).into()
    }

    /// `[stamps cut to the µs, rows of other symbols or streams]` (of the block, not merged).
    pub fn remarks(&self) -> Vec<f64> {
        vec![self.2.cut as f64, self.2.others as f64]
    }

    pub fn lines(&self) -> f64 {
        self.0.lines as f64
    }

    /// Rows that could be read; those that could not are `bad`.
    pub fn rows(&self) -> f64 {
        self.0.rows as f64
    }

    pub fn bad(&self) -> f64 {
        self.0.bad as f64
    }

    /// Most decimals in a price.
    #[wasm_bindgen(js_name = pricePlaces)]
    pub fn price_places(&self) -> u32 {
        self.0.price_places
    }

    /// Most decimals in a quantity.
    #[wasm_bindgen(js_name = qtyPlaces)]
    pub fn qty_places(&self) -> u32 {
        self.0.qty_places
    }

    /// Rows without a trade id.
    #[wasm_bindgen(js_name = missingIds)]
    pub fn missing_ids(&self) -> f64 {
        self.0.empty_ids as f64
    }

    /// Rows whose `ts` is below that of the row before.
    #[wasm_bindgen(js_name = tsFalls)]
    pub fn ts_falls(&self) -> f64 {
        self.0.ts_falls as f64
    }

    /// `integer`, `text` or `absent`: the argument of `TradeScan` and `TradeOrder.finish`.
    pub fn ids(&self) -> String {
        self.0.ids().name().to_string()
    }

    /// The rows are in the order of the specification.
    pub fn sorted(&self) -> bool {
        self.0.sorted()
    }

    /// Blocks can go on one by one, without `TradeOrder`.
    pub fn streamable(&self) -> bool {
        self.0.streamable()
    }

    /// Smallest and largest `ts` where the input is sorted: those of the first and the last row.
    #[wasm_bindgen(js_name = firstTs)]
    pub fn first_ts(&self) -> Option<i64> {
        self.0.first.map(|key| key.0)
    }

    #[wasm_bindgen(js_name = lastTs)]
    pub fn last_ts(&self) -> Option<i64> {
        self.0.last.map(|key| key.0)
    }
}

/// `tick_size` or `lot_size` as plain decimal text: the configured one, or one unit of the last decimal seen.
/// Errors: `E_USAGE`.
#[wasm_bindgen(js_name = gridStep)]
pub fn grid_step(name: &str, configured: Option<String>, places: u32) -> Result<String, Error> {
    grid::step(name, configured.as_deref(), places).map(|step| step.to_string())
}

/// `g` of the specification for the price, in ticks, of the first retained row.
#[wasm_bindgen(js_name = autoBucket)]
pub fn auto_bucket(px_ticks: i64) -> i64 {
    grid::auto_bucket(px_ticks)
}

fn step(name: &str, text: &str) -> Result<Decimal, Error> {
    grid::step(name, Some(text), 0)
}

/// Reads blocks of trades onto the grid; `tick` and `lot` as `gridStep` gives them.
#[wasm_bindgen]
pub struct TradeScan(trades::TradeScan);

#[wasm_bindgen]
impl TradeScan {
    #[wasm_bindgen(constructor)]
    pub fn new(columns: &TradeColumns, tick: &str, lot: &str, ids: &str) -> Result<TradeScan, Error> {
        let (tick, lot) = (step("tick_size", tick)?, step("lot_size", lot)?);
        Ok(TradeScan(trades::TradeScan::new(columns.0.clone(), tick, lot, trades::Ids::named(ids)?)))
    }

    /// Reads the first `len` bytes of the input.
    pub fn read(&self, input: &BlockInput, len: usize) -> Result<TradeBlock, Error> {
        Ok(TradeBlock(self.0.read(input.block(len)?)))
    }
}

/// The trades of one block in file order, or of all blocks in order.
#[wasm_bindgen]
pub struct TradeBlock(trades::TradeBlock);

#[wasm_bindgen]
impl TradeBlock {
    /// µs since the epoch, UTC.
    pub fn ts(&self) -> BigInt64Array {
        self.0.trades.ts.as_slice().into()
    }

    /// Exchange ids; the smallest i64 everywhere unless the ids are `integer`.
    pub fn id(&self) -> BigInt64Array {
        self.0.trades.id.as_slice().into()
    }

    #[wasm_bindgen(js_name = pxTicks)]
    pub fn px_ticks(&self) -> BigInt64Array {
        self.0.trades.px_ticks.as_slice().into()
    }

    #[wasm_bindgen(js_name = qtyLots)]
    pub fn qty_lots(&self) -> BigInt64Array {
        self.0.trades.qty_lots.as_slice().into()
    }

    pub fn side(&self) -> Int8Array {
        self.0.trades.side.as_slice().into()
    }

    /// With ids of kind `text`: their bytes, and where each row's end.
    #[wasm_bindgen(js_name = idText)]
    pub fn id_text(&self) -> Uint8Array {
        self.0.id_text.as_slice().into()
    }

    #[wasm_bindgen(js_name = idEnds)]
    pub fn id_ends(&self) -> Uint32Array {
        self.0.id_ends.as_slice().into()
    }

    pub fn lines(&self) -> f64 {
        self.0.lines as f64
    }

    #[wasm_bindgen(js_name = badRows)]
    pub fn bad_rows(&self) -> RowReport {
        (&self.0.bad).into()
    }

    pub fn nonpositive(&self) -> RowReport {
        (&self.0.nonpositive).into()
    }

    #[wasm_bindgen(js_name = offGrid)]
    pub fn off_grid(&self) -> RowReport {
        (&self.0.off_grid).into()
    }

    /// 0 or 1 rows: the first that is too many ticks or lots to count. Ends the run whatever is done about bad
    /// rows; the hint is to set `tick_size` or `lot_size`.
    pub fn beyond(&self) -> RowReport {
        let mut rows = row::BadRows::default();
        self.0.beyond.iter().for_each(|bad| rows.add(bad.line, bad.message.clone()));
        (&rows).into()
    }
}

/// Puts the trades of a whole input in order and removes repeated ids, in memory.
#[wasm_bindgen]
pub struct TradeOrder(order::TradeOrder, u64);

#[wasm_bindgen]
impl TradeOrder {
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default)]
    pub fn new() -> TradeOrder {
        TradeOrder(order::TradeOrder::default(), 0)
    }

    /// Adds the columns of the next block; the last two are empty unless the ids are `text`.
    #[allow(clippy::too_many_arguments)]
    pub fn push(
        &mut self,
        ts: Vec<i64>,
        id: Vec<i64>,
        px_ticks: Vec<i64>,
        qty_lots: Vec<i64>,
        side: Vec<i8>,
        id_text: &[u8],
        id_ends: &[u32],
    ) -> Result<(), Error> {
        self.0.push(&Trades { ts, id, px_ticks, qty_lots, side }, id_text, id_ends)
    }

    /// All trades in order, as one block, each id once unless repeats are kept; the gathered rows are gone afterwards.
    pub fn finish(&mut self, ids: &str, keep_repeats: bool) -> Result<TradeBlock, Error> {
        let (trades, duplicates) =
            std::mem::take(&mut self.0).finish(trades::Ids::named(ids)?, keep_repeats)?;
        self.1 = duplicates;
        Ok(TradeBlock(trades::TradeBlock { trades, ..Default::default() }))
    }

    /// How many rows `finish` removed because their id had come before.
    pub fn duplicates(&self) -> f64 {
        self.1 as f64
    }
}

/// The fewest rows that one crossing brings out of a merge.
const MERGED: usize = 65_536;

/// Trades on their way into sorted runs, for an input that memory does not hold.
#[wasm_bindgen]
pub struct TradeRun(order::TradeRun);

#[wasm_bindgen]
impl TradeRun {
    #[wasm_bindgen(constructor)]
    pub fn new(ids: &str) -> Result<TradeRun, Error> {
        Ok(TradeRun(order::TradeRun::new(trades::Ids::named(ids)?)))
    }

    /// Adds the columns of the next block, as `TradeOrder.push`.
    #[allow(clippy::too_many_arguments)]
    pub fn push(
        &mut self,
        ts: Vec<i64>,
        id: Vec<i64>,
        px_ticks: Vec<i64>,
        qty_lots: Vec<i64>,
        side: Vec<i8>,
        id_text: &[u8],
        id_ends: &[u32],
    ) -> Result<(), Error> {
        self.0.push(&Trades { ts, id, px_ticks, qty_lots, side }, id_text, id_ends)
    }

    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }

    /// The run in order, for a file; it is empty afterwards.
    pub fn take(&mut self) -> Vec<u8> {
        self.0.take()
    }
}

/// First merge over the trades: their ids, with their places, into runs that are sorted by id.
#[wasm_bindgen]
pub struct IdRun {
    trades: external::Merge,
    ids: trades::Ids,
    run: order::IdRun,
}

#[wasm_bindgen]
impl IdRun {
    #[wasm_bindgen(constructor)]
    pub fn new(trade_runs: usize, ids: &str) -> Result<IdRun, Error> {
        let (trades, ids) = (external::Merge::new(trade_runs), trades::Ids::named(ids)?);
        Ok(IdRun { trades, ids, run: order::IdRun::default() })
    }

    /// The run of trades that must be fed next.
    pub fn hungry(&self) -> Option<usize> {
        self.trades.hungry()
    }

    pub fn feed(&mut self, run: usize, bytes: &[u8], last: bool) -> Result<(), Error> {
        self.trades.feed(run, bytes, last)
    }

    /// Goes on; false where a run is hungry or all trades have come.
    pub fn note(&mut self) -> Result<bool, Error> {
        self.run.note(&mut self.trades, self.ids, MERGED)
    }

    pub fn bytes(&self) -> usize {
        self.run.bytes()
    }

    pub fn take(&mut self) -> Vec<u8> {
        self.run.take()
    }
}

/// Second merge, over the ids: the places of repeats, into runs in ascending order.
#[wasm_bindgen]
pub struct RepeatRun {
    ids: external::Merge,
    run: order::RepeatRun,
}

#[wasm_bindgen]
impl RepeatRun {
    #[wasm_bindgen(constructor)]
    pub fn new(id_runs: usize) -> RepeatRun {
        RepeatRun { ids: external::Merge::new(id_runs), run: order::RepeatRun::default() }
    }

    /// The run of ids that must be fed next.
    pub fn hungry(&self) -> Option<usize> {
        self.ids.hungry()
    }

    pub fn feed(&mut self, run: usize, bytes: &[u8], last: bool) -> Result<(), Error> {
        self.ids.feed(run, bytes, last)
    }

    /// Goes on; false where a run is hungry or all ids have come.
    pub fn note(&mut self) -> Result<bool, Error> {
        self.run.note(&mut self.ids, MERGED)
    }

    pub fn repeats(&self) -> f64 {
        self.run.repeats as f64
    }

    pub fn bytes(&self) -> usize {
        self.run.bytes()
    }

    pub fn take(&mut self) -> Vec<u8> {
        self.run.take()
    }
}

/// Third merge: the trades in order, without the repeats.
#[wasm_bindgen]
pub struct TradeMerge(order::TradeMerge);

#[wasm_bindgen]
impl TradeMerge {
    #[wasm_bindgen(constructor)]
    pub fn new(trade_runs: usize, repeat_runs: usize) -> TradeMerge {
        TradeMerge(order::TradeMerge::new(trade_runs, repeat_runs))
    }

    /// The run that must be fed next; runs of repeats are counted on from those of trades.
    pub fn hungry(&self) -> Option<usize> {
        self.0.hungry()
    }

    pub fn feed(&mut self, run: usize, bytes: &[u8], last: bool) -> Result<(), Error> {
        self.0.feed(run, bytes, last)
    }

    /// The next trades; none and nobody hungry at the end.
    pub fn read(&mut self) -> Result<TradeBlock, Error> {
        let trades = self.0.read(MERGED)?;
        Ok(TradeBlock(trades::TradeBlock { trades, ..Default::default() }))
    }
}

/// How the rows of a depth file read.
#[wasm_bindgen]
pub struct DepthColumns(depth::DepthColumns);

#[wasm_bindgen]
impl DepthColumns {
    /// Reads the text of a dialect. Errors: `E_KERNEL`.
    #[wasm_bindgen(constructor)]
    pub fn new(dialect: &str) -> Result<DepthColumns, Error> {
        depth::DepthColumns::new(dialect).map(DepthColumns)
    }

    /// A row is a level: books are built by `BookBuilder`.
    #[wasm_bindgen(js_name = byLevel)]
    pub fn by_level(&self) -> bool {
        self.0.layout.by_level()
    }

    /// Books come in time order whatever the order of the rows: changes of one book cannot be sorted.
    #[wasm_bindgen(js_name = inFileOrder)]
    pub fn in_file_order(&self) -> bool {
        matches!(self.0.layout, depth::Layout::Incremental | depth::Layout::Messages)
    }

    /// Reads only the stamps of a block: `[lines, rows, falls, 1 if there is a stamp, first ts, last ts]`.
    /// A file whose blocks have no fall, within or between them, can be merged block by block.
    pub fn times(&self, input: &BlockInput, len: usize) -> Result<BigInt64Array, Error> {
        let t = depth::TimeSurvey::of(&self.0, input.block(len)?);
        let (first, last) = (t.first.unwrap_or_default(), t.last.unwrap_or_default());
        let some = i64::from(t.first.is_some());
        Ok([t.lines as i64, t.rows as i64, t.falls as i64, some, first, last].as_slice().into())
    }
}

/// Reads and reduces blocks of depth snapshots. The parameters have the names of the specification; `tick` as
/// `gridStep` gives it, decimals as text. Errors: `E_USAGE`.
#[wasm_bindgen]
pub struct DepthScan(depth::DepthScan);

#[wasm_bindgen]
impl DepthScan {
    #[wasm_bindgen(constructor)]
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        columns: &DepthColumns,
        tick: &str,
        wall_bucket_ticks: i64,
        obi_levels: u32,
        obi_mode: &str,
        wall_range_bps: &str,
        wall_k: &str,
        wall_min_buckets: u32,
        wall_min_persist: u32,
    ) -> Result<DepthScan, Error> {
        let params = BookParams::parse(
            obi_levels,
            obi_mode,
            wall_range_bps,
            wall_k,
            wall_min_buckets,
            wall_min_persist,
        )?;
        let tick = step("tick_size", tick)?;
        let grid = grid::grid(tick, tick, Some(1), Some(wall_bucket_ticks), 1)?;
        Ok(DepthScan(depth::DepthScan::new(columns.0.clone(), &grid, params)))
    }

    /// Reduces what the extended feature set needs as well. To be called before the first block.
    #[wasm_bindgen(js_name = addDetail)]
    pub fn add_detail(&mut self) {
        self.0.add_detail();
    }

    /// Reads the first `len` bytes of the input.
    pub fn read(&mut self, input: &BlockInput, len: usize) -> Result<DepthBlock, Error> {
        Ok(DepthBlock(self.0.read(input.block(len)?)))
    }
}

/// The reduced snapshots of one block, not yet joined with their neighbours.
#[wasm_bindgen]
pub struct DepthBlock(depth::DepthBlock);

#[wasm_bindgen]
impl DepthBlock {
    /// The block as bytes, for `BookMerge`.
    pub fn bytes(&self) -> Uint8Array {
        self.0.block.to_bytes().as_slice().into()
    }

    pub fn lines(&self) -> f64 {
        self.0.lines as f64
    }

    /// In layouts by level: the rows as bytes, for `BookBuilder`; otherwise none.
    pub fn levels(&self) -> Uint8Array {
        levels::to_bytes(&self.0.levels).as_slice().into()
    }

    /// Rows that could be read, malformed ones not counted.
    pub fn rows(&self) -> f64 {
        self.0.rows as f64
    }

    /// Rows whose stamps are more than a minute apart.
    pub fn skewed(&self) -> RowReport {
        (&self.0.remarks.skewed).into()
    }

    /// `[stamps cut to the µs, rows of other symbols or streams]`.
    pub fn remarks(&self) -> Vec<f64> {
        vec![self.0.remarks.cut as f64, self.0.remarks.others as f64]
    }

    /// Rows whose price and size arrays differ in length.
    pub fn malformed(&self) -> RowReport {
        (&self.0.malformed).into()
    }

    #[wasm_bindgen(js_name = badRows)]
    pub fn bad_rows(&self) -> RowReport {
        (&self.0.bad).into()
    }
}

/// Makes books of levels, block by block in the order of the files; see `tick::levels`.
#[wasm_bindgen]
pub struct BookBuilder(levels::BookBuilder);

#[wasm_bindgen]
impl BookBuilder {
    /// `columns` are those of a layout by level (all files of a stream have one), `scan` reduces the books and is
    /// gone afterwards. Errors: `E_KERNEL` for another layout.
    #[wasm_bindgen(constructor)]
    pub fn new(columns: &DepthColumns, scan: DepthScan) -> Result<BookBuilder, Error> {
        use depth::Layout;
        let building = match columns.0.layout {
            Layout::Long => levels::Building::Snapshots,
            Layout::Bands => levels::Building::Bands,
            Layout::Incremental | Layout::Messages => levels::Building::Incremental,
            _ => return Err(Error::new(Code::Kernel, "depth: expected a layout by level")),
        };
        Ok(BookBuilder(levels::BookBuilder::new(building, columns.0.dialect.levels, scan.0)))
    }

    /// Takes the levels of the next block; answers the finished books as bytes for `BookMerge`.
    pub fn push(&mut self, levels: &[u8]) -> Result<Uint8Array, Error> {
        Ok(self.0.push(levels)?.to_bytes().as_slice().into())
    }

    /// What later books depend on, as bytes.
    pub fn save(&self) -> Vec<u8> {
        self.0.save()
    }

    /// Makes a fresh builder go on from saved bytes. Errors: `E_INPUT`.
    pub fn load(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.load(bytes)
    }

    /// Whether a message is open of which `finish` makes a book, unless its numbers are too long.
    pub fn open(&self) -> bool {
        self.0.open()
    }

    /// The book that is left when no block follows, if there is one.
    pub fn finish(&mut self) -> Uint8Array {
        self.0.finish().to_bytes().as_slice().into()
    }

    /// Rows before the first snapshot, of the last `push`.
    pub fn unfounded(&self) -> f64 {
        self.0.breaks.unfounded as f64
    }

    /// Messages before which updates are missing, of the last `push`; lines count from 1 within its block.
    pub fn missing(&self) -> RowReport {
        (&self.0.breaks.missing).into()
    }

    /// Snapshots older than the book, which were left out.
    pub fn outdated(&self) -> RowReport {
        (&self.0.breaks.outdated).into()
    }

    /// Rows that go on with a message behind its last row.
    pub fn overrun(&self) -> RowReport {
        (&self.0.breaks.overrun).into()
    }

    /// Books with numbers too long to be reduced.
    pub fn unreadable(&self) -> RowReport {
        (&self.0.breaks.unreadable).into()
    }
}

/// Reduced snapshots on their way into runs that are sorted by `ts`, for an unsorted input.
#[wasm_bindgen]
#[derive(Default)]
pub struct BookRun(external::RunSort);

#[wasm_bindgen]
impl BookRun {
    #[wasm_bindgen(constructor)]
    pub fn new() -> BookRun {
        BookRun::default()
    }

    /// Adds the bytes of the next block, in the order of the files.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        block::BookBlock::from_bytes(bytes)?.spill(&mut self.0);
        Ok(())
    }

    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }

    pub fn take(&mut self) -> Vec<u8> {
        self.0.take()
    }
}

/// Joins such runs; what comes out goes to a `BookMerge`.
#[wasm_bindgen]
pub struct BookRunMerge(external::Merge);

#[wasm_bindgen]
impl BookRunMerge {
    #[wasm_bindgen(constructor)]
    pub fn new(runs: usize) -> BookRunMerge {
        BookRunMerge(external::Merge::new(runs))
    }

    pub fn hungry(&self) -> Option<usize> {
        self.0.hungry()
    }

    pub fn feed(&mut self, run: usize, bytes: &[u8], last: bool) -> Result<(), Error> {
        self.0.feed(run, bytes, last)
    }

    /// The next snapshots, pushed into `into`; nothing and nobody hungry at the end.
    pub fn read(&mut self, into: &mut BookMerge) -> Result<Option<BookColumns>, Error> {
        let block = block::BookBlock::merged(&mut self.0, MERGED)?;
        if block.rows() == 0 {
            return Ok(None);
        }
        into.0.push(&block).map(|books| Some(BookColumns(books)))
    }
}

/// Rows of levels on their way into sorted runs, for books of their own that are not in time order.
#[wasm_bindgen]
#[derive(Default)]
pub struct LevelRun(external::RunSort);

#[wasm_bindgen]
impl LevelRun {
    #[wasm_bindgen(constructor)]
    pub fn new() -> LevelRun {
        LevelRun::default()
    }

    /// Adds the levels of the next block, in the order of the files.
    pub fn push(&mut self, levels: &[u8]) -> Result<(), Error> {
        levels::spill(levels, &mut self.0)
    }

    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }

    pub fn take(&mut self) -> Vec<u8> {
        self.0.take()
    }
}

/// Joins such runs; what comes out goes to a `BookBuilder`.
#[wasm_bindgen]
pub struct LevelRunMerge(external::Merge);

#[wasm_bindgen]
impl LevelRunMerge {
    #[wasm_bindgen(constructor)]
    pub fn new(runs: usize) -> LevelRunMerge {
        LevelRunMerge(external::Merge::new(runs))
    }

    pub fn hungry(&self) -> Option<usize> {
        self.0.hungry()
    }

    pub fn feed(&mut self, run: usize, bytes: &[u8], last: bool) -> Result<(), Error> {
        self.0.feed(run, bytes, last)
    }

    /// The next levels; none and nobody hungry at the end.
    pub fn read(&mut self) -> Result<Vec<u8>, Error> {
        levels::merged(&mut self.0, MERGED)
    }
}

/// Joins the blocks of a depth file in order.
#[wasm_bindgen]
pub struct BookMerge(merge::BookMerge);

#[wasm_bindgen]
impl BookMerge {
    #[wasm_bindgen(constructor)]
    pub fn new(wall_min_persist: u32) -> BookMerge {
        BookMerge(merge::BookMerge::new(wall_min_persist))
    }

    /// Adds the next block of a sorted file; answers the snapshots that are finished by it.
    pub fn push(&mut self, bytes: &[u8]) -> Result<BookColumns, Error> {
        self.0.push(&block::BookBlock::from_bytes(bytes)?).map(BookColumns)
    }

    /// What later snapshots depend on, as bytes.
    pub fn save(&self) -> Vec<u8> {
        self.0.save()
    }

    /// Goes on from saved bytes. Errors: `E_INPUT`.
    pub fn restore(wall_min_persist: u32, bytes: &[u8]) -> Result<BookMerge, Error> {
        merge::BookMerge::restore(wall_min_persist, bytes).map(BookMerge)
    }

    /// The last snapshot, once no block follows.
    pub fn finish(&mut self) -> BookColumns {
        BookColumns(self.0.finish())
    }

    /// `[snapshots, replaced, crossed, locked, one-sided]` of what has been finished.
    pub fn counts(&self) -> Vec<f64> {
        let c = self.0.counts;
        [c.snapshots, c.replaced, c.crossed, c.locked, c.one_sided].map(|n| n as f64).to_vec()
    }
}

/// The columns of `event::Books`, NaN for null.
#[wasm_bindgen]
pub struct BookColumns(Books);

#[wasm_bindgen]
impl BookColumns {
    pub fn ts(&self) -> BigInt64Array {
        self.0.ts.as_slice().into()
    }

    /// 1 where both sides have levels and the best bid is below the best ask.
    pub fn valid(&self) -> Uint8Array {
        self.0.valid.as_slice().into()
    }

    pub fn bid(&self) -> Float64Array {
        self.0.bid.as_slice().into()
    }

    pub fn ask(&self) -> Float64Array {
        self.0.ask.as_slice().into()
    }

    /// Where bid + ask lies on the grid: see `event::Books`.
    #[wasm_bindgen(js_name = midCode)]
    pub fn mid_code(&self) -> BigInt64Array {
        self.0.mid_code.as_slice().into()
    }

    pub fn obi(&self) -> Float64Array {
        self.0.obi.as_slice().into()
    }

    pub fn obi1(&self) -> Float64Array {
        self.0.obi1.as_slice().into()
    }

    #[wasm_bindgen(js_name = wallBidBps)]
    pub fn wall_bid_bps(&self) -> Float64Array {
        self.0.wall_bid_bps.as_slice().into()
    }

    #[wasm_bindgen(js_name = wallAskBps)]
    pub fn wall_ask_bps(&self) -> Float64Array {
        self.0.wall_ask_bps.as_slice().into()
    }

    #[wasm_bindgen(js_name = wallBidMult)]
    pub fn wall_bid_mult(&self) -> Float64Array {
        self.0.wall_bid_mult.as_slice().into()
    }

    #[wasm_bindgen(js_name = wallAskMult)]
    pub fn wall_ask_mult(&self) -> Float64Array {
        self.0.wall_ask_mult.as_slice().into()
    }

    #[wasm_bindgen(js_name = depthSpanBps)]
    pub fn depth_span_bps(&self) -> Float64Array {
        self.0.depth_span_bps.as_slice().into()
    }
}

/// Reads liquidations into runs that are sorted by `ts`.
#[wasm_bindgen]
#[derive(Default)]
pub struct LiquidationScan(liquidations::LiquidationScan, external::RunSort);

#[wasm_bindgen]
impl LiquidationScan {
    #[wasm_bindgen(constructor)]
    pub fn new() -> LiquidationScan {
        LiquidationScan::default()
    }

    /// Reads the next `len` bytes of a file of this dialect. Errors: `E_KERNEL` for the dialect.
    pub fn read(
        &mut self,
        dialect: &str,
        input: &BlockInput,
        len: usize,
    ) -> Result<LiquidationReport, Error> {
        let columns = liquidations::LiquidationColumns::new(dialect)?;
        Ok(LiquidationReport(self.0.read(&columns, input.block(len)?)))
    }

    /// Bytes of the run; what was read last is put into it.
    pub fn bytes(&mut self) -> usize {
        self.0.spill(&mut self.1);
        self.1.bytes()
    }

    pub fn take(&mut self) -> Vec<u8> {
        self.0.spill(&mut self.1);
        self.1.take()
    }
}

/// The liquidations of all runs in time order.
#[wasm_bindgen]
pub struct LiquidationMerge(liquidations::LiquidationMerge);

#[wasm_bindgen]
impl LiquidationMerge {
    /// `exact` is `liq_dedup=exact`.
    #[wasm_bindgen(constructor)]
    pub fn new(runs: usize, exact: bool) -> LiquidationMerge {
        LiquidationMerge(liquidations::LiquidationMerge::new(runs, exact))
    }

    pub fn hungry(&self) -> Option<usize> {
        self.0.hungry()
    }

    pub fn feed(&mut self, run: usize, bytes: &[u8], last: bool) -> Result<(), Error> {
        self.0.feed(run, bytes, last)
    }

    /// The next rows; none and nobody hungry at the end.
    pub fn read(&mut self) -> Result<LiquidationBlock, Error> {
        self.0.read(MERGED).map(LiquidationBlock)
    }

    /// The rows of the last stamp, as bytes for `goOn`.
    #[wasm_bindgen(js_name = lastRows)]
    pub fn last_rows(&self) -> Vec<u8> {
        self.0.last_rows()
    }

    /// Goes on behind an input that ended with these rows. Errors: `E_INPUT`.
    #[wasm_bindgen(js_name = goOn)]
    pub fn go_on(&mut self, last_rows: &[u8]) -> Result<(), Error> {
        self.0.go_on(last_rows)
    }

    /// Rows removed because an equal one had come before.
    pub fn duplicates(&self) -> f64 {
        self.0.duplicates as f64
    }
}

/// What one block of liquidations came to.
#[wasm_bindgen]
pub struct LiquidationReport(liquidations::LiquidationReport);

#[wasm_bindgen]
impl LiquidationReport {
    pub fn lines(&self) -> f64 {
        self.0.lines as f64
    }

    #[wasm_bindgen(js_name = badRows)]
    pub fn bad_rows(&self) -> RowReport {
        (&self.0.bad).into()
    }

    pub fn nonpositive(&self) -> RowReport {
        (&self.0.nonpositive).into()
    }

    /// Rows whose stamps are more than a minute apart.
    pub fn skewed(&self) -> RowReport {
        (&self.0.remarks.skewed).into()
    }

    /// `[stamps cut to the µs, rows of other symbols or streams]`.
    pub fn remarks(&self) -> Vec<f64> {
        vec![self.0.remarks.cut as f64, self.0.remarks.others as f64]
    }
}

/// The columns of `event::Liquidations`.
#[wasm_bindgen]
pub struct LiquidationBlock(Liquidations);

#[wasm_bindgen]
impl LiquidationBlock {
    pub fn ts(&self) -> BigInt64Array {
        self.0.ts.as_slice().into()
    }

    /// 1 where a long was closed by force, -1 a short.
    pub fn pos(&self) -> Int8Array {
        self.0.pos.as_slice().into()
    }

    /// price * qty in quote units.
    pub fn notional(&self) -> Float64Array {
        self.0.notional.as_slice().into()
    }

    pub fn rows(&self) -> usize {
        self.0.ts.len()
    }
}

// ---- audit: the future altered --------------------------------------------------------------------------

use crate::audit;

/// The snapshots of a block as bytes whose `ts` is in `from .. to`.
#[wasm_bindgen(js_name = booksWithin)]
pub fn books_within(bytes: &[u8], from: i64, to: i64) -> Result<Vec<u8>, Error> {
    Ok(audit::books_within(&block::BookBlock::from_bytes(bytes)?, from, to).to_bytes())
}

/// A block as bytes with random numbers in every snapshot at or after `from`.
#[wasm_bindgen(js_name = poisonBooks)]
pub fn poison_books(bytes: &[u8], from: i64, seed: u32) -> Result<Vec<u8>, Error> {
    Ok(audit::poison_books(&block::BookBlock::from_bytes(bytes)?, from, u64::from(seed)).to_bytes())
}

#[wasm_bindgen]
impl LiquidationBlock {
    /// Those whose `ts` is in `from .. to`.
    pub fn within(&self, from: i64, to: i64) -> LiquidationBlock {
        LiquidationBlock(audit::liquidations_within(&self.0, from, to))
    }

    /// With random sides and sizes at or after `from`.
    pub fn poisoned(&self, from: i64, seed: u32) -> LiquidationBlock {
        LiquidationBlock(audit::poison_liquidations(&self.0, from, u64::from(seed)))
    }
}

// ---- engine: events to feature rows -----------------------------------------------------------------------

use crate::event::Grid;
use crate::schema;
use crate::{engine, params};

/// The table of parameters as JSON: `[{name, default, kind, expected, unit, doc, section, set}]`; `set` is the
/// smallest feature set that a parameter belongs to.
#[wasm_bindgen(js_name = parametersJson)]
pub fn parameters_json() -> String {
    params::parameters_json()
}

/// The table of output columns as JSON: `[{name, type, nullable, measure, bounds, unit, nullWhen}]`; of the
/// feature set `core` unless another is named. Throws `E_USAGE`.
#[wasm_bindgen(js_name = columnsJson)]
pub fn columns_json(feature_set: Option<String>) -> Result<String, Error> {
    named(feature_set).map(schema::columns_json)
}

/// `core` where nothing is named.
fn named(feature_set: Option<String>) -> Result<schema::FeatureSet, Error> {
    feature_set.map_or(Ok(schema::FeatureSet::Core), |name| schema::FeatureSet::named(&name))
}

/// The values of all parameters, the defaults first.
#[wasm_bindgen]
#[derive(Default)]
pub struct Params(pub(crate) params::Params);

#[wasm_bindgen]
impl Params {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Params {
        Params::default()
    }

    /// Sets one parameter from its text; throws `E_USAGE` with the nearest name or what is expected.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), Error> {
        self.0.set(name, text)
    }

    /// `[name, text, name, text, …]` of every parameter of the feature set (`core` unless another is named), in
    /// the order of the table. Throws `E_USAGE`.
    pub fn entries(&self, feature_set: Option<String>) -> Result<Vec<String>, Error> {
        let entries = self.0.entries_of(named(feature_set)?);
        Ok(entries.flat_map(|(name, text)| [name.to_string(), text.to_string()]).collect())
    }
}

/// What an engine waits for.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum EngineStatus {
    NeedTrades = 0,
    NeedBooks = 1,
    NeedLiquidations = 2,
    RowsReady = 3,
    Done = 4,
}

/// The state machine from events to rows: `crate::engine::Engine` behind a handle.
#[wasm_bindgen]
pub struct Engine(engine::Engine);

#[wasm_bindgen]
impl Engine {
    /// `tick` and `lot` are decimal texts (of [`grid_step`]), `bucket_ticks` is the `g` of the footprint;
    /// `depth` and `liquidations` say whether there is such a file; the feature set is `core` unless another is
    /// named. Throws `E_USAGE`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        params: &Params,
        tick: &str,
        lot: &str,
        bucket_ticks: i64,
        depth: bool,
        liquidations: bool,
        feature_set: Option<String>,
    ) -> Result<Engine, Error> {
        let decimal = |text: &str| Decimal::parse(text.as_bytes()).unwrap_or(Decimal::ZERO);
        let (tick, lot) = (decimal(tick), decimal(lot));
        let grid = Grid { tick, lot, bucket_ticks, wall_bucket_ticks: bucket_ticks };
        let (streams, set) = (engine::Streams { depth, liquidations }, named(feature_set)?);
        Ok(Engine(engine::Engine::with_features(&params.0, &grid, streams, set)?))
    }

    /// Appends the trades of a block that is in this instance; the block is used up.
    #[wasm_bindgen(js_name = pushTradeBlock)]
    pub fn push_trade_block(&mut self, block: TradeBlock) -> Result<(), Error> {
        self.0.push_trades(block.0.trades)
    }

    /// Appends depth features that are in this instance; they are used up.
    #[wasm_bindgen(js_name = pushBookColumns)]
    pub fn push_book_columns(&mut self, columns: BookColumns) -> Result<(), Error> {
        self.0.push_books(columns.0)
    }

    /// Appends liquidations that are in this instance; they are used up.
    #[wasm_bindgen(js_name = pushLiquidationBlock)]
    pub fn push_liquidation_block(&mut self, block: LiquidationBlock) -> Result<(), Error> {
        self.0.push_liquidations(block.0)
    }

    /// Appends trades, copied in; throws `E_INPUT` when they do not continue the stream.
    #[wasm_bindgen(js_name = pushTrades)]
    pub fn push_trades(
        &mut self,
        ts: Vec<i64>,
        id: Vec<i64>,
        px_ticks: Vec<i64>,
        qty_lots: Vec<i64>,
        side: Vec<i8>,
    ) -> Result<(), Error> {
        self.0.push_trades(Trades { ts, id, px_ticks, qty_lots, side })
    }

    /// Appends depth features, copied in. `floats` holds nine columns one after the other: bid, ask, obi, obi1,
    /// wall_bid_bps, wall_ask_bps, wall_bid_mult, wall_ask_mult, depth_span_bps.
    #[wasm_bindgen(js_name = pushBooks)]
    pub fn push_books(
        &mut self,
        ts: Vec<i64>,
        valid: Vec<u8>,
        mid_code: Vec<i64>,
        floats: &[f64],
    ) -> Result<(), Error> {
        let n = ts.len();
        let column = |k: usize| floats.get(k * n..(k + 1) * n).unwrap_or_default().to_vec();
        let books = Books {
            ts,
            valid,
            mid_code,
            bid: column(0),
            ask: column(1),
            obi: column(2),
            obi1: column(3),
            wall_bid_bps: column(4),
            wall_ask_bps: column(5),
            wall_bid_mult: column(6),
            wall_ask_mult: column(7),
            depth_span_bps: column(8),
            detail: Vec::new(),
        };
        self.0.push_books(books)
    }

    /// Appends liquidations, copied in.
    #[wasm_bindgen(js_name = pushLiquidations)]
    pub fn push_liquidations(&mut self, ts: Vec<i64>, pos: Vec<i8>, notional: Vec<f64>) -> Result<(), Error> {
        self.0.push_liquidations(Liquidations { ts, pos, notional })
    }

    #[wasm_bindgen(js_name = endTrades)]
    pub fn end_trades(&mut self) {
        self.0.end_trades();
    }

    #[wasm_bindgen(js_name = endBooks)]
    pub fn end_books(&mut self) {
        self.0.end_books();
    }

    #[wasm_bindgen(js_name = endLiquidations)]
    pub fn end_liquidations(&mut self) {
        self.0.end_liquidations();
    }

    /// Promise of a live feed: every snapshot stamped before `ts` has been pushed.
    #[wasm_bindgen(js_name = booksKnownBefore)]
    pub fn books_known_before(&mut self, ts: i64) {
        self.0.books_known_before(ts);
    }

    /// The same promise for liquidations.
    #[wasm_bindgen(js_name = liquidationsKnownBefore)]
    pub fn liquidations_known_before(&mut self, ts: i64) {
        self.0.liquidations_known_before(ts);
    }

    /// Makes rows until `max_rows` wait or something is missing.
    pub fn run(&mut self, max_rows: usize) -> EngineStatus {
        match self.0.run(max_rows) {
            engine::Status::NeedTrades => EngineStatus::NeedTrades,
            engine::Status::NeedBooks => EngineStatus::NeedBooks,
            engine::Status::NeedLiquidations => EngineStatus::NeedLiquidations,
            engine::Status::RowsReady => EngineStatus::RowsReady,
            engine::Status::Done => EngineStatus::Done,
        }
    }

    /// How many rows wait.
    #[wasm_bindgen(getter)]
    pub fn rows(&self) -> usize {
        self.0.rows().len()
    }

    /// A copy of the waiting rows of one column (its place in `columnsJson`): BigInt64Array, Float64Array,
    /// Float32Array or Int8Array by its type; undefined beyond the last. Null is NaN or -2^63.
    pub fn column(&self, index: usize) -> JsValue {
        use schema::{Runs, Values, each_row};
        match self.0.column(index) {
            Some(Values::I64(values)) => js_sys::BigInt64Array::from(values).into(),
            Some(Values::F64(values)) => js_sys::Float64Array::from(values).into(),
            Some(Values::F32(values)) => js_sys::Float32Array::from(values).into(),
            Some(Values::I8(values)) => js_sys::Int8Array::from(values).into(),
            Some(Values::Runs(Runs::I64(runs))) => js_sys::BigInt64Array::from(&each_row(runs)[..]).into(),
            Some(Values::Runs(Runs::F64(runs))) => js_sys::Float64Array::from(&each_row(runs)[..]).into(),
            Some(Values::Runs(Runs::F32(runs))) => js_sys::Float32Array::from(&each_row(runs)[..]).into(),
            Some(Values::Runs(Runs::I8(runs))) => js_sys::Int8Array::from(&each_row(runs)[..]).into(),
            None => JsValue::UNDEFINED,
        }
    }

    /// Forgets the waiting rows, once their columns have been copied.
    #[wasm_bindgen(js_name = clearRows)]
    pub fn clear_rows(&mut self) {
        self.0.clear_rows();
    }

    /// How many of the last snapshots no row has seen.
    #[wasm_bindgen(js_name = unseenBooks)]
    pub fn unseen_books(&self) -> usize {
        self.0.unseen_books()
    }

    /// Takes the last snapshots back, as many of the unseen ones.
    #[wasm_bindgen(js_name = withdrawBooks)]
    pub fn withdraw_books(&mut self, count: usize) {
        self.0.withdraw_books(count);
    }

    /// All that later rows depend on; throws `E_USAGE` while rows wait.
    pub fn save(&self) -> Result<Vec<u8>, Error> {
        self.0.save()
    }

    /// The feature set of the rows: that of the state where it was restored.
    #[wasm_bindgen(getter, js_name = featureSet)]
    pub fn feature_set(&self) -> String {
        self.0.feature_set().name().to_string()
    }

    /// Goes on from saved bytes, with their feature set; throws `E_INPUT` when they are damaged or of another
    /// version, `E_USAGE` when a parameter is not what it was. The ends of the streams are to be said again.
    pub fn restore(params: &Params, bytes: &[u8]) -> Result<Engine, Error> {
        engine::Engine::restore(&params.0, bytes).map(Engine)
    }

    /// The counts so far, as a JSON object.
    #[wasm_bindgen(js_name = countersJson)]
    pub fn counters_json(&self) -> String {
        self.0.counters().json()
    }
}

// ---- parquet: row groups and their splicing ---------------------------------------------------------------

use crate::parquet;

/// Encodes one row group after the other.
#[wasm_bindgen]
pub struct RowGroupEncoder {
    encoder: parquet::RowGroupEncoder,
    group: parquet::RowGroup,
    part: Vec<u8>,
    fingerprints: Vec<u64>,
}

#[wasm_bindgen]
impl RowGroupEncoder {
    /// `compression`: lz4, snappy or none; the columns are those of the feature set, `core` unless another is
    /// named.
    #[wasm_bindgen(constructor)]
    pub fn new(compression: &str, feature_set: Option<String>) -> Result<RowGroupEncoder, Error> {
        let columns = named(feature_set)?.columns();
        let encoder = parquet::RowGroupEncoder::new(columns, parquet::compression(compression)?);
        let group = parquet::RowGroup::new(columns);
        Ok(RowGroupEncoder { encoder, group, part: Vec::new(), fingerprints: Vec::new() })
    }

    /// Where `rows` values of this column of the table go; to be filled before the next call.
    pub fn room(&mut self, column: usize, rows: usize) -> *mut u8 {
        self.group.room(column, rows).unwrap_or(std::ptr::null_mut())
    }

    /// The same for a column of so many runs, at least one: value and number of rows (u32) in the layout of C.
    #[wasm_bindgen(js_name = roomForRuns)]
    pub fn room_for_runs(&mut self, column: usize, runs: usize) -> *mut u8 {
        self.group.room_for_runs(column, runs).unwrap_or(std::ptr::null_mut())
    }

    /// Encodes the rows that have been filled in; see `part`.
    pub fn encode(&mut self) -> Result<(), Error> {
        self.fingerprints = self.encoder.encode(&self.group.values(), &mut self.part)?;
        Ok(())
    }

    /// `encode` of the rows that wait in an engine of this instance, without a copy.
    #[wasm_bindgen(js_name = encodeWaiting)]
    pub fn encode_waiting(&mut self, engine: &Engine) -> Result<(), Error> {
        self.fingerprints = self.encoder.encode(&engine.0.columns(), &mut self.part)?;
        Ok(())
    }

    /// Where the last encoded group is, to be copied before the next call, and its bytes: its column chunks, what is
    /// noted of them, and how many bytes that is (u32).
    pub fn part(&self) -> Vec<u32> {
        vec![self.part.as_ptr() as usize as u32, self.part.len() as u32]
    }

    /// A fingerprint of the values and nulls of each column of the last encoded group.
    pub fn fingerprints(&self) -> Vec<u64> {
        self.fingerprints.clone()
    }
}

#[wasm_bindgen]
impl Engine {
    /// Where the columns of the waiting rows are, to be copied before the next call: of each the address, the bytes,
    /// and the number of its runs, 0 where it has a value a row.
    #[wasm_bindgen(js_name = columnMemory)]
    pub fn column_memory(&self) -> Vec<u32> {
        let memory = self.0.columns().into_iter().map(|values| values.memory());
        memory.flat_map(|m| [m.start as usize as u32, m.bytes as u32, m.runs as u32]).collect()
    }
}

/// The fingerprints of columns whose last `rows` have those of `part`, and what is before them those of `before`.
#[wasm_bindgen(js_name = joinFingerprints)]
pub fn join_fingerprints(before: &[u64], part: &[u64], rows: f64) -> Vec<u64> {
    before.iter().zip(part).map(|(before, part)| parquet::joined(*before, *part, rows as u64)).collect()
}

/// Writes the footer of a file that is joined from encoded row groups.
#[wasm_bindgen]
pub struct Splicer(parquet::Splicer);

#[wasm_bindgen]
impl Splicer {
    /// The feature set is `core` unless another is named.
    #[wasm_bindgen(constructor)]
    pub fn new(feature_set: Option<String>) -> Result<Splicer, Error> {
        Ok(Splicer(parquet::Splicer::new(named(feature_set)?.columns())))
    }

    /// Takes what is noted of the next part.
    pub fn append(&mut self, notes: &[u8]) -> Result<(), Error> {
        self.0.append(notes)
    }

    /// The end of the file, with key-value metadata in this order. The splicer is used up.
    pub fn finish(self, keys: Vec<String>, values: Vec<String>) -> Vec<u8> {
        self.0.finish(&keys.into_iter().zip(values).collect::<Vec<_>>())
    }
}

/// Rows of every row group but the last.
#[wasm_bindgen(js_name = rowsPerGroup)]
pub fn rows_per_group() -> usize {
    parquet::ROWS_PER_GROUP
}
// ---- Formulas ----------------------------------------------------------------------------------
// A population is a packed `Uint32Array` (see `gp::program`); errors are usage errors of the caller.

use crate::gp::random::Draw;
use crate::gp::{
    eval, fingerprint, grow, op, pointwise, program, reference, refine, shard, simplify, text, vary,
};
use crate::{label, score};

/// The table of operators, the kinds and the variations, as JSON
/// `{operators: [{code, name, sign, arity, minWindow, commutative, default, cost, kinds, meaning, nulls}],
/// kinds: [name], variations: [{name, parents}], sums: [name], tileRows, maxWindow}`.
#[wasm_bindgen(js_name = formulaTable)]
pub fn formula_table() -> String {
    let names = |names: Vec<&str>| names.iter().map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(",");
    let variations =
        vary::VARIATIONS.map(|(_, name, parents)| format!("{{\"name\":\"{name}\",\"parents\":{parents}}}"));
    format!(
        "{{\"operators\":{},\"kinds\":[{}],\"variations\":[{}],\"sums\":[{}],\"tileRows\":{},\"maxWindow\":{}}}",
        op::table_json(),
        names(op::KINDS[..5].iter().map(|k| k.1).collect()),
        variations.join(","),
        names(score::SUMS.to_vec()),
        pointwise::TILE,
        op::MAX_WINDOW
    )
}

/// The packed programs of `texts` over the named columns. Fails at the first text that does not parse.
#[wasm_bindgen(js_name = parseFormulas)]
pub fn parse_formulas(texts: Vec<String>, columns: Vec<String>) -> Result<Vec<u32>, JsValue> {
    let programs = texts.iter().map(|t| text::parse(t, &columns)).collect::<Result<Vec<_>, Error>>()?;
    Ok(program::encode(&programs))
}

/// The text of each program.
#[wasm_bindgen(js_name = printFormulas)]
pub fn print_formulas(programs: &[u32], columns: Vec<String>) -> Result<Vec<String>, JsValue> {
    let programs = program::decode(programs, columns.len())?;
    Ok(programs.iter().map(|p| text::print(p, &columns)).collect())
}

/// The simplified programs, in the same order.
#[wasm_bindgen(js_name = simplifyFormulas)]
pub fn simplify_formulas(programs: &[u32], columns: usize) -> Result<Vec<u32>, JsValue> {
    let programs = program::decode(programs, columns)?;
    Ok(program::encode(&programs.iter().map(simplify::simplify).collect::<Vec<_>>()))
}

/// Of each program `[nodes, depth, look-back in rows, cost in additions]`.
#[wasm_bindgen(js_name = measureFormulas)]
pub fn measure_formulas(programs: &[u32], columns: usize) -> Result<Vec<f64>, JsValue> {
    let programs = program::decode(programs, columns)?;
    let measures =
        |p: &program::Program| [p.len() as f64, p.depth() as f64, p.look_back() as f64, f64::from(p.cost())];
    Ok(programs.iter().flat_map(measures).collect())
}

/// Rows that a shard must hold before its first scored tile for these programs (a multiple of `tileRows`),
/// unless it starts at row 0.
#[wasm_bindgen(js_name = haloRows)]
pub fn halo_rows(programs: &[u32], columns: usize) -> Result<usize, JsValue> {
    Ok(eval::halo(&program::decode(programs, columns)?))
}

/// The values of one program in f64, from its definition: NaN is null. `columns` holds `count` columns of
/// equal length one after the other, of one symbol. When they do not start at the symbol's first row, the
/// first `look-back` results are to be dropped.
#[wasm_bindgen(js_name = evaluateExactly)]
pub fn evaluate_exactly(packed: &[u32], columns: &[f64], count: usize) -> Result<Vec<f64>, JsValue> {
    if count == 0 || !columns.len().is_multiple_of(count) {
        return Err(Error::usage(format!(
            "columns: expected a multiple of {count} values, got {}",
            columns.len()
        ))
        .into());
    }
    let programs = program::decode(packed, count)?;
    let [one] = programs.as_slice() else {
        return Err(Error::usage(format!("programs: expected one, got {}", programs.len())).into());
    };
    let rows = columns.len() / count;
    let slices: Vec<&[f64]> = (0..count).map(|c| &columns[c * rows..(c + 1) * rows]).collect();
    Ok(reference::evaluate(one, &slices))
}

/// A table whose rows have no order: formulas are refined and grown over it.
#[wasm_bindgen]
pub struct Regression {
    table: refine::Table,
    library: grow::Library,
    links: Vec<grow::Link>,
}

/// Programs and what they are worth: of each `[loss, coverage, then the loss of each block]`, NaN for one that
/// says nothing.
#[wasm_bindgen]
pub struct Refinement {
    programs: Vec<u32>,
    figures: Vec<f64>,
}

#[wasm_bindgen]
impl Refinement {
    /// Packed, in the order of the tasks.
    pub fn programs(&self) -> Vec<u32> {
        self.programs.clone()
    }

    pub fn figures(&self) -> Vec<f64> {
        self.figures.clone()
    }
}

impl Regression {
    fn collect(
        &self,
        programs: Vec<program::Program>,
        refine: impl Fn(&program::Program) -> Option<refine::Refined>,
    ) -> Refinement {
        let mut out = Refinement { programs: Vec::new(), figures: Vec::new() };
        let refined = programs.iter().map(|p| {
            let found = refine(p);
            match &found {
                Some(r) => out.figures.extend([r.loss, r.coverage].iter().chain(&r.blocks)),
                None => out.figures.extend(vec![f64::NAN; 2 + self.table.blocks]),
            }
            found.map_or_else(|| p.clone(), |r| r.program)
        });
        let refined: Vec<_> = refined.collect();
        out.programs = program::encode(&refined);
        out
    }
}

#[wasm_bindgen]
impl Regression {
    /// Columns one after the other, each as long as the target, which is less its `mean`; row i is of block i mod
    /// `blocks`. `operators` are the codes of those that new formulas may use.
    #[wasm_bindgen(constructor)]
    pub fn new(
        columns: &[f64],
        target: &[f64],
        mean: f64,
        blocks: usize,
        operators: &[u8],
    ) -> Result<Regression, JsValue> {
        let table = refine::Table::new(columns, target, mean, blocks)?;
        let operators: Vec<op::Op> = operators.iter().filter_map(|&code| op::Op::from_code(code)).collect();
        let links = grow::Link::among(&operators);
        Ok(Regression { table, library: grow::Library::default(), links })
    }

    /// The terms that formulas grow by.
    #[wasm_bindgen(js_name = setLibrary)]
    pub fn set_library(&mut self, terms: &[u32]) -> Result<(), JsValue> {
        let terms = program::decode(terms, self.table.columns.len())?;
        self.library = grow::Library::new(&self.table, &terms);
        Ok(())
    }

    /// Refines packed programs by at most `steps` steps each on some hundred rows; a term must be worth `price` a
    /// node. Those to which `grown` gives a size, in nodes, get a term of the library first; with 2^16 added, they give
    /// way to a new formula that links terms of it. What is drawn depends on (seed, generation, first + place).
    #[allow(clippy::too_many_arguments)] // One flat call a batch.
    pub fn refine(
        &self,
        programs: &[u32],
        grown: &[u32],
        steps: usize,
        price: f64,
        seed: f64,
        generation: f64,
        first: f64,
    ) -> Result<Refinement, JsValue> {
        let mut programs = program::decode(programs, self.table.columns.len())?;
        for (i, p) in programs.iter_mut().enumerate() {
            if let Some(&most) = grown.get(i).filter(|&&g| g != 0) {
                let individual = first as u64 + i as u64;
                let mut draw = Draw::new(seed as u64, generation as u64, individual, grow::PURPOSE);
                let size = (most & 0xffff) as usize;
                if most >> 16 == 0 {
                    *p = self.library.grow(&self.table, p, size, &mut draw);
                } else if let Some(linked) = self.library.link(&self.table, &self.links, size, &mut draw) {
                    *p = linked;
                }
            }
        }
        let effort = self.table.effort(steps, price, generation as u64);
        Ok(self.collect(programs, |p| self.table.refine(p, effort)))
    }

    /// Refines to the end and writes constants as short as they may be.
    pub fn polish(&self, programs: &[u32], steps: usize, price: f64) -> Result<Refinement, JsValue> {
        let programs = program::decode(programs, self.table.columns.len())?;
        let effort = refine::Effort { steps, price, from: 0, rows: self.table.rows() };
        Ok(self.collect(programs, |p| self.table.polish(p, effort)))
    }
}

/// Programs made ready to be evaluated on any number of shards, subtrees that they share only once.
#[wasm_bindgen]
pub struct Population {
    programs: eval::Population,
    computed: f64,
}

#[wasm_bindgen]
impl Population {
    /// Packed programs over `columns` columns.
    #[wasm_bindgen(constructor)]
    pub fn new(programs: &[u32], columns: usize) -> Result<Population, JsValue> {
        let programs = program::decode(programs, columns)?;
        Ok(Population { programs: eval::Population::new(&programs, columns, true), computed: 0.0 })
    }

    /// Operators of all programs.
    #[wasm_bindgen(getter)]
    pub fn operators(&self) -> usize {
        self.programs.operators
    }

    /// Operators that are computed.
    #[wasm_bindgen(getter)]
    pub fn distinct(&self) -> usize {
        self.programs.distinct
    }

    /// Node-rows computed so far: distinct values, leaves included, times rows.
    #[wasm_bindgen(getter)]
    pub fn computed(&self) -> f64 {
        self.computed
    }
}

/// A range of rows of one symbol, kept in this instance: copy the columns in once, then evaluate.
#[wasm_bindgen]
pub struct Shard(shard::Shard);

#[wasm_bindgen]
impl Shard {
    /// `first_row` counts from the symbol's first row and is a multiple of `tileRows`. Columns start null.
    #[wasm_bindgen(constructor)]
    pub fn new(first_row: usize, rows: usize, columns: usize) -> Result<Shard, JsValue> {
        Ok(Shard(shard::Shard::new(first_row, rows, columns)?))
    }

    /// Column `at`, one value a row; NaN is null.
    #[wasm_bindgen(js_name = setColumn)]
    pub fn set_column(&mut self, at: usize, values: &[f32]) -> Result<(), JsValue> {
        Ok(self.0.set_column(at, values)?)
    }

    /// Target and weight of each row; a row is scored where both are finite and the weight is positive.
    /// Forgets the portfolio.
    #[wasm_bindgen(js_name = setTarget)]
    pub fn set_target(&mut self, target: &[f32], weight: &[f32]) -> Result<(), JsValue> {
        Ok(self.0.set_target(target, weight)?)
    }

    /// The block of each tile, from 0 within the shard; 0xffffffff for a tile that is not scored.
    #[wasm_bindgen(js_name = setBlocks)]
    pub fn set_blocks(&mut self, block_of_tile: &[u32]) -> Result<(), JsValue> {
        Ok(self.0.set_blocks(block_of_tile)?)
    }

    /// The portfolio: its formulas are evaluated here and kept as `(f - mean) * scale`, 0 where null.
    #[wasm_bindgen(js_name = setPortfolio)]
    pub fn set_portfolio(&mut self, programs: &[u32], means: &[f32], scales: &[f32]) -> Result<(), JsValue> {
        let programs = program::decode(programs, self.0.columns.len())?;
        Ok(score::set_members(&mut self.0, &programs, means, scales)?)
    }

    /// What the portfolio leaves of the target, r - Σ b_k g_k: one coefficient a member.
    #[wasm_bindgen(js_name = setRest)]
    pub fn set_rest(&mut self, coefficients: &[f32]) -> Result<(), JsValue> {
        Ok(score::set_rest(&mut self.0, coefficients)?)
    }

    /// Block sums `[program][block][sums, then Σ w f g_k, then Σ w g_k]`; one pivot a program. `against` is what formulas
    /// are held against: `target`, `rest` (what the portfolio leaves of it) or `members` (the g_k only then). `stages`
    /// says which stage of a race a tile belongs to, by its absolute number modulo their length; the tiles of stages
    /// `from` up to but not `to` count, and the sums of each are added up in their order.
    pub fn evaluate(
        &self,
        population: &mut Population,
        pivots: &[f32],
        against: &str,
        stages: &[u32],
        from: usize,
        to: usize,
    ) -> Result<Vec<f64>, JsValue> {
        let stages = score::Stages(stages);
        let against = score::Against::named(against)?;
        let request = score::Request { pivots, against, stages, wanted: from..to };
        let (sums, computed) = score::evaluate(&population.programs, &self.0, &request)?;
        population.computed += computed as f64;
        Ok(sums)
    }

    /// The search's f32 values of each program, one column after the other, NaN for null. Rows of the halo
    /// that the programs need are NaN.
    pub fn values(&self, programs: &[u32]) -> Result<Vec<f32>, JsValue> {
        let programs = program::decode(programs, self.0.columns.len())?;
        Ok(eval::columns(&programs, &self.0)?)
    }

    /// Of each program `[key low, key high, mean, deviation, coverage]` on this shard as a sample: equal keys
    /// mean equal values up to offset, scale and sign; key 0 is constant or empty.
    pub fn fingerprints(&self, programs: &[u32]) -> Result<Vec<f64>, JsValue> {
        let programs = program::decode(programs, self.0.columns.len())?;
        let print = |f: fingerprint::Fingerprint| {
            [f64::from(f.key as u32), f64::from((f.key >> 32) as u32), f.mean, f.deviation, f.coverage]
        };
        Ok(fingerprint::fingerprints(&programs, &self.0)?.into_iter().flat_map(print).collect())
    }
}

/// Room for the values of a few programs, kept in this instance and used again.
#[wasm_bindgen]
pub struct Values {
    rows: usize,
    values: Vec<f32>,
}

#[wasm_bindgen]
impl Values {
    /// Room for `programs` columns of `rows` rows.
    #[wasm_bindgen(constructor)]
    pub fn new(programs: usize, rows: usize) -> Result<Values, JsValue> {
        match programs.checked_mul(rows).filter(|&n| n <= 1 << 28) {
            Some(n) => Ok(Values { rows, values: vec![f32::NAN; n] }),
            None => {
                Err(Error::usage(format!("values: expected at most 2^28, got {programs} times {rows}"))
                    .into())
            }
        }
    }

    /// Evaluates as many programs as there is room for; without `share` each computes all of its own subtrees.
    pub fn evaluate(&mut self, shard: &Shard, programs: &[u32], share: bool) -> Result<(), JsValue> {
        let programs = program::decode(programs, shard.0.columns.len())?;
        Ok(eval::columns_into(&programs, share, &shard.0, &mut self.values)?)
    }

    /// A copy of the values of program `at`, NaN for null.
    pub fn column(&self, at: usize) -> Vec<f32> {
        self.values.chunks(self.rows.max(1)).nth(at).unwrap_or(&[]).to_vec()
    }
}

/// Labels of the rows of one symbol: first how far each looks, then what it says.
#[wasm_bindgen]
pub struct Labels {
    ends: Vec<u32>,
}

#[wasm_bindgen]
impl Labels {
    /// `ts` in µs, not decreasing; `horizon` in the unit `us`, `trades` or `bars` (minutes). A label that would
    /// cross a hole of more than `gap_reset_min` whole minutes, or the end of the data, does not exist.
    #[wasm_bindgen(constructor)]
    pub fn new(ts: &[i64], unit: &str, horizon: f64, gap_reset_min: u32) -> Result<Labels, JsValue> {
        if !(1.0..=1e15).contains(&horizon) {
            return Err(Error::usage(format!("horizon: expected 1 to 1e15, got {horizon}")).into());
        }
        let horizon = match unit {
            "us" => label::Horizon::Micros(horizon as i64),
            "trades" => label::Horizon::Trades(horizon as usize),
            "bars" => label::Horizon::Bars(horizon as i64),
            _ => return Err(Error::usage(format!("horizon: expected us, trades or bars, got {unit}")).into()),
        };
        Ok(Labels { ends: label::horizon_ends(ts, horizon, i64::from(gap_reset_min)) })
    }

    /// The log return of each row over its span, NaN for none.
    pub fn returns(&self, price: &[f64]) -> Result<Vec<f64>, JsValue> {
        self.require_rows(price)?;
        Ok(label::forward_returns(price, &self.ends))
    }

    /// 1, 0 or -1: the log return above, within or below the dead band; NaN for none.
    pub fn directions(&self, price: &[f64], band: f64) -> Result<Vec<f64>, JsValue> {
        Ok(label::directions(&self.returns(price)?, band))
    }

    /// 1, -1 or 0: which barrier (log returns from the row's price) is touched first, 0 for neither; NaN for none.
    /// Spans end at their touch afterwards.
    pub fn barriers(&mut self, price: &[f64], up: f64, down: f64) -> Result<Vec<f64>, JsValue> {
        self.require_rows(price)?;
        Ok(label::touch_barriers(price, up, down, &mut self.ends))
    }

    /// The last row of each label's span, 0xffffffff for none.
    #[wasm_bindgen(js_name = endRows)]
    pub fn end_rows(&self) -> Vec<u32> {
        self.ends.clone()
    }

    fn require_rows(&self, price: &[f64]) -> Result<(), JsValue> {
        if price.len() == self.ends.len() {
            return Ok(());
        }
        Err(Error::usage(format!("price: expected {} rows, got {}", self.ends.len(), price.len())).into())
    }
}

/// The average uniqueness of each label given the last row of its span (0xffffffff: no label, 0): its weight.
/// The sum is the effective number of observations.
#[wasm_bindgen]
pub fn uniqueness(end_rows: &[u32]) -> Vec<f64> {
    label::uniqueness(end_rows)
}

/// What generated formulas may be made of.
#[wasm_bindgen]
pub struct Vocabulary(vary::Vocabulary);

#[wasm_bindgen]
impl Vocabulary {
    /// `kinds` has the code of each column's kind (its place in the table's `kinds`), `terminals` the columns to
    /// draw from, `operators` codes, `windows` rows.
    #[wasm_bindgen(constructor)]
    pub fn new(
        kinds: &[u8],
        terminals: Vec<u32>,
        operators: &[u8],
        windows: Vec<u16>,
        max_nodes: usize,
        max_depth: usize,
    ) -> Result<Vocabulary, JsValue> {
        let kind = |&k: &u8| {
            op::KINDS[..5]
                .get(k as usize)
                .map(|k| k.0)
                .ok_or_else(|| Error::usage(format!("kinds: expected 0 to 4, got {k}")))
        };
        let operator = |&c: &u8| {
            op::Op::from_code(c)
                .ok_or_else(|| Error::usage(format!("operators: expected a code of the table, got {c}")))
        };
        let vocabulary = vary::Vocabulary {
            kinds: kinds.iter().map(kind).collect::<Result<_, Error>>()?,
            terminals,
            operators: operators.iter().map(operator).collect::<Result<_, Error>>()?,
            windows,
            max_nodes,
            max_depth,
        };
        vocabulary.check()?;
        Ok(Vocabulary(vocabulary))
    }

    /// New formulas: `tasks` holds for each `[variation, first parent, second parent]`, parents by their place in
    /// `parents` (ignored where the variation takes none). The i-th is individual `first + i` of the generation.
    pub fn vary(
        &self,
        parents: &[u32],
        tasks: &[u32],
        seed: f64,
        generation: u32,
        first: u32,
    ) -> Result<Vec<u32>, JsValue> {
        let parents = program::decode(parents, self.0.kinds.len())?;
        Ok(program::encode(&vary::vary_all(
            &self.0,
            &parents,
            tasks,
            seed as u64,
            u64::from(generation),
            u64::from(first),
        )?))
    }

    /// The code of the kind of each program's value: its place in the table's `kinds`; 5 for a product of unlike
    /// kinds, 6 for a number, 255 where unlike kinds are added or compared.
    pub fn kinds(&self, programs: &[u32]) -> Result<Vec<u8>, JsValue> {
        let programs = program::decode(programs, self.0.kinds.len())?;
        Ok(programs.iter().map(|p| self.0.kind(p).map_or(255, |k| k as u8)).collect())
    }

    /// Whether each program keeps to the kinds (people's formulas need not).
    pub fn typed(&self, programs: &[u32]) -> Result<Vec<u8>, JsValue> {
        let programs = program::decode(programs, self.0.kinds.len())?;
        Ok(programs.iter().map(|p| u8::from(self.0.kind(p).is_some())).collect())
    }
}

// ---- trees: gradient boosting over shards of rows ------------------------------------------------------------

use crate::trees::{bins, forest, settings, split, trainer};

/// Room for the values of a column, to be written where it lies.
#[wasm_bindgen]
pub struct ColumnValues(Vec<f64>);

#[wasm_bindgen]
impl ColumnValues {
    #[wasm_bindgen(constructor)]
    pub fn new(rows: usize) -> ColumnValues {
        ColumnValues(vec![0.0; rows])
    }

    /// Where the values lie, in bytes; NaN is null.
    pub fn pointer(&self) -> usize {
        self.0.as_ptr() as usize
    }

    /// The first `train` values decide the borders of at most `max` bins. `stream` is the column's number.
    pub fn bin(self, train: usize, max: usize, seed: f64, stream: u32) -> BinnedColumn {
        let known = &self.0[..train.min(self.0.len())];
        let bins = bins::Bins::new(known, max, seed as u64, u64::from(stream));
        let codes = bins.encode(&self.0);
        BinnedColumn { bins, codes }
    }
}

/// A column cut into bins, and the codes of its values.
#[wasm_bindgen]
pub struct BinnedColumn {
    bins: bins::Bins,
    codes: Vec<u8>,
}

#[wasm_bindgen]
impl BinnedColumn {
    /// The greatest number of each bin but the last.
    pub fn upper(&self) -> Vec<f64> {
        self.bins.upper.clone()
    }

    /// Whether a training value is null.
    pub fn nulls(&self) -> bool {
        self.bins.nulls
    }

    /// Least and greatest training value, infinite ones as the greatest finite numbers; empty: all are null.
    pub fn range(&self) -> Vec<f64> {
        self.bins.range.map_or(Vec::new(), |(low, high)| vec![low, high])
    }

    /// Where the code of each value lies: its bin, or the number of bins for null.
    #[wasm_bindgen(js_name = codesPointer)]
    pub fn codes_pointer(&self) -> usize {
        self.codes.as_ptr() as usize
    }
}

/// What a training is told; see the fields of the same names in TypeScript.
#[wasm_bindgen]
pub struct TreesSettings(settings::Settings);

#[wasm_bindgen]
impl TreesSettings {
    /// `numbers` are rounds, leaves, rate, minRows, minHessian, minGain, earlyStop, rowSample, columnSample, l2, seed.
    #[wasm_bindgen(constructor)]
    pub fn new(
        loss: &str,
        outputs: usize,
        numbers: &[f64],
        monotone: Vec<i8>,
    ) -> Result<TreesSettings, JsValue> {
        let &[
            rounds,
            leaves,
            rate,
            min_rows,
            min_hessian,
            min_gain,
            stop,
            row_sample,
            column_sample,
            l2,
            seed,
        ] = numbers
        else {
            return Err(Error::usage(format!("settings: expected 11 numbers, got {}", numbers.len())).into());
        };
        Ok(TreesSettings(settings::Settings {
            loss: settings::Loss::named(loss)?,
            outputs,
            rounds: rounds as usize,
            leaves: leaves as usize,
            rate,
            min_rows: min_rows as usize,
            min_hessian,
            min_gain,
            early_stop: stop as usize,
            row_sample,
            column_sample,
            l2,
            monotone,
            seed: seed as u64,
        }))
    }

    /// Refuses what cannot be for so many columns.
    pub fn check(&self, columns: usize) -> Result<(), JsValue> {
        Ok(self.0.check(columns)?)
    }
}

/// The rows of one kind that a shard holds.
#[wasm_bindgen]
pub struct TreesRows(trainer::Part);

#[wasm_bindgen]
impl TreesRows {
    /// Room for `rows` rows of `columns` columns, to be written where it lies. `first` is the place of the shard's
    /// first row among all of its kind, of which there are `all_rows`; `all_weight` is the sum of all weights. Not
    /// `weighted` (in all shards): each weighs 1.
    #[wasm_bindgen(constructor)]
    pub fn new(
        rows: usize,
        columns: usize,
        weighted: bool,
        first: f64,
        all_rows: f64,
        all_weight: f64,
    ) -> TreesRows {
        TreesRows(trainer::Part {
            codes: vec![0; rows * columns],
            target: vec![0.0; rows],
            weighted,
            weight: vec![0.0; if weighted { rows } else { 0 }],
            first: first as u64,
            all_rows: all_rows as u64,
            all_weight,
        })
    }

    /// Where the codes lie, in bytes: by column, one column after the other.
    #[wasm_bindgen(js_name = codesPointer)]
    pub fn codes_pointer(&self) -> usize {
        self.0.codes.as_ptr() as usize
    }

    #[wasm_bindgen(js_name = targetPointer)]
    pub fn target_pointer(&self) -> usize {
        self.0.target.as_ptr() as usize
    }

    #[wasm_bindgen(js_name = weightPointer)]
    pub fn weight_pointer(&self) -> usize {
        self.0.weight.as_ptr() as usize
    }
}

/// One shard of a training: `advance` works up to its next message; when every shard has every other's, on.
#[wasm_bindgen]
pub struct TreesTrainer(trainer::Trainer);

#[wasm_bindgen]
impl TreesTrainer {
    /// By column the bins of its numbers and whether it has nulls; `bias` by output.
    #[wasm_bindgen(constructor)]
    pub fn new(
        settings: TreesSettings,
        bins: &[u32],
        nulls: &[u8],
        bias: Vec<f64>,
        shard: usize,
        shards: usize,
        train: TreesRows,
        validation: TreesRows,
    ) -> Result<TreesTrainer, JsValue> {
        let monotone = |c: usize| settings.0.monotone.get(c).copied().unwrap_or(0);
        let columns = bins.iter().zip(nulls).enumerate().map(|(c, (&numbers, &nulls))| split::SplitColumn {
            numbers: (numbers as usize).clamp(1, bins::MAX_BINS),
            nulls: nulls != 0,
            monotone: monotone(c),
        });
        let columns = columns.collect();
        let place = (shard, shards);
        Ok(TreesTrainer(trainer::Trainer::new(settings.0, columns, bias, place, train.0, validation.0)?))
    }

    /// Works up to the next message; false when the training is over.
    pub fn advance(&mut self) -> bool {
        self.0.advance()
    }

    /// Where the message lies, in bytes, and its words. Copy it before the next call.
    #[wasm_bindgen(js_name = messagePointer)]
    pub fn message_pointer(&self) -> usize {
        self.0.message().as_ptr() as usize
    }

    #[wasm_bindgen(js_name = messageWords)]
    pub fn message_words(&self) -> usize {
        self.0.message().len()
    }

    /// First word, and the one behind the last, that this shard needs of another's message of so many words.
    pub fn wanted(&self, words: usize) -> Vec<u32> {
        let range = self.0.wanted(words);
        vec![range.start as u32, range.end as u32]
    }

    /// Takes the wanted words of another shard's message.
    pub fn receive(&mut self, from: usize, words: &[f64]) -> Result<(), JsValue> {
        Ok(self.0.receive(from, words)?)
    }

    /// Rounds whose losses are known.
    pub fn rounds(&self) -> usize {
        self.0.history().len()
    }

    /// Training and validation loss of round `round` (from 1).
    pub fn losses(&self, round: usize) -> Vec<f64> {
        round.checked_sub(1).and_then(|r| self.0.history().get(r)).map_or(Vec::new(), |l| l.to_vec())
    }

    #[wasm_bindgen(js_name = bestRound)]
    pub fn best_round(&self) -> usize {
        self.0.best_round()
    }

    /// The trees, one after the other: the count of nodes, nine numbers a node, three a leaf.
    pub fn trees(&self) -> Vec<f64> {
        let mut packed = Vec::new();
        self.0.trees().iter().for_each(|tree| tree.pack(&mut packed));
        packed
    }
}

/// A model that answers.
#[wasm_bindgen]
pub struct Forest(forest::Forest);

#[wasm_bindgen]
impl Forest {
    /// `packed` holds of each tree the count of its nodes, five numbers a node (column, threshold, nulls left,
    /// left, right) and the value of each leaf.
    #[wasm_bindgen(constructor)]
    pub fn new(loss: &str, columns: usize, bias: Vec<f64>, packed: &[f64]) -> Result<Forest, JsValue> {
        Ok(Forest(forest::Forest::new(settings::Loss::named(loss)?, columns, bias, packed)?))
    }

    /// Scores (raw) or answers by row; `values` are columns of equal length one after the other, NaN for null.
    pub fn predict(&self, values: &[f64], raw: bool) -> Result<Vec<f64>, JsValue> {
        Ok(self.0.predict(values, raw)?)
    }
}
