//! The spread implied by bid-ask bounce (Roll 1984): `roll_spread`, `roll_bps`.

use super::wide::difference_of_products;
use super::window::TimeWindow;
use crate::error::Result;
use crate::persist::{Persist, Reader, Writer, within};

/// Successive price changes in ticks, the later one first.
type Pair = (i64, i64);

/// The pairs of successive trade-to-trade changes of a window, in exact integer sums.
#[derive(Clone, Debug)]
pub struct Roll {
    pairs: TimeWindow<Pair>,
    last_px: Option<i64>,
    last_change: Option<i64>,
    later: i128,
    earlier: i128,
    products: i128,
}

impl Roll {
    pub fn new(length_us: i64) -> Self {
        Roll {
            pairs: TimeWindow::new(length_us),
            last_px: None,
            last_change: None,
            later: 0,
            earlier: 0,
            products: 0,
        }
    }

    /// A segment starts: no change leads over its edge. The window empties by itself.
    pub fn restart(&mut self) {
        (self.last_px, self.last_change) = (None, None);
    }

    #[inline]
    pub fn update(&mut self, ts: i64, px: i64) {
        while let Some(pair) = self.pairs.evict(ts) {
            self.count(pair, -1);
        }
        let change = self.last_px.replace(px).map(|last| px - last);
        if let (Some(later), Some(earlier)) = (change, self.last_change) {
            self.pairs.push(ts, (later, earlier));
            self.count((later, earlier), 1);
        }
        self.last_change = change;
    }

    #[inline]
    fn count(&mut self, (later, earlier): Pair, sign: i128) {
        self.later += sign * i128::from(later);
        self.earlier += sign * i128::from(earlier);
        self.products += sign * crate::bar::product(later, earlier);
    }

    /// `2·√max(0, −cov(Δp_t, Δp_{t−1}))` in ticks; NaN with fewer than `min` pairs.
    pub fn spread(&self, min: usize) -> f64 {
        let n = self.pairs.len();
        if n < min.max(1) {
            return f64::NAN;
        }
        let covariance = difference_of_products(n as i128, self.products, self.later, self.earlier);
        2.0 * (-covariance).max(0.0).sqrt() / n as f64
    }
}

/// Prices are below 2^54 ticks.
const MOST_CHANGE: i128 = 1 << 54;

impl Persist for Roll {
    fn save(&self, to: &mut Writer) {
        self.pairs.save(to);
        self.last_px.save(to);
        self.last_change.save(to);
    }

    /// The sums follow from the pairs.
    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.pairs.load(from)?;
        self.last_px.load(from)?;
        self.last_change.load(from)?;
        (self.later, self.earlier, self.products) = (0, 0, 0);
        let pairs: Vec<Pair> = self.pairs.entries().collect();
        for (later, earlier) in pairs {
            within(MOST_CHANGE, [later.into(), earlier.into()])?;
            self.count((later, earlier), 1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_of_the_specification() {
        let mut roll = Roll::new(100);
        let prices = [1000, 1001, 1000, 1001, 1000, 1002];
        prices.iter().zip(0..).for_each(|(px, ts)| roll.update(ts, *px));
        assert!((roll.spread(4) * 0.1 - 0.223607).abs() < 1e-6);
        assert!(roll.spread(5).is_nan());
    }

    #[test]
    fn a_trend_has_no_bounce_and_a_segment_no_change_over_its_edge() {
        let mut roll = Roll::new(100);
        (0..6).for_each(|ts| roll.update(ts, 1000 + ts));
        assert_eq!(roll.spread(1), 0.0);
        let mut roll = Roll::new(100);
        for (ts, px) in [(0, 10), (1, 20)] {
            roll.update(ts, px);
        }
        roll.restart();
        for (ts, px) in [(2, 900), (3, 901)] {
            roll.update(ts, px);
        }
        assert_eq!(roll.pairs.len(), 0);
        roll.update(4, 900);
        roll.update(104, 900);
        assert_eq!(roll.pairs.first(), Some((0, -1)), "the pair of 4 is as old as the window");
    }
}
