//! A formula as a flat postfix program, and its packed form that crosses to TypeScript.
//!
//! A population is one `Uint32Array`: for each program the number of its words, then the words.
//! A word is `code << 24 | payload`. Codes below 0x80 are operators, their payload the window (or 0);
//! 0x80 is a column, its payload the number of the column; 0x81 is a constant, followed by the low and
//! the high half of its f64 bits.

use super::op::{MAX_WINDOW, Op};
use crate::error::{Code, Error, Result};

pub const COLUMN: u8 = 0x80;
pub const CONSTANT: u8 = 0x81;
/// Limits of a program, so that no input can exhaust stack or memory.
pub const MAX_NODES: usize = 4096;
pub const MAX_DEPTH: usize = 256;

/// One step of a postfix program. The window of an operator without one is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Node {
    Column(u32),
    Constant(f64),
    Apply(Op, u16),
}

impl Node {
    pub fn arity(self) -> usize {
        match self {
            Node::Apply(op, _) => op.arity(),
            _ => 0,
        }
    }
}

/// Nodes in postfix order; valid when [`Program::check`] says so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    pub nodes: Vec<Node>,
}

impl Program {
    pub fn leaf(node: Node) -> Program {
        Program { nodes: vec![node] }
    }

    /// `op` applied to the operands.
    pub fn apply(op: Op, window: u16, operands: &[Program]) -> Program {
        let mut nodes: Vec<Node> = operands.iter().flat_map(|p| p.nodes.iter().copied()).collect();
        nodes.push(Node::Apply(op, window));
        Program { nodes }
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// For each node the index where its subtree starts. Valid programs only.
    pub fn starts(&self) -> Vec<usize> {
        let mut stack: Vec<usize> = Vec::new();
        let mut starts = Vec::with_capacity(self.len());
        for (i, node) in self.nodes.iter().enumerate() {
            let arity = node.arity();
            let start = if arity == 0 { i } else { stack[stack.len() - arity] };
            stack.truncate(stack.len() - arity);
            stack.push(start);
            starts.push(start);
        }
        starts
    }

    /// The ends (root indices) of the operands of the node at `at`, first operand first.
    pub fn operands(&self, starts: &[usize], at: usize) -> Vec<usize> {
        let mut ends = Vec::with_capacity(self.nodes[at].arity());
        let mut end = at;
        for _ in 0..self.nodes[at].arity() {
            ends.push(end - 1);
            end = starts[end - 1];
        }
        ends.reverse();
        ends
    }

    /// The longest path from the root to a leaf, in nodes. Valid programs only.
    pub fn depth(&self) -> usize {
        self.fold(|_, below| 1 + below.iter().copied().max().unwrap_or(0))
    }

    /// Rows before the current one on which a value may depend.
    pub fn look_back(&self) -> usize {
        self.fold(|node, below| {
            let deepest = below.iter().copied().max().unwrap_or(0);
            match node {
                Node::Apply(op, n) => deepest + op.reach(n as usize),
                _ => deepest,
            }
        })
    }

    /// Work of a row in additions, by the costs of the table.
    pub fn cost(&self) -> f32 {
        self.nodes.iter().map(|n| if let Node::Apply(op, _) = n { op.entry().cost } else { 0.0 }).sum()
    }

    /// A value of the root computed from the leaves up.
    pub fn fold<T: Clone>(&self, mut value: impl FnMut(Node, &[T]) -> T) -> T {
        let mut stack: Vec<T> = Vec::new();
        for &node in &self.nodes {
            let at = stack.len() - node.arity();
            let result = value(node, &stack[at..]);
            stack.truncate(at);
            stack.push(result);
        }
        stack.pop().expect("a valid program leaves one value")
    }

    /// Whether the program is well formed over `columns` columns and within the limits.
    pub fn check(&self, columns: usize) -> Result<()> {
        if self.len() > MAX_NODES {
            return Err(bad(format!("program: expected at most {MAX_NODES} nodes, got {}", self.len())));
        }
        let mut depths: Vec<usize> = Vec::new();
        for (i, &node) in self.nodes.iter().enumerate() {
            check_node(node, columns).map_err(|e| bad(format!("program node {i}: {e}")))?;
            let Some(at) = depths.len().checked_sub(node.arity()) else {
                return Err(bad(format!("program node {i}: expected {} operands before it", node.arity())));
            };
            let depth = 1 + depths[at..].iter().copied().max().unwrap_or(0);
            if depth > MAX_DEPTH {
                return Err(bad(format!("program: expected a depth of at most {MAX_DEPTH}")));
            }
            depths.truncate(at);
            depths.push(depth);
        }
        match depths.len() {
            1 => Ok(()),
            n => Err(bad(format!("program: expected one result, got {n}"))),
        }
    }

    fn encode_into(&self, words: &mut Vec<u32>) {
        let head = words.len();
        words.push(0);
        for &node in &self.nodes {
            match node {
                Node::Column(c) => words.push(u32::from(COLUMN) << 24 | c),
                Node::Apply(op, n) => words.push(u32::from(op.code()) << 24 | u32::from(n)),
                Node::Constant(x) => {
                    let bits = x.to_bits();
                    words.extend([u32::from(CONSTANT) << 24, bits as u32, (bits >> 32) as u32]);
                }
            }
        }
        words[head] = (words.len() - head - 1) as u32;
    }
}

fn bad(message: String) -> Error {
    Error::new(Code::Usage, message)
}

fn check_node(node: Node, columns: usize) -> std::result::Result<(), String> {
    match node {
        Node::Column(c) if c as usize >= columns => {
            Err(format!("expected a column below {columns}, got {c}"))
        }
        Node::Constant(x) if !x.is_finite() => Err(format!("expected a finite constant, got {x}")),
        Node::Apply(op, n) => check_window(op, n),
        _ => Ok(()),
    }
}

fn check_window(op: Op, n: u16) -> std::result::Result<(), String> {
    let e = op.entry();
    let fits = if op.windowed() { (e.min_window..=MAX_WINDOW).contains(&n) } else { n == 0 };
    let max = if op.windowed() { MAX_WINDOW } else { 0 };
    if fits {
        Ok(())
    } else {
        Err(format!("{}: expected a window of {} to {max}, got {n}", e.name, e.min_window))
    }
}

/// The packed form of a population.
pub fn encode(programs: &[Program]) -> Vec<u32> {
    let mut words = Vec::new();
    for p in programs {
        p.encode_into(&mut words);
    }
    words
}

/// The programs of a packed population, each checked over `columns` columns.
pub fn decode(words: &[u32], columns: usize) -> Result<Vec<Program>> {
    let mut programs = Vec::new();
    let mut rest = words;
    while let Some((&len, tail)) = rest.split_first() {
        if len as usize > tail.len() {
            return Err(bad(format!("program {}: expected {len} words, got {}", programs.len(), tail.len())));
        }
        let (own, next) = tail.split_at(len as usize);
        let program = decode_one(own)?;
        program.check(columns)?;
        programs.push(program);
        rest = next;
    }
    Ok(programs)
}

fn decode_one(words: &[u32]) -> Result<Program> {
    let mut nodes = Vec::with_capacity(words.len());
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        let (code, payload) = ((word >> 24) as u8, word & 0x00ff_ffff);
        nodes.push(match code {
            COLUMN => Node::Column(payload),
            CONSTANT => {
                let (lo, hi) = (words.next(), words.next());
                let (Some(lo), Some(hi)) = (lo, hi) else {
                    return Err(bad("program: expected two words after a constant".into()));
                };
                Node::Constant(f64::from_bits(u64::from(hi) << 32 | u64::from(lo)))
            }
            _ => {
                let op = Op::from_code(code)
                    .ok_or_else(|| bad(format!("program: expected an operator, got code {code}")))?;
                Node::Apply(op, u16::try_from(payload).unwrap_or(u16::MAX))
            }
        });
    }
    Ok(Program { nodes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Program {
        let a = Program::leaf(Node::Column(0));
        let k = Program::leaf(Node::Constant(-0.1));
        let z = Program::apply(Op::Zscore, 200, std::slice::from_ref(&a));
        Program::apply(Op::Sub, 0, &[Program::apply(Op::Mul, 0, &[z, k]), Program::apply(Op::Lag, 5, &[a])])
    }

    #[test]
    fn decode_is_the_inverse_of_encode() {
        let programs = vec![sample(), Program::leaf(Node::Column(3))];
        assert_eq!(decode(&encode(&programs), 4).unwrap(), programs);
    }

    #[test]
    fn depth_look_back_and_operands_follow_the_tree() {
        let p = sample();
        p.check(1).unwrap();
        assert_eq!((p.len(), p.depth(), p.look_back()), (7, 4, 199));
        let starts = p.starts();
        assert_eq!(starts, vec![0, 0, 2, 0, 4, 4, 0]);
        assert_eq!(p.operands(&starts, 6), vec![3, 5]);
    }

    #[test]
    fn malformed_programs_are_refused() {
        for words in [
            vec![1],
            vec![1, 0],
            vec![2, 0x8000_0000, 0x8000_0000],
            vec![1, 0x8000_0001],
            vec![1, 0x8100_0000],
            vec![3, 0x8100_0000, 0, 0x7ff0_0000],
            vec![2, 0x8000_0000, 0x1300_0000],
            vec![2, 0x8000_0000, 0x1300_0401],
            vec![2, 0x8000_0000, 0x0400_0001],
            vec![1, 0x7f00_0000],
            vec![0],
        ] {
            assert!(decode(&words, 1).is_err(), "{words:x?}");
        }
    }

    #[test]
    fn depth_and_size_are_limited() {
        let mut nodes = vec![Node::Column(0)];
        nodes.resize(MAX_DEPTH + 1, Node::Apply(Op::Neg, 0));
        assert!(Program { nodes }.check(1).is_err());
    }
}
