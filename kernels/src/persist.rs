//! State as bytes: what an indicator carries from row to row, and nothing that follows from it.
//!
//! Everything is little-endian and of fixed width; lengths stand before what they count. A reader never
//! panics and never asks for more memory than its bytes can fill.

use crate::error::{Error, Result};
use std::collections::VecDeque;

/// A file of one kind begins with its magic, then version, length and checksum of the payload.
const HEADER: usize = 8 + 4 + 8 + 8;

/// State that can be saved, and loaded into a fresh value that was made with the same parameters.
pub trait Persist {
    fn save(&self, to: &mut Writer);

    /// # Errors
    /// `E_INPUT` where the bytes end too early or cannot be such a state.
    fn load(&mut self, from: &mut Reader) -> Result<()>;
}

/// Implements [`Persist`] by the fields named: the others are parameters, or follow from these.
macro_rules! persist {
    ($type:ty { $($field:ident),* $(,)? }) => {
        impl $crate::persist::Persist for $type {
            fn save(&self, to: &mut $crate::persist::Writer) {
                $(self.$field.save(to);)*
            }

            fn load(&mut self, from: &mut $crate::persist::Reader) -> $crate::error::Result<()> {
                $(self.$field.load(from)?;)*
                Ok(())
            }
        }
    };
}
pub(crate) use persist;

/// Collects a payload.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

/// Takes a payload apart, front to back.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl Writer {
    /// A list that [`Reader::list`] reads, or a list of its own.
    pub fn list<T: Persist>(&mut self, values: &[T]) {
        values.len().save(self);
        values.iter().for_each(|value| value.save(self));
    }

    /// The whole file: the payload with its header.
    pub fn seal(self, magic: &[u8; 8], version: u32) -> Vec<u8> {
        let mut file = Vec::with_capacity(HEADER + self.bytes.len());
        file.extend_from_slice(magic);
        file.extend_from_slice(&version.to_le_bytes());
        file.extend_from_slice(&(self.bytes.len() as u64).to_le_bytes());
        file.extend_from_slice(&checksum(&self.bytes).to_le_bytes());
        file.extend(self.bytes);
        file
    }
}

impl<'a> Reader<'a> {
    /// Opens a file and checks its header.
    ///
    /// # Errors
    /// `E_INPUT` for a file of another kind or version, and for one that is damaged.
    pub fn open(file: &'a [u8], magic: &[u8; 8], version: u32) -> Result<Self> {
        let mut header = Reader { rest: file };
        if header.take(8).ok() != Some(magic) {
            return Err(broken("expected a saved state, got other bytes"));
        }
        let got: u32 = header.value()?;
        if got != version {
            return Err(broken(format!("expected version {version}, got {got}")));
        }
        let (length, sum): (u64, u64) = (header.value()?, header.value()?);
        if length != header.rest.len() as u64 || sum != checksum(header.rest) {
            return Err(broken("expected the bytes as they were saved, got changed ones"));
        }
        Ok(header)
    }

    /// # Errors
    /// `E_INPUT` where bytes are left over.
    pub fn finish(self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(broken("expected its end, got more bytes")) }
    }

    fn take(&mut self, bytes: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self
            .rest
            .split_at_checked(bytes)
            .ok_or_else(|| broken(format!("expected {bytes} more bytes, got {}", self.rest.len())))?;
        self.rest = rest;
        Ok(taken)
    }

    /// A value of its own.
    pub fn value<T: Persist + Default>(&mut self) -> Result<T> {
        let mut value = T::default();
        value.load(self)?;
        Ok(value)
    }

    /// A list of values that are loaded into copies of a blank one. No room is made ahead, since a length may
    /// be a lie.
    pub fn list<T: Persist + Clone>(&mut self, blank: T) -> Result<Vec<T>> {
        let mut list = Vec::new();
        for _ in 0..self.value::<u64>()? {
            let mut value = blank.clone();
            value.load(self)?;
            list.push(value);
        }
        Ok(list)
    }
}

/// Integers of a state that are within what their sums were made for.
///
/// # Errors
/// `E_INPUT` where one is beyond the limit, on either side.
pub fn within(limit: i128, numbers: impl IntoIterator<Item = i128>) -> Result<()> {
    match numbers.into_iter().find(|number| !(-limit..=limit).contains(number)) {
        None => Ok(()),
        Some(number) => Err(broken(format!("expected a number within ±{limit}, got {number}"))),
    }
}

/// The error of a state that cannot be loaded.
pub fn broken(what: impl std::fmt::Display) -> Error {
    Error::input(format!("engine state: {what}")).hint("run prepare on the whole history.")
}

/// A file with its payload changed and the header set right again.
#[cfg(test)]
pub fn resealed(file: &[u8], magic: &[u8; 8], version: u32, change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut bytes = file[HEADER..].to_vec();
    change(&mut bytes);
    Writer { bytes }.seal(magic, version)
}

/// FNV-1a: every change of a single byte changes it.
fn checksum(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3))
}

