//! The dialect: lines, fields with or without quotes, and what is said about a row that cannot be read.

/// How many of the first offending lines are kept for the report; all are counted.
pub const LISTED: usize = 20;

/// A row that cannot be parsed. The caller puts `file:` before the message and adds the block's first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// 1 for the first line of the block.
    pub line: u32,
    /// `field "price": expected a number, got "n/a"`.
    pub message: String,
}

/// The bad rows of one block: all counted, the first [`LISTED`] told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BadRows {
    pub total: u64,
    pub first: Vec<BadRow>,
}

impl BadRows {
    pub fn add(&mut self, line: u32, message: String) {
        self.total += 1;
        if self.first.len() < LISTED {
            self.first.push(BadRow { line, message });
        }
    }
}

/// Rows dropped for one reason: all counted, the lines of the first [`LISTED`] kept (1 = first of the block).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    pub total: u64,
    pub lines: Vec<u32>,
}

impl Dropped {
    pub fn add(&mut self, line: u32) {
        self.total += 1;
        if self.lines.len() < LISTED {
            self.lines.push(line);
        }
    }
}

/// `field "price": expected a number, got "n/a"`: the binding wording.
pub fn wrong(field: &str, expected: &str, got: &[u8]) -> String {
    format!("field \"{field}\": expected {expected}, got \"{}\"", shown(got))
}

/// A value as a message can show it: at most 40 characters, no control characters.
pub fn shown(value: &[u8]) -> String {
    const LONGEST: usize = 40;
    let head = String::from_utf8_lossy(&value[..value.len().min(4 * LONGEST)]);
    let mut text: String = head.chars().take(LONGEST).flat_map(visible).collect();
    if head.chars().nth(LONGEST).is_some() || value.len() > 4 * LONGEST {
        text.push('…');
    }
    text
}

fn visible(c: char) -> Vec<char> {
    if c.is_control() { c.escape_default().collect() } else { vec![c] }
}

/// The digits that eight bytes begin with: their value and their number.
#[inline(always)]
fn leading_digits(eight: u64) -> (u64, usize) {
    let values = eight ^ 0x3030_3030_3030_3030;
    // A byte above 9 gets its top bit; what a carry does to the bytes after the first such one is no matter.
    let others = (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080;
    let count = others.trailing_zeros() as usize / 8;
    if count == 0 {
        return (0, 0);
    }
    // The digits move to the end, zeros before them.
    (joined(values << (64 - 8 * count)), count)
}

/// The number of eight digits, the first in the lowest byte: pairs, fours and all eight are joined.
#[inline(always)]
fn joined(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let low = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let high = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    low.wrapping_add(high) >> 32
}

const POW10: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// Goes on with `value` through the digits from `at` on and moves past them, eight bytes at a time. Exact for
/// up to 19 digits; the caller counts them. `None` within eight bytes of the end of the block.
#[inline(always)]
fn more_digits(block: &[u8], at: &mut usize, mut value: u64) -> Option<u64> {
    loop {
        let eight = block.get(*at..*at + 8).and_then(|b| <[u8; 8]>::try_from(b).ok())?;
        let (digits, count) = leading_digits(u64::from_le_bytes(eight));
        value = value.wrapping_mul(POW10[count]).wrapping_add(digits);
        *at += count;
        if count < 8 {
            return Some(value);
        }
    }
}

/// The value of the digits from `at` on, which is moved past them; see [`more_digits`] for the limits.
#[inline(always)]
pub fn digits(block: &[u8], at: &mut usize) -> Option<u64> {
    more_digits(block, at, 0)
}

/// Reads `12` or `12.50` from `at` on and moves past it: the mantissa and its places, trailing zeros removed.
/// `None` without a digit, with more than 18 of them, where a point has no digit on both sides, and within
/// eight bytes of the end of the block.
#[inline(always)]
pub fn small_decimal(block: &[u8], at: &mut usize) -> Option<(i64, u8)> {
    let start = *at;
    let whole = more_digits(block, at, 0)?;
    let whole_digits = *at - start;
    if block.get(*at) != Some(&b'.') {
        return (1..=18).contains(&whole_digits).then_some((whole as i64, 0));
    }
    *at += 1;
    let point = *at;
    let mut mantissa = more_digits(block, at, whole)?;
    let mut places = *at - point;
    if places == 0 || whole_digits == 0 || whole_digits + places > 18 {
        return None;
    }
    let mut last = *at - 1;
    while places > 0 && block[last] == b'0' {
        mantissa /= 10;
        places -= 1;
        last -= 1;
    }
    Some((mantissa as i64, places as u8))
}

/// Bytes in which a short row is looked for: most rows of trades are shorter.
pub const WINDOW: usize = 64;

/// Bytes that must stand before a window, so that numbers can be read by their ends.
pub const BEFORE_WINDOW: usize = 16;

/// The fields of a short row. Where its numbers end is found for all of them at once, so that none waits for the one
/// before it.
pub struct Window<'a> {
    block: &'a [u8],
    start: usize,
    bytes: &'a [u8; WINDOW],
    /// A bit for each byte from `at` on that is no digit.
    others: u64,
    /// Where the next field begins.
    at: usize,
}

