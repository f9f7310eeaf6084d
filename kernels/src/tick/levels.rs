//! Level by level to whole books: rows that change one level, or give one of a snapshot, in the order of the files.
//!
//! Blocks are read in parallel into [`LevelRow`]s; [`BookBuilder`] takes them in order, holds the book between
//! blocks and files, and reduces it where a message ends.

use super::depth::DepthScan;
use super::row::Dropped;
use crate::book::block::BookBlock;
use crate::error::{Code, Error, Result};
use crate::event::Decimal;
use crate::persist::{Persist, Reader, Writer, broken};
use crate::tick::external::{Merge, RunSort, ordered};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What a row says about the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The level has this size now; 0 takes it away.
    Change = 0,
    /// A level of a whole book.
    Snapshot = 1,
    /// A level of a whole book that was asked for: it may be older than the changes that came meanwhile.
    Answer = 2,
}

/// One level as a row has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelRow {
    pub ts: i64,
    /// Rows of one message have one number.
    pub message: i64,
    /// 1 for the first line of the block.
    pub line: u32,
    pub kind: Kind,
    pub ask: bool,
    /// A message begins here, whatever its number.
    pub first: bool,
    /// The message says that this is its last row.
    pub last: bool,
    /// Not above 0 for a message without levels. In bands: percent of the mid.
    pub price: Decimal,
    pub size: Decimal,
    /// Number of the last update in the message, and of the one before the message; `i64::MIN` for none.
    pub update: i64,
    pub before: i64,
}

const ROW_BYTES: usize = 8 * 4 + 4 + 1 + 2 * (16 + 1);

const MAGIC: &[u8; 8] = b"HYBLEVEL";

/// To be raised whenever what is saved changes.
const VERSION: u32 = 1;

impl LevelRow {
    fn to_bytes(self, out: &mut Vec<u8>) {
        for number in [self.ts, self.message, self.update, self.before] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.line.to_le_bytes());
        out.push(
            self.kind as u8 | u8::from(self.ask) << 2 | u8::from(self.last) << 3 | u8::from(self.first) << 4,
        );
        for number in [self.price, self.size] {
            out.extend_from_slice(&number.mantissa.to_le_bytes());
            out.push(number.places as u8);
        }
    }

    fn from_bytes(bytes: &[u8; ROW_BYTES]) -> Option<LevelRow> {
        let integer = |at: usize| bytes[at..at + 8].try_into().ok().map(i64::from_le_bytes);
        let decimal = |at: usize| {
            let mantissa = i128::from_le_bytes(bytes[at..at + 16].try_into().ok()?);
            let places = u32::from(bytes[at + 16]);
            (places <= super::decimal::MAX_DIGITS).then_some(Decimal { mantissa, places })
        };
        let flags = bytes[36];
        let kind =
            [Kind::Change, Kind::Snapshot, Kind::Answer].into_iter().find(|k| *k as u8 == flags & 3)?;
        Some(LevelRow {
            ts: integer(0)?,
            message: integer(8)?,
            update: integer(16)?,
            before: integer(24)?,
            line: u32::from_le_bytes(bytes[32..36].try_into().ok()?),
            kind,
            ask: flags & 4 != 0,
            last: flags & 8 != 0,
            first: flags & 16 != 0,
            price: decimal(37)?,
            size: decimal(54)?,
        })
    }
}

/// The rows of a block as bytes, to cross from one kernel instance to another.
pub fn to_bytes(rows: &[LevelRow]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows.len() * ROW_BYTES);
    rows.iter().for_each(|row| row.to_bytes(&mut out));
    out
}

fn from_bytes(bytes: &[u8]) -> Result<Vec<LevelRow>> {
    let (rows, rest) = bytes.as_chunks::<ROW_BYTES>();
    let rows: Option<Vec<LevelRow>> = rows.iter().map(LevelRow::from_bytes).collect();
    let rows = rows.filter(|_| rest.is_empty());
    rows.ok_or_else(|| Error::new(Code::Kernel, "levels: expected the bytes of rows, got others"))
}

