//! Volume-weighted average price of the closed bars of a session (A2): `vwap`.

use crate::bar::{Bar, MINUTE_US};
use crate::params::{VwapAnchor, VwapSource};
use crate::persist::persist;
use std::collections::VecDeque;

const DAY_US: i64 = 86_400_000_000;

/// `Σ notional / Σ volume` over the bars of the session, in integers. Unit: ticks.
#[derive(Clone, Debug)]
pub struct Vwap {
    anchor: VwapAnchor,
    source: VwapSource,
    offset_us: i64,
    session: i64,
    notional: i128,
    volume: i128,
    /// The bars in the sums; used by `rolling` alone.
    bars: VecDeque<(i128, i128)>,
}

impl Vwap {
    pub fn new(anchor: VwapAnchor, source: VwapSource, offset_min: i64) -> Self {
        let offset_us = offset_min * MINUTE_US;
        Vwap { anchor, source, offset_us, session: 0, notional: 0, volume: 0, bars: VecDeque::new() }
    }

    pub fn update(&mut self, bar: &Bar) {
        let (notional, volume) = match self.source {
            VwapSource::Trades => (bar.notional, bar.volume),
            VwapSource::Hlc3 => {
                let thrice = i128::from(bar.high) + i128::from(bar.low) + i128::from(bar.close);
                (thrice * bar.volume, 3 * bar.volume)
            }
        };
        match self.anchor {
            VwapAnchor::UtcDay => self.enter_session((bar.open_ts() - self.offset_us).div_euclid(DAY_US)),
            VwapAnchor::Rolling(n) => self.roll(n, notional, volume),
            VwapAnchor::None => {}
        }
        self.notional += notional;
        self.volume += volume;
    }

    fn enter_session(&mut self, session: i64) {
        if session != self.session {
            (self.session, self.notional, self.volume) = (session, 0, 0);
        }
    }

    fn roll(&mut self, n: usize, notional: i128, volume: i128) {
        self.bars.push_back((notional, volume));
        if self.bars.len() > n
            && let Some((old_notional, old_volume)) = self.bars.pop_front()
        {
            self.notional -= old_notional;
            self.volume -= old_volume;
        }
    }

    /// NaN while the session has no volume.
    pub fn value(&self) -> f64 {
        self.notional as f64 / self.volume as f64
    }
}

persist!(Vwap { session, notional, volume, bars });

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Vec<Bar> {
        let bar = |index, high, low, close, volume, notional| Bar {
            high,
            low,
            volume,
            notional,
            ..Bar::flat(index, close)
        };
        vec![
            bar(0, 101, 100, 101, 3, 301),
            bar(1, 102, 102, 102, 3, 306),
            Bar::flat(2, 102),
            bar(3, 100, 99, 100, 6, 596),
        ]
    }

    fn vwaps(mut vwap: Vwap, bars: &[Bar]) -> Vec<f64> {
        bars.iter()
            .map(|bar| {
                vwap.update(bar);
                vwap.value()
            })
            .collect()
    }

    fn near(got: &[f64], want: &[f64]) {
        assert_eq!(got.len(), want.len());
        for (a, b) in got.iter().zip(want) {
            assert!((a - b).abs() < 1e-9 || a.is_nan() && b.is_nan(), "{got:?} {want:?}");
        }
    }

    #[test]
    fn example_of_the_specification() {
        let of = |source| vwaps(Vwap::new(VwapAnchor::UtcDay, source, 0), &example());
        near(&of(VwapSource::Trades), &[100.333333333, 101.166666667, 101.166666667, 100.25]);
        near(&of(VwapSource::Hlc3), &[100.666666667, 101.333333333, 101.333333333, 100.5]);
    }

    #[test]
    fn a_session_without_volume_is_null_not_yesterdays_value() {
        let mut bars = example();
        bars[2].index = 1440;
        bars[3].index = 1441;
        let day = vwaps(Vwap::new(VwapAnchor::UtcDay, VwapSource::Trades, 0), &bars);
        near(&day, &[301.0 / 3.0, 607.0 / 6.0, f64::NAN, 596.0 / 6.0]);
        let late = vwaps(Vwap::new(VwapAnchor::UtcDay, VwapSource::Trades, 1), &bars);
        near(&late, &[301.0 / 3.0, 102.0, 102.0, 596.0 / 6.0]);
        let none = vwaps(Vwap::new(VwapAnchor::None, VwapSource::Trades, 0), &bars);
        near(&none[2..], &[607.0 / 6.0, 100.25]);
    }

    #[test]
    fn rolling_forgets_bars_and_counts_flat_ones() {
        let rolling = vwaps(Vwap::new(VwapAnchor::Rolling(1), VwapSource::Trades, 0), &example());
        near(&rolling, &[301.0 / 3.0, 102.0, f64::NAN, 596.0 / 6.0]);
        let two = vwaps(Vwap::new(VwapAnchor::Rolling(2), VwapSource::Trades, 0), &example());
        near(&two, &[301.0 / 3.0, 607.0 / 6.0, 102.0, 596.0 / 6.0]);
    }
}
