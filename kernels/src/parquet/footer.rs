//! What ends a file: the schema, where each column chunk stands and what is in it, and the file's own pairs. Source:
//! Apache Parquet, parquet.thrift, whose names and numbers of fields these are.

use super::notes::{GroupNotes, Notes};
use super::page::{PageEncoding, RLE};
use super::thrift::{Fields, Kind, binary, structure};
use super::{MAGIC, bits::zigzag};
use crate::schema::{Column, Physical};

const CREATED_BY: &str = "hybrid";

/// `Type`: Parquet has none of one byte.
const INT32: i64 = 1;
const INT64: i64 = 2;
const FLOAT: i64 = 4;
const DOUBLE: i64 = 5;

/// `ConvertedType`, for readers that do not know `LogicalType`.
const INT_8: i64 = 15;

/// `FieldRepetitionType`.
const REQUIRED: i64 = 0;
const OPTIONAL: i64 = 1;

/// FileMetaData, their length, magic: of groups that stand one behind the other, the first behind the magic.
pub fn footer(columns: &[Column], groups: &[GroupNotes], pairs: &[(String, String)]) -> Vec<u8> {
    let mut end = Vec::new();
    structure(&mut end, |file| {
        file.i32(1, 1);
        file.list(2, Kind::Struct, 0..columns.len() + 1, |out, i| match i.checked_sub(1) {
            None => structure(out, |root| schema_root(root, columns.len())),
            Some(i) => structure(out, |element| schema_element(element, &columns[i])),
        });
        file.i64(3, groups.iter().map(|group| group.rows as i64).sum());
        let mut position = MAGIC.len() as u64;
        // All groups have their number, or none: the format has 16 bits for it.
        let numbered = i16::try_from(groups.len()).is_ok();
        file.list(4, Kind::Struct, groups.iter().enumerate(), |out, (nth, group)| {
            let nth = numbered.then_some(nth as i16);
            structure(out, |fields| row_group(fields, columns, group, nth, &mut position));
        });
        file.list(5, Kind::Struct, pairs.iter(), |out, (key, value)| {
            structure(out, |pair| {
                pair.binary(1, key.as_bytes());
                pair.binary(2, value.as_bytes());
            });
        });
        file.binary(6, CREATED_BY.as_bytes());
        file.list(7, Kind::Struct, columns.iter(), |out, column| {
            structure(out, |order| column_order(order, column));
        });
    });
    let length = end.len() as u32;
    end.extend_from_slice(&length.to_le_bytes());
    end.extend_from_slice(MAGIC);
    end
}

fn schema_root(root: &mut Fields, columns: usize) {
    root.binary(4, b"schema");
    root.i32(5, columns as i64);
}

fn schema_element(element: &mut Fields, column: &Column) {
    element.i32(1, type_of(column.physical));
    element.i32(3, if column.nullable { OPTIONAL } else { REQUIRED });
    element.binary(4, column.name.as_bytes());
    if column.physical == Physical::I8 {
        element.i32(6, INT_8);
        element.structure(10, |logical| {
            logical.structure(10, |integer| {
                integer.byte(1, 8);
                integer.boolean(2, true);
            });
        });
    }
}

fn type_of(physical: Physical) -> i64 {
    match physical {
        Physical::I64 => INT64,
        Physical::F64 => DOUBLE,
        Physical::F32 => FLOAT,
        Physical::I8 => INT32,
    }
}

/// By what the extremes of a column are the extremes: integers by their value, floats by IEEE 754's total order.
fn column_order(order: &mut Fields, column: &Column) {
    let which = match column.physical {
        Physical::I64 | Physical::I8 => 1,
        Physical::F64 | Physical::F32 => 2,
    };
    order.structure(which, |_| {});
}

