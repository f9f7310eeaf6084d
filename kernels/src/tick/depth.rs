//! Depth: rows of `ts,seq,bid_px,bid_qty,ask_px,ask_qty`, levels as PostgreSQL arrays, reduced on the spot.

use super::columns::Columns;
use super::decimal::{parse_integer, pow10};
use super::row::{BadRows, Dropped, Fields, digits, each_line, line_end, small_decimal, strip_return, wrong};
use crate::book::block::BookBlock;
use crate::book::side::{Level, Side, clean, scaled};
use crate::book::{BookParams, Reducer};
use crate::error::Result;
use crate::event::{Decimal, Grid};

/// The meanings of a depth row, in canonical order; the arrays are the last four.
const NAMES: [&str; 6] = ["ts", "seq", "bid_px", "bid_qty", "ask_px", "ask_qty"];
const TS: usize = 0;
const SEQ: usize = 1;
const ARRAYS: usize = 2;

/// Where a depth file has its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepthColumns(Columns<6>);

impl DepthColumns {
    /// Reads the file's header line. Errors: `E_INPUT` with what was expected.
    pub fn from_header(header: &[u8]) -> Result<Self> {
        Columns::from_header(header, NAMES, None).map(DepthColumns)
    }
}

/// The time order of a file, read fast: only the stamps, before anything is reduced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeSurvey {
    pub lines: u64,
    /// Rows whose `ts` can be read.
    pub rows: u64,
    /// Successive rows whose `ts` falls; 0 says that blocks can be merged as they come.
    pub falls: u64,
    pub first: Option<i64>,
    pub last: Option<i64>,
}

impl TimeSurvey {
    pub fn of(columns: &DepthColumns, block: &[u8]) -> TimeSurvey {
        let (mut survey, mut fields) = (TimeSurvey::default(), Fields::default());
        let lines = each_line(block, |start, _| {
            let mut at = start;
            let stamp = digits(block, &mut at);
            let end = line_end(block, at);
            let plain =
                columns.0.canonical && (1..=18).contains(&(at - start)) && block.get(at) == Some(&b',');
            let ts = if plain {
                Some(stamp as i64)
            } else {
                let split = fields.split(strip_return(&block[start..end]));
                split.ok().and_then(|()| parse_integer(columns.0.text(&fields, TS)))
            };
            survey.rows += u64::from(ts.is_some());
            survey.follow(ts);
            end + 1
        });
        survey.lines = u64::from(lines);
        survey
    }

    fn follow(&mut self, next: Option<i64>) {
        let Some(ts) = next else { return };
        self.falls += u64::from(self.last > next);
        self.first = self.first.or(next);
        self.last = Some(ts);
    }

    /// Adds the survey of what follows directly.
    pub fn merge(&mut self, next: &TimeSurvey) {
        let last = next.last;
        self.follow(next.first);
        self.last = last.or(self.last);
        self.lines += next.lines;
        self.rows += next.rows;
        self.falls += next.falls;
    }
}

/// One block, reduced, and what was left out of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DepthBlock {
    pub block: BookBlock,
    pub lines: u64,
    /// Rows whose price and size arrays differ in length: as if absent.
    pub malformed: Dropped,
    pub bad: BadRows,
}

/// Reads and reduces depth rows; holds what is reused from row to row.
pub struct DepthScan {
    columns: DepthColumns,
    tick: Decimal,
    reducer: Reducer,
    fields: Fields,
    lists: [List; 4],
    narrow: [Vec<Level<i64>>; 2],
    wide: [Vec<Level<i128>>; 2],
}

/// The numbers of one array in the common shape: at most 18 digits each.
#[derive(Default)]
struct List {
    mantissas: Vec<i64>,
    places: Vec<u8>,
}

const SIDES: [Side; 2] = [Side::Bid, Side::Ask];

impl DepthScan {
    pub fn new(columns: DepthColumns, grid: &Grid, params: BookParams) -> Self {
        DepthScan {
            columns,
            tick: grid.tick,
            reducer: Reducer::new(grid, params),
            fields: Fields::default(),
            lists: Default::default(),
            narrow: Default::default(),
            wide: Default::default(),
        }
    }

    /// Reads one block.
    pub fn read(&mut self, block: &[u8]) -> DepthBlock {
        let mut out = DepthBlock::default();
        let lines = each_line(block, |at, line| {
            if self.columns.0.canonical {
                if let Some((ts, next)) = self.canonical_row(block, at) {
                    self.reduce_lists(ts, line, &mut out);
                    return next;
                }
            }
            let end = line_end(block, at);
            if let Err(message) = self.any_row(strip_return(&block[at..end]), line, &mut out) {
                out.bad.add(line, message);
            }
            end + 1
        });
        out.lines = u64::from(lines);
        out
    }

