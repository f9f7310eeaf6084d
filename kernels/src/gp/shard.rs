//! A contiguous range of one symbol's rows as the search sees it: f32 columns, target, weights, blocks.

use super::pointwise::TILE;
use crate::error::{Error, Result};

/// A tile that belongs to no block: halo, purged or unscored rows.
pub const NO_BLOCK: u32 = u32::MAX;

/// Values nearer to zero than this are loaded as zero: the product of two others is never denormal.
const SMALLEST: f32 = 1e-18;

/// Rows `first_row ..` of one symbol, numbered from the symbol's first row. Row 0 has no past;
/// a shard that starts later carries a halo of earlier rows.
#[derive(Clone, Debug, Default)]
pub struct Shard {
    /// A multiple of [`TILE`].
    pub first_row: usize,
    pub rows: usize,
    pub columns: Vec<Vec<f32>>,
    /// Weight of a row; 0 where it is not scored (no label, purged, not sampled).
    pub weight: Vec<f32>,
    /// The target; 0 where the weight is 0.
    pub target: Vec<f32>,
    /// Weight times target.
    pub weighted_target: Vec<f32>,
    /// What the portfolio's members leave of the target, and weight times that; empty until it is set.
    pub rest: Vec<f32>,
    pub weighted_rest: Vec<f32>,
    /// Per portfolio member, weight times its standardised value, 0 where it has none.
    pub weighted_members: Vec<Vec<f32>>,
    /// The block of each tile, [`NO_BLOCK`] for none; and how many there are.
    pub block_of_tile: Vec<u32>,
    pub blocks: usize,
}

impl Shard {
    /// A shard of `columns` columns, all null, with no target. `first_row` is a multiple of [`TILE`].
    pub fn new(first_row: usize, rows: usize, columns: usize) -> Result<Shard> {
        if !first_row.is_multiple_of(TILE) {
            return Err(Error::usage(format!(
                "shard: expected a first row that is a multiple of {TILE}, got {first_row}"
            )));
        }
        if rows == 0 || rows > 1 << 26 || columns > 1 << 16 {
            return Err(Error::usage(format!(
                "shard: expected 1 to 2^26 rows and at most 2^16 columns, got {rows} and {columns}"
            )));
        }
        let padded = rows.next_multiple_of(TILE);
        Ok(Shard {
            first_row,
            rows,
            columns: vec![vec![f32::NAN; padded]; columns],
            weight: vec![0.0; padded],
            target: vec![0.0; padded],
            weighted_target: vec![0.0; padded],
            rest: Vec::new(),
            weighted_rest: Vec::new(),
            weighted_members: Vec::new(),
            block_of_tile: vec![NO_BLOCK; padded / TILE],
            blocks: 0,
        })
    }

    pub fn tiles(&self) -> usize {
        self.block_of_tile.len()
    }

    /// Column `at`; NaN and infinities are null.
    pub fn set_column(&mut self, at: usize, values: &[f32]) -> Result<()> {
        self.expect_rows("column", values.len())?;
        let Some(column) = self.columns.get_mut(at) else {
            return Err(Error::usage(format!(
                "shard: expected a column below {}, got {at}",
                self.columns.len()
            )));
        };
        for (to, &x) in column.iter_mut().zip(values) {
            *to = if !x.is_finite() {
                f32::NAN
            } else if x.abs() < SMALLEST {
                0.0
            } else {
                x
            };
        }
        Ok(())
    }

    /// What is to be predicted and how much each row counts. A row is not scored where either is not
    /// finite or the weight is not positive.
    pub fn set_target(&mut self, target: &[f32], weight: &[f32]) -> Result<()> {
        self.expect_rows("target", target.len())?;
        self.expect_rows("weight", weight.len())?;
        for (i, (&r, &w)) in target.iter().zip(weight).enumerate() {
            let scored = r.is_finite() && w.is_finite() && w > 0.0;
            self.target[i] = if scored { r } else { 0.0 };
            self.weight[i] = if scored { w } else { 0.0 };
            self.weighted_target[i] = self.target[i] * self.weight[i];
        }
        self.forget_members();
        Ok(())
    }

    /// The block of each tile, numbered from 0 within the shard, or [`NO_BLOCK`].
    pub fn set_blocks(&mut self, block_of_tile: &[u32]) -> Result<()> {
        if block_of_tile.len() != self.tiles() {
            return Err(Error::usage(format!(
                "blocks: expected one for each of {} tiles, got {}",
                self.tiles(),
                block_of_tile.len()
            )));
        }
        let blocks = block_of_tile.iter().filter(|&&b| b != NO_BLOCK).max().map_or(0, |&b| b as usize + 1);
        if blocks > self.tiles() {
            return Err(Error::usage(format!(
                "blocks: expected at most {} of them, got {blocks}",
                self.tiles()
            )));
        }
        self.block_of_tile.copy_from_slice(block_of_tile);
        self.blocks = blocks;
        self.forget_members();
        Ok(())
    }

    pub fn forget_members(&mut self) {
        self.weighted_members.clear();
        self.rest.clear();
        self.weighted_rest.clear();
    }

    fn expect_rows(&self, what: &str, got: usize) -> Result<()> {
        if got == self.rows {
            return Ok(());
        }
        Err(Error::usage(format!("{what}: expected {} rows, got {got}", self.rows)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_is_null_and_what_is_tiny_is_zero() {
        let mut shard = Shard::new(0, 5, 1).unwrap();
        shard.set_column(0, &[1e-19, f32::INFINITY, -1e-40, f32::NAN, 1e-17]).unwrap();
        let held = &shard.columns[0][..5];
        assert_eq!([held[0], held[2], held[4]], [0.0, 0.0, 1e-17]);
        assert!(held[1].is_nan() && held[3].is_nan());
    }

    #[test]
    fn wrong_sizes_are_refused() {
        assert!(Shard::new(1, 10, 1).is_err());
        assert!(Shard::new(0, 0, 1).is_err());
        let mut shard = Shard::new(TILE, 10, 1).unwrap();
        assert!(shard.set_column(0, &[0.0; 9]).is_err());
        assert!(shard.set_column(1, &[0.0; 10]).is_err());
        assert!(shard.set_target(&[0.0; 10], &[0.0; 11]).is_err());
        assert!(shard.set_blocks(&[0, 1]).is_err());
        assert!(shard.set_blocks(&[5]).is_err());
    }
}
