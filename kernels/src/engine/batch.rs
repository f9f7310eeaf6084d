//! Rows on their way into the columns. What every trade changes is gathered in small batches and written
//! column by column; what changes once a minute is written as a run, and a stream that is not there as nulls.

use super::Streams;
use super::book_view::BookColumns;
use crate::indicator::{
    bollinger::Bands,
    cascade::CascadeState,
    normalised::{bb_pos, bb_width, distance, rsi_centred},
};
use crate::schema::{Buffers, NULL, NULL_INTEGER, Stored};

/// Rows of a full batch: they fit the first-level cache.
pub const BATCH_ROWS: usize = 64;

/// What a row has of its own, named as the columns. NaN is null.
#[derive(Clone, Copy, Debug)]
pub struct TradeColumns {
    pub ts: i64,
    pub trade_id: i64,
    pub px_ticks: i64,
    pub price: f64,
    pub qty: f64,
    pub side: i8,
    pub ofd: f64,
    pub ofd_ratio: f64,
    pub cvd: f64,
    pub absorption: f64,
    pub cpi: f64,
    pub cpi_ret: f64,
    pub cpi_gate: f64,
    pub fpi: f64,
    pub fpi_skew: f64,
}

/// What a row has of the liquidations.
#[derive(Clone, Copy, Debug)]
pub struct LiquidationColumns {
    pub cpi_liq: f64,
    pub cascade: CascadeState,
}

/// What all rows of a batch have in common: the last closed bar, in quote units.
#[derive(Clone, Debug)]
pub struct BarColumns {
    pub bar_ts: i64,
    pub bar_close: f64,
    pub ema9: f64,
    pub ema21: f64,
    pub vwap: f64,
    pub rsi7: f64,
    pub bb_mid: f64,
    /// `k·σ`.
    pub bb_half_width: f64,
    pub bands: Option<Bands>,
    pub bb_k: f64,
}

/// Rows of one minute, not yet written. The parts of the streams that are there have equal lengths.
#[derive(Clone, Debug)]
pub struct Batch {
    streams: Streams,
    trades: Vec<TradeColumns>,
    books: Vec<BookColumns>,
    liquidations: Vec<LiquidationColumns>,
}

impl Batch {
    pub fn new(streams: Streams) -> Self {
        let room = |present| if present { BATCH_ROWS } else { 0 };
        Batch {
            streams,
            trades: Vec::with_capacity(BATCH_ROWS),
            books: Vec::with_capacity(room(streams.depth)),
            liquidations: Vec::with_capacity(room(streams.liquidations)),
        }
    }

    pub fn len(&self) -> usize {
        self.trades.len()
    }

    pub fn is_empty(&self) -> bool {
        self.trades.is_empty()
    }

    /// Adds a row; what belongs to a stream is asked for only where there is that stream.
    #[inline]
    pub fn push(
        &mut self,
        trade: TradeColumns,
        book: impl FnOnce() -> BookColumns,
        liquidation: Option<LiquidationColumns>,
    ) {
        self.trades.push(trade);
        if self.streams.depth {
            self.books.push(book());
        }
        self.liquidations.extend(liquidation);
    }

    /// Writes the rows behind those that are there and forgets them.
    pub fn write(&mut self, bar: &BarColumns, to: &mut Buffers) {
        if self.is_empty() {
            return;
        }
        write_trades(&self.trades, to);
        write_bar(bar, self.len(), to);
        write_distances(&self.trades, bar, to);
        match self.streams.depth {
            true => write_books(&self.books, to),
            false => write_no_books(self.len(), to),
        }
        match self.streams.liquidations {
            true => write_liquidations(&self.liquidations, to),
            false => write_no_liquidations(self.len(), to),
        }
        self.trades.clear();
        self.books.clear();
        self.liquidations.clear();
    }
}

/// One value of every row.
#[inline]
fn append<S: Stored, R>(column: &mut Vec<S>, rows: &[R], value: impl Fn(&R) -> S::Computed) {
    column.extend(rows.iter().map(|row| S::store(value(row))));
}

/// The same value for so many rows.
#[inline]
fn repeat<S: Stored>(column: &mut Vec<S>, rows: usize, value: S::Computed) {
    column.resize(column.len() + rows, S::store(value));
}

