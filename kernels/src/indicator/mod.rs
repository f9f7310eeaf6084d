//! One file an indicator: `update(…)` with what just happened, and the tests of its formula below.
//! Null is NaN. Sections are those of the indicator specification.

pub mod absorption;
pub mod bollinger;
pub mod cascade;
pub mod decay;
pub mod ema;
pub mod extended;
pub mod flow;
pub mod footprint;
pub mod gate;
pub mod normalised;
pub mod panic;
pub mod rsi;
pub mod side;
pub mod volatility;
pub mod vwap;
