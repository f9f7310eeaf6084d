//! Everything that is carried from trade to trade, and how one trade becomes one row.

use super::batch::{BarColumns, Batch, LiquidationColumns, TradeColumns};
use super::book_view::{BookView, Freshness};
use super::counters::Counters;
use super::extended::{CoreRow, Extended, LiquidationsSeen};
use super::minute::Minutes;
use super::steps::{Steps, times};
use crate::bar::{Bar, BarClock, bar_index, product};
use crate::event::Grid;
use crate::indicator::{
    absorption::Absorption,
    cascade::{Cascade, Liquidated, LiquidationSums},
    decay::{Decays, decayed},
    flow::{Cvd, FlowWindow, Print, to_f64},
    footprint::Footprint,
    gate::ActivityGate,
    panic::{self, Weights, WindowReturn},
    side::SideRule,
    volatility::SecondVolatility,
};
use crate::params::{EmptyBar, Params, VolumeUnit};
use crate::schema::{FeatureSet, NULL, NULL_INTEGER};

/// A trade as the engine takes it.
#[derive(Clone, Copy, Debug)]
pub struct Trade {
    pub ts: i64,
    pub id: i64,
    pub px: i64,
    pub qty: i64,
    /// Before the fallback; 0 unknown.
    pub side: i8,
}

/// The state of a run. Plain data all the way down.
#[derive(Clone, Debug)]
pub struct Features {
    params: Params,
    grid: Grid,
    price: Steps,
    lot: Steps,
    /// One unit of `volume` in base (quote) units.
    volume: Steps,
    /// Quote units of one tick × lot.
    notional_unit: f64,
    side: SideRule,
    bars: BarClock,
    minutes: Minutes,
    /// `t_start`; `None` before the first row.
    segment_start: Option<i64>,
    last_ts: i64,
    decays: Decays,
    slots: Slots,
    window: FlowWindow,
    cvd: Cvd,
    absorption: Absorption,
    footprint: Footprint,
    volatility: SecondVolatility,
    gate: ActivityGate,
    ret: WindowReturn,
    traded: Traded,
    cascade: Cascade,
    /// `None` where there is no liquidation stream.
    liquidations: Option<LiquidationSums>,
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

/// Decayed traded notional in quote units, with the half-lives of `cpi_liq` and of the cascade.
#[derive(Clone, Copy, Debug, Default)]
struct Traded {
    panic: f64,
    cascade: f64,
}

/// The columns of B1, B2 and B6, null where the window is not full.
struct FlowColumns {
    ofd: f64,
    ofd_ratio: f64,
    cvd: f64,
    absorption: f64,
    fpi: f64,
    fpi_skew: f64,
}

/// The columns of B3.
struct PanicColumns {
    cpi: f64,
    ret: f64,
    liq: f64,
    gate: f64,
}

impl Features {
    pub fn new(params: &Params, grid: &Grid, has_liquidations: bool, set: FeatureSet) -> Self {
        let quote = Steps::new(times(grid.tick, grid.lot));
        let (price, lot) = (Steps::new(grid.tick), Steps::new(grid.lot));
        let mut decays = Decays::default();
        let slots = Slots {
            absorption: decays.slot(params.absorb_half_life_s),
            gate_fast: decays.slot(params.cpi_gate_fast_s),
            gate_slow: decays.slot(params.cpi_gate_slow_s),
            panic: decays.slot(params.cpi_liq_half_life_s),
            cascade: decays.slot(params.cascade_slow_s),
        };
        let (fast, slow) = (params.cascade_fast_s, params.cascade_slow_s);
        Features {
            grid: *grid,
            notional_unit: quote.one(),
            side: SideRule::new(params.side_fallback),
            bars: BarClock::default(),
            minutes: Minutes::new(params, price.one()),
            segment_start: None,
            last_ts: 0,
            decays,
            slots,
            window: FlowWindow::new(params.window_us),
            cvd: Cvd::default(),
            absorption: Absorption::new(grid.bucket_ticks, params.absorb_min_weight),
            footprint: Footprint::new(grid.bucket_ticks, params.footprint_ratio, params.footprint_vmin),
            volatility: SecondVolatility::new(params.cpi_sigma_half_life_s),
            gate: ActivityGate::new(
                params.cpi_gate_fast_s,
                params.cpi_gate_slow_s,
                params.cpi_gate_full_ratio,
            ),
            ret: WindowReturn::new(params.window_us),
            traded: Traded::default(),
            cascade: Cascade::new(fast, slow, params.cascade_min_share, params.cascade_min_notional),
            liquidations: has_liquidations
                .then(|| LiquidationSums::new(params.cpi_liq_half_life_s, fast, slow)),
            extended: (set == FeatureSet::Extended).then(|| Box::new(Extended::new(params, grid))),
            counters: Counters::default(),
            volume: if params.volume_unit == VolumeUnit::Quote { quote } else { lot.clone() },
            price,
            lot,
            params: params.clone(),
        }
    }

