//! Depth: rows of `ts,seq,bid_px,bid_qty,ask_px,ask_qty`, levels as PostgreSQL arrays, or of another dialect; a row
//! that is a whole book is reduced on the spot, one that is a level goes to [`super::levels`].

use super::columns::Columns;
use super::decimal::parse_integer;
use super::dialect::{Dialect, Words, multiplied};
use super::json::Json;
use super::levels::{Kind, LevelRow};
use super::row::{BadRows, Dropped, Fields, digits, each_line, line_end, small_decimal, strip_return, wrong};
use super::stamp;
use super::trades::Remarks;
use crate::book::block::BookBlock;
use crate::book::side::{Level, Side, clean, scaled};
use crate::book::{BookParams, ObiMode, Reducer};
use crate::error::{Code, Error, Result};
use crate::event::{Decimal, Grid};

/// The meanings of a depth row, in canonical order; the arrays are the last four.
const NAMES: [&str; 6] = ["ts", "seq", "bid_px", "bid_qty", "ask_px", "ask_qty"];
const TS: usize = 0;
const SEQ: usize = 1;
const ARRAYS: usize = 2;

/// How a depth file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A row a book, four arrays: PostgreSQL's or JSON's.
    Arrays,
    /// A row a book, `bids` and `asks` in JSON.
    Json,
    /// A row a book, a column for every price and size.
    Wide,
    /// A row a level, rows of one ts a book.
    Long,
    /// A row a changed level.
    Incremental,
    /// A row the volume within a band of the mid.
    Bands,
    /// A JSON message a line: whole books and changes.
    Messages,
}

impl Layout {
    fn named(name: &str) -> Result<Layout> {
        let layouts = [
            ("", Layout::Arrays),
            ("arrays", Layout::Arrays),
            ("json", Layout::Json),
            ("wide", Layout::Wide),
            ("long", Layout::Long),
            ("incremental", Layout::Incremental),
            ("bands", Layout::Bands),
            ("messages", Layout::Messages),
        ];
        let found = layouts.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, layout)| layout).ok_or_else(|| {
            Error::new(Code::Kernel, format!("depth: expected a known layout, got \"{name}\""))
        })
    }

    /// A row is a level: books are built from rows in order.
    pub fn by_level(self) -> bool {
        matches!(self, Layout::Long | Layout::Incremental | Layout::Bands | Layout::Messages)
    }
}

/// A column and what the file calls it.
type Named = (usize, String);

/// Where a depth file has its fields.
#[derive(Clone, Debug)]
pub struct DepthColumns {
    columns: Columns<6>,
    pub dialect: Dialect,
    pub layout: Layout,
    /// In JSON: the columns of bids and asks.
    json: [Option<Named>; 2],
    /// In wide rows: for each side the columns of prices and sizes, best first.
    wide: [Vec<[Named; 2]>; 2],
    /// In rows of levels.
    level: LevelColumns,
}

#[derive(Clone, Debug, Default)]
struct LevelColumns {
    /// 1 a bid, -1 an ask.
    side: Option<(Named, Words)>,
    price: Option<Named>,
    size: Option<Named>,
    /// 0 a change, 1 a snapshot, 2 an answer; see [`Kind`].
    kind: Option<(Named, Words)>,
    message: Option<Named>,
    last: Option<(Named, Words)>,
    update: Option<Named>,
    /// Of an answer.
    answered: Option<Named>,
    before: Option<Named>,
}

impl DepthColumns {
    /// Reads the text of a [`Dialect`]. Its meanings are those of the canonical schema, or by layout: `bids` and
    /// `asks`; `bid_px.0`, `bid_qty.0`, `ask_px.0` …; `side`, `price`, `qty` and beside them `kind`, `message`,
    /// `last`, `update`, `answered`, `before`; in bands `price` is the percentage. Errors: `E_KERNEL`.
    pub fn new(dialect: &str) -> Result<Self> {
        let dialect = Dialect::parse(dialect, &NAMES)?;
        let layout = Layout::named(&dialect.layout)?;
        let optional = match layout {
            Layout::Arrays => &NAMES[SEQ..=SEQ],
            Layout::Messages => &NAMES[..],
            _ => &NAMES[SEQ..],
        };
        let columns = Columns::of(&dialect, NAMES, optional)?;
        let named = |meaning: &str| dialect.column(meaning).map(|(at, name)| (at, name.to_string()));
        let worded = |meaning: &str| named(meaning).map(|column| (column, dialect.words(meaning)));
        let side = |side: &str| -> Vec<[Named; 2]> {
            let level =
                |nth| Some([named(&format!("{side}_px.{nth}"))?, named(&format!("{side}_qty.{nth}"))?]);
            (0..).map_while(level).collect()
        };
        let level = LevelColumns {
            side: worded("side"),
            price: named("price"),
            size: named("qty"),
            kind: worded("kind"),
            message: named("message"),
            last: worded("last"),
            update: named("update"),
            answered: named("answered"),
            before: named("before"),
        };
        let found = DepthColumns {
            columns,
            layout,
            json: [named("bids"), named("asks")],
            wide: [side("bid"), side("ask")],
            level,
            dialect,
        };
        found.check()
    }

