//! The engine against the whole-table oracle on random markets, and the properties of the contract.

use super::*;
use crate::book::detail::{BookDetail, Ladder, Rung};
use crate::event::Decimal;
use crate::naive::Market;
use crate::schema::{COLUMNS, Column, FeatureSet, Runs, Values, each_row};

/// A small seeded generator.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) % n) as i64
    }

    fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u64) as usize]
    }

    fn unit(&mut self) -> f64 {
        self.below(2_000_001) as f64 / 1e6 - 1.0
    }
}

/// The three streams of a run.
#[derive(Clone, Default)]
struct Input {
    trades: Trades,
    books: Books,
    liquidations: Liquidations,
}

const BOTH: Streams = Streams { depth: true, liquidations: true };

fn grid() -> Grid {
    let tenth = Decimal { mantissa: 1, places: 1 };
    Grid { tick: tenth, lot: Decimal { mantissa: 1, places: 3 }, bucket_ticks: 2, wall_bucket_ticks: 2 }
}

/// Steps between trades, from none at all to longer than any hole that is filled.
const STEPS_US: [i64; 16] = [
    0,
    0,
    0,
    1_000,
    1_000,
    17_123,
    300_000,
    700_000,
    1_000_000,
    2_500_000,
    7_500_000,
    20_000_000,
    45_000_001,
    90_000_000,
    600_000_000,
    3_720_000_000,
];

fn random_market(seed: u64, n: usize) -> Input {
    let mut random = Random(seed);
    let mut input = Input::default();
    // A little before a UTC midnight, so that the run crosses it.
    let (mut ts, mut px) = (1_727_998_680_000_000 - 400_000_000, 20_000);
    for i in 0..n {
        let kind = if random.below(40) == 0 { 16 } else { 13 };
        ts += STEPS_US[random.below(kind) as usize];
        px += random.one_of(&[-3, -1, 0, 0, 0, 1, 3]);
        input.trades.ts.push(ts);
        input.trades.id.push(if seed.is_multiple_of(2) { i as i64 } else { i64::MIN });
        input.trades.px_ticks.push(px);
        input.trades.qty_lots.push(1 + random.below(500));
        input.trades.side.push(random.one_of(&[-1, -1, 0, 1, 1]));
        if random.below(3) == 0 {
            random_book(&mut random, &mut input.books, ts, px);
        }
        if random.below(6) == 0 {
            input.liquidations.ts.push(ts);
            input.liquidations.pos.push(random.one_of(&[-1, 1]));
            input.liquidations.notional.push(1.0 + random.below(100_000) as f64);
        }
    }
    input
}

fn random_book(random: &mut Random, books: &mut Books, ts: i64, px: i64) {
    let ts = ts + random.one_of(&[0, 0, 1, 999, 400_000]);
    if books.ts.last().is_some_and(|last| *last >= ts) {
        return;
    }
    let valid = random.below(5) != 0;
    books.ts.push(ts);
    books.valid.push(u8::from(valid));
    books.bid.push(px as f64 / 10.0 - 0.1);
    books.ask.push(px as f64 / 10.0 + 0.1);
    books.mid_code.push(4 * px + random.below(9) - 4);
    for column in [
        &mut books.obi,
        &mut books.obi1,
        &mut books.wall_bid_bps,
        &mut books.wall_ask_bps,
        &mut books.wall_bid_mult,
        &mut books.wall_ask_mult,
        &mut books.depth_span_bps,
    ] {
        column.push(if random.below(6) == 0 { f64::NAN } else { random.unit() });
    }
    books.detail.push(if valid { random_detail(random, px) } else { BookDetail::default() });
}

fn random_detail(random: &mut Random, px: i64) -> BookDetail {
    let levels = 1 + random.below(12) as usize;
    let mut ladder = Ladder::default();
    for (sign, side) in [(-1, &mut ladder.bids), (1, &mut ladder.asks)] {
        let best = px + sign * (1 + random.below(2));
        for (nth, rung) in side.iter_mut().take(levels).enumerate() {
            let size = i128::from(1 + random.below(9));
            *rung = Rung { price: i128::from(best + sign * nth as i64), size: size * 10i128.pow(11) };
        }
    }
    BookDetail {
        spread_bps: random.unit(),
        micro_price: px as f64 / 10.0,
        micro_bps: random.unit(),
        vamp_bps: random.unit(),
        wdp_bps: random.unit(),
        depth_imb: [random.unit(), random.unit(), f64::NAN, random.unit()],
        ladder,
    }
}

fn params(settings: &[(&str, &str)]) -> Params {
    let mut params = Params::default();
    for (name, text) in settings {
        params.set(name, text).unwrap();
    }
    params
}

/// Every column that there is.
fn all_columns() -> &'static [Column] {
    FeatureSet::Extended.columns()
}

/// Feeds the whole input at once; computes every column.
fn run_whole(params: &Params, grid: &Grid, streams: Streams, input: &Input) -> Engine {
    run_set(params, grid, streams, input, FeatureSet::Extended)
}

