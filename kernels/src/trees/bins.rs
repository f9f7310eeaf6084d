//! Bins of a column: borders between values at which the rows divide as evenly as the values allow.

use crate::gp::random::Draw;

/// Rows whose values decide the borders; of more rows, as many drawn ones do.
const SAMPLE: usize = 200_000;
pub const MAX_BINS: usize = 255;

/// Bin b holds the numbers up to `upper[b]` that no earlier bin holds; the last bin has no border.
/// Nulls have the code `numbers()`.
#[derive(Clone, Debug, PartialEq)]
pub struct Bins {
    pub upper: Vec<f64>,
    /// Whether a training row is null here.
    pub nulls: bool,
    /// Least and greatest training value, infinite ones as the greatest finite numbers; none: all are null.
    pub range: Option<(f64, f64)>,
}

impl Bins {
    /// At most `max` bins (2 to 255) of `values`, each as [`effective`] has it; NaN is null. `stream` names the
    /// sample of a column with very many rows.
    pub fn new(values: &[f64], max: usize, seed: u64, stream: u64) -> Bins {
        let mut keys: Vec<u64> = sample(values, seed, stream).filter(|x| !x.is_nan()).map(key).collect();
        keys.sort_unstable();
        let numbers = || values.iter().filter(|x| !x.is_nan()).map(|&x| effective(x));
        let (low, high) =
            numbers().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
        Bins {
            upper: borders(&distinct(&keys), max.clamp(2, MAX_BINS)),
            nulls: values.iter().any(|x| x.is_nan()),
            range: (low <= high).then_some((low, high)),
        }
    }

    /// How many bins hold numbers.
    pub fn numbers(&self) -> usize {
        self.upper.len() + 1
    }

    /// The bin of each value.
    pub fn encode(&self, values: &[f64]) -> Vec<u8> {
        let mut upper = [f64::INFINITY; 256];
        upper[..self.upper.len()].copy_from_slice(&self.upper);
        let null = self.numbers() as u8;
        let code = |&x: &f64| if x.is_nan() { null } else { lower_bound(&upper, effective(x)) };
        values.iter().map(code).collect()
    }
}

/// Magnitudes up to this are 0: LightGBM's predictor leaves them out of a row (`kZeroThreshold`, an f32).
const NOTHING: f64 = 1e-35_f32 as f64;

/// A value as trees see it: an infinite one is the greatest (least) finite one, next to nothing is 0. NaN stays.
#[inline]
pub fn effective(x: f64) -> f64 {
    if x.abs() <= NOTHING { 0.0 } else { x.clamp(-f64::MAX, f64::MAX) }
}

/// How many of 255 ascending borders are less than `x`, in eight steps without a branch.
#[inline]
fn lower_bound(upper: &[f64; 256], x: f64) -> u8 {
    let mut at = 0usize;
    for step in [128usize, 64, 32, 16, 8, 4, 2, 1] {
        at += step * usize::from(upper[(at + step - 1) & 255] < x);
    }
    at as u8
}

/// The values, or one of each of SAMPLE equal stretches of them.
fn sample(values: &[f64], seed: u64, stream: u64) -> impl Iterator<Item = f64> + '_ {
    let count = values.len().min(SAMPLE);
    let draw = Draw::new(seed, stream, 0, super::quantise::purpose::BINS);
    (0..count).map(move |i| {
        let begin = (i as u64 * values.len() as u64 / count as u64) as usize;
        let end = ((i as u64 + 1) * values.len() as u64 / count as u64) as usize;
        let spread = (end - begin) as u128;
        values[begin + ((u128::from(draw.bits_at(i as u64 + 1)) * spread) >> 64) as usize]
    })
}

