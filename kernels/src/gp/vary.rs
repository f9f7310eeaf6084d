//! New formulas from none, one or two: random trees, templates, mutations and crossover. Typed (unlike
//! kinds are never added), within limits of size and depth, and drawn by key: what comes out depends on
//! the seed, the generation and the number of the individual alone.

use super::op::{Kind, MAX_WINDOW, Op};
use super::program::{Node, Program};
use super::random::Draw;
use crate::error::{Error, Result};

/// What generated formulas may be made of.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    /// The kind of every column, also of those that are no terminals.
    pub kinds: Vec<Kind>,
    /// Columns that new leaves are drawn from.
    pub terminals: Vec<u32>,
    pub operators: Vec<Op>,
    /// Windows that new operators are drawn from.
    pub windows: Vec<u16>,
    pub max_nodes: usize,
    pub max_depth: usize,
}

/// How an individual comes about; the number is its code in TypeScript and its purpose as a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Variation {
    Random,
    Template,
    Subtree,
    Point,
    Hoist,
    Constant,
    Window,
    Crossover,
    Weight,
}

/// Every variation with its name and how many parents it takes, in the order of its code.
pub const VARIATIONS: [(Variation, &str, usize); 9] = [
    (Variation::Random, "random", 0),
    (Variation::Template, "template", 0),
    (Variation::Subtree, "subtree", 1),
    (Variation::Point, "point", 1),
    (Variation::Hoist, "hoist", 1),
    (Variation::Constant, "constant", 1),
    (Variation::Window, "window", 1),
    (Variation::Crossover, "crossover", 2),
    (Variation::Weight, "weight", 1),
];

/// Attempts at a child that is within the limits and differs from its parent.
const ATTEMPTS: usize = 8;
/// One leaf in so many is a constant.
const CONSTANTS: usize = 6;

impl Vocabulary {
    /// Checks that formulas can be made of it.
    pub fn check(&self) -> Result<()> {
        let outside = |c: &&u32| **c as usize >= self.kinds.len();
        if let Some(c) = self.terminals.iter().find(outside) {
            return Err(Error::usage(format!(
                "terminals: expected columns below {}, got {c}",
                self.kinds.len()
            )));
        }
        if self.terminals.is_empty() || self.operators.is_empty() || self.max_nodes < 3 || self.max_depth < 2
        {
            return Err(Error::usage(
                "vocabulary: expected a terminal, an operator, 3 nodes and a depth of 2, got less",
            ));
        }
        if self.operators.iter().any(|o| o.windowed()) && self.windows.is_empty() {
            return Err(Error::usage(
                "windows: expected at least one for the operators over windows, got none",
            ));
        }
        match self.windows.iter().find(|w| !(2..=MAX_WINDOW).contains(*w)) {
            Some(w) => Err(Error::usage(format!("windows: expected 2 to {MAX_WINDOW} rows, got {w}"))),
            None => Ok(()),
        }
    }

    /// The kind of a formula's value, or `None` if it mixes kinds.
    pub fn kind(&self, program: &Program) -> Option<Kind> {
        self.kinds_of(program).pop().flatten()
    }

    /// The kind of every node's value.
    fn kinds_of(&self, program: &Program) -> Vec<Option<Kind>> {
        let mut kinds: Vec<Option<Kind>> = Vec::with_capacity(program.len());
        let starts = program.starts();
        for (i, &node) in program.nodes.iter().enumerate() {
            let kind = match node {
                Node::Column(c) => self.kinds.get(c as usize).copied(),
                Node::Constant(_) => Some(Kind::Any),
                Node::Apply(op, _) => {
                    let args: Option<Vec<Kind>> =
                        program.operands(&starts, i).into_iter().map(|a| kinds[a]).collect();
                    args.and_then(|a| op.kind_of(&a))
                }
            };
            kinds.push(kind);
        }
        kinds
    }

    fn fits(&self, program: &Program) -> bool {
        program.len() <= self.max_nodes
            && program.depth() <= self.max_depth
            && self.kind(program).is_some()
            && program.nodes.iter().any(|n| matches!(n, Node::Column(_)))
    }

    fn with_arity(&self, arity: usize) -> Vec<Op> {
        self.operators.iter().copied().filter(|o| o.arity() == arity).collect()
    }
}

/// Who is to be made: `individual` is part of the key, `parents` are as many as the variation takes.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    pub variation: Variation,
    pub individual: u64,
    pub parents: [Option<&'a Program>; 2],
}

