//! The depth snapshot that a trade sees.

use crate::event::Books;
use crate::schema::{NULL, NULL_INTEGER};

/// One entry of [`Books`], as of some trade.
#[derive(Clone, Copy, Debug, Default)]
pub struct BookView {
    /// `None` before the first visible snapshot.
    pub ts: Option<i64>,
    pub two_sided: bool,
    pub bid: f64,
    pub ask: f64,
    pub mid_code: i64,
    pub obi: f64,
    pub obi1: f64,
    pub wall_bid_bps: f64,
    pub wall_ask_bps: f64,
    pub wall_bid_mult: f64,
    pub wall_ask_mult: f64,
    pub depth_span_bps: f64,
}

/// What a row shows of the snapshot; null where the snapshot is not valid.
#[derive(Clone, Copy, Debug)]
pub struct BookColumns {
    pub bid: f64,
    pub ask: f64,
    pub obi: f64,
    pub obi1: f64,
    pub wall_bid_bps: f64,
    pub wall_ask_bps: f64,
    pub wall_bid_mult: f64,
    pub wall_ask_mult: f64,
    pub depth_span_bps: f64,
    pub depth_age_ms: i64,
}

/// What a snapshot is worth at some moment (0.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    Absent,
    Stale,
    /// Fresh, but crossed, locked or one-sided.
    Invalid,
    Valid,
}

impl BookView {
    /// The entry at `index`; the caller knows that it is there.
    pub fn of(books: &Books, index: usize) -> Self {
        BookView {
            ts: Some(books.ts[index]),
            two_sided: books.valid[index] != 0,
            bid: books.bid[index],
            ask: books.ask[index],
            mid_code: books.mid_code[index],
            obi: books.obi[index],
            obi1: books.obi1[index],
            wall_bid_bps: books.wall_bid_bps[index],
            wall_ask_bps: books.wall_ask_bps[index],
            wall_bid_mult: books.wall_bid_mult[index],
            wall_ask_mult: books.wall_ask_mult[index],
            depth_span_bps: books.depth_span_bps[index],
        }
    }

    /// Exactly at the limit is fresh.
    #[inline]
    pub fn freshness(&self, now: i64, age_limit_us: i64) -> Freshness {
        match self.ts {
            None => Freshness::Absent,
            Some(ts) if now - ts > age_limit_us => Freshness::Stale,
            Some(_) if !self.two_sided => Freshness::Invalid,
            Some(_) => Freshness::Valid,
        }
    }

    /// `freshness` is that of `now`.
    #[inline]
    pub fn columns(&self, now: i64, freshness: Freshness) -> BookColumns {
        let shown = |value: f64| if freshness == Freshness::Valid { value } else { NULL };
        BookColumns {
            bid: shown(self.bid),
            ask: shown(self.ask),
            obi: shown(self.obi),
            obi1: shown(self.obi1),
            wall_bid_bps: shown(self.wall_bid_bps),
            wall_ask_bps: shown(self.wall_ask_bps),
            wall_bid_mult: shown(self.wall_bid_mult),
            wall_ask_mult: shown(self.wall_ask_mult),
            depth_span_bps: shown(self.depth_span_bps),
            depth_age_ms: self.age_ms(now),
        }
    }

    /// Whole milliseconds since the snapshot's own stamp; null before the first.
    #[inline]
    fn age_ms(&self, now: i64) -> i64 {
        self.ts.map_or(NULL_INTEGER, |ts| (now - ts).div_euclid(1000))
    }
}
