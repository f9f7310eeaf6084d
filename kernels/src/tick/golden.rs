//! The golden inputs of the specification, read from beside the project: their counters must come out.

use super::depth::{DepthColumns, DepthScan};
use super::grid::{grid, step};
use super::liquidations::{LiquidationColumns, LiquidationScan};
use super::order::TradeOrder;
use super::trades::{Survey, TradeColumns, TradeScan};
use crate::book::BookParams;
use std::path::PathBuf;

/// A golden case, or `None`, said aloud, where the shared folder is missing.
fn case(name: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let shared = std::env::var("HYBRID_SHARED").unwrap_or_else(|_| beside.to_string());
    let folder = PathBuf::from(shared).join("spec/reference/golden").join(name);
    if !folder.is_dir() {
        eprintln!("skipped: golden case {name}: no folder {}", folder.display());
        return None;
    }
    Some(folder)
}

/// The rows of a stream, without the header.
fn rows_of(folder: &std::path::Path, stream: &str) -> Vec<u8> {
    let bytes = std::fs::read(folder.join(format!("input/GOLD_{stream}.csv"))).unwrap();
    let header = bytes.iter().position(|c| *c == b'\n').unwrap();
    bytes[header + 1..].to_vec()
}

/// `[rows, nonpositive, off grid, duplicates, out, unknown sides]`, and tick and lot as text.
fn trades(folder: &std::path::Path, tick: Option<&str>, lot: Option<&str>) -> ([u64; 6], String, String) {
    let rows = rows_of(folder, "trades");
    let columns = TradeColumns::new("canonical").unwrap();
    let (survey, ..) = Survey::of(&columns, &rows);
    let tick = step("tick_size", tick, survey.price_places).unwrap();
    let lot = step("lot_size", lot, survey.qty_places).unwrap();
    let block = TradeScan::new(columns, tick, lot, survey.ids()).read(&rows);
    assert_eq!(block.bad.total, 0);
    let mut order = TradeOrder::default();
    order.push_block(&block).unwrap();
    let (trades, duplicates) = order.finish(survey.ids(), false).unwrap();
    let out = trades.ts.len() as u64;
    let unknown = trades.side.iter().filter(|s| **s == 0).count() as u64;
    let counts = [survey.rows, block.nonpositive.total, block.off_grid.total, duplicates, out, unknown];
    (counts, tick.to_string(), lot.to_string())
}

fn malformed_depth(folder: &std::path::Path, tick: &str) -> u64 {
    let rows = rows_of(folder, "depth");
    let tick = step("tick_size", Some(tick), 0).unwrap();
    let grid = grid(tick, tick, None, None, 618_003).unwrap();
    let params = BookParams::parse(10, "levels", "100", "5", 5, 1).unwrap();
    let block = DepthScan::new(DepthColumns::new("canonical").unwrap(), &grid, params).read(&rows);
    assert_eq!(block.bad.total, 0, "{:?}", block.bad);
    block.malformed.total
}

#[test]
fn midnight_has_its_counters() {
    let Some(folder) = case("midnight") else { return };
    let (counts, ..) = trades(&folder, Some("0.1"), Some("0.001"));
    assert_eq!(counts, [395, 2, 1, 2, 390, 58]);
    assert_eq!(malformed_depth(&folder, "0.1"), 1);
    let rows = rows_of(&folder, "liquidations");
    let mut scan = LiquidationScan::default();
    let report = scan.read(&LiquidationColumns::new("canonical").unwrap(), &rows);
    assert_eq!((report.bad.total, report.nonpositive.total, scan.finish(true).1), (0, 1, 1));
}

#[test]
fn holes_has_its_counters_and_its_inferred_grid() {
    let Some(folder) = case("holes") else { return };
    let (counts, tick, lot) = trades(&folder, None, None);
    assert_eq!((counts, tick.as_str(), lot.as_str()), ([380, 0, 0, 0, 380, 380], "0.001", "0.01"));
    assert_eq!(malformed_depth(&folder, "0.001"), 0);
}

#[test]
fn options_has_its_counters() {
    let Some(folder) = case("options") else { return };
    let (counts, ..) = trades(&folder, Some("0.5"), Some("0.1"));
    assert_eq!(counts, [220, 0, 0, 0, 220, 76]);
}