fn run_set(params: &Params, grid: &Grid, streams: Streams, input: &Input, set: FeatureSet) -> Engine {
    let mut engine = Engine::with_features(params, grid, streams, set).unwrap();
    engine.push_trades(input.trades.clone()).unwrap();
    engine.end_trades();
    if streams.depth {
        engine.push_books(input.books.clone()).unwrap();
        engine.end_books();
    }
    if streams.liquidations {
        engine.push_liquidations(input.liquidations.clone()).unwrap();
        engine.end_liquidations();
    }
    assert_eq!(engine.run(usize::MAX), Status::Done);
    engine
}

fn slice_trades(t: &Trades, from: usize, to: usize) -> Trades {
    Trades {
        ts: t.ts[from..to].to_vec(),
        id: t.id[from..to].to_vec(),
        px_ticks: t.px_ticks[from..to].to_vec(),
        qty_lots: t.qty_lots[from..to].to_vec(),
        side: t.side[from..to].to_vec(),
    }
}

fn slice_books(b: &Books, from: usize, to: usize) -> Books {
    Books {
        ts: b.ts[from..to].to_vec(),
        valid: b.valid[from..to].to_vec(),
        bid: b.bid[from..to].to_vec(),
        ask: b.ask[from..to].to_vec(),
        mid_code: b.mid_code[from..to].to_vec(),
        obi: b.obi[from..to].to_vec(),
        obi1: b.obi1[from..to].to_vec(),
        wall_bid_bps: b.wall_bid_bps[from..to].to_vec(),
        wall_ask_bps: b.wall_ask_bps[from..to].to_vec(),
        wall_bid_mult: b.wall_bid_mult[from..to].to_vec(),
        wall_ask_mult: b.wall_ask_mult[from..to].to_vec(),
        depth_span_bps: b.depth_span_bps[from..to].to_vec(),
        detail: b.detail[from..to].to_vec(),
    }
}

fn slice_liquidations(l: &Liquidations, from: usize, to: usize) -> Liquidations {
    Liquidations {
        ts: l.ts[from..to].to_vec(),
        pos: l.pos[from..to].to_vec(),
        notional: l.notional[from..to].to_vec(),
    }
}

/// Every value of a column as text that tells bits apart.
fn bits(engine: &Engine) -> Vec<Vec<u64>> {
    (0..).map_while(|index| engine.column(index)).map(bits_of).collect()
}

fn bits_of(values: Values) -> Vec<u64> {
    match values {
        Values::I64(v) => v.iter().map(|x| *x as u64).collect(),
        Values::I8(v) => v.iter().map(|x| *x as u64).collect(),
        Values::F64(v) => v.iter().map(|x| x.to_bits()).collect(),
        Values::F32(v) => v.iter().map(|x| u64::from(x.to_bits())).collect(),
        Values::Runs(Runs::I64(v)) => bits_of(Values::I64(&each_row(v))),
        Values::Runs(Runs::I8(v)) => bits_of(Values::I8(&each_row(v))),
        Values::Runs(Runs::F64(v)) => bits_of(Values::F64(&each_row(v))),
        Values::Runs(Runs::F32(v)) => bits_of(Values::F32(&each_row(v))),
    }
}

/// The values of a column as f64, null as NaN.
pub(super) fn floats(rows: &Buffers, name: &str) -> Vec<f64> {
    let index = COLUMNS.iter().position(|c| c.name == name).unwrap();
    to_floats(rows.column(index).unwrap())
}

/// The same of a column of any feature set.
fn floats_of(engine: &Engine, name: &str) -> Vec<f64> {
    let index = all_columns().iter().position(|c| c.name == name).unwrap();
    to_floats(engine.column(index).unwrap())
}

fn to_floats(values: Values) -> Vec<f64> {
    match values {
        Values::I64(v) => v.iter().map(|x| if *x == i64::MIN { f64::NAN } else { *x as f64 }).collect(),
        Values::I8(v) => v.iter().map(|x| f64::from(*x)).collect(),
        Values::F64(v) => v.to_vec(),
        Values::F32(v) => v.iter().map(|x| f64::from(*x)).collect(),
        Values::Runs(Runs::I64(v)) => to_floats(Values::I64(&each_row(v))),
        Values::Runs(Runs::I8(v)) => to_floats(Values::I8(&each_row(v))),
        Values::Runs(Runs::F64(v)) => to_floats(Values::F64(&each_row(v))),
        Values::Runs(Runs::F32(v)) => to_floats(Values::F32(&each_row(v))),
    }
}

/// The tolerance of the specification: nulls and integers exact.
fn assert_same(got: &Buffers, want: &Buffers, label: &str) {
    assert_eq!(got.len(), want.len(), "{label}: rows");
    for (index, column) in COLUMNS.iter().enumerate() {
        let tolerance = match column.physical {
            crate::schema::Physical::F64 => 1e-9,
            crate::schema::Physical::F32 => 1e-6,
            _ => 0.0,
        };
        let (a, b) = (floats(got, column.name), floats(want, column.name));
        for (row, (x, y)) in a.iter().zip(&b).enumerate() {
            let near = (x - y).abs() <= tolerance * x.abs().max(y.abs()).max(1.0);
            assert!(
                near || x.is_nan() && y.is_nan(),
                "{label}: row {row}, column {index} {}: got {x:?}, want {y:?}",
                column.name
            );
        }
    }
}

