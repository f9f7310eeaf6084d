//! One tree as one shard sees it: the shard's rows by leaf, and of the histograms, summed over all shards, the
//! columns that this shard searches. All shards make the same decisions.

use super::histogram::{self, Adder, Layout, RowCodes};
use super::quantise::{FixedPoint, Quantiser};
use super::rows::LeafRows;
use super::settings::Settings;
use super::split::{self, Node, Rules, Split, SplitColumn, Sums, newton};
use super::tree::{Tree, TreeLeaf, TreeNode};
use std::ops::Range;

/// Rows of this shard by the role they play for a tree; each set follows its splits.
#[derive(Default)]
pub struct Followers {
    pub drawn: LeafRows,
    /// Training rows that the round did not draw.
    pub left_out: LeafRows,
    pub validation: LeafRows,
}

struct Leaf {
    node: Node,
    split: Option<Split>,
    /// The node that it hangs on, and whether on its left.
    parent: Option<(usize, bool)>,
    histogram: Vec<f64>,
}

#[derive(Default)]
pub struct Grower {
    pub followers: Followers,
    pub layout: Layout,
    /// Places in the layout that this shard searches.
    own: Range<usize>,
    leaves: Vec<Leaf>,
    nodes: Vec<TreeNode>,
    /// Leaves whose histogram is under way: the one that is added up, and its sibling.
    pending: Option<(usize, Option<usize>)>,
    /// Histograms that no leaf needs any more, to be used again.
    spare: Vec<Vec<f64>>,
    adder: Adder,
}

/// What stays the same while a tree grows.
pub struct Soil<'a> {
    pub settings: &'a Settings,
    pub columns: &'a [SplitColumn],
    pub rules: &'a Rules,
    pub quantiser: &'a Quantiser,
    pub row_codes: &'a RowCodes,
    /// Codes by column, of training and validation rows.
    pub train_codes: &'a [u8],
    pub validation_codes: &'a [u8],
    pub derivatives: &'a [i64],
}

/// Words of a message about the best split of a leaf.
pub const CANDIDATE: usize = 10;

impl Grower {
    /// Begins a tree: one leaf, its histogram to be added up.
    pub fn plant(&mut self, layout: Layout, shard: usize, shards: usize) {
        self.own = layout.places(shard, shards);
        self.layout = layout;
        // A leaf that nobody splits any more has none: kept, its place would be taken for room.
        self.spare.extend(self.leaves.drain(..).map(|l| l.histogram).filter(|h| h.capacity() > 0));
        self.nodes.clear();
        let histogram = self.room();
        let node = Node::free(Sums::default());
        self.leaves.push(Leaf { node, split: None, parent: None, histogram });
        self.pending = Some((0, None));
    }

    fn room(&mut self) -> Vec<f64> {
        let words = self.layout.span(self.own.clone()).len();
        let mut room = self.spare.pop().unwrap_or_default();
        room.resize(words, 0.0);
        room
    }

    /// The histogram of this shard's rows in the leaf under way, all columns.
    pub fn histogram(&mut self, soil: &Soil, out: &mut Vec<f64>) {
        out.resize(self.layout.words(), 0.0);
        let Some((leaf, _)) = self.pending else { return };
        let rows = self.followers.drawn.of(leaf);
        self.adder.build(soil.row_codes, rows, soil.derivatives, soil.quantiser, &self.layout, out);
        self.leaves[leaf].histogram.copy_from_slice(&out[self.layout.span(self.own.clone())]);
    }

    /// The words of another shard's histogram that this shard needs.
    pub fn wanted(&self) -> Range<usize> {
        self.layout.span(self.own.clone())
    }

    /// Adds the wanted words of another shard's histogram.
    pub fn add_histogram(&mut self, words: &[f64]) {
        if let Some((leaf, _)) = self.pending {
            histogram::merge(&mut self.leaves[leaf].histogram, words);
        }
    }

