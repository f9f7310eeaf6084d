//! The parameters of the feature table: one table of names, defaults and ranges, from which the
//! flags, the configuration, the docs and the file metadata are derived.

use crate::error::{Error, Result};
use crate::event::Decimal;
use crate::schema::FeatureSet;

/// What becomes of a trade whose aggressor is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SideFallback {
    LeeReady,
    Tick,
    Zero,
    Drop,
}

/// The volume of a trade in the flow columns: `qty_lots`, or `px_ticks * qty_lots`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeUnit {
    Base,
    Quote,
}

/// What a minute without a trade becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyBar {
    Flat,
    Skip,
}

/// Where the sums of the VWAP start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VwapAnchor {
    UtcDay,
    /// The last N bars.
    Rolling(usize),
    None,
}

/// What a bar adds to the VWAP: its traded notional, or its volume at `(high + low + close) / 3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VwapSource {
    Trades,
    Hlc3,
}

/// Which levels the order-book imbalance sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObiMode {
    /// The best `obi_levels` of each side.
    Levels,
    /// Every level within this many percent of the mid, limit included.
    Band(Decimal),
}

/// A bucket of prices: as many ticks as given, or chosen from the first price of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    Auto,
    Ticks(i64),
}

/// How much volume a bucket of the volume clock holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VpinBucket {
    /// A part of a day's volume: see `vpin_buckets_per_day`.
    Auto,
    /// Base units.
    Volume(Decimal),
}

/// Which liquidation rows are duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiqDedup {
    /// Rows equal in all columns.
    Exact,
    None,
}

/// The value of every parameter, checked. Fields are named as the parameters; a time that the engine
/// counts in µs is kept in µs. A parameter that takes part in an exact comparison is a [`Decimal`].
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    /// `None`: inferred from the text of the trades.
    pub tick_size: Option<Decimal>,
    pub lot_size: Option<Decimal>,
    pub side_fallback: SideFallback,
    pub depth_latency_us: i64,
    pub liq_latency_us: i64,
    pub max_depth_age_ms: i64,
    /// `W_s` in µs.
    pub window_us: i64,
    pub require_full_window: bool,
    pub gap_reset_min: i64,
    pub volume_unit: VolumeUnit,
    pub empty_bar: EmptyBar,
    pub ema_fast_n: usize,
    pub ema_slow_n: usize,
    pub rsi_n: usize,
    pub bb_n: usize,
    pub bb_k: f64,
    pub vwap_anchor: VwapAnchor,
    pub vwap_anchor_offset_min: i64,
    pub vwap_source: VwapSource,
    pub ofd_ratio_clamp: f64,
    pub absorb_half_life_s: f64,
    pub absorb_min_weight: f64,
    pub cpi_sigma_half_life_s: f64,
    pub cpi_sigma_min_seconds: i64,
    pub cpi_w_ret: f64,
    pub cpi_w_flow: f64,
    pub cpi_w_liq: f64,
    pub cpi_liq_half_life_s: f64,
    pub cpi_liq_floor: f64,
    pub cpi_gate_fast_s: f64,
    pub cpi_gate_slow_s: f64,
    pub cpi_gate_full_ratio: f64,
    pub obi_levels: usize,
    pub obi_mode: ObiMode,
    pub wall_range_bps: Decimal,
    pub wall_k: Decimal,
    pub wall_min_buckets: usize,
    pub wall_bucket_ticks: Bucket,
    pub wall_min_persist: usize,
    pub footprint_bucket_ticks: Bucket,
    pub footprint_ratio: Decimal,
    pub footprint_vmin: Decimal,
    pub cascade_fast_s: f64,
    pub cascade_slow_s: f64,
    pub cascade_min_share: f64,
    /// Quote units; `None`: the threshold is a share of the traded notional.
    pub cascade_min_notional: Option<f64>,
    pub liq_dedup: LiqDedup,
    pub vpin_buckets: usize,
    pub vpin_bucket_volume: VpinBucket,
    pub vpin_buckets_per_day: usize,
    pub estimate_window_s: i64,
    pub estimate_min_n: usize,
    pub amihud_n: usize,
    pub obi_z_window_s: i64,
    pub large_trade_k: f64,
    pub large_half_life_s: f64,
    pub rate_half_life_s: f64,
    /// The canonical text of each value, in the order of [`PARAMETERS`].
    texts: Vec<String>,
}

/// What a parameter accepts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Integer {
        min: i64,
        max: i64,
    },
    /// At most 15 significant digits, of which at most 12 behind the point. `min` itself is allowed.
    Number {
        min: f64,
        max: f64,
    },
    /// A number above 0.
    Positive {
        max: f64,
    },
    Boolean,
    Choice(&'static [&'static str]),
    /// One of the words, or `stem:<number>`.
    ChoiceOr {
        words: &'static [&'static str],
        stem: &'static str,
        number: &'static Kind,
    },
    /// The word, or a value of the other kind.
    WordOr(&'static str, &'static Kind),
}

