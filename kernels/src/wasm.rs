//! What JavaScript sees: exports of a few lines that call plain Rust. The only file that knows WASM exists.

use crate::error::Error;
use crate::parquet;
use crate::schema::COLUMNS;
use wasm_bindgen::prelude::*;

/// An error as JavaScript gets it: an `Error` whose `name` is the code and which has a `hint`.
impl From<Error> for JsValue {
    fn from(e: Error) -> JsValue {
        let js = js_sys::Error::new(&e.message);
        js.set_name(e.code.name());
        let _ = js_sys::Reflect::set(&js, &"hint".into(), &e.hint.into());
        js.into()
    }
}

// ---- Parquet: row groups and their splicing ----

/// Encodes one row group after the other into Parquet files of one row group.
#[wasm_bindgen]
pub struct RowGroupEncoder {
    encoder: parquet::RowGroupEncoder,
    group: parquet::RowGroup,
}

#[wasm_bindgen]
impl RowGroupEncoder {
    /// `compression`: lz4, snappy or none.
    #[wasm_bindgen(constructor)]
    pub fn new(compression: &str) -> Result<RowGroupEncoder, Error> {
        let encoder = parquet::RowGroupEncoder::new(COLUMNS, parquet::compression(compression)?)?;
        Ok(RowGroupEncoder { encoder, group: parquet::RowGroup::new(COLUMNS) })
    }

    /// Where `rows` values of this column of the table go; to be filled before the next call.
    pub fn room(&mut self, column: usize, rows: usize) -> *mut u8 {
        self.group.room(column, rows).unwrap_or(std::ptr::null_mut())
    }

    /// The row group as a Parquet file of its own, copied out.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        self.encoder.encode(&self.group.values())
    }

    /// 16 bytes a column: a fingerprint of its values and nulls.
    pub fn fingerprints(&self) -> Vec<u8> {
        self.group.fingerprints()
    }
}

/// Writes the footer of a file that is joined from encoded row groups.
#[wasm_bindgen]
pub struct Splicer(parquet::Splicer);

#[wasm_bindgen]
impl Splicer {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Result<Splicer, Error> {
        parquet::Splicer::new(COLUMNS).map(Splicer)
    }

    /// Notes a part: its metadata bytes, and how many bytes stand between its magic and its metadata.
    pub fn append(&mut self, footer: &[u8], body: f64) -> Result<(), Error> {
        self.0.append(footer, body as u64)
    }

    /// The end of the file, with key-value metadata in this order. The splicer is used up.
    pub fn finish(self, keys: Vec<String>, values: Vec<String>) -> Result<Vec<u8>, Error> {
        self.0.finish(&keys.into_iter().zip(values).collect::<Vec<_>>())
    }
}

/// Rows of every row group but the last.
#[wasm_bindgen(js_name = rowsPerGroup)]
pub fn rows_per_group() -> usize {
    parquet::ROWS_PER_GROUP
}
