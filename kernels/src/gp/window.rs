//! The operators over windows of rows, on one tile with its past. Everything starts afresh at each tile, so
//! that a value depends only on absolute row numbers and the rows themselves. The work of a row does not
//! grow with the window, but for what is read of the past once a tile.
//!
//! The loops over a tile are functions that are never inlined, one for each way through: engines that run WASM keep
//! in registers what a loop carries only where the function around it is small.

use super::decay::{self, Memory};
use super::op::Op;
use super::pointwise::TILE;
use super::running::{self, rows_from};
use super::simd::{D4, F4, LANES};
use super::{extreme, rank, shape, trend};

/// Vectors of a tile.
pub const FOURS: usize = TILE / LANES;
pub type Fours = [[f32; LANES]; FOURS];

/// The rows that an operator looks at, `n` before the tile and the tile: the window of row i of the tile is
/// `i + 1 ..= i + n`. Anything not finite is null.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub n: usize,
    pub a: &'a [f32],
    /// The second operand, or empty.
    pub b: &'a [f32],
}

/// Scratch memory that calls reuse.
#[derive(Default)]
pub struct Workspace {
    held: Holding,
    changes: [Vec<u32>; 2],
    extremes: [Vec<f32>; 2],
    dated: extreme::Dated,
    sorting: rank::Sorting,
}

/// `out = op(a, n)` or `op(a, b, n)` for the tile that starts at absolute row `first`; `memory` belongs to
/// this step of the plan.
pub fn apply(op: Op, first: usize, rows: Rows, out: &mut [f32], memory: &mut Memory, work: &mut Workspace) {
    let to: &mut Fours = out.as_chunks_mut().0.try_into().expect("a whole tile");
    match op {
        Op::Lag => to.copy_from_slice(&fours(rows.a)[..FOURS]),
        Op::Delta => delta(rows, to),
        Op::Sum | Op::Sma => running::totals(op == Op::Sma, &work.held.hold(rows, Null::Is(0.0)), to),
        Op::Std | Op::Zscore => {
            running::spread(op == Op::Zscore, &work.held.hold(rows, Null::IsFirst), to, &mut work.changes[0])
        }
        Op::Corr | Op::Cov => {
            running::together(op == Op::Corr, &work.held.hold(rows, Null::IsFirst), to, &mut work.changes)
        }
        Op::Wma => trend::weighted(&work.held.hold_dated(rows), to),
        Op::Slope => trend::slope(&work.held.hold_dated(rows), to, &mut work.changes[0]),
        Op::Skew => shape::skewness(&work.held.hold(rows, Null::IsFirst), to, &mut work.changes[0]),
        Op::Kurt => shape::kurtosis(&work.held.hold(rows, Null::IsFirst), to, &mut work.changes[0]),
        Op::Ema => decay::mean(&work.held.hold(rows, Null::Is(0.0)), to, memory),
        Op::TsMin => {
            extreme::smallest(&work.held.hold(rows, Null::Is(f32::INFINITY)), to, &mut work.extremes)
        }
        Op::TsMax => {
            extreme::greatest(&work.held.hold(rows, Null::Is(f32::NEG_INFINITY)), to, &mut work.extremes)
        }
        Op::ArgMin => extreme::since_smallest(&work.held.hold(rows, Null::Is(f32::NAN)), to, &mut work.dated),
        Op::ArgMax => extreme::since_greatest(&work.held.hold(rows, Null::Is(f32::NAN)), to, &mut work.dated),
        Op::Rank => rank::rank(&work.held.hold(rows, Null::Is(f32::NAN)), to, &mut work.sorting),
        _ => {}
    }
    let full_at = if matches!(op, Op::Lag | Op::Delta) { rows.n } else { rows.n - 1 };
    let short = full_at.saturating_sub(first).min(TILE);
    out[..short].fill(f32::NAN);
}

/// The whole vectors of a slice.
pub fn fours(rows: &[f32]) -> &[[f32; LANES]] {
    rows.as_chunks().0
}

/// The vectors of the tile that starts at row `from`.
pub fn tile(rows: &[f32], from: usize) -> &Fours {
    fours(&rows[from..from + TILE]).try_into().expect("a whole tile")
}

fn delta(rows: Rows, out: &mut Fours) {
    let (late, early) = (tile(rows.a, rows.n), tile(rows.a, 0));
    for i in 0..FOURS {
        F4::of(&late[i]).minus(F4::of(&early[i])).put(&mut out[i]);
    }
}

