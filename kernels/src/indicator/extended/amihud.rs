//! Illiquidity (Amihud 2002): `amihud`, `amihud_bps`. Mean of `|log return| / traded notional` over the last
//! minute bars with trades.

use crate::bar::Bar;
use crate::error::Result;
use crate::indicator::flow::to_f64;
use crate::persist::{Persist, Reader, Writer, broken, within};
use std::collections::VecDeque;

/// The last `n` bars with trades that have a return in their segment.
#[derive(Clone, Debug)]
pub struct Amihud {
    n: usize,
    last_close: Option<i64>,
    /// `|log return|` and notional in ticks × lots.
    bars: VecDeque<(f64, i128)>,
    notional: i128,
    shown: Option<Illiquidity>,
}

/// Means over the bars of the window; the notional in ticks × lots.
#[derive(Clone, Copy, Debug)]
pub struct Illiquidity {
    pub ratio: f64,
    pub notional: f64,
}

impl Amihud {
    pub fn new(n: usize) -> Self {
        Amihud { n, last_close: None, bars: VecDeque::new(), notional: 0, shown: None }
    }

    /// A segment starts: the next bar has no return.
    pub fn restart(&mut self) {
        *self = Amihud::new(self.n);
    }

    /// Takes a closed bar with trades in. The few bars are added up anew, so that no error gathers.
    pub fn close(&mut self, bar: &Bar) {
        if let Some(last) = self.last_close.replace(bar.close) {
            let change = libm::log1p((bar.close - last) as f64 / last as f64).abs();
            self.push(change, bar.notional);
        }
    }

    fn push(&mut self, change: f64, notional: i128) {
        self.bars.push_back((change, notional));
        self.notional += notional;
        if self.bars.len() > self.n {
            self.notional -= self.bars.pop_front().map_or(0, |(_, notional)| notional);
        }
        self.show();
    }

    fn show(&mut self) {
        let n = self.n as f64;
        let ratios = || self.bars.iter().map(|(change, notional)| change / to_f64(*notional));
        let means = Illiquidity { ratio: ratios().sum::<f64>() / n, notional: to_f64(self.notional) / n };
        self.shown = (self.bars.len() == self.n).then_some(means);
    }

    /// `None` before `n` bars.
    pub fn illiquidity(&self) -> Option<Illiquidity> {
        self.shown
    }
}

/// No bar has as many ticks × lots.
const MOST_NOTIONAL: i128 = 1 << 100;

impl Persist for Amihud {
    fn save(&self, to: &mut Writer) {
        self.last_close.save(to);
        self.bars.save(to);
    }

    /// The means follow from the bars.
    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.last_close.load(from)?;
        self.bars.load(from)?;
        if self.bars.len() > self.n {
            return Err(broken(format!("expected at most {} bars, got {}", self.n, self.bars.len())));
        }
        let notionals = || self.bars.iter().map(|(_, notional)| *notional);
        within(MOST_NOTIONAL, notionals())?;
        self.notional = notionals().sum();
        self.show();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_of_the_specification() {
        let mut amihud = Amihud::new(5);
        let bars = [(1000, 1), (1001, 200), (1000, 100), (1001, 300), (1000, 200), (1002, 400)];
        for (minute, (close, notional)) in bars.into_iter().enumerate() {
            assert!(amihud.illiquidity().is_none());
            amihud.close(&Bar { notional, ..Bar::flat(minute as i64, close) });
        }
        let got = amihud.illiquidity().unwrap();
        assert!((got.ratio - 5.663336e-6).abs() < 1e-12, "{got:?}");
        assert_eq!(got.notional, 240.0);
        amihud.close(&Bar { notional: 50, ..Bar::flat(9, 1002) });
        assert_eq!(amihud.illiquidity().unwrap().notional, 210.0);
        amihud.restart();
        assert!(amihud.illiquidity().is_none());
    }
}
