//! One column of a row group as a column chunk. How it is encoded follows from its values alone:
//! long runs (a bar's values stay for a minute) and few distinct values go through a dictionary, other integers
//! as differences, the rest plain; and it is compressed only where that saves something.

use super::Compression;
use super::bits;
use super::cell::{Cell, Profile, RunOfBits, find_runs};
use super::fingerprint;
use super::notes::Notes;
use super::page::{self, PageEncoding};
use crate::error::{Code, Error, Result};
use crate::schema::{Column, Run, Runs, Values, each_row};
use std::borrow::Cow;

/// Rows a run, on average, from which runs are worth a dictionary whatever the values.
const LONG_RUN: usize = 8;
/// Values that are tried before a column is put through a dictionary, and the distinct ones among them at most.
const TRIED: usize = 4096;
const FEW: usize = 1024;
/// Entries of a dictionary at most: indices of 14 bits.
const MOST_ENTRIES: usize = 1 << 14;
/// Bytes that are compressed to see whether it pays.
const TASTED: usize = 1 << 14;

/// What has been written: what the footer is to say of it, and the column's fingerprint.
pub struct Chunk {
    pub notes: Notes,
    pub fingerprint: u64,
}

/// Appends the chunk to `out` and describes it. Errors: `E_KERNEL` when a required column holds a null.
/// `room` is memory for what is compressed, kept from column to column.
pub fn write(
    (out, room): (&mut Vec<u8>, &mut Vec<u8>),
    column: &Column,
    values: Values,
    codec: Compression,
) -> Result<Chunk> {
    let to = Target { out, room, column, codec };
    match values {
        Values::I64(v) => to.values(v),
        Values::F64(v) => to.values(v),
        Values::F32(v) => to.values(v),
        Values::I8(v) => to.values(v),
        Values::Runs(Runs::I64(v)) => to.runs(v),
        Values::Runs(Runs::F64(v)) => to.runs(v),
        Values::Runs(Runs::F32(v)) => to.runs(v),
        Values::Runs(Runs::I8(v)) => to.runs(v),
    }
}

/// Where a column goes.
struct Target<'a> {
    out: &'a mut Vec<u8>,
    room: &'a mut Vec<u8>,
    column: &'a Column,
    codec: Compression,
}

impl Target<'_> {
    fn values<T: Cell>(self, values: &[T]) -> Result<Chunk> {
        if let Some(runs) = find_runs(values, values.len() / LONG_RUN) {
            return self.long_runs(&runs, values.len());
        }
        let (profile, fingerprint) = (Profile::of(values), fingerprint::of_values(values));
        self.check(profile.nulls)?;
        let encoded = encode(self.column.nullable, values, &profile);
        self.write(&encoded, values.len(), profile, fingerprint)
    }

    /// Successive runs differ, so that they are those that [`find_runs`] would find.
    #[inline(never)]
    fn runs<T: Cell>(self, runs: &[Run<T>]) -> Result<Chunk> {
        let rows = runs.iter().map(|run| run.rows as usize).sum();
        if runs.len() * LONG_RUN <= rows { self.long_runs(runs, rows) } else { self.values(&each_row(runs)) }
    }

    fn long_runs<T: Cell>(self, runs: &[Run<T>], rows: usize) -> Result<Chunk> {
        let profile = Profile::of_runs(runs);
        self.check(profile.nulls)?;
        let runs: Vec<RunOfBits> = runs.iter().map(RunOfBits::of).collect();
        let encoded = match profile.nulls == rows {
            true => encode_nulls(rows),
            false => encode_runs(self.column.nullable, &runs, rows, (profile.nulls, T::PLAIN_BYTES)),
        };
        self.write(&encoded, rows, profile, fingerprint::of_runs(&runs))
    }

    fn check(&self, nulls: usize) -> Result<()> {
        if nulls > 0 && !self.column.nullable {
            let message = format!("{}: expected a value in every row, got null", self.column.name);
            return Err(Error::new(Code::Kernel, message));
        }
        Ok(())
    }

    fn write<T: Cell>(
        self,
        encoded: &Encoded,
        rows: usize,
        profile: Profile<T>,
        fingerprint: u64,
    ) -> Result<Chunk> {
        let pages = write_pages((self.out, self.room), encoded, rows, self.codec)?;
        let extremes = profile.extremes.map(|(low, high)| [low.bits(), high.bits()]);
        Ok(Chunk { notes: Notes { nulls: profile.nulls as u64, extremes, ..pages }, fingerprint })
    }
}

