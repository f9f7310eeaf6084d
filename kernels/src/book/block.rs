//! The snapshots of one block of a depth file, reduced but not yet joined with their neighbours.

use super::detail::{BookDetail, LADDER_LEVELS, Ladder, Rung};
use crate::error::{Code, Error, Result};
use crate::event::{Books, NO_MID};
use crate::tick::external::{Merge, RunSort, ordered};

/// Why a snapshot is a valid book or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// A side, or both, have no level.
    OneSided = 0,
    Valid = 1,
    Locked = 2,
    Crossed = 3,
    /// Volumes within bands of the mid: an imbalance, but no price.
    Bands = 4,
}

impl State {
    fn from_byte(byte: u8) -> Option<State> {
        let states = [State::OneSided, State::Valid, State::Locked, State::Crossed, State::Bands];
        states.into_iter().find(|s| *s as u8 == byte)
    }
}

/// A bucket that passes the tests of B5 in one snapshot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wall {
    /// `floor(price / (tick * w))`: the same bucket has the same number in every snapshot.
    pub bucket: i64,
    pub bps: f64,
    pub mult: f64,
}

/// For every snapshot the buckets of one side that pass, nearest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Walls {
    walls: Vec<Wall>,
    ends: Vec<u32>,
}

impl Walls {
    /// Adds a wall to the snapshot that is not ended yet.
    pub fn push(&mut self, wall: Wall) {
        self.walls.push(wall);
    }

    /// Ends a snapshot.
    pub fn end(&mut self) {
        self.ends.push(self.walls.len() as u32);
    }

    /// The walls of one snapshot, nearest first.
    pub fn of(&self, row: usize) -> &[Wall] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] as usize };
        &self.walls[start..self.ends[row] as usize]
    }

    fn copy(&mut self, from: &Walls, row: usize) {
        self.walls.extend_from_slice(from.of(row));
        self.end();
    }
}

/// One entry per row of the block that could be read, in file order. The distances of walls are still open:
/// `wall_*_mult` is NaN (null) or 0, `wall_*_bps` NaN.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BookBlock {
    pub books: Books,
    pub state: Vec<State>,
    pub bid_walls: Walls,
    pub ask_walls: Walls,
}

/// The f64 columns of `Books`, in their order there.
pub(crate) fn f64_columns(books: &mut Books) -> [&mut Vec<f64>; 9] {
    [
        &mut books.bid,
        &mut books.ask,
        &mut books.obi,
        &mut books.obi1,
        &mut books.wall_bid_bps,
        &mut books.wall_ask_bps,
        &mut books.wall_bid_mult,
        &mut books.wall_ask_mult,
        &mut books.depth_span_bps,
    ]
}

fn f64_columns_of(books: &Books) -> [&Vec<f64>; 9] {
    [
        &books.bid,
        &books.ask,
        &books.obi,
        &books.obi1,
        &books.wall_bid_bps,
        &books.wall_ask_bps,
        &books.wall_bid_mult,
        &books.wall_ask_mult,
        &books.depth_span_bps,
    ]
}

/// Adds one row of `from` to `to`.
pub(crate) fn copy_book(from: &Books, row: usize, to: &mut Books) {
    to.ts.push(from.ts[row]);
    to.valid.push(from.valid[row]);
    to.mid_code.push(from.mid_code[row]);
    for (to, from) in f64_columns(to).into_iter().zip(f64_columns_of(from)) {
        to.push(from[row]);
    }
    to.detail.extend(from.detail.get(row));
}

impl BookBlock {
    /// How many snapshots it holds.
    pub fn rows(&self) -> usize {
        self.state.len()
    }

    pub(crate) fn push_invalid(&mut self, ts: i64, state: State) {
        self.state.push(state);
        self.books.ts.push(ts);
        self.books.valid.push(0);
        self.books.mid_code.push(0);
        for column in f64_columns(&mut self.books) {
            column.push(f64::NAN);
        }
        self.bid_walls.end();
        self.ask_walls.end();
    }

