//! Histograms: sums of derivatives and rows by column and bin. Integers below 2^53, held in f64: adding and
//! subtracting them is exact in any order.

use super::quantise::{CHUNK, Quantiser};

/// Codes of a bin are below this.
pub const CODES: usize = 256;

/// Where the bins of the columns that a tree may use lie in a histogram.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The columns' numbers, ascending.
    pub columns: Vec<usize>,
    /// Bin at which each begins, and the count of all.
    pub begins: Vec<usize>,
    /// Numbers a bin: gradient and rows, or gradient, rows and hessian.
    pub fields: usize,
}

impl Layout {
    pub fn new(columns: Vec<usize>, bins: impl Fn(usize) -> usize, fields: usize) -> Layout {
        let mut begins = vec![0];
        for &c in &columns {
            begins.push(begins[begins.len() - 1] + bins(c));
        }
        Layout { columns, begins, fields }
    }

    pub fn words(&self) -> usize {
        self.begins.last().copied().unwrap_or(0) * self.fields
    }

    /// The words of the columns at these places.
    pub fn span(&self, places: std::ops::Range<usize>) -> std::ops::Range<usize> {
        self.begins[places.start] * self.fields..self.begins[places.end] * self.fields
    }

    /// The places of shard `of` among `shards` that share the bins evenly.
    pub fn places(&self, of: usize, shards: usize) -> std::ops::Range<usize> {
        let all = self.begins[self.columns.len()];
        let border = |s: usize| self.begins[..self.columns.len()].partition_point(|&b| b * shards < s * all);
        border(of)..border(of + 1)
    }
}

/// Codes row by row: all columns of a row lie together.
#[derive(Default)]
pub struct RowCodes {
    pub width: usize,
    pub codes: Vec<u8>,
}

impl RowCodes {
    /// Lays the codes of some columns (one after the other, `rows` each) out by row.
    pub fn fill(&mut self, by_column: &[u8], rows: usize, columns: &[usize]) {
        const BLOCK: usize = 64;
        self.width = columns.len();
        self.codes.clear();
        self.codes.resize(self.width * rows, 0);
        for begin in (0..rows).step_by(BLOCK) {
            let end = (begin + BLOCK).min(rows);
            for (place, &c) in columns.iter().enumerate() {
                for (i, &code) in by_column[c * rows + begin..c * rows + end].iter().enumerate() {
                    self.codes[(begin + i) * self.width + place] = code;
                }
            }
        }
    }

    /// Reads the ends of some rows, all loads at once, so that they wait for memory together and not one after
    /// the other.
    fn touch(&self, rows: &[u32]) -> u8 {
        let Some(last) = self.width.checked_sub(1) else { return 0 };
        let ends = |&row: &u32| {
            let at = row as usize * self.width;
            self.codes[at].wrapping_add(self.codes[at + last])
        };
        rows.iter().map(ends).fold(0, u8::wrapping_add)
    }
}

/// Room to add up packed words, kept from one histogram to the next; all 0 between them.
#[derive(Default)]
pub struct Adder {
    words: Vec<i64>,
    chunk: Vec<i64>,
    /// What [`RowCodes::touch`] returned, so that it is not left out.
    touched: u8,
}

impl Adder {
    /// The histogram of `rows` in `out`, as `layout` says; `derivatives` are the packed words of all rows.
    pub fn build(
        &mut self,
        codes: &RowCodes,
        rows: &[u32],
        derivatives: &[i64],
        quantiser: &Quantiser,
        layout: &Layout,
        out: &mut [f64],
    ) {
        self.words.resize(layout.columns.len() * CODES, 0);
        out.fill(0.0);
        for chunk in rows.chunks(CHUNK) {
            for part in chunk.chunks(PART) {
                self.chunk.clear();
                self.chunk.extend(part.iter().map(|&r| derivatives[r as usize]));
                self.touched = self.touched.wrapping_add(codes.touch(part));
                add(&mut self.words, codes, part, &self.chunk);
            }
            self.flush(quantiser, layout, out);
        }
    }

    /// Adds the words to the histogram and sets them to 0.
    fn flush(&mut self, quantiser: &Quantiser, layout: &Layout, out: &mut [f64]) {
        for (place, words) in self.words.chunks_exact_mut(CODES).enumerate() {
            let out = &mut out[layout.span(place..place + 1)];
            for (word, bin) in words.iter_mut().zip(out.chunks_exact_mut(layout.fields)) {
                let (gradient, hessian, rows) = quantiser.unpack(std::mem::take(word));
                bin[0] += gradient;
                bin[1] += rows;
                if let Some(h) = bin.get_mut(2) {
                    *h += hessian;
                }
            }
        }
    }
}

/// Rows that all groups of columns go through before the next ones: their codes stay in the cache.
const PART: usize = 512;
/// Columns at most whose sums are added to in one pass: they stay in the first-level cache.
const GROUP: usize = 13;

