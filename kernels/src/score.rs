//! Block statistics: what a population of formulas has to do with a target, in sums over time blocks.
//! Every later figure (partial correlations, folds, bootstrap) is arithmetic on these sums.
//!
//! Sums are f32 within a tile and f64 across tiles, in row order within each stage of a race: a shard always gives
//! the same bits, and the caller adds the stages and the shards up in their order.

use crate::error::{Error, Result};
use crate::gp::eval::{Population, Sink};
use crate::gp::pointwise::TILE;
use crate::gp::program::Program;
use crate::gp::shard::{NO_BLOCK, Shard};
use crate::gp::simd::{F4, LANES};
use std::ops::Range;

/// The sums before those with the portfolio, in this order; f is the formula less its pivot, r the
/// target, w the weight, over rows where f has a value; the last over all rows.
pub const SUMS: [&str; 6] = ["w", "wf", "wff", "wfr", "wr", "wrr"];

/// The stages of a race: which of them a tile belongs to, by its absolute number modulo their length. Together the
/// first stages are ever larger subsets of all tiles.
#[derive(Clone, Debug)]
pub struct Stages<'a>(pub &'a [u32]);

impl Stages<'_> {
    pub const ONE: Stages<'static> = Stages(&[0]);

    fn of(&self, shard: &Shard, tile: usize) -> usize {
        self.0[(tile + shard.first_row / TILE) % self.0.len()] as usize
    }

    /// The tiles of some stages that belong to a block.
    fn tiles(&self, shard: &Shard, wanted: &Range<usize>) -> Vec<usize> {
        let scored = |t: &usize| shard.block_of_tile[*t] != NO_BLOCK && wanted.contains(&self.of(shard, *t));
        (0..shard.tiles()).filter(scored).collect()
    }
}

/// What formulas are held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// The target.
    Target,
    /// What the portfolio's members leave of it ([`set_rest`]).
    Rest,
    /// The target and each member.
    Members,
}

impl Against {
    pub fn named(name: &str) -> Result<Against> {
        match name {
            "target" => Ok(Against::Target),
            "rest" => Ok(Against::Rest),
            "members" => Ok(Against::Members),
            _ => Err(Error::usage(format!("against: expected target, rest or members, got {name}"))),
        }
    }
}

/// What an evaluation asks for beside the programs.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// One value a program (its mean on a sample), so that Σ w f² does not cancel.
    pub pivots: &'a [f32],
    pub against: Against,
    pub stages: Stages<'a>,
    /// The stages whose tiles count.
    pub wanted: Range<usize>,
}

impl<'a> Request<'a> {
    /// Over all tiles.
    pub fn whole(pivots: &'a [f32], against: Against) -> Request<'a> {
        Request { pivots, against, stages: Stages::ONE, wanted: 0..1 }
    }

    fn check(&self, programs: usize, shard: &Shard) -> Result<()> {
        if self.against == Against::Rest && shard.rest.is_empty() {
            return Err(Error::usage("rest: expected a portfolio and its coefficients first, got none"));
        }
        if self.pivots.len() != programs {
            return Err(Error::usage(format!("pivots: expected {programs}, got {}", self.pivots.len())));
        }
        let Range { start, end } = self.wanted;
        if self.stages.0.is_empty() || start >= end || end > 1 + TILE {
            return Err(Error::usage(format!("stages: expected at least one of them, got {start} to {end}")));
        }
        Ok(())
    }
}

/// Sums of each program in each block: `[program][block][6 + 2 K]`, K being the portfolio's members where they are
/// wanted, else 0. After [`SUMS`] come Σ w f g_k for each member, then Σ w g_k. And the node-rows computed.
pub fn evaluate(population: &Population, shard: &Shard, request: &Request) -> Result<(Vec<f64>, u64)> {
    request.check(population.programs, shard)?;
    let members = if request.against == Against::Members { shard.weighted_members.len() } else { 0 };
    let width = SUMS.len() + 2 * members;
    let size = population.programs * shard.blocks * width;
    let tiles = request.stages.tiles(shard, &request.wanted);
    let mut whole = vec![Vec::new(); shard.tiles()];
    tiles.iter().for_each(|&t| whole[t] = whole_tile(shard, request.against, members, t));
    let mut sink = Sums {
        shard,
        request,
        members,
        width,
        sums: vec![vec![0.0; size]; request.wanted.len()],
        whole,
        has_nulls: vec![false; population.programs],
        masked: vec![0.0; TILE],
        present: vec![0.0; TILE],
    };
    let computed = population.run(shard, &tiles, &mut sink)?;
    Ok((added(sink.sums), computed))
}

/// The sums of the stages, in their order.
fn added(stages: Vec<Vec<f64>>) -> Vec<f64> {
    let mut stages = stages.into_iter();
    let first = stages.next().unwrap_or_default();
    stages.fold(first, |mut total, stage| {
        total.iter_mut().zip(stage).for_each(|(total, x)| *total += x);
        total
    })
}

/// What is to be explained in some rows, and weight times that.
fn explained<'a>(shard: &'a Shard, against: Against, rows: &Range<usize>) -> (&'a [f32], &'a [f32]) {
    let (target, weighted) = match against {
        Against::Rest => (&shard.rest, &shard.weighted_rest),
        Against::Target | Against::Members => (&shard.target, &shard.weighted_target),
    };
    (&target[rows.clone()], &weighted[rows.clone()])
}

