//! The output columns: one table a feature set, from which the row, its column buffers, the Parquet schema and
//! the typing of formulas are derived.

pub mod extended;

use crate::error::{Error, Result};

/// How a column is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Physical {
    I64,
    F64,
    F32,
    I8,
}

/// What a column measures: whether two columns may be added, and whether its range is fixed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// A moment, µs since the epoch.
    Time,
    /// A name that must not be computed with.
    Identifier,
    /// Quote units per base unit.
    Price,
    /// Base or quote units, or units per second.
    Quantity,
    /// Whole things: milliseconds, signs.
    Count,
    /// Dimensionless or in bps, without a fixed bound.
    Ratio,
    /// Dimensionless, within the given bounds.
    Bounded { low: f64, high: f64 },
}

/// One line of the table of columns. Null is `i64::MIN` in integer buffers and NaN in float buffers.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    pub physical: Physical,
    pub nullable: bool,
    pub measure: Measure,
    pub unit: &'static str,
    /// When the value is null; `never` for a required column.
    pub null_when: &'static str,
}

/// Which columns a run computes. The extended set has those of the core in front, unchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FeatureSet {
    #[default]
    Core,
    Extended,
}

impl FeatureSet {
    /// The set of that name. Errors: `E_USAGE`.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "core" => Ok(FeatureSet::Core),
            "extended" => Ok(FeatureSet::Extended),
            other => Err(Error::usage(format!("feature set: expected core or extended, got \"{other}\""))
                .hint("Choose one of them with --feature-set.")),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            FeatureSet::Core => "core",
            FeatureSet::Extended => "extended",
        }
    }

    /// Its columns, in the order of the file.
    pub fn columns(self) -> &'static [Column] {
        match self {
            FeatureSet::Core => COLUMNS,
            FeatureSet::Extended => &BOTH,
        }
    }
}

const COUNT: usize = COLUMNS.len() + extended::COLUMNS.len();

/// The columns of the core and behind them the extended ones.
static BOTH: [Column; COUNT] = {
    let mut all = [COLUMNS[0]; COUNT];
    let mut at = 0;
    while at < COUNT {
        let behind = at >= COLUMNS.len();
        all[at] = if behind { extended::COLUMNS[at - COLUMNS.len()] } else { COLUMNS[at] };
        at += 1;
    }
    all
};

/// Null in an integer column.
pub const NULL_INTEGER: i64 = i64::MIN;
/// Null in a float column.
pub const NULL: f64 = f64::NAN;

/// Successive rows of one value. Its layout crosses from one kernel instance to another.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Run<T> {
    pub value: T,
    pub rows: u32,
}

/// The value of each row.
pub fn each_row<T: Copy>(runs: &[Run<T>]) -> Vec<T> {
    runs.iter().flat_map(|run| std::iter::repeat_n(run.value, run.rows as usize)).collect()
}

