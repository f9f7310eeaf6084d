//! What the extended feature set needs of one snapshot: prices weighted by size, imbalance by distance, and
//! the best levels, which order flow imbalance compares from snapshot to snapshot.

use super::side::{Level, Scaled};
use super::{distance, reach, share};
use crate::error::Result;
use crate::event::Decimal;
use crate::persist::{Persist, Reader, Writer, persist, within};
use crate::tick::decimal::{divide, pow10, ratio};

/// Levels of each side that order flow imbalance looks at.
pub const LADDER_LEVELS: usize = 10;

/// The bands of `depth_imb_*bps`, in bps of the mid.
pub const BANDS_BPS: [i128; 4] = [5, 10, 25, 50];

/// One level on a scale that all snapshots of a run share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rung {
    /// In units of `10^-15` of the tick's last decimal: finer ones are rounded.
    pub price: i128,
    /// In units of `10^-12` base, finer ones are rounded; 0 where there is no such level.
    pub size: i128,
}

/// No level counts for more: the sums of a window fit 128 bits.
pub const MOST_UNITS: i128 = 10i128.pow(30);

/// The best levels, best first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ladder {
    pub bids: [Rung; LADDER_LEVELS],
    pub asks: [Rung; LADDER_LEVELS],
}

impl Ladder {
    /// Units of [`Rung::size`] in one base unit.
    pub const SIZE_UNITS: f64 = 1e12;

    /// Levels that both sides have.
    pub fn levels(&self) -> usize {
        let both = self.bids.iter().zip(&self.asks);
        both.take_while(|(bid, ask)| bid.size > 0 && ask.size > 0).count()
    }
}

/// All of it; NaN is null.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BookDetail {
    /// `1e4·(a − b)/mid`.
    pub spread_bps: f64,
    /// `(P_a·Q_b + P_b·Q_a)/(Q_a + Q_b)` of the best levels: the weighted mid (Gatheral–Oomen 2010).
    pub micro_price: f64,
    /// `1e4·(micro_price − mid)/mid`.
    pub micro_bps: f64,
    /// The same of the sides' mean prices and sizes over the best `obi_levels`: effective volume-adjusted mid.
    pub vamp_bps: f64,
    /// `1e4·(ΣP·Q/ΣQ − mid)/mid` over the best `obi_levels` of both sides: weighted-depth price.
    pub wdp_bps: f64,
    /// `(ΣQ_b − ΣQ_a)/(ΣQ_b + ΣQ_a)` within [`BANDS_BPS`], limit included.
    pub depth_imb: [f64; 4],
    pub ladder: Ladder,
}

impl Default for BookDetail {
    /// Of a snapshot that is no valid book.
    fn default() -> Self {
        BookDetail {
            spread_bps: f64::NAN,
            micro_price: f64::NAN,
            micro_bps: f64::NAN,
            vamp_bps: f64::NAN,
            wdp_bps: f64::NAN,
            depth_imb: [f64::NAN; 4],
            ladder: Ladder::default(),
        }
    }
}

/// What the numbers of a snapshot's levels stand for.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Prices are integers of `10^-price_places`, sizes of `10^-size_places`.
    pub price_places: u32,
    pub size_places: u32,
    /// Of the tick.
    pub tick_places: u32,
}