fn check_against_oracle(settings: &[(&str, &str)], streams: Streams, seed: u64, n: usize) {
    let (params, grid, mut input) = (params(settings), grid(), random_market(seed, n));
    if !streams.depth {
        input.books = Books::default();
    }
    let engine = run_whole(&params, &grid, streams, &input);
    let market = Market {
        params: &params,
        grid: &grid,
        streams,
        trades: &input.trades,
        books: &input.books,
        liquidations: &input.liquidations,
    };
    let mut want = Buffers::default();
    market.table().iter().for_each(|row| want.push(row));
    assert_same(engine.rows(), &want, &format!("{settings:?} seed {seed}"));
}

#[test]
fn rows_equal_the_oracle_with_the_defaults() {
    for seed in 0..4 {
        check_against_oracle(&[], BOTH, seed, 500);
    }
}

#[test]
fn rows_equal_the_oracle_without_streams() {
    for (depth, liquidations) in [(false, false), (true, false), (false, true)] {
        check_against_oracle(&[], Streams { depth, liquidations }, 9, 500);
    }
}

#[test]
fn rows_equal_the_oracle_with_every_parameter_off_its_default() {
    for settings in [
        &[("side_fallback", "tick")][..],
        &[("side_fallback", "zero")],
        &[("side_fallback", "drop")],
        &[("depth_latency_us", "250000"), ("liq_latency_us", "3000000")],
        &[("max_depth_age_ms", "1000")],
        &[("W_s", "7.5"), ("require_full_window", "false")],
        &[("W_s", "0.000001")],
        &[("W_s", "5000"), ("gap_reset_min", "0")],
        &[("gap_reset_min", "1")],
        &[("gap_reset_min", "100000")],
        &[("volume_unit", "quote"), ("footprint_vmin", "800000.5"), ("require_full_window", "false")],
        &[("empty_bar", "skip")],
        &[("ema_fast_n", "1"), ("ema_slow_n", "5"), ("rsi_n", "1"), ("bb_n", "1"), ("bb_k", "1.5")],
        &[("ema_fast_n", "3"), ("rsi_n", "3"), ("bb_n", "4")],
        &[("vwap_anchor", "none")],
        &[("vwap_anchor", "rolling:3"), ("vwap_source", "hlc3")],
        &[("vwap_anchor_offset_min", "5"), ("vwap_source", "hlc3")],
        &[("vwap_anchor_offset_min", "-7"), ("empty_bar", "skip")],
        &[("ofd_ratio_clamp", "2.5"), ("require_full_window", "false")],
        &[("absorb_half_life_s", "30"), ("absorb_min_weight", "3")],
        &[("absorb_min_weight", "0"), ("require_full_window", "false")],
        &[("cpi_sigma_half_life_s", "20"), ("cpi_sigma_min_seconds", "1"), ("W_s", "1")],
        &[("cpi_w_ret", "0.1"), ("cpi_w_flow", "0"), ("cpi_w_liq", "2")],
        &[("cpi_liq_half_life_s", "7"), ("cpi_liq_floor", "0.5")],
        &[("cpi_gate_fast_s", "3"), ("cpi_gate_slow_s", "60"), ("cpi_gate_full_ratio", "1.5")],
        &[("footprint_ratio", "1.25"), ("footprint_vmin", "300")],
        &[("footprint_ratio", "1"), ("require_full_window", "false")],
        &[("cascade_fast_s", "1"), ("cascade_slow_s", "600"), ("cascade_min_share", "3")],
        &[("cascade_min_notional", "60000"), ("cascade_fast_s", "30"), ("cascade_slow_s", "20")],
    ] {
        for seed in [21, 22] {
            check_against_oracle(settings, BOTH, seed, 220);
        }
    }
}

#[test]
fn sums_that_leave_64_bits_stay_exact() {
    let grid = grid();
    for settings in [&[("W_s", "20")][..], &[("W_s", "20"), ("volume_unit", "quote")]] {
        let (params, mut input) = (params(settings), random_market(41, 300));
        for row in 100..input.trades.ts.len() {
            input.trades.qty_lots[row] = i64::MAX - 1_000 * row as i64;
        }
        let whole = run_set(&params, &grid, BOTH, &input, FeatureSet::Core);
        let market = Market {
            params: &params,
            grid: &grid,
            streams: BOTH,
            trades: &input.trades,
            books: &input.books,
            liquidations: &input.liquidations,
        };
        let mut want = Buffers::default();
        market.table().iter().for_each(|row| want.push(row));
        assert_same(whole.rows(), &want, &format!("{settings:?}"));
        let go_on = |engine: Engine| Engine::restore(&params, &engine.save().unwrap()).unwrap();
        let (rows, _) = run_row_by_row(&params, &input, FeatureSet::Core, go_on);
        assert_eq!(rows, bits(&whole), "{settings:?}");
    }
}

