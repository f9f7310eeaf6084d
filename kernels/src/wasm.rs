//! What JavaScript sees: exports of a few lines that call plain Rust. The only file that knows WASM exists.

use crate::error::Error;
use crate::parquet;
use crate::schema::COLUMNS;
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

// ---- Parquet: row groups and their splicing ----

/// Encodes one row group after the other into Parquet files of one row group.
#[wasm_bindgen]
pub struct RowGroupEncoder {
    encoder: parquet::RowGroupEncoder,
    group: parquet::RowGroup,
}

#[wasm_bindgen]
impl RowGroupEncoder {
    /// `compression`: lz4, snappy or none.
    #[wasm_bindgen(constructor)]
    pub fn new(compression: &str) -> Result<RowGroupEncoder, Error> {
        let encoder = parquet::RowGroupEncoder::new(COLUMNS, parquet::compression(compression)?)?;
        Ok(RowGroupEncoder { encoder, group: parquet::RowGroup::new(COLUMNS) })
    }

    /// Where `rows` values of this column of the table go; to be filled before the next call.
    pub fn room(&mut self, column: usize, rows: usize) -> *mut u8 {
        self.group.room(column, rows).unwrap_or(std::ptr::null_mut())
    }

    /// The row group as a Parquet file of its own, copied out.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        self.encoder.encode(&self.group.values())
    }

    /// 16 bytes a column: a fingerprint of its values and nulls.
    pub fn fingerprints(&self) -> Vec<u8> {
        self.group.fingerprints()
    }
}

/// Writes the footer of a file that is joined from encoded row groups.
#[wasm_bindgen]
pub struct Splicer(parquet::Splicer);

#[wasm_bindgen]
impl Splicer {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Result<Splicer, Error> {
        parquet::Splicer::new(COLUMNS).map(Splicer)
    }

    /// Notes a part: its metadata bytes, and how many bytes stand between its magic and its metadata.
    pub fn append(&mut self, footer: &[u8], body: f64) -> Result<(), Error> {
        self.0.append(footer, body as u64)
    }

    /// The end of the file, with key-value metadata in this order. The splicer is used up.
    pub fn finish(self, keys: Vec<String>, values: Vec<String>) -> Result<Vec<u8>, Error> {
        self.0.finish(&keys.into_iter().zip(values).collect::<Vec<_>>())
    }
}

/// Rows of every row group but the last.
#[wasm_bindgen(js_name = rowsPerGroup)]
pub fn rows_per_group() -> usize {
    parquet::ROWS_PER_GROUP
}

// ---------------------------------------------------------------- feature engine

use crate::engine;
use crate::event::{Books, Decimal, Grid, Liquidations, Trades};
use crate::params;
use crate::schema::{self, Values};

/// The table of parameters as JSON: `[{name, default, kind, expected, unit, doc, section}]`.
#[wasm_bindgen(js_name = parametersJson)]
pub fn parameters_json() -> String {
    params::parameters_json()
}

/// The table of output columns as JSON: `[{name, type, nullable, measure, bounds, unit, nullWhen}]`.
#[wasm_bindgen(js_name = columnsJson)]
pub fn columns_json() -> String {
    schema::columns_json()
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
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), JsValue> {
        Ok(self.0.set(name, text)?)
    }

    /// `[name, text, name, text, …]` of every parameter, in the order of the table.
    pub fn entries(&self) -> Vec<String> {
        self.0.entries().flat_map(|(name, text)| [name.to_string(), text.to_string()]).collect()
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
    /// `tick` and `lot` are `mantissa / 10^places`; `depth` and `liquidations` say whether there is such a file.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        params: &Params,
        tick_mantissa: i64,
        tick_places: u32,
        lot_mantissa: i64,
        lot_places: u32,
        bucket_ticks: i64,
        depth: bool,
        liquidations: bool,
    ) -> Result<Engine, JsValue> {
        let decimal = |mantissa: i64, places| Decimal { mantissa: mantissa.into(), places };
        let grid = Grid {
            tick: decimal(tick_mantissa, tick_places),
            lot: decimal(lot_mantissa, lot_places),
            bucket_ticks,
            wall_bucket_ticks: bucket_ticks,
        };
        Ok(Engine(engine::Engine::new(&params.0, &grid, engine::Streams { depth, liquidations })?))
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
    ) -> Result<(), JsValue> {
        Ok(self.0.push_trades(Trades { ts, id, px_ticks, qty_lots, side })?)
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
    ) -> Result<(), JsValue> {
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
        };
        Ok(self.0.push_books(books)?)
    }

    /// Appends liquidations, copied in.
    #[wasm_bindgen(js_name = pushLiquidations)]
    pub fn push_liquidations(
        &mut self,
        ts: Vec<i64>,
        pos: Vec<i8>,
        notional: Vec<f64>,
    ) -> Result<(), JsValue> {
        Ok(self.0.push_liquidations(Liquidations { ts, pos, notional })?)
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
        match self.0.rows().column(index) {
            Some(Values::I64(values)) => js_sys::BigInt64Array::from(values).into(),
            Some(Values::F64(values)) => js_sys::Float64Array::from(values).into(),
            Some(Values::F32(values)) => js_sys::Float32Array::from(values).into(),
            Some(Values::I8(values)) => js_sys::Int8Array::from(values).into(),
            None => JsValue::UNDEFINED,
        }
    }

    /// Forgets the waiting rows, once their columns have been copied.
    #[wasm_bindgen(js_name = clearRows)]
    pub fn clear_rows(&mut self) {
        self.0.clear_rows();
    }

    /// The counts so far, as a JSON object.
    #[wasm_bindgen(js_name = countersJson)]
    pub fn counters_json(&self) -> String {
        self.0.counters().json()
    }
}
