//! Running sums over windows, and the operators that need nothing else, in f64, four rows at a time: each tile begins with the sum of the
//! window before it, then every row adds what enters and takes away what leaves.
//!
//! A running sum is off by a few 1e-16 of the greatest magnitude in past and tile so far. No bit of a value
//! depends on a later row, nor on whether one of them is null: both ways through a tile, with nulls and without,
//! do the same operations.

use super::op::SMALLEST_DIVISOR;
use super::simd::{D4, F4, LANES};
use super::window::{FOURS, Fours, Held, Rows, Share, complete, fours, tile};
use std::ops::Range;

/// What of a row is summed; of the pivots it is 0. `row` counts from the first of the tile.
pub trait Terms<const N: usize> {
    fn of(&self, x: F4, y: F4, row: D4) -> [D4; N];
}

/// The value itself.
struct Itself;

impl Terms<1> for Itself {
    #[inline(always)]
    fn of(&self, x: F4, _: F4, _: D4) -> [D4; 1] {
        [x.wide()]
    }
}

/// The distance from the pivot and its square.
struct Moments(D4);

impl Terms<2> for Moments {
    #[inline(always)]
    fn of(&self, x: F4, _: F4, _: D4) -> [D4; 2] {
        let d = x.wide().minus(self.0);
        [d, d.times(d)]
    }
}

/// The distances of both operands from their pivots, their squares and their product.
struct Products(D4, D4);

impl Terms<5> for Products {
    #[inline(always)]
    fn of(&self, x: F4, y: F4, _: D4) -> [D4; 5] {
        let (x, y) = (x.wide().minus(self.0), y.wide().minus(self.1));
        [x, y, x.times(x), y.times(y), x.times(y)]
    }
}

#[inline(always)]
fn added<const N: usize>(mut sums: [D4; N], terms: [D4; N]) -> [D4; N] {
    for k in 0..N {
        sums[k] = sums[k].plus(terms[k]);
    }
    sums
}

/// Sums over `rows` of the held ones.
#[inline(always)]
fn total<const N: usize>(held: &Held, rows: Range<usize>, terms: &impl Terms<N>) -> [D4; N] {
    let mut row = rows_from(rows.start as f64 - held.n as f64);
    let (a, b) = (&held.a[rows.clone()], &second(held)[rows]);
    let mut sums = [D4::splat(0.0); N];
    for (x, y) in fours(a).iter().zip(fours(b)) {
        sums = added(sums, terms.of(F4::of(x), F4::of(y), row));
        row = row.plus(D4::splat(LANES as f64));
    }
    let mut rest = held.pivots.map(|p| [p; LANES]);
    for (rest, rows) in rest.iter_mut().zip([a, b]) {
        let tail = rows.as_chunks::<LANES>().1;
        rest[..tail.len()].copy_from_slice(tail);
    }
    sums = added(sums, terms.of(F4::of(&rest[0]), F4::of(&rest[1]), row));
    sums.map(|s| D4::splat(s.total()))
}

/// The numbers of four rows.
#[inline(always)]
pub fn rows_from(first: f64) -> D4 {
    D4::splat(first).plus(D4::new([0.0, 1.0, 2.0, 3.0]))
}

/// The second operand; the first once more where there is none.
fn second<'a>(held: &Held<'a>) -> &'a [f32] {
    if held.b.is_empty() { held.a } else { held.b }
}

/// Calls `each` for every vector of the tile with its number, the rows that enter, the sums over their windows,
/// and the sums of all that has entered by then, past and tile: never of a later row.
#[inline(always)]
pub fn slide<const N: usize>(
    held: &Held,
    terms: &impl Terms<N>,
    mut each: impl FnMut(usize, F4, [D4; N], [D4; N]),
) {
    let (a, b, n) = (held.a, second(held), held.n);
    let mut sums = total(held, 0..n, terms);
    let mut entered = sums;
    let (late_a, late_b, early_a, early_b) = (tile(a, n), tile(b, n), tile(a, 0), tile(b, 0));
    for i in 0..FOURS {
        let x = F4::of(&late_a[i]);
        let row = rows_from((i * LANES) as f64);
        let enters = terms.of(x, F4::of(&late_b[i]), row);
        let left = row.minus(D4::splat(n as f64));
        let leaves = terms.of(F4::of(&early_a[i]), F4::of(&early_b[i]), left);
        let (mut here, mut seen) = (sums, entered);
        for k in 0..N {
            let steps = enters[k].minus(leaves[k]).running();
            here[k] = sums[k].plus(steps);
            sums[k] = sums[k].plus(steps.last());
            let grown = enters[k].running();
            seen[k] = entered[k].plus(grown);
            entered[k] = entered[k].plus(grown.last());
        }
        each(i, x, here, seen);
    }
}

