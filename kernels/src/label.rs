//! Labels: the only code that looks ahead. A label spans rows: from its own to the last one that it has seen.
//! A horizon says how far it may look; what it says is the log return over its span ([`forward_returns`]), the
//! direction of that return ([`directions`]), or which of two barriers the price touches first
//! ([`touch_barriers`]).

/// How far a label looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Horizon {
    /// `60s`: to the row's time plus so many µs, that instant included.
    Micros(i64),
    /// `100t`: so many rows (trades) on.
    Trades(usize),
    /// `5b`: to the close of the n-th minute bar, the row's own bar being the first.
    Bars(i64),
}

/// A row without a label.
pub const NO_ROW: u32 = u32::MAX;

const MINUTE: i64 = 60_000_000;

/// The last row within the horizon of each row of one symbol, [`NO_ROW`] where the horizon ends after the last
/// row before a gap reset (a hole of more than `gap_reset_min` whole minutes) or after the last row of the data.
/// `ts` is in µs and does not decrease.
pub fn horizon_ends(ts: &[i64], horizon: Horizon, gap_reset_min: i64) -> Vec<u32> {
    let mut ends = vec![NO_ROW; ts.len()];
    let mut start = 0;
    while start < ts.len() {
        let end = segment_end(ts, start, gap_reset_min);
        end_segment(ts, horizon, start..end, &mut ends);
        start = end;
    }
    ends
}

/// The row after the last one that no gap reset separates from `start`.
fn segment_end(ts: &[i64], start: usize, gap_reset_min: i64) -> usize {
    let minute = |i: usize| ts[i].div_euclid(MINUTE);
    (start + 1..ts.len()).find(|&i| minute(i) - minute(i - 1) - 1 > gap_reset_min).unwrap_or(ts.len())
}

fn end_segment(ts: &[i64], horizon: Horizon, rows: std::ops::Range<usize>, ends: &mut [u32]) {
    let last = rows.end - 1;
    let mut ahead = rows.start;
    for i in rows {
        // `limit`: the first instant that the label must not see; known to be over when `over` has come.
        let (limit, over) = match horizon {
            Horizon::Trades(n) => {
                if let Some(end) = i.checked_add(n).filter(|&end| end <= last) {
                    ends[i] = end as u32;
                }
                continue;
            }
            Horizon::Micros(us) => (ts[i].saturating_add(us).saturating_add(1), ts[i].saturating_add(us)),
            Horizon::Bars(n) => {
                let close = ts[i].div_euclid(MINUTE).saturating_add(n).saturating_mul(MINUTE);
                (close, close)
            }
        };
        if ts[last] < over {
            return;
        }
        ahead = ahead.max(i);
        while ahead < last && ts[ahead + 1] < limit {
            ahead += 1;
        }
        ends[i] = ahead as u32;
    }
}

/// The log return of each row to the last row of its span; NaN where there is no span, or a price that is not
/// positive and finite (no valid book).
pub fn forward_returns(price: &[f64], ends: &[u32]) -> Vec<f64> {
    let value = |(i, &end): (usize, &u32)| {
        let (Some(&to), from) = (price.get(end as usize), price[i]) else { return f64::NAN };
        let value = libm::log(to / from);
        if from > 0.0 && to > 0.0 && value.is_finite() { value } else { f64::NAN }
    };
    ends.iter().enumerate().map(value).collect()
}

/// 1 where the return is above the dead band (a log return), -1 where it is below its negative, 0 between;
/// NaN stays.
pub fn directions(returns: &[f64], band: f64) -> Vec<f64> {
    let direction = |&r: &f64| match r {
        r if r.is_nan() => f64::NAN,
        r if r > band => 1.0,
        r if r < -band => -1.0,
        _ => 0.0,
    };
    returns.iter().map(direction).collect()
}

