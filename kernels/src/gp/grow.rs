//! Formulas grown where it helps most: of many known terms, the one that a formula lacks at one of its nodes.
//!
//! A change of node s by δ changes the formula by a δ, where a is the derivative by s (to first order). So the best
//! δ = c t of a term t is the one whose a t correlates most with what the formula leaves of the target. At the root
//! this adds a term to a sum as forward selection does; further down it grows products, denominators and arguments.

use super::normal::Normal;
use super::op::Op;
use super::program::{Node, Program};
use super::random::Draw;
use super::refine::{GLANCE, Table, dot, total};
use super::simplify::simplify;
use super::tape::{CHUNK, Rows, Tape};
use super::terms::{join, split};

/// The best so many terms may be chosen, each half as often as the one before it.
const CHOICE: usize = 5;

/// Terms of a sum under a link function, at most.
const PURSUED: usize = 5;

/// A function of a sum, as in generalised linear models.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Link {
    Identity,
    Inverse,
    Exp,
    Log,
    Sqrt,
    Square,
}

impl Link {
    /// Those that the operators can write.
    pub fn among(operators: &[Op]) -> Vec<Link> {
        let needs = [
            (Link::Inverse, Op::Div),
            (Link::Exp, Op::Exp),
            (Link::Log, Op::Log),
            (Link::Sqrt, Op::Sqrt),
            (Link::Square, Op::Square),
        ];
        let able = needs.into_iter().filter(|(_, op)| operators.contains(op)).map(|(link, _)| link);
        std::iter::once(Link::Identity).chain(able).collect()
    }

    /// The argument that gives y, and its derivative by y; not finite where there is none.
    fn inverse(self, y: f64) -> (f64, f64) {
        match self {
            Link::Identity => (y, 1.0),
            Link::Inverse => (1.0 / y, 1.0 / (y * y)),
            Link::Exp => (if y > 0.0 { libm::log(y) } else { f64::NAN }, 1.0 / y),
            Link::Log => (libm::exp(y), libm::exp(y)),
            Link::Sqrt => (if y < 0.0 { f64::NAN } else { y * y }, 2.0 * y),
            Link::Square => (y.sqrt(), 0.5 / y.sqrt()),
        }
    }

    fn of(self, sum: Program) -> Program {
        match self {
            Link::Identity => sum,
            Link::Inverse => Program::apply(Op::Div, 0, &[Program::leaf(Node::Constant(1.0)), sum]),
            Link::Exp => Program::apply(Op::Exp, 0, &[sum]),
            Link::Log => Program::apply(Op::Log, 0, &[sum]),
            Link::Sqrt => Program::apply(Op::Sqrt, 0, &[sum]),
            Link::Square => Program::apply(Op::Square, 0, &[sum]),
        }
    }
}

/// What growing draws for, as a key: no variation has this code.
pub const PURPOSE: u64 = 100;

/// Terms that formulas grow by, with their values on the first rows of a table.
#[derive(Default)]
pub struct Library {
    terms: Vec<Program>,
    /// One after the other, `rows` each.
    values: Vec<f64>,
    rows: usize,
}

/// How a term comes into a node s.
#[derive(Clone, Copy, PartialEq)]
enum Graft {
    /// s + c t
    Sum,
    /// s (1 + c t)
    Factor,
    /// c t
    Instead,
    /// c s t
    Product,
}

impl Library {
    /// Keeps the distinct terms that have a value in every one of the first rows and vary.
    pub fn new(table: &Table, programs: &[Program]) -> Library {
        let rows = table.rows().min(CHUNK);
        let mut library = Library { rows, ..Library::default() };
        let mut known = std::collections::HashSet::new();
        for program in programs {
            let mut tape = Tape::new(std::slice::from_ref(program), rows);
            let own = Rows { columns: &table.columns, from: 0, len: rows };
            tape.forward(own);
            let values = tape.value(tape.roots[0], own);
            let (sum, squares) = (total(values), dot(values, values));
            let varies = squares - sum * sum / rows as f64 > 1e-12 * squares;
            let print = (sum.to_bits() >> 16, squares.to_bits() >> 16);
            if squares.is_finite() && varies && known.insert(print) {
                library.values.extend_from_slice(values);
                library.terms.push(program.clone());
            }
        }
        library
    }

