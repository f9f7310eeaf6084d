//! CSV bytes to columns: blocks of whole lines in, exact integers out.
//!
//! A file is its header line and, after it, any number of blocks; a block ends at a newline or at the end of
//! the file. Every block is read on its own, on any worker; what its neighbours change is merged in block
//! order afterwards, so that no result depends on where a file was cut.
//!
//! Trades are read twice: [`trades::Survey`] finds what only the whole file knows (number format, kind of
//! ids, order), [`grid`] fixes the grid, [`trades::TradeScan`] reads the columns. [`depth`] and
//! [`liquidations`] are read once.

pub mod columns;
pub mod decimal;
pub mod depth;
pub mod dialect;
pub mod external;
#[cfg(test)]
mod golden;
pub mod grid;
pub mod json;
pub mod levels;
pub mod liquidations;
pub mod order;
mod plan;
#[cfg(test)]
mod random;
pub mod row;
pub mod stamp;
pub mod trades;
