//! Columns to Parquet: a worker encodes one row group, the splicer joins row groups under one footer.
//!
//! A row group is encoded apart from the file ([`RowGroupEncoder::encode`]), so that encoding runs on any
//! worker; its column chunks are position-independent, and the [`Splicer`] needs only the notes that stand
//! behind them to say where they are in the joined file. The bytes depend on the values, the compression and
//! the version of this crate, never on who encoded what when.

mod bits;
mod cell;
mod chunk;
mod fingerprint;
mod footer;
mod notes;
mod page;
mod thrift;

pub use fingerprint::joined;

use crate::error::{Code, Error, Result};
use crate::schema::{Column, Physical, Run, Runs, Values};
use notes::GroupNotes;

/// Rows of every row group but the last: a constant, since the bytes must not depend on anything else.
pub const ROWS_PER_GROUP: usize = 131_072;

/// The bytes with which every Parquet file begins and ends; row groups stand behind the first.
const MAGIC: &[u8] = b"PAR1";

/// How the bytes of a page are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    None,
    /// The block format, without frames: what Parquet calls LZ4_RAW.
    Lz4,
    Snappy,
}

impl Compression {
    /// `CompressionCodec` of parquet.thrift.
    fn number(self) -> i64 {
        match self {
            Compression::None => 0,
            Compression::Snappy => 1,
            Compression::Lz4 => 7,
        }
    }
}

/// The compression of that name: `lz4`, `snappy` or `none`.
pub fn compression(name: &str) -> Result<Compression> {
    match name {
        "lz4" => Ok(Compression::Lz4),
        "snappy" => Ok(Compression::Snappy),
        "none" => Ok(Compression::None),
        other => Err(Error::usage(format!("compression: expected lz4, snappy or none, got \"{other}\""))
            .hint("Choose one of them with --compression.")),
    }
}

/// Encodes row groups of one schema.
pub struct RowGroupEncoder {
    columns: &'static [Column],
    compression: Compression,
}

impl RowGroupEncoder {
    pub fn new(columns: &'static [Column], compression: Compression) -> Self {
        RowGroupEncoder { columns, compression }
    }

    /// Puts one row group into `part`, in place of what it holds: the column chunks one behind the other, then what is
    /// to be noted of them, and in the last four bytes how many bytes that is. Answers what tells the columns apart, a
    /// fingerprint each; see [`joined`]. `values` holds each column in the order of the schema, all of one length;
    /// `i64::MIN` and NaN are null. E_KERNEL when a required column holds a null, or types and lengths are not those
    /// of the schema.
    pub fn encode(&self, values: &[Values], part: &mut Vec<u8>) -> Result<Vec<u64>> {
        let rows = self.check(values)?;
        part.clear();
        let mut notes = GroupNotes { rows: rows as u64, columns: Vec::new() };
        let mut fingerprints = Vec::new();
        let mut room = Vec::new();
        for (column, values) in self.columns.iter().zip(values) {
            let chunk = chunk::write((part, &mut room), column, *values, self.compression)?;
            notes.columns.push(chunk.notes);
            fingerprints.push(chunk.fingerprint);
        }
        notes.append_to(part);
        Ok(fingerprints)
    }

    /// The number of rows.
    fn check(&self, values: &[Values]) -> Result<usize> {
        let rows = values.first().map_or(0, length);
        let fits = |(c, v): (&Column, &Values)| c.physical == physical(v) && length(v) == rows;
        if rows == 0 || values.len() != self.columns.len() || !self.columns.iter().zip(values).all(fits) {
            return Err(Error::new(
                Code::Kernel,
                "row group: expected the columns of the schema, of one length",
            ));
        }
        Ok(rows)
    }
}

fn length(values: &Values) -> usize {
    fn rows<T>(runs: &[Run<T>]) -> usize {
        runs.iter().map(|run| run.rows as usize).sum()
    }
    match values {
        Values::I64(v) => v.len(),
        Values::F64(v) => v.len(),
        Values::F32(v) => v.len(),
        Values::I8(v) => v.len(),
        Values::Runs(Runs::I64(v)) => rows(v),
        Values::Runs(Runs::F64(v)) => rows(v),
        Values::Runs(Runs::F32(v)) => rows(v),
        Values::Runs(Runs::I8(v)) => rows(v),
    }
}