/// One new formula. Where no attempt gives one within the limits, a mutation gives its parent back.
/// Parents that mix kinds (people's seeds) stay as they are wherever the child would still mix them.
pub fn vary(vocabulary: &Vocabulary, seed: u64, generation: u64, task: Task) -> Program {
    let mut draw = Draw::new(seed, generation, task.individual, task.variation as u64);
    let maker = Maker { vocabulary };
    let [a, b] = task.parents;
    for _ in 0..ATTEMPTS {
        let child = match (task.variation, a, b) {
            (Variation::Template, ..) => maker.template(&mut draw),
            (Variation::Subtree, Some(a), _) => maker.subtree(a, &mut draw),
            (Variation::Point, Some(a), _) => maker.point(a, &mut draw),
            (Variation::Hoist, Some(a), _) => hoist(a, &mut draw),
            (Variation::Constant, Some(a), _) => maker.constant(a, &mut draw),
            (Variation::Window, Some(a), _) => maker.window(a, &mut draw),
            (Variation::Weight, Some(a), _) => weigh(a, &mut draw),
            (Variation::Crossover, Some(a), Some(b)) => maker.crossover(a, b, &mut draw),
            _ => maker.random(&mut draw),
        };
        if vocabulary.fits(&child) && a != Some(&child) {
            return child;
        }
    }
    a.cloned().unwrap_or_else(|| Program::leaf(maker.column(&mut draw)))
}

/// New formulas for packed tasks `[variation, first parent, second parent]`, parents by their place; the
/// i-th is individual `first + i`.
pub fn vary_all(
    vocabulary: &Vocabulary,
    parents: &[Program],
    tasks: &[u32],
    seed: u64,
    generation: u64,
    first: u64,
) -> Result<Vec<Program>> {
    if !tasks.len().is_multiple_of(3) {
        return Err(Error::usage(format!("tasks: expected three numbers each, got {} in all", tasks.len())));
    }
    let made = tasks.chunks_exact(3).zip(first..).map(|(task, individual)| {
        let Some(&(variation, _, count)) = VARIATIONS.get(task[0] as usize) else {
            return Err(Error::usage(format!(
                "variation: expected a code below {}, got {}",
                VARIATIONS.len(),
                task[0]
            )));
        };
        let parent = |k: usize| match parents.get(task[1 + k] as usize) {
            _ if k >= count => Ok(None),
            Some(p) => Ok(Some(p)),
            None => Err(Error::usage(format!(
                "parents: expected a place below {}, got {}",
                parents.len(),
                task[1 + k]
            ))),
        };
        let task = Task { variation, individual, parents: [parent(0)?, parent(1)?] };
        Ok(vary(vocabulary, seed, generation, task))
    });
    made.collect()
}

struct Maker<'a> {
    vocabulary: &'a Vocabulary,
}