    /// The layout has the columns that it needs.
    fn check(self) -> Result<Self> {
        let whole = match self.layout {
            Layout::Arrays | Layout::Messages => true,
            Layout::Json => self.json.iter().all(Option::is_some),
            Layout::Wide => self.wide.iter().all(|side| !side.is_empty()),
            Layout::Bands => self.level.price.is_some() && self.level.size.is_some(),
            Layout::Long | Layout::Incremental => {
                self.level.side.is_some() && self.level.price.is_some() && self.level.size.is_some()
            }
        };
        let lacking =
            || Error::new(Code::Kernel, format!("depth: columns are missing for {:?}", self.layout));
        if whole { Ok(self) } else { Err(lacking()) }
    }

    /// The stamp of a row that was split. The error is the message of a bad row.
    fn stamp(&self, text: &[u8], remarks: &mut Remarks) -> std::result::Result<i64, String> {
        let time = stamp::parse(text, self.dialect.time);
        remarks.cut += u64::from(time.is_some_and(|time| time.cut));
        self.dialect.instant(time, &self.columns.names[TS], text)
    }

    /// A stamp that rows of one message share; what instant it is does not matter.
    fn message_number(&self, text: &[u8]) -> std::result::Result<i64, String> {
        let time = stamp::parse(text, self.dialect.time);
        time.map(|time| time.us)
            .ok_or_else(|| wrong(&self.columns.names[TS], self.dialect.time.expected(), text))
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
            let count = at - start;
            let plain =
                columns.columns.canonical && (1..=18).contains(&count) && block.get(at) == Some(&b',');
            let ts = stamp
                .filter(|_| plain)
                .map(|ts| ts as i64)
                .filter(|ts| columns.dialect.range.holds(*ts))
                .or_else(|| stamp_fast(columns, &mut fields, strip_return(&block[start..end])));
            survey.rows += u64::from(ts.is_some());
            survey.follow(ts);
            end + 1
        });
        survey.lines = u64::from(lines);
        survey
    }

    /// Compares a stamp with the last one.
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

/// The stamp of a row of any shape; `None` where it cannot be read or the row is not ours.
fn stamp_fast(columns: &DepthColumns, fields: &mut Fields, text: &[u8]) -> Option<i64> {
    let dialect = &columns.dialect;
    if columns.layout == Layout::Messages {
        let message = Json::parse(text)?;
        let stamp = stamp::parse(message.get("ts")?.text(), dialect.time)?;
        return dialect.range.holds(stamp.us).then_some(stamp.us);
    }
    fields.split(text, dialect.delimiter).ok()?;
    let stamp = stamp::parse(columns.columns.text(fields, TS), dialect.time)?;
    let ts = stamp.us.checked_add(dialect.shift)?;
    (dialect.ours(fields) && dialect.range.holds(ts)).then_some(ts)
}

