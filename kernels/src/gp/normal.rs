//! Normal equations of a least-squares fit: centred sums of products of terms, derivatives and the target.

/// Diagonal of a factor, relative to the column's own size, below which a column counts as a sum of others.
const DEPENDENT: f64 = 1e-10;

/// Sums of products of columns: terms first, then derivatives, the target last; each less its mean.
#[derive(Clone, Debug, Default)]
pub struct Normal {
    pub terms: usize,
    pub width: usize,
    /// Rows with a value.
    pub count: f64,
    pub means: Vec<f64>,
    /// Symmetric, `width × width`.
    pub products: Vec<f64>,
    /// Σ y² over the rows without a value: what they cost.
    pub lost: f64,
}

/// Coefficients of the terms, and the sum of squares that they leave over all rows.
#[derive(Clone, Debug)]
pub struct Linear {
    pub weights: Vec<f64>,
    pub squares: f64,
}

impl Normal {
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.products[i * self.width + j]
    }

    fn target(&self) -> usize {
        self.width - 1
    }

    /// The best coefficients of the terms that `used` marks; a term that others make up gets 0.
    pub fn linear(&self, used: &[bool]) -> Linear {
        let y = self.target();
        let places: Vec<usize> = (0..self.terms).filter(|&k| used[k]).collect();
        let factor = Factor::new(self, &places);
        let right: Vec<f64> = places.iter().map(|&k| self.at(k, y)).collect();
        let solved = factor.solve(&right);
        let mut weights = vec![0.0; self.terms];
        let mut left = self.at(y, y);
        for (&k, &w) in places.iter().zip(&solved) {
            weights[k] = w;
        }
        for &k in &places {
            let fitted: f64 = places.iter().map(|&l| self.at(k, l) * weights[l]).sum();
            left += weights[k] * (fitted - 2.0 * self.at(k, y));
        }
        Linear { weights, squares: left.max(0.0) + self.lost }
    }

    /// What the sum of squares grows by when each used term is left out: w² / (G⁻¹) of the term.
    pub fn prices(&self, used: &[bool], weights: &[f64]) -> Vec<f64> {
        let places: Vec<usize> = (0..self.terms).filter(|&k| used[k]).collect();
        let factor = Factor::new(self, &places);
        let mut prices = vec![0.0; self.terms];
        for (i, &k) in places.iter().enumerate() {
            let mut unit = vec![0.0; places.len()];
            unit[i] = 1.0;
            let inverse = factor.solve(&unit)[i];
            prices[k] = if inverse > 0.0 { weights[k] * weights[k] / inverse } else { 0.0 };
        }
        prices
    }

    /// The step of Levenberg and Marquardt for the parameters behind the derivatives, the coefficients of the
    /// terms being their best ones at every step (variable projection in the form of Kaufman 1975): derivatives
    /// count beyond what the terms make up. `owners` is the term of each parameter.
    pub fn step(&self, linear: &Linear, owners: &[usize], damping: f64) -> Option<Vec<f64>> {
        let parameters = owners.len();
        let y = self.target();
        let scale: Vec<f64> = owners.iter().map(|&k| linear.weights[k]).collect();
        let terms: Vec<usize> = (0..self.terms).filter(|&k| linear.weights[k] != 0.0).collect();
        let factor = Factor::new(self, &terms);
        let column =
            |p: usize| -> Vec<f64> { terms.iter().map(|&k| scale[p] * self.at(k, self.terms + p)).collect() };
        let onto: Vec<Vec<f64>> = (0..parameters).map(|p| factor.solve(&column(p))).collect();
        let mut matrix = vec![0.0; parameters * parameters];
        let mut right = vec![0.0; parameters];
        for p in 0..parameters {
            let own = column(p);
            for q in 0..parameters {
                let together = scale[p] * scale[q] * self.at(self.terms + p, self.terms + q);
                matrix[p * parameters + q] = together - dot(&own, &onto[q]);
            }
            let fitted: f64 = terms.iter().zip(&own).map(|(&k, x)| linear.weights[k] * x).sum();
            right[p] = scale[p] * self.at(self.terms + p, y) - fitted;
        }
        damped(&matrix, &right, damping)
    }
}

/// Solves (M + λ diag M) x = b for a positive semidefinite M; parameters that change nothing stay.
fn damped(matrix: &[f64], right: &[f64], damping: f64) -> Option<Vec<f64>> {
    let n = right.len();
    let sizes: Vec<f64> = (0..n).map(|i| matrix[i * n + i].max(0.0).sqrt()).collect();
    let largest = sizes.iter().copied().fold(0.0, f64::max);
    if !(largest > 0.0 && largest.is_finite()) {
        return None;
    }
    let moves: Vec<usize> = (0..n).filter(|&i| sizes[i] > 1e-12 * largest).collect();
    let mut normal = Normal { terms: moves.len(), width: moves.len() + 1, ..Normal::default() };
    normal.products = vec![0.0; normal.width * normal.width];
    for (a, &i) in moves.iter().enumerate() {
        for (b, &j) in moves.iter().enumerate() {
            let own = matrix[i * n + j] / (sizes[i] * sizes[j]);
            normal.products[a * normal.width + b] = own + if a == b { damping } else { 0.0 };
        }
    }
    let factor = Factor::new(&normal, &(0..moves.len()).collect::<Vec<_>>());
    let scaled: Vec<f64> = moves.iter().map(|&i| right[i] / sizes[i]).collect();
    let mut step = vec![0.0; n];
    for (&i, x) in moves.iter().zip(factor.solve(&scaled)) {
        step[i] = x / sizes[i];
    }
    step.iter().all(|x| x.is_finite()).then_some(step)
}