/// Sums of a tile over all rows: [w, wr, wrr, then w g_k].
fn whole_tile(shard: &Shard, against: Against, members: usize, tile: usize) -> Vec<f64> {
    let rows = tile * TILE..(tile + 1) * TILE;
    let (target, weighted) = explained(shard, against, &rows);
    let mut sums = vec![sum(&shard.weight[rows.clone()]), sum(weighted), dot(weighted, target)];
    sums.extend(shard.weighted_members[..members].iter().map(|g| sum(&g[rows.clone()])));
    sums
}

struct Sums<'a> {
    shard: &'a Shard,
    request: &'a Request<'a>,
    members: usize,
    width: usize,
    /// By stage.
    sums: Vec<Vec<f64>>,
    /// By wanted tile, the sums over all rows.
    whole: Vec<Vec<f64>>,
    /// Whether a program lacked values on the last tile: then it is likely to again.
    has_nulls: Vec<bool>,
    /// Of a formula that lacks values: its value less the pivot and 1, or 0 and 0 where it has none.
    masked: Vec<f32>,
    present: Vec<f32>,
}

impl Sink for Sums<'_> {
    fn take(&mut self, program: usize, tile: usize, value: &[f32]) {
        let rows = tile * TILE..(tile + 1) * TILE;
        let shard = self.shard;
        let own = self.own_sums(program, tile, value);
        let stage = self.request.stages.of(shard, tile) - self.request.wanted.start;
        let block = shard.block_of_tile[tile] as usize;
        let at = (program * shard.blocks + block) * self.width;
        let to = &mut self.sums[stage][at..at + self.width];
        to.iter_mut().zip(own).for_each(|(to, x)| *to += x);
        if self.members == 0 {
            return;
        }
        let (with, alone) = to[SUMS.len()..].split_at_mut(self.members);
        let members = shard.weighted_members[..self.members].iter().map(|g| &g[rows.clone()]);
        if self.has_nulls[program] {
            add_member_products(with, members.clone(), &self.masked, 0.0);
            add_member_products(alone, members, &self.present, 0.0);
        } else {
            add_member_products(with, members, value, self.request.pivots[program]);
            alone.iter_mut().zip(&self.whole[tile][3..]).for_each(|(to, x)| *to += x);
        }
    }
}

