//! The rank of a value among those of its window: by comparing with each of them in narrow windows; in
//! wide ones by counting the bits of a set, a bit for each row of tile and past in the order of values.

use super::op::MAX_WINDOW;
use super::pointwise::TILE;
use super::simd::{F4, LANES};
use super::window::{Fours, Held};

/// The widest window whose rows are compared one by one.
const NARROW: usize = 192;
/// Vectors of rows that go over their windows together.
const TOGETHER: usize = 4;

/// Scratch memory of wide windows.
#[derive(Default)]
pub struct Sorting {
    sorted: Vec<u64>,
    other: Vec<u64>,
    places: Vec<Place>,
}

/// The place of a row in the order of values, and those of its ties; of a null nothing.
#[derive(Clone, Copy, Default)]
struct Place {
    own: u16,
    first: u16,
    end: u16,
}

/// Twice the number of values below plus the ties, of each row; then its share. Nulls hold NaN.
pub fn rank(held: &Held, out: &mut Fours, sorting: &mut Sorting) {
    let rows = held.a;
    if held.n <= NARROW {
        compare(held.n, rows, out)
    } else {
        count(held.n, rows, out, sorting)
    }
    let present = held.shares.is_some();
    for (i, out) in out.iter_mut().enumerate() {
        let share = held.shares.map_or([1.0 / held.n as f64; LANES], |s| s[i]);
        for (k, out) in out.iter_mut().enumerate() {
            let null = present && rows[held.n + i * LANES + k].is_nan();
            *out = if null { f32::NAN } else { (f64::from(*out) * 0.5 * share[k]) as f32 };
        }
    }
}

/// Four vectors of rows at a time, each compared with the rows of its window.
#[inline(never)]
fn compare(n: usize, rows: &[f32], out: &mut Fours) {
    let (groups, _) = out.as_chunks_mut::<TOGETHER>();
    for (g, group) in groups.iter_mut().enumerate() {
        let first = g * TOGETHER * LANES;
        let x: [F4; TOGETHER] = std::array::from_fn(|v| F4::of(four(rows, first + n + v * LANES)));
        let mut counts = [F4::splat(0.0); TOGETHER];
        for window in rows[first + 1..first + n + TOGETHER * LANES].windows(TOGETHER * LANES) {
            for v in 0..TOGETHER {
                let y = F4::of(four(window, v * LANES));
                counts[v] = counts[v].int_minus(y.less(x[v])).int_minus(y.at_most(x[v]));
            }
        }
        for (count, out) in counts.into_iter().zip(group) {
            count.int_to_float().put(out);
        }
    }
}

#[inline(always)]
fn four(rows: &[f32], from: usize) -> &[f32; LANES] {
    rows[from..from + LANES].try_into().expect("four rows")
}

/// Blocks of 128 places; tile and past have fewer rows than that.
const BLOCKS: usize = (TILE + MAX_WINDOW as usize) / 128;
type Counts = [[f32; LANES]; BLOCKS / LANES];

/// A set of rows by their places.
struct Places {
    blocks: [[u64; 2]; BLOCKS],
    /// How many of the set lie before each block, as integers.
    before: Counts,
}

/// For each block, what a row of it changes in the counts before all blocks: `by` where they lie behind it.
const fn after(by: i32) -> [Counts; BLOCKS] {
    let mut after = [[[0.0; LANES]; BLOCKS / LANES]; BLOCKS];
    let mut at = 0;
    while at < BLOCKS * BLOCKS {
        let (block, other) = (at / BLOCKS, at % BLOCKS);
        if other > block {
            after[block][other / LANES][other % LANES] = f32::from_bits(by as u32);
        }
        at += 1;
    }
    after
}

static ADDED: [Counts; BLOCKS] = after(-1);
static REMOVED: [Counts; BLOCKS] = after(1);

/// Of no row: the block of places that are never taken.
const NOWHERE: usize = BLOCKS - 1;

