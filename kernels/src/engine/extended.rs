//! The extended feature set (section 6 of the specification): its state beside that of the core, and its rows.
//! It sees what the core sees and has no part in it.

use super::Streams;
use super::book_view::BookView;
use super::queue::Queue;
use super::rows::Rows;
use super::steps::{Steps, times};
use crate::bar::BarClock;
use crate::book::detail::BookDetail;
use crate::error::Result;
use crate::event::{Books, Decimal, Grid, Liquidations};
use crate::indicator::{
    cascade::LiquidationSums,
    decay::{Decays, decayed},
    extended::{
        amihud::Amihud,
        day::time_of_day,
        intensity::{Intensity, Pace},
        kyle::{Impact, Kyle},
        large::LargeTrades,
        ofi::OrderFlow,
        realised::{Realised, Variation},
        roll::Roll,
        score::ImbalanceScore,
        second::SecondClock,
        signs::{SignMemory, Sweep},
        stack::Stack,
        vpin::{BucketVolume, Vpin},
    },
    flow::{FlowWindow, Print},
};
use crate::params::{Params, VolumeUnit, VpinBucket};
use crate::persist::{Persist, Reader, Writer};
use crate::schema::extended::{Buffers, Row};
use crate::schema::{NULL, NULL_INTEGER};

const SECOND_US: i64 = 1_000_000;

/// What rows may see beside the trades.
pub struct Visible<'a> {
    pub books: &'a Books,
    /// The first snapshot in there that no row before these has seen.
    pub first_book: usize,
    pub view: &'a BookView,
    /// Those that the rows see have not been used yet.
    pub liquidations: &'a Queue<Liquidations>,
}

/// What a row sees of a valid book.
#[derive(Clone, Copy)]
struct ValidBook<'a> {
    obi: f64,
    /// `bid + ask`.
    twice_mid: f64,
    detail: &'a BookDetail,
}

impl Visible<'_> {
    fn valid_book(&self, row: usize) -> Option<ValidBook<'_>> {
        let books = self.books;
        let of = |column: &[f64]| self.view.valid(column, row);
        Some(ValidBook {
            obi: of(&books.obi)?,
            twice_mid: of(&books.bid)? + of(&books.ask)?,
            detail: books.detail.get(self.view.place(row)?)?,
        })
    }
}

/// One row's trade.
#[derive(Clone, Copy)]
struct Trade {
    ts: i64,
    px: i64,
    qty: i64,
    side: i8,
    /// In quote units.
    quote: f64,
    notional: i128,
    /// `t_start`.
    start: i64,
}

/// The state of the extended columns, and the rows that wait.
#[derive(Clone, Debug)]
pub struct Extended {
    params: Params,
    price: Steps,
    /// Price of a tick over base of a lot.
    slope_unit: f64,
    /// Quote units of one tick × lot.
    notional_unit: f64,
    segment_start: Option<i64>,
    last_ts: i64,
    decays: Decays,
    large_slot: usize,
    rate_slot: usize,
    liq_slot: usize,
    depth: bool,
    flow: OrderFlow,
    score: ImbalanceScore,
    vpin: Vpin,
    signs: SignMemory,
    sweep: Sweep,
    prints: FlowWindow<i128>,
    stack: Stack,
    large: LargeTrades,
    intensity: Intensity,
    seconds: SecondClock,
    kyle: Kyle,
    realised: Realised,
    /// Of the seconds that are complete.
    impact: Option<Impact>,
    variation: Option<Variation>,
    bars: BarClock,
    amihud: Amihud,
    roll: Roll,
    /// `None` where there is no such stream.
    liquidations: Option<LiquidationSums>,
    /// Decayed traded notional, quote units, with the half-life of `cpi_liq`.
    traded: f64,
    pub out: Buffers,
}

