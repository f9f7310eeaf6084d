//! The order of trades and their duplicates (0.2): in memory where they fit, through sorted runs where they do not.

use super::external::{Merge, RunSort, ordered};
use super::trades::{Ids, TradeBlock};
use crate::error::{Code, Error, Result};
use crate::event::Trades;

/// Trades gathered block by block, in the order of the files, until they can be ordered.
#[derive(Clone, Debug, Default)]
pub struct TradeOrder {
    rows: Trades,
    id_text: Vec<u8>,
    id_ends: Vec<usize>,
}

impl TradeOrder {
    /// Adds the next block: its columns and, with [`Ids::Text`], the text of its ids.
    pub fn push(&mut self, trades: &Trades, id_text: &[u8], id_ends: &[u32]) -> Result<()> {
        let rows = trades.ts.len();
        let lengths = [trades.id.len(), trades.px_ticks.len(), trades.qty_lots.len(), trades.side.len()];
        let whole = id_ends.is_sorted() && id_ends.last().is_none_or(|end| *end as usize == id_text.len());
        if lengths.iter().any(|n| *n != rows) || !(id_ends.is_empty() || id_ends.len() == rows) || !whole {
            return Err(Error::new(Code::Kernel, format!("trades: expected columns of {rows} rows")));
        }
        let base = self.id_text.len();
        self.id_text.extend_from_slice(id_text);
        self.id_ends.extend(id_ends.iter().map(|end| base + *end as usize));
        self.rows.ts.extend_from_slice(&trades.ts);
        self.rows.id.extend_from_slice(&trades.id);
        self.rows.px_ticks.extend_from_slice(&trades.px_ticks);
        self.rows.qty_lots.extend_from_slice(&trades.qty_lots);
        self.rows.side.extend_from_slice(&trades.side);
        Ok(())
    }

    /// Adds a block as the scan left it.
    pub fn push_block(&mut self, block: &TradeBlock) -> Result<()> {
        self.push(&block.trades, &block.id_text, &block.id_ends)
    }

    /// All rows in order with each id once, and the number of duplicates that went; with `keep_repeats` none goes.
    pub fn finish(self, ids: Ids, keep_repeats: bool) -> Result<(Trades, u64)> {
        let rows = self.rows.ts.len();
        if rows > u32::MAX as usize || (ids == Ids::Text && self.id_ends.len() != rows) {
            return Err(Error::new(Code::Kernel, format!("trades: cannot order {rows} rows with these ids")));
        }
        let mut order: Vec<u32> = (0..rows as u32).collect();
        // Without integer ids the column holds one value, and a stable sort keeps the order of the file.
        order.sort_by_key(|i| (self.rows.ts[*i as usize], self.rows.id[*i as usize]));
        let duplicates = match ids {
            _ if keep_repeats => 0,
            Ids::Absent => 0,
            Ids::Integer => keep_first(&mut order, |i| Some(self.rows.id[i])),
            Ids::Text => keep_first(&mut order, |i| Some(self.text(i)).filter(|id| !id.is_empty())),
        };
        Ok((gather(&self.rows, &order), duplicates))
    }

    fn text(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.id_ends[row - 1] };
        &self.id_text[start..self.id_ends[row]]
    }
}

/// Removes all but the first row of each id; rows without an id stay. Answers how many went.
fn keep_first<K: Ord>(order: &mut Vec<u32>, id: impl Fn(usize) -> Option<K>) -> u64 {
    let id_at = |order: &[u32], position: u32| id(order[position as usize] as usize);
    let rising = order.windows(2).all(|w| {
        let (a, b) = (id(w[0] as usize), id(w[1] as usize));
        a.is_none() && b.is_none() || (a.is_some() && a < b)
    });
    if rising {
        return 0;
    }
    let mut by_id: Vec<u32> = (0..order.len() as u32).collect();
    by_id.sort_by_key(|position| id_at(order, *position));
    let mut repeated = vec![false; order.len()];
    for pair in by_id.windows(2) {
        let first = id_at(order, pair[0]);
        repeated[pair[1] as usize] = first.is_some() && first == id_at(order, pair[1]);
    }
    let before = order.len();
    let mut flags = repeated.iter();
    order.retain(|_| flags.next() == Some(&false));
    (before - order.len()) as u64
}

