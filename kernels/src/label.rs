//! Labels: the only code that looks ahead. A label is the log return from a row's price to the last
//! price at or before the end of its horizon, with the rows that it spans.

/// How far a label looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Horizon {
    /// `ret_60s`: to the row's time plus so many µs, that instant included.
    Micros(i64),
    /// `ret_100t`: so many rows (trades) on.
    Trades(usize),
    /// `ret_5b`: to the close of the n-th minute bar, the row's own bar being the first.
    Bars(i64),
}

/// A row without a label.
pub const NO_ROW: u32 = u32::MAX;

const MINUTE: i64 = 60_000_000;

/// Labels of the rows of one symbol, in time order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// Log return; NaN where there is none.
    pub value: Vec<f64>,
    /// The last row that the label has seen: its span is `row ..= end_row`. [`NO_ROW`] where there is none.
    pub end_row: Vec<u32>,
}

/// Log returns over `horizon`. `ts` is in µs and does not decrease; a price that is not positive and finite
/// (no valid book) gives no label. Labels whose horizon ends after the last row before a gap reset (a hole
/// of more than `gap_reset_min` whole minutes) or after the last row of the data are dropped.
pub fn forward_returns(ts: &[i64], price: &[f64], horizon: Horizon, gap_reset_min: i64) -> Labels {
    let mut labels = Labels { value: vec![f64::NAN; ts.len()], end_row: vec![NO_ROW; ts.len()] };
    let mut start = 0;
    while start < ts.len() {
        let end = segment_end(ts, start, gap_reset_min);
        label_segment(ts, price, horizon, start..end, &mut labels);
        start = end;
    }
    labels
}

/// The row after the last one that no gap reset separates from `start`.
fn segment_end(ts: &[i64], start: usize, gap_reset_min: i64) -> usize {
    let minute = |i: usize| ts[i].div_euclid(MINUTE);
    (start + 1..ts.len()).find(|&i| minute(i) - minute(i - 1) - 1 > gap_reset_min).unwrap_or(ts.len())
}

fn label_segment(
    ts: &[i64],
    price: &[f64],
    horizon: Horizon,
    rows: std::ops::Range<usize>,
    labels: &mut Labels,
) {
    let last = rows.end - 1;
    let mut ahead = rows.start;
    for i in rows {
        // `limit`: the first instant that the label must not see; known to be over when `over` has come.
        let (limit, over) = match horizon {
            Horizon::Trades(n) => {
                if let Some(end) = i.checked_add(n).filter(|&end| end <= last) {
                    set(labels, price, i, end);
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
        set(labels, price, i, ahead);
    }
}

fn set(labels: &mut Labels, price: &[f64], row: usize, end: usize) {
    let (from, to) = (price[row], price[end]);
    let value = libm::log(to / from);
    if from > 0.0 && to > 0.0 && value.is_finite() {
        labels.value[row] = value;
        labels.end_row[row] = end as u32;
    }
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

    fn brute(ts: &[i64], price: &[f64], horizon: Horizon, gap: i64) -> Labels {
        let mut labels = Labels { value: vec![f64::NAN; ts.len()], end_row: vec![NO_ROW; ts.len()] };
        for i in 0..ts.len() {
            let gap_after = |j: usize| {
                j + 1 == ts.len() || ts[j + 1].div_euclid(MINUTE) - ts[j].div_euclid(MINUTE) - 1 > gap
            };
            let last = (i..ts.len()).find(|&j| gap_after(j)).unwrap();
            let end = match horizon {
                Horizon::Trades(n) => (i + n <= last).then_some(i + n),
                Horizon::Micros(us) => {
                    (ts[last] >= ts[i] + us).then(|| (i..=last).rfind(|&j| ts[j] <= ts[i] + us).unwrap())
                }
                Horizon::Bars(n) => {
                    let close = (ts[i].div_euclid(MINUTE) + n) * MINUTE;
                    (ts[last] >= close).then(|| (i..=last).rfind(|&j| ts[j] < close).unwrap())
                }
            };
            if let Some(end) = end.filter(|&e| price[e] > 0.0 && price[i] > 0.0) {
                labels.value[i] = libm::log(price[end] / price[i]);
                labels.end_row[i] = end as u32;
            }
        }
        labels
    }

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

    #[test]
    fn labels_equal_brute_force() {
        for seed in 0..40 {
            let (ts, price) = market(seed, 150);
            for horizon in [
                Horizon::Micros(60_000_000),
                Horizon::Micros(0),
                Horizon::Trades(7),
                Horizon::Bars(1),
                Horizon::Bars(5),
            ] {
                let (got, want) =
                    (forward_returns(&ts, &price, horizon, 60), brute(&ts, &price, horizon, 60));
                assert_eq!(got.end_row, want.end_row, "seed {seed} {horizon:?}");
                let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&got.value), bits(&want.value));
            }
        }
    }

    #[test]
    fn the_last_price_at_the_end_of_the_horizon_counts() {
        let ts = [0, 10_000_000, 60_000_000, 60_000_000, 60_000_001, 120_000_000];
        let price = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let labels = forward_returns(&ts, &price, Horizon::Micros(60_000_000), 60);
        assert_eq!(labels.end_row, [3, 4, 5, 5, NO_ROW, NO_ROW]);
        assert_eq!(labels.value[0], libm::log(4.0));
    }

    #[test]
    fn a_hole_of_60_minutes_is_crossed_and_one_of_61_is_not() {
        let end = |minutes: i64| {
            forward_returns(&[0, minutes * MINUTE, (minutes + 1) * MINUTE], &[1.0; 3], Horizon::Trades(1), 60)
                .end_row[0]
        };
        assert_eq!((end(61), end(62)), (1, NO_ROW));
    }

    #[test]
    fn uniqueness_equals_brute_force_and_counts_disjoint_labels_whole() {
        let (ts, price) = market(3, 150);
        let end = forward_returns(&ts, &price, Horizon::Micros(60_000_000), 60).end_row;
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