    /// The common shape of a row, read in one go into `lists`. Answers its `ts` and where the next row starts,
    /// `None` for every other shape, which [`DepthScan::any_row`] then judges.
    fn canonical_row(&mut self, block: &[u8], start: usize) -> Option<(i64, usize)> {
        let mut at = start;
        let ts = digits(block, &mut at) as i64;
        if !(1..=18).contains(&(at - start)) || block.get(at) != Some(&b',') {
            return None;
        }
        let seq = at + 1;
        at = seq;
        digits(block, &mut at);
        if at - seq > 18 {
            return None;
        }
        for list in &mut self.lists {
            if block.get(at) != Some(&b',') {
                return None;
            }
            at += 1;
            list.read(block, &mut at)?;
        }
        match (block.get(at), block.get(at + 1)) {
            (None | Some(b'\n'), _) => Some((ts, at + 1)),
            (Some(b'\r'), Some(b'\n')) => Some((ts, at + 2)),
            _ => None,
        }
    }

    fn reduce_lists(&mut self, ts: i64, line: u32, out: &mut DepthBlock) {
        let [bid_px, bid_qty, ask_px, ask_qty] = &self.lists;
        if bid_px.places.len() != bid_qty.places.len() || ask_px.places.len() != ask_qty.places.len() {
            return out.malformed.add(line);
        }
        let places = bid_px.max_places().max(ask_px.max_places()).max(self.tick.places);
        let size_places = bid_qty.max_places().max(ask_qty.max_places());
        let narrow = places <= 18
            && zip_narrow(bid_px, bid_qty, places, size_places, &mut self.narrow[0]).is_some()
            && zip_narrow(ask_px, ask_qty, places, size_places, &mut self.narrow[1]).is_some();
        if narrow {
            for (side, levels) in SIDES.into_iter().zip(&mut self.narrow) {
                clean(side, levels);
            }
            let [bids, asks] = &self.narrow;
            return self.reducer.reduce(ts, bids, asks, places, &mut out.block);
        }
        let pairs = |px: &List, qty: &List| px.decimals().zip(qty.decimals()).collect();
        let levels = [pairs(bid_px, bid_qty), pairs(ask_px, ask_qty)];
        if let Err(message) = self.reduce_decimals(ts, levels, out) {
            out.bad.add(line, message);
        }
    }

    /// A row of any shape. The error is the message of a bad row.
    fn any_row(
        &mut self,
        line_text: &[u8],
        line: u32,
        out: &mut DepthBlock,
    ) -> std::result::Result<(), String> {
        let columns = &self.columns.0;
        columns.split(&mut self.fields, line_text)?;
        let ts_text = columns.text(&self.fields, TS);
        let ts = parse_integer(ts_text).ok_or_else(|| wrong(NAMES[TS], "an integer", ts_text))?;
        let seq = columns.text(&self.fields, SEQ).trim_ascii();
        if !seq.is_empty() && parse_integer(seq).is_none() {
            return Err(wrong(NAMES[SEQ], "an integer", seq));
        }
        let array = |i: usize| parse_array(NAMES[i], columns.text(&self.fields, i));
        let [bid_px, bid_qty] = [array(ARRAYS)?, array(ARRAYS + 1)?];
        let [ask_px, ask_qty] = [array(ARRAYS + 2)?, array(ARRAYS + 3)?];
        if bid_px.len() != bid_qty.len() || ask_px.len() != ask_qty.len() {
            out.malformed.add(line);
            return Ok(());
        }
        self.reduce_decimals(ts, [pair(bid_px, bid_qty), pair(ask_px, ask_qty)], out)
    }

    /// Levels of any length of number, in 128 bits.
    fn reduce_decimals(
        &mut self,
        ts: i64,
        levels: [Vec<(Decimal, Decimal)>; 2],
        out: &mut DepthBlock,
    ) -> std::result::Result<(), String> {
        let all = || levels.iter().flatten();
        let places = all().map(|(price, _)| price.places).max().unwrap_or(0).max(self.tick.places);
        let size_places = all().map(|(_, size)| size.places).max().unwrap_or(0);
        let too_long =
            |i: usize| format!("field \"{}\": expected numbers of at most 24 digits in all", NAMES[i]);
        for (nth, pairs) in levels.iter().enumerate() {
            self.wide[nth].clear();
            for (price, size) in pairs {
                let field = ARRAYS + 2 * nth;
                let price = self.reducer.price(*price, places).ok_or_else(|| too_long(field))?;
                let size = scaled(*size, size_places).ok_or_else(|| too_long(field + 1))?;
                self.wide[nth].push(Level { price, size });
            }
            clean(SIDES[nth], &mut self.wide[nth]);
        }
        let [bids, asks] = &self.wide;
        self.reducer.reduce(ts, bids, asks, places, &mut out.block);
        Ok(())
    }
}