#[test]
fn the_cut_into_blocks_changes_no_bit() {
    let (params, grid, input) = (params(&[("W_s", "20")]), grid(), random_market(5, 600));
    let want = bits(&run_whole(&params, &grid, BOTH, &input));
    for seed in 0..8 {
        let got = run_in_pieces(&params, &grid, &input, &mut Random(seed), if seed == 0 { 1 } else { 60 });
        assert_eq!(got, want, "seed {seed}");
    }
}

/// Feeds blocks of at most `longest` entries and takes rows in pieces.
fn run_in_pieces(
    params: &Params,
    grid: &Grid,
    input: &Input,
    random: &mut Random,
    longest: u64,
) -> Vec<Vec<u64>> {
    let mut engine = Engine::with_features(params, grid, BOTH, FeatureSet::Extended).unwrap();
    let (mut trades, mut books, mut liquidations) = (0, 0, 0);
    let mut taken = vec![Vec::new(); all_columns().len()];
    loop {
        let piece = 1 + random.below(longest) as usize;
        let status = engine.run(1 + random.below(longest) as usize);
        match status {
            Status::NeedTrades if trades == input.trades.ts.len() => engine.end_trades(),
            Status::NeedTrades => {
                let to = (trades + piece).min(input.trades.ts.len());
                engine.push_trades(slice_trades(&input.trades, trades, to)).unwrap();
                trades = to;
            }
            Status::NeedBooks if books == input.books.ts.len() => engine.end_books(),
            Status::NeedBooks => {
                let to = (books + piece).min(input.books.ts.len());
                engine.push_books(slice_books(&input.books, books, to)).unwrap();
                books = to;
            }
            Status::NeedLiquidations if liquidations == input.liquidations.ts.len() => {
                engine.end_liquidations()
            }
            Status::NeedLiquidations => {
                let to = (liquidations + piece).min(input.liquidations.ts.len());
                engine.push_liquidations(slice_liquidations(&input.liquidations, liquidations, to)).unwrap();
                liquidations = to;
            }
            Status::RowsReady | Status::Done => {
                for (all, some) in taken.iter_mut().zip(bits(&engine)) {
                    all.extend(some);
                }
                engine.clear_rows();
                if status == Status::Done {
                    return taken;
                }
            }
        }
    }
}

#[test]
fn the_first_rows_of_a_file_cut_short_are_the_same() {
    let (params, grid, input) = (params(&[]), grid(), random_market(6, 500));
    let whole = bits(&run_whole(&params, &grid, BOTH, &input));
    for cut in [1, 77, 250, 499] {
        let short = Input { trades: slice_trades(&input.trades, 0, cut), ..input.clone() };
        for (got, want) in bits(&run_whole(&params, &grid, BOTH, &short)).iter().zip(&whole) {
            assert_eq!(got[..], want[..cut]);
        }
    }
}

#[test]
fn a_poisoned_future_changes_no_row() {
    let settings = [("depth_latency_us", "1000"), ("liq_latency_us", "250000")];
    let (params, grid, input) = (params(&settings), grid(), random_market(8, 400));
    let whole = bits(&run_whole(&params, &grid, BOTH, &input));
    for row in [3, 111, 399] {
        let now = input.trades.ts[row];
        let mut poisoned = input.clone();
        for i in 0..input.books.ts.len() {
            if input.books.ts[i] + params.depth_latency_us >= now {
                poisoned.books.valid[i] ^= 1;
                poisoned.books.mid_code[i] = -9;
                poisoned.books.obi[i] = 1e9;
                poisoned.books.detail[i] = BookDetail { spread_bps: 1e9, ..BookDetail::default() };
                poisoned.books.detail[i].ladder.bids[0] = Rung { price: 7, size: 10i128.pow(20) };
            }
        }
        for i in 0..input.liquidations.ts.len() {
            if input.liquidations.ts[i] + params.liq_latency_us >= now {
                poisoned.liquidations.notional[i] = 1e12;
                poisoned.liquidations.pos[i] *= -1;
            }
        }
        for (got, want) in bits(&run_whole(&params, &grid, BOTH, &poisoned)).iter().zip(&whole) {
            assert_eq!(got[..=row], want[..=row]);
        }
    }
}

#[test]
fn whole_days_shift_the_stamps_and_nothing_else() {
    let (params, grid, input) = (params(&[]), grid(), random_market(10, 500));
    let whole = bits(&run_whole(&params, &grid, BOTH, &input));
    for days in [1i64, -30_000] {
        let mut moved = input.clone();
        let stamps = [&mut moved.trades.ts, &mut moved.books.ts, &mut moved.liquidations.ts];
        stamps.into_iter().flatten().for_each(|ts| *ts += days * 86_400_000_000);
        let got = bits(&run_whole(&params, &grid, BOTH, &moved));
        for ((column, got), want) in all_columns().iter().zip(&got).zip(&whole) {
            if !["ts", "bar_ts"].contains(&column.name) {
                assert_eq!(got, want, "{}", column.name);
            }
        }
    }
}

