//! Predictions of a finished model: every row walks every tree.

use super::bins::effective;
use super::settings::Loss;
use crate::error::{Error, Result};

/// Rows that walk a tree together.
const BLOCK: usize = 256;

/// A node or a leaf; a leaf leads to itself. Small enough for many trees to stay in the cache.
#[derive(Clone, Copy)]
struct Step {
    threshold: f64,
    column: u32,
    nulls_left: bool,
    left: u32,
    right: u32,
}

struct Tree {
    steps: Vec<Step>,
    /// By step; 0 at nodes.
    values: Vec<f64>,
    /// Steps from the root to the lowest leaf.
    depth: usize,
}

pub struct Forest {
    loss: Loss,
    columns: usize,
    bias: Vec<f64>,
    trees: Vec<Tree>,
}

/// Numbers of a node in packed trees: column, threshold, nulls left, left, right.
const NODE: usize = 5;

impl Forest {
    /// `packed` holds of each tree the count of its nodes, of each node `column, threshold, nulls left, left,
    /// right`, and one value for each leaf (one more than nodes). The tree of output k in round r is
    /// `r * outputs + k`.
    pub fn new(loss: Loss, columns: usize, bias: Vec<f64>, packed: &[f64]) -> Result<Forest> {
        let mut trees = Vec::new();
        let mut rest = packed;
        while let Some((&count, after)) = rest.split_first() {
            let nodes = count as usize;
            if nodes as f64 != count || after.len() < nodes.saturating_mul(NODE + 1).saturating_add(1) {
                return Err(Error::input(format!("tree {}: expected {count} nodes and leaves", trees.len())));
            }
            let (own, leaves) = after[..nodes * (NODE + 1) + 1].split_at(nodes * NODE);
            trees.push(
                Tree::new(own, leaves, columns)
                    .map_err(|m| Error::input(format!("tree {}: {m}", trees.len())))?,
            );
            rest = &after[nodes * (NODE + 1) + 1..];
        }
        if bias.is_empty() || !trees.len().is_multiple_of(bias.len()) {
            let message = format!("trees: expected a multiple of {}, got {}", bias.len(), trees.len());
            return Err(Error::input(message));
        }
        Ok(Forest { loss, columns, bias, trees })
    }

    /// Scores or answers by row, one for each output. `values` are columns of equal length one after the other,
    /// NaN for null.
    pub fn predict(&self, values: &[f64], raw: bool) -> Result<Vec<f64>> {
        if self.columns == 0 || !values.len().is_multiple_of(self.columns) {
            let got = values.len();
            return Err(Error::input(format!("values: expected a multiple of {}, got {got}", self.columns)));
        }
        let (rows, outputs) = (values.len() / self.columns, self.bias.len());
        let mut out = Vec::with_capacity(rows * outputs);
        let mut block = vec![0.0; BLOCK * self.columns];
        for begin in (0..rows).step_by(BLOCK) {
            let count = BLOCK.min(rows - begin);
            for c in 0..self.columns {
                for i in 0..count {
                    block[i * self.columns + c] = effective(values[c * rows + begin + i]);
                }
            }
            self.score(&block[..count * self.columns], &mut out);
        }
        if !raw {
            out.chunks_exact_mut(outputs).for_each(|row| self.loss.answer(row));
        }
        Ok(out)
    }

    /// Appends the scores of rows that lie one after the other.
    fn score(&self, rows: &[f64], out: &mut Vec<f64>) {
        let outputs = self.bias.len();
        let begin = out.len();
        rows.chunks_exact(self.columns).for_each(|_| out.extend_from_slice(&self.bias));
        for (t, tree) in self.trees.iter().enumerate() {
            let scores = out[begin + t % outputs..].iter_mut().step_by(outputs);
            for (row, score) in rows.chunks_exact(self.columns).zip(scores) {
                *score += tree.value(row);
            }
        }
    }
}

