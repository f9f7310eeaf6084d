//! The operators over windows of rows, on one tile with its past. Everything starts afresh at each tile, so
//! that a value depends only on absolute row numbers and the rows themselves. The work of a row does not
//! grow with the window, but for what is read of the past once a tile.

use super::decay::{self, Memory};
use super::op::Op;
use super::pointwise::TILE;
use super::running;
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
    pub lanes: [Vec<f32>; 2],
    pub dated: [Vec<f64>; 2],
    pub changes: [Vec<u32>; 2],
    pub sorting: rank::Sorting,
}

/// `out = op(a, n)` or `op(a, b, n)` for the tile that starts at absolute row `first`; `memory` belongs to
/// this step of the plan.
pub fn apply(op: Op, first: usize, rows: Rows, out: &mut [f32], memory: &mut Memory, work: &mut Workspace) {
    let to: &mut Fours = out.as_chunks_mut().0.try_into().expect("a whole tile");
    match op {
        Op::Lag => to.copy_from_slice(&fours(rows.a)[..FOURS]),
        Op::Delta => delta(rows, to),
        Op::Sum | Op::Sma => running::totals(op == Op::Sma, &work.held.hold(rows, false), to),
        Op::Std | Op::Zscore => {
            running::spread(op == Op::Zscore, &work.held.hold(rows, true), to, &mut work.changes[0])
        }
        Op::Corr | Op::Cov => {
            running::together(op == Op::Corr, &work.held.hold(rows, true), to, &mut work.changes)
        }
        Op::Wma => trend::weighted(&work.held.hold_dated(rows), to),
        Op::Slope => trend::slope(&work.held.hold_dated(rows), to, &mut work.changes[0]),
        Op::Skew => shape::skewness(&work.held.hold(rows, true), to, &mut work.changes[0]),
        Op::Kurt => shape::kurtosis(&work.held.hold(rows, true), to, &mut work.changes[0]),
        Op::Ema => decay::mean(&work.held.hold(rows, false), to, memory),
        Op::TsMin => extreme::smallest(&work.held.hold(rows, false), to, &mut work.lanes),
        Op::TsMax => extreme::greatest(&work.held.hold(rows, false), to, &mut work.lanes),
        Op::ArgMin => extreme::since_smallest(&work.held.hold(rows, false), to, &mut work.dated),
        Op::ArgMax => extreme::since_greatest(&work.held.hold(rows, false), to, &mut work.dated),
        Op::Rank => rank::rank(&work.held.hold(rows, false), to, &mut work.lanes[0], &mut work.sorting),
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
pub type Missing = [Shares; 3];

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
    /// 1 for each row that has a value (in both operands), else 0.
    present: Vec<f32>,
    shares: Box<Shares>,
    missing: Box<Missing>,
}

const NOTHING: Shares = [[0.0; LANES]; FOURS];

impl Default for Holding {
    fn default() -> Self {
        let (a, b, present) = Default::default();
        Holding { a, b, present, shares: Box::new(NOTHING), missing: Box::new([NOTHING; 3]) }
    }
}

impl Holding {
    /// With `pivoted` the pivots are the first values, else 0.
    fn hold<'a>(&'a mut self, raw: Rows<'a>, pivoted: bool) -> Held<'a> {
        let Rows { n, a, b } = raw;
        assert!(a.len() == n + TILE && (b.is_empty() || b.len() == a.len()));
        let first = |x: &[f32]| x.iter().copied().find(|x| x.is_finite()).unwrap_or(0.0);
        let pivots = [a, b].map(|x| if pivoted { first(x) } else { 0.0 });
        let whole = Held { n, a, b, raw, pivots, shares: None, missing: None };
        if complete(a) && complete(b) {
            return whole;
        }
        let partner = |x, none| if b.is_empty() { none } else { x };
        fill_nulls([&mut self.a, &mut self.present], a, partner(b, a), pivots[0]);
        if !b.is_empty() {
            fill_nulls([&mut self.b, &mut self.present], b, a, pivots[1]);
        }
        self.share(n);
        Held { a: &self.a, b: partner(&self.b, b), shares: Some(&self.shares), ..whole }
    }

    /// Pivoted, and with the sums of the times of the nulls.
    fn hold_dated<'a>(&'a mut self, raw: Rows<'a>) -> Held<'a> {
        let Held { n, pivots, shares, .. } = self.hold(raw, true);
        if shares.is_none() {
            return Held { n, a: raw.a, b: raw.b, raw, pivots, shares: None, missing: None };
        }
        self.date(n);
        let (shares, missing) = (Some(&*self.shares), Some(&*self.missing));
        Held { n, a: &self.a, b: &[], raw, pivots, shares, missing }
    }

    fn date(&mut self, n: usize) {
        let powers = |t: f64| [1.0, t, t * t];
        let mut sums = [0.0; 3];
        for (j, _) in self.present[..n].iter().enumerate().filter(|(_, present)| **present == 0.0) {
            let t = powers(j as f64 - n as f64);
            (0..3).for_each(|power| sums[power] += t[power]);
        }
        let missing = &mut self.missing;
        each_change(&self.present, n, |i, change| {
            for power in 0..3 {
                missing[power][i] = [sums[power]; LANES];
            }
            let Some([enters, leaves]) = change else { return };
            for k in 0..LANES {
                let t = (i * LANES + k) as f64;
                let (new, old) = (powers(t), powers(t - n as f64));
                for power in 0..3 {
                    sums[power] += f64::from(1.0 - enters[k]) * new[power];
                    sums[power] -= f64::from(1.0 - leaves[k]) * old[power];
                    missing[power][i][k] = sums[power];
                }
            }
        });
    }

    fn share(&mut self, n: usize) {
        let least = n.div_ceil(2);
        let share_of = |have: usize| if have >= least { 1.0 / have as f64 } else { f64::NAN };
        let mut have = self.present[..n].iter().filter(|&&present| present > 0.0).count();
        let mut share = share_of(have);
        let shares = &mut self.shares;
        each_change(&self.present, n, |i, change| match change {
            None => shares[i] = [share; LANES],
            Some([enters, leaves]) => {
                for k in 0..LANES {
                    have = have + usize::from(enters[k] > 0.0) - usize::from(leaves[k] > 0.0);
                    share = share_of(have);
                    shares[i][k] = share;
                }
            }
        });
    }
}

/// Calls `each` for each vector of a tile with the marks of the rows that enter the windows and of those that leave
/// them, or `None` where all of them have a value.
#[inline(always)]
fn each_change(present: &[f32], n: usize, mut each: impl FnMut(usize, Option<[&[f32; LANES]; 2]>)) {
    let (enters, leaves) = (tile(present, n), tile(present, 0));
    for (i, change) in enters.iter().zip(leaves).enumerate() {
        let all = F4::of(change.0).and(F4::of(change.1));
        each(i, F4::splat(1.0).without(all).any().then_some([change.0, change.1]));
    }
}

/// Into `to` the rows where both operands have a value, elsewhere `value`; and the marks of the former, 1 or 0.
fn fill_nulls([to, marks]: [&mut Vec<f32>; 2], rows: &[f32], others: &[f32], value: f32) {
    let value = F4::splat(value);
    to.resize(rows.len(), 0.0);
    marks.resize(rows.len(), 0.0);
    let mut fill = |from: usize| {
        let at = from..from + LANES;
        let four = |x: &[f32]| F4::of(x[at.clone()].try_into().expect("four rows"));
        let (x, y) = (four(rows), four(others));
        let present = x.nothing().plus(y.nothing()).equal(F4::splat(0.0));
        F4::select(present, x, value).put((&mut to[at.clone()]).try_into().expect("four rows"));
        F4::splat(1.0).and(present).put((&mut marks[at]).try_into().expect("four rows"));
    };
    (0..rows.len() / LANES).for_each(|i| fill(i * LANES));
    fill(rows.len() - LANES);
}
