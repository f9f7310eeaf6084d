//! Block statistics: what a population of formulas has to do with a target, in sums over time blocks.
//! Every later figure (partial correlations, folds, bootstrap) is arithmetic on these sums.
//!
//! Sums are f32 within a tile and f64 across tiles, in row order: a shard always gives the same bits,
//! and the caller adds the shards up in their order.

use crate::error::{Error, Result};
use crate::gp::eval::{self, Sink};
use crate::gp::pointwise::TILE;
use crate::gp::program::Program;
use crate::gp::shard::{NO_BLOCK, Shard};
use crate::gp::simd::{F4, LANES};

/// The sums before those with the portfolio, in this order; f is the formula less its pivot, r the
/// target, w the weight, over rows where f has a value.
pub const SUMS: [&str; 6] = ["w", "wf", "wff", "wfr", "wr", "wrr"];
const W: usize = 0;
const WF: usize = 1;
const WFF: usize = 2;
const WFR: usize = 3;
const WR: usize = 4;
const WRR: usize = 5;

/// Every `stride`-th tile, counted in absolute tile numbers, from `phase`: nested subsets for racing.
#[derive(Clone, Copy, Debug)]
pub struct Subset {
    pub stride: usize,
    pub phase: usize,
}

impl Subset {
    pub const ALL: Subset = Subset { stride: 1, phase: 0 };

    /// The tiles of the subset that belong to a block.
    fn tiles(self, shard: &Shard) -> Vec<usize> {
        let stride = self.stride.max(1);
        let offset = shard.first_row / TILE;
        (0..shard.tiles())
            .filter(|&t| shard.block_of_tile[t] != NO_BLOCK && (t + offset) % stride == self.phase % stride)
            .collect()
    }
}

/// Sums of each program in each block: `[program][block][6 + 2 K]`, K being the portfolio's members when
/// `members` is set, else 0. After [`SUMS`] come Σ w f g_k for each member, then Σ w g_k.
/// `pivots` has one value a program (its mean on a sample), so that Σ w f² does not cancel.
pub fn evaluate(
    programs: &[Program],
    pivots: &[f32],
    shard: &Shard,
    members: bool,
    subset: Subset,
) -> Result<Vec<f64>> {
    if pivots.len() != programs.len() {
        return Err(Error::usage(format!("pivots: expected {}, got {}", programs.len(), pivots.len())));
    }
    let members = if members { shard.weighted_members.len() } else { 0 };
    let width = SUMS.len() + 2 * members;
    let mut sink = Sums {
        shard,
        pivots,
        members,
        width,
        sums: vec![0.0; programs.len() * shard.blocks * width],
        whole: whole_tiles(shard, members),
        masked: vec![0.0; TILE],
        present: vec![0.0; TILE],
    };
    eval::run(programs, true, shard, &subset.tiles(shard), &mut sink)?;
    Ok(sink.sums)
}

/// Sums of every tile over all rows: [w, wr, wrr, then w g_k].
fn whole_tiles(shard: &Shard, members: usize) -> Vec<Vec<f64>> {
    let tile_sums = |t: usize| {
        let rows = t * TILE..(t + 1) * TILE;
        let target = &shard.target[rows.clone()];
        let weighted = &shard.weighted_target[rows.clone()];
        let mut sums = vec![sum(&shard.weight[rows.clone()]), sum(weighted), dot(weighted, target)];
        sums.extend(shard.weighted_members[..members].iter().map(|g| sum(&g[rows.clone()])));
        sums
    };
    (0..shard.tiles()).map(tile_sums).collect()
}

struct Sums<'a> {
    shard: &'a Shard,
    pivots: &'a [f32],
    members: usize,
    width: usize,
    sums: Vec<f64>,
    whole: Vec<Vec<f64>>,
    /// The formula less its pivot, 0 where it has no value.
    masked: Vec<f32>,
    /// 1 where the formula has a value, else 0.
    present: Vec<f32>,
}

impl Sink for Sums<'_> {
    fn take(&mut self, program: usize, tile: usize, value: &[f32]) {
        let rows = tile * TILE..(tile + 1) * TILE;
        let shard = self.shard;
        let (w, wr) = (&shard.weight[rows.clone()], &shard.weighted_target[rows.clone()]);
        let pivot = self.pivots[program];
        let mut triple = products(value, pivot, w, wr);
        let complete = triple[1].is_finite();
        if !complete {
            self.mask(value, pivot);
            triple = products(&self.masked, 0.0, w, wr);
        }
        let block = shard.block_of_tile[tile] as usize;
        let at = (program * shard.blocks + block) * self.width;
        let own = &mut self.sums[at..at + self.width];
        own[WF] += triple[0];
        own[WFF] += triple[1];
        own[WFR] += triple[2];
        let whole = &self.whole[tile];
        let r = &shard.target[rows.clone()];
        let counts = if complete {
            [whole[0], whole[1], whole[2]]
        } else {
            [dot(w, &self.present), dot(wr, &self.present), dot3(wr, r, &self.present)]
        };
        own[W] += counts[0];
        own[WR] += counts[1];
        own[WRR] += counts[2];
        let (with, alone) = own[SUMS.len()..].split_at_mut(self.members);
        for (k, g) in shard.weighted_members[..self.members].iter().enumerate() {
            let g = &g[rows.clone()];
            with[k] += if complete { dot_less(value, pivot, g) } else { dot(&self.masked, g) };
            alone[k] += if complete { whole[3 + k] } else { dot(g, &self.present) };
        }
    }
}