/// Whether every row has a value.
pub fn complete(rows: &[f32]) -> bool {
    let (fours, rest) = rows.as_chunks();
    let nulls = fours.iter().fold(F4::splat(0.0), |all, x| all.or(F4::of(x).nothing()));
    !nulls.any() && rest.iter().all(|x| x.is_finite())
}

/// One over the number of values in the window that ends at each row; NaN where they are fewer than half.
pub trait Share: Copy {
    fn at(self, i: usize) -> D4;
}

impl Share for f64 {
    #[inline(always)]
    fn at(self, _: usize) -> D4 {
        D4::splat(self)
    }
}

pub type Shares = [[f64; LANES]; FOURS];

impl Share for &Shares {
    #[inline(always)]
    fn at(self, i: usize) -> D4 {
        D4::of(&self[i])
    }
}

/// Over the nulls of each window, the sums of 1, t and t², t counted from the first row of the tile.
pub type Missing = [[[f64; LANES]; 3]; FOURS];

/// What a null holds.
#[derive(Clone, Copy)]
enum Null {
    /// The first value.
    IsFirst,
    Is(f32),
}

/// Rows made ready: nulls hold the pivot, so that they add nothing to sums of differences from it.
pub struct Held<'a> {
    pub n: usize,
    pub a: &'a [f32],
    pub b: &'a [f32],
    /// The rows as they came.
    pub raw: Rows<'a>,
    /// A value near those of `a`, and of `b`, so that squares of differences from it do not cancel.
    pub pivots: [f32; 2],
    /// `None` where every row has a value.
    pub shares: Option<&'a Shares>,
    /// Of rows that are dated and not all have a value.
    pub missing: Option<&'a Missing>,
}

/// Memory of [`Held`] rows with nulls.
struct Holding {
    a: Vec<f32>,
    b: Vec<f32>,
    shares: Box<Shares>,
    missing: Box<Missing>,
}

impl Default for Holding {
    fn default() -> Self {
        Holding {
            a: Vec::new(),
            b: Vec::new(),
            shares: Box::new([[0.0; LANES]; FOURS]),
            missing: Box::new([[[0.0; LANES]; 3]; FOURS]),
        }
    }
}

impl Holding {
    fn hold<'a>(&'a mut self, raw: Rows<'a>, null: Null) -> Held<'a> {
        let Rows { n, a, b } = raw;
        assert!(a.len() == n + TILE && (b.is_empty() || b.len() == a.len()));
        let first = |x: &[f32]| x.iter().copied().find(|x| x.is_finite()).unwrap_or(0.0);
        let pivots = [a, b].map(|x| match null {
            Null::IsFirst => first(x),
            Null::Is(value) => value,
        });
        let whole = Held { n, a, b, raw, pivots, shares: None, missing: None };
        if complete(a) && complete(b) {
            return whole;
        }
        if b.is_empty() {
            fill_nulls::<false>(&mut self.a, a, a, pivots[0]);
            self.share::<false>(raw);
            return Held { a: &self.a, shares: Some(&self.shares), ..whole };
        }
        fill_nulls::<true>(&mut self.a, a, b, pivots[0]);
        fill_nulls::<true>(&mut self.b, b, a, pivots[1]);
        self.share::<true>(raw);
        Held { a: &self.a, b: &self.b, shares: Some(&self.shares), ..whole }
    }

    /// Of one operand; pivoted, and with the sums of the times of the nulls.
    fn hold_dated<'a>(&'a mut self, raw: Rows<'a>) -> Held<'a> {
        let Held { n, pivots, shares, .. } = self.hold(raw, Null::IsFirst);
        if shares.is_none() {
            return Held { n, a: raw.a, b: &[], raw, pivots, shares: None, missing: None };
        }
        self.date(raw);
        let (shares, missing) = (Some(&*self.shares), Some(&*self.missing));
        Held { n, a: &self.a, b: &[], raw, pivots, shares, missing }
    }

    fn share<const PAIRED: bool>(&mut self, raw: Rows) {
        let [one, least] = [1, raw.n.div_ceil(2)].map(|x| D4::splat(x as f64));
        let mut lost = D4::splat(0.0);
        past::<PAIRED>(raw, |_, nulls| lost = lost.plus(nulls));
        let (mut have, mut before) = (D4::splat(raw.n as f64 - lost.total()), D4::splat(0.0));
        let [late, early] = [raw.n, 0].map(|from| nulls_from::<PAIRED>(raw, from));
        for (i, shares) in self.shares.iter_mut().enumerate() {
            let (enter, leave) = (late(i), early(i));
            let step = leave.minus(enter).wide();
            (have, before) = (step.pairs(before).onto(have), step);
            one.over(have).or(have.lower(least)).put(shares);
        }
    }