/// Prices about 2000, buys for sells, bids for asks.
fn mirrored(input: &Input) -> Input {
    let mut mirror = input.clone();
    mirror.trades.px_ticks.iter_mut().for_each(|px| *px = 40_000 - *px);
    mirror.trades.side.iter_mut().for_each(|side| *side = -*side);
    mirror.liquidations.pos.iter_mut().for_each(|pos| *pos = -*pos);
    let books = &mut mirror.books;
    books.mid_code.iter_mut().for_each(|code| *code = 160_000 - *code);
    books.obi.iter_mut().for_each(|obi| *obi = -*obi);
    for ladder in books.detail.iter_mut().map(|detail| &mut detail.ladder) {
        std::mem::swap(&mut ladder.bids, &mut ladder.asks);
        let sides = ladder.bids.iter_mut().chain(&mut ladder.asks);
        sides.filter(|rung| rung.size > 0).for_each(|rung| rung.price = 40_000 - rung.price);
    }
    mirror
}

#[test]
fn a_mirrored_market_has_mirrored_flow() {
    let settings = [("vpin_bucket_volume", "2"), ("vpin_buckets", "5"), ("large_trade_k", "1.5")];
    let (params, input) = (params(&settings), random_market(12, 600));
    let grid = Grid { bucket_ticks: 1, ..grid() };
    let engine = run_whole(&params, &grid, BOTH, &input);
    let mirror = run_whole(&params, &grid, BOTH, &mirrored(&input));
    let levels: Vec<String> = (1..=10).map(|m| format!("mlofi_{m}")).collect();
    let turned = ["ofd", "cvd", "absorption", "obi", "fpi", "fpi_skew", "side", "obi_z", "ofi", "ofi_norm"];
    let also = ["mlofi", "sign_run", "sweep", "fpi_stack", "large_ofd", "liq_imb"];
    for name in turned.into_iter().chain(also).chain(levels.iter().map(String::as_str)) {
        let (a, b) = (floats_of(&engine, name), floats_of(&mirror, name));
        assert!(a.iter().any(|x| *x > 0.0) && a.iter().any(|x| *x < 0.0), "{name}");
        assert!(a.iter().zip(&b).all(|(x, y)| *x == -y || x.is_nan() && y.is_nan()), "{name}");
    }
    let kept =
        ["vpin", "sign_acf", "large_share", "trade_rate", "trade_rate_rel", "duration_ms", "duration_rel"];
    for name in kept.into_iter().chain(["kyle_lambda", "roll_spread", "liq_age_ms", "liq_recency"]) {
        let (a, b) = (floats_of(&engine, name), floats_of(&mirror, name));
        assert!(a.iter().any(|x| *x != 0.0 && !x.is_nan()), "{name}");
        assert!(a.iter().zip(&b).all(|(x, y)| *x == *y || x.is_nan() && y.is_nan()), "{name}");
    }
}

#[test]
fn the_price_level_does_not_enter_dimensionless_columns() {
    let (params, input) = (params(&[]), random_market(14, 600));
    let small = Grid { tick: Decimal { mantissa: 1, places: 7 }, ..grid() };
    let mut cheap = input.clone();
    cheap.liquidations.notional.iter_mut().for_each(|notional| *notional *= 1e-6);
    cheap.books.bid.iter_mut().chain(&mut cheap.books.ask).for_each(|price| *price *= 1e-6);
    let engine = run_whole(&params, &grid(), BOTH, &input);
    let scaled = run_whole(&params, &small, BOTH, &cheap);
    let of_price = ["price", "bar_close", "ema9", "ema21", "vwap", "bb_mid", "bb_up", "bb_low", "bid", "ask"];
    let of_quote = ["liq_intensity", "kyle_lambda", "amihud", "roll_spread"];
    for column in all_columns().iter().filter(|c| !of_price.contains(&c.name) && !of_quote.contains(&c.name))
    {
        let (a, b) = (floats_of(&engine, column.name), floats_of(&scaled, column.name));
        for (x, y) in a.iter().zip(&b) {
            let near = (x - y).abs() <= 1e-7 * x.abs().max(1.0);
            assert!(near || x.is_nan() && y.is_nan(), "{}: {x} {y}", column.name);
        }
    }
}

#[test]
fn the_extended_set_has_the_core_unchanged_and_says_something_in_every_column() {
    let settings = [
        ("vpin_bucket_volume", "2"),
        ("large_trade_k", "1.5"),
        ("estimate_window_s", "60"),
        ("estimate_min_n", "3"),
        ("amihud_n", "2"),
    ];
    let (params, grid, input) = (params(&settings), grid(), random_market(16, 900));
    let extended = run_whole(&params, &grid, BOTH, &input);
    let core = run_set(&params, &grid, BOTH, &input, FeatureSet::Core);
    let (all, few) = (bits(&extended), bits(&core));
    assert_eq!((all.len(), few.len()), (all_columns().len(), COLUMNS.len()));
    assert!(all.iter().zip(&few).all(|(a, b)| a == b));
    for (column, bits) in all_columns().iter().zip(&all).skip(COLUMNS.len()) {
        let distinct: std::collections::BTreeSet<_> = bits.iter().collect();
        assert!(distinct.len() >= 3 || column.name == "depth_imb_25bps", "{}: {distinct:?}", column.name);
    }
}

