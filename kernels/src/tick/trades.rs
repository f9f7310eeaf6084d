//! Trades: rows of `ts,trade_id,price,qty,side` or of another dialect, surveyed once and then read onto the grid.

use super::columns::Columns;
use super::decimal::{parse_integer, pow10};
use super::dialect::{Dialect, Words, multiplied};
use super::grid::{Axis, MAX_STEPS, Place};
use super::plan::Plan;
use super::row::{BadRow, BadRows, Dropped, Fields, Window, each_line, line_end, strip_return, wrong};
use super::stamp::{self, Range};
use crate::error::{Code, Error, Result};
use crate::event::{Decimal, Trades};

/// The meanings of a trade row, in canonical order.
const NAMES: [&str; 5] = ["ts", "trade_id", "price", "qty", "side"];
const TS: usize = 0;
const ID: usize = 1;
const PRICE: usize = 2;
const QTY: usize = 3;
const SIDE: usize = 4;

/// How the rows of a file of trades read: [`Dialect`] in the form that the loop needs.
#[derive(Clone, Debug)]
pub struct TradeColumns {
    columns: Columns<5>,
    dialect: Dialect,
    /// What the texts of the column of sides mean; none in canonical files, which have integers.
    sides: Words,
    /// The column that says whether the row's own side took liquidity (true) or gave it, and its texts.
    taker: Option<(usize, String, Words)>,
    /// The common shape of a row of this dialect, to be read in one go.
    plan: Option<Plan>,
}

impl TradeColumns {
    /// Reads the text of a [`Dialect`] with the meanings `ts`, `trade_id`, `price`, `qty`, `side` and `taker`, of
    /// which ids, sides and takers may be missing. Errors: `E_KERNEL`.
    pub fn new(dialect: &str) -> Result<Self> {
        let dialect = Dialect::parse(dialect, &NAMES)?;
        let columns = Columns::of(&dialect, NAMES, &[NAMES[ID], NAMES[SIDE]])?;
        let sides = dialect.words("side");
        let taker = dialect.column("taker").map(|(at, name)| (at, name.to_string(), dialect.words("taker")));
        let plan = (!dialect.canonical && dialect.checks.is_empty() && taker.is_none())
            .then(|| Plan::new(&dialect, &columns.at));
        Ok(TradeColumns { columns, dialect, sides, taker, plan })
    }
}

/// What a dialect's rows say besides their trades.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// Stamps with digits below the µs, which are cut.
    pub cut: u64,
    /// Rows of other symbols or streams of the file.
    pub others: u64,
    /// Rows whose stamps (sent, received) are more than a minute apart.
    pub skewed: Dropped,
}

/// Bytes of a row of a trade at least; most have twice as many.
const SHORT_ROW: usize = 24;

/// Stamps of one row further apart than this, in µs, cannot all be right.
const WIDEST_SKEW: i64 = 60_000_000;

impl Remarks {
    /// Compares the other stamps of a row with its own.
    pub fn check(&mut self, dialect: &Dialect, fields: &Fields, own: Option<i64>, line: u32) {
        let others = dialect.checks.iter();
        let others = others.filter_map(|(at, _)| stamp::parse(fields.get(*at), dialect.time).map(|s| s.us));
        let stamps: Vec<i64> = others.chain(own).collect();
        let (least, most) = (stamps.iter().min(), stamps.iter().max());
        if let (Some(least), Some(most)) = (least, most)
            && most.saturating_sub(*least) > WIDEST_SKEW
        {
            self.skewed.add(line);
        }
    }
}

/// A trade id as one row has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Id<'a> {
    Integer(i64),
    /// Not an integer; empty where there is none.
    Text(&'a [u8]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row<'a> {
    ts: i64,
    id: Id<'a>,
    price: Decimal,
    qty: Decimal,
    side: i8,
}

/// What becomes of the rows of a block.
trait Sink {
    /// Takes one row, or refuses it with the message of a bad row.
    fn take(&mut self, row: &Row, line: u32) -> std::result::Result<(), String>;
}

/// Reads every row of a block; answers the number of its lines. Which of the three loops it is, is settled here
/// and not asked again row by row. Each is a function of its own, since a browser's compiler takes its time for
/// large ones, also where they are not run.
fn read_rows(
    columns: &TradeColumns,
    block: &[u8],
    bad: &mut BadRows,
    remarks: &mut Remarks,
    sink: &mut impl Sink,
) -> u32 {
    let slow = Slow { columns, block, fields: Fields::default(), remarks };
    match &columns.plan {
        _ if columns.columns.canonical => read_canonical(slow, bad, sink),
        Some(plan) => read_planned(slow, plan, bad, sink),
        None => read_any(slow, bad, sink),
    }
}

#[inline(never)]
fn read_canonical(mut slow: Slow, bad: &mut BadRows, sink: &mut impl Sink) -> u32 {
    let (block, range) = (slow.block, slow.columns.dialect.range);
    each_line(block, |at, line| {
        let Some((row, next)) = canonical_row(block, at, range) else {
            return slow.read(at, line, bad, sink);
        };
        if let Err(message) = sink.take(&row, line) {
            bad.add(line, message);
        }
        next
    })
}

#[inline(never)]
fn read_planned(mut slow: Slow, plan: &Plan, bad: &mut BadRows, sink: &mut impl Sink) -> u32 {
    let (block, columns) = (slow.block, slow.columns);
    each_line(block, |at, line| {
        let Some((row, next)) = planned_row(columns, plan, block, at, slow.remarks) else {
            return slow.read(at, line, bad, sink);
        };
        match row {
            None => slow.remarks.others += 1,
            Some(row) => {
                if let Err(message) = sink.take(&row, line) {
                    bad.add(line, message);
                }
            }
        }
        next
    })
}

#[inline(never)]
fn read_any(mut slow: Slow, bad: &mut BadRows, sink: &mut impl Sink) -> u32 {
    each_line(slow.block, |at, line| slow.read(at, line, bad, sink))
}

/// Reads rows that have not the common shape.
struct Slow<'a> {
    columns: &'a TradeColumns,
    block: &'a [u8],
    fields: Fields,
    remarks: &'a mut Remarks,
}