impl Maker<'_> {
    fn column(&self, draw: &mut Draw) -> Node {
        Node::Column(self.vocabulary.terminals[draw.below(self.vocabulary.terminals.len())])
    }

    fn leaf(&self, draw: &mut Draw) -> Program {
        let constant = draw.one_in(CONSTANTS);
        Program::leaf(if constant { Node::Constant(round(draw.normal() * 2.0)) } else { self.column(draw) })
    }

    /// One of the windows; the operator's least one where that is longer.
    fn window_for(&self, op: Op, draw: &mut Draw) -> u16 {
        if !op.windowed() {
            return 0;
        }
        self.vocabulary.windows[draw.below(self.vocabulary.windows.len())].max(op.entry().min_window)
    }

    /// A tree of a size drawn from 3 up to the limit, small sizes more often.
    fn random(&self, draw: &mut Draw) -> Program {
        let most = self.vocabulary.max_nodes;
        let skewed = draw.unit() * draw.unit();
        self.grow(3 + (skewed * (most - 2) as f64) as usize, self.vocabulary.max_depth, draw)
    }

    /// A tree of at most `nodes` nodes and `depth` levels whose every operator suits its operands.
    fn grow(&self, nodes: usize, depth: usize, draw: &mut Draw) -> Program {
        if nodes < 2 || depth < 2 {
            return self.leaf(draw);
        }
        let op = self.vocabulary.operators[draw.below(self.vocabulary.operators.len())];
        let arity = op.arity();
        if nodes <= arity {
            return self.grow(nodes - 1, depth, draw);
        }
        let shares = split(nodes - 1, arity, draw);
        let operands: Vec<Program> = shares.iter().map(|&n| self.grow(n, depth - 1, draw)).collect();
        self.join(op, operands, draw)
    }

    /// `op` over the operands; where their kinds forbid it, the last ones are drawn again a few times,
    /// then the operator is, and at last the first operand stands alone.
    fn join(&self, op: Op, mut operands: Vec<Program>, draw: &mut Draw) -> Program {
        for _ in 0..ATTEMPTS / 2 {
            if self.suits(op, &operands) {
                return self.apply(op, &operands, draw);
            }
            let size = operands[op.arity() - 1].len();
            if op.arity() > 1 && size < 4 {
                operands[op.arity() - 1] = self.grow(size, 2, draw);
            }
        }
        let others = self.vocabulary.with_arity(op.arity());
        for _ in 0..ATTEMPTS {
            let other = others[draw.below(others.len())];
            if self.suits(other, &operands) {
                return self.apply(other, &operands, draw);
            }
        }
        operands.swap_remove(0)
    }

    fn apply(&self, op: Op, operands: &[Program], draw: &mut Draw) -> Program {
        Program::apply(op, self.window_for(op, draw), operands)
    }

    fn suits(&self, op: Op, operands: &[Program]) -> bool {
        let kinds: Option<Vec<Kind>> = operands.iter().map(|o| self.vocabulary.kind(o)).collect();
        let some_column = operands.iter().any(|o| o.nodes.iter().any(|n| matches!(n, Node::Column(_))));
        let windows_vary =
            !op.windowed() || operands.iter().all(|o| o.nodes.iter().any(|n| matches!(n, Node::Column(_))));
        some_column && windows_vary && kinds.is_some_and(|k| op.kind_of(&k).is_some())
    }

    /// `(A / B) * C`, `A * B`, `A - B`, `f(A) op B`: short forms that people's indicators have. A part is
    /// a column, or one under an operator of one operand.
    fn template(&self, draw: &mut Draw) -> Program {
        let has = |op| self.vocabulary.operators.contains(&op);
        let [a, b, c] = [0; 3].map(|_| self.part(draw));
        let over = |op, x: Program, y: Program| Program::apply(op, 0, &[x, y]);
        match draw.below(5) {
            0 if has(Op::Div) && has(Op::Mul) => over(Op::Mul, over(Op::Div, a, b), c),
            1 if has(Op::Div) => over(Op::Div, a, b),
            2 if has(Op::Sub) => over(Op::Sub, a, b),
            3 if has(Op::Mul) && has(Op::Sub) => over(Op::Mul, over(Op::Sub, a, b), c),
            _ if has(Op::Mul) => over(Op::Mul, a, b),
            _ => self.random(draw),
        }
    }

    fn part(&self, draw: &mut Draw) -> Program {
        let column = Program::leaf(self.column(draw));
        let unary = self.vocabulary.with_arity(1);
        if unary.is_empty() || draw.one_in(2) {
            return column;
        }
        let op = unary[draw.below(unary.len())];
        if self.suits(op, std::slice::from_ref(&column)) { self.apply(op, &[column], draw) } else { column }
    }

    /// A random subtree replaced by a new one of about its size.
    fn subtree(&self, parent: &Program, draw: &mut Draw) -> Program {
        let starts = parent.starts();
        let at = draw.below(parent.len());
        let size = at + 1 - starts[at];
        let room = self.vocabulary.max_nodes.saturating_sub(parent.len() - size);
        let wanted = (1 + draw.below(2 * size + 2)).min(room.max(1));
        replace(parent, starts[at], at, &self.grow(wanted, self.vocabulary.max_depth, draw).nodes)
    }

    /// One node replaced by another of its arity.
    fn point(&self, parent: &Program, draw: &mut Draw) -> Program {
        let mut child = parent.clone();
        let at = draw.below(child.len());
        child.nodes[at] = match child.nodes[at] {
            Node::Apply(op, n) => {
                let others = self.vocabulary.with_arity(op.arity());
                if others.is_empty() {
                    return child;
                }
                let other = others[draw.below(others.len())];
                let keeps = other.windowed() && op.windowed() && n >= other.entry().min_window;
                Node::Apply(other, if keeps { n } else { self.window_for(other, draw) })
            }
            _ => self.leaf(draw).nodes[0],
        };
        child
    }

    /// One constant moved: by a factor, by a step, in sign, or drawn anew.
    fn constant(&self, parent: &Program, draw: &mut Draw) -> Program {
        change_one(parent, draw, |node, draw| match node {
            Node::Constant(x) => Some(Node::Constant(round(match draw.below(8) {
                0 => -x,
                1 => draw.normal() * 2.0,
                2 | 3 => x + draw.normal() * 0.5,
                _ => x * libm::exp(draw.normal() * 0.3),
            }))),
            _ => None,
        })
    }

    /// One window moved: by a factor, or drawn anew.
    fn window(&self, parent: &Program, draw: &mut Draw) -> Program {
        change_one(parent, draw, |node, draw| match node {
            Node::Apply(op, n) if op.windowed() => {
                let moved = f64::from(n) * libm::exp(draw.normal() * 0.5);
                let n = if draw.one_in(4) && !self.vocabulary.windows.is_empty() {
                    f64::from(self.window_for(op, draw))
                } else {
                    moved
                };
                Some(Node::Apply(
                    op,
                    n.round().clamp(f64::from(op.entry().min_window), f64::from(MAX_WINDOW)) as u16,
                ))
            }
            _ => None,
        })
    }

    /// Size-fair crossover (Langdon 2000): a subtree of one parent replaced by one of the other, of the
    /// same kind and at most twice the size and one node more.
    fn crossover(&self, a: &Program, b: &Program, draw: &mut Draw) -> Program {
        let (from_a, from_b) = (a.starts(), b.starts());
        let (kinds_a, kinds_b) = (self.vocabulary.kinds_of(a), self.vocabulary.kinds_of(b));
        let at = draw.below(a.len());
        let size = at + 1 - from_a[at];
        let alike = |j: usize| {
            kinds_a[at] == kinds_b[j] || kinds_b[j] == Some(Kind::Any) || kinds_a[at] == Some(Kind::Any)
        };
        let donors: Vec<usize> =
            (0..b.len()).filter(|&j| j + 1 - from_b[j] <= 2 * size + 1 && alike(j)).collect();
        if donors.is_empty() {
            return a.clone();
        }
        let donor = donors[draw.below(donors.len())];
        replace(a, from_a[at], at, &b.nodes[from_b[donor]..=donor])
    }
}

