//! The operators over windows of rows, on one tile with its past. Sums start afresh at each tile in
//! f64, so that a value depends only on absolute row numbers and the rows themselves.

use super::op::{Op, SMALLEST_DIVISOR};
use super::pointwise::TILE;
use super::simd::{F4, LANES};

/// Scratch memory that calls reuse.
#[derive(Default)]
pub struct Workspace {
    one: Vec<[f64; 1]>,
    two: Vec<[f64; 2]>,
    five: Vec<[f64; 5]>,
    counts: Vec<u32>,
    lanes: [Vec<f32>; 2],
    changes: Vec<u32>,
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

/// Whether every row has a value.
fn complete(a: &[f32]) -> bool {
    const EXPONENT: u32 = 0x7f80_0000;
    a.iter().fold(true, |all, x| all & (x.to_bits() & EXPONENT != EXPONENT))
}

/// A window's count of values: all rows, or by prefix sums.
#[derive(Clone, Copy)]
enum Have<'a> {
    All,
    Some(&'a [u32]),
}

impl Have<'_> {
    /// How many of rows `i .. i + n` have a value.
    #[inline(always)]
    fn within(self, i: usize, n: usize) -> usize {
        match self {
            Have::All => n,
            Have::Some(counts) => (counts[i + n] - counts[i]) as usize,
        }
    }
}

/// Counts the values of `a`, and of `b` where it has as many rows: pairs then.
fn count<'a>(to: &'a mut Vec<u32>, a: &[f32], b: &[f32]) -> Have<'a> {
    if complete(a) && complete(b) {
        return Have::All;
    }
    to.resize(a.len() + 1, 0);
    let mut sum = 0;
    for (i, (to, x)) in to[1..].iter_mut().zip(a).enumerate() {
        sum += u32::from(x.is_finite() && b.get(i).is_none_or(|y| y.is_finite()));
        *to = sum;
    }
    to[0] = 0;
    Have::Some(to)
}

/// Whether `have` values of a window of `n` are enough.
#[inline(always)]
fn enough(have: usize, n: usize) -> bool {
    2 * have >= n
}

/// A value near the others, so that squares of differences from it do not cancel.
fn pivot(a: &[f32]) -> f64 {
    a.iter().find(|x| x.is_finite()).map_or(0.0, |&x| f64::from(x))
}

/// Prefix sums of `N` terms a row: the sums of rows i .. j are `to[j] - to[i]`.
fn prefix<const N: usize>(to: &mut Vec<[f64; N]>, rows: usize, terms: impl Fn(usize) -> [f64; N]) {
    to.resize(rows + 1, [0.0; N]);
    let mut sums = [0.0; N];
    to[0] = sums;
    for (i, to) in to[1..].iter_mut().enumerate() {
        let terms = terms(i);
        for k in 0..N {
            sums[k] += terms[k];
        }
        *to = sums;
    }
}

/// The value less the pivot, 0 for null.
#[inline(always)]
fn less(x: f32, pivot: f64) -> f64 {
    if x.is_finite() { f64::from(x) - pivot } else { 0.0 }
}

fn totals(mean: bool, n: usize, a: &[f32], out: &mut [f32], work: &mut Workspace) {
    let have = count(&mut work.counts, a, &[]);
    let sums = &mut work.one;
    prefix(sums, a.len(), |i| [less(a[i], 0.0)]);
    let (late, early) = (&sums[n..n + TILE], &sums[..TILE]);
    for i in 0..TILE {
        let here = have.within(i, n);
        let sum = late[i][0] - early[i][0];
        let value = if mean { sum / here as f64 } else { sum };
        out[i] = if enough(here, n) { value as f32 } else { f32::NAN };
    }
}