impl Extended {
    pub fn new(params: &Params, grid: &Grid, streams: Streams) -> Self {
        let (price, lot) = (Steps::new(grid.tick), Steps::new(grid.lot));
        let mut decays = Decays::default();
        let (large_slot, rate_slot) =
            (decays.slot(params.large_half_life_s), decays.slot(params.rate_half_life_s));
        let liq_slot = decays.slot(params.cpi_liq_half_life_s);
        let liquidation_sums =
            || LiquidationSums::new(params.cpi_liq_half_life_s, params.cascade_fast_s, params.cascade_slow_s);
        let window_us = params.window_us;
        let estimate_us = params.estimate_window_s * SECOND_US;
        Extended {
            slope_unit: price.one() / lot.one(),
            notional_unit: Steps::new(times(grid.tick, grid.lot)).one(),
            price,
            segment_start: None,
            last_ts: 0,
            decays,
            large_slot,
            rate_slot,
            liq_slot,
            depth: streams.depth,
            flow: OrderFlow::new(window_us, 1000 * params.max_depth_age_ms),
            score: ImbalanceScore::new(params.obi_z_window_s * SECOND_US),
            vpin: Vpin::new(params.vpin_buckets, bucket_volume(params, grid.lot)),
            signs: SignMemory::new(estimate_us),
            sweep: Sweep::default(),
            prints: FlowWindow::new(window_us),
            stack: Stack::new(grid.bucket_ticks, params.footprint_ratio, params.footprint_vmin),
            large: LargeTrades::new(window_us, params.large_trade_k),
            intensity: Intensity::new(window_us, params.rate_half_life_s),
            seconds: SecondClock::default(),
            kyle: Kyle::default(),
            realised: Realised::default(),
            impact: None,
            variation: None,
            bars: BarClock::default(),
            amihud: Amihud::new(params.amihud_n),
            roll: Roll::new(estimate_us),
            liquidations: streams.liquidations.then(liquidation_sums),
            traded: 0.0,
            out: Buffers::default(),
            params: params.clone(),
        }
    }

    /// Makes the rows of a batch that lies in the segment that began at `start`.
    #[inline(never)]
    pub fn rows(&mut self, rows: &Rows, start: i64, visible: &Visible) {
        let (mut next_book, mut liquidation) = (visible.first_book, visible.liquidations.next);
        for row in rows.each() {
            let trade = Trade {
                ts: rows.ts[row],
                px: rows.px[row],
                qty: rows.qty[row],
                side: rows.side[row],
                quote: rows.quote[row],
                notional: rows.notional[row],
                start,
            };
            if self.depth {
                let behind = visible.view.place(row).map_or(next_book, |last| last + 1);
                (next_book..behind).for_each(|index| self.see_book(visible.books, index));
                next_book = behind.max(next_book);
            }
            liquidation = self.see_liquidations(&visible.liquidations.events, liquidation, trade.ts);
            let book = if self.depth { visible.valid_book(row) } else { None };
            self.row(&trade, book);
        }
    }

    /// Every snapshot is seen, in order.
    fn see_book(&mut self, books: &Books, index: usize) {
        let (ts, valid) = (books.ts[index], books.valid[index] != 0);
        self.flow.push(ts, valid.then_some(&books.detail[index].ladder));
        if valid {
            self.score.push(ts, books.obi[index]);
        }
    }

    /// Adds those before `now`; answers the place of the next one.
    fn see_liquidations(&mut self, events: &Liquidations, mut next: usize, now: i64) -> usize {
        let Some(sums) = &mut self.liquidations else { return next };
        while next < events.ts.len() && events.ts[next] + self.params.liq_latency_us < now {
            sums.add(events.ts[next], events.pos[next], events.notional[next]);
            next += 1;
        }
        next
    }

    fn row(&mut self, trade: &Trade, book: Option<ValidBook>) {
        if self.segment_start != Some(trade.start) {
            self.restart(trade);
        }
        self.decays.elapse(trade.ts - self.last_ts);
        self.last_ts = trade.ts;
        let mut row = Row::default();
        self.book_columns(trade, book, &mut row);
        self.flow_columns(trade, &mut row);
        self.pace_columns(trade, &mut row);
        self.sample(trade);
        self.estimate_columns(trade, &mut row);
        self.liquidation_columns(trade, &mut row);
        (row.tod_sin, row.tod_cos) = time_of_day(trade.ts);
        self.out.push(&row);
    }

