//! The order of trades and their duplicates (0.2), over columns that are in memory as a whole.

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

    /// All rows in order with each id once, and the number of duplicates that went.
    pub fn finish(self, ids: Ids) -> Result<(Trades, u64)> {
        let rows = self.rows.ts.len();
        if rows > u32::MAX as usize || (ids == Ids::Text && self.id_ends.len() != rows) {
            return Err(Error::new(Code::Kernel, format!("trades: cannot order {rows} rows with these ids")));
        }
        let mut order: Vec<u32> = (0..rows as u32).collect();
        // Without integer ids the column holds one value, and a stable sort keeps the order of the file.
        order.sort_by_key(|i| (self.rows.ts[*i as usize], self.rows.id[*i as usize]));
        let duplicates = match ids {
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
