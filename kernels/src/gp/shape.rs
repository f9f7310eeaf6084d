//! The shape of the values of windows: skewness and kurtosis, from running sums of the powers of the
//! distance from a pivot.

use super::running::{LEAST, Lost, Terms, Values, exact_moments, is_constant, one_of, slide};
use super::simd::{D4, F4, LANES};
use super::window::{Fours, Held, Share};

/// Powers of the distance from the pivot, from the first up.
struct Powers(D4);

impl Terms<3> for Powers {
    #[inline(always)]
    fn of(&self, at: Values) -> [D4; 3] {
        let d = at.x.minus(self.0);
        let dd = d.times(d);
        [d, dd, dd.times(d)]
    }
}

impl Terms<4> for Powers {
    #[inline(always)]
    fn of(&self, at: Values) -> [D4; 4] {
        let d = at.x.minus(self.0);
        let dd = d.times(d);
        [d, dd, dd.times(d), dd.times(dd)]
    }
}

/// Below this share of the greatest sum of squares so far, the third moment from running sums has lost too much to
/// cancellation and is computed from the window itself.
const CANCELLED_THIRD: f64 = 1e-5;

/// The same of the square of the variance, as a share of the greatest sum of fourth powers so far.
const CANCELLED_FOURTH: f64 = 1e-8;

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

#[inline(never)]
fn skewness_by<S: Share>(held: &Held, shares: S, out: &mut Fours, changes: &mut Vec<u32>) {
    let (pivot, mut lost) = (D4::splat(f64::from(held.pivots[0])), Lost::default());
    slide(held, &Powers(pivot), |i, _, [d, dd, ddd], [_, peak, _]| {
        let share = shares.at(i);
        let (m, square, cube) = (d.times(share), dd.times(share), ddd.times(share));
        let variance = square.minus(m.times(m));
        // Σ(d - m)³ = Σd³ - 3mΣd² + 2m³ a value
        let moment =
            cube.minus(m.times(D4::splat(3.0).times(square).minus(D4::splat(2.0).times(m).times(m))));
        let narrow = variance.narrow();
        // A variance beyond f32 is null.
        let value = moment.over(variance).narrow().over(narrow.sqrt()).plus(narrow.nothing());
        lost.note(i, variance.less(peak.times(share.times(D4::splat(CANCELLED_THIRD)))));
        place(value, variance, &mut out[i]);
    });
    lost.mend(out, |at| exact_shape(held, changes, at, 3));
}

#[inline(never)]
fn kurtosis_by<S: Share>(held: &Held, shares: S, out: &mut Fours, changes: &mut Vec<u32>) {
    let (pivot, three) = (D4::splat(f64::from(held.pivots[0])), D4::splat(3.0));
    let mut lost = Lost::default();
    slide(held, &Powers(pivot), |i, _, [d, dd, ddd, dddd], [_, _, _, peak]| {
        let share = shares.at(i);
        let (m, square) = (d.times(share), dd.times(share));
        let (cube, fourth) = (ddd.times(share), dddd.times(share));
        let mm = m.times(m);
        let variance = square.minus(mm);
        // Σ(d - m)⁴ = Σd⁴ - 4mΣd³ + 6m²Σd² - 3m⁴ a value
        let high = fourth.minus(D4::splat(4.0).times(m).times(cube));
        let moment = high.plus(three.times(mm).times(square.plus(square).minus(mm)));
        let squared = variance.times(variance);
        let value = moment.over(squared).minus(three).narrow();
        lost.note(i, squared.less(peak.times(share.times(D4::splat(CANCELLED_FOURTH)))));
        place(value, variance, &mut out[i]);
    });
    lost.mend(out, |at| exact_shape(held, changes, at, 4));
}

#[inline(always)]
fn place(value: F4, variance: D4, out: &mut [f32; LANES]) {
    let constant = variance.narrow().less(F4::splat(LEAST));
    value.or(constant).put(out);
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

#[cfg(test)]
mod tests {
    use crate::gp::pointwise::TILE;
    use crate::gp::random::Draw;
    use crate::gp::{eval, reference, shard::Shard, text};

    /// A walk of small steps far from 0, with a spike now and then, or numbers about 0 with spikes.
    fn spiky(draw: &mut Draw, rows: usize, spike: f64, walks: bool) -> Vec<f32> {
        let mut level = 1.0;
        let mut next = |draw: &mut Draw| {
            let step = draw.normal();
            level += 1e-3 * step;
            let value = if walks { level } else { step };
            if draw.one_in(200) {
                f32::NAN
            } else {
                (value + if draw.one_in(700) { spike } else { 0.0 }) as f32
            }
        };
        (0..rows).map(|_| next(draw)).collect()
    }

    #[test]
    fn moments_of_windows_after_spikes_are_those_of_their_definitions() {
        let (mut draw, rows) = (Draw::new(31, 0, 0, 0), 2 * TILE + 300);
        let operators = [
            "std(a, W)",
            "zscore(a, W)",
            "cov(a, b, W)",
            "corr(a, b, W)",
            "slope(a, W)",
            "skew(a, W)",
            "kurt(a, W)",
        ];
        for (spike, walks, window) in [
            (30.0, true, 5),
            (500.0, true, 60),
            (1500.0, false, 700),
            (1e5, true, 60),
            (1e7, true, 5),
            (1e7, false, 60),
        ] {
            let columns = [0; 2].map(|_| spiky(&mut draw, rows, spike, walks));
            let wide = columns.each_ref().map(|c| c.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>());
            let mut shard = Shard::new(0, rows, 2).unwrap();
            (0..2).for_each(|c| shard.set_column(c, &columns[c]).unwrap());
            for formula in operators.map(|text| text.replace('W', &window.to_string())) {
                let program = text::parse(&formula, &["a", "b"].map(String::from)).unwrap();
                let got = eval::columns(std::slice::from_ref(&program), &shard).unwrap();
                let want = reference::evaluate(&program, &[&wide[0], &wide[1]]);
                for (row, (&a, &b)) in got.iter().zip(&want).enumerate() {
                    let near = (f64::from(a) - b).abs() <= 3e-6 * b.abs().max(1.0);
                    let same = near || !a.is_finite() && b.is_nan();
                    assert!(same, "{formula}, spikes of {spike}, row {row}: expected {b}, got {a}");
                }
            }
        }
    }
}
