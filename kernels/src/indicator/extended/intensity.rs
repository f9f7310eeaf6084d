//! How fast trades come, and how long the last one was waited for (Engle–Russell 1998): `trade_rate`,
//! `trade_rate_rel`, `duration_ms`, `duration_rel`.

use super::window::TimeWindow;
use crate::indicator::decay::decayed;
use crate::persist::persist;
use std::f64::consts::LN_2;

/// Counts of trades: in the window, and decayed with a slow half-life since the start of the segment.
#[derive(Clone, Debug)]
pub struct Intensity {
    window: TimeWindow<()>,
    window_s: f64,
    half_life_us: f64,
    start_ts: i64,
    last_ts: Option<i64>,
    decayed_count: f64,
}

/// Rates in trades per second; NaN where there is none yet.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub rate: f64,
    pub slow_rate: f64,
    /// Since the trade before, µs; NaN on the first row of a segment.
    pub duration_us: f64,
}

impl Intensity {
    pub fn new(window_us: i64, half_life_s: f64) -> Self {
        Intensity {
            window: TimeWindow::new(window_us),
            window_s: window_us as f64 / 1e6,
            half_life_us: half_life_s * 1e6,
            start_ts: 0,
            last_ts: None,
            decayed_count: 0.0,
        }
    }

    /// A segment starts. The window empties by itself.
    pub fn restart(&mut self, ts: i64) {
        (self.start_ts, self.last_ts, self.decayed_count) = (ts, None, 0.0);
    }

    /// Takes a trade in; `factor` is the slow count's decay since the row before.
    #[inline]
    pub fn update(&mut self, ts: i64, factor: f64) -> Pace {
        while self.window.evict(ts).is_some() {}
        self.window.push(ts, ());
        self.decayed_count = decayed(self.decayed_count, factor) + 1.0;
        let duration_us = self.last_ts.replace(ts).map_or(f64::NAN, |last| (ts - last) as f64);
        Pace {
            rate: self.window.len() as f64 / self.window_s,
            slow_rate: self.slow_rate(ts - self.start_ts),
            duration_us,
        }
    }

    /// `v = S·ln2/H / (1 − 2^(−age/H))`, the bias-corrected rate (as in B3); NaN at the segment's first stamp.
    fn slow_rate(&self, age_us: i64) -> f64 {
        if age_us == 0 {
            return f64::NAN;
        }
        let seen = -libm::expm1(-LN_2 * age_us as f64 / self.half_life_us);
        self.decayed_count * LN_2 / (self.half_life_us / 1e6) / seen
    }
}

persist!(Intensity { window, start_ts, last_ts, decayed_count });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_tape_has_one_rate_and_one_duration() {
        let mut intensity = Intensity::new(5_000_000, 60.0);
        intensity.restart(0);
        let factor = libm::exp2(-0.5 / 60.0);
        let mut pace = intensity.update(0, 1.0);
        assert!(pace.slow_rate.is_nan() && pace.duration_us.is_nan());
        for i in 1..=2000 {
            pace = intensity.update(i * 500_000, factor);
        }
        assert_eq!((pace.rate, pace.duration_us), (2.0, 500_000.0));
        assert!((pace.slow_rate - 2.0).abs() < 0.01, "{pace:?}");
        intensity.restart(2_000_000_000);
        assert!(intensity.update(2_000_000_000, 0.0).duration_us.is_nan());
    }
}
