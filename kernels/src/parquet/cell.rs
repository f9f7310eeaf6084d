//! What the encoder asks of a value, and of a column as a whole.

use crate::schema::NULL_INTEGER;
use parquet::file::statistics::Statistics;

/// A value of a column's buffer.
pub trait Cell: Copy + PartialOrd {
    /// Above and below every value, for a search of extremes.
    const LEAST: Self;
    const GREATEST: Self;

    /// Its bits; equal for equal values, since a buffer holds neither -0.0 nor another NaN than null.
    fn bits(self) -> u64;
    fn is_null(self) -> bool;
    /// Appends the value as PLAIN writes it.
    fn plain(out: &mut Vec<u8>, values: &[Self]);
    fn statistics(extremes: Option<(Self, Self)>, nulls: u64) -> Statistics;
    /// The values as integers, where they are.
    fn integers(values: &[Self]) -> Option<&[i64]>;
}

/// The bytes of a column: its buffer as it stands in memory.
macro_rules! bytes_of {
    ($values:expr) => {{
        let values = $values;
        // SAFETY: numbers have no padding, and the result lives no longer than the slice. WASM and all targets of
        // our tests are little endian, which is the order of PLAIN.
        unsafe { std::slice::from_raw_parts(values.as_ptr().cast::<u8>(), std::mem::size_of_val(values)) }
    }};
}

#[cfg(target_endian = "big")]
compile_error!("the encoder copies numbers as they stand in memory: expected a little-endian target");

impl Cell for i64 {
    const LEAST: i64 = i64::MIN;
    const GREATEST: i64 = i64::MAX;
    #[inline(always)]
    fn bits(self) -> u64 {
        self as u64
    }
    #[inline(always)]
    fn is_null(self) -> bool {
        self == NULL_INTEGER
    }
    fn plain(out: &mut Vec<u8>, values: &[i64]) {
        out.extend_from_slice(bytes_of!(values));
    }
    fn statistics(extremes: Option<(i64, i64)>, nulls: u64) -> Statistics {
        Statistics::int64(extremes.map(|e| e.0), extremes.map(|e| e.1), None, Some(nulls), false)
    }
    fn integers(values: &[i64]) -> Option<&[i64]> {
        Some(values)
    }
}

impl Cell for f64 {
    const LEAST: f64 = f64::NEG_INFINITY;
    const GREATEST: f64 = f64::INFINITY;
    #[inline(always)]
    fn bits(self) -> u64 {
        self.to_bits()
    }
    #[inline(always)]
    fn is_null(self) -> bool {
        self.is_nan()
    }
    fn plain(out: &mut Vec<u8>, values: &[f64]) {
        out.extend_from_slice(bytes_of!(values));
    }
    fn statistics(extremes: Option<(f64, f64)>, nulls: u64) -> Statistics {
        // The format wants a zero signed outwards: readers may hold -0.0 for equal to 0.0.
        let low = extremes.map(|e| if e.0 == 0.0 { -0.0 } else { e.0 });
        Statistics::double(low, extremes.map(|e| e.1), None, Some(nulls), false)
    }
    fn integers(_: &[f64]) -> Option<&[i64]> {
        None
    }
}

impl Cell for f32 {
    const LEAST: f32 = f32::NEG_INFINITY;
    const GREATEST: f32 = f32::INFINITY;
    #[inline(always)]
    fn bits(self) -> u64 {
        u64::from(self.to_bits())
    }
    #[inline(always)]
    fn is_null(self) -> bool {
        self.is_nan()
    }
    fn plain(out: &mut Vec<u8>, values: &[f32]) {
        out.extend_from_slice(bytes_of!(values));
    }
    fn statistics(extremes: Option<(f32, f32)>, nulls: u64) -> Statistics {
        let low = extremes.map(|e| if e.0 == 0.0 { -0.0 } else { e.0 });
        Statistics::float(low, extremes.map(|e| e.1), None, Some(nulls), false)
    }
    fn integers(_: &[f32]) -> Option<&[i64]> {
        None
    }
}

impl Cell for i8 {
    const LEAST: i8 = i8::MIN;
    const GREATEST: i8 = i8::MAX;
    #[inline(always)]
    fn bits(self) -> u64 {
        self as u64
    }
    #[inline(always)]
    fn is_null(self) -> bool {
        false
    }
    /// Parquet has no type of one byte: INT32.
    fn plain(out: &mut Vec<u8>, values: &[i8]) {
        values.iter().for_each(|v| out.extend_from_slice(&i32::from(*v).to_le_bytes()));
    }
    fn statistics(extremes: Option<(i8, i8)>, nulls: u64) -> Statistics {
        let wide = extremes.map(|e| (i32::from(e.0), i32::from(e.1)));
        Statistics::int32(wide.map(|e| e.0), wide.map(|e| e.1), None, Some(nulls), false)
    }
    fn integers(_: &[i8]) -> Option<&[i64]> {
        None
    }
}

/// What one pass over a column finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile<T> {
    pub nulls: usize,
    /// Maximal stretches of one value, or of nulls.
    pub runs: usize,
    /// The least and the greatest value; none where all are null.
    pub extremes: Option<(T, T)>,
}

impl<T: Cell> Profile<T> {
    pub fn of(values: &[T]) -> Self {
        let (mut nulls, mut low, mut high) = (0, T::GREATEST, T::LEAST);
        for &value in values {
            nulls += usize::from(value.is_null());
            // A null integer is the least of all; a NaN is neither less nor greater.
            low = if value < low && !value.is_null() { value } else { low };
            high = if value > high { value } else { high };
        }
        let changes = values.windows(2).filter(|pair| pair[0].bits() != pair[1].bits()).count();
        let runs = changes + usize::from(!values.is_empty());
        Profile { nulls, runs, extremes: (nulls < values.len()).then_some((low, high)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_counts_nulls_runs_and_extremes() {
        let x = [f64::NAN, f64::NAN, 2.0, 2.0, -1.0, f64::NAN, 7.0];
        assert_eq!(Profile::of(&x), Profile { nulls: 3, runs: 5, extremes: Some((-1.0, 7.0)) });
        let i = [NULL_INTEGER, 3, 3, i64::MAX];
        assert_eq!(Profile::of(&i), Profile { nulls: 1, runs: 3, extremes: Some((3, i64::MAX)) });
        assert_eq!(Profile::of(&[NULL_INTEGER]), Profile { nulls: 1, runs: 1, extremes: None });
        assert_eq!(Profile::of(&[i64::MAX]).extremes, Some((i64::MAX, i64::MAX)));
        assert_eq!(Profile::of(&[0i8; 0]), Profile { nulls: 0, runs: 0, extremes: None });
    }
}
