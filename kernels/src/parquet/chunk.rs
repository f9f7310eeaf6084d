//! One column of a row group as a column chunk. How it is encoded follows from its values alone:
//! long runs (a bar's values stay for a minute) and few distinct values go through a dictionary, other integers
//! as differences, the rest plain; and it is compressed only where that saves something.

use super::bits;
use super::cell::{Cell, Profile};
use super::page::{self, PageEncoding};
use crate::error::{Code, Error, Result};
use crate::schema::{Column, Values};
use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescPtr;

/// Rows a run, on average, from which runs are worth a dictionary whatever the values.
const LONG_RUN: usize = 8;
/// Values that are tried before a column is put through a dictionary, and the distinct ones among them at most.
const TRIED: usize = 4096;
const FEW: usize = 1024;
/// Entries of a dictionary at most: indices of 14 bits.
const MOST_ENTRIES: usize = 1 << 14;
/// Bytes that are compressed to see whether it pays.
const TASTED: usize = 1 << 16;

/// Appends the chunk to `out` and describes it, its offsets from the start of `out`.
/// Errors: `E_KERNEL` when a required column holds a null.
pub fn write(
    out: &mut Vec<u8>,
    column: &Column,
    descriptor: ColumnDescPtr,
    values: Values,
    codec: Compression,
) -> Result<ColumnChunkMetaData> {
    match values {
        Values::I64(v) => write_cells(out, column, descriptor, v, codec),
        Values::F64(v) => write_cells(out, column, descriptor, v, codec),
        Values::F32(v) => write_cells(out, column, descriptor, v, codec),
        Values::I8(v) => write_cells(out, column, descriptor, v, codec),
    }
}

/// A column before its pages are compressed.
struct Encoded {
    /// PLAIN bytes of the dictionary's entries, and their number.
    dictionary: Option<(Vec<u8>, usize)>,
    /// Definition levels and values.
    data: Vec<u8>,
    encoding: PageEncoding,
}

fn write_cells<T: Cell>(
    out: &mut Vec<u8>,
    column: &Column,
    descriptor: ColumnDescPtr,
    values: &[T],
    codec: Compression,
) -> Result<ColumnChunkMetaData> {
    let profile = Profile::of(values);
    if profile.nulls > 0 && !column.nullable {
        let message = format!("{}: expected a value in every row, got null", column.name);
        return Err(Error::new(Code::Kernel, message));
    }
    let encoded = encode(column.nullable, values, &profile);
    let statistics = T::statistics(profile.extremes, profile.nulls as u64);
    write_pages(out, descriptor, &encoded, values.len(), worthwhile(codec, &encoded)?, statistics)
}

fn encode<T: Cell>(nullable: bool, values: &[T], profile: &Profile<T>) -> Encoded {
    let mut data = Vec::with_capacity(values.len());
    if nullable {
        levels(&mut data, values, profile);
    }
    let all_null = profile.nulls == values.len();
    if !all_null && profile.runs * LONG_RUN <= values.len() {
        return runs(data, values);
    }
    let present: Vec<T>;
    let present = match profile.nulls {
        0 => values,
        _ => {
            present = values.iter().copied().filter(|v| !v.is_null()).collect();
            &present
        }
    };
    if let Some(integers) = T::integers(present).filter(|_| !all_null) {
        bits::delta(&mut data, integers);
        return Encoded { dictionary: None, data, encoding: PageEncoding::DeltaBinaryPacked };
    }
    match indices(present) {
        Some((entries, indices)) => with_dictionary(data, &entries, |data, width| {
            bits::packed(data, indices.iter().copied(), indices.len(), width);
        }),
        None => {
            T::plain(&mut data, present);
            Encoded { dictionary: None, data, encoding: PageEncoding::Plain }
        }
    }
}

