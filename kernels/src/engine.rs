//! The one state machine of `prepare` and `live`: trades, depth features and liquidations in, rows out.
//!
//! The caller pushes columns in blocks of any size and calls [`Engine::run`], which makes rows until it has
//! as many as asked for, or names the stream that it must know more of: row `i` is made only when every
//! snapshot and liquidation that is visible to it has been pushed. How the streams are cut into blocks
//! never changes a row.

mod batch;
mod book_view;
mod counters;
mod extended;
mod features;
#[cfg(test)]
mod golden;
mod minute;
mod steps;
#[cfg(test)]
mod tests;

pub use counters::Counters;

use crate::error::{Error, Result};
use crate::event::{Books, Grid, Liquidations, Trades};
use crate::params::Params;
use crate::schema::{Buffers, COLUMNS, FeatureSet, Values};
use batch::{BATCH_ROWS, Batch};
use book_view::BookView;
use features::{Features, Trade};

/// Stamps lie within ± this many µs (the year 4000 is 6.4e16), so that no difference overflows.
const MAX_TS: i64 = 1 << 60;
/// With fewer ticks than this the sums of squares of the Bollinger bands are exact.
const MAX_TICKS: i64 = 1 << 54;
/// With trades below this many ticks × lots every sum of the engine fits 128 bits.
const MAX_NOTIONAL: i128 = 1 << 90;

/// Why [`Engine::run`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Push trades, or end them.
    NeedTrades,
    /// The next trade may see snapshots that are not here yet.
    NeedBooks,
    /// The next trade may see liquidations that are not here yet.
    NeedLiquidations,
    /// As many rows as asked for wait in [`Engine::rows`].
    RowsReady,
    /// Every trade is a row; the last ones wait.
    Done,
}

/// Which files there are beside the trades. An absent stream is not an empty one (0.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    pub depth: bool,
    pub liquidations: bool,
}

/// How far one stream is known.
#[derive(Clone, Debug)]
struct Feed {
    name: &'static str,
    /// The first entry that has not been used.
    next: usize,
    /// Every entry with a smaller stamp has been pushed.
    known_before: i64,
    ended: bool,
}

/// See the module. All state is plain data; a clone goes on independently.
#[derive(Clone, Debug)]
pub struct Engine {
    depth_latency_us: i64,
    liq_latency_us: i64,
    trades: Trades,
    trade_feed: Feed,
    books: Books,
    book_feed: Feed,
    liquidations: Liquidations,
    liquidation_feed: Feed,
    book: BookView,
    features: Features,
    /// Empty whenever [`Engine::run`] is not running.
    batch: Batch,
    rows: Buffers,
}

impl Feed {
    fn new(name: &'static str, present: bool) -> Self {
        Feed { name, next: 0, known_before: i64::MIN, ended: !present }
    }

    /// Checks that a block continues the stream: sorted stamps, none before those already known.
    fn accept(&mut self, stamps: &[i64]) -> Result<()> {
        if self.ended && !stamps.is_empty() {
            return Err(Error::usage(format!(
                "engine: expected no {} after their end, got a block",
                self.name
            )));
        }
        let mut last = self.known_before;
        for &ts in stamps {
            if ts < last || !(-MAX_TS..=MAX_TS).contains(&ts) {
                return Err(Error::input(format!(
                    "engine: expected {} in time order within ±2^60 µs, got {ts} after {last}",
                    self.name
                ))
                .hint("sort the input by time, or run prepare on the whole history."));
            }
            last = ts;
        }
        self.known_before = last;
        Ok(())
    }

    /// Whether an entry that has not been pushed could still be visible at `now`.
    #[inline]
    fn may_grow_before(&self, now: i64, latency_us: i64) -> bool {
        !self.ended && self.known_before.saturating_add(latency_us) < now
    }
}

impl Engine {
    /// `grid` is that of the symbol, with its bucket fixed before the first row.
    ///
    /// # Errors
    /// `E_USAGE` when a step or bucket of the grid is not positive.
    pub fn new(params: &Params, grid: &Grid, streams: Streams) -> Result<Self> {
        Engine::with_features(params, grid, streams, FeatureSet::Core)
    }

