//! Formulas in f64 over a chunk of rows, forwards for their values and backwards for the derivatives by their
//! constants. For tables whose rows have no order: operators over windows have no value here.

use super::op::{Op, SMALLEST_DIVISOR};
use super::program::{Node, Program};
use super::smooth;

/// Rows of a chunk, at most.
pub const CHUNK: usize = 1024;

/// A few formulas side by side, operands before what uses them.
pub struct Tape {
    nodes: Vec<Node>,
    /// Places of the operands of each node.
    args: Vec<[usize; 4]>,
    /// The place of each formula's value.
    pub roots: Vec<usize>,
    /// Places of the constants that may move.
    pub parameters: Vec<usize>,
    /// The formula that each parameter belongs to.
    pub owners: Vec<usize>,
    /// Nodes whose derivative is wanted, or that lie above one.
    active: Vec<bool>,
    /// Rows that there is room for.
    room: usize,
    values: Vec<f64>,
    adjoints: Vec<f64>,
}

/// A stretch of rows of all columns.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub columns: &'a [Vec<f64>],
    pub from: usize,
    pub len: usize,
}

impl Tape {
    /// The tape of valid programs, over at most `room` rows at once. Numerators of 1 are no parameters: they say no more
    /// than the scale of a quotient.
    pub fn new(programs: &[Program], room: usize) -> Tape {
        let mut tape = Tape {
            nodes: Vec::new(),
            args: Vec::new(),
            roots: Vec::new(),
            parameters: Vec::new(),
            owners: Vec::new(),
            active: Vec::new(),
            room,
            values: Vec::new(),
            adjoints: Vec::new(),
        };
        programs.iter().for_each(|p| tape.add(p));
        tape.active = vec![false; tape.nodes.len()];
        for at in tape.parameters.clone() {
            tape.active[at] = true;
        }
        tape.spread_activity();
        tape.values = vec![0.0; tape.nodes.len() * room];
        for at in 0..tape.nodes.len() {
            if let Node::Constant(x) = tape.nodes[at] {
                tape.set_constant(at, x);
            }
        }
        tape
    }

    fn add(&mut self, program: &Program) {
        let owner = self.roots.len();
        let mut stack: Vec<usize> = Vec::new();
        for &node in &program.nodes {
            let at = self.nodes.len();
            let mut args = [0; 4];
            let below = stack.len() - node.arity();
            for (slot, place) in args.iter_mut().zip(stack.drain(below..)) {
                *slot = place;
            }
            if let Node::Constant(_) = node {
                self.parameters.push(at);
                self.owners.push(owner);
            }
            if let Node::Apply(Op::Div, _) = node
                && self.nodes[args[0]] == Node::Constant(1.0)
                && let Some(known) = self.parameters.iter().position(|&p| p == args[0])
            {
                self.parameters.remove(known);
                self.owners.remove(known);
            }
            self.nodes.push(node);
            self.args.push(args);
            stack.push(at);
        }
        self.roots.push(stack[0]);
    }

    fn spread_activity(&mut self) {
        for at in 0..self.nodes.len() {
            let below = &self.args[at][..self.nodes[at].arity()];
            self.active[at] |= below.iter().any(|&a| self.active[a]);
        }
    }

    /// Wants the derivative by the value of node `at` too.
    pub fn watch(&mut self, at: usize) {
        self.active[at] = true;
        self.spread_activity();
    }

    /// Nodes of all formulas.
    #[allow(clippy::len_without_is_empty)] // There is no tape without a node.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The formula that node `at` is of.
    pub fn owner(&self, at: usize) -> usize {
        self.roots.iter().position(|&root| at <= root).unwrap_or(0)
    }

    pub fn constant(&self, at: usize) -> f64 {
        match self.nodes[at] {
            Node::Constant(x) => x,
            _ => f64::NAN,
        }
    }

    pub fn set_constant(&mut self, at: usize, value: f64) {
        self.nodes[at] = Node::Constant(value);
        self.values[at * self.room..(at + 1) * self.room].fill(value);
    }

