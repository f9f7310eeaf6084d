//! Which field of a row means what: the header line against the names that a stream needs.

use super::row::{Fields, shown, strip_return};
use crate::error::{Error, Result};

/// The fields of one stream, `N` meanings of them, found by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns<const N: usize> {
    /// For each meaning its field in the row; `None` for an optional one that the file does not have.
    pub at: [Option<usize>; N],
    /// Fields of a whole row.
    pub count: usize,
    /// The file has exactly these fields in this order: rows can be read without being split first.
    pub canonical: bool,
}

impl<const N: usize> Columns<N> {
    /// Reads a header line, with or without a byte order mark, newline and quotes. Fields of other names are
    /// passed over; only `optional` may be missing.
    pub fn from_header(header: &[u8], names: [&str; N], optional: Option<&str>) -> Result<Self> {
        let mut fields = Fields::default();
        let line = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(header);
        let line = strip_return(line.strip_suffix(b"\n").unwrap_or(line));
        let refused = |got: &[u8]| {
            let message = format!("header: expected \"{}\", got \"{}\"", names.join(","), shown(got));
            Error::input(message).hint("Export the file again, or rename its columns.")
        };
        fields.split(line).map_err(|_| refused(line))?;
        let count = fields.count();
        let mut at = [None; N];
        for (slot, name) in at.iter_mut().zip(names) {
            let mut places = (0..count).filter(|i| fields.get(*i).trim_ascii() == name.as_bytes());
            *slot = places.next();
            if places.next().is_some() || (slot.is_none() && optional != Some(name)) {
                return Err(refused(line));
            }
        }
        let canonical = count == N && at.iter().enumerate().all(|(i, slot)| *slot == Some(i));
        Ok(Columns { at, count, canonical })
    }

    /// The text of one meaning in a row that was split; empty where the file lacks the column.
    pub fn text<'a>(&self, fields: &'a Fields, meaning: usize) -> &'a [u8] {
        self.at[meaning].map_or(&[], |i| fields.get(i))
    }

    /// Splits a row and checks its length. The error is the message of a bad row.
    pub fn split(&self, fields: &mut Fields, line: &[u8]) -> std::result::Result<(), String> {
        fields.split(line)?;
        if fields.count() == self.count {
            return Ok(());
        }
        Err(format!("expected {} fields, got {}", self.count, fields.count()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Result<Columns<3>> {
        Columns::from_header(header.as_bytes(), ["ts", "id", "price"], Some("id"))
    }

    #[test]
    fn columns_are_found_by_name() {
        assert_eq!(read("\u{feff}ts,\"id\",price\r\n").unwrap().at, [Some(0), Some(1), Some(2)]);
        assert!(read("ts,id,price").unwrap().canonical);
        let other = read("venue,price,ts").unwrap();
        assert_eq!((other.at, other.count, other.canonical), ([Some(2), None, Some(1)], 3, false));
    }

    #[test]
    fn a_header_that_lacks_or_repeats_a_column_is_refused() {
        for header in ["", "ts,id", "1,2,3", "ts,id,price,ts", "\0\0\0", "ts,id,\"price"] {
            let error = read(header).unwrap_err();
            assert!(error.message.starts_with("header: expected \"ts,id,price\", got"), "{}", error.message);
        }
    }
}
