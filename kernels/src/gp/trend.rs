//! Operators that weigh the rows of a window by their age: by running sums of x and of t·x, t counted from
//! the first row of the tile, which are turned to the current row. Where there are nulls, the sums of 1, t
//! and t² over the rows that have a value are kept beside; all of these are whole numbers, hence exact.

use super::running::{Terms, each_set, exact_moments, is_constant, one_of, rows_from, slide, variance};
use super::simd::{D4, F4, LANES};
use super::window::{Fours, Held, Share};

/// The distance from the pivot, and t times it.
struct Dated(D4);

impl Terms<2> for Dated {
    #[inline(always)]
    fn of(&self, x: F4, _: F4, t: D4) -> [D4; 2] {
        let d = x.wide().minus(self.0);
        [d, d.times(t)]
    }
}

/// The same, then 1 and t where there is a value.
struct DatedSome(D4);

impl Terms<4> for DatedSome {
    #[inline(always)]
    fn of(&self, x: F4, present: F4, t: D4) -> [D4; 4] {
        let ([d, td], one) = (Dated(self.0).of(x, present, t), present.wide());
        [d, td, one, one.times(t)]
    }
}

/// The distance from the pivot, its square, and t times it.
struct Tilted(D4);

impl Terms<3> for Tilted {
    #[inline(always)]
    fn of(&self, x: F4, _: F4, t: D4) -> [D4; 3] {
        let d = x.wide().minus(self.0);
        [d, d.times(d), d.times(t)]
    }
}

/// The same, then 1, t and t² where there is a value.
struct TiltedSome(D4);

impl Terms<6> for TiltedSome {
    #[inline(always)]
    fn of(&self, x: F4, present: F4, t: D4) -> [D4; 6] {
        let ([d, dd, td], one) = (Tilted(self.0).of(x, present, t), present.wide());
        let t_here = one.times(t);
        [d, dd, td, one, t_here, t_here.times(t)]
    }
}

/// Sums of powers of t over a window, t counted from the current row: the count, Σt and Σt².
type Times = [D4; 3];

fn times_of_all(n: usize) -> Times {
    let n = n as f64;
    [n, -n * (n - 1.0) / 2.0, n * (n - 1.0) * (2.0 * n - 1.0) / 6.0].map(D4::splat)
}

/// From sums with t counted from the first row of the tile.
#[inline(always)]
fn times_at(row: D4, [count, t, tt]: Times) -> Times {
    let moved = row.times(t);
    [count, t.minus(row.times(count)), tt.minus(moved).minus(moved).plus(row.times(row).times(count))]
}

#[inline(always)]
fn row_of(i: usize) -> D4 {
    rows_from((i * LANES) as f64)
}

/// The mean of each window, weighted n for the current row down to 1 for the oldest.
pub fn weighted(held: &Held, out: &mut Fours) {
    let pivot = D4::splat(f64::from(held.pivots[0]));
    let n = D4::splat(held.n as f64);
    let value = |row: D4, d: D4, td: D4, [count, t, _]: Times| {
        let sum = n.times(d).plus(td.minus(row.times(d)));
        pivot.plus(sum.over(n.times(count).plus(t))).narrow()
    };
    match held.shares {
        None => {
            let times = times_of_all(held.n);
            slide(held, &Dated(pivot), |i, _, [d, td], _| {
                value(row_of(i), d, td, times).plus(F4::splat(0.0)).put(&mut out[i]);
            });
        }
        Some(shares) => slide(held, &DatedSome(pivot), |i, _, [d, td, one, t], _| {
            let row = row_of(i);
            let enough = D4::of(&shares[i]).narrow().nothing();
            value(row, d, td, times_at(row, [one, t, one])).plus(enough).put(&mut out[i]);
        }),
    }
}