/// Which barrier the price touches first after the row and up to the last row of its span: 1 where it is the
/// upper one (a price of at least p·e^up), -1 the lower one (at most p·e^-down), 0 where it is neither; p is the
/// row's own price, NaN where that is not positive and finite, or where there is no span. A span ends at its touch
/// afterwards. Rows whose whole span is not there have no label even where a touch is: near the end of the data
/// only the labels that touch early would be known, and they are not like the others.
pub fn touch_barriers(price: &[f64], up: f64, down: f64, ends: &mut [u32]) -> Vec<f64> {
    let ranges = Ranges::new(price);
    let (above, below) = (libm::exp(up), libm::exp(-down));
    let mut touched = vec![f64::NAN; price.len()];
    for (i, end) in ends.iter_mut().enumerate() {
        let from = price[i];
        if *end as usize >= price.len() || !(from > 0.0 && from.is_finite()) {
            continue;
        }
        let (low, high) = (from * below, from * above);
        touched[i] = 0.0;
        if let Some(touch) = ranges.first_outside(i + 1..*end as usize + 1, low, high) {
            *end = touch as u32;
            touched[i] = if price[touch] >= high { 1.0 } else { -1.0 };
        }
    }
    touched
}

/// Lowest and highest price of aligned blocks of 16 rows, of 16 of these blocks, and so on: a stretch that
/// stays between two barriers is passed over in a few steps however long it is.
struct Ranges<'a> {
    price: &'a [f64],
    /// `levels[k]`: blocks of 16^(k+1) rows.
    levels: Vec<Vec<(f64, f64)>>,
}

const FAN: usize = 16;

impl<'a> Ranges<'a> {
    fn new(price: &'a [f64]) -> Self {
        let widest = |ranges: &[(f64, f64)]| {
            // min and max pass over NaN: a price that is none touches nothing.
            let wider = |a: (f64, f64), b: &(f64, f64)| (a.0.min(b.0), a.1.max(b.1));
            ranges.iter().fold((f64::INFINITY, f64::NEG_INFINITY), wider)
        };
        let mut levels = Vec::new();
        let mut below: Vec<(f64, f64)> = price.iter().map(|&p| tradable(p)).collect();
        while below.len() > FAN {
            below = below.chunks(FAN).map(widest).collect();
            levels.push(below.clone());
        }
        Ranges { price, levels }
    }

    /// The first row of `rows` with a price of at most `low` or at least `high`.
    fn first_outside(&self, rows: std::ops::Range<usize>, low: f64, high: f64) -> Option<usize> {
        let inside = |(lowest, highest): (f64, f64)| !(lowest <= low || highest >= high);
        let mut at = rows.start;
        while at < rows.end {
            let mut width = 0;
            let mut block = FAN;
            for level in &self.levels {
                if !at.is_multiple_of(block) || at + block > rows.end || !inside(level[at / block]) {
                    break;
                }
                width = block;
                block *= FAN;
            }
            if width == 0 {
                if !inside(tradable(self.price[at])) {
                    return Some(at);
                }
                width = 1;
            }
            at += width;
        }
        None
    }
}

fn tradable(price: f64) -> (f64, f64) {
    if price > 0.0 && price.is_finite() { (price, price) } else { (f64::NAN, f64::NAN) }
}