/// The decayed sums restart 8n rows before the tile; what older rows would add is below 1e-6 of the mean.
fn ema(n: usize, a: &[f32], out: &mut [f32], work: &mut Workspace) {
    let have = count(&mut work.counts, a, &[]);
    let keep = 1.0 - 2.0 / (n as f64 + 1.0);
    let past = a.len() - TILE;
    let (mut sum, mut weight) = decayed(&a[..past], keep);
    for (i, &x) in a[past..].iter().enumerate() {
        sum = sum * keep + less(x, 0.0);
        weight = weight * keep + f64::from(u8::from(x.is_finite()));
        let value = (sum / weight) as f32;
        out[i] = if enough(have.within(past + i + 1 - n, n), n) { value } else { f32::NAN };
    }
}

/// The decayed sum of the values and of their number, in four strands that run side by side.
fn decayed(a: &[f32], keep: f64) -> (f64, f64) {
    let quarter = a.len() / 4;
    let (head, strands) = a.split_at(a.len() - 4 * quarter);
    let (mut sums, mut weights) = ([0.0; 4], [0.0; 4]);
    for &x in head {
        sums[0] = sums[0] * keep + less(x, 0.0);
        weights[0] = weights[0] * keep + f64::from(u8::from(x.is_finite()));
    }
    for i in 0..quarter {
        for k in 0..4 {
            let x = strands[k * quarter + i];
            sums[k] = sums[k] * keep + less(x, 0.0);
            weights[k] = weights[k] * keep + f64::from(u8::from(x.is_finite()));
        }
    }
    let span = (0..quarter).fold(1.0, |power, _| power * keep);
    let joined = |s: [f64; 4]| ((s[0] * span + s[1]) * span + s[2]) * span + s[3];
    (joined(sums), joined(weights))
}

/// Below this share of the mean square of tile and past, a variance from prefix sums has lost too much to
/// cancellation and is computed from the window itself.
const CANCELLED: f64 = 1e-9;

/// Mean and population variance of those values of a window that are not null; of a constant window
/// exactly 0.
fn moments(window: impl Iterator<Item = f64> + Clone) -> [f64; 2] {
    let first = window.clone().next().unwrap_or(0.0);
    let have = window.clone().count() as f64;
    let mean = first + window.clone().map(|x| x - first).sum::<f64>() / have;
    [mean, window.map(|x| (x - mean) * (x - mean)).sum::<f64>() / have]
}

/// For each row, the last row up to it whose value differs from the one before (0: none). A window that
/// starts there or later is constant; one with nulls in it is not known to be.
fn changes(to: &mut Vec<u32>, a: &[f32]) {
    to.resize(a.len(), 0);
    let (mut previous, mut change) = (a[0], 0);
    for (i, (to, &x)) in to.iter_mut().zip(a).enumerate() {
        change = if x != previous { i as u32 } else { change };
        previous = x;
        *to = change;
    }
}

fn spread(standard: bool, n: usize, a: &[f32], out: &mut [f32], work: &mut Workspace) {
    let p = pivot(a);
    let have = count(&mut work.counts, a, &[]);
    let sums = &mut work.two;
    prefix(sums, a.len(), |i| {
        let x = less(a[i], p);
        [x, x * x]
    });
    changes(&mut work.changes, a);
    let cancelled = CANCELLED * sums[a.len()][1];
    let (early, late) = (&sums[..TILE], &sums[n..n + TILE]);
    for i in 0..TILE {
        let here = have.within(i, n);
        let share = 1.0 / here as f64;
        let mut mean = (late[i][0] - early[i][0]) * share;
        let mut variance = (late[i][1] - early[i][1]) * share - mean * mean;
        if work.changes[i + n - 1] as usize <= i {
            (mean, variance) = (less(a[i], p), 0.0);
        } else if variance < cancelled * share {
            [mean, variance] = moments(a[i..i + n].iter().filter(|x| x.is_finite()).map(|&x| less(x, p)));
        }
        let std = variance.sqrt();
        let x = a[i + n - 1];
        let value = if standard { (f64::from(x) - p - mean) / std } else { std };
        let null = standard && (std < SMALLEST_DIVISOR || !x.is_finite());
        out[i] = if enough(here, n) && !null { value as f32 } else { f32::NAN };
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
    let have = count(&mut work.counts, a, &[]);
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
        let value = better(now[i], now[i + n - span]);
        out[i] = if enough(have.within(i, n), n) { value } else { f32::NAN };
    }
}

