//! Operators that weigh the rows of a window by their age: by running sums of x and of t·x, t counted from
//! the first row of the tile, which are turned to the current row. The sums of 1, t and t² over the rows that have
//! a value are those of all rows less those of the nulls; all of these are whole numbers, hence exact.

use super::running::{
    Lost, Terms, Values, difference_of_squares, exact_moments, is_constant, one_of, slide, variation,
};
use super::simd::{D4, F4};
use super::window::{Fours, Held, Missing, Share};

/// The distance from the pivot, and t times it; rows that leave are `n` before those that enter.
struct Dated {
    pivot: D4,
    n: D4,
}

impl Terms<2> for Dated {
    #[inline(always)]
    fn of(&self, at: Values) -> [D4; 2] {
        let d = at.x.minus(self.pivot);
        [d, d.times(at.row)]
    }

    #[inline(always)]
    fn steps(&self, new: Values, old: Values) -> [D4; 2] {
        let d = new.x.minus(old.x);
        [d, new.row.times(d).plus(self.n.times(old.x.minus(self.pivot)))]
    }
}

/// The distance from the pivot, its square, and t times the distance.
struct Tilted(Dated);

impl Terms<3> for Tilted {
    #[inline(always)]
    fn of(&self, at: Values) -> [D4; 3] {
        let [d, td] = self.0.of(at);
        [d, d.times(d), td]
    }

    #[inline(always)]
    fn steps(&self, new: Values, old: Values) -> [D4; 3] {
        let [d, td] = self.0.steps(new, old);
        [d, difference_of_squares(new.x, old.x, self.0.pivot), td]
    }
}

/// Sums of powers of t over the rows of a window that have a value, t counted from the current row: the count, Σt
/// and Σt².
type Times = [D4; 3];

trait Timed: Copy {
    /// The sums of the windows of vector `i`, whose rows are `row`.
    fn at(self, i: usize, row: D4) -> Times;

    /// A mask of the windows that hold one value only, of the squared distances of the rows that have a value from
    /// their mean.
    fn single(self, spread: D4) -> F4;
}

/// Windows without nulls.
impl Timed for Times {
    #[inline(always)]
    fn at(self, _: usize, _: D4) -> Times {
        self
    }

    #[inline(always)]
    fn single(self, _: D4) -> F4 {
        F4::splat(0.0)
    }
}

fn times_of_all(n: usize) -> Times {
    let n = n as f64;
    [n, -n * (n - 1.0) / 2.0, n * (n - 1.0) * (2.0 * n - 1.0) / 6.0].map(D4::splat)
}

#[derive(Clone, Copy)]
struct Present<'a> {
    all: Times,
    missing: &'a Missing,
}

impl Timed for Present<'_> {
    #[inline(always)]
    fn at(self, i: usize, row: D4) -> Times {
        let [count, t, tt] = &self.missing[i];
        let (count, t, tt) = (D4::of(count), D4::of(t), D4::of(tt));
        let moved = row.times(count);
        // Σ(t - row)² = Σt² - row (2 Σt - row Σ1)
        let (t, tt) = (t.minus(moved), tt.minus(row.times(t.plus(t).minus(moved))));
        let [all, all_t, all_tt] = self.all;
        [all.minus(count), all_t.minus(t), all_tt.minus(tt)]
    }

    #[inline(always)]
    fn single(self, spread: D4) -> F4 {
        // Of two rows at least 1/2.
        spread.less(D4::splat(0.25))
    }
}

/// The mean of each window, weighted n for the current row down to 1 for the oldest.
pub fn weighted(held: &Held, out: &mut Fours) {
    let all = times_of_all(held.n);
    match (held.shares, held.missing) {
        (Some(shares), Some(missing)) => weighted_by(held, shares, Present { all, missing }, out),
        _ => weighted_by(held, one_of(held.n), all, out),
    }
}

#[inline(never)]
fn weighted_by(held: &Held, shares: impl Share, times: impl Timed, out: &mut Fours) {
    let [pivot, n] = [f64::from(held.pivots[0]), held.n as f64].map(D4::splat);
    let one = D4::splat(1.0);
    slide(held, &Dated { pivot, n }, |i, Values { row, .. }, [d, td], _| {
        let [count, t, _] = times.at(i, row);
        let enough = shares.at(i).narrow().nothing();
        let sum = n.minus(row).times(d).plus(td);
        let mean = pivot.plus(sum.times(one.over(n.times(count).plus(t))));
        mean.narrow().plus(enough).put(&mut out[i]);
    });
}

/// The slope of the least-squares line through each window, a row.
pub fn slope(held: &Held, out: &mut Fours, changes: &mut Vec<u32>) {
    changes.clear();
    let all = times_of_all(held.n);
    match (held.shares, held.missing) {
        (Some(shares), Some(missing)) => slope_by(held, shares, Present { all, missing }, out, changes),
        _ => slope_by(held, one_of(held.n), all, out, changes),
    }
}

#[inline(never)]
fn slope_by(held: &Held, shares: impl Share, times: impl Timed, out: &mut Fours, changes: &mut Vec<u32>) {
    let [pivot, n, one] = [f64::from(held.pivots[0]), held.n as f64, 1.0].map(D4::splat);
    let mut lost = Lost::default();
    slide(held, &Tilted(Dated { pivot, n }), |i, Values { row, .. }, [d, dd, td], [_, peak, _]| {
        let (share, [_, t, tt]) = (shares.at(i), times.at(i, row));
        let middle = t.times(share);
        let spread = tt.minus(t.times(middle));
        let single = times.single(spread);
        let together = td.minus(row.plus(middle).times(d));
        let enough = share.narrow().nothing();
        together.times(one.over(spread)).narrow().or(single).plus(enough).put(&mut out[i]);
        let (_, cancelled) = variation(dd, d, d.times(share), peak);
        lost.note(i, cancelled.without(single));
    });
    lost.mend(out, |at| exact_slope(held, changes, at));
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
