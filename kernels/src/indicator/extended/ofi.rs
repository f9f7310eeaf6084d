//! Order flow imbalance of book events: `ofi`, `ofi_norm` (Cont–Kukanov–Stoikov 2014), `mlofi`, `mlofi_1` …
//! `mlofi_10` (Xu–Gould–Howison 2019; the scale by mean depth as in Cont–Cucuringu–Zhang 2023).

use super::window::TimeWindow;
use crate::book::detail::{LADDER_LEVELS, Ladder, MOST_UNITS, Rung};
use crate::error::Result;
use crate::indicator::flow::to_f64;
use crate::persist::{Persist, Reader, Writer, persist, within};

/// What changed from one snapshot to the next, level by level, in units of `10^-12` base.
pub type Events = [i128; LADDER_LEVELS];

/// `e = 1{Pb ≥ Pb'}·Qb − 1{Pb ≤ Pb'}·Qb' − 1{Pa ≤ Pa'}·Qa + 1{Pa ≥ Pa'}·Qa'`, a dash marking the snapshot
/// before. A side whose level is missing in either snapshot adds nothing.
pub fn events(before: &Ladder, after: &Ladder) -> Events {
    std::array::from_fn(|m| {
        let bid = change(&before.bids[m], &after.bids[m], |new, old| new >= old, |new, old| new <= old);
        let ask = change(&before.asks[m], &after.asks[m], |new, old| new <= old, |new, old| new >= old);
        bid - ask
    })
}

/// What the level gained: the new size where its price is as good or better, less the old size where it is as
/// bad or worse.
fn change(
    old: &Rung,
    new: &Rung,
    as_good: impl Fn(i128, i128) -> bool,
    as_bad: impl Fn(i128, i128) -> bool,
) -> i128 {
    if old.size == 0 || new.size == 0 {
        return 0;
    }
    let gained = if as_good(new.price, old.price) { new.size } else { 0 };
    gained - if as_bad(new.price, old.price) { old.size } else { 0 }
}

/// A snapshot in the window: its events and its sizes, by which they are measured.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    events: Events,
    /// `Qb + Qa` of the best levels.
    best: i128,
    /// `Σ(Qb + Qa)` over the levels of the ladder, and over how many sides of levels.
    sizes: i128,
    sides: i64,
}

/// The events of the window, in exact integer sums.
#[derive(Clone, Debug)]
pub struct OrderFlow {
    length_us: i64,
    age_limit_us: i64,
    entries: TimeWindow<Entry>,
    /// The snapshot before, where it was a valid book.
    last: Option<Ladder>,
    last_ts: Option<i64>,
    /// Since when depth has come without a break.
    followed_since: i64,
    sums: Events,
    best: i128,
    sizes: i128,
    sides: i64,
}

impl OrderFlow {
    /// A break is a time of more than `age_limit_us` between snapshots.
    pub fn new(length_us: i64, age_limit_us: i64) -> Self {
        OrderFlow {
            length_us,
            age_limit_us,
            entries: TimeWindow::new(length_us),
            last: None,
            last_ts: None,
            followed_since: 0,
            sums: [0; LADDER_LEVELS],
            best: 0,
            sizes: 0,
            sides: 0,
        }
    }

    /// A snapshot has become visible; `ladder` is `None` where it is no valid book.
    pub fn push(&mut self, ts: i64, ladder: Option<&Ladder>) {
        let broken = self.last_ts.replace(ts).is_none_or(|last| ts - last > self.age_limit_us);
        if broken {
            (self.followed_since, self.last) = (ts, None);
        }
        let before = self.last.take();
        let Some(ladder) = ladder else { return };
        let events = before.map_or([0; LADDER_LEVELS], |before| events(&before, ladder));
        let levels = || ladder.bids.iter().chain(&ladder.asks);
        let entry = Entry {
            events,
            best: ladder.bids[0].size + ladder.asks[0].size,
            sizes: levels().map(|rung| rung.size).sum(),
            sides: levels().filter(|rung| rung.size > 0).count() as i64,
        };
        self.entries.push(ts, entry);
        self.count(&entry, 1);
        self.last = Some(*ladder);
    }

    fn count(&mut self, entry: &Entry, sign: i128) {
        for (sum, event) in self.sums.iter_mut().zip(&entry.events) {
            *sum += sign * event;
        }
        self.best += sign * entry.best;
        self.sizes += sign * entry.sizes;
        self.sides += sign as i64 * entry.sides;
    }

    /// Forgets what is not in `(now − W, now]`.
    #[inline]
    pub fn advance(&mut self, now: i64) {
        while let Some(old) = self.entries.evict(now) {
            self.count(&old, -1);
        }
    }