fn physical(values: &Values) -> Physical {
    match values {
        Values::I64(_) | Values::Runs(Runs::I64(_)) => Physical::I64,
        Values::F64(_) | Values::Runs(Runs::F64(_)) => Physical::F64,
        Values::F32(_) | Values::Runs(Runs::F32(_)) => Physical::F32,
        Values::I8(_) | Values::Runs(Runs::I8(_)) => Physical::I8,
    }
}

/// One column that is being filled from outside.
enum Buffer {
    I64(Filled<i64>),
    F64(Filled<f64>),
    F32(Filled<f32>),
    I8(Filled<i8>),
}

/// Values, or runs of them where there are some.
#[derive(Default)]
struct Filled<T> {
    values: Vec<T>,
    runs: Vec<Run<T>>,
}

impl<T: Clone + Default> Filled<T> {
    fn room(&mut self, rows: usize) -> *mut u8 {
        self.runs.clear();
        self.values.resize(rows, T::default());
        self.values.as_mut_ptr().cast()
    }

    fn room_for_runs(&mut self, runs: usize) -> *mut u8 {
        self.runs.resize(runs, Run::default());
        self.runs.as_mut_ptr().cast()
    }
}

/// Does the same with whatever the buffer holds.
macro_rules! each_buffer {
    ($buffer:expr, $filled:ident => $does:expr) => {
        match $buffer {
            Buffer::I64($filled) => $does,
            Buffer::F64($filled) => $does,
            Buffer::F32($filled) => $does,
            Buffer::I8($filled) => $does,
        }
    };
}

impl Buffer {
    fn new(physical: Physical) -> Self {
        match physical {
            Physical::I64 => Buffer::I64(Filled::default()),
            Physical::F64 => Buffer::F64(Filled::default()),
            Physical::F32 => Buffer::F32(Filled::default()),
            Physical::I8 => Buffer::I8(Filled::default()),
        }
    }

    fn values(&self) -> Values<'_> {
        match self {
            Buffer::I64(v) if v.runs.is_empty() => Values::I64(&v.values),
            Buffer::F64(v) if v.runs.is_empty() => Values::F64(&v.values),
            Buffer::F32(v) if v.runs.is_empty() => Values::F32(&v.values),
            Buffer::I8(v) if v.runs.is_empty() => Values::I8(&v.values),
            Buffer::I64(v) => Values::Runs(Runs::I64(&v.runs)),
            Buffer::F64(v) => Values::Runs(Runs::F64(&v.runs)),
            Buffer::F32(v) => Values::Runs(Runs::F32(&v.runs)),
            Buffer::I8(v) => Values::Runs(Runs::I8(&v.runs)),
        }
    }
}

/// A row group on its way into the encoder: one buffer a column, kept from group to group.
pub struct RowGroup {
    buffers: Vec<Buffer>,
}

impl RowGroup {
    pub fn new(columns: &[Column]) -> Self {
        RowGroup { buffers: columns.iter().map(|c| Buffer::new(c.physical)).collect() }
    }

    /// Where `rows` values of the column go; `None` when there is no such column. A resize of the
    /// same column moves its buffer.
    pub fn room(&mut self, column: usize, rows: usize) -> Option<*mut u8> {
        self.buffers.get_mut(column).map(|buffer| each_buffer!(buffer, filled => filled.room(rows)))
    }

    /// The same for a column of so many [`Run`]s, at least one; successive runs must differ.
    pub fn room_for_runs(&mut self, column: usize, runs: usize) -> Option<*mut u8> {
        self.buffers.get_mut(column).map(|buffer| each_buffer!(buffer, filled => filled.room_for_runs(runs)))
    }

    pub fn values(&self) -> Vec<Values<'_>> {
        self.buffers.iter().map(Buffer::values).collect()
    }
}

/// Joins encoded row groups, in the order in which they are appended.
pub struct Splicer {
    columns: &'static [Column],
    groups: Vec<GroupNotes>,
}

impl Splicer {
    pub fn new(columns: &'static [Column]) -> Self {
        Splicer { columns, groups: Vec::new() }
    }

