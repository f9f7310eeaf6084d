//! What has been pushed into the engine and how far each stream is known.

use super::MAX_TS;
use crate::error::{Error, Result};

/// The events of one stream that rows may still need.
#[derive(Clone, Debug)]
pub struct Queue<E> {
    name: &'static str,
    pub events: E,
    /// The first event that has not been used.
    pub next: usize,
    /// Every event with a smaller stamp has been pushed.
    pub known_before: i64,
    pub ended: bool,
}

impl<E: Default> Queue<E> {
    pub fn new(name: &'static str, present: bool) -> Self {
        Queue { name, events: E::default(), next: 0, known_before: i64::MIN, ended: !present }
    }

    /// Checks that a block continues the stream: sorted stamps, none before those already known.
    pub fn accept(&mut self, stamps: &[i64]) -> Result<()> {
        if self.ended && !stamps.is_empty() {
            return Err(Error::usage(format!(
                "engine: expected no {} after their end, got a block",
                self.name
            )));
        }
        let mut last = self.known_before;
        for &ts in stamps {
            if ts < last || !(-MAX_TS..=MAX_TS).contains(&ts) {
                return Err(Error::input(format!(
                    "engine: expected {} in time order within ±2^60 µs, got {ts} after {last}",
                    self.name
                ))
                .hint("sort the input by time, or run prepare on the whole history."));
            }
            last = ts;
        }
        self.known_before = last;
        Ok(())
    }

    /// The last moment at which every event before it that could be visible has been pushed.
    pub fn horizon(&self, latency_us: i64) -> i64 {
        if self.ended { i64::MAX } else { self.known_before.saturating_add(latency_us) }
    }

    /// How many events at the front are of no more use when the last `kept` used ones stay; the next one is
    /// then counted without them.
    pub fn drop_used(&mut self, kept: usize) -> usize {
        let used = self.next.saturating_sub(kept);
        self.next -= used;
        used
    }
}

/// Drops the used entries of a column and appends the block's; a column that is used up becomes the block's.
pub fn extend<T>(column: &mut Vec<T>, used: usize, block: Vec<T>) {
    if used == column.len() {
        *column = block;
    } else {
        column.drain(..used);
        column.extend(block);
    }
}
