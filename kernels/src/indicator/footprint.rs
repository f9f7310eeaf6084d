//! Footprint imbalance (B6): `fpi`, `fpi_skew`.

use super::flow::{Print, Volume};
use crate::event::Decimal;

/// Sells at bucket `k` against buys one bucket above.
#[derive(Clone, Copy, Debug, Default)]
struct Pair<V> {
    key: i64,
    buys: V,
    sells: V,
    /// What it adds to `V_u − V_d` and to `n_u − n_d`: nothing unless one side outweighs the other.
    imbalance: V,
    lean: i8,
    live: bool,
}

/// The pairs of the window in an open-addressing table, and exact sums over them.
#[derive(Clone, Debug)]
pub struct Footprint<V> {
    bucket: i64,
    /// A power of two, at most half full.
    slots: Vec<Pair<V>>,
    /// Pairs that are not in their own slot: while there are none, nothing needs to move.
    displaced: usize,
    sums: Sums<V>,
    rule: Rule,
}

/// Exact sums over the pairs of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums<V> {
    /// `V_u − V_d`.
    pub imbalance: V,
    /// `V`.
    pub volume: V,
    /// `n_u − n_d`.
    pub lean: i64,
    /// `n`.
    pub pairs: usize,
}

/// When one side of a pair outweighs the other: `a > 0, a ≥ ρ·b, a ≥ vmin`, exact.
#[derive(Clone, Copy, Debug)]
struct Rule {
    /// `footprint_ratio` as a fraction.
    ratio_above: i128,
    ratio_below: i128,
    /// The smallest volume that counts, rounded up: volumes are integers.
    least: i128,
    short: Option<ShortRule>,
}

/// The same in numbers of 31 bits: their products fit one word.
#[derive(Clone, Copy, Debug)]
struct ShortRule {
    ratio_above: i64,
    ratio_below: i64,
    least: i64,
}

/// `(V_u − V_d)/V`, −1…1; NaN where no sided trade is in the window.
#[inline]
pub fn fpi(imbalance: f64, volume: f64) -> f64 {
    imbalance / volume
}

/// `½·((n_u − n_d)/n − fpi)`: breadth minus weight, in (−1, 1).
#[inline]
pub fn skew(lean: f64, pairs: f64, fpi: f64) -> f64 {
    0.5 * (lean / pairs - fpi)
}

impl Rule {
    fn new(ratio: Decimal, least: Decimal) -> Self {
        let unit = 10_i128.pow(least.places);
        let (above, below) = (ratio.mantissa, 10_i128.pow(ratio.places));
        let least = (least.mantissa + unit - 1).div_euclid(unit);
        let short = ShortRule { ratio_above: above as i64, ratio_below: below as i64, least: least as i64 };
        Rule {
            ratio_above: above,
            ratio_below: below,
            least,
            short: ((above | below | least) >> 31 == 0).then_some(short),
        }
    }

    /// Whether the buys outweigh the sells, and the other way round; a ratio of at most 1 allows both.
    #[inline]
    fn outweighed<V: Volume>(&self, buys: V, sells: V) -> (bool, bool) {
        let (buys, sells) = (buys.wide(), sells.wide());
        match &self.short {
            Some(short) if (buys | sells) >> 31 == 0 => {
                let (buys, sells) = (buys as i64, sells as i64);
                (short.outweighs(buys, sells), short.outweighs(sells, buys))
            }
            _ => self.long_outweighed(buys, sells),
        }
    }

    /// The wide multiplications are calls in WASM.
    #[cold]
    #[inline(never)]
    fn long_outweighed(&self, buys: i128, sells: i128) -> (bool, bool) {
        let outweighs = |a: i128, b: i128| {
            let heavy = a.saturating_mul(self.ratio_below) >= b.saturating_mul(self.ratio_above);
            a > 0 && a >= self.least && heavy
        };
        (outweighs(buys, sells), outweighs(sells, buys))
    }
}

impl ShortRule {
    #[inline]
    fn outweighs(&self, a: i64, b: i64) -> bool {
        (a > 0) & (a >= self.least) & (a * self.ratio_below >= b * self.ratio_above)
    }
}

impl<V: Volume> Footprint<V> {
    pub fn new(bucket_ticks: i64, ratio: Decimal, least: Decimal) -> Self {
        Footprint {
            bucket: bucket_ticks,
            slots: vec![Pair::default(); 64],
            displaced: 0,
            sums: Sums::default(),
            rule: Rule::new(ratio, least),
        }
    }

    /// An empty one with the same parameters.
    pub fn emptied<U: Volume>(&self) -> Footprint<U> {
        Footprint {
            bucket: self.bucket,
            slots: vec![Pair::default(); 64],
            displaced: 0,
            sums: Sums::default(),
            rule: self.rule,
        }
    }

    /// Takes a trade in. A trade without a side touches nothing.
    #[inline]
    pub fn add(&mut self, print: &Print<V>) {
        self.change(print, print.volume);
    }

