//! What an audit does to books and liquidations before they are used: it cuts off or poisons what comes at or
//! after an instant, or cuts off what came before. (Trades are cut by row, not by instant: see the caller.)

use crate::book::block::{BookBlock, State};
use crate::book::detail::{BookDetail, Ladder, Rung};
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
        if let Some(detail) = books.detail.get_mut(row) {
            *detail = if valid { random_detail(&mut draw) } else { BookDetail::default() };
        }
    }
    poisoned
}

/// Numbers in every field, and between one and all levels a side.
fn random_detail(draw: &mut Draw) -> BookDetail {
    let mut detail = BookDetail {
        spread_bps: 1e3 * draw.unit(),
        micro_price: 1e3 * draw.unit(),
        micro_bps: 1e3 * draw.unit(),
        vamp_bps: 1e3 * draw.unit(),
        wdp_bps: 1e3 * draw.unit(),
        depth_imb: [draw.unit(), draw.unit(), draw.unit(), draw.unit()],
        ladder: Ladder::default(),
    };
    for side in [&mut detail.ladder.bids, &mut detail.ladder.asks] {
        for (nth, rung) in side.iter_mut().enumerate() {
            let (price, size) = (i128::from(draw.bits()), 1 + i128::from(draw.bits() >> 8));
            if nth == 0 || !draw.one_in(8) {
                *rung = Rung { price, size };
            }
        }
    }
    detail
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
        assert_eq!(books_within(&books(), i64::MIN, i64::MAX).to_bytes(), books().to_bytes());
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
        assert!(poisoned.books.detail.is_empty());
    }

    /// A block with a detail a row, each of another spread.
    fn detailed() -> BookBlock {
        let mut block = books();
        let detail = |row: usize| BookDetail { spread_bps: row as f64, ..BookDetail::default() };
        block.books.detail = (0..block.rows()).map(detail).collect();
        block
    }

    #[test]
    fn the_detail_of_a_book_is_cut_with_it() {
        let kept = books_within(&detailed(), 2, 5);
        let spreads: Vec<f64> = kept.books.detail.iter().map(|detail| detail.spread_bps).collect();
        assert_eq!((kept.rows(), spreads), (2, vec![1.0, 2.0]));
    }

    #[test]
    fn the_detail_of_a_book_is_poisoned_with_it() {
        let mut valid = 0;
        for seed in 0..16 {
            let poisoned = poison_books(&detailed(), 2, seed);
            let all = format!("{:?}", detailed().books.detail[0]);
            assert_eq!(format!("{:?}", poisoned.books.detail[0]), all);
            for row in 1..poisoned.rows() {
                let detail = &poisoned.books.detail[row];
                let is_valid = poisoned.state[row] == State::Valid;
                valid += usize::from(is_valid);
                assert_eq!(detail.ladder.levels() > 0, is_valid);
                assert_eq!(detail.spread_bps.is_nan(), !is_valid);
                let of_poison = [detail.micro_price, detail.micro_bps, detail.vamp_bps, detail.wdp_bps];
                assert!(of_poison.iter().chain(&detail.depth_imb).all(|value| value.is_nan() != is_valid));
                assert!(detail.spread_bps != row as f64);
            }
            let bytes = poisoned.to_bytes();
            assert_eq!(BookBlock::from_bytes(&bytes).unwrap().to_bytes(), bytes);
        }
        assert!(valid > 16);
    }
}