impl BookDetail {
    /// Reduces clean sides, best level first; `levels` is `obi_levels`.
    #[inline(never)]
    pub fn of<T: Scaled>(bids: &[Level<T>], asks: &[Level<T>], levels: usize, scale: Scale) -> Self {
        let (Some(bid), Some(ask)) = (bids.first(), asks.first()) else { return BookDetail::default() };
        if bid.price >= ask.price {
            return BookDetail::default();
        }
        let sum = bid.price + ask.price;
        let n = levels.min(bids.len()).min(asks.len());
        let (bid_mass, ask_mass) = (Mass::of(&bids[..n], sum), Mass::of(&asks[..n], sum));
        let lean = share(bid.size.wide(), ask.size.wide());
        let spread = (ask.price - bid.price).wide();
        let half_spread_bps = ratio(10_000 * spread, sum.wide());
        let price = |mantissa: i128| Decimal { mantissa, places: scale.price_places }.to_f64();
        let per_bps = 1e4 / sum.wide() as f64;
        BookDetail {
            spread_bps: 2.0 * half_spread_bps,
            micro_price: 0.5 * (price(sum.wide()) + lean * price(spread)),
            micro_bps: lean * half_spread_bps,
            vamp_bps: per_bps * Mass::crossed(&bid_mass, &ask_mass),
            wdp_bps: per_bps * (ask_mass.moment - bid_mass.moment) / (bid_mass.size + ask_mass.size),
            depth_imb: BANDS_BPS.map(|bps| imbalance_within(bids, asks, sum, bps)),
            ladder: Ladder { bids: rungs(bids, scale), asks: rungs(asks, scale) },
        }
    }
}

/// The size of some levels of a side, and its moment about the mid: `Σ|2·price − (bid + ask)|·size`.
struct Mass {
    size: f64,
    moment: f64,
}

impl Mass {
    fn of<T: Scaled>(levels: &[Level<T>], sum: T) -> Self {
        let sizes = || levels.iter().map(|level| level.size.wide() as f64);
        let distances = levels.iter().map(|level| distance(level.price, sum).wide() as f64);
        Mass { size: sizes().sum(), moment: distances.zip(sizes()).map(|(d, q)| d * q).sum() }
    }

    /// Twice the distance from the mid of `(P̄_b·Q_a + P̄_a·Q_b)/(Q_a + Q_b)`, P̄ the mean price of a side.
    fn crossed(bids: &Mass, asks: &Mass) -> f64 {
        let up = asks.moment / asks.size * bids.size;
        let down = bids.moment / bids.size * asks.size;
        (up - down) / (bids.size + asks.size)
    }
}

fn imbalance_within<T: Scaled>(bids: &[Level<T>], asks: &[Level<T>], sum: T, bps: i128) -> f64 {
    let reach = reach(Decimal { mantissa: bps, places: 0 }, 10_000, sum);
    let inside = |levels: &[Level<T>]| {
        let n = levels.partition_point(|level| distance(level.price, sum) <= reach);
        levels[..n].iter().map(|level| level.size.wide()).sum::<i128>()
    };
    share(inside(bids), inside(asks))
}

fn rungs<T: Scaled>(levels: &[Level<T>], scale: Scale) -> [Rung; LADDER_LEVELS] {
    let mut rungs = [Rung::default(); LADDER_LEVELS];
    for (rung, level) in rungs.iter_mut().zip(levels) {
        rung.price = rescaled(level.price.wide(), scale.price_places, scale.tick_places + 15);
        // What is rounded to nothing would count as a missing level.
        rung.size = rescaled(level.size.wide(), scale.size_places, 12).clamp(1, MOST_UNITS);
    }
    rungs
}

/// A number of `places` in units of `10^-wanted`, nearest; the largest integer where it does not fit.
fn rescaled(value: i128, places: u32, wanted: u32) -> i128 {
    let exact = match wanted.checked_sub(places) {
        Some(more) => pow10(more).and_then(|unit| value.checked_mul(unit)),
        None => pow10(places - wanted).map(|unit| divide(value + unit / 2, unit).0),
    };
    exact.unwrap_or(i128::MAX)
}

impl Persist for Rung {
    fn save(&self, to: &mut Writer) {
        self.price.save(to);
        self.size.save(to);
    }

    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.price.load(from)?;
        self.size.load(from)?;
        within(MOST_UNITS, [self.size])
    }
}

persist!(Ladder { bids, asks });
persist!(BookDetail { spread_bps, micro_price, micro_bps, vamp_bps, wdp_bps, depth_imb, ladder });