impl Slow<'_> {
    /// Reads the row at `at`; answers where the next one starts. Apart from the loop, so that the common shape
    /// stays in registers there.
    #[inline(never)]
    fn read(&mut self, at: usize, line: u32, bad: &mut BadRows, sink: &mut impl Sink) -> usize {
        let end = line_end(self.block, at);
        let text = strip_return(&self.block[at..end]);
        take_any_row(self.columns, &mut self.fields, text, line, bad, self.remarks, sink);
        end + 1
    }
}

fn take_any_row(
    columns: &TradeColumns,
    fields: &mut Fields,
    text: &[u8],
    line: u32,
    bad: &mut BadRows,
    remarks: &mut Remarks,
    sink: &mut impl Sink,
) {
    if let Err(message) = columns.columns.split(fields, text) {
        return bad.add(line, message);
    }
    if !columns.dialect.ours(fields) {
        remarks.others += 1;
        return;
    }
    let taken = any_row(columns, fields, remarks).and_then(|row| {
        remarks.check(&columns.dialect, fields, Some(row.ts), line);
        sink.take(&row, line)
    });
    if let Err(message) = taken {
        bad.add(line, message);
    }
}

/// The common shape of a row of a dialect; see [`canonical_row`]. `Some(None)` for a row that is not ours.
#[inline(always)]
fn planned_row<'a>(
    columns: &TradeColumns,
    plan: &Plan,
    block: &'a [u8],
    start: usize,
    remarks: &mut Remarks,
) -> Option<(Option<Row<'a>>, usize)> {
    let (spots, next) = plan.read(block, start)?;
    if !plan.ours(block, &spots) {
        return Some((None, next));
    }
    let at = |meaning: usize| spots.get(meaning, block);
    let integer = |meaning: usize| small_integer(block, spots.range(meaning)?);
    let decimal = |meaning: usize| {
        let quick = small(block, spots.range(meaning)?);
        quick.or_else(|| Decimal::parse(at(meaning)?).ok())
    };
    let time = match integer(TS) {
        Some(value) => stamp::whole(value, columns.dialect.time)?,
        None => stamp::parse(at(TS)?, columns.dialect.time)?,
    };
    let ts = time.us.checked_add(columns.dialect.shift).filter(|ts| columns.dialect.range.holds(*ts))?;
    let id = match integer(ID) {
        Some(id) => Id::Integer(id),
        None => id_of(at(ID).unwrap_or_default())?,
    };
    let price = decimal(PRICE)?;
    let qty = multiplied(decimal(QTY)?, columns.dialect.multiplier)?;
    let side = match at(SIDE) {
        None => 0,
        Some(text) => columns.sides.get(text)?,
    };
    remarks.cut += u64::from(time.cut);
    Some((Some(Row { ts, id, price, qty, side }), next))
}

/// A field of 1 to 18 digits.
#[inline(always)]
fn small_integer(block: &[u8], (start, end): (usize, usize)) -> Option<i64> {
    let mut at = start;
    let value = super::row::digits(block, &mut at)?;
    (at == end && (1..=18).contains(&(end - start))).then_some(value as i64)
}

/// A field of digits with or without a point, up to 18 of them.
#[inline(always)]
fn small(block: &[u8], (start, end): (usize, usize)) -> Option<Decimal> {
    let mut at = start;
    let number = super::row::small_decimal(block, &mut at)?;
    (at == end).then_some(decimal(number))
}

/// `None` for bytes that no id has.
fn id_of(text: &[u8]) -> Option<Id<'_>> {
    let text = text.trim_ascii();
    if text.contains(&0) {
        return None;
    }
    // i64::MIN says "no id" in the columns, so it cannot be one.
    Some(parse_integer(text).filter(|id| *id != i64::MIN).map_or(Id::Text(text), Id::Integer))
}

/// The common shape of a row, read in one go: up to 18 digits a number, no quotes, blanks or exponents.
/// Answers `None` for every other shape, which [`any_row`] then judges; what both accept, both read alike.
#[inline(always)]
fn canonical_row(block: &[u8], start: usize, range: Range) -> Option<(Row<'static>, usize)> {
    short_row(block, start, range).or_else(|| long_row(block, start, range))
}

/// A row that fits a window.
#[inline(always)]
fn short_row(block: &[u8], start: usize, range: Range) -> Option<(Row<'static>, usize)> {
    let mut window = Window::open(block, start)?;
    let ts = window.integer()?.filter(|ts| range.holds(*ts))?;
    let id = window.integer()?;
    let (price, qty) = (decimal(window.decimal()?), decimal(window.decimal()?));
    let (side, bytes) = side_and_end(block.get(window.position()..)?)?;
    let id = id.map_or(Id::Text(b""), Id::Integer);
    Some((Row { ts, id, price, qty, side }, window.position() + bytes))
}

#[inline(never)]
fn long_row(block: &[u8], start: usize, range: Range) -> Option<(Row<'static>, usize)> {
    let mut at = start;
    let ts = whole_number(block, &mut at)?.filter(|ts| range.holds(*ts))?;
    let id = whole_number(block, &mut at)?;
    let price = plain_decimal(block, &mut at)?;
    let qty = plain_decimal(block, &mut at)?;
    let (side, bytes) = side_and_end(&block[at..])?;
    let id = id.map_or(Id::Text(b""), Id::Integer);
    Some((Row { ts, id, price, qty, side }, at + bytes))
}

/// The side, the last field of a row, and how many bytes it takes with the end of the line. A block may end without.
#[inline(always)]
fn side_and_end(rest: &[u8]) -> Option<(i8, usize)> {
    let (side, end) = match rest {
        [b'1', ..] => (1, 1),
        [b'0', ..] => (0, 1),
        [b'-', b'1', ..] => (-1, 2),
        _ => return None,
    };
    match rest.get(end..)? {
        [] | [b'\n', ..] => Some((side, end + 1)),
        [b'\r', b'\n', ..] => Some((side, end + 2)),
        _ => None,
    }
}