/// One line of the table.
pub struct Parameter {
    pub name: &'static str,
    pub default: &'static str,
    pub kind: Kind,
    /// Empty where the value has none.
    pub unit: &'static str,
    pub doc: &'static str,
    /// Where the specification defines it.
    pub section: &'static str,
    /// The smallest feature set that it belongs to.
    pub set: FeatureSet,
    assign: fn(&mut Params, &Value),
}

/// A value that its kind has accepted.
struct Value {
    /// The word, without the number behind its colon; empty for a plain number.
    word: &'static str,
    decimal: Decimal,
    number: f64,
}

impl Value {
    fn integer(&self) -> i64 {
        self.decimal.mantissa as i64
    }

    fn count(&self) -> usize {
        self.integer() as usize
    }

    fn micros(&self) -> i64 {
        (self.decimal.mantissa * 1_000_000 / 10_i128.pow(self.decimal.places)) as i64
    }

    fn bucket(&self) -> Bucket {
        if self.word == "auto" { Bucket::Auto } else { Bucket::Ticks(self.integer()) }
    }
}

const SECONDS: Kind = Kind::Positive { max: 1e9 };
const STEP: Kind = Kind::Positive { max: 1e12 };
const TICKS: Kind = Kind::Integer { min: 1, max: 1_000_000_000 };
const WEIGHT: Kind = Kind::Number { min: 0.0, max: 1e6 };

