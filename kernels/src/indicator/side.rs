//! The aggressor of a trade whose side is unknown (0.1): Lee–Ready (1991) and the tick test.

use crate::params::SideFallback;
use crate::persist::persist;

/// Sees every retained trade, whatever its side; never reset.
#[derive(Clone, Debug)]
pub struct SideRule {
    fallback: SideFallback,
    last_px: Option<i64>,
    /// Sign of the last price change; 0 before the first.
    tick_sign: i8,
}

impl SideRule {
    pub fn new(fallback: SideFallback) -> Self {
        SideRule { fallback, last_px: None, tick_sign: 0 }
    }

    /// The sign that every indicator uses; 0 where it stays unknown (or the trade is to be dropped). `mid_code` is that of
    /// the valid book before the trade ([`crate::event::Books::mid_code`]), `None` where no book is valid.
    #[inline]
    pub fn update(&mut self, px: i64, side: i8, mid_code: Option<i64>) -> i8 {
        if let Some(last) = self.last_px
            && px != last
        {
            self.tick_sign = if px > last { 1 } else { -1 };
        }
        self.last_px = Some(px);
        if side != 0 {
            return side;
        }
        match self.fallback {
            SideFallback::Zero | SideFallback::Drop => 0,
            SideFallback::Tick => self.tick_sign,
            SideFallback::LeeReady => self.lee_ready(px, mid_code),
        }
    }

    fn lee_ready(&self, px: i64, mid_code: Option<i64>) -> i8 {
        match mid_code.map(|code| (4 * px).cmp(&code)) {
            Some(std::cmp::Ordering::Greater) => 1,
            Some(std::cmp::Ordering::Less) => -1,
            _ => self.tick_sign,
        }
    }
}

persist!(SideRule { last_px, tick_sign });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tick_test_remembers_the_last_change_of_all_trades() {
        let mut rule = SideRule::new(SideFallback::Tick);
        let signs: Vec<_> = [(10, 0), (10, 0), (11, -1), (11, 0), (9, 1), (9, 0), (9, 0), (10, 0)]
            .map(|(px, side)| rule.update(px, side, Some(0)))
            .to_vec();
        assert_eq!(signs, [0, 0, -1, 1, 1, -1, -1, 1]);
    }

    #[test]
    fn the_mid_decides_and_at_the_mid_the_tick_test() {
        // bid + ask = 201 ticks: the mid is 100.5.
        let mut rule = SideRule::new(SideFallback::LeeReady);
        assert_eq!(rule.update(101, 0, Some(402)), 1);
        assert_eq!(rule.update(100, 0, Some(402)), -1);
        // bid + ask = 200 ticks: the mid is 100, the last change was down.
        assert_eq!(rule.update(100, 0, Some(400)), -1);
        // A sum a little above 200 ticks: 100 is below the mid.
        assert_eq!(rule.update(101, 0, None), 1);
        assert_eq!(rule.update(100, 0, Some(401)), -1);
        assert_eq!(rule.update(101, 0, Some(401)), 1);
    }

    #[test]
    fn unknown_sides_may_stay_unknown() {
        let mut zero = SideRule::new(SideFallback::Zero);
        assert_eq!((zero.update(5, 0, Some(1)), zero.update(5, -1, Some(1))), (0, -1));
    }
}
