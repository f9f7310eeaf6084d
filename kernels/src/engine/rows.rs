//! A batch of rows, as every family of columns takes it, and how values go into the columns.
//!
//! The passes over a batch are kept out of line: small loops are compiled better than one large function, in
//! WASM by far.

use crate::schema::{Stored, Waiting};

/// Rows of a full batch: all that is computed for them fits the first-level cache.
pub const BATCH_ROWS: usize = 128;

/// One number for each row of a batch; what stands behind its last row means nothing.
pub type Lane<T = f64> = [T; BATCH_ROWS];

/// Trades of one minute with what all families need to know of them: at least one row, at most
/// [`BATCH_ROWS`].
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    pub ts: &'a [i64],
    pub id: &'a [i64],
    /// Ticks.
    pub px: &'a [i64],
    /// Lots.
    pub qty: &'a [i64],
    /// After the fallback.
    pub side: &'a Lane<i8>,
    /// Price times quantity, in ticks × lots.
    pub notional: &'a Lane<i128>,
    /// The same in quote units.
    pub quote: &'a Lane,
    /// So many rows at the front are earlier than the end of the segment's first window.
    pub filling: usize,
}

impl Rows<'_> {
    pub fn len(&self) -> usize {
        self.ts.len().min(BATCH_ROWS)
    }

    /// The places of the rows in a lane.
    pub fn each(&self) -> std::ops::Range<usize> {
        0..self.len()
    }
}

/// A lane of what each number says.
#[inline]
pub fn of_each<T, U: Copy + Default>(numbers: &[T], value: impl Fn(&T) -> U) -> Lane<U> {
    let mut lane = [U::default(); BATCH_ROWS];
    lane.iter_mut().zip(numbers).for_each(|(slot, number)| *slot = value(number));
    lane
}

/// Writes a value a row behind those that are there. Out of line and from one slice to another, so that it
/// becomes a loop over vectors.
#[inline(never)]
pub fn append<S: Stored>(column: &mut Waiting<S>, values: &[S::Computed]) {
    column.extend(values.iter().map(|value| S::store(*value)));
}

/// Writes the same value for so many rows.
#[inline(never)]
pub fn repeat<S: Stored>(column: &mut Waiting<S>, rows: usize, value: S::Computed) {
    column.repeat(S::store(value), rows);
}
