//! What the encoder asks of a value, and of a column as a whole.

use crate::schema::{NULL_INTEGER, Run};
use std::borrow::Cow;

/// A value of a column's buffer.
pub trait Cell: Copy + PartialOrd {
    /// What a value takes in PLAIN: so many bytes of its bits, from the lowest on.
    const PLAIN_BYTES: usize;
    /// Above and below every value, for a search of extremes.
    const LEAST: Self;
    const GREATEST: Self;

    /// Its bits; equal for equal values, since a buffer holds neither -0.0 nor another NaN than null.
    fn bits(self) -> u64;
    fn is_null(self) -> bool;
    /// Whether it is less than the other value; a null is not.
    fn is_below(self, other: Self) -> bool;
    /// Whether all of them have the bits of the value: a loop over vectors.
    fn all_same(values: &[Self; STRIDE], value: Self) -> bool;
    /// The values as PLAIN writes them.
    fn plain(values: &[Self]) -> Cow<'_, [u8]>;
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
    const PLAIN_BYTES: usize = 8;
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
    #[inline(always)]
    fn is_below(self, other: i64) -> bool {
        // The null is the least integer: one less, it is the greatest.
        self.wrapping_sub(1) < other.wrapping_sub(1)
    }
    #[inline(always)]
    fn all_same(values: &[i64; STRIDE], value: i64) -> bool {
        values.iter().fold(0, |others, v| others | (v ^ value)) == 0
    }
    fn plain(values: &[i64]) -> Cow<'_, [u8]> {
        Cow::Borrowed(bytes_of!(values))
    }
    fn integers(values: &[i64]) -> Option<&[i64]> {
        Some(values)
    }
}

impl Cell for f64 {
    const PLAIN_BYTES: usize = 8;
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
    #[inline(always)]
    fn is_below(self, other: f64) -> bool {
        self < other
    }
    #[inline(always)]
    fn all_same(values: &[f64; STRIDE], value: f64) -> bool {
        values.iter().fold(0, |others, v| others | (v.to_bits() ^ value.to_bits())) == 0
    }
    fn plain(values: &[f64]) -> Cow<'_, [u8]> {
        Cow::Borrowed(bytes_of!(values))
    }
    fn integers(_: &[f64]) -> Option<&[i64]> {
        None
    }
}

impl Cell for f32 {
    const PLAIN_BYTES: usize = 4;
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
    #[inline(always)]
    fn is_below(self, other: f32) -> bool {
        self < other
    }
    #[inline(always)]
    fn all_same(values: &[f32; STRIDE], value: f32) -> bool {
        values.iter().fold(0, |others, v| others | (v.to_bits() ^ value.to_bits())) == 0
    }
    fn plain(values: &[f32]) -> Cow<'_, [u8]> {
        Cow::Borrowed(bytes_of!(values))
    }
    fn integers(_: &[f32]) -> Option<&[i64]> {
        None
    }
}

impl Cell for i8 {
    const PLAIN_BYTES: usize = 4;
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
    #[inline(always)]
    fn is_below(self, other: i8) -> bool {
        self < other
    }
    #[inline(always)]
    fn all_same(values: &[i8; STRIDE], value: i8) -> bool {
        values.iter().fold(0, |others, v| others | (v ^ value)) == 0
    }
    /// Parquet has no type of one byte: INT32.
    fn plain(values: &[i8]) -> Cow<'_, [u8]> {
        Cow::Owned(values.iter().flat_map(|v| i32::from(*v).to_le_bytes()).collect())
    }
    fn integers(_: &[i8]) -> Option<&[i64]> {
        None
    }
}

/// Values that are compared with one another at once.
const STRIDE: usize = 16;

/// How many values at the front have these bits.
fn same_ahead<T: Cell>(values: &[T], value: T) -> usize {
    let (strides, _) = values.as_chunks::<STRIDE>();
    let whole = strides.iter().take_while(|stride| T::all_same(stride, value)).count() * STRIDE;
    whole + values[whole..].iter().take_while(|v| v.bits() == value.bits()).count()
}

/// Whether there are more than so many runs: where there are, some of the values say so, and counting them is quicker
/// than to note them.
fn has_more_runs<T: Cell>(values: &[T], most: usize) -> bool {
    const STRETCH: usize = 1024;
    let (mut runs, mut from) = (usize::from(!values.is_empty()), 1);
    while from < values.len() && runs <= most {
        let to = values.len().min(from + STRETCH);
        let (before, after) = (&values[from - 1..to - 1], &values[from..to]);
        let changes = before.iter().zip(after).map(|(a, b)| u32::from(a.bits() != b.bits()));
        runs += changes.sum::<u32>() as usize;
        from = to;
    }
    runs > most
}