    fn restart(&mut self, trade: &Trade) {
        if self.segment_start.is_none() {
            self.last_ts = trade.ts;
        }
        self.segment_start = Some(trade.start);
        self.intensity.restart(trade.ts);
        self.seconds.restart(trade.ts, trade.px, 0);
        self.kyle.restart();
        self.realised.restart();
        (self.impact, self.variation) = (None, None);
        self.bars = BarClock::default();
        self.amihud.restart();
        self.roll.restart();
    }

    /// `book` is `None` where there is no valid one.
    fn book_columns(&mut self, trade: &Trade, book: Option<ValidBook>, row: &mut Row) {
        let now = trade.ts;
        self.flow.advance(now);
        let Some(ValidBook { obi, twice_mid, detail }) = book else { return null_book(row) };
        row.spread_bps = detail.spread_bps;
        row.micro_price = detail.micro_price;
        row.micro_bps = detail.micro_bps;
        row.vamp_bps = detail.vamp_bps;
        row.wdp_bps = detail.wdp_bps;
        [row.depth_imb_5bps, row.depth_imb_10bps, row.depth_imb_25bps, row.depth_imb_50bps] =
            detail.depth_imb;
        row.obi_z = self.score.score(now, obi, self.params.estimate_min_n);
        let off_mid = (2.0 * self.price.of_narrow(trade.px) - twice_mid) / twice_mid;
        row.eff_spread_bps = if trade.side == 0 { NULL } else { 2e4 * off_mid * f64::from(trade.side) };
        let levels = detail.ladder.levels();
        let known = !self.params.require_full_window || self.flow.is_full(now);
        // A book without levels tells bands around a mid that it does not tell.
        if levels > 0 && known {
            self.order_flow_columns(levels, row);
        } else {
            null_order_flow(row);
        }
    }

    fn order_flow_columns(&self, levels: usize, row: &mut Row) {
        let level = |m: usize| if m < levels { self.flow.level(m) } else { NULL };
        row.ofi = self.flow.best();
        row.ofi_norm = self.flow.best_normalised();
        row.mlofi = (0..levels).map(level).sum::<f64>() / levels as f64;
        (row.mlofi_1, row.mlofi_2, row.mlofi_3, row.mlofi_4) = (level(0), level(1), level(2), level(3));
        (row.mlofi_5, row.mlofi_6, row.mlofi_7, row.mlofi_8) = (level(4), level(5), level(6), level(7));
        (row.mlofi_9, row.mlofi_10) = (level(8), level(9));
    }

    /// What the trades of the flow window say, and the volume clock.
    fn flow_columns(&mut self, trade: &Trade, row: &mut Row) {
        let now = trade.ts;
        let volume = match self.params.volume_unit {
            VolumeUnit::Base => i128::from(trade.qty),
            VolumeUnit::Quote => trade.notional,
        };
        while let Some(old) = self.prints.evict(now) {
            self.stack.remove(&old);
        }
        let print = Print { ts: now, px: trade.px, volume, side: trade.side };
        self.prints.push(print);
        self.stack.add(&print);
        self.vpin.update(now, trade.qty, trade.side);
        row.vpin = self.vpin.value();
        let factor = self.decays.factor(self.large_slot);
        let weight = self.large.update(now, trade.qty, trade.side, factor);
        let full = self.is_full(trade, self.params.window_us);
        row.fpi_stack = if full && !self.stack.is_empty() { self.stack.longest() as f64 } else { NULL };
        let known = full && weight >= self.params.estimate_min_n as f64;
        row.large_share = if known { self.large.share() } else { NULL };
        row.large_ofd = if known { self.large.imbalance() } else { NULL };
        self.signs.update(now, trade.side);
        row.sign_run = self.signs.run() as f64;
        row.sweep = self.sweep.update(now, trade.px, trade.side);
    }

