//! The operators over windows of rows, on one tile with its past. Everything starts afresh at each tile, so
//! that a value depends only on absolute row numbers and the rows themselves. The work of a row does not
//! grow with the window, but for what is read of the past once a tile.

use super::decay::{self, Memory};
use super::op::{MAX_WINDOW, Op};
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
        Op::Wma => trend::weighted(&work.held.hold_counted(rows), to),
        Op::Slope => trend::slope(&work.held.hold_counted(rows), to, &mut work.changes[0]),
        Op::Skew => shape::skewness(&work.held.hold(rows, true), to, &mut work.changes[0]),
        Op::Kurt => shape::kurtosis(&work.held.hold(rows, true), to, &mut work.changes[0]),
        Op::Ema => decay::mean(&work.held.hold(rows, false), to, memory),
        Op::TsMin => extreme::smallest(&work.held.hold(rows, false), to, &mut work.lanes),
        Op::TsMax => extreme::greatest(&work.held.hold(rows, false), to, &mut work.lanes),
        Op::ArgMin => extreme::since_smallest(&work.held.hold(rows, false), to, &mut work.changes[0]),
        Op::ArgMax => extreme::since_greatest(&work.held.hold(rows, false), to, &mut work.changes[0]),
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
}

/// Memory of [`Held`] rows with nulls.
struct Holding {
    a: Vec<f32>,
    b: Vec<f32>,
    present: Vec<u32>,
    shares: Box<Shares>,
    /// One over each count.
    reciprocals: Vec<f64>,
}

impl Default for Holding {
    fn default() -> Self {
        let reciprocals = (0..=MAX_WINDOW).map(|have| 1.0 / f64::from(have)).collect();
        let (a, b, present) = Default::default();
        Holding { a, b, present, shares: Box::new([[0.0; LANES]; FOURS]), reciprocals }
    }
}

impl Holding {
    /// With `pivoted` the pivots are the first values, else 0.
    fn hold<'a>(&'a mut self, raw: Rows<'a>, pivoted: bool) -> Held<'a> {
        let Rows { n, a, b } = raw;
        assert!(a.len() == n + TILE && (b.is_empty() || b.len() == a.len()));
        let first = |x: &[f32]| x.iter().copied().find(|x| x.is_finite()).unwrap_or(0.0);
        let pivots = [a, b].map(|x| if pivoted { first(x) } else { 0.0 });
        if complete(a) && complete(b) {
            return Held { n, a, b, raw, pivots, shares: None };
        }
        self.count(raw);
        fill_nulls(&mut self.a, a, &self.present, pivots[0]);
        fill_nulls(&mut self.b, b, &self.present, pivots[1]);
        self.share(n);
        Held { n, a: &self.a, b: &self.b, raw, pivots, shares: Some(&self.shares) }
    }

    /// Pivoted; where there are nulls the second operand is 1 for each row that has a value, else 0.
    fn hold_counted<'a>(&'a mut self, raw: Rows<'a>) -> Held<'a> {
        let Held { pivots, shares, .. } = self.hold(raw, true);
        if shares.is_none() {
            return Held { n: raw.n, a: raw.a, b: raw.b, raw, pivots, shares: None };
        }
        self.b.clear();
        self.b.extend(self.present.iter().map(|&present| present as f32));
        Held { n: raw.n, a: &self.a, b: &self.b, raw, pivots, shares: Some(&self.shares) }
    }

    /// 1 for each row that has a value (in both operands), else 0.
    fn count(&mut self, Rows { a, b, .. }: Rows) {
        self.present.clear();
        self.present.extend(a.iter().map(|x| u32::from(x.is_finite())));
        for (present, y) in self.present.iter_mut().zip(b) {
            *present &= u32::from(y.is_finite());
        }
    }

    fn share(&mut self, n: usize) {
        let (entering, leaving) = (&self.present[n..n + TILE], &self.present[1..=TILE]);
        let least = n.div_ceil(2) as u32;
        let mut have: u32 = self.present[1..n].iter().sum();
        for (i, share) in self.shares.as_flattened_mut().iter_mut().enumerate() {
            have += entering[i];
            let reciprocal = self.reciprocals[have as usize];
            *share = if have >= least { reciprocal } else { f64::NAN };
            have -= leaving[i];
        }
    }
}

fn fill_nulls(to: &mut Vec<f32>, from: &[f32], present: &[u32], value: f32) {
    to.clear();
    to.extend(from.iter().zip(present).map(|(&x, &p)| if p == 1 { x } else { value }));
}