/// A group that begins at `position`, which moves behind it.
fn row_group(
    fields: &mut Fields,
    columns: &[Column],
    group: &GroupNotes,
    nth: Option<i16>,
    position: &mut u64,
) {
    let first = *position;
    fields.list(1, Kind::Struct, columns.iter().zip(&group.columns), |out, (column, notes)| {
        structure(out, |chunk| {
            chunk.i64(2, 0);
            chunk.structure(3, |meta| column_chunk(meta, column, notes, group.rows, *position));
        });
        *position += notes.stored;
    });
    fields.i64(2, group.columns.iter().map(|notes| notes.plain as i64).sum());
    fields.i64(3, group.rows as i64);
    fields.i64(5, first as i64);
    fields.i64(6, (*position - first) as i64);
    if let Some(nth) = nth {
        fields.i16(7, nth);
    }
}

/// ColumnMetaData of a chunk that begins at `start`.
#[inline(never)]
fn column_chunk(meta: &mut Fields, column: &Column, notes: &Notes, rows: u64, start: u64) {
    meta.i32(1, type_of(column.physical));
    meta.list(2, Kind::I32, encodings(notes.encoding).iter(), |out, encoding| zigzag(out, *encoding));
    meta.list(3, Kind::Binary, [column.name].into_iter(), |out, name| binary(out, name.as_bytes()));
    meta.i32(4, notes.codec.number());
    meta.i64(5, rows as i64);
    meta.i64(6, notes.plain as i64);
    meta.i64(7, notes.stored as i64);
    meta.i64(9, (start + notes.dictionary) as i64);
    if notes.dictionary > 0 {
        meta.i64(11, start as i64);
    }
    meta.structure(12, |statistics| {
        statistics.i64(3, notes.nulls as i64);
        if let Some([low, high]) = notes.extremes {
            statistics.binary(5, extreme(column.physical, high, false).bytes());
            statistics.binary(6, extreme(column.physical, low, true).bytes());
        }
        // Whether the extremes are exact.
        statistics.boolean(7, notes.extremes.is_some());
        statistics.boolean(8, notes.extremes.is_some());
    });
}

/// All that a chunk has, in rising order.
fn encodings(of_values: PageEncoding) -> &'static [i64] {
    match of_values {
        PageEncoding::Plain => &[PageEncoding::Plain as i64, RLE],
        PageEncoding::DeltaBinaryPacked => &[RLE, PageEncoding::DeltaBinaryPacked as i64],
        PageEncoding::RleDictionary => &[PageEncoding::Plain as i64, RLE, PageEncoding::RleDictionary as i64],
    }
}

/// The PLAIN form of a value.
struct Extreme {
    bytes: [u8; 8],
    length: usize,
}

impl Extreme {
    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// A zero that is the least is signed outwards, as the format wants it: readers may hold -0.0 for equal to 0.0.
fn extreme(physical: Physical, bits: u64, least: bool) -> Extreme {
    let (bits, length) = match physical {
        Physical::I64 => (bits, 8),
        Physical::I8 => (i32::from(bits as i8) as u32 as u64, 4),
        Physical::F64 if least && f64::from_bits(bits) == 0.0 => ((-0.0f64).to_bits(), 8),
        Physical::F32 if least && f32::from_bits(bits as u32) == 0.0 => (u64::from((-0.0f32).to_bits()), 4),
        Physical::F64 => (bits, 8),
        Physical::F32 => (bits, 4),
    };
    Extreme { bytes: bits.to_le_bytes(), length }
}

/// The `parquet` crate's writer of metadata is the oracle.
#[cfg(test)]
mod tests {
    use super::super::Compression;
    use super::*;
    use crate::schema::Measure;
    use parquet::basic::{
        ColumnOrder, Compression as Codec, Encoding, LogicalType, Repetition, Type as Physics,
    };
    use parquet::file::metadata::{
        ColumnChunkMetaData, FileMetaData, KeyValue, ParquetMetaDataBuilder, ParquetMetaDataWriter,
        RowGroupMetaData,
    };
    use parquet::file::statistics::Statistics;
    use parquet::schema::types::{ColumnDescPtr, SchemaDescPtr, SchemaDescriptor, Type};
    use std::sync::Arc;

