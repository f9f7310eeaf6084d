//! A dialect: which column of a file holds what and how it reads, settled before the first row.
//!
//! It crosses from TypeScript as text, one statement a line, its parts separated by tabs:
//!
//! ```text
//! canonical                        exactly the columns of the canonical schema, in order
//! layout      wide                 how a file of depth or liquidations is laid out
//! delimiter   44                   the byte between fields
//! fields      7                    fields of a whole row
//! column      price  1  Price      the meaning `price` is column 1, called `Price` in messages
//! time        auto                 auto, s, ms, us or ns
//! word        side  buy  1         the text `buy` in the column of sides means 1; case does not count
//! multiplier  0.001                quantities are in contracts of this size
//! only        3  BTCUSDT           rows with another text in column 3 belong to another symbol or stream
//! symbol      BTC-USDT             a JSON message that names another symbol is a bad row
//! check       0  local_timestamp   a stamp that must lie near the others of the row
//! range       0  86400000000       µs: a row stamped before the first or from the second on is bad
//! shift       3600000000           µs to add to every stamp
//! levels      25                   levels of a side that are kept
//! ```

use super::row::{Fields, wrong};
use super::stamp::{self, Range, Stamp, Unit};
use crate::error::{Code, Error, Result};
use crate::event::Decimal;

/// A dialect as its text says it; the readers take from it what they need, once a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub canonical: bool,
    pub layout: String,
    pub delimiter: u8,
    pub fields: usize,
    /// Meaning, column, the file's own name of it.
    pub columns: Vec<(String, usize, String)>,
    pub time: Unit,
    /// Column's meaning, text, value.
    words: Vec<(String, Vec<u8>, i8)>,
    pub multiplier: Option<Decimal>,
    pub only: Vec<Only>,
    /// Of whose messages a file of JSON lines is, where its beginning says it.
    pub symbol: Option<Vec<u8>>,
    pub checks: Vec<(usize, String)>,
    pub range: Range,
    pub shift: i64,
    pub levels: usize,
}

/// Rows of which one column has this text are read, the others are not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Only {
    pub column: usize,
    pub texts: Vec<Vec<u8>>,
}

/// Texts and what they mean, compared without case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Vec<(Vec<u8>, i8)>);

impl Words {
    #[inline]
    pub fn get(&self, text: &[u8]) -> Option<i8> {
        self.0.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, value)| *value)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `buy, sell or unknown`, for a message.
    pub fn expected(&self) -> String {
        let words: Vec<_> = self.0.iter().map(|(word, _)| String::from_utf8_lossy(word)).collect();
        match words.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => words.concat(),
        }
    }
}

impl Dialect {
    fn empty() -> Dialect {
        Dialect {
            canonical: false,
            layout: String::new(),
            delimiter: b',',
            fields: 0,
            columns: Vec::new(),
            time: Unit::Micros,
            words: Vec::new(),
            multiplier: None,
            only: Vec::new(),
            symbol: None,
            checks: Vec::new(),
            range: Range::WIDEST,
            shift: 0,
            levels: usize::MAX,
        }
    }

    /// The canonical schema with these columns, in order.
    pub fn canonical(names: &[&str]) -> Dialect {
        let columns = names.iter().enumerate().map(|(i, name)| (name.to_string(), i, name.to_string()));
        Dialect { canonical: true, fields: names.len(), columns: columns.collect(), ..Dialect::empty() }
    }

    /// Reads the text of a dialect; `names` are the columns of the canonical schema. Errors: `E_KERNEL`.
    pub fn parse(text: &str, names: &[&str]) -> Result<Dialect> {
        let mut dialect = Dialect::empty();
        for line in text.split('\n').filter(|line| !line.is_empty()) {
            let parts: Vec<&str> = line.split('\t').collect();
            if parts == ["canonical"] {
                dialect = Dialect::canonical(names);
            } else if dialect.add(&parts).is_none() {
                let message = format!("dialect: expected a statement, got \"{line}\"");
                return Err(Error::new(Code::Kernel, message));
            }
        }
        Ok(dialect)
    }

    fn add(&mut self, parts: &[&str]) -> Option<()> {
        match *parts {
            ["layout", layout] => self.layout = layout.to_string(),
            ["delimiter", byte] => self.delimiter = byte.parse().ok()?,
            ["fields", count] => self.fields = count.parse().ok()?,
            ["column", meaning, at, name] => {
                self.columns.push((meaning.to_string(), at.parse().ok()?, name.to_string()))
            }
            ["time", unit] => self.time = Unit::named(unit)?,
            ["word", meaning, text, value] => {
                self.words.push((meaning.to_string(), text.as_bytes().to_vec(), value.parse().ok()?))
            }
            ["multiplier", number] => self.multiplier = Some(Decimal::parse(number.as_bytes()).ok()?),
            ["only", column, text] => self.add_only(column.parse().ok()?, text.as_bytes()),
            ["symbol", symbol] => self.symbol = Some(symbol.as_bytes().to_vec()),
            ["range", from, to] => self.range = Range { from: from.parse().ok()?, to: to.parse().ok()? },
            ["check", column, name] => self.checks.push((column.parse().ok()?, name.to_string())),
            ["shift", micros] => self.shift = micros.parse().ok()?,
            ["levels", count] => self.levels = count.parse().ok()?,
            _ => return None,
        }
        Some(())
    }