#[inline(always)]
fn decimal((mantissa, places): (i64, u8)) -> Decimal {
    Decimal { mantissa: i128::from(mantissa), places: u32::from(places) }
}

/// Digits up to a comma, which is consumed: `Some(None)` for an empty field, `None` for another shape.
#[inline(always)]
fn whole_number(block: &[u8], at: &mut usize) -> Option<Option<i64>> {
    let start = *at;
    let value = super::row::digits(block, at)?;
    let count = *at - start;
    if count > 18 || block.get(*at) != Some(&b',') {
        return None;
    }
    *at += 1;
    Some((count > 0).then_some(value as i64))
}

/// Digits with or without a point up to a comma, which is consumed.
#[inline(always)]
fn plain_decimal(block: &[u8], at: &mut usize) -> Option<Decimal> {
    let number = super::row::small_decimal(block, at)?;
    if block.get(*at) != Some(&b',') {
        return None;
    }
    *at += 1;
    Some(decimal(number))
}

/// A row of any shape, split into fields. The error is the message of a bad row.
fn any_row<'a>(
    columns: &TradeColumns,
    fields: &'a Fields,
    remarks: &mut Remarks,
) -> std::result::Result<Row<'a>, String> {
    let TradeColumns { columns: found, dialect, .. } = columns;
    let text = |i: usize| found.text(fields, i);
    let bad = |i: usize, expected: &str| wrong(&found.names[i], expected, text(i));
    let decimal = |i: usize| Decimal::parse(text(i)).map_err(|expected| bad(i, expected));
    let time = stamp::parse(text(TS), dialect.time);
    let ts = dialect.instant(time, &found.names[TS], text(TS))?;
    let id = id_of(text(ID)).ok_or_else(|| bad(ID, "text without NUL bytes"))?;
    let (price, contracts) = (decimal(PRICE)?, decimal(QTY)?);
    let qty = multiplied(contracts, dialect.multiplier);
    let qty = qty.ok_or_else(|| bad(QTY, "at most 38 digits once it is multiplied"))?;
    let side = side_of(columns, fields)?;
    remarks.cut += u64::from(time.is_some_and(|time| time.cut));
    Ok(Row { ts, id, price, qty, side })
}

/// The aggressor; 0 where the file does not say. Where rows are of accounts, one that gave liquidity stands for
/// an aggressor on the other side.
fn side_of(columns: &TradeColumns, fields: &Fields) -> std::result::Result<i8, String> {
    let TradeColumns { columns: found, sides, .. } = columns;
    if found.at[SIDE].is_none() {
        return Ok(0);
    }
    let text = found.text(fields, SIDE);
    let side = if sides.is_empty() {
        let side = parse_integer(text).and_then(|s| i8::try_from(s).ok()).filter(|s| (-1..=1).contains(s));
        side.ok_or_else(|| wrong(&found.names[SIDE], "1, -1 or 0", text))?
    } else {
        let known = sides.get(text.trim_ascii());
        known.ok_or_else(|| wrong(&found.names[SIDE], &sides.expected(), text))?
    };
    let Some((at, name, words)) = &columns.taker else { return Ok(side) };
    let text = fields.get(*at);
    let took = words.get(text.trim_ascii()).ok_or_else(|| wrong(name, &words.expected(), text))?;
    Ok(side * took)
}

/// What the ids of the whole input are (0.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// All are integers: they order rows of equal `ts`, and are the output column.
    Integer,
    /// Some are not: rows of equal `ts` stay in file order; dedup compares text, empty ones are all kept.
    Text,
    /// There is none at all: file order, no dedup.
    Absent,
}

impl Ids {
    pub fn name(self) -> &'static str {
        match self {
            Ids::Integer => "integer",
            Ids::Text => "text",
            Ids::Absent => "absent",
        }
    }

    /// The inverse of [`Ids::name`].
    pub fn named(name: &str) -> Result<Ids> {
        let kinds = [Ids::Integer, Ids::Text, Ids::Absent];
        kinds.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            Error::new(Code::Kernel, format!("ids: expected integer, text or absent, got \"{name}\""))
        })
    }
}

/// What only the whole input knows, gathered block by block and merged in block order.
/// Rows that are dropped later take part, bad rows do not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Lines of the block, blank and bad ones included.
    pub lines: u64,
    /// Rows that could be read.
    pub rows: u64,
    /// Rows that could not.
    pub bad: u64,
    /// Most decimals in a price, in a quantity (0.1).
    pub price_places: u32,
    pub qty_places: u32,
    pub integer_ids: u64,
    pub empty_ids: u64,
    /// Successive rows whose `ts` falls: clock jumps of the file.
    pub ts_falls: u64,
    /// Successive rows with integer ids whose `(ts, id)` falls; whose id does not rise.
    key_falls: u64,
    id_stalls: u64,
    /// `(ts, id)` of the first and the last row; the id is `i64::MIN` where it is no integer.
    pub first: Option<(i64, i64)>,
    pub last: Option<(i64, i64)>,
}

/// Where the integer ids of successive rows do not go up by one: told, not judged (Binance's ids skip where
/// prints of its insurance fund are left out).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdSteps {
    /// Rows whose id is not above that of the row before.
    pub stalls: Dropped,
    /// Rows before which ids are missing.
    pub gaps: Dropped,
    /// The line of the first row, where a step from the block before would be.
    pub first_line: u32,
}

/// The rows of a surveyed block as columns, so that it need not be read again: prices and quantities count units of
/// the last decimal that the block has. There are none where a row would be dropped or has an id that is text.
#[derive(Clone, Debug)]
pub struct Held {
    trades: Trades,
    price_places: u32,
    qty_places: u32,
    broken: bool,
}

impl Held {
    fn with_room_for(bytes: usize) -> Held {
        let rows = bytes / SHORT_ROW;
        let column = || Vec::with_capacity(rows);
        let (ts, id, px_ticks, qty_lots) = (column(), column(), column(), column());
        let trades = Trades { ts, id, px_ticks, qty_lots, side: Vec::with_capacity(rows) };
        Held { trades, price_places: 0, qty_places: 0, broken: false }
    }