    /// Takes note of one part: `notes` is what stands behind its chunks, without their number. The chunks are the
    /// caller's, who appends them to the file. E_KERNEL for notes of other columns.
    pub fn append(&mut self, notes: &[u8]) -> Result<()> {
        self.groups.push(GroupNotes::from_bytes(notes, self.columns.len())?);
        Ok(())
    }

    /// The end of the file: footer, its length, magic. `metadata` are the file's key-value pairs.
    pub fn finish(self, metadata: &[(String, String)]) -> Vec<u8> {
        footer::footer(self.columns, &self.groups, metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Measure, NULL_INTEGER};
    use parquet::file::metadata::KeyValue;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    const fn column(name: &'static str, physical: Physical, nullable: bool) -> Column {
        Column { name, physical, nullable, measure: Measure::Ratio, unit: "", null_when: "" }
    }

    static COLUMNS: [Column; 4] = [
        column("ts", Physical::I64, false),
        column("age", Physical::I64, true),
        column("x", Physical::F64, true),
        column("side", Physical::I8, false),
    ];

    struct Table {
        ts: Vec<i64>,
        age: Vec<i64>,
        x: Vec<f64>,
        side: Vec<i8>,
    }

    impl Table {
        /// `rows` rows from `first` on, with nulls here and there.
        fn rows(first: i64, rows: i64) -> Table {
            let all = || first..first + rows;
            Table {
                ts: all().collect(),
                age: all().map(|i| if i % 3 == 0 { NULL_INTEGER } else { i }).collect(),
                x: all().map(|i| if i % 5 == 0 { f64::NAN } else { i as f64 / 8.0 }).collect(),
                side: all().map(|i| (i % 3 - 1) as i8).collect(),
            }
        }

        fn values(&self) -> [Values<'_>; 4] {
            [Values::I64(&self.ts), Values::I64(&self.age), Values::F64(&self.x), Values::I8(&self.side)]
        }
    }

    fn encode_values(values: &[Values], codec: &str) -> Vec<u8> {
        let mut part = b"of before".to_vec();
        let encoder = RowGroupEncoder::new(&COLUMNS, compression(codec).unwrap());
        encoder.encode(values, &mut part).unwrap();
        part
    }

    fn encode(table: &Table, codec: &str) -> Vec<u8> {
        encode_values(&table.values(), codec)
    }

    /// What the caller of the splicer does: bodies one behind the other, then the end.
    fn join(parts: &[Vec<u8>], metadata: &[(String, String)]) -> Vec<u8> {
        let mut splicer = Splicer::new(&COLUMNS);
        let mut file = b"PAR1".to_vec();
        for part in parts {
            let end = part.len() - 4;
            let notes = end - u32::from_le_bytes(part[end..].try_into().unwrap()) as usize;
            splicer.append(&part[notes..end]).unwrap();
            file.extend(&part[..notes]);
        }
        file.extend(splicer.finish(metadata));
        file
    }

    fn read(file: Vec<u8>) -> Vec<Vec<Field>> {
        let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
        let rows = reader.get_row_iter(None).unwrap();
        rows.map(|row| row.unwrap().get_column_iter().map(|(_, field)| field.clone()).collect()).collect()
    }

    fn expected(i: i64) -> Vec<Field> {
        let age = if i % 3 == 0 { Field::Null } else { Field::Long(i) };
        let x = if i % 5 == 0 { Field::Null } else { Field::Double(i as f64 / 8.0) };
        vec![Field::Long(i), age, x, Field::Byte((i % 3 - 1) as i8)]
    }

    #[test]
    fn joined_row_groups_read_as_one_table() {
        for codec in ["lz4", "snappy", "none"] {
            let parts =
                [(0, 1000), (1000, 1), (1001, 300)].map(|(first, n)| encode(&Table::rows(first, n), codec));
            let rows = read(join(&parts, &[]));
            assert_eq!(rows, (0..1301).map(expected).collect::<Vec<_>>(), "{codec}");
        }
    }

    #[test]
    fn the_file_says_its_metadata_and_each_column_its_extremes() {
        let file = join(&[encode(&Table::rows(1, 9), "lz4")], &[("spec".into(), "1.2".into())]);
        let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
        let pairs = reader.metadata().file_metadata().key_value_metadata().unwrap();
        assert_eq!(pairs[0], KeyValue::new("spec".into(), "1.2".to_string()));
        let x = reader.metadata().row_group(0).column(2).statistics().unwrap();
        assert_eq!(x.min_bytes_opt(), Some(&(1.0 / 8.0f64).to_le_bytes()[..]));
        assert_eq!(x.max_bytes_opt(), Some(&(9.0 / 8.0f64).to_le_bytes()[..]));
        assert_eq!(x.null_count_opt(), Some(1));
    }

    #[test]
    fn a_column_of_nulls_is_a_column() {
        let table = Table { x: vec![f64::NAN; 7], ..Table::rows(1, 7) };
        assert!(read(join(&[encode(&table, "lz4")], &[])).iter().all(|row| row[2] == Field::Null));
    }

    /// Columns of every kind that the encoder tells apart, and the rows that a reader must give back.
    #[test]
    fn whatever_the_values_are_they_read_back() {
        let n = 3000i64;
        let all = |f: fn(i64) -> f64| (0..n).map(f).collect::<Vec<f64>>();
        let noise = |i: i64| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15u64 as i64) >> 11) as f64;
        let floats: [Vec<f64>; 8] = [
            all(|_| f64::NAN),
            all(|_| 1.5),
            all(|i| (i / 100) as f64),
            all(|i| if i / 64 % 2 == 0 { f64::NAN } else { (i / 300) as f64 }),
            all(|i| (i % 7) as f64),
            all(|i| if i % 2 == 0 { f64::NAN } else { (i % 5) as f64 }),
            (0..n).map(noise).collect(),
            (0..n).map(|i| if i % 3 == 0 { f64::NAN } else { noise(i) }).collect(),
        ];
        let integers: [Vec<i64>; 4] = [
            (0..n).collect(),
            (0..n).map(|i| if i % 2 == 0 { i64::MAX } else { i64::MIN + 1 + i }).collect(),
            (0..n).map(|i| if i % 4 == 0 { NULL_INTEGER } else { -i }).collect(),
            vec![NULL_INTEGER; n as usize],
        ];
        for codec in ["lz4", "snappy", "none"] {
            for (f, x) in floats.iter().enumerate() {
                let age = &integers[f % 4];
                let ts: Vec<i64> = (0..n).map(|i| 1_700_000_000_000_000 + i * i).collect();
                let side: Vec<i8> = (0..n).map(|i| (i % 3 - 1) as i8).collect();
                let values = [Values::I64(&ts), Values::I64(age), Values::F64(x), Values::I8(&side)];
                let rows = read(join(&[encode_values(&values, codec)], &[]));
                for (i, row) in rows.iter().enumerate() {
                    let age = if age[i] == NULL_INTEGER { Field::Null } else { Field::Long(age[i]) };
                    let x = if x[i].is_nan() { Field::Null } else { Field::Double(x[i]) };
                    assert_eq!(*row, [Field::Long(ts[i]), age, x, Field::Byte(side[i])], "{codec} {f} {i}");
                }
                assert_eq!(rows.len(), n as usize);
            }
        }
    }

    #[test]
    fn the_same_values_give_the_same_bytes() {
        assert_eq!(encode(&Table::rows(5, 700), "lz4"), encode(&Table::rows(5, 700), "lz4"));
    }

    #[test]
    fn columns_that_are_not_the_schemas_are_refused() {
        let encoder = RowGroupEncoder::new(&COLUMNS, Compression::Snappy);
        let table = Table::rows(0, 5);
        let values = table.values();
        let refused =
            |values: &[Values]| encoder.encode(values, &mut Vec::new()).unwrap_err().code == Code::Kernel;
        assert!(refused(&values[..3]));
        assert!(refused(&[values[0], values[1], values[3], values[2]]));
        assert!(refused(&[Values::I64(&[1, 2, 3, 4, NULL_INTEGER]), values[1], values[2], values[3]]));
        assert!(refused(&[Values::I64(&[1]), values[1], values[2], values[3]]));
    }
}