/// A column before its pages are compressed.
struct Encoded<'a> {
    /// PLAIN bytes of the dictionary's entries, and their number.
    dictionary: Option<(Vec<u8>, usize)>,
    /// Definition levels and encoded values; behind them what stands in the column as it is.
    head: Vec<u8>,
    body: Cow<'a, [u8]>,
    encoding: PageEncoding,
}

impl Encoded<'_> {
    fn len(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// Some bytes of the page.
    fn part(&self, from: usize, to: usize) -> Cow<'_, [u8]> {
        let split = self.head.len();
        if from >= split {
            Cow::Borrowed(&self.body[from - split..to - split])
        } else if to <= split {
            Cow::Borrowed(&self.head[from..to])
        } else {
            Cow::Owned([&self.head[from..], &self.body[..to - split]].concat())
        }
    }
}

/// A column of nulls alone.
fn encode_nulls(rows: usize) -> Encoded<'static> {
    let mut head = Vec::new();
    framed(&mut head, |head| bits::run(head, 0, rows, 1));
    Encoded { dictionary: None, head, body: Cow::Borrowed(&[]), encoding: PageEncoding::Plain }
}

/// A column without long runs.
fn encode<'a, T: Cell>(nullable: bool, values: &'a [T], profile: &Profile<T>) -> Encoded<'a> {
    if profile.nulls == values.len() {
        return encode_nulls(values.len());
    }
    let mut head = Vec::new();
    if nullable {
        levels(&mut head, values, profile.nulls);
    }
    if profile.nulls == 0 {
        return encode_present(head, values);
    }
    let present = without_nulls(values, profile.nulls);
    let Encoded { dictionary, mut head, body, encoding } = encode_present(head, &present);
    head.extend_from_slice(&body);
    Encoded { dictionary, head, body: Cow::Borrowed(&[]), encoding }
}

fn without_nulls<T: Cell>(values: &[T], nulls: usize) -> Vec<T> {
    let mut present = Vec::with_capacity(values.len() - nulls);
    present.extend(values.iter().copied().filter(|v| !v.is_null()));
    present
}

/// Values of which none is null.
fn encode_present<T: Cell>(mut head: Vec<u8>, present: &[T]) -> Encoded<'_> {
    if let Some(integers) = T::integers(present) {
        head.reserve(2 * integers.len());
        bits::delta(&mut head, integers);
        let encoding = PageEncoding::DeltaBinaryPacked;
        return Encoded { dictionary: None, head, body: Cow::Borrowed(&[]), encoding };
    }
    let Some((entries, indices)) = indices(present) else { return plain(head, present) };
    with_dictionary(head, &entries, T::PLAIN_BYTES, |head, width| {
        head.reserve(indices.len() * width as usize / 8 + 16);
        bits::packed(head, indices.iter().map(|index| u32::from(*index)), indices.len(), width);
    })
}

fn plain<T: Cell>(head: Vec<u8>, present: &[T]) -> Encoded<'_> {
    Encoded { dictionary: None, head, body: T::plain(present), encoding: PageEncoding::Plain }
}

/// Definition levels as a page of version 1 has them: their length, then runs or, where nulls come and go, bits.
fn levels<T: Cell>(head: &mut Vec<u8>, values: &[T], nulls: usize) {
    framed(head, |head| {
        if nulls == 0 {
            return bits::run(head, 1, values.len(), 1);
        }
        let changes = values.windows(2).filter(|pair| pair[0].is_null() != pair[1].is_null()).count();
        if few(changes, values.len()) {
            values
                .chunk_by(|a, b| a.is_null() == b.is_null())
                .for_each(|run| bits::run(head, u32::from(!run[0].is_null()), run.len(), 1));
        } else {
            bits::packed(head, values.iter().map(|v| u32::from(!v.is_null())), values.len(), 1);
        }
    });
}

