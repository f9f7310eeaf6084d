//! Counter-based random numbers: what is drawn depends on the key and the count of draws alone.

/// A stream of draws of its own for each (seed, generation, individual, purpose).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    key: u64,
    count: u64,
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): a bijection that mixes all bits.
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Draw {
    pub fn new(seed: u64, generation: u64, individual: u64, purpose: u64) -> Draw {
        let key = [seed, generation, individual, purpose]
            .into_iter()
            .fold(STEP, |key, word| mix(key ^ mix(word.wrapping_add(STEP))).wrapping_add(STEP));
        Draw { key, count: 0 }
    }

    pub fn bits(&mut self) -> u64 {
        self.count += 1;
        self.bits_at(self.count)
    }

    /// Draw number `count` of the stream (the first one is 1), whatever was drawn before.
    #[inline]
    pub fn bits_at(&self, count: u64) -> u64 {
        mix(self.key ^ mix(count.wrapping_mul(STEP)))
    }

    /// Uniform on [0, 1).
    pub fn unit(&mut self) -> f64 {
        self.count += 1;
        self.unit_at(self.count)
    }

    /// As [`Draw::unit`], from draw number `count`.
    #[inline]
    pub fn unit_at(&self, count: u64) -> f64 {
        (self.bits_at(count) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform on 0 .. n (n ≥ 1); the bias of the product is below n / 2^64.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// True once in `n` on average.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// A standard normal number (Box–Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_the_same_stream_and_any_other_another() {
        let draw = |key: [u64; 4]| {
            let mut d = Draw::new(key[0], key[1], key[2], key[3]);
            (0..8).map(|_| d.bits()).collect::<Vec<_>>()
        };
        let base = draw([1, 2, 3, 4]);
        assert_eq!(base, draw([1, 2, 3, 4]));
        for other in [[2, 2, 3, 4], [1, 3, 3, 4], [1, 2, 4, 4], [1, 2, 3, 5], [2, 1, 3, 4], [0, 0, 0, 0]] {
            assert_ne!(base, draw(other));
        }
    }

    #[test]
    fn units_are_uniform_and_normals_normal() {
        let mut d = Draw::new(7, 0, 0, 0);
        let n = 100_000;
        let mean = (0..n).map(|_| d.unit()).sum::<f64>() / f64::from(n);
        assert!((mean - 0.5).abs() < 0.005, "{mean}");
        let squares = (0..n).map(|_| d.normal().powi(2)).sum::<f64>() / f64::from(n);
        assert!((squares - 1.0).abs() < 0.02, "{squares}");
        let mut seen = [0; 7];
        (0..7000).for_each(|_| seen[d.below(7)] += 1);
        assert!(seen.iter().all(|&c| (850..1150).contains(&c)), "{seen:?}");
    }
}