#[test]
fn the_extended_set_wants_the_detail_of_every_snapshot() {
    let mut input = random_market(3, 40);
    input.books.detail.pop();
    let new = |set| Engine::with_features(&params(&[]), &grid(), BOTH, set).unwrap();
    assert!(new(FeatureSet::Extended).push_books(input.books.clone()).is_err());
    assert!(new(FeatureSet::Core).push_books(input.books).is_ok());
}

/// The alignment table of 0.3: stamps in ms.
#[test]
fn each_row_sees_what_was_known_strictly_before_it() {
    let params = params(&[("max_depth_age_ms", "5000")]);
    let mut random = Random(1);
    let mut input = Input::default();
    for (ms, px) in [(500, 100), (2000, 200), (3499, 300)] {
        random_book(&mut random, &mut input.books, ms * 1000, px);
        *input.books.ts.last_mut().unwrap() = ms * 1000;
        *input.books.valid.last_mut().unwrap() = 1;
    }
    for (ms, notional) in [(1999, 10.0), (2000, 20.0), (59_999, 5.0)] {
        input.liquidations.ts.push(ms * 1000);
        input.liquidations.pos.push(1);
        input.liquidations.notional.push(notional);
    }
    for ms in [1000, 2000, 2000, 3500, 60_000] {
        input.trades.ts.push(ms * 1000);
        input.trades.id.push(ms);
        input.trades.px_ticks.push(1000);
        input.trades.qty_lots.push(1);
        input.trades.side.push(1);
    }
    let engine = run_whole(&params, &grid(), BOTH, &input);
    let rows = engine.rows();
    let of = |name| floats(rows, name);
    assert_eq!(of("depth_age_ms"), [500.0, 1500.0, 1500.0, 1.0, 56_501.0]);
    assert_eq!(of("bid")[..4], [9.9, 9.9, 9.9, 29.9]);
    assert!(of("bid")[4].is_nan());
    assert!(of("bar_ts")[..4].iter().all(|ts| ts.is_nan()) && of("bar_ts")[4] == 0.0);
    assert_eq!(of("liq_intensity")[0], 0.0);
    let per_s = std::f64::consts::LN_2 / 10.0;
    assert!((of("liq_intensity")[2] - 10.0 * per_s * 0.5f64.powf(0.0001)).abs() < 1e-12);
    assert!(of("liq_intensity")[3] > 25.0 * per_s);
    assert_eq!(engine.counters().rows_with_stale_book, 1);
}

#[test]
fn a_promise_about_a_quiet_stream_lets_a_live_row_go() {
    let input = random_market(3, 1);
    let mut engine = Engine::new(&params(&[]), &grid(), BOTH).unwrap();
    let now = input.trades.ts[0];
    assert_eq!(engine.run(1), Status::NeedTrades);
    engine.push_trades(input.trades).unwrap();
    assert_eq!(engine.run(1), Status::NeedBooks);
    engine.books_known_before(now - 1);
    assert_eq!(engine.run(1), Status::NeedBooks);
    engine.books_known_before(now);
    assert_eq!(engine.run(1), Status::NeedLiquidations);
    engine.liquidations_known_before(now);
    assert_eq!(engine.run(1), Status::RowsReady);
}

#[test]
fn what_breaks_the_contract_is_refused_and_changes_nothing() {
    let input = random_market(2, 10);
    let mut engine = Engine::new(&params(&[]), &grid(), BOTH).unwrap();
    let mut back = slice_trades(&input.trades, 0, 10);
    back.ts[3] = 0;
    assert!(engine.push_trades(back).is_err());
    let mut short = slice_trades(&input.trades, 0, 10);
    short.side.pop();
    assert!(engine.push_trades(short).is_err());
    for (px, qty) in [(0, 1), (1, 0), (1 << 54, 1), (1 << 53, i64::MAX), (-5, 5), (i64::MIN, i64::MIN)] {
        let mut wild = slice_trades(&input.trades, 0, 10);
        (wild.px_ticks[9], wild.qty_lots[9]) = (px, qty);
        assert!(engine.push_trades(wild).is_err(), "{px} {qty}");
    }
    let mut far = slice_trades(&input.trades, 0, 10);
    far.ts[9] = i64::MAX;
    assert!(engine.push_trades(far).is_err());
    assert_eq!(engine.run(1), Status::NeedTrades);
    engine.end_trades();
    assert!(engine.push_trades(slice_trades(&input.trades, 0, 1)).is_err());
    assert_eq!(engine.run(1), Status::Done);
    let mut without =
        Engine::new(&params(&[]), &grid(), Streams { depth: false, liquidations: false }).unwrap();
    assert!(without.push_liquidations(slice_liquidations(&input.liquidations, 0, 1)).is_err());
    assert!(Engine::new(&params(&[]), &Grid { bucket_ticks: 0, ..grid() }, BOTH).is_err());
}

