//! The operators over windows of rows, on one tile with its past. Sums start afresh at each tile in
//! f64, so that a value depends only on absolute row numbers and the rows themselves.

use super::op::{Op, SMALLEST_DIVISOR};
use super::pointwise::TILE;

/// Scratch memory that calls reuse.
#[derive(Default)]
pub struct Workspace {
    sums: [Vec<f64>; 5],
    counts: Vec<u32>,
    lanes: [Vec<f32>; 2],
    changes: [Vec<i32>; 2],
    order: Vec<u32>,
    tree: Vec<u32>,
}

/// `out = op(a, n)` or `op(a, b, n)` for the tile that starts at absolute row `first`. `a` (and `b`) hold
/// `op.reach(n)` rows before the tile and the tile. Anything not finite is null.
pub fn apply(op: Op, n: usize, first: usize, a: &[f32], b: &[f32], out: &mut [f32], work: &mut Workspace) {
    match op {
        Op::Lag => out.copy_from_slice(&a[..TILE]),
        Op::Delta => (0..TILE).for_each(|i| out[i] = a[i + n] - a[i]),
        Op::Sum | Op::Sma => totals(op == Op::Sma, n, a, out, work),
        Op::Ema => ema(n, a, out, work),
        Op::Std | Op::Zscore => spread(op == Op::Zscore, n, a, out, work),
        Op::TsMin => extreme(n, a, out, work, f32::INFINITY, |x, y| if y < x { y } else { x }),
        Op::TsMax => extreme(n, a, out, work, f32::NEG_INFINITY, |x, y| if x < y { y } else { x }),
        Op::Rank => rank(n, a, out, work),
        Op::Corr => corr(n, a, b, out, work),
        _ => {}
    }
    let full_at = if matches!(op, Op::Lag | Op::Delta) { n } else { n - 1 };
    let short = full_at.saturating_sub(first).min(TILE);
    out[..short].fill(f32::NAN);
}

/// `to[i + 1] = to[i] + value(i)`: the sum of rows i..j is `to[j] - to[i]`.
fn prefix(to: &mut Vec<f64>, len: usize, value: impl Fn(usize) -> f64) {
    to.clear();
    to.resize(len + 1, 0.0);
    let mut sum = 0.0;
    for i in 0..len {
        sum += value(i);
        to[i + 1] = sum;
    }
}

fn count(to: &mut Vec<u32>, len: usize, present: impl Fn(usize) -> bool) {
    to.clear();
    to.resize(len + 1, 0);
    let mut sum = 0;
    for i in 0..len {
        sum += u32::from(present(i));
        to[i + 1] = sum;
    }
}

/// Whether `have` values of a window of `n` are enough.
#[inline(always)]
fn enough(have: u32, n: usize) -> bool {
    2 * have as usize >= n
}

/// A value near the others, so that squares of differences from it do not cancel.
fn pivot(a: &[f32]) -> f64 {
    a.iter().find(|x| x.is_finite()).map_or(0.0, |&x| f64::from(x))
}

fn totals(mean: bool, n: usize, a: &[f32], out: &mut [f32], work: &mut Workspace) {
    let sums = &mut work.sums[0];
    count(&mut work.counts, a.len(), |i| a[i].is_finite());
    prefix(sums, a.len(), |i| if a[i].is_finite() { f64::from(a[i]) } else { 0.0 });
    for i in 0..TILE {
        let have = work.counts[i + n] - work.counts[i];
        let sum = sums[i + n] - sums[i];
        let value = if mean { sum / f64::from(have) } else { sum };
        out[i] = if enough(have, n) { value as f32 } else { f32::NAN };
    }
}

