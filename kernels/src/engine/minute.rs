//! The minute columns (A0–A6): trades in, closed bars into the indicators, and the last of them in every row.

use super::rows::{Rows, append, of_each, repeat};
use super::steps::Steps;
use crate::bar::{Bar, BarClock, bar_index};
use crate::error::Result;
use crate::indicator::{
    bollinger::{Bands, Bollinger},
    ema::Ema,
    normalised::{bb_pos, bb_width, distance, rsi_centred},
    rsi::Rsi,
    vwap::Vwap,
};
use crate::params::{EmptyBar, Params};
use crate::persist::{Persist, Reader, Writer};
use crate::schema::{Buffers, NULL, NULL_INTEGER};

/// Bars of the segment. A new segment takes a new one.
#[derive(Clone, Debug)]
pub struct Minutes {
    price: Steps,
    bb_k: f64,
    flat_bars: bool,
    bars: BarClock,
    fast: Ema,
    slow: Ema,
    rsi: Rsi,
    bollinger: Bollinger,
    vwap: Vwap,
    shown: Shown,
}

/// What every trade of a minute sees of the bars before it. Prices in quote units, NaN is null.
#[derive(Clone, Debug)]
struct Shown {
    bar_ts: i64,
    bar_close: f64,
    ema9: f64,
    ema21: f64,
    vwap: f64,
    rsi7: f64,
    bands: Option<Bands>,
    bb_mid: f64,
    /// `k·σ`.
    bb_half_width: f64,
}

/// How many bars have been closed, and how many of them were flat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    pub bars: u64,
    pub flat: u64,
}

impl Minutes {
    /// `price` is one tick.
    pub fn new(params: &Params, price: &Steps) -> Self {
        Minutes {
            price: price.clone(),
            bb_k: params.bb_k,
            flat_bars: params.empty_bar == EmptyBar::Flat,
            bars: BarClock::default(),
            fast: Ema::new(params.ema_fast_n),
            slow: Ema::new(params.ema_slow_n),
            rsi: Rsi::new(params.rsi_n),
            bollinger: Bollinger::new(params.bb_n),
            vwap: Vwap::new(params.vwap_anchor, params.vwap_source, params.vwap_anchor_offset_min),
            shown: Shown {
                bar_ts: NULL_INTEGER,
                bar_close: NULL,
                ema9: NULL,
                ema21: NULL,
                vwap: NULL,
                rsi7: NULL,
                bands: None,
                bb_mid: NULL,
                bb_half_width: NULL,
            },
        }
    }

    /// Whole minutes without a trade between the open bar and this moment; 0 where no bar is open.
    pub fn hole(&self, ts: i64) -> i64 {
        self.bars.hole(ts)
    }

    /// Closes the open bar if this moment lies behind it, and the empty minutes since then.
    pub fn close_before(&mut self, ts: i64) -> Closed {
        let Some(bar) = self.bars.close_before(ts) else { return Closed::default() };
        self.close(&bar);
        let empty = if self.flat_bars { bar.index + 1..bar_index(ts) } else { 0..0 };
        let flat = empty.clone().count() as u64;
        empty.for_each(|index| self.close(&Bar::flat(index, bar.close)));
        self.show();
        Closed { bars: 1 + flat, flat }
    }

    fn close(&mut self, bar: &Bar) {
        self.fast.update(bar.close);
        self.slow.update(bar.close);
        self.rsi.update(bar.close);
        self.bollinger.update(bar.close);
        self.vwap.update(bar);
        self.shown.bar_ts = bar.open_ts();
        self.shown.bar_close = self.price.of_narrow(bar.close);
    }

    /// Brings the columns up to the last closed bar.
    fn show(&mut self) {
        let (tick, bands) = (self.price.one(), self.bollinger.bands());
        self.shown = Shown {
            ema9: self.fast.value() * tick,
            ema21: self.slow.value() * tick,
            vwap: self.vwap.value() * tick,
            rsi7: self.rsi.value(),
            bands,
            bb_mid: bands.map_or(NULL, |b| b.mid() * tick),
            bb_half_width: bands.map_or(NULL, |b| self.bb_k * (b.sigma() * tick)),
            ..self.shown
        };
    }

    /// Takes the trades of a batch, all of one minute, into the open bar and writes their columns.
    /// Their prices stand in `out` already, from `first` on.
    pub fn rows(&mut self, rows: &Rows, first: usize, out: &mut Buffers) {
        self.collect(rows);
        self.write_bar(rows.len(), out);
        self.write_distances(rows, first, out);
    }

    #[inline(never)]
    fn collect(&mut self, rows: &Rows) {
        for row in rows.each() {
            self.bars.add(rows.ts[row], rows.px[row], rows.qty[row], rows.notional[row]);
        }
    }

    #[inline(never)]
    fn write_bar(&self, rows: usize, out: &mut Buffers) {
        let bar = &self.shown;
        repeat(&mut out.bar_ts, rows, bar.bar_ts);
        repeat(&mut out.bar_close, rows, bar.bar_close);
        repeat(&mut out.ema9, rows, bar.ema9);
        repeat(&mut out.ema21, rows, bar.ema21);
        repeat(&mut out.vwap, rows, bar.vwap);
        repeat(&mut out.rsi7, rows, bar.rsi7);
        repeat(&mut out.bb_mid, rows, bar.bb_mid);
        repeat(&mut out.bb_up, rows, bar.bb_mid + bar.bb_half_width);
        repeat(&mut out.bb_low, rows, bar.bb_mid - bar.bb_half_width);
        repeat(&mut out.bb_width, rows, bar.bands.map_or(NULL, |bands| bb_width(&bands, self.bb_k)));
        repeat(&mut out.rsi7_c, rows, rsi_centred(bar.rsi7));
    }

    /// The columns that measure the trade's price against the bar.
    #[inline(never)]
    fn write_distances(&self, rows: &Rows, first: usize, out: &mut Buffers) {
        let (bar, price) = (&self.shown, out.price.since(first));
        let each = rows.each();
        append(&mut out.ema9_dist, &of_each(price, |p| distance(*p, bar.ema9, *p))[each.clone()]);
        append(&mut out.ema21_dist, &of_each(price, |p| distance(*p, bar.ema21, *p))[each.clone()]);
        append(&mut out.ema_cross, &of_each(price, |p| distance(bar.ema9, bar.ema21, *p))[each.clone()]);
        append(&mut out.vwap_dist, &of_each(price, |p| distance(*p, bar.vwap, *p))[each.clone()]);
        match &bar.bands {
            Some(bands) => {
                append(&mut out.bb_pos, &of_each(rows.px, |px| bb_pos(*px, bands, self.bb_k))[each])
            }
            None => repeat(&mut out.bb_pos, rows.len(), NULL),
        }
    }
}

impl Persist for Minutes {
    fn save(&self, to: &mut Writer) {
        self.bars.save(to);
        self.fast.save(to);
        self.slow.save(to);
        self.rsi.save(to);
        self.bollinger.save(to);
        self.vwap.save(to);
        self.shown.bar_ts.save(to);
        self.shown.bar_close.save(to);
    }

    /// What is shown follows from the indicators.
    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.bars.load(from)?;
        self.fast.load(from)?;
        self.slow.load(from)?;
        self.rsi.load(from)?;
        self.bollinger.load(from)?;
        self.vwap.load(from)?;
        self.shown.bar_ts.load(from)?;
        self.shown.bar_close.load(from)?;
        self.show();
        Ok(())
    }
}