    /// The columns, on the grid whose tick and lot are units of the last decimal of the block.
    fn finish(self) -> Option<Trades> {
        (!self.broken).then_some(self.trades)
    }

    #[inline(always)]
    fn take(&mut self, row: &Row) {
        let id = match row.id {
            Id::Integer(id) => Some(id),
            Id::Text(text) => text.is_empty().then_some(i64::MIN),
        };
        let px = in_units(row.price, &mut self.price_places, &mut self.trades.px_ticks);
        let qty = in_units(row.qty, &mut self.qty_places, &mut self.trades.qty_lots);
        let (Some(id), Some(px), Some(qty)) = (id, px, qty) else {
            self.broken = true;
            return;
        };
        self.trades.ts.push(row.ts);
        self.trades.id.push(id);
        self.trades.px_ticks.push(px);
        self.trades.qty_lots.push(qty);
        self.trades.side.push(row.side);
    }
}

/// A positive number in units of `10^-places`; where it has more decimals than any before, those before it are
/// brought to them. None where a count would be too large, or is not above 0.
#[inline(always)]
fn in_units(number: Decimal, places: &mut u32, before: &mut [i64]) -> Option<i64> {
    let mantissa = i64::try_from(number.mantissa).ok().filter(|mantissa| 0 < *mantissa)?;
    let factor = places.checked_sub(number.places).and_then(|by| SHORT_FACTORS.get(by as usize));
    match factor {
        // A factor of at most 10^4 keeps such a number below MAX_STEPS.
        Some(factor) if mantissa < SHORT_MANTISSA => Some(mantissa * factor),
        _ => in_other_units(number, places, before),
    }
}

const SHORT_FACTORS: [i64; 5] = [1, 10, 100, 1_000, 10_000];
const SHORT_MANTISSA: i64 = 1 << 46;

#[inline(never)]
fn in_other_units(number: Decimal, places: &mut u32, before: &mut [i64]) -> Option<i64> {
    let scaled = |mantissa: i128, by: u32| {
        let count = mantissa.checked_mul(pow10(by)?)?;
        (0 < count && count < i128::from(MAX_STEPS)).then_some(count as i64)
    };
    if number.places > *places {
        for count in before {
            *count = scaled(i128::from(*count), number.places - *places)?;
        }
        *places = number.places;
    }
    scaled(number.mantissa, *places - number.places)
}

/// A survey in the making.
#[derive(Default)]
struct Surveyor {
    survey: Survey,
    steps: IdSteps,
    held: Option<Held>,
}

impl Sink for Surveyor {
    #[inline(always)]
    fn take(&mut self, row: &Row, line: u32) -> std::result::Result<(), String> {
        let before = self.survey.last;
        self.survey.add(row);
        if let Some(held) = self.held.as_mut().filter(|held| !held.broken) {
            held.take(row);
        }
        match (before, row.id) {
            (Some((_, last)), Id::Integer(id)) if id.wrapping_sub(1) != last => self.step(last, id, line),
            (None, _) => self.steps.first_line = line,
            _ => {}
        }
        Ok(())
    }
}

impl Surveyor {
    fn read(mut self, columns: &TradeColumns, block: &[u8]) -> (Self, BadRows, Remarks) {
        let (mut bad, mut remarks) = (BadRows::default(), Remarks::default());
        let lines = read_rows(columns, block, &mut bad, &mut remarks, &mut self);
        self.survey.lines = u64::from(lines);
        self.survey.bad = bad.total;
        (self, bad, remarks)
    }

    #[inline(never)]
    fn step(&mut self, last: i64, id: i64, line: u32) {
        match last {
            i64::MIN => {}
            last if id <= last => self.steps.stalls.add(line),
            _ => self.steps.gaps.add(line),
        }
    }
}

/// The length of [`Survey::to_numbers`].
pub const SURVEY_NUMBERS: usize = 15;

impl Survey {
    /// Surveys one block.
    pub fn of(columns: &TradeColumns, block: &[u8]) -> (Survey, BadRows, Remarks) {
        let (survey, bad, remarks, _) = Survey::with_steps(columns, block);
        (survey, bad, remarks)
    }

    /// The same with the steps of the ids.
    pub fn with_steps(columns: &TradeColumns, block: &[u8]) -> (Survey, BadRows, Remarks, IdSteps) {
        let (whole, bad, remarks) = Surveyor::default().read(columns, block);
        (whole.survey, bad, remarks, whole.steps)
    }

    /// The same with the rows themselves, on the grid of the block's own decimals (`price_places`, `qty_places`);
    /// none where only [`TradeScan`] can read the block.
    pub fn with_rows(
        columns: &TradeColumns,
        block: &[u8],
    ) -> (Survey, BadRows, Remarks, IdSteps, Option<Trades>) {
        let held = Some(Held::with_room_for(block.len()));
        let (whole, bad, remarks) = Surveyor { held, ..Surveyor::default() }.read(columns, block);
        (whole.survey, bad, remarks, whole.steps, whole.held.and_then(Held::finish))
    }

    #[inline(always)]
    fn add(&mut self, row: &Row) {
        self.rows += 1;
        self.price_places = self.price_places.max(row.price.places);
        self.qty_places = self.qty_places.max(row.qty.places);
        let id = match row.id {
            Id::Integer(id) => {
                self.integer_ids += 1;
                id
            }
            Id::Text(text) => {
                self.empty_ids += u64::from(text.is_empty());
                i64::MIN
            }
        };
        let key = (row.ts, id);
        self.follow(key);
        if self.first.is_none() {
            self.first = Some(key);
        }
        self.last = Some(key);
    }

    /// Compares a key with the last one.
    #[inline(always)]
    fn follow(&mut self, key: (i64, i64)) {
        let Some(last) = self.last else { return };
        // Most rows go on as they should.
        if key.0 >= last.0 && key.1 > last.1 {
            return;
        }
        self.ts_falls += u64::from(key.0 < last.0);
        self.key_falls += u64::from(key < last);
        self.id_stalls += u64::from(key.1 <= last.1);
    }