    /// A snapshot of bands: valid, but with no price and so no mid.
    pub(crate) fn push_bands(&mut self, ts: i64, obi: f64) {
        self.push_invalid(ts, State::Bands);
        let last = self.books.ts.len() - 1;
        self.books.obi[last] = obi;
        self.books.valid[last] = 1;
        self.books.mid_code[last] = NO_MID;
    }

    /// Adds one row of another block.
    pub fn copy_row(&mut self, from: &BookBlock, row: usize) {
        copy_book(&from.books, row, &mut self.books);
        self.state.push(from.state[row]);
        self.bid_walls.copy(&from.bid_walls, row);
        self.ask_walls.copy(&from.ask_walls, row);
    }

    /// The rows of a whole input, given block by block in file order, sorted stably by `ts`.
    pub fn sorted(blocks: &[BookBlock]) -> BookBlock {
        let rows =
            blocks.iter().enumerate().flat_map(|(b, block)| (0..block.rows()).map(move |row| (b, row)));
        let mut order: Vec<(usize, usize)> = rows.collect();
        order.sort_by_key(|(b, row)| blocks[*b].books.ts[*row]);
        let mut sorted = BookBlock::default();
        for (b, row) in order {
            sorted.copy_row(&blocks[b], row);
        }
        sorted
    }

    /// Puts every row into a run that is sorted stably by `ts`.
    pub fn spill(&self, run: &mut RunSort) {
        for row in 0..self.rows() {
            let mut one = BookBlock::default();
            one.copy_row(self, row);
            run.push(&ordered(one.books.ts[0]), &one.to_bytes());
        }
    }

    /// Up to `most` rows that come out of a merge of such runs; fewer where a run is hungry.
    pub fn merged(merge: &mut Merge, most: usize) -> Result<BookBlock> {
        let mut out = BookBlock::default();
        let mut read = Ok(());
        while out.rows() < most && read.is_ok() {
            let there = merge.next(|_, bytes| match BookBlock::from_bytes(bytes) {
                Ok(one) => out.copy_row(&one, 0),
                Err(error) => read = Err(error),
            })?;
            if !there {
                break;
            }
        }
        read.map(|()| out)
    }

    /// The block as bytes, to cross from one kernel instance to another. Little endian: the number of rows
    /// and of walls a side, 1 if there is detail, then column by column.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(32 + self.rows() * 98 + self.books.detail.len() * DETAIL_BYTES);
        let detail = usize::from(!self.books.detail.is_empty());
        for n in [self.rows(), self.bid_walls.walls.len(), self.ask_walls.walls.len(), detail] {
            out.extend((n as u64).to_le_bytes());
        }
        out.extend(self.state.iter().map(|s| *s as u8));
        for column in [&self.books.ts, &self.books.mid_code] {
            column.iter().for_each(|v| out.extend_from_slice(&v.to_le_bytes()));
        }
        for column in f64_columns_of(&self.books) {
            column.iter().for_each(|v| out.extend_from_slice(&v.to_le_bytes()));
        }
        for walls in [&self.bid_walls, &self.ask_walls] {
            walls.ends.iter().for_each(|v| out.extend_from_slice(&v.to_le_bytes()));
            for wall in &walls.walls {
                out.extend(wall.bucket.to_le_bytes());
                out.extend(wall.bps.to_le_bytes());
                out.extend(wall.mult.to_le_bytes());
            }
        }
        self.books.detail.iter().for_each(|detail| write_detail(detail, &mut out));
        out
    }

    /// The inverse of [`BookBlock::to_bytes`]. Errors: `E_KERNEL` for bytes that it did not write.
    pub fn from_bytes(bytes: &[u8]) -> Result<BookBlock> {
        let mut reader = Reader(bytes);
        let block = reader.block().filter(|_| reader.0.is_empty());
        block
            .ok_or_else(|| Error::new(Code::Kernel, "depth block: expected the bytes of a block, got others"))
    }
}

/// What [`write_detail`] writes.
const DETAIL_BYTES: usize = 9 * 8 + 2 * LADDER_LEVELS * 32;