/// Puts the rows of a block into a run that is sorted stably by `ts`: for books of their own that are not in time
/// order. Errors: `E_KERNEL` for bytes that no scan wrote.
pub fn spill(bytes: &[u8], run: &mut RunSort) -> Result<()> {
    for row in from_bytes(bytes)? {
        let mut one = Vec::with_capacity(ROW_BYTES);
        row.to_bytes(&mut one);
        run.push(&ordered(row.ts), &one);
    }
    Ok(())
}

/// Up to `most` rows that come out of a merge of such runs, as bytes for [`BookBuilder::push`]; fewer where a run is
/// hungry.
pub fn merged(merge: &mut Merge, most: usize) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    for _ in 0..most {
        if !merge.next(|_, row| out.extend_from_slice(row))? {
            break;
        }
    }
    Ok(out)
}

/// What the rows of a file are to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Building {
    /// Changes of one book that begins with a snapshot.
    Incremental,
    /// Every message is a book of its own.
    Snapshots,
    /// Every message is the volume within bands of the mid, cumulated, without prices.
    Bands,
}

/// A price, ordered exactly whatever its places are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Price(Decimal);

impl Price {
    /// Whole units and the rest in 10^-38.
    fn parts(self) -> (i128, i128) {
        use super::decimal::{MAX_DIGITS, divide, pow10};
        let (Some(one), Some(up)) = (pow10(self.0.places), pow10(MAX_DIGITS - self.0.places.min(MAX_DIGITS)))
        else {
            return (self.0.mantissa, 0);
        };
        let (whole, rest) = divide(self.0.mantissa, one);
        (whole, rest * up)
    }
}