/// The runs of a column, where there are at most so many.
pub fn find_runs<T: Cell>(values: &[T], most: usize) -> Option<Vec<Run<T>>> {
    if has_more_runs(values, most) {
        return None;
    }
    let mut runs = Vec::new();
    let mut at = 0;
    while let Some(&value) = values.get(at) {
        let rows = 1 + same_ahead(&values[at + 1..], value);
        runs.push(Run { value, rows: rows as u32 });
        at += rows;
    }
    Some(runs)
}

/// A run whatever its type: what works on these is compiled once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunOfBits {
    pub bits: u64,
    pub rows: u32,
    pub null: bool,
}

impl RunOfBits {
    pub fn of<T: Cell>(run: &Run<T>) -> Self {
        RunOfBits { bits: run.value.bits(), rows: run.rows, null: run.value.is_null() }
    }
}

/// What a chunk says of its column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile<T> {
    pub nulls: usize,
    /// The least and the greatest value; none where all are null.
    pub extremes: Option<(T, T)>,
}

impl<T: Cell> Profile<T> {
    #[inline(never)]
    pub fn of(values: &[T]) -> Self {
        const LANES: usize = 8;
        let (mut low, mut high) = ([T::GREATEST; LANES], [T::LEAST; LANES]);
        let (eights, rest) = values.as_chunks::<LANES>();
        for eight in eights {
            for i in 0..LANES {
                low[i] = if eight[i].is_below(low[i]) { eight[i] } else { low[i] };
                high[i] = if eight[i] > high[i] { eight[i] } else { high[i] };
            }
        }
        let nulls = values.iter().filter(|v| v.is_null()).count();
        let low = low.iter().chain(rest).fold(T::GREATEST, |low, v| if v.is_below(low) { *v } else { low });
        let high = high.iter().chain(rest).fold(T::LEAST, |high, v| if *v > high { *v } else { high });
        Profile { nulls, extremes: (nulls < values.len()).then_some((low, high)) }
    }

    /// The same of a column in runs.
    pub fn of_runs(runs: &[Run<T>]) -> Self {
        let nulls = runs.iter().filter(|run| run.value.is_null()).map(|run| run.rows as usize).sum();
        let values: Vec<T> = runs.iter().map(|run| run.value).collect();
        Profile { nulls, extremes: Profile::of(&values).extremes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(value: T, rows: u32) -> Run<T> {
        Run { value, rows }
    }

    #[test]
    fn a_profile_counts_nulls_and_knows_the_extremes() {
        let x = [f64::NAN, f64::NAN, 2.0, 2.0, -1.0, f64::NAN, 7.0];
        assert_eq!(Profile::of(&x), Profile { nulls: 3, extremes: Some((-1.0, 7.0)) });
        let i = [NULL_INTEGER, 3, 3, i64::MAX];
        assert_eq!(Profile::of(&i), Profile { nulls: 1, extremes: Some((3, i64::MAX)) });
        assert_eq!(Profile::of(&[NULL_INTEGER; 9]), Profile { nulls: 9, extremes: None });
        assert_eq!(Profile::of(&[i64::MAX; 9]).extremes, Some((i64::MAX, i64::MAX)));
        assert_eq!(Profile::of(&[i64::MIN + 1; 9]).extremes, Some((i64::MIN + 1, i64::MIN + 1)));
        assert_eq!(Profile::of(&[0i8; 0]), Profile { nulls: 0, extremes: None });
        let long: Vec<f32> =
            (0..29).map(|i| if i % 3 == 0 { f32::NAN } else { (i * 7 % 29) as f32 }).collect();
        let present = long.iter().copied().filter(|x| !x.is_nan());
        let extremes = (present.clone().fold(9e9, f32::min), present.fold(-9e9, f32::max));
        assert_eq!(Profile::of(&long), Profile { nulls: 10, extremes: Some(extremes) });
    }

    #[test]
    fn runs_are_maximal_stretches_of_one_value_or_of_nulls() {
        let x = [f64::NAN, f64::NAN, 2.0, 2.0, -1.0, f64::NAN, 7.0];
        let runs = find_runs(&x, 5).unwrap();
        let rows: Vec<u32> = runs.iter().map(|run| run.rows).collect();
        assert_eq!(rows, [2, 2, 1, 1, 1]);
        assert!(find_runs(&x, 4).is_none());
        assert_eq!(Profile::of_runs(&runs), Profile::of(&x));
        for length in [1, 15, 16, 17, 18, 33, 100] {
            let mut v = vec![5i8; length];
            assert_eq!(find_runs(&v, 1).unwrap(), [run(5, length as u32)]);
            v.push(6);
            assert_eq!(find_runs(&v, 2).unwrap(), [run(5, length as u32), run(6, 1)]);
            assert!(find_runs(&v, 1).is_none());
        }
        assert_eq!(find_runs(&[0i64; 0], 0).unwrap(), []);
    }
}
