//! Footprint imbalance (B6): `fpi`, `fpi_skew`.

use super::flow::Print;
use crate::event::Decimal;

/// The buys outweigh the sells, or the other way round.
const BUY: u8 = 1;
const SELL: u8 = 2;

/// Sells at bucket `k` against buys one bucket above.
#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    key: i64,
    buys: i128,
    sells: i128,
    /// [`BUY`], [`SELL`], both (a ratio of at most 1) or neither.
    imbalance: u8,
    live: bool,
}

/// The pairs of the window in an open-addressing table, and exact sums over them.
#[derive(Clone, Debug)]
pub struct Footprint {
    bucket: i64,
    /// A power of two, at most half full.
    slots: Vec<Pair>,
    pairs: usize,
    buy_pairs: i64,
    sell_pairs: i64,
    volume: i128,
    buy_volume: i128,
    sell_volume: i128,
    /// `footprint_ratio` as a fraction.
    ratio_above: i128,
    ratio_below: i128,
    /// The smallest volume that counts, rounded up: volumes are integers.
    least: i128,
    short: Option<ShortRule>,
}

/// What an imbalance is, in numbers of 31 bits: their products fit one word.
#[derive(Clone, Copy, Debug)]
struct ShortRule {
    ratio_above: i64,
    ratio_below: i64,
    least: i64,
}

impl ShortRule {
    #[inline]
    fn outweighs(&self, a: i64, b: i64) -> bool {
        (a > 0) & (a >= self.least) & (a * self.ratio_below >= b * self.ratio_above)
    }
}

/// Exact sums over the pairs of the window.
#[derive(Clone, Copy, Debug)]
pub struct Sums {
    /// `V_u − V_d`.
    pub imbalance: i128,
    /// `V`.
    pub volume: i128,
    /// `n_u − n_d`.
    pub imbalanced_pairs: i64,
    /// `n`.
    pub pairs: usize,
}

/// `(V_u − V_d)/V`, −1…1; NaN where no sided trade is in the window.
#[inline]
pub fn fpi(imbalance: f64, volume: f64) -> f64 {
    imbalance / volume
}

/// `½·((n_u − n_d)/n − fpi)`: breadth minus weight, in (−1, 1).
#[inline]
pub fn skew(imbalanced_pairs: f64, pairs: f64, fpi: f64) -> f64 {
    0.5 * (imbalanced_pairs / pairs - fpi)
}

#[inline]
fn flags(buy: bool, sell: bool) -> u8 {
    u8::from(buy) * BUY + u8::from(sell) * SELL
}

impl Footprint {
    pub fn new(bucket_ticks: i64, ratio: Decimal, least: Decimal) -> Self {
        let unit = 10_i128.pow(least.places);
        let (above, below) = (ratio.mantissa, 10_i128.pow(ratio.places));
        let least = (least.mantissa + unit - 1).div_euclid(unit);
        Footprint {
            bucket: bucket_ticks,
            slots: vec![Pair::default(); 64],
            pairs: 0,
            buy_pairs: 0,
            sell_pairs: 0,
            volume: 0,
            buy_volume: 0,
            sell_volume: 0,
            ratio_above: above,
            ratio_below: below,
            least,
            short: ((above | below | least) >> 31 == 0).then_some(ShortRule {
                ratio_above: above as i64,
                ratio_below: below as i64,
                least: least as i64,
            }),
        }
    }

    /// Takes a trade in. A trade without a side touches nothing.
    #[inline]
    pub fn add(&mut self, print: &Print) {
        self.change(print, print.volume);
    }

    /// Takes a trade out that was taken in before.
    #[inline]
    pub fn remove(&mut self, print: &Print) {
        self.change(print, -print.volume);
    }

    fn change(&mut self, print: &Print, volume: i128) {
        if print.side == 0 {
            return;
        }
        let key = self.level(print.px) - i64::from(print.side > 0);
        let at = self.find_or_insert(key);
        let old = self.slots[at];
        let (buys, sells) = match print.side > 0 {
            true => (old.buys + volume, old.sells),
            false => (old.buys, old.sells + volume),
        };
        let new = Pair { buys, sells, imbalance: self.imbalance(buys, sells), ..old };
        self.slots[at] = new;
        self.volume += volume;
        if (old.imbalance | new.imbalance) != 0 {
            self.recount(&old, &new);
        }
        if (buys | sells) == 0 {
            self.delete(at);
        }
    }

