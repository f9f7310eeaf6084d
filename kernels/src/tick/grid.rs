//! The number format of a symbol: tick, lot and bucket (0.1 and 0.6 of the specification).

use super::decimal::pow10;
use crate::error::{Error, Result};
use crate::event::{Decimal, Grid};

/// The largest count of ticks or lots: four times it still fits an `i64`, as comparisons with the mid need.
pub const MAX_STEPS: i64 = 1 << 60;

/// `tick_size` or `lot_size`: the configured decimal, or one unit of the last decimal seen in the text.
pub fn step(name: &str, configured: Option<&str>, max_places: u32) -> Result<Decimal> {
    let Some(text) = configured else { return Ok(unit(max_places)) };
    let refused = || {
        Error::usage(format!(
            "{name}: expected a decimal number above 0 of at most 18 digits, got \"{text}\""
        ))
        .hint(format!("Set {name} to the step of the exchange, for example 0.01."))
    };
    let step = Decimal::parse(text.as_bytes()).map_err(|_| refused())?;
    let range = 1..1_000_000_000_000_000_000;
    if range.contains(&step.mantissa) { Ok(step) } else { Err(refused()) }
}

fn unit(places: u32) -> Decimal {
    Decimal { mantissa: 1, places }
}

/// `g` of 0.6: the smallest of 1, 2, 5 times a power of ten with `g * 20000 >= px_ticks`.
pub fn auto_bucket(px_ticks: i64) -> i64 {
    let enough = |g: i64| i128::from(g) * 20_000 >= i128::from(px_ticks);
    let mut power = 1i64;
    loop {
        if let Some(g) = [power, 2 * power, 5 * power].into_iter().find(|g| enough(*g)) {
            return g;
        }
        // Ends long before it overflows: 5 * 10^14 buckets cover every i64.
        power *= 10;
    }
}

/// The whole grid. `bucket` and `wall_bucket` are the configured ticks, `None` for `auto`;
/// `first_px_ticks` is the price of the first retained row in the order of 0.2.
pub fn grid(
    tick: Decimal,
    lot: Decimal,
    bucket: Option<i64>,
    wall_bucket: Option<i64>,
    first_px_ticks: i64,
) -> Result<Grid> {
    let bucket_ticks =
        positive("footprint_bucket_ticks", bucket)?.unwrap_or_else(|| auto_bucket(first_px_ticks));
    let wall_bucket_ticks = positive("wall_bucket_ticks", wall_bucket)?.unwrap_or(bucket_ticks);
    Ok(Grid { tick, lot, bucket_ticks, wall_bucket_ticks })
}

fn positive(name: &str, ticks: Option<i64>) -> Result<Option<i64>> {
    match ticks {
        Some(n) if n < 1 => Err(Error::usage(format!("{name}: expected auto or at least 1 tick, got {n}"))
            .hint(format!("Set {name} to auto or to a whole number of ticks."))),
        _ => Ok(ticks),
    }
}

/// Where a decimal lies on an axis of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Within 1e-6 step of this multiple.
    On(i64),
    /// Between the multiples, or at a multiple that is not positive.
    Off,
    /// At or beyond [`MAX_STEPS`].
    Beyond,
}

/// Counts steps (ticks or lots) in decimals, exactly.
#[derive(Clone, Debug)]
pub struct Axis {
    step: Decimal,
    /// For a step of one decimal unit: per places of the number, the factor and the largest mantissa for it.
    fast: [(i64, i64); 19],
}

impl Axis {
    pub fn new(step: Decimal) -> Axis {
        let mut fast = [(0, -1); 19];
        for (places, slot) in fast.iter_mut().enumerate() {
            let missing = step.places.checked_sub(places as u32).filter(|k| step.mantissa == 1 && *k <= 18);
            if let Some(factor) = missing.and_then(pow10).and_then(|f| i64::try_from(f).ok()) {
                *slot = (factor, (MAX_STEPS - 1) / factor);
            }
        }
        Axis { step, fast }
    }

    /// The number of steps in a positive decimal.
    #[inline(always)]
    pub fn place(&self, number: Decimal) -> Place {
        if let Some(&(factor, limit)) = self.fast.get(number.places as usize)
            && number.mantissa > 0
            && number.mantissa <= i128::from(limit)
        {
            return Place::On(number.mantissa as i64 * factor);
        }
        self.place_any(number)
    }

