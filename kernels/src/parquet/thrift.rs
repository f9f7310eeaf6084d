//! Thrift's compact protocol, as far as Parquet's metadata need it. Source: Apache Thrift, thrift-compact-protocol.md.
//!
//! The `parquet` crate's writer of metadata is one large function with all it calls inside, on which V8's optimising
//! compiler spent more than a third of its time in a short run, to write one footer. Hence small functions that stay
//! apart.

use super::bits::{varint, zigzag};

/// Types of values, by which a reader can leave out what it does not know.
#[derive(Clone, Copy)]
pub enum Kind {
    True = 1,
    False = 2,
    Byte = 3,
    I16 = 4,
    I32 = 5,
    I64 = 6,
    Binary = 8,
    List = 9,
    Struct = 12,
}

/// The fields of one struct, in rising order of their ids.
pub struct Fields<'a> {
    out: &'a mut Vec<u8>,
    last: u8,
}

/// Appends one struct.
pub fn structure(out: &mut Vec<u8>, write: impl FnOnce(&mut Fields)) {
    let mut fields = Fields { out, last: 0 };
    write(&mut fields);
    fields.out.push(0);
}

impl Fields<'_> {
    /// What stands before a field's value: how far its id is from that of the field before, and its kind.
    #[inline(never)]
    fn begin(&mut self, id: u8, kind: Kind) {
        debug_assert!(id > self.last && id - self.last <= 15);
        self.out.push((id - self.last) << 4 | kind as u8);
        self.last = id;
    }

    #[inline(never)]
    fn integer(&mut self, id: u8, kind: Kind, value: i64) {
        self.begin(id, kind);
        zigzag(self.out, value);
    }

    pub fn i16(&mut self, id: u8, value: i16) {
        self.integer(id, Kind::I16, i64::from(value));
    }

    /// Parquet's numbers of 32 bits are sizes, which we have as `i64`.
    pub fn i32(&mut self, id: u8, value: i64) {
        self.integer(id, Kind::I32, value);
    }

    pub fn i64(&mut self, id: u8, value: i64) {
        self.integer(id, Kind::I64, value);
    }

    pub fn byte(&mut self, id: u8, value: u8) {
        self.begin(id, Kind::Byte);
        self.out.push(value);
    }

    /// The value is the field's kind.
    pub fn boolean(&mut self, id: u8, value: bool) {
        self.begin(id, if value { Kind::True } else { Kind::False });
    }

    #[inline(never)]
    pub fn binary(&mut self, id: u8, bytes: &[u8]) {
        self.begin(id, Kind::Binary);
        binary(self.out, bytes);
    }

    pub fn structure(&mut self, id: u8, write: impl FnOnce(&mut Fields)) {
        self.begin(id, Kind::Struct);
        structure(self.out, write);
    }

    /// `write` appends one item.
    pub fn list<T>(
        &mut self,
        id: u8,
        kind: Kind,
        items: impl ExactSizeIterator<Item = T>,
        mut write: impl FnMut(&mut Vec<u8>, T),
    ) {
        self.begin(id, Kind::List);
        list_head(self.out, kind, items.len());
        for item in items {
            write(self.out, item);
        }
    }
}

/// The number of items and their kind.
fn list_head(out: &mut Vec<u8>, kind: Kind, items: usize) {
    match items {
        0..15 => out.push((items as u8) << 4 | kind as u8),
        _ => {
            out.push(15 << 4 | kind as u8);
            varint(out, items as u64);
        }
    }
}

/// Appends a text or other bytes, their number first.
pub fn binary(out: &mut Vec<u8>, bytes: &[u8]) {
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}
