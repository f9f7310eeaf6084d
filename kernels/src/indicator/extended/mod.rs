//! The indicators of the extended feature set (section 6 of the specification), one topic a file, as in
//! [`super`]. Each is O(1) amortised per event; sums over a window are integers, or are never subtracted from.

pub mod amihud;
pub mod day;
pub mod intensity;
pub mod kyle;
pub mod large;
pub mod ofi;
pub mod realised;
pub mod roll;
pub mod score;
pub mod second;
pub mod signs;
pub mod sliding;
pub mod stack;
pub mod vpin;
pub mod wide;
pub mod window;