/// The same of a column in runs.
fn levels_of_runs(head: &mut Vec<u8>, runs: &[RunOfBits], rows: usize) {
    let stretches = runs.chunk_by(|a, b| a.null == b.null);
    let stretches: Vec<(u32, usize)> = stretches
        .map(|runs| (u32::from(!runs[0].null), runs.iter().map(|run| run.rows as usize).sum()))
        .collect();
    framed(head, |head| {
        if few(stretches.len() - 1, rows) {
            stretches.iter().for_each(|(level, rows)| bits::run(head, *level, *rows, 1));
        } else {
            let levels = stretches.iter().flat_map(|(level, rows)| std::iter::repeat_n(*level, *rows));
            bits::packed(head, levels, rows, 1);
        }
    });
}

/// A run takes two bytes or more, as much as sixteen packed levels.
fn few(changes: usize, rows: usize) -> bool {
    changes * 16 < rows
}

/// Writes the length of what is written before it.
fn framed(head: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = head.len();
    head.extend_from_slice(&[0; 4]);
    write(head);
    let length = (head.len() - start - 4) as u32;
    head[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// A dictionary of the values of the runs, and the runs. One function for all types: what is compiled once is compiled
/// soon.
#[inline(never)]
fn encode_runs(
    nullable: bool,
    runs: &[RunOfBits],
    rows: usize,
    (nulls, plain_bytes): (usize, usize),
) -> Encoded<'static> {
    let mut head = Vec::new();
    if nullable && nulls == 0 {
        framed(&mut head, |head| bits::run(head, 1, rows, 1));
    } else if nullable {
        levels_of_runs(&mut head, runs, rows);
    }
    let mut table = Table::new();
    let present = runs.iter().filter(|run| !run.null);
    let indices: Vec<(u32, usize)> = present.map(|run| (table.index(run.bits), run.rows as usize)).collect();
    with_dictionary(head, &table.entries, plain_bytes, |head, width| {
        // A null between two runs of one value ends neither: they are one run of the values that are there.
        indices.chunk_by(|a, b| a.0 == b.0).for_each(|same| {
            bits::run(head, same[0].0, same.iter().map(|run| run.1).sum(), width);
        });
    })
}

/// `entries` are bits of values that take so many bytes in PLAIN.
fn with_dictionary(
    mut head: Vec<u8>,
    entries: &[u64],
    plain_bytes: usize,
    indices: impl FnOnce(&mut Vec<u8>, u32),
) -> Encoded<'static> {
    let width = bits::width_of(entries.len().saturating_sub(1) as u64).max(1);
    head.push(width as u8);
    indices(&mut head, width);
    let plain = entries.iter().flat_map(|bits| bits.to_le_bytes().into_iter().take(plain_bytes));
    let dictionary = Some((plain.collect(), entries.len()));
    Encoded { dictionary, head, body: Cow::Borrowed(&[]), encoding: PageEncoding::RleDictionary }
}

/// The bits of distinct values in the order of their first occurrence: open addressing, at most half full, and no
/// larger than that needs: small tables stay in the first-level cache.
struct Table {
    entries: Vec<u64>,
    /// A power of two of them: 0, or the number of an entry from 1 on.
    slots: Vec<u32>,
    shift: u32,
}

const FIRST_SLOTS: usize = 1024;

impl Table {
    fn new() -> Self {
        Table {
            entries: Vec::new(),
            slots: vec![0; FIRST_SLOTS],
            shift: u64::BITS - FIRST_SLOTS.trailing_zeros(),
        }
    }

    #[inline(always)]
    fn index(&mut self, bits: u64) -> u32 {
        let slot = self.slot(bits);
        match self.slots[slot] {
            0 => self.insert(bits, slot),
            entry => entry - 1,
        }
    }

