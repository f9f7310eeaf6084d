//! Liquidations: rows of `ts,seq,pos,price,qty` or of another dialect, gathered from all blocks, then ordered and
//! freed of repeats.

use super::columns::Columns;
use super::decimal::{MAX_DIGITS, parse_integer};
use super::dialect::{Dialect, Words, multiplied};
use super::external::{Merge, RunSort, ordered};
use super::json::Json;
use super::row::{BadRows, Dropped, Fields, each_line, line_end, strip_return, wrong};
use super::stamp;
use super::trades::Remarks;
use crate::error::{Code, Error, Result};
use crate::event::{Decimal, Liquidations};
use std::collections::BTreeSet;

/// The meanings of a liquidation row, in canonical order.
const NAMES: [&str; 5] = ["ts", "seq", "pos", "price", "qty"];
const TS: usize = 0;
const SEQ: usize = 1;
const POS: usize = 2;
const PRICE: usize = 3;
const QTY: usize = 4;

/// How a file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// A row a liquidation.
    Rows,
    /// A row a bar, with the notional of longs and of shorts (Coinglass). A bar is known when it is over: the
    /// dialect's shift moves its stamp there.
    Bars,
    /// A JSON message a line, in which objects with these keys are liquidations.
    Json,
}

/// Where a file of liquidations has its fields.
#[derive(Clone, Debug)]
pub struct LiquidationColumns {
    columns: Columns<5>,
    dialect: Dialect,
    layout: Layout,
    /// What the texts of `pos` mean; none in canonical files, which have integers.
    positions: Words,
    /// A column that names the position itself, before the order's side is asked.
    position: Option<(usize, String, Words)>,
    /// A column of prices that counts before `price` where it is above 0: the average of the fills.
    average: Option<usize>,
    /// Notional of longs and of shorts.
    bars: [(usize, String); 2],
}

impl LiquidationColumns {
    /// Reads the text of a [`Dialect`]: its meanings are `ts`, `seq`, `pos`, `price`, `qty`, and beside them
    /// `position` and `average`; in the layout `bars` they are `ts`, `long` and `short`. Errors: `E_KERNEL`.
    pub fn new(dialect: &str) -> Result<Self> {
        let dialect = Dialect::parse(dialect, &NAMES)?;
        let layout = match dialect.layout.as_str() {
            "" => Layout::Rows,
            "bars" => Layout::Bars,
            "json" => Layout::Json,
            other => {
                return Err(Error::new(Code::Kernel, format!("liquidations: unknown layout \"{other}\"")));
            }
        };
        let optional: &[&str] = if layout == Layout::Rows { &[NAMES[SEQ]] } else { &NAMES };
        let columns = Columns::of(&dialect, NAMES, optional)?;
        let bar = |name| {
            dialect.column(name).map_or((usize::MAX, String::new()), |(at, own)| (at, own.to_string()))
        };
        Ok(LiquidationColumns {
            columns,
            layout,
            positions: dialect.words("pos"),
            position: dialect
                .column("position")
                .map(|(at, own)| (at, own.to_string(), dialect.words("position"))),
            average: dialect.column("average").map(|(at, _)| at),
            bars: [bar("long"), bar("short")],
            dialect,
        })
    }
}

/// One row; its five columns in this order tell two rows apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    ts: i64,
    seq: Option<i64>,
    pos: i8,
    price: (i128, u32),
    qty: (i128, u32),
}

impl Row {
    /// `price * qty`; `None` where the exact product has more than 38 decimals or does not fit 128 bits.
    fn notional(&self) -> Option<Decimal> {
        let mut mantissa = self.price.0.checked_mul(self.qty.0)?;
        let mut places = self.price.1 + self.qty.1;
        while places > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            places -= 1;
        }
        (places <= MAX_DIGITS).then_some(Decimal { mantissa, places })
    }
}

/// What one block of liquidations came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiquidationReport {
    pub lines: u64,
    pub bad: BadRows,
    /// Price or quantity not above 0.
    pub nonpositive: Dropped,
    pub remarks: Remarks,
}

/// The rows of all blocks, in the order of the files.
#[derive(Clone, Debug, Default)]
pub struct LiquidationScan {
    rows: Vec<(Row, f64)>,
}

