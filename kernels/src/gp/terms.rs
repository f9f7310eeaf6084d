//! A formula as a sum of terms whose coefficients are fitted by least squares, and back.

use super::op::Op;
use super::program::{Node, Program};

/// Terms that a formula is split into, at most; what is left over forms the last one.
pub const MAX_TERMS: usize = 12;

/// The distinct terms of a valid program: it is an offset plus a multiple of each, whatever their order.
/// A coefficient that only scales a term is taken out of it. A constant has no terms.
pub fn split(program: &Program) -> Vec<Program> {
    let starts = program.starts();
    let mut found: Vec<(f64, Program)> = Vec::new();
    collect(program, &starts, program.len() - 1, 1.0, &mut found);
    let mut terms: Vec<(f64, Program)> = Vec::new();
    for (coefficient, term) in found {
        match terms.iter_mut().find(|(_, known)| *known == term) {
            Some((sum, _)) => *sum += coefficient,
            None => terms.push((coefficient, term)),
        }
    }
    if terms.len() > MAX_TERMS {
        let rest = terms.split_off(MAX_TERMS - 1);
        let (weights, programs): (Vec<f64>, Vec<Program>) = rest.into_iter().unzip();
        terms.extend(join(&programs, &weights).map(|p| (1.0, p)));
    }
    terms.into_iter().map(|(_, term)| term).collect()
}

fn collect(
    program: &Program,
    starts: &[usize],
    at: usize,
    coefficient: f64,
    found: &mut Vec<(f64, Program)>,
) {
    let operands = program.operands(starts, at);
    let constant = |k: usize| match program.nodes[operands[k]] {
        Node::Constant(x) => Some(x),
        _ => None,
    };
    let mut below = |k: usize, c: f64| collect(program, starts, operands[k], c, found);
    match program.nodes[at] {
        Node::Constant(_) => {}
        Node::Apply(Op::Add, _) => {
            below(0, coefficient);
            below(1, coefficient);
        }
        Node::Apply(Op::Sub, _) => {
            below(0, coefficient);
            below(1, -coefficient);
        }
        Node::Apply(Op::Neg, _) => below(0, -coefficient),
        Node::Apply(Op::Mul, _) if constant(0).is_some() => {
            below(1, coefficient * constant(0).unwrap_or(1.0))
        }
        Node::Apply(Op::Mul, _) if constant(1).is_some() => {
            below(0, coefficient * constant(1).unwrap_or(1.0))
        }
        Node::Apply(Op::Div, _) if constant(1).is_some_and(|c| c != 0.0) => {
            below(0, coefficient / constant(1).unwrap_or(1.0));
        }
        _ => {
            let term = Program { nodes: program.nodes[starts[at]..=at].to_vec() };
            let (scale, bare) = without_scale(&term);
            found.push((coefficient * scale, bare));
        }
    }
}

/// A program without the constants that only scale it, and their product.
fn without_scale(program: &Program) -> (f64, Program) {
    let (scale, bare) = program.fold(|node, args: &[(f64, Option<Program>)]| scaled(node, args));
    (scale, bare.unwrap_or_else(|| Program::leaf(Node::Constant(1.0))))
}

