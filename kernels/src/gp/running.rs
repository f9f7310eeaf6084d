//! Running sums over windows, and the operators that need nothing else, in f64, four rows at a time: each tile begins
//! with the sum of the window before it, then every row adds what enters and takes away what leaves.
//!
//! A running sum is off by a few 1e-16 of the greatest magnitude in past and tile so far. No bit of a value
//! depends on a later row, nor on whether one of them is null: both ways through a tile, with nulls and without,
//! do the same operations.

use super::op::SMALLEST_DIVISOR;
use super::simd::{D4, F4, LANES};
use super::window::{FOURS, Fours, Held, Rows, Share, complete, fours, tile};
use std::ops::Range;

/// The values of rows in both operands, and the number of the row, counted from the first of the tile.
#[derive(Clone, Copy)]
pub struct Values {
    pub x: D4,
    pub y: D4,
    pub row: D4,
}

/// What of a row is summed; of the pivots it is 0.
pub trait Terms<const N: usize> {
    fn of(&self, values: Values) -> [D4; N];

    /// The terms of rows that enter less those of rows that leave.
    #[inline(always)]
    fn steps(&self, enters: Values, leaves: Values) -> [D4; N] {
        let (mut steps, old) = (self.of(enters), self.of(leaves));
        for k in 0..N {
            steps[k] = steps[k].minus(old[k]);
        }
        steps
    }
}

/// The value itself.
struct Itself;

impl Terms<1> for Itself {
    #[inline(always)]
    fn of(&self, at: Values) -> [D4; 1] {
        [at.x]
    }
}

/// The distance from the pivot and its square.
struct Moments(D4);

impl Terms<2> for Moments {
    #[inline(always)]
    fn of(&self, at: Values) -> [D4; 2] {
        let d = at.x.minus(self.0);
        [d, d.times(d)]
    }

    #[inline(always)]
    fn steps(&self, new: Values, old: Values) -> [D4; 2] {
        [new.x.minus(old.x), difference_of_squares(new.x, old.x, self.0)]
    }
}

/// The distances of both operands from their pivots, their squares and twice their product.
struct Products(D4, D4);

impl Terms<5> for Products {
    #[inline(always)]
    fn of(&self, at: Values) -> [D4; 5] {
        let (x, y) = (at.x.minus(self.0), at.y.minus(self.1));
        [x, y, x.times(x), y.times(y), x.times(y.plus(y))]
    }

    #[inline(always)]
    fn steps(&self, new: Values, old: Values) -> [D4; 5] {
        let ([x, more_x], [y, more_y]) = (change(new.x, old.x, self.0), change(new.y, old.y, self.1));
        [x, y, x.times(more_x), y.times(more_y), x.times(more_y).plus(y.times(more_x))]
    }
}

/// The difference and the sum of the distances of two values from a pivot.
#[inline(always)]
fn change(new: D4, old: D4, pivot: D4) -> [D4; 2] {
    [new.minus(old), new.plus(old).minus(pivot.plus(pivot))]
}

/// Of the distances of two values from a pivot.
#[inline(always)]
pub fn difference_of_squares(new: D4, old: D4, pivot: D4) -> D4 {
    let [less, more] = change(new, old, pivot);
    less.times(more)
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
        sums = added(sums, terms.of(Values { x: D4::from(x), y: D4::from(y), row }));
        row = row.plus(D4::splat(LANES as f64));
    }
    let mut rest = held.pivots.map(|p| [p; LANES]);
    for (rest, rows) in rest.iter_mut().zip([a, b]) {
        let tail = rows.as_chunks::<LANES>().1;
        rest[..tail.len()].copy_from_slice(tail);
    }
    sums = added(sums, terms.of(Values { x: D4::from(&rest[0]), y: D4::from(&rest[1]), row }));
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