    fn pace_columns(&mut self, trade: &Trade, row: &mut Row) {
        let factor = self.decays.factor(self.rate_slot);
        let Pace { rate, slow_rate, duration_us } = self.intensity.update(trade.ts, factor);
        let full = self.is_full(trade, self.params.window_us);
        row.trade_rate = if full { rate } else { NULL };
        row.trade_rate_rel = row.trade_rate / slow_rate;
        row.duration_ms = duration_us / 1e3;
        row.duration_rel = duration_us / 1e6 * slow_rate;
    }

    /// Takes the trade into what is sampled: seconds, bars, successive changes.
    fn sample(&mut self, trade: &Trade) {
        let ends_second = self.seconds.ends_before(trade.ts);
        let signed = trade.qty.saturating_mul(i64::from(trade.side));
        if let Some(second) = self.seconds.update(trade.ts, trade.px, signed) {
            self.kyle.push(&second);
            self.realised.push(&second);
        }
        if ends_second {
            let first = self.seconds.now() - self.params.estimate_window_s;
            self.kyle.evict_below(first);
            self.realised.evict_below(first);
            self.estimate();
        }
        if let Some(bar) = self.bars.close_before(trade.ts) {
            self.amihud.close(&bar);
        }
        self.bars.add(trade.ts, trade.px, trade.qty, trade.notional);
        self.roll.update(trade.ts, trade.px);
    }

    /// From the seconds that are complete.
    fn estimate(&mut self) {
        self.impact = self.kyle.impact(self.params.estimate_min_n);
        self.variation = Some(self.realised.variation());
    }

    fn estimate_columns(&self, trade: &Trade, row: &mut Row) {
        let px = trade.px as f64;
        let min = self.params.estimate_min_n;
        let full = self.is_full(trade, self.params.estimate_window_s * SECOND_US);
        let spread = if full { self.roll.spread(min) } else { NULL };
        row.roll_spread = spread * self.price.one();
        row.roll_bps = 1e4 * spread / px;
        row.sign_acf = if full { self.signs.autocorrelation(min) } else { NULL };
        let seconds_wanted = if self.params.require_full_window { self.params.estimate_window_s } else { 1 };
        let seconds_full = self.seconds.completed() >= seconds_wanted;
        let impact = self.impact.filter(|_| seconds_full);
        row.kyle_lambda = impact.map_or(NULL, |impact| impact.slope * self.slope_unit);
        row.kyle_bps = impact.map_or(NULL, |impact| 1e4 * impact.of_deviation / px);
        let variation = self.variation.filter(|_| seconds_full);
        row.rv_bps = variation.map_or(NULL, |v| 1e4 * v.realised);
        row.bv_bps = variation.map_or(NULL, |v| 1e4 * v.bipower);
        row.jump_ratio = variation.map_or(NULL, |v| v.jump_ratio);
        row.semivar_imb = variation.map_or(NULL, |v| v.asymmetry);
        let illiquidity = self.amihud.illiquidity();
        row.amihud = illiquidity.map_or(NULL, |of| of.ratio / self.notional_unit);
        row.amihud_bps = illiquidity.map_or(NULL, |of| 1e4 * of.ratio * of.notional);
    }

    /// `liq_imb`, `liq_share`, `liq_age_ms`, `liq_recency`; the age is that of the last one's own stamp.
    fn liquidation_columns(&mut self, trade: &Trade, row: &mut Row) {
        self.traded = decayed(self.traded, self.decays.factor(self.liq_slot)) + trade.quote;
        let Some(sums) = &mut self.liquidations else {
            (row.liq_imb, row.liq_share, row.liq_recency) = (NULL, NULL, NULL);
            row.liq_age_ms = NULL_INTEGER;
            return;
        };
        let (at, last_ts) = (sums.at(trade.ts), sums.last_ts());
        let all = at.long + at.short;
        row.liq_imb = if all > 0.0 { (at.short - at.long) / all } else { 0.0 };
        row.liq_share = all / self.traded;
        let age = last_ts.map(|last| trade.ts - last);
        row.liq_age_ms = age.map_or(NULL_INTEGER, |age| age.div_euclid(1000));
        let half_life_us = self.params.cpi_liq_half_life_s * 1e6;
        row.liq_recency = age.map_or(0.0, |age| libm::exp2(-(age as f64) / half_life_us));
    }

