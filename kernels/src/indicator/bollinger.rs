//! Bollinger bands (A4): `bb_mid`, `bb_up`, `bb_low`.

use super::flow::to_f64;
use crate::error::Result;
use crate::persist::{Persist, Reader, Writer, within};
use std::collections::VecDeque;

/// Mean and population deviation of the last `n` closes, kept as exact integers.
#[derive(Clone, Debug)]
pub struct Bollinger {
    length: usize,
    closes: VecDeque<i64>,
    sum: i128,
    squares: i128,
}

/// What the last `n` closes say, in ticks: `mid = sum/n`, `σ = root/n`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bands {
    pub n: i64,
    /// `Σx`, exact.
    pub sum: i128,
    /// `√(n·Σx² − (Σx)²)`, 0 exactly when all closes are equal.
    pub root: f64,
}

impl Bands {
    /// Ticks.
    pub fn mid(&self) -> f64 {
        to_f64(self.sum) / self.n as f64
    }

    /// Ticks.
    pub fn sigma(&self) -> f64 {
        self.root / self.n as f64
    }
}

impl Bollinger {
    pub fn new(length: usize) -> Self {
        Bollinger { length, closes: VecDeque::with_capacity(length + 1), sum: 0, squares: 0 }
    }

    pub fn update(&mut self, close: i64) {
        self.closes.push_back(close);
        self.add(close, 1);
        if self.closes.len() > self.length
            && let Some(old) = self.closes.pop_front()
        {
            self.add(old, -1);
        }
    }

    fn add(&mut self, close: i64, sign: i128) {
        let x = i128::from(close);
        self.sum += sign * x;
        self.squares += sign * x * x;
    }

    /// `None` for the first `n − 1` closes.
    pub fn bands(&self) -> Option<Bands> {
        if self.closes.len() < self.length {
            return None;
        }
        let n = self.length as i128;
        // The two products may leave 128 bits; their difference does not, so that it is exact modulo 2^128.
        let radicand = n.wrapping_mul(self.squares).wrapping_sub(self.sum.wrapping_mul(self.sum));
        Some(Bands { n: self.length as i64, sum: self.sum, root: (radicand as f64).sqrt() })
    }
}

impl Persist for Bollinger {
    fn save(&self, to: &mut Writer) {
        self.closes.save(to);
    }

    fn load(&mut self, from: &mut Reader) -> Result<()> {
        *self = Bollinger::new(self.length);
        let closes = from.value::<Vec<i64>>()?;
        within(1 << 54, closes.iter().map(|close| i128::from(*close)))?;
        closes.into_iter().for_each(|close| self.update(close));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::ema::tests::{C8, C24};
    use super::*;

    fn bands(closes: &[i64], length: usize) -> Vec<Option<[f64; 4]>> {
        let mut bollinger = Bollinger::new(length);
        closes
            .iter()
            .map(|close| {
                bollinger.update(*close);
                bollinger.bands().map(|b| {
                    let (mid, sigma) = (b.mid() * 0.1, b.sigma() * 0.1);
                    [mid, mid + 2.0 * sigma, mid - 2.0 * sigma, sigma]
                })
            })
            .collect()
    }

    #[test]
    fn golden_vectors_of_the_specification() {
        let short = bands(&C8, 4);
        assert!(short[..3].iter().all(Option::is_none));
        let long = bands(&C24, 20);
        assert!(long[18].is_none());
        for (got, want) in [
            (short[3], [100.875, 102.354019946, 99.395980054, 0.739509973]),
            (short[4], [101.25, 102.368033989, 100.131966011, 0.559016994]),
            (short[5], [101.75, 103.552775638, 99.947224362, 0.901387819]),
            (short[6], [102.125, 103.214724736, 101.035275264, 0.544862368]),
            (short[7], [102.625, 104.545286437, 100.704713563, 0.960143218]),
            (long[19], [102.58, 105.265963514, 99.894036486, 1.342981757]),
            (long[20], [102.82, 105.396509266, 100.243490734, 1.288254633]),
            (long[21], [103.06, 105.621562023, 100.498437977, 1.280781012]),
            (long[22], [103.245, 105.776778031, 100.713221969, 1.265889016]),
            (long[23], [103.485, 105.953420548, 101.016579452, 1.234210274]),
        ] {
            for (a, b) in got.unwrap().iter().zip(want) {
                assert!((a - b).abs() < 1e-9, "{a} {b}");
            }
        }
    }

    #[test]
    fn equal_closes_have_no_width_at_any_price() {
        for close in [1, 618_003, (1 << 54) - 1] {
            let mut bollinger = Bollinger::new(1000);
            (0..1000).for_each(|_| bollinger.update(close));
            assert_eq!(bollinger.bands().unwrap().root, 0.0);
            bollinger.update(close - 1);
            assert_eq!(bollinger.bands().unwrap().root, 999f64.sqrt());
        }
    }
}
