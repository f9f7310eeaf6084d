//! Exponential forgetting by time (0.5.4): factors `2^(−Δt/H)`.

/// A decayed sum below this is 0: denormals are slow.
const SMALLEST: f64 = 1e-300;

/// Elapsed times whose factors are remembered: a power of two, small enough for the first-level cache.
const LINES: usize = 256;

/// The factors of one elapsed time for several half-lives; equal half-lives share a slot.
///
/// Stamps of whole milliseconds make the same few times come again and again, so that most factors are
/// looked up: line `k` of the table holds one time that falls to it and the factors of that time.
#[derive(Clone, Debug, Default)]
pub struct Decays {
    half_lives_us: Vec<f64>,
    times_us: Vec<i64>,
    factors: Vec<f64>,
    /// The time that the factors stand for, and where they start.
    elapsed_us: i64,
    at: usize,
}

impl Decays {
    /// The slot under which this half-life's factor is found.
    pub fn slot(&mut self, half_life_s: f64) -> usize {
        let half_life = half_life_s * 1e6;
        self.half_lives_us.iter().position(|h| *h == half_life).unwrap_or_else(|| {
            self.half_lives_us.push(half_life);
            self.forget();
            self.half_lives_us.len() - 1
        })
    }

    /// How many there are.
    pub fn slots(&self) -> usize {
        self.half_lives_us.len()
    }

    /// Every line says what is true of no time at all: that nothing has decayed.
    fn forget(&mut self) {
        self.times_us = vec![0; LINES];
        self.factors = vec![1.0; LINES * self.half_lives_us.len()];
        (self.elapsed_us, self.at) = (0, 0);
    }

    /// Sets the time that the factors stand for, µs, not negative.
    #[inline]
    pub fn elapse(&mut self, elapsed_us: i64) {
        if elapsed_us == self.elapsed_us {
            return;
        }
        self.elapsed_us = elapsed_us;
        let line = ((elapsed_us as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as usize % LINES;
        self.at = line * self.half_lives_us.len();
        if self.times_us[line] != elapsed_us {
            self.times_us[line] = elapsed_us;
            self.compute();
        }
    }

    fn compute(&mut self) {
        for (factor, half_life) in self.factors[self.at..].iter_mut().zip(&self.half_lives_us) {
            *factor = libm::exp2(-(self.elapsed_us as f64) / half_life);
        }
    }

    /// Of every slot.
    #[inline]
    pub fn factors(&self) -> &[f64] {
        &self.factors[self.at..self.at + self.half_lives_us.len()]
    }

    #[inline]
    pub fn factor(&self, slot: usize) -> f64 {
        self.factors[self.at + slot]
    }
}

/// The sum after its decay.
#[inline]
pub fn decayed(sum: f64, factor: f64) -> f64 {
    let rest = sum * factor;
    if rest < SMALLEST { 0.0 } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_is_left_after_each_half_life() {
        let mut decays = Decays::default();
        let (minute, second, again) = (decays.slot(60.0), decays.slot(1.0), decays.slot(60.0));
        assert_eq!((minute, again), (again, minute));
        assert_eq!(decays.factor(minute), 1.0);
        decays.elapse(60_000_000);
        assert_eq!((decays.factor(minute), decays.factor(second)), (0.5, 0.5f64.powi(60)));
        decays.elapse(0);
        assert_eq!(decays.factor(second), 1.0);
    }

    #[test]
    fn a_remembered_factor_has_the_bits_of_a_computed_one() {
        let mut decays = Decays::default();
        let slots = [60.0, 0.25, 1800.0].map(|half_life| (half_life, decays.slot(half_life)));
        let mut seed = 5u64;
        for _ in 0..20_000 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            // More times than lines, and often again.
            let elapsed = ((seed >> 33) % 1500) as i64 * 1000;
            decays.elapse(elapsed);
            for (half_life, slot) in slots {
                let want = libm::exp2(-(elapsed as f64) / (half_life * 1e6));
                assert_eq!(decays.factor(slot).to_bits(), want.to_bits(), "{elapsed} µs, {half_life} s");
            }
        }
    }

    #[test]
    fn what_is_too_small_is_nothing() {
        assert_eq!(decayed(1e-300, 0.5), 0.0);
        assert_eq!(decayed(1e-299, 0.5), 0.5e-299);
    }
}
