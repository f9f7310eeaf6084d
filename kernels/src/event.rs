//! The events that the engine consumes, column by column: what the scanners produce and the
//! engine reads. Prices and quantities of trades are integers on the symbol's grid.

use crate::book::detail::BookDetail;

/// A decimal number `mantissa / 10^places`, as the text had it, trailing zeros removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decimal {
    pub mantissa: i128,
    pub places: u32,
}

/// The number format of one symbol: fixed before the first feature is computed.
/// `price = px_ticks * tick`, `qty = qty_lots * lot`, both exact decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    pub tick: Decimal,
    pub lot: Decimal,
    /// `g` of the specification: ticks per footprint bucket.
    pub bucket_ticks: i64,
    /// `w` of B5: ticks per wall bucket.
    pub wall_bucket_ticks: i64,
}

/// Trades in the order of the specification (0.2), dropped and duplicate rows already gone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trades {
    /// µs since the epoch, UTC.
    pub ts: Vec<i64>,
    /// Exchange id; `i64::MIN` where the column of ids is not usable.
    pub id: Vec<i64>,
    pub px_ticks: Vec<i64>,
    pub qty_lots: Vec<i64>,
    /// Aggressor: 1 buy, -1 sell, 0 unknown (before the side fallback).
    pub side: Vec<i8>,
}

/// [`Books::mid_code`] of a valid snapshot without prices: bands around a mid that the feed does not tell.
pub const NO_MID: i64 = i64::MIN;

/// What one depth snapshot says, computed once and looked up by every trade that sees it.
/// One entry per snapshot of distinct `ts`, in time order. NaN is null.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Books {
    pub ts: Vec<i64>,
    /// 1 when both sides are non-empty and best bid < best ask; staleness is the engine's to judge.
    pub valid: Vec<u8>,
    pub bid: Vec<f64>,
    pub ask: Vec<f64>,
    /// Where bid + ask lies on the grid of ticks, exactly: `2 * floor((bid + ask) / tick)`, plus 1 when
    /// the sum is above that multiple. A trade is above the mid iff `4 * px_ticks > mid_code`
    /// (for an odd code equality cannot happen, and `>` and `<` are what they should be).
    pub mid_code: Vec<i64>,
    pub obi: Vec<f64>,
    pub obi1: Vec<f64>,
    pub wall_bid_bps: Vec<f64>,
    pub wall_ask_bps: Vec<f64>,
    pub wall_bid_mult: Vec<f64>,
    pub wall_ask_mult: Vec<f64>,
    pub depth_span_bps: Vec<f64>,
    /// For the extended feature set one entry a snapshot, otherwise none.
    pub detail: Vec<BookDetail>,
}

/// Liquidations in time order, duplicates and dropped rows already gone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Liquidations {
    pub ts: Vec<i64>,
    /// The position that was closed by force: 1 long (a forced sell), -1 short.
    pub pos: Vec<i8>,
    /// price * qty in quote units, the f64 nearest to the exact decimal product.
    pub notional: Vec<f64>,
}
