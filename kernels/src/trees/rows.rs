//! Which rows lie in which leaf: one list of row numbers, each leaf a stretch of it, ascending.

use std::ops::Range;

#[derive(Default)]
pub struct LeafRows {
    index: Vec<u32>,
    spans: Vec<Range<usize>>,
    spare: Vec<u32>,
}

impl LeafRows {
    /// All rows in leaf 0.
    pub fn plant(&mut self, rows: impl Iterator<Item = u32>) {
        self.index.clear();
        self.index.extend(rows);
        self.spans.clear();
        self.spans.push(0..self.index.len());
    }

    pub fn of(&self, leaf: usize) -> &[u32] {
        &self.index[self.spans[leaf].clone()]
    }

    /// Keeps in `leaf` the rows whose code goes left; the others become a new leaf, the last one.
    pub fn split(&mut self, leaf: usize, codes: &[u8], goes_left: &[bool; 256]) {
        let span = self.spans[leaf].clone();
        let own = &mut self.index[span.clone()];
        self.spare.resize(own.len().max(self.spare.len()), 0);
        let (mut left, mut right) = (0, 0);
        for i in 0..own.len() {
            let row = own[i];
            let stays = usize::from(goes_left[codes[row as usize] as usize]);
            // Both are written and one of them counts: no branch to guess. left and right are at most i.
            own[left] = row;
            self.spare[right] = row;
            left += stays;
            right += 1 - stays;
        }
        own[left..].copy_from_slice(&self.spare[..right]);
        self.spans[leaf] = span.start..span.start + left;
        self.spans.push(span.start + left..span.end);
    }

    /// Adds to the score of each row what its leaf answers.
    pub fn add_to(&self, scores: &mut [f64], values: impl Fn(usize) -> f64) {
        for (leaf, span) in self.spans.iter().enumerate() {
            let value = values(leaf);
            self.index[span.clone()].iter().for_each(|&r| scores[r as usize] += value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_part_the_rows_and_keep_their_order() {
        let codes = [0, 1, 2, 3, 2, 1, 0, 3];
        let mut rows = LeafRows::default();
        rows.plant(0..8);
        let below = |b: usize| std::array::from_fn(|code| code < b);
        rows.split(0, &codes, &below(2));
        assert_eq!((rows.of(0), rows.of(1)), (&[0, 1, 5, 6][..], &[2, 3, 4, 7][..]));
        rows.split(1, &codes, &below(3));
        rows.split(0, &codes, &below(0));
        let leaves: Vec<&[u32]> = (0..4).map(|l| rows.of(l)).collect();
        assert_eq!(leaves, [&[][..], &[2, 4], &[3, 7], &[0, 1, 5, 6]]);
        let mut scores = [0.0; 8];
        rows.add_to(&mut scores, |leaf| leaf as f64);
        assert_eq!(scores, [3.0, 3.0, 1.0, 2.0, 1.0, 3.0, 3.0, 2.0]);
    }
}
