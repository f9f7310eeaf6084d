//! The operators without a window, on one tile. Inside the search an infinity is as null as NaN:
//! sums, products and their like pass it on, and those that could make it finite again
//! (division, sign, tanh, min, max, if_greater) turn it into NaN.

use super::op::{Op, SMALLEST_DIVISOR};
use super::simd::{F4, LANES};

/// Rows of a tile: a constant of the format, since sums depend on it.
pub const TILE: usize = 1024;

/// Where an operand is read: a tile in memory, or a constant.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    Memory(*const f32),
    Value(f32),
}

trait Read: Copy {
    /// # Safety
    /// `i + 4 <= TILE`, and a tile can be read where the operand lies.
    unsafe fn at(self, i: usize) -> F4;
}

impl Read for *const f32 {
    #[inline(always)]
    unsafe fn at(self, i: usize) -> F4 {
        // SAFETY: the caller's promise.
        unsafe { F4::load(self.add(i)) }
    }
}

impl Read for F4 {
    #[inline(always)]
    unsafe fn at(self, _: usize) -> F4 {
        self
    }
}

/// Writes a tile, `UNROLL` vectors a turn of the loop.
///
/// # Safety
/// `out` and the operands in memory have room for a tile; `out` may be one of the operands.
#[inline(always)]
unsafe fn each<const UNROLL: usize>(out: *mut f32, f: impl Fn(usize) -> F4) {
    let mut i = 0;
    while i < TILE {
        for k in 0..UNROLL {
            // SAFETY: i + 4 k + 4 <= TILE, and the caller's promise.
            unsafe { f(i + k * LANES).store(out.add(i + k * LANES)) };
        }
        i += UNROLL * LANES;
    }
}

/// # Safety
/// As [`each`].
#[inline(always)]
unsafe fn unary(a: Place, out: *mut f32, f: impl Fn(F4) -> F4) {
    match a {
        // SAFETY: the caller's promise; each calls f with i < TILE only.
        Place::Memory(a) => unsafe { each::<8>(out, |i| f(a.at(i))) },
        // SAFETY: the caller's promise.
        Place::Value(a) => unsafe {
            let value = f(F4::splat(a));
            each::<8>(out, |_| value)
        },
    }
}

/// # Safety
/// As [`each`].
#[inline(always)]
unsafe fn binary(a: Place, b: Place, out: *mut f32, f: impl Fn(F4, F4) -> F4) {
    // SAFETY: the caller's promise; each calls f with i < TILE only.
    unsafe {
        match (a, b) {
            (Place::Memory(a), Place::Memory(b)) => each::<8>(out, |i| f(a.at(i), b.at(i))),
            (Place::Memory(a), Place::Value(b)) => {
                let b = F4::splat(b);
                each::<8>(out, |i| f(a.at(i), b.at(i)))
            }
            (Place::Value(a), Place::Memory(b)) => {
                let a = F4::splat(a);
                each::<8>(out, |i| f(a.at(i), b.at(i)))
            }
            (Place::Value(a), Place::Value(b)) => {
                let value = f(F4::splat(a), F4::splat(b));
                each::<8>(out, |_| value)
            }
        }
    }
}

/// `out[i] = op(args[i])` for the rows of one tile; windowed operators do nothing here.
///
/// # Safety
/// `out` has room for a tile and every operand in memory holds one; `out` may be one of them.
pub unsafe fn apply(op: Op, args: &[Place; 4], out: *mut f32) {
    let [a, b, c, d] = *args;
    // SAFETY: the caller's promise.
    unsafe {
        match op {
            Op::Add => binary(a, b, out, F4::plus),
            Op::Sub => binary(a, b, out, F4::minus),
            Op::Mul => binary(a, b, out, F4::times),
            Op::Div => binary(a, b, out, divide),
            Op::Min => binary(a, b, out, |a, b| a.pmin(b).plus(a.nothing()).plus(b.nothing())),
            Op::Max => binary(a, b, out, |a, b| a.pmax(b).plus(a.nothing()).plus(b.nothing())),
            Op::Neg => unary(a, out, F4::negate),
            Op::Abs => unary(a, out, F4::abs),
            Op::Sqrt => unary(a, out, F4::sqrt),
            Op::Square => unary(a, out, |a| a.times(a)),
            Op::Cube => unary(a, out, |a| a.times(a).times(a)),
            Op::Sign => unary(a, out, sign),
            Op::Tanh => unary(a, out, tanh),
            Op::Log1pAbs => unary(a, out, log1p_abs),
            Op::IfGreater => if_greater([a, b, c, d], out),
            Op::Sin => unary(a, out, |a| by_lane(a, libm::sin)),
            Op::Cos => unary(a, out, |a| by_lane(a, libm::cos)),
            Op::Exp => unary(a, out, |a| by_lane(a, libm::exp)),
            Op::Log => unary(a, out, |a| by_lane(a, |x| if x > 0.0 { libm::log(x) } else { f64::NAN })),
            _ => {}
        }
    }
}