    /// Adds the survey of what follows directly, in this file or the next one.
    pub fn merge(&mut self, next: &Survey) {
        if let Some(first) = next.first {
            self.follow(first);
            self.first = self.first.or(next.first);
            self.last = next.last;
        }
        self.lines += next.lines;
        self.rows += next.rows;
        self.bad += next.bad;
        self.price_places = self.price_places.max(next.price_places);
        self.qty_places = self.qty_places.max(next.qty_places);
        self.integer_ids += next.integer_ids;
        self.empty_ids += next.empty_ids;
        self.ts_falls += next.ts_falls;
        self.key_falls += next.key_falls;
        self.id_stalls += next.id_stalls;
    }

    pub fn ids(&self) -> Ids {
        if self.empty_ids == self.rows {
            Ids::Absent
        } else if self.integer_ids == self.rows {
            Ids::Integer
        } else {
            Ids::Text
        }
    }

    /// The rows are in the order of 0.2 as they stand.
    pub fn sorted(&self) -> bool {
        match self.ids() {
            Ids::Integer => self.key_falls == 0,
            Ids::Text | Ids::Absent => self.ts_falls == 0,
        }
    }

    /// The rows are in order and no two can have one id: blocks can go on as they are, one by one.
    pub fn streamable(&self) -> bool {
        match self.ids() {
            Ids::Integer => self.ts_falls == 0 && self.id_stalls == 0,
            Ids::Absent => self.ts_falls == 0,
            Ids::Text => false,
        }
    }

    /// The survey as numbers, to cross from one kernel instance to another.
    pub fn to_numbers(&self) -> [i64; SURVEY_NUMBERS] {
        let (first, last) = (self.first.unwrap_or_default(), self.last.unwrap_or_default());
        [
            self.lines as i64,
            self.rows as i64,
            self.bad as i64,
            i64::from(self.price_places),
            i64::from(self.qty_places),
            self.integer_ids as i64,
            self.empty_ids as i64,
            self.ts_falls as i64,
            self.key_falls as i64,
            self.id_stalls as i64,
            i64::from(self.first.is_some()),
            first.0,
            first.1,
            last.0,
            last.1,
        ]
    }

    /// The inverse of [`Survey::to_numbers`].
    pub fn from_numbers(numbers: &[i64]) -> Result<Survey> {
        let n: [i64; SURVEY_NUMBERS] = numbers.try_into().map_err(|_| {
            Error::new(
                Code::Kernel,
                format!("survey: expected {SURVEY_NUMBERS} numbers, got {}", numbers.len()),
            )
        })?;
        let some = |key| (n[10] != 0).then_some(key);
        Ok(Survey {
            lines: n[0] as u64,
            rows: n[1] as u64,
            bad: n[2] as u64,
            price_places: n[3] as u32,
            qty_places: n[4] as u32,
            integer_ids: n[5] as u64,
            empty_ids: n[6] as u64,
            ts_falls: n[7] as u64,
            key_falls: n[8] as u64,
            id_stalls: n[9] as u64,
            first: some((n[11], n[12])),
            last: some((n[13], n[14])),
        })
    }
}

/// How the rows of one file become columns, once the survey has fixed the number format.
#[derive(Clone, Debug)]
pub struct TradeScan {
    columns: TradeColumns,
    ticks: Axis,
    lots: Axis,
    ids: Ids,
}

/// The columns of one block, in file order, and what was left out of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TradeBlock {
    pub trades: Trades,
    /// With [`Ids::Text`]: the ids' text one after the other, and where each row's ends.
    pub id_text: Vec<u8>,
    pub id_ends: Vec<u32>,
    pub lines: u64,
    pub bad: BadRows,
    /// Price or quantity not above 0.
    pub nonpositive: Dropped,
    /// Price or quantity between the steps of the grid, or below the first one.
    pub off_grid: Dropped,
    /// The first row whose price or quantity is too many steps to count. Ends the run, whatever is done
    /// about bad rows: the step is wrong, not the row.
    pub beyond: Option<BadRow>,
}

impl TradeScan {
    pub fn new(columns: TradeColumns, tick: Decimal, lot: Decimal, ids: Ids) -> Self {
        TradeScan { columns, ticks: Axis::new(tick), lots: Axis::new(lot), ids }
    }

    /// Reads one block.
    pub fn read(&self, block: &[u8]) -> TradeBlock {
        let mut out = TradeBlock::default();
        let (mut bad, mut remarks) = (BadRows::default(), Remarks::default());
        out.reserve(block.len() / SHORT_ROW);
        let mut keeper = Keeper { scan: self, out };
        let lines = read_rows(&self.columns, block, &mut bad, &mut remarks, &mut keeper);
        let mut out = keeper.out;
        out.lines = u64::from(lines);
        out.bad = bad;
        out
    }

    #[inline(always)]
    fn keep(&self, out: &mut TradeBlock, row: &Row, line: u32) -> std::result::Result<(), String> {
        let id = self.id(row.id)?;
        if row.price.mantissa <= 0 || row.qty.mantissa <= 0 {
            out.nonpositive.add(line);
            return Ok(());
        }
        match (self.ticks.place(row.price), self.lots.place(row.qty)) {
            (Place::On(px_ticks), Place::On(qty_lots)) => {
                out.trades.ts.push(row.ts);
                out.trades.id.push(id);
                out.trades.px_ticks.push(px_ticks);
                out.trades.qty_lots.push(qty_lots);
                out.trades.side.push(row.side);
                if self.ids == Ids::Text {
                    out.push_id_text(row.id);
                }
            }
            (Place::Beyond, _) => out.stop(line, "price", "tick_size"),
            (_, Place::Beyond) => out.stop(line, "qty", "lot_size"),
            _ => out.off_grid.add(line),
        }
        Ok(())
    }

