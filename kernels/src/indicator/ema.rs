//! Exponential moving average (A1): `ema9`, `ema21`.

use crate::persist::persist;

/// `e ← e + α(c − e)`, `α = 2/(n+1)`, seeded with the simple mean of the first `n` closes
/// (TA-Lib's classic seed). Unit: that of the closes, here ticks.
#[derive(Clone, Debug)]
pub struct Ema {
    length: usize,
    seen: usize,
    seed_sum: i128,
    value: f64,
}

impl Ema {
    pub fn new(length: usize) -> Self {
        Ema { length, seen: 0, seed_sum: 0, value: f64::NAN }
    }

    pub fn update(&mut self, close: i64) {
        if self.seen < self.length {
            self.seen += 1;
            self.seed_sum += i128::from(close);
            if self.seen == self.length {
                self.value = self.seed_sum as f64 / self.length as f64;
            }
            return;
        }
        let alpha = 2.0 / (self.length as f64 + 1.0);
        self.value += alpha * (close as f64 - self.value);
    }

    /// NaN for the first `n − 1` closes.
    pub fn value(&self) -> f64 {
        self.value
    }
}

persist!(Ema { seen, seed_sum, value });

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The 24 closes of A5, in ticks of 0.1.
    pub(crate) const C24: [i64; 24] = [
        1000, 1005, 1012, 1008, 1015, 1021, 1019, 1026, 1030, 1024, 1018, 1022, 1031, 1038, 1035, 1042, 1049,
        1044, 1037, 1040, 1048, 1053, 1049, 1056,
    ];
    /// The 8 closes of A5, in ticks of 0.1.
    pub(crate) const C8: [i64; 8] = [1000, 1010, 1005, 1020, 1015, 1030, 1020, 1040];

    fn emas(closes: &[i64], length: usize) -> Vec<f64> {
        let mut ema = Ema::new(length);
        closes
            .iter()
            .map(|close| {
                ema.update(*close);
                ema.value() * 0.1
            })
            .collect()
    }

    #[test]
    fn golden_vectors_of_the_specification() {
        let short = emas(&C8, 3);
        assert!(short[..2].iter().all(|x| x.is_nan()));
        for (got, want) in short[2..].iter().zip([100.5, 101.25, 101.375, 102.1875, 102.09375, 103.046875]) {
            assert!((got - want).abs() < 1e-9);
        }
        let (nine, slow) = (emas(&C24, 9), emas(&C24, 21));
        assert!(nine[7].is_nan() && slow[19].is_nan());
        for (index, want) in [
            (8, 101.511111111),
            (9, 101.688888889),
            (19, 103.66313406),
            (20, 103.890507248),
            (21, 104.172405798),
            (22, 104.317924639),
            (23, 104.574339711),
        ] {
            assert!((nine[index] - want).abs() < 1e-9, "{index}");
        }
        for (index, want) in
            [(20, 102.685714286), (21, 102.923376623), (22, 103.103069658), (23, 103.330063325)]
        {
            assert!((slow[index] - want).abs() < 1e-9, "{index}");
        }
    }

    #[test]
    fn a_length_of_one_is_the_close_itself() {
        assert_eq!(emas(&[10, 30], 1), [1.0, 3.0]);
    }
}