impl LiquidationScan {
    /// Reads the next block.
    pub fn read(&mut self, columns: &LiquidationColumns, block: &[u8]) -> LiquidationReport {
        let (mut report, mut fields) = (LiquidationReport::default(), Fields::default());
        let lines = each_line(block, |at, line| {
            let end = line_end(block, at);
            let text = strip_return(&block[at..end]);
            let read = match columns.layout {
                Layout::Json => read_message(columns, text),
                _ => read_line(columns, &mut fields, text, line, &mut report.remarks),
            };
            match read {
                Ok(rows) => rows.into_iter().for_each(|row| self.take(row, line, &mut report)),
                Err(message) => report.bad.add(line, message),
            }
            end + 1
        });
        report.lines = u64::from(lines);
        report
    }

    fn take(&mut self, row: Row, line: u32, report: &mut LiquidationReport) {
        if row.price.0 <= 0 || row.qty.0 <= 0 {
            report.nonpositive.add(line);
        } else {
            self.keep(row, line, report);
        }
    }

    fn keep(&mut self, row: Row, line: u32, report: &mut LiquidationReport) {
        match row.notional() {
            Some(notional) => self.rows.push((row, notional.to_f64())),
            None => report.bad.add(line, "expected price * qty of at most 38 digits, got more".to_string()),
        }
    }

    /// Puts the rows into a run that is sorted stably by `ts`; none are left here.
    pub fn spill(&mut self, run: &mut RunSort) {
        for (row, notional) in self.rows.drain(..) {
            run.push(&ordered(row.ts), &to_bytes(&row, notional));
        }
    }

    /// All rows in time order; with `exact` of rows equal in all five columns the first stays. Answers how
    /// many went.
    #[cfg(test)]
    pub fn finish(mut self, exact: bool) -> (Liquidations, u64) {
        let mut run = RunSort::default();
        self.spill(&mut run);
        let mut merge = LiquidationMerge::new(1, exact);
        merge.feed(0, &run.take(), true).unwrap();
        (merge.read(usize::MAX).unwrap(), merge.duplicates)
    }
}

const ROW_BYTES: usize = 66;
const WHOLE_HISTORY: &str = "run prepare on the whole history.";