    /// The best splits in this shard's columns of the leaves under way, [`CANDIDATE`] words each.
    pub fn candidates(&mut self, soil: &Soil, out: &mut Vec<f64>) {
        out.clear();
        let Some((leaf, sibling)) = self.pending else { return };
        if let Some(other) = sibling {
            let [small, large] = self.leaves.get_disjoint_mut([leaf, other]).expect("two leaves");
            histogram::subtract(&mut large.histogram, &small.histogram);
        }
        for leaf in [Some(leaf), sibling].into_iter().flatten() {
            let Leaf { node, histogram, .. } = &self.leaves[leaf];
            let mut node = *node;
            let searches = !self.own.is_empty();
            if self.nodes.is_empty() && searches {
                node.sums = split::total(histogram, &self.layout, self.own.start);
            }
            let best =
                split::best_split(histogram, &self.layout, self.own.clone(), soil.columns, &node, soil.rules);
            write_candidate(best, searches.then_some(node.sums), out);
        }
    }

    /// Takes every shard's candidates, in the order of the shards: the greatest gain wins, of equals the first.
    pub fn decide(&mut self, messages: &[Vec<f64>]) {
        let Some((leaf, sibling)) = self.pending.take() else { return };
        for (at, leaf) in [Some(leaf), sibling].into_iter().flatten().enumerate() {
            let leaf = &mut self.leaves[leaf];
            for words in messages.iter().filter_map(|m| m.chunks_exact(CANDIDATE).nth(at)) {
                let (best, sums) = read_candidate(words);
                if let Some(sums) = sums {
                    leaf.node.sums = sums;
                }
                if let Some(best) = best.filter(|b| leaf.split.is_none_or(|s| b.gain > s.gain)) {
                    leaf.split = Some(best);
                }
            }
        }
    }

    /// Splits the leaf with the greatest gain. False when the tree is complete.
    pub fn split(&mut self, soil: &Soil) -> bool {
        loop {
            let Some(leaf) = self.best_leaf(soil.settings.leaves) else { return false };
            if self.split_leaf(leaf, soil) {
                return true;
            }
        }
    }

    fn best_leaf(&self, most: usize) -> Option<usize> {
        let open = self.leaves.iter().enumerate().filter_map(|(i, l)| Some((i, l.split?.gain)));
        let best = open.reduce(|best, other| if other.1 > best.1 { other } else { best });
        best.map(|b| b.0).filter(|_| self.leaves.len() < most)
    }

    /// Splits a leaf; false when neither child can be split again, so that there is nothing to add up.
    fn split_leaf(&mut self, leaf: usize, soil: &Soil) -> bool {
        let Some(split) = self.leaves[leaf].split.take() else { return false };
        let column = soil.columns[split.column];
        let (left, right) = split::children(&self.leaves[leaf].node, &split, column.monotone, soil.rules);
        self.followers.split(leaf, &split, column.numbers, soil);
        self.hang(leaf, &split, soil);
        let histogram = std::mem::take(&mut self.leaves[leaf].histogram);
        let parent = Some((self.nodes.len() - 1, false));
        self.leaves[leaf].node = left;
        self.leaves.push(Leaf { node: right, split: None, parent, histogram: Vec::new() });
        let again = |n: &Node| n.sums.rows >= 2.0 * soil.rules.min_rows;
        if self.leaves.len() >= soil.settings.leaves || !(again(&left) || again(&right)) {
            self.spare.push(histogram);
            return false;
        }
        let new = self.leaves.len() - 1;
        let (small, large) = if left.sums.rows <= right.sums.rows { (leaf, new) } else { (new, leaf) };
        self.leaves[large].histogram = histogram;
        self.leaves[small].histogram = self.room();
        self.pending = Some((small, Some(large)));
        true
    }

    /// Makes the leaf a node whose left child it is.
    fn hang(&mut self, leaf: usize, split: &Split, soil: &Soil) {
        let at = self.nodes.len();
        let (left, right) = (!(leaf as i32), !(self.leaves.len() as i32));
        let Leaf { node, parent, .. } = &mut self.leaves[leaf];
        if let Some((above, is_left)) = parent.replace((at, true)) {
            let above = &mut self.nodes[above];
            *(if is_left { &mut above.left } else { &mut above.right }) = at as i32;
        }
        let value = soil.rules.value(node.sums).clamp(node.low, node.high) * soil.settings.rate;
        let hessian = node.sums.hessian * soil.rules.hessian_step;
        let rows = node.sums.rows;
        self.nodes.push(TreeNode { split: *split, left, right, value, rows, hessian });
    }