impl<'a> Window<'a> {
    /// The row that begins at `start`; `None` close to either end of the block.
    #[inline(always)]
    pub fn open(block: &'a [u8], start: usize) -> Option<Self> {
        let bytes = block.get(start..)?.first_chunk::<WINDOW>()?;
        let opened = Window { block, start, bytes, others: others(bytes), at: 0 };
        (start >= BEFORE_WINDOW).then_some(opened)
    }

    /// Up to 16 digits and a comma: `Some(None)` for an empty field, `None` for another shape.
    #[inline(always)]
    pub fn integer(&mut self) -> Option<Option<i64>> {
        let end = self.next_other()?;
        let count = end - self.at;
        if self.bytes[end] != b',' || count > 16 {
            return None;
        }
        self.at = end + 1;
        Some((count > 0).then(|| self.sixteen(end, count)))
    }

    /// Digits with or without a point and a comma: the mantissa and its places, trailing zeros removed. At most 16
    /// digits, 8 on a side of the point.
    #[inline(always)]
    pub fn decimal(&mut self) -> Option<(i64, u8)> {
        let point = self.next_other()?;
        let whole = point - self.at;
        if self.bytes[point] == b',' && (1..=16).contains(&whole) {
            self.at = point + 1;
            return Some((self.sixteen(point, whole), 0));
        }
        let end = self.next_other()?;
        let mut places = end - point - 1;
        let sizes = (1..=8).contains(&whole) && (1..=8).contains(&places);
        if self.bytes[point] != b'.' || self.bytes[end] != b',' || !sizes {
            return None;
        }
        self.at = end + 1;
        let mut mantissa = self.eight(point, whole) * POW10[places] + self.eight(end, places);
        let mut last = end - 1;
        while places > 0 && self.bytes[last & (WINDOW - 1)] == b'0' {
            mantissa /= 10;
            places -= 1;
            last -= 1;
        }
        Some((mantissa as i64, places as u8))
    }

    /// Where the next field begins in the block.
    #[inline(always)]
    pub fn position(&self) -> usize {
        self.start + self.at
    }

    #[inline(always)]
    fn next_other(&mut self) -> Option<usize> {
        let at = self.others.trailing_zeros() as usize;
        self.others &= self.others.wrapping_sub(1);
        (at < WINDOW).then_some(at)
    }

    /// The number of up to 16 digits that end at `end`.
    #[inline(always)]
    fn sixteen(&self, end: usize, count: usize) -> i64 {
        let value = match count {
            1..=8 => self.eight(end, count),
            _ => self.eight(end - 8, count - 8) * POW10[8] + self.eight(end, 8),
        };
        value as i64
    }

    /// The same of 1 to 8.
    #[inline(always)]
    fn eight(&self, end: usize, count: usize) -> u64 {
        let end = self.start + end;
        let Some(eight) = self.block[..end].last_chunk::<8>() else { return 0 };
        let before = 64 - 8 * count;
        joined((u64::from_le_bytes(*eight) ^ 0x3030_3030_3030_3030) >> before << before)
    }
}

/// A bit for each byte that is no digit, the first byte lowest.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn others(window: &[u8; WINDOW]) -> u64 {
    use core::arch::wasm32::*;
    let (parts, _) = window.as_chunks::<16>();
    let mask = |nth: usize| {
        // SAFETY: the part has sixteen bytes; v128 loads need no alignment.
        let bytes = unsafe { v128_load(parts[nth].as_ptr().cast()) };
        let others = u8x16_gt(u8x16_sub(bytes, u8x16_splat(b'0')), u8x16_splat(9));
        u64::from(u8x16_bitmask(others)) << (16 * nth)
    };
    mask(0) | mask(1) | mask(2) | mask(3)
}

#[cfg(not(target_arch = "wasm32"))]
fn others(window: &[u8; WINDOW]) -> u64 {
    window.iter().rev().fold(0, |mask, byte| mask << 1 | u64::from(!byte.is_ascii_digit()))
}

