//! Four lanes of f32 ([`F4`]) or f64 ([`D4`]): `v128` in WASM that has it, arrays elsewhere, with the same bits from
//! every method (NaN payloads aside: any NaN is null).

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use wasm::{D4, F4};

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub use portable::{D4, F4};

pub const LANES: usize = 4;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm {
    use core::arch::wasm32::*;

    #[derive(Clone, Copy)]
    pub struct F4(v128);

    #[rustfmt::skip]
    impl F4 {
        #[inline(always)] pub fn splat(x: f32) -> F4 { F4(f32x4_splat(x)) }
        /// # Safety
        /// Four f32 can be read from `p`.
        #[inline(always)] pub unsafe fn load(p: *const f32) -> F4 {
            // SAFETY: the caller's promise; v128 loads need no alignment.
            F4(unsafe { v128_load(p.cast()) })
        }
        /// # Safety
        /// Four f32 can be written at `p`.
        #[inline(always)] pub unsafe fn store(self, p: *mut f32) {
            // SAFETY: the caller's promise; v128 stores need no alignment.
            unsafe { v128_store(p.cast(), self.0) }
        }
        #[inline(always)] pub fn lanes(self) -> [f32; 4] {
            [f32x4_extract_lane::<0>(self.0), f32x4_extract_lane::<1>(self.0), f32x4_extract_lane::<2>(self.0), f32x4_extract_lane::<3>(self.0)]
        }
        #[inline(always)] pub fn plus(self, b: F4) -> F4 { F4(f32x4_add(self.0, b.0)) }
        #[inline(always)] pub fn minus(self, b: F4) -> F4 { F4(f32x4_sub(self.0, b.0)) }
        #[inline(always)] pub fn times(self, b: F4) -> F4 { F4(f32x4_mul(self.0, b.0)) }
        #[inline(always)] pub fn over(self, b: F4) -> F4 { F4(f32x4_div(self.0, b.0)) }
        #[inline(always)] pub fn negate(self) -> F4 { F4(f32x4_neg(self.0)) }
        #[inline(always)] pub fn abs(self) -> F4 { F4(f32x4_abs(self.0)) }
        #[inline(always)] pub fn sqrt(self) -> F4 { F4(f32x4_sqrt(self.0)) }
        /// `b < self ? b : self`.
        #[inline(always)] pub fn pmin(self, b: F4) -> F4 { F4(f32x4_pmin(self.0, b.0)) }
        /// `self < b ? b : self`.
        #[inline(always)] pub fn pmax(self, b: F4) -> F4 { F4(f32x4_pmax(self.0, b.0)) }
        /// All bits set where `self < b`.
        #[inline(always)] pub fn less(self, b: F4) -> F4 { F4(f32x4_lt(self.0, b.0)) }
        /// All bits set where `self <= b`.
        #[inline(always)] pub fn at_most(self, b: F4) -> F4 { F4(f32x4_le(self.0, b.0)) }
        /// All bits set where `self == b`.
        #[inline(always)] pub fn equal(self, b: F4) -> F4 { F4(f32x4_eq(self.0, b.0)) }
        #[inline(always)] pub fn and(self, b: F4) -> F4 { F4(v128_and(self.0, b.0)) }
        #[inline(always)] pub fn or(self, b: F4) -> F4 { F4(v128_or(self.0, b.0)) }
        /// `self` without the bits of `b`.
        #[inline(always)] pub fn without(self, b: F4) -> F4 { F4(v128_andnot(self.0, b.0)) }
        /// The bits as signed integers, added.
        #[inline(always)] pub fn int_plus(self, b: i32) -> F4 { F4(i32x4_add(self.0, i32x4_splat(b))) }
        /// All bits set where the bits as a signed integer are greater than `b`.
        #[inline(always)] pub fn int_greater(self, b: i32) -> F4 { F4(i32x4_gt(self.0, i32x4_splat(b))) }
        /// The bits as signed integers, shifted left by 23: an integer becomes an exponent.
        #[inline(always)] pub fn int_to_exponent(self) -> F4 { F4(i32x4_shl(self.0, 23)) }
        /// The bits shifted right by 23 as signed integers.
        #[inline(always)] pub fn exponent_to_int(self) -> F4 { F4(i32x4_shr(self.0, 23)) }
        /// The integer in the bits as a float.
        #[inline(always)] pub fn int_to_float(self) -> F4 { F4(f32x4_convert_i32x4(self.0)) }
        /// The bits as signed integers, `b` subtracted: a mask counts one.
        #[inline(always)] pub fn int_minus(self, b: F4) -> F4 { F4(i32x4_sub(self.0, b.0)) }
        /// Whether any bit is set.
        #[inline(always)] pub fn any(self) -> bool { v128_any_true(self.0) }
        /// A bit for each lane of a mask that is set, the first lowest.
        #[inline(always)] pub fn bits(self) -> u8 { i32x4_bitmask(self.0) }
        #[inline(always)] pub fn wide(self) -> D4 {
            let high = i64x2_shuffle::<1, 1>(self.0, self.0);
            D4(f64x2_promote_low_f32x4(self.0), f64x2_promote_low_f32x4(high))
        }
    }

    /// Lanes 0 and 1, lanes 2 and 3.
    #[derive(Clone, Copy)]
    pub struct D4(v128, v128);

    #[rustfmt::skip]
    impl D4 {
        #[inline(always)] pub fn new([a, b, c, d]: [f64; 4]) -> D4 { D4(f64x2(a, b), f64x2(c, d)) }
        /// # Safety
        /// Four f64 can be read from `p`.
        #[inline(always)] pub unsafe fn load(p: *const f64) -> D4 {
            // SAFETY: the caller's promise; v128 loads need no alignment.
            unsafe { D4(v128_load(p.cast()), v128_load(p.add(2).cast())) }
        }
        /// # Safety
        /// Four f64 can be written at `p`.
        #[inline(always)] pub unsafe fn store(self, p: *mut f64) {
            // SAFETY: the caller's promise; v128 stores need no alignment.
            unsafe { v128_store(p.cast(), self.0); v128_store(p.add(2).cast(), self.1) }
        }
        /// Four f32 made wide as they are read.
        ///
        /// # Safety
        /// Four f32 can be read from `p`.
        #[inline(always)] pub unsafe fn widen(p: *const f32) -> D4 {
            // SAFETY: the caller's promise; loads need no alignment.
            let (low, high) = unsafe { (v128_load64_zero(p.cast()), v128_load64_zero(p.add(2).cast())) };
            D4(f64x2_promote_low_f32x4(low), f64x2_promote_low_f32x4(high))
        }
        #[inline(always)] pub fn splat(x: f64) -> D4 { D4(f64x2_splat(x), f64x2_splat(x)) }
        #[inline(always)] pub fn lanes(self) -> [f64; 4] {
            [f64x2_extract_lane::<0>(self.0), f64x2_extract_lane::<1>(self.0), f64x2_extract_lane::<0>(self.1), f64x2_extract_lane::<1>(self.1)]
        }
        #[inline(always)] pub fn plus(self, b: D4) -> D4 { D4(f64x2_add(self.0, b.0), f64x2_add(self.1, b.1)) }
        #[inline(always)] pub fn minus(self, b: D4) -> D4 { D4(f64x2_sub(self.0, b.0), f64x2_sub(self.1, b.1)) }
        #[inline(always)] pub fn times(self, b: D4) -> D4 { D4(f64x2_mul(self.0, b.0), f64x2_mul(self.1, b.1)) }
        #[inline(always)] pub fn over(self, b: D4) -> D4 { D4(f64x2_div(self.0, b.0), f64x2_div(self.1, b.1)) }
        #[inline(always)] pub fn narrow(self) -> F4 {
            // The mean of a byte and itself, which the compiler does not see through: it would join the halves first,
            // and then have to convert lane by lane.
            let (low, high) = (f32x4_demote_f64x2_zero(self.0), f32x4_demote_f64x2_zero(self.1));
            F4(i64x2_shuffle::<0, 2>(u8x16_avgr(low, low), u8x16_avgr(high, high)))
        }
        #[inline(always)] pub fn sqrt(self) -> D4 { D4(f64x2_sqrt(self.0), f64x2_sqrt(self.1)) }
        /// `b < self ? b : self`.
        #[inline(always)] pub fn pmin(self, b: D4) -> D4 { D4(f64x2_pmin(self.0, b.0), f64x2_pmin(self.1, b.1)) }
        /// `self < b ? b : self`.
        #[inline(always)] pub fn pmax(self, b: D4) -> D4 { D4(f64x2_pmax(self.0, b.0), f64x2_pmax(self.1, b.1)) }
        /// All bits set where `self < b`.
        #[inline(always)] pub fn less(self, b: D4) -> F4 {
            F4(i32x4_shuffle::<0, 2, 4, 6>(f64x2_lt(self.0, b.0), f64x2_lt(self.1, b.1)))
        }
        /// All bits of a lane set where `self < b`: not a number.
        #[inline(always)] pub fn lower(self, b: D4) -> D4 { D4(f64x2_lt(self.0, b.0), f64x2_lt(self.1, b.1)) }
        #[inline(always)] pub fn or(self, b: D4) -> D4 { D4(v128_or(self.0, b.0), v128_or(self.1, b.1)) }
        /// The last lane in all four.
        #[inline(always)] pub fn last(self) -> D4 {
            let last = i64x2_shuffle::<1, 1>(self.1, self.1);
            D4(last, last)
        }
        /// Running sums that decay by `k` a lane: `y[i] = x[i] + k y[i - 1]`; `k2` is k squared.
        #[inline(always)] pub fn decayed(self, k: f64, k2: f64) -> D4 {
            let (zero, k1) = (f64x2_splat(0.0), f64x2_splat(k));
            let step = |x: v128| f64x2_add(x, f64x2_mul(i64x2_shuffle::<0, 2>(zero, x), k1));
            let (low, high) = (step(self.0), step(self.1));
            let carried = f64x2_mul(i64x2_shuffle::<1, 1>(low, low), f64x2(k, k2));
            D4(low, f64x2_add(high, carried))
        }
        /// Each lane and the one before it; before the first is the last of `before`.
        #[inline(always)] pub fn pairs(self, before: D4) -> D4 {
            let (low, high) = (i64x2_shuffle::<1, 2>(before.1, self.0), i64x2_shuffle::<1, 2>(self.0, self.1));
            D4(f64x2_add(low, self.0), f64x2_add(high, self.1))
        }
        /// Running sums of every other lane, on top of the last two of `before`.
        #[inline(always)] pub fn onto(self, before: D4) -> D4 {
            let low = f64x2_add(before.1, self.0);
            D4(low, f64x2_add(low, self.1))
        }
        /// The greatest so far of every other lane and the last two of `before`.
        #[inline(always)] pub fn peak(self, before: D4) -> D4 {
            let low = f64x2_pmax(before.1, self.0);
            D4(low, f64x2_pmax(low, self.1))
        }
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable {
    #[derive(Clone, Copy)]
    pub struct F4([f32; 4]);

    #[inline(always)]
    fn map(a: F4, f: impl Fn(f32) -> f32) -> F4 {
        F4([f(a.0[0]), f(a.0[1]), f(a.0[2]), f(a.0[3])])
    }

    #[inline(always)]
    fn zip(a: F4, b: F4, f: impl Fn(f32, f32) -> f32) -> F4 {
        F4([f(a.0[0], b.0[0]), f(a.0[1], b.0[1]), f(a.0[2], b.0[2]), f(a.0[3], b.0[3])])
    }

    #[inline(always)]
    fn bits(a: F4, b: F4, f: impl Fn(u32, u32) -> u32) -> F4 {
        zip(a, b, |x, y| f32::from_bits(f(x.to_bits(), y.to_bits())))
    }

    #[inline(always)]
    fn mask(yes: bool) -> f32 {
        f32::from_bits(if yes { u32::MAX } else { 0 })
    }

    #[rustfmt::skip]
    impl F4 {
        #[inline(always)] pub fn splat(x: f32) -> F4 { F4([x; 4]) }
        /// # Safety
        /// Four f32 can be read from `p`.
        #[inline(always)] pub unsafe fn load(p: *const f32) -> F4 {
            // SAFETY: the caller's promise.
            F4(unsafe { p.cast::<[f32; 4]>().read_unaligned() })
        }
        /// # Safety
        /// Four f32 can be written at `p`.
        #[inline(always)] pub unsafe fn store(self, p: *mut f32) {
            // SAFETY: the caller's promise.
            unsafe { p.cast::<[f32; 4]>().write_unaligned(self.0) }
        }
        #[inline(always)] pub fn lanes(self) -> [f32; 4] { self.0 }
        #[inline(always)] pub fn plus(self, b: F4) -> F4 { zip(self, b, |x, y| x + y) }
        #[inline(always)] pub fn minus(self, b: F4) -> F4 { zip(self, b, |x, y| x - y) }
        #[inline(always)] pub fn times(self, b: F4) -> F4 { zip(self, b, |x, y| x * y) }
        #[inline(always)] pub fn over(self, b: F4) -> F4 { zip(self, b, |x, y| x / y) }
        #[inline(always)] pub fn negate(self) -> F4 { map(self, |x| -x) }
        #[inline(always)] pub fn abs(self) -> F4 { map(self, f32::abs) }
        #[inline(always)] pub fn sqrt(self) -> F4 { map(self, f32::sqrt) }
        /// `b < self ? b : self`.
        #[inline(always)] pub fn pmin(self, b: F4) -> F4 { zip(self, b, |x, y| if y < x { y } else { x }) }
        /// `self < b ? b : self`.
        #[inline(always)] pub fn pmax(self, b: F4) -> F4 { zip(self, b, |x, y| if x < y { y } else { x }) }
        /// All bits set where `self < b`.
        #[inline(always)] pub fn less(self, b: F4) -> F4 { zip(self, b, |x, y| mask(x < y)) }
        /// All bits set where `self <= b`.
        #[inline(always)] pub fn at_most(self, b: F4) -> F4 { zip(self, b, |x, y| mask(x <= y)) }
        /// All bits set where `self == b`.
        #[inline(always)] pub fn equal(self, b: F4) -> F4 { zip(self, b, |x, y| mask(x == y)) }
        #[inline(always)] pub fn and(self, b: F4) -> F4 { bits(self, b, |x, y| x & y) }
        #[inline(always)] pub fn or(self, b: F4) -> F4 { bits(self, b, |x, y| x | y) }
        /// `self` without the bits of `b`.
        #[inline(always)] pub fn without(self, b: F4) -> F4 { bits(self, b, |x, y| x & !y) }
        /// The bits as signed integers, added.
        #[inline(always)] pub fn int_plus(self, b: i32) -> F4 { bits(self, self, |x, _| x.wrapping_add(b as u32)) }
        /// All bits set where the bits as a signed integer are greater than `b`.
        #[inline(always)] pub fn int_greater(self, b: i32) -> F4 { map(self, |x| mask(x.to_bits() as i32 > b)) }
        /// The bits as signed integers, shifted left by 23: an integer becomes an exponent.
        #[inline(always)] pub fn int_to_exponent(self) -> F4 { bits(self, self, |x, _| x << 23) }
        /// The bits shifted right by 23 as signed integers.
        #[inline(always)] pub fn exponent_to_int(self) -> F4 { bits(self, self, |x, _| (x as i32 >> 23) as u32) }
        /// The integer in the bits as a float.
        #[inline(always)] pub fn int_to_float(self) -> F4 { map(self, |x| x.to_bits() as i32 as f32) }
        /// The bits as signed integers, `b` subtracted: a mask counts one.
        #[inline(always)] pub fn int_minus(self, b: F4) -> F4 { bits(self, b, u32::wrapping_sub) }
        /// Whether any bit is set.
        #[inline(always)] pub fn any(self) -> bool { self.0.iter().any(|x| x.to_bits() != 0) }
        /// A bit for each lane of a mask that is set, the first lowest.
        #[inline(always)] pub fn bits(self) -> u8 { (0..4).map(|k| u8::from(self.0[k].to_bits() != 0) << k).sum() }
        #[inline(always)] pub fn wide(self) -> D4 { D4(self.0.map(f64::from)) }
    }

    #[derive(Clone, Copy)]
    pub struct D4([f64; 4]);

    #[inline(always)]
    fn wide_zip(a: D4, b: D4, f: impl Fn(f64, f64) -> f64) -> D4 {
        D4([f(a.0[0], b.0[0]), f(a.0[1], b.0[1]), f(a.0[2], b.0[2]), f(a.0[3], b.0[3])])
    }

    #[rustfmt::skip]
    impl D4 {
        #[inline(always)] pub fn new(x: [f64; 4]) -> D4 { D4(x) }
        /// # Safety
        /// Four f64 can be read from `p`.
        #[inline(always)] pub unsafe fn load(p: *const f64) -> D4 {
            // SAFETY: the caller's promise.
            D4(unsafe { p.cast::<[f64; 4]>().read_unaligned() })
        }
        /// # Safety
        /// Four f64 can be written at `p`.
        #[inline(always)] pub unsafe fn store(self, p: *mut f64) {
            // SAFETY: the caller's promise.
            unsafe { p.cast::<[f64; 4]>().write_unaligned(self.0) }
        }
        /// Four f32 made wide as they are read.
        ///
        /// # Safety
        /// Four f32 can be read from `p`.
        #[inline(always)] pub unsafe fn widen(p: *const f32) -> D4 {
            // SAFETY: the caller's promise.
            unsafe { F4::load(p) }.wide()
        }
        #[inline(always)] pub fn splat(x: f64) -> D4 { D4([x; 4]) }
        #[inline(always)] pub fn lanes(self) -> [f64; 4] { self.0 }
        #[inline(always)] pub fn plus(self, b: D4) -> D4 { wide_zip(self, b, |x, y| x + y) }
        #[inline(always)] pub fn minus(self, b: D4) -> D4 { wide_zip(self, b, |x, y| x - y) }
        #[inline(always)] pub fn times(self, b: D4) -> D4 { wide_zip(self, b, |x, y| x * y) }
        #[inline(always)] pub fn over(self, b: D4) -> D4 { wide_zip(self, b, |x, y| x / y) }
        #[inline(always)] pub fn narrow(self) -> F4 { F4(self.0.map(|x| x as f32)) }
        #[inline(always)] pub fn sqrt(self) -> D4 { D4(self.0.map(f64::sqrt)) }
        /// `b < self ? b : self`.
        #[inline(always)] pub fn pmin(self, b: D4) -> D4 { wide_zip(self, b, |x, y| if y < x { y } else { x }) }
        /// `self < b ? b : self`.
        #[inline(always)] pub fn pmax(self, b: D4) -> D4 { wide_zip(self, b, |x, y| if x < y { y } else { x }) }
        /// All bits set where `self < b`.
        #[inline(always)] pub fn less(self, b: D4) -> F4 { F4(std::array::from_fn(|k| mask(self.0[k] < b.0[k]))) }
        /// All bits of a lane set where `self < b`: not a number.
        #[inline(always)] pub fn lower(self, b: D4) -> D4 { wide_zip(self, b, |x, y| f64::from_bits(if x < y { u64::MAX } else { 0 })) }
        #[inline(always)] pub fn or(self, b: D4) -> D4 { wide_zip(self, b, |x, y| f64::from_bits(x.to_bits() | y.to_bits())) }
        /// The last lane in all four.
        #[inline(always)] pub fn last(self) -> D4 { D4([self.0[3]; 4]) }
        /// Running sums that decay by `k` a lane: `y[i] = x[i] + k y[i - 1]`; `k2` is k squared.
        #[inline(always)] pub fn decayed(self, k: f64, k2: f64) -> D4 {
            let [a, b, c, d] = self.0;
            // The zeros turn -0 into 0, as the vectors do.
            let (low, high) = ([a + 0.0 * k, b + a * k], [c + 0.0 * k, d + c * k]);
            D4([low[0], low[1], high[0] + low[1] * k, high[1] + low[1] * k2])
        }
        /// Each lane and the one before it; before the first is the last of `before`.
        #[inline(always)] pub fn pairs(self, before: D4) -> D4 {
            let [a, b, c, d] = self.0;
            D4([before.0[3] + a, a + b, b + c, c + d])
        }
        /// Running sums of every other lane, on top of the last two of `before`.
        #[inline(always)] pub fn onto(self, before: D4) -> D4 {
            let ([a, b, c, d], [_, _, y, z]) = (self.0, before.0);
            D4([y + a, z + b, y + a + c, z + b + d])
        }
        /// The greatest so far of every other lane and the last two of `before`.
        #[inline(always)] pub fn peak(self, before: D4) -> D4 {
            let ([a, b, _, _], [_, _, y, z]) = (self.0, before.0);
            let low = D4([y, z, y, z]).pmax(D4([a, b, a, b]));
            D4([low.0[0], low.0[1], self.0[2], self.0[3]]).pmax(low)
        }
    }
}

