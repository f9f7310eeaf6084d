//! Blocks of snapshots joined in time order: the last row of a `ts` counts, walls must persist (B5).

use super::block::{BookBlock, State, Wall, copy_book};
use crate::error::{Code, Error, Result};
use crate::event::Books;
use crate::persist::{Persist, Reader, Writer, broken, persist};

/// What the rows of a depth file came to. Counted over snapshots of distinct `ts`, but for `replaced`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BookCounts {
    /// Snapshots of distinct `ts`.
    pub snapshots: u64,
    /// Rows that a later row of the same `ts` stands in for.
    pub replaced: u64,
    pub crossed: u64,
    pub locked: u64,
    pub one_sided: u64,
}

persist!(BookCounts { snapshots, replaced, crossed, locked, one_sided });

const MAGIC: &[u8; 8] = b"HYBBOOKS";

/// To be raised whenever what is saved changes.
const VERSION: u32 = 1;

/// Joins blocks in time order. A snapshot is finished once a later one is known, so that the last one is held
/// back until the next block, or [`BookMerge::finish`].
pub struct BookMerge {
    min_persist: u32,
    held: Option<BookBlock>,
    bid_runs: Runs,
    ask_runs: Runs,
    pub counts: BookCounts,
}

/// For every bucket that passed in the last snapshot: in how many successive ones it has.
#[derive(Default)]
struct Runs(Vec<(i64, u32)>);

impl Runs {
    /// Goes on to a snapshot; answers its nearest wall that has stood for `min_persist` snapshots.
    fn advance(&mut self, walls: &[Wall], min_persist: u32) -> Option<Wall> {
        if min_persist == 1 {
            return walls.first().copied();
        }
        let before = |bucket: i64| self.0.iter().find(|(b, _)| *b == bucket).map_or(0, |(_, run)| *run);
        let now: Vec<(i64, u32)> =
            walls.iter().map(|wall| (wall.bucket, before(wall.bucket).saturating_add(1))).collect();
        let standing = now.iter().position(|(_, run)| *run >= min_persist);
        self.0 = now;
        standing.map(|nth| walls[nth])
    }
}

impl BookMerge {
    /// `min_persist` is `wall_min_persist`, the same that the blocks were reduced with.
    pub fn new(min_persist: u32) -> Self {
        BookMerge {
            min_persist,
            held: None,
            bid_runs: Runs::default(),
            ask_runs: Runs::default(),
            counts: BookCounts::default(),
        }
    }

    /// What later snapshots depend on: the one that is held back, how long walls have stood, the counts.
    pub fn save(&self) -> Vec<u8> {
        let mut to = Writer::default();
        self.held.as_ref().map(|held| held.to_bytes()).save(&mut to);
        self.bid_runs.0.save(&mut to);
        self.ask_runs.0.save(&mut to);
        self.counts.save(&mut to);
        to.seal(MAGIC, VERSION)
    }

    /// Goes on from the bytes of [`Self::save`].
    ///
    /// # Errors
    /// `E_INPUT` for other bytes.
    pub fn restore(min_persist: u32, bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::open(bytes, MAGIC, VERSION)?;
        let mut merge = BookMerge::new(min_persist);
        let held: Option<Vec<u8>> = from.value()?;
        merge.held = held.map(|bytes| BookBlock::from_bytes(&bytes)).transpose().map_err(broken)?;
        if merge.held.as_ref().is_some_and(|held| held.rows() != 1) {
            return Err(broken("expected one snapshot that is held back, got another number"));
        }
        merge.bid_runs.0.load(&mut from)?;
        merge.ask_runs.0.load(&mut from)?;
        merge.counts.load(&mut from)?;
        from.finish()?;
        Ok(merge)
    }

    /// Adds the next block and answers the snapshots that are finished by it. Errors: `E_KERNEL` where its
    /// rows are not in time order or begin before the last one; nothing has changed then.
    pub fn push(&mut self, block: &BookBlock) -> Result<Books> {
        let ts = &block.books.ts;
        let before = self.held.as_ref().map(|held| held.books.ts[0]);
        if !ts.is_sorted() || before > ts.first().copied().or(before) {
            let message = "depth: expected blocks in time order, got a snapshot that is older than the last";
            return Err(Error::new(Code::Kernel, message));
        }
        let mut out = Books::default();
        let Some(last) = block.rows().checked_sub(1) else { return Ok(out) };
        if let Some(held) = self.held.take() {
            self.pass(&held, 0, ts[0], &mut out);
        }
        for row in 0..last {
            self.pass(block, row, ts[row + 1], &mut out);
        }
        let mut held = BookBlock::default();
        held.copy_row(block, last);
        self.held = Some(held);
        Ok(out)
    }

    /// The last snapshot, once no block follows.
    pub fn finish(&mut self) -> Books {
        let mut out = Books::default();
        if let Some(held) = self.held.take() {
            self.emit(&held, 0, &mut out);
        }
        out
    }

    fn pass(&mut self, block: &BookBlock, row: usize, next_ts: i64, out: &mut Books) {
        if block.books.ts[row] == next_ts {
            self.counts.replaced += 1;
        } else {
            self.emit(block, row, out);
        }
    }

    fn emit(&mut self, block: &BookBlock, row: usize, out: &mut Books) {
        self.counts.snapshots += 1;
        match block.state[row] {
            State::Valid | State::Bands => {}
            State::OneSided => self.counts.one_sided += 1,
            State::Locked => self.counts.locked += 1,
            State::Crossed => self.counts.crossed += 1,
        }
        copy_book(&block.books, row, out);
        let bid = self.bid_runs.advance(block.bid_walls.of(row), self.min_persist);
        let ask = self.ask_runs.advance(block.ask_walls.of(row), self.min_persist);
        set_wall(bid, &mut out.wall_bid_bps, &mut out.wall_bid_mult);
        set_wall(ask, &mut out.wall_ask_bps, &mut out.wall_ask_mult);
    }
}

fn set_wall(wall: Option<Wall>, bps: &mut [f64], mult: &mut [f64]) {
    if let (Some(wall), Some(bps), Some(mult)) = (wall, bps.last_mut(), mult.last_mut()) {
        (*bps, *mult) = (wall.bps, wall.mult);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One-sided snapshots at these moments.
    fn block(stamps: &[i64]) -> BookBlock {
        let mut block = BookBlock::default();
        stamps.iter().for_each(|ts| block.push_invalid(*ts, State::OneSided));
        block
    }

    #[test]
    fn a_merge_goes_on_where_it_was_saved() {
        let mut merge = BookMerge::new(1);
        merge.push(&block(&[1, 2])).unwrap();
        let state = merge.save();
        let mut restored = BookMerge::restore(1, &state).unwrap();
        assert_eq!(restored.save(), state);
        assert_eq!(restored.push(&block(&[2, 2, 5])).unwrap().ts, [2]);
        assert_eq!(restored.finish().ts, [5]);
        let counts = BookCounts { snapshots: 3, replaced: 2, one_sided: 3, ..BookCounts::default() };
        assert_eq!(restored.counts, counts);
    }

    #[test]
    fn changed_bytes_are_refused() {
        let mut merge = BookMerge::new(2);
        merge.push(&block(&[7])).unwrap();
        let state = merge.save();
        for at in 0..state.len() {
            let mut damaged = state.clone();
            damaged[at] ^= 1;
            assert!(BookMerge::restore(2, &damaged).is_err(), "byte {at}");
            assert!(BookMerge::restore(2, &state[..at]).is_err(), "cut at {at}");
        }
    }
}
