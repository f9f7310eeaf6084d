//! The columns of the extended feature set (section 6 of the specification), behind those of the core.
//! Formula and source of each one are in `docs/features.md` and beside its code in `indicator::extended`.

use super::{Column, Measure, SHARE, Stored, UNIT, Values, columns};

columns! {
    rows;
    spread_bps: f64, Measure::Ratio, "bps of mid", "book not valid";
    micro_price: f64, Measure::Price, "price", "book not valid";
    micro_bps: f64, Measure::Ratio, "bps of mid", "book not valid";
    vamp_bps: f64, Measure::Ratio, "bps of mid", "book not valid";
    wdp_bps: f64, Measure::Ratio, "bps of mid", "book not valid";
    depth_imb_5bps: f32, UNIT, "-1…1", "book not valid; no level within 5 bps of mid";
    depth_imb_10bps: f32, UNIT, "-1…1", "book not valid; no level within 10 bps of mid";
    depth_imb_25bps: f32, UNIT, "-1…1", "book not valid; no level within 25 bps of mid";
    depth_imb_50bps: f32, UNIT, "-1…1", "book not valid; no level within 50 bps of mid";
    obi_z: f64, Measure::Ratio, "standard deviations", "book not valid; too few snapshots; obi constant";
    ofi: f64, Measure::Quantity, "base", "book not valid; depth not followed for the window";
    ofi_norm: f64, Measure::Ratio, "× mean size of the best levels", "book not valid; depth not followed for the window";
    mlofi: f64, Measure::Ratio, "× mean size of a level", "book not valid; depth not followed for the window";
    mlofi_1: f64, Measure::Ratio, "× mean size of a level", "mlofi null; book without such a level";
    mlofi_2: f64, Measure::Ratio, "× mean size of a level", "mlofi null; book without such a level";
    mlofi_3: f64, Measure::Ratio, "× mean size of a level", "mlofi null; book without such a level";
    mlofi_4: f64, Measure::Ratio, "× mean size of a level", "mlofi null; book without such a level";
    mlofi_5: f64, Measure::Ratio, "× mean size of a level", "mlofi null; book without such a level";
    mlofi_6: f64, Measure::Ratio, "× mean size of a level", "mlofi null; book without such a level";
    mlofi_7: f64, Measure::Ratio, "× mean size of a level", "mlofi null; book without such a level";
    mlofi_8: f64, Measure::Ratio, "× mean size of a level", "mlofi null; book without such a level";
    mlofi_9: f64, Measure::Ratio, "× mean size of a level", "mlofi null; book without such a level";
    mlofi_10: f64, Measure::Ratio, "× mean size of a level", "mlofi null; book without such a level";
    eff_spread_bps: f64, Measure::Ratio, "bps of mid", "book not valid; side unknown";
    vpin: f32, SHARE, "0…1", "fewer than vpin_buckets buckets";
    sign_acf: f32, UNIT, "-1…1", "window not full; too few sided trades; all of one side";
    sign_run: f64, Measure::Ratio, "trades, signed", "never";
    sweep: i8, Measure::Count, "-1, 0, +1", "never";
    fpi_stack: f64, Measure::Ratio, "pairs, signed", "window not full, or no sided trade in it";
    large_share: f32, SHARE, "0…1", "window not full; baseline too light";
    large_ofd: f32, UNIT, "-1…1", "window not full; baseline too light";
    trade_rate: f64, Measure::Quantity, "1/s", "window not full";
    trade_rate_rel: f64, Measure::Ratio, "× slow rate", "window not full";
    duration_ms: f64, Measure::Count, "ms", "first row of the segment";
    duration_rel: f64, Measure::Ratio, "× mean duration", "first stamp of the segment";
    kyle_lambda: f64, Measure::Quantity, "price per base", "seconds not full; too few with trades; equal signed volumes";
    kyle_bps: f64, Measure::Ratio, "bps of price per σ of signed volume", "kyle_lambda null";
    amihud: f64, Measure::Quantity, "1/quote", "fewer than amihud_n bars with a return in the segment";
    amihud_bps: f64, Measure::Ratio, "bps of price per mean volume of a bar", "amihud null";
    roll_spread: f64, Measure::Price, "price", "window not full; too few trades";
    roll_bps: f64, Measure::Ratio, "bps of price", "roll_spread null";
    rv_bps: f64, Measure::Ratio, "bps of price", "seconds not full";
    bv_bps: f64, Measure::Ratio, "bps of price", "seconds not full";
    jump_ratio: f32, SHARE, "0…1", "seconds not full; no return";
    semivar_imb: f32, UNIT, "-1…1", "seconds not full; no return";
    liq_imb: f32, UNIT, "-1…1", "no liquidation file";
    liq_share: f64, Measure::Ratio, "of the traded notional", "no liquidation file";
    liq_age_ms: i64, Measure::Count, "ms", "no liquidation visible";
    liq_recency: f32, SHARE, "0…1", "no liquidation file";
    tod_sin: f32, UNIT, "-1…1", "never";
    tod_cos: f32, UNIT, "-1…1", "never";
}
