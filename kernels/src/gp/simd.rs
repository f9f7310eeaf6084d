//! Four f32 lanes: `v128` in WASM, an array natively, with the same bits from every method
//! (NaN payloads aside: any NaN is null).

#[cfg(target_arch = "wasm32")]
pub use wasm::F4;

#[cfg(not(target_arch = "wasm32"))]
pub use portable::F4;

pub const LANES: usize = 4;

#[cfg(target_arch = "wasm32")]
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
    }
}

#[cfg(not(target_arch = "wasm32"))]
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
    }
}

impl F4 {
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
