//! The exponentially weighted mean. A tile's rows are decayed from its own start; what comes before is
//! added as the decayed sums of whole earlier tiles, as many as hold 8n rows. What those hold beyond 8n
//! rows weighs less than 2e-7 of the mean. No bit of a value depends on a later row.

use super::op::Op;
use super::pointwise::TILE;
use super::simd::{D4, F4, LANES};
use super::window::{FOURS, Fours, Held, Shares, tile};

/// Whether a step of the operator keeps something of the tiles that it ran in, beside the rows of its operand.
pub fn remembers(op: Op) -> bool {
    op == Op::Ema
}

/// Tiles that hold the past of the widest window.
const TILES: usize = 8;

/// The decayed sums of earlier tiles, as of their last rows: of the values, and of 1 for each null.
#[derive(Clone, Copy, Default)]
pub struct Memory {
    sums: [[f64; 2]; TILES],
    /// The tile after the last one known, and how many are known.
    end: usize,
    known: usize,
}

impl Memory {
    /// Makes ready for `tile`. Tiles that were left out are read from `column`; a computed value has none,
    /// and is computed for as many tiles before one that counts.
    pub fn reach(&mut self, tile: usize, n: usize, column: Option<&[f32]>) {
        let wanted = if column.is_some() { Op::Ema.warm_tiles(n, TILE).min(tile) } else { 0 };
        let start = tile - wanted;
        let follows = self.end - self.known <= start && (start..=tile).contains(&self.end);
        if !follows && (column.is_some() || self.end != tile) {
            (self.end, self.known) = (start, 0);
        }
        if let Some(column) = column.filter(|_| self.end < tile) {
            let decay = Decay::new(n);
            (self.end..tile).for_each(|t| self.keep(decay.sums(super::window::tile(column, t * TILE))));
        }
    }

    fn keep(&mut self, sums: [f64; 2]) {
        self.sums[self.end % TILES] = sums;
        self.end += 1;
        self.known = TILES.min(self.known + 1);
    }

    /// The decayed sums just before the tile. Rows before the known ones count as nulls.
    fn before(&self, decay: &Decay) -> [f64; 2] {
        let (mut sums, mut power) = ([0.0; 2], 1.0);
        for back in 1..=decay.tiles.min(self.known) {
            let [sum, lost] = self.sums[(self.end - back) % TILES];
            sums = [sums[0] + sum * power, sums[1] + lost * power];
            power *= decay.of_tile;
        }
        [sums[0], sums[1] + power * decay.endless]
    }
}

/// What the length of a window says of the decay.
struct Decay {
    /// The power of one row and of two.
    keep: f64,
    squared: f64,
    /// The first four powers, and the fourth.
    powers: D4,
    fourth: D4,
    /// The power of a whole tile.
    of_tile: f64,
    /// The weight of an endless past without nulls.
    endless: f64,
    /// Vectors of a tile after which the past no longer counts: denormal numbers are slow.
    fades: usize,
    /// Tiles of the past that count.
    tiles: usize,
}

/// No power below this counts.
const FADED: f64 = 1e-30;

impl Decay {
    fn new(n: usize) -> Decay {
        let keep = 1.0 - 2.0 / (n as f64 + 1.0);
        let squared = keep * keep;
        let fourth = squared * squared;
        let square = |power: f64| if power < FADED { 0.0 } else { power * power };
        let of_tile = (0..TILE.ilog2()).fold(keep, |power, _| square(power));
        Decay {
            keep,
            squared,
            powers: D4::new([keep, squared, squared * keep, fourth]),
            fourth: D4::splat(fourth),
            of_tile,
            endless: 1.0 / (1.0 - keep),
            fades: (1.0 + libm::log(FADED) / libm::log(fourth)).min(FOURS as f64) as usize,
            tiles: Op::Ema.warm_tiles(n, TILE),
        }
    }

