//! What large trades have of the volume: `large_share`, `large_ofd`. A trade is large from a multiple of the
//! mean size of the trades before it.

use super::window::TimeWindow;
use crate::error::Result;
use crate::indicator::decay::decayed;
use crate::persist::{Persist, Reader, Writer, persist};

/// Lots of a trade, and the sign it counts with where it is large.
#[derive(Clone, Copy, Debug, Default)]
struct Sized {
    qty: i64,
    large: bool,
    side: i8,
}

/// Exact sums over the window, and the decayed mean that large is measured against.
#[derive(Clone, Debug)]
pub struct LargeTrades {
    multiple: f64,
    window: TimeWindow<Sized>,
    all: i128,
    large: i128,
    signed_large: i128,
    sizes: f64,
    count: f64,
}

impl LargeTrades {
    pub fn new(window_us: i64, multiple: f64) -> Self {
        LargeTrades {
            multiple,
            window: TimeWindow::new(window_us),
            all: 0,
            large: 0,
            signed_large: 0,
            sizes: 0.0,
            count: 0.0,
        }
    }

    /// Takes a trade in; `factor` is the decay of the mean since the row before. Answers the weight of the
    /// mean, in trades, that it was measured against.
    #[inline]
    pub fn update(&mut self, ts: i64, qty: i64, side: i8, factor: f64) -> f64 {
        while let Some(old) = self.window.evict(ts) {
            self.add(&old, -1);
        }
        (self.sizes, self.count) = (decayed(self.sizes, factor), decayed(self.count, factor));
        let weight = self.count;
        let large = weight > 0.0 && qty as f64 * weight >= self.multiple * self.sizes;
        let sized = Sized { qty, large, side };
        self.add(&sized, 1);
        self.window.push(ts, sized);
        self.sizes += qty as f64;
        self.count += 1.0;
        weight
    }

    #[inline]
    fn add(&mut self, trade: &Sized, sign: i128) {
        let qty = sign * i128::from(trade.qty);
        self.all += qty;
        if trade.large {
            self.large += qty;
            self.signed_large += qty * i128::from(trade.side);
        }
    }

    /// Volume of large trades over all volume of the window, 0…1.
    pub fn share(&self) -> f64 {
        self.large as f64 / self.all as f64
    }

    /// Large buys less large sells over all volume of the window, −1…1.
    pub fn imbalance(&self) -> f64 {
        self.signed_large as f64 / self.all as f64
    }
}

persist!(Sized { qty, large, side });

impl Persist for LargeTrades {
    fn save(&self, to: &mut Writer) {
        self.window.save(to);
        self.sizes.save(to);
        self.count.save(to);
    }

    /// The sums over the window follow from its trades.
    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.window.load(from)?;
        self.sizes.load(from)?;
        self.count.load(from)?;
        (self.all, self.large, self.signed_large) = (0, 0, 0);
        let trades: Vec<Sized> = self.window.entries().collect();
        trades.iter().for_each(|trade| self.add(trade, 1));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_is_measured_against_what_was_before() {
        let mut trades = LargeTrades::new(10, 3.0);
        assert_eq!(trades.update(0, 50, 1, 1.0), 0.0);
        assert_eq!(trades.share(), 0.0);
        trades.update(1, 50, -1, 1.0);
        assert_eq!(trades.update(2, 150, -1, 1.0), 2.0);
        assert_eq!((trades.share(), trades.imbalance()), (0.6, -0.6));
        trades.update(3, 1000, 1, 1.0);
        assert_eq!((trades.share(), trades.imbalance()), (1150.0 / 1250.0, 850.0 / 1250.0));
        trades.update(13, 1, 1, 1.0);
        assert_eq!((trades.share(), trades.imbalance()), (0.0, 0.0));
    }
}
