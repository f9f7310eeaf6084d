//! Where the meanings of a row are among the fields of a file.

use super::dialect::Dialect;
use super::row::Fields;
use crate::error::{Code, Error, Result};

/// The fields of one stream, `N` meanings of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns<const N: usize> {
    /// For each meaning its field in the row; `None` for one that the file does not have.
    pub at: [Option<usize>; N],
    /// What the file calls them, for messages.
    pub names: [String; N],
    /// Fields of a whole row.
    pub count: usize,
    pub delimiter: u8,
    /// The file has exactly the canonical fields in their order: rows can be read without being split first.
    pub canonical: bool,
}

impl<const N: usize> Columns<N> {
    /// The columns that a dialect names. Errors: `E_KERNEL` where one is missing that is not `optional`.
    pub fn of(dialect: &Dialect, names: [&str; N], optional: &[&str]) -> Result<Self> {
        let found = names.map(|name| dialect.column(name));
        if let Some(lacking) = (0..N).find(|i| found[*i].is_none() && !optional.contains(&names[*i])) {
            let message = format!("dialect: expected a column of {}, got none", names[lacking]);
            return Err(Error::new(Code::Kernel, message));
        }
        Ok(Columns {
            at: found.map(|column| column.map(|(at, _)| at)),
            names: std::array::from_fn(|i| found[i].map_or(names[i], |(_, name)| name).to_string()),
            count: dialect.fields,
            delimiter: dialect.delimiter,
            canonical: dialect.canonical,
        })
    }

    /// The text of one meaning in a row that was split; empty where the file lacks the column.
    pub fn text<'a>(&self, fields: &'a Fields, meaning: usize) -> &'a [u8] {
        self.at[meaning].map_or(&[], |i| fields.get(i))
    }

    /// Splits a row and checks its length. The error is the message of a bad row.
    pub fn split(&self, fields: &mut Fields, line: &[u8]) -> std::result::Result<(), String> {
        fields.split(line, self.delimiter)?;
        if fields.count() == self.count {
            return Ok(());
        }
        Err(format!("expected {} fields, got {}", self.count, fields.count()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_where_the_dialect_says() {
        let dialect = Dialect::parse("fields\t4\ncolumn\tprice\t3\tPx\ncolumn\tts\t1\tTime", &[]).unwrap();
        let columns = Columns::of(&dialect, ["ts", "id", "price"], &["id"]).unwrap();
        assert_eq!((columns.at, columns.count, columns.canonical), ([Some(1), None, Some(3)], 4, false));
        assert_eq!(columns.names, ["Time", "id", "Px"]);
        assert!(Columns::of(&dialect, ["ts", "id", "price"], &[]).is_err());
        assert!(Columns::of(&Dialect::canonical(&["ts", "price"]), ["ts", "price"], &[]).unwrap().canonical);
    }
}