    /// A liquidation has become visible.
    pub fn liquidation(&mut self, ts: i64, position: i8, notional: f64) {
        if let Some(sums) = &mut self.liquidations {
            sums.add(ts, position, notional);
            self.counters.liquidations_seen += 1;
        }
    }

    /// One trade, after everything that is visible to it, becomes a row of the batch, unless it is dropped
    /// for its side. The rows before it have the same [`Self::bar`], or have been written.
    pub fn trade(&mut self, trade: &Trade, book: &BookView, batch: &mut Batch) {
        let age_limit = 1000 * self.params.max_depth_age_ms;
        let freshness = book.freshness(trade.ts, age_limit);
        let Some(side) = self.aggressor(trade, book, freshness) else { return };
        self.enter_segment(trade);
        self.close_bars(trade, side);
        self.decays.elapse(trade.ts - self.last_ts);
        self.last_ts = trade.ts;
        let notional = product(trade.px, trade.qty);
        let flow = self.flow(trade, side, notional);
        let liquidated = self.liquidations.as_mut().map(|sums| sums.at(trade.ts));
        let panic = self.panic(trade, to_f64(notional) * self.notional_unit, flow.ofd, liquidated.as_ref());
        let liquidation = liquidated.map(|at| LiquidationColumns {
            cpi_liq: panic.liq,
            cascade: self.cascade.state(&at, self.traded.cascade),
        });
        self.count(trade, freshness);
        let price = self.price.of_narrow(trade.px);
        if self.extended.is_some() {
            self.extend(trade, side, price, book, freshness, liquidated);
        }
        let row = TradeColumns {
            ts: trade.ts,
            trade_id: trade.id,
            px_ticks: trade.px,
            price,
            qty: self.lot.of_narrow(trade.qty),
            side,
            ofd: flow.ofd,
            ofd_ratio: flow.ofd_ratio,
            cvd: flow.cvd,
            absorption: flow.absorption,
            cpi: panic.cpi,
            cpi_ret: panic.ret,
            cpi_gate: panic.gate,
            fpi: flow.fpi,
            fpi_skew: flow.fpi_skew,
        };
        batch.push(row, || book.columns(trade.ts, freshness), liquidation);
    }

    /// The extended columns of a row.
    #[cold]
    fn extend(
        &mut self,
        trade: &Trade,
        side: i8,
        price: f64,
        book: &BookView,
        freshness: Freshness,
        liquidated: Option<Liquidated>,
    ) {
        let last_ts = self.liquidations.as_ref().and_then(LiquidationSums::last_ts);
        let traded = self.traded.panic;
        let liquidations = liquidated.map(|sums| LiquidationsSeen { sums, traded, last_ts });
        let segment_start = self.segment_start.unwrap_or(trade.ts);
        if let Some(extended) = &mut self.extended {
            extended.trade(&CoreRow { trade, side, price, segment_start, book, freshness, liquidations });
        }
    }

    fn aggressor(&mut self, trade: &Trade, book: &BookView, freshness: Freshness) -> Option<i8> {
        let mid_code = (freshness == Freshness::Valid).then_some(book.mid_code);
        let side = self.side.update(trade.px, trade.side, mid_code);
        if trade.side == 0 {
            self.counters.unknown_sides += 1;
            self.counters.dropped_sides += u64::from(side.is_none());
            self.counters.replaced_sides += u64::from(side.is_some_and(|s| s != 0));
        }
        side
    }

    /// Starts a segment at the first row of the run and behind a hole that is too long (0.6).
    #[inline]
    fn enter_segment(&mut self, trade: &Trade) {
        let hole = self.bars.hole(trade.ts);
        let reset = hole > self.params.gap_reset_min;
        self.counters.gaps += u64::from(hole > 0);
        self.counters.gap_resets += u64::from(reset);
        if self.segment_start.is_some() && !reset {
            return;
        }
        if self.segment_start.is_none() {
            self.last_ts = trade.ts;
        }
        self.bars = BarClock::default();
        self.minutes = Minutes::new(&self.params, self.price.one());
        self.segment_start = Some(trade.ts);
        self.volatility.restart(trade.ts, trade.px);
        self.gate.restart(trade.ts);
    }

    #[inline]
    fn close_bars(&mut self, trade: &Trade, side: i8) {
        let Some(bar) = self.bars.update(trade.ts, trade.px, trade.qty, side) else { return };
        self.minutes.close(&bar);
        self.counters.bars += 1;
        if self.params.empty_bar == EmptyBar::Flat {
            for index in bar.index + 1..bar_index(trade.ts) {
                self.minutes.close(&Bar::flat(index, bar.close));
                self.counters.bars += 1;
                self.counters.flat_bars += 1;
            }
        }
        self.minutes.show();
    }

