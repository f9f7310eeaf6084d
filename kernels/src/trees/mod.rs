//! Gradient-boosted trees: histogram-based, leaf-wise, the same bytes for any number of shards.
//!
//! Rows are split over shards that exchange messages ([`trainer`]). Whatever is summed over rows is either an
//! integer (histograms of quantised gradients, after Shi et al., "Quantized Training of Gradient Boosting
//! Decision Trees", NeurIPS 2022; the sums of a leaf in fixed point) or a sum of blocks of rows that no border
//! of a shard cuts: the sum does not depend on who added first.
//!
//! - [`bins`]: values of a column → codes of at most 255 bins, nulls in one of their own
//! - [`loss`]: gradients, the mean loss, scores → answers
//! - [`quantise`]: gradients → integers
//! - [`histogram`]: sums of gradients by column and bin
//! - [`split`]: the best split of a leaf
//! - [`rows`]: which rows lie in which leaf
//! - [`grow`]: one tree, as one shard sees it
//! - [`trainer`]: rounds, early stop and the messages between shards
//! - [`forest`]: predictions of a finished model

pub mod bins;
pub mod forest;
pub mod grow;
pub mod histogram;
pub mod loss;
#[cfg(test)]
mod naive;
pub mod quantise;
pub mod rows;
pub mod settings;
pub mod split;
#[cfg(test)]
mod tests;
pub mod trainer;
pub mod tree;
