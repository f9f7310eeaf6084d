//! What a training is told, and what of it cannot be.

use crate::error::{Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Squared error.
    L2,
    /// Log-loss of a target of 0 or 1.
    Binary,
    /// Log-loss of a class, by softmax.
    Multiclass,
}

impl Loss {
    pub fn named(name: &str) -> Result<Loss> {
        match name {
            "l2" => Ok(Loss::L2),
            "binary" => Ok(Loss::Binary),
            "multiclass" => Ok(Loss::Multiclass),
            _ => Err(Error::usage(format!("loss: expected l2, binary or multiclass, got {name}"))),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub loss: Loss,
    /// Scores of a row: the classes of a multiclass target, else 1.
    pub outputs: usize,
    pub rounds: usize,
    pub leaves: usize,
    pub rate: f64,
    /// Rows and sum of second derivatives on either side of a split at least.
    pub min_rows: usize,
    pub min_hessian: f64,
    /// A split gains more than this, counted as [`super::split::Split`] counts it.
    pub min_gain: f64,
    /// Rounds without a better validation loss that end the training; 0: none do.
    pub early_stop: usize,
    /// Share of the rows drawn for a round, and of the columns for a tree.
    pub row_sample: f64,
    pub column_sample: f64,
    pub l2: f64,
    /// By column 1: the answer rises with it, -1: it falls, 0: free. Empty: all are free.
    pub monotone: Vec<i8>,
    pub seed: u64,
}

pub const MAX_LEAVES: usize = 4096;
pub const MAX_OUTPUTS: usize = 256;

impl Settings {
    /// Refuses what cannot be; the message names the setting.
    pub fn check(&self, columns: usize) -> Result<()> {
        let outputs = if self.loss == Loss::Multiclass { 2..=MAX_OUTPUTS } else { 1..=1 };
        within("outputs", self.outputs, outputs)?;
        within("rounds", self.rounds, 1..=1_000_000)?;
        within("leaves", self.leaves, 2..=MAX_LEAVES)?;
        within("minRows", self.min_rows, 1..=usize::MAX)?;
        number("rate", self.rate, self.rate > 0.0, "a number above 0")?;
        number("minHessian", self.min_hessian, self.min_hessian >= 0.0, "a number from 0")?;
        number("minGain", self.min_gain, self.min_gain >= 0.0, "a number from 0")?;
        number("l2", self.l2, self.l2 >= 0.0, "a number from 0")?;
        for (name, share) in [("rowSample", self.row_sample), ("columnSample", self.column_sample)] {
            number(name, share, share > 0.0 && share <= 1.0, "a share above 0 and up to 1")?;
        }
        if !self.monotone.is_empty() && self.monotone.len() != columns {
            let got = self.monotone.len();
            return Err(Error::usage(format!(
                "monotone: expected one for each of {columns} columns, got {got}"
            )));
        }
        match self.monotone.iter().find(|m| !(-1..=1).contains(*m)) {
            Some(m) => Err(Error::usage(format!("monotone: expected -1, 0 or 1, got {m}"))),
            None => Ok(()),
        }
    }
}

fn within(name: &str, value: usize, range: std::ops::RangeInclusive<usize>) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    let (low, high) = (range.start(), range.end());
    Err(Error::usage(format!("{name}: expected {low} to {high}, got {value}")))
}

fn number(name: &str, value: f64, holds: bool, expected: &str) -> Result<()> {
    if holds && value.is_finite() {
        return Ok(());
    }
    Err(Error::usage(format!("{name}: expected {expected}, got {value}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let good = super::super::tests::settings();
        assert_eq!(good.check(3), Ok(()));
        let wrong = |change: fn(&mut Settings)| {
            let mut settings = good.clone();
            change(&mut settings);
            settings.check(3).unwrap_err().message
        };
        assert_eq!(wrong(|s| s.leaves = 1), "leaves: expected 2 to 4096, got 1");
        assert_eq!(wrong(|s| s.rate = f64::NAN), "rate: expected a number above 0, got NaN");
        assert_eq!(wrong(|s| s.row_sample = 1.5), "rowSample: expected a share above 0 and up to 1, got 1.5");
        assert_eq!(wrong(|s| s.monotone = vec![1]), "monotone: expected one for each of 3 columns, got 1");
        assert_eq!(wrong(|s| s.monotone = vec![0, 2, 0]), "monotone: expected -1, 0 or 1, got 2");
        assert_eq!(wrong(|s| s.outputs = 2), "outputs: expected 1 to 1, got 2");
    }
}
