//! The best split of a leaf, from its histogram.

use super::histogram::Layout;
use std::ops::Range;

/// Sums over rows, in levels of the tree's quantiser.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    pub gradient: f64,
    pub hessian: f64,
    pub rows: f64,
}

impl Sums {
    #[inline(always)]
    fn read(bin: &[f64]) -> Sums {
        Sums { gradient: bin[0], rows: bin[1], hessian: bin.get(2).copied().unwrap_or(bin[1]) }
    }

    #[inline(always)]
    pub fn plus(self, o: Sums) -> Sums {
        Sums {
            gradient: self.gradient + o.gradient,
            hessian: self.hessian + o.hessian,
            rows: self.rows + o.rows,
        }
    }

    #[inline(always)]
    pub fn minus(self, o: Sums) -> Sums {
        Sums {
            gradient: self.gradient - o.gradient,
            hessian: self.hessian - o.hessian,
            rows: self.rows - o.rows,
        }
    }
}

/// What a split must keep to.
#[derive(Clone, Debug)]
pub struct Rules {
    pub min_rows: f64,
    pub min_hessian: f64,
    pub min_gain: f64,
    pub l2: f64,
    pub gradient_step: f64,
    pub hessian_step: f64,
}

impl Rules {
    /// What a leaf answers: the minimum of its second-order loss.
    pub fn value(&self, sums: Sums) -> f64 {
        newton(sums.gradient * self.gradient_step, sums.hessian * self.hessian_step, self.l2)
    }

    /// By how much an answer lowers the second-order loss, twice.
    fn gain_of(&self, sums: Sums, value: f64) -> f64 {
        let gradient = sums.gradient * self.gradient_step;
        let hessian = sums.hessian * self.hessian_step + self.l2;
        -(2.0 * gradient + hessian * value) * value
    }
}

/// `-gradient / (hessian + l2)`; 0 where nothing bends.
pub fn newton(gradient: f64, hessian: f64, l2: f64) -> f64 {
    if hessian + l2 > 0.0 { -gradient / (hessian + l2) } else { 0.0 }
}

/// Rows with a code up to `bin` go left, and nulls where `nulls_left`. The gain is twice the drop of the
/// second-order loss, as LightGBM counts it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    pub gain: f64,
    pub column: usize,
    pub bin: usize,
    pub nulls_left: bool,
    pub left: Sums,
}

/// A column as the search sees it.
#[derive(Clone, Copy, Debug)]
pub struct SplitColumn {
    /// Bins of numbers; the bin of nulls, where there is one, comes behind them.
    pub numbers: usize,
    pub nulls: bool,
    pub monotone: i8,
}

/// A leaf's sums and the bounds that monotone splits above it have set on its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    pub sums: Sums,
    pub low: f64,
    pub high: f64,
}

impl Node {
    pub fn free(sums: Sums) -> Node {
        Node { sums, low: f64::NEG_INFINITY, high: f64::INFINITY }
    }
}

/// The split with the greatest gain over the columns at `places`, whose words are `histogram`; of equals the
/// first column's, then the lowest bin's, then the one that sends nulls right.
pub fn best_split(
    histogram: &[f64],
    layout: &Layout,
    places: Range<usize>,
    columns: &[SplitColumn],
    node: &Node,
    rules: &Rules,
) -> Option<Split> {
    let origin = layout.span(places.clone()).start;
    let mut best = None;
    for place in places {
        let span = layout.span(place..place + 1);
        let bins = &histogram[span.start - origin..span.end - origin];
        let number = layout.columns[place];
        let search = Search { bins, fields: layout.fields, number, column: columns[number], node, rules };
        search.run(&mut best);
    }
    best
}

/// The sums of a leaf, from any column of its histogram.
pub fn total(histogram: &[f64], layout: &Layout, place: usize) -> Sums {
    let span = layout.span(place..place + 1);
    let bins = histogram[..span.len()].chunks_exact(layout.fields);
    bins.fold(Sums::default(), |sum, bin| sum.plus(Sums::read(bin)))
}

struct Search<'a> {
    bins: &'a [f64],
    fields: usize,
    number: usize,
    column: SplitColumn,
    node: &'a Node,
    rules: &'a Rules,
}

impl Search<'_> {
    fn bin(&self, at: usize) -> Sums {
        Sums::read(&self.bins[at * self.fields..(at + 1) * self.fields])
    }

    fn run(&self, best: &mut Option<Split>) {
        let nulls = if self.column.nulls { self.bin(self.column.numbers) } else { Sums::default() };
        self.scan(Sums::default(), false, best);
        if nulls.rows > 0.0 {
            self.scan(nulls, true, best);
        } else if let Some(split) = best.as_mut().filter(|s| s.column == self.number) {
            // A null that comes later goes where most rows go.
            split.nulls_left = split.left.rows * 2.0 >= self.node.sums.rows;
        }
    }

    /// Tries every border, with `nulls` on the left to begin with.
    fn scan(&self, nulls: Sums, nulls_left: bool, best: &mut Option<Split>) {
        let mut left = nulls;
        for bin in 0..self.column.numbers {
            left = left.plus(self.bin(bin));
            let right = self.node.sums.minus(left);
            if left.rows < self.rules.min_rows {
                continue;
            }
            if right.rows < self.rules.min_rows {
                break;
            }
            let gain = self.gain(left, right);
            if gain > best.map_or(self.rules.min_gain, |b| b.gain) {
                *best = Some(Split { gain, column: self.number, bin, nulls_left, left });
            }
        }
    }

    /// NaN where the split is not allowed.
    fn gain(&self, left: Sums, right: Sums) -> f64 {
        let rules = self.rules;
        let least = rules.min_hessian.max(f64::MIN_POSITIVE);
        if left.hessian * rules.hessian_step < least || right.hessian * rules.hessian_step < least {
            return f64::NAN;
        }
        let value = |sums| rules.value(sums).clamp(self.node.low, self.node.high);
        let (l, r) = (value(left), value(right));
        if f64::from(self.column.monotone) * (r - l) < 0.0 {
            return f64::NAN;
        }
        let whole = rules.gain_of(self.node.sums, value(self.node.sums));
        rules.gain_of(left, l) + rules.gain_of(right, r) - whole
    }
}

/// The nodes on both sides of a split, with their bounds: a monotone split parts the answers at their middle.
pub fn children(node: &Node, split: &Split, monotone: i8, rules: &Rules) -> (Node, Node) {
    let (mut left, mut right) = (*node, *node);
    left.sums = split.left;
    right.sums = node.sums.minus(split.left);
    if monotone != 0 {
        let value = |sums| rules.value(sums).clamp(node.low, node.high);
        let middle = value(left.sums) / 2.0 + value(right.sums) / 2.0;
        let (lower, upper) = if monotone > 0 { (&mut left, &mut right) } else { (&mut right, &mut left) };
        lower.high = middle;
        upper.low = middle;
    }
    (left, right)
}
