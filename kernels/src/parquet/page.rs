//! Pages: a Thrift header in the compact protocol, then the bytes. Source: Apache Parquet, parquet.thrift.

use super::bits::zigzag;
use crate::error::{Code, Error, Result};
use parquet::basic::Compression;

/// Types of the compact protocol.
const I32: u8 = 5;
const STRUCT: u8 = 12;

/// `Encoding` of parquet.thrift, as far as we write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEncoding {
    Plain = 0,
    DeltaBinaryPacked = 5,
    RleDictionary = 8,
}

const RLE: i64 = 3;

/// The bytes of a page as they stand in the file: as they are, or compressed. `room` is memory for them, which grows as
/// needed: to clear fresh memory each time costs more than some pages do.
pub fn compress<'a>(codec: Compression, plain: &'a [u8], room: &'a mut Vec<u8>) -> Result<&'a [u8]> {
    let failed = |e: String| Error::new(Code::Kernel, format!("page: expected to compress, got {e}"));
    let length = match codec {
        Compression::UNCOMPRESSED => return Ok(plain),
        Compression::LZ4_RAW => {
            let room = at_least(room, lz4_flex::block::get_maximum_output_size(plain.len()));
            lz4_flex::block::compress_into(plain, room).map_err(|e| failed(e.to_string()))?
        }
        Compression::SNAPPY => {
            let room = at_least(room, snap::raw::max_compress_len(plain.len()));
            snap::raw::Encoder::new().compress(plain, room).map_err(|e| failed(e.to_string()))?
        }
        other => return Err(failed(format!("{other:?}"))),
    };
    Ok(&room[..length])
}

fn at_least(room: &mut Vec<u8>, bytes: usize) -> &mut [u8] {
    if room.len() < bytes {
        room.resize(bytes, 0);
    }
    room
}

/// Appends a dictionary page of PLAIN values. Answers what it would take uncompressed.
pub fn dictionary_page(out: &mut Vec<u8>, plain: usize, stored: &[u8], values: usize) -> usize {
    let header = |out: &mut Vec<u8>| {
        // DictionaryPageHeader is field 7 of PageHeader, 4 behind compressed_page_size.
        out.push(4 << 4 | STRUCT);
        field(out, 1, values as i64);
        field(out, 1, PageEncoding::Plain as i64);
        out.push(0);
    };
    page(out, 2, plain, [stored, &[]], header)
}

/// Appends a data page (version 1): definition levels, where there are any, stand before the values. `stored` are
/// its bytes in two parts.
pub fn data_page(
    out: &mut Vec<u8>,
    plain: usize,
    stored: [&[u8]; 2],
    rows: usize,
    encoding: PageEncoding,
) -> usize {
    let header = |out: &mut Vec<u8>| {
        // DataPageHeader is field 5.
        out.push(2 << 4 | STRUCT);
        field(out, 1, rows as i64);
        field(out, 1, encoding as i64);
        field(out, 1, RLE);
        field(out, 1, RLE);
        out.push(0);
    };
    page(out, 0, plain, stored, header)
}

fn page(
    out: &mut Vec<u8>,
    kind: i64,
    plain: usize,
    stored: [&[u8]; 2],
    header: impl Fn(&mut Vec<u8>),
) -> usize {
    let start = out.len();
    field(out, 1, kind);
    field(out, 1, plain as i64);
    field(out, 1, (stored[0].len() + stored[1].len()) as i64);
    header(out);
    out.push(0);
    let header = out.len() - start;
    stored.iter().for_each(|part| out.extend_from_slice(part));
    header + plain
}

/// An i32 field, `step` behind the one before it.
fn field(out: &mut Vec<u8>, step: u8, value: i64) {
    out.push(step << 4 | I32);
    zigzag(out, value);
}
