//! The smallest and the greatest value of windows, and how long ago they were. The values: extremes of 1, 4, 16, … rows, each from four of a
//! quarter of the length, then of n from those that cover it.
//! How long ago: a queue of the rows that are better than all later ones of their window.

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
pub fn since_smallest(held: &Held, out: &mut Fours, queue: &mut Vec<u32>) {
    since(held, out, queue, |x, y| x <= y);
}

pub fn since_greatest(held: &Held, out: &mut Fours, queue: &mut Vec<u32>) {
    since(held, out, queue, |x, y| x >= y);
}

#[inline(always)]
fn since(held: &Held, out: &mut Fours, queue: &mut Vec<u32>, as_good: impl Fn(f32, f32) -> bool) {
    let (rows, n, out) = (held.raw.a, held.n, out.as_flattened_mut());
    queue.clear();
    let mut front = 0;
    for (i, &x) in rows.iter().enumerate().skip(1) {
        if x.is_finite() {
            while queue.len() > front && queue.last().is_some_and(|&q| as_good(x, rows[q as usize])) {
                queue.pop();
            }
            queue.push(i as u32);
        }
        let Some(at) = i.checked_sub(n) else { continue };
        while queue.get(front).is_some_and(|&q| q as usize <= at) {
            front += 1;
        }
        let enough = held.shares.is_none_or(|shares| shares[at / LANES][at % LANES].is_finite());
        out[at] = match queue.get(front) {
            Some(&best) if enough => (i - best as usize) as f32,
            _ => f32::NAN,
        };
    }
}