    /// The formulas with the constants as they are now.
    pub fn programs(&self) -> Vec<Program> {
        let mut from = 0;
        self.roots
            .iter()
            .map(|&root| {
                let nodes = self.nodes[from..=root].to_vec();
                from = root + 1;
                Program { nodes }
            })
            .collect()
    }

    /// The value of node `at` after [`Tape::forward`] over the same rows.
    pub fn value<'a>(&'a self, at: usize, rows: Rows<'a>) -> &'a [f64] {
        place(&self.nodes, &self.values, self.room, at, rows)
    }

    /// The derivative of its formula by node `at` after [`Tape::reverse`], for nodes watched or constant.
    pub fn derivative(&self, at: usize, len: usize) -> &[f64] {
        &self.adjoints[at * self.room..][..len]
    }

    pub fn forward(&mut self, rows: Rows) {
        for at in 0..self.nodes.len() {
            let Node::Apply(op, _) = self.nodes[at] else { continue };
            let (before, rest) = self.values.split_at_mut(at * self.room);
            let arg = |k: usize| place(&self.nodes, before, self.room, self.args[at][k], rows);
            apply(op, arg, &mut rest[..rows.len]);
        }
    }

    /// After [`Tape::forward`] over the same rows.
    pub fn reverse(&mut self, rows: Rows) {
        let room = self.room;
        self.adjoints.resize(self.nodes.len() * room, 0.0);
        for &root in &self.roots {
            self.adjoints[root * room..][..rows.len].fill(1.0);
        }
        for at in (0..self.nodes.len()).rev() {
            let Node::Apply(op, _) = self.nodes[at] else { continue };
            if !self.active[at] {
                continue;
            }
            let (before, rest) = self.adjoints.split_at_mut(at * room);
            let value = |k: usize| place(&self.nodes, &self.values, room, self.args[at][k], rows);
            let own = place(&self.nodes, &self.values, room, at, rows);
            for k in 0..op.arity() {
                let below = self.args[at][k];
                if self.active[below] {
                    let out = &mut before[below * room..][..rows.len];
                    derive(op, k, value, own, &rest[..rows.len], out);
                }
            }
        }
    }
}

fn place<'a>(nodes: &[Node], values: &'a [f64], room: usize, at: usize, rows: Rows<'a>) -> &'a [f64] {
    match nodes[at] {
        Node::Column(c) => &rows.columns[c as usize][rows.from..rows.from + rows.len],
        _ => &values[at * room..][..rows.len],
    }
}

#[inline(always)]
fn one(a: &[f64], out: &mut [f64], f: impl Fn(f64) -> f64) {
    for (o, &a) in out.iter_mut().zip(a) {
        *o = f(a);
    }
}

#[inline(always)]
fn two(a: &[f64], b: &[f64], out: &mut [f64], f: impl Fn(f64, f64) -> f64) {
    for ((o, &a), &b) in out.iter_mut().zip(a).zip(b) {
        *o = f(a, b);
    }
}

#[inline(always)]
fn sign(a: f64) -> f64 {
    let up = if a > 0.0 { 1.0 } else { 0.0 };
    let down = if a < 0.0 { 1.0 } else { 0.0 };
    if a.is_nan() { a } else { up - down }
}