    fn add_only(&mut self, column: usize, text: &[u8]) {
        match self.only.iter_mut().find(|only| only.column == column) {
            Some(only) => only.texts.push(text.to_vec()),
            None => self.only.push(Only { column, texts: vec![text.to_vec()] }),
        }
    }

    /// The column of a meaning, and its name in the file.
    pub fn column(&self, meaning: &str) -> Option<(usize, &str)> {
        self.columns.iter().find(|(known, ..)| known == meaning).map(|(_, at, name)| (*at, name.as_str()))
    }

    pub fn words(&self, meaning: &str) -> Words {
        let of = self.words.iter().filter(|(known, ..)| known == meaning);
        Words(of.map(|(_, text, value)| (text.clone(), *value)).collect())
    }

    /// The stamps of the rows that have one, in their order, `most` of them; in JSON the first value called `ts`, `T`
    /// or `E`.
    pub fn stamps(&self, rows: &[u8], most: usize) -> Vec<i64> {
        let mut fields = Fields::default();
        let at = self.column("ts").map(|(at, _)| at);
        let lines = rows.split(|c| *c == b'\n');
        let stamps = lines.filter_map(|line| match at {
            Some(at) => {
                fields.split(super::row::strip_return(line), self.delimiter).ok()?;
                stamp::parse(fields.get(at), self.time)
            }
            None => stamp::parse(super::json::Json::parse(line)?.any(&["ts", "T", "E"])?.text(), self.time),
        });
        stamps.filter_map(|stamp| stamp.us.checked_add(self.shift)).take(most).collect()
    }

    /// The instant of a row by the text in its column `name`, which was read as `time`. The error is the message of a
    /// bad row.
    pub fn instant(&self, time: Option<Stamp>, name: &str, text: &[u8]) -> std::result::Result<i64, String> {
        let ts = time.and_then(|time| time.us.checked_add(self.shift));
        let ts = ts.ok_or_else(|| wrong(name, self.time.expected(), text))?;
        if self.range.holds(ts) {
            return Ok(ts);
        }
        let said = wrong(name, &self.range.expected(self.time), text);
        Err(format!("{said}, which is in the year {}", stamp::year_of(ts)))
    }

    /// A row that was split belongs to our symbol and stream.
    pub fn ours(&self, fields: &Fields) -> bool {
        self.only.iter().all(|only| only.texts.iter().any(|text| text == fields.get(only.column)))
    }
}

/// `number * multiplier`; `None` beyond 38 digits or decimals.
pub fn multiplied(number: Decimal, multiplier: Option<Decimal>) -> Option<Decimal> {
    let Some(by) = multiplier else { return Some(number) };
    let mut mantissa = number.mantissa.checked_mul(by.mantissa)?;
    let mut places = number.places + by.places;
    while places > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        places -= 1;
    }
    (places <= super::decimal::MAX_DIGITS).then_some(Decimal { mantissa, places })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialect_is_what_its_text_says() {
        let text = "delimiter\t59\nfields\t3\ncolumn\tts\t2\tTime\ntime\tauto\nword\tside\tBuy\t1\nword\tside\tSELL\t-1\nmultiplier\t0.1\nonly\t0\tA\nonly\t0\tB\n";
        let dialect = Dialect::parse(text, &[]).unwrap();
        assert_eq!((dialect.delimiter, dialect.fields, dialect.time), (b';', 3, Unit::Auto));
        assert_eq!(dialect.column("ts"), Some((2, "Time")));
        let words = dialect.words("side");
        assert_eq!((words.get(b"buy"), words.get(b"sell"), words.get(b"")), (Some(1), Some(-1), None));
        assert_eq!(words.expected(), "Buy or SELL");
        assert_eq!(dialect.only, [Only { column: 0, texts: vec![b"A".to_vec(), b"B".to_vec()] }]);
        assert!(Dialect::parse("canonical\n", &["ts"]).unwrap().canonical);
        for text in ["colour\tred", "fields\tx", "time\tminutes", "multiplier\tx", "canonical\t1"] {
            assert!(Dialect::parse(text, &[]).is_err(), "{text}");
        }
    }

    #[test]
    fn contracts_are_multiplied_exactly() {
        let decimal = |text: &str| Decimal::parse(text.as_bytes()).unwrap();
        for (contracts, size, qty) in
            [("3", "0.01", "0.03"), ("250", "0.1", "25"), ("0", "10", "0"), ("-2", "0.5", "-1")]
        {
            assert_eq!(multiplied(decimal(contracts), Some(decimal(size))), Some(decimal(qty)));
        }
        assert_eq!(multiplied(decimal("1e30"), Some(decimal("1e30"))), None);
        assert_eq!(multiplied(decimal("1e-30"), Some(decimal("1e-30"))), None);
    }
}
