//! What the footer says of a column chunk, in plain numbers: what whoever encodes it tells whoever joins the file.

use super::Compression;
use super::page::PageEncoding;
use crate::error::{Code, Error, Result};

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notes {
    /// Bytes in the file, headers of pages included; the same before they were compressed.
    pub stored: u64,
    pub plain: u64,
    /// So many of the stored bytes, at the front, are a dictionary; 0 where there is none.
    pub dictionary: u64,
    pub encoding: PageEncoding,
    pub codec: Compression,
    pub nulls: u64,
    /// The bits of the least and the greatest value; none where all are null.
    pub extremes: Option<[u64; 2]>,
}

const CODECS: [Compression; 3] = [Compression::None, Compression::Lz4, Compression::Snappy];
const ENCODINGS: [PageEncoding; 3] =
    [PageEncoding::Plain, PageEncoding::DeltaBinaryPacked, PageEncoding::RleDictionary];

const WORDS: usize = 9;
const WORD: usize = size_of::<u64>();

/// Bytes of one column's notes.
const BYTES: usize = WORDS * WORD;

impl Notes {
    fn to_words(self) -> [u64; WORDS] {
        let place = |found: Option<usize>| found.unwrap_or_default() as u64;
        let [low, high] = self.extremes.unwrap_or_default();
        [
            self.stored,
            self.plain,
            self.dictionary,
            place(ENCODINGS.iter().position(|encoding| *encoding == self.encoding)),
            place(CODECS.iter().position(|codec| *codec == self.codec)),
            self.nulls,
            u64::from(self.extremes.is_some()),
            low,
            high,
        ]
    }

    fn from_words(words: [u64; WORDS]) -> Option<Notes> {
        let [stored, plain, dictionary, encoding, codec, nulls, some, low, high] = words;
        Some(Notes {
            stored,
            plain,
            dictionary,
            encoding: *ENCODINGS.get(encoding as usize)?,
            codec: *CODECS.get(codec as usize)?,
            nulls,
            extremes: (some != 0).then_some([low, high]),
        })
    }
}

/// The notes of a row group, one a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupNotes {
    pub rows: u64,
    pub columns: Vec<Notes>,
}

impl GroupNotes {
    /// Appends them as bytes, their number last.
    pub fn append_to(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.rows.to_le_bytes());
        let words = self.columns.iter().flat_map(|notes| notes.to_words());
        words.for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
        let length = (out.len() - start) as u32;
        out.extend_from_slice(&length.to_le_bytes());
    }

    /// The inverse, without the number. Errors: `E_KERNEL`.
    pub fn from_bytes(bytes: &[u8], columns: usize) -> Result<GroupNotes> {
        let broken = || Error::new(Code::Kernel, "row group: expected the notes of its columns");
        let (rows, rest) = bytes.split_first_chunk::<WORD>().ok_or_else(broken)?;
        let (each, none) = rest.as_chunks::<BYTES>();
        if each.len() != columns || !none.is_empty() {
            return Err(broken());
        }
        let words = |bytes: &[u8; BYTES]| {
            let (words, _) = bytes.as_chunks::<WORD>();
            std::array::from_fn(|i| u64::from_le_bytes(words[i]))
        };
        let columns = each.iter().map(|bytes| Notes::from_words(words(bytes)));
        let columns = columns.collect::<Option<Vec<_>>>().ok_or_else(broken)?;
        Ok(GroupNotes { rows: u64::from_le_bytes(*rows), columns })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_cross_as_bytes() {
        let one = Notes {
            stored: 70,
            plain: 1 << 40,
            dictionary: 9,
            encoding: PageEncoding::RleDictionary,
            codec: Compression::Snappy,
            nulls: 3,
            extremes: Some([u64::MAX, 7]),
        };
        let other = Notes { encoding: PageEncoding::Plain, extremes: None, dictionary: 0, ..one };
        let group = GroupNotes { rows: 11, columns: vec![one, other] };
        let mut bytes = b"before".to_vec();
        group.append_to(&mut bytes);
        let (notes, length) = bytes[6..].split_at(bytes.len() - 10);
        assert_eq!(u32::from_le_bytes(length.try_into().unwrap()) as usize, notes.len());
        assert_eq!(GroupNotes::from_bytes(notes, 2), Ok(group));
        let broken = |bytes: &[u8], columns| GroupNotes::from_bytes(bytes, columns).is_err();
        assert!(broken(&[], 0) && broken(notes, 3) && broken(&notes[1..], 2));
        let mut foreign = notes.to_vec();
        foreign[WORD * 4] = 9;
        assert!(broken(&foreign, 2));
    }
}