/// Calls `each` for every vector of the tile with its number, the values that enter, the sums over their windows,
/// and for each sum its greatest so far: of the window before the tile, of its row and of every other row of the tile
/// before it, whose windows hold all that has entered by then if they are of two rows or more. Never of a later row.
#[inline(always)]
pub fn slide<const N: usize>(
    held: &Held,
    terms: &impl Terms<N>,
    mut each: impl FnMut(usize, Values, [D4; N], [D4; N]),
) {
    let (a, b, n) = (held.a, second(held), held.n);
    let mut sums = total(held, 0..n, terms);
    let (mut peaks, mut before) = (sums, [D4::splat(0.0); N]);
    let (late_a, late_b, early_a, early_b) = (tile(a, n), tile(b, n), tile(a, 0), tile(b, 0));
    let (mut row, wide) = (rows_from(0.0), D4::splat(n as f64));
    for i in 0..FOURS {
        let enters = Values { x: D4::from(&late_a[i]), y: D4::from(&late_b[i]), row };
        let leaves = Values { x: D4::from(&early_a[i]), y: D4::from(&early_b[i]), row: row.minus(wide) };
        let steps = terms.steps(enters, leaves);
        for k in 0..N {
            sums[k] = steps[k].pairs(before[k]).onto(sums[k]);
            peaks[k] = sums[k].peak(peaks[k]);
        }
        before = steps;
        each(i, enters, sums, peaks);
        row = row.plus(D4::splat(LANES as f64));
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

#[inline(never)]
fn totals_by(held: &Held, out: &mut Fours, value: impl Fn(usize, D4) -> F4) {
    slide(held, &Itself, |i, _, [sum], _| value(i, sum).put(&mut out[i]));
}

/// Below this share of the greatest sum of squares so far, a variance from running sums has lost too much to
/// cancellation and is computed from the window itself.
const CANCELLED: f64 = 1e-8;

/// Variances below this are taken for zero.
pub const LEAST: f32 = (SMALLEST_DIVISOR * SMALLEST_DIVISOR) as f32;

/// The sum of squared distances from the mean, of given sums of squares and of distances from a pivot; and a mask of
/// where it is cancelled: `peak` is the greatest sum of squares so far.
#[inline(always)]
pub fn variation(square: D4, sum: D4, mean: D4, peak: D4) -> (D4, F4) {
    let variation = square.minus(sum.times(mean));
    (variation, variation.less(peak.times(D4::splat(CANCELLED))))
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

#[inline(never)]
fn spread_by<const STANDARD: bool, S: Share>(
    held: &Held,
    shares: S,
    out: &mut Fours,
    changes: &mut Vec<u32>,
) {
    let pivot = D4::splat(f64::from(held.pivots[0]));
    let raw = tile(held.raw.a, held.n);
    let mut lost = Lost::default();
    slide(held, &Moments(pivot), |i, at, [sum, square], [_, peak]| {
        let share = shares.at(i);
        let mean = sum.times(share);
        let (variation, cancelled) = variation(square, sum, mean, peak);
        lost.note(i, cancelled);
        let variance = variation.times(share).narrow();
        let value = match STANDARD {
            true => {
                let distance = at.x.minus(pivot).minus(mean).narrow();
                // A null held the pivot; a variance beyond f32 is one.
                let null = F4::of(&raw[i]).nothing().plus(variance.nothing());
                distance.over(variance.sqrt()).or(variance.less(F4::splat(LEAST))).plus(null)
            }
            false => variance.sqrt(),
        };
        value.put(&mut out[i]);
    });
    lost.mend(out, |at| exact_spread(STANDARD, held, changes, at));
}

/// Rows of a tile whose windows the running sums tell too little of: bits of the lanes, vector by vector.
pub struct Lost([u8; FOURS]);

impl Default for Lost {
    fn default() -> Self {
        Lost([0; FOURS])
    }
}

impl Lost {
    /// Notes the rows of vector `i` that the mask names.
    #[inline(always)]
    pub fn note(&mut self, i: usize, mask: F4) {
        self.0[i] = mask.bits();
    }

    /// Gives those rows the values that `exact` finds: not before, so that the loop over all rows stays small.
    #[inline(always)]
    pub fn mend(&self, out: &mut Fours, mut exact: impl FnMut(usize) -> f32) {
        for (first, some) in (0..).step_by(8).zip(self.0.as_chunks::<8>().0) {
            if u64::from_le_bytes(*some) == 0 {
                continue;
            }
            for (i, lanes) in (first..).zip(some) {
                for k in (0..LANES).filter(|k| lanes >> k & 1 == 1) {
                    out[i][k] = exact(i * LANES + k);
                }
            }
        }
    }
}

/// The same from the rows of the window themselves.
#[cold]
fn exact_spread(standard: bool, held: &Held, changes: &mut Vec<u32>, at: usize) -> f32 {
    let window = &held.raw.a[at + 1..=at + held.n];
    let constant = is_constant(held.raw.a, held.n, at, changes);
    let [mean, variance] = if constant { [f64::from(window[0]), 0.0] } else { exact_moments(window) };
    let (std, x) = (variance.sqrt(), f64::from(window[held.n - 1]));
    match standard {
        true if std < SMALLEST_DIVISOR => f32::NAN,
        true => ((x - mean) / std) as f32,
        false => std as f32,
    }
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

#[inline(never)]
fn together_by<const CORRELATED: bool, S: Share>(
    held: &Held,
    shares: S,
    out: &mut Fours,
    changes: &mut [Vec<u32>; 2],
) {
    let [p, q] = held.pivots.map(|p| D4::splat(f64::from(p)));
    let half = D4::splat(0.5);
    let mut lost = Lost::default();
    slide(held, &Products(p, q), |i, _, [x, y, xx, yy, xy], [_, _, peak_x, peak_y, _]| {
        let share = shares.at(i);
        let (mx, my) = (x.times(share), y.times(share));
        let (vx, lost_x) = variation(xx, x, mx, peak_x);
        let (vy, lost_y) = variation(yy, y, my, peak_y);
        lost.note(i, lost_x.or(lost_y));
        let together = half.times(xy).minus(x.times(my)).times(share).narrow();
        let value = match CORRELATED {
            true => correlation(together, vx.times(share).narrow(), vy.times(share).narrow()),
            false => together,
        };
        value.put(&mut out[i]);
    });
    lost.mend(out, |at| exact_together(CORRELATED, held, changes, at));
}

#[inline(always)]
fn correlation(together: F4, vx: F4, vy: F4) -> F4 {
    let least = F4::splat(LEAST);
    // The roots first: the product of two small variances would be no number of f32.
    let spread = vx.sqrt().times(vy.sqrt());
    let value = together.over(spread).pmax(F4::splat(-1.0)).pmin(F4::splat(1.0)).plus(spread.nothing());
    value.or(vx.less(least)).or(vy.less(least))
}

/// The same from the rows of the window themselves.
#[cold]
fn exact_together(correlated: bool, held: &Held, changes: &mut [Vec<u32>; 2], at: usize) -> f32 {
    let Rows { n, a, b } = held.raw;
    let [of_a, of_b] = changes;
    if held.shares.is_none() && (is_constant(a, n, at, of_a) || is_constant(b, n, at, of_b)) {
        return if correlated { f32::NAN } else { 0.0 };
    }
    let pairs = a[at + 1..=at + n].iter().zip(&b[at + 1..=at + n]);
    let (x, y): (Vec<f32>, Vec<f32>) = pairs.filter(|(x, y)| complete(&[**x, **y])).unzip();
    let ([mx, vx], [my, vy]) = (exact_moments(&x), exact_moments(&y));
    let products = x.iter().zip(&y).map(|(&x, &y)| (f64::from(x) - mx) * (f64::from(y) - my));
    // No -0, whichever way it came about.
    let together = products.sum::<f64>() / x.len() as f64 + 0.0;
    let varies = vx >= f64::from(LEAST) && vy >= f64::from(LEAST);
    match correlated {
        true if varies => (together / (vx * vy).sqrt()).clamp(-1.0, 1.0) as f32,
        true => f32::NAN,
        false => together as f32,
    }
}