/// Every parameter, in the order of the specification.
pub static PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "tick_size",
        default: "inferred",
        kind: Kind::WordOr("inferred", &STEP),
        unit: "quote per base",
        doc: "step of the price grid; inferred: the most decimals that any price of the trades has",
        section: "0.1",
        set: FeatureSet::Core,
        assign: |p, v| p.tick_size = v.word.is_empty().then_some(v.decimal),
    },
    Parameter {
        name: "lot_size",
        default: "inferred",
        kind: Kind::WordOr("inferred", &STEP),
        unit: "base",
        doc: "step of the quantity grid; inferred: the most decimals that any quantity of the trades has",
        section: "0.1",
        set: FeatureSet::Core,
        assign: |p, v| p.lot_size = v.word.is_empty().then_some(v.decimal),
    },
    Parameter {
        name: "side_fallback",
        default: "lee_ready",
        kind: Kind::Choice(&["lee_ready", "tick", "zero", "drop"]),
        unit: "",
        doc: "aggressor of a trade whose side is unknown",
        section: "0.1",
        set: FeatureSet::Core,
        assign: |p, v| {
            p.side_fallback = match v.word {
                "tick" => SideFallback::Tick,
                "zero" => SideFallback::Zero,
                "drop" => SideFallback::Drop,
                _ => SideFallback::LeeReady,
            }
        },
    },
    Parameter {
        name: "depth_latency_us",
        default: "0",
        kind: Kind::Integer { min: 0, max: 1_000_000_000_000 },
        unit: "µs",
        doc: "how much later than its stamp a depth snapshot becomes visible",
        section: "0.3",
        set: FeatureSet::Core,
        assign: |p, v| p.depth_latency_us = v.integer(),
    },
    Parameter {
        name: "liq_latency_us",
        default: "0",
        kind: Kind::Integer { min: 0, max: 1_000_000_000_000 },
        unit: "µs",
        doc: "how much later than its stamp a liquidation becomes visible",
        section: "0.3",
        set: FeatureSet::Core,
        assign: |p, v| p.liq_latency_us = v.integer(),
    },
    Parameter {
        name: "max_depth_age_ms",
        default: "60000",
        kind: Kind::Integer { min: 0, max: 1_000_000_000_000 },
        unit: "ms",
        doc: "age beyond which a depth snapshot is stale",
        section: "0.3",
        set: FeatureSet::Core,
        assign: |p, v| p.max_depth_age_ms = v.integer(),
    },
    Parameter {
        name: "W_s",
        default: "60",
        kind: Kind::Number { min: 1e-6, max: 1e6 },
        unit: "s",
        doc: "length of the flow window, to the µs",
        section: "0.6",
        set: FeatureSet::Core,
        assign: |p, v| p.window_us = v.micros(),
    },
    Parameter {
        name: "require_full_window",
        default: "true",
        kind: Kind::Boolean,
        unit: "",
        doc: "whether the flow columns are null until the segment is as long as the window",
        section: "0.6",
        set: FeatureSet::Core,
        assign: |p, v| p.require_full_window = v.word == "true",
    },
    Parameter {
        name: "gap_reset_min",
        default: "60",
        kind: Kind::Integer { min: 0, max: 5_256_000 },
        unit: "min",
        doc: "longest run of minutes without a trade that is filled; a longer one starts a new segment",
        section: "0.6",
        set: FeatureSet::Core,
        assign: |p, v| p.gap_reset_min = v.integer(),
    },
    Parameter {
        name: "volume_unit",
        default: "base",
        kind: Kind::Choice(&["base", "quote"]),
        unit: "",
        doc: "what the volume of a trade is in ofd, ofd_ratio, cvd, absorption, fpi and footprint_vmin",
        section: "0.6",
        set: FeatureSet::Core,
        assign: |p, v| p.volume_unit = if v.word == "quote" { VolumeUnit::Quote } else { VolumeUnit::Base },
    },
    Parameter {
        name: "empty_bar",
        default: "flat",
        kind: Kind::Choice(&["flat", "skip"]),
        unit: "",
        doc: "what a minute without a trade becomes",
        section: "A0",
        set: FeatureSet::Core,
        assign: |p, v| p.empty_bar = if v.word == "skip" { EmptyBar::Skip } else { EmptyBar::Flat },
    },
    Parameter {
        name: "ema_fast_n",
        default: "9",
        kind: Kind::Integer { min: 1, max: 100_000 },
        unit: "bars",
        doc: "length of the average in ema9",
        section: "A1",
        set: FeatureSet::Core,
        assign: |p, v| p.ema_fast_n = v.count(),
    },
    Parameter {
        name: "ema_slow_n",
        default: "21",
        kind: Kind::Integer { min: 1, max: 100_000 },
        unit: "bars",
        doc: "length of the average in ema21",
        section: "A1",
        set: FeatureSet::Core,
        assign: |p, v| p.ema_slow_n = v.count(),
    },
    Parameter {
        name: "rsi_n",
        default: "7",
        kind: Kind::Integer { min: 1, max: 100_000 },
        unit: "bars",
        doc: "length of the relative strength index in rsi7",
        section: "A3",
        set: FeatureSet::Core,
        assign: |p, v| p.rsi_n = v.count(),
    },
    Parameter {
        name: "bb_n",
        default: "20",
        kind: Kind::Integer { min: 1, max: 1000 },
        unit: "bars",
        doc: "length of the Bollinger bands",
        section: "A4",
        set: FeatureSet::Core,
        assign: |p, v| p.bb_n = v.count(),
    },
    Parameter {
        name: "bb_k",
        default: "2",
        kind: Kind::Positive { max: 1000.0 },
        unit: "σ",
        doc: "half-width of the Bollinger bands",
        section: "A4",
        set: FeatureSet::Core,
        assign: |p, v| p.bb_k = v.number,
    },
    Parameter {
        name: "vwap_anchor",
        default: "utc_day",
        kind: Kind::ChoiceOr {
            words: &["utc_day", "none"],
            stem: "rolling",
            number: &Kind::Integer { min: 1, max: 1_000_000 },
        },
        unit: "bars behind rolling:",
        doc: "where the sums of the VWAP start",
        section: "A2",
        set: FeatureSet::Core,
        assign: |p, v| {
            p.vwap_anchor = match v.word {
                "rolling" => VwapAnchor::Rolling(v.count()),
                "none" => VwapAnchor::None,
                _ => VwapAnchor::UtcDay,
            }
        },
    },
    Parameter {
        name: "vwap_anchor_offset_min",
        default: "0",
        kind: Kind::Integer { min: -1440, max: 1440 },
        unit: "min",
        doc: "how long after 00:00 UTC a session of the VWAP starts",
        section: "A2",
        set: FeatureSet::Core,
        assign: |p, v| p.vwap_anchor_offset_min = v.integer(),
    },
    Parameter {
        name: "vwap_source",
        default: "trades",
        kind: Kind::Choice(&["trades", "hlc3"]),
        unit: "",
        doc: "price at which a bar enters the VWAP",
        section: "A2",
        set: FeatureSet::Core,
        assign: |p, v| p.vwap_source = if v.word == "hlc3" { VwapSource::Hlc3 } else { VwapSource::Trades },
    },
    Parameter {
        name: "ofd_ratio_clamp",
        default: "100",
        kind: Kind::Number { min: 1.0, max: 1e9 },
        unit: "",
        doc: "largest value of ofd_ratio; its inverse is the smallest",
        section: "B1",
        set: FeatureSet::Core,
        assign: |p, v| p.ofd_ratio_clamp = v.number,
    },
    Parameter {
        name: "absorb_half_life_s",
        default: "1800",
        kind: SECONDS,
        unit: "s",
        doc: "half-life of the baseline of absorption",
        section: "B2",
        set: FeatureSet::Core,
        assign: |p, v| p.absorb_half_life_s = v.number,
    },
    Parameter {
        name: "absorb_min_weight",
        default: "20",
        kind: WEIGHT,
        unit: "rows",
        doc: "decayed count of rows below which absorption is null",
        section: "B2",
        set: FeatureSet::Core,
        assign: |p, v| p.absorb_min_weight = v.number,
    },
    Parameter {
        name: "cpi_sigma_half_life_s",
        default: "1800",
        kind: SECONDS,
        unit: "s",
        doc: "half-life of the volatility of one-second returns",
        section: "B3",
        set: FeatureSet::Core,
        assign: |p, v| p.cpi_sigma_half_life_s = v.number,
    },
    Parameter {
        name: "cpi_sigma_min_seconds",
        default: "300",
        kind: Kind::Integer { min: 1, max: 1_000_000_000 },
        unit: "s",
        doc: "completed seconds of the segment below which cpi_ret is null",
        section: "B3",
        set: FeatureSet::Core,
        assign: |p, v| p.cpi_sigma_min_seconds = v.integer(),
    },
    Parameter {
        name: "cpi_w_ret",
        default: "0.5",
        kind: WEIGHT,
        unit: "",
        doc: "weight of cpi_ret in cpi",
        section: "B3",
        set: FeatureSet::Core,
        assign: |p, v| p.cpi_w_ret = v.number,
    },
    Parameter {
        name: "cpi_w_flow",
        default: "0.2",
        kind: WEIGHT,
        unit: "",
        doc: "weight of cpi_flow in cpi",
        section: "B3",
        set: FeatureSet::Core,
        assign: |p, v| p.cpi_w_flow = v.number,
    },
    Parameter {
        name: "cpi_w_liq",
        default: "0.3",
        kind: WEIGHT,
        unit: "",
        doc: "weight of cpi_liq in cpi",
        section: "B3",
        set: FeatureSet::Core,
        assign: |p, v| p.cpi_w_liq = v.number,
    },
    Parameter {
        name: "cpi_liq_half_life_s",
        default: "60",
        kind: SECONDS,
        unit: "s",
        doc: "half-life of the liquidated and traded notional in cpi_liq",
        section: "B3",
        set: FeatureSet::Core,
        assign: |p, v| p.cpi_liq_half_life_s = v.number,
    },
    Parameter {
        name: "cpi_liq_floor",
        default: "0.01",
        kind: Kind::Positive { max: 1e6 },
        unit: "",
        doc: "share of the traded notional that stands beside the liquidated one in cpi_liq",
        section: "B3",
        set: FeatureSet::Core,
        assign: |p, v| p.cpi_liq_floor = v.number,
    },
    Parameter {
        name: "cpi_gate_fast_s",
        default: "15",
        kind: SECONDS,
        unit: "s",
        doc: "half-life of the fast rate of cpi_gate",
        section: "B3",
        set: FeatureSet::Core,
        assign: |p, v| p.cpi_gate_fast_s = v.number,
    },
    Parameter {
        name: "cpi_gate_slow_s",
        default: "1800",
        kind: SECONDS,
        unit: "s",
        doc: "half-life of the slow rate of cpi_gate",
        section: "B3",
        set: FeatureSet::Core,
        assign: |p, v| p.cpi_gate_slow_s = v.number,
    },
    Parameter {
        name: "cpi_gate_full_ratio",
        default: "4",
        kind: Kind::Number { min: 1.000001, max: 1e9 },
        unit: "",
        doc: "ratio of the rates at which cpi_gate is 1",
        section: "B3",
        set: FeatureSet::Core,
        assign: |p, v| p.cpi_gate_full_ratio = v.number,
    },
    Parameter {
        name: "obi_levels",
        default: "10",
        kind: Kind::Integer { min: 1, max: 1_000_000 },
        unit: "levels",
        doc: "levels of each side that obi sums",
        section: "B4",
        set: FeatureSet::Core,
        assign: |p, v| p.obi_levels = v.count(),
    },
    Parameter {
        name: "obi_mode",
        default: "levels",
        kind: Kind::ChoiceOr { words: &["levels"], stem: "band", number: &Kind::Positive { max: 100.0 } },
        unit: "% of mid behind band:",
        doc: "which levels obi sums: the best ones, or those near the mid",
        section: "B4",
        set: FeatureSet::Core,
        assign: |p, v| p.obi_mode = if v.word == "band" { ObiMode::Band(v.decimal) } else { ObiMode::Levels },
    },
    Parameter {
        name: "wall_range_bps",
        default: "100",
        kind: Kind::Positive { max: 10_000.0 },
        unit: "bps of mid",
        doc: "how far from the mid walls are looked for, limit included",
        section: "B5",
        set: FeatureSet::Core,
        assign: |p, v| p.wall_range_bps = v.decimal,
    },
    Parameter {
        name: "wall_k",
        default: "5",
        kind: Kind::Positive { max: 1e6 },
        unit: "× median bucket",
        doc: "size from which a bucket is a wall",
        section: "B5",
        set: FeatureSet::Core,
        assign: |p, v| p.wall_k = v.decimal,
    },
    Parameter {
        name: "wall_min_buckets",
        default: "5",
        kind: Kind::Integer { min: 1, max: 1_000_000 },
        unit: "buckets",
        doc: "buckets in range below which the wall columns of a side are null",
        section: "B5",
        set: FeatureSet::Core,
        assign: |p, v| p.wall_min_buckets = v.count(),
    },
    Parameter {
        name: "wall_bucket_ticks",
        default: "auto",
        kind: Kind::WordOr("auto", &TICKS),
        unit: "ticks",
        doc: "width of a bucket of the book; auto: as footprint_bucket_ticks",
        section: "B5",
        set: FeatureSet::Core,
        assign: |p, v| p.wall_bucket_ticks = v.bucket(),
    },
    Parameter {
        name: "wall_min_persist",
        default: "1",
        kind: Kind::Integer { min: 1, max: 1000 },
        unit: "snapshots",
        doc: "successive snapshots in which a bucket must pass before it is a wall",
        section: "B5",
        set: FeatureSet::Core,
        assign: |p, v| p.wall_min_persist = v.count(),
    },
    Parameter {
        name: "footprint_bucket_ticks",
        default: "auto",
        kind: Kind::WordOr("auto", &TICKS),
        unit: "ticks",
        doc: "width of a price bucket; auto: the smallest of 1, 2, 5, 10, 20, … that is at least 0.5 bp of the first price",
        section: "0.6",
        set: FeatureSet::Core,
        assign: |p, v| p.footprint_bucket_ticks = v.bucket(),
    },
    Parameter {
        name: "footprint_ratio",
        default: "3",
        kind: Kind::Positive { max: 1e6 },
        unit: "",
        doc: "how many times the other side's volume makes a pair imbalanced",
        section: "B6",
        set: FeatureSet::Core,
        assign: |p, v| p.footprint_ratio = v.decimal,
    },
    Parameter {
        name: "footprint_vmin",
        default: "0",
        kind: Kind::Number { min: 0.0, max: 1e15 },
        unit: "lots (ticks · lots)",
        doc: "volume below which a pair is never imbalanced",
        section: "B6",
        set: FeatureSet::Core,
        assign: |p, v| p.footprint_vmin = v.decimal,
    },
    Parameter {
        name: "cascade_fast_s",
        default: "10",
        kind: SECONDS,
        unit: "s",
        doc: "half-life of the fast liquidation intensity",
        section: "B7",
        set: FeatureSet::Core,
        assign: |p, v| p.cascade_fast_s = v.number,
    },
    Parameter {
        name: "cascade_slow_s",
        default: "60",
        kind: SECONDS,
        unit: "s",
        doc: "half-life of the slow liquidation intensity",
        section: "B7",
        set: FeatureSet::Core,
        assign: |p, v| p.cascade_slow_s = v.number,
    },
    Parameter {
        name: "cascade_min_share",
        default: "0.005",
        kind: Kind::Positive { max: 1e6 },
        unit: "of the traded notional",
        doc: "liquidated share at which a cascade is fully active",
        section: "B7",
        set: FeatureSet::Core,
        assign: |p, v| p.cascade_min_share = v.number,
    },
    Parameter {
        name: "cascade_min_notional",
        default: "none",
        kind: Kind::WordOr("none", &Kind::Positive { max: 1e15 }),
        unit: "quote",
        doc: "liquidated notional at which a cascade is fully active, in place of cascade_min_share",
        section: "B7",
        set: FeatureSet::Core,
        assign: |p, v| p.cascade_min_notional = v.word.is_empty().then_some(v.number),
    },
    Parameter {
        name: "liq_dedup",
        default: "exact",
        kind: Kind::Choice(&["exact", "none"]),
        unit: "",
        doc: "whether one of several liquidations that are equal in every column stays",
        section: "B7",
        set: FeatureSet::Core,
        assign: |p, v| p.liq_dedup = if v.word == "none" { LiqDedup::None } else { LiqDedup::Exact },
    },
    Parameter {
        name: "vpin_buckets",
        default: "50",
        kind: Kind::Integer { min: 1, max: 10_000 },
        unit: "buckets",
        doc: "full buckets of the volume clock that vpin is the mean of",
        section: "6",
        set: FeatureSet::Extended,
        assign: |p, v| p.vpin_buckets = v.count(),
    },
    Parameter {
        name: "vpin_bucket_volume",
        default: "auto",
        kind: Kind::WordOr("auto", &Kind::Positive { max: 1e12 }),
        unit: "base",
        doc: "volume of a bucket of vpin; auto: a part of the volume of the last UTC day with trades",
        section: "6",
        set: FeatureSet::Extended,
        assign: |p, v| {
            p.vpin_bucket_volume =
                if v.word == "auto" { VpinBucket::Auto } else { VpinBucket::Volume(v.decimal) }
        },
    },
    Parameter {
        name: "vpin_buckets_per_day",
        default: "50",
        kind: Kind::Integer { min: 1, max: 1_000_000 },
        unit: "",
        doc: "how many buckets of vpin a day's volume makes where vpin_bucket_volume is auto",
        section: "6",
        set: FeatureSet::Extended,
        assign: |p, v| p.vpin_buckets_per_day = v.count(),
    },
    Parameter {
        name: "estimate_window_s",
        default: "300",
        kind: Kind::Integer { min: 1, max: 86_400 },
        unit: "s",
        doc: "window of the estimates: kyle_lambda, roll_spread, sign_acf, rv_bps, bv_bps and what comes of them",
        section: "6",
        set: FeatureSet::Extended,
        assign: |p, v| p.estimate_window_s = v.integer(),
    },
    Parameter {
        name: "estimate_min_n",
        default: "20",
        kind: Kind::Integer { min: 2, max: 1_000_000 },
        unit: "",
        doc: "observations below which kyle_lambda, roll_spread, sign_acf, obi_z and large_share are null",
        section: "6",
        set: FeatureSet::Extended,
        assign: |p, v| p.estimate_min_n = v.count(),
    },
    Parameter {
        name: "amihud_n",
        default: "20",
        kind: Kind::Integer { min: 1, max: 10_000 },
        unit: "bars",
        doc: "minute bars with trades that amihud is the mean of",
        section: "6",
        set: FeatureSet::Extended,
        assign: |p, v| p.amihud_n = v.count(),
    },
    Parameter {
        name: "obi_z_window_s",
        default: "1800",
        kind: Kind::Integer { min: 1, max: 86_400 },
        unit: "s",
        doc: "window of the mean and deviation that obi_z measures obi against",
        section: "6",
        set: FeatureSet::Extended,
        assign: |p, v| p.obi_z_window_s = v.integer(),
    },
    Parameter {
        name: "large_trade_k",
        default: "10",
        kind: Kind::Positive { max: 1e6 },
        unit: "× mean size",
        doc: "size from which a trade is large",
        section: "6",
        set: FeatureSet::Extended,
        assign: |p, v| p.large_trade_k = v.number,
    },
    Parameter {
        name: "large_half_life_s",
        default: "1800",
        kind: SECONDS,
        unit: "s",
        doc: "half-life of the mean size that large trades are measured against",
        section: "6",
        set: FeatureSet::Extended,
        assign: |p, v| p.large_half_life_s = v.number,
    },
    Parameter {
        name: "rate_half_life_s",
        default: "1800",
        kind: SECONDS,
        unit: "s",
        doc: "half-life of the slow rate of trades in trade_rate_rel and duration_rel",
        section: "6",
        set: FeatureSet::Extended,
        assign: |p, v| p.rate_half_life_s = v.number,
    },
];