/// A constant to four significant digits: readable, and enough for a start.
fn round(x: f64) -> f64 {
    format!("{x:.3e}").parse().unwrap_or(x)
}

/// `total` in `parts` shares of at least one.
fn split(total: usize, parts: usize, draw: &mut Draw) -> Vec<usize> {
    let mut shares = vec![1; parts];
    let mut rest = total - parts;
    for share in &mut shares[..parts - 1] {
        let more = draw.below(rest + 1);
        *share += more;
        rest -= more;
    }
    shares[parts - 1] += rest;
    shares
}

fn replace(parent: &Program, from: usize, to: usize, by: &[Node]) -> Program {
    let (head, tail) = (&parent.nodes[..from], &parent.nodes[to + 1..]);
    Program { nodes: [head, by, tail].concat() }
}

/// A subtree that is no leaf, alone.
fn hoist(parent: &Program, draw: &mut Draw) -> Program {
    let starts = parent.starts();
    let inner: Vec<usize> = (0..parent.len() - 1).filter(|&i| starts[i] < i).collect();
    if inner.is_empty() {
        return parent.clone();
    }
    let at = inner[draw.below(inner.len())];
    Program { nodes: parent.nodes[starts[at]..=at].to_vec() }
}

/// A subtree that is no constant given a constant of its own: a factor, or something added.
fn weigh(parent: &Program, draw: &mut Draw) -> Program {
    let starts = parent.starts();
    let able: Vec<usize> =
        (0..parent.len()).filter(|&i| !matches!(parent.nodes[i], Node::Constant(_))).collect();
    let at = able[draw.below(able.len())];
    let (op, constant) =
        if draw.one_in(2) { (Op::Add, draw.normal()) } else { (Op::Mul, libm::exp(draw.normal() * 0.5)) };
    let more = [Node::Constant(round(constant)), Node::Apply(op, 0)];
    replace(parent, starts[at], at, &[&parent.nodes[starts[at]..=at], &more].concat())
}