/// The widest window whose rows are counted one by one.
const NARROW: usize = 256;

fn rank(n: usize, a: &[f32], out: &mut [f32], work: &mut Workspace) {
    if n <= NARROW { rank_by_counting(n, a, out, work) } else { rank_by_tree(n, a, out, work) }
}

/// Four rows at a time, each compared with the rows of its window.
fn rank_by_counting(n: usize, a: &[f32], out: &mut [f32], work: &mut Workspace) {
    let have = count(&mut work.counts, a, &[]);
    let rows = &mut work.lanes[0];
    rows.clear();
    rows.extend(a.iter().map(|&x| if x.is_finite() { x } else { f32::NAN }));
    let (one, rows) = (F4::splat(1.0), &rows[..]);
    let four = |i: usize| {
        let values = &rows[i..i + LANES];
        // SAFETY: the slice holds four values.
        unsafe { F4::load(values.as_ptr()) }
    };
    for i in (0..TILE).step_by(LANES) {
        let x = four(i + n - 1);
        let (mut below, mut ties) = (F4::splat(0.0), F4::splat(0.0));
        for k in 0..n {
            let y = four(i + k);
            below = below.plus(y.less(x).and(one));
            ties = ties.plus(y.equal(x).and(one));
        }
        let counted = below.plus(ties.times(F4::splat(0.5))).lanes();
        for (k, counted) in counted.into_iter().enumerate() {
            let here = have.within(i + k, n);
            let present = rows[i + k + n - 1].is_finite() && enough(here, n);
            out[i + k] = if present { counted / here as f32 } else { f32::NAN };
        }
    }
}

/// Counts in a tree over the sorted values of tile and past: O(log) a row.
fn rank_by_tree(n: usize, a: &[f32], out: &mut [f32], work: &mut Workspace) {
    let levels = level_of_each(a, work);
    let Workspace { order: level, tree, counts, .. } = work;
    let have = count(counts, a, &[]);
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
        let here = have.within(at, n);
        out[at] = if a[i].is_finite() && enough(here, n) {
            let below = tree_sum(tree, level[i]);
            let ties = tree_sum(tree, level[i] + 1) - below;
            ((f64::from(below) + 0.5 * f64::from(ties)) / here as f64) as f32
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
    let (p, q) = (pivot(a), pivot(b));
    let have = count(&mut work.counts, a, b);
    let both = |i: usize| a[i].is_finite() && b[i].is_finite();
    let sums = &mut work.five;
    prefix(sums, a.len(), |i| {
        let (x, y) = if both(i) { (less(a[i], p), less(b[i], q)) } else { (0.0, 0.0) };
        [x, y, x * x, y * y, x * y]
    });
    let cancelled = [CANCELLED * sums[a.len()][2], CANCELLED * sums[a.len()][3]];
    for i in 0..TILE {
        let here = have.within(i, n);
        let share = 1.0 / here as f64;
        let [x, y, xx, yy, xy] = std::array::from_fn(|k| (sums[i + n][k] - sums[i][k]) * share);
        let (mut vx, mut vy, mut together) = (xx - x * x, yy - y * y, xy - x * y);
        if vx < cancelled[0] * share || vy < cancelled[1] * share {
            let rows = (i..i + n).filter(|&j| both(j));
            let [mx, sx] = moments(rows.clone().map(|j| less(a[j], p)));
            let [my, sy] = moments(rows.clone().map(|j| less(b[j], q)));
            let products = rows.map(|j| (less(a[j], p) - mx) * (less(b[j], q) - my));
            (vx, vy, together) = (sx, sy, products.sum::<f64>() * share);
        }
        let least = SMALLEST_DIVISOR * SMALLEST_DIVISOR;
        let value = (together / (vx * vy).sqrt()).clamp(-1.0, 1.0) as f32;
        out[i] = if enough(here, n) && vx >= least && vy >= least { value } else { f32::NAN };
    }
}