    /// Takes a trade out that was taken in before.
    #[inline]
    pub fn remove(&mut self, print: &Print<V>) {
        self.change(print, -print.volume);
    }

    fn change(&mut self, print: &Print<V>, volume: V) {
        if print.side == 0 {
            return;
        }
        let key = self.level(print.px) - i64::from(print.side > 0);
        let at = self.find_or_insert(key);
        let pair = &mut self.slots[at];
        *(if print.side > 0 { &mut pair.buys } else { &mut pair.sells }) += volume;
        let (buy, sell) = self.rule.outweighed(pair.buys, pair.sells);
        let part = |counts: bool, volume: V| if counts { volume } else { V::default() };
        let imbalance = part(buy, pair.buys) - part(sell, pair.sells);
        let lean = i8::from(buy) - i8::from(sell);
        self.sums.volume += volume;
        self.sums.imbalance += imbalance - pair.imbalance;
        self.sums.lean += i64::from(lean - pair.lean);
        (pair.imbalance, pair.lean) = (imbalance, lean);
        if pair.buys == V::default() && pair.sells == V::default() {
            self.delete(at);
        }
    }

    /// The bucket of a price; a short division where the numbers are short.
    #[inline]
    fn level(&self, px: i64) -> i64 {
        // Most symbols have so few ticks to their price that a bucket is one: a division is slow.
        if self.bucket == 1 {
            return px;
        }
        match (u32::try_from(px), u32::try_from(self.bucket)) {
            (Ok(px), Ok(bucket)) => i64::from(px / bucket),
            _ => px.div_euclid(self.bucket),
        }
    }

    #[inline]
    pub fn sums(&self) -> &Sums<V> {
        &self.sums
    }

    /// Neighbouring buckets are neighbours in the table.
    #[inline]
    fn home(&self, key: i64) -> usize {
        key as usize & (self.slots.len() - 1)
    }

    #[inline]
    fn find_or_insert(&mut self, key: i64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = self.home(key);
        while self.slots[at & mask].live {
            if self.slots[at & mask].key == key {
                return at & mask;
            }
            at += 1;
        }
        self.insert(key, at & mask)
    }

    #[inline(never)]
    fn insert(&mut self, key: i64, mut free: usize) -> usize {
        if (self.sums.pairs + 1) * 2 > self.slots.len() {
            self.grow();
            free = self.free_from(self.home(key));
        }
        self.put(Pair { key, live: true, ..Pair::default() }, free);
        self.sums.pairs += 1;
        free
    }

    fn put(&mut self, pair: Pair<V>, at: usize) {
        self.displaced += usize::from(at != self.home(pair.key));
        self.slots[at] = pair;
    }

    fn take(&mut self, at: usize) -> Pair<V> {
        let pair = std::mem::take(&mut self.slots[at]);
        self.displaced -= usize::from(at != self.home(pair.key));
        pair
    }

    fn free_from(&self, mut at: usize) -> usize {
        while self.slots[at].live {
            at = (at + 1) & (self.slots.len() - 1);
        }
        at
    }

    fn grow(&mut self) {
        let doubled = vec![Pair::default(); self.slots.len() * 2];
        let old = std::mem::replace(&mut self.slots, doubled);
        self.displaced = 0;
        for pair in old.into_iter().filter(|pair| pair.live) {
            let free = self.free_from(self.home(pair.key));
            self.put(pair, free);
        }
    }

    /// Empties a slot and moves back what had been pushed beyond it, so that no search ends too early.
    #[inline(never)]
    fn delete(&mut self, mut hole: usize) {
        let mask = self.slots.len() - 1;
        self.sums.pairs -= 1;
        self.take(hole);
        let mut at = hole;
        while self.displaced > 0 {
            at = (at + 1) & mask;
            if !self.slots[at].live {
                break;
            }
            let from_home = at.wrapping_sub(self.home(self.slots[at].key)) & mask;
            if from_home >= at.wrapping_sub(hole) & mask {
                let pair = self.take(at);
                self.put(pair, hole);
                hole = at;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn decimal(mantissa: i128, places: u32) -> Decimal {
        Decimal { mantissa, places }
    }

    fn print(ts: i64, px: i64, volume: i128, side: i8) -> Print<i128> {
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
            assert!((skew(sums.lean as f64, sums.pairs as f64, got) - skews[i]).abs() < 1e-9);
        }
        assert_eq!((footprint.sums().lean, footprint.sums().pairs), (-1, 3));
    }

    /// The sums over the pairs, counted from the trades themselves.
    fn brute(window: &[Print<i128>], bucket: i64, ratio: Decimal, least: i128) -> Sums<i128> {
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
        Sums {
            imbalance: up().map(|p| p.0).sum::<i128>() - down().map(|p| p.1).sum::<i128>(),
            volume: pairs.values().map(|(a, b)| a + b).sum(),
            lean: up().count() as i64 - down().count() as i64,
            pairs: pairs.len(),
        }
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
                let want = brute(window.make_contiguous(), bucket, ratio, least);
                assert_eq!(*footprint.sums(), want, "step {step}");
            }
        }
    }
}
