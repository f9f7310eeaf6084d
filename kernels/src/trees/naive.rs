//! The oracle: splits found by trying every one and adding up the rows on either side.

use super::split::{Rules, Split, SplitColumn, Sums};

/// A leaf's rows: codes by column, and the levels of their derivatives.
pub struct Rows {
    pub codes: Vec<Vec<u8>>,
    pub gradient: Vec<f64>,
    pub hessian: Vec<f64>,
}

impl Rows {
    fn sums(&self, chosen: impl Fn(usize) -> bool) -> Sums {
        let rows = (0..self.gradient.len()).filter(|&i| chosen(i));
        rows.fold(Sums::default(), |sum, i| {
            sum.plus(Sums { gradient: self.gradient[i], hessian: self.hessian[i], rows: 1.0 })
        })
    }

    pub fn total(&self) -> Sums {
        self.sums(|_| true)
    }

    /// Whether a row goes left.
    fn left(&self, split: &Split, numbers: usize, row: usize) -> bool {
        let code = self.codes[split.column][row] as usize;
        if code == numbers { split.nulls_left } else { code <= split.bin }
    }

    /// `G² / (H + λ)` of both sides less that of the whole; nothing where the split is not allowed.
    fn gain(&self, split: &mut Split, column: &SplitColumn, rules: &Rules) -> Option<f64> {
        split.left = self.sums(|row| self.left(split, column.numbers, row));
        let right = self.sums(|row| !self.left(split, column.numbers, row));
        let gradient = |s: Sums| s.gradient * rules.gradient_step;
        let hessian = |s: Sums| s.hessian * rules.hessian_step;
        let allowed =
            |s: Sums| s.rows >= rules.min_rows && hessian(s) >= rules.min_hessian && hessian(s) > 0.0;
        let value = |s: Sums| -gradient(s) / (hessian(s) + rules.l2);
        let rises = value(right) - value(split.left);
        if !allowed(split.left) || !allowed(right) || f64::from(column.monotone) * rises < 0.0 {
            return None;
        }
        let of = |s: Sums| gradient(s) * gradient(s) / (hessian(s) + rules.l2);
        Some(of(split.left) + of(right) - of(self.total()))
    }

    /// The best split of all.
    pub fn best(&self, columns: &[SplitColumn], rules: &Rules) -> Option<Split> {
        let mut best: Option<Split> = None;
        for (number, column) in columns.iter().enumerate() {
            for (bin, nulls_left) in (0..column.numbers).flat_map(|b| [(b, false), (b, true)]) {
                let mut split = Split { gain: 0.0, column: number, bin, nulls_left, left: Sums::default() };
                split.gain = self.gain(&mut split, column, rules).unwrap_or(f64::NEG_INFINITY);
                if split.gain > best.map_or(rules.min_gain, |b| b.gain) {
                    best = Some(split);
                }
            }
        }
        best
    }
}
