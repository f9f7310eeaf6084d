//! Fingerprints of columns, for telling tables apart.

use super::cell::Cell;
use crate::schema::Values;

/// A 128-bit fingerprint of a column's values and nulls (no defence against an adversary). Four lanes take the
/// values in turn, each step a bijection of the lane, so that no change of a single value goes unseen; -0.0 and
/// other NaNs than the null do not occur in a table.
pub fn fingerprint(values: &Values) -> [u8; 16] {
    match values {
        Values::I64(v) => fold(v),
        Values::F64(v) => fold(v),
        Values::F32(v) => fold(v),
        Values::I8(v) => fold(v),
    }
}

/// Odd multipliers from the fractional digits of pi: any odd number with mixed bits serves.
const LANES: [u64; 4] =
    [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345, 0xa409_3822_299f_31d1, 0x082e_fa98_ec4e_6c89];

fn fold<T: Cell>(values: &[T]) -> [u8; 16] {
    let mut lanes = LANES;
    let (fours, rest) = values.as_chunks::<4>();
    for four in fours {
        for i in 0..4 {
            lanes[i] = step(lanes[i], four[i].bits(), LANES[i]);
        }
    }
    for (i, value) in rest.iter().enumerate() {
        lanes[i] = step(lanes[i], value.bits(), LANES[i]);
    }
    let mix = |a: u64, b: u64| {
        let x = (a ^ b.rotate_left(32)).wrapping_mul(LANES[1]);
        (x ^ (x >> 31)).wrapping_mul(LANES[3])
    };
    let count = values.len() as u64;
    let low = lanes.iter().fold(count, |a, lane| mix(a, *lane));
    let high = lanes.iter().rev().fold(!count, |a, lane| mix(a, *lane));
    ((u128::from(high) << 64) | u128::from(low)).to_le_bytes()
}

#[inline(always)]
fn step(lane: u64, word: u64, factor: u64) -> u64 {
    (lane ^ word).wrapping_mul(factor).rotate_left(29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_sees_every_value_its_place_and_the_length() {
        let of = |v: &[f64]| fingerprint(&Values::F64(v));
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
    }
}
