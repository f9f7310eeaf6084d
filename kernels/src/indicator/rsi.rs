//! Relative strength index (A3): `rsi7`.

use crate::persist::persist;

/// Wilder's smoothing, seeded with the plain mean of the first `n` gains and losses:
/// `RSI = 100·G/(G+L)`, 50 where nothing has moved. Dimensionless, 0…100.
#[derive(Clone, Debug)]
pub struct Rsi {
    length: usize,
    seen: usize,
    previous: i64,
    gain: f64,
    loss: f64,
}

impl Rsi {
    pub fn new(length: usize) -> Self {
        Rsi { length, seen: 0, previous: 0, gain: 0.0, loss: 0.0 }
    }

    pub fn update(&mut self, close: i64) {
        let change = close - self.previous;
        self.previous = close;
        self.seen = (self.seen + 1).min(self.length + 2);
        if self.seen == 1 {
            return;
        }
        let (gain, loss, n) = (change.max(0) as f64, (-change).max(0) as f64, self.length as f64);
        match self.seen - 1 {
            changes if changes <= self.length => {
                self.gain += gain;
                self.loss += loss;
                if changes == self.length {
                    self.gain /= n;
                    self.loss /= n;
                }
            }
            _ => {
                self.gain = (self.gain * (n - 1.0) + gain) / n;
                self.loss = (self.loss * (n - 1.0) + loss) / n;
            }
        }
    }

    /// NaN for the first `n` closes.
    pub fn value(&self) -> f64 {
        if self.seen <= self.length {
            return f64::NAN;
        }
        let both = self.gain + self.loss;
        if both == 0.0 { 50.0 } else { 100.0 * self.gain / both }
    }
}

persist!(Rsi { seen, previous, gain, loss });

#[cfg(test)]
mod tests {
    use super::super::ema::tests::{C8, C24};
    use super::*;

    fn rsis(closes: &[i64], length: usize) -> Vec<f64> {
        let mut rsi = Rsi::new(length);
        closes
            .iter()
            .map(|close| {
                rsi.update(*close);
                rsi.value()
            })
            .collect()
    }

    #[test]
    fn golden_vectors_of_the_specification() {
        let short = rsis(&C8, 3);
        assert!(short[..3].iter().all(|x| x.is_nan()));
        for (got, want) in
            short[3..].iter().zip([83.333333333, 66.666666667, 82.456140351, 55.952380952, 77.575757576])
        {
            assert!((got - want).abs() < 1e-9);
        }
        let long = rsis(&C24, 7);
        assert!(long[6].is_nan());
        for (index, want) in [
            (7, 84.210526316),
            (8, 85.9375),
            (9, 72.131147541),
            (19, 61.829545759),
            (20, 69.240018091),
            (21, 73.054469655),
            (22, 65.476259155),
            (23, 71.510120463),
        ] {
            assert!((long[index] - want).abs() < 1e-9, "{index}");
        }
    }

    #[test]
    fn a_flat_series_is_neutral() {
        assert_eq!(rsis(&[5; 6], 3)[3..], [50.0; 3]);
    }
}
