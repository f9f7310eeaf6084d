//! Everything that is carried from trade to trade, and how a batch of trades becomes rows: one family of
//! columns after the other, each with its own state.

use super::Streams;
use super::book_view::{BookView, write_no_books};
use super::counters::Counters;
use super::extended::{Extended, Visible};
use super::flow::Flow;
use super::liquidated::Liquidation;
use super::minute::Minutes;
use super::panic::{Panic, Surroundings};
use super::queue::Queue;
use super::rows::{BATCH_ROWS, Lane, Rows, append, of_each};
use super::steps::{Steps, times};
use crate::bar::product;
use crate::event::{Books, Grid, Liquidations, NO_MID, Trades};
use crate::indicator::{decay::Decays, flow::to_f64, side::SideRule};
use crate::params::{Params, VolumeUnit};
use crate::persist::persist;
use crate::schema::{Buffers, FeatureSet, NULL_INTEGER};

/// The state of a run. Plain data all the way down.
#[derive(Clone, Debug)]
pub struct Features {
    params: Params,
    grid: Grid,
    streams: Streams,
    price: Steps,
    lot: Steps,
    /// Quote units of one tick × lot.
    notional_unit: f64,
    side: SideRule,
    /// `t_start`; `None` before the first row.
    segment_start: Option<i64>,
    last_ts: i64,
    minutes: Minutes,
    books: BookView,
    flow: Flow,
    panic: Panic,
    liquidation: Liquidation,
    decays: Decays,
    slots: Slots,
    lanes: Box<Lanes>,
    /// `None` in the core set, which does not pay for it.
    pub extended: Option<Box<Extended>>,
    pub counters: Counters,
}

/// Where the decay of each sum that every trade touches is found.
#[derive(Clone, Copy, Debug)]
struct Slots {
    absorption: usize,
    gate_fast: usize,
    gate_slow: usize,
    panic: usize,
    cascade: usize,
}

/// What all families read of a batch.
#[derive(Clone, Debug)]
struct Lanes {
    side: Lane<i8>,
    notional: Lane<i128>,
    quote: Lane,
    /// A lane a slot: the decay since the row before.
    decays: Vec<Lane>,
}

/// Trades of one minute, the next ones of the stream: at least one, at most [`BATCH_ROWS`].
#[derive(Clone, Copy, Debug)]
pub struct TradeSlice<'a> {
    pub ts: &'a [i64],
    pub id: &'a [i64],
    pub px: &'a [i64],
    pub qty: &'a [i64],
    /// Before the fallback; 0 unknown.
    pub side: &'a [i8],
}

impl Features {
    pub fn new(params: &Params, grid: &Grid, streams: Streams, set: FeatureSet) -> Self {
        let quote = Steps::new(times(grid.tick, grid.lot));
        let (price, lot) = (Steps::new(grid.tick), Steps::new(grid.lot));
        let volume = if params.volume_unit == VolumeUnit::Quote { quote.clone() } else { lot.clone() };
        let mut decays = Decays::default();
        let slots = Slots {
            absorption: decays.slot(params.absorb_half_life_s),
            gate_fast: decays.slot(params.cpi_gate_fast_s),
            gate_slow: decays.slot(params.cpi_gate_slow_s),
            // Without liquidations no column needs them: any slot will do.
            panic: if streams.liquidations { decays.slot(params.cpi_liq_half_life_s) } else { 0 },
            cascade: if streams.liquidations { decays.slot(params.cascade_slow_s) } else { 0 },
        };
        Features {
            grid: *grid,
            streams,
            notional_unit: quote.one(),
            side: SideRule::new(params.side_fallback),
            segment_start: None,
            last_ts: 0,
            minutes: Minutes::new(params, &price),
            books: BookView::new(params),
            flow: Flow::new(params, grid, volume),
            panic: Panic::new(params),
            liquidation: Liquidation::new(params, streams.liquidations),
            lanes: Box::new(Lanes {
                side: [0; BATCH_ROWS],
                notional: [0; BATCH_ROWS],
                quote: [0.0; BATCH_ROWS],
                decays: vec![[1.0; BATCH_ROWS]; decays.slots()],
            }),
            decays,
            slots,
            extended: (set == FeatureSet::Extended).then(|| Box::new(Extended::new(params, grid, streams))),
            counters: Counters::default(),
            price,
            lot,
            params: params.clone(),
        }
    }

    /// The trades whose side is known; the others are counted.
    pub fn drop_unsided(&mut self, block: Trades) -> Trades {
        let kept: Vec<usize> = (0..block.side.len()).filter(|row| block.side[*row] != 0).collect();
        let dropped = (block.side.len() - kept.len()) as u64;
        self.counters.unknown_sides += dropped;
        self.counters.dropped_sides += dropped;
        let keep = |column: &[i64]| kept.iter().map(|row| column[*row]).collect();
        Trades {
            ts: keep(&block.ts),
            id: keep(&block.id),
            px_ticks: keep(&block.px_ticks),
            qty_lots: keep(&block.qty_lots),
            side: kept.iter().map(|row| block.side[*row]).collect(),
        }
    }