impl Tree {
    fn new(nodes: &[f64], leaves: &[f64], columns: usize) -> std::result::Result<Tree, String> {
        let count = nodes.len() / NODE;
        let mut steps = Vec::with_capacity(count + leaves.len());
        for (at, n) in nodes.chunks_exact(NODE).enumerate() {
            let child = |c: f64| match c as i64 {
                c if c > at as i64 && (c as usize) < count => Ok(c as u32),
                c if c < 0 && (!c as usize) < leaves.len() => Ok((count as i64 + !c) as u32),
                _ => Err(format!("expected children behind node {at}, got {c}")),
            };
            if !(n[0] >= 0.0 && n[0] < columns as f64) || n[1].is_nan() {
                return Err(format!(
                    "expected a column below {columns} and a threshold, got {} and {}",
                    n[0], n[1]
                ));
            }
            let (left, right) = (child(n[3])?, child(n[4])?);
            steps.push(Step { column: n[0] as u32, threshold: n[1], nulls_left: n[2] != 0.0, left, right });
        }
        let leaf = |at: usize| Step {
            threshold: 0.0,
            column: 0,
            nulls_left: false,
            left: at as u32,
            right: at as u32,
        };
        (0..leaves.len()).for_each(|l| steps.push(leaf(count + l)));
        let values = std::iter::repeat_n(0.0, count).chain(leaves.iter().copied()).collect();
        Ok(Tree { depth: depth(&steps[..count]), steps, values })
    }

    #[inline]
    fn value(&self, row: &[f64]) -> f64 {
        let mut at = 0u32;
        for _ in 0..self.depth {
            let step = &self.steps[at as usize];
            let x = row[step.column as usize];
            let left = if x.is_nan() { step.nulls_left } else { x <= step.threshold };
            let next = if left { step.left } else { step.right };
            if next == at {
                break;
            }
            at = next;
        }
        self.values[at as usize]
    }
}

/// Steps from the root to the lowest leaf; children come behind their parents.
fn depth(nodes: &[Step]) -> usize {
    let mut below = vec![0usize; nodes.len()];
    for (at, node) in nodes.iter().enumerate().rev() {
        let of = |child: u32| below.get(child as usize).copied().unwrap_or(0);
        below[at] = 1 + of(node.left).max(of(node.right));
    }
    below.first().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NULL: f64 = f64::NAN;

    /// Column 0 at 1.5 (nulls left) → column 1 at -2 (nulls right) → leaves 1 2, or 4.
    fn packed() -> Vec<f64> {
        vec![2.0, 0.0, 1.5, 1.0, 1.0, -2.0, 1.0, -2.0, 0.0, -1.0, -3.0, 1.0, 4.0, 2.0]
    }

    #[test]
    fn rows_walk_to_their_leaf() {
        let forest = Forest::new(Loss::L2, 2, vec![0.5], &packed()).unwrap();
        let columns =
            [1.5, 1.6, NULL, 0.0, f64::NEG_INFINITY, f64::INFINITY, -2.0, 0.0, -2.5, NULL, -1.9, NULL];
        assert_eq!(forest.predict(&columns, true).unwrap(), [1.5, 4.5, 1.5, 2.5, 2.5, 4.5]);
        assert_eq!(forest.predict(&[], true).unwrap(), []);
    }

    #[test]
    fn next_to_nothing_goes_the_way_of_zero() {
        let trees = [1.0, 0.0, -1e-37, 0.0, -1.0, -2.0, 1.0, 2.0];
        let forest = Forest::new(Loss::L2, 1, vec![0.0], &trees).unwrap();
        assert_eq!(forest.predict(&[-1e-36, 0.0, -1.1e-35], true).unwrap(), [2.0, 2.0, 1.0]);
    }

    #[test]
    fn outputs_take_turns_and_answer_together() {
        let trees = [0.0, 1.0, 0.0, 2.0, 0.0, 3.0, 0.0, 4.0];
        let forest = Forest::new(Loss::Multiclass, 1, vec![0.25, 0.5], &trees).unwrap();
        assert_eq!(forest.predict(&[0.0, 0.0], true).unwrap(), [4.25, 6.5, 4.25, 6.5]);
        let p = forest.predict(&[0.0], false).unwrap();
        assert!((p[0] + p[1] - 1.0).abs() < 1e-15 && p[1] > p[0]);
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        let fault = |change: fn(&mut Vec<f64>)| {
            let mut trees = packed();
            change(&mut trees);
            Forest::new(Loss::L2, 2, vec![0.0], &trees).err().expect("an error").message
        };
        assert!(fault(|t| t[0] = 3.0).contains("expected 3 nodes"));
        assert!(fault(|t| t[0] = f64::NAN).contains("expected NaN nodes"));
        assert!(fault(|t| t[4] = 0.0).contains("children behind node 0"));
        assert!(fault(|t| t[5] = -9.0).contains("children behind node 0"));
        assert!(fault(|t| t[6] = 2.0).contains("column below 2"));
        assert!(fault(|t| t.truncate(5)).contains("nodes and leaves"));
        assert!(Forest::new(Loss::L2, 2, vec![], &[]).is_err());
        assert!(Forest::new(Loss::L2, 2, vec![0.0], &[]).unwrap().predict(&[1.0], true).is_err());
    }
}
