//! Sums over a sliding window of numbers that are no integers: nothing is ever subtracted, so nothing drifts.

use crate::error::Result;
use crate::persist::{Persist, Reader, Writer};

/// Sums of `K` numbers at once over the entries whose key is not below a limit that only grows.
///
/// A queue of two stacks: an entry is added to a running sum when it comes, and when the older stack is used
/// up the newer one is turned over into sums from each entry to the newest. Two additions an entry, and the
/// error is that of adding the window's numbers once.
#[derive(Clone, Debug)]
pub struct SlidingSums<const K: usize> {
    newer: Vec<(i64, [f64; K])>,
    newer_sum: [f64; K],
    /// The oldest entry last, with the sum from it to the newest entry of this stack.
    older: Vec<(i64, [f64; K])>,
}

impl<const K: usize> Default for SlidingSums<K> {
    fn default() -> Self {
        SlidingSums { newer: Vec::new(), newer_sum: [0.0; K], older: Vec::new() }
    }
}

impl<const K: usize> SlidingSums<K> {
    /// Keys do not go back.
    pub fn push(&mut self, key: i64, values: [f64; K]) {
        self.newer.push((key, values));
        self.newer_sum = added(self.newer_sum, values);
    }

    /// Forgets the entries with a key below `limit`.
    pub fn evict_below(&mut self, limit: i64) {
        loop {
            if self.older.is_empty() {
                if self.newer.first().is_none_or(|(key, _)| *key >= limit) {
                    return;
                }
                self.turn_over();
            }
            while self.older.last().is_some_and(|(key, _)| *key < limit) {
                self.older.pop();
            }
            if !self.older.is_empty() {
                return;
            }
        }
    }

    fn turn_over(&mut self) {
        let mut sum = [0.0; K];
        while let Some((key, values)) = self.newer.pop() {
            sum = added(values, sum);
            self.older.push((key, sum));
        }
        self.newer_sum = [0.0; K];
    }

    pub fn sums(&self) -> [f64; K] {
        match self.older.last() {
            Some((_, sum)) => added(*sum, self.newer_sum),
            None => self.newer_sum,
        }
    }

    pub fn len(&self) -> usize {
        self.older.len() + self.newer.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn clear(&mut self) {
        *self = SlidingSums::default();
    }
}

fn added<const K: usize>(a: [f64; K], b: [f64; K]) -> [f64; K] {
    std::array::from_fn(|k| a[k] + b[k])
}

impl<const K: usize> Persist for SlidingSums<K> {
    fn save(&self, to: &mut Writer) {
        to.list(&self.newer);
        to.list(&self.older);
    }

    /// Added up in the order in which they came, the newer entries give the running sum to the last bit.
    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.clear();
        let nothing = (0, [0.0; K]);
        from.list(nothing)?.into_iter().for_each(|(key, values)| self.push(key, values));
        self.older = from.list(nothing)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_to_adding_the_window_up_even_behind_a_huge_number() {
        let mut seed = 7u64;
        let mut next = move |n: u64| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) % n
        };
        let (mut sums, mut all, mut key) = (SlidingSums::<2>::default(), Vec::new(), 0);
        for step in 0..5000 {
            key += next(4) as i64;
            let huge = if step % 700 == 3 { 1e18 } else { 1.0 };
            let value = [next(1000) as f64 * 1e-7 * huge, 1.0];
            sums.push(key, value);
            all.push((key, value));
            let limit = key - 60;
            sums.evict_below(limit);
            all.retain(|(key, _)| *key >= limit);
            let want: f64 = all.iter().map(|(_, value)| value[0]).sum();
            assert!((sums.sums()[0] - want).abs() <= 1e-13 * want, "step {step}");
            assert_eq!((sums.sums()[1], sums.len()), (all.len() as f64, all.len()));
        }
        sums.evict_below(key + 1);
        assert_eq!((sums.sums(), sums.is_empty()), ([0.0, 0.0], true));
    }
}