/// The index of the first newline at or after `from`, or the length of the block: eight bytes at a time.
pub fn line_end(block: &[u8], from: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let mut at = from;
    while let Some(eight) = block.get(at..at + 8).and_then(|b| <[u8; 8]>::try_from(b).ok()) {
        let zeroed = u64::from_le_bytes(eight) ^ (ONES * b'\n' as u64);
        let hit = zeroed.wrapping_sub(ONES) & !zeroed & (ONES << 7);
        if hit != 0 {
            return at + hit.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    block.get(at..).and_then(|tail| tail.iter().position(|c| *c == b'\n')).map_or(block.len(), |n| at + n)
}

/// A line without its newline and, before that, one carriage return.
pub fn strip_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Walks the lines of a block: `read` takes the line that starts at an offset and answers where the next one
/// starts. Blank lines are counted and passed over.
pub fn each_line(block: &[u8], mut read: impl FnMut(usize, u32) -> usize) -> u32 {
    let (mut at, mut line) = (0, 0);
    while at < block.len() {
        line += 1;
        at = match &block[at..] {
            [b'\n', ..] => at + 1,
            [b'\r', b'\n', ..] => at + 2,
            [b'\r'] => at + 1,
            _ => read(at, line),
        };
    }
    line
}

/// Most symbols that a file can hold: a column with more is of something else.
const MOST_SYMBOLS: usize = 10_000;

/// The distinct texts of a column, in order; rows that cannot be split are passed over. Errors: `E_INPUT`.
pub fn distinct(block: &[u8], delimiter: u8, column: usize) -> crate::error::Result<Vec<String>> {
    let (mut fields, mut last) = (Fields::default(), Vec::new());
    let mut found = std::collections::BTreeSet::new();
    each_line(block, |at, _| {
        let end = line_end(block, at);
        let split = fields.split(strip_return(&block[at..end]), delimiter);
        if split.is_ok() && fields.count() > column && fields.get(column) != last.as_slice() {
            last = fields.get(column).to_vec();
            if found.len() <= MOST_SYMBOLS {
                found.insert(String::from_utf8_lossy(&last).into_owned());
            }
        }
        end + 1
    });
    if found.len() > MOST_SYMBOLS {
        let message = format!("expected at most {MOST_SYMBOLS} symbols in a file, got more");
        return Err(crate::error::Error::input(message).hint("Name the column of symbols in the mapping."));
    }
    Ok(found.into_iter().collect())
}

/// One row taken apart: the text of its fields, quotes resolved. Reused from row to row.
#[derive(Default)]
pub struct Fields {
    text: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
}

/// Fields beyond this number are counted but not kept.
const KEPT_FIELDS: usize = 4096;

impl Fields {
    /// Splits one line (no newline in it). The error is the message of a bad row.
    pub fn split(&mut self, line: &[u8], delimiter: u8) -> Result<(), String> {
        self.text.clear();
        self.ends.clear();
        self.count = 0;
        let mut rest = line;
        loop {
            let (next, more) = match rest.first() {
                Some(b'"') => self.quoted(rest, delimiter)?,
                _ => self.plain(rest, delimiter)?,
            };
            self.count += 1;
            if self.count <= KEPT_FIELDS {
                self.ends.push(self.text.len());
            }
            if !more {
                return Ok(());
            }
            rest = next;
        }
    }

    fn plain<'a>(&mut self, rest: &'a [u8], delimiter: u8) -> Result<(&'a [u8], bool), String> {
        let end = rest.iter().position(|c| *c == delimiter).unwrap_or(rest.len());
        let field = &rest[..end];
        if field.contains(&b'"') {
            return Err(format!("expected a quote only around a whole field, got \"{}\"", shown(field)));
        }
        self.text.extend_from_slice(field);
        Ok((rest.get(end + 1..).unwrap_or_default(), end < rest.len()))
    }

    fn quoted<'a>(&mut self, rest: &'a [u8], delimiter: u8) -> Result<(&'a [u8], bool), String> {
        let mut at = 1;
        loop {
            let Some(n) = rest[at..].iter().position(|c| *c == b'"') else {
                return Err(format!("expected a closing quote, got \"{}\"", shown(rest)));
            };
            self.text.extend_from_slice(&rest[at..at + n]);
            at += n + 1;
            match rest.get(at) {
                Some(b'"') => self.text.push(b'"'),
                Some(c) if *c == delimiter => return Ok((&rest[at + 1..], true)),
                None => return Ok((&rest[at..], false)),
                Some(_) => {
                    return Err(format!(
                        "expected a delimiter after a quote, got \"{}\"",
                        shown(&rest[at..])
                    ));
                }
            }
            at += 1;
        }
    }

    /// How many fields the row has, kept or not.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The text of a field; empty where the row has none there.
    pub fn get(&self, index: usize) -> &[u8] {
        let Some(&end) = self.ends.get(index) else { return &[] };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Result<Vec<String>, String> {
        let mut fields = Fields::default();
        fields.split(line.as_bytes(), b',')?;
        Ok((0..fields.count()).map(|i| String::from_utf8_lossy(fields.get(i)).into_owned()).collect())
    }

    #[test]
    fn fields_follow_rfc_4180() {
        assert_eq!(split("1,,x").unwrap(), ["1", "", "x"]);
        assert_eq!(split("").unwrap(), [""]);
        assert_eq!(split("a,").unwrap(), ["a", ""]);
        assert_eq!(split(r#""{1,2}","a""b","",7"#).unwrap(), ["{1,2}", "a\"b", "", "7"]);
        assert!(split(r#"1,"2"#).unwrap_err().contains("closing quote"));
        assert!(split(r#"1,"2"3"#).unwrap_err().contains("delimiter after a quote"));
        assert!(split(r#"1,2"3"#).unwrap_err().contains("around a whole field"));
    }

    #[test]
    fn fields_without_end_are_counted_not_kept() {
        let mut fields = Fields::default();
        fields.split(&vec![b','; 1_000_000], b',').unwrap();
        assert_eq!(fields.count(), 1_000_001);
        assert_eq!(fields.get(999_999), b"");
    }

    #[test]
    fn numbers_read_by_eight_bytes_equal_those_read_by_one() {
        let mut random = crate::tick::random::Random(6);
        for _ in 0..20_000 {
            let length = random.below(24);
            let mut bytes: Vec<u8> =
                (0..length).map(|_| b"0012345678999..,/:x\xff\xb0"[random.below(21) as usize]).collect();
            bytes.extend_from_slice(b",8901234567890123");
            let head: String =
                bytes.iter().take_while(|c| c.is_ascii_digit() || **c == b'.').map(|c| *c as char).collect();
            let run = head.split('.').next().unwrap_or("");
            let mut at = 0;
            let value = digits(&bytes, &mut at).unwrap();
            assert_eq!(at, run.len());
            if run.len() <= 18 && !run.is_empty() {
                assert_eq!(value, run.parse::<u64>().unwrap());
            }
            at = 0;
            if let Some((mantissa, places)) = small_decimal(&bytes, &mut at) {
                let text = std::str::from_utf8(&bytes[..at]).unwrap();
                let expected = crate::event::Decimal::parse(text.as_bytes()).unwrap();
                assert_eq!(
                    (i128::from(mantissa), u32::from(places)),
                    (expected.mantissa, expected.places),
                    "{text}"
                );
                assert!(!bytes[at].is_ascii_digit());
            }
        }
        assert_eq!(digits(b"1234567", &mut 0), None);
    }

    #[test]
    fn a_window_reads_fields_like_the_readers_of_one_number() {
        let mut random = crate::tick::random::Random(8);
        let mut read = 0;
        for _ in 0..20_000 {
            let length = random.below(50);
            let mut block = b"9".repeat(BEFORE_WINDOW);
            block.extend((0..length).map(|_| b"001234567899.,,,/:x\xff"[random.below(20) as usize]));
            block.extend_from_slice(&b",7".repeat(WINDOW));
            let mut window = Window::open(&block, BEFORE_WINDOW).unwrap();
            let mut at = BEFORE_WINDOW;
            for _ in 0..4 {
                assert_eq!(window.position(), at);
                if random.below(2) == 0 {
                    let Some(got) = window.integer() else { break };
                    let start = at;
                    let value = digits(&block, &mut at).unwrap();
                    assert_eq!((got.unwrap_or(0), got.is_some()), (value as i64, at > start));
                } else {
                    let Some(got) = window.decimal() else { break };
                    assert_eq!(Some(got), small_decimal(&block, &mut at));
                }
                assert_eq!(block[at], b',');
                at += 1;
                read += 1;
            }
        }
        assert!(read > 10_000, "{read}");
        let short = b"1,2,3".repeat(20);
        assert!(Window::open(&short, BEFORE_WINDOW - 1).is_none());
        assert!(Window::open(&short, short.len() - WINDOW).is_some());
        assert!(Window::open(&short, short.len() - WINDOW + 1).is_none());
    }

    #[test]
    fn line_end_equals_a_plain_search() {
        let mut block = vec![b'\x0b'; 64];
        for newline in 0..64 {
            block[newline] = b'\n';
            for from in 0..=64 {
                let plain = (from..64).find(|i| block[*i] == b'\n').unwrap_or(64);
                assert_eq!(line_end(&block, from), plain);
            }
            block[newline] = b'\x8a';
        }
    }

    #[test]
    fn a_message_shows_what_can_be_shown() {
        assert_eq!(wrong("price", "a number", b"n/a"), "field \"price\": expected a number, got \"n/a\"");
        assert_eq!(shown(b"a\0b\x1b"), "a\\u{0}b\\u{1b}");
        assert_eq!(shown(&[b'x'; 1000]), format!("{}…", "x".repeat(40)));
        assert_eq!(shown("é".repeat(41).as_bytes()), format!("{}…", "é".repeat(40)));
    }
}