fn to_bytes(row: &Row, notional: f64) -> [u8; ROW_BYTES] {
    let mut out = [0; ROW_BYTES];
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        out[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    put(&row.ts.to_le_bytes());
    put(&[u8::from(row.seq.is_some()), row.pos as u8]);
    put(&row.seq.unwrap_or_default().to_le_bytes());
    for (mantissa, places) in [row.price, row.qty] {
        put(&mantissa.to_le_bytes());
        put(&places.to_le_bytes());
    }
    put(&notional.to_le_bytes());
    out
}

fn from_bytes(bytes: &[u8]) -> Option<(Row, f64)> {
    let long = |at: usize| Some(i64::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let decimal = |at: usize| {
        let mantissa = i128::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
        Some((mantissa, u32::from_le_bytes(*bytes.get(at + 16..)?.first_chunk()?)))
    };
    let seq = if *bytes.get(8)? == 0 { None } else { Some(long(10)?) };
    let row = Row { ts: long(0)?, seq, pos: *bytes.get(9)? as i8, price: decimal(18)?, qty: decimal(38)? };
    Some((row, f64::from_bits(long(58)? as u64)))
}

/// The liquidations of all runs in time order. Rows that are equal have one stamp, so that only those of the last
/// stamp must be remembered.
#[derive(Clone, Debug)]
pub struct LiquidationMerge {
    merge: Merge,
    exact: bool,
    of_last_ts: BTreeSet<Row>,
    pub duplicates: u64,
}

impl LiquidationMerge {
    /// `exact`: of rows equal in all five columns the first stays.
    pub fn new(runs: usize, exact: bool) -> Self {
        LiquidationMerge { merge: Merge::new(runs), exact, of_last_ts: BTreeSet::new(), duplicates: 0 }
    }

    /// The rows of the last stamp, as bytes: what repeats of them in a later input are known by.
    pub fn last_rows(&self) -> Vec<u8> {
        self.of_last_ts.iter().flat_map(|row| to_bytes(row, 0.0)).collect()
    }

    /// Goes on behind an input of which these are the [`Self::last_rows`]. Errors: `E_INPUT` for other bytes.
    pub fn go_on(&mut self, last_rows: &[u8]) -> Result<()> {
        let (rows, rest) = last_rows.as_chunks::<ROW_BYTES>();
        let rows: Option<_> = rows.iter().map(|bytes| from_bytes(bytes).map(|(row, _)| row)).collect();
        self.of_last_ts = rows.filter(|_| rest.is_empty()).ok_or_else(|| {
            Error::input("liquidations: expected saved rows, got other bytes").hint(WHOLE_HISTORY)
        })?;
        Ok(())
    }

    pub fn hungry(&self) -> Option<usize> {
        self.merge.hungry()
    }

    pub fn feed(&mut self, run: usize, bytes: &[u8], last: bool) -> Result<()> {
        self.merge.feed(run, bytes, last)
    }

    /// Up to `most` rows; fewer where a run is hungry, none and nobody hungry at the end.
    pub fn read(&mut self, most: usize) -> Result<Liquidations> {
        let mut out = Liquidations::default();
        while out.ts.len() < most {
            let mut read = None;
            if !self.merge.next(|_, bytes| read = from_bytes(bytes))? {
                break;
            }
            let broken = || Error::new(Code::Kernel, "merge: expected a liquidation, got another record");
            let (row, notional) = read.ok_or_else(broken)?;
            if self.repeated(row) {
                self.duplicates += 1;
                continue;
            }
            out.ts.push(row.ts);
            out.pos.push(row.pos);
            out.notional.push(notional);
        }
        Ok(out)
    }

    fn repeated(&mut self, row: Row) -> bool {
        if !self.exact {
            return false;
        }
        if self.of_last_ts.first().is_some_and(|other| other.ts != row.ts) {
            self.of_last_ts.clear();
        }
        !self.of_last_ts.insert(row)
    }
}

type Read<T> = std::result::Result<T, String>;

/// The liquidations of one line of fields. The error is the message of a bad row.
fn read_line(
    columns: &LiquidationColumns,
    fields: &mut Fields,
    text: &[u8],
    line: u32,
    remarks: &mut Remarks,
) -> Read<Vec<Row>> {
    columns.columns.split(fields, text)?;
    if !columns.dialect.ours(fields) {
        remarks.others += 1;
        return Ok(Vec::new());
    }
    let ts = stamp_of(columns, columns.columns.text(fields, TS), remarks)?;
    remarks.check(&columns.dialect, fields, Some(ts), line);
    if columns.layout == Layout::Bars {
        read_bar(columns, fields, ts)
    } else {
        read_row(columns, fields, ts).map(|row| vec![row])
    }
}

fn stamp_of(columns: &LiquidationColumns, text: &[u8], remarks: &mut Remarks) -> Read<i64> {
    let dialect = &columns.dialect;
    let time = stamp::parse(text, dialect.time);
    remarks.cut += u64::from(time.is_some_and(|time| time.cut));
    let ts = time.and_then(|time| time.us.checked_add(dialect.shift));
    ts.ok_or_else(|| wrong(&columns.columns.names[TS], dialect.time.expected(), text))
}

fn decimal(name: &str, text: &[u8]) -> Read<Decimal> {
    Decimal::parse(text).map_err(|expected| wrong(name, expected, text))
}

fn contracts(columns: &LiquidationColumns, name: &str, text: &[u8]) -> Read<(i128, u32)> {
    let qty = multiplied(decimal(name, text)?, columns.dialect.multiplier);
    let qty = qty.ok_or_else(|| wrong(name, "at most 38 digits once it is multiplied", text))?;
    Ok((qty.mantissa, qty.places))
}

fn read_row(columns: &LiquidationColumns, fields: &Fields, ts: i64) -> Read<Row> {
    let LiquidationColumns { columns: found, .. } = columns;
    let text = |i: usize| found.text(fields, i);
    let seq = match text(SEQ).trim_ascii() {
        b"" => None,
        seq if columns.dialect.canonical => {
            Some(parse_integer(seq).ok_or_else(|| wrong(&found.names[SEQ], "an integer", seq))?)
        }
        seq => Some(parse_integer(seq).unwrap_or_else(|| fingerprint(seq))),
    };
    let average = columns.average.map(|at| decimal(&found.names[PRICE], fields.get(at)));
    let price = match average {
        Some(Ok(average)) if average.mantissa > 0 => average,
        _ => decimal(&found.names[PRICE], text(PRICE))?,
    };
    let qty = contracts(columns, &found.names[QTY], text(QTY))?;
    Ok(Row { ts, seq, pos: position_of(columns, fields)?, price: (price.mantissa, price.places), qty })
}

/// An id that is text still tells two rows apart (FNV-1a).
fn fingerprint(text: &[u8]) -> i64 {
    text.iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, c| (hash ^ u64::from(*c)).wrapping_mul(0x100_0000_01b3))
        as i64
}

/// 1 where a long was closed by force. The position's own name counts before the side of the order.
fn position_of(columns: &LiquidationColumns, fields: &Fields) -> Read<i8> {
    let named = columns.position.as_ref().and_then(|(at, _, words)| words.get(fields.get(*at).trim_ascii()));
    if let Some(pos) = named {
        return Ok(pos);
    }
    let (name, text) = (&columns.columns.names[POS], columns.columns.text(fields, POS));
    if columns.positions.is_empty() {
        let pos = parse_integer(text).filter(|pos| *pos == 1 || *pos == -1);
        return pos.map(|pos| pos as i8).ok_or_else(|| wrong(name, "1 or -1", text));
    }
    let pos = columns.positions.get(text.trim_ascii());
    pos.ok_or_else(|| wrong(name, &columns.positions.expected(), text))
}

/// Longs and shorts of a bar, as one liquidation each of that many quote units; none where the notional is 0.
fn read_bar(columns: &LiquidationColumns, fields: &Fields, ts: i64) -> Read<Vec<Row>> {
    let mut rows = Vec::new();
    for ((at, name), pos) in columns.bars.iter().zip([1, -1]) {
        let notional = decimal(name, fields.get(*at))?;
        if notional.mantissa != 0 {
            rows.push(Row { ts, seq: None, pos, price: (1, 0), qty: (notional.mantissa, notional.places) });
        }
    }
    Ok(rows)
}

/// The keys that say the same in the messages of Binance (`o`), Bybit (`data`) and OKX (`data`, `details`).
const SYMBOLS: [&str; 3] = ["s", "instId", "symbol"];
const TIMES: [&str; 4] = ["T", "ts", "time", "updatedTime"];
const ORDER_SIDES: [&str; 2] = ["S", "side"];
const AVERAGES: [&str; 2] = ["ap", "average_price"];
const PRICES: [&str; 3] = ["p", "bkPx", "price"];
const FILLED: [&str; 5] = ["z", "v", "sz", "size", "qty"];

/// The liquidations of one message. The error is the message of a bad row.
fn read_message(columns: &LiquidationColumns, text: &[u8]) -> Read<Vec<Row>> {
    let json = Json::parse(text)
        .ok_or_else(|| format!("expected a JSON message, got \"{}\"", super::row::shown(text)))?;
    let mut rows = Vec::new();
    gather_message(columns, &json, None, &mut rows)?;
    Ok(rows)
}

fn gather_message(
    columns: &LiquidationColumns,
    json: &Json,
    symbol: Option<&[u8]>,
    rows: &mut Vec<Row>,
) -> Read<()> {
    if let Some(list) = json.list() {
        return list.iter().try_for_each(|each| gather_message(columns, each, symbol, rows));
    }
    let symbol = json.any(&SYMBOLS).map(Json::text).or(symbol);
    let held = ["o", "data", "details"].into_iter().filter_map(|key| json.get(key));
    // Binance calls the kind of an order `o` as well.
    match held.into_iter().find(|held| matches!(held, Json::List(_) | Json::Object(_))) {
        Some(inner) => gather_message(columns, inner, symbol, rows),
        None if json.any(&ORDER_SIDES).is_some() => {
            let wanted = columns.dialect.only.first();
            if wanted.is_none_or(|only| only.texts.iter().any(|text| Some(text.as_slice()) == symbol)) {
                rows.push(message_row(columns, json)?);
            }
            Ok(())
        }
        // Subscriptions and heartbeats hold no liquidation.
        None => Ok(()),
    }
}

fn message_row(columns: &LiquidationColumns, json: &Json) -> Read<Row> {
    let text = |keys: &[&str]| json.any(keys).map_or(&b""[..], Json::text);
    let ts = stamp_of(columns, text(&TIMES), &mut Remarks::default())?;
    let average = Decimal::parse(text(&AVERAGES)).ok().filter(|average| average.mantissa > 0);
    let price = average.map_or_else(|| decimal("price", text(&PRICES)), Ok)?;
    let qty = contracts(columns, "quantity", text(&FILLED))?;
    let named = columns.position.as_ref().and_then(|(.., words)| words.get(text(&["posSide"])));
    let side = text(&ORDER_SIDES);
    let pos = named.or_else(|| columns.positions.get(side));
    let pos = pos.ok_or_else(|| wrong("side", &columns.positions.expected(), side))?;
    Ok(Row { ts, seq: None, pos, price: (price.mantissa, price.places), qty })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> LiquidationColumns {
        LiquidationColumns::new("canonical").unwrap()
    }

    fn read(text: &str) -> (LiquidationScan, LiquidationReport) {
        let mut scan = LiquidationScan::default();
        let report = scan.read(&columns(), text.as_bytes());
        (scan, report)
    }

    #[test]
    fn rows_are_sorted_stably_and_exact_repeats_removed() {
        let text = "5,1,1,10.0,2\n3,2,-1,7,0.5\n5,1,1,10,2.00\n5,2,1,10,2\n3,1,1,8,1\n5,1,-1,10,2\n";
        let (scan, report) = read(text);
        assert_eq!((report.lines, report.bad.total), (6, 0));
        let (rows, duplicates) = scan.clone().finish(true);
        assert_eq!((rows.ts, duplicates), (vec![3, 3, 5, 5, 5], 1));
        assert_eq!(rows.pos, [-1, 1, 1, 1, -1]);
        assert_eq!(rows.notional, [3.5, 8.0, 20.0, 20.0, 20.0]);
        let (rows, duplicates) = scan.finish(false);
        assert_eq!((rows.ts.len(), duplicates), (6, 0));
    }

    #[test]
    fn any_cut_gives_the_same_rows() {
        let text = "5,1,1,10.0,2\n3,2,-1,7,0.5\n5,1,1,10,2.00\n\n5,,1,10,2\nbad\n5,1,-1,0,2";
        let whole = read(text).0.finish(true);
        for (at, _) in text.match_indices('\n') {
            let mut scan = LiquidationScan::default();
            scan.read(&columns(), &text.as_bytes()[..=at]);
            scan.read(&columns(), &text.as_bytes()[at + 1..]);
            assert_eq!(scan.finish(true), whole);
        }
    }

    #[test]
    fn the_notional_is_the_nearest_to_the_exact_product() {
        let (scan, _) = read("1,1,1,61798.7,0.090\n2,1,1,0.1,0.3\n3,1,1,1e-19,1e19\n");
        // 0.1 * 0.3 in f64 is 0.03 only after one rounding.
        assert_eq!(scan.finish(true).0.notional, [5561.883, 0.03, 1.0]);
    }

    #[test]
    fn bad_and_dropped_rows_are_counted() {
        let (_, report) =
            read("1,1,0,1,1\n1,x,1,1,1\n1,1,1,a,1\n1,1,1,0,1\n1,1,1,1,-2\n1,1,1,1e-20,1e-20\n1,1\n");
        assert_eq!((report.bad.total, report.nonpositive.lines), (5, vec![4, 5]));
        let messages: Vec<_> = report.bad.first.iter().map(|b| b.message.as_str()).collect();
        assert_eq!(messages[0], "field \"pos\": expected 1 or -1, got \"0\"");
        assert_eq!(messages[1], "field \"seq\": expected an integer, got \"x\"");
        assert_eq!(messages[3], "expected price * qty of at most 38 digits, got more");
    }

    #[test]
    fn byte_soup_never_traps() {
        let mut random = crate::tick::random::Random(4);
        for _ in 0..3000 {
            let mut bytes = b"5,1,1,10.0,2\n3,2,-1,7e5,0.5\r\n".to_vec();
            for _ in 0..4 {
                let at = random.below(bytes.len() as u64) as usize;
                bytes[at] = random.below(256) as u8;
            }
            let mut scan = LiquidationScan::default();
            scan.read(&columns(), &bytes);
            scan.finish(true);
        }
    }
}
