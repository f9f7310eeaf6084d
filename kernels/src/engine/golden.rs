//! The golden cases of the specification: whole small markets, from the bytes of their files through the
//! scanners and the engine to the table that must come out.

use super::tests::floats;
use super::*;
use crate::book::BookParams;
use crate::book::merge::BookMerge;
use crate::params::{Bucket, LiqDedup};
use crate::schema::{COLUMNS, Physical};
use crate::tick::depth::{DepthColumns, DepthScan};
use crate::tick::grid::{grid, step};
use crate::tick::liquidations::{LiquidationColumns, LiquidationScan};
use crate::tick::order::TradeOrder;
use crate::tick::trades::{Survey, TradeColumns, TradeScan};
use std::path::{Path, PathBuf};

/// Where the cases are: in the shared folder beside the repository, which HYBRID_SHARED may name.
fn cases() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let shared = std::env::var_os("HYBRID_SHARED").map_or(root.join("../shared"), PathBuf::from);
    let folder = shared.join("spec/reference/golden");
    folder.join("midnight/expected.csv").exists().then_some(folder)
}

/// The parameters of a flat JSON object.
fn config(folder: &Path) -> Params {
    let text = std::fs::read_to_string(folder.join("config.json")).unwrap();
    let plain: String = text.chars().filter(|c| !"{}\"\n ".contains(*c)).collect();
    let mut params = Params::default();
    // obi_mode has a colon in its value: only the first one separates.
    for (name, value) in plain.split(',').filter_map(|entry| entry.split_once(':')) {
        params.set(name, value).unwrap();
    }
    params
}

fn text_of<'a>(params: &'a Params, name: &str) -> &'a str {
    params.entries().find(|(n, _)| *n == name).map_or("", |(_, text)| text)
}

/// The rows of a file, without the header.
fn rows_of(folder: &Path, stream: &str) -> Option<Vec<u8>> {
    let bytes = std::fs::read(folder.join(format!("input/GOLD_{stream}.csv"))).ok()?;
    let end = bytes.iter().position(|c| *c == b'\n')?;
    Some(bytes[end + 1..].to_vec())
}

fn trades(folder: &Path, params: &Params) -> (Trades, Grid) {
    let body = rows_of(folder, "trades").unwrap();
    let columns = TradeColumns::new("canonical").unwrap();
    let (survey, ..) = Survey::of(&columns, &body);
    let tick = params.tick_size.unwrap_or(step("tick_size", None, survey.price_places).unwrap());
    let lot = params.lot_size.unwrap_or(step("lot_size", None, survey.qty_places).unwrap());
    let mut order = TradeOrder::default();
    order.push_block(&TradeScan::new(columns, tick, lot, survey.ids()).read(&body)).unwrap();
    let (trades, _) = order.finish(survey.ids(), false).unwrap();
    let ticks = |bucket| match bucket {
        Bucket::Auto => None,
        Bucket::Ticks(ticks) => Some(ticks),
    };
    let first = trades.px_ticks[0];
    let grid = grid(tick, lot, ticks(params.footprint_bucket_ticks), ticks(params.wall_bucket_ticks), first);
    (trades, grid.unwrap())
}

fn books(folder: &Path, params: &Params, grid: &Grid) -> Option<Books> {
    let body = rows_of(folder, "depth")?;
    let reduction = BookParams::parse(
        params.obi_levels as u32,
        text_of(params, "obi_mode"),
        text_of(params, "wall_range_bps"),
        text_of(params, "wall_k"),
        params.wall_min_buckets as u32,
        params.wall_min_persist as u32,
    );
    let mut scan = DepthScan::new(DepthColumns::new("canonical").unwrap(), grid, reduction.unwrap());
    let block = crate::book::block::BookBlock::sorted(&[scan.read(&body).block]);
    let mut merge = BookMerge::new(params.wall_min_persist as u32);
    let mut books = merge.push(&block).unwrap();
    let last = merge.finish();
    append(&mut books, last);
    Some(books)
}