fn write_trades(rows: &[TradeColumns], to: &mut Buffers) {
    append(&mut to.ts, rows, |row| row.ts);
    append(&mut to.trade_id, rows, |row| row.trade_id);
    append(&mut to.price, rows, |row| row.price);
    append(&mut to.qty, rows, |row| row.qty);
    append(&mut to.side, rows, |row| row.side);
    append(&mut to.ofd, rows, |row| row.ofd);
    append(&mut to.ofd_ratio, rows, |row| row.ofd_ratio);
    append(&mut to.cvd, rows, |row| row.cvd);
    append(&mut to.absorption, rows, |row| row.absorption);
    append(&mut to.cpi, rows, |row| row.cpi);
    append(&mut to.cpi_ret, rows, |row| row.cpi_ret);
    append(&mut to.cpi_flow, rows, |row| row.ofd);
    append(&mut to.cpi_gate, rows, |row| row.cpi_gate);
    append(&mut to.fpi, rows, |row| row.fpi);
    append(&mut to.fpi_skew, rows, |row| row.fpi_skew);
}

fn write_bar(bar: &BarColumns, rows: usize, to: &mut Buffers) {
    repeat(&mut to.bar_ts, rows, bar.bar_ts);
    repeat(&mut to.bar_close, rows, bar.bar_close);
    repeat(&mut to.ema9, rows, bar.ema9);
    repeat(&mut to.ema21, rows, bar.ema21);
    repeat(&mut to.vwap, rows, bar.vwap);
    repeat(&mut to.rsi7, rows, bar.rsi7);
    repeat(&mut to.bb_mid, rows, bar.bb_mid);
    repeat(&mut to.bb_up, rows, bar.bb_mid + bar.bb_half_width);
    repeat(&mut to.bb_low, rows, bar.bb_mid - bar.bb_half_width);
    repeat(&mut to.bb_width, rows, bar.bands.as_ref().map_or(NULL, |bands| bb_width(bands, bar.bb_k)));
    repeat(&mut to.rsi7_c, rows, rsi_centred(bar.rsi7));
}

/// The columns that measure the trade's price against the bar.
fn write_distances(rows: &[TradeColumns], bar: &BarColumns, to: &mut Buffers) {
    append(&mut to.ema9_dist, rows, |row| distance(row.price, bar.ema9, row.price));
    append(&mut to.ema21_dist, rows, |row| distance(row.price, bar.ema21, row.price));
    append(&mut to.ema_cross, rows, |row| distance(bar.ema9, bar.ema21, row.price));
    append(&mut to.vwap_dist, rows, |row| distance(row.price, bar.vwap, row.price));
    match &bar.bands {
        Some(bands) => append(&mut to.bb_pos, rows, |row| bb_pos(row.px_ticks, bands, bar.bb_k)),
        None => repeat(&mut to.bb_pos, rows.len(), NULL),
    }
}

fn write_books(rows: &[BookColumns], to: &mut Buffers) {
    append(&mut to.bid, rows, |row| row.bid);
    append(&mut to.ask, rows, |row| row.ask);
    append(&mut to.obi, rows, |row| row.obi);
    append(&mut to.obi1, rows, |row| row.obi1);
    append(&mut to.wall_bid_bps, rows, |row| row.wall_bid_bps);
    append(&mut to.wall_ask_bps, rows, |row| row.wall_ask_bps);
    append(&mut to.wall_bid_mult, rows, |row| row.wall_bid_mult);
    append(&mut to.wall_ask_mult, rows, |row| row.wall_ask_mult);
    append(&mut to.depth_span_bps, rows, |row| row.depth_span_bps);
    append(&mut to.depth_age_ms, rows, |row| row.depth_age_ms);
}

fn write_no_books(rows: usize, to: &mut Buffers) {
    for column in
        [&mut to.bid, &mut to.ask, &mut to.wall_bid_mult, &mut to.wall_ask_mult, &mut to.depth_span_bps]
    {
        repeat(column, rows, NULL);
    }
    for column in [&mut to.obi, &mut to.obi1, &mut to.wall_bid_bps, &mut to.wall_ask_bps] {
        repeat(column, rows, NULL);
    }
    repeat(&mut to.depth_age_ms, rows, NULL_INTEGER);
}

fn write_liquidations(rows: &[LiquidationColumns], to: &mut Buffers) {
    append(&mut to.cpi_liq, rows, |row| row.cpi_liq);
    append(&mut to.cascade_activity, rows, |row| row.cascade.activity);
    append(&mut to.cascade_exhaustion, rows, |row| row.cascade.exhaustion);
    append(&mut to.cascade_fade_rate, rows, |row| row.cascade.fade_rate);
    append(&mut to.liq_intensity, rows, |row| row.cascade.intensity);
}

fn write_no_liquidations(rows: usize, to: &mut Buffers) {
    for column in [&mut to.cpi_liq, &mut to.cascade_activity, &mut to.cascade_exhaustion] {
        repeat(column, rows, NULL);
    }
    repeat(&mut to.cascade_fade_rate, rows, NULL);
    repeat(&mut to.liq_intensity, rows, NULL);
}