    /// Decays `x` on top of the rows of the tile before it.
    #[inline(always)]
    fn slide(&self, carried: &mut D4, x: D4) -> D4 {
        let own = x.decayed(self.keep, self.squared);
        let value = own.plus(carried.times(self.powers));
        *carried = own.last().plus(carried.times(self.fourth));
        value
    }

    /// The decayed sums of a tile as of its last row.
    fn sums(&self, rows: &Fours) -> [f64; 2] {
        let (mut sum, mut lost) = (D4::splat(0.0), D4::splat(0.0));
        for x in rows {
            let [x, null] = split(x);
            self.slide(&mut sum, x);
            self.slide(&mut lost, null);
        }
        [sum.lanes()[0], lost.lanes()[0]]
    }

    /// Calls `each` with the powers by which what lies before the tile counts, vector by vector.
    #[inline(always)]
    fn fade(&self, mut each: impl FnMut(usize, D4)) {
        let mut powers = self.powers;
        for i in 0..self.fades {
            each(i, powers);
            powers = powers.times(self.fourth);
        }
        (self.fades..FOURS).for_each(|i| each(i, D4::splat(0.0)));
    }
}

/// The values or 0, and 0 or 1, as there is a value.
#[inline(always)]
fn split(x: &[f32; LANES]) -> [D4; 2] {
    let x = F4::of(x);
    let present = x.nothing().equal(F4::splat(0.0));
    [x.and(present).wide(), F4::splat(1.0).without(present).wide()]
}

/// The weighted means of the tile that `memory` has reached; nulls hold 0.
pub fn mean(held: &Held, out: &mut Fours, memory: &mut Memory) {
    let decay = Decay::new(held.n);
    let before = memory.before(&decay);
    memory.keep(match held.shares {
        None if before[1] == 0.0 => mean_of_all::<false>(held, out, &decay, before),
        None => mean_of_all::<true>(held, out, &decay, before),
        Some(shares) => mean_of_some(held, shares, out, &decay, before),
    });
}

/// The weight of a row's past is that of an endless one less that of its nulls, so that a tile without nulls
/// needs no sum of weights, and its values are those of the longer way. `LOST` tells whether there are nulls before it.
#[inline(never)]
fn mean_of_all<const LOST: bool>(held: &Held, out: &mut Fours, decay: &Decay, before: [f64; 2]) -> [f64; 2] {
    let rows = tile(held.a, held.n);
    let ([past, lost], endless) = (before.map(D4::splat), D4::splat(decay.endless));
    let mut own = D4::splat(0.0);
    decay.fade(|i, power| {
        let sum = decay.slide(&mut own, D4::from(&rows[i])).plus(past.times(power));
        let weight = if LOST { endless.minus(lost.times(power)) } else { endless };
        mean_of(sum, weight).plus(F4::splat(0.0)).put(&mut out[i]);
    });
    [own.lanes()[0], 0.0]
}

#[inline(always)]
fn mean_of(sum: D4, weight: D4) -> F4 {
    sum.times(D4::splat(1.0).over(weight)).narrow()
}

#[inline(never)]
fn mean_of_some(held: &Held, shares: &Shares, out: &mut Fours, decay: &Decay, before: [f64; 2]) -> [f64; 2] {
    let (rows, raw) = (tile(held.a, held.n), tile(held.raw.a, held.n));
    let ([past, lost], endless) = (before.map(D4::splat), D4::splat(decay.endless));
    let mut own = [D4::splat(0.0); 2];
    decay.fade(|i, power| {
        let [_, null] = split(&raw[i]);
        let sum = decay.slide(&mut own[0], D4::from(&rows[i])).plus(past.times(power));
        let lost = decay.slide(&mut own[1], null).plus(lost.times(power));
        let enough = D4::of(&shares[i]).narrow().nothing();
        mean_of(sum, endless.minus(lost)).plus(enough).put(&mut out[i]);
    });
    own.map(|sum| sum.lanes()[0])
}