/// The slope of the least-squares line through each window, a row.
pub fn slope(held: &Held, out: &mut Fours, changes: &mut Vec<u32>) {
    changes.clear();
    let pivot = D4::splat(f64::from(held.pivots[0]));
    match held.shares {
        None => {
            let (share, times) = (one_of(held.n).at(0), times_of_all(held.n));
            slide(held, &Tilted(pivot), |i, _, [d, dd, td], [_, seen, _]| {
                let sums = Sums { d, dd, td, seen, share };
                slope_at(held, i, sums, times, out, changes);
            });
        }
        Some(shares) => slide(held, &TiltedSome(pivot), |i, _, [d, dd, td, one, t, tt], seen| {
            let sums = Sums { d, dd, td, seen: seen[1], share: shares.at(i) };
            slope_at(held, i, sums, times_at(row_of(i), [one, t, tt]), out, changes);
        }),
    }
}

/// Sums over the windows of four rows; `seen` is that of all squares that have entered.
struct Sums {
    d: D4,
    dd: D4,
    td: D4,
    seen: D4,
    share: D4,
}

#[inline(always)]
fn slope_at(held: &Held, i: usize, sums: Sums, times: Times, out: &mut Fours, changes: &mut Vec<u32>) {
    let Sums { d, dd, td, seen, share } = sums;
    let [count, t, tt] = times;
    let td = td.minus(row_of(i).times(d));
    let (above, below) = (count.times(td).minus(t.times(d)), count.times(tt).minus(t.times(t)));
    let one_value = below.less(D4::splat(0.5));
    let enough = share.narrow().nothing();
    above.over(below).narrow().or(one_value).plus(enough).put(&mut out[i]);
    let (_, cancelled) = variance(dd, d.times(share), share, seen);
    let cancelled = cancelled.without(one_value);
    if cancelled.any() {
        each_set(cancelled, |k| out[i][k] = exact_slope(held, changes, i * LANES + k));
    }
}

/// The same from the rows of the window themselves.
#[cold]
fn exact_slope(held: &Held, changes: &mut Vec<u32>, at: usize) -> f32 {
    if is_constant(held.raw.a, held.n, at, changes) {
        return 0.0;
    }
    let window = &held.raw.a[at + 1..=at + held.n];
    let [mean, variance] = exact_moments(window);
    if variance == 0.0 {
        return 0.0;
    }
    let present =
        || window.iter().zip(0u16..).filter(|(x, _)| x.is_finite()).map(|(&x, t)| (f64::from(t), x));
    let middle = present().map(|(t, _)| t).sum::<f64>() / present().count() as f64;
    let above: f64 = present().map(|(t, x)| (t - middle) * (f64::from(x) - mean)).sum();
    (above / present().map(|(t, _)| (t - middle) * (t - middle)).sum::<f64>()) as f32
}

#[cfg(test)]
mod tests {
    use crate::gp::{eval, shard::Shard, text};

    /// A spike, then prices far from 0 that stand still.
    #[test]
    fn windows_of_one_value_have_no_slope_and_no_shape_whatever_was_before() {
        let rows = 900;
        let price: Vec<f32> = (0..rows)
            .map(|i| match i {
                300 => 1e9,
                301..420 => 60_000.0 + (i % 7) as f32,
                _ => 64_000.37,
            })
            .collect();
        let other: Vec<f32> = (0..rows).map(|i| (i % 11) as f32).collect();
        let mut shard = Shard::new(0, rows, 2).unwrap();
        shard.set_column(0, &price).unwrap();
        shard.set_column(1, &other).unwrap();
        for (formula, want) in [
            ("slope(a, 50)", 0.0),
            ("cov(a, b, 50)", 0.0),
            ("std(a, 50)", 0.0),
            ("skew(a, 50)", f32::NAN),
            ("kurt(a, 50)", f32::NAN),
            ("corr(a, b, 50)", f32::NAN),
        ] {
            let program = text::parse(formula, &["a", "b"].map(String::from)).unwrap();
            let got = eval::columns(&[program], &shard).unwrap();
            for row in [200, 600, rows - 1] {
                let same = if want.is_nan() { got[row].is_nan() } else { got[row] == want };
                assert!(same, "{formula}, row {row}: expected {want}, got {}", got[row]);
            }
        }
    }
}
