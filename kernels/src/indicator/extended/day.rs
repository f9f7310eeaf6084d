//! The time of the day as a point on a circle: `tod_sin`, `tod_cos`.

use std::f64::consts::TAU;

const DAY_US: i64 = 86_400_000_000;

/// `(sin, cos)` of `2π·(ts mod 1 day)/1 day`: 0:00 UTC is (0, 1), 6:00 is (1, 0).
pub fn time_of_day(ts: i64) -> (f64, f64) {
    let angle = TAU * (ts.rem_euclid(DAY_US) as f64 / DAY_US as f64);
    libm::sincos(angle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_is_up_and_six_is_right_also_before_1970() {
        for (ts, sin, cos) in [(0, 0.0, 1.0), (DAY_US / 4, 1.0, 0.0), (-DAY_US / 4, -1.0, 0.0)] {
            let (s, c) = time_of_day(ts);
            assert!((s - sin).abs() < 1e-15 && (c - cos).abs() < 1e-15);
        }
    }
}