impl Default for Params {
    fn default() -> Self {
        let mut params = Params::blank();
        for parameter in PARAMETERS {
            let set = params.set(parameter.name, parameter.default);
            debug_assert!(set.is_ok(), "{}: its default is not accepted", parameter.name);
        }
        params
    }
}

impl Params {
    /// Sets one parameter from its text.
    ///
    /// # Errors
    /// `E_USAGE` when the name is unknown (the hint gives the nearest one) or its kind refuses the text.
    pub fn set(&mut self, name: &str, text: &str) -> Result<()> {
        let index = PARAMETERS.iter().position(|p| p.name == name).ok_or_else(|| unknown(name))?;
        let parameter = &PARAMETERS[index];
        let value = parameter.kind.read(text.trim()).ok_or_else(|| {
            Error::usage(format!("parameter {name}: expected {}, got \"{text}\"", parameter.kind.expected()))
                .hint(format!("set {name} to such a value, or leave it out for {}.", parameter.default))
        })?;
        (parameter.assign)(self, &value);
        self.texts[index] = value.text();
        Ok(())
    }

    /// Every parameter and the canonical text of its value (`60.0` reads `60`), in the order of the table.
    pub fn entries(&self) -> impl Iterator<Item = (&'static str, &str)> {
        PARAMETERS.iter().zip(&self.texts).map(|(p, text)| (p.name, text.as_str()))
    }

