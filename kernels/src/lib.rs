//! The arithmetic of hybrid: bytes of tick files to columns, columns to bars and indicators,
//! and formulas over columns. Pure: no I/O, no clock, no ambient randomness, no callbacks.
//!
//! If you are looking for
//! - the state machine that turns events into feature rows, start with [`engine`];
//! - how CSV bytes become columns, start with [`tick`];
//! - how a population of formulas is evaluated, start with [`gp`];
//! - how gradient-boosted trees are grown, start with [`trees`];
//! - what JavaScript sees, read [`wasm`], the only file that knows it.

pub mod audit;
pub mod bar;
pub mod book;
pub mod checksum;
pub mod engine;
pub mod error;
pub mod event;
pub mod gp;
pub mod indicator;
pub mod label;
#[cfg(test)]
mod naive;
pub mod params;
pub mod parquet;
pub mod persist;
pub mod schema;
pub mod score;
pub mod tick;
pub mod trees;
#[cfg(target_arch = "wasm32")]
pub mod wasm;