/// An operator of two operands as a type, so that each pair and triple of them has a loop of its own.
trait Rule {
    fn of(a: F4, b: F4) -> F4;
}

macro_rules! rules {
    ($($name:ident $value:expr;)*) => {$(
        struct $name;
        impl Rule for $name {
            #[inline(always)]
            fn of(a: F4, b: F4) -> F4 {
                $value(a, b)
            }
        }
    )*};
}

rules! {
    Plus F4::plus;
    Minus F4::minus;
    Times F4::times;
    Over divide;
}

/// Whether the operator can be computed together with its neighbours in one pass over memory.
pub fn fuses(op: Op) -> bool {
    matches!(op, Op::Add | Op::Sub | Op::Mul | Op::Div)
}

macro_rules! by_rule {
    ($op:expr, $rule:ident => $body:expr) => {
        match $op {
            Op::Add => {
                type $rule = Plus;
                $body
            }
            Op::Sub => {
                type $rule = Minus;
                $body
            }
            Op::Mul => {
                type $rule = Times;
                $body
            }
            Op::Div => {
                type $rule = Over;
                $body
            }
            _ => {}
        }
    };
}

/// Operators computed in one pass: what lies between them never leaves the registers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// `top(left(a, b), c)`
    Left,
    /// `top(c, left(a, b))`
    Right,
    /// `top(left(a, b), right(c, d))`
    Both,
}

/// The operators of one pass, each of which [`fuses`]; `right` counts in [`Shape::Both`] only.
#[derive(Clone, Copy, Debug)]
pub struct Fused {
    pub shape: Shape,
    pub top: Op,
    pub left: Op,
    pub right: Op,
}

/// Computes `fused` on one tile; the fourth operand counts in [`Shape::Both`] only.
///
/// # Safety
/// `out` and every operand have room for a tile; `out` may be one of them.
pub unsafe fn apply_fused(fused: Fused, args: [*const f32; 4], out: *mut f32) {
    let [a, b, c, d] = args;
    // SAFETY: the caller's promise; each calls with i < TILE only.
    unsafe {
        by_rule!(fused.top, Top => by_rule!(fused.left, First => match fused.shape {
            Shape::Left => each::<4>(out, |i| Top::of(First::of(a.at(i), b.at(i)), c.at(i))),
            Shape::Right => each::<4>(out, |i| Top::of(c.at(i), First::of(a.at(i), b.at(i)))),
            Shape::Both => by_rule!(fused.right, Second => {
                each::<4>(out, |i| Top::of(First::of(a.at(i), b.at(i)), Second::of(c.at(i), d.at(i))))
            }),
        }))
    }
}

/// The quotient, null where `|b|` is below 1e-12 or not finite. The absolute value's bits, shifted so
/// that the permitted range starts at the smallest integer, need one comparison for both ends.
#[inline(always)]
fn divide(a: F4, b: F4) -> F4 {
    // The nearest f32 lies below 1e-12; the next one is the first that is not too small.
    const NEAREST: f32 = SMALLEST_DIVISOR as f32;
    const LOW: f32 = if (NEAREST as f64) < SMALLEST_DIVISOR { NEAREST.next_up() } else { NEAREST };
    let low = LOW.to_bits() as i32;
    let infinite = f32::INFINITY.to_bits() as i32;
    let shifted = b.abs().int_plus(i32::MIN.wrapping_sub(low));
    a.over(b).or(shifted.int_greater((infinite - 1 - low).wrapping_add(i32::MIN)))
}

#[inline(always)]
fn sign(a: F4) -> F4 {
    let (zero, one) = (F4::splat(0.0), F4::splat(1.0));
    let up = zero.less(a).and(one);
    let down = a.less(zero).and(one);
    up.minus(down).plus(a.nothing())
}

/// # Safety
/// As [`apply`].
#[inline(always)]
unsafe fn if_greater(args: [Place; 4], out: *mut f32) {
    let at = |place: Place, i: usize| match place {
        // SAFETY: each calls with i < TILE only, and the caller's promise.
        Place::Memory(p) => unsafe { p.at(i) },
        Place::Value(x) => F4::splat(x),
    };
    let value = |i: usize| {
        let [a, b, c, d] = args.map(|p| at(p, i));
        let nulls = a.nothing().plus(b.nothing()).plus(c.nothing().plus(d.nothing()));
        F4::select(b.less(a), c, d).plus(nulls)
    };
    // SAFETY: the caller's promise.
    unsafe { each::<8>(out, value) }
}