/// The Cholesky factor of some columns' products, scaled to a diagonal of 1; dependent columns are left out.
struct Factor {
    n: usize,
    sizes: Vec<f64>,
    lower: Vec<f64>,
    held: Vec<bool>,
}

impl Factor {
    fn new(normal: &Normal, places: &[usize]) -> Factor {
        let n = places.len();
        let sizes: Vec<f64> = places.iter().map(|&k| normal.at(k, k).max(0.0).sqrt()).collect();
        let mut lower = vec![0.0; n * n];
        let mut held = vec![false; n];
        for i in 0..n {
            // A column that hardly varies beside its mean is a constant.
            let mean = normal.means.get(places[i]).copied().unwrap_or(0.0);
            let varies = sizes[i] * sizes[i] > 1e-22 * normal.count * mean * mean;
            if !(sizes[i] > 0.0 && sizes[i].is_finite() && varies) {
                continue;
            }
            for j in 0..=i {
                if !held[j] && j != i {
                    continue;
                }
                let mut sum = normal.at(places[i], places[j]) / (sizes[i] * sizes[j]);
                for k in 0..j {
                    sum -= lower[i * n + k] * lower[j * n + k];
                }
                if i == j {
                    held[i] = sum > DEPENDENT;
                    lower[i * n + i] = if held[i] { sum.sqrt() } else { 1.0 };
                } else {
                    lower[i * n + j] = sum / lower[j * n + j];
                }
            }
            if !held[i] {
                lower[i * n..i * n + i].fill(0.0);
            }
        }
        Factor { n, sizes, lower, held }
    }

    /// x of M x = b, 0 for the columns left out.
    fn solve(&self, right: &[f64]) -> Vec<f64> {
        let n = self.n;
        let mut x = vec![0.0; n];
        for i in (0..n).filter(|&i| self.held[i]) {
            let below: f64 = (0..i).map(|k| self.lower[i * n + k] * x[k]).sum();
            x[i] = (right[i] / self.sizes[i] - below) / self.lower[i * n + i];
        }
        for i in (0..n).rev().filter(|&i| self.held[i]) {
            let above: f64 = (i + 1..n).map(|k| self.lower[k * n + i] * x[k]).sum();
            x[i] = (x[i] - above) / self.lower[i * n + i];
        }
        x.iter_mut().zip(&self.sizes).zip(&self.held).for_each(|((x, s), held)| {
            *x = if *held { *x / s } else { 0.0 };
        });
        x
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::random::Draw;

    /// Products of columns, the last one the target.
    fn normal(columns: &[Vec<f64>], terms: usize) -> Normal {
        let n = columns[0].len() as f64;
        let means: Vec<f64> = columns.iter().map(|c| c.iter().sum::<f64>() / n).collect();
        let centred: Vec<Vec<f64>> =
            columns.iter().zip(&means).map(|(c, m)| c.iter().map(|x| x - m).collect()).collect();
        let width = columns.len();
        let products = (0..width * width).map(|i| dot(&centred[i / width], &centred[i % width])).collect();
        Normal { terms, width, count: n, means, products, lost: 0.0 }
    }

    #[test]
    fn a_sum_of_terms_is_found_again_and_what_others_make_up_gets_nothing() {
        let mut draw = Draw::new(1, 0, 0, 0);
        let [a, b]: [Vec<f64>; 2] = [0; 2].map(|_| (0..50).map(|_| draw.normal() + 3.0).collect());
        let both: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
        let y: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 2.0 * a + 5.0 * b - 1.0).collect();
        let fit = normal(&[a.clone(), b.clone(), both, vec![4.0; 50], y], 4).linear(&[true; 4]);
        assert!((fit.weights[0] - 2.0).abs() < 1e-10 && (fit.weights[1] - 5.0).abs() < 1e-10, "{fit:?}");
        assert_eq!(fit.weights[2..], [0.0, 0.0]);
        assert!(fit.squares < 1e-10);
    }

    #[test]
    fn the_price_of_a_term_is_what_the_squares_grow_by_without_it() {
        let mut draw = Draw::new(2, 0, 0, 0);
        let columns: Vec<Vec<f64>> = (0..4).map(|_| (0..40).map(|_| draw.normal()).collect()).collect();
        let normal = normal(&columns, 3);
        let all = normal.linear(&[true; 3]);
        let prices = normal.prices(&[true; 3], &all.weights);
        for k in 0..3 {
            let mut used = [true; 3];
            used[k] = false;
            let without = normal.linear(&used).squares;
            assert!((without - all.squares - prices[k]).abs() < 1e-9, "{k}");
        }
    }
}