impl Sums<'_> {
    /// The sums of [`SUMS`] over a tile; notes whether the program lacks values there.
    fn own_sums(&mut self, program: usize, tile: usize, value: &[f32]) -> [f64; SUMS.len()] {
        let rows = tile * TILE..(tile + 1) * TILE;
        let w = &self.shard.weight[rows.clone()];
        let (_, wr) = explained(self.shard, self.request.against, &rows);
        let pivot = self.request.pivots[program];
        let whole = &self.whole[tile];
        if self.has_nulls[program] {
            let masks = (self.members > 0).then_some((&mut self.masked[..], &mut self.present[..]));
            if let Some([wf, wff, wfr, w, wr]) = some_products(value, pivot, w, wr, masks) {
                return [w, wf, wff, wfr, wr, whole[2]];
            }
            self.has_nulls[program] = false;
        }
        let [wf, wff, wfr] = products(value, pivot, w, wr);
        if !wff.is_finite() && !value.iter().all(|x| x.is_finite()) {
            self.has_nulls[program] = true;
            return self.own_sums(program, tile, value);
        }
        // A sum that overflowed without a null stays what it is.
        [whole[0], wf, wff, wfr, whole[1], whole[2]]
    }
}

/// Σ w f, Σ w f², Σ w f r, Σ w and Σ w r over the rows that have a value, f less the pivot; none if all of them have.
/// Leaves f and 1 of those rows, else 0, in `masks`. Rows of no weight change no bit, whether they have a value or not:
/// the order of the sums is that of [`products`] and [`sum`].
fn some_products(
    f: &[f32],
    pivot: f32,
    w: &[f32],
    wr: &[f32],
    mut masks: Option<(&mut [f32], &mut [f32])>,
) -> Option<[f64; 5]> {
    let (f, w, wr, p) = (tile(f), tile(w), tile(wr), F4::splat(pivot));
    let has = |i| four(f, i).nothing().equal(F4::splat(0.0));
    let mut absent = F4::splat(0.0);
    let [wf, wff, wfr] = reduce(|i| {
        absent = absent.or(four(f, i).nothing());
        let x = four(f, i).minus(p).and(has(i));
        if let Some((masked, present)) = &mut masks {
            put(x, masked, i);
            put(F4::splat(1.0).and(has(i)), present, i);
        }
        let wx = x.times(four(w, i));
        [wx, wx.times(x), x.times(four(wr, i))]
    });
    let [w, wr] = reduce(|i| [four(w, i).and(has(i)), four(wr, i).and(has(i))]);
    absent.any().then_some([wf, wff, wfr, w, wr])
}

fn put(x: F4, to: &mut [f32], at: usize) {
    let four: &mut [f32; LANES] = (&mut to[at..at + LANES]).try_into().expect("four values");
    x.put(four);
}

/// Adds Σ f g_k of each member, three of them in one pass over f.
fn add_member_products<'a>(
    to: &mut [f64],
    mut members: impl Iterator<Item = &'a [f32]>,
    f: &[f32],
    pivot: f32,
) {
    let (threes, rest) = to.as_chunks_mut::<3>();
    for to in threes {
        let mut next = || members.next().expect("a member for each sum");
        let sums = dots_less(f, pivot, [next(), next(), next()]);
        to.iter_mut().zip(sums).for_each(|(to, x)| *to += x);
    }
    for (to, g) in rest.iter_mut().zip(members) {
        *to += dots_less(f, pivot, [g])[0];
    }
}

/// Vectors per turn of a summing loop: independent sums hide the latency of the additions.
const UNROLL: usize = 2;

/// Adds up `N` products over the rows of a tile, `f(i)` giving those of rows i .. i + 4. Plain loops: the sums must
/// stay in registers however the crate is built.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
fn reduce<const N: usize>(mut f: impl FnMut(usize) -> [F4; N]) -> [f64; N] {
    let mut sums = [[F4::splat(0.0); UNROLL]; N];
    let mut i = 0;
    while i < TILE {
        for u in 0..UNROLL {
            let terms = f(i + u * LANES);
            for k in 0..N {
                sums[k][u] = sums[k][u].plus(terms[k]);
            }
        }
        i += UNROLL * LANES;
    }
    let mut totals = [0.0; N];
    for k in 0..N {
        let [a, b] = sums[k];
        totals[k] = a.plus(b).total();
    }
    totals
}