#[test]
fn counters_tell_what_happened() {
    let (input, params) = (random_market(4, 600), params(&[("side_fallback", "drop")]));
    let engine = run_whole(&params, &grid(), BOTH, &input);
    let counters = engine.counters();
    let unknown = input.trades.side.iter().filter(|side| **side == 0).count() as u64;
    assert_eq!((counters.unknown_sides, counters.dropped_sides), (unknown, unknown));
    assert_eq!(counters.rows, 600 - unknown);
    assert!(counters.gap_resets > 0 && counters.gaps > counters.gap_resets && counters.flat_bars > 0);
    assert!(counters.json().starts_with(r#"{"rows":"#));
}

/// Feeds what is missing, one event at a time, and lets `go_on` exchange the engine after every row.
fn run_row_by_row(
    params: &Params,
    input: &Input,
    set: FeatureSet,
    mut go_on: impl FnMut(Engine) -> Engine,
) -> (Vec<Vec<u64>>, Counters) {
    let mut engine = Engine::with_features(params, &grid(), BOTH, set).unwrap();
    let (mut trades, mut books, mut liquidations) = (0, 0, 0);
    let mut taken = vec![Vec::new(); set.columns().len()];
    loop {
        match engine.run(1) {
            Status::NeedTrades if trades == input.trades.ts.len() => engine.end_trades(),
            Status::NeedTrades => {
                engine.push_trades(slice_trades(&input.trades, trades, trades + 1)).unwrap();
                trades += 1;
            }
            Status::NeedBooks if books == input.books.ts.len() => engine.end_books(),
            Status::NeedBooks => {
                // Two at once: one of them may wait in the state that is saved.
                let to = (books + 2).min(input.books.ts.len());
                engine.push_books(slice_books(&input.books, books, to)).unwrap();
                books = to;
            }
            Status::NeedLiquidations if liquidations == input.liquidations.ts.len() => {
                engine.end_liquidations()
            }
            Status::NeedLiquidations => {
                engine
                    .push_liquidations(slice_liquidations(
                        &input.liquidations,
                        liquidations,
                        liquidations + 1,
                    ))
                    .unwrap();
                liquidations += 1;
            }
            Status::RowsReady => {
                taken.iter_mut().zip(bits(&engine)).for_each(|(all, some)| all.extend(some));
                engine.clear_rows();
                engine = go_on(engine);
            }
            Status::Done => return (taken, engine.counters().clone()),
        }
    }
}

const SETS: [FeatureSet; 2] = [FeatureSet::Core, FeatureSet::Extended];

/// Lets the estimates of the extended set speak in a small market.
const TALKATIVE: [(&str, &str); 6] = [
    ("W_s", "20"),
    ("vpin_bucket_volume", "2"),
    ("large_trade_k", "1.5"),
    ("estimate_window_s", "60"),
    ("estimate_min_n", "3"),
    ("amihud_n", "2"),
];

/// The same rows, column by column, to the last bit.
fn assert_bits(got: &[Vec<u64>], want: &[Vec<u64>], label: &str) {
    assert_eq!(got.len(), want.len(), "{label}: columns");
    for ((column, got), want) in all_columns().iter().zip(got).zip(want) {
        let differs = got.iter().zip(want).position(|(a, b)| a != b);
        assert_eq!((differs, got.len()), (None, want.len()), "{label}: {}", column.name);
    }
}

#[test]
fn a_state_saved_and_restored_after_every_row_changes_no_bit() {
    for settings in [
        &TALKATIVE[..],
        &[("side_fallback", "drop"), ("depth_latency_us", "250000"), ("liq_latency_us", "3000000")],
        &[("volume_unit", "quote"), ("vwap_anchor", "rolling:3"), ("cpi_sigma_min_seconds", "1")],
        &[("require_full_window", "false"), ("estimate_window_s", "30"), ("vpin_buckets", "3")],
    ] {
        for set in SETS {
            let (params, input) = (params(settings), random_market(31, 300));
            let whole = run_set(&params, &grid(), BOTH, &input, set);
            let (rows, counters) = run_row_by_row(&params, &input, set, |engine| {
                let state = engine.save().unwrap();
                let restored = Engine::restore(&params, &state).unwrap();
                assert_eq!((restored.feature_set(), restored.save().unwrap() == state), (set, true));
                restored
            });
            assert_bits(&rows, &bits(&whole), &format!("{settings:?} {set:?}"));
            assert_eq!(counters, *whole.counters(), "{settings:?} {set:?}");
        }
    }
}

/// The entries of a stream whose stamps are before `ts`.
fn before(stamps: &[i64], ts: i64) -> usize {
    stamps.partition_point(|stamp| *stamp < ts)
}

#[test]
fn a_run_that_goes_on_after_its_end_makes_the_rows_of_one_run() {
    let (params, input) = (params(&TALKATIVE), random_market(33, 500));
    for (set, streams) in [
        (FeatureSet::Core, BOTH),
        (FeatureSet::Extended, BOTH),
        (FeatureSet::Extended, Streams { depth: true, liquidations: false }),
        (FeatureSet::Extended, Streams::default()),
    ] {
        let whole = bits(&run_set(&params, &grid(), streams, &input, set));
        for cut in [0, 1, 2, 100, 250, 499, 500] {
            let rows = run_in_two(&params, streams, &input, set, cut);
            assert_bits(&rows, &whole, &format!("{set:?} {streams:?} cut at {cut}"));
        }
    }
}

/// Ends the streams before the trade `cut`, and goes on with the rest from the saved state.
fn run_in_two(
    params: &Params,
    streams: Streams,
    input: &Input,
    set: FeatureSet,
    cut: usize,
) -> Vec<Vec<u64>> {
    // The first files end with this moment; what is equal to it belongs to the second ones.
    let until = input.trades.ts.get(cut).copied().unwrap_or(i64::MAX);
    let (cut, book, liquidation) = (
        before(&input.trades.ts, until),
        before(&input.books.ts, until),
        before(&input.liquidations.ts, until),
    );
    let first = Input {
        trades: slice_trades(&input.trades, 0, cut),
        books: slice_books(&input.books, 0, book),
        liquidations: slice_liquidations(&input.liquidations, 0, liquidation),
    };
    let mut ended = run_set(params, &grid(), streams, &first, set);
    let mut rows = bits(&ended);
    ended.clear_rows();
    let mut engine = Engine::restore(params, &ended.save().unwrap()).unwrap();
    engine.push_trades(slice_trades(&input.trades, cut, input.trades.ts.len())).unwrap();
    if streams.depth {
        engine.push_books(slice_books(&input.books, book, input.books.ts.len())).unwrap();
    }
    if streams.liquidations {
        let rest = slice_liquidations(&input.liquidations, liquidation, input.liquidations.ts.len());
        engine.push_liquidations(rest).unwrap();
    }
    engine.end_trades();
    engine.end_books();
    engine.end_liquidations();
    assert_eq!(engine.run(usize::MAX), Status::Done);
    rows.iter_mut().zip(bits(&engine)).for_each(|(all, some)| all.extend(some));
    rows
}

#[test]
fn a_restored_engine_refuses_what_its_rows_should_have_seen() {
    let (params, input) = (params(&[]), random_market(35, 50));
    for set in SETS {
        let trades = Input { trades: input.trades.clone(), ..Input::default() };
        let mut ended = run_set(&params, &grid(), BOTH, &trades, set);
        assert!(ended.save().unwrap_err().hint.contains("take the rows"));
        ended.clear_rows();
        let state = ended.save().unwrap();
        let mut engine = Engine::restore(&params, &state).unwrap();
        let late = before(&input.books.ts, *input.trades.ts.last().unwrap()) - 1;
        let refused = engine.push_books(slice_books(&input.books, late, late + 1)).unwrap_err();
        assert!(refused.hint.contains("whole history"), "{refused:?}");
        assert!(engine.push_trades(slice_trades(&input.trades, 0, 1)).is_err());
    }
}

#[test]
fn a_state_of_other_parameters_or_with_a_changed_byte_is_refused() {
    let (params, input) = (params(&[]), random_market(37, 60));
    for set in SETS {
        let mut engine = run_set(&params, &grid(), BOTH, &input, set);
        engine.clear_rows();
        let state = engine.save().unwrap();
        let mut other = Params::default();
        other.set("W_s", "30").unwrap();
        assert!(Engine::restore(&other, &state).unwrap_err().message.contains("W_s as it was, 60, got 30"));
        let step = state.len() / 1000;
        for at in (0..state.len()).step_by(step) {
            let mut damaged = state.clone();
            damaged[at] ^= 1 << (at % 8);
            assert!(Engine::restore(&params, &damaged).is_err(), "{set:?}: byte {at}");
            assert!(Engine::restore(&params, &state[..at]).is_err(), "{set:?}: cut at {at}");
        }
    }
}

/// Damage that the checksum does not tell: the state is refused, or the engine goes on with other numbers.
#[test]
fn a_forged_state_never_traps() {
    let (params, input) = (params(&TALKATIVE), random_market(39, 80));
    for set in SETS {
        let mut engine = run_set(&params, &grid(), BOTH, &input, set);
        engine.clear_rows();
        let state = engine.save().unwrap();
        let (mut random, mut refused, mut taken) = (Random(41), 0, 0);
        for _ in 0..3000 {
            let at = random.below(state.len() as u64) as usize;
            let forged = state::forged(&state, |payload| {
                let at = at % payload.len();
                payload[at] ^= random.one_of(&[1, 0x40, 0x80, 0xFF]);
            });
            match Engine::restore(&params, &forged) {
                Err(_) => refused += 1,
                Ok(_) => taken += 1,
            }
        }
        assert!(refused > 100 && taken > 100, "{set:?}: {refused} refused, {taken} taken");
    }
}
