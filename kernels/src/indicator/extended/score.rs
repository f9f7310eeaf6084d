//! The book imbalance against its own recent past: `obi_z`.

use super::wide::difference_of_products;
use super::window::TimeWindow;
use crate::error::Result;
use crate::persist::{Persist, Reader, Writer, within};

/// Imbalances are kept in units of 2^-50, so that their sums are exact.
const UNIT: f64 = (1i64 << 50) as f64;

fn scaled(imbalance: f64) -> i64 {
    (imbalance.clamp(-1.0, 1.0) * UNIT) as i64
}

/// The imbalances of the valid snapshots of a window.
#[derive(Clone, Debug)]
pub struct ImbalanceScore {
    window: TimeWindow<i64>,
    sum: i128,
    squares: i128,
}

impl ImbalanceScore {
    pub fn new(length_us: i64) -> Self {
        ImbalanceScore { window: TimeWindow::new(length_us), sum: 0, squares: 0 }
    }

    /// A valid snapshot has become visible; one without an imbalance (an empty band) does not count.
    pub fn push(&mut self, ts: i64, imbalance: f64) {
        if imbalance.is_nan() {
            return;
        }
        let scaled = scaled(imbalance);
        self.window.push(ts, scaled);
        self.add(scaled, 1);
    }

    fn add(&mut self, scaled: i64, sign: i128) {
        let scaled = i128::from(scaled);
        self.sum += sign * scaled;
        self.squares += sign * scaled * scaled;
    }

    /// `(x − mean)/σ` over the snapshots of `(now − W, now]`, σ with the divisor n; NaN with fewer than `min`
    /// snapshots, or where all are equal.
    pub fn score(&mut self, now: i64, imbalance: f64, min: usize) -> f64 {
        while let Some(old) = self.window.evict(now) {
            self.add(old, -1);
        }
        let n = self.window.len() as i128;
        if self.window.len() < min.max(2) || imbalance.is_nan() {
            return f64::NAN;
        }
        let variance = difference_of_products(n, self.squares, self.sum, self.sum);
        let above = n * i128::from(scaled(imbalance)) - self.sum;
        if variance <= 0.0 { f64::NAN } else { above as f64 / variance.sqrt() }
    }
}

impl Persist for ImbalanceScore {
    fn save(&self, to: &mut Writer) {
        self.window.save(to);
    }

    /// The sums follow from the imbalances.
    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.window.load(from)?;
        within(UNIT as i128, self.window.entries().map(i128::from))?;
        (self.sum, self.squares) = (0, 0);
        let imbalances: Vec<i64> = self.window.entries().collect();
        imbalances.into_iter().for_each(|imbalance| self.add(imbalance, 1));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_the_distance_from_the_mean_in_deviations() {
        let mut score = ImbalanceScore::new(100);
        score.push(0, 0.9);
        for (ts, x) in [(1, 0.25), (50, -0.5), (60, f64::NAN), (99, 1.0)] {
            score.push(ts, x);
        }
        let mean = 0.25;
        let deviation = ((0.0 + 0.75f64.powi(2) + 0.75f64.powi(2)) / 3.0).sqrt();
        assert!((score.score(100, 1.0, 3) - (1.0 - mean) / deviation).abs() < 1e-12);
        assert!(score.score(100, 1.0, 4).is_nan());
        assert!(score.score(100, f64::NAN, 2).is_nan());
        let mut flat = ImbalanceScore::new(100);
        (0..9).for_each(|ts| flat.push(ts, 0.1));
        assert!(flat.score(9, 0.1, 2).is_nan());
    }
}
