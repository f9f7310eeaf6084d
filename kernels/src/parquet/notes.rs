//! What the footer says of a column chunk, in plain numbers: what whoever encodes it tells whoever joins the file.
//! Parquet's own metadata are made of it once a file, since the crate for them is large.

use super::page::PageEncoding;
use crate::error::{Code, Error, Result};
use crate::schema::{Column, Physical};
use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescPtr;

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

const CODECS: [Compression; 3] = [Compression::UNCOMPRESSED, Compression::LZ4_RAW, Compression::SNAPPY];
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

/// Parquet's metadata of a chunk that starts at this place of the file.
pub fn metadata(
    notes: &Notes,
    column: &Column,
    descriptor: ColumnDescPtr,
    rows: u64,
    start: u64,
) -> Result<ColumnChunkMetaData> {
    let encodings = match notes.encoding {
        PageEncoding::Plain => vec![Encoding::RLE, Encoding::PLAIN],
        PageEncoding::DeltaBinaryPacked => vec![Encoding::RLE, Encoding::DELTA_BINARY_PACKED],
        PageEncoding::RleDictionary => vec![Encoding::RLE, Encoding::PLAIN, Encoding::RLE_DICTIONARY],
    };
    Ok(ColumnChunkMetaData::builder(descriptor)
        .set_compression(notes.codec)
        .set_encodings(encodings)
        .set_num_values(rows as i64)
        .set_total_compressed_size(notes.stored as i64)
        .set_total_uncompressed_size(notes.plain as i64)
        .set_dictionary_page_offset((notes.dictionary > 0).then_some(start as i64))
        .set_data_page_offset((start + notes.dictionary) as i64)
        .set_statistics(statistics(column.physical, notes))
        .build()?)
}

fn statistics(physical: Physical, notes: &Notes) -> Statistics {
    let (low, high) = (notes.extremes.map(|e| e[0]), notes.extremes.map(|e| e[1]));
    let nulls = Some(notes.nulls);
    match physical {
        Physical::I64 => {
            Statistics::int64(low.map(|bits| bits as i64), high.map(|bits| bits as i64), None, nulls, false)
        }
        // Parquet has no type of one byte: INT32.
        Physical::I8 => {
            let wide = |bits: u64| i32::from(bits as i8);
            Statistics::int32(low.map(wide), high.map(wide), None, nulls, false)
        }
        // The format wants a zero signed outwards: readers may hold -0.0 for equal to 0.0.
        Physical::F64 => {
            let low = low.map(f64::from_bits).map(|low| if low == 0.0 { -0.0 } else { low });
            Statistics::double(low, high.map(f64::from_bits), None, nulls, false)
        }
        Physical::F32 => {
            let of = |bits: u64| f32::from_bits(bits as u32);
            let low = low.map(of).map(|low| if low == 0.0 { -0.0 } else { low });
            Statistics::float(low, high.map(of), None, nulls, false)
        }
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
            codec: Compression::SNAPPY,
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