    fn date(&mut self, raw: Rows) {
        let (n, four) = (D4::splat(raw.n as f64), D4::splat(LANES as f64));
        let mut sums = [D4::splat(0.0); 3];
        let powers = |nulls: D4, t: D4| [nulls, nulls.times(t), nulls.times(t).times(t)];
        past::<false>(raw, |row, nulls| {
            for (sum, more) in sums.iter_mut().zip(powers(nulls, row.minus(n))) {
                *sum = sum.plus(more);
            }
        });
        let (mut sums, mut before) = (sums.map(|sum| D4::splat(sum.total())), [D4::splat(0.0); 3]);
        let mut t = rows_from(0.0);
        let [late, early] = [raw.n, 0].map(|from| nulls_from::<false>(raw, from));
        for (i, missing) in self.missing.iter_mut().enumerate() {
            let (enter, leave) = (powers(late(i).wide(), t), powers(early(i).wide(), t.minus(n)));
            for power in 0..3 {
                let step = enter[power].minus(leave[power]);
                sums[power] = step.pairs(before[power]).onto(sums[power]);
                before[power] = step;
                sums[power].put(&mut missing[power]);
            }
            t = t.plus(four);
        }
    }
}

/// 1 for each null among four rows, else 0; where operands are paired, in one or both.
#[inline(always)]
fn nulls<const PAIRED: bool>(x: &[f32; LANES], y: &[f32; LANES]) -> F4 {
    let nothing = F4::of(x).nothing();
    let nothing = if PAIRED { nothing.plus(F4::of(y).nothing()) } else { nothing };
    F4::splat(1.0).without(nothing.equal(F4::splat(0.0)))
}

/// Gives the nulls of the vectors of a tile that starts at a row.
#[inline(always)]
fn nulls_from<'a, const PAIRED: bool>(Rows { a, b, .. }: Rows<'a>, row: usize) -> impl Fn(usize) -> F4 + 'a {
    let [a, b] = [a, if PAIRED { b } else { a }].map(|x| tile(x, row));
    move |i| nulls::<PAIRED>(&a[i], &b[i])
}

/// Calls `each` with the numbers of four rows before the tile, counted from the first of the past, and 1 for each
/// null among them, else 0.
#[inline(always)]
fn past<const PAIRED: bool>(Rows { n, a, b }: Rows, mut each: impl FnMut(D4, D4)) {
    let b = if PAIRED { b } else { a };
    // The first four less those that are counted once more.
    let odd = n % LANES;
    let counts = D4::new(std::array::from_fn(|k| f64::from(u8::from(k < odd))));
    each(rows_from(0.0), nulls::<PAIRED>(&tile(a, 0)[0], &tile(b, 0)[0]).wide().times(counts));
    let mut row = rows_from(odd as f64);
    for (x, y) in fours(&a[odd..n]).iter().zip(fours(&b[odd..n])) {
        each(row, nulls::<PAIRED>(x, y).wide());
        row = row.plus(D4::splat(LANES as f64));
    }
}

/// Into `to` the rows that have a value, also in `others` where they are paired, elsewhere `value`.
#[inline(always)]
fn fill_nulls<const PAIRED: bool>(to: &mut Vec<f32>, rows: &[f32], others: &[f32], value: f32) {
    let value = F4::splat(value);
    to.resize(rows.len(), 0.0);
    let fill = |to: &mut [f32; LANES], x: &[f32; LANES], y: &[f32; LANES]| {
        let (x, y) = (F4::of(x), F4::of(y));
        let nothing = if PAIRED { x.nothing().plus(y.nothing()) } else { x.nothing() };
        F4::select(nothing.equal(F4::splat(0.0)), x, value).put(to);
    };
    for ((to, x), y) in to.as_chunks_mut().0.iter_mut().zip(fours(rows)).zip(fours(others)) {
        fill(to, x, y);
    }
    // The rest with the last ones that are done.
    let last = |x: &[f32]| *x.last_chunk().expect("a tile at least");
    fill(to.last_chunk_mut().expect("a tile at least"), &last(rows), &last(others));
}