fn add(words: &mut [i64], codes: &RowCodes, rows: &[u32], derivatives: &[i64]) {
    let groups = codes.width.div_ceil(GROUP).max(1);
    for g in 0..groups {
        let (from, to) = (g * codes.width / groups, (g + 1) * codes.width / groups);
        let words = &mut words[from * CODES..to * CODES];
        match to - from {
            1 => add_group::<1>(words, codes, from, rows, derivatives),
            2 => add_group::<2>(words, codes, from, rows, derivatives),
            3 => add_group::<3>(words, codes, from, rows, derivatives),
            4 => add_group::<4>(words, codes, from, rows, derivatives),
            5 => add_group::<5>(words, codes, from, rows, derivatives),
            6 => add_group::<6>(words, codes, from, rows, derivatives),
            7 => add_group::<7>(words, codes, from, rows, derivatives),
            8 => add_group::<8>(words, codes, from, rows, derivatives),
            9 => add_group::<9>(words, codes, from, rows, derivatives),
            10 => add_group::<10>(words, codes, from, rows, derivatives),
            11 => add_group::<11>(words, codes, from, rows, derivatives),
            12 => add_group::<12>(words, codes, from, rows, derivatives),
            _ => add_group::<GROUP>(words, codes, from, rows, derivatives),
        }
    }
}

fn add_group<const W: usize>(
    words: &mut [i64],
    codes: &RowCodes,
    from: usize,
    rows: &[u32],
    derivatives: &[i64],
) {
    if W == 0 || words.len() < W * CODES {
        return;
    }
    for (&row, &word) in rows.iter().zip(derivatives) {
        let at = row as usize * codes.width + from;
        let codes = &codes.codes[at..at + W];
        for (place, &code) in codes.iter().enumerate() {
            // SAFETY: place < W and code < CODES, and there are at least W * CODES words.
            let sum = unsafe { words.get_unchecked_mut(place * CODES + code as usize) };
            *sum = sum.wrapping_add(word);
        }
    }
}

/// `parent -= child`: what remains is the other child.
pub fn subtract(parent: &mut [f64], child: &[f64]) {
    parent.iter_mut().zip(child).for_each(|(p, c)| *p -= c);
}

/// `into += other`.
pub fn merge(into: &mut [f64], other: &[f64]) {
    into.iter_mut().zip(other).for_each(|(a, b)| *a += b);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::random::Draw;

    struct Case {
        rows: usize,
        columns: usize,
        by_column: Vec<u8>,
        gradient: Vec<f64>,
        hessian: Vec<f64>,
    }

    fn case(rows: usize, columns: usize) -> Case {
        let mut draw = Draw::new(11, rows as u64, columns as u64, 0);
        Case {
            rows,
            columns,
            by_column: (0..rows * columns).map(|_| draw.below(256) as u8).collect(),
            gradient: (0..rows).map(|_| draw.normal()).collect(),
            hessian: (0..rows).map(|_| draw.unit()).collect(),
        }
    }

    fn histogram(case: &Case, rows: &[u32]) -> Vec<f64> {
        let quantiser = Quantiser::new(6.0, Some(1.0), [1, 2, 3]);
        let mut packed = vec![0; case.rows];
        quantiser.pack(0, &case.gradient, &case.hessian, &mut packed);
        let columns: Vec<usize> = (0..case.columns).collect();
        let mut codes = RowCodes::default();
        codes.fill(&case.by_column, case.rows, &columns);
        let layout = Layout::new(columns, |_| 256, 3);
        let mut out = vec![f64::NAN; layout.words()];
        Adder::default().build(&codes, rows, &packed, &quantiser, &layout, &mut out);
        out
    }

    #[test]
    fn sums_are_those_of_a_loop_over_rows() {
        for (rows, columns) in [(0, 3), (1, 1), (500, 13), (700, 14), (300, 40), (40_000, 2)] {
            let case = case(rows, columns);
            let listed: Vec<u32> = (0..rows as u32).filter(|r| r % 3 != 1).collect();
            let quantiser = Quantiser::new(6.0, Some(1.0), [1, 2, 3]);
            let mut packed = vec![0; rows];
            quantiser.pack(0, &case.gradient, &case.hessian, &mut packed);
            let mut expected = vec![0.0; columns * 256 * 3];
            for &r in &listed {
                let (g, h, n) = quantiser.unpack(packed[r as usize]);
                for c in 0..columns {
                    let at = (c * 256 + case.by_column[c * rows + r as usize] as usize) * 3;
                    [g, n, h].iter().enumerate().for_each(|(f, x)| expected[at + f] += x);
                }
            }
            assert_eq!(histogram(&case, &listed), expected, "{rows} rows, {columns} columns");
        }
    }

    #[test]
    fn any_split_of_the_rows_gives_the_same_sums() {
        let case = case(30_000, 5);
        let all: Vec<u32> = (0..case.rows as u32).collect();
        let whole = histogram(&case, &all);
        for parts in [2, 3, 7] {
            let mut sum = vec![0.0; whole.len()];
            for p in 0..parts {
                let own: Vec<u32> = all.iter().copied().filter(|r| *r as usize % parts == p).collect();
                merge(&mut sum, &histogram(&case, &own));
            }
            assert_eq!(sum, whole);
        }
        let (left, right): (Vec<u32>, Vec<u32>) = all.iter().partition(|r| **r < 1234);
        let mut rest = whole;
        subtract(&mut rest, &histogram(&case, &left));
        assert_eq!(rest, histogram(&case, &right));
    }

    #[test]
    fn shards_own_all_columns_once() {
        let layout = Layout::new(vec![0, 2, 3, 9], |c| c + 1, 3);
        assert_eq!((layout.words(), layout.span(1..3)), (54, 3..24));
        for shards in 1..7 {
            let owned: Vec<usize> = (0..shards).flat_map(|s| layout.places(s, shards)).collect();
            assert_eq!(owned, [0, 1, 2, 3]);
        }
    }
}