impl Ord for Price {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.0.places == other.0.places {
            return self.0.mantissa.cmp(&other.0.mantissa);
        }
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for Price {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What was wrong with the order of messages; lines count from 1 within the block that was pushed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaks {
    /// Rows before the first snapshot: nothing can be built from them.
    pub unfounded: u64,
    /// Messages whose number before is not that of the message before: updates are missing.
    pub missing: Dropped,
    /// Answers older than the book: left out.
    pub outdated: Dropped,
    /// Rows that go on with a message behind its last row.
    pub overrun: Dropped,
    /// Books that cannot be reduced: numbers of more than 24 digits in all.
    pub unreadable: Dropped,
}

/// Makes books of rows, message by message.
pub struct BookBuilder {
    building: Building,
    levels: usize,
    scan: DepthScan,
    sides: [BTreeMap<Price, Decimal>; 2],
    /// A snapshot has come.
    founded: bool,
    /// The message that the last row was of.
    open: Option<LevelRow>,
    /// The rows of the open message are passed over.
    skipping: bool,
    /// The latest stamp of anything in the book: a book must not show before all that is in it.
    latest: i64,
    update: i64,
    bands: Vec<(Decimal, Decimal)>,
    /// The message that ended with the input: a later input must not go on with it.
    ended: Option<LevelRow>,
    pub breaks: Breaks,
}

impl BookBuilder {
    /// `levels` is how many of each side are kept in a book; `scan` reduces it.
    pub fn new(building: Building, levels: usize, scan: DepthScan) -> Self {
        BookBuilder {
            building,
            levels,
            scan,
            sides: Default::default(),
            founded: false,
            open: None,
            skipping: false,
            latest: i64::MIN,
            update: i64::MIN,
            bands: Vec::new(),
            ended: None,
            breaks: Breaks::default(),
        }
    }

    /// Takes the rows of the next block; answers the books whose messages ended. `breaks` is that of this block.
    /// Errors: `E_KERNEL` for bytes that no scan wrote, `E_INPUT` for rows that go on with a message behind
    /// [`Self::finish`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<BookBlock> {
        self.breaks = Breaks::default();
        let mut out = BookBlock::default();
        for row in from_bytes(bytes)? {
            self.refuse_rest(&row)?;
            self.take(row, &mut out);
        }
        Ok(out)
    }

    /// Whether a message is open of which [`Self::finish`] makes a book, unless its numbers are too long.
    pub fn open(&self) -> bool {
        self.open.is_some() && !self.skipping
    }

    /// The message that is still open: the last book, if it is one.
    pub fn finish(&mut self) -> BookBlock {
        self.breaks = Breaks::default();
        let mut out = BookBlock::default();
        self.ended = self.open.or(self.ended);
        self.end_message(&mut out);
        out
    }

    /// What later books depend on: the book, the message that is open. Rows of it may follow a restored one, unless
    /// [`Self::finish`] has ended it.
    pub fn save(&self) -> Vec<u8> {
        let mut to = Writer::default();
        (self.building as u8).save(&mut to);
        for side in &self.sides {
            to.list(&side.iter().map(|(price, size)| (parts(price.0), parts(*size))).collect::<Vec<_>>());
        }
        let bands: Vec<_> = self.bands.iter().map(|(price, size)| (parts(*price), parts(*size))).collect();
        to.list(&bands);
        (self.founded, self.skipping).save(&mut to);
        (self.latest, self.update).save(&mut to);
        for row in [self.open, self.ended] {
            to_bytes(row.as_slice()).save(&mut to);
        }
        to.seal(MAGIC, VERSION)
    }

    /// Makes this fresh builder go on from the bytes of [`Self::save`].
    ///
    /// # Errors
    /// `E_INPUT` for other bytes, and for books that were built in another way.
    pub fn load(&mut self, bytes: &[u8]) -> Result<()> {
        let mut from = Reader::open(bytes, MAGIC, VERSION)?;
        if from.value::<u8>()? != self.building as u8 {
            return Err(broken("expected books that are built as before"));
        }
        for side in &mut self.sides {
            let levels = pairs(&mut from)?;
            *side = levels.into_iter().map(|(price, size)| (Price(price), size)).collect();
        }
        self.bands = pairs(&mut from)?;
        (self.founded, self.skipping) = from.value()?;
        (self.latest, self.update) = from.value()?;
        for row in [&mut self.open, &mut self.ended] {
            let rows = from_bytes(&from.value::<Vec<u8>>()?).map_err(broken)?;
            *row = rows.first().copied();
        }
        from.finish()
    }

    /// A row has been made with the ended message: what would have come with it is late.
    fn refuse_rest(&mut self, row: &LevelRow) -> Result<()> {
        let Some(ended) = self.ended.take() else { return Ok(()) };
        if row.first || ended.message != row.message || ended.kind != row.kind {
            return Ok(());
        }
        let message = "depth: expected rows behind the last message, got more rows of it: late rows";
        Err(Error::input(message).hint("run prepare on the whole history."))
    }

    fn take(&mut self, row: LevelRow, out: &mut BookBlock) {
        let goes_on =
            !row.first && self.open.is_some_and(|open| open.message == row.message && open.kind == row.kind);
        if !goes_on {
            self.end_message(out);
            self.begin_message(row);
        } else if self.open.is_some_and(|open| open.last) {
            self.breaks.overrun.add(row.line);
        }
        self.open = Some(row);
        if self.skipping {
            return;
        }
        self.latest = self.latest.max(row.ts);
        self.update = self.update.max(row.update);
        if self.building == Building::Bands {
            self.bands.push((row.price, row.size));
        } else if row.price.mantissa > 0 {
            let side = &mut self.sides[usize::from(row.ask)];
            if row.size.mantissa > 0 {
                side.insert(Price(row.price), row.size);
            } else {
                side.remove(&Price(row.price));
            }
        }
    }

    fn begin_message(&mut self, row: LevelRow) {
        let whole = self.building != Building::Incremental || row.kind != Kind::Change;
        self.skipping = false;
        if whole {
            if row.kind == Kind::Answer && self.founded && row.update < self.update {
                self.breaks.outdated.add(row.line);
                self.skipping = true;
                return;
            }
            self.sides.iter_mut().for_each(BTreeMap::clear);
            self.bands.clear();
            self.founded = true;
            self.update = row.update;
            if self.building != Building::Incremental {
                self.latest = row.ts;
            }
            return;
        }
        if !self.founded {
            self.breaks.unfounded += 1;
            self.skipping = true;
        } else if row.before != i64::MIN && self.update != i64::MIN && row.before != self.update {
            self.breaks.missing.add(row.line);
        }
    }

    fn end_message(&mut self, out: &mut BookBlock) {
        let Some(row) = self.open.take().filter(|_| !self.skipping) else { return };
        if self.building == Building::Bands {
            return self.scan.reduce_bands(self.latest, &self.bands, out);
        }
        let [bids, asks] = &self.sides;
        let bids = bids.iter().rev().take(self.levels).map(|(price, size)| (price.0, *size));
        let asks = asks.iter().take(self.levels).map(|(price, size)| (price.0, *size));
        if self.scan.reduce_levels(self.latest, bids, asks, out).is_err() {
            self.breaks.unreadable.add(row.line);
        }
    }
}

type Parts = (i128, u32);

fn parts(number: Decimal) -> Parts {
    (number.mantissa, number.places)
}

/// Pairs of numbers, as they were saved. Errors: `E_INPUT`.
fn pairs(from: &mut Reader) -> Result<Vec<(Decimal, Decimal)>> {
    let decimal = |(mantissa, places): Parts| {
        let readable = places <= super::decimal::MAX_DIGITS;
        readable.then_some(Decimal { mantissa, places }).ok_or_else(|| broken("expected a number of a file"))
    };
    from.value::<Vec<(Parts, Parts)>>()?
        .into_iter()
        .map(|(price, size)| Ok((decimal(price)?, decimal(size)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::BookParams;
    use crate::book::merge::BookMerge;
    use crate::engine::{Engine, Status, Streams};
    use crate::event::{Books, Grid, Trades};
    use crate::params::Params;
    use crate::schema::{FeatureSet, Runs, Values, each_row};
    use crate::tick::depth::DepthColumns;
    use crate::tick::random::Random;

    #[test]
    fn prices_are_ordered_whatever_their_places() {
        let mut random = Random(4);
        for _ in 0..5000 {
            let mut number =
                || Decimal { mantissa: i128::from(random.below(2000)), places: random.below(4) as u32 };
            let (a, b) = (number(), number());
            let scaled = |d: Decimal| d.mantissa * 10i128.pow(3 - d.places);
            assert_eq!(Price(a).cmp(&Price(b)), scaled(a).cmp(&scaled(b)));
        }
        let most = Decimal { mantissa: 10i128.pow(38) - 1, places: 0 };
        let least = Decimal { mantissa: 1, places: 38 };
        assert!(Price(least) < Price(most) && Price(most) > Price(least));
    }

    /// A book a stamp: price in cents and size in tenths, distinct prices, best first.
    type Sides = [BTreeMap<i64, i64>; 2];

    /// Another book, of which a few levels changed.
    fn next_book(random: &mut Random, book: &Sides) -> Sides {
        let mut next = book.clone();
        while next == *book {
            for _ in 0..1 + random.below(6) {
                let ask = random.below(2) == 1;
                let price = if ask { 10_001 + random.below(30) } else { 10_000 - random.below(30) } as i64;
                let side = &mut next[usize::from(ask)];
                match random.below(4) {
                    0 => side.remove(&price),
                    _ => side.insert(price, 1 + random.below(90) as i64),
                };
            }
        }
        next
    }

    fn decimal(mantissa: i64, places: u32) -> String {
        Decimal { mantissa: i128::from(mantissa), places }.to_string()
    }

    /// The canonical row of a book.
    fn arrays(ts: usize, [bids, asks]: &Sides) -> String {
        let bids: Vec<_> = bids.iter().rev().collect();
        let asks: Vec<_> = asks.iter().collect();
        let mut row = format!("{ts},{ts}");
        for side in [bids, asks] {
            for (places, number) in [(2, |level: &(&i64, &i64)| *level.0), (1, |level| *level.1)]
                as [(u32, fn(&(&i64, &i64)) -> i64); 2]
            {
                let numbers: Vec<String> = side.iter().map(|level| decimal(number(level), places)).collect();
                row += &format!(",\"{{{}}}\"", numbers.join(","));
            }
        }
        row + "\n"
    }

    fn level_row(ts: usize, kind: &str, ask: bool, (price, size): (i64, i64)) -> String {
        let side = if ask { "ask" } else { "bid" };
        format!("{ts},{kind},{side},{},{}\n", decimal(price, 2), decimal(size, 1))
    }

    /// Every level of a book.
    fn whole(ts: usize, book: &Sides) -> String {
        let level = |ask: bool| {
            let rows = book[usize::from(ask)].iter();
            rows.map(move |(p, s)| level_row(ts, "true", ask, (*p, *s))).collect::<String>()
        };
        level(true) + &level(false)
    }

    /// The levels that are not what they were.
    fn changed(ts: usize, before: &Sides, book: &Sides) -> String {
        let mut rows = String::new();
        for side in 0..2 {
            let gone = before[side].keys().filter(|price| !book[side].contains_key(price));
            gone.for_each(|price| rows += &level_row(ts, "false", side == 1, (*price, 0)));
            let new = book[side].iter().filter(|(price, size)| before[side].get(price) != Some(size));
            new.for_each(|(price, size)| rows += &level_row(ts, "false", side == 1, (*price, *size)));
        }
        rows
    }

    fn detailed_scan(dialect: &str) -> DepthScan {
        let tick = Decimal { mantissa: 1, places: 2 };
        let grid =
            Grid { tick, lot: Decimal { mantissa: 1, places: 1 }, bucket_ticks: 1, wall_bucket_ticks: 1 };
        let params = BookParams::parse(5, "levels", "100", "3", 3, 1).unwrap();
        let mut scan = DepthScan::new(DepthColumns::new(dialect).unwrap(), &grid, params);
        scan.add_detail();
        scan
    }

    const COLUMNS: &str = "fields\t5\ncolumn\tts\t0\tts\ncolumn\tkind\t1\tkind\ncolumn\tside\t2\tside\n\
                           column\tprice\t3\tprice\ncolumn\tqty\t4\tqty\nword\tkind\ttrue\t1\n\
                           word\tkind\tfalse\t0\nword\tside\tbid\t1\nword\tside\task\t-1";

    fn levels_dialect(layout: &str) -> String {
        format!("layout\t{layout}\n{COLUMNS}")
    }

    /// The books of rows of levels, which come in two blocks.
    fn built(layout: &str, building: Building, rows: &str) -> Books {
        let dialect = levels_dialect(layout);
        let mut builder = BookBuilder::new(building, usize::MAX, detailed_scan(&dialect));
        let mut scan = detailed_scan(&dialect);
        let half = rows[..rows.len() / 2].rfind('\n').map_or(0, |end| end + 1);
        let mut blocks = Vec::new();
        for text in [&rows[..half], &rows[half..]] {
            let read = scan.read(text.as_bytes());
            assert_eq!(read.bad.total, 0, "{:?}", read.bad);
            blocks.push(builder.push(&to_bytes(&read.levels)).unwrap());
        }
        blocks.push(builder.finish());
        joined(&blocks)
    }

    fn joined(blocks: &[BookBlock]) -> Books {
        let mut sorted = BookMerge::new(1);
        let mut books = sorted.push(&BookBlock::sorted(blocks)).unwrap();
        let last = sorted.finish();
        for row in 0..last.ts.len() {
            crate::book::block::copy_book(&last, row, &mut books);
        }
        books
    }

    /// The rows of the extended feature set that trades between the books see.
    fn extended_rows(books: Books) -> Vec<String> {
        let mut params = Params::default();
        params.set("W_s", "0.00002").unwrap();
        params.set("estimate_min_n", "2").unwrap();
        let tick = Decimal { mantissa: 1, places: 2 };
        let grid = Grid { tick, lot: tick, bucket_ticks: 1, wall_bucket_ticks: 1 };
        let streams = Streams { depth: true, liquidations: false };
        let mut engine = Engine::with_features(&params, &grid, streams, FeatureSet::Extended).unwrap();
        let n = books.ts.len();
        let ts: Vec<i64> = books.ts.iter().map(|ts| ts + 1).collect();
        let trades = Trades {
            ts,
            id: (0..n as i64).collect(),
            px_ticks: vec![10_000; n],
            qty_lots: vec![1; n],
            side: vec![1; n],
        };
        engine.push_trades(trades).unwrap();
        engine.push_books(books).unwrap();
        engine.end_trades();
        engine.end_books();
        assert_eq!(engine.run(usize::MAX), Status::Done);
        let columns = FeatureSet::Extended.columns().iter().enumerate();
        let each = |at| match engine.column(at).unwrap() {
            Values::Runs(Runs::F64(runs)) => format!("{:?}", Values::F64(&each_row(runs))),
            values => format!("{values:?}"),
        };
        columns.map(|(at, column)| format!("{}: {}", column.name, each(at))).collect()
    }

    #[test]
    fn books_of_levels_have_the_detail_and_the_extended_rows_of_whole_books() {
        let mut random = Random(6);
        let mut books: Vec<Sides> = vec![Default::default()];
        for _ in 0..160 {
            let next = next_book(&mut random, books.last().unwrap());
            books.push(next);
        }
        // By then both sides have levels.
        let books = &books[40..];
        let canonical: String = books.iter().enumerate().map(|(i, book)| arrays(10 * i, book)).collect();
        let read = detailed_scan("canonical").read(canonical.as_bytes());
        assert_eq!((read.bad.total, read.block.rows()), (0, books.len()));
        let want = joined(&[read.block]);
        assert_eq!(want.detail.len(), want.ts.len());
        assert!(want.detail.iter().filter(|detail| detail.ladder.levels() == 10).count() > 20);
        let long: String = books.iter().enumerate().map(|(i, book)| whole(10 * i, book)).collect();
        let pairs = books.windows(2).enumerate();
        let changes: String = pairs.map(|(i, pair)| changed(10 * (i + 1), &pair[0], &pair[1])).collect();
        let rows = extended_rows(want.clone());
        assert!(rows.iter().any(|row| row.starts_with("mlofi_10") && row.contains("0.")), "{rows:?}");
        for (layout, building, text) in [
            ("long", Building::Snapshots, long),
            ("incremental", Building::Incremental, whole(0, &books[0]) + &changes),
        ] {
            let got = built(layout, building, &text);
            assert_eq!(format!("{got:?}"), format!("{want:?}"), "{layout}");
            assert_eq!(extended_rows(got), rows, "{layout}");
        }
    }

    #[test]
    fn books_of_bands_have_a_detail_that_says_nothing() {
        let dialect =
            "layout\tbands\nfields\t3\ncolumn\tts\t0\tts\ncolumn\tprice\t1\tpct\ncolumn\tqty\t2\tqty";
        let mut builder = BookBuilder::new(Building::Bands, usize::MAX, detailed_scan(dialect));
        let read = detailed_scan(dialect).read(b"1,-1,5\n1,1,7\n9,-1,6\n9,1,2\n");
        let first = builder.push(&to_bytes(&read.levels)).unwrap();
        let books = joined(&[first, builder.finish()]);
        assert_eq!((books.ts.as_slice(), books.detail.len()), (&[1, 9][..], 2));
        let rows = extended_rows(books);
        for name in ["ofi", "ofi_norm", "mlofi", "spread_bps"] {
            let row = rows.iter().find(|row| row.starts_with(&format!("{name}:"))).unwrap();
            assert!(row.contains("[NaN, NaN]"), "{row}");
        }
    }

    /// Whatever the cut, be it within a message: the restored builder makes the books that are left.
    #[test]
    fn a_builder_goes_on_where_it_was_saved() {
        let mut random = Random(11);
        let mut books: Vec<Sides> = vec![Default::default()];
        for _ in 0..30 {
            let next = next_book(&mut random, books.last().unwrap());
            books.push(next);
        }
        let changes: String = books[5..]
            .windows(2)
            .enumerate()
            .map(|(i, pair)| changed(10 * (i + 1), &pair[0], &pair[1]))
            .collect();
        let long: String = books[5..].iter().enumerate().map(|(i, book)| whole(10 * i, book)).collect();
        for (layout, building, text) in [
            ("incremental", Building::Incremental, whole(0, &books[5]) + &changes),
            ("long", Building::Snapshots, long),
        ] {
            let want = format!("{:?}", built(layout, building, &text));
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            for cut in 0..=lines.len() {
                let scan = || detailed_scan(&levels_dialect(layout));
                let levels = |lines: &[&str]| to_bytes(&scan().read(lines.concat().as_bytes()).levels);
                let mut before = BookBuilder::new(building, usize::MAX, scan());
                let first = before.push(&levels(&lines[..cut])).unwrap();
                let state = before.save();
                before.finish();
                let mut builder = BookBuilder::new(building, usize::MAX, scan());
                builder.load(&state).unwrap();
                assert_eq!(builder.save(), state);
                let second = builder.push(&levels(&lines[cut..])).unwrap();
                assert_eq!(
                    format!("{:?}", joined(&[first, second, builder.finish()])),
                    want,
                    "{layout} {cut}"
                );
                // Of a message that has been ended nothing may come.
                let of = |line: &str| line.split(',').take(2).map(String::from).collect::<Vec<_>>();
                let within = cut > 0 && cut < lines.len() && of(lines[cut - 1]) == of(lines[cut]);
                let mut closed = BookBuilder::new(building, usize::MAX, scan());
                closed.load(&before.save()).unwrap();
                let rest = closed.push(&levels(&lines[cut..]));
                assert_eq!(rest.is_err_and(|error| error.message.contains("late rows")), within, "{cut}");
            }
        }
    }

    #[test]
    fn changed_bytes_of_a_builder_are_refused() {
        let mut builder =
            BookBuilder::new(Building::Snapshots, usize::MAX, detailed_scan(&levels_dialect("long")));
        let text = whole(5, &[BTreeMap::from([(9_999, 4)]), BTreeMap::from([(10_001, 3)])]);
        let read = detailed_scan(&levels_dialect("long")).read(text.as_bytes());
        builder.push(&to_bytes(&read.levels)).unwrap();
        let state = builder.save();
        let fresh = |building| BookBuilder::new(building, usize::MAX, detailed_scan(&levels_dialect("long")));
        for at in 0..state.len() {
            let mut damaged = state.clone();
            damaged[at] ^= 1;
            assert!(fresh(Building::Snapshots).load(&damaged).is_err(), "byte {at}");
            assert!(fresh(Building::Snapshots).load(&state[..at]).is_err(), "cut at {at}");
        }
        assert!(fresh(Building::Bands).load(&state).is_err());
        assert!(fresh(Building::Snapshots).load(&state).is_ok());
    }

    #[test]
    fn rows_cross_as_bytes() {
        let row = LevelRow {
            ts: -5,
            message: 7,
            line: 3,
            kind: Kind::Answer,
            ask: true,
            first: true,
            last: true,
            price: Decimal { mantissa: 123, places: 2 },
            size: Decimal::ZERO,
            update: 9,
            before: i64::MIN,
        };
        let other = LevelRow { kind: Kind::Change, ask: false, last: false, first: false, ..row };
        let bytes = to_bytes(&[row, other]);
        assert_eq!(from_bytes(&bytes).unwrap(), [row, other]);
        assert!(from_bytes(&bytes[1..]).is_err());
        let mut broken = bytes;
        broken[36] = 3;
        assert!(from_bytes(&broken).is_err());
    }
}