    const KINDS: [Physical; 4] = [Physical::I64, Physical::F64, Physical::F32, Physical::I8];

    fn theirs(columns: &[Column], groups: &[GroupNotes], pairs: &[(String, String)]) -> Vec<u8> {
        let fields = columns.iter().map(|column| Arc::new(their_field(column))).collect();
        let root = Type::group_type_builder("schema").with_fields(fields).build().unwrap();
        let schema = Arc::new(SchemaDescriptor::new(Arc::new(root)));
        let orders = schema.columns().iter().map(|c| {
            ColumnOrder::column_order_for_type(c.logical_type_ref(), c.converted_type(), c.physical_type())
        });
        let orders = Some(orders.collect());
        let rows = groups.iter().map(|group| group.rows as i64).sum();
        let pairs = pairs.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
        let file = FileMetaData::new(1, rows, Some("hybrid".into()), Some(pairs), schema.clone(), orders);
        let mut position = 4;
        let groups = groups.iter().enumerate();
        let groups = groups.map(|(nth, group)| their_group(columns, group, nth, &schema, &mut position));
        let whole = ParquetMetaDataBuilder::new(file).set_row_groups(groups.collect()).build();
        let mut end = Vec::new();
        ParquetMetaDataWriter::new(&mut end, &whole).finish().unwrap();
        end
    }