/// The program with one of the nodes that `change` can change changed.
fn change_one(
    parent: &Program,
    draw: &mut Draw,
    change: impl Fn(Node, &mut Draw) -> Option<Node>,
) -> Program {
    let mut child = parent.clone();
    let able: Vec<usize> =
        (0..child.len()).filter(|&i| change(child.nodes[i], &mut draw.clone()).is_some()).collect();
    if !able.is_empty() {
        let at = able[draw.below(able.len())];
        child.nodes[at] = change(child.nodes[at], draw).unwrap_or(child.nodes[at]);
    }
    child
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::op::TABLE;

    fn vocabulary() -> Vocabulary {
        use Kind::*;
        Vocabulary {
            kinds: vec![Ratio, Ratio, Bounded, Price, Price, Quantity, Count, Bounded],
            terminals: (0..8).collect(),
            operators: TABLE.iter().map(|e| e.op).collect(),
            windows: vec![2, 5, 20, 100, 500],
            max_nodes: 31,
            max_depth: 9,
        }
    }

    fn population(v: &Vocabulary, seed: u64, size: u64) -> Vec<Program> {
        let task = |individual| Task { variation: Variation::Random, individual, parents: [None; 2] };
        (0..size).map(|i| vary(v, seed, 0, task(i))).collect()
    }

    fn tasks(size: usize) -> Vec<u32> {
        let mut draw = Draw::new(5, 0, 0, 0);
        (0..size)
            .flat_map(|i| [(i % VARIATIONS.len()) as u32, draw.below(300) as u32, draw.below(300) as u32])
            .collect()
    }

    #[test]
    fn every_variation_gives_typed_programs_within_the_limits() {
        let v = vocabulary();
        let mut parents = population(&v, 1, 300);
        for generation in 1..20 {
            parents = vary_all(&v, &parents, &tasks(300), 1, generation, 0).unwrap();
            for p in &parents {
                p.check(v.kinds.len()).unwrap();
                assert!(v.fits(p), "{p:?}");
            }
        }
    }

    #[test]
    fn random_trees_use_every_operator_and_most_children_are_new() {
        let v = vocabulary();
        let parents = population(&v, 2, 3000);
        for op in &v.operators {
            let used =
                parents.iter().any(|p| p.nodes.iter().any(|n| matches!(n, Node::Apply(o, _) if o == op)));
            assert!(used, "{op:?}");
        }
        let tasks = tasks(800);
        let children = vary_all(&v, &parents, &tasks, 2, 1, 0).unwrap();
        for (code, (variation, name, count)) in VARIATIONS.iter().enumerate().filter(|(_, v)| v.2 > 0) {
            let own = || children.iter().zip(tasks.chunks(3)).filter(|(_, t)| t[0] == code as u32);
            let new = own().filter(|(c, t)| **c != parents[t[1] as usize]).count();
            let least = if matches!(variation, Variation::Constant | Variation::Window) { 3 } else { 2 };
            assert!(
                new * least * 2 > own().count(),
                "{name} of {count} parents: {new} of {} new",
                own().count()
            );
        }
    }

    #[test]
    fn the_same_key_gives_the_same_individual_whatever_is_made_beside_it() {
        let v = vocabulary();
        let parents = population(&v, 3, 300);
        let tasks = tasks(200);
        let all = vary_all(&v, &parents, &tasks, 9, 4, 1000).unwrap();
        let late = vary_all(&v, &parents, &tasks[300..], 9, 4, 1100).unwrap();
        assert_eq!(all[100..], late);
        assert_ne!(all, vary_all(&v, &parents, &tasks, 10, 4, 1000).unwrap());
        assert_ne!(all, vary_all(&v, &parents, &tasks, 9, 5, 1000).unwrap());
    }

    #[test]
    fn a_vocabulary_of_plus_and_one_column_still_gives_formulas() {
        let v = Vocabulary {
            operators: vec![Op::Add],
            windows: vec![],
            terminals: vec![0],
            max_nodes: 3,
            max_depth: 2,
            ..vocabulary()
        };
        v.check().unwrap();
        assert!(population(&v, 4, 50).iter().all(|p| v.fits(p)));
    }

    #[test]
    fn malformed_tasks_are_refused() {
        let v = vocabulary();
        let parents = population(&v, 5, 2);
        for tasks in [vec![0, 0], vec![9, 0, 0], vec![2, 2, 0], vec![7, 0, 2]] {
            assert!(vary_all(&v, &parents, &tasks, 0, 0, 0).is_err(), "{tasks:?}");
        }
        assert!(Vocabulary { terminals: vec![8], ..vocabulary() }.check().is_err());
    }
}
