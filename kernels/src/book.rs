//! One depth snapshot: validity, best prices, imbalance and walls (B4 and B5 of the specification).
//!
//! [`side`] makes a side out of levels as the feed sent them, [`Reducer`] turns two sides into one entry of a
//! [`BookBlock`], and [`merge`] joins blocks in time order, which is where snapshots meet one another.

pub mod block;
pub mod detail;
pub mod merge;
#[cfg(test)]
pub mod naive;
pub mod side;

use crate::error::{Error, Result};
use crate::event::{Decimal, Grid};
use crate::tick::decimal::{divide, pow10, ratio};
use block::{BookBlock, State, Wall, Walls};
use detail::{BookDetail, Scale};
use side::{Level, Scaled, scaled};

/// Which levels the imbalance sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObiMode {
    /// The best `obi_levels` of each side, the same number on both.
    Levels,
    /// All levels within this many percent of the mid, limit included.
    Band(Decimal),
}

/// The parameters of B4 and B5 by their names in the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookParams {
    pub obi_levels: u32,
    pub obi_mode: ObiMode,
    pub wall_range_bps: Decimal,
    pub wall_k: Decimal,
    pub wall_min_buckets: u32,
    pub wall_min_persist: u32,
}

impl BookParams {
    /// Reads the parameters from their text. `obi_mode` is `levels`, `band:0.2` or `band:0.2%`; the decimals
    /// are above 0 and have at most 9 digits; the counts are at least 1. Errors: `E_USAGE`.
    pub fn parse(
        obi_levels: u32,
        obi_mode: &str,
        wall_range_bps: &str,
        wall_k: &str,
        wall_min_buckets: u32,
        wall_min_persist: u32,
    ) -> Result<Self> {
        let counts = [
            ("obi_levels", obi_levels),
            ("wall_min_buckets", wall_min_buckets),
            ("wall_min_persist", wall_min_persist),
        ];
        if let Some((name, _)) = counts.into_iter().find(|(_, n)| *n == 0) {
            return Err(Error::usage(format!("{name}: expected at least 1, got 0")));
        }
        let obi_mode = match obi_mode.strip_prefix("band:") {
            Some(percent) => {
                ObiMode::Band(positive("obi_mode", percent.strip_suffix('%').unwrap_or(percent))?)
            }
            None if obi_mode == "levels" => ObiMode::Levels,
            None => {
                let message = format!("obi_mode: expected levels or band:<percent>, got \"{obi_mode}\"");
                return Err(
                    Error::usage(message).hint("Set obi_mode to levels or, for example, to band:0.2.")
                );
            }
        };
        let wall_range_bps = positive("wall_range_bps", wall_range_bps)?;
        let wall_k = positive("wall_k", wall_k)?;
        Ok(BookParams { obi_levels, obi_mode, wall_range_bps, wall_k, wall_min_buckets, wall_min_persist })
    }
}

/// Parameters stay small, so that their product with a price or a size fits 128 bits.
fn positive(name: &str, text: &str) -> Result<Decimal> {
    let number = Decimal::parse(text.as_bytes()).ok();
    number.filter(|d| (1..1_000_000_000).contains(&d.mantissa) && d.places <= 9).ok_or_else(|| {
        Error::usage(format!("{name}: expected a number above 0 of at most 9 digits, got \"{text}\""))
    })
}

/// Turns cleaned sides into entries of a block; holds the parameters and what is reused between snapshots.
pub struct Reducer {
    params: BookParams,
    detail: bool,
    tick: Decimal,
    wall_bucket_ticks: i64,
    /// Places, tick and wall bucket of the last snapshot: nearly every one has the same.
    scale: (u32, i128, i128),
    buckets: Vec<Bucket>,
    sizes: Vec<i128>,
}

impl Reducer {
    pub fn new(grid: &Grid, params: BookParams) -> Self {
        let (tick, wall_bucket_ticks) = (grid.tick, grid.wall_bucket_ticks);
        let (buckets, sizes) = (Vec::new(), Vec::new());
        let mut reducer =
            Reducer { params, detail: false, tick, wall_bucket_ticks, scale: (0, 0, 0), buckets, sizes };
        reducer.set_scale(tick.places);
        reducer
    }

    /// From now on each snapshot gets a [`BookDetail`].
    pub fn add_detail(&mut self) {
        self.detail = true;
    }

    fn set_scale(&mut self, places: u32) {
        let tick = self.tick(places);
        self.scale = (places, tick, tick.saturating_mul(i128::from(self.wall_bucket_ticks)));
    }