/// One of the operators that a search must name, lane by lane through `libm`.
#[inline(always)]
fn by_lane(a: F4, f: impl Fn(f64) -> f64) -> F4 {
    let y = a.lanes().map(|x| if x.is_finite() { f(f64::from(x)) as f32 } else { f32::NAN });
    // SAFETY: `y` holds four values.
    unsafe { F4::load(y.as_ptr()) }
}

/// A polynomial by Horner's rule, highest power first.
#[inline(always)]
fn polynomial<const N: usize>(x: F4, coefficients: [f32; N]) -> F4 {
    let mut y = F4::splat(coefficients[0]);
    for c in &coefficients[1..] {
        y = y.times(x).plus(F4::splat(*c));
    }
    y
}

/// e^2x - 1 for 0 <= x <= 20: `2^k (e^2r - 1) + 2^k - 1` with |r| <= ln 2 / 4 and the polynomial of least relative
/// error (1e-8) for the first part, which begins with 2r: what is near 0 keeps its digits.
#[inline(always)]
fn exp_twice_less_one(x: F4) -> F4 {
    // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
    const MAGIC: f32 = 12_582_912.0;
    let shifted = x.times(F4::splat(2.0 * std::f32::consts::LOG2_E)).plus(F4::splat(MAGIC));
    let k = shifted.minus(F4::splat(MAGIC));
    let r = x.minus(k.times(F4::splat(0.5 * std::f32::consts::LN_2)));
    let series =
        polynomial(r, [0.088_888_78, 0.267_833_17, 0.666_674_5, 1.333_32, 1.999_999_9, 2.0]).times(r);
    let power = shifted.int_plus(127i32.wrapping_sub(MAGIC.to_bits() as i32)).int_to_exponent();
    series.times(power).plus(power.minus(F4::splat(1.0)))
}

/// tanh: `(e^2x - 1) / (e^2x + 1)`, 1 beyond 10.
#[inline(always)]
fn tanh(a: F4) -> F4 {
    let e = exp_twice_less_one(a.abs().pmin(F4::splat(10.0)));
    let positive = e.over(e.plus(F4::splat(2.0)));
    let sign_bit = a.and(F4::splat(-0.0));
    positive.or(sign_bit).plus(a.nothing())
}

/// ln(1 + |x|): `k ln 2 + 2 atanh((m - 1) / (m + 1))` for 1 + |x| = m 2^k, with the rounding error of
/// the sum given back.
#[inline(always)]
fn log1p_abs(a: F4) -> F4 {
    let (x, one) = (a.abs(), F4::splat(1.0));
    let y = one.plus(x);
    // What the rounding of 1 + |x| lost, exactly, whichever of the two is greater.
    let part = y.minus(x);
    let lost = one.minus(part).plus(x.minus(y.minus(part)));
    // The exponent that brings m into [sqrt(1/2), sqrt(2)).
    let half_root = std::f32::consts::FRAC_1_SQRT_2.to_bits() as i32;
    let k = y.int_plus(-half_root).exponent_to_int();
    let m_bits = y.int_plus(-half_root).and(F4::splat(f32::from_bits(0x007f_ffff))).int_plus(half_root);
    let s = m_bits.minus(one).over(m_bits.plus(one));
    let s2 = s.times(s);
    let series = polynomial(s2, [1.0 / 9.0, 1.0 / 7.0, 0.2, 1.0 / 3.0, 1.0]);
    let ln_m = s.plus(s).times(series);
    let k = k.int_to_float();
    let small = ln_m.plus(k.times(F4::splat(-2.121_944_4e-4))).plus(lost.over(y));
    k.times(F4::splat(0.693_359_4)).plus(small).plus(a.nothing())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tanh_keeps_its_digits_near_zero_and_never_exceeds_one() {
        let magnitudes = (0..200_000).map(|i| 1e-18 * 1e21f32.powf(i as f32 / 200_000.0));
        for x in magnitudes.flat_map(|x| [x, -x]) {
            let [got, ..] = tanh(F4::splat(x)).lanes();
            let want = libm::tanh(f64::from(x));
            assert!((f64::from(got) - want).abs() <= 3e-7 * want.abs(), "{x}: expected {want}, got {got}");
            assert!(got.abs() <= 1.0, "{x}: got {got}");
        }
        for null in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert!(tanh(F4::splat(null)).lanes()[0].is_nan(), "{null}");
        }
    }
}