fn gather(rows: &Trades, order: &[u32]) -> Trades {
    fn pick<T: Copy>(column: &[T], order: &[u32]) -> Vec<T> {
        order.iter().map(|i| column[*i as usize]).collect()
    }
    Trades {
        ts: pick(&rows.ts, order),
        id: pick(&rows.id, order),
        px_ticks: pick(&rows.px_ticks, order),
        qty_lots: pick(&rows.qty_lots, order),
        side: pick(&rows.side, order),
    }
}

/// Trades on their way into sorted runs, for an input that does not fit into memory.
#[derive(Clone, Debug)]
pub struct TradeRun {
    run: RunSort,
    ids: Ids,
}

impl TradeRun {
    pub fn new(ids: Ids) -> Self {
        TradeRun { run: RunSort::default(), ids }
    }

    /// Adds the next block: its columns and, with [`Ids::Text`], the text of its ids.
    pub fn push(&mut self, trades: &Trades, id_text: &[u8], id_ends: &[u32]) -> Result<()> {
        let mut whole = TradeOrder::default();
        whole.push(trades, id_text, id_ends)?;
        for i in 0..whole.rows.ts.len() {
            let (ts, id) = (ordered(whole.rows.ts[i]), ordered(whole.rows.id[i]));
            let text = if self.ids == Ids::Text { whole.text(i) } else { b"" };
            let mut value = Vec::with_capacity(FIXED + text.len());
            for number in [whole.rows.id[i], whole.rows.px_ticks[i], whole.rows.qty_lots[i]] {
                value.extend_from_slice(&number.to_le_bytes());
            }
            value.push(whole.rows.side[i] as u8);
            value.extend_from_slice(text);
            match self.ids {
                Ids::Integer => self.run.push(&[ts, id].concat(), &value),
                _ => self.run.push(&ts, &value),
            }
        }
        Ok(())
    }

    pub fn bytes(&self) -> usize {
        self.run.bytes()
    }

    /// The run in order; it is empty afterwards.
    pub fn take(&mut self) -> Vec<u8> {
        self.run.take()
    }
}

/// Bytes of a trade before the text of its id.
const FIXED: usize = 25;

/// Takes one trade off a record.
fn trade_of(key: &[u8], value: &[u8], out: &mut Trades) -> Result<()> {
    let number = |bytes: &[u8], at: usize| bytes.get(at..).and_then(<[u8]>::first_chunk::<8>).copied();
    let (Some(ts), Some(id), Some(px), Some(qty), Some(side)) =
        (number(key, 0), number(value, 0), number(value, 8), number(value, 16), value.get(24))
    else {
        return Err(Error::new(Code::Kernel, "merge: expected a trade, got another record"));
    };
    out.ts.push((u64::from_be_bytes(ts) ^ (1 << 63)) as i64);
    out.id.push(i64::from_le_bytes(id));
    out.px_ticks.push(i64::from_le_bytes(px));
    out.qty_lots.push(i64::from_le_bytes(qty));
    out.side.push(*side as i8);
    Ok(())
}

/// Ids of trades with their places in the order of the trades, sorted by id: repeats come to stand together.
#[derive(Clone, Debug, Default)]
pub struct IdRun {
    run: RunSort,
    position: u64,
}

