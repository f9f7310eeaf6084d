//! What happened in `(t − W, t]`, oldest first.

use crate::error::Result;
use crate::persist::{Persist, Reader, Writer, broken};
use std::collections::VecDeque;

/// Entries with their stamps; those that leave are handed out, so that sums can be taken back exactly.
#[derive(Clone, Debug)]
pub struct TimeWindow<T> {
    length_us: i64,
    entries: VecDeque<(i64, T)>,
}

impl<T: Copy> TimeWindow<T> {
    pub fn new(length_us: i64) -> Self {
        TimeWindow { length_us, entries: VecDeque::new() }
    }

    /// Stamps do not go back.
    #[inline]
    pub fn push(&mut self, ts: i64, entry: T) {
        self.entries.push_back((ts, entry));
    }

    /// Takes out the oldest entry if it has left the window of `now`.
    #[inline]
    pub fn evict(&mut self, now: i64) -> Option<T> {
        let (ts, entry) = *self.entries.front()?;
        if ts > now - self.length_us {
            return None;
        }
        self.entries.pop_front();
        Some(entry)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn first(&self) -> Option<T> {
        self.entries.front().map(|(_, entry)| *entry)
    }

    pub fn last(&self) -> Option<T> {
        self.entries.back().map(|(_, entry)| *entry)
    }

    /// The entries, the oldest first.
    pub fn entries(&self) -> impl Iterator<Item = T> {
        self.entries.iter().map(|(_, entry)| *entry)
    }

    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

impl<T: Persist + Default> Persist for TimeWindow<T> {
    fn save(&self, to: &mut Writer) {
        self.entries.save(to);
    }

    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.entries.load(from)?;
        let ordered = self.entries.iter().is_sorted_by_key(|(ts, _)| ts);
        if ordered { Ok(()) } else { Err(broken("expected a window in time order, got another one")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_as_old_as_the_window_is_out() {
        let mut window = TimeWindow::new(5);
        [(0, 'a'), (1, 'b'), (1, 'c'), (4, 'd')].into_iter().for_each(|(ts, entry)| window.push(ts, entry));
        assert_eq!(window.evict(4), None);
        assert_eq!((window.evict(6), window.evict(6), window.evict(6)), (Some('a'), Some('b'), Some('c')));
        assert_eq!(
            (window.evict(6), window.first(), window.last(), window.len()),
            (None, Some('d'), Some('d'), 1)
        );
    }
}