/// One column's rows: a value each, or runs of which each differs from the one before.
#[derive(Clone, Copy, Debug)]
pub enum Values<'a> {
    I64(&'a [i64]),
    F64(&'a [f64]),
    F32(&'a [f32]),
    I8(&'a [i8]),
    Runs(Runs<'a>),
}

/// A column in runs: most of a minute's columns, and those of streams that are not there.
#[derive(Clone, Copy, Debug)]
pub enum Runs<'a> {
    I64(&'a [Run<i64>]),
    F64(&'a [Run<f64>]),
    F32(&'a [Run<f32>]),
    I8(&'a [Run<i8>]),
}

impl Values<'_> {
    /// The column as it stands in memory: its values, or its runs and their number.
    pub fn memory(&self) -> Memory {
        fn of<T>(items: &[T], runs: usize) -> Memory {
            Memory { start: items.as_ptr().cast(), bytes: std::mem::size_of_val(items), runs }
        }
        match self {
            Values::I64(v) => of(v, 0),
            Values::F64(v) => of(v, 0),
            Values::F32(v) => of(v, 0),
            Values::I8(v) => of(v, 0),
            Values::Runs(Runs::I64(v)) => of(v, v.len()),
            Values::Runs(Runs::F64(v)) => of(v, v.len()),
            Values::Runs(Runs::F32(v)) => of(v, v.len()),
            Values::Runs(Runs::I8(v)) => of(v, v.len()),
        }
    }
}

/// Where a column stands; `runs` is 0 where it has a value a row.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    pub start: *const u8,
    pub bytes: usize,
    pub runs: usize,
}

/// Rows of one column that wait to be taken: runs as long as they are long, values from then on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waiting<S> {
    runs: Vec<Run<S>>,
    values: Vec<S>,
    rows: usize,
    /// Room that the values should have.
    room: usize,
}

/// So many runs are no matter, however short they are.
const FEW_RUNS: usize = 16;

impl<S: Stored> Waiting<S> {
    pub fn len(&self) -> usize {
        self.rows
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Appends so many rows of one value. Runs stay while they are longer than eight rows, more or less: they take
    /// less room then.
    pub fn repeat(&mut self, value: S, rows: usize) {
        if rows == 0 {
            return;
        }
        if self.values.is_empty() {
            if let Some(run) = self.runs.last_mut().filter(|run| run.value.same(value)) {
                run.rows += rows as u32;
                self.rows += rows;
                return;
            }
            if self.runs.len() <= FEW_RUNS + self.rows / 8 {
                self.runs.push(Run { value, rows: rows as u32 });
                self.rows += rows;
                return;
            }
            self.spread();
        }
        self.rows += rows;
        self.values.resize(self.rows, value);
    }

    /// Appends one row.
    #[inline]
    pub fn push(&mut self, value: S) {
        if self.values.is_empty() {
            return self.repeat(value, 1);
        }
        self.rows += 1;
        self.values.push(value);
    }

    /// Appends a value a row.
    pub fn extend(&mut self, values: impl Iterator<Item = S>) {
        if self.values.is_empty() {
            self.spread();
        }
        self.values.extend(values);
        self.rows = self.values.len();
    }

    /// From runs to values.
    #[cold]
    #[inline(never)]
    fn spread(&mut self) {
        self.values.reserve(self.room.max(self.rows));
        for run in self.runs.drain(..) {
            self.values.resize(self.values.len() + run.rows as usize, run.value);
        }
    }

    /// The values from the row `first` on, where they were written a row each.
    pub fn since(&self, first: usize) -> &[S] {
        self.values.get(first..).unwrap_or_default()
    }

    fn reserve(&mut self, rows: usize) {
        self.room = self.rows + rows;
        if !self.values.is_empty() {
            self.values.reserve(rows);
        }
    }

    fn clear(&mut self) {
        self.runs.clear();
        self.values.clear();
        self.rows = 0;
    }

    fn as_values(&self) -> Values<'_> {
        if self.runs.is_empty() { S::values(&self.values) } else { S::runs(&self.runs) }
    }
}

/// How a value that was computed exactly (or in f64) goes into its buffer.
pub trait Stored: Copy {
    type Computed: Copy + Default;
    const PHYSICAL: Physical;
    fn store(value: Self::Computed) -> Self;
    fn values(buffer: &[Self]) -> Values<'_>;
    fn runs(runs: &[Run<Self>]) -> Values<'_>;
    /// The same bits.
    fn same(self, other: Self) -> bool;
}

impl Stored for i64 {
    type Computed = i64;
    const PHYSICAL: Physical = Physical::I64;
    fn store(value: i64) -> i64 {
        value
    }
    fn values(buffer: &[i64]) -> Values<'_> {
        Values::I64(buffer)
    }
    fn runs(runs: &[Run<i64>]) -> Values<'_> {
        Values::Runs(Runs::I64(runs))
    }
    fn same(self, other: i64) -> bool {
        self == other
    }
}

impl Stored for i8 {
    type Computed = i8;
    const PHYSICAL: Physical = Physical::I8;
    fn store(value: i8) -> i8 {
        value
    }
    fn values(buffer: &[i8]) -> Values<'_> {
        Values::I8(buffer)
    }
    fn runs(runs: &[Run<i8>]) -> Values<'_> {
        Values::Runs(Runs::I8(runs))
    }
    fn same(self, other: i8) -> bool {
        self == other
    }
}