/// The average uniqueness of each label among the labels given (López de Prado 2018, 4.2): the mean, over
/// the rows of its span, of 1 / the number of labels that span the row. 0 for rows without a label.
/// The sum is the effective number of observations.
pub fn uniqueness(end_row: &[u32]) -> Vec<f64> {
    let rows = end_row.len();
    let labelled =
        |i: usize| end_row[i] != NO_ROW && (end_row[i] as usize) < rows && end_row[i] as usize >= i;
    let mut change = vec![0i64; rows + 1];
    for i in (0..rows).filter(|&i| labelled(i)) {
        change[i] += 1;
        change[end_row[i] as usize + 1] -= 1;
    }
    let mut shares = vec![0.0; rows + 1];
    let mut alive = 0;
    for i in 0..rows {
        alive += change[i];
        shares[i + 1] = shares[i] + if alive > 0 { 1.0 / alive as f64 } else { 0.0 };
    }
    let own = |i: usize| {
        let end = end_row[i] as usize + 1;
        (shares[end] - shares[i]) / (end - i) as f64
    };
    (0..rows).map(|i| if labelled(i) { own(i) } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::random::Draw;

    /// What a label is, row by row from its definition.
    fn brute_end(ts: &[i64], i: usize, horizon: Horizon, gap: i64) -> Option<usize> {
        let gap_after =
            |j: usize| j + 1 == ts.len() || ts[j + 1].div_euclid(MINUTE) - ts[j].div_euclid(MINUTE) - 1 > gap;
        let last = (i..ts.len()).find(|&j| gap_after(j)).unwrap();
        match horizon {
            Horizon::Trades(n) => (i + n <= last).then_some(i + n),
            Horizon::Micros(us) => {
                (ts[last] >= ts[i] + us).then(|| (i..=last).rfind(|&j| ts[j] <= ts[i] + us).unwrap())
            }
            Horizon::Bars(n) => {
                let close = (ts[i].div_euclid(MINUTE) + n) * MINUTE;
                (ts[last] >= close).then(|| (i..=last).rfind(|&j| ts[j] < close).unwrap())
            }
        }
    }

    const HORIZONS: [Horizon; 5] = [
        Horizon::Micros(60_000_000),
        Horizon::Micros(0),
        Horizon::Trades(7),
        Horizon::Bars(1),
        Horizon::Bars(5),
    ];

    fn market(seed: u64, rows: usize) -> (Vec<i64>, Vec<f64>) {
        let mut d = Draw::new(seed, 0, 0, 0);
        let mut now = -30_000_000i64;
        let step = |d: &mut Draw| match d.below(20) {
            0 => 61 * MINUTE + d.below(3) as i64 * MINUTE,
            1..4 => 0,
            _ => d.below(20_000_000) as i64,
        };
        let ts = (0..rows)
            .map(|_| {
                now += step(&mut d);
                now
            })
            .collect();
        let price = (0..rows).map(|_| if d.one_in(15) { f64::NAN } else { 100.0 + d.normal() }).collect();
        (ts, price)
    }

    fn bits(values: &[f64]) -> Vec<u64> {
        values.iter().map(|x| x.to_bits()).collect()
    }

    #[test]
    fn returns_equal_brute_force() {
        for seed in 0..40 {
            let (ts, price) = market(seed, 150);
            for horizon in HORIZONS {
                let ends = horizon_ends(&ts, horizon, 60);
                let returns = forward_returns(&price, &ends);
                for i in 0..ts.len() {
                    let end = brute_end(&ts, i, horizon, 60);
                    assert_eq!(ends[i], end.map_or(NO_ROW, |e| e as u32), "seed {seed} {horizon:?} row {i}");
                    let known = end.filter(|&e| price[e] > 0.0 && price[i] > 0.0);
                    let want = known.map_or(f64::NAN, |e| libm::log(price[e] / price[i]));
                    assert_eq!(returns[i].to_bits(), want.to_bits());
                }
            }
        }
    }

    #[test]
    fn directions_are_up_flat_and_down_with_the_band_itself_flat() {
        let got = directions(&[0.0002, 0.00021, -0.0002, -0.00021, 0.0, f64::NAN], 0.0002);
        assert_eq!(bits(&got), bits(&[0.0, 1.0, 0.0, -1.0, 0.0, f64::NAN]));
        assert_eq!(directions(&[1e-9, -1e-9, 0.0], 0.0), [1.0, -1.0, 0.0]);
    }

    #[test]
    fn barriers_equal_brute_force() {
        for seed in 0..40 {
            let (ts, price) = market(seed, 700);
            let mut d = Draw::new(seed, 1, 0, 0);
            for horizon in HORIZONS.into_iter().chain([Horizon::Trades(600), Horizon::Micros(3_000_000_000)])
            {
                let (up, down) = (0.001 * d.below(40) as f64, 0.001 * d.below(40) as f64);
                let mut ends = horizon_ends(&ts, horizon, 60);
                let spans = ends.clone();
                let touched = touch_barriers(&price, up, down, &mut ends);
                for i in 0..ts.len() {
                    let Some(limit) = brute_end(&ts, i, horizon, 60).filter(|_| price[i] > 0.0) else {
                        assert!(touched[i].is_nan() && ends[i] == spans[i]);
                        continue;
                    };
                    let (low, high) = (price[i] * libm::exp(-down), price[i] * libm::exp(up));
                    let touch = (i + 1..=limit).find(|&j| price[j] <= low || price[j] >= high);
                    let want = touch.map_or(0.0, |j| if price[j] >= high { 1.0 } else { -1.0 });
                    assert_eq!(touched[i], want, "seed {seed} {horizon:?} row {i}");
                    assert_eq!(ends[i] as usize, touch.unwrap_or(limit));
                }
            }
        }
    }

    #[test]
    fn a_barrier_label_sees_nothing_after_its_touch() {
        let (ts, price) = market(5, 700);
        let label = |price: &[f64]| {
            let mut ends = horizon_ends(&ts, Horizon::Micros(600_000_000), 60);
            let touched = touch_barriers(price, 0.01, 0.01, &mut ends);
            (touched, ends)
        };
        let (touched, ends) = label(&price);
        for cut in [100, 333, 600] {
            let poisoned: Vec<f64> =
                price.iter().enumerate().map(|(i, &p)| if i > cut { 1e6 } else { p }).collect();
            let (again, spans) = label(&poisoned);
            for i in (0..=cut).filter(|&i| ends[i] as usize <= cut) {
                assert_eq!((touched[i].to_bits(), ends[i]), (again[i].to_bits(), spans[i]));
            }
        }
    }

    #[test]
    fn the_last_price_at_the_end_of_the_horizon_counts() {
        let ts = [0, 10_000_000, 60_000_000, 60_000_000, 60_000_001, 120_000_000];
        let price = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let ends = horizon_ends(&ts, Horizon::Micros(60_000_000), 60);
        assert_eq!(ends, [3, 4, 5, 5, NO_ROW, NO_ROW]);
        assert_eq!(forward_returns(&price, &ends)[0], libm::log(4.0));
    }

    #[test]
    fn a_hole_of_60_minutes_is_crossed_and_one_of_61_is_not() {
        let end = |minutes: i64| {
            horizon_ends(&[0, minutes * MINUTE, (minutes + 1) * MINUTE], Horizon::Trades(1), 60)[0]
        };
        assert_eq!((end(61), end(62)), (1, NO_ROW));
    }

    #[test]
    fn uniqueness_equals_brute_force_and_counts_disjoint_labels_whole() {
        let (ts, price) = market(3, 150);
        let mut end = horizon_ends(&ts, Horizon::Micros(60_000_000), 60);
        for (i, r) in forward_returns(&price, &end.clone()).iter().enumerate() {
            if r.is_nan() {
                end[i] = NO_ROW;
            }
        }
        let spans = |i: usize, t: usize| end[i] != NO_ROW && (i..=end[i] as usize).contains(&t);
        for (i, u) in uniqueness(&end).into_iter().enumerate() {
            let shares: Vec<f64> = (0..end.len())
                .filter(|&t| spans(i, t))
                .map(|t| 1.0 / (0..end.len()).filter(|&j| spans(j, t)).count() as f64)
                .collect();
            let want = if shares.is_empty() { 0.0 } else { shares.iter().sum::<f64>() / shares.len() as f64 };
            assert!((u - want).abs() < 1e-12);
        }
        assert_eq!(uniqueness(&[1, NO_ROW, 3, NO_ROW]), [1.0, 0.0, 1.0, 0.0]);
    }
}
