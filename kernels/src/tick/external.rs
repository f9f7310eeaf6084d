//! Sorting more than memory holds: runs of records are sorted here and spill to files, then [`Merge`] joins them.
//! A record is a key and what it stands for; keys compare byte by byte, and records of one key keep the order in
//! which they came. The caller moves bytes between this module and its files; nothing here grows with the input.

use crate::error::{Code, Error, Result};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Bytes before a record: the lengths of its key and of its value.
const LENGTHS: usize = 8;

/// Records of one run, until it is full.
#[derive(Clone, Debug, Default)]
pub struct RunSort {
    bytes: Vec<u8>,
    /// Where each record begins, and the first eight bytes of its key, which mostly decide.
    records: Vec<(u64, u32)>,
}

fn head(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let n = key.len().min(8);
    bytes[..n].copy_from_slice(&key[..n]);
    u64::from_be_bytes(bytes)
}

fn record(bytes: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    let number = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?) as usize);
    let (key, value) = (number(at)?, number(at + 4)?);
    let key_at = at + LENGTHS;
    Some((bytes.get(key_at..key_at + key)?, bytes.get(key_at + key..key_at + key + value)?))
}

impl RunSort {
    pub fn push(&mut self, key: &[u8], value: &[u8]) {
        self.records.push((head(key), self.bytes.len() as u32));
        self.bytes.extend_from_slice(&(key.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(&(value.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(value);
    }

    /// Bytes of what was pushed: a run beyond 2 GiB must not be, and memory says when it is enough.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub fn records(&self) -> usize {
        self.records.len()
    }

    /// The run in order, as bytes for [`Merge`]; it is empty afterwards.
    pub fn take(&mut self) -> Vec<u8> {
        let (bytes, mut records) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.records));
        let key = |at: u32| record(&bytes, at as usize).map(|(key, _)| key);
        records.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| key(a.1).cmp(&key(b.1))));
        let mut sorted = Vec::with_capacity(bytes.len());
        for (_, at) in records {
            if let Some((key, value)) = record(&bytes, at as usize) {
                let start = at as usize;
                sorted.extend_from_slice(&bytes[start..start + LENGTHS + key.len() + value.len()]);
            }
        }
        sorted
    }
}

/// One run on its way back: what has been read of it and not yet used.
#[derive(Clone, Debug, Default)]
struct Feed {
    bytes: Vec<u8>,
    at: usize,
    ended: bool,
}

/// Joins sorted runs into one sorted stream; of equal keys those of the earlier run come first.
#[derive(Clone, Debug)]
pub struct Merge {
    feeds: Vec<Feed>,
    /// The next key of every run that has one.
    heads: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
    /// Runs whose next record is not here yet.
    hungry: Vec<usize>,
}

impl Merge {
    pub fn new(runs: usize) -> Self {
        Merge {
            feeds: vec![Feed::default(); runs],
            heads: BinaryHeap::with_capacity(runs),
            hungry: (0..runs).rev().collect(),
        }
    }

    /// The run that must be fed before anything more comes out.
    pub fn hungry(&self) -> Option<usize> {
        self.hungry.last().copied()
    }

    /// The next bytes of the hungry run; `last` when no more follow. Errors: `E_KERNEL` for another run, or one that
    /// ends within a record.
    pub fn feed(&mut self, run: usize, bytes: &[u8], last: bool) -> Result<()> {
        if self.hungry.pop() != Some(run) {
            return Err(Error::new(Code::Kernel, format!("merge: expected no bytes of run {run}")));
        }
        let feed = &mut self.feeds[run];
        feed.bytes.drain(..feed.at);
        feed.at = 0;
        feed.bytes.extend_from_slice(bytes);
        feed.ended = last;
        self.look(run)
    }

    /// The next record, to be used by `use_record(key, value)`; false when a run is hungry or all are at their end.
    pub fn next(&mut self, use_record: impl FnOnce(&[u8], &[u8])) -> Result<bool> {
        if !self.hungry.is_empty() {
            return Ok(false);
        }
        let Some(Reverse((_, run))) = self.heads.pop() else { return Ok(false) };
        let feed = &mut self.feeds[run];
        if let Some((key, value)) = record(&feed.bytes, feed.at) {
            let length = LENGTHS + key.len() + value.len();
            use_record(key, value);
            feed.at += length;
        }
        self.look(run)?;
        Ok(true)
    }

    fn look(&mut self, run: usize) -> Result<()> {
        let feed = &self.feeds[run];
        match record(&feed.bytes, feed.at) {
            Some((key, _)) => self.heads.push(Reverse((key.to_vec(), run))),
            None if !feed.ended => self.hungry.push(run),
            None if feed.at == feed.bytes.len() => {}
            None => return Err(Error::new(Code::Kernel, "merge: expected whole records, got a cut one")),
        }
        Ok(())
    }
}

/// An integer as a key: the order of the bytes is that of the numbers.
pub fn ordered(value: i64) -> [u8; 8] {
    ((value as u64) ^ (1 << 63)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tick::random::Random;

    /// Sorts through runs of `per_run` records, fed back `chunk` bytes at a time.
    fn sorted(records: &[(Vec<u8>, Vec<u8>)], per_run: usize, chunk: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let runs: Vec<Vec<u8>> = records
            .chunks(per_run)
            .map(|part| {
                let mut run = RunSort::default();
                part.iter().for_each(|(key, value)| run.push(key, value));
                run.take()
            })
            .collect();
        let mut merge = Merge::new(runs.len());
        let mut read = vec![0; runs.len()];
        let mut out = Vec::new();
        loop {
            if let Some(run) = merge.hungry() {
                let end = runs[run].len().min(read[run] + chunk);
                merge.feed(run, &runs[run][read[run]..end], end == runs[run].len()).unwrap();
                read[run] = end;
            } else if !merge.next(|key, value| out.push((key.to_vec(), value.to_vec()))).unwrap()
                && merge.hungry().is_none()
            {
                return out;
            }
        }
    }

    #[test]
    fn runs_of_any_size_merge_to_one_stable_sort() {
        let mut random = Random(7);
        let records: Vec<(Vec<u8>, Vec<u8>)> = (0..300u32)
            .map(|i| {
                let key = (0..random.below(12)).map(|_| random.below(3) as u8).collect();
                (key, i.to_le_bytes().to_vec())
            })
            .collect();
        let mut expected = records.clone();
        expected.sort_by(|a, b| a.0.cmp(&b.0));
        for per_run in [1, 2, 7, 100, 1000] {
            for chunk in [1, 13, 4096] {
                assert_eq!(sorted(&records, per_run, chunk), expected, "{per_run} records, {chunk} bytes");
            }
        }
    }

    #[test]
    fn keys_of_integers_have_their_order() {
        let numbers = [i64::MIN, -5, -1, 0, 1, 7, i64::MAX];
        assert!(numbers.windows(2).all(|w| ordered(w[0]) < ordered(w[1])));
    }

    #[test]
    fn a_cut_record_is_an_error() {
        let mut run = RunSort::default();
        run.push(b"a", b"b");
        let bytes = run.take();
        let mut merge = Merge::new(1);
        assert!(merge.feed(0, &bytes[..bytes.len() - 1], true).is_err());
        assert!(Merge::new(2).feed(0, &[], true).is_err() || Merge::new(2).hungry() == Some(0));
    }
}
