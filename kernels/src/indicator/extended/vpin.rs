//! Volume-synchronised probability of informed trading: `vpin` (Easley–López de Prado–O'Hara 2012), with the
//! aggressor sides of the trades in place of bulk classification (Andersen–Bondarenko 2013).

use crate::error::Result;
use crate::persist::{Persist, Reader, Writer, broken, persist, within};
use std::collections::VecDeque;

const DAY_US: i64 = 86_400_000_000;
/// Less of the first day says too little of a day's volume.
const LEAST_SEEN_US: i64 = 600_000_000;

/// Where the size of a bucket comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketVolume {
    /// So many lots.
    Lots(i128),
    /// This part of a day's volume: of the last UTC day with trades before the day of the trade that opens the
    /// bucket; on the run's first day of what has been seen of it. The first day is scaled up to a whole one.
    PerDay(i128),
}

/// `Σ|B − S|/ΣV` over the last `n` full buckets; a trade that is too large for a bucket goes on in the next.
#[derive(Clone, Debug)]
pub struct Vpin {
    n: usize,
    rule: BucketVolume,
    day: DayVolume,
    open: Option<Bucket>,
    /// `|B − S|` and V of the full buckets.
    full: VecDeque<(i128, i128)>,
    imbalances: i128,
    volumes: i128,
}

/// A bucket that is being filled, in lots.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    size: i128,
    filled: i128,
    delta: i128,
}

/// The volume of the days.
#[derive(Clone, Debug, Default)]
struct DayVolume {
    /// Of the current day with trades: its end, how much of it is being seen from which moment on, its volume.
    seen: Option<Seen>,
    /// Volume of the last day with trades, and how much of that day was seen, µs.
    last: Option<(i128, i64)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    from: i64,
    end: i64,
    volume: i128,
}

impl DayVolume {
    /// Enters the day of a trade.
    fn enter(&mut self, ts: i64) {
        match self.seen {
            Some(day) if ts < day.end => {}
            Some(day) => {
                self.last = Some((day.volume, day.end - day.from));
                self.seen = Some(whole_day(ts));
            }
            None => self.seen = Some(Seen { from: ts, ..whole_day(ts) }),
        }
    }

    fn add(&mut self, qty: i64) {
        if let Some(day) = &mut self.seen {
            day.volume += i128::from(qty);
        }
    }

    /// Volume and how long it took, of the last day, or else of what there is of the first one.
    fn known(&self, now: i64) -> Option<(i128, i64)> {
        let first = self.seen.map(|day| (day.volume, now - day.from));
        self.last.or(first.filter(|(_, seen)| *seen >= LEAST_SEEN_US))
    }
}

fn whole_day(ts: i64) -> Seen {
    let from = ts.div_euclid(DAY_US) * DAY_US;
    Seen { from, end: from + DAY_US, volume: 0 }
}

impl Vpin {
    pub fn new(n: usize, rule: BucketVolume) -> Self {
        Vpin {
            n,
            rule,
            day: DayVolume::default(),
            open: None,
            full: VecDeque::new(),
            imbalances: 0,
            volumes: 0,
        }
    }

    /// Takes a trade in. Volume without a side fills buckets and leans to neither side.
    pub fn update(&mut self, ts: i64, qty: i64, side: i8) {
        self.day.enter(ts);
        let mut rest = i128::from(qty);
        while rest > 0 {
            let Some(mut bucket) = self.open.or_else(|| self.opened(ts)) else { break };
            let part = rest.min(bucket.size - bucket.filled);
            bucket.filled += part;
            bucket.delta += part * i128::from(side);
            rest -= part;
            if bucket.filled < bucket.size {
                self.open = Some(bucket);
                break;
            }
            self.open = None;
            self.close(&bucket);
            rest = self.skip(ts, rest);
        }
        self.day.add(qty);
    }

    fn opened(&self, now: i64) -> Option<Bucket> {
        let size = match self.rule {
            BucketVolume::Lots(lots) => lots,
            BucketVolume::PerDay(buckets) => {
                let (volume, seen_us) = self.day.known(now)?;
                let parts = buckets * i128::from(seen_us);
                let scaled = volume.saturating_mul(i128::from(DAY_US));
                scaled / parts + i128::from(scaled % parts != 0)
            }
        };
        Some(Bucket { size: size.max(1), filled: 0, delta: 0 })
    }

    /// What is left of a trade that fills more than all the buckets that count: equal ones behind one another
    /// are the same as the last `n` of them.
    fn skip(&self, now: i64, rest: i128) -> i128 {
        let Some(next) = self.opened(now) else { return rest };
        let beyond = rest / next.size - self.n as i128;
        if beyond > 0 { rest - beyond * next.size } else { rest }
    }