    /// The bucket of a price; a short division where the numbers are short.
    #[inline]
    fn level(&self, px: i64) -> i64 {
        match (u32::try_from(px), u32::try_from(self.bucket)) {
            (Ok(px), Ok(bucket)) => i64::from(px / bucket),
            _ => px.div_euclid(self.bucket),
        }
    }

    /// Takes a pair out of the sums as it was, and in as it is.
    #[inline]
    fn recount(&mut self, old: &Pair, new: &Pair) {
        let counted = |pair: &Pair, sign: u8| pair.imbalance & sign != 0;
        let part = |pair: &Pair, sign: u8, volume: i128| if counted(pair, sign) { volume } else { 0 };
        self.buy_pairs += i64::from(counted(new, BUY)) - i64::from(counted(old, BUY));
        self.sell_pairs += i64::from(counted(new, SELL)) - i64::from(counted(old, SELL));
        self.buy_volume += part(new, BUY, new.buys) - part(old, BUY, old.buys);
        self.sell_volume += part(new, SELL, new.sells) - part(old, SELL, old.sells);
    }

    /// `a > 0, a ≥ ρ·b, a ≥ vmin` for both sides, exact.
    #[inline]
    fn imbalance(&self, buys: i128, sells: i128) -> u8 {
        if let Some(short) = &self.short
            && (buys | sells) >> 31 == 0
        {
            let (buys, sells) = (buys as i64, sells as i64);
            return flags(short.outweighs(buys, sells), short.outweighs(sells, buys));
        }
        self.long_imbalance(buys, sells)
    }

    /// The wide multiplications are calls in WASM.
    #[cold]
    #[inline(never)]
    fn long_imbalance(&self, buys: i128, sells: i128) -> u8 {
        let outweighs = |a: i128, b: i128| {
            let heavy = a.saturating_mul(self.ratio_below) >= b.saturating_mul(self.ratio_above);
            a > 0 && a >= self.least && heavy
        };
        flags(outweighs(buys, sells), outweighs(sells, buys))
    }

    #[inline]
    pub fn sums(&self) -> Sums {
        Sums {
            imbalance: self.buy_volume - self.sell_volume,
            volume: self.volume,
            imbalanced_pairs: self.buy_pairs - self.sell_pairs,
            pairs: self.pairs,
        }
    }

    fn home(&self, key: i64) -> usize {
        let mixed = (key as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 32) as usize & (self.slots.len() - 1)
    }