/// Four values of a tile.
#[inline(always)]
fn four(x: &[f32; TILE], i: usize) -> F4 {
    debug_assert!(i + LANES <= TILE);
    // SAFETY: reduce calls with i + 4 <= TILE only.
    unsafe { F4::load(x.as_ptr().add(i)) }
}

#[inline(always)]
fn tile(x: &[f32]) -> &[f32; TILE] {
    x.try_into().expect("a whole tile")
}

/// Σ w f, Σ w f², Σ w f r with f less the pivot.
fn products(f: &[f32], pivot: f32, w: &[f32], wr: &[f32]) -> [f64; 3] {
    let (f, w, wr, p) = (tile(f), tile(w), tile(wr), F4::splat(pivot));
    reduce(|i| {
        let x = four(f, i).minus(p);
        let wx = x.times(four(w, i));
        [wx, wx.times(x), x.times(four(wr, i))]
    })
}

fn sum(a: &[f32]) -> f64 {
    let a = tile(a);
    reduce(|i| [four(a, i)])[0]
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    let (a, b) = (tile(a), tile(b));
    reduce(|i| [four(a, i).times(four(b, i))])[0]
}

/// Σ f g of each g, f less the pivot.
#[allow(clippy::needless_range_loop)]
fn dots_less<const N: usize>(f: &[f32], pivot: f32, g: [&[f32]; N]) -> [f64; N] {
    let (f, g, p) = (tile(f), g.map(tile), F4::splat(pivot));
    reduce(|i| {
        let x = four(f, i).minus(p);
        let mut terms = [x; N];
        for k in 0..N {
            terms[k] = x.times(four(g[k], i));
        }
        terms
    })
}

/// Evaluates the portfolio's members on the shard and keeps them, standardised: `(f - mean) * scale`,
/// 0 where f has no value and outside the blocks. `set_target` and `set_blocks` come first.
pub fn set_members(shard: &mut Shard, programs: &[Program], means: &[f32], scales: &[f32]) -> Result<()> {
    if means.len() != programs.len() || scales.len() != programs.len() {
        return Err(Error::usage(format!(
            "portfolio: expected {} means and scales, got {} and {}",
            programs.len(),
            means.len(),
            scales.len()
        )));
    }
    let mut members = std::mem::take(&mut shard.weighted_members);
    shard.forget_members();
    members.resize(programs.len(), Vec::new());
    for member in &mut members {
        member.clear();
        member.resize(shard.weight.len(), 0.0);
    }
    let scored: Vec<usize> = (0..shard.tiles()).filter(|&t| shard.block_of_tile[t] != NO_BLOCK).collect();
    let population = Population::new(programs, shard.columns.len(), true);
    population.run(
        shard,
        &scored,
        &mut Standardised { weight: &shard.weight, means, scales, members: &mut members },
    )?;
    shard.weighted_members = members;
    Ok(())
}

/// What the members of [`set_members`] leave of the target: r - Σ b_k g_k, one coefficient a member.
pub fn set_rest(shard: &mut Shard, coefficients: &[f32]) -> Result<()> {
    if coefficients.len() != shard.weighted_members.len() {
        let (want, got) = (shard.weighted_members.len(), coefficients.len());
        return Err(Error::usage(format!(
            "coefficients: expected one for each of {want} members, got {got}"
        )));
    }
    let mut weighted = shard.weighted_target.clone();
    for (member, &b) in shard.weighted_members.iter().zip(coefficients) {
        weighted.iter_mut().zip(member).for_each(|(rest, wg)| *rest -= b * wg);
    }
    let unweighted = |(&rest, &w): (&f32, &f32)| if w > 0.0 { rest / w } else { 0.0 };
    shard.rest = weighted.iter().zip(&shard.weight).map(unweighted).collect();
    shard.weighted_rest = weighted;
    Ok(())
}

struct Standardised<'a> {
    weight: &'a [f32],
    means: &'a [f32],
    scales: &'a [f32],
    members: &'a mut [Vec<f32>],
}

