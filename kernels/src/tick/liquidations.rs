//! Liquidations: rows of `ts,seq,pos,price,qty`, gathered from all blocks, then ordered and freed of repeats.

use super::columns::Columns;
use super::decimal::{MAX_DIGITS, parse_integer};
use super::external::{Merge, RunSort, ordered};
use super::row::{BadRows, Dropped, Fields, each_line, line_end, strip_return, wrong};
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

/// Where a file of liquidations has its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiquidationColumns(Columns<5>);

impl LiquidationColumns {
    /// Reads the file's header line. Errors: `E_INPUT` with what was expected.
    pub fn from_header(header: &[u8]) -> Result<Self> {
        Columns::from_header(header, NAMES, None).map(LiquidationColumns)
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
            let row = read_row(&columns.0, &mut fields, strip_return(&block[at..end]));
            match row {
                Ok(row) if row.price.0 <= 0 || row.qty.0 <= 0 => report.nonpositive.add(line),
                Ok(row) => self.keep(row, line, &mut report),
                Err(message) => report.bad.add(line, message),
            }
            end + 1
        });
        report.lines = u64::from(lines);
        report
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

/// The error is the message of a bad row.
fn read_row(columns: &Columns<5>, fields: &mut Fields, line: &[u8]) -> std::result::Result<Row, String> {
    columns.split(fields, line)?;
    let text = |i: usize| columns.text(fields, i);
    let integer = |i: usize| parse_integer(text(i)).ok_or_else(|| wrong(NAMES[i], "an integer", text(i)));
    let decimal = |i: usize| {
        let number = Decimal::parse(text(i)).map_err(|expected| wrong(NAMES[i], expected, text(i)))?;
        Ok::<_, String>((number.mantissa, number.places))
    };
    let ts = integer(TS)?;
    let seq = if text(SEQ).trim_ascii().is_empty() { None } else { Some(integer(SEQ)?) };
    let pos = match parse_integer(text(POS)) {
        Some(1) => 1,
        Some(-1) => -1,
        _ => return Err(wrong(NAMES[POS], "1 or -1", text(POS))),
    };
    Ok(Row { ts, seq, pos, price: decimal(PRICE)?, qty: decimal(QTY)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> LiquidationColumns {
        LiquidationColumns::from_header(b"ts,seq,pos,price,qty").unwrap()
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