/// The sums of the windows, or the means.
pub fn totals(mean: bool, held: &Held, out: &mut Fours) {
    match (mean, held.shares) {
        (true, None) => totals_by(held, out, |i, sum| sum.times(one_of(held.n).at(i)).narrow()),
        (true, Some(shares)) => totals_by(held, out, |i, sum| sum.times(shares.at(i)).narrow()),
        (false, None) => totals_by(held, out, |_, sum| sum.narrow().plus(F4::splat(0.0))),
        (false, Some(shares)) => {
            totals_by(held, out, |i, sum| sum.narrow().plus(shares.at(i).narrow().nothing()))
        }
    }
}

/// The share of a window without nulls.
pub fn one_of(n: usize) -> f64 {
    1.0 / n as f64
}

#[inline(always)]
fn totals_by(held: &Held, out: &mut Fours, value: impl Fn(usize, D4) -> F4) {
    slide(held, &Itself, |i, _, [sum], _| value(i, sum).put(&mut out[i]));
}

/// Below this share of the squares that have entered, a variance from running sums has lost too much to
/// cancellation and is computed from the window itself.
const CANCELLED: f64 = 1e-9;

/// Variances below this are taken for zero.
pub const LEAST: f32 = (SMALLEST_DIVISOR * SMALLEST_DIVISOR) as f32;

/// The variance of given sum of squares and mean, and a mask of where it is cancelled; `seen` is the sum of the
/// squares that have entered.
#[inline(always)]
pub fn variance(square: D4, mean: D4, share: D4, seen: D4) -> (D4, F4) {
    let variance = square.times(share).minus(mean.times(mean));
    (variance, variance.less(seen.times(share).times(D4::splat(CANCELLED))))
}

/// The standard deviations of the windows, or each row's distance from the mean in them.
pub fn spread(standard: bool, held: &Held, out: &mut Fours, changes: &mut Vec<u32>) {
    changes.clear();
    match (standard, held.shares) {
        (true, None) => spread_by::<true, _>(held, one_of(held.n), out, changes),
        (true, Some(shares)) => spread_by::<true, _>(held, shares, out, changes),
        (false, None) => spread_by::<false, _>(held, one_of(held.n), out, changes),
        (false, Some(shares)) => spread_by::<false, _>(held, shares, out, changes),
    }
}

#[inline(always)]
fn spread_by<const STANDARD: bool, S: Share>(
    held: &Held,
    shares: S,
    out: &mut Fours,
    changes: &mut Vec<u32>,
) {
    let pivot = D4::splat(f64::from(held.pivots[0]));
    let raw = tile(held.raw.a, held.n);
    slide(held, &Moments(pivot), |i, x, [sum, square], [_, seen]| {
        let share = shares.at(i);
        let mean = sum.times(share);
        let (variance, cancelled) = variance(square, mean, share, seen);
        let variance = variance.narrow();
        let value = match STANDARD {
            true => {
                let distance = x.wide().minus(pivot).minus(mean).narrow();
                distance.over(variance.sqrt()).or(variance.less(F4::splat(LEAST)))
            }
            false => variance.sqrt(),
        };
        value.put(&mut out[i]);
        if cancelled.any() {
            each_set(cancelled, |k| exact_spread(STANDARD, held, changes, i * LANES + k, &mut out[i][k]));
        }
        if STANDARD {
            // A null held the pivot.
            F4::of(&out[i]).plus(F4::of(&raw[i]).nothing()).put(&mut out[i]);
        }
    });
}

/// Calls `act` with the lanes of the mask that are set.
pub fn each_set(mask: F4, act: impl FnMut(usize)) {
    (0..LANES).filter(|&k| mask.set()[k]).for_each(act);
}

/// The same from the rows of the window themselves.
#[cold]
fn exact_spread(standard: bool, held: &Held, changes: &mut Vec<u32>, at: usize, out: &mut f32) {
    let window = &held.raw.a[at + 1..=at + held.n];
    let constant = is_constant(held.raw.a, held.n, at, changes);
    let [mean, variance] = if constant { [f64::from(window[0]), 0.0] } else { exact_moments(window) };
    let (std, x) = (variance.sqrt(), f64::from(window[held.n - 1]));
    *out = match standard {
        true if std < SMALLEST_DIVISOR => f32::NAN,
        true => ((x - mean) / std) as f32,
        false => std as f32,
    };
}