#[cfg(test)]
mod tests {
    use super::*;

    /// Prices in tenths, sizes in tenths.
    const BIDS: [(i64, i64); 6] = [(1000, 30), (999, 20), (998, 40), (997, 25), (996, 300), (995, 30)];
    const ASKS: [(i64, i64); 6] = [(1001, 10), (1002, 20), (1003, 120), (1004, 20), (1005, 15), (1006, 400)];
    const SCALE: Scale = Scale { price_places: 1, size_places: 1, tick_places: 1 };

    fn levels<const N: usize>(levels: [(i64, i64); N]) -> [Level<i64>; N] {
        levels.map(|(price, size)| Level { price, size })
    }

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-9 * want.abs().max(1.0), "{got} is not {want}");
    }

    #[test]
    fn the_example_book_of_the_specification() {
        let detail = BookDetail::of(&levels(BIDS), &levels(ASKS), 1, SCALE);
        assert_eq!(detail.micro_price, 100.075);
        near(detail.spread_bps, 1e4 * 0.1 / 100.05);
        near(detail.micro_bps, 1e4 * 0.025 / 100.05);
        // With one level they are the micro-price and its mirror: each side weighted by its own size.
        near(detail.vamp_bps, detail.micro_bps);
        near(detail.wdp_bps, -detail.micro_bps);
        // 5 bps of 100.05 is 0.050025: the touch of each side; 10 bps one level more.
        near(detail.depth_imb[0], 0.5);
        near(detail.depth_imb[1], 0.5);
        near(detail.depth_imb[2], (90.0 - 150.0) / (90.0 + 150.0));
        near(detail.depth_imb[3], (415.0 - 185.0) / (415.0 + 185.0));
        assert_eq!(detail.ladder.levels(), 6);
        assert_eq!(detail.ladder.bids[1], Rung { price: 999 * 10i128.pow(15), size: 2 * 10i128.pow(12) });
    }

    #[test]
    fn weighted_prices_over_two_levels_from_their_definition() {
        let detail = BookDetail::of(&levels(BIDS), &levels(ASKS), 2, SCALE);
        let (bid, ask) = ((300.0 + 2.0 * 99.9) / 5.0, (100.1 + 2.0 * 100.2) / 3.0);
        near(detail.vamp_bps, 1e4 * ((bid * 3.0 + ask * 5.0) / 8.0 - 100.05) / 100.05);
        let weighted = (300.0 + 2.0 * 99.9 + 100.1 + 2.0 * 100.2) / 8.0;
        near(detail.wdp_bps, 1e4 * (weighted - 100.05) / 100.05);
    }

    #[test]
    fn wide_numbers_say_the_same_and_a_crossed_book_nothing() {
        let wide = |levels: [(i64, i64); 6]| {
            levels.map(|(price, size)| Level { price: i128::from(price), size: i128::from(size) })
        };
        let detail = BookDetail::of(&wide(BIDS), &wide(ASKS), 10, SCALE);
        assert_eq!(detail, BookDetail::of(&levels(BIDS), &levels(ASKS), 10, SCALE));
        let crossed = BookDetail::of(&levels(ASKS), &levels(BIDS), 10, SCALE);
        assert!(crossed.spread_bps.is_nan() && crossed.ladder == Ladder::default());
        assert!(BookDetail::of(&[], &levels(ASKS), 10, SCALE).micro_price.is_nan());
    }

    #[test]
    fn numbers_of_any_length_are_brought_to_one_scale() {
        assert_eq!(rescaled(15, 1, 3), 1500);
        assert_eq!(rescaled(15, 3, 1), 0);
        assert_eq!(rescaled(1550, 3, 1), 16);
        assert_eq!(rescaled(1, 0, 39), i128::MAX);
        assert_eq!(rescaled(10i128.pow(23), 0, 30), i128::MAX);
    }
}