    /// The same for a feature set. The extended one needs the detail of every snapshot.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_features(params: &Params, grid: &Grid, streams: Streams, set: FeatureSet) -> Result<Self> {
        if grid.tick.mantissa <= 0 || grid.lot.mantissa <= 0 || grid.bucket_ticks <= 0 {
            return Err(Error::usage(format!("engine grid: expected positive steps, got {grid:?}"))
                .hint("set tick_size, lot_size and footprint_bucket_ticks to positive values."));
        }
        Ok(Engine {
            depth_latency_us: params.depth_latency_us,
            liq_latency_us: params.liq_latency_us,
            trades: Trades::default(),
            trade_feed: Feed::new("trades", true),
            books: Books::default(),
            book_feed: Feed::new("depth snapshots", streams.depth),
            liquidations: Liquidations::default(),
            liquidation_feed: Feed::new("liquidations", streams.liquidations),
            book: BookView::default(),
            features: Features::new(params, grid, streams.liquidations, set),
            batch: Batch::new(streams),
            rows: Buffers::default(),
        })
    }

    /// Appends trades in the order of the specification (0.2).
    ///
    /// # Errors
    /// `E_INPUT` when a stamp goes back, a column is shorter than the others, or a value is out of range.
    pub fn push_trades(&mut self, block: Trades) -> Result<()> {
        let n = block.ts.len();
        let lengths = [block.id.len(), block.px_ticks.len(), block.qty_lots.len(), block.side.len()];
        same_length("trades", n, &lengths)?;
        for (&px, &qty) in block.px_ticks.iter().zip(&block.qty_lots) {
            check_size(px, qty)?;
        }
        if let Some(side) = block.side.iter().find(|side| !(-1..=1).contains(*side)) {
            return Err(Error::input(format!("engine trades: expected side -1, 0 or 1, got {side}")));
        }
        self.trade_feed.accept(&block.ts)?;
        let at = take_used(&mut self.trade_feed, self.trades.ts.len());
        extend(&mut self.trades.ts, at, block.ts);
        extend(&mut self.trades.id, at, block.id);
        extend(&mut self.trades.px_ticks, at, block.px_ticks);
        extend(&mut self.trades.qty_lots, at, block.qty_lots);
        extend(&mut self.trades.side, at, block.side);
        Ok(())
    }

    /// Appends depth features, one entry a snapshot.
    ///
    /// # Errors
    /// As [`Self::push_trades`]; `E_USAGE` where the run was started without depth.
    pub fn push_books(&mut self, block: Books) -> Result<()> {
        let n = block.ts.len();
        let lengths = [
            block.valid.len(),
            block.bid.len(),
            block.ask.len(),
            block.mid_code.len(),
            block.obi.len(),
            block.obi1.len(),
            block.wall_bid_bps.len(),
            block.wall_ask_bps.len(),
            block.wall_bid_mult.len(),
            block.wall_ask_mult.len(),
            block.depth_span_bps.len(),
        ];
        same_length("books", n, &lengths)?;
        if self.features.extended.is_some() {
            same_length("book details", n, &[block.detail.len()])?;
        }
        self.book_feed.accept(&block.ts)?;
        let at = take_used(&mut self.book_feed, self.books.ts.len());
        extend(&mut self.books.ts, at, block.ts);
        extend(&mut self.books.valid, at, block.valid);
        extend(&mut self.books.bid, at, block.bid);
        extend(&mut self.books.ask, at, block.ask);
        extend(&mut self.books.mid_code, at, block.mid_code);
        extend(&mut self.books.obi, at, block.obi);
        extend(&mut self.books.obi1, at, block.obi1);
        extend(&mut self.books.wall_bid_bps, at, block.wall_bid_bps);
        extend(&mut self.books.wall_ask_bps, at, block.wall_ask_bps);
        extend(&mut self.books.wall_bid_mult, at, block.wall_bid_mult);
        extend(&mut self.books.wall_ask_mult, at, block.wall_ask_mult);
        extend(&mut self.books.depth_span_bps, at, block.depth_span_bps);
        if self.features.extended.is_some() {
            extend(&mut self.books.detail, at, block.detail);
        }
        Ok(())
    }

    /// Appends liquidations.
    ///
    /// # Errors
    /// As [`Self::push_books`].
    pub fn push_liquidations(&mut self, block: Liquidations) -> Result<()> {
        same_length("liquidations", block.ts.len(), &[block.pos.len(), block.notional.len()])?;
        self.liquidation_feed.accept(&block.ts)?;
        let at = take_used(&mut self.liquidation_feed, self.liquidations.ts.len());
        extend(&mut self.liquidations.ts, at, block.ts);
        extend(&mut self.liquidations.pos, at, block.pos);
        extend(&mut self.liquidations.notional, at, block.notional);
        Ok(())
    }

    /// No more trades will come.
    pub fn end_trades(&mut self) {
        self.trade_feed.ended = true;
    }

    /// No more snapshots will come.
    pub fn end_books(&mut self) {
        self.book_feed.ended = true;
    }

    /// No more liquidations will come.
    pub fn end_liquidations(&mut self) {
        self.liquidation_feed.ended = true;
    }

    /// A promise of a live feed: every snapshot with a stamp before `ts` has been pushed.
    pub fn books_known_before(&mut self, ts: i64) {
        self.book_feed.known_before = self.book_feed.known_before.max(ts.min(MAX_TS));
    }

    /// The same promise for liquidations.
    pub fn liquidations_known_before(&mut self, ts: i64) {
        self.liquidation_feed.known_before = self.liquidation_feed.known_before.max(ts.min(MAX_TS));
    }

    /// Makes rows until `max_rows` wait, or something is missing.
    pub fn run(&mut self, max_rows: usize) -> Status {
        let waiting = self.trades.ts.len() - self.trade_feed.next;
        self.rows.reserve(waiting.min(max_rows.saturating_sub(self.rows.len())));
        loop {
            let room = max_rows.saturating_sub(self.rows.len()).min(BATCH_ROWS);
            if room == 0 {
                return Status::RowsReady;
            }
            let missing = self.gather(room);
            self.batch.write(&self.features.bar(), &mut self.rows);
            if let Some(status) = missing {
                return status;
            }
        }
    }

    /// Makes up to `room` rows of one minute; answers what is missing for more.
    fn gather(&mut self, room: usize) -> Option<Status> {
        while self.batch.len() < room {
            let Some(trade) = self.next_trade() else {
                return Some(if self.trade_feed.ended { Status::Done } else { Status::NeedTrades });
            };
            if !self.see_books(trade.ts) {
                return Some(Status::NeedBooks);
            }
            if !self.see_liquidations(trade.ts) {
                return Some(Status::NeedLiquidations);
            }
            if self.features.ends_bar(trade.ts) && !self.batch.is_empty() {
                return None;
            }
            self.trade_feed.next += 1;
            self.features.trade(&trade, &self.book, &mut self.batch);
        }
        None
    }

    #[inline]
    fn next_trade(&self) -> Option<Trade> {
        let at = self.trade_feed.next;
        Some(Trade {
            ts: *self.trades.ts.get(at)?,
            id: self.trades.id[at],
            px: self.trades.px_ticks[at],
            qty: self.trades.qty_lots[at],
            side: self.trades.side[at],
        })
    }

    /// Moves to the last snapshot before `now`; false while a later one may still come.
    #[inline]
    fn see_books(&mut self, now: i64) -> bool {
        let from = self.book_feed.next;
        let mut next = from;
        while next < self.books.ts.len() && self.books.ts[next] + self.depth_latency_us < now {
            next += 1;
        }
        if next > from {
            self.book = BookView::of(&self.books, next - 1);
            self.book_feed.next = next;
            if let Some(extended) = &mut self.features.extended {
                (from..next).for_each(|index| extended.book(&self.books, index));
            }
            self.features.counters.books_seen += (next - from) as u64;
        }
        next < self.books.ts.len() || !self.book_feed.may_grow_before(now, self.depth_latency_us)
    }

    /// Adds the liquidations before `now`; false while more may still come.
    #[inline]
    fn see_liquidations(&mut self, now: i64) -> bool {
        let mut next = self.liquidation_feed.next;
        while next < self.liquidations.ts.len() && self.liquidations.ts[next] + self.liq_latency_us < now {
            let (ts, pos) = (self.liquidations.ts[next], self.liquidations.pos[next]);
            self.features.liquidation(ts, pos, self.liquidations.notional[next]);
            next += 1;
        }
        self.liquidation_feed.next = next;
        next < self.liquidations.ts.len() || !self.liquidation_feed.may_grow_before(now, self.liq_latency_us)
    }

    /// The rows that wait.
    pub fn rows(&self) -> &Buffers {
        &self.rows
    }

    /// The waiting rows of the column at this place of its feature set's table.
    pub fn column(&self, index: usize) -> Option<Values<'_>> {
        match index.checked_sub(COLUMNS.len()) {
            None => self.rows.column(index),
            Some(behind) => self.features.extended.as_ref()?.rows.column(behind),
        }
    }

    /// Forgets the rows that wait, once they have been copied.
    pub fn clear_rows(&mut self) {
        self.rows.clear();
        if let Some(extended) = &mut self.features.extended {
            extended.rows.clear();
        }
    }

    /// The counts so far.
    pub fn counters(&self) -> &Counters {
        &self.features.counters
    }

    /// The grid that the engine was made with.
    pub fn grid(&self) -> &Grid {
        self.features.grid()
    }
}

