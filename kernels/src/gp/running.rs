//! Operators over windows by running sums in f64, four rows at a time: each tile begins with the sum of the
//! window before it, then every row adds what enters and takes away what leaves.
//!
//! A running sum is off by a few 1e-16 of the greatest magnitude in past and tile so far. No bit of a value
//! depends on a later row, nor on whether one of them is null: both ways through a tile, with nulls and without,
//! do the same operations.

use super::op::SMALLEST_DIVISOR;
use super::simd::{D4, F4, LANES};
use super::window::{FOURS, Fours, Held, Share, complete, fours, tile};
use std::ops::Range;

/// What of a row is summed; of the pivots it is 0.
trait Terms<const N: usize> {
    fn of(&self, x: F4, y: F4) -> [D4; N];
}

/// The value itself.
struct Itself;

impl Terms<1> for Itself {
    #[inline(always)]
    fn of(&self, x: F4, _: F4) -> [D4; 1] {
        [x.wide()]
    }
}

/// The distance from the pivot and its square.
struct Moments(D4);

impl Terms<2> for Moments {
    #[inline(always)]
    fn of(&self, x: F4, _: F4) -> [D4; 2] {
        let d = x.wide().minus(self.0);
        [d, d.times(d)]
    }
}

/// The distances of both operands from their pivots, their squares and their product.
struct Products(D4, D4);

impl Terms<5> for Products {
    #[inline(always)]
    fn of(&self, x: F4, y: F4) -> [D4; 5] {
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
    let (a, b) = (&held.a[rows.clone()], &second(held)[rows]);
    let mut sums = [D4::splat(0.0); N];
    for (x, y) in fours(a).iter().zip(fours(b)) {
        sums = added(sums, terms.of(F4::of(x), F4::of(y)));
    }
    let mut rest = held.pivots.map(|p| [p; LANES]);
    for (rest, rows) in rest.iter_mut().zip([a, b]) {
        let tail = rows.as_chunks::<LANES>().1;
        rest[..tail.len()].copy_from_slice(tail);
    }
    sums = added(sums, terms.of(F4::of(&rest[0]), F4::of(&rest[1])));
    sums.map(|s| D4::splat(s.total()))
}

/// The second operand; the first once more where there is none.
fn second<'a>(held: &Held<'a>) -> &'a [f32] {
    if held.b.is_empty() { held.a } else { held.b }
}

/// Calls `each` for every vector of the tile with its number, the rows that enter, the sums over their windows,
/// and the sums of all that has entered by then, past and tile: never of a later row.
#[inline(always)]
fn slide<const N: usize>(
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
        let enters = terms.of(x, F4::of(&late_b[i]));
        let leaves = terms.of(F4::of(&early_a[i]), F4::of(&early_b[i]));
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
fn one_of(n: usize) -> f64 {
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
const LEAST: f32 = (SMALLEST_DIVISOR * SMALLEST_DIVISOR) as f32;

/// The variance of given sum of squares and mean, and a mask of where it is cancelled; `seen` is the sum of the
/// squares that have entered.
#[inline(always)]
fn variance(square: D4, mean: D4, share: D4, seen: D4) -> (D4, F4) {
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

fn each_set(mask: F4, act: impl FnMut(usize)) {
    (0..LANES).filter(|&k| mask.set()[k]).for_each(act);
}

/// The same from the rows of the window themselves.
#[cold]
fn exact_spread(standard: bool, held: &Held, changes: &mut Vec<u32>, at: usize, out: &mut f32) {
    if changes.is_empty() {
        find_changes(changes, held.raw.a);
    }
    let window = &held.raw.a[at + 1..=at + held.n];
    let constant = changes[at + held.n] as usize <= at + 1;
    let [mean, variance] = if constant { [f64::from(window[0]), 0.0] } else { exact_moments(window) };
    let (std, x) = (variance.sqrt(), f64::from(window[held.n - 1]));
    *out = match standard {
        true if std < SMALLEST_DIVISOR => f32::NAN,
        true => ((x - mean) / std) as f32,
        false => std as f32,
    };
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
fn exact_moments(window: &[f32]) -> [f64; 2] {
    let values = || window.iter().filter(|x| x.is_finite()).map(|&x| f64::from(x));
    let (first, have) = (values().next().unwrap_or(0.0), values().count() as f64);
    let mean = first + values().map(|x| x - first).sum::<f64>() / have;
    [mean, values().map(|x| (x - mean) * (x - mean)).sum::<f64>() / have]
}

/// Pearson's correlation of the two operands over each window.
pub fn correlation(held: &Held, out: &mut Fours) {
    match held.shares {
        None => correlation_by(held, one_of(held.n), out),
        Some(shares) => correlation_by(held, shares, out),
    }
}

#[inline(always)]
fn correlation_by<S: Share>(held: &Held, shares: S, out: &mut Fours) {
    let [p, q] = held.pivots.map(|p| D4::splat(f64::from(p)));
    let products = Products(p, q);
    let least = F4::splat(LEAST);
    slide(held, &products, |i, _, [x, y, xx, yy, xy], [_, _, seen_x, seen_y, _]| {
        let share = shares.at(i);
        let (x, y) = (x.times(share), y.times(share));
        let (vx, lost_x) = variance(xx, x, share, seen_x);
        let (vy, lost_y) = variance(yy, y, share, seen_y);
        let (vx, vy) = (vx.narrow(), vy.narrow());
        let together = xy.times(share).minus(x.times(y)).narrow();
        // The roots first: the product of two small variances would be no number of f32.
        let value = together.over(vx.sqrt().times(vy.sqrt()));
        let value = value.pmax(F4::splat(-1.0)).pmin(F4::splat(1.0));
        value.or(vx.less(least)).or(vy.less(least)).put(&mut out[i]);
        let lost = lost_x.or(lost_y);
        if lost.any() {
            each_set(lost, |k| exact_correlation(held, i * LANES + k, &mut out[i][k]));
        }
    });
}

/// The same from the rows of the window themselves.
#[cold]
fn exact_correlation(held: &Held, at: usize, out: &mut f32) {
    let window = at + 1..=at + held.n;
    let pairs = held.raw.a[window.clone()].iter().zip(&held.raw.b[window]);
    let (x, y): (Vec<f32>, Vec<f32>) = pairs.filter(|(x, y)| complete(&[**x, **y])).unzip();
    let ([mx, vx], [my, vy]) = (exact_moments(&x), exact_moments(&y));
    let products = x.iter().zip(&y).map(|(&x, &y)| (f64::from(x) - mx) * (f64::from(y) - my));
    let together = products.sum::<f64>() / x.len() as f64;
    let value = (together / (vx * vy).sqrt()).clamp(-1.0, 1.0) as f32;
    *out = if vx >= f64::from(LEAST) && vy >= f64::from(LEAST) { value } else { f32::NAN };
}