    fn close(&mut self, bucket: &Bucket) {
        let imbalance = bucket.delta.abs();
        self.full.push_back((imbalance, bucket.size));
        self.imbalances += imbalance;
        self.volumes += bucket.size;
        if self.full.len() > self.n
            && let Some((imbalance, size)) = self.full.pop_front()
        {
            self.imbalances -= imbalance;
            self.volumes -= size;
        }
    }

    /// 0…1; NaN before `n` full buckets.
    pub fn value(&self) -> f64 {
        if self.full.len() < self.n { f64::NAN } else { self.imbalances as f64 / self.volumes as f64 }
    }
}

persist!(Bucket { size, filled, delta });
persist!(Seen { from, end, volume });
persist!(DayVolume { seen, last });

/// No days have as many lots.
const MOST_LOTS: i128 = 1 << 100;

impl DayVolume {
    /// Volumes that are scaled up by the part of a day that was seen.
    fn is_sound(&self) -> bool {
        let sound =
            |volume: i128, seen_us: i64| (0..=MOST_LOTS).contains(&volume) && (1..=DAY_US).contains(&seen_us);
        self.seen.is_none_or(|day| sound(day.volume, day.end.saturating_sub(day.from)))
            && self.last.is_none_or(|(volume, seen_us)| sound(volume, seen_us))
    }
}

impl Persist for Vpin {
    fn save(&self, to: &mut Writer) {
        self.day.save(to);
        self.open.save(to);
        self.full.save(to);
    }

    /// The sums follow from the full buckets.
    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.day.load(from)?;
        self.open.load(from)?;
        self.full.load(from)?;
        let fills = |bucket: Bucket| (0..bucket.size).contains(&bucket.filled);
        if !self.day.is_sound() || !self.open.is_none_or(fills) || self.full.len() > self.n {
            return Err(broken("expected buckets that trades can fill, got others"));
        }
        within(MOST_LOTS, self.open.map(|bucket| bucket.delta))?;
        within(MOST_LOTS, self.full.iter().flat_map(|(imbalance, size)| [*imbalance, *size]))?;
        self.imbalances = self.full.iter().map(|(imbalance, _)| imbalance).sum();
        self.volumes = self.full.iter().map(|(_, size)| size).sum();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_of_the_specification() {
        let mut vpin = Vpin::new(3, BucketVolume::Lots(100));
        for (buys, sells) in [(60, 40), (80, 20), (30, 70)] {
            assert!(vpin.value().is_nan());
            vpin.update(0, buys, 1);
            vpin.update(0, sells, -1);
        }
        assert!((vpin.value() - 0.4).abs() < 1e-12);
    }

    #[test]
    fn a_trade_goes_on_in_the_next_bucket_and_a_huge_one_in_all() {
        let mut vpin = Vpin::new(2, BucketVolume::Lots(10));
        for (qty, side) in [(7, 1), (9, -1), (4, 0)] {
            vpin.update(0, qty, side);
        }
        // (7, 3) and (0, 6) with 4 that lean to neither side.
        assert_eq!(vpin.value(), (4.0 + 6.0) / 20.0);
        vpin.update(0, 5, -1);
        vpin.update(0, i64::MAX, 1);
        assert_eq!(vpin.value(), 1.0);
        let mut slow = Vpin::new(2, BucketVolume::Lots(10));
        (0..5).for_each(|_| slow.update(0, 1, -1));
        slow.update(0, 10 * 7 + 8, 1);
        let mut whole = Vpin::new(2, BucketVolume::Lots(10));
        whole.update(0, 5, -1);
        (0..78).for_each(|_| whole.update(0, 1, 1));
        assert_eq!((slow.value(), slow.open.unwrap().filled), (whole.value(), whole.open.unwrap().filled));
    }

    #[test]
    fn buckets_are_parts_of_the_last_day_that_is_over() {
        let mut vpin = Vpin::new(1, BucketVolume::PerDay(50));
        let start = DAY_US / 2;
        vpin.update(start, 30, 1);
        vpin.update(start + LEAST_SEEN_US - 1, 10, 1);
        assert!(vpin.open.is_none(), "too little of the first day has been seen");
        vpin.update(start + DAY_US / 4, 1, 1);
        // 40 lots in a quarter of a day are 160 a day.
        assert_eq!(vpin.open.unwrap().size, 4);
        vpin.update(start + DAY_US / 4, 59, 1);
        vpin.update(DAY_US, 1, 1);
        // 100 lots in half a day are 200 a day; the bucket that is open keeps its size.
        assert!(vpin.full.iter().all(|(_, size)| *size == 4));
        vpin.update(DAY_US, 5, 1);
        assert_eq!(vpin.opened(DAY_US).unwrap().size, 4);
        // Two days without trades later the day of the 6 lots is the last one.
        vpin.update(4 * DAY_US, 1, 1);
        assert_eq!(vpin.opened(4 * DAY_US).unwrap().size, 1);
    }
}