/// Definition levels as a page of version 1 has them: their length, then runs or, where nulls come and go, bits.
fn levels<T: Cell>(data: &mut Vec<u8>, values: &[T], profile: &Profile<T>) {
    let start = data.len();
    data.extend_from_slice(&[0; 4]);
    if profile.nulls == 0 || profile.nulls == values.len() {
        bits::run(data, u32::from(profile.nulls == 0), values.len(), 1);
    } else {
        let changes = values.windows(2).filter(|pair| pair[0].is_null() != pair[1].is_null()).count();
        // A run takes two bytes or more, as much as sixteen packed levels.
        if changes * 16 < values.len() {
            values
                .chunk_by(|a, b| a.is_null() == b.is_null())
                .for_each(|run| bits::run(data, u32::from(!run[0].is_null()), run.len(), 1));
        } else {
            bits::packed(data, values.iter().map(|v| u32::from(!v.is_null())), values.len(), 1);
        }
    }
    let length = (data.len() - start - 4) as u32;
    data[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// A dictionary of the values of the runs, and the runs.
fn runs<T: Cell>(data: Vec<u8>, values: &[T]) -> Encoded {
    let mut table = Table::new();
    let runs: Vec<(u32, usize)> = values
        .chunk_by(|a, b| a.bits() == b.bits())
        .filter(|run| !run[0].is_null())
        .map(|run| (table.index(run[0]), run.len()))
        .collect();
    with_dictionary(data, &table.entries, |data, width| {
        // A null between two runs of one value ends neither: they are one run of the values that are there.
        runs.chunk_by(|a, b| a.0 == b.0).for_each(|same| {
            bits::run(data, same[0].0, same.iter().map(|run| run.1).sum(), width);
        });
    })
}

fn with_dictionary<T: Cell>(
    mut data: Vec<u8>,
    entries: &[T],
    indices: impl FnOnce(&mut Vec<u8>, u32),
) -> Encoded {
    let width = bits::width_of(entries.len().saturating_sub(1) as u64).max(1);
    data.push(width as u8);
    indices(&mut data, width);
    let mut plain = Vec::with_capacity(entries.len() * 8);
    T::plain(&mut plain, entries);
    Encoded { dictionary: Some((plain, entries.len())), data, encoding: PageEncoding::RleDictionary }
}

/// Distinct values in the order of their first occurrence, found again by their bits: open addressing, at most
/// half full.
struct Table<T> {
    entries: Vec<T>,
    slots: Vec<u32>,
}

impl<T: Cell> Table<T> {
    fn new() -> Self {
        Table { entries: Vec::new(), slots: vec![0; 4 * MOST_ENTRIES] }
    }

    #[inline(always)]
    fn index(&mut self, value: T) -> u32 {
        let bits = value.bits();
        let mask = self.slots.len() - 1;
        // Fibonacci hashing: the high bits of the product are mixed best.
        let mut slot = (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44) as usize & mask;
        loop {
            match self.slots[slot] {
                0 => {
                    self.entries.push(value);
                    self.slots[slot] = self.entries.len() as u32;
                    return self.entries.len() as u32 - 1;
                }
                entry if self.entries[entry as usize - 1].bits() == bits => return entry - 1,
                _ => slot = (slot + 1) & mask,
            }
        }
    }
}

/// A dictionary and the values' places in it; none where there are too many distinct values.
fn indices<T: Cell>(values: &[T]) -> Option<(Vec<T>, Vec<u32>)> {
    if values.is_empty() {
        return None;
    }
    let mut table = Table::new();
    let mut indices = Vec::with_capacity(values.len());
    let (tried, rest) = values.split_at(values.len().min(TRIED));
    indices.extend(tried.iter().map(|v| table.index(*v)));
    if table.entries.len() > FEW.min(tried.len().div_ceil(2)) {
        return None;
    }
    for &value in rest {
        indices.push(table.index(value));
        if table.entries.len() > MOST_ENTRIES {
            return None;
        }
    }
    Some((table.entries, indices))
}

/// The codec, or none where a taste of the data does not shrink by a tenth.
fn worthwhile(codec: Compression, encoded: &Encoded) -> Result<Compression> {
    let data = &encoded.data;
    let from = (data.len().saturating_sub(TASTED)) / 2;
    let taste = &data[from..data.len().min(from + TASTED)];
    let pays = taste.len() >= 64 && page::compress(codec, taste)?.len() * 10 <= taste.len() * 9;
    Ok(if pays { codec } else { Compression::UNCOMPRESSED })
}

fn write_pages(
    out: &mut Vec<u8>,
    descriptor: ColumnDescPtr,
    encoded: &Encoded,
    rows: usize,
    codec: Compression,
    statistics: Statistics,
) -> Result<ColumnChunkMetaData> {
    let start = out.len();
    let mut plain = 0;
    let mut dictionary_at = None;
    let mut encodings = vec![Encoding::RLE];
    if let Some((entries, count)) = &encoded.dictionary {
        dictionary_at = Some(start as i64);
        encodings.extend([Encoding::PLAIN, Encoding::RLE_DICTIONARY]);
        plain += page::dictionary_page(out, entries.len(), &page::compress(codec, entries)?, *count);
    } else {
        encodings.push(match encoded.encoding {
            PageEncoding::DeltaBinaryPacked => Encoding::DELTA_BINARY_PACKED,
            _ => Encoding::PLAIN,
        });
    }
    let data_at = out.len() as i64;
    let stored = match codec {
        Compression::UNCOMPRESSED => None,
        _ => Some(page::compress(codec, &encoded.data)?),
    };
    let bytes = stored.as_deref().unwrap_or(&encoded.data);
    plain += page::data_page(out, encoded.data.len(), bytes, rows, encoded.encoding);
    Ok(ColumnChunkMetaData::builder(descriptor)
        .set_compression(codec)
        .set_encodings(encodings)
        .set_num_values(rows as i64)
        .set_total_compressed_size((out.len() - start) as i64)
        .set_total_uncompressed_size(plain as i64)
        .set_dictionary_page_offset(dictionary_at)
        .set_data_page_offset(data_at)
        .set_statistics(statistics)
        .build()?)
}