    pub fn len(&self) -> usize {
        self.terms.len()
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The formula with a term grafted onto one of its nodes, at most `max_nodes` in all; the formula itself where
    /// nothing helps.
    pub fn grow(&self, table: &Table, program: &Program, max_nodes: usize, draw: &mut Draw) -> Program {
        let terms = split(program);
        if terms.is_empty() || self.is_empty() {
            return program.clone();
        }
        let len = self.rows.min(GLANCE);
        let own = Rows { columns: &table.columns, from: draw.below(self.rows - len + 1), len };
        let mut tape = Tape::new(&terms, len);
        let at = if draw.one_in(2) { None } else { Some(draw.below(tape.len())) };
        if let Some(at) = at {
            tape.watch(at);
        }
        let weights = table.glance(&mut tape, own);
        let rest = left(table, &tape, own, &weights);
        let graft = match at {
            None => Graft::Sum,
            Some(_) => [Graft::Sum, Graft::Factor, Graft::Instead, Graft::Product][draw.below(4)],
        };
        let (slope, wanted) = linearised(&mut tape, own, &weights, at, graft, &rest);
        for (term, c) in self.best(own, &slope, &wanted, draw) {
            let term = &self.terms[term];
            let child = match at {
                None => join(
                    &[terms.as_slice(), std::slice::from_ref(term)].concat(),
                    &[&weights[..], &[c]].concat(),
                ),
                Some(at) => grafted(&terms, &tape, at, graft, term, c, &weights),
            };
            if let Some(child) = child.map(|p| simplify(&p)).filter(|p| p.len() <= max_nodes && p != program)
            {
                return child;
            }
        }
        program.clone()
    }

    /// A new formula: a link function of a sum of terms, perhaps times or over one more term. For y = t g(s) the sum s is
    /// fitted to z = g⁻¹(y / t) by adding the best term again and again, rows weighted by how much an error of z is one of
    /// y. None where the target has no such form, or the formula would be too large.
    pub fn link(&self, table: &Table, links: &[Link], max_nodes: usize, draw: &mut Draw) -> Option<Program> {
        if self.is_empty() {
            return None;
        }
        let len = self.rows.min(GLANCE);
        let own = Rows { columns: &table.columns, from: draw.below(self.rows - len + 1), len };
        let factor = match draw.below(4) {
            0 => Some((Op::Mul, draw.below(self.len()))),
            1 => Some((Op::Div, draw.below(self.len()))),
            _ => None,
        };
        let link = links[draw.below(links.len())];
        let (wanted, weight) = self.linked_target(table, own, factor, link)?;
        let sum = self.pursue(own, &wanted, &weight, 1 + draw.below(PURSUED), draw)?;
        let value = link.of(sum);
        let whole = match factor {
            None => value,
            Some((op, term)) => Program::apply(op, 0, &[value, self.terms[term].clone()]),
        };
        Some(simplify(&whole)).filter(|p| p.len() <= max_nodes)
    }

    /// z and the weight of its errors on a stretch of rows; the weights' mean square is 1.
    fn linked_target(
        &self,
        table: &Table,
        own: Rows,
        factor: Option<(Op, usize)>,
        link: Link,
    ) -> Option<(Vec<f64>, Vec<f64>)> {
        let rows = own.from..own.from + own.len;
        let mut wanted: Vec<f64> = table.target[rows.clone()].iter().map(|y| y + table.mean).collect();
        let mut weight = vec![1.0; own.len];
        if let Some((op, term)) = factor {
            for ((y, w), t) in wanted.iter_mut().zip(&mut weight).zip(&self.values_of(term)[rows]) {
                let t = if op == Op::Mul { *t } else { 1.0 / t };
                *y /= t;
                *w *= t;
            }
        }
        for (y, w) in wanted.iter_mut().zip(&mut weight) {
            let (z, slope) = link.inverse(*y);
            *y = z;
            *w /= slope;
        }
        let size = (dot(&weight, &weight) / own.len as f64).sqrt();
        weight.iter_mut().for_each(|w| *w /= size);
        let known = size > 0.0 && wanted.iter().chain(&weight).all(|x| x.is_finite());
        known.then_some((wanted, weight))
    }

    fn values_of(&self, term: usize) -> &[f64] {
        &self.values[term * self.rows..(term + 1) * self.rows]
    }

    /// An offset and `count` terms, each the best for what those before it leave (orthogonal matching pursuit).
    fn pursue(&self, own: Rows, z: &[f64], weight: &[f64], count: usize, draw: &mut Draw) -> Option<Program> {
        let weighted = |x: &[f64]| -> Vec<f64> { x.iter().zip(weight).map(|(x, w)| x * w).collect() };
        let mut columns = vec![weight.to_vec()];
        let mut chosen: Vec<usize> = Vec::new();
        let wanted = weighted(z);
        let mut coefficients = Vec::new();
        for _ in 0..=count {
            coefficients = solved(&columns, &wanted);
            let mut rest = wanted.clone();
            for (column, c) in columns.iter().zip(&coefficients) {
                rest.iter_mut().zip(column).for_each(|(r, x)| *r -= c * x);
            }
            if chosen.len() == count || dot(&rest, &rest) < 1e-20 * dot(&wanted, &wanted) {
                break;
            }
            let best = self.best(own, weight, &rest, draw);
            let Some(&(term, _)) = best.iter().find(|(t, _)| !chosen.contains(t)) else { break };
            columns.push(weighted(&self.values_of(term)[own.from..own.from + own.len]));
            chosen.push(term);
        }
        let offset = Program::leaf(Node::Constant(coefficients[0]));
        let sum = chosen.iter().zip(&coefficients[1..]).fold(offset, |sum, (&term, &c)| {
            let constant = Program::leaf(Node::Constant(c));
            let scaled = Program::apply(Op::Mul, 0, &[self.terms[term].clone(), constant]);
            Program::apply(Op::Add, 0, &[sum, scaled])
        });
        let finite = coefficients.iter().all(|c| c.is_finite());
        (finite && !chosen.is_empty()).then_some(sum)
    }

    /// The terms whose product with `slope` explains most of `wanted`, one drawn from the best first, each with its
    /// coefficient.
    fn best(&self, own: Rows, slope: &[f64], wanted: &[f64], draw: &mut Draw) -> Vec<(usize, f64)> {
        let n = own.len as f64;
        let mut scored: Vec<(f64, usize, f64)> = Vec::with_capacity(self.terms.len());
        for (i, values) in self.values.chunks_exact(self.rows).enumerate() {
            let [sum, squares, with] = sums(&values[own.from..own.from + own.len], slope, wanted);
            let spread = squares - sum * sum / n;
            if spread > 1e-12 * squares && spread.is_finite() {
                scored.push((with * with / spread, i, with / spread));
            }
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored.truncate(2 * CHOICE);
        let mut first = 0;
        while first + 1 < CHOICE.min(scored.len()) && draw.one_in(2) {
            first += 1;
        }
        scored.into_iter().skip(first).map(|(_, i, c)| (i, c)).collect()
    }
}

/// The coefficients of columns that come nearest to `wanted`.
fn solved(columns: &[Vec<f64>], wanted: &[f64]) -> Vec<f64> {
    let width = columns.len() + 1;
    let all: Vec<&[f64]> = columns.iter().map(Vec::as_slice).chain([wanted]).collect();
    let products = (0..width * width).map(|i| dot(all[i / width], all[i % width])).collect();
    let normal = Normal { terms: columns.len(), width, products, ..Normal::default() };
    normal.linear(&vec![true; columns.len()]).weights
}

/// Σ a t, Σ (a t)², Σ a t r.
fn sums(t: &[f64], a: &[f64], r: &[f64]) -> [f64; 3] {
    const LANES: usize = 4;
    let mut sums = [[0.0; LANES]; 3];
    let whole = t.len() / LANES * LANES;
    for i in (0..whole).step_by(LANES) {
        for k in 0..LANES {
            let x = t[i + k] * a[i + k];
            sums[0][k] += x;
            sums[1][k] += x * x;
            sums[2][k] += x * r[i + k];
        }
    }
    for i in whole..t.len() {
        let x = t[i] * a[i];
        sums[0][0] += x;
        sums[1][0] += x * x;
        sums[2][0] += x * r[i];
    }
    sums.map(|s| (s[0] + s[2]) + (s[1] + s[3]))
}

/// What the formula leaves of the target, less its mean; 0 where it has no value.
fn left(table: &Table, tape: &Tape, own: Rows, weights: &[f64]) -> Vec<f64> {
    let mut rest = table.target[own.from..own.from + own.len].to_vec();
    for (&root, &w) in tape.roots.iter().zip(weights) {
        for (r, x) in rest.iter_mut().zip(tape.value(root, own)) {
            *r -= w * x;
        }
    }
    let known = || rest.iter().filter(|r| r.is_finite());
    let mean = known().sum::<f64>() / known().count().max(1) as f64;
    rest.iter().map(|r| if r.is_finite() { r - mean } else { 0.0 }).collect()
}

/// The factor of a grafted term in the formula, and what it should explain.
fn linearised(
    tape: &mut Tape,
    own: Rows,
    weights: &[f64],
    at: Option<usize>,
    graft: Graft,
    rest: &[f64],
) -> (Vec<f64>, Vec<f64>) {
    let Some(at) = at else { return (vec![1.0; own.len], rest.to_vec()) };
    tape.reverse(own);
    let weight = weights[tape.owner(at)];
    let (mut slope, mut wanted) = (Vec::with_capacity(own.len), Vec::with_capacity(own.len));
    for ((d, s), r) in tape.derivative(at, own.len).iter().zip(tape.value(at, own)).zip(rest) {
        let a = weight * d;
        let factor = if matches!(graft, Graft::Factor | Graft::Product) { a * s } else { a };
        let removed = if matches!(graft, Graft::Instead | Graft::Product) { a * s } else { 0.0 };
        let known = factor.is_finite() && removed.is_finite();
        slope.push(if known { factor } else { 0.0 });
        wanted.push(if known { r + removed } else { 0.0 });
    }
    let mean = total(&wanted) / own.len as f64;
    wanted.iter_mut().for_each(|r| *r -= mean);
    (slope, wanted)
}

fn grafted(
    terms: &[Program],
    tape: &Tape,
    at: usize,
    graft: Graft,
    term: &Program,
    c: f64,
    weights: &[f64],
) -> Option<Program> {
    let owner = tape.owner(at);
    let first = if owner == 0 { 0 } else { tape.roots[owner - 1] + 1 };
    let parent = &terms[owner];
    let (from, to) = (parent.starts()[at - first], at - first);
    let own = Program { nodes: parent.nodes[from..=to].to_vec() };
    let constant = |x: f64| Program::leaf(Node::Constant(x));
    let over = |op, x: Program, y: Program| Program::apply(op, 0, &[x, y]);
    let scaled = over(Op::Mul, term.clone(), constant(c));
    let node = match graft {
        Graft::Sum => over(Op::Add, own, scaled),
        Graft::Factor => over(Op::Mul, own, over(Op::Add, scaled, constant(1.0))),
        Graft::Instead => scaled,
        Graft::Product => over(Op::Mul, own, scaled),
    };
    let mut changed = terms.to_vec();
    changed[owner] =
        Program { nodes: [&parent.nodes[..from], &node.nodes, &parent.nodes[to + 1..]].concat() };
    join(&changed, weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::refine::Effort;
    use crate::gp::{reference, text};

    fn names() -> Vec<String> {
        ["a", "b", "c"].map(String::from).to_vec()
    }

    fn parse(t: &str) -> Program {
        text::parse(t, &names()).unwrap()
    }

    fn table(target: &str) -> Table {
        let mut draw = Draw::new(3, 0, 0, 0);
        let columns: Vec<Vec<f64>> = (0..3).map(|_| (0..600).map(|_| draw.normal()).collect()).collect();
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let y = reference::evaluate(&parse(target), &slices);
        let mean = y.iter().sum::<f64>() / y.len() as f64;
        let y: Vec<f64> = y.iter().map(|y| y - mean).collect();
        Table::new(&columns.concat(), &y, mean, 8).unwrap()
    }

    /// The best loss of formulas grown once from a parent.
    fn best_child(target: &str, parent: &str) -> f64 {
        let table = table(target);
        let terms = ["a", "b", "c", "a * b", "b * c", "square(c)", "tanh(a)"].map(parse);
        let library = Library::new(&table, &terms);
        assert_eq!(library.len(), 7);
        let child = |i: u64| {
            let grown = library.grow(&table, &parse(parent), 40, &mut Draw::new(1, 0, i, 0));
            table.refine(&grown, Effort { steps: 10, price: 1.0, from: 0, rows: 600 }).map_or(1.0, |r| r.loss)
        };
        (0..200).map(child).fold(1.0, f64::min)
    }

    #[test]
    fn the_missing_term_of_a_sum_a_product_and_a_denominator_is_found() {
        for (target, parent) in [
            ("a + b * c * 3", "a"),
            ("a * (1 + 0.5 * b) - c", "a + c"),
            ("1 / (3 + square(c) + tanh(a))", "1 / (2 + square(c))"),
            ("tanh(a + 0.4 * b)", "tanh(a)"),
        ] {
            let loss = best_child(target, parent);
            assert!(loss < 1e-9, "{target} from {parent}: {loss}");
        }
    }

    #[test]
    fn relations_under_a_link_are_found_at_once() {
        for (target, link) in [
            ("1 / (3 + a * b * 0.2 + tanh(c))", Link::Inverse),
            ("exp(a * 0.5 - b * c * 0.25)", Link::Exp),
            ("sqrt(square(c) * 2 + 1)", Link::Sqrt),
            ("a * (b * c - 2)", Link::Identity),
            ("(1 + b * 0.3) / (square(c) + 1)", Link::Identity),
        ] {
            let table = table(target);
            let terms = ["a", "b", "c", "a * b", "b * c", "square(c)", "tanh(c)", "square(c) + 1"].map(parse);
            let library = Library::new(&table, &terms);
            let loss = |i: u64| {
                let made = library.link(&table, &[link], 40, &mut Draw::new(1, 0, i, 0));
                let effort = Effort { steps: 10, price: 1.0, from: 0, rows: 600 };
                made.and_then(|p| table.refine(&p, effort)).map_or(1.0, |r| r.loss)
            };
            let best = (0..150).map(loss).fold(1.0, f64::min);
            assert!(best < 1e-9, "{target}: {best}");
        }
    }

    #[test]
    fn what_cannot_grow_stays() {
        let table = table("a + b");
        let library = Library::new(&table, &["a", "b"].map(parse));
        let parent = parse("tanh(a) + c");
        assert_eq!(library.grow(&table, &parent, parent.len(), &mut Draw::new(1, 0, 0, 0)), parent);
        assert_eq!(Library::default().grow(&table, &parent, 50, &mut Draw::new(1, 0, 0, 0)), parent);
        let empty = Library::new(&table, &["a / (b - b)", "3"].map(parse));
        assert!(empty.is_empty());
    }
}
