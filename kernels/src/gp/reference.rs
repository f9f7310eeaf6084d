//! What each operator means, in f64, row by row from its definition: the oracle of the search's kernel
//! and what `formula eval` and `transform` compute. A value that is not finite is null, everywhere.

use super::op::{EMA_SPANS, Op, SMALLEST_DIVISOR};
use super::program::{Node, Program};

/// The value of a valid program on each row of one symbol; NaN is null. Columns are of equal length.
/// Rows before the first are taken not to exist: of a part of a symbol, the first
/// `program.look_back()` results are to be dropped, the others do not depend on where it was cut.
pub fn evaluate(program: &Program, columns: &[&[f64]]) -> Vec<f64> {
    let rows = columns.first().map_or(0, |c| c.len());
    program.fold(|node, args: &[Vec<f64>]| match node {
        Node::Column(c) => columns[c as usize].iter().map(|&x| finite(x)).collect(),
        Node::Constant(x) => vec![x; rows],
        Node::Apply(op, 0) => (0..rows).map(|i| pointwise(op, |k| args[k][i])).collect(),
        Node::Apply(op, n) => (0..rows).map(|i| windowed(op, n as usize, i, args)).collect(),
    })
}

fn finite(x: f64) -> f64 {
    if x.is_finite() { x } else { f64::NAN }
}

/// An operator without a window on the values of one row; `arg(k)` is operand k.
pub fn pointwise(op: Op, arg: impl Fn(usize) -> f64) -> f64 {
    if (0..op.arity()).any(|k| arg(k).is_nan()) {
        return f64::NAN;
    }
    let (a, b) = (arg(0), if op.arity() > 1 { arg(1) } else { 0.0 });
    finite(match op {
        Op::Add => a + b,
        Op::Sub => a - b,
        Op::Mul => a * b,
        Op::Div if b.abs() < SMALLEST_DIVISOR => f64::NAN,
        Op::Div => a / b,
        Op::Neg => -a,
        Op::Abs => a.abs(),
        Op::Sqrt => a.sqrt(),
        Op::Log1pAbs => libm::log1p(a.abs()),
        Op::Sign => f64::from(u8::from(a > 0.0)) - f64::from(u8::from(a < 0.0)),
        Op::Square => a * a,
        Op::Cube => a * a * a,
        Op::Tanh => libm::tanh(a),
        Op::Min => a.min(b),
        Op::Max => a.max(b),
        Op::IfGreater => arg(if a > b { 2 } else { 3 }),
        Op::Sin => libm::sin(a),
        Op::Cos => libm::cos(a),
        Op::Exp => libm::exp(a),
        Op::Log if a <= 0.0 => f64::NAN,
        Op::Log => libm::log(a),
        windowed => unreachable!("{windowed:?} has a window"),
    })
}

/// An operator over the window of `n` rows that ends at row `i`.
fn windowed(op: Op, n: usize, i: usize, args: &[Vec<f64>]) -> f64 {
    let x = &args[0];
    if matches!(op, Op::Lag | Op::Delta) {
        let Some(past) = i.checked_sub(n) else { return f64::NAN };
        return if op == Op::Lag { x[past] } else { finite(x[i] - x[past]) };
    }
    let Some(from) = (i + 1).checked_sub(n) else { return f64::NAN };
    let window = &x[from..=i];
    if let Some(second) = args.get(1) {
        return paired(op, window, &second[from..=i]);
    }
    let values: Vec<f64> = window.iter().copied().filter(|v| !v.is_nan()).collect();
    if 2 * values.len() < n {
        return f64::NAN;
    }
    finite(match op {
        Op::Sum => values.iter().sum(),
        Op::Sma => mean(&values),
        Op::Ema => decayed_mean(&x[(i + 1).saturating_sub(EMA_SPANS * n)..=i], n),
        Op::Std => deviation(&values),
        Op::Zscore if deviation(&values) < SMALLEST_DIVISOR => f64::NAN,
        Op::Zscore => (x[i] - mean(&values)) / deviation(&values),
        Op::TsMin => values.iter().copied().fold(f64::INFINITY, f64::min),
        Op::TsMax => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Op::Rank => position(x[i], &values),
        Op::Wma => weighted_mean(window),
        Op::ArgMin => rows_since(window, |new, best| new <= best),
        Op::ArgMax => rows_since(window, |new, best| new >= best),
        Op::Skew => standard_moment(&values, 3),
        Op::Kurt => standard_moment(&values, 4) - 3.0,
        Op::Slope => slope(window),
        pointwise => unreachable!("{pointwise:?} has no window"),
    })
}