    /// The same for the parameters of a feature set alone.
    pub fn entries_of(&self, set: FeatureSet) -> impl Iterator<Item = (&'static str, &str)> {
        let belongs = move |p: &Parameter| set == FeatureSet::Extended || p.set == FeatureSet::Core;
        PARAMETERS
            .iter()
            .zip(&self.texts)
            .filter(move |(p, _)| belongs(p))
            .map(|(p, text)| (p.name, text.as_str()))
    }

    /// Something of the right type in every field, before the table's defaults are set.
    fn blank() -> Self {
        let zero = Decimal { mantissa: 0, places: 0 };
        Params {
            tick_size: None,
            lot_size: None,
            side_fallback: SideFallback::LeeReady,
            depth_latency_us: 0,
            liq_latency_us: 0,
            max_depth_age_ms: 0,
            window_us: 0,
            require_full_window: false,
            gap_reset_min: 0,
            volume_unit: VolumeUnit::Base,
            empty_bar: EmptyBar::Flat,
            ema_fast_n: 0,
            ema_slow_n: 0,
            rsi_n: 0,
            bb_n: 0,
            bb_k: 0.0,
            vwap_anchor: VwapAnchor::UtcDay,
            vwap_anchor_offset_min: 0,
            vwap_source: VwapSource::Trades,
            ofd_ratio_clamp: 0.0,
            absorb_half_life_s: 0.0,
            absorb_min_weight: 0.0,
            cpi_sigma_half_life_s: 0.0,
            cpi_sigma_min_seconds: 0,
            cpi_w_ret: 0.0,
            cpi_w_flow: 0.0,
            cpi_w_liq: 0.0,
            cpi_liq_half_life_s: 0.0,
            cpi_liq_floor: 0.0,
            cpi_gate_fast_s: 0.0,
            cpi_gate_slow_s: 0.0,
            cpi_gate_full_ratio: 0.0,
            obi_levels: 0,
            obi_mode: ObiMode::Levels,
            wall_range_bps: zero,
            wall_k: zero,
            wall_min_buckets: 0,
            wall_bucket_ticks: Bucket::Auto,
            wall_min_persist: 0,
            footprint_bucket_ticks: Bucket::Auto,
            footprint_ratio: zero,
            footprint_vmin: zero,
            cascade_fast_s: 0.0,
            cascade_slow_s: 0.0,
            cascade_min_share: 0.0,
            cascade_min_notional: None,
            liq_dedup: LiqDedup::Exact,
            vpin_buckets: 0,
            vpin_bucket_volume: VpinBucket::Auto,
            vpin_buckets_per_day: 0,
            estimate_window_s: 0,
            estimate_min_n: 0,
            amihud_n: 0,
            obi_z_window_s: 0,
            large_trade_k: 0.0,
            large_half_life_s: 0.0,
            rate_half_life_s: 0.0,
            texts: vec![String::new(); PARAMETERS.len()],
        }
    }
}

