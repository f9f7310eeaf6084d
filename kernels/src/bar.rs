//! Minute bars out of trades (A0 of the specification), in integers.

use crate::persist::persist;

/// Length of a bar.
pub const MINUTE_US: i64 = 60_000_000;

/// One minute of trades: prices in ticks, volumes in lots, notional in ticks × lots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    /// `floor(ts / 60 s)`.
    pub index: i64,
    pub open: i64,
    pub high: i64,
    pub low: i64,
    pub close: i64,
    pub volume: i128,
    pub notional: i128,
}

impl Bar {
    /// A minute without trades, at the close before it.
    pub fn flat(index: i64, close: i64) -> Self {
        Bar { index, open: close, high: close, low: close, close, volume: 0, notional: 0 }
    }

    fn add(&mut self, px: i64, qty: i64, notional: i128) {
        self.high = self.high.max(px);
        self.low = self.low.min(px);
        self.close = px;
        self.volume += i128::from(qty);
        self.notional += notional;
    }

    /// The bar's opening time, µs.
    pub fn open_ts(&self) -> i64 {
        self.index * MINUTE_US
    }
}

/// `px * qty` of two counts: wide multiplication, a call in WASM, only when it is needed.
#[inline]
pub fn product(px: i64, qty: i64) -> i128 {
    let short = |n: i64| (-(1 << 31)..1 << 31).contains(&n);
    if short(px) && short(qty) { i128::from(px * qty) } else { wide_product(px, qty) }
}

#[cold]
#[inline(never)]
fn wide_product(px: i64, qty: i64) -> i128 {
    i128::from(px) * i128::from(qty)
}

/// The bar that a moment falls into.
pub fn bar_index(ts: i64) -> i64 {
    ts.div_euclid(MINUTE_US)
}

/// Collects trades into the open bar.
#[derive(Clone, Debug, Default)]
pub struct BarClock {
    open: Option<Bar>,
    /// Where the minute behind the open bar begins, so that a trade within the bar needs no division.
    next_ts: i64,
}

impl BarClock {
    /// Closes the open bar if this moment, not before its last trade, lies behind it.
    #[inline]
    pub fn close_before(&mut self, ts: i64) -> Option<Bar> {
        self.open.take_if(|_| ts >= self.next_ts)
    }

    /// Whole minutes without a trade between the open bar and this moment; 0 where no bar is open.
    #[inline]
    pub fn hole(&self, ts: i64) -> i64 {
        match &self.open {
            Some(bar) if ts >= self.next_ts => (bar_index(ts) - bar.index - 1).max(0),
            _ => 0,
        }
    }

    /// Takes a trade of the open bar's minute in, or opens a bar with it.
    #[inline]
    pub fn add(&mut self, ts: i64, px: i64, qty: i64, notional: i128) {
        let bar = self.open.get_or_insert_with(|| {
            let index = bar_index(ts);
            self.next_ts = (index + 1) * MINUTE_US;
            Bar { high: i64::MIN, low: i64::MAX, ..Bar::flat(index, px) }
        });
        bar.add(px, qty, notional);
    }
}

persist!(Bar { index, open, high, low, close, volume, notional });
persist!(BarClock { open, next_ts });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_closes_with_the_first_trade_of_a_later_minute() {
        let mut clock = BarClock::default();
        for (ts, px, qty) in [(60_000_000, 100, 2), (60_000_000, 103, 1), (119_999_999, 99, 4)] {
            assert_eq!(clock.close_before(ts), None);
            clock.add(ts, px, qty, product(px, qty));
        }
        assert_eq!(clock.hole(240_000_000), 2);
        let bar = clock.close_before(240_000_000).unwrap();
        assert_eq!(clock.hole(240_000_000), 0);
        assert_eq!((bar.index, bar.open_ts()), (1, 60_000_000));
        assert_eq!((bar.open, bar.high, bar.low, bar.close), (100, 103, 99, 99));
        assert_eq!((bar.volume, bar.notional), (7, 100 * 2 + 103 + 99 * 4));
    }

    #[test]
    fn minutes_before_1970_are_floored_too() {
        assert_eq!([bar_index(-1), bar_index(-60_000_000), bar_index(-60_000_001)], [-1, -1, -2]);
        assert_eq!([bar_index(0), bar_index(59_999_999), bar_index(60_000_000)], [0, 0, 1]);
    }

    #[test]
    fn products_beyond_64_bits_are_exact() {
        assert_eq!(product(1 << 50, 1 << 50), 1 << 100);
        assert_eq!(product(-3, 7), -21);
    }
}