/// Whether the window of row `at` of the tile is known to hold one value; `changes` is empty at the first call.
pub fn is_constant(rows: &[f32], n: usize, at: usize, changes: &mut Vec<u32>) -> bool {
    if changes.is_empty() {
        find_changes(changes, rows);
    }
    changes[at + n] as usize <= at + 1
}

/// For each row, the last row up to it whose value differs from the one before (0: none). A window that
/// starts there or later is constant; one with nulls in it is not known to be.
fn find_changes(to: &mut Vec<u32>, rows: &[f32]) {
    let (mut previous, mut change) = (rows[0], 0);
    to.extend(rows.iter().zip(0..).map(|(&x, i)| {
        change = if x == previous { change } else { i };
        previous = x;
        change
    }));
}

/// Mean and population variance of the values that are not null; of equal values exactly 0.
pub fn exact_moments(window: &[f32]) -> [f64; 2] {
    let values = || window.iter().filter(|x| x.is_finite()).map(|&x| f64::from(x));
    let (first, have) = (values().next().unwrap_or(0.0), values().count() as f64);
    let mean = first + values().map(|x| x - first).sum::<f64>() / have;
    [mean, values().map(|x| (x - mean) * (x - mean)).sum::<f64>() / have]
}

/// Of the two operands over each window, Pearson's correlation or the covariance.
pub fn together(correlated: bool, held: &Held, out: &mut Fours, changes: &mut [Vec<u32>; 2]) {
    changes.iter_mut().for_each(Vec::clear);
    match (correlated, held.shares) {
        (true, None) => together_by::<true, _>(held, one_of(held.n), out, changes),
        (true, Some(shares)) => together_by::<true, _>(held, shares, out, changes),
        (false, None) => together_by::<false, _>(held, one_of(held.n), out, changes),
        (false, Some(shares)) => together_by::<false, _>(held, shares, out, changes),
    }
}

#[inline(always)]
fn together_by<const CORRELATED: bool, S: Share>(
    held: &Held,
    shares: S,
    out: &mut Fours,
    changes: &mut [Vec<u32>; 2],
) {
    let [p, q] = held.pivots.map(|p| D4::splat(f64::from(p)));
    let products = Products(p, q);
    slide(held, &products, |i, _, [x, y, xx, yy, xy], [_, _, seen_x, seen_y, _]| {
        let share = shares.at(i);
        let (x, y) = (x.times(share), y.times(share));
        let (vx, lost_x) = variance(xx, x, share, seen_x);
        let (vy, lost_y) = variance(yy, y, share, seen_y);
        let together = xy.times(share).minus(x.times(y)).narrow();
        let value = if CORRELATED { correlation(together, vx.narrow(), vy.narrow()) } else { together };
        value.put(&mut out[i]);
        let lost = lost_x.or(lost_y);
        if lost.any() {
            each_set(lost, |k| exact_together(CORRELATED, held, changes, i * LANES + k, &mut out[i][k]));
        }
    });
}

#[inline(always)]
fn correlation(together: F4, vx: F4, vy: F4) -> F4 {
    let least = F4::splat(LEAST);
    // The roots first: the product of two small variances would be no number of f32.
    let value = together.over(vx.sqrt().times(vy.sqrt()));
    let value = value.pmax(F4::splat(-1.0)).pmin(F4::splat(1.0));
    value.or(vx.less(least)).or(vy.less(least))
}

/// The same from the rows of the window themselves.
#[cold]
fn exact_together(correlated: bool, held: &Held, changes: &mut [Vec<u32>; 2], at: usize, out: &mut f32) {
    let Rows { n, a, b } = held.raw;
    let [of_a, of_b] = changes;
    if held.shares.is_none() && (is_constant(a, n, at, of_a) || is_constant(b, n, at, of_b)) {
        *out = if correlated { f32::NAN } else { 0.0 };
        return;
    }
    let pairs = a[at + 1..=at + n].iter().zip(&b[at + 1..=at + n]);
    let (x, y): (Vec<f32>, Vec<f32>) = pairs.filter(|(x, y)| complete(&[**x, **y])).unzip();
    let ([mx, vx], [my, vy]) = (exact_moments(&x), exact_moments(&y));
    let products = x.iter().zip(&y).map(|(&x, &y)| (f64::from(x) - mx) * (f64::from(y) - my));
    // No -0, whichever way it came about.
    let together = products.sum::<f64>() / x.len() as f64 + 0.0;
    let varies = vx >= f64::from(LEAST) && vy >= f64::from(LEAST);
    *out = match correlated {
        true if varies => (together / (vx * vy).sqrt()).clamp(-1.0, 1.0) as f32,
        true => f32::NAN,
        false => together as f32,
    };
}
