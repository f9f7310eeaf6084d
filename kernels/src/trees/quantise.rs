//! Derivatives as integers: rounded up or down by chance, so that they are right on average. An integer sum is
//! the same in any order; the derivatives of a row are packed in one word, so that one addition adds them all.

use crate::gp::random::Draw;

/// What a stream of draws is for; part of its key.
pub mod purpose {
    pub const BINS: u64 = 101;
    pub const ROUNDING: u64 = 102;
    pub const ROWS: u64 = 103;
    pub const COLUMNS: u64 = 104;
}

/// Rows whose packed words can be added before a field overflows.
pub const CHUNK: usize = 1 << 14;
const COUNT_BITS: u32 = 15;
const HESSIAN_LEVELS: f64 = 511.0;
const HESSIAN_BITS: u32 = 23;
const GRADIENT_LEVELS: f64 = 2047.0;
/// Without second derivatives their bits are the gradient's.
const GRADIENT_LEVELS_ALONE: f64 = 1_048_575.0;

/// How the derivatives of one tree become words `gradient | hessian | 1`, and words sums.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantiser {
    /// Value of one level; 0 where all are 0.
    pub gradient_step: f64,
    pub hessian_step: f64,
    gradient_levels: f64,
    shift: u32,
    draw: Draw,
}

impl Quantiser {
    /// For derivatives up to these magnitudes; no hessian where every second derivative is 1. `key` names the
    /// tree: seed, round, output.
    pub fn new(gradient: f64, hessian: Option<f64>, key: [u64; 3]) -> Quantiser {
        let gradient_levels = if hessian.is_some() { GRADIENT_LEVELS } else { GRADIENT_LEVELS_ALONE };
        Quantiser {
            gradient_step: gradient / gradient_levels,
            hessian_step: hessian.map_or(1.0, |h| h / HESSIAN_LEVELS),
            gradient_levels,
            shift: COUNT_BITS + if hessian.is_some() { HESSIAN_BITS } else { 0 },
            draw: Draw::new(key[0], key[1], key[2], purpose::ROUNDING),
        }
    }

    /// The words of the rows from number `first` on; no hessian where every second derivative is 1.
    pub fn pack(&self, first: u64, gradient: &[f64], hessian: &[f64], out: &mut [i64]) {
        if hessian.is_empty() {
            for (i, (out, &g)) in out.iter_mut().zip(gradient).enumerate() {
                let (chance, _) = self.chances(first + i as u64);
                *out = (self.gradient_level(g, chance) << self.shift) + 1;
            }
            return;
        }
        let per_hessian = inverse(self.hessian_step);
        for (i, (out, (&g, &h))) in out.iter_mut().zip(gradient.iter().zip(hessian)).enumerate() {
            let (chance, other) = self.chances(first + i as u64);
            let level = (h * per_hessian + other).min(HESSIAN_LEVELS) as i64;
            *out = (self.gradient_level(g, chance) << self.shift) + (level << COUNT_BITS) + 1;
        }
    }

    #[inline]
    fn gradient_level(&self, gradient: f64, chance: f64) -> i64 {
        let shifted = gradient * inverse(self.gradient_step) + self.gradient_levels + chance;
        shifted.clamp(0.0, 2.0 * self.gradient_levels) as i64 - self.gradient_levels as i64
    }

    /// Two numbers uniform on [0, 1) that belong to the row.
    #[inline]
    fn chances(&self, row: u64) -> (f64, f64) {
        let bits = self.draw.bits_at(row + 1);
        let unit = |half: u32| f64::from(half) * (1.0 / 4_294_967_296.0);
        (unit((bits >> 32) as u32), unit(bits as u32))
    }

    /// The sums in a word: gradient, hessian, rows.
    #[inline]
    pub fn unpack(&self, word: i64) -> (f64, f64, f64) {
        let rows = word & ((1 << COUNT_BITS) - 1);
        let hessian = (word >> COUNT_BITS) & ((1 << HESSIAN_BITS) - 1);
        ((word >> self.shift) as f64, hessian as f64, rows as f64)
    }
}

