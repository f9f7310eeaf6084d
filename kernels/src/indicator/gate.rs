//! The activity gate of the crowd panic index (B3): `cpi_gate`.

use super::decay::decayed;
use crate::error::Result;
use crate::persist::{Persist, Reader, Writer};
use std::f64::consts::LN_2;

/// Fast against slow bias-corrected rate of the traded notional since the start of the segment.
#[derive(Clone, Debug)]
pub struct ActivityGate {
    fast_us: f64,
    slow_us: f64,
    log_full: f64,
    start_ts: i64,
    fast_sum: f64,
    slow_sum: f64,
    /// The stamp that the two divisors belong to: they change with the time only.
    divisor_ts: i64,
    fast_divisor: f64,
    slow_divisor: f64,
}

impl ActivityGate {
    pub fn new(fast_s: f64, slow_s: f64, full_ratio: f64) -> Self {
        ActivityGate {
            fast_us: fast_s * 1e6,
            slow_us: slow_s * 1e6,
            log_full: libm::log(full_ratio),
            start_ts: 0,
            fast_sum: 0.0,
            slow_sum: 0.0,
            divisor_ts: 0,
            fast_divisor: 0.0,
            slow_divisor: 0.0,
        }
    }

    /// Starts a segment.
    pub fn restart(&mut self, ts: i64) {
        (self.start_ts, self.fast_sum, self.slow_sum) = (ts, 0.0, 0.0);
        self.divisor_ts = ts;
        self.fast_divisor = 0.0;
    }

    /// `clamp(ln(v_fast/v_slow)/ln(full), 0, 1)` with the own trade in both rates; 0 at the segment's first
    /// stamp. The factors are the decays since the row before.
    #[inline]
    pub fn update(&mut self, ts: i64, notional: f64, fast_factor: f64, slow_factor: f64) -> f64 {
        self.fast_sum = decayed(self.fast_sum, fast_factor) + notional;
        self.slow_sum = decayed(self.slow_sum, slow_factor) + notional;
        if ts == self.start_ts || self.surely_slower() {
            return 0.0;
        }
        self.correct(ts);
        let (fast, slow) = (self.fast_sum / self.fast_divisor, self.slow_sum / self.slow_divisor);
        if fast <= slow {
            return 0.0;
        }
        let share = libm::log(fast / slow) / self.log_full;
        // Not f64::min: in WASM that is a call.
        if share > 1.0 { 1.0 } else { share }
    }

    /// Whether the fast rate is below the slow one whatever the divisors of this moment are: both grow with the time,
    /// the slow one up to the half-life. Spares their computation in quiet times.
    #[inline]
    fn surely_slower(&self) -> bool {
        // Far more than all roundings, so that the rates as computed would say the same.
        const MARGIN: f64 = 1.0 + 1e-9;
        self.fast_sum * self.slow_us * MARGIN < self.slow_sum * self.fast_divisor
    }

    /// v = S·ln2/H / (1 − 2^(−age/H)); ln2 cancels in the ratio of the two rates.
    #[inline]
    fn correct(&mut self, ts: i64) {
        if ts == self.divisor_ts {
            return;
        }
        self.divisor_ts = ts;
        let age = (ts - self.start_ts) as f64;
        let divisor = |half_life: f64| match -LN_2 * age / half_life {
            // The start is forgotten to the last bit.
            exponent if exponent < -39.0 => half_life,
            exponent => half_life * -libm::expm1(exponent),
        };
        (self.fast_divisor, self.slow_divisor) = (divisor(self.fast_us), divisor(self.slow_us));
    }
}

impl Persist for ActivityGate {
    fn save(&self, to: &mut Writer) {
        self.start_ts.save(to);
        self.fast_sum.save(to);
        self.slow_sum.save(to);
    }

    /// The divisors follow from the stamps: the next row makes them anew.
    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.start_ts.load(from)?;
        self.fast_sum.load(from)?;
        self.slow_sum.load(from)?;
        self.divisor_ts = self.start_ts;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::decay::Decays;
    use super::*;

    #[test]
    fn a_gate_that_is_not_computed_is_the_one_that_would_be() {
        let (mut gate, mut plain) =
            (ActivityGate::new(15.0, 1800.0, 4.0), ActivityGate::new(15.0, 1800.0, 4.0));
        let (mut seed, mut ts, mut spared) = (9u64, 5i64, 0);
        for row in 0..20_000 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let (step, size) = ((seed >> 33) % 4000 * 1000, (seed >> 50) % 97 + 1);
            if row % 5000 == 0 {
                gate.restart(ts);
                plain.restart(ts);
            } else {
                ts += step as i64;
            }
            let factor = |half_life: f64| libm::exp2(-(step as f64) / (half_life * 1e6));
            let notional = (size * size) as f64;
            let (fast, slow) = (factor(15.0), factor(1800.0));
            // Without a divisor of before nothing is sure.
            plain.fast_divisor = 0.0;
            plain.divisor_ts = plain.start_ts;
            let (got, want) = (gate.update(ts, notional, fast, slow), plain.update(ts, notional, fast, slow));
            assert_eq!(got.to_bits(), want.to_bits(), "row {row}");
            spared += u64::from(gate.divisor_ts != ts);
        }
        assert!(spared > 1000, "{spared}");
    }

    #[test]
    fn example_of_the_specification() {
        let (mut gate, mut decays) = (ActivityGate::new(15.0, 1800.0, 4.0), Decays::default());
        let (fast, slow) = (decays.slot(15.0), decays.slot(1800.0));
        let mut last = 0;
        let notionals = [(0, 1000.0), (0, 500.0), (1, 2000.0), (10, 8000.0), (70, 500.0), (600, 3000.0)];
        for ((second, notional), want) in notionals.into_iter().zip([0.0, 0.0, 0.002485, 0.077679, 0.0, 1.0])
        {
            let ts = second * 1_000_000;
            decays.elapse(ts - last);
            last = ts;
            let got = gate.update(ts, notional, decays.factor(fast), decays.factor(slow));
            assert!((got - want).abs() < 1e-6, "{second}: {got}");
        }
    }
}