impl Sink for Standardised<'_> {
    fn take(&mut self, program: usize, tile: usize, value: &[f32]) {
        let rows = tile * TILE..(tile + 1) * TILE;
        let (mean, scale) = (self.means[program], self.scales[program]);
        let to = &mut self.members[program][rows.clone()];
        for ((to, &f), &w) in to.iter_mut().zip(value).zip(&self.weight[rows]) {
            let z = (f - mean) * scale;
            *to = if z.is_finite() { z * w } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::eval;
    use crate::gp::random::Draw;
    use crate::gp::text;

    const ROWS: usize = 5 * TILE + 100;

    fn column(seed: u64, nulls: bool) -> Vec<f32> {
        let mut draw = Draw::new(seed, 0, 0, 0);
        (0..ROWS)
            .map(|_| if nulls && draw.below(10) == 0 { f32::NAN } else { draw.unit() as f32 * 2.0 - 1.0 })
            .collect()
    }

    fn shard() -> Shard {
        let mut s = Shard::new(0, ROWS, 3).unwrap();
        s.set_column(0, &column(1, false)).unwrap();
        s.set_column(1, &column(2, true)).unwrap();
        s.set_column(2, &column(3, false)).unwrap();
        let weight: Vec<f32> = column(5, true).iter().map(|x| x.abs()).collect();
        s.set_target(&column(4, true), &weight).unwrap();
        s.set_blocks(&[0, 0, 1, 1, 1, 2]).unwrap();
        s
    }

    fn programs(texts: &[&str]) -> Vec<Program> {
        let names = ["a", "b", "c"].map(String::from);
        texts.iter().map(|t| text::parse(t, &names).unwrap()).collect()
    }

    fn evaluate_all(programs: &[Program], pivots: &[f32], shard: &Shard, against: Against) -> Vec<f64> {
        evaluate_stages(programs, pivots, shard, against, &[0], 0..1)
    }

    fn evaluate_stages(
        programs: &[Program],
        pivots: &[f32],
        shard: &Shard,
        against: Against,
        stages: &[u32],
        wanted: Range<usize>,
    ) -> Vec<f64> {
        let population = Population::new(programs, 3, true);
        let request = Request { pivots, against, stages: Stages(stages), wanted };
        evaluate(&population, shard, &request).unwrap().0
    }

    /// The definition, row by row in f64.
    fn slow(f: &[f32], pivot: f32, s: &Shard, block: u32) -> Vec<f64> {
        let k = s.weighted_members.len();
        let mut sums = vec![0.0; 6 + 2 * k];
        for i in (0..ROWS).filter(|&i| s.block_of_tile[i / TILE] == block) {
            sums[5] += f64::from(s.target[i] * s.weighted_target[i]);
            if !f[i].is_finite() {
                continue;
            }
            let (x, w, r) = (f64::from(f[i] - pivot), f64::from(s.weight[i]), f64::from(s.target[i]));
            for (sum, term) in sums.iter_mut().zip([w, w * x, w * x * x, w * x * r, w * r]) {
                *sum += term;
            }
            for (m, g) in s.weighted_members.iter().enumerate() {
                sums[6 + m] += x * f64::from(g[i]);
                sums[6 + k + m] += f64::from(g[i]);
            }
        }
        sums
    }

    #[test]
    fn sums_follow_their_definition() {
        let mut s = shard();
        set_members(&mut s, &programs(&["a - b", "c"]), &[0.1, 0.0], &[2.0, 1.5]).unwrap();
        let ps = programs(&["a * c", "a + b", "lag(sma(a, 7), 3) / c", "a / (c - c)"]);
        let pivots = [0.1, -0.2, 0.0, 0.0];
        let got = evaluate_all(&ps, &pivots, &s, Against::Members);
        let values = eval::columns(&ps, &s).unwrap();
        for p in 0..ps.len() {
            for block in 0..3 {
                let want = slow(&values[p * ROWS..(p + 1) * ROWS], pivots[p], &s, block as u32);
                let own = &got[(p * 3 + block) * 10..][..10];
                let scale = want[2].abs().max(want[0]).max(want[5]);
                for (a, b) in own.iter().zip(&want) {
                    assert!((a - b).abs() <= 1e-5 * scale, "program {p} block {block}: {own:?} {want:?}");
                }
            }
        }
    }

    #[test]
    fn what_the_members_leave_is_a_target_of_its_own() {
        let mut s = shard();
        let ps = programs(&["a * c", "a + b"]);
        let request = Request::whole(&[0.0; 2], Against::Rest);
        assert!(evaluate(&Population::new(&ps, 3, true), &s, &request).is_err());
        set_members(&mut s, &programs(&["a - b", "c"]), &[0.1, 0.0], &[2.0, 1.5]).unwrap();
        assert!(set_rest(&mut s, &[1.0]).is_err());
        let b = [0.25f32, -0.5];
        set_rest(&mut s, &b).unwrap();
        let got = evaluate_all(&ps, &[0.0; 2], &s, Against::Rest);
        let left = |i: usize| {
            s.weighted_target[i] - b[0] * s.weighted_members[0][i] - b[1] * s.weighted_members[1][i]
        };
        let rest: Vec<f32> =
            (0..ROWS).map(|i| if s.weight[i] > 0.0 { left(i) / s.weight[i] } else { 0.0 }).collect();
        let mut other = shard();
        let weight = other.weight[..ROWS].to_vec();
        other.set_target(&rest, &weight).unwrap();
        let want = evaluate_all(&ps, &[0.0; 2], &other, Against::Target);
        assert!(
            got.iter().zip(&want).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs())),
            "{got:?} {want:?}"
        );
    }

    #[test]
    fn the_stages_add_up_to_the_whole_bit_by_bit() {
        let s = shard();
        let ps = programs(&["ema(a * b, 30)", "a / b"]);
        let stages = [0, 2, 1, 2];
        let part = |wanted| evaluate_stages(&ps, &[0.0; 2], &s, Against::Target, &stages, wanted);
        let (first, second, third) = (part(0..1), part(1..2), part(2..3));
        let sums: Vec<f64> = (0..first.len()).map(|i| first[i] + second[i] + third[i]).collect();
        assert_eq!(part(0..3), sums);
        let whole = evaluate_all(&ps, &[0.0; 2], &s, Against::Target);
        assert!(sums.iter().zip(&whole).all(|(a, b)| (a - b).abs() < 1e-9 * (1.0 + b.abs())));
    }

    #[test]
    fn computed_node_rows_are_distinct_values_and_what_windows_look_back_on() {
        let s = shard();
        let computed = |texts: &[&str], wanted| {
            let ps = programs(texts);
            let population = Population::new(&ps, 3, true);
            let pivots = vec![0.0; ps.len()];
            let request =
                Request { pivots: &pivots, against: Against::Target, stages: Stages(&[1, 1, 0]), wanted };
            evaluate(&population, &s, &request).unwrap().1 / TILE as u64
        };
        // Six tiles; a, c, a * c and the sum of both.
        assert_eq!(computed(&["a * c + 1", "c * a"], 0..2), 6 * 5);
        // Tiles 2 and 5, each with a * c on the one before it.
        assert_eq!(computed(&["sma(a * c, 9)"], 0..1), 2 * 4 + 2);
        assert_eq!(computed(&["sma(a, 9)"], 0..1), 2 * 2);
        // The product in two tiles before it, the mean in one.
        assert_eq!(computed(&["lag(sma(a * c, 9), 3)"], 0..1), 2 * 5 + 2 * (2 + 1));
    }

    #[test]
    fn the_company_of_other_programs_does_not_change_the_bits() {
        let s = shard();
        let ps = programs(&["a * c", "a * c + b", "max(a, b) - sma(a * c, 20)", "b"]);
        let pivots = [0.0; 4];
        let together = evaluate_all(&ps, &pivots, &s, Against::Target);
        for (p, own) in together.chunks(3 * 6).enumerate() {
            assert_eq!(own, evaluate_all(&ps[p..=p], &pivots[..1], &s, Against::Target));
        }
    }
}