impl Kind {
    /// What a message says is expected.
    pub fn expected(&self) -> String {
        match self {
            Kind::Integer { min, max } => format!("an integer from {min} to {max}"),
            Kind::Number { min, max } => format!("a number from {min} to {max}"),
            Kind::Positive { max } => format!("a number above 0, at most {max}"),
            Kind::Boolean => "true or false".into(),
            Kind::Choice(words) => format!("one of {}", words.join(", ")),
            Kind::ChoiceOr { words, stem, number } => {
                format!("one of {}, or {stem}:<x> where x is {}", words.join(", "), number.expected())
            }
            Kind::WordOr(word, kind) => format!("{word}, or {}", kind.expected()),
        }
    }

    /// The short name of the kind for the table that TypeScript reads.
    fn name(&self) -> &'static str {
        match self {
            Kind::Integer { .. } => "integer",
            Kind::Number { .. } | Kind::Positive { .. } => "number",
            Kind::Boolean => "boolean",
            Kind::Choice(_) | Kind::ChoiceOr { .. } => "choice",
            Kind::WordOr(_, kind) => kind.name(),
        }
    }

    fn read(&self, text: &str) -> Option<Value> {
        match self {
            Kind::Integer { min, max } => Value::of_number(text).filter(|v| {
                v.decimal.places == 0 && (*min as i128..=*max as i128).contains(&v.decimal.mantissa)
            }),
            Kind::Number { min, max } => Value::of_number(text).filter(|v| (*min..=*max).contains(&v.number)),
            Kind::Positive { max } => Value::of_number(text).filter(|v| v.number > 0.0 && v.number <= *max),
            Kind::Boolean => Value::of_word(&["true", "false"], text),
            Kind::Choice(words) => Value::of_word(words, text),
            Kind::ChoiceOr { words, stem, number } => Value::of_word(words, text).or_else(|| {
                let rest = text.strip_prefix(stem)?.strip_prefix(':')?;
                number.read(rest).map(|value| Value { word: stem, ..value })
            }),
            Kind::WordOr(word, kind) => {
                if text == *word {
                    Some(Value::plain(word))
                } else {
                    kind.read(text)
                }
            }
        }
    }
}

