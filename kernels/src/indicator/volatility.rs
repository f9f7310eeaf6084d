//! Volatility of one-second returns (B3): σ of `cpi_ret`.

use crate::persist::persist;
use std::f64::consts::LN_2;

const SECOND_US: i64 = 1_000_000;

/// Decayed mean of squared log returns of completed seconds, sampled at the last trade before each
/// second's end. The second of the first trade gives only the reference price.
#[derive(Clone, Debug)]
pub struct SecondVolatility {
    half_life_s: f64,
    /// `2^(−1/H)`.
    decay: f64,
    first_second: i64,
    /// The second that still collects trades, and its last price.
    second: i64,
    /// Where the next second begins, µs: most trades need no division.
    next_ts: i64,
    px: i64,
    /// The last second with trades whose return is in the sums, and its last price.
    folded: i64,
    folded_px: i64,
    squares: f64,
    weight: f64,
    sigma: f64,
}

impl SecondVolatility {
    pub fn new(half_life_s: f64) -> Self {
        SecondVolatility {
            half_life_s,
            decay: libm::exp2(-1.0 / half_life_s),
            first_second: 0,
            second: 0,
            next_ts: 0,
            px: 0,
            folded: 0,
            folded_px: 0,
            squares: 0.0,
            weight: 0.0,
            sigma: f64::NAN,
        }
    }

    /// Forgets everything; the trade is the first of a segment.
    pub fn restart(&mut self, ts: i64, px: i64) {
        let second = ts.div_euclid(SECOND_US);
        self.next_ts = (second + 1) * SECOND_US;
        (self.first_second, self.second, self.folded) = (second, second, second);
        (self.px, self.folded_px) = (px, px);
        (self.squares, self.weight, self.sigma) = (0.0, 0.0, f64::NAN);
    }

    /// Takes a trade in.
    #[inline]
    pub fn update(&mut self, ts: i64, px: i64) {
        if ts >= self.next_ts {
            self.complete(ts.div_euclid(SECOND_US));
        }
        self.px = px;
    }

    /// The completed seconds of the segment that carry a return.
    pub fn seconds(&self) -> i64 {
        self.second - 1 - self.first_second
    }

    /// σ of one second's log return; NaN before the first completed second.
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    fn complete(&mut self, now: i64) {
        if self.second > self.first_second {
            let change = libm::log1p((self.px - self.folded_px) as f64 / self.folded_px as f64);
            (self.squares, self.weight) = self.aged(self.second - self.folded);
            self.squares += change * change;
        }
        (self.folded, self.folded_px) = (self.second, self.px);
        (self.second, self.next_ts) = (now, (now + 1) * SECOND_US);
        // Empty seconds since then are zero returns; they are read, not stored, so that one long
        // step and many short ones give the same bits.
        let (squares, weight) = self.aged(now - 1 - self.folded);
        self.sigma = (squares / weight).sqrt();
    }

    /// The sums after `seconds` more zero returns: `n·d^k`, `w·d^k + (1 − d^k)/(1 − d)`.
    fn aged(&self, seconds: i64) -> (f64, f64) {
        match seconds {
            0 => (self.squares, self.weight),
            1 => (self.squares * self.decay, self.weight * self.decay + 1.0),
            k => {
                let factor = libm::exp2(-(k as f64) / self.half_life_s);
                let ones =
                    libm::expm1(-LN_2 * k as f64 / self.half_life_s) / libm::expm1(-LN_2 / self.half_life_s);
                (super::decay::decayed(self.squares, factor), self.weight * factor + ones)
            }
        }
    }
}

persist!(SecondVolatility { first_second, second, next_ts, px, folded, folded_px, squares, weight, sigma });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_of_the_specification() {
        let mut volatility = SecondVolatility::new(4.0);
        volatility.restart(0, 1000);
        let mut sigmas = Vec::new();
        // A trade in the next second completes each of the seconds 1, 2, 5 and 6.
        for (second, px) in [(1, 1001), (2, 1001), (5, 999), (6, 1000)] {
            volatility.update(second * 1_000_000, px);
            let mut after = volatility.clone();
            after.update((second + 1) * 1_000_000, px);
            assert_eq!(after.seconds(), second);
            sigmas.push(after.sigma() * 1e4);
        }
        for (got, want) in sigmas.iter().zip([9.995003331, 6.755220, 11.114147, 10.851687]) {
            assert!((got - want).abs() < 1e-6, "{sigmas:?}");
        }
    }

    #[test]
    fn equal_to_the_mean_over_every_second() {
        let half_life = 7.0;
        let mut closes = std::collections::BTreeMap::new();
        let mut volatility = SecondVolatility::new(half_life);
        let (mut seed, mut ts, mut px) = (3u64, 1_700_000i64, 5000i64);
        volatility.restart(ts, px);
        closes.insert(1, px);
        for _ in 0..400 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let r = (seed >> 33) as i64;
            ts += [0, 1_000, 300_000, 700_000, 4_000_000][(r % 5) as usize];
            px += r / 5 % 7 - 3;
            volatility.update(ts, px);
            let now = ts.div_euclid(1_000_000);
            let (mut squares, mut weights, mut last) = (0.0, 0.0, closes[&1]);
            for s in 2..now {
                let close = *closes.get(&s).unwrap_or(&last);
                let w = 0.5f64.powf((now - 1 - s) as f64 / half_life);
                squares += w * (close as f64 / last as f64).ln().powi(2);
                weights += w;
                last = close;
            }
            let want = (squares / weights).sqrt();
            let got = volatility.sigma();
            assert!((got - want).abs() <= 1e-11 * want.max(1e-3) || got.is_nan() && want.is_nan());
            closes.insert(now, px);
        }
    }

    #[test]
    fn equal_prices_have_no_volatility() {
        let mut volatility = SecondVolatility::new(1800.0);
        volatility.restart(0, 7);
        volatility.update(500_000_000, 7);
        assert_eq!((volatility.sigma(), volatility.seconds()), (0.0, 499));
    }
}
