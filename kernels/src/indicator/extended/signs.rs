//! Aggressor signs in a row: autocorrelation (Lillo–Farmer 2004; Bouchaud et al. 2004), run length, sweeps:
//! `sign_acf`, `sign_run`, `sweep`.

use super::window::TimeWindow;
use crate::error::Result;
use crate::persist::{Persist, Reader, Writer, persist, within};

/// The signs of the sided trades of a window. Sums stay far below 2^63: a sign is ±1.
#[derive(Clone, Debug)]
pub struct SignMemory {
    signs: TimeWindow<i8>,
    sum: i64,
    /// `Σ s_i·s_{i+1}`.
    products: i64,
    run: i64,
}

impl SignMemory {
    pub fn new(length_us: i64) -> Self {
        SignMemory { signs: TimeWindow::new(length_us), sum: 0, products: 0, run: 0 }
    }

    /// A trade without a side only lets time pass.
    #[inline]
    pub fn update(&mut self, ts: i64, side: i8) {
        while let Some(old) = self.signs.evict(ts) {
            self.sum -= i64::from(old);
            self.products -= i64::from(old * self.signs.first().unwrap_or(0));
        }
        if side == 0 {
            return;
        }
        self.sum += i64::from(side);
        self.products += i64::from(side * self.signs.last().unwrap_or(0));
        self.signs.push(ts, side);
        let side = i64::from(side);
        self.run = if self.run * side > 0 { self.run + side } else { side };
    }

    /// How many successive sided trades had the sign of the last one, signed; 0 before the first.
    pub fn run(&self) -> i64 {
        self.run
    }

    /// Sample autocorrelation at lag 1, `Σ(s_i − m)(s_{i+1} − m)/Σ(s_i − m)²`, −1…1; NaN with fewer than
    /// `min` signs or where all are equal.
    pub fn autocorrelation(&self, min: usize) -> f64 {
        let (Some(first), Some(last)) = (self.signs.first(), self.signs.last()) else { return f64::NAN };
        let n = self.signs.len() as i128;
        let (sum, products) = (i128::from(self.sum), i128::from(self.products));
        let ends = i128::from(first) + i128::from(last);
        // Both times n²: m = sum/n, and every square of a sign is 1.
        let above = n * n * products - n * sum * (2 * sum - ends) + (n - 1) * sum * sum;
        let below = n * (n * n - sum * sum);
        if self.signs.len() < min.max(2) || below == 0 {
            return f64::NAN;
        }
        above as f64 / below as f64
    }
}

/// Whether a trade is part of a sweep: another trade of its stamp and side had another price.
#[derive(Clone, Debug, Default)]
pub struct Sweep {
    ts: i64,
    buys: Touched,
    sells: Touched,
}

/// The prices of one side at one stamp.
#[derive(Clone, Copy, Debug, Default)]
struct Touched {
    first_px: Option<i64>,
    several: bool,
}

impl Touched {
    fn touch(&mut self, px: i64) -> bool {
        let first = *self.first_px.get_or_insert(px);
        self.several |= px != first;
        self.several
    }
}

impl Sweep {
    /// The side of the sweep as far as it is known with this trade, 0 where there is none.
    #[inline]
    pub fn update(&mut self, ts: i64, px: i64, side: i8) -> i8 {
        if ts != self.ts {
            *self = Sweep { ts, ..Sweep::default() };
        }
        let swept = match side {
            1 => self.buys.touch(px),
            -1 => self.sells.touch(px),
            _ => false,
        };
        if swept { side } else { 0 }
    }
}

impl Persist for SignMemory {
    fn save(&self, to: &mut Writer) {
        self.signs.save(to);
        self.run.save(to);
    }

    /// The sums follow from the signs.
    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.signs.load(from)?;
        self.run.load(from)?;
        let signs: Vec<i64> = self.signs.entries().map(i64::from).collect();
        within(1, signs.iter().map(|sign| i128::from(*sign)))?;
        self.sum = signs.iter().sum();
        self.products = signs.windows(2).map(|pair| pair[0] * pair[1]).sum();
        Ok(())
    }
}

persist!(Touched { first_px, several });
persist!(Sweep { ts, buys, sells });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_of_the_specification() {
        let mut memory = SignMemory::new(100);
        let mut runs = Vec::new();
        for (ts, side) in [1, 1, 1, -1, -1, 1, 1, 1].into_iter().enumerate() {
            memory.update(ts as i64, side);
            memory.update(ts as i64, 0);
            runs.push(memory.run());
        }
        assert!((memory.autocorrelation(8) - 0.291667).abs() < 1e-6);
        assert!(memory.autocorrelation(9).is_nan());
        assert_eq!(runs, [1, 2, 3, -1, -2, 1, 2, 3]);
    }

    #[test]
    fn equal_to_the_formula_over_the_window_whatever_has_left_it() {
        let mut seed = 9u64;
        let (mut memory, mut all) = (SignMemory::new(40), Vec::new());
        let mut ts = 0;
        for _ in 0..3000 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let r = (seed >> 33) as i64;
            ts += r % 9;
            let side = [1, 1, -1, 0][(r / 9 % 4) as usize];
            memory.update(ts, side);
            all.push((ts, side));
            let signs: Vec<f64> =
                all.iter().filter(|(t, s)| *t > ts - 40 && *s != 0).map(|(_, s)| f64::from(*s)).collect();
            let mean = signs.iter().sum::<f64>() / signs.len() as f64;
            let below: f64 = signs.iter().map(|s| (s - mean).powi(2)).sum();
            let above: f64 = signs.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum();
            let (got, want) = (memory.autocorrelation(2), above / below);
            assert!((got - want).abs() < 1e-12 || below < 1e-9 && got.is_nan() || signs.len() < 2);
        }
    }

    #[test]
    fn a_sweep_has_two_prices_of_one_stamp_and_side() {
        let mut sweep = Sweep::default();
        let flags = [
            (0, 10, 1),
            (5, 10, 1),
            (5, 10, 1),
            (5, 11, -1),
            (5, 11, 1),
            (5, 11, 0),
            (5, 10, 1),
            (5, 10, -1),
            (6, 12, 1),
        ]
        .map(|(ts, px, side)| sweep.update(ts, px, side));
        assert_eq!(flags, [0, 0, 0, 0, 1, 0, 1, -1, 0]);
    }
}