impl IdRun {
    /// Notes the ids of up to `most` of the trades that come out of the merge; false at their end, or where it is
    /// hungry.
    pub fn note(&mut self, trades: &mut Merge, ids: Ids, most: usize) -> Result<bool> {
        for _ in 0..most {
            let (run, position) = (&mut self.run, &mut self.position);
            let there = trades.next(|key, value| {
                let id = match ids {
                    Ids::Integer => key.get(8..).unwrap_or_default(),
                    Ids::Text => value.get(FIXED..).unwrap_or_default(),
                    Ids::Absent => b"",
                };
                // Rows without an id are never repeats.
                if !id.is_empty() {
                    run.push(id, &position.to_be_bytes());
                }
                *position += 1;
            })?;
            if !there {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub fn bytes(&self) -> usize {
        self.run.bytes()
    }

    pub fn take(&mut self) -> Vec<u8> {
        self.run.take()
    }
}

/// The places of repeats, in ascending order.
#[derive(Clone, Debug, Default)]
pub struct RepeatRun {
    run: RunSort,
    last: Option<Vec<u8>>,
    pub repeats: u64,
}

impl RepeatRun {
    /// Notes the repeats among up to `most` of the ids that come out of the merge: all but the first of each id.
    pub fn note(&mut self, ids: &mut Merge, most: usize) -> Result<bool> {
        for _ in 0..most {
            let (run, last, repeats) = (&mut self.run, &mut self.last, &mut self.repeats);
            let there = ids.next(|id, position| {
                if last.as_deref() == Some(id) {
                    run.push(position, b"");
                    *repeats += 1;
                } else {
                    *last = Some(id.to_vec());
                }
            })?;
            if !there {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub fn bytes(&self) -> usize {
        self.run.bytes()
    }

    pub fn take(&mut self) -> Vec<u8> {
        self.run.take()
    }
}

/// The trades of all runs in order, without those at the places of repeats.
#[derive(Clone, Debug)]
pub struct TradeMerge {
    trades: Merge,
    repeats: Merge,
    runs: usize,
    position: u64,
    /// The next place of a repeat; none before the first was asked for and after the last.
    next_repeat: Option<u64>,
    repeats_asked: bool,
}

impl TradeMerge {
    pub fn new(runs: usize, repeat_runs: usize) -> Self {
        TradeMerge {
            trades: Merge::new(runs),
            repeats: Merge::new(repeat_runs),
            runs,
            position: 0,
            next_repeat: None,
            repeats_asked: false,
        }
    }

    /// The run that must be fed next; those of repeats are counted on from those of trades.
    pub fn hungry(&self) -> Option<usize> {
        self.trades.hungry().or(self.repeats.hungry().map(|run| self.runs + run))
    }

    pub fn feed(&mut self, run: usize, bytes: &[u8], last: bool) -> Result<()> {
        match run.checked_sub(self.runs) {
            Some(run) => self.repeats.feed(run, bytes, last),
            None => self.trades.feed(run, bytes, last),
        }
    }

    /// Up to `most` trades; fewer where a run is hungry, none and nobody hungry at the end.
    pub fn read(&mut self, most: usize) -> Result<Trades> {
        let mut out = Trades::default();
        while out.ts.len() < most && self.hungry().is_none() {
            if !self.repeats_asked {
                self.ask_repeat()?;
                continue;
            }
            let repeated = self.next_repeat == Some(self.position);
            let mut read = Ok(());
            let there = self.trades.next(|key, value| {
                if !repeated {
                    read = trade_of(key, value, &mut out);
                }
            })?;
            read?;
            if !there {
                break;
            }
            self.position += 1;
            self.repeats_asked = !repeated;
        }
        Ok(out)
    }

    fn ask_repeat(&mut self) -> Result<()> {
        let mut next = None;
        let there = self.repeats.next(|position, _| {
            next = position.first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        })?;
        if there || self.repeats.hungry().is_none() {
            (self.next_repeat, self.repeats_asked) = (next, true);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tick::random::Random;

    /// Feeds a hungry merge from its runs, `chunk` bytes at a time.
    struct Fed {
        runs: Vec<Vec<u8>>,
        read: Vec<usize>,
        chunk: usize,
    }

    impl Fed {
        fn new(runs: &[Vec<u8>], chunk: usize) -> Fed {
            Fed { runs: runs.to_vec(), read: vec![0; runs.len()], chunk }
        }

        fn bytes(&mut self, run: usize) -> (Vec<u8>, bool) {
            let start = self.read[run];
            let end = self.runs[run].len().min(start + self.chunk);
            self.read[run] = end;
            (self.runs[run][start..end].to_vec(), end == self.runs[run].len())
        }
    }

    /// The whole way that the caller goes: rows to runs, ids to runs, repeats to runs, trades.
    fn external(trades: &[(Trades, Vec<u8>, Vec<u32>)], ids: Ids, run_bytes: usize) -> (Trades, u64) {
        let mut run = TradeRun::new(ids);
        let mut runs = Vec::new();
        for (block, text, ends) in trades {
            run.push(block, text, ends).unwrap();
            if run.bytes() >= run_bytes {
                runs.push(run.take());
            }
        }
        runs.push(run.take());
        let chunk = run_bytes.max(1);
        let (mut fed, mut merge, mut id_run, mut id_runs) =
            (Fed::new(&runs, chunk), Merge::new(runs.len()), IdRun::default(), Vec::new());
        while id_run.note(&mut merge, ids, 3).unwrap() || merge.hungry().is_some() {
            if let Some(run) = merge.hungry() {
                let (bytes, last) = fed.bytes(run);
                merge.feed(run, &bytes, last).unwrap();
            }
            if id_run.bytes() >= run_bytes {
                id_runs.push(id_run.take());
            }
        }
        id_runs.push(id_run.take());
        let (mut fed, mut merge, mut repeats, mut repeat_runs) =
            (Fed::new(&id_runs, chunk), Merge::new(id_runs.len()), RepeatRun::default(), Vec::new());
        while repeats.note(&mut merge, 3).unwrap() || merge.hungry().is_some() {
            if let Some(run) = merge.hungry() {
                let (bytes, last) = fed.bytes(run);
                merge.feed(run, &bytes, last).unwrap();
            }
            if repeats.bytes() >= run_bytes {
                repeat_runs.push(repeats.take());
            }
        }
        repeat_runs.push(repeats.take());
        let mut all = [runs.clone(), repeat_runs].concat();
        let mut merge = TradeMerge::new(runs.len(), all.len() - runs.len());
        let mut fed = Fed::new(&std::mem::take(&mut all), chunk);
        let mut out = Trades::default();
        loop {
            let part = merge.read(5).unwrap();
            out.ts.extend(&part.ts);
            out.id.extend(&part.id);
            out.px_ticks.extend(&part.px_ticks);
            out.qty_lots.extend(&part.qty_lots);
            out.side.extend(&part.side);
            match merge.hungry() {
                Some(run) => {
                    let (bytes, last) = fed.bytes(run);
                    merge.feed(run, &bytes, last).unwrap();
                }
                None if part.ts.is_empty() => return (out, repeats.repeats),
                None => {}
            }
        }
    }

    #[test]
    fn runs_of_any_size_order_trades_as_memory_does() {
        let mut random = Random(11);
        for ids in [Ids::Integer, Ids::Text, Ids::Absent] {
            let blocks: Vec<(Trades, Vec<u8>, Vec<u32>)> = (0..9)
                .map(|_| {
                    let (mut block, mut text, mut ends) = (Trades::default(), Vec::new(), Vec::new());
                    for _ in 0..random.below(30) {
                        block.ts.push(random.below(20) as i64 - 10);
                        let id = random.below(60) as i64;
                        block.id.push(if ids == Ids::Integer { id - 30 } else { i64::MIN });
                        block.px_ticks.push(1 + random.below(9) as i64);
                        block.qty_lots.push(1 + random.below(9) as i64);
                        block.side.push(random.below(3) as i8 - 1);
                        if ids == Ids::Text && random.below(4) > 0 {
                            text.extend(format!("id{id}").bytes());
                        }
                        ends.push(text.len() as u32);
                    }
                    (block, text, if ids == Ids::Text { ends } else { Vec::new() })
                })
                .collect();
            let mut order = TradeOrder::default();
            blocks.iter().for_each(|(block, text, ends)| order.push(block, text, ends).unwrap());
            let expected = order.finish(ids, false).unwrap();
            for run_bytes in [1, 200, 3000, 1 << 20] {
                assert_eq!(external(&blocks, ids, run_bytes), expected, "{ids:?}, runs of {run_bytes} bytes");
            }
        }
    }
}
