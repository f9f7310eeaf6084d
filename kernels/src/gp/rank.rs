//! The rank of a value among those of its window: by comparing with each of them in narrow windows; in
//! wide ones by counting the bits of a set, a bit for each row of tile and past in the order of values.

use super::simd::{F4, LANES};
use super::window::{Fours, Held};

/// The widest window whose rows are compared one by one.
const NARROW: usize = 160;
/// Vectors of rows that go over their windows together.
const TOGETHER: usize = 4;

/// Scratch memory of wide windows.
#[derive(Default)]
pub struct Sorting {
    sorted: Vec<u64>,
    other: Vec<u64>,
    /// Of each row, its place in the order of values, and the places of its ties.
    place: Vec<u16>,
    ties: Vec<[u16; 2]>,
}

/// Twice the number of values below plus the ties, of each row; then its share.
pub fn rank(held: &Held, out: &mut Fours, rows: &mut Vec<f32>, sorting: &mut Sorting) {
    rows.clear();
    rows.extend(held.raw.a.iter().map(|&x| if x.is_finite() { x } else { f32::NAN }));
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

/// A set of rows by their places.
const WORDS: usize = 2048 / 64;

#[derive(Clone, Copy)]
struct Places([u64; WORDS]);

impl Places {
    fn flip(&mut self, place: u16) {
        self.0[usize::from(place / 64) % WORDS] ^= 1 << (place % 64);
    }

    /// How many of the set lie before `place`.
    #[inline(always)]
    fn before(&self, place: u16) -> u32 {
        let (word, bit) = (usize::from(place / 64), place % 64);
        let whole: u32 = self.0[..word].iter().map(|w| w.count_ones()).sum();
        whole + self.0.get(word).map_or(0, |w| (w & ((1 << bit) - 1)).count_ones())
    }
}

fn count(n: usize, rows: &[f32], out: &mut Fours, sorting: &mut Sorting) {
    sorting.sort(&rows[1..]);
    let Sorting { place, ties, .. } = sorting;
    let mut set = Places([0; WORDS]);
    for (i, &x) in rows[1..].iter().enumerate() {
        if !x.is_nan() {
            set.flip(place[i]);
        }
        let Some(at) = (i + 1).checked_sub(n) else { continue };
        let [from, to] = ties[i];
        out.as_flattened_mut()[at] = (set.before(from) + set.before(to)) as f32;
        if !rows[1 + at].is_nan() {
            set.flip(place[at]);
        }
    }
}

impl Sorting {
    /// Finds the places of the rows and of their ties.
    fn sort(&mut self, rows: &[f32]) {
        self.sorted.clear();
        let keyed = rows.iter().zip(0u64..).filter(|(x, _)| !x.is_nan());
        self.sorted.extend(keyed.map(|(&x, i)| u64::from(ordered(x)) << 32 | i));
        for shift in [32, 40, 48, 56] {
            self.by_byte(shift);
        }
        self.place.resize(rows.len(), 0);
        self.ties.resize(rows.len(), [0; 2]);
        let mut from = 0;
        for group in self.sorted.chunk_by(|a, b| a >> 32 == b >> 32) {
            let to = from + group.len() as u16;
            for (&key, place) in group.iter().zip(from..) {
                self.place[key as u32 as usize] = place;
                self.ties[key as u32 as usize] = [from, to];
            }
            from = to;
        }
    }

    /// Sorts by one byte and keeps the order of equal ones.
    fn by_byte(&mut self, shift: u32) {
        let byte = |key: u64| (key >> shift) as u8 as usize;
        let mut starts = [0u32; 257];
        self.sorted.iter().for_each(|&key| starts[byte(key) + 1] += 1);
        (1..257).for_each(|b| starts[b] += starts[b - 1]);
        self.other.resize(self.sorted.len(), 0);
        for &key in &self.sorted {
            let at = &mut starts[byte(key)];
            self.other[*at as usize] = key;
            *at += 1;
        }
        std::mem::swap(&mut self.sorted, &mut self.other);
    }
}

/// An integer in the order of the value; both zeros alike.
fn ordered(x: f32) -> u32 {
    let bits = (x + 0.0).to_bits();
    if bits >> 31 == 0 { bits | 1 << 31 } else { !bits }
}
