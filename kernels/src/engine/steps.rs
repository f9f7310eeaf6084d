//! Whole steps of a grid to the nearest f64.

use crate::event::Decimal;

/// `n` steps of a decimal size, rounded once.
#[derive(Clone, Debug)]
pub struct Steps {
    step: Decimal,
    /// `10^places` where an f64 holds it exactly, else 0.
    unit: f64,
    /// The largest `n` for which one division of two exact numbers is the answer; below 0 if there is none.
    easy: i64,
    /// The mantissa of the step; of use where `easy` is not below 0.
    mantissa: i64,
}

impl Steps {
    pub fn new(step: Decimal) -> Self {
        let exact = step.places <= 22 && step.mantissa > 0;
        let unit = if exact { 10_i128.pow(step.places) as f64 } else { 0.0 };
        let easy = if exact { ((1 << 53) / step.mantissa) as i64 } else { -1 };
        Steps { step, unit, easy, mantissa: step.mantissa as i64 }
    }

    /// The f64 nearest to `n · step`.
    #[inline]
    pub fn of(&self, n: i128) -> f64 {
        match i64::try_from(n) {
            Ok(narrow) => self.of_narrow(narrow),
            Err(_) => self.long(n),
        }
    }

    /// The same for a count that is known to be narrow.
    #[inline]
    pub fn of_narrow(&self, n: i64) -> f64 {
        if -self.easy <= n && n <= self.easy {
            return (n * self.mantissa) as f64 / self.unit;
        }
        self.long(i128::from(n))
    }

    /// The size of one step.
    pub fn one(&self) -> f64 {
        self.of(1)
    }

    #[cold]
    #[inline(never)]
    fn long(&self, n: i128) -> f64 {
        match n.checked_mul(self.step.mantissa) {
            Some(mantissa) => format!("{mantissa}e-{}", self.step.places).parse().unwrap_or(f64::NAN),
            None => {
                n as f64 * format!("{}e-{}", self.step.mantissa, self.step.places).parse().unwrap_or(f64::NAN)
            }
        }
    }
}

/// The decimal product of two decimals.
pub fn times(a: Decimal, b: Decimal) -> Decimal {
    Decimal { mantissa: a.mantissa.saturating_mul(b.mantissa), places: a.places + b.places }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rounding_like_the_decimal_text() {
        let steps = Steps::new(Decimal { mantissa: 1, places: 1 });
        assert_eq!(steps.of(618_003), 61800.3);
        assert_eq!(steps.of(3), 0.3);
        assert_ne!(3.0 * 0.1, 0.3);
        let quarter = Steps::new(Decimal { mantissa: 25, places: 2 });
        assert_eq!(quarter.of(-7), -1.75);
        let long = Steps::new(Decimal { mantissa: 1, places: 8 });
        assert_eq!(long.of(12_345_678_901_234_567_890), 123_456_789_012.345_67);
        assert_eq!(Steps::new(Decimal { mantissa: 3, places: 30 }).of(5), 15e-30);
        assert_eq!(Steps::new(Decimal { mantissa: 1000, places: 0 }).of(7), 7000.0);
    }
}
