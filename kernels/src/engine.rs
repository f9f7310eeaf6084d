//! The one state machine of `prepare` and `live`: trades, depth features and liquidations in, rows out.
//!
//! The caller pushes columns in blocks of any size and calls [`Engine::run`], which makes rows until it has
//! as many as asked for, or names the stream that it must know more of: row `i` is made only when every
//! snapshot and liquidation that is visible to it has been pushed. How the streams are cut into blocks
//! never changes a row.

mod book_view;
mod counters;
mod extended;
mod features;
mod flow;
#[cfg(test)]
mod golden;
mod liquidated;
mod minute;
mod panic;
mod queue;
mod rows;
mod state;
mod steps;
#[cfg(test)]
mod tests;

pub use counters::Counters;

use crate::bar::{MINUTE_US, bar_index};
use crate::book::block::f64_columns;
use crate::error::{Error, Result};
use crate::event::{Books, Grid, Liquidations, Trades};
use crate::params::{Params, SideFallback};
use crate::schema::{Buffers, FeatureSet, Values};
use features::{Features, TradeSlice};
use queue::{Queue, extend};
use rows::BATCH_ROWS;

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    pub depth: bool,
    pub liquidations: bool,
}

/// See the module. All state is plain data; a clone goes on independently.
#[derive(Clone, Debug)]
pub struct Engine {
    depth_latency_us: i64,
    liq_latency_us: i64,
    /// Trades of unknown side are no rows.
    drops_unsided: bool,
    trades: Queue<Trades>,
    /// The last snapshot that was seen stays in it.
    books: Queue<Books>,
    liquidations: Queue<Liquidations>,
    features: Features,
    rows: Buffers,
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
            drops_unsided: params.side_fallback == SideFallback::Drop,
            trades: Queue::new("trades", true),
            books: Queue::new("depth snapshots", streams.depth),
            liquidations: Queue::new("liquidations", streams.liquidations),
            features: Features::new(params, grid, streams, set),
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
        check_sizes(&block.px_ticks, &block.qty_lots)?;
        if let Some(side) = block.side.iter().find(|side| !(-1..=1).contains(*side)) {
            return Err(Error::input(format!("engine trades: expected side -1, 0 or 1, got {side}")));
        }
        self.trades.accept(&block.ts)?;
        let block = if self.drops_unsided { self.features.drop_unsided(block) } else { block };
        let used = self.trades.drop_used(0);
        let queue = &mut self.trades.events;
        extend(&mut queue.ts, used, block.ts);
        extend(&mut queue.id, used, block.id);
        extend(&mut queue.px_ticks, used, block.px_ticks);
        extend(&mut queue.qty_lots, used, block.qty_lots);
        extend(&mut queue.side, used, block.side);
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
        let detailed = self.features.extended.is_some();
        if detailed {
            same_length("book details", n, &[block.detail.len()])?;
        }
        self.books.accept(&block.ts)?;
        let used = self.books.drop_used(1);
        let queue = &mut self.books.events;
        extend(&mut queue.ts, used, block.ts);
        extend(&mut queue.valid, used, block.valid);
        extend(&mut queue.bid, used, block.bid);
        extend(&mut queue.ask, used, block.ask);
        extend(&mut queue.mid_code, used, block.mid_code);
        extend(&mut queue.obi, used, block.obi);
        extend(&mut queue.obi1, used, block.obi1);
        extend(&mut queue.wall_bid_bps, used, block.wall_bid_bps);
        extend(&mut queue.wall_ask_bps, used, block.wall_ask_bps);
        extend(&mut queue.wall_bid_mult, used, block.wall_bid_mult);
        extend(&mut queue.wall_ask_mult, used, block.wall_ask_mult);
        extend(&mut queue.depth_span_bps, used, block.depth_span_bps);
        if detailed {
            extend(&mut queue.detail, used, block.detail);
        }
        Ok(())
    }

    /// How many of the last snapshots no row has seen.
    pub fn unseen_books(&self) -> usize {
        self.books.events.ts.len() - self.books.next
    }

    /// Takes the last snapshots back, as many of the unseen ones: later rows may change them or stand in for them.
    pub fn withdraw_books(&mut self, count: usize) {
        let kept = self.books.events.ts.len() - count.min(self.unseen_books());
        if kept == self.books.events.ts.len() {
            return;
        }
        let events = &mut self.books.events;
        events.ts.truncate(kept);
        events.valid.truncate(kept);
        events.mid_code.truncate(kept);
        events.detail.truncate(kept);
        f64_columns(events).into_iter().for_each(|column| column.truncate(kept));
        self.books.known_before = events.ts.last().copied().unwrap_or(i64::MIN);
    }

    /// Appends liquidations.
    ///
    /// # Errors
    /// As [`Self::push_books`].
    pub fn push_liquidations(&mut self, block: Liquidations) -> Result<()> {
        same_length("liquidations", block.ts.len(), &[block.pos.len(), block.notional.len()])?;
        self.liquidations.accept(&block.ts)?;
        let used = self.liquidations.drop_used(0);
        let queue = &mut self.liquidations.events;
        extend(&mut queue.ts, used, block.ts);
        extend(&mut queue.pos, used, block.pos);
        extend(&mut queue.notional, used, block.notional);
        Ok(())
    }

    /// No more trades will come.
    pub fn end_trades(&mut self) {
        self.trades.ended = true;
    }

    /// No more snapshots will come.
    pub fn end_books(&mut self) {
        self.books.ended = true;
    }

    /// No more liquidations will come.
    pub fn end_liquidations(&mut self) {
        self.liquidations.ended = true;
    }

    /// A promise of a live feed: every snapshot with a stamp before `ts` has been pushed.
    pub fn books_known_before(&mut self, ts: i64) {
        self.books.known_before = self.books.known_before.max(ts.min(MAX_TS));
    }

    /// The same promise for liquidations.
    pub fn liquidations_known_before(&mut self, ts: i64) {
        self.liquidations.known_before = self.liquidations.known_before.max(ts.min(MAX_TS));
    }

    /// Makes rows until `max_rows` wait, or something is missing.
    pub fn run(&mut self, max_rows: usize) -> Status {
        let waiting = self.trades.events.ts.len() - self.trades.next;
        self.rows.reserve(waiting.min(max_rows.saturating_sub(self.rows.len())));
        loop {
            let room = max_rows.saturating_sub(self.rows.len()).min(BATCH_ROWS);
            if room == 0 {
                return Status::RowsReady;
            }
            if let Some(missing) = self.missing() {
                return missing;
            }
            self.make_rows(room);
        }
    }

    /// What the next row waits for.
    fn missing(&self) -> Option<Status> {
        let Some(&now) = self.trades.events.ts.get(self.trades.next) else {
            return Some(if self.trades.ended { Status::Done } else { Status::NeedTrades });
        };
        if self.books.horizon(self.depth_latency_us) < now {
            return Some(Status::NeedBooks);
        }
        (self.liquidations.horizon(self.liq_latency_us) < now).then_some(Status::NeedLiquidations)
    }

    /// Makes up to `room` rows of one minute, as far as everything visible is known; nothing is missing for the
    /// first.
    fn make_rows(&mut self, room: usize) {
        let Trades { ts, id, px_ticks, qty_lots, side } = &self.trades.events;
        let from = self.trades.next;
        let ahead = &ts[from..ts.len().min(from + room)];
        let minute_end = (bar_index(ahead[0]) + 1) * MINUTE_US;
        let known =
            self.books.horizon(self.depth_latency_us).min(self.liquidations.horizon(self.liq_latency_us));
        let to = from + ahead.partition_point(|ts| *ts < minute_end && *ts <= known);
        let slice = TradeSlice {
            ts: &ts[from..to],
            id: &id[from..to],
            px: &px_ticks[from..to],
            qty: &qty_lots[from..to],
            side: &side[from..to],
        };
        self.features.rows(&slice, &mut self.books, &mut self.liquidations, &mut self.rows);
        self.trades.next = to;
    }

    /// The rows that wait.
    pub fn rows(&self) -> &Buffers {
        &self.rows
    }

    /// The waiting rows, each column of the feature set in its place.
    pub fn columns(&self) -> Vec<Values<'_>> {
        let mut columns = self.rows.columns();
        columns.extend(self.features.extended.iter().flat_map(|extended| extended.out.columns()));
        columns
    }

    /// The one at this place of the table.
    pub fn column(&self, index: usize) -> Option<Values<'_>> {
        self.columns().get(index).copied()
    }

    /// Forgets the rows that wait, once they have been copied.
    pub fn clear_rows(&mut self) {
        self.rows.clear();
        if let Some(extended) = &mut self.features.extended {
            extended.out.clear();
        }
    }

    /// The counts so far.
    pub fn counters(&self) -> &Counters {
        &self.features.counters
    }

    /// Which columns the rows have.
    pub fn feature_set(&self) -> FeatureSet {
        if self.features.extended.is_some() { FeatureSet::Extended } else { FeatureSet::Core }
    }

    /// The grid that the engine was made with.
    pub fn grid(&self) -> &Grid {
        self.features.grid()
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

/// Looks at each trade only where the extremes together break a limit.
fn check_sizes(px_ticks: &[i64], qty_lots: &[i64]) -> Result<()> {
    let extremes =
        |column: &[i64]| column.iter().fold((1, 1), |(low, high): (i64, i64), n| (low.min(*n), high.max(*n)));
    let ((low_px, high_px), (low_qty, high_qty)) = (extremes(px_ticks), extremes(qty_lots));
    if check_size(low_px, low_qty).is_ok() && check_size(high_px, high_qty).is_ok() {
        return Ok(());
    }
    px_ticks.iter().zip(qty_lots).try_for_each(|(px, qty)| check_size(*px, *qty))
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
