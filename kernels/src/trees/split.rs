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

#[cfg(test)]
mod tests {
    use super::super::naive::Rows;
    use super::*;
    use crate::gp::random::Draw;

    const RULES: Rules = Rules {
        min_rows: 1.0,
        min_hessian: 0.0,
        min_gain: 0.0,
        l2: 0.0,
        gradient_step: 1.0,
        hessian_step: 1.0,
    };

    fn histogram(rows: &Rows, columns: &[SplitColumn]) -> (Layout, Vec<f64>) {
        let bins = |c: usize| columns[c].numbers + usize::from(columns[c].nulls);
        let layout = Layout::new((0..columns.len()).collect(), bins, 3);
        let mut words = vec![0.0; layout.words()];
        for (place, codes) in rows.codes.iter().enumerate() {
            for (i, &code) in codes.iter().enumerate() {
                let at = (layout.begins[place] + code as usize) * 3;
                [rows.gradient[i], 1.0, rows.hessian[i]]
                    .iter()
                    .enumerate()
                    .for_each(|(f, x)| words[at + f] += x);
            }
        }
        (layout, words)
    }

    fn found(rows: &Rows, columns: &[SplitColumn], rules: &Rules) -> Option<Split> {
        let (layout, words) = histogram(rows, columns);
        let all = total(&words, &layout, 0);
        assert_eq!(all, rows.total());
        best_split(&words, &layout, 0..columns.len(), columns, &Node::free(all), rules)
    }

    fn random(draw: &mut Draw) -> (Rows, Vec<SplitColumn>) {
        let count = 1 + draw.below(60);
        let columns: Vec<SplitColumn> = (0..1 + draw.below(4))
            .map(|_| SplitColumn {
                numbers: 1 + draw.below(9),
                nulls: draw.one_in(2),
                monotone: draw.below(3) as i8 - 1,
            })
            .collect();
        let code = |draw: &mut Draw, c: &SplitColumn| draw.below(c.numbers + usize::from(c.nulls)) as u8;
        let codes = columns.iter().map(|c| (0..count).map(|_| code(draw, c)).collect()).collect();
        let gradient = (0..count).map(|_| draw.below(41) as f64 - 20.0).collect();
        let hessian = (0..count).map(|_| draw.below(6) as f64).collect();
        (Rows { codes, gradient, hessian }, columns)
    }

    #[test]
    fn the_best_split_is_the_one_that_trying_all_finds() {
        let mut draw = Draw::new(21, 0, 0, 0);
        let mut splits = 0;
        for _ in 0..3000 {
            let (rows, columns) = random(&mut draw);
            let rules = Rules {
                min_rows: 1.0 + draw.below(6) as f64,
                min_hessian: draw.below(4) as f64,
                l2: draw.below(3) as f64,
                gradient_step: 0.01,
                hessian_step: 0.5,
                min_gain: 1e-4,
            };
            let (fast, slow) = (found(&rows, &columns, &rules), rows.best(&columns, &rules));
            let gain = |s: Option<Split>| s.map_or(0.0, |s| s.gain);
            assert!((gain(fast) - gain(slow)).abs() < 1e-9 * (1.0 + gain(slow)), "{fast:?} {slow:?}");
            splits += usize::from(fast.is_some());
        }
        assert!(splits > 1500, "{splits}");
    }

    fn column(numbers: usize, nulls: bool) -> SplitColumn {
        SplitColumn { numbers, nulls, monotone: 0 }
    }

    fn leaf(codes: &[u8], gradient: &[f64]) -> Rows {
        Rows { codes: vec![codes.to_vec()], gradient: gradient.to_vec(), hessian: vec![1.0; codes.len()] }
    }

    #[test]
    fn nulls_go_where_they_help_and_may_stand_alone() {
        // Code 3 is null: nulls answer like the low bins, like the high ones, like none.
        let sides = [(-5.0, true, 1), (5.0, false, 1)];
        for (null, nulls_left, bin) in sides {
            let rows = leaf(&[0, 1, 2, 2, 3, 3], &[-5.0, -5.0, 5.0, 5.0, null, null]);
            let split = found(&rows, &[column(3, true)], &RULES).unwrap();
            assert_eq!((split.nulls_left, split.bin), (nulls_left, bin));
        }
        let rows = leaf(&[0, 1, 2, 2, 3, 3], &[1.0, 1.0, 1.0, 1.0, -9.0, -9.0]);
        let split = found(&rows, &[column(3, true)], &RULES).unwrap();
        assert_eq!((split.bin, split.nulls_left, split.left.rows), (2, false, 4.0));
        // Without nulls in the leaf a later one goes where most rows go.
        let rows = leaf(&[0, 0, 0, 1], &[1.0, 1.0, 1.0, -9.0]);
        assert!(found(&rows, &[column(2, true)], &RULES).unwrap().nulls_left);
        let rows = leaf(&[0, 1, 1, 1], &[-9.0, 1.0, 1.0, 1.0]);
        assert!(!found(&rows, &[column(2, true)], &RULES).unwrap().nulls_left);
    }

    #[test]
    fn of_equal_gains_the_first_column_and_the_lowest_bin_win() {
        let rows = Rows {
            codes: vec![vec![0, 2, 2], vec![0, 1, 1]],
            gradient: vec![-1.0, 1.0, 1.0],
            hessian: vec![1.0; 3],
        };
        let split = found(&rows, &[column(3, false), column(2, false)], &RULES).unwrap();
        assert_eq!((split.column, split.bin), (0, 0));
        assert_eq!(found(&leaf(&[0, 0], &[1.0, -1.0]), &[column(1, false)], &RULES), None);
        assert_eq!(found(&leaf(&[0, 1], &[1.0, 1.0]), &[column(2, false)], &RULES), None);
    }

    #[test]
    fn bounds_part_the_answers_of_a_monotone_split() {
        let node =
            Node { low: -2.0, high: 9.0, ..Node::free(Sums { gradient: 0.0, hessian: 4.0, rows: 4.0 }) };
        let left = Sums { gradient: 8.0, hessian: 2.0, rows: 2.0 };
        let split = Split { gain: 1.0, column: 0, bin: 0, nulls_left: false, left };
        let (low, high) = children(&node, &split, 1, &RULES);
        assert_eq!((low.low, low.high, high.low, high.high), (-2.0, 1.0, 1.0, 9.0));
        let (first, second) = children(&node, &split, 0, &RULES);
        assert_eq!((first.low, first.high, second.low, second.high), (-2.0, 9.0, -2.0, 9.0));
    }
}
