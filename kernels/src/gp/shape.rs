//! The shape of the values of windows: skewness and kurtosis, from running sums of the powers of the
//! distance from a pivot.

use super::running::{LEAST, Terms, each_set, exact_moments, is_constant, one_of, slide};
use super::simd::{D4, F4, LANES};
use super::window::{Fours, Held, Share};

/// Powers of the distance from the pivot, from the first up.
struct Powers(D4);

impl Terms<3> for Powers {
    #[inline(always)]
    fn of(&self, x: F4, _: F4, _: D4) -> [D4; 3] {
        let d = x.wide().minus(self.0);
        let dd = d.times(d);
        [d, dd, dd.times(d)]
    }
}

impl Terms<4> for Powers {
    #[inline(always)]
    fn of(&self, x: F4, _: F4, _: D4) -> [D4; 4] {
        let d = x.wide().minus(self.0);
        let dd = d.times(d);
        [d, dd, dd.times(d), dd.times(dd)]
    }
}

/// Below this share of the squares that have entered, a moment from running sums has lost too much to
/// cancellation and is computed from the window itself: a power loses faster the higher it is.
const CANCELLED: [f64; 2] = [1e-5, 3e-4];

/// Skewness of each window.
pub fn skewness(held: &Held, out: &mut Fours, changes: &mut Vec<u32>) {
    changes.clear();
    match held.shares {
        None => skewness_by(held, one_of(held.n), out, changes),
        Some(shares) => skewness_by(held, shares, out, changes),
    }
}

/// Kurtosis of each window, less that of the normal distribution.
pub fn kurtosis(held: &Held, out: &mut Fours, changes: &mut Vec<u32>) {
    changes.clear();
    match held.shares {
        None => kurtosis_by(held, one_of(held.n), out, changes),
        Some(shares) => kurtosis_by(held, shares, out, changes),
    }
}

#[inline(always)]
fn skewness_by<S: Share>(held: &Held, shares: S, out: &mut Fours, changes: &mut Vec<u32>) {
    let pivot = D4::splat(f64::from(held.pivots[0]));
    slide(held, &Powers(pivot), |i, _, [d, dd, ddd], [_, seen, _]| {
        let share = shares.at(i);
        let (m, square, cube) = (d.times(share), dd.times(share), ddd.times(share));
        let variance = square.minus(m.times(m));
        // Σ(d - m)³ = Σd³ - 3mΣd² + 2m³ a value
        let moment =
            cube.minus(m.times(D4::splat(3.0).times(square).minus(D4::splat(2.0).times(m).times(m))));
        let value = moment.over(variance.times(variance.sqrt()));
        let cancelled = variance.less(seen.times(share).times(D4::splat(CANCELLED[0])));
        place(held, i, [value, variance], cancelled, 3, out, changes);
    });
}

#[inline(always)]
fn kurtosis_by<S: Share>(held: &Held, shares: S, out: &mut Fours, changes: &mut Vec<u32>) {
    let (pivot, three) = (D4::splat(f64::from(held.pivots[0])), D4::splat(3.0));
    slide(held, &Powers(pivot), |i, _, [d, dd, ddd, dddd], [_, seen, _, _]| {
        let share = shares.at(i);
        let (m, square) = (d.times(share), dd.times(share));
        let (cube, fourth) = (ddd.times(share), dddd.times(share));
        let mm = m.times(m);
        let variance = square.minus(mm);
        // Σ(d - m)⁴ = Σd⁴ - 4mΣd³ + 6m²Σd² - 3m⁴ a value
        let high = fourth.minus(D4::splat(4.0).times(m).times(cube));
        let moment = high.plus(three.times(mm).times(square.plus(square).minus(mm)));
        let value = moment.over(variance.times(variance)).minus(three);
        let cancelled = variance.less(seen.times(share).times(D4::splat(CANCELLED[1])));
        place(held, i, [value, variance], cancelled, 4, out, changes);
    });
}

#[inline(always)]
fn place(
    held: &Held,
    i: usize,
    [value, variance]: [D4; 2],
    cancelled: F4,
    power: i32,
    out: &mut Fours,
    changes: &mut Vec<u32>,
) {
    let constant = variance.less(D4::splat(f64::from(LEAST)));
    value.narrow().or(constant).put(&mut out[i]);
    if cancelled.any() {
        each_set(cancelled, |k| out[i][k] = exact_shape(held, changes, i * LANES + k, power));
    }
}

/// The same from the rows of the window themselves.
#[cold]
fn exact_shape(held: &Held, changes: &mut Vec<u32>, at: usize, power: i32) -> f32 {
    if is_constant(held.raw.a, held.n, at, changes) {
        return f32::NAN;
    }
    let window = &held.raw.a[at + 1..=at + held.n];
    let [mean, variance] = exact_moments(window);
    if variance < f64::from(LEAST) {
        return f32::NAN;
    }
    let present = || window.iter().filter(|x| x.is_finite());
    let scores = present().map(|&x| (f64::from(x) - mean) / variance.sqrt());
    let powers = scores.map(|z| if power == 3 { z * z * z } else { z * z * (z * z) });
    let moment = powers.sum::<f64>() / present().count() as f64;
    (if power == 3 { moment } else { moment - 3.0 }) as f32
}