    /// A price as an integer of `10^-places`; `None` where it, or its count of ticks, is too large.
    pub fn price(&self, price: Decimal, places: u32) -> Option<i128> {
        scaled(price, places).filter(|p| p / self.tick(places) < 1 << 60)
    }

    /// The tick in units of `10^-places`. Beyond 128 bits it is wider than any price: the widest integer is too.
    fn tick(&self, places: u32) -> i128 {
        let unit = pow10(places.saturating_sub(self.tick.places)).unwrap_or(i128::MAX);
        self.tick.mantissa.saturating_mul(unit)
    }

    /// Adds one snapshot. Sides are clean: best level first, prices distinct, sizes above 0; prices are scaled
    /// to `places`, at least those of the tick; sizes to `size_places`.
    pub fn reduce<T: Scaled>(
        &mut self,
        ts: i64,
        bids: &[Level<T>],
        asks: &[Level<T>],
        [places, size_places]: [u32; 2],
        out: &mut BookBlock,
    ) {
        if self.detail {
            let scale = Scale { price_places: places, size_places, tick_places: self.tick.places };
            let levels = self.params.obi_levels as usize;
            out.books.detail.push(BookDetail::of(bids, asks, levels, scale));
        }
        let (Some(bid), Some(ask)) = (bids.first(), asks.first()) else {
            return out.push_invalid(ts, State::OneSided);
        };
        match bid.price.cmp(&ask.price) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => return out.push_invalid(ts, State::Locked),
            std::cmp::Ordering::Greater => return out.push_invalid(ts, State::Crossed),
        }
        if self.scale.0 != places {
            self.set_scale(places);
        }
        let (_, tick, bucket) = self.scale;
        let sum = bid.price + ask.price;
        let books = &mut out.books;
        books.ts.push(ts);
        books.valid.push(1);
        out.state.push(State::Valid);
        books.bid.push(Decimal { mantissa: bid.price.wide(), places }.to_f64());
        books.ask.push(Decimal { mantissa: ask.price.wide(), places }.to_f64());
        books.mid_code.push(mid_code(sum.wide(), tick));
        books.obi.push(self.imbalance(bids, asks, sum));
        books.obi1.push(share(bid.size.wide(), ask.size.wide()));
        books.depth_span_bps.push(span_bps(bids, asks, sum));
        let bid_mult = self.walls(bids, sum, bucket, &mut out.bid_walls);
        let ask_mult = self.walls(asks, sum, bucket, &mut out.ask_walls);
        out.bid_walls.end();
        out.ask_walls.end();
        // Which wall it is, if any, is known once the neighbours are: here 0 and NaN tell "none" from "null".
        out.books.wall_bid_bps.push(f64::NAN);
        out.books.wall_ask_bps.push(f64::NAN);
        out.books.wall_bid_mult.push(bid_mult);
        out.books.wall_ask_mult.push(ask_mult);
    }

    /// Adds one snapshot of bands. It has no levels, and so its detail says nothing.
    pub fn reduce_bands(&self, ts: i64, obi: f64, out: &mut BookBlock) {
        if self.detail {
            out.books.detail.push(BookDetail::default());
        }
        out.push_bands(ts, obi);
    }

    pub fn obi_mode(&self) -> ObiMode {
        self.params.obi_mode
    }

    /// The imbalance of two volumes, exact; NaN where both are 0.
    pub fn share_of(bids: Decimal, asks: Decimal) -> f64 {
        let places = bids.places.max(asks.places);
        match (scaled(bids, places), scaled(asks, places)) {
            (Some(bids), Some(asks)) if bids >= 0 && asks >= 0 => share(bids, asks),
            _ => f64::NAN,
        }
    }

    /// B4. NaN where the band is empty on both sides.
    fn imbalance<T: Scaled>(&self, bids: &[Level<T>], asks: &[Level<T>], sum: T) -> f64 {
        let total = |levels: &[Level<T>]| levels.iter().map(|l| l.size.wide()).sum::<i128>();
        match self.params.obi_mode {
            ObiMode::Levels => {
                let n = (self.params.obi_levels as usize).min(bids.len()).min(asks.len());
                share(total(&bids[..n]), total(&asks[..n]))
            }
            ObiMode::Band(percent) => {
                let reach = reach(percent, 100, sum);
                let inside = |levels: &[Level<T>]| {
                    total(&levels[..levels.partition_point(|l| distance(l.price, sum) <= reach)])
                };
                share(inside(bids), inside(asks))
            }
        }
    }

    /// B5: the buckets of one side that pass, nearest first; only the nearest where no persistence is asked
    /// for. Answers NaN with too few buckets in range, otherwise 0.
    fn walls<T: Scaled>(&mut self, levels: &[Level<T>], sum: T, bucket: i128, walls: &mut Walls) -> f64 {
        let reach = reach(self.params.wall_range_bps, 10_000, sum);
        gather_buckets(levels, sum, reach, T::clamped(bucket), &mut self.buckets);
        if self.buckets.len() < self.params.wall_min_buckets as usize {
            return f64::NAN;
        }
        let twice_median = twice_median(&self.buckets, &mut self.sizes);
        let least = ceil_div(twice_median * self.params.wall_k.mantissa, self.params.wall_k.places);
        for bucket_behind in self.buckets[1..].iter().filter(|b| 2 * b.size >= least) {
            let bps = ratio(10_000 * bucket_behind.distance, sum.wide());
            let index = divide(bucket_behind.floor, bucket).0 as i64;
            walls.push(Wall { bucket: index, bps, mult: ratio(2 * bucket_behind.size, twice_median) });
            if self.params.wall_min_persist == 1 {
                break;
            }
        }
        0.0
    }
}

