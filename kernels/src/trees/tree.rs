//! A finished tree, in bins.

use super::split::Split;

/// Children from 0 on are nodes, a child c < 0 is leaf !c.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeNode {
    pub split: Split,
    pub left: i32,
    pub right: i32,
    /// What the node would answer as a leaf, times the rate; its rows and their second derivatives.
    pub value: f64,
    pub rows: f64,
    pub hessian: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TreeLeaf {
    pub value: f64,
    pub rows: f64,
    pub hessian: f64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    pub nodes: Vec<TreeNode>,
    pub leaves: Vec<TreeLeaf>,
}

impl Tree {
    /// Numbers: the count of nodes; of each `column, bin, nulls left, left, right, gain, value, rows, hessian`;
    /// of each leaf (one more than nodes) `value, rows, hessian`.
    pub fn pack(&self, out: &mut Vec<f64>) {
        out.push(self.nodes.len() as f64);
        for n in &self.nodes {
            let s = &n.split;
            out.extend([s.column as f64, s.bin as f64, f64::from(u8::from(s.nulls_left))]);
            out.extend([f64::from(n.left), f64::from(n.right), s.gain, n.value, n.rows, n.hessian]);
        }
        self.leaves.iter().for_each(|l| out.extend([l.value, l.rows, l.hessian]));
    }
}