    /// The id for the column. A file that changed since its survey is caught here.
    #[inline(always)]
    fn id(&self, id: Id) -> std::result::Result<i64, String> {
        match (self.ids, id) {
            (Ids::Integer, Id::Integer(id)) => Ok(id),
            (Ids::Integer, Id::Text(text)) => Err(wrong(NAMES[ID], "an integer", text)),
            (Ids::Absent, Id::Integer(id)) => Err(wrong(NAMES[ID], "no id", id.to_string().as_bytes())),
            (Ids::Absent, Id::Text(text)) if !text.is_empty() => Err(wrong(NAMES[ID], "no id", text)),
            _ => Ok(i64::MIN),
        }
    }
}

/// A block in the making.
struct Keeper<'a> {
    scan: &'a TradeScan,
    out: TradeBlock,
}

impl Sink for Keeper<'_> {
    #[inline(always)]
    fn take(&mut self, row: &Row, line: u32) -> std::result::Result<(), String> {
        self.scan.keep(&mut self.out, row, line)
    }
}

impl TradeBlock {
    fn reserve(&mut self, rows: usize) {
        self.trades.ts.reserve(rows);
        self.trades.id.reserve(rows);
        self.trades.px_ticks.reserve(rows);
        self.trades.qty_lots.reserve(rows);
        self.trades.side.reserve(rows);
    }

    fn push_id_text(&mut self, id: Id) {
        match id {
            Id::Integer(id) => self.id_text.extend_from_slice(id.to_string().as_bytes()),
            Id::Text(text) => self.id_text.extend_from_slice(text),
        }
        self.id_ends.push(self.id_text.len() as u32);
    }

