//! Fingerprints of columns, for telling tables apart: that of a column follows from those of its parts, however it
//! is cut into row groups and files.

use super::cell::{Cell, RunOfBits};

/// A fingerprint of a column's values and nulls (no defence against an adversary): the polynomial
/// `sum of mixed(value i) * BASE^(n - 1 - i)` modulo 2^64. BASE is odd, so that no change of a single value goes
/// unseen; the values are mixed, so that changes do not cancel. -0.0 and other NaNs than the null do not occur in a
/// table.
pub fn of_values<T: Cell>(values: &[T]) -> u64 {
    let (strides, rest) = values.as_chunks::<STRIDE>();
    let polynomial = |sum: u64, value: &T| sum.wrapping_mul(BASE).wrapping_add(mixed(value.bits()));
    let sum = strides.iter().fold(0u64, |sum, stride| {
        let part = stride.iter().fold(0, polynomial);
        sum.wrapping_mul(BASE_OF_STRIDE).wrapping_add(part)
    });
    rest.iter().fold(sum, polynomial)
}

/// Values whose part of the sum does not wait for that of the values before them: multiplications one behind the other
/// take their time. With more than two the compiler makes vectors of them, whose multiplications of 64 bits are slow.
const STRIDE: usize = 2;
const BASE_OF_STRIDE: u64 = power(BASE, STRIDE as u64);

/// The same of a column in runs: a run is its value times a geometric series.
pub fn of_runs(runs: &[RunOfBits]) -> u64 {
    runs.iter().fold(0, |sum, run| {
        let (power, series) = geometric(u64::from(run.rows));
        sum.wrapping_mul(power).wrapping_add(mixed(run.bits).wrapping_mul(series))
    })
}

/// The fingerprint of a column whose first part has the fingerprint `before` and whose last `rows` have `part`.
pub fn joined(before: u64, part: u64, rows: u64) -> u64 {
    before.wrapping_mul(power(BASE, rows)).wrapping_add(part)
}

/// Odd numbers from the fractional digits of pi: any odd number with mixed bits serves.
const BASE: u64 = 0x243f_6a88_85a3_08d3;
const MIXER: u64 = 0x1319_8a2e_0370_7345;

/// A bijection; 0 does not stay 0, so that leading zeros count.
#[inline(always)]
fn mixed(bits: u64) -> u64 {
    let x = (bits ^ (bits >> 32)).wrapping_add(1).wrapping_mul(MIXER);
    x ^ (x >> 29)
}

const fn power(base: u64, mut exponent: u64) -> u64 {
    let (mut square, mut result) = (base, 1u64);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result.wrapping_mul(square);
        }
        square = square.wrapping_mul(square);
        exponent >>= 1;
    }
    result
}

/// `BASE^n` and `1 + BASE + … + BASE^(n - 1)`, from the highest bit of `n` on: doubled, and one more where it is set.
fn geometric(n: u64) -> (u64, u64) {
    (0..u64::BITS - n.leading_zeros()).rev().fold((1, 0), |(power, series): (u64, u64), bit| {
        let doubled = (power.wrapping_mul(power), series.wrapping_mul(power.wrapping_add(1)));
        match n >> bit & 1 {
            0 => doubled,
            _ => (doubled.0.wrapping_mul(BASE), doubled.1.wrapping_mul(BASE).wrapping_add(1)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Run;

    #[test]
    fn strides_add_up_to_the_polynomial() {
        for length in 0..20 {
            let values: Vec<i64> = (0..length).map(|i| i * i * 7919 - 40).collect();
            let want =
                values.iter().fold(0u64, |sum, v| sum.wrapping_mul(BASE).wrapping_add(mixed(v.bits())));
            assert_eq!(of_values(&values), want, "{length} values");
        }
    }

    #[test]
    fn runs_have_the_fingerprint_of_their_values() {
        let runs =
            [(1.5f32, 1), (f32::NAN, 70_000), (0.0, 3), (1.5, 64)].map(|(value, rows)| Run { value, rows });
        let values = runs.iter().flat_map(|run| vec![run.value; run.rows as usize]).collect::<Vec<_>>();
        assert_eq!(of_runs(&runs.map(|run| RunOfBits::of(&run))), of_values(&values));
        assert_eq!(of_runs(&[]), of_values::<f32>(&[]));
    }

    #[test]
    fn a_fingerprint_sees_every_value_its_place_and_the_length() {
        let of = |v: &[f64]| of_values(v);
        let v: Vec<f64> = (0..9).map(f64::from).collect();
        let mut seen = vec![of(&v), of(&v[..8])];
        for i in 0..9 {
            let mut other = v.clone();
            other[i] = f64::NAN;
            seen.push(of(&other));
            other.copy_from_slice(&v);
            other.swap(i, (i + 4) % 9);
            seen.push(of(&other));
        }
        let distinct: std::collections::HashSet<_> = seen.iter().collect();
        // Swaps (i, i+4) are nine distinct pairs of positions.
        assert_eq!(distinct.len(), seen.len());
        assert_eq!(of(&v), of(&v.clone()));
        assert_ne!(of(&[0.0]), of(&[0.0, 0.0]));
    }

    #[test]
    fn the_fingerprint_of_a_column_follows_from_its_parts() {
        let v: Vec<i64> = (0..23).map(|i| i * i - 50).collect();
        let whole = of_values(&v);
        for cut in 0..=v.len() {
            let (a, b) = v.split_at(cut);
            let (first, last) = (of_values(a), of_values(b));
            assert_eq!(joined(first, last, b.len() as u64), whole, "cut at {cut}");
        }
    }
}