impl Stored for f64 {
    type Computed = f64;
    const PHYSICAL: Physical = Physical::F64;
    /// Adding 0 turns -0 into 0; whatever is not finite becomes the one NaN that means null.
    fn store(value: f64) -> f64 {
        if value.is_finite() { value + 0.0 } else { f64::NAN }
    }
    fn values(buffer: &[f64]) -> Values<'_> {
        Values::F64(buffer)
    }
    fn runs(runs: &[Run<f64>]) -> Values<'_> {
        Values::Runs(Runs::F64(runs))
    }
    fn same(self, other: f64) -> bool {
        self.to_bits() == other.to_bits()
    }
}

impl Stored for f32 {
    type Computed = f64;
    const PHYSICAL: Physical = Physical::F32;
    fn store(value: f64) -> f32 {
        let rounded = value as f32;
        if rounded.is_finite() { rounded + 0.0 } else { f32::NAN }
    }
    fn values(buffer: &[f32]) -> Values<'_> {
        Values::F32(buffer)
    }
    fn runs(runs: &[Run<f32>]) -> Values<'_> {
        Values::Runs(Runs::F32(runs))
    }
    fn same(self, other: f32) -> bool {
        self.to_bits() == other.to_bits()
    }
}

const UNIT: Measure = Measure::Bounded { low: -1.0, high: 1.0 };
const SHARE: Measure = Measure::Bounded { low: 0.0, high: 1.0 };

/// Declares the columns once: the row as the engine computes it, its buffers, and the table.
macro_rules! columns {
    ($(#[$when:meta])* rows; $($name:ident: $stored:ty, $measure:expr, $unit:literal, $null_when:literal;)*) => {
        /// One whole row of these columns, before rounding. NaN (`i64::MIN` in integers) is null.
        $(#[$when])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct Row {
            $(pub $name: <$stored as Stored>::Computed,)*
        }

        /// The rows that wait to be taken, column by column.
        #[derive(Clone, Debug, Default)]
        pub struct Buffers {
            $(pub $name: $crate::schema::Waiting<$stored>,)*
        }

        /// Every column, in the order of the file.
        pub static COLUMNS: &[Column] = &[$(
            Column {
                name: stringify!($name),
                physical: <$stored as Stored>::PHYSICAL,
                nullable: $null_when.len() != "never".len(),
                measure: $measure,
                unit: $unit,
                null_when: $null_when,
            },
        )*];

        impl Buffers {
            /// Makes room for so many more rows.
            pub fn reserve(&mut self, rows: usize) {
                $(self.$name.reserve(rows);)*
            }

            /// Rounds the row into the buffers.
            $(#[$when])*
            pub fn push(&mut self, row: &Row) {
                $(self.$name.push(<$stored as Stored>::store(row.$name));)*
            }

            /// Forgets the rows and keeps the room.
            pub fn clear(&mut self) {
                $(self.$name.clear();)*
            }

            /// The buffer of each column, in the order of [`COLUMNS`].
            pub fn columns(&self) -> Vec<Values<'_>> {
                vec![$(self.$name.as_values(),)*]
            }

            /// The one at this place.
            pub fn column(&self, index: usize) -> Option<Values<'_>> {
                self.columns().get(index).copied()
            }
        }
    };
}

pub(crate) use columns;