/// One block, reduced, and what was left out of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DepthBlock {
    pub block: BookBlock,
    pub lines: u64,
    /// Rows whose price and size arrays differ in length: as if absent.
    pub malformed: Dropped,
    pub bad: BadRows,
    /// Rows that were read; in layouts by level that is not the number of books.
    pub rows: u64,
    /// In layouts by level: the rows, for [`super::levels::BookBuilder`].
    pub levels: Vec<LevelRow>,
    pub remarks: Remarks,
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

    /// Reduces what the extended feature set needs as well.
    pub fn add_detail(&mut self) {
        self.reducer.add_detail();
    }

    /// Reads one block.
    pub fn read(&mut self, block: &[u8]) -> DepthBlock {
        let mut out = DepthBlock::default();
        let canonical = self.columns.columns.canonical;
        let lines = each_line(block, |at, line| {
            if canonical && let Some((ts, next)) = self.canonical_row(block, at) {
                self.reduce_lists(ts, line, &mut out);
                return next;
            }
            let end = line_end(block, at);
            if let Err(message) = self.any_line(strip_return(&block[at..end]), line, &mut out) {
                out.bad.add(line, message);
            }
            end + 1
        });
        out.lines = u64::from(lines);
        out.rows += out.block.rows() as u64;
        out
    }

    /// A line of any layout. The error is the message of a bad row.
    #[inline(never)]
    fn any_line(&mut self, text: &[u8], line: u32, out: &mut DepthBlock) -> Read<()> {
        if self.columns.layout == Layout::Messages {
            out.rows += 1;
            return read_message(&self.columns, text, line, out);
        }
        self.columns.columns.split(&mut self.fields, text)?;
        if !self.columns.dialect.ours(&self.fields) {
            out.remarks.others += 1;
            return Ok(());
        }
        let ts = self.columns.stamp(self.columns.columns.text(&self.fields, TS), &mut out.remarks)?;
        let own = self.columns.level.message.is_none().then_some(ts);
        out.remarks.check(&self.columns.dialect, &self.fields, own, line);
        match self.columns.layout {
            Layout::Arrays => self.any_row(ts, line, out),
            Layout::Json => {
                let [bids, asks] = [0, 1].map(|nth| json_side(&self.columns, &self.fields, nth));
                self.reduce_decimals(ts, [bids?, asks?], out)
            }
            Layout::Wide => {
                let [bids, asks] = [0, 1].map(|nth| wide_side(&self.columns, &self.fields, nth));
                self.reduce_decimals(ts, [bids?, asks?], out)
            }
            _ => {
                out.levels.push(level_row(&self.columns, &self.fields, ts, line)?);
                out.rows += 1;
                Ok(())
            }
        }
    }

    /// The common shape of a row, read in one go into `lists`. Answers its `ts` and where the next row starts,
    /// `None` for every other shape, which [`DepthScan::any_row`] then judges.
    fn canonical_row(&mut self, block: &[u8], start: usize) -> Option<(i64, usize)> {
        let mut at = start;
        let ts = digits(block, &mut at)? as i64;
        let whole = (1..=18).contains(&(at - start)) && block.get(at) == Some(&b',');
        if !whole || !self.columns.dialect.range.holds(ts) {
            return None;
        }
        let seq = at + 1;
        at = seq;
        digits(block, &mut at)?;
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

    #[inline(never)]
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
                levels.truncate(self.columns.dialect.levels);
            }
            let [bids, asks] = &self.narrow;
            return self.reducer.reduce(ts, bids, asks, [places, size_places], &mut out.block);
        }
        self.reduce_long_lists(ts, line, out);
    }

    #[inline(never)]
    fn reduce_long_lists(&mut self, ts: i64, line: u32, out: &mut DepthBlock) {
        let [bid_px, bid_qty, ask_px, ask_qty] = &self.lists;
        let pairs = |px: &List, qty: &List| px.decimals().zip(qty.decimals()).collect();
        let levels = [pairs(bid_px, bid_qty), pairs(ask_px, ask_qty)];
        if let Err(message) = self.reduce_decimals(ts, levels, out) {
            out.bad.add(line, message);
        }
    }

    /// A row of arrays, of any shape. The error is the message of a bad row.
    fn any_row(&mut self, ts: i64, line: u32, out: &mut DepthBlock) -> Read<()> {
        let columns = &self.columns.columns;
        let seq = columns.text(&self.fields, SEQ).trim_ascii();
        if columns.canonical && !seq.is_empty() && parse_integer(seq).is_none() {
            return Err(wrong(NAMES[SEQ], "an integer", seq));
        }
        let array = |i: usize| parse_array(&columns.names[i], columns.text(&self.fields, i));
        let [bid_px, bid_qty] = [array(ARRAYS)?, array(ARRAYS + 1)?];
        let [ask_px, ask_qty] = [array(ARRAYS + 2)?, array(ARRAYS + 3)?];
        if bid_px.len() != bid_qty.len() || ask_px.len() != ask_qty.len() {
            out.malformed.add(line);
            return Ok(());
        }
        self.reduce_decimals(ts, [pair(bid_px, bid_qty), pair(ask_px, ask_qty)], out)
    }

    /// Levels of any length of number, in 128 bits.
    #[inline(never)]
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
            self.wide[nth].truncate(self.columns.dialect.levels);
        }
        let [bids, asks] = &self.wide;
        self.reducer.reduce(ts, bids, asks, [places, size_places], &mut out.block);
        Ok(())
    }

    /// A book whose sides are in order, best first. The error says which numbers are too long.
    pub fn reduce_levels(
        &mut self,
        ts: i64,
        bids: impl Iterator<Item = (Decimal, Decimal)>,
        asks: impl Iterator<Item = (Decimal, Decimal)>,
        out: &mut BookBlock,
    ) -> Read<()> {
        let mut block = DepthBlock { block: std::mem::take(out), ..DepthBlock::default() };
        let [bid_px, bid_qty, ask_px, ask_qty] = &mut self.lists;
        let small = fill(bid_px, bid_qty, bids).and_then(|()| fill(ask_px, ask_qty, asks));
        if small.is_ok() {
            self.reduce_lists(ts, 0, &mut block);
        }
        let read = match (small, block.bad.first.pop()) {
            (Ok(()), None) => Ok(()),
            (Err(()), _) => Err("expected numbers of at most 18 digits".to_string()),
            (_, Some(bad)) => Err(bad.message),
        };
        *out = block.block;
        read
    }

    /// The volume within bands, cumulated: percent of the mid (bids below 0) and size. Only a band that the
    /// parameters ask for is an imbalance; prices there are none.
    pub fn reduce_bands(&mut self, ts: i64, bands: &[(Decimal, Decimal)], out: &mut BookBlock) {
        let obi = self.obi_of_bands(bands);
        self.reducer.reduce_bands(ts, obi, out);
    }

    fn obi_of_bands(&self, bands: &[(Decimal, Decimal)]) -> f64 {
        let ObiMode::Band(percent) = self.reducer.obi_mode() else { return f64::NAN };
        let at = |mantissa: i128| {
            let band = bands.iter().rev().find(|(p, _)| p.mantissa == mantissa && p.places == percent.places);
            band.map(|(_, size)| *size)
        };
        match (at(-percent.mantissa), at(percent.mantissa)) {
            (Some(bids), Some(asks)) => Reducer::share_of(bids, asks),
            _ => f64::NAN,
        }
    }
}

type Read<T> = std::result::Result<T, String>;
type Levels = Vec<(Decimal, Decimal)>;