/// A factor and what it scales; nothing for 1.
fn scaled(node: Node, args: &[(f64, Option<Program>)]) -> (f64, Option<Program>) {
    let whole = |(c, p): &(f64, Option<Program>)| {
        let bare = p.clone().unwrap_or_else(|| Program::leaf(Node::Constant(1.0)));
        match (p, *c) {
            (None, c) => Program::leaf(Node::Constant(c)),
            (_, 1.0) => bare,
            (_, -1.0) => Program::apply(Op::Neg, 0, &[bare]),
            (_, c) => Program::apply(Op::Mul, 0, &[bare, Program::leaf(Node::Constant(c))]),
        }
    };
    match (node, args) {
        (Node::Constant(c), _) if c != 0.0 => (c, None),
        (Node::Apply(Op::Neg, _), [(c, p)]) => (-c, p.clone()),
        (Node::Apply(Op::Abs, _), [(c, Some(p))]) => {
            (c.abs(), Some(Program::apply(Op::Abs, 0, std::slice::from_ref(p))))
        }
        (Node::Apply(Op::Square, _), [(c, Some(p))]) => {
            (c * c, Some(Program::apply(Op::Square, 0, std::slice::from_ref(p))))
        }
        (Node::Apply(Op::Cube, _), [(c, Some(p))]) => {
            (c * c * c, Some(Program::apply(Op::Cube, 0, std::slice::from_ref(p))))
        }
        (Node::Apply(Op::Mul, _), [(c, p), (d, q)]) => {
            let product = match (p, q) {
                (Some(p), Some(q)) => Some(Program::apply(Op::Mul, 0, &[p.clone(), q.clone()])),
                (p, q) => p.clone().or_else(|| q.clone()),
            };
            (c * d, product)
        }
        (Node::Apply(Op::Div, _), [(c, p), (d, None)]) if *d != 0.0 => (c / d, p.clone()),
        (Node::Apply(Op::Div, _), [(c, p), (d, Some(q))]) if *d != 0.0 => {
            let above = p.clone().unwrap_or_else(|| Program::leaf(Node::Constant(1.0)));
            (c / d, Some(Program::apply(Op::Div, 0, &[above, q.clone()])))
        }
        (Node::Apply(op, window), args) => {
            let operands: Vec<Program> = args.iter().map(whole).collect();
            (1.0, Some(Program::apply(op, window, &operands)))
        }
        (leaf, _) => (1.0, Some(Program::leaf(leaf))),
    }
}

/// The sum of terms times their coefficients, divided by the first coefficient; terms of coefficient 0 are
/// left out. None where no term is left.
pub fn join(terms: &[Program], coefficients: &[f64]) -> Option<Program> {
    let mut used = terms.iter().zip(coefficients).filter(|(_, c)| **c != 0.0);
    let (first, unit) = used.next()?;
    Some(used.fold(first.clone(), |sum, (term, c)| {
        let ratio = c / unit;
        let op = if ratio < 0.0 { Op::Sub } else { Op::Add };
        Program::apply(op, 0, &[sum, times(term, ratio.abs())])
    }))
}

fn times(term: &Program, by: f64) -> Program {
    // A ratio this near to 1 is 1 but for rounding.
    if (by - 1.0).abs() < 1e-11 {
        return term.clone();
    }
    Program::apply(Op::Mul, 0, &[term.clone(), Program::leaf(Node::Constant(by))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::text;

    fn names() -> Vec<String> {
        ["a", "b", "c"].map(String::from).to_vec()
    }

    fn terms_of(formula: &str) -> Vec<String> {
        let program = text::parse(formula, &names()).unwrap();
        split(&program).iter().map(|t| text::print(t, &names())).collect()
    }

    #[test]
    fn sums_fall_apart_and_what_only_scales_goes() {
        for (formula, terms) in [
            ("3 * a - b * c * 2 + 7", &["a", "b * c"][..]),
            ("2 * (a + b) / 4 - (c - a)", &["a", "b", "c"]),
            ("-(a * (2 * b))", &["a * b"]),
            ("3 / (c + 2)", &["1 / (c + 2)"]),
            ("square(3 * a) * tanh(2 * b)", &["square(a) * tanh(b * 2)"]),
            ("a * (b + 2 * c)", &["a * (b + c * 2)"]),
            ("4 + 2", &[]),
        ] {
            assert_eq!(terms_of(formula), terms, "{formula}");
        }
    }

    #[test]
    fn too_many_terms_leave_the_rest_together() {
        let many: Vec<String> = (0..20).map(|k| format!("tanh(a + {k})")).collect();
        let terms = terms_of(&many.join(" + "));
        assert_eq!(terms.len(), MAX_TERMS);
        assert!(
            terms[MAX_TERMS - 1].contains("tanh(a + 11)") && terms[MAX_TERMS - 1].contains("tanh(a + 19)")
        );
    }

    #[test]
    fn a_sum_is_written_in_units_of_its_first_term() {
        let parse = |t: &str| text::parse(t, &names()).unwrap();
        let terms = ["a", "b * c", "tanh(b)"].map(parse);
        let print = |w: &[f64]| join(&terms, w).map(|p| text::print(&p, &names()));
        assert_eq!(print(&[2.0, -2.0, 1.0]).unwrap(), "a - b * c + tanh(b) * 0.5");
        assert_eq!(print(&[0.0, -2.0, 0.0]).unwrap(), "b * c");
        assert_eq!(print(&[0.0; 3]), None);
    }
}
