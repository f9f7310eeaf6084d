//! Losses: first and second derivatives by score, and what a row loses.

use super::settings::Loss;
use std::ops::Range;

/// Targets and weights of a set of rows; no weights mean 1 each.
pub struct Truth<'a> {
    pub target: &'a [f64],
    pub weight: &'a [f64],
}

impl Truth<'_> {
    #[inline]
    fn weight(&self, i: usize) -> f64 {
        self.weight.get(i).copied().unwrap_or(1.0)
    }
}

/// Derivatives by output and row, `[output * rows + row]`; no second ones where all are 1.
#[derive(Default)]
pub struct Derivatives {
    pub gradient: Vec<f64>,
    pub hessian: Vec<f64>,
}

impl Loss {
    /// Whether the second derivative of every row is 1.
    pub fn unit_hessian(self, weighted: bool) -> bool {
        self == Loss::L2 && !weighted
    }

    /// Writes the derivatives of rows `at` and returns the sum of their losses, in the order of the rows.
    /// `scores` are `[output * rows + row]`.
    pub fn derive(self, truth: &Truth, scores: &[f64], at: Range<usize>, out: &mut Derivatives) -> f64 {
        match self {
            Loss::L2 => squared(truth, scores, at, out),
            Loss::Binary => logistic(truth, scores, at, out),
            Loss::Multiclass => softmax(truth, scores, at, out),
        }
    }

    /// The sum of the losses of rows `at`, in the order of the rows.
    pub fn total(self, truth: &Truth, scores: &[f64], at: Range<usize>) -> f64 {
        let rows = truth.target.len();
        at.map(|i| truth.weight(i) * self.one(truth.target[i], |k| scores[k * rows + i], scores.len() / rows))
            .sum()
    }

    fn one(self, target: f64, score: impl Fn(usize) -> f64, outputs: usize) -> f64 {
        match self {
            Loss::L2 => (score(0) - target) * (score(0) - target),
            Loss::Binary => log_one_plus_exp(if target > 0.5 { -score(0) } else { score(0) }),
            Loss::Multiclass => {
                let top = (0..outputs).map(&score).fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = (0..outputs).map(|k| libm::exp(score(k) - top)).sum();
                libm::log(sum) + top - score(target as usize)
            }
        }
    }

    /// Turns the scores of a row into its answer: l2 itself, binary the probability of 1, multiclass that of
    /// each class.
    pub fn answer(self, scores: &mut [f64]) {
        match self {
            Loss::L2 => {}
            Loss::Binary => scores.iter_mut().for_each(|s| *s = 1.0 / (1.0 + libm::exp(-*s))),
            Loss::Multiclass => {
                let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                scores.iter_mut().for_each(|s| *s = libm::exp(*s - top));
                let sum: f64 = scores.iter().sum();
                scores.iter_mut().for_each(|s| *s /= sum);
            }
        }
    }
}

fn squared(truth: &Truth, scores: &[f64], at: Range<usize>, out: &mut Derivatives) -> f64 {
    let mut loss = 0.0;
    for i in at {
        let (error, weight) = (scores[i] - truth.target[i], truth.weight(i));
        out.gradient[i] = weight * error;
        if let Some(h) = out.hessian.get_mut(i) {
            *h = weight;
        }
        loss += weight * error * error;
    }
    loss
}

fn logistic(truth: &Truth, scores: &[f64], at: Range<usize>, out: &mut Derivatives) -> f64 {
    let mut loss = 0.0;
    for i in at {
        let (score, weight) = (scores[i], truth.weight(i));
        // With e = exp(-|score|) neither side overflows: p = 1 / (1 + e) or e / (1 + e).
        let e = libm::exp(-score.abs());
        let likely = 1.0 / (1.0 + e);
        let p = if score >= 0.0 { likely } else { e * likely };
        let one = truth.target[i] > 0.5;
        out.gradient[i] = weight * (p - f64::from(u8::from(one)));
        out.hessian[i] = weight * e * likely * likely;
        let wrong = if one { -score } else { score };
        loss += weight * (wrong.max(0.0) + libm::log(1.0 + e));
    }
    loss
}

