//! The levels of a side: brought to one power of ten, cleaned and put in order (0.3 of the specification).

use crate::event::Decimal;
use crate::tick::decimal::pow10;
use std::ops::{Add, Sub};

/// The integers that prices and sizes are scaled to: `i64` for nearly every book, `i128` for the rest.
/// Both give the same results; the values are small enough that no sum of a side overflows.
pub trait Scaled: Copy + Ord + Add<Output = Self> + Sub<Output = Self> {
    const ZERO: Self;
    fn wide(self) -> i128;
    /// The nearest value of this type.
    fn clamped(value: i128) -> Self;
    /// The largest multiple of `width` that is not above the (positive) value.
    fn floor_to(self, width: Self) -> Self;
}

impl Scaled for i64 {
    const ZERO: Self = 0;

    fn wide(self) -> i128 {
        i128::from(self)
    }

    fn clamped(value: i128) -> Self {
        i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
    }

    fn floor_to(self, width: Self) -> Self {
        self - self % width
    }
}

impl Scaled for i128 {
    const ZERO: Self = 0;

    fn wide(self) -> i128 {
        self
    }

    fn clamped(value: i128) -> Self {
        value
    }

    fn floor_to(self, width: Self) -> Self {
        self - self % width
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level<T> {
    pub price: T,
    pub size: T,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Bid,
    Ask,
}

/// Puts the levels of a side in order, in place: prices not above 0 go; of a repeated price the last entry
/// stays; then sizes not above 0 go; best price first.
pub fn clean<T: Scaled>(side: Side, levels: &mut Vec<Level<T>>) {
    let falls = |a: &Level<T>, b: &Level<T>| match side {
        Side::Bid => a.price > b.price,
        Side::Ask => a.price < b.price,
    };
    // Feeds send levels in order and each price once: then there is nothing to sort or to merge.
    let ordered = levels.windows(2).all(|w| falls(&w[0], &w[1]));
    if !ordered || !levels.iter().all(|l| l.price > T::ZERO && l.size > T::ZERO) {
        put_in_order(side, levels, ordered);
    }
}

/// Apart from the common case: a sort is a large piece of code, which is compiled where it stands.
#[cold]
#[inline(never)]
fn put_in_order<T: Scaled>(side: Side, levels: &mut Vec<Level<T>>, ordered: bool) {
    if !ordered {
        // Later entries first among equals, so that the first of a price is the one that counts.
        levels.reverse();
        levels.sort_by(|a, b| match side {
            Side::Bid => b.price.cmp(&a.price),
            Side::Ask => a.price.cmp(&b.price),
        });
        levels.dedup_by_key(|l| l.price);
    }
    levels.retain(|l| l.price > T::ZERO && l.size > T::ZERO);
}

/// Values below this are summed, doubled and multiplied by parameters within 128 bits.
const WIDE_LIMIT: i128 = 10i128.pow(24);

/// `number * 10^places` as an integer; `None` where it is too large.
pub fn scaled(number: Decimal, places: u32) -> Option<i128> {
    let unit = pow10(places.checked_sub(number.places)?)?;
    number.mantissa.checked_mul(unit).filter(|n| n.abs() < WIDE_LIMIT)
}