    /// `number / step = n / d`: bring both to one power of ten, divide, look at the rest.
    #[inline(never)]
    fn place_any(&self, number: Decimal) -> Place {
        if number.mantissa <= 0 {
            return Place::Off;
        }
        let more = self.step.places.saturating_sub(number.places);
        let Some(n) = pow10(more).and_then(|f| number.mantissa.checked_mul(f)) else { return Place::Beyond };
        let fewer = number.places.saturating_sub(self.step.places);
        // A step beyond 10^38 units is more than twice any mantissa: the number lies between 0 and 1.
        let d = pow10(fewer).and_then(|f| self.step.mantissa.checked_mul(f)).unwrap_or(i128::MAX);
        let (floor, rest) = (n / d, n % d);
        // r * 10^6 <= d, written so that nothing overflows.
        let tolerance = d / 1_000_000;
        let count = match (rest <= tolerance, d - rest <= tolerance) {
            (true, _) => floor,
            (false, true) => floor + 1,
            _ if floor >= i128::from(MAX_STEPS) => return Place::Beyond,
            _ => return Place::Off,
        };
        match i64::try_from(count) {
            Ok(0) => Place::Off,
            Ok(steps) if steps < MAX_STEPS => Place::On(steps),
            _ => Place::Beyond,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text.as_bytes()).unwrap()
    }

    fn place(step: &str, number: &str) -> Place {
        Axis::new(decimal(step)).place(decimal(number))
    }

    #[test]
    fn buckets_are_those_of_the_specification() {
        for (px, g) in [(1, 1), (20000, 1), (20001, 2), (40001, 5), (100001, 10), (618003, 50)] {
            assert_eq!(auto_bucket(px), g);
        }
        assert_eq!(auto_bucket(i64::MAX), 500_000_000_000_000);
        assert_eq!(auto_bucket(i64::MIN), 1);
    }

    #[test]
    fn steps_come_from_the_parameter_or_the_decimals() {
        assert_eq!(step("tick_size", None, 2).unwrap(), decimal("0.01"));
        assert_eq!(step("tick_size", None, 0).unwrap(), decimal("1"));
        assert_eq!(step("tick_size", Some("1e-3"), 7).unwrap(), decimal("0.001"));
        for text in ["0", "-1", "x", "", "1e18", "1e-39"] {
            let error = step("tick_size", Some(text), 0).unwrap_err();
            assert!(
                error.message.starts_with("tick_size: expected a decimal number above 0"),
                "{}",
                error.message
            );
        }
    }

    #[test]
    fn wall_buckets_follow_the_footprint_unless_set() {
        let grid = |b, w| super::grid(decimal("0.1"), decimal("1"), b, w, 618_003);
        assert_eq!(grid(None, None).unwrap().wall_bucket_ticks, 50);
        assert_eq!(grid(Some(3), None).unwrap().wall_bucket_ticks, 3);
        let both = grid(None, Some(2)).unwrap();
        assert_eq!((both.bucket_ticks, both.wall_bucket_ticks), (50, 2));
        assert!(grid(Some(0), None).is_err() && grid(None, Some(-5)).is_err());
    }

    #[test]
    fn a_number_is_on_the_grid_within_a_millionth_of_a_step() {
        assert_eq!(place("0.1", "61800.3"), Place::On(618_003));
        assert_eq!(place("0.5", "2004.5"), Place::On(4009));
        assert_eq!(place("0.5", "2004.4"), Place::Off);
        assert_eq!(place("0.5", "2004.5000005"), Place::On(4009));
        assert_eq!(place("0.5", "2004.4999995"), Place::On(4009));
        assert_eq!(place("0.5", "2004.50000051"), Place::Off);
        assert_eq!(place("1", "1e-7"), Place::Off);
        assert_eq!(place("3", "1e-38"), Place::Off);
        assert_eq!(place("0.7", "99999999999999999999999999999999999999e-38"), Place::Off);
    }

    #[test]
    fn counts_too_large_are_told_apart() {
        assert_eq!(place("0.1", "1e17"), Place::On(1_000_000_000_000_000_000));
        assert_eq!(place("1", "1152921504606846975"), Place::On(MAX_STEPS - 1));
        assert_eq!(place("1", "1152921504606846976"), Place::Beyond);
        assert_eq!(place("1e-30", "61800.3"), Place::Beyond);
        assert_eq!(place("1e-38", "1e37"), Place::Beyond);
        assert_eq!(place("0.3", "99999999999999999999999999999999999999"), Place::Beyond);
    }
}