/// The decayed sums restart 8n rows before the tile; what older rows would add is below 1e-6 of the mean.
fn ema(n: usize, a: &[f32], out: &mut [f32], work: &mut Workspace) {
    count(&mut work.counts, a.len(), |i| a[i].is_finite());
    let keep = 1.0 - 2.0 / (n as f64 + 1.0);
    let (mut sum, mut weight) = (0.0, 0.0);
    let past = a.len() - TILE;
    for (i, &x) in a.iter().enumerate() {
        let present = x.is_finite();
        sum = sum * keep + if present { f64::from(x) } else { 0.0 };
        weight = weight * keep + f64::from(u8::from(present));
        if i >= past {
            let have = work.counts[i + 1] - work.counts[i + 1 - n];
            out[i - past] = if enough(have, n) { (sum / weight) as f32 } else { f32::NAN };
        }
    }
}

/// For each row, the last row whose value differs from the next one after it (-1: none), so that a
/// window is known to be constant exactly.
fn changes(to: &mut Vec<i32>, len: usize, value: impl Fn(usize) -> Option<f32>) {
    to.clear();
    let mut previous: Option<(i32, f32)> = None;
    let mut change = -1;
    for i in 0..len {
        if let Some(x) = value(i) {
            if let Some((at, y)) = previous
                && x != y
            {
                change = at;
            }
            previous = Some((i as i32, x));
        }
        to.push(change);
    }
}

fn spread(standard: bool, n: usize, a: &[f32], out: &mut [f32], work: &mut Workspace) {
    let p = pivot(a);
    let less = |i: usize| if a[i].is_finite() { f64::from(a[i]) - p } else { 0.0 };
    let [sums, squares, ..] = &mut work.sums;
    count(&mut work.counts, a.len(), |i| a[i].is_finite());
    prefix(sums, a.len(), less);
    prefix(squares, a.len(), |i| less(i) * less(i));
    changes(&mut work.changes[0], a.len(), |i| a[i].is_finite().then_some(a[i]));
    for i in 0..TILE {
        let have = work.counts[i + n] - work.counts[i];
        let mean = (sums[i + n] - sums[i]) / f64::from(have);
        let variance = (squares[i + n] - squares[i]) / f64::from(have) - mean * mean;
        let constant = work.changes[0][i + n - 1] < i as i32;
        let std = if constant { 0.0 } else { variance.max(0.0).sqrt() };
        let x = a[i + n - 1];
        let value = match standard {
            false => std,
            true if std < SMALLEST_DIVISOR || !x.is_finite() => f64::NAN,
            true => (f64::from(x) - p - mean) / std,
        };
        out[i] = if enough(have, n) { value as f32 } else { f32::NAN };
    }
}

/// Extremes of 1, 2, 4, … rows, each from two of the half length; then of n from two that overlap.
fn extreme(
    n: usize,
    a: &[f32],
    out: &mut [f32],
    work: &mut Workspace,
    nothing: f32,
    better: impl Fn(f32, f32) -> f32,
) {
    count(&mut work.counts, a.len(), |i| a[i].is_finite());
    let [now, next] = &mut work.lanes;
    now.clear();
    now.extend(a.iter().map(|&x| if x.is_finite() { x } else { nothing }));
    let mut span = 1;
    while 2 * span <= n {
        // now[i] covers rows i .. i + span.
        next.clear();
        next.extend(now.iter().zip(&now[span..]).map(|(&x, &y)| better(x, y)));
        std::mem::swap(now, next);
        span *= 2;
    }
    for i in 0..TILE {
        let have = work.counts[i + n] - work.counts[i];
        let value = better(now[i], now[i + n - span]);
        out[i] = if enough(have, n) { value } else { f32::NAN };
    }
}