columns! {
    // The engine fills the buffers column by column; only the oracle has whole rows.
    #[cfg(test)]
    rows;
    ts: i64, Measure::Time, "µs since epoch, UTC", "never";
    trade_id: i64, Measure::Identifier, "", "ids absent or not all integers";
    price: f64, Measure::Price, "quote per base", "never";
    qty: f64, Measure::Quantity, "base", "never";
    side: i8, Measure::Count, "-1, 0, +1", "never";
    bar_ts: i64, Measure::Time, "µs, open of the last closed bar", "no closed bar in the segment";
    bar_close: f64, Measure::Price, "price", "no closed bar in the segment";
    ema9: f64, Measure::Price, "price", "first 8 bars";
    ema21: f64, Measure::Price, "price", "first 20 bars";
    vwap: f64, Measure::Price, "price", "no volume yet in the session";
    rsi7: f32, Measure::Bounded { low: 0.0, high: 100.0 }, "0…100", "first 7 bars";
    bb_mid: f64, Measure::Price, "price", "first 19 bars";
    bb_up: f64, Measure::Price, "price", "first 19 bars";
    bb_low: f64, Measure::Price, "price", "first 19 bars";
    ofd: f32, UNIT, "-1…1", "window not full, or no sided trade in it";
    ofd_ratio: f32, Measure::Bounded { low: 0.01, high: 100.0 }, "0.01…100", "window not full, or no sided trade in it";
    cvd: f64, Measure::Quantity, "base (quote)", "never";
    absorption: f32, UNIT, "-1…1", "window not full; baseline too light or 0";
    cpi: f32, UNIT, "-1…1", "before the window and the seconds of the segment are complete";
    cpi_ret: f32, UNIT, "-1…1", "before the window and the seconds of the segment are complete";
    cpi_flow: f32, UNIT, "-1…1", "ofd null";
    cpi_liq: f32, UNIT, "-1…1", "no liquidation file";
    cpi_gate: f32, SHARE, "0…1", "never";
    bid: f64, Measure::Price, "price, best of the visible book", "book not valid";
    ask: f64, Measure::Price, "price, best of the visible book", "book not valid";
    obi: f32, UNIT, "-1…1", "book not valid";
    obi1: f32, UNIT, "-1…1", "book not valid";
    wall_bid_bps: f32, Measure::Bounded { low: 0.0, high: 10_000.0 }, "bps of mid, 0…wall_range_bps", "book not valid; too few buckets; no wall";
    wall_ask_bps: f32, Measure::Bounded { low: 0.0, high: 10_000.0 }, "bps of mid, 0…wall_range_bps", "book not valid; too few buckets; no wall";
    wall_bid_mult: f64, Measure::Ratio, "× median bucket; 0 = no wall", "book not valid; too few buckets";
    wall_ask_mult: f64, Measure::Ratio, "× median bucket; 0 = no wall", "book not valid; too few buckets";
    depth_span_bps: f64, Measure::Ratio, "bps of mid", "book not valid";
    depth_age_ms: i64, Measure::Count, "ms", "no snapshot visible";
    fpi: f32, UNIT, "-1…1", "window not full, or no sided trade in it";
    fpi_skew: f32, UNIT, "-1…1", "window not full, or no sided trade in it";
    cascade_activity: f32, SHARE, "0…1", "no liquidation file";
    cascade_exhaustion: f32, UNIT, "-1…1", "no liquidation file";
    cascade_fade_rate: f64, Measure::Ratio, "1/s", "no liquidation file";
    liq_intensity: f64, Measure::Quantity, "quote/s", "no liquidation file";
    ema9_dist: f64, Measure::Ratio, "fraction of price", "a part is null";
    ema21_dist: f64, Measure::Ratio, "fraction of price", "a part is null";
    ema_cross: f64, Measure::Ratio, "fraction of price", "a part is null";
    vwap_dist: f64, Measure::Ratio, "fraction of price", "a part is null";
    bb_pos: f64, Measure::Ratio, "half-widths of the band", "a part is null; bands of no width";
    bb_width: f64, Measure::Ratio, "fraction of bb_mid", "bb_mid null";
    rsi7_c: f32, UNIT, "-1…1", "rsi7 null";
}

impl Buffers {
    /// Rows that wait.
    pub fn len(&self) -> usize {
        self.ts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ts.is_empty()
    }
}

impl Physical {
    /// The type's name in the table that TypeScript reads.
    pub fn name(self) -> &'static str {
        match self {
            Physical::I64 => "i64",
            Physical::F64 => "f64",
            Physical::F32 => "f32",
            Physical::I8 => "i8",
        }
    }
}

impl Measure {
    pub fn name(self) -> &'static str {
        match self {
            Measure::Time => "time",
            Measure::Identifier => "identifier",
            Measure::Price => "price",
            Measure::Quantity => "quantity",
            Measure::Count => "count",
            Measure::Ratio => "ratio",
            Measure::Bounded { .. } => "bounded",
        }
    }

    fn bounds_json(self) -> String {
        match self {
            Measure::Bounded { low, high } => format!("[{low},{high}]"),
            _ => "null".into(),
        }
    }
}