/// Puts levels into lists; `Err` where one has more digits than a list holds.
fn fill(
    prices: &mut List,
    sizes: &mut List,
    levels: impl Iterator<Item = (Decimal, Decimal)>,
) -> std::result::Result<(), ()> {
    for list in [&mut *prices, &mut *sizes] {
        list.mantissas.clear();
        list.places.clear();
    }
    for (price, size) in levels {
        for (list, number) in [(&mut *prices, price), (&mut *sizes, size)] {
            list.mantissas.push(i64::try_from(number.mantissa).map_err(|_| ())?);
            list.places.push(number.places as u8);
        }
    }
    Ok(())
}

/// One side of a JSON row.
fn json_side(columns: &DepthColumns, fields: &Fields, nth: usize) -> Read<Levels> {
    let Some((at, name)) = &columns.json[nth] else { return Ok(Vec::new()) };
    let text = fields.get(*at).trim_ascii();
    if text.is_empty() || text.eq_ignore_ascii_case(b"null") {
        return Ok(Vec::new());
    }
    let json = Json::parse(text).ok_or_else(|| wrong(name, "JSON like [[1.5,2]]", text))?;
    json_levels(name, &json, columns.dialect.multiplier)
}

const PRICE_KEYS: [&str; 3] = ["price", "px", "p"];
const SIZE_KEYS: [&str; 7] = ["amount", "size", "qty", "quantity", "volume", "sz", "q"];

/// Levels as `[price, size, …]` or as objects.
fn json_levels(name: &str, json: &Json, multiplier: Option<Decimal>) -> Read<Levels> {
    let list = json.list().ok_or_else(|| format!("field \"{name}\": expected a list of levels"))?;
    let mut levels = Vec::with_capacity(list.len());
    for level in list {
        let pair = match level.list() {
            Some([price, size, ..]) => Some((price, size)),
            Some(_) => None,
            None => level.any(&PRICE_KEYS).zip(level.any(&SIZE_KEYS)),
        };
        let (price, size) = pair.ok_or_else(|| format!("field \"{name}\": expected levels like [1.5,2]"))?;
        if *price != Json::Null && *size != Json::Null {
            levels.push((number(name, price.text())?, contracts(name, size.text(), multiplier)?));
        }
    }
    Ok(levels)
}

fn number(name: &str, text: &[u8]) -> Read<Decimal> {
    Decimal::parse(text).map_err(|expected| wrong(name, expected, text))
}

fn contracts(name: &str, text: &[u8], multiplier: Option<Decimal>) -> Read<Decimal> {
    let size = multiplied(number(name, text)?, multiplier);
    size.ok_or_else(|| wrong(name, "at most 38 digits once it is multiplied", text))
}

/// One side of a wide row; cells without a number are absent levels.
fn wide_side(columns: &DepthColumns, fields: &Fields, nth: usize) -> Read<Levels> {
    let absent =
        |text: &[u8]| text.is_empty() || [&b"null"[..], b"nan"].iter().any(|n| text.eq_ignore_ascii_case(n));
    let mut levels = Vec::with_capacity(columns.wide[nth].len());
    for [(px_at, px_name), (qty_at, qty_name)] in &columns.wide[nth] {
        let (price, size) = (fields.get(*px_at).trim_ascii(), fields.get(*qty_at).trim_ascii());
        if !absent(price) && !absent(size) {
            levels.push((number(px_name, price)?, contracts(qty_name, size, columns.dialect.multiplier)?));
        }
    }
    Ok(levels)
}

/// A row that is a level.
fn level_row(columns: &DepthColumns, fields: &Fields, ts: i64, line: u32) -> Read<LevelRow> {
    let LevelColumns { side, price, size, kind, message, last, update, answered, before } = &columns.level;
    let text =
        |column: &Option<Named>| column.as_ref().map_or(&b""[..], |(at, _)| fields.get(*at).trim_ascii());
    let name = |column: &Option<Named>| column.as_ref().map_or("", |(_, name)| name.as_str()).to_string();
    let word = |column: &Option<(Named, Words)>, absent: i8| {
        let Some(((at, name), words)) = column else { return Ok(absent) };
        let text = fields.get(*at).trim_ascii();
        words.get(text).ok_or_else(|| wrong(name, &words.expected(), text))
    };
    let id = |column: &Option<Named>| {
        let text = text(column);
        if text.is_empty() {
            Ok(i64::MIN)
        } else {
            parse_integer(text).ok_or_else(|| wrong(&name(column), "an integer", text))
        }
    };
    let kind = match word(kind, 0)? {
        1 => Kind::Snapshot,
        2 => Kind::Answer,
        _ => Kind::Change,
    };
    Ok(LevelRow {
        ts,
        message: match message {
            Some((at, _)) => columns.message_number(fields.get(*at))?,
            None => ts,
        },
        line,
        kind,
        ask: word(side, 1)? < 0,
        first: false,
        last: word(last, 0)? == 1,
        price: number(&name(price), text(price))?,
        size: contracts(&name(size), text(size), columns.dialect.multiplier)?,
        update: id(if kind == Kind::Answer { answered } else { update })?,
        before: id(before)?,
    })
}