/// The definitions of [`super::reference`] on a stretch of rows; a value that is not finite is null.
fn apply<'a>(op: Op, arg: impl Fn(usize) -> &'a [f64], out: &mut [f64]) {
    let a = arg(0);
    match op {
        Op::Add => two(a, arg(1), out, |a, b| a + b),
        Op::Sub => two(a, arg(1), out, |a, b| a - b),
        Op::Mul => two(a, arg(1), out, |a, b| a * b),
        Op::Div => two(a, arg(1), out, |a, b| if b.abs() < SMALLEST_DIVISOR { f64::NAN } else { a / b }),
        Op::Neg => one(a, out, |a| -a),
        Op::Abs => one(a, out, f64::abs),
        Op::Sqrt => one(a, out, f64::sqrt),
        Op::Log1pAbs => one(a, out, |a| smooth::log(1.0 + a.abs())),
        Op::Sign => one(a, out, sign),
        Op::Square => one(a, out, |a| a * a),
        Op::Cube => one(a, out, |a| a * a * a),
        Op::Tanh => one(a, out, smooth::tanh),
        Op::Min => two(a, arg(1), out, |a, b| if a < b || a.is_nan() { a } else { b }),
        Op::Max => two(a, arg(1), out, |a, b| if a > b || a.is_nan() { a } else { b }),
        Op::IfGreater => {
            let (b, c, d) = (arg(1), arg(2), arg(3));
            for (i, o) in out.iter_mut().enumerate() {
                let chosen = if a[i] > b[i] { c[i] } else { d[i] };
                *o = if (a[i] + b[i] + c[i] + d[i]).is_nan() { f64::NAN } else { chosen };
            }
        }
        Op::Sin => one(a, out, |a| smooth::sin_cos(a).0),
        Op::Cos => one(a, out, |a| smooth::sin_cos(a).1),
        Op::Exp => one(a, out, smooth::exp),
        Op::Log => one(a, out, smooth::log),
        _ => out.fill(f64::NAN),
    }
}

/// The derivative by operand `k`: `up` times that of `op`. `own` is the value of `op`.
fn derive<'a>(op: Op, k: usize, arg: impl Fn(usize) -> &'a [f64], own: &[f64], up: &[f64], out: &mut [f64]) {
    let a = arg(0);
    match (op, k) {
        (Op::Add, _) | (Op::Sub, 0) => out.copy_from_slice(up),
        (Op::Sub, _) | (Op::Neg, _) => one(up, out, |u| -u),
        (Op::Mul, k) => two(up, arg(1 - k), out, |u, x| u * x),
        (Op::Div, 0) => two(up, arg(1), out, |u, b| u / b),
        (Op::Div, _) => {
            let b = arg(1);
            for (i, o) in out.iter_mut().enumerate() {
                *o = -up[i] * own[i] / b[i];
            }
        }
        (Op::Abs, _) => two(up, a, out, |u, a| u * sign(a)),
        (Op::Sqrt, _) => two(up, own, out, |u, s| 0.5 * u / s),
        (Op::Log1pAbs, _) => two(up, a, out, |u, a| u * sign(a) / (1.0 + a.abs())),
        (Op::Square, _) => two(up, a, out, |u, a| 2.0 * u * a),
        (Op::Cube, _) => two(up, a, out, |u, a| 3.0 * u * a * a),
        (Op::Tanh, _) => two(up, own, out, |u, t| u * (1.0 - t * t)),
        (Op::Min, k) => choose(k == 0, up, a, arg(1), out),
        (Op::Max, k) => choose(k == 1, up, a, arg(1), out),
        (Op::IfGreater, 2 | 3) => {
            let b = arg(1);
            for (i, o) in out.iter_mut().enumerate() {
                *o = if (a[i] > b[i]) == (k == 2) { up[i] } else { 0.0 };
            }
        }
        (Op::Sin, _) => two(up, a, out, |u, a| u * smooth::sin_cos(a).1),
        (Op::Cos, _) => two(up, a, out, |u, a| -u * smooth::sin_cos(a).0),
        (Op::Exp, _) => two(up, own, out, |u, e| u * e),
        (Op::Log, _) => two(up, a, out, |u, a| u / a),
        _ => out.fill(0.0),
    }
}

