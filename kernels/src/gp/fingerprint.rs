//! The semantic fingerprint: formulas whose values on a sample are the same up to offset, scale and sign
//! get the same key, so that each is scored once.

use super::eval;
use super::program::Program;
use super::random::Draw;
use super::shard::Shard;
use crate::error::Result;
use std::cell::RefCell;

/// What a sample says of a formula.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fingerprint {
    /// Equal for equal formulas; 0 for one that is constant or has no value.
    pub key: u64,
    /// Mean and population standard deviation over the rows with a value (NaN: none): the pivot and scale.
    pub mean: f64,
    pub deviation: f64,
    /// Share of the rows with a value.
    pub coverage: f64,
}

const PROJECTIONS: usize = 6;
/// Standardised projections are of order 1 and compared to this grain.
const GRAIN: f64 = 1.0 / 512.0;
/// Formulas evaluated at once.
const BATCH: usize = 256;

/// Of one row, its weight in each projection.
type Weights = [f64; PROJECTIONS];

/// Fingerprints on the rows of a sample shard (row 0 first: a sample needs no halo).
pub fn fingerprints(programs: &[Program], sample: &Shard) -> Result<Vec<Fingerprint>> {
    with_weights(sample.rows, |weights| {
        let mut prints = Vec::with_capacity(programs.len());
        for batch in programs.chunks(BATCH) {
            let values = eval::columns(batch, sample)?;
            prints.extend(values.chunks(sample.rows).map(|f| fingerprint(f, weights)));
        }
        Ok(prints)
    })
}

/// Fixed normal weights, row by row; they are drawn once.
fn with_weights<T>(rows: usize, give: impl FnOnce(&[Weights]) -> T) -> T {
    thread_local! {
        static DRAWN: RefCell<(Draw, Vec<Weights>)> = RefCell::new((Draw::new(0x6669_6e67, 0, 0, 0), Vec::new()));
    }
    DRAWN.with_borrow_mut(|(draw, weights)| {
        while weights.len() < rows {
            weights.push(std::array::from_fn(|_| draw.normal()));
        }
        give(&weights[..rows])
    })
}

fn fingerprint(f: &[f32], weights: &[Weights]) -> Fingerprint {
    let present = || f.iter().zip(weights).filter(|(x, _)| x.is_finite()).map(|(&x, w)| (f64::from(x), w));
    let (count, sum) = present().fold((0.0, 0.0), |(count, sum), (x, _)| (count + 1.0, sum + x));
    let mean = sum / count;
    let (mut squares, mut sums) = (0.0, [0.0; PROJECTIONS]);
    for (x, w) in present() {
        let beside = x - mean;
        squares += beside * beside;
        sums.iter_mut().zip(w).for_each(|(s, w)| *s += beside * w);
    }
    let deviation = (squares / count).sqrt();
    let coverage = count / f.len() as f64;
    // f32 values of a constant formula may differ by their rounding.
    if count < 2.0 || deviation <= 1e-6 * mean.abs() || deviation == 0.0 || !deviation.is_finite() {
        return Fingerprint { key: 0, mean, deviation, coverage };
    }
    let scale = deviation * count.sqrt();
    Fingerprint { key: key(sums.map(|s| s / scale), count), mean, deviation, coverage }
}

/// The projections on a grid, with the sign of the first, and the number of rows with a value.
fn key(projections: [f64; PROJECTIONS], count: f64) -> u64 {
    let sign = if projections[0] < 0.0 { -1.0 } else { 1.0 };
    let step = |x: f64| (x * sign / GRAIN).round() as i64 as u64;
    let words = projections.map(step);
    let hash = Draw::new(
        words[0],
        words[1],
        words[2],
        words[3] ^ words[4].rotate_left(21) ^ words[5].rotate_left(42) ^ count.to_bits(),
    )
    .bits();
    hash.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::{sample, text};

    #[test]
    fn offset_scale_and_sign_do_not_change_the_key_and_anything_else_does() {
        let mut draw = Draw::new(1, 0, 0, 0);
        let mut sample = Shard::new(0, 4000, 2).unwrap();
        for c in 0..2 {
            sample.set_column(c, &sample::column(&mut draw, 4000, 30)).unwrap();
        }
        let names = ["a", "b"].map(String::from);
        let keys = |texts: &[&str]| {
            let programs: Vec<Program> = texts.iter().map(|t| text::parse(t, &names).unwrap()).collect();
            fingerprints(&programs, &sample).unwrap().iter().map(|f| f.key).collect::<Vec<_>>()
        };
        let same = keys(&["a * b", "b * a", "3 - a * b * 2", "-(a * b)", "0.5 * b * a + 7"]);
        assert!(same.iter().all(|&k| k == same[0]), "{same:?}");
        let mut others = keys(&[
            "a * b",
            "a",
            "b",
            "a + b",
            "a - b",
            "lag(a, 1)",
            "lag(a, 2)",
            "abs(a)",
            "a * b + 0.2 * a",
        ]);
        others.sort_unstable();
        others.dedup();
        assert_eq!(others.len(), 9);
        assert_eq!(keys(&["sign(square(a) + 1)", "a / 0"]), [0, 0]);
    }
}