/// A message of OKX (`action`, levels at its top) or Bybit (`type`, levels in `data`). Others, such as heartbeats,
/// have no levels and are passed over. The error is the message of a bad row.
fn read_message(columns: &DepthColumns, text: &[u8], line: u32, out: &mut DepthBlock) -> Read<()> {
    let json = Json::parse(text)
        .ok_or_else(|| format!("expected a JSON message, got \"{}\"", super::row::shown(text)))?;
    let Some(action) = json.any(&["action", "type"]).map(Json::text) else { return Ok(()) };
    let kind = match action {
        b"snapshot" => Kind::Snapshot,
        b"update" | b"delta" => Kind::Change,
        _ => return Ok(()),
    };
    let data = json.get("data").map_or(&json, |data| data.list().and_then(<[Json]>::first).unwrap_or(data));
    let symbol =
        [data, &json].into_iter().find_map(|part| part.any(&["instId", "s", "symbol"])).map(Json::text);
    if let (Some(wanted), Some(got)) = (&columns.dialect.symbol, symbol)
        && wanted != got
    {
        let wanted = super::row::shown(wanted);
        return Err(format!(
            "expected messages of {wanted} alone, got one of \"{}\"",
            super::row::shown(got)
        ));
    }
    let only = columns.dialect.only.first();
    if only.is_some_and(|only| !only.texts.iter().any(|wanted| Some(wanted.as_slice()) == symbol)) {
        out.remarks.others += 1;
        return Ok(());
    }
    let time = json.get("ts").or_else(|| data.get("ts")).map_or(&b""[..], Json::text);
    let ts = columns.stamp(time, &mut out.remarks)?;
    let row = LevelRow {
        ts,
        message: ts,
        line,
        kind,
        ask: false,
        first: true,
        last: false,
        price: Decimal::ZERO,
        size: Decimal::ZERO,
        update: i64::MIN,
        before: i64::MIN,
    };
    let mut rows = vec![row];
    for (keys, ask) in [(["bids", "b"], false), (["asks", "a"], true)] {
        let Some(levels) = data.any(&keys) else { continue };
        for (price, size) in json_levels(keys[0], levels, columns.dialect.multiplier)? {
            rows.push(LevelRow { price, size, ask, first: false, ..row });
        }
    }
    out.levels.extend(rows);
    Ok(())
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

/// For each `k`: `10^k`, and the largest mantissa whose product with it stays below 2^60.
const FACTORS: [(i64, i64); 19] = {
    let mut table = [(1, (1 << 60) - 1); 19];
    let mut k = 1;
    while k < table.len() {
        table[k].0 = table[k - 1].0 * 10;
        table[k].1 = ((1 << 60) - 1) / table[k].0;
        k += 1;
    }
    table
};

/// A number of `own` places as an integer of `10^-places`; `None` where it is too large.
#[inline(always)]
fn narrow(mantissa: i64, own: u8, places: u32) -> Option<i64> {
    let (factor, limit) = *FACTORS.get(places.checked_sub(u32::from(own))? as usize)?;
    (mantissa <= limit).then_some(mantissa * factor)
}

/// The levels of a side as 64-bit integers; `None` where one does not fit.
fn zip_narrow(
    prices: &List,
    sizes: &List,
    places: u32,
    size_places: u32,
    out: &mut Vec<Level<i64>>,
) -> Option<()> {
    out.clear();
    let prices = prices.mantissas.iter().zip(&prices.places);
    for ((p, pp), (s, sp)) in prices.zip(sizes.mantissas.iter().zip(&sizes.places)) {
        out.push(Level { price: narrow(*p, *pp, places)?, size: narrow(*s, *sp, size_places)? });
    }
    Some(())
}

/// A PostgreSQL array of numbers; a missing array (NULL) has no levels, a NULL entry is `None`.
fn parse_array(name: &str, text: &[u8]) -> Read<Vec<Option<Decimal>>> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    if text.starts_with(b"[") {
        return parse_json_array(name, text);
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

fn parse_json_array(name: &str, text: &[u8]) -> Read<Vec<Option<Decimal>>> {
    let json = Json::parse(text).ok_or_else(|| wrong(name, "an array like [1.5,2]", text))?;
    let entry = |entry: &Json| match entry {
        Json::Null => Ok(None),
        entry => number(name, entry.text()).map(Some),
    };
    json.list().unwrap_or_default().iter().map(entry).collect()
}

/// Prices with their sizes, entries with a NULL left out.
fn pair(prices: Vec<Option<Decimal>>, sizes: Vec<Option<Decimal>>) -> Vec<(Decimal, Decimal)> {
    prices.into_iter().zip(sizes).filter_map(|(price, size)| price.zip(size)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::merge::{BookCounts, BookMerge};
    use crate::book::naive::{self, Entry, Setup, Snapshot};
    use crate::event::Books;
    use crate::tick::random::Random;

    fn scan(tick: &str, wall_bucket_ticks: i64, params: BookParams) -> DepthScan {
        let tick = Decimal::parse(tick.as_bytes()).unwrap();
        let grid = Grid { tick, lot: tick, bucket_ticks: 1, wall_bucket_ticks };
        DepthScan::new(DepthColumns::new("canonical").unwrap(), &grid, params)
    }

    fn params(levels: u32, persist: u32) -> BookParams {
        BookParams::parse(levels, "levels", "100", "5", 5, persist).unwrap()
    }

    fn joined(blocks: &[BookBlock], persist: u32) -> (Books, BookCounts) {
        let mut merge = BookMerge::new(persist);
        let mut all = merge.push(&BookBlock::default()).unwrap();
        for block in blocks {
            let crossed = BookBlock::from_bytes(&block.to_bytes()).unwrap();
            append(&mut all, merge.push(&crossed).unwrap());
        }
        append(&mut all, merge.finish());
        (all, merge.counts)
    }

    fn append(to: &mut Books, from: Books) {
        to.ts.extend(from.ts);
        to.valid.extend(from.valid);
        to.bid.extend(from.bid);
        to.ask.extend(from.ask);
        to.mid_code.extend(from.mid_code);
        to.obi.extend(from.obi);
        to.obi1.extend(from.obi1);
        to.wall_bid_bps.extend(from.wall_bid_bps);
        to.wall_ask_bps.extend(from.wall_ask_bps);
        to.wall_bid_mult.extend(from.wall_bid_mult);
        to.wall_ask_mult.extend(from.wall_ask_mult);
        to.depth_span_bps.extend(from.depth_span_bps);
    }

    /// NaN equals NaN, everything else to the bit.
    fn bits(books: &Books) -> String {
        format!("{books:?}")
    }

    fn one(text: &str, tick: &str, w: i64, params: BookParams) -> Books {
        let block = scan(tick, w, params).read(text.as_bytes());
        assert_eq!((block.bad.total, block.malformed.total), (0, 0), "{:?}", block.bad);
        joined(&[block.block], 1).0
    }

    fn near(got: f64, expected: f64) {
        assert!((got - expected).abs() < 5e-7, "{got} is not {expected}");
    }

    const ASKS: &str = r#""{100.1,100.2,100.3,100.4,100.5,100.6}","{1,2,12,2,1.5,40}""#;

    #[test]
    fn the_example_book_gives_the_values_of_the_specification() {
        let row = format!(r#"1,2,"{{100.0,99.9,99.8,99.7,99.6,99.5}}","{{3,2,4,2.5,30,3}}",{ASKS}"#);
        for (levels, obi) in [(1, 0.5), (3, -0.25), (5, 0.383333)] {
            near(one(&row, "0.1", 1, params(levels, 1)).obi[0], obi);
        }
        let b = one(&row, "0.1", 1, params(10, 1));
        assert_eq!((b.bid[0], b.ask[0], b.obi1[0], b.mid_code[0], b.valid[0]), (100.0, 100.1, 0.5, 4002, 1));
        near(b.depth_span_bps[0], 54.972514);
        near(b.wall_bid_bps[0], 44.977511);
        near(b.wall_ask_bps[0], 24.987506);
        assert_eq!((b.wall_bid_mult[0], b.wall_ask_mult[0]), (10.0, 6.0));
        let big_touch = row.replace("{3,2,4", "{50,2,4");
        near(one(&big_touch, "0.1", 1, params(10, 1)).wall_bid_mult[0], 8.571429);
        let four = format!(r#"1,2,"{{100.0,99.9,99.8,99.7}}","{{3,2,4,2.5}}",{ASKS}"#);
        let b = one(&four, "0.1", 1, params(10, 1));
        assert!(b.wall_bid_bps[0].is_nan() && b.wall_bid_mult[0].is_nan() && b.wall_ask_mult[0] == 6.0);
    }

    #[test]
    fn the_example_of_wide_buckets_gives_the_values_of_the_specification() {
        let row = r#"1,2,"{100.0,99.9,99.8,99.7,99.6,99.5,99.4,99.3,99.2,99.1,99.0,98.9}","{1,2,1,3,1,12,10,2,1,1,2,1}","{100.1,100.2,100.3,100.4,100.5,100.6,100.7,100.8,100.9,101.0,101.1}","{2,1,1,2,1,1,2,20,1,1,1}""#;
        let b = one(row, "0.1", 2, params(10, 1));
        near(b.wall_bid_bps[0], 54.972514);
        near(b.wall_bid_mult[0], 7.333333);
        near(b.wall_ask_bps[0], 74.962519);
        near(b.wall_ask_mult[0], 8.4);
        near(b.depth_span_bps[0], 104.947526);
    }

    #[test]
    fn arrays_are_read_in_every_form_that_postgres_writes() {
        let plain = one("1,2,{1.5},{2},{1.6},{3}\n", "0.1", 1, params(10, 1));
        for text in [
            "1,2,\"{1.5}\",\"{2}\",\"{1.6}\",\"{3}\"",
            "1,,\"{1.50,NULL,1.4}\",\"{2.0,7,null}\",\"{ 1.6 , 0 }\",\"{3, 1}\"\r\n",
            "\n\r\n1,2,\"{\"\"1.5\"\"}\",{2e0},{16e-1},{3}",
            "1,2,{1.5},{2},{1.6},{3.000000000000000000000000000000}",
        ] {
            assert_eq!(bits(&one(text, "0.1", 1, params(10, 1))), bits(&plain), "{text}");
        }
        for empty in ["1,2,{},{},{1.6},{3}", "1,2,,,{1.6},{3}", "1,2,{1},{0},{},{}"] {
            assert_eq!(one(empty, "0.1", 1, params(10, 1)).valid, [0], "{empty}");
        }
    }

    #[test]
    fn rows_that_cannot_be_read_are_bad_and_unequal_arrays_malformed() {
        let mut scan = scan("0.1", 1, params(10, 1));
        for (row, message) in [
            ("x,2,{},{},{},{}", "field \"ts\": expected an integer, got \"x\""),
            ("1,b,{},{},{},{}", "field \"seq\": expected an integer, got \"b\""),
            ("1,2,{n/a},{1},{},{}", "field \"bid_px\": expected a number, got \"n/a\""),
            ("1,2,{1},{NaN},{},{}", "field \"bid_qty\": expected a number, got \"NaN\""),
            ("1,2,1.5,{1},{},{}", "field \"bid_px\": expected an array like {1.5,2}, got \"1.5\""),
            ("1,2,\"{1,}\",\"{1,1}\",{},{}", "field \"bid_px\": expected a number, got \"\""),
            ("1,2,\"{{1}}\",{1},{},{}", "field \"bid_px\": expected a number, got \"{1}\""),
            ("1,2,\"{1,2},{1},{},{}", "expected a closing quote, got \"\"{1,2},{1},{},{}\""),
            ("1,2,{1},{1},{2}", "expected 6 fields, got 5"),
            ("1,2,{1,2},{1},{2},{2}", "expected 6 fields, got 7"),
            ("1,2,{1e30},{1},{2},{2}", "field \"bid_px\": expected numbers of at most 24 digits in all"),
            ("1,2,{1},{1e20},{2},{1e-20}", "field \"bid_qty\": expected numbers of at most 24 digits in all"),
        ] {
            let block = scan.read(row.as_bytes());
            assert_eq!(block.bad.first[0].message, message);
            assert_eq!((block.bad.total, block.block.rows()), (1, 0));
        }
        let block = scan.read(b"1,2,{1},{},{2},{1}\n1,2,{1},{NULL},{2},\"{1,2}\"\n");
        assert_eq!((block.malformed.total, block.malformed.lines), (2, vec![1, 2]));
    }

    #[test]
    fn parameters_are_checked() {
        for (mode, range, k) in
            [("band", "1", "1"), ("band:0", "1", "1"), ("levels", "0", "1"), ("levels", "1", "x")]
        {
            assert!(BookParams::parse(1, mode, range, k, 1, 1).is_err());
        }
        assert!(BookParams::parse(0, "levels", "1", "1", 1, 1).is_err());
        let band = BookParams::parse(1, "band:0.2%", "1", "1", 1, 1).unwrap();
        assert_eq!(band, BookParams::parse(1, "band:0.2", "1", "1", 1, 1).unwrap());
    }

    fn entries(random: &mut Random, base: i128, step: i128) -> Vec<Entry> {
        let mut entries: Vec<Entry> = (0..random.below(14))
            .map(|nth| {
                let price = base + step * i128::from(nth) + if random.below(9) == 0 { 3 } else { 0 };
                let size = if random.below(5) == 0 { 60 } else { 1 + i128::from(random.below(12)) };
                (Some(price), Some(size))
            })
            .collect();
        if random.below(3) == 0 && !entries.is_empty() {
            for _ in 0..random.below(6) {
                let nth = random.below(entries.len() as u64) as usize;
                let other = random.below(entries.len() as u64) as usize;
                match random.below(5) {
                    0 => entries[nth].0 = None,
                    1 => entries[nth].1 = None,
                    2 => entries[nth].1 = Some(0),
                    3 => entries[nth].0 = Some(-i128::from(random.below(2))),
                    _ => entries.swap(nth, other),
                }
                entries.push(entries[other]);
            }
        }
        entries
    }

    fn snapshots(random: &mut Random, sorted: bool) -> Vec<Snapshot> {
        let mut ts = 1000;
        (0..40)
            .map(|_| {
                ts += [0, 1, 500][random.below(3) as usize];
                if !sorted && random.below(4) == 0 {
                    ts -= 900;
                }
                let mid = 100_000 + 10 * random.below(3) as i128;
                let gap = [50, 50, 50, 0, -20][random.below(5) as usize];
                Snapshot { ts, sides: [entries(random, mid - gap, -100), entries(random, mid + gap, 100)] }
            })
            .collect()
    }

    fn text(snapshots: &[Snapshot], random: &mut Random) -> String {
        let mut out = String::new();
        for (nth, snapshot) in snapshots.iter().enumerate() {
            // Now and then a shape that only the general path reads.
            out += ["", "", "", "\n\n "][random.below(4) as usize];
            out += &format!("{},{nth}", snapshot.ts);
            for side in &snapshot.sides {
                let number = |v: Option<i128>, places: u32| {
                    v.map_or("NULL".into(), |m| Decimal { mantissa: m, places }.to_string())
                };
                let px: Vec<String> = side.iter().map(|e| number(e.0, 3)).collect();
                let qty: Vec<String> = side.iter().map(|e| number(e.1, 2)).collect();
                out += &format!(",\"{{{}}}\",\"{{{}}}\"", px.join(","), qty.join(","));
            }
            out += "\n";
        }
        out
    }

    #[test]
    fn random_books_equal_the_oracle_whatever_the_cuts() {
        let mut random = Random(11);
        for round in 0..150 {
            let sorted = round % 3 != 0;
            let input = snapshots(&mut random, sorted);
            let band = (round % 2 == 1).then(|| [100, 50, 350][round % 3]);
            let setup = Setup {
                tick: [100, 10, 7][round % 3],
                bucket_ticks: [1, 2, 30][round / 3 % 3],
                // 14.9 bps of 100.05 is no level, 14.9925… is: some rounds have walls exactly on the limit.
                range_tenths: [1000, 50, 150][round / 9 % 3],
                k_tenths: [50, 15, 10][round / 2 % 3],
                levels: 1 + round % 11,
                band_thousandths: band,
                min_buckets: [5, 1, 3][round % 3],
                persist: 1 + round / 5 % 3,
            };
            let expected = naive::books(&input, &setup);
            let text = text(&input, &mut random);
            let mode = band.map_or("levels".to_string(), |b| format!("band:{}e-3", b));
            let (range, k) = (format!("{}e-1", setup.range_tenths), format!("{}e-1", setup.k_tenths));
            let persist = setup.persist as u32;
            let params =
                BookParams::parse(setup.levels as u32, &mode, &range, &k, setup.min_buckets as u32, persist);
            let tick = Decimal { mantissa: setup.tick, places: 3 }.to_string();
            let mut scan = scan(&tick, setup.bucket_ticks as i64, params.unwrap());
            let mut blocks: Vec<BookBlock> = cut(&text, &mut random)
                .iter()
                .map(|block| {
                    let block = scan.read(block.as_bytes());
                    assert_eq!((block.bad.total, block.malformed.total), (0, 0), "{:?}", block.bad);
                    block.block
                })
                .collect();
            let falls = input.windows(2).any(|w| w[1].ts < w[0].ts);
            if falls {
                blocks = vec![BookBlock::sorted(&blocks)];
            }
            let (got, counts) = joined(&blocks, persist);
            assert_eq!(bits(&got), bits(&expected), "round {round}\n{text}");
            assert_eq!(counts.snapshots + counts.replaced, input.len() as u64);
        }
    }

    /// Cuts a text after random newlines.
    fn cut<'a>(text: &'a str, random: &mut Random) -> Vec<&'a str> {
        let mut blocks = vec![];
        let (mut start, often) = (0, 1 + random.below(30));
        for (at, _) in text.match_indices('\n') {
            if random.below(often) == 0 {
                blocks.push(&text[start..=at]);
                start = at + 1;
            }
        }
        blocks.push(&text[start..]);
        blocks
    }

    #[test]
    fn blocks_out_of_time_order_are_refused() {
        let mut scan = scan("1", 1, params(1, 1));
        let mut merge = BookMerge::new(1);
        let later = scan.read(b"9,1,{1},{1},{2},{1}").block;
        let earlier = scan.read(b"8,1,{1},{1},{2},{1}").block;
        merge.push(&later).unwrap();
        assert!(merge.push(&earlier).is_err());
        assert_eq!(merge.finish().ts, [9]);
        let both = BookBlock::sorted(&[later, earlier]);
        assert_eq!(both.books.ts, [8, 9]);
    }

    #[test]
    fn bytes_that_are_no_block_are_refused() {
        let block = scan("1", 1, params(1, 1)).read(b"9,1,{1},{1},{2},{1}\n10,1,{},{},{},{}").block;
        let bytes = block.to_bytes();
        for end in 0..bytes.len() {
            assert!(BookBlock::from_bytes(&bytes[..end]).is_err());
        }
        let mut random = Random(3);
        for _ in 0..2000 {
            let mut broken = bytes.clone();
            let at = random.below(broken.len() as u64) as usize;
            broken[at] = random.below(256) as u8;
            // It may still be a block; it may not trap when it is merged.
            if let Ok(block) = BookBlock::from_bytes(&broken) {
                let _ = BookMerge::new(2).push(&block);
            }
        }
    }

    #[test]
    fn time_surveys_merge_to_the_survey_of_the_whole() {
        let columns = DepthColumns::new("canonical").unwrap();
        let text = "5,1,{},{},{},{}\n6,,\n\n4,x\n\"7\",\nbad\n1152921504606846975,1,,,,\n3,1,,,,";
        let whole = TimeSurvey::of(&columns, text.as_bytes());
        assert_eq!((whole.lines, whole.rows, whole.falls), (8, 6, 2));
        assert_eq!((whole.first, whole.last), (Some(5), Some(3)));
        for (at, _) in text.match_indices('\n') {
            let mut merged = TimeSurvey::of(&columns, &text.as_bytes()[..=at]);
            merged.merge(&TimeSurvey::of(&columns, &text.as_bytes()[at + 1..]));
            assert_eq!(merged, whole);
        }
    }

    #[test]
    fn byte_soup_never_traps() {
        let good = format!("1,2,\"{{1.5,1.4}}\",\"{{2,3}}\",{ASKS}\n").repeat(3);
        let mut random = Random(5);
        for _ in 0..3000 {
            let mut bytes = good.clone().into_bytes();
            for _ in 0..=random.below(5) {
                let at = random.below(bytes.len() as u64) as usize;
                match random.below(3) {
                    0 => bytes[at] = random.below(256) as u8,
                    1 => drop(bytes.drain(..at)),
                    _ => bytes.insert(at, b"0123456789.,\"{}eE+-\r\n\0N"[random.below(23) as usize]),
                }
                if bytes.is_empty() {
                    break;
                }
            }
            let out = scan("0.1", 1, params(10, 2)).read(&bytes);
            let merged = BookBlock::sorted(&[out.block]);
            BookMerge::new(2).push(&merged).unwrap();
        }
    }
}