    /// Whether depth has been followed for a whole window.
    pub fn is_full(&self, now: i64) -> bool {
        self.last_ts.is_some() && now - self.followed_since >= self.length_us
    }

    /// `Σe` of the best levels, base units.
    pub fn best(&self) -> f64 {
        to_f64(self.sums[0]) / Ladder::SIZE_UNITS
    }

    /// The same over the mean size of a best level in the window; 0 where no snapshot is in it.
    pub fn best_normalised(&self) -> f64 {
        quotient(self.sums[0], self.best, 2 * self.entries.len() as i64)
    }

    /// `Σe` of level `m` (from 0) over the mean size of a level in the window; 0 where no snapshot is in it.
    pub fn level(&self, m: usize) -> f64 {
        quotient(self.sums[m], self.sizes, self.sides)
    }
}

/// `sum / (sizes / count)`.
fn quotient(sum: i128, sizes: i128, count: i64) -> f64 {
    if sizes == 0 { 0.0 } else { to_f64(sum) / to_f64(sizes) * count as f64 }
}

persist!(Entry { events, best, sizes, sides });

impl Persist for OrderFlow {
    fn save(&self, to: &mut Writer) {
        self.entries.save(to);
        self.last.save(to);
        self.last_ts.save(to);
        self.followed_since.save(to);
    }

    /// The sums follow from the snapshots in the window.
    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.entries.load(from)?;
        self.last.load(from)?;
        self.last_ts.load(from)?;
        self.followed_since.load(from)?;
        (self.sums, self.best, self.sizes, self.sides) = ([0; LADDER_LEVELS], 0, 0, 0);
        let sides = 2 * LADDER_LEVELS as i128;
        let entries: Vec<Entry> = self.entries.entries().collect();
        for entry in &entries {
            within(2 * MOST_UNITS, entry.events.into_iter().chain([entry.best]))?;
            within(sides * MOST_UNITS, [entry.sizes])?;
            within(sides, [entry.sides.into()])?;
            self.count(entry, 1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNITS: i128 = 1_000_000_000_000;

    /// Sizes in tenths.
    fn ladder(bids: &[(i128, i128)], asks: &[(i128, i128)]) -> Ladder {
        let mut ladder = Ladder::default();
        for (side, levels) in [(&mut ladder.bids, bids), (&mut ladder.asks, asks)] {
            for (rung, (price, size)) in side.iter_mut().zip(levels) {
                *rung = Rung { price: *price, size: size * UNITS / 10 };
            }
        }
        ladder
    }

    fn example() -> Vec<Ladder> {
        [
            ((1000, 30), (1001, 20)),
            ((1000, 50), (1001, 20)),
            ((1001, 10), (1002, 40)),
            ((1001, 10), (1002, 25)),
            ((1000, 60), (1001, 10)),
        ]
        .map(|(bid, ask)| ladder(&[bid], &[ask]))
        .to_vec()
    }

    #[test]
    fn example_of_the_specification() {
        let books = example();
        let tenths: Vec<i128> =
            books.windows(2).map(|pair| events(&pair[0], &pair[1])[0] * 10 / UNITS).collect();
        assert_eq!(tenths, [20, 30, 15, -20]);
        let mut flow = OrderFlow::new(3, 60);
        let mut seen = Vec::new();
        for (ts, book) in books.iter().enumerate() {
            flow.push(ts as i64, Some(book));
            flow.advance(ts as i64);
            seen.push((flow.best(), flow.is_full(ts as i64)));
        }
        assert_eq!(seen, [(0.0, false), (2.0, false), (5.0, false), (6.5, true), (2.5, true)]);
        // Mean size of a best level of the last three snapshots: (5 + 3.5 + 7) / 6.
        assert!((flow.best_normalised() - 2.5 * 6.0 / 15.5).abs() < 1e-12);
        assert_eq!(flow.level(0), flow.best_normalised());
    }

    #[test]
    fn a_missing_level_an_invalid_book_and_a_break_say_nothing() {
        let two = ladder(&[(100, 10), (99, 20)], &[(101, 10), (102, 20)]);
        let one = ladder(&[(100, 10)], &[(101, 10), (102, 50)]);
        assert_eq!(events(&two, &one)[..3], [0, -3 * UNITS, 0]);
        let mut flow = OrderFlow::new(1000, 60);
        flow.push(0, Some(&example()[0]));
        flow.push(1, None);
        flow.push(2, Some(&example()[1]));
        flow.push(63, Some(&example()[2]));
        assert_eq!(flow.best(), 0.0);
        assert!(!flow.is_full(1062) && flow.is_full(1063));
        flow.push(64, Some(&example()[3]));
        assert_eq!(flow.best(), 1.5);
        flow.advance(5000);
        assert_eq!((flow.best(), flow.best_normalised(), flow.level(9)), (0.0, 0.0, 0.0));
    }
}