/// Numbers by their bytes.
macro_rules! persist_number {
    ($($type:ty),*) => {$(
        impl Persist for $type {
            fn save(&self, to: &mut Writer) {
                to.bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn load(&mut self, from: &mut Reader) -> Result<()> {
                let bytes = from.take(size_of::<$type>())?;
                *self = <$type>::from_le_bytes(bytes.try_into().map_err(broken)?);
                Ok(())
            }
        }
    )*};
}

persist_number!(u8, i8, u32, u64, i64, i128, f64);

impl Persist for bool {
    fn save(&self, to: &mut Writer) {
        u8::from(*self).save(to);
    }

    fn load(&mut self, from: &mut Reader) -> Result<()> {
        *self = match from.value::<u8>()? {
            0 => false,
            1 => true,
            other => return Err(broken(format!("expected 0 or 1, got {other}"))),
        };
        Ok(())
    }
}

impl Persist for usize {
    fn save(&self, to: &mut Writer) {
        (*self as u64).save(to);
    }

    fn load(&mut self, from: &mut Reader) -> Result<()> {
        *self = usize::try_from(from.value::<u64>()?).map_err(broken)?;
        Ok(())
    }
}

impl Persist for String {
    fn save(&self, to: &mut Writer) {
        self.len().save(to);
        to.bytes.extend_from_slice(self.as_bytes());
    }

    fn load(&mut self, from: &mut Reader) -> Result<()> {
        let length = from.value()?;
        *self = String::from_utf8(from.take(length)?.to_vec()).map_err(broken)?;
        Ok(())
    }
}

/// Nothing to be known.
impl Persist for () {
    fn save(&self, _: &mut Writer) {}

    fn load(&mut self, _: &mut Reader) -> Result<()> {
        Ok(())
    }
}

impl<A: Persist, B: Persist> Persist for (A, B) {
    fn save(&self, to: &mut Writer) {
        self.0.save(to);
        self.1.save(to);
    }

    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.0.load(from)?;
        self.1.load(from)
    }
}

/// Of a fixed length, which is not saved.
impl<T: Persist, const N: usize> Persist for [T; N] {
    fn save(&self, to: &mut Writer) {
        self.iter().for_each(|value| value.save(to));
    }

    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.iter_mut().try_for_each(|value| value.load(from))
    }
}

impl<T: Persist + Default> Persist for Option<T> {
    fn save(&self, to: &mut Writer) {
        self.is_some().save(to);
        if let Some(value) = self {
            value.save(to);
        }
    }

    fn load(&mut self, from: &mut Reader) -> Result<()> {
        *self = if from.value()? { Some(from.value()?) } else { None };
        Ok(())
    }
}

/// Lists: no room is made ahead, since a length may be a lie.
macro_rules! persist_list {
    ($list:ident, $push:ident) => {
        impl<T: Persist + Default> Persist for $list<T> {
            fn save(&self, to: &mut Writer) {
                self.len().save(to);
                self.iter().for_each(|value| value.save(to));
            }

            fn load(&mut self, from: &mut Reader) -> Result<()> {
                self.clear();
                for _ in 0..from.value::<u64>()? {
                    self.$push(from.value()?);
                }
                Ok(())
            }
        }
    };
}

persist_list!(Vec, push);
persist_list!(VecDeque, push_back);

#[cfg(test)]
mod tests {
    use super::*;

    const MAGIC: &[u8; 8] = b"TESTONLY";

    #[derive(Debug, Default, PartialEq)]
    struct Sample {
        small: i8,
        wide: i128,
        number: f64,
        flag: bool,
        maybe: Option<i64>,
        list: VecDeque<(i64, u64)>,
        text: String,
        /// A parameter.
        kept: usize,
    }
    persist!(Sample { small, wide, number, flag, maybe, list, text });

    fn sample() -> Sample {
        Sample {
            small: -3,
            wide: -(1 << 100),
            number: -0.0,
            flag: true,
            maybe: Some(i64::MIN),
            list: VecDeque::from([(1, 2), (3, 4)]),
            text: "λ".into(),
            kept: 9,
        }
    }

    fn file() -> Vec<u8> {
        let mut writer = Writer::default();
        sample().save(&mut writer);
        writer.seal(MAGIC, 7)
    }

    fn read(file: &[u8]) -> Result<Sample> {
        let mut reader = Reader::open(file, MAGIC, 7)?;
        let mut loaded = Sample { kept: 9, list: VecDeque::from([(5, 5)]), ..Sample::default() };
        loaded.load(&mut reader)?;
        reader.finish()?;
        Ok(loaded)
    }

    #[test]
    fn what_is_loaded_is_what_was_saved() {
        let loaded = read(&file()).unwrap();
        assert_eq!(loaded, sample());
        assert!(loaded.number.is_sign_negative());
    }

    #[test]
    fn any_changed_missing_or_additional_byte_is_an_error() {
        let file = file();
        for at in 0..file.len() {
            for flip in [1, 0x80, 0xFF] {
                let mut damaged = file.clone();
                damaged[at] ^= flip;
                assert!(read(&damaged).is_err(), "byte {at}");
            }
            assert!(read(&file[..at]).is_err(), "cut at {at}");
        }
        assert!(read(&[&file[..], &[0]].concat()).is_err());
        assert!(Reader::open(&file, MAGIC, 8).unwrap_err().message.contains("version 8, got 7"));
    }

    #[test]
    fn a_payload_that_lies_is_an_error_without_its_memory() {
        let mut writer = Writer::default();
        u64::MAX.save(&mut writer);
        let file = writer.seal(MAGIC, 7);
        assert!(Reader::open(&file, MAGIC, 7).unwrap().value::<Vec<i64>>().is_err());
        assert!(Reader::open(&file, MAGIC, 7).unwrap().value::<String>().is_err());
        assert!(Reader::open(&file, MAGIC, 7).unwrap().value::<bool>().is_err());
    }
}
