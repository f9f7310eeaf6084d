//! Formulas: their operators, text, programs and evaluation over columns.
//!
//! If you are looking for
//! - what an operator means, read the one table in [`op`] and its slow definition in [`reference`];
//! - how a formula crosses to TypeScript, read [`program`];
//! - how a population is evaluated fast, start with [`eval`], then [`dag`], [`pointwise`] and [`window`]
//!   (with [`running`], [`trend`], [`shape`], [`decay`], [`extreme`] and [`rank`]);
//! - where new formulas come from, read [`vary`];
//! - how constants are refined, read [`refine`] with [`terms`], [`tape`] and [`normal`], and how a
//!   formula grows by what it lacks, [`grow`].

pub mod dag;
pub mod decay;
pub mod eval;
pub mod extreme;
pub mod fingerprint;
pub mod grow;
pub mod normal;
pub mod op;
pub mod pointwise;
pub mod program;
pub mod random;
pub mod rank;
pub mod reference;
pub mod refine;
pub mod running;
pub mod shape;
pub mod shard;
pub mod simd;
pub mod simplify;
pub mod smooth;
pub mod tape;
pub mod terms;
pub mod text;
pub mod trend;
pub mod vary;
pub mod window;

#[cfg(test)]
mod sample;