/// An integer that orders as the effective number does.
fn key(x: f64) -> u64 {
    let bits = effective(x).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn number(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

/// Distinct values in ascending order, and how often each occurs.
fn distinct(sorted: &[u64]) -> Vec<(f64, usize)> {
    sorted.chunk_by(|a, b| a == b).map(|same| (number(same[0]), same.len())).collect()
}

/// Borders of bins of about equal counts. A value that alone fills a bin gets one of its own.
fn borders(values: &[(f64, usize)], max: usize) -> Vec<f64> {
    if values.len() <= max {
        return values.windows(2).map(|w| between(w[0].0, w[1].0)).collect();
    }
    let mut upper = Vec::with_capacity(max - 1);
    let (heavy, mut bins, mut rows) = heavy_values(values, max);
    let mut count = 0;
    for (i, pair) in values.windows(2).enumerate() {
        let share = rows as f64 / bins.max(1) as f64;
        count += pair[0].1;
        let full = if heavy[i] { true } else { count as f64 >= share };
        if !(full || heavy[i + 1] && count as f64 >= 0.5 * share) {
            continue;
        }
        upper.push(between(pair[0].0, pair[1].0));
        if !heavy[i] {
            (bins, rows) = (bins.saturating_sub(1), rows.saturating_sub(count));
        }
        count = 0;
        if upper.len() == max - 1 {
            break;
        }
    }
    upper
}

/// Which values have at least the average count of a bin, and the bins and rows that remain for the others.
fn heavy_values(values: &[(f64, usize)], max: usize) -> (Vec<bool>, usize, usize) {
    let rows: usize = values.iter().map(|v| v.1).sum();
    let heavy: Vec<bool> = values.iter().map(|v| v.1 * max >= rows).collect();
    let of_heavy = values.iter().zip(&heavy).filter(|(_, h)| **h);
    let (count, sum) = of_heavy.fold((0, 0), |(count, sum), (v, _)| (count + 1, sum + v.1));
    (heavy, max - count, rows - sum)
}

/// A border x with `low <= x < high`, half-way if there is such a number.
fn between(low: f64, high: f64) -> f64 {
    let middle = low / 2.0 + high / 2.0;
    if middle >= low && middle < high { middle } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(values: &[f64], max: usize) -> Bins {
        Bins::new(values, max, 1, 0)
    }

    #[test]
    fn few_values_have_a_bin_each_and_nulls_their_own() {
        let values = [3.0, f64::NAN, 1.0, 3.0, -0.0, 0.0];
        let b = bins(&values, 255);
        assert_eq!(b.upper, [0.5, 2.0]);
        assert_eq!((b.nulls, b.range), (true, Some((0.0, 3.0))));
        assert_eq!(b.encode(&values), [2, 3, 1, 2, 0, 0]);
    }

    #[test]
    fn nothing_one_value_and_infinite_ones_have_bins() {
        assert_eq!(bins(&[], 255), Bins { upper: vec![], nulls: false, range: None });
        assert_eq!(bins(&[f64::NAN], 255), Bins { upper: vec![], nulls: true, range: None });
        assert_eq!(bins(&[7.0, 7.0], 255).upper, []);
        let values = [f64::NEG_INFINITY, 1.0, f64::INFINITY, f64::MAX, -f64::MAX];
        let b = bins(&values, 255);
        assert_eq!(b.encode(&values), [0, 1, 2, 2, 0]);
        assert!(b.upper.iter().all(|u| u.is_finite()));
    }

    #[test]
    fn next_to_nothing_is_zero() {
        let most = f64::from(1e-35_f32);
        let values = [0.0, -0.0, most, -most, 5e-324, f64::from_bits(most.to_bits() + 1), -1.1e-35];
        let b = bins(&values, 255);
        assert_eq!(b.encode(&values), [1, 1, 1, 1, 1, 2, 0]);
        assert!(b.upper.iter().all(|u| !values[..5].contains(u)), "{:?}", b.upper);
        assert_eq!(bins(&values[..5], 255), Bins { upper: vec![], nulls: false, range: Some((0.0, 0.0)) });
        assert!(effective(f64::NAN).is_nan());
    }

    #[test]
    fn a_border_parts_even_neighbouring_numbers() {
        let low = 1.0f64;
        let high = f64::from_bits(low.to_bits() + 1);
        assert_eq!(between(low, high), low);
        assert_eq!(bins(&[low, high], 255).encode(&[low, high]), [0, 1]);
        assert_eq!(between(-f64::MAX, f64::MAX), 0.0);
    }

    #[test]
    fn many_values_divide_evenly_and_a_frequent_one_is_alone() {
        let mut draw = Draw::new(3, 0, 0, 0);
        let values: Vec<f64> = (0..50_000).map(|i| if i % 3 == 0 { 0.25 } else { draw.unit() }).collect();
        let b = bins(&values, 64);
        let mut counts = [0usize; 64];
        b.encode(&values).iter().for_each(|&c| counts[c as usize] += 1);
        let alone = b.encode(&[0.25])[0] as usize;
        assert_eq!(counts[alone], 16_667);
        assert_eq!(b.numbers(), 64);
        let rest: Vec<usize> = counts.iter().enumerate().filter(|&(c, _)| c != alone).map(|c| *c.1).collect();
        assert!(rest.iter().all(|&c| (250..900).contains(&c)), "{rest:?}");
    }

    #[test]
    fn codes_are_those_of_a_linear_search() {
        let mut draw = Draw::new(5, 0, 0, 0);
        for max in [2, 3, 17, 255] {
            let values: Vec<f64> = (0..3000).map(|_| draw.normal()).collect();
            let b = bins(&values, max);
            assert!(b.numbers() <= max && b.upper.windows(2).all(|w| w[0] < w[1]));
            let by_hand = |x: f64| b.upper.iter().filter(|&&u| u < x).count() as u8;
            assert!(values.iter().zip(b.encode(&values)).all(|(&x, code)| code == by_hand(x)));
        }
    }

    #[test]
    fn a_sample_of_many_rows_gives_nearly_the_same_borders() {
        let mut draw = Draw::new(9, 0, 0, 0);
        let values: Vec<f64> = (0..400_000).map(|_| draw.unit()).collect();
        let b = bins(&values, 16);
        assert!(b.upper.iter().enumerate().all(|(i, u)| (u - (i as f64 + 1.0) / 16.0).abs() < 0.005));
    }
}
