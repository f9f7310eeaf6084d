//! The common shape of a row of a dialect: no quotes, every field where the header puts it.

use super::dialect::{Dialect, Only};

/// Meanings that a plan can find in a row.
const MEANINGS: usize = 5;
/// Columns that decide whose row it is.
const FILTERS: usize = 4;

/// For every column of the file up to the last one that matters: what it is. Made once, so that the row loop
/// only walks it.
#[derive(Clone, Debug)]
pub struct Plan {
    steps: Vec<Step>,
    delimiter: u8,
    only: Vec<Only>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    /// Which of the spots the column goes to; beyond them, none.
    spot: u8,
    /// Which of the filters.
    filter: u8,
}

const NONE: u8 = u8::MAX;

/// Where the fields of a row are in the block.
pub struct Spots {
    meanings: [(u32, u32); MEANINGS],
    filters: [(u32, u32); FILTERS],
}

impl Spots {
    /// The text of a meaning; `None` where the file has no such column.
    #[inline(always)]
    pub fn get<'a>(&self, meaning: usize, block: &'a [u8]) -> Option<&'a [u8]> {
        let (start, end) = self.meanings[meaning];
        if start == u32::MAX { None } else { block.get(start as usize..end as usize) }
    }
}

impl Spots {
    /// Where a meaning is in the block.
    #[inline(always)]
    pub fn range(&self, meaning: usize) -> Option<(usize, usize)> {
        let (start, end) = self.meanings[meaning];
        (start != u32::MAX).then_some((start as usize, end as usize))
    }
}

impl Plan {
    pub fn new(dialect: &Dialect, at: &[Option<usize>; MEANINGS]) -> Plan {
        let step = |column: usize| Step {
            spot: at.iter().position(|c| *c == Some(column)).map_or(NONE, |n| n as u8),
            filter: dialect.only.iter().position(|o| o.column == column).map_or(NONE, |n| n as u8),
        };
        Plan {
            steps: (0..dialect.fields).map(step).collect(),
            delimiter: dialect.delimiter,
            only: dialect.only.clone(),
        }
    }

    /// Finds the fields of the row at `start`, and where the next row starts; `None` for a row with quotes, with
    /// another number of fields or with more filters than there is room for.
    #[inline(always)]
    pub fn read(&self, block: &[u8], start: usize) -> Option<(Spots, usize)> {
        if self.only.len() > FILTERS {
            return None;
        }
        let mut spots = Spots { meanings: [(u32::MAX, 0); MEANINGS], filters: [(u32::MAX, 0); FILTERS] };
        let mut at = start;
        let (last, body) = self.steps.split_last()?;
        for step in body {
            let end = field_end(block, at, self.delimiter)?;
            if block.get(end) != Some(&self.delimiter) {
                return None;
            }
            step.put(&mut spots, at, end);
            at = end + 1;
        }
        let end = field_end(block, at, self.delimiter)?;
        if block.get(end) == Some(&self.delimiter) {
            return None;
        }
        let text_end = if end > at && block[end - 1] == b'\r' { end - 1 } else { end };
        last.put(&mut spots, at, text_end);
        Some((spots, end + 1))
    }

    /// The row is of our symbol and stream.
    #[inline(always)]
    pub fn ours(&self, block: &[u8], spots: &Spots) -> bool {
        self.only.iter().zip(&spots.filters).all(|(only, (start, end))| {
            let text = block.get(*start as usize..*end as usize).unwrap_or_default();
            only.texts.iter().any(|wanted| wanted == text)
        })
    }
}

impl Step {
    #[inline(always)]
    fn put(self, spots: &mut Spots, start: usize, end: usize) {
        if let Some(spot) = spots.meanings.get_mut(self.spot as usize) {
            *spot = (start as u32, end as u32);
        }
        if let Some(spot) = spots.filters.get_mut(self.filter as usize) {
            *spot = (start as u32, end as u32);
        }
    }
}

/// The first delimiter or newline at or after `from`, or the end of the block; `None` where a quote comes first.
#[inline(always)]
fn field_end(block: &[u8], from: usize, delimiter: u8) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zero_bytes = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let mut at = from;
    while let Some(eight) = block.get(at..at + 8).and_then(|b| <[u8; 8]>::try_from(b).ok()) {
        let word = u64::from_le_bytes(eight);
        // Above the first hit a borrow may set false bits: only the lowest counts, so they are or'ed first.
        let hits = zero_bytes(word ^ (ONES * u64::from(delimiter)))
            | zero_bytes(word ^ (ONES * u64::from(b'\n')))
            | zero_bytes(word ^ (ONES * u64::from(b'"')));
        if hits != 0 {
            at += hits.trailing_zeros() as usize / 8;
            return (block[at] != b'"').then_some(at);
        }
        at += 8;
    }
    let rest = block.get(at..).unwrap_or_default();
    let stop = rest.iter().position(|c| *c == delimiter || *c == b'\n' || *c == b'"');
    match stop {
        Some(n) if rest[n] == b'"' => None,
        Some(n) => Some(at + n),
        None => Some(block.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tick::random::Random;
    use crate::tick::row::{Fields, line_end, strip_return};

    #[test]
    fn a_plan_finds_what_splitting_finds() {
        let dialect = Dialect::parse("fields\t4\nonly\t1\tA\ndelimiter\t44", &[]).unwrap();
        let plan = Plan::new(&dialect, &[Some(3), None, Some(0), Some(2), None]);
        let mut random = Random(8);
        let mut found = 0;
        for _ in 0..20_000 {
            let block: Vec<u8> =
                (0..random.below(40)).map(|_| b"A1,,,\n\r\"x"[random.below(9) as usize]).collect();
            let end = line_end(&block, 0);
            let mut fields = Fields::default();
            let split = fields.split(strip_return(&block[..end]), b',');
            let Some((spots, next)) = plan.read(&block, 0) else {
                assert!(split.is_err() || fields.count() != 4 || block[..end].contains(&b'"'));
                continue;
            };
            found += 1;
            assert!(split.is_ok() && fields.count() == 4 && next == end + 1);
            for (meaning, column) in [(0, 3), (2, 0), (3, 2)] {
                assert_eq!(spots.get(meaning, &block), Some(fields.get(column)));
            }
            assert_eq!(spots.get(1, &block), None);
            assert_eq!(plan.ours(&block, &spots), dialect.ours(&fields));
        }
        assert!(found > 300, "{found}");
    }
}