    /// Makes the trades rows. The queues hold all that these trades may see.
    pub fn rows(
        &mut self,
        trades: &TradeSlice,
        books: &mut Queue<Books>,
        liquidations: &mut Queue<Liquidations>,
        out: &mut Buffers,
    ) {
        let (Some(&ts), Some(&px)) = (trades.ts.first(), trades.px.first()) else { return };
        self.enter_segment(ts, px);
        let closed = self.minutes.close_before(ts);
        self.counters.bars += closed.bars;
        self.counters.flat_bars += closed.flat;
        let first_book = books.next;
        if self.streams.depth {
            self.counters.books_seen += self.books.look(trades.ts, books);
        }
        self.sides(trades, &books.events);
        self.weigh(trades);
        self.decay(trades.ts);
        self.write(trades, (books, first_book), liquidations, out);
    }

    /// Starts a segment at the first row of the run and behind a hole that is too long (0.6).
    fn enter_segment(&mut self, ts: i64, px: i64) {
        let hole = self.minutes.hole(ts);
        let reset = hole > self.params.gap_reset_min;
        self.counters.gaps += u64::from(hole > 0);
        self.counters.gap_resets += u64::from(reset);
        if self.segment_start.is_some() && !reset {
            return;
        }
        if self.segment_start.is_none() {
            self.last_ts = ts;
        }
        self.minutes = Minutes::new(&self.params, &self.price);
        self.segment_start = Some(ts);
        self.panic.restart(ts, px);
    }

    #[inline(never)]
    fn sides(&mut self, trades: &TradeSlice, books: &Books) {
        for (row, (px, said)) in trades.px.iter().zip(trades.side).enumerate() {
            let mid_code = if self.streams.depth { self.books.valid(&books.mid_code, row) } else { None };
            let mid_code = mid_code.filter(|code| *code != NO_MID);
            let side = self.side.update(*px, *said, mid_code);
            self.lanes.side[row] = side;
            self.counters.unknown_sides += u64::from(*said == 0);
            self.counters.replaced_sides += u64::from(*said == 0 && side != 0);
        }
    }

    #[inline(never)]
    fn weigh(&mut self, trades: &TradeSlice) {
        for (row, (px, qty)) in trades.px.iter().zip(trades.qty).enumerate() {
            let notional = product(*px, *qty);
            self.lanes.notional[row] = notional;
            self.lanes.quote[row] = to_f64(notional) * self.notional_unit;
        }
    }

    #[inline(never)]
    fn decay(&mut self, stamps: &[i64]) {
        for (row, ts) in stamps.iter().enumerate() {
            self.decays.elapse(ts - self.last_ts);
            self.last_ts = *ts;
            for (lane, factor) in self.lanes.decays.iter_mut().zip(self.decays.factors()) {
                lane[row] = *factor;
            }
        }
    }

    fn write(
        &mut self,
        trades: &TradeSlice,
        (books, first_book): (&Queue<Books>, usize),
        liquidations: &mut Queue<Liquidations>,
        out: &mut Buffers,
    ) {
        let (start, window) = (self.segment_start.unwrap_or_default(), self.params.window_us);
        let (lanes, slots) = (&*self.lanes, &self.slots);
        let rows = Rows {
            ts: trades.ts,
            id: trades.id,
            px: trades.px,
            qty: trades.qty,
            side: &lanes.side,
            notional: &lanes.notional,
            quote: &lanes.quote,
            filling: trades.ts.partition_point(|ts| ts - start < window),
        };
        let decay = |slot: usize| &lanes.decays[slot];
        self.counters.rows += rows.len() as u64;
        self.counters.missing_ids += rows.id.iter().filter(|id| **id == NULL_INTEGER).count() as u64;
        let first = out.len();
        append(&mut out.ts, rows.ts);
        append(&mut out.trade_id, rows.id);
        append(&mut out.price, &of_each(rows.px, |px| self.price.of_narrow(*px))[rows.each()]);
        append(&mut out.qty, &of_each(rows.qty, |qty| self.lot.of_narrow(*qty))[rows.each()]);
        append(&mut out.side, &rows.side[rows.each()]);
        self.minutes.rows(&rows, first, out);
        match self.streams.depth {
            true => self.books.rows(&rows, &books.events, &mut self.counters, out),
            false => write_no_books(rows.len(), &mut self.counters, out),
        }
        self.flow.rows(&rows, decay(slots.absorption), out);
        if let Some(extended) = &mut self.extended {
            let visible = Visible { books: &books.events, first_book, view: &self.books, liquidations };
            extended.rows(&rows, start, &visible);
        }
        let seen =
            self.liquidation.rows(&rows, liquidations, [decay(slots.panic), decay(slots.cascade)], out);
        self.counters.liquidations_seen += seen;
        let around = Surroundings {
            ofd: self.flow.ofd(),
            reference_px: self.flow.reference_px(),
            liq: self.liquidation.liq(),
            fast: decay(slots.gate_fast),
            slow: decay(slots.gate_slow),
        };
        self.panic.rows(&rows, &around, out);
    }

    pub fn params(&self) -> &Params {
        &self.params
    }

    pub fn streams(&self) -> Streams {
        self.streams
    }

    /// The stamp of the last row; `None` before the first.
    pub fn last_row_ts(&self) -> Option<i64> {
        self.segment_start.map(|_| self.last_ts)
    }

    /// The grid of the run.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }
}

// The decays of elapsed times follow from the half-lives; books are kept in their queue.
persist!(Features { side, segment_start, last_ts, minutes, flow, panic, liquidation, counters });
