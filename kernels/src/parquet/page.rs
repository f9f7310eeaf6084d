//! Pages: a Thrift header in the compact protocol, then the bytes. Source: Apache Parquet, parquet.thrift.

use super::Compression;
use super::thrift::{Fields, structure};
use crate::error::{Code, Error, Result};

/// `Encoding` of parquet.thrift, as far as we write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEncoding {
    Plain = 0,
    DeltaBinaryPacked = 5,
    RleDictionary = 8,
}

/// `Encoding` of definition levels.
pub const RLE: i64 = 3;

/// The bytes of a page as they stand in the file: as they are, or compressed. `room` is memory for them, which grows as
/// needed: to clear fresh memory each time costs more than some pages do.
pub fn compress<'a>(codec: Compression, plain: &'a [u8], room: &'a mut Vec<u8>) -> Result<&'a [u8]> {
    let failed = |e: String| Error::new(Code::Kernel, format!("page: expected to compress, got {e}"));
    let length = match codec {
        Compression::None => return Ok(plain),
        Compression::Lz4 => {
            let room = at_least(room, lz4_flex::block::get_maximum_output_size(plain.len()));
            lz4_flex::block::compress_into(plain, room).map_err(|e| failed(e.to_string()))?
        }
        Compression::Snappy => {
            let room = at_least(room, snap::raw::max_compress_len(plain.len()));
            snap::raw::Encoder::new().compress(plain, room).map_err(|e| failed(e.to_string()))?
        }
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
    page(out, 2, plain, [stored, &[]], |page| {
        page.structure(7, |dictionary| {
            dictionary.i32(1, values as i64);
            dictionary.i32(2, PageEncoding::Plain as i64);
        });
    })
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
    page(out, 0, plain, stored, |page| {
        page.structure(5, |data| {
            data.i32(1, rows as i64);
            data.i32(2, encoding as i64);
            data.i32(3, RLE);
            data.i32(4, RLE);
        });
    })
}

fn page(
    out: &mut Vec<u8>,
    kind: i64,
    plain: usize,
    stored: [&[u8]; 2],
    header: impl FnOnce(&mut Fields),
) -> usize {
    let start = out.len();
    structure(out, |page| {
        page.i32(1, kind);
        page.i32(2, plain as i64);
        page.i32(3, (stored[0].len() + stored[1].len()) as i64);
        header(page);
    });
    let header = out.len() - start;
    stored.iter().for_each(|part| out.extend_from_slice(part));
    header + plain
}
