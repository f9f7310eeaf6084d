//! Stacked footprint imbalance: `fpi_stack`, the longest run of successive pairs (B6) that are imbalanced to
//! one side.

use super::super::flow::Print;
use crate::event::Decimal;
use std::collections::BTreeMap;

/// Shorter runs are no stack.
const SHORTEST: usize = 3;

/// Sells at bucket `k` against buys one bucket above, and whether either side outweighs the other.
#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    buys: i128,
    sells: i128,
    /// To the buys, to the sells; both where the ratio is at most 1.
    imbalanced: [bool; 2],
}

/// The pairs of the window and the lengths of their runs.
#[derive(Clone, Debug)]
pub struct Stack {
    bucket: i64,
    ratio: Decimal,
    /// The smallest volume that counts, rounded up.
    least: i128,
    pairs: BTreeMap<i64, Pair>,
    runs: [Runs; 2],
}

/// How many maximal runs there are of each length.
#[derive(Clone, Debug, Default)]
struct Runs {
    of_length: Vec<u32>,
    longest: usize,
}

impl Runs {
    fn add(&mut self, length: usize) {
        if length == 0 {
            return;
        }
        if self.of_length.len() <= length {
            self.of_length.resize(length + 1, 0);
        }
        self.of_length[length] += 1;
        self.longest = self.longest.max(length);
    }

    fn remove(&mut self, length: usize) {
        if length == 0 {
            return;
        }
        self.of_length[length] -= 1;
        while self.longest > 0 && self.of_length[self.longest] == 0 {
            self.longest -= 1;
        }
    }
}

impl Stack {
    /// The parameters are those of the footprint.
    pub fn new(bucket_ticks: i64, ratio: Decimal, least: Decimal) -> Self {
        let unit = 10_i128.pow(least.places);
        Stack {
            bucket: bucket_ticks,
            ratio,
            least: (least.mantissa + unit - 1).div_euclid(unit),
            pairs: BTreeMap::new(),
            runs: Default::default(),
        }
    }

    /// Takes a trade in. A trade without a side touches nothing.
    pub fn add(&mut self, print: &Print<i128>) {
        self.change(print, print.volume);
    }

    /// Takes a trade out that was taken in before.
    pub fn remove(&mut self, print: &Print<i128>) {
        self.change(print, -print.volume);
    }

    fn change(&mut self, print: &Print<i128>, volume: i128) {
        if print.side == 0 {
            return;
        }
        let key = print.px.div_euclid(self.bucket) - i64::from(print.side > 0);
        let old = self.pairs.get(&key).copied().unwrap_or_default();
        let mut new = old;
        *(if print.side > 0 { &mut new.buys } else { &mut new.sells }) += volume;
        new.imbalanced = [self.outweighs(new.buys, new.sells), self.outweighs(new.sells, new.buys)];
        for side in 0..2 {
            if old.imbalanced[side] != new.imbalanced[side] {
                self.turn(side, key, new.imbalanced[side]);
            }
        }
        if new.buys == 0 && new.sells == 0 {
            self.pairs.remove(&key);
        } else {
            self.pairs.insert(key, new);
        }
    }

    fn outweighs(&self, a: i128, b: i128) -> bool {
        let unit = 10_i128.pow(self.ratio.places);
        a > 0 && a >= self.least && a.saturating_mul(unit) >= b.saturating_mul(self.ratio.mantissa)
    }

    /// A pair becomes imbalanced and joins the runs beside it, or stops being so and parts them.
    fn turn(&mut self, side: usize, key: i64, imbalanced: bool) {
        let (below, above) = (self.reach(side, key, -1), self.reach(side, key, 1));
        let (parted, joined) = ([below, above], below + above + 1);
        let runs = &mut self.runs[side];
        if imbalanced {
            parted.into_iter().for_each(|length| runs.remove(length));
            runs.add(joined);
        } else {
            runs.remove(joined);
            parted.into_iter().for_each(|length| runs.add(length));
        }
    }

    /// How many successive pairs beside `key` are imbalanced.
    fn reach(&self, side: usize, key: i64, step: i64) -> usize {
        let stands = |n: &i64| self.pairs.get(&(key + n * step)).is_some_and(|pair| pair.imbalanced[side]);
        (1..).take_while(stands).count()
    }

    /// Whether a sided trade is in the window.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The longest run of at least 3 pairs, + to the buys, − to the sells; 0 where there is none, or both
    /// sides have one as long.
    pub fn longest(&self) -> i64 {
        let [up, down] = [&self.runs[0], &self.runs[1]]
            .map(|runs| if runs.longest < SHORTEST { 0 } else { runs.longest as i64 });
        match up.cmp(&down) {
            std::cmp::Ordering::Greater => up,
            std::cmp::Ordering::Less => -down,
            std::cmp::Ordering::Equal => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(mantissa: i128, places: u32) -> Decimal {
        Decimal { mantissa, places }
    }

    fn brute(window: &[Print<i128>], bucket: i64, ratio: Decimal, least: i128) -> i64 {
        let mut pairs: BTreeMap<i64, (i128, i128)> = BTreeMap::new();
        for trade in window.iter().filter(|trade| trade.side != 0) {
            let level = trade.px.div_euclid(bucket);
            if trade.side > 0 {
                pairs.entry(level - 1).or_default().0 += trade.volume;
            } else {
                pairs.entry(level).or_default().1 += trade.volume;
            }
        }
        let unit = 10_i128.pow(ratio.places);
        let beats = |a: i128, b: i128| a > 0 && a >= least && a * unit >= ratio.mantissa * b;
        let longest = |keys: Vec<i64>| {
            let run = |k: &i64| (0..).take_while(|n| keys.contains(&(k + n))).count() as i64;
            Some(keys.iter().map(run).max().unwrap_or(0)).filter(|n| *n >= 3).unwrap_or(0)
        };
        let up = longest(pairs.iter().filter(|(_, (a, b))| beats(*a, *b)).map(|(k, _)| *k).collect());
        let down = longest(pairs.iter().filter(|(_, (a, b))| beats(*b, *a)).map(|(k, _)| *k).collect());
        (up - down).signum() * up.max(down)
    }

    #[test]
    fn equal_to_looking_for_the_longest_run() {
        let mut seed = 13u64;
        let mut next = move |n: u64| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) % n
        };
        for (bucket, ratio, least, spread) in
            [(1, decimal(3, 0), 0, 12), (2, decimal(15, 1), 200, 60), (1, decimal(5, 1), 0, 9)]
        {
            let mut stack = Stack::new(bucket, ratio, decimal(least, 0));
            let mut window = std::collections::VecDeque::new();
            let mut found = [0; 3];
            for step in 0..3000 {
                let side = [1, -1, 0, 1][next(4) as usize];
                let volume = next(500) as i128 + 1;
                let trade = Print { ts: step, px: next(spread) as i64 - 3, volume, side };
                stack.add(&trade);
                window.push_back(trade);
                while window.len() as u64 > 1 + next(60) {
                    stack.remove(&window.pop_front().unwrap());
                }
                let want = brute(window.make_contiguous(), bucket, ratio, least);
                assert_eq!(stack.longest(), want, "step {step}");
                found[(want.signum() + 1) as usize] += 1;
            }
            assert!(found.iter().all(|n| *n > 30), "{found:?}");
        }
    }
}
