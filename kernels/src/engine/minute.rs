//! The minute indicators (A0–A6) behind one door: closed bars in, the columns of the last one out.

use crate::bar::Bar;
use crate::indicator::{
    bollinger::{Bands, Bollinger},
    ema::Ema,
    rsi::Rsi,
    vwap::Vwap,
};
use crate::params::Params;
use crate::schema::{NULL, NULL_INTEGER};

/// Restarts at a gap; the lengths stay.
#[derive(Clone, Debug)]
pub struct Minutes {
    fast: Ema,
    slow: Ema,
    rsi: Rsi,
    bollinger: Bollinger,
    vwap: Vwap,
    tick: f64,
    shown: MinuteColumns,
}

/// What every trade of the next minute sees. Prices in quote units, NaN is null.
#[derive(Clone, Copy, Debug)]
pub struct MinuteColumns {
    pub bar_ts: i64,
    /// In ticks; meaningful only where `bar_ts` is not null.
    pub close_ticks: i64,
    pub ema_fast: f64,
    pub ema_slow: f64,
    pub vwap: f64,
    pub rsi: f64,
    pub bands: Option<Bands>,
    pub bb_mid: f64,
    /// σ in quote units.
    pub bb_sigma: f64,
}

impl Minutes {
    /// `tick` is the f64 of the tick size.
    pub fn new(params: &Params, tick: f64) -> Self {
        Minutes {
            fast: Ema::new(params.ema_fast_n),
            slow: Ema::new(params.ema_slow_n),
            rsi: Rsi::new(params.rsi_n),
            bollinger: Bollinger::new(params.bb_n),
            vwap: Vwap::new(params.vwap_anchor, params.vwap_source, params.vwap_anchor_offset_min),
            tick,
            shown: MinuteColumns {
                bar_ts: NULL_INTEGER,
                close_ticks: 0,
                ema_fast: NULL,
                ema_slow: NULL,
                vwap: NULL,
                rsi: NULL,
                bands: None,
                bb_mid: NULL,
                bb_sigma: NULL,
            },
        }
    }

    /// Takes a closed bar in, flat ones too.
    pub fn close(&mut self, bar: &Bar) {
        self.fast.update(bar.close);
        self.slow.update(bar.close);
        self.rsi.update(bar.close);
        self.bollinger.update(bar.close);
        self.vwap.update(bar);
        self.shown.bar_ts = bar.open_ts();
        self.shown.close_ticks = bar.close;
    }

    /// Brings the columns up to the last closed bar.
    pub fn show(&mut self) {
        let bands = self.bollinger.bands();
        self.shown = MinuteColumns {
            ema_fast: self.fast.value() * self.tick,
            ema_slow: self.slow.value() * self.tick,
            vwap: self.vwap.value() * self.tick,
            rsi: self.rsi.value(),
            bands,
            bb_mid: bands.map_or(NULL, |b| b.mid() * self.tick),
            bb_sigma: bands.map_or(NULL, |b| b.sigma() * self.tick),
            ..self.shown
        };
    }

    #[inline]
    pub fn columns(&self) -> &MinuteColumns {
        &self.shown
    }
}