impl Value {
    fn plain(word: &'static str) -> Self {
        Value { word, decimal: Decimal { mantissa: 0, places: 0 }, number: f64::NAN }
    }

    fn of_word(words: &[&'static str], text: &str) -> Option<Self> {
        words.iter().find(|word| **word == text).map(|word| Value::plain(word))
    }

    fn of_number(text: &str) -> Option<Self> {
        let decimal = read_decimal(text)?;
        let number = decimal_text(decimal).parse().ok()?;
        Some(Value { word: "", decimal, number })
    }

    fn text(&self) -> String {
        match (self.word, self.number.is_nan()) {
            (word, true) => word.into(),
            ("", _) => decimal_text(self.decimal),
            (stem, _) => format!("{stem}:{}", decimal_text(self.decimal)),
        }
    }
}

/// A plain or scientific decimal, exactly; `None` beyond 15 significant digits or 12 behind the point.
fn read_decimal(text: &str) -> Option<Decimal> {
    let (body, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, body) = match body.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, body.strip_prefix('+').unwrap_or(body)),
    };
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if digits().next().is_none() || !digits().all(|c| c.is_ascii_digit()) || body.len() > 64 {
        return None;
    }
    let all: String = digits().map(char::from).collect();
    let significant = all.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Some(Decimal { mantissa: 0, places: 0 });
    }
    let behind = all.len() - all.trim_end_matches('0').len();
    let power = i64::from(exponent) - fraction.len() as i64 + behind as i64;
    if significant.len() > 15 || power < -12 || power + significant.len() as i64 > 20 {
        return None;
    }
    let mantissa: i128 = significant.parse().ok()?;
    let scaled = mantissa * 10_i128.pow(power.max(0) as u32) * if negative { -1 } else { 1 };
    Some(Decimal { mantissa: scaled, places: (-power).max(0) as u32 })
}

