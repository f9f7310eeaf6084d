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

/// By distances from the newest value and weights that count from its row, so that equal values have
/// themselves for a mean and a row without a value changes nothing, down to the last bit.
fn decayed_mean(rows: &[f64], n: usize) -> f64 {
    let Some(last) = rows.iter().rposition(|v| !v.is_nan()) else { return f64::NAN };
    let (keep, newest) = (1.0 - 2.0 / (n as f64 + 1.0), rows[last]);
    let (mut sum, mut weight, mut w) = (0.0, 0.0, 1.0);
    for &v in rows[..=last].iter().rev() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::text;

    const NULL: f64 = f64::NAN;

    fn value(formula: &str, a: &[f64], b: &[f64]) -> Vec<f64> {
        let program = text::parse(formula, &["a", "b"].map(String::from)).unwrap();
        evaluate(&program, &[a, b])
    }

    #[test]
    fn operators_over_windows_have_the_values_worked_out_by_hand() {
        let a = [1.0, 2.0, NULL, 4.0, 8.0];
        let b = [2.0, 1.0, 5.0, 3.0, NULL];
        for (formula, want) in [
            // (1·1 + 2·2 + 4·4) / (1 + 2 + 4), then (1·2 + 3·4 + 4·8) / (1 + 3 + 4)
            ("wma(a, 4)", [NULL, NULL, NULL, 3.0, 5.75]),
            ("argmin(a, 4)", [NULL, NULL, NULL, 3.0, 3.0]),
            ("argmax(a, 4)", [NULL, NULL, NULL, 0.0, 0.0]),
            ("argmax(sign(a), 2)", [NULL, 0.0, 1.0, 0.0, 0.0]),
            // Covariances with the row over its variance: 42/42, then 78/42.
            ("slope(a, 4)", [NULL, NULL, NULL, 1.0, 13.0 / 7.0]),
            ("slope(a, 2)", [NULL, 1.0, NULL, NULL, 4.0]),
            ("cov(a, b, 4)", [NULL, NULL, NULL, 2.0 / 3.0, 1.0]),
            ("skew(a, 3)", [NULL, NULL, 0.0, 0.0, 0.0]),
        ] {
            for (i, (got, want)) in value(formula, &a, &b).iter().zip(want).enumerate() {
                let same = if want.is_nan() { got.is_nan() } else { (got - want).abs() < 1e-12 };
                assert!(same, "{formula}, row {i}: expected {want}, got {got}");
            }
        }
        // Scores -1, -1, -1 and 3 over √3: the mean cube is 2/√3, the mean fourth power 7/3.
        let rare = [0.0, 0.0, 0.0, 4.0];
        assert!((value("skew(a, 4)", &rare, &rare)[3] - 2.0 / 3f64.sqrt()).abs() < 1e-12);
        assert!((value("kurt(a, 4)", &rare, &rare)[3] - (7.0 / 3.0 - 3.0)).abs() < 1e-12);
    }

    #[test]
    fn equal_values_vary_by_nothing_at_any_offset() {
        let level: Vec<f64> = (0..40).map(|i| if i < 9 { 0.3 * f64::from(i) } else { 64_000.37 }).collect();
        let other: Vec<f64> = (0..40).map(f64::from).collect();
        for (formula, want) in [
            ("std(a, 7)", 0.0),
            ("cov(a, b, 7)", 0.0),
            ("slope(a, 7)", 0.0),
            ("sma(a, 7)", 64_000.37),
            ("wma(a, 7)", 64_000.37),
            ("zscore(a, 7)", NULL),
            ("skew(a, 7)", NULL),
            ("kurt(a, 7)", NULL),
            ("corr(a, b, 7)", NULL),
            ("zscore(wma(a, 5), 7)", NULL),
        ] {
            let got = *value(formula, &level, &other).last().unwrap();
            assert!(got == want || got.is_nan() && want.is_nan(), "{formula}: expected {want}, got {got}");
        }
    }

    #[test]
    fn a_row_without_a_value_changes_no_bit_of_an_exponential_mean() {
        let mut a: Vec<f64> = (0..30).map(|i| (f64::from(i) * 0.7).sin()).collect();
        a[25] = NULL;
        let means = value("ema(a, 6)", &a, &a);
        assert_eq!(means[24].to_bits(), means[25].to_bits());
    }
}