impl D4 {
    /// Four f32 made wide.
    #[inline(always)]
    pub fn from(x: &[f32; LANES]) -> D4 {
        // SAFETY: the array holds four values.
        unsafe { D4::widen(x.as_ptr()) }
    }

    #[inline(always)]
    pub fn of(x: &[f64; LANES]) -> D4 {
        // SAFETY: the array holds four values.
        unsafe { D4::load(x.as_ptr()) }
    }

    #[inline(always)]
    pub fn put(self, to: &mut [f64; LANES]) {
        // SAFETY: the array has room for four values.
        unsafe { self.store(to.as_mut_ptr()) }
    }

    /// The four lanes added pairwise: `(0 + 1) + (2 + 3)`.
    #[inline(always)]
    pub fn total(self) -> f64 {
        let [a, b, c, d] = self.lanes();
        (a + b) + (c + d)
    }
}

impl F4 {
    #[inline(always)]
    pub fn of(x: &[f32; LANES]) -> F4 {
        // SAFETY: the array holds four values.
        unsafe { F4::load(x.as_ptr()) }
    }

    #[inline(always)]
    pub fn put(self, to: &mut [f32; LANES]) {
        // SAFETY: the array has room for four values.
        unsafe { self.store(to.as_mut_ptr()) }
    }

    /// The four lanes added pairwise in f64: `(0 + 1) + (2 + 3)`.
    #[inline(always)]
    pub fn total(self) -> f64 {
        let [a, b, c, d] = self.lanes().map(f64::from);
        (a + b) + (c + d)
    }

    /// `yes` where the mask is set, else `no`.
    #[inline(always)]
    pub fn select(mask: F4, yes: F4, no: F4) -> F4 {
        yes.and(mask).or(no.without(mask))
    }

    /// 0 where the value is finite, NaN where it is not.
    #[inline(always)]
    pub fn nothing(self) -> F4 {
        self.minus(self)
    }
}
