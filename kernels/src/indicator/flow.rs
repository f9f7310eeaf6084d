//! The flow window and the order flow delta (B1): `ofd`, `ofd_ratio`, `cvd`.

use crate::error::Result;
use crate::persist::{Persist, Reader, Writer, broken, persist};
use std::collections::VecDeque;

const DAY_US: i64 = 86_400_000_000;

/// Whole volumes, in lots or in ticks × lots. Sums are exact: where 64 bits might not hold them, 128 do.
pub trait Volume:
    Copy
    + Default
    + std::fmt::Debug
    + PartialOrd
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Neg<Output = Self>
    + std::ops::AddAssign
    + std::ops::SubAssign
{
    /// The volume itself where it fits.
    fn of(volume: i128) -> Self;
    fn wide(self) -> i128;
    /// The nearest f64.
    fn to_f64(self) -> f64;
}

impl Volume for i64 {
    #[inline]
    fn of(volume: i128) -> i64 {
        volume as i64
    }

    #[inline]
    fn wide(self) -> i128 {
        i128::from(self)
    }

    #[inline]
    fn to_f64(self) -> f64 {
        self as f64
    }
}

impl Volume for i128 {
    fn of(volume: i128) -> i128 {
        volume
    }

    fn wide(self) -> i128 {
        self
    }

    fn to_f64(self) -> f64 {
        to_f64(self)
    }
}

/// A trade as the window keeps it: successive ones of one moment, price and side are one, since they come and
/// go together. `volume` is in the unit of `volume_unit`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Print<V> {
    pub ts: i64,
    pub px: i64,
    pub volume: V,
    pub side: i8,
}

impl<V> Print<V> {
    #[inline]
    fn joins(&self, next: &Self) -> bool {
        (self.ts, self.px, self.side) == (next.ts, next.px, next.side)
    }
}

/// The trades of `(t − W, t]` with their exact sums of aggressive buys and sells.
#[derive(Clone, Debug)]
pub struct FlowWindow<V> {
    length_us: i64,
    prints: VecDeque<Print<V>>,
    buys: V,
    sells: V,
    last_evicted_px: Option<i64>,
}

impl<V: Volume> FlowWindow<V> {
    pub fn new(length_us: i64) -> Self {
        let zero = V::default();
        FlowWindow { length_us, prints: VecDeque::new(), buys: zero, sells: zero, last_evicted_px: None }
    }

    /// Takes out the oldest trade if it has left the window of `now`.
    #[inline]
    pub fn evict(&mut self, now: i64) -> Option<Print<V>> {
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
    pub fn push(&mut self, print: Print<V>) {
        self.count(print.side, print.volume);
        match self.prints.back_mut() {
            Some(last) if last.joins(&print) => last.volume += print.volume,
            _ => self.prints.push_back(print),
        }
    }

    #[inline]
    fn count(&mut self, side: i8, volume: V) {
        match side {
            1 => self.buys += volume,
            -1 => self.sells += volume,
            _ => {}
        }
    }

    /// The same window with sums of another width, which must hold them.
    pub fn widened<U: Volume>(&self) -> FlowWindow<U> {
        let mut window = FlowWindow::new(self.length_us);
        window.last_evicted_px = self.last_evicted_px;
        for Print { ts, px, volume, side } in &self.prints {
            window.push(Print { ts: *ts, px: *px, volume: U::of(volume.wide()), side: *side });
        }
        window
    }

    /// The trades in the window, the oldest first.
    pub fn prints(&self) -> impl Iterator<Item = &Print<V>> {
        self.prints.iter()
    }

    /// Aggressive buys `B` and sells `S`.
    #[inline]
    pub fn volumes(&self) -> (V, V) {
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
pub struct Cvd<V> {
    /// The day of `sum`, µs: its first moment and that of the next one.
    day_start: i64,
    day_end: i64,
    sum: V,
}

impl<V: Volume> Cvd<V> {
    #[inline]
    pub fn update(&mut self, ts: i64, volume: V, side: i8) -> V {
        if !(self.day_start..self.day_end).contains(&ts) {
            self.day_start = ts.div_euclid(DAY_US) * DAY_US;
            self.day_end = self.day_start + DAY_US;
            self.sum = V::default();
        }
        match side {
            1 => self.sum += volume,
            -1 => self.sum -= volume,
            _ => {}
        }
        self.sum
    }

    /// As it stands.
    pub fn sum(&self) -> V {
        self.sum
    }

    /// The same sum in another width, which must hold it.
    pub fn widened<U: Volume>(&self) -> Cvd<U> {
        Cvd { day_start: self.day_start, day_end: self.day_end, sum: U::of(self.sum.wide()) }
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

persist!(Print<i128> { ts, px, volume, side });
persist!(Cvd<i128> { day_start, day_end, sum });

/// Saved in full width, whatever the sums need at the moment.
impl Persist for FlowWindow<i128> {
    fn save(&self, to: &mut Writer) {
        self.last_evicted_px.save(to);
        self.prints.save(to);
    }

    /// The sums follow from the trades.
    fn load(&mut self, from: &mut Reader) -> Result<()> {
        *self = FlowWindow::new(self.length_us);
        self.last_evicted_px.load(from)?;
        for print in from.value::<Vec<Print<i128>>>()? {
            if !(0..1 << 120).contains(&print.volume) || !(1..1 << 54).contains(&print.px) {
                return Err(broken("expected volume and price of a trade, got some beyond any"));
            }
            self.push(print);
        }
        Ok(())
    }
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
        let (mut window, mut cvd) = (FlowWindow::<i128>::new(5_000_000), Cvd::default());
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
        let mut window = FlowWindow::<i64>::new(5);
        window.push(Print { ts: 0, px: 1, volume: 9, side: 0 });
        assert_eq!(window.volumes(), (0, 0));
        assert!(ofd(0.0, 0.0).is_nan() && ratio(0.0, 0.0, 100.0).is_nan());
    }

    #[test]
    fn cvd_restarts_with_the_day_also_before_1970() {
        let mut cvd = Cvd::<i64>::default();
        assert_eq!(cvd.update(-2, 5, -1), -5);
        assert_eq!(cvd.update(-1, 5, -1), -10);
        assert_eq!(cvd.update(0, 5, 1), 5);
    }
}