impl Places {
    /// Adds and removes a row.
    #[inline(always)]
    fn change(&mut self, new: Place, old: Place) {
        let [added, removed] = [(new, &ADDED), (old, &REMOVED)].map(|(place, change)| {
            let (block, bit) = (usize::from(place.own / 128) % BLOCKS, place.own % 128);
            self.blocks[block][usize::from(bit / 64)] ^= u64::from(place.has_value()) << (bit % 64);
            &change[if place.has_value() { block } else { NOWHERE }]
        });
        for ((before, added), removed) in self.before.iter_mut().zip(added).zip(removed) {
            F4::of(before).int_minus(F4::of(added)).int_minus(F4::of(removed)).put(before);
        }
    }

    /// How many of the set lie before `place`.
    #[inline(always)]
    fn before(&self, place: u16) -> u32 {
        let block = usize::from(place / 128) % BLOCKS;
        let [low, high] = self.blocks[block];
        let below = (1 << (place % 64)) - 1;
        // All bits in the second half of the block: which half it is is as likely as not, hence no branch.
        let second = 0u64.wrapping_sub(u64::from(place / 64 % 2));
        let (low, high) = (low & (below | second), high & below & second);
        self.before.as_flattened()[block].to_bits() + low.count_ones() + high.count_ones()
    }
}

#[inline(never)]
fn count(n: usize, rows: &[f32], out: &mut Fours, sorting: &mut Sorting) {
    sorting.sort(&rows[1..]);
    let places = &sorting.places[..rows.len() - 1];
    let mut set = Places { blocks: [[0; 2]; BLOCKS], before: [[0.0; LANES]; BLOCKS / LANES] };
    places[..n - 1].iter().for_each(|&new| set.change(new, Place::default()));
    let mut old = Place::default();
    for ((out, &new), &oldest) in out.as_flattened_mut().iter_mut().zip(&places[n - 1..]).zip(places) {
        set.change(new, old);
        let below = set.before(new.first);
        let to = if new.end == new.first + 1 { below + 1 } else { set.before(new.end) };
        *out = (below + to) as f32;
        old = oldest;
    }
}

impl Place {
    fn has_value(&self) -> bool {
        self.first < self.end
    }
}

impl Sorting {
    /// Finds the places of the rows and of their ties.
    #[inline(never)]
    fn sort(&mut self, rows: &[f32]) {
        self.sorted.clear();
        self.sorted.extend(rows.iter().zip(0u64..).map(|(&x, i)| u64::from(ordered(x)) << 32 | i));
        let mut starts = [[0u16; 256]; 4];
        for key in &self.sorted {
            (0..4).for_each(|byte| starts[byte][of_byte(*key, byte)] += 1);
        }
        for (byte, starts) in starts.iter_mut().enumerate() {
            self.by_byte(byte, starts);
        }
        self.places.clear();
        self.places.resize(rows.len(), Place::default());
        let mut first = 0;
        for group in self.sorted.chunk_by(|a, b| a >> 32 == b >> 32) {
            let null = group[0] >> 32 == u64::from(NULL);
            let end = if null { first } else { first + group.len() as u16 };
            for (&key, own) in group.iter().zip(first..) {
                self.places[key as u32 as usize] = Place { own, first, end };
            }
            first = end;
        }
    }

    /// Sorts by one byte, whose values have been counted, and keeps the order of equal ones.
    fn by_byte(&mut self, byte: usize, counts: &mut [u16; 256]) {
        let mut start = 0;
        for count in counts.iter_mut() {
            (start, *count) = (start + *count, start);
        }
        self.other.resize(self.sorted.len(), 0);
        for &key in &self.sorted {
            let at = &mut counts[of_byte(key, byte)];
            self.other[usize::from(*at)] = key;
            *at += 1;
        }
        std::mem::swap(&mut self.sorted, &mut self.other);
    }
}

/// A byte of the value in a key, the lowest first.
fn of_byte(key: u64, byte: usize) -> usize {
    usize::from((key >> (32 + 8 * byte)) as u8)
}

/// Behind all values.
const NULL: u32 = u32::MAX;

/// An integer in the order of the value; both zeros alike.
fn ordered(x: f32) -> u32 {
    let bits = (x + 0.0).to_bits();
    let key = if bits >> 31 == 0 { bits | 1 << 31 } else { !bits };
    if x.is_nan() { NULL } else { key }
}