    /// Where the bits are, or would go.
    #[inline(always)]
    fn slot(&self, bits: u64) -> usize {
        let mask = self.slots.len() - 1;
        // Fibonacci hashing: the high bits of the product are mixed best.
        let mut slot = (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize & mask;
        while self.slots[slot] != 0 && self.entries[self.slots[slot] as usize - 1] != bits {
            slot = (slot + 1) & mask;
        }
        slot
    }

    #[inline(never)]
    fn insert(&mut self, bits: u64, slot: usize) -> u32 {
        self.entries.push(bits);
        self.slots[slot] = self.entries.len() as u32;
        if self.entries.len() * 2 > self.slots.len() {
            self.grow();
        }
        self.entries.len() as u32 - 1
    }

    fn grow(&mut self) {
        self.slots = vec![0; 4 * self.slots.len()];
        self.shift -= 2;
        for entry in 0..self.entries.len() {
            let slot = self.slot(self.entries[entry]);
            self.slots[slot] = entry as u32 + 1;
        }
    }
}

/// A dictionary and the values' places in it; none where there are too many distinct values.
fn indices<T: Cell>(values: &[T]) -> Option<(Vec<u64>, Vec<u16>)> {
    if values.is_empty() {
        return None;
    }
    let mut table = Table::new();
    let mut indices = Vec::new();
    let (tried, rest) = values.split_at(values.len().min(TRIED));
    put_indices(&mut table, &mut indices, tried, FEW.min(tried.len().div_ceil(2)))?;
    indices.reserve(rest.len());
    put_indices(&mut table, &mut indices, rest, MOST_ENTRIES)?;
    Some((table.entries, indices))
}

/// None once there are more entries than `most`.
#[inline(never)]
fn put_indices<T: Cell>(table: &mut Table, indices: &mut Vec<u16>, values: &[T], most: usize) -> Option<()> {
    let Some(first) = values.first() else { return Some(()) };
    let (mut before, mut index) = (first.bits(), table.index(first.bits()) as u16);
    for stretch in values.chunks(256) {
        indices.extend(stretch.iter().map(|value| {
            if value.bits() != before {
                (before, index) = (value.bits(), table.index(value.bits()) as u16);
            }
            index
        }));
        if table.entries.len() > most {
            return None;
        }
    }
    Some(())
}

/// The codec, or none where a taste of the data does not shrink by a tenth.
fn worthwhile(codec: Compression, encoded: &Encoded, room: &mut Vec<u8>) -> Result<Compression> {
    if codec == Compression::None {
        return Ok(codec);
    }
    let length = encoded.len();
    let from = (length.saturating_sub(TASTED)) / 2;
    let taste = encoded.part(from, length.min(from + TASTED));
    let pays = taste.len() >= 64 && page::compress(codec, &taste, room)?.len() * 10 <= taste.len() * 9;
    Ok(if pays { codec } else { Compression::None })
}

/// Appends the pages of a column, whatever its type; the notes lack what is known of its values. One function for
/// all types: what is compiled once is compiled soon.
#[inline(never)]
fn write_pages(
    (out, room): (&mut Vec<u8>, &mut Vec<u8>),
    encoded: &Encoded,
    rows: usize,
    codec: Compression,
) -> Result<Notes> {
    let codec = worthwhile(codec, encoded, room)?;
    let start = out.len();
    let mut plain = 0;
    if let Some((entries, count)) = &encoded.dictionary {
        plain += page::dictionary_page(out, entries.len(), page::compress(codec, entries, room)?, *count);
    }
    let dictionary = out.len() - start;
    plain += match codec {
        Compression::None => {
            page::data_page(out, encoded.len(), [&encoded.head, &encoded.body], rows, encoded.encoding)
        }
        _ => {
            let whole = encoded.part(0, encoded.len());
            let stored = page::compress(codec, &whole, room)?;
            page::data_page(out, encoded.len(), [stored, &[]], rows, encoded.encoding)
        }
    };
    Ok(Notes {
        stored: (out.len() - start) as u64,
        plain: plain as u64,
        dictionary: dictionary as u64,
        encoding: encoded.encoding,
        codec,
        nulls: 0,
        extremes: None,
    })
}