/// By distances from the first value, so that the mean of equal values is that value and no deviation is made
/// of rounding.
fn mean(values: &[f64]) -> f64 {
    let first = values[0];
    first + values.iter().map(|v| v - first).sum::<f64>() / values.len() as f64
}

fn deviation(values: &[f64]) -> f64 {
    let m = mean(values);
    (values.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / values.len() as f64).sqrt()
}

/// By distances from the newest value, for the reason of [`mean`].
fn decayed_mean(rows: &[f64], n: usize) -> f64 {
    let keep = 1.0 - 2.0 / (n as f64 + 1.0);
    let newest = rows.iter().rev().copied().find(|v| !v.is_nan()).unwrap_or(f64::NAN);
    let (mut sum, mut weight, mut w) = (0.0, 0.0, 1.0);
    for &v in rows.iter().rev() {
        if !v.is_nan() {
            sum += w * (v - newest);
            weight += w;
        }
        w *= keep;
    }
    newest + sum / weight
}

fn position(x: f64, values: &[f64]) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    let below = values.iter().filter(|&&v| v < x).count() as f64;
    let ties = values.iter().filter(|&&v| v == x).count() as f64;
    (below + 0.5 * ties) / values.len() as f64
}

/// The rows of a window that have a value: their places in it, and the values.
fn dated(window: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let present = window.iter().zip(0u16..).filter(|(v, _)| !v.is_nan());
    present.map(|(&v, t)| (f64::from(t), v)).unzip()
}

fn weighted_mean(window: &[f64]) -> f64 {
    let (places, values) = dated(window);
    let distances = places.iter().zip(&values).map(|(t, v)| (t + 1.0) * (v - values[0]));
    values[0] + distances.sum::<f64>() / places.iter().map(|t| t + 1.0).sum::<f64>()
}

fn rows_since(window: &[f64], better: impl Fn(f64, f64) -> bool) -> f64 {
    let (places, values) = dated(window);
    let mut best = 0;
    for k in 1..values.len() {
        best = if better(values[k], values[best]) { k } else { best };
    }
    (window.len() - 1) as f64 - places[best]
}

/// The mean of a power of the standard scores.
fn standard_moment(values: &[f64], power: i32) -> f64 {
    let (m, s) = (mean(values), deviation(values));
    if s < SMALLEST_DIVISOR {
        return f64::NAN;
    }
    values.iter().map(|v| ((v - m) / s).powi(power)).sum::<f64>() / values.len() as f64
}

fn slope(window: &[f64]) -> f64 {
    let (places, values) = dated(window);
    if values.len() < 2 {
        return f64::NAN;
    }
    covariance(&places, &values) / covariance(&places, &places)
}

fn covariance(x: &[f64], y: &[f64]) -> f64 {
    let (mx, my) = (mean(x), mean(y));
    x.iter().zip(y).map(|(p, q)| (p - mx) * (q - my)).sum::<f64>() / x.len() as f64
}

/// An operator of two operands over those rows of a window where both have a value.
fn paired(op: Op, x: &[f64], y: &[f64]) -> f64 {
    let pairs = x.iter().zip(y).filter(|(a, b)| !a.is_nan() && !b.is_nan());
    let (a, b): (Vec<f64>, Vec<f64>) = pairs.map(|(a, b)| (*a, *b)).unzip();
    if 2 * a.len() < x.len() {
        return f64::NAN;
    }
    if op == Op::Cov {
        return finite(covariance(&a, &b));
    }
    let (sa, sb) = (deviation(&a), deviation(&b));
    if sa < SMALLEST_DIVISOR || sb < SMALLEST_DIVISOR {
        return f64::NAN;
    }
    finite((covariance(&a, &b) / (sa * sb)).clamp(-1.0, 1.0))
}