fn write_detail(detail: &BookDetail, out: &mut Vec<u8>) {
    let one = [detail.spread_bps, detail.micro_price, detail.micro_bps, detail.vamp_bps, detail.wdp_bps];
    for value in one.iter().chain(&detail.depth_imb) {
        out.extend_from_slice(&value.to_le_bytes());
    }
    for rung in detail.ladder.bids.iter().chain(&detail.ladder.asks) {
        out.extend_from_slice(&rung.price.to_le_bytes());
        out.extend_from_slice(&rung.size.to_le_bytes());
    }
}

/// Takes numbers off the front of bytes.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self) -> Option<[u8; 8]> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*number)
    }

    /// A number of items, of which the bytes hold at least one byte each.
    fn count(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.number()?)).ok().filter(|n| *n <= self.0.len())
    }

    fn integers(&mut self, n: usize) -> Option<Vec<i64>> {
        (0..n).map(|_| self.number().map(i64::from_le_bytes)).collect()
    }

    fn block(&mut self) -> Option<BookBlock> {
        let (rows, bid_walls, ask_walls) = (self.count()?, self.count()?, self.count()?);
        let detail = [0, rows].into_iter().nth(self.count()?)?;
        let (states, rest) = self.0.split_at_checked(rows)?;
        self.0 = rest;
        let state: Vec<State> = states.iter().map(|s| State::from_byte(*s)).collect::<Option<_>>()?;
        let valid = state.iter().map(|s| u8::from(matches!(s, State::Valid | State::Bands))).collect();
        let (ts, mid_code) = (self.integers(rows)?, self.integers(rows)?);
        let mut books = Books { ts, valid, mid_code, ..Books::default() };
        for column in f64_columns(&mut books) {
            *column = (0..rows).map(|_| self.number().map(f64::from_le_bytes)).collect::<Option<_>>()?;
        }
        let (bid_walls, ask_walls) = (self.walls(rows, bid_walls)?, self.walls(rows, ask_walls)?);
        books.detail = (0..detail).map(|_| self.detail()).collect::<Option<_>>()?;
        Some(BookBlock { books, state, bid_walls, ask_walls })
    }

    fn detail(&mut self) -> Option<BookDetail> {
        let (bytes, rest) = self.0.split_first_chunk::<DETAIL_BYTES>()?;
        self.0 = rest;
        let (floats, rungs) = bytes.split_at(9 * 8);
        let float = |k: usize| Some(f64::from_le_bytes(*floats[8 * k..].first_chunk()?));
        let rung = |k: usize| {
            let bytes = &rungs[32 * k..];
            let price = i128::from_le_bytes(*bytes.first_chunk()?);
            Some(Rung { price, size: i128::from_le_bytes(*bytes[16..].first_chunk()?) })
        };
        let mut detail = BookDetail {
            spread_bps: float(0)?,
            micro_price: float(1)?,
            micro_bps: float(2)?,
            vamp_bps: float(3)?,
            wdp_bps: float(4)?,
            depth_imb: [float(5)?, float(6)?, float(7)?, float(8)?],
            ladder: Ladder::default(),
        };
        for k in 0..LADDER_LEVELS {
            (detail.ladder.bids[k], detail.ladder.asks[k]) = (rung(k)?, rung(LADDER_LEVELS + k)?);
        }
        Some(detail)
    }

    fn walls(&mut self, rows: usize, count: usize) -> Option<Walls> {
        let mut ends = Vec::with_capacity(rows);
        for _ in 0..rows {
            let (end, rest) = self.0.split_first_chunk()?;
            self.0 = rest;
            ends.push(u32::from_le_bytes(*end));
        }
        let wall = |reader: &mut Self| {
            let bucket = i64::from_le_bytes(reader.number()?);
            let (bps, mult) = (reader.number()?, reader.number()?);
            Some(Wall { bucket, bps: f64::from_le_bytes(bps), mult: f64::from_le_bytes(mult) })
        };
        let walls: Vec<Wall> = (0..count).map(|_| wall(self)).collect::<Option<_>>()?;
        let whole = ends.is_sorted() && ends.last().is_none_or(|end| *end as usize == count);
        whole.then_some(Walls { walls, ends })
    }
}