/// How many entries at the front of a queue have been used; its feed then counts from there.
fn take_used(feed: &mut Feed, queued: usize) -> usize {
    std::mem::take(&mut feed.next).min(queued)
}

/// Drops the used entries and appends the block; a queue that is used up becomes the block itself.
fn extend<T>(queue: &mut Vec<T>, used: usize, block: Vec<T>) {
    if used == queue.len() {
        *queue = block;
    } else {
        queue.drain(..used);
        queue.extend(block);
    }
}

fn same_length(what: &str, n: usize, lengths: &[usize]) -> Result<()> {
    match lengths.iter().find(|length| **length != n) {
        Some(length) => {
            Err(Error::input(format!("engine {what}: expected {n} values a column, got {length}")))
        }
        None => Ok(()),
    }
}

fn check_size(px: i64, qty: i64) -> Result<()> {
    if px <= 0 || qty <= 0 || px >= MAX_TICKS {
        return Err(Error::input(format!(
            "engine trades: expected 1 <= px_ticks < 2^54 and 1 <= qty_lots, got {px} and {qty}"
        ))
        .hint("set a coarser tick_size."));
    }
    if crate::bar::product(px, qty) >= MAX_NOTIONAL {
        return Err(Error::input(format!(
            "engine trades: expected px_ticks * qty_lots below 2^90, got {px} * {qty}"
        ))
        .hint("set a coarser tick_size or lot_size."));
    }
    Ok(())
}