/// Counts in a tree over the sorted values of tile and past: O(log) a row.
fn rank(n: usize, a: &[f32], out: &mut [f32], work: &mut Workspace) {
    count(&mut work.counts, a.len(), |i| a[i].is_finite());
    let levels = level_of_each(a, work);
    let Workspace { order: level, tree, counts, .. } = work;
    tree.clear();
    tree.resize(levels + 1, 0);
    for i in 0..a.len() {
        if a[i].is_finite() {
            tree_add(tree, level[i], 1);
        }
        if i >= n && a[i - n].is_finite() {
            tree_add(tree, level[i - n], u32::MAX);
        }
        let Some(at) = (i + 1).checked_sub(n) else { continue };
        let have = counts[i + 1] - counts[at];
        out[at] = if a[i].is_finite() && enough(have, n) {
            let below = tree_sum(tree, level[i]);
            let ties = tree_sum(tree, level[i] + 1) - below;
            ((f64::from(below) + 0.5 * f64::from(ties)) / f64::from(have)) as f32
        } else {
            f32::NAN
        };
    }
}

/// Writes each row's number among the distinct values into `work.order`; returns how many there are.
fn level_of_each(a: &[f32], work: &mut Workspace) -> usize {
    let sorted = &mut work.tree;
    sorted.clear();
    sorted.extend((0..a.len() as u32).filter(|&i| a[i as usize].is_finite()));
    sorted.sort_unstable_by(|&i, &j| {
        a[i as usize].partial_cmp(&a[j as usize]).unwrap_or(std::cmp::Ordering::Equal)
    });
    work.order.clear();
    work.order.resize(a.len(), 0);
    let mut levels = 0;
    for k in 0..sorted.len() {
        if k > 0 && a[sorted[k] as usize] != a[sorted[k - 1] as usize] {
            levels += 1;
        }
        work.order[sorted[k] as usize] = levels;
    }
    levels as usize + 1
}

fn tree_add(tree: &mut [u32], level: u32, by: u32) {
    let mut i = level as usize + 1;
    while i < tree.len() {
        tree[i] = tree[i].wrapping_add(by);
        i += i & i.wrapping_neg();
    }
}

/// How many values lie on levels below `level`.
fn tree_sum(tree: &[u32], level: u32) -> u32 {
    let (mut i, mut sum) = (level as usize, 0u32);
    while i > 0 {
        sum = sum.wrapping_add(tree[i]);
        i -= i & i.wrapping_neg();
    }
    sum
}

fn corr(n: usize, a: &[f32], b: &[f32], out: &mut [f32], work: &mut Workspace) {
    let both = |i: usize| a[i].is_finite() && b[i].is_finite();
    let (p, q) = (pivot(a), pivot(b));
    let x = |i: usize| if both(i) { f64::from(a[i]) - p } else { 0.0 };
    let y = |i: usize| if both(i) { f64::from(b[i]) - q } else { 0.0 };
    let Workspace { sums: [sx, sy, sxx, syy, sxy], counts, changes: [cx, cy], .. } = work;
    count(counts, a.len(), both);
    prefix(sx, a.len(), x);
    prefix(sy, a.len(), y);
    prefix(sxx, a.len(), |i| x(i) * x(i));
    prefix(syy, a.len(), |i| y(i) * y(i));
    prefix(sxy, a.len(), |i| x(i) * y(i));
    changes(cx, a.len(), |i| both(i).then_some(a[i]));
    changes(cy, a.len(), |i| both(i).then_some(b[i]));
    for i in 0..TILE {
        let have = counts[i + n] - counts[i];
        let mean = |s: &[f64]| (s[i + n] - s[i]) / f64::from(have);
        let (mx, my) = (mean(sx), mean(sy));
        let vx = (mean(sxx) - mx * mx).max(0.0).sqrt();
        let vy = (mean(syy) - my * my).max(0.0).sqrt();
        let constant = cx[i + n - 1] < i as i32 || cy[i + n - 1] < i as i32;
        let flat = constant || vx < SMALLEST_DIVISOR || vy < SMALLEST_DIVISOR;
        let value = ((mean(sxy) - mx * my) / (vx * vy)).clamp(-1.0, 1.0);
        out[i] = if enough(have, n) && !flat { value as f32 } else { f32::NAN };
    }
}