/// The table as JSON: an array of `{name, type, nullable, measure, bounds, unit, nullWhen}`;
/// `bounds` is `[low, high]` or null.
pub fn columns_json(set: FeatureSet) -> String {
    let lines: Vec<String> = set
        .columns()
        .iter()
        .map(|c| {
            format!(
                r#"{{"name":"{}","type":"{}","nullable":{},"measure":"{}","bounds":{},"unit":"{}","nullWhen":"{}"}}"#,
                c.name,
                c.physical.name(),
                c.nullable,
                c.measure.name(),
                c.measure.bounds_json(),
                c.unit,
                c.null_when
            )
        })
        .collect();
    format!("[{}]", lines.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_46_columns_of_the_types_of_the_specification() {
        assert_eq!(COLUMNS.len(), 46);
        let of = |physical| COLUMNS.iter().filter(|c| c.physical == physical).count();
        assert_eq!((of(Physical::I64), of(Physical::I8)), (4, 1));
        assert_eq!((of(Physical::F64), of(Physical::F32)), (23, 18));
        let required: Vec<_> = COLUMNS.iter().filter(|c| !c.nullable).map(|c| c.name).collect();
        assert_eq!(required, ["ts", "price", "qty", "side", "cvd", "cpi_gate"]);
    }

    #[test]
    fn a_float_is_rounded_once_and_what_is_not_finite_is_null() {
        assert_eq!(<f32 as Stored>::store(0.1), 0.1f32);
        for value in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e300] {
            assert!(<f32 as Stored>::store(value).is_nan());
        }
        assert!(<f64 as Stored>::store(f64::INFINITY).is_nan());
        assert!(<f32 as Stored>::store(-1e-300).is_sign_positive());
        assert!(<f64 as Stored>::store(-0.0).is_sign_positive());
    }

    #[test]
    fn buffers_hold_each_column_in_its_place() {
        let mut buffers = Buffers::default();
        buffers.push(&Row { ts: 7, rsi7_c: -0.5, side: -1, ..Row::default() });
        let one = |index| match buffers.column(index) {
            Some(Values::Runs(Runs::I64([run]))) => (run.value as f64, run.rows),
            Some(Values::Runs(Runs::I8([run]))) => (f64::from(run.value), run.rows),
            Some(Values::Runs(Runs::F32([run]))) => (f64::from(run.value), run.rows),
            other => panic!("expected one run, got {other:?}"),
        };
        assert_eq!([one(0), one(4), one(45)], [(7.0, 1), (-1.0, 1), (-0.5, 1)]);
        assert_eq!(buffers.columns().len(), 46);
        buffers.clear();
        assert!(buffers.is_empty());
    }

    #[test]
    fn a_column_waits_in_runs_until_its_values_change_too_often() {
        let mut column = Waiting::<f32>::default();
        let runs = |column: &Waiting<f32>| match column.as_values() {
            Values::Runs(Runs::F32(runs)) => Some(runs.to_vec()),
            _ => None,
        };
        column.repeat(f32::NAN, 5);
        column.repeat(f32::NAN, 0);
        column.push(f32::NAN);
        column.repeat(0.5, 2);
        let (nulls, rest) = (Run { value: f32::NAN, rows: 6 }, Run { value: 0.5, rows: 2 });
        let got = runs(&column).unwrap();
        assert!(got[0].value.is_nan() && (got[0].rows, got[1], got.len()) == (nulls.rows, rest, 2));
        assert_eq!(column.since(0), []);
        let mut copy = column.clone();
        copy.extend([3.0, 4.0].into_iter());
        assert_eq!((copy.len(), copy.since(6)), (10, &[0.5, 0.5, 3.0, 4.0][..]));
        (0..40).for_each(|i| column.push(i as f32));
        assert!(runs(&column).is_none());
        assert_eq!((column.len(), column.since(8)[39]), (48, 39.0));
        column.clear();
        column.repeat(1.0, 1);
        assert_eq!(runs(&column).unwrap(), [Run { value: 1.0, rows: 1 }]);
    }

    #[test]
    fn the_table_is_plain_json() {
        assert_eq!(columns_json(FeatureSet::Core).matches("\"name\":").count(), 46);
        assert!(
            columns_json(FeatureSet::Core).contains(
                r#""name":"rsi7","type":"f32","nullable":true,"measure":"bounded","bounds":[0,100]"#
            )
        );
    }
}