impl Sums<'_> {
    fn mask(&mut self, value: &[f32], pivot: f32) {
        for ((masked, present), &f) in self.masked.iter_mut().zip(&mut self.present).zip(value) {
            let here = f.is_finite();
            *masked = if here { f - pivot } else { 0.0 };
            *present = if here { 1.0 } else { 0.0 };
        }
    }
}

/// Vectors per turn of a summing loop: independent sums hide the latency of the additions.
const UNROLL: usize = 4;

/// Adds up `N` products over the rows of a tile, `f(i)` giving those of rows i .. i + 4.
#[inline(always)]
fn reduce<const N: usize>(f: impl Fn(usize) -> [F4; N]) -> [f64; N] {
    let mut sums = [[F4::splat(0.0); UNROLL]; N];
    let mut i = 0;
    while i < TILE {
        for u in 0..UNROLL {
            for (sum, term) in sums.iter_mut().zip(f(i + u * LANES)) {
                sum[u] = sum[u].plus(term);
            }
        }
        i += UNROLL * LANES;
    }
    sums.map(|s| s[0].plus(s[1]).plus(s[2].plus(s[3])).total())
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

fn dot_less(a: &[f32], pivot: f32, b: &[f32]) -> f64 {
    let (a, b, p) = (tile(a), tile(b), F4::splat(pivot));
    reduce(|i| [four(a, i).minus(p).times(four(b, i))])[0]
}

fn dot3(a: &[f32], b: &[f32], c: &[f32]) -> f64 {
    let (a, b, c) = (tile(a), tile(b), tile(c));
    reduce(|i| [four(a, i).times(four(b, i)).times(four(c, i))])[0]
}

/// Evaluates the portfolio's members on the shard and keeps them, standardised: `(f - mean) * scale`,
/// 0 where f has no value. `set_target` comes first.
pub fn set_members(shard: &mut Shard, programs: &[Program], means: &[f32], scales: &[f32]) -> Result<()> {
    if means.len() != programs.len() || scales.len() != programs.len() {
        return Err(Error::usage(format!(
            "portfolio: expected {} means and scales, got {} and {}",
            programs.len(),
            means.len(),
            scales.len()
        )));
    }
    let values = eval::columns(programs, shard)?;
    let member = |k: usize| {
        let own = &values[k * shard.rows..(k + 1) * shard.rows];
        let mut g = vec![0.0; shard.weight.len()];
        for ((to, &f), &w) in g.iter_mut().zip(own).zip(&shard.weight) {
            let z = (f - means[k]) * scales[k];
            *to = if z.is_finite() { z * w } else { 0.0 };
        }
        g
    };
    shard.weighted_members = (0..programs.len()).map(member).collect();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
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

    /// The definition, row by row in f64.
    fn slow(f: &[f32], pivot: f32, s: &Shard, block: u32) -> Vec<f64> {
        let k = s.weighted_members.len();
        let mut sums = vec![0.0; 6 + 2 * k];
        for i in (0..ROWS).filter(|&i| s.block_of_tile[i / TILE] == block && f[i].is_finite()) {
            let (x, w, r) = (f64::from(f[i] - pivot), f64::from(s.weight[i]), f64::from(s.target[i]));
            for (sum, term) in sums.iter_mut().zip([w, w * x, w * x * x, w * x * r, w * r, w * r * r]) {
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
        let got = evaluate(&ps, &pivots, &s, true, Subset::ALL).unwrap();
        let values = eval::columns(&ps, &s).unwrap();
        for p in 0..ps.len() {
            for block in 0..3 {
                let want = slow(&values[p * ROWS..(p + 1) * ROWS], pivots[p], &s, block as u32);
                let own = &got[(p * 3 + block) * 10..][..10];
                let scale = want[2].abs().max(want[0]) + 1e-9;
                for (a, b) in own.iter().zip(&want) {
                    assert!((a - b).abs() <= 1e-5 * scale, "program {p} block {block}: {own:?} {want:?}");
                }
            }
        }
    }

    #[test]
    fn a_subset_of_tiles_adds_up_to_the_whole() {
        let s = shard();
        let ps = programs(&["ema(a * b, 30)"]);
        let all = evaluate(&ps, &[0.0], &s, false, Subset::ALL).unwrap();
        let parts =
            [0, 1].map(|phase| evaluate(&ps, &[0.0], &s, false, Subset { stride: 2, phase }).unwrap());
        for i in 0..all.len() {
            assert!((all[i] - parts[0][i] - parts[1][i]).abs() < 1e-9 * (1.0 + all[i].abs()));
        }
    }

    #[test]
    fn the_company_of_other_programs_does_not_change_the_bits() {
        let s = shard();
        let ps = programs(&["a * c", "a * c + b", "max(a, b) - sma(a * c, 20)", "b"]);
        let pivots = [0.0; 4];
        let together = evaluate(&ps, &pivots, &s, false, Subset::ALL).unwrap();
        for (p, own) in together.chunks(3 * 6).enumerate() {
            assert_eq!(own, evaluate(&ps[p..=p], &pivots[..1], &s, false, Subset::ALL).unwrap());
        }
    }
}