fn append(books: &mut Books, last: Books) {
    books.ts.extend(last.ts);
    books.valid.extend(last.valid);
    books.mid_code.extend(last.mid_code);
    books.detail.extend(last.detail);
    for (all, one) in [
        (&mut books.bid, last.bid),
        (&mut books.ask, last.ask),
        (&mut books.obi, last.obi),
        (&mut books.obi1, last.obi1),
        (&mut books.wall_bid_bps, last.wall_bid_bps),
        (&mut books.wall_ask_bps, last.wall_ask_bps),
        (&mut books.wall_bid_mult, last.wall_bid_mult),
        (&mut books.wall_ask_mult, last.wall_ask_mult),
        (&mut books.depth_span_bps, last.depth_span_bps),
    ] {
        all.extend(one);
    }
}

fn liquidations(folder: &Path, params: &Params) -> Option<Liquidations> {
    let body = rows_of(folder, "liquidations")?;
    let mut scan = LiquidationScan::default();
    scan.read(&LiquidationColumns::new("canonical").unwrap(), &body);
    Some(scan.finish(params.liq_dedup == LiqDedup::Exact).0)
}

fn run(folder: &Path) -> Engine {
    let params = config(folder);
    let (trades, grid) = trades(folder, &params);
    let (books, liquidations) = (books(folder, &params, &grid), liquidations(folder, &params));
    let streams = Streams { depth: books.is_some(), liquidations: liquidations.is_some() };
    let mut engine = Engine::new(&params, &grid, streams).unwrap();
    engine.push_trades(trades).unwrap();
    engine.push_books(books.unwrap_or_default()).unwrap();
    engine.push_liquidations(liquidations.unwrap_or_default()).unwrap();
    engine.end_trades();
    engine.end_books();
    engine.end_liquidations();
    assert_eq!(engine.run(usize::MAX), Status::Done);
    engine
}

/// Compares a whole table; answers every column's number of wrong rows and the first of them.
fn differences(rows: &Buffers, expected: &str) -> Vec<String> {
    let mut lines = expected.lines();
    let header: Vec<&str> = COLUMNS.iter().map(|c| c.name).collect();
    assert_eq!(lines.next(), Some(header.join(",").as_str()));
    let cells: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), cells.len());
    let mut found = Vec::new();
    for (index, column) in COLUMNS.iter().enumerate() {
        let tolerance = match column.physical {
            Physical::F64 => 1e-9,
            Physical::F32 => 1e-6,
            Physical::I64 | Physical::I8 => 0.0,
        };
        let got = floats(rows, column.name);
        let wrong: Vec<String> = (0..got.len())
            .filter_map(|row| {
                let (x, text) = (got[row], cells[row][index]);
                let y: f64 = if text.is_empty() { f64::NAN } else { text.parse().unwrap() };
                let near = (x - y).abs() <= tolerance * x.abs().max(y.abs()).max(1.0);
                (!(near || x.is_nan() && y.is_nan())).then(|| format!("row {row}: got {x:?}, want {text}"))
            })
            .collect();
        if let Some(first) = wrong.first() {
            found.push(format!("{}: {} rows, {first}", column.name, wrong.len()));
        }
    }
    found
}

fn check(case: &str) {
    let Some(folder) = cases() else {
        eprintln!(
            "skipped: the golden cases are not in ../shared/spec/reference/golden (HYBRID_SHARED names another place)"
        );
        return;
    };
    let engine = run(&folder.join(case));
    let expected = std::fs::read_to_string(folder.join(case).join("expected.csv")).unwrap();
    let found = differences(engine.rows(), &expected);
    assert!(found.is_empty(), "{case}:\n{}", found.join("\n"));
}

#[test]
fn midnight_with_cascades_bad_books_and_repeated_ids() {
    check("midnight");
}

#[test]
fn holes_of_60_and_61_minutes_without_ids_sides_and_liquidations() {
    check("holes");
}

#[test]
fn options_off_their_defaults() {
    check("options");
}
