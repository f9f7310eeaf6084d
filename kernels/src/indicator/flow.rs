//! The flow window and the order flow delta (B1): `ofd`, `ofd_ratio`, `cvd`.

use std::collections::VecDeque;

const DAY_US: i64 = 86_400_000_000;

/// A trade as the window keeps it. `volume` is in the unit of `volume_unit`.
#[derive(Clone, Copy, Debug)]
pub struct Print {
    pub ts: i64,
    pub px: i64,
    pub volume: i128,
    pub side: i8,
}

/// The trades of `(t − W, t]` with their exact sums of aggressive buys and sells.
#[derive(Clone, Debug)]
pub struct FlowWindow {
    length_us: i64,
    prints: VecDeque<Print>,
    buys: i128,
    sells: i128,
    last_evicted_px: Option<i64>,
}

impl FlowWindow {
    pub fn new(length_us: i64) -> Self {
        FlowWindow { length_us, prints: VecDeque::new(), buys: 0, sells: 0, last_evicted_px: None }
    }

    /// Takes out the oldest trade if it has left the window of `now`.
    #[inline]
    pub fn evict(&mut self, now: i64) -> Option<Print> {
        let old = *self.prints.front()?;
        if old.ts > now - self.length_us {
            return None;
        }
        self.prints.pop_front();
        self.count(old.side, -old.volume);
        self.last_evicted_px = Some(old.px);
        Some(old)
    }

    #[inline]
    pub fn push(&mut self, print: Print) {
        self.count(print.side, print.volume);
        self.prints.push_back(print);
    }

    #[inline]
    fn count(&mut self, side: i8, volume: i128) {
        match side {
            1 => self.buys += volume,
            -1 => self.sells += volume,
            _ => {}
        }
    }

    /// Aggressive buys `B` and sells `S`.
    #[inline]
    pub fn volumes(&self) -> (i128, i128) {
        (self.buys, self.sells)
    }

    /// The price of the oldest trade in the window, in ticks.
    #[inline]
    pub fn front_px(&self) -> Option<i64> {
        self.prints.front().map(|print| print.px)
    }

    /// The price of the last trade with `ts <= now − W`, in ticks.
    #[inline]
    pub fn reference_px(&self) -> Option<i64> {
        self.last_evicted_px
    }
}

/// `(B − S)/(B + S)`, −1…1 (trade imbalance: Chordia–Subrahmanyam 2004), of the difference and the sum of the
/// volumes; NaN where both are 0.
#[inline]
pub fn ofd(delta: f64, both: f64) -> f64 {
    delta / both
}

/// `B/S` between `1/limit` and `limit`; NaN where both are 0.
#[inline]
pub fn ratio(buys: f64, sells: f64, limit: f64) -> f64 {
    (buys / sells).clamp(1.0 / limit, limit)
}

/// `Σ side·volume` since 00:00 UTC.
#[derive(Clone, Debug, Default)]
pub struct Cvd {
    /// The day of `sum`, µs: its first moment and that of the next one.
    day_start: i64,
    day_end: i64,
    sum: i128,
}

impl Cvd {
    #[inline]
    pub fn update(&mut self, ts: i64, volume: i128, side: i8) -> i128 {
        if !(self.day_start..self.day_end).contains(&ts) {
            self.day_start = ts.div_euclid(DAY_US) * DAY_US;
            self.day_end = self.day_start + DAY_US;
            self.sum = 0;
        }
        match side {
            1 => self.sum += volume,
            -1 => self.sum -= volume,
            _ => {}
        }
        self.sum
    }
}

/// The nearest f64; narrow integers take the machine's own conversion.
#[inline]
pub fn to_f64(value: i128) -> f64 {
    match i64::try_from(value) {
        Ok(narrow) => narrow as f64,
        Err(_) => wide_to_f64(value),
    }
}

/// Out of the way: seen beside the other branch, the two become one call that is always made.
#[cold]
#[inline(never)]
fn wide_to_f64(value: i128) -> f64 {
    value as f64
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The example T of B1: (ts in µs, ticks of 0.1, quantity, side).
    pub(crate) const T: [(i64, i64, i128, i8); 8] = [
        (0, 1000, 2, 1),
        (1_000_000, 1001, 1, 1),
        (1_000_000, 1001, 3, -1),
        (2_500_000, 1000, 4, -1),
        (4_000_000, 999, 5, -1),
        (6_000_000, 999, 1, 1),
        (10_000_000, 1000, 6, 1),
        (12_000_000, 1000, 2, 1),
    ];

    #[test]
    fn example_of_the_specification() {
        let (mut window, mut cvd) = (FlowWindow::new(5_000_000), Cvd::default());
        let sums = [(2, 0), (3, 0), (3, 3), (3, 7), (3, 12), (1, 9), (7, 0), (8, 0)];
        let ofds = [1.0, 1.0, 0.0, -0.4, -0.6, -0.8, 1.0, 1.0];
        let ratios = [100.0, 100.0, 1.0, 0.428571429, 0.25, 0.111111111, 100.0, 100.0];
        let cvds = [2, 3, 0, -4, -9, -8, -2, 0];
        for (i, (ts, px, volume, side)) in T.into_iter().enumerate() {
            while window.evict(ts).is_some() {}
            window.push(Print { ts, px, volume, side });
            assert_eq!((window.buys, window.sells), sums[i]);
            let (buys, sells) = (window.buys as f64, window.sells as f64);
            assert!((ofd(buys - sells, buys + sells) - ofds[i]).abs() < 1e-12);
            assert!((ratio(buys, sells, 100.0) - ratios[i]).abs() < 1e-9);
            assert_eq!(cvd.update(ts, volume, side), cvds[i]);
        }
    }

    #[test]
    fn a_window_of_unsided_trades_has_no_imbalance() {
        let mut window = FlowWindow::new(5);
        window.push(Print { ts: 0, px: 1, volume: 9, side: 0 });
        assert_eq!(window.volumes(), (0, 0));
        assert!(ofd(0.0, 0.0).is_nan() && ratio(0.0, 0.0, 100.0).is_nan());
    }

    #[test]
    fn cvd_restarts_with_the_day_also_before_1970() {
        let mut cvd = Cvd::default();
        assert_eq!(cvd.update(-2, 5, -1), -5);
        assert_eq!(cvd.update(-1, 5, -1), -10);
        assert_eq!(cvd.update(0, 5, 1), 5);
    }
}