impl List {
    /// Reads `"{1,2.5}"`, `{1}` or `{}` and moves past it; `None` for another shape.
    #[inline(always)]
    fn read(&mut self, block: &[u8], at: &mut usize) -> Option<()> {
        self.mantissas.clear();
        self.places.clear();
        let quoted = block.get(*at) == Some(&b'"');
        *at += usize::from(quoted);
        if block.get(*at) != Some(&b'{') {
            return None;
        }
        *at += 1;
        let mut open = block.get(*at) != Some(&b'}');
        *at += usize::from(!open);
        while open {
            let (mantissa, places) = small_decimal(block, at)?;
            self.mantissas.push(mantissa);
            self.places.push(places);
            match block.get(*at) {
                Some(b',') if quoted => {}
                Some(b'}') => open = false,
                _ => return None,
            }
            *at += 1;
        }
        if quoted {
            (block.get(*at) == Some(&b'"')).then_some(())?;
            *at += 1;
        }
        Some(())
    }

    fn max_places(&self) -> u32 {
        self.places.iter().copied().max().map_or(0, u32::from)
    }

    fn decimals(&self) -> impl Iterator<Item = Decimal> {
        let numbers = self.mantissas.iter().zip(&self.places);
        numbers.map(|(m, p)| Decimal { mantissa: i128::from(*m), places: u32::from(*p) })
    }
}

/// The factor to `places` for each count of places, and the largest mantissa whose product stays below 2^60.
fn factors(places: u32) -> [(i64, i64); 19] {
    std::array::from_fn(|own| {
        let factor = places.checked_sub(own as u32).and_then(pow10).and_then(|f| i64::try_from(f).ok());
        factor.map_or((0, -1), |f| (f, ((1 << 60) - 1) / f))
    })
}

/// The levels of a side as 64-bit integers; `None` where one does not fit.
fn zip_narrow(
    prices: &List,
    sizes: &List,
    places: u32,
    size_places: u32,
    out: &mut Vec<Level<i64>>,
) -> Option<()> {
    let (price_factors, size_factors) = (factors(places), factors(size_places));
    let scale = |mantissa: i64, places: u8, factors: &[(i64, i64); 19]| {
        let (factor, limit) = factors[usize::from(places.min(18))];
        (mantissa <= limit).then_some(mantissa * factor)
    };
    out.clear();
    let prices = prices.mantissas.iter().zip(&prices.places);
    for ((p, pp), (s, sp)) in prices.zip(sizes.mantissas.iter().zip(&sizes.places)) {
        out.push(Level { price: scale(*p, *pp, &price_factors)?, size: scale(*s, *sp, &size_factors)? });
    }
    Some(())
}

/// A PostgreSQL array of numbers; a missing array (NULL) has no levels, a NULL entry is `None`.
fn parse_array(name: &str, text: &[u8]) -> std::result::Result<Vec<Option<Decimal>>, String> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let inner = text.strip_prefix(b"{").and_then(|t| t.strip_suffix(b"}"));
    let inner = inner.ok_or_else(|| wrong(name, "an array like {1.5,2}", text))?.trim_ascii();
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    let entry = |entry: &[u8]| {
        let entry = entry.trim_ascii();
        if entry.eq_ignore_ascii_case(b"null") {
            return Ok(None);
        }
        let plain = entry.strip_prefix(b"\"").and_then(|e| e.strip_suffix(b"\"")).unwrap_or(entry);
        Decimal::parse(plain).map(Some).map_err(|expected| wrong(name, expected, entry))
    };
    inner.split(|c| *c == b',').map(entry).collect()
}

/// Prices with their sizes, entries with a NULL left out.
fn pair(prices: Vec<Option<Decimal>>, sizes: Vec<Option<Decimal>>) -> Vec<(Decimal, Decimal)> {
    prices.into_iter().zip(sizes).filter_map(|(price, size)| price.zip(size)).collect()
}