    fn find_or_insert(&mut self, key: i64) -> usize {
        if self.pairs * 2 >= self.slots.len() {
            self.grow();
        }
        let mut at = self.home(key);
        while self.slots[at].live {
            if self.slots[at].key == key {
                return at;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = Pair { key, live: true, ..Pair::default() };
        self.pairs += 1;
        at
    }

    fn grow(&mut self) {
        let doubled = vec![Pair::default(); self.slots.len() * 2];
        let old = std::mem::replace(&mut self.slots, doubled);
        for pair in old.into_iter().filter(|pair| pair.live) {
            let mut at = self.home(pair.key);
            while self.slots[at].live {
                at = (at + 1) & (self.slots.len() - 1);
            }
            self.slots[at] = pair;
        }
    }

    /// Empties a slot and moves back what had been pushed beyond it, so that no search ends too early.
    fn delete(&mut self, mut hole: usize) {
        let mask = self.slots.len() - 1;
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            if !self.slots[at].live {
                break;
            }
            let home = self.home(self.slots[at].key);
            let from_home = at.wrapping_sub(home) & mask;
            if from_home >= at.wrapping_sub(hole) & mask {
                self.slots[hole] = self.slots[at];
                hole = at;
            }
        }
        self.slots[hole].live = false;
        self.pairs -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn decimal(mantissa: i128, places: u32) -> Decimal {
        Decimal { mantissa, places }
    }

    fn print(ts: i64, px: i64, volume: i128, side: i8) -> Print {
        Print { ts, px, volume, side }
    }

    #[test]
    fn example_of_the_specification() {
        let trades = [
            (0, 1000, 4, 1),
            (500, 1000, 1, -1),
            (1000, 1001, 6, 1),
            (1500, 1001, 5, -1),
            (2000, 1002, 1, 1),
            (3000, 1000, 2, -1),
            (5500, 999, 7, -1),
        ]
        .map(|(ts, px, volume, side)| print(ts, px, volume, side));
        let fpis = [1.0, 0.6, 0.909090909, 0.3125, 0.294117647, -0.052631579, -0.285714286];
        let skews = [0.0, -0.3, 0.045454545, 0.010416667, 0.019607843, 0.026315789, -0.023809524];
        let mut footprint = Footprint::new(1, decimal(3, 0), decimal(0, 0));
        let mut front = 0;
        for (i, trade) in trades.iter().enumerate() {
            while trades[front].ts <= trade.ts - 5000 {
                footprint.remove(&trades[front]);
                front += 1;
            }
            footprint.add(trade);
            let sums = footprint.sums();
            let got = fpi(sums.imbalance as f64, sums.volume as f64);
            assert!((got - fpis[i]).abs() < 1e-9);
            assert!((skew(sums.imbalanced_pairs as f64, sums.pairs as f64, got) - skews[i]).abs() < 1e-9);
        }
        assert_eq!((footprint.buy_pairs, footprint.sell_pairs, footprint.pairs), (1, 2, 3));
    }

    /// The sums over the pairs, counted from the trades themselves.
    fn brute(window: &[Print], bucket: i64, ratio: Decimal, least: i128) -> (i128, i128, i64, i64, usize) {
        let mut pairs: BTreeMap<i64, (i128, i128)> = BTreeMap::new();
        for trade in window.iter().filter(|trade| trade.side != 0) {
            let level = (trade.px as f64 / bucket as f64).floor() as i64;
            if trade.side > 0 {
                pairs.entry(level - 1).or_default().0 += trade.volume;
            } else {
                pairs.entry(level).or_default().1 += trade.volume;
            }
        }
        let unit = 10_i128.pow(ratio.places);
        let beats = |a: i128, b: i128| a > 0 && a >= least && a * unit >= ratio.mantissa * b;
        let up = || pairs.values().filter(|(a, b)| beats(*a, *b));
        let down = || pairs.values().filter(|(a, b)| beats(*b, *a));
        let sums = (up().map(|p| p.0).sum(), down().map(|p| p.1).sum());
        (sums.0, sums.1, up().count() as i64, down().count() as i64, pairs.len())
    }

    #[test]
    fn sums_equal_brute_force_with_evictions_of_any_kind() {
        let mut seed = 11u64;
        let mut next = move |n: u64| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) % n
        };
        for (bucket, ratio, least, spread) in [
            (1, decimal(3, 0), 0, 5),
            (2, decimal(15, 1), 400, 60),
            (7, decimal(1, 0), 0, 900),
            (1, decimal(5, 1), 0, 4),
        ] {
            let mut footprint = Footprint::new(bucket, ratio, decimal(least, 0));
            let mut window = std::collections::VecDeque::new();
            for step in 0..3000 {
                let huge = if next(50) == 0 { 1i128 << 70 } else { 1 };
                let side = [1, -1, 0][next(3) as usize];
                let trade = print(step, next(spread) as i64 - 3, huge * (next(500) as i128 + 1), side);
                footprint.add(&trade);
                window.push_back(trade);
                while window.len() as u64 > 1 + next(200) {
                    footprint.remove(&window.pop_front().unwrap());
                }
                let got = (
                    footprint.buy_volume,
                    footprint.sell_volume,
                    footprint.buy_pairs,
                    footprint.sell_pairs,
                    footprint.pairs,
                );
                assert_eq!(got, brute(window.make_contiguous(), bucket, ratio, least), "step {step}");
            }
        }
    }
}
