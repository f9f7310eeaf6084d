//! The smallest and the greatest value of windows, and how long ago they were. The values: extremes of 1, 4, 16, … rows, each from four of a
//! quarter of the length, then of n from those that cover it.
//! How long ago: the same of values that carry the number of their row.

use super::pointwise::TILE;
use super::simd::{D4, F4, LANES};
use super::window::{FOURS, Fours, Held, fours};

pub fn smallest(held: &Held, out: &mut Fours, work: &mut [Vec<f32>; 2]) {
    extreme(held, out, work, f32::INFINITY, F4::pmin);
}

pub fn greatest(held: &Held, out: &mut Fours, work: &mut [Vec<f32>; 2]) {
    extreme(held, out, work, f32::NEG_INFINITY, F4::pmax);
}

#[inline(always)]
fn extreme(
    held: &Held,
    out: &mut Fours,
    work: &mut [Vec<f32>; 2],
    nothing: f32,
    better: impl Fn(F4, F4) -> F4 + Copy,
) {
    let [now, next] = work;
    now.clear();
    now.extend(held.raw.a[1..].iter().map(|&x| if x.is_finite() { x } else { nothing }));
    let mut span = 1;
    while 4 * span <= held.n {
        // now[i] covers rows i .. i + span.
        let rows = now.len() - 3 * span;
        best_of(next, rows, now, [0, span, 2 * span, 3 * span], nothing, better);
        std::mem::swap(now, next);
        span *= 4;
    }
    let last = held.n - span;
    best_of(next, TILE, now, [0, span.min(last), (2 * span).min(last), last], nothing, better);
    for (i, (out, x)) in out.iter_mut().zip(&fours(next)[..FOURS]).enumerate() {
        let enough = held.shares.map_or(F4::splat(0.0), |s| D4::of(&s[i]).narrow().nothing());
        F4::of(x).plus(enough).put(out);
    }
}

/// `to[i]` is the best of `from[i + offset]` over the offsets, for the first `rows` rows at least.
#[inline(always)]
fn best_of(
    to: &mut Vec<f32>,
    rows: usize,
    from: &[f32],
    offsets: [usize; 4],
    nothing: f32,
    better: impl Fn(F4, F4) -> F4,
) {
    to.resize(rows, nothing);
    let [a, b, c, d] = offsets.map(|o| &from[o..o + rows]);
    let (whole, rest) = to[..rows].as_chunks_mut();
    let count = whole.len();
    let (a4, b4, c4, d4) = (&fours(a)[..count], &fours(b)[..count], &fours(c)[..count], &fours(d)[..count]);
    for i in 0..count {
        let (left, right) = (better(F4::of(&a4[i]), F4::of(&b4[i])), better(F4::of(&c4[i]), F4::of(&d4[i])));
        better(left, right).put(&mut whole[i]);
    }
    for (i, to) in rest.iter_mut().enumerate() {
        let at = |x: &[f32]| F4::splat(x[LANES * count + i]);
        *to = better(better(at(a), at(b)), better(at(c), at(d))).lanes()[0];
    }
}

/// Rows since the smallest value of each window, the latest of equal ones.
pub fn since_smallest(held: &Held, out: &mut Fours, work: &mut [Vec<f64>; 2]) {
    since(held, out, work, f64::INFINITY, D4::pmin);
}

/// Rows since the greatest value of each window, the latest of equal ones.
pub fn since_greatest(held: &Held, out: &mut Fours, work: &mut [Vec<f64>; 2]) {
    since(held, out, work, f64::NEG_INFINITY, D4::pmax);
}

/// Bits of a f64 that a f32 leaves 0 and that hold the number of any row of tile and past.
const ROW: u64 = (1 << 12) - 1;

/// As [`extreme`], of values that carry their row in bits too low to change their order; of equal values the later
/// row is made the better one.
#[inline(always)]
fn since(
    held: &Held,
    out: &mut Fours,
    work: &mut [Vec<f64>; 2],
    nothing: f64,
    better: impl Fn(D4, D4) -> D4 + Copy,
) {
    let [now, next] = work;
    // Greater bits are a greater magnitude: which of them is better hangs on the sign.
    let up = |x: f32| (x < 0.0) == (nothing > 0.0);
    now.clear();
    now.extend(held.raw.a[1..].iter().zip(0..).map(|(&x, row)| match x.is_finite() {
        true => f64::from_bits(f64::from(x + 0.0).to_bits() | if up(x) { row } else { ROW - row }),
        false => nothing,
    }));
    let mut span = 1;
    while 4 * span <= held.n {
        let rows = now.len() - 3 * span;
        best_dated(next, rows, now, [0, span, 2 * span, 3 * span], nothing, better);
        std::mem::swap(now, next);
        span *= 4;
    }
    let last = held.n - span;
    best_dated(next, TILE, now, [0, span.min(last), (2 * span).min(last), last], nothing, better);
    for (i, (out, &best)) in out.as_flattened_mut().iter_mut().zip(next.iter()).enumerate() {
        let enough = held.shares.is_none_or(|shares| shares[i / LANES][i % LANES].is_finite());
        let bits = best.to_bits() & ROW;
        let row = if up(best as f32) { bits } else { ROW - bits };
        *out = if enough && best.is_finite() { (i + held.n - 1) as f32 - row as f32 } else { f32::NAN };
    }
}

/// [`best_of`] of values in f64.
#[inline(always)]
fn best_dated(
    to: &mut Vec<f64>,
    rows: usize,
    from: &[f64],
    offsets: [usize; 4],
    nothing: f64,
    better: impl Fn(D4, D4) -> D4,
) {
    to.resize(rows, nothing);
    let [a, b, c, d] = offsets.map(|o| &from[o..o + rows]);
    let (whole, rest) = to[..rows].as_chunks_mut::<LANES>();
    let count = whole.len();
    let [a4, b4, c4, d4] = [a, b, c, d].map(|x| &x.as_chunks::<LANES>().0[..count]);
    for i in 0..count {
        let (left, right) = (better(D4::of(&a4[i]), D4::of(&b4[i])), better(D4::of(&c4[i]), D4::of(&d4[i])));
        better(left, right).put(&mut whole[i]);
    }
    for (i, to) in rest.iter_mut().enumerate() {
        let at = |x: &[f64]| D4::splat(x[LANES * count + i]);
        *to = better(better(at(a), at(b)), better(at(c), at(d))).lanes()[0];
    }
}
