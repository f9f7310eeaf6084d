//! Exponential, logarithm, sine, cosine and hyperbolic tangent of f64 without branches, so that the compiler can
//! vectorise a loop over them: absolute error below 4e-16 where the result is of order 1. Made of additions and
//! multiplications alone, hence the same bits everywhere. What is reported in the end is computed by `libm`.

/// 1.5 · 2^52: added to a number it leaves the nearest integer in the low bits.
const MAGIC: f64 = 6_755_399_441_055_744.0;

/// e^x; 0 below −708, infinite above 709.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let shifted = x.clamp(-740.0, 740.0) * std::f64::consts::LOG2_E + MAGIC;
    let n = shifted - MAGIC;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
    // Taylor's series on |r| < 0.35.
    let mut p = 1.0 / 6_227_020_800.0;
    for c in [
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        p = p * r + c;
    }
    let power = f64::from_bits(shifted.to_bits().wrapping_add(1023).wrapping_shl(52));
    let value = p * power;
    let value = if x < -708.0 { 0.0 } else { value };
    let value = if x > 709.0 { f64::INFINITY } else { value };
    if x.is_nan() { x } else { value }
}

/// ln x; not a number for x ≤ 0 and for denormal numbers.
#[inline(always)]
pub fn log(x: f64) -> f64 {
    let bits = x.to_bits();
    // The exponent such that the mantissa lies in [√½, √2).
    let raised = bits.wrapping_sub(0x3fe6_a09e_667f_3bcd);
    let exponent = (raised as i64) >> 52;
    let mantissa = f64::from_bits(bits.wrapping_sub((exponent as u64) << 52));
    let n = f64::from_bits((exponent as u64).wrapping_add(MAGIC.to_bits())) - MAGIC;
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let z = s * s;
    let mut p = 1.0 / 23.0;
    for c in [21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
        p = p * z + 1.0 / c;
    }
    let value = n * std::f64::consts::LN_2 + 2.0 * s * p;
    if (f64::MIN_POSITIVE..f64::INFINITY).contains(&x) { value } else { f64::NAN }
}

/// sin x and cos x for |x| < 1e5; not a number beyond.
#[inline(always)]
pub fn sin_cos(x: f64) -> (f64, f64) {
    const HALF_PI: [f64; 3] =
        [1.570_796_326_734_125_6, 6.077_100_506_303_966e-11, 2.022_266_248_795_950_6e-21];
    let shifted = x * std::f64::consts::FRAC_2_PI + MAGIC;
    let quadrant = shifted.to_bits();
    let n = shifted - MAGIC;
    let r = ((x - n * HALF_PI[0]) - n * HALF_PI[1]) - n * HALF_PI[2];
    let z = r * r;
    let mut s = 1.0 / 355_687_428_096_000.0;
    for c in [
        -1.0 / 1_307_674_368_000.0,
        1.0 / 6_227_020_800.0,
        -1.0 / 39_916_800.0,
        1.0 / 362_880.0,
        -1.0 / 5_040.0,
        1.0 / 120.0,
        -1.0 / 6.0,
        1.0,
    ] {
        s = s * z + c;
    }
    let s = s * r;
    let mut c = 1.0 / 20_922_789_888_000.0;
    for k in [
        -1.0 / 87_178_291_200.0,
        1.0 / 479_001_600.0,
        -1.0 / 3_628_800.0,
        1.0 / 40_320.0,
        -1.0 / 720.0,
        1.0 / 24.0,
        -0.5,
        1.0,
    ] {
        c = c * z + k;
    }
    let swap = quadrant & 1 == 1;
    let (a, b) = if swap { (c, s) } else { (s, c) };
    let sine = f64::from_bits(a.to_bits() ^ ((quadrant & 2) << 62));
    let cosine = f64::from_bits(b.to_bits() ^ ((quadrant.wrapping_add(1) & 2) << 62));
    if x.abs() < 1e5 { (sine, cosine) } else { (f64::NAN, f64::NAN) }
}

/// tanh x.
#[inline(always)]
pub fn tanh(x: f64) -> f64 {
    let value = 1.0 - 2.0 / (exp(2.0 * x.abs().min(350.0)) + 1.0);
    if x.is_nan() { x } else { value.copysign(x) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::random::Draw;

    #[test]
    fn they_agree_with_libm() {
        let mut draw = Draw::new(1, 0, 0, 0);
        for i in 0..200_000 {
            let x = draw.normal() * [0.1, 1.0, 10.0, 200.0][i % 4];
            let near = |what: &str, got: f64, want: f64, scale: f64| {
                assert!((got - want).abs() <= 8e-16 * scale, "{what}({x}): expected {want}, got {got}");
            };
            if x.abs() < 700.0 {
                near("exp", exp(x) / libm::exp(x), 1.0, 1.0);
            }
            let (s, c) = sin_cos(x);
            near("sin", s, libm::sin(x), 1.0);
            near("cos", c, libm::cos(x), 1.0);
            near("tanh", tanh(x), libm::tanh(x), 1.0);
            let y = libm::exp(x.clamp(-600.0, 600.0));
            near("log", log(y), libm::log(y), libm::log(y).abs().max(1.0));
        }
    }

    #[test]
    fn the_borders_are_those_of_the_functions() {
        assert_eq!((exp(0.0), exp(-1e300), exp(1e300)), (1.0, 0.0, f64::INFINITY));
        assert!(exp(f64::NAN).is_nan() && tanh(f64::NAN).is_nan() && sin_cos(f64::NAN).0.is_nan());
        assert_eq!(log(1.0), 0.0);
        for x in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(log(x).is_nan(), "{x}");
        }
        assert_eq!((sin_cos(0.0), tanh(0.0), tanh(1e300), tanh(-1e300)), ((0.0, 1.0), 0.0, 1.0, -1.0));
        assert!(sin_cos(1e6).0.is_nan());
    }
}
