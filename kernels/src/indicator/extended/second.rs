//! Trades sampled second by second: what the estimates on one-second returns are made of.

use crate::persist::persist;

const SECOND_US: i64 = 1_000_000;

/// A completed second with trades that has a return: not the segment's first, which gives only a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Second {
    /// `floor(ts / 1 s)`.
    pub index: i64,
    /// Last price of the last second with trades before it, and its own, in ticks.
    pub from_px: i64,
    pub to_px: i64,
    /// `Σ side·qty`, lots; at most 2^53 in size.
    pub signed_qty: i64,
}

/// No second counts for more lots than this: sums of their squares stay within 128 bits.
pub const MOST_LOTS: i64 = 1 << 53;

/// Collects the trades of the second that is not over yet.
#[derive(Clone, Debug, Default)]
pub struct SecondClock {
    first_second: i64,
    second: i64,
    /// Where the next second begins, µs: most trades need no division.
    next_ts: i64,
    px: i64,
    before_px: i64,
    signed_qty: i64,
}

impl SecondClock {
    /// The trade is the first of a segment.
    pub fn restart(&mut self, ts: i64, px: i64, signed_qty: i64) {
        let second = ts.div_euclid(SECOND_US);
        *self = SecondClock {
            first_second: second,
            second,
            next_ts: (second + 1) * SECOND_US,
            px,
            before_px: px,
            signed_qty,
        };
    }

    /// Whether a trade of this moment completes the open second.
    #[inline]
    pub fn ends_before(&self, ts: i64) -> bool {
        ts >= self.next_ts
    }

    /// Takes a trade in; answers the second that it completed, if that one has a return.
    #[inline]
    pub fn update(&mut self, ts: i64, px: i64, signed_qty: i64) -> Option<Second> {
        let completed = if self.ends_before(ts) { self.complete(ts) } else { None };
        self.px = px;
        self.signed_qty = self.signed_qty.saturating_add(signed_qty).clamp(-MOST_LOTS, MOST_LOTS);
        completed
    }

    fn complete(&mut self, ts: i64) -> Option<Second> {
        let has_return = self.second > self.first_second;
        let completed = Second {
            index: self.second,
            from_px: self.before_px,
            to_px: self.px,
            signed_qty: self.signed_qty,
        };
        (self.before_px, self.signed_qty) = (self.px, 0);
        self.second = ts.div_euclid(SECOND_US);
        self.next_ts = (self.second + 1) * SECOND_US;
        has_return.then_some(completed)
    }

    /// The second that is not over.
    pub fn now(&self) -> i64 {
        self.second
    }

    /// Completed seconds of the segment that carry a return, those without trades included.
    pub fn completed(&self) -> i64 {
        self.second - 1 - self.first_second
    }
}

persist!(SecondClock { first_second, second, next_ts, px, before_px, signed_qty });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_complete_with_the_first_trade_behind_it() {
        let mut clock = SecondClock::default();
        clock.restart(-500_000, 100, 3);
        assert_eq!(clock.update(-1, 101, 1), None);
        assert_eq!((clock.update(0, 105, -2), clock.now(), clock.completed()), (None, 0, 0));
        assert_eq!(clock.update(999_999, 104, 5), None);
        let second = Second { index: 0, from_px: 101, to_px: 104, signed_qty: 3 };
        assert_eq!((clock.update(3_000_000, 9, 9), clock.completed()), (Some(second), 3));
        let second = Second { index: 3, from_px: 104, to_px: 9, signed_qty: 9 };
        assert_eq!(clock.update(4_000_000, 9, 9), Some(second));
    }

    #[test]
    fn the_lots_of_a_second_are_limited() {
        let mut clock = SecondClock::default();
        clock.restart(0, 1, 0);
        (0..3).for_each(|_| assert!(clock.update(1_000_000, 1, i64::MAX).is_none()));
        assert_eq!(clock.update(2_000_000, 1, 0).unwrap().signed_qty, MOST_LOTS);
    }
}
