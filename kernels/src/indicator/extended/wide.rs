//! Differences of products of integers, which is what variances and covariances of integers are.

/// `a·b − c·d`, rounded once to f64: exact integers, 256 bits where 128 are not enough.
pub fn difference_of_products(a: i128, b: i128, c: i128, d: i128) -> f64 {
    match (a.checked_mul(b), c.checked_mul(d)) {
        (Some(ab), Some(cd)) if ab.checked_sub(cd).is_some() => crate::indicator::flow::to_f64(ab - cd),
        _ => wide_difference(a, b, c, d),
    }
}

/// A sign and a magnitude in two words, the high one first.
type Wide = (bool, (u128, u128));

#[cold]
fn wide_difference(a: i128, b: i128, c: i128, d: i128) -> f64 {
    let ((ab_negative, ab), (cd_negative, cd)) = (product(a, b), product(c, d));
    let (negative, magnitude) = match (ab_negative == cd_negative, ab >= cd) {
        (false, _) => (ab_negative, plus(ab, cd)),
        (true, true) => (ab_negative, minus(ab, cd)),
        (true, false) => (!ab_negative, minus(cd, ab)),
    };
    let value = to_f64(magnitude);
    if negative { -value } else { value }
}

fn product(a: i128, b: i128) -> Wide {
    const HALF: u32 = 64;
    let (x, y) = (a.unsigned_abs(), b.unsigned_abs());
    let (x1, x0, y1, y0) = (x >> HALF, x & u128::from(u64::MAX), y >> HALF, y & u128::from(u64::MAX));
    let (low, cross_a, cross_b, high) = (x0 * y0, x1 * y0, x0 * y1, x1 * y1);
    let middle = (low >> HALF) + (cross_a & u128::from(u64::MAX)) + (cross_b & u128::from(u64::MAX));
    let low = (low & u128::from(u64::MAX)) | (middle << HALF);
    let high = high + (cross_a >> HALF) + (cross_b >> HALF) + (middle >> HALF);
    ((a < 0) != (b < 0), (high, low))
}

/// Products of two i128 are below 2^254: their sum does not overflow.
fn plus(a: (u128, u128), b: (u128, u128)) -> (u128, u128) {
    let (low, carry) = a.1.overflowing_add(b.1);
    (a.0 + b.0 + u128::from(carry), low)
}

fn minus(a: (u128, u128), b: (u128, u128)) -> (u128, u128) {
    let (low, borrow) = a.1.overflowing_sub(b.1);
    (a.0 - b.0 - u128::from(borrow), low)
}

/// The 128 leading bits with a sticky one, rounded once.
fn to_f64((high, low): (u128, u128)) -> f64 {
    if high == 0 {
        return low as f64;
    }
    let shift = high.leading_zeros();
    let (top, rest) =
        if shift == 0 { (high, low) } else { ((high << shift) | (low >> (128 - shift)), low << shift) };
    let scale = f64::from_bits(u64::from(1023 + 128 - shift) << 52);
    (top | u128::from(rest != 0)) as f64 * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_products_agree_with_arithmetic_that_is_exact() {
        assert_eq!(difference_of_products(7, 6, 5, 8), 2.0);
        assert_eq!(difference_of_products(-7, 6, 5, -8), -2.0);
        let big = 1i128 << 100;
        // (2^100 + 1)² − 2^100·(2^100 + 2) = 1: nothing is left of it in floating point.
        assert_eq!(difference_of_products(big + 1, big + 1, big, big + 2), 1.0);
        assert_eq!(difference_of_products(big, big + 2, big + 1, big + 1), -1.0);
        assert_eq!(difference_of_products(big, -big, big, big), -(2f64.powi(201)));
        assert_eq!(difference_of_products(i128::MAX, i128::MAX, 0, 1), 2f64.powi(254));
        assert_eq!(difference_of_products(i128::MIN, i128::MIN, 1, 1), 2f64.powi(254));
        assert_eq!(difference_of_products(3 * big, big, 1, 1), 3.0 * 2f64.powi(200));
    }

    #[test]
    fn a_long_product_equals_the_short_one_scaled() {
        let mut seed = 3u64;
        for _ in 0..2000 {
            let mut next = || {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                i128::from(seed as i64 >> 20)
            };
            let [a, b, c, d] = [next(), next(), next(), next()];
            let long = difference_of_products(a << 70, b << 70, c << 70, d << 70);
            assert_eq!(long, difference_of_products(a, b, c, d) * 2f64.powi(140));
        }
    }
}