/// `up` where the operand is the chosen one: where a < b, if `lower`.
fn choose(lower: bool, up: &[f64], a: &[f64], b: &[f64], out: &mut [f64]) {
    for (i, o) in out.iter_mut().enumerate() {
        *o = if (a[i] < b[i]) == lower { up[i] } else { 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::op::TABLE;
    use crate::gp::random::Draw;
    use crate::gp::reference;

    fn columns(draw: &mut Draw, rows: usize) -> Vec<Vec<f64>> {
        (0..4).map(|_| (0..rows).map(|_| draw.normal() * 2.0).collect()).collect()
    }

    fn pointwise() -> impl Iterator<Item = Op> {
        TABLE.iter().map(|e| e.op).filter(|op| !op.windowed())
    }

    /// A random tree of operators without windows.
    fn tree(draw: &mut Draw, depth: usize) -> Program {
        if depth == 0 || draw.one_in(6) {
            return Program::leaf(match draw.below(3) {
                0 => Node::Constant(draw.normal()),
                _ => Node::Column(draw.below(4) as u32),
            });
        }
        let all: Vec<Op> = pointwise().collect();
        let op = all[draw.below(all.len())];
        let operands: Vec<Program> = (0..op.arity()).map(|_| tree(draw, depth - 1)).collect();
        Program::apply(op, 0, &operands)
    }

    #[test]
    fn values_are_those_of_the_definitions() {
        let mut draw = Draw::new(1, 0, 0, 0);
        let columns = columns(&mut draw, 300);
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        for _ in 0..2000 {
            let program = tree(&mut draw, 4);
            let want = reference::evaluate(&program, &slices);
            let mut tape = Tape::new(std::slice::from_ref(&program), 200);
            let rows = Rows { columns: &columns, from: 40, len: 200 };
            tape.forward(rows);
            for (i, &got) in tape.value(tape.roots[0], rows).iter().enumerate() {
                let want = want[40 + i];
                // Far angles and huge arguments amplify the last bit.
                let same = (got - want).abs() <= 1e-6 * want.abs().max(1.0);
                assert!(same || !got.is_finite() || want.is_nan(), "{program:?}: expected {want}, got {got}");
            }
        }
    }

    #[test]
    fn derivatives_are_the_limits_of_quotients() {
        let mut draw = Draw::new(2, 0, 0, 0);
        let columns = columns(&mut draw, 64);
        let rows = Rows { columns: &columns, from: 0, len: 64 };
        for op in pointwise().filter(|&op| op != Op::Sign) {
            for k in 0..op.arity() {
                let mut operands: Vec<Program> =
                    (0..op.arity() as u32).map(|c| Program::leaf(Node::Column(c))).collect();
                let column = Program::leaf(Node::Column(k as u32));
                let moved = Program::leaf(Node::Constant(0.3));
                operands[k] = Program::apply(Op::Add, 0, &[column, moved]);
                let mut tape = Tape::new(&[Program::apply(op, 0, &operands)], 64);
                let parameter = tape.parameters[0];
                tape.forward(rows);
                tape.reverse(rows);
                let slope = tape.derivative(parameter, 64).to_vec();
                let h = 1e-6;
                let mut at = |x: f64| {
                    tape.set_constant(parameter, x);
                    tape.forward(rows);
                    tape.value(tape.roots[0], rows).to_vec()
                };
                let (high, low) = (at(0.3 + h), at(0.3 - h));
                for i in 0..64 {
                    let want = (high[i] - low[i]) / (2.0 * h);
                    if want.is_finite() && want.abs() < 1e4 {
                        let near = (slope[i] - want).abs() <= 1e-4 * want.abs().max(1.0);
                        assert!(near, "{op:?} by {k}: expected {want}, got {}", slope[i]);
                    }
                }
            }
        }
    }

    #[test]
    fn derivatives_follow_the_chain_of_operators_and_numerators_of_one_stay() {
        let columns = vec![vec![0.5, 2.0]];
        let rows = Rows { columns: &columns, from: 0, len: 2 };
        let names = ["x".to_string()];
        // 1 / (1.5 + exp(0.25 x)): derivatives by 1.5 and by 0.25.
        let program = crate::gp::text::parse("1 / (1.5 + exp(x * 0.25))", &names).unwrap();
        let mut tape = Tape::new(&[program], 2);
        let values: Vec<f64> = tape.parameters.iter().map(|&p| tape.constant(p)).collect();
        assert_eq!(values, [1.5, 0.25]);
        tape.forward(rows);
        tape.reverse(rows);
        for (i, x) in [0.5_f64, 2.0].into_iter().enumerate() {
            let e = (0.25 * x).exp();
            let outer = -1.0 / (1.5 + e).powi(2);
            for (p, want) in [(0, outer), (1, outer * e * x)] {
                let got = tape.derivative(tape.parameters[p], 2)[i];
                assert!((got - want).abs() < 1e-12, "{got} {want}");
            }
        }
    }
}