    fn flow(&mut self, trade: &Trade, side: i8, notional: i128) -> FlowColumns {
        let volume = match self.params.volume_unit {
            VolumeUnit::Base => i128::from(trade.qty),
            VolumeUnit::Quote => notional,
        };
        while let Some(old) = self.window.evict(trade.ts) {
            self.footprint.remove(&old);
        }
        let print = Print { ts: trade.ts, px: trade.px, volume, side };
        self.window.push(print);
        self.footprint.add(&print);
        let travelled = trade.px - self.window.front_px().unwrap_or(trade.px);
        let factor = self.decays.factor(self.slots.absorption);
        let absorption = self.absorption.update(self.window.delta(), travelled, factor);
        let cvd = self.volume.of(self.cvd.update(trade.ts, volume, side));
        if self.params.require_full_window && !self.window_is_full(trade.ts) {
            return FlowColumns {
                ofd: NULL,
                ofd_ratio: NULL,
                cvd,
                absorption: NULL,
                fpi: NULL,
                fpi_skew: NULL,
            };
        }
        let fpi = self.footprint.fpi();
        FlowColumns {
            ofd: self.window.ofd(),
            ofd_ratio: self.window.ratio(self.params.ofd_ratio_clamp),
            cvd,
            absorption,
            fpi,
            fpi_skew: self.footprint.skew(fpi),
        }
    }

    #[inline]
    fn window_is_full(&self, ts: i64) -> bool {
        self.segment_start.is_some_and(|start| ts - start >= self.params.window_us)
    }

    /// `notional` in quote units; `ofd` is `cpi_flow`.
    fn panic(
        &mut self,
        trade: &Trade,
        notional: f64,
        ofd: f64,
        liquidated: Option<&Liquidated>,
    ) -> PanicColumns {
        let factor = |slot| self.decays.factor(slot);
        let gate =
            self.gate.update(trade.ts, notional, factor(self.slots.gate_fast), factor(self.slots.gate_slow));
        self.traded.panic = decayed(self.traded.panic, factor(self.slots.panic)) + notional;
        self.traded.cascade = decayed(self.traded.cascade, factor(self.slots.cascade)) + notional;
        self.volatility.update(trade.ts, trade.px);
        let ret = self.ret(trade);
        let liq = liquidated
            .map_or(NULL, |at| panic::liq(at.long, at.short, self.traded.panic, self.params.cpi_liq_floor));
        let weights =
            Weights { ret: self.params.cpi_w_ret, flow: self.params.cpi_w_flow, liq: self.params.cpi_w_liq };
        PanicColumns { cpi: panic::index(weights, ret, ofd, liq, gate), ret, liq, gate }
    }

    fn ret(&mut self, trade: &Trade) -> f64 {
        let warm = self.volatility.seconds() >= self.params.cpi_sigma_min_seconds;
        match self.window.reference_px() {
            Some(reference) if warm && self.window_is_full(trade.ts) => {
                self.ret.of(trade.px, reference, self.volatility.sigma())
            }
            _ => NULL,
        }
    }

    #[inline]
    fn count(&mut self, trade: &Trade, freshness: Freshness) {
        self.counters.rows += 1;
        self.counters.missing_ids += u64::from(trade.id == NULL_INTEGER);
        match freshness {
            Freshness::Absent => self.counters.rows_without_book += 1,
            Freshness::Stale => self.counters.rows_with_stale_book += 1,
            Freshness::Invalid => self.counters.rows_with_invalid_book += 1,
            Freshness::Valid => {}
        }
    }

    /// What the last closed bar says.
    pub fn bar(&self) -> BarColumns {
        let minute = self.minutes.columns();
        let has_bar = minute.bar_ts != NULL_INTEGER;
        BarColumns {
            bar_ts: minute.bar_ts,
            bar_close: if has_bar { self.price.of_narrow(minute.close_ticks) } else { NULL },
            ema9: minute.ema_fast,
            ema21: minute.ema_slow,
            vwap: minute.vwap,
            rsi7: minute.rsi,
            bb_mid: minute.bb_mid,
            bb_half_width: self.params.bb_k * minute.bb_sigma,
            bands: minute.bands,
            bb_k: self.params.bb_k,
        }
    }

    /// Whether [`Self::bar`] changes before a trade of this moment.
    #[inline]
    pub fn ends_bar(&self, ts: i64) -> bool {
        self.bars.ends_before(ts)
    }

    /// The grid of the run.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }
}