#[inline]
fn inverse(step: f64) -> f64 {
    if step > 0.0 { 1.0 / step } else { 0.0 }
}

/// Sums in fixed point that keep all bits that matter: multiples of a power of two so small that
/// `rows` values of magnitude `greatest` add up within 62 bits.
#[derive(Clone, Copy, Debug)]
pub struct FixedPoint {
    scale: f64,
}

impl FixedPoint {
    pub fn new(greatest: f64, rows: u64) -> FixedPoint {
        let bound = greatest * rows.max(1) as f64;
        if !(bound > 0.0 && bound.is_finite()) {
            return FixedPoint { scale: 0.0 };
        }
        FixedPoint { scale: libm::ldexp(1.0, (61 - libm::ilogb(bound)).min(1000)) }
    }

    #[inline]
    pub fn of(&self, value: f64) -> i64 {
        (value * self.scale) as i64
    }

    pub fn value(&self, sum: i64) -> f64 {
        if self.scale > 0.0 { sum as f64 / self.scale } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_unpack_to_what_was_packed_even_when_a_full_chunk_is_added() {
        for extreme in [1.0, -1.0] {
            let q = Quantiser::new(1.0, Some(1.0), [1, 2, 3]);
            let mut words = vec![0; CHUNK];
            q.pack(0, &vec![extreme; CHUNK], &vec![1.0; CHUNK], &mut words);
            let (g, h, n) = q.unpack(words.iter().fold(0, |sum, &w| sum.wrapping_add(w)));
            assert_eq!(n, CHUNK as f64);
            assert_eq!((g * q.gradient_step, h * q.hessian_step), (extreme * n, n));
            let alone = Quantiser::new(1.0, None, [1, 2, 3]);
            alone.pack(0, &vec![extreme; CHUNK], &[], &mut words);
            let (g, _, n) = alone.unpack(words.iter().fold(0, |sum, &w| sum.wrapping_add(w)));
            assert_eq!((g * alone.gradient_step, n), (extreme * CHUNK as f64, CHUNK as f64));
        }
    }

    #[test]
    fn rounding_is_right_on_average_and_belongs_to_the_row() {
        let q = Quantiser::new(1.0, Some(1.0), [7, 0, 0]);
        let n = CHUNK;
        let (gradient, hessian) = (vec![-0.12345; n], vec![0.0042; n]);
        let mut words = vec![0; n];
        q.pack(0, &gradient, &hessian, &mut words);
        let (g, h, _) = q.unpack(words.iter().sum());
        assert!((g * q.gradient_step / n as f64 + 0.12345).abs() < 1e-5, "{}", g * q.gradient_step);
        assert!((h * q.hessian_step / n as f64 - 0.0042).abs() < 4e-5, "{}", h * q.hessian_step);
        let mut part = vec![0; 100];
        q.pack(500, &gradient[..100], &hessian[..100], &mut part);
        assert_eq!(part, words[500..600]);
    }

    #[test]
    fn all_zero_derivatives_have_level_zero() {
        let q = Quantiser::new(0.0, Some(0.0), [7, 0, 0]);
        let mut words = [0; 3];
        q.pack(0, &[0.0; 3], &[0.0; 3], &mut words);
        assert!(words.iter().all(|&w| q.unpack(w) == (0.0, 0.0, 1.0)));
    }

    #[test]
    fn fixed_point_keeps_forty_bits_of_a_million_rows_and_does_not_overflow() {
        for greatest in [1e-200, 0.3, 1.0, 1e300] {
            let fixed = FixedPoint::new(greatest, 1_000_000);
            let sum = (0..1_000_000).fold(0i64, |sum, _| sum.checked_add(fixed.of(-greatest)).unwrap());
            assert!((fixed.value(sum) / (-greatest * 1e6) - 1.0).abs() < 1e-12);
        }
        assert_eq!(FixedPoint::new(0.0, 5).value(FixedPoint::new(0.0, 5).of(0.0)), 0.0);
    }
}