/// Levels summed by `floor(price / width)`: the multiple itself, `|2 * price - (bid + ask)|` of the level
/// nearest the mid, and the size.
#[derive(Clone, Copy)]
struct Bucket {
    floor: i128,
    distance: i128,
    size: i128,
}

/// The buckets in range, the touch first. Distance grows from level to level: the first bucket out of range
/// ends the walk, and levels of a bucket in range belong to it however far they are.
fn gather_buckets<T: Scaled>(levels: &[Level<T>], sum: T, reach: T, width: T, out: &mut Vec<Bucket>) {
    out.clear();
    let mut floor = T::ZERO;
    for level in levels {
        match out.last_mut() {
            Some(last) if level.price >= floor && level.price - floor < width => {
                last.size += level.size.wide()
            }
            _ => {
                let distance = distance(level.price, sum);
                if distance > reach {
                    return;
                }
                floor = level.price.floor_to(width);
                out.push(Bucket { floor: floor.wide(), distance: distance.wide(), size: level.size.wide() });
            }
        }
    }
}

/// Twice the median size: an even count has the sum of its two middle sizes.
fn twice_median(buckets: &[Bucket], sizes: &mut Vec<i128>) -> i128 {
    sizes.clear();
    sizes.extend(buckets.iter().map(|b| b.size));
    let half = sizes.len() / 2;
    let odd = sizes.len() % 2 == 1;
    let (below, middle, _) = sizes.select_nth_unstable(half);
    if odd { 2 * *middle } else { *middle + below.iter().max().copied().unwrap_or_default() }
}

/// `|2 * price - (bid + ask)|`: twice the distance from the mid.
fn distance<T: Scaled>(price: T, sum: T) -> T {
    let twice = price + price;
    if twice < sum { sum - twice } else { twice - sum }
}

/// The largest `distance` with `distance * unit <= limit * (bid + ask)`, which is the same as comparing it
/// with the floor of the quotient.
fn reach<T: Scaled>(limit: Decimal, unit: i128, sum: T) -> T {
    let divisor = unit * pow10(limit.places).unwrap_or(i128::MAX / unit);
    T::clamped(divide(limit.mantissa * sum.wide(), divisor).0)
}

fn ceil_div(n: i128, places: u32) -> i128 {
    let d = pow10(places).unwrap_or(i128::MAX);
    let (floor, rest) = divide(n, d);
    floor + i128::from(rest != 0)
}

/// `(b - a) / (b + a)`; NaN where both are 0.
fn share(b: i128, a: i128) -> f64 {
    if b + a == 0 { f64::NAN } else { ratio(b - a, b + a) }
}

/// How far the levels reach, in bps of the mid: the smaller of the two sides.
fn span_bps<T: Scaled>(bids: &[Level<T>], asks: &[Level<T>], sum: T) -> f64 {
    let ends = [bids.last(), asks.last()].into_iter().flatten();
    let least = ends.map(|l| distance(l.price, sum)).min().unwrap_or(T::ZERO);
    ratio(10_000 * least.wide(), sum.wide())
}

/// `2 * floor((bid + ask) / tick)`, plus 1 where the sum is above that multiple; see `event::Books`.
/// Beyond an `i64` it is the largest one: no trade has as many ticks.
fn mid_code(sum: i128, tick: i128) -> i64 {
    let (steps, rest) = divide(sum, tick);
    let code = 2 * steps + i128::from(rest != 0);
    i64::try_from(code).unwrap_or(i64::MAX)
}
