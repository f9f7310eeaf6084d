//! Rewriting a formula to a shorter one with the same values and the same nulls.
//! Nothing is reassociated, and nothing that hides a null (x - x, x * 0) is rewritten.

use super::op::{MAX_WINDOW, Op};
use super::program::{Node, Program};
use super::reference;

/// The simplified form of a valid program: constants folded, signs and neutral elements gone,
/// operands of commutative operators in one order.
pub fn simplify(program: &Program) -> Program {
    program.fold(|node, args: &[Program]| match node {
        Node::Apply(op, n) => rewrite(op, n, args.to_vec()),
        leaf => Program::leaf(leaf),
    })
}

fn rewrite(op: Op, window: u16, mut args: Vec<Program>) -> Program {
    if op.entry().commutative && order(&args[0], &args[1]).is_gt() {
        args.swap(0, 1);
    }
    if let Some(folded) = fold_constants(op, &args) {
        return folded;
    }
    let shorter = match args.as_slice() {
        [a] => rewrite_one(op, window, a),
        [a, b] => rewrite_two(op, a, b),
        _ => None,
    };
    shorter.unwrap_or_else(|| Program::apply(op, window, &args))
}

fn constant(p: &Program) -> Option<f64> {
    match p.nodes[..] {
        [Node::Constant(x)] => Some(x),
        _ => None,
    }
}

/// The operand of a program whose root is the given operator of one operand.
fn under(op: Op, p: &Program) -> Option<Program> {
    match p.nodes.split_last() {
        Some((&Node::Apply(root, 0), rest)) if root == op => Some(Program { nodes: rest.to_vec() }),
        _ => None,
    }
}

fn fold_constants(op: Op, args: &[Program]) -> Option<Program> {
    if op.windowed() {
        return None;
    }
    let values: Option<Vec<f64>> = args.iter().map(constant).collect();
    let value = reference::pointwise(op, |k| values.as_ref().map_or(f64::NAN, |v| v[k]));
    value.is_finite().then(|| Program::leaf(Node::Constant(value)))
}

fn rewrite_one(op: Op, window: u16, a: &Program) -> Option<Program> {
    match op {
        Op::Neg => under(Op::Neg, a),
        Op::Abs => {
            let unsigned =
                [Op::Abs, Op::Square, Op::Log1pAbs, Op::Sqrt].into_iter().any(|o| under(o, a).is_some());
            if unsigned { Some(a.clone()) } else { under(Op::Neg, a).map(|x| rewrite(op, 0, vec![x])) }
        }
        Op::Square | Op::Log1pAbs => {
            under(Op::Neg, a).or_else(|| under(Op::Abs, a)).map(|x| rewrite(op, 0, vec![x]))
        }
        Op::Lag => match a.nodes.split_last() {
            Some((&Node::Apply(Op::Lag, n), rest)) if n + window <= MAX_WINDOW => {
                Some(Program::apply(Op::Lag, n + window, &[Program { nodes: rest.to_vec() }]))
            }
            _ => None,
        },
        _ => None,
    }
}

fn rewrite_two(op: Op, a: &Program, b: &Program) -> Option<Program> {
    let both = |op, a: &Program, b: &Program| Some(rewrite(op, 0, vec![a.clone(), b.clone()]));
    match (op, constant(b)) {
        (Op::Mul | Op::Div, Some(1.0)) | (Op::Add | Op::Sub, Some(0.0)) => Some(a.clone()),
        (Op::Mul | Op::Div, Some(-1.0)) => Some(rewrite(Op::Neg, 0, vec![a.clone()])),
        (Op::Min | Op::Max, _) if a == b => Some(a.clone()),
        (Op::Add, _) => under(Op::Neg, b)
            .and_then(|y| both(Op::Sub, a, &y))
            .or_else(|| under(Op::Neg, a).and_then(|x| both(Op::Sub, b, &x))),
        (Op::Sub, _) => under(Op::Neg, b).and_then(|y| both(Op::Add, a, &y)),
        (Op::Mul | Op::Div, _) => match (under(Op::Neg, a), under(Op::Neg, b)) {
            (Some(x), Some(y)) => both(op, &x, &y),
            _ => None,
        },
        _ => None,
    }
}

/// The larger first, then by nodes; constants last.
fn order(a: &Program, b: &Program) -> std::cmp::Ordering {
    let key = |n: &Node| match *n {
        Node::Column(c) => (0, u64::from(c)),
        Node::Apply(op, n) => (1, u64::from(op.code()) << 16 | u64::from(n)),
        Node::Constant(x) => (2, x.to_bits()),
    };
    b.len().cmp(&a.len()).then_with(|| a.nodes.iter().map(key).cmp(b.nodes.iter().map(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::random::Draw;
    use crate::gp::{sample, text};

    fn names() -> Vec<String> {
        ["a", "b", "c"].map(String::from).to_vec()
    }

    fn simple(t: &str) -> String {
        text::print(&simplify(&text::parse(t, &names()).unwrap()), &names())
    }

    #[test]
    fn what_says_nothing_goes() {
        for (long, short) in [
            ("--a", "a"),
            ("a * 1 + 0", "a"),
            ("1 * a", "a"),
            ("2 * 3 + a", "a + 6"),
            ("b + a", "a + b"),
            ("a - -b", "a + b"),
            ("-a + b", "b - a"),
            ("abs(-a)", "abs(a)"),
            ("square(abs(-a))", "square(a)"),
            ("-a * -b", "a * b"),
            ("min(a, a)", "a"),
            ("lag(lag(a, 3), 4)", "lag(a, 7)"),
            ("a / -1", "-a"),
            ("corr(b, a, 5)", "corr(a, b, 5)"),
        ] {
            assert_eq!(simple(long), short, "{long}");
        }
    }

    #[test]
    fn what_hides_a_null_stays() {
        for text in ["a - a", "a * 0", "a / a", "1 / 0", "sma(2, 5)", "lag(lag(a, 1000), 100)"] {
            assert_eq!(simple(text), text);
        }
    }

    #[test]
    fn values_and_nulls_stay_and_nothing_is_left_to_simplify() {
        let mut draw = Draw::new(3, 0, 0, 0);
        let columns: Vec<Vec<f64>> =
            (0..3).map(|_| sample::column(&mut draw, 120, 20).into_iter().map(f64::from).collect()).collect();
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        for _ in 0..3000 {
            let program = sample::program(&mut draw, 3, 5);
            let short = simplify(&program);
            assert!(short.check(3).is_ok() && short.len() <= program.len());
            let (want, got) = (reference::evaluate(&program, &slices), reference::evaluate(&short, &slices));
            let same =
                |(x, y): (&f64, &f64)| x == y || x.is_nan() && y.is_nan() || (x - y).abs() <= 1e-12 * x.abs();
            assert!(
                want.iter().zip(&got).all(same),
                "{} {}",
                text::print(&program, &names()),
                text::print(&short, &names())
            );
        }
    }
}