    /// Exact sums of the drawn rows' derivatives by leaf, this shard's part: gradient and hessian in two words each.
    pub fn leaf_sums(&self, gradient: &[f64], hessian: &[f64], fixed: &[FixedPoint; 2], out: &mut Vec<f64>) {
        out.clear();
        for leaf in 0..self.leaves.len() {
            let (mut g, mut h) = (0i64, 0i64);
            for &row in self.followers.drawn.of(leaf) {
                g += fixed[0].of(gradient[row as usize]);
                h += hessian.get(row as usize).map_or(0, |&h| fixed[1].of(h));
            }
            [g, h].iter().for_each(|&sum| out.extend([(sum >> 32) as f64, (sum & 0xffff_ffff) as f64]));
        }
    }

    /// The finished tree: each leaf answers by the exact sums of all shards. `unit` says that every second
    /// derivative is 1.
    pub fn finish(&mut self, sums: &[Vec<f64>], fixed: &[FixedPoint; 2], unit: bool, soil: &Soil) -> Tree {
        let exact = |word: usize| sums.iter().map(|m| ((m[word] as i64) << 32) + m[word + 1] as i64).sum();
        let mut leaves = Vec::with_capacity(self.leaves.len());
        for (i, leaf) in self.leaves.iter().enumerate() {
            let gradient = fixed[0].value(exact(4 * i));
            let rows = leaf.node.sums.rows;
            let hessian = if unit { rows } else { fixed[1].value(exact(4 * i + 2)) };
            let best = newton(gradient, hessian, soil.settings.l2).clamp(leaf.node.low, leaf.node.high);
            let value = best * soil.settings.rate;
            leaves.push(TreeLeaf { value, rows, hessian });
        }
        Tree { nodes: std::mem::take(&mut self.nodes), leaves }
    }
}

impl Followers {
    fn split(&mut self, leaf: usize, split: &Split, numbers: usize, soil: &Soil) {
        let goes_left =
            std::array::from_fn(|code| if code == numbers { split.nulls_left } else { code <= split.bin });
        let column = |codes: &[u8]| {
            let rows = codes.len() / soil.columns.len();
            split.column * rows..(split.column + 1) * rows
        };
        let train = &soil.train_codes[column(soil.train_codes)];
        self.drawn.split(leaf, train, &goes_left);
        self.left_out.split(leaf, train, &goes_left);
        self.validation.split(leaf, &soil.validation_codes[column(soil.validation_codes)], &goes_left);
    }
}

fn write_candidate(split: Option<Split>, sums: Option<Sums>, out: &mut Vec<f64>) {
    let s = split.unwrap_or(Split {
        gain: f64::NEG_INFINITY,
        column: 0,
        bin: 0,
        nulls_left: false,
        left: Sums::default(),
    });
    let all = sums.unwrap_or(Sums { gradient: 0.0, hessian: 0.0, rows: -1.0 });
    out.extend([s.gain, s.column as f64, s.bin as f64, f64::from(u8::from(s.nulls_left))]);
    out.extend([s.left.gradient, s.left.hessian, s.left.rows]);
    out.extend([all.gradient, all.hessian, all.rows]);
}

fn read_candidate(w: &[f64]) -> (Option<Split>, Option<Sums>) {
    let left = Sums { gradient: w[4], hessian: w[5], rows: w[6] };
    let (column, bin, nulls_left) = (w[1] as usize, w[2] as usize, w[3] != 0.0);
    let split = Split { gain: w[0], column, bin, nulls_left, left };
    let sums = Sums { gradient: w[7], hessian: w[8], rows: w[9] };
    ((w[0] > f64::NEG_INFINITY).then_some(split), (w[9] >= 0.0).then_some(sums))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_used_again_from_tree_to_tree() {
        let mut grower = Grower::default();
        for tree in 0..20 {
            grower.plant(Layout::new(vec![0], |_| 4, 3), 0, 1);
            let leaf =
                |histogram| Leaf { node: Node::free(Sums::default()), split: None, parent: None, histogram };
            let room = grower.room();
            // The last split of a tree takes a leaf's histogram and leaves two leaves without one.
            grower.leaves.extend([leaf(room), leaf(Vec::new()), leaf(Vec::new())]);
            assert_eq!(grower.spare.len(), 0, "tree {tree}");
        }
    }
}