    fn is_full(&self, trade: &Trade, length_us: i64) -> bool {
        !self.params.require_full_window || trade.ts - trade.start >= length_us
    }
}

impl Persist for Extended {
    fn save(&self, to: &mut Writer) {
        self.segment_start.save(to);
        self.last_ts.save(to);
        self.flow.save(to);
        self.score.save(to);
        self.vpin.save(to);
        self.signs.save(to);
        self.sweep.save(to);
        self.prints.save(to);
        self.large.save(to);
        self.intensity.save(to);
        self.seconds.save(to);
        self.kyle.save(to);
        self.realised.save(to);
        self.bars.save(to);
        self.amihud.save(to);
        self.roll.save(to);
        self.traded.save(to);
        self.liquidations.iter().for_each(|sums| sums.save(to));
    }

    /// Into one that is fresh. The stack follows from the trades in the window, the estimates from the seconds;
    /// whether there are liquidations is known from the streams.
    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.segment_start.load(from)?;
        self.last_ts.load(from)?;
        self.flow.load(from)?;
        self.score.load(from)?;
        self.vpin.load(from)?;
        self.signs.load(from)?;
        self.sweep.load(from)?;
        self.prints.load(from)?;
        self.prints.prints().for_each(|print| self.stack.add(print));
        self.large.load(from)?;
        self.intensity.load(from)?;
        self.seconds.load(from)?;
        self.kyle.load(from)?;
        self.realised.load(from)?;
        if self.seconds.completed() >= 0 {
            self.estimate();
        }
        self.bars.load(from)?;
        self.amihud.load(from)?;
        self.roll.load(from)?;
        self.traded.load(from)?;
        self.liquidations.iter_mut().try_for_each(|sums| sums.load(from))
    }
}

/// In lots, rounded up.
fn bucket_volume(params: &Params, lot: Decimal) -> BucketVolume {
    let VpinBucket::Volume(volume) = params.vpin_bucket_volume else {
        return BucketVolume::PerDay(params.vpin_buckets_per_day as i128);
    };
    let above = volume.mantissa.saturating_mul(power(lot.places));
    let below = lot.mantissa.saturating_mul(power(volume.places));
    BucketVolume::Lots((above / below + i128::from(above % below != 0)).max(1))
}

fn power(places: u32) -> i128 {
    10i128.checked_pow(places).unwrap_or(i128::MAX)
}

fn null_book(row: &mut Row) {
    row.spread_bps = NULL;
    row.micro_price = NULL;
    row.micro_bps = NULL;
    row.vamp_bps = NULL;
    row.wdp_bps = NULL;
    row.depth_imb_5bps = NULL;
    row.depth_imb_10bps = NULL;
    row.depth_imb_25bps = NULL;
    row.depth_imb_50bps = NULL;
    row.obi_z = NULL;
    row.eff_spread_bps = NULL;
    null_order_flow(row);
}

fn null_order_flow(row: &mut Row) {
    row.ofi = NULL;
    row.ofi_norm = NULL;
    row.mlofi = NULL;
    (row.mlofi_1, row.mlofi_2, row.mlofi_3, row.mlofi_4) = (NULL, NULL, NULL, NULL);
    (row.mlofi_5, row.mlofi_6, row.mlofi_7, row.mlofi_8) = (NULL, NULL, NULL, NULL);
    (row.mlofi_9, row.mlofi_10) = (NULL, NULL);
}