/// log(1 + exp(x)) without overflow.
fn log_one_plus_exp(x: f64) -> f64 {
    x.max(0.0) + libm::log(1.0 + libm::exp(-x.abs()))
}

/// The second derivative as Friedman's multiclass boosting has it: K/(K-1) p (1 - p).
fn softmax(truth: &Truth, scores: &[f64], at: Range<usize>, out: &mut Derivatives) -> f64 {
    let rows = truth.target.len();
    let outputs = scores.len() / rows;
    let factor = outputs as f64 / (outputs as f64 - 1.0);
    let mut p = vec![0.0; outputs];
    let mut loss = 0.0;
    for i in at {
        let (class, weight) = (truth.target[i] as usize, truth.weight(i));
        (0..outputs).for_each(|k| p[k] = scores[k * rows + i]);
        let top = p.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let own = p[class] - top;
        p.iter_mut().for_each(|s| *s = libm::exp(*s - top));
        let sum: f64 = p.iter().sum();
        for (k, p) in p.iter().map(|e| e / sum).enumerate() {
            out.gradient[k * rows + i] = weight * (p - f64::from(u8::from(k == class)));
            out.hessian[k * rows + i] = weight * factor * p * (1.0 - p);
        }
        loss += weight * (libm::log(sum) - own);
    }
    loss
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(loss: Loss, target: f64, scores: &[f64], weight: f64) -> (f64, Derivatives) {
        let n = scores.len();
        let mut out = Derivatives { gradient: vec![0.0; n], hessian: vec![0.0; n] };
        let truth = Truth { target: &[target], weight: &[weight] };
        let sum = loss.derive(&truth, scores, 0..1, &mut out);
        assert!((sum - loss.total(&truth, scores, 0..1)).abs() < 1e-12 * sum.max(1.0));
        (sum, out)
    }

    #[test]
    fn gradients_are_the_slopes_of_the_loss() {
        let cases: [(Loss, f64, &[f64]); 5] = [
            (Loss::L2, 1.5, &[0.2]),
            (Loss::Binary, 1.0, &[0.7]),
            (Loss::Binary, 0.0, &[-2.5]),
            (Loss::Multiclass, 1.0, &[0.3, -0.2, 1.1]),
            (Loss::Multiclass, 2.0, &[0.0, 0.0, 0.0]),
        ];
        for (loss, target, scores) in cases {
            let (_, out) = derived(loss, target, scores, 2.0);
            for k in 0..scores.len() {
                let moved = |by: f64| {
                    let mut s = scores.to_vec();
                    s[k] += by;
                    derived(loss, target, &s, 2.0).0
                };
                let half = if loss == Loss::L2 { 0.5 } else { 1.0 };
                let slope = half * (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((slope - out.gradient[k]).abs() < 1e-7, "{loss:?} {slope} {}", out.gradient[k]);
                let bend = half * (moved(1e-4) + moved(-1e-4) - 2.0 * moved(0.0)) / 1e-8;
                let expected = if loss == Loss::Multiclass { out.hessian[k] / 1.5 } else { out.hessian[k] };
                assert!((bend - expected).abs() < 1e-5, "{loss:?} {bend} {expected}");
            }
        }
    }

    #[test]
    fn extreme_scores_stay_finite() {
        for score in [-1e5, -800.0, 800.0, 1e5] {
            for target in [0.0, 1.0] {
                let (sum, out) = derived(Loss::Binary, target, &[score], 1.0);
                assert!(sum.is_finite() && out.gradient[0].is_finite() && out.hessian[0] >= 0.0);
                let (sum, out) = derived(Loss::Multiclass, target, &[score, -score], 1.0);
                assert!(sum.is_finite() && out.gradient.iter().all(|g| g.is_finite()));
            }
        }
    }

    #[test]
    fn answers_are_probabilities() {
        let mut scores = [0.0, 1000.0, -1000.0];
        Loss::Multiclass.answer(&mut scores);
        assert_eq!(scores, [0.0, 1.0, 0.0]);
        let mut score = [0.0];
        Loss::Binary.answer(&mut score);
        assert_eq!(score, [0.5]);
    }
}
