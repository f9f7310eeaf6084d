//! What an audit does to books and liquidations before they are used: it cuts off or poisons what comes at or
//! after an instant, or cuts off what came before. (Trades are cut by row, not by instant: see the caller.)

use crate::book::block::{BookBlock, State};
use crate::event::Liquidations;
use crate::gp::random::Draw;

/// The rows whose `ts` is in the range, `from` inclusive, `to` exclusive.
pub fn books_within(block: &BookBlock, from: i64, to: i64) -> BookBlock {
    let mut kept = BookBlock::default();
    for row in 0..block.rows() {
        if (from..to).contains(&block.books.ts[row]) {
            kept.copy_row(block, row);
        }
    }
    kept
}

/// The block with random numbers in every row at or after `from`; the stamps stay.
pub fn poison_books(block: &BookBlock, from: i64, seed: u64) -> BookBlock {
    let mut poisoned = block.clone();
    for row in (0..block.rows()).filter(|&row| block.books.ts[row] >= from) {
        let mut draw = Draw::new(seed, block.books.ts[row] as u64, row as u64, 0);
        let valid = !draw.one_in(4);
        poisoned.state[row] = if valid { State::Valid } else { State::OneSided };
        let books = &mut poisoned.books;
        books.valid[row] = u8::from(valid);
        books.mid_code[row] = (draw.bits() >> 24) as i64;
        for column in crate::book::block::f64_columns(books) {
            column[row] = if valid { 1e3 * draw.unit() } else { f64::NAN };
        }
    }
    poisoned
}

/// The liquidations whose `ts` is in the range, `from` inclusive, `to` exclusive.
pub fn liquidations_within(all: &Liquidations, from: i64, to: i64) -> Liquidations {
    let rows = (0..all.ts.len()).filter(|&i| (from..to).contains(&all.ts[i]));
    let mut kept = Liquidations::default();
    for i in rows {
        kept.ts.push(all.ts[i]);
        kept.pos.push(all.pos[i]);
        kept.notional.push(all.notional[i]);
    }
    kept
}

/// The liquidations with random sides and sizes at or after `from`.
pub fn poison_liquidations(all: &Liquidations, from: i64, seed: u64) -> Liquidations {
    let mut poisoned = all.clone();
    for i in (0..all.ts.len()).filter(|&i| all.ts[i] >= from) {
        let mut draw = Draw::new(seed, i as u64, 0, 1);
        poisoned.pos[i] = if draw.one_in(2) { 1 } else { -1 };
        poisoned.notional[i] = 1e9 * draw.unit();
    }
    poisoned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn liquidations() -> Liquidations {
        Liquidations { ts: vec![1, 2, 2, 5], pos: vec![1, -1, 1, -1], notional: vec![1.0, 2.0, 3.0, 4.0] }
    }

    fn books() -> BookBlock {
        let mut block = BookBlock::default();
        for ts in [1, 2, 2, 5] {
            block.push_invalid(ts, State::OneSided);
        }
        block
    }

    #[test]
    fn a_range_keeps_its_first_instant_and_not_its_last() {
        assert_eq!(liquidations_within(&liquidations(), 2, 5).notional, [2.0, 3.0]);
        assert_eq!(books_within(&books(), 2, 5).books.ts, [2, 2]);
        assert_eq!(books_within(&books(), i64::MIN, i64::MAX), books());
    }

    #[test]
    fn poison_leaves_the_past_as_it_was_and_changes_what_follows() {
        let poisoned = poison_liquidations(&liquidations(), 2, 7);
        assert_eq!(poisoned.ts, liquidations().ts);
        assert_eq!(poisoned.notional[0], 1.0);
        assert!(poisoned.notional[1..].iter().zip([2.0, 3.0, 4.0]).all(|(a, b)| *a != b));
        let poisoned = poison_books(&books(), 2, 7);
        assert_eq!(poisoned.books.ts, books().books.ts);
        assert_eq!(poisoned.state[0], State::OneSided);
        assert!(poisoned.state[1..].contains(&State::Valid));
    }
}