    #[cold]
    fn stop(&mut self, line: u32, field: &str, parameter: &str) {
        if self.beyond.is_none() {
            let message =
                format!("field \"{field}\": expected less than 2^60 steps of {parameter}, got more");
            self.beyond = Some(BadRow { line, message });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tick::grid::step;
    use crate::tick::order::TradeOrder;
    use crate::tick::random::Random;

    fn columns() -> TradeColumns {
        TradeColumns::new("canonical").unwrap()
    }

    /// The same file read without the shortcut for the common shape.
    fn columns_without_shortcut() -> TradeColumns {
        let mut columns = columns();
        columns.columns.canonical = false;
        columns
    }

    fn scan(tick: &str, lot: &str, ids: Ids) -> TradeScan {
        let step = |text| step("tick_size", Some(text), 0).unwrap();
        TradeScan::new(columns(), step(tick), step(lot), ids)
    }

    fn survey(text: &str) -> Survey {
        Survey::of(&columns(), text.as_bytes()).0
    }

    #[test]
    fn rows_become_columns_on_the_grid() {
        let text = "1727998723874457,5010,61799.1,0.002,0\r\n-5,-7,\"61802.10\",1.2e-1,-1\n\n 9 ,8,.5,5.,1";
        let block = scan("0.1", "0.001", Ids::Integer).read(text.as_bytes());
        assert_eq!((block.bad.total, block.lines), (0, 4), "{:?}", block.bad);
        assert_eq!(block.trades.ts, [1727998723874457, -5, 9]);
        assert_eq!(block.trades.id, [5010, -7, 8]);
        assert_eq!(block.trades.px_ticks, [617991, 618021, 5]);
        assert_eq!(block.trades.qty_lots, [2, 120, 5000]);
        assert_eq!(block.trades.side, [0, -1, 1]);
    }

    #[test]
    fn the_rows_that_a_survey_holds_are_those_of_a_scan() {
        let rows = |text: &str| {
            let (survey, bad, _, _, held) = Survey::with_rows(&columns(), text.as_bytes());
            assert_eq!(survey, self::survey(text));
            (survey, bad.total, held)
        };
        for ids in ["7,8,9", ",,"] {
            let ids: Vec<&str> = ids.split(',').collect();
            let text = format!(
                "5,{},61799,2,0\nx\n6,{},61802.10,1.2e-1,-1\n\n 9 ,{},.5,5.000,1\n10,10,1.75,1e3,1",
                ids[0], ids[1], ids[2]
            );
            let text = if ids[0].is_empty() { text.replace("10,10,", "10,,") } else { text };
            let (survey, bad, held) = rows(&text);
            let (tick, lot) =
                (step("tick_size", None, survey.price_places), step("lot_size", None, survey.qty_places));
            let want =
                TradeScan::new(columns(), tick.unwrap(), lot.unwrap(), survey.ids()).read(text.as_bytes());
            assert_eq!((bad, want.bad.total, held), (1, 1, Some(want.trades)));
        }
        for text in ["5,1,0,2,0", "5,1,2,-2,0", "5,a,2,2,0", "5,1,2e17,2,0\n6,2,0.001,2,0", "5,1,2e20,2,0"] {
            assert!(rows(text).2.is_none(), "{text}");
        }
    }

    #[test]
    fn bad_rows_are_told_with_line_field_and_value() {
        for (row, message) in [
            ("1,2,n/a,1,1", "field \"price\": expected a number, got \"n/a\""),
            ("1,2,3,,1", "field \"qty\": expected a number, got \"\""),
            ("1.5,2,3,1,1", "field \"ts\": expected an integer, got \"1.5\""),
            (
                "99999999999999999999,2,3,1,1",
                "field \"ts\": expected an integer, got \"99999999999999999999\"",
            ),
            ("1,2,3,1,2", "field \"side\": expected 1, -1 or 0, got \"2\""),
            ("1,2,3,1,-", "field \"side\": expected 1, -1 or 0, got \"-\""),
            ("1,2,3,1,1\0", "field \"side\": expected 1, -1 or 0, got \"1\\u{0}\""),
            ("1,\0,3,1,1", "field \"trade_id\": expected text without NUL bytes, got \"\\u{0}\""),
            ("1,2,3,1", "expected 5 fields, got 4"),
            ("1,2,3,1,1,", "expected 5 fields, got 6"),
            ("1,2,3\r,1,1\r", "field \"price\""),
            ("1,2,1e39,1,1", "field \"price\": expected a number of at most 38 digits and 38 decimals"),
        ] {
            let row = if row.contains('\r') { row.replace("3\r", "3\r4") } else { row.to_string() };
            let (survey, bad, _) = Survey::of(&columns(), format!("\n{row}\n1,2,3,4,0\n").as_bytes());
            assert_eq!((survey.rows, survey.bad, bad.total, bad.first[0].line), (1, 1, 1, 2), "{row}");
            assert!(bad.first[0].message.starts_with(message), "{}", bad.first[0].message);
        }
    }

    #[test]
    fn all_bad_rows_are_counted_and_the_first_are_told() {
        let (_, bad, _) = Survey::of(&columns(), "x\n".repeat(1000).as_bytes());
        assert_eq!((bad.total, bad.first.len(), bad.first[19].line), (1000, 20, 20));
    }

    #[test]
    fn dropped_rows_are_counted_by_reason() {
        let text = "1,1,0.00,1,1\n1,2,5,-1,1\n1,3,5.05,1,1\n1,4,5,0.5,1\n1,5,0.00000001,1,1\n1,6,5,1,1\n";
        let block = scan("0.1", "1", Ids::Integer).read(text.as_bytes());
        assert_eq!(block.trades.id, [6]);
        assert_eq!(block.nonpositive, Dropped { total: 2, lines: vec![1, 2] });
        assert_eq!(block.off_grid, Dropped { total: 3, lines: vec![3, 4, 5] });
    }

    #[test]
    fn more_ticks_than_can_be_counted_end_the_run() {
        let text = "1,1,61800.3,1,1\n1,2,1e-30,1,1\n";
        assert_eq!(survey(text).price_places, 30);
        let block = scan("1e-30", "1", Ids::Integer).read(text.as_bytes());
        let beyond = block.beyond.unwrap();
        assert_eq!(beyond.line, 1);
        assert_eq!(beyond.message, "field \"price\": expected less than 2^60 steps of tick_size, got more");
    }

    #[test]
    fn decimals_of_dropped_rows_count_and_those_of_bad_rows_do_not() {
        let s = survey("1,1,61800.30000000,1,1\n1,2,-1.912e-05,1.5e1,1\n1,3,0.123456789123,x,1\n");
        assert_eq!((s.price_places, s.qty_places, s.rows, s.bad), (8, 0, 2, 1));
    }

    #[test]
    fn the_kind_of_ids_is_that_of_all_rows() {
        for (text, ids, sorted, streamable) in [
            ("", Ids::Absent, true, true),
            ("1,,1,1,0\n2,,1,1,0\n", Ids::Absent, true, true),
            ("2,,1,1,0\n1,,1,1,0\n", Ids::Absent, false, false),
            ("1,5,1,1,0\n1,6,1,1,0\n", Ids::Integer, true, true),
            ("1,5,1,1,0\n1,5,1,1,0\n", Ids::Integer, true, false),
            ("1,6,1,1,0\n1,5,1,1,0\n", Ids::Integer, false, false),
            ("1,6,1,1,0\n2,5,1,1,0\n", Ids::Integer, true, false),
            ("1,6,1,1,0\n1,,1,1,0\n", Ids::Text, true, false),
            ("1,a,1,1,0\n", Ids::Text, true, false),
            ("1,9223372036854775808,1,1,0\n", Ids::Text, true, false),
            ("1,1.0,1,1,0\n", Ids::Text, true, false),
            // A dropped row takes part, a bad one does not.
            ("1,5,1,1,0\n1,x,0,1,0\n", Ids::Text, true, false),
            ("1,5,1,1,0\n1,x,?,1,0\n", Ids::Integer, true, true),
        ] {
            let s = survey(text);
            assert_eq!((s.ids(), s.sorted(), s.streamable()), (ids, sorted, streamable), "{text}");
        }
        let without = "fields\t4\ncolumn\tts\t0\tts\ncolumn\tprice\t1\tprice\ncolumn\tqty\t2\tqty\ncolumn\tside\t3\tside\n";
        let without = TradeColumns::new(without).unwrap();
        let (s, bad, _) = Survey::of(&without, b"1,2,3,1\n");
        assert_eq!((s.ids(), s.rows, bad.total), (Ids::Absent, 1, 0));
    }

    #[test]
    fn a_file_that_changed_since_its_survey_is_caught() {
        let bad = |ids, text: &str| scan("1", "1", ids).read(text.as_bytes()).bad.total;
        assert_eq!(bad(Ids::Integer, "1,,1,1,0"), 1);
        assert_eq!(bad(Ids::Absent, "1,7,1,1,0"), 1);
        assert_eq!(bad(Ids::Text, "1,7,1,1,0\n1,,1,1,0\n1,x,1,1,0"), 0);
    }

    fn number(random: &mut Random) -> String {
        let digits = |random: &mut Random, n: u64| -> String {
            (0..random.below(n)).map(|_| (b'0' + random.below(10) as u8) as char).collect()
        };
        let whole = digits(random, 6);
        let mut text = if random.below(6) == 0 { "-".to_string() + &whole } else { whole };
        if random.below(2) == 0 {
            text += &format!(".{}", digits(random, 6));
        }
        if random.below(9) == 0 {
            text += &format!("e{}", random.below(9) as i32 - 4);
        }
        if random.below(9) == 0 { format!("\"{text}\"") } else { text }
    }

    fn row(random: &mut Random) -> String {
        let id = match random.below(12) {
            0 => String::new(),
            1 => "abc".to_string(),
            _ => random.below(30).to_string(),
        };
        let side = ["1", "-1", "0", "0", "+1", "7"][random.below(6) as usize];
        let (price, qty) = (number(random), number(random));
        let end = ["\n", "\r\n", "\n\n"][random.below(3) as usize];
        format!("{},{id},{price},{qty},{side}{end}", random.below(50))
    }

    fn file(random: &mut Random) -> Vec<u8> {
        let rows = random.below(12);
        let mut bytes: Vec<u8> = (0..rows).flat_map(|_| row(random).into_bytes()).collect();
        for _ in 0..random.below(4) {
            if !bytes.is_empty() {
                let at = random.below(bytes.len() as u64) as usize;
                bytes[at] = b"\0\n\r,\"x-.e\xff1"[random.below(11) as usize];
            }
        }
        bytes
    }

    #[test]
    fn the_shortcut_reads_what_the_general_path_reads() {
        let mut random = Random(1);
        for _ in 0..4000 {
            let bytes = file(&mut random);
            let general = columns_without_shortcut();
            assert_eq!(Survey::of(&columns(), &bytes), Survey::of(&general, &bytes));
            for ids in [Ids::Integer, Ids::Text, Ids::Absent] {
                let quick = scan("0.01", "0.5", ids);
                let slow = TradeScan { columns: general.clone(), ..quick.clone() };
                assert_eq!(quick.read(&bytes), slow.read(&bytes), "{}", String::from_utf8_lossy(&bytes));
            }
        }
    }

    /// The columns of the canonical schema in a dialect, with words for sides.
    const DIALECT: &str = "fields\t5\ncolumn\tts\t0\tts\ncolumn\ttrade_id\t1\tid\ncolumn\tprice\t2\tprice\ncolumn\tqty\t3\tqty\ncolumn\tside\t4\tside\ntime\tauto\nword\tside\t1\t1\nword\tside\t-1\t-1\nword\tside\t0\t0\nmultiplier\t0.5\nonly\t4\t1\nonly\t4\t0\nonly\t4\t7";

    #[test]
    fn the_plan_of_a_dialect_reads_what_the_general_path_reads() {
        let mut random = Random(12);
        let planned = TradeColumns::new(DIALECT).unwrap();
        let general = TradeColumns { plan: None, ..planned.clone() };
        let mut rows = 0;
        for _ in 0..4000 {
            let bytes = file(&mut random);
            let survey = Survey::with_steps(&planned, &bytes);
            assert_eq!(survey, Survey::with_steps(&general, &bytes), "{}", String::from_utf8_lossy(&bytes));
            rows += survey.0.rows;
            let quick = TradeScan { columns: planned.clone(), ..scan("0.01", "0.05", Ids::Text) };
            let slow = TradeScan { columns: general.clone(), ..quick.clone() };
            assert_eq!(quick.read(&bytes), slow.read(&bytes), "{}", String::from_utf8_lossy(&bytes));
        }
        assert!(rows > 5000, "{rows}");
    }

    #[test]
    fn any_cut_after_a_newline_gives_the_same_survey_and_columns() {
        let mut random = Random(2);
        for _ in 0..600 {
            let bytes = file(&mut random);
            let whole = Survey::of(&columns(), &bytes).0;
            let scan = scan("0.01", "0.1", whole.ids());
            let ordered = |blocks: &[&[u8]]| {
                let mut order = TradeOrder::default();
                blocks.iter().for_each(|b| order.push_block(&scan.read(b)).unwrap());
                order.finish(whole.ids(), false).unwrap()
            };
            let expected = ordered(&[&bytes]);
            for at in (0..bytes.len()).filter(|i| bytes[*i] == b'\n') {
                let (a, b) = bytes.split_at(at + 1);
                let mut merged = Survey::default();
                for part in [a, b] {
                    let numbers = Survey::of(&columns(), part).0.to_numbers();
                    merged.merge(&Survey::from_numbers(&numbers).unwrap());
                }
                assert_eq!(merged, whole);
                assert_eq!(ordered(&[a, b]), expected);
            }
        }
    }

    /// Order, dedup and grid in the words of 0.2, row by row.
    fn naive_order(bytes: &[u8], whole: &Survey) -> (Trades, u64) {
        let mut rows: Vec<(i64, i64, usize, String, TradeBlock)> = vec![];
        for (nth, line) in bytes.split_inclusive(|c| *c == b'\n').enumerate() {
            let block = scan("0.01", "0.1", whole.ids()).read(line);
            if let (Some(ts), Some(id)) = (block.trades.ts.first(), block.trades.id.first()) {
                let text = String::from_utf8(block.id_text.clone()).unwrap();
                rows.push((*ts, *id, nth, text, block.clone()));
            }
        }
        rows.sort_by_key(|row| (row.0, row.1, row.2));
        let (mut out, mut seen, mut repeats) = (TradeOrder::default(), vec![], 0);
        for (_, id, _, text, block) in rows {
            let key = if whole.ids() == Ids::Integer { id.to_string() } else { text };
            if !key.is_empty() && seen.contains(&key) {
                repeats += 1;
                continue;
            }
            seen.push(key);
            out.push_block(&TradeBlock { id_text: vec![], id_ends: vec![], ..block }).unwrap();
        }
        // Already in order and without repeats: `Absent` leaves it as it is.
        (out.finish(Ids::Absent, false).unwrap().0, repeats)
    }

    #[test]
    fn order_and_dedup_equal_the_oracle() {
        let mut random = Random(3);
        let mut repeats = 0;
        for round in 0..800 {
            let mut text: String = (0..random.below(40)).map(|_| row(&mut random)).collect();
            if round % 2 == 0 {
                text = text.replace(",abc,", ",3,").replace(",,", ",4,");
            }
            let whole = Survey::of(&columns(), text.as_bytes()).0;
            let mut order = TradeOrder::default();
            let block = scan("0.01", "0.1", whole.ids()).read(text.as_bytes());
            order.push_block(&block).unwrap();
            let got = order.finish(whole.ids(), false).unwrap();
            assert_eq!(got, naive_order(text.as_bytes(), &whole), "{text}");
            repeats += got.1;
            if whole.streamable() {
                assert_eq!((&got.0, got.1), (&block.trades, 0));
            }
        }
        assert!(repeats > 100);
    }

    #[test]
    fn overlong_lines_are_bad_rows() {
        let long = [vec![b'1'; 3_000_000], b"\n1,2,3,4,1\n".to_vec()].concat();
        let (s, bad, _) = Survey::of(&columns(), &long);
        assert_eq!((s.rows, bad.total, s.lines), (1, 1, 2));
        assert!(bad.first[0].message.len() < 100);
    }
}
