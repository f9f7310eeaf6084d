//! Kyle's lambda: `kyle_lambda`, `kyle_bps`. Slope of price changes on signed volume (Kyle 1985; López de
//! Prado 2018, ch. 19), by least squares with an intercept.

use super::second::{MOST_LOTS, Second};
use super::wide::difference_of_products;
use crate::error::Result;
use crate::persist::{Persist, Reader, Writer, persist, within};
use std::collections::VecDeque;

/// Signed volume in lots and price change in ticks.
#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    index: i64,
    volume: i64,
    change: i64,
}

/// Prices are below 2^54 ticks.
const MOST_CHANGE: i128 = 1 << 54;

/// The regression over the seconds of a window, in exact integer sums.
#[derive(Clone, Debug, Default)]
pub struct Kyle {
    pairs: VecDeque<Pair>,
    volumes: i128,
    changes: i128,
    squares: i128,
    products: i128,
}

/// What the regression says.
#[derive(Clone, Copy, Debug)]
pub struct Impact {
    /// Ticks per lot.
    pub slope: f64,
    /// Ticks that one standard deviation of the signed volume moves the price.
    pub of_deviation: f64,
}

impl Kyle {
    pub fn restart(&mut self) {
        *self = Kyle::default();
    }

    /// Adds a completed second with trades.
    pub fn push(&mut self, second: &Second) {
        let pair =
            Pair { index: second.index, volume: second.signed_qty, change: second.to_px - second.from_px };
        self.add(pair);
    }

    fn add(&mut self, pair: Pair) {
        self.count(&pair, 1);
        self.pairs.push_back(pair);
    }

    /// Forgets the seconds before `first`.
    pub fn evict_below(&mut self, first: i64) {
        while let Some(old) = self.pairs.front().copied().filter(|old| old.index < first) {
            self.pairs.pop_front();
            self.count(&old, -1);
        }
    }

    fn count(&mut self, pair: &Pair, sign: i128) {
        let (volume, change) = (i128::from(pair.volume), i128::from(pair.change));
        self.volumes += sign * volume;
        self.changes += sign * change;
        self.squares += sign * volume * volume;
        self.products += sign * volume * change;
    }

    /// `(n·Σxy − Σx·Σy)/(n·Σx² − (Σx)²)`; `None` with fewer than `min` seconds or without variance.
    pub fn impact(&self, min: usize) -> Option<Impact> {
        let n = self.pairs.len();
        let variance = difference_of_products(n as i128, self.squares, self.volumes, self.volumes);
        if n < min || variance <= 0.0 {
            return None;
        }
        let covariance = difference_of_products(n as i128, self.products, self.volumes, self.changes);
        Some(Impact { slope: covariance / variance, of_deviation: covariance / (variance.sqrt() * n as f64) })
    }
}

persist!(Pair { index, volume, change });

impl Persist for Kyle {
    fn save(&self, to: &mut Writer) {
        self.pairs.save(to);
    }

    /// The sums follow from the pairs.
    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.restart();
        for pair in from.value::<Vec<Pair>>()? {
            within(i128::from(MOST_LOTS), [pair.volume.into()])?;
            within(MOST_CHANGE, [pair.change.into()])?;
            self.add(pair);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Signed volume, price change in tenths.
    const EXAMPLE: [(i64, i64); 5] = [(2, 1), (-1, -1), (3, 1), (-2, -1), (4, 2)];

    fn second(index: i64, (signed_qty, change): (i64, i64)) -> Second {
        Second { index, from_px: 1000, to_px: 1000 + change, signed_qty }
    }

    #[test]
    fn example_of_the_specification() {
        let mut kyle = Kyle::default();
        EXAMPLE.iter().enumerate().for_each(|(i, pair)| kyle.push(&second(i as i64, *pair)));
        let impact = kyle.impact(5).unwrap();
        assert!((impact.slope * 0.1 - 0.050746).abs() < 1e-6);
        let deviation = (26.8f64 / 5.0).sqrt();
        assert!((impact.of_deviation - impact.slope * deviation).abs() < 1e-12);
        assert!(kyle.impact(6).is_none());
    }

    #[test]
    fn what_leaves_the_window_leaves_no_trace() {
        let mut kyle = Kyle::default();
        kyle.push(&second(0, (1 << 53, 1 << 47)));
        kyle.push(&second(1, (-(1 << 53), -(1 << 47))));
        EXAMPLE.iter().enumerate().for_each(|(i, pair)| kyle.push(&second(10 + i as i64, *pair)));
        kyle.evict_below(10);
        assert!((kyle.impact(2).unwrap().slope * 0.1 - 0.050746).abs() < 1e-6);
        kyle.evict_below(14);
        assert!(kyle.impact(1).is_none());
    }
}