    fn their_field(column: &Column) -> Type {
        let (physical, logical) = match column.physical {
            Physical::I64 => (Physics::INT64, None),
            Physical::F64 => (Physics::DOUBLE, None),
            Physical::F32 => (Physics::FLOAT, None),
            Physical::I8 => (Physics::INT32, Some(LogicalType::integer(8, true))),
        };
        let repetition = if column.nullable { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        let builder = Type::primitive_type_builder(column.name, physical).with_repetition(repetition);
        builder.with_logical_type(logical).build().unwrap()
    }

    fn their_group(
        columns: &[Column],
        group: &GroupNotes,
        nth: usize,
        schema: &SchemaDescPtr,
        position: &mut u64,
    ) -> RowGroupMetaData {
        let first = *position;
        let mut chunks = Vec::new();
        for ((column, notes), descriptor) in columns.iter().zip(&group.columns).zip(schema.columns()) {
            chunks.push(their_chunk(notes, column, descriptor.clone(), group.rows, *position));
            *position += notes.stored;
        }
        RowGroupMetaData::builder(schema.clone())
            .set_num_rows(group.rows as i64)
            .set_total_byte_size(group.columns.iter().map(|notes| notes.plain as i64).sum())
            .set_column_metadata(chunks)
            .set_file_offset(first as i64)
            .set_ordinal(nth as i32)
            .build()
            .unwrap()
    }

    fn their_chunk(
        notes: &Notes,
        column: &Column,
        descriptor: ColumnDescPtr,
        rows: u64,
        start: u64,
    ) -> ColumnChunkMetaData {
        let encodings = match notes.encoding {
            PageEncoding::Plain => vec![Encoding::RLE, Encoding::PLAIN],
            PageEncoding::DeltaBinaryPacked => vec![Encoding::RLE, Encoding::DELTA_BINARY_PACKED],
            PageEncoding::RleDictionary => vec![Encoding::RLE, Encoding::PLAIN, Encoding::RLE_DICTIONARY],
        };
        let codec = match notes.codec {
            Compression::None => Codec::UNCOMPRESSED,
            Compression::Lz4 => Codec::LZ4_RAW,
            Compression::Snappy => Codec::SNAPPY,
        };
        ColumnChunkMetaData::builder(descriptor)
            .set_compression(codec)
            .set_encodings(encodings)
            .set_num_values(rows as i64)
            .set_total_compressed_size(notes.stored as i64)
            .set_total_uncompressed_size(notes.plain as i64)
            .set_dictionary_page_offset((notes.dictionary > 0).then_some(start as i64))
            .set_data_page_offset((start + notes.dictionary) as i64)
            .set_statistics(their_statistics(column.physical, notes))
            .build()
            .unwrap()
    }

    fn their_statistics(physical: Physical, notes: &Notes) -> Statistics {
        let (low, high) = (notes.extremes.map(|e| e[0]), notes.extremes.map(|e| e[1]));
        let nulls = Some(notes.nulls);
        let outwards = |zero: bool| if zero { -0.0 } else { 0.0 };
        match physical {
            Physical::I64 => {
                Statistics::int64(low.map(|l| l as i64), high.map(|h| h as i64), None, nulls, false)
            }
            Physical::I8 => {
                let wide = |bits: u64| i32::from(bits as i8);
                Statistics::int32(low.map(wide), high.map(wide), None, nulls, false)
            }
            Physical::F64 => {
                let low = low.map(f64::from_bits).map(|l| if l == 0.0 { outwards(true) } else { l });
                Statistics::double(low, high.map(f64::from_bits), None, nulls, false)
            }
            Physical::F32 => {
                let of = |bits: u64| f32::from_bits(bits as u32);
                let low = low.map(of).map(|l| if l == 0.0 { outwards(true) as f32 } else { l });
                Statistics::float(low, high.map(of), None, nulls, false)
            }
        }
    }

    /// Columns of all kinds, so many that lists are long, and groups whose chunks differ in all that a footer tells.
    fn table(columns: usize, groups: usize) -> (Vec<Column>, Vec<GroupNotes>) {
        let names = ["ts", "price", "a_rather_long_name_of_a_column_of_the_kind_that_people_give"];
        let column = |i: usize| Column {
            name: names[i % names.len()],
            physical: KINDS[i % KINDS.len()],
            nullable: !i.is_multiple_of(3),
            measure: Measure::Ratio,
            unit: "",
            null_when: "",
        };
        let bits = |physical, value: f64| match physical {
            Physical::I64 | Physical::I8 => value as i64 as u64,
            Physical::F64 => value.to_bits(),
            Physical::F32 => u64::from((value as f32).to_bits()),
        };
        let notes = |group: usize, i: usize| {
            let low = [0.0, -7.0, 1.0][(group + i) % 3];
            Notes {
                stored: 70 + (i * 131) as u64 + ((group as u64) << 20),
                plain: 1 << (7 + i % 30),
                dictionary: (i % 2 * 9) as u64,
                encoding: [PageEncoding::Plain, PageEncoding::DeltaBinaryPacked, PageEncoding::RleDictionary]
                    [i % 3],
                codec: [Compression::None, Compression::Lz4, Compression::Snappy][(group + i) % 3],
                nulls: (i * group) as u64,
                extremes: (i % 5 != 4).then(|| [low, low + 90.0].map(|x| bits(KINDS[i % KINDS.len()], x))),
            }
        };
        let group = |g: usize| GroupNotes {
            rows: 1000 + g as u64,
            columns: (0..columns).map(|i| notes(g, i)).collect(),
        };
        ((0..columns).map(column).collect(), (0..groups).map(group).collect())
    }

    #[test]
    fn the_footer_is_byte_by_byte_that_of_the_parquet_crate() {
        let pairs = |n: usize| (0..n).map(|i| (format!("key{i}"), "é".repeat(i * 40))).collect::<Vec<_>>();
        let sizes =
            [(1, 0, 0), (4, 1, 1), (14, 14, 14), (15, 15, 15), (46, 200, 16), (1, 32_767, 1), (1, 32_768, 1)];
        for (columns, groups, n) in sizes {
            let (columns, groups) = table(columns, groups);
            assert_eq!(footer(&columns, &groups, &pairs(n)), theirs(&columns, &groups, &pairs(n)));
        }
    }
}
