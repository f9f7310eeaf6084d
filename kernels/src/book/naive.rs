//! The oracle of [`super`]: one snapshot, and a row of snapshots, straight from the words of the
//! specification, in fractions of big integers (`i128` on small inputs), with no shortcut.

use crate::event::Books;
use std::collections::BTreeMap;

/// A level as the feed sent it: price and size in units of 0.001 and 0.01, `None` for NULL.
pub type Entry = (Option<i128>, Option<i128>);

#[derive(Clone, Debug)]
pub struct Snapshot {
    pub ts: i64,
    pub sides: [Vec<Entry>; 2],
}

/// Parameters in units that are integers: range in 0.1 bps, k in 0.1, band in 0.001 %.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub tick: i128,
    pub bucket_ticks: i128,
    pub range_tenths: i128,
    pub k_tenths: i128,
    pub levels: usize,
    pub band_thousandths: Option<i128>,
    pub min_buckets: usize,
    pub persist: usize,
}

/// Best price first; what is left of a side after the rules of 0.3.
fn side(entries: &[Entry], bid: bool) -> Vec<(i128, i128)> {
    let mut last = BTreeMap::new();
    for (price, size) in entries {
        if let (Some(price), Some(size)) = (price, size)
            && *price > 0
        {
            last.insert(*price, *size);
        }
    }
    let mut levels: Vec<_> = last.into_iter().filter(|(_, size)| *size > 0).collect();
    if bid {
        levels.reverse();
    }
    levels
}

fn valid(bids: &[(i128, i128)], asks: &[(i128, i128)]) -> bool {
    !bids.is_empty() && !asks.is_empty() && bids[0].0 < asks[0].0
}

/// Buckets that pass B5, nearest first, as (bucket, twice its distance, size, twice the median);
/// `None` with too few buckets in range.
fn walls(levels: &[(i128, i128)], sum: i128, s: &Setup) -> Option<Vec<(i128, i128, i128, i128)>> {
    let mut buckets: BTreeMap<i128, (i128, i128)> = BTreeMap::new();
    for (price, size) in levels {
        let distance = (2 * price - sum).abs();
        let bucket = buckets.entry(price.div_euclid(s.tick * s.bucket_ticks)).or_insert((distance, 0));
        bucket.0 = bucket.0.min(distance);
        bucket.1 += size;
    }
    let touch = levels[0].0.div_euclid(s.tick * s.bucket_ticks);
    let near: Vec<_> = buckets
        .into_iter()
        .map(|(bucket, (distance, size))| (distance, bucket, size))
        .filter(|(distance, _, _)| distance * 10_000 * 10 <= s.range_tenths * sum)
        .collect();
    if near.len() < s.min_buckets {
        return None;
    }
    let mut sizes: Vec<i128> = near.iter().map(|b| b.2).collect();
    sizes.sort();
    let twice_median = sizes[(sizes.len() - 1) / 2] + sizes[sizes.len() / 2];
    let mut passing: Vec<_> = near
        .into_iter()
        .filter(|(_, bucket, size)| *bucket != touch && 20 * size >= s.k_tenths * twice_median)
        .map(|(distance, bucket, size)| (bucket, distance, size, twice_median))
        .collect();
    passing.sort_by_key(|w| w.1);
    Some(passing)
}

fn fraction(n: i128, d: i128) -> f64 {
    n as f64 / d as f64
}

/// The table of a whole input of snapshots.
pub fn books(input: &[Snapshot], s: &Setup) -> Books {
    let mut by_ts = BTreeMap::new();
    for snapshot in input {
        by_ts.insert(snapshot.ts, snapshot.clone());
    }
    let snapshots: Vec<Snapshot> = by_ts.into_values().collect();
    let mut out = Books::default();
    for (i, snapshot) in snapshots.iter().enumerate() {
        let (bids, asks) = (side(&snapshot.sides[0], true), side(&snapshot.sides[1], false));
        out.ts.push(snapshot.ts);
        let ok = valid(&bids, &asks);
        out.valid.push(u8::from(ok));
        let sum = if ok { bids[0].0 + asks[0].0 } else { 1 };
        let null = |v: f64| if ok { v } else { f64::NAN };
        out.bid.push(null(bids.first().map_or(0.0, |l| fraction(l.0, 1000))));
        out.ask.push(null(asks.first().map_or(0.0, |l| fraction(l.0, 1000))));
        let steps = sum.div_euclid(s.tick);
        let code = 2 * steps + i128::from(steps * s.tick != sum);
        out.mid_code.push(if ok { code as i64 } else { 0 });
        out.obi.push(null(obi(&bids, &asks, sum, s)));
        let top = |l: &[(i128, i128)]| l.first().map_or(0, |l| l.1);
        out.obi1.push(null(fraction(top(&bids) - top(&asks), top(&bids) + top(&asks))));
        let far = |l: &[(i128, i128)]| l.last().map_or(0, |l| (2 * l.0 - sum).abs());
        out.depth_span_bps.push(null(fraction(10_000 * far(&bids).min(far(&asks)), sum)));
        let [bid, ask] = [0, 1].map(|nth| persistent(&snapshots, i, nth, s));
        out.wall_bid_bps.push(bid.0);
        out.wall_bid_mult.push(bid.1);
        out.wall_ask_bps.push(ask.0);
        out.wall_ask_mult.push(ask.1);
    }
    out
}

fn obi(bids: &[(i128, i128)], asks: &[(i128, i128)], sum: i128, s: &Setup) -> f64 {
    let n = s.levels.min(bids.len()).min(asks.len());
    let total = |levels: &[(i128, i128)]| -> i128 {
        let counts = |(nth, level): &(usize, &(i128, i128))| match s.band_thousandths {
            None => *nth < n,
            Some(band) => (2 * level.0 - sum).abs() * 100 * 1000 <= band * sum,
        };
        levels.iter().enumerate().filter(counts).map(|(_, level)| level.1).sum()
    };
    fraction(total(bids) - total(asks), total(bids) + total(asks))
}

/// Distance and multiple of the wall of one side at snapshot `i`.
fn persistent(snapshots: &[Snapshot], i: usize, nth: usize, s: &Setup) -> (f64, f64) {
    let at = |j: usize| {
        let sides = [side(&snapshots[j].sides[0], true), side(&snapshots[j].sides[1], false)];
        let sum = valid(&sides[0], &sides[1]).then(|| sides[0][0].0 + sides[1][0].0)?;
        walls(&sides[nth], sum, s).map(|walls| (walls, sum))
    };
    let Some((now, sum)) = at(i) else { return (f64::NAN, f64::NAN) };
    let stands = |bucket: i128| {
        i + 1 >= s.persist
            && (i + 1 - s.persist..i).all(|j| at(j).is_some_and(|(w, _)| w.iter().any(|w| w.0 == bucket)))
    };
    match now.iter().find(|wall| stands(wall.0)) {
        Some((_, distance, size, twice_median)) => {
            (fraction(10_000 * distance, sum), fraction(2 * size, *twice_median))
        }
        None => (f64::NAN, 0.0),
    }
}
