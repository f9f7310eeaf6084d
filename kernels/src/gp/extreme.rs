//! The smallest and the greatest value of windows, and how long ago they were. The values: extremes of 4, 16, … rows,
//! each from four of a quarter of the length, then of n from those that cover it.
//! How long ago: the same of values that carry the number of their row.

use super::pointwise::TILE;
use super::simd::{D4, F4, LANES};
use super::window::{Fours, Held, Share, fours};

/// Four lanes that can be compared.
trait Vector: Copy {
    type Lane: Copy;
    fn of(lanes: &[Self::Lane; LANES]) -> Self;
    fn put(self, to: &mut [Self::Lane; LANES]);
}

impl Vector for F4 {
    type Lane = f32;

    #[inline(always)]
    fn of(lanes: &[f32; LANES]) -> F4 {
        F4::of(lanes)
    }

    #[inline(always)]
    fn put(self, to: &mut [f32; LANES]) {
        F4::put(self, to);
    }
}

impl Vector for D4 {
    type Lane = f64;

    #[inline(always)]
    fn of(lanes: &[f64; LANES]) -> D4 {
        D4::of(lanes)
    }

    #[inline(always)]
    fn put(self, to: &mut [f64; LANES]) {
        D4::put(self, to);
    }
}

/// The best of each window of `n` rows, for the tile; `rows` are those of the first window and on.
#[inline(always)]
fn best<'a, V: Vector>(
    n: usize,
    rows: &[V::Lane],
    [now, next]: &'a mut [Vec<V::Lane>; 2],
    better: impl Fn(V, V) -> V + Copy,
) -> &'a [V::Lane] {
    // now[i] covers rows i .. i + span.
    let mut span = 4;
    if n < span {
        let last = n - 1;
        best_of(now, TILE, rows, [0, last.min(1), last, last], better);
        return now;
    }
    best_of(now, rows.len() - 3, rows, [0, 1, 2, 3], better);
    while 4 * span <= n {
        best_of(next, now.len() - 3 * span, now, [0, span, 2 * span, 3 * span], better);
        std::mem::swap(now, next);
        span *= 4;
    }
    let last = n - span;
    best_of(next, TILE, now, [0, span.min(last), (2 * span).min(last), last], better);
    next
}

/// `to[i]` is the best of `from[i + offset]` over the offsets, for `rows` rows, a tile at least.
#[inline(always)]
fn best_of<V: Vector>(
    to: &mut Vec<V::Lane>,
    rows: usize,
    from: &[V::Lane],
    offsets: [usize; 4],
    better: impl Fn(V, V) -> V,
) {
    to.resize(rows, from[0]);
    let [a, b, c, d] = offsets.map(|o| &from[o..o + rows]);
    let [a4, b4, c4, d4] = [a, b, c, d].map(|x| x.as_chunks().0);
    for ((((to, a), b), c), d) in to.as_chunks_mut().0.iter_mut().zip(a4).zip(b4).zip(c4).zip(d4) {
        better(better(V::of(a), V::of(b)), better(V::of(c), V::of(d))).put(to);
    }
    // The rest, with the last that are done.
    let last = |x: &[V::Lane]| V::of(x.last_chunk().expect("a tile of rows at least"));
    let best = better(better(last(a), last(b)), better(last(c), last(d)));
    best.put(to.last_chunk_mut().expect("a tile of rows at least"));
}

/// Of rows whose nulls hold an infinity.
pub fn smallest(held: &Held, out: &mut Fours, work: &mut [Vec<f32>; 2]) {
    extreme(held, out, work, F4::pmin);
}

/// Of rows whose nulls hold the negative infinity.
pub fn greatest(held: &Held, out: &mut Fours, work: &mut [Vec<f32>; 2]) {
    extreme(held, out, work, F4::pmax);
}

#[inline(never)]
fn extreme(held: &Held, out: &mut Fours, work: &mut [Vec<f32>; 2], better: impl Fn(F4, F4) -> F4 + Copy) {
    let best = best(held.n, &held.a[1..], work, better);
    for (i, (out, best)) in out.iter_mut().zip(fours(best)).enumerate() {
        F4::of(best).plus(enough(held, i)).put(out);
    }
}

/// 0, which makes no zero negative, or null where there are too few values in the window.
#[inline(always)]
fn enough(held: &Held, i: usize) -> F4 {
    held.shares.map_or(F4::splat(0.0), |shares| shares.at(i).narrow().nothing())
}

/// Scratch memory: values with their rows, and the best of more and more of them.
#[derive(Default)]
pub struct Dated {
    rows: Vec<f64>,
    bests: [Vec<f64>; 2],
}

/// Rows since the smallest value of each window, the latest of equal ones.
pub fn since_smallest(held: &Held, out: &mut Fours, work: &mut Dated) {
    since::<false>(held, out, work, f64::INFINITY, D4::pmin);
}

/// Rows since the greatest value of each window, the latest of equal ones.
pub fn since_greatest(held: &Held, out: &mut Fours, work: &mut Dated) {
    since::<true>(held, out, work, f64::NEG_INFINITY, D4::pmax);
}

/// Bits of a f64 that a f32 leaves 0 and that hold the number of any row of tile and past.
const ROW: u64 = (1 << 12) - 1;

/// The row as it is written into the bits of its value, and back: of equal values the later row is made the better
/// one. Greater bits are a greater magnitude: which of them is better hangs on the sign.
#[inline(always)]
fn dated<const GREATEST: bool>(row: u64, bits: u64) -> u64 {
    let sign = (bits as i64 >> 63) as u64;
    (row ^ if GREATEST { sign } else { !sign }) & ROW
}

/// As [`extreme`], of values that carry their row in bits too low to change their order.
#[inline(never)]
fn since<const GREATEST: bool>(
    held: &Held,
    out: &mut Fours,
    Dated { rows, bests }: &mut Dated,
    nothing: f64,
    better: impl Fn(D4, D4) -> D4 + Copy,
) {
    rows.clear();
    rows.extend(held.raw.a[1..].iter().zip(0..).map(|(&x, row)| {
        let bits = f64::from(x + 0.0).to_bits();
        if x.is_finite() { f64::from_bits(bits | dated::<GREATEST>(row, bits)) } else { nothing }
    }));
    let best = best(held.n, rows, bests, better);
    for (out, (best, now)) in out.as_flattened_mut().iter_mut().zip(best.iter().zip(held.n as i32 - 1..)) {
        let bits = best.to_bits();
        *out = (now - dated::<GREATEST>(bits, bits) as i32) as f32;
    }
    for (i, out) in out.iter_mut().enumerate() {
        F4::of(out).plus(enough(held, i)).put(out);
    }
}