/// The shortest plain text of a decimal: no exponent, no trailing zeros.
pub fn decimal_text(decimal: Decimal) -> String {
    let sign = if decimal.mantissa < 0 { "-" } else { "" };
    let places = decimal.places as usize;
    let digits = format!("{:0>width$}", decimal.mantissa.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn unknown(name: &str) -> Error {
    let nearest = PARAMETERS.iter().min_by_key(|p| distance(p.name, name)).map_or("", |p| p.name);
    Error::usage(format!("parameter {name}: expected a known name, got \"{name}\""))
        .hint(format!("use {nearest}, which is the nearest name."))
}

/// Levenshtein distance without regard to case.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = replaced.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// The table as JSON: an array of `{name, default, kind, expected, unit, doc, section, set}`.
pub fn parameters_json() -> String {
    let lines: Vec<String> = PARAMETERS
        .iter()
        .map(|p| {
            format!(
                r#"{{"name":"{}","default":"{}","kind":"{}","expected":"{}","unit":"{}","doc":"{}","section":"{}","set":"{}"}}"#,
                p.name,
                p.default,
                p.kind.name(),
                p.kind.expected(),
                p.unit,
                p.doc,
                p.section,
                p.set.name()
            )
        })
        .collect();
    format!("[{}]", lines.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn text_of(params: &Params, name: &str) -> String {
        params.entries().find(|(n, _)| *n == name).map(|(_, t)| t.to_string()).unwrap()
    }

    #[test]
    fn every_default_is_accepted_and_reads_back_as_it_is_written() {
        let params = Params::default();
        for (parameter, (name, text)) in PARAMETERS.iter().zip(params.entries()) {
            assert_eq!((parameter.name, parameter.default), (name, text));
        }
        assert_eq!(params.window_us, 60_000_000);
        assert_eq!(params.wall_range_bps, Decimal { mantissa: 100, places: 0 });
        assert_eq!(params.cascade_min_notional, None);
    }

    #[test]
    fn numbers_keep_their_exact_decimal_and_a_canonical_text() {
        let mut params = Params::default();
        for (name, text, canonical) in [
            ("W_s", "7.50", "7.5"),
            ("wall_range_bps", "60.0", "60"),
            ("tick_size", "1e-8", "0.00000001"),
            ("obi_mode", "band:0.20", "band:0.2"),
            ("vwap_anchor", "rolling:30", "rolling:30"),
            ("cascade_min_notional", "6e4", "60000"),
            ("vwap_anchor_offset_min", "-5", "-5"),
        ] {
            params.set(name, text).unwrap();
            assert_eq!(text_of(&params, name), canonical);
        }
        assert_eq!(params.window_us, 7_500_000);
        assert_eq!(params.tick_size, Some(Decimal { mantissa: 1, places: 8 }));
        assert_eq!(params.obi_mode, ObiMode::Band(Decimal { mantissa: 2, places: 1 }));
        assert_eq!(params.vwap_anchor, VwapAnchor::Rolling(30));
        params.set("tick_size", "inferred").unwrap();
        assert_eq!(params.tick_size, None);
    }

    #[test]
    fn a_refused_value_leaves_the_old_one_and_says_what_is_expected() {
        let mut params = Params::default();
        for (name, text) in [
            ("W_s", "0"),
            ("W_s", "-1"),
            ("W_s", "nan"),
            ("W_s", ""),
            ("rsi_n", "7.5"),
            ("rsi_n", "0"),
            ("depth_latency_us", "-1"),
            ("side_fallback", "Tick"),
            ("obi_mode", "band:"),
            ("obi_mode", "band:0"),
            ("vwap_anchor", "rolling:0"),
            ("require_full_window", "1"),
            ("tick_size", "0"),
            ("tick_size", "1e-99999999999"),
            ("wall_k", "1e999"),
        ] {
            let error = params.set(name, text).unwrap_err();
            assert_eq!(error.code, Code::Usage, "{name}={text}");
            assert!(error.message.contains("expected") && !error.hint.is_empty());
        }
        assert_eq!(params, Params::default());
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_one() {
        let error = Params::default().set("footprint_ration", "3").unwrap_err();
        assert!(error.hint.contains("footprint_ratio,"));
        assert!(Params::default().set("w_s", "3").unwrap_err().hint.contains("W_s"));
    }

    #[test]
    fn the_table_is_plain_json() {
        let json = parameters_json();
        assert_eq!(json.matches("\"name\":").count(), PARAMETERS.len());
        assert!(!json.contains('\\') && !json.contains('\n'));
    }
}
