//! The one table of operators: name, arity, meaning, nulls, kinds, cost. Text, evaluation, variation
//! and the documentation are derived from it or tested against it.

/// An operator; its number is its code in packed programs and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Neg,
    Abs,
    Sqrt,
    Log1pAbs,
    Sign,
    Square,
    Cube,
    Tanh,
    Min,
    Max,
    IfGreater,
    Sin,
    Cos,
    Exp,
    Log,
    Lag,
    Delta,
    Sum,
    Sma,
    Ema,
    Std,
    Zscore,
    TsMin,
    TsMax,
    Rank,
    Corr,
    Wma,
    ArgMin,
    ArgMax,
    Skew,
    Kurt,
    Cov,
    Slope,
}

/// What a column (or a value) measures: unlike kinds are never added or compared by generated formulas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Dimensionless, unbounded.
    Ratio,
    Price,
    Quantity,
    Count,
    /// Dimensionless, of a fixed range.
    Bounded,
    /// A product of unlike kinds: may be multiplied and divided, never added.
    Mixed,
    /// A constant: takes the kind of what it meets.
    Any,
}

/// The kinds by code, as they cross to TypeScript; the last two are never kinds of columns.
pub const KINDS: [(Kind, &str); 7] = [
    (Kind::Ratio, "ratio"),
    (Kind::Price, "price"),
    (Kind::Quantity, "quantity"),
    (Kind::Count, "count"),
    (Kind::Bounded, "bounded"),
    (Kind::Mixed, "mixed"),
    (Kind::Any, "any"),
];

/// How the kind of a result follows from the kinds of the operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KindRule {
    /// Operands alike; the result is of their kind, no longer bounded.
    Sum,
    /// Operands alike; the result is of their kind.
    Choice,
    /// First two alike and last two alike; the result is of the kind of the last two.
    Condition,
    Product,
    Quotient,
    /// The kind of the operand.
    Keep,
    /// The kind of the operand, no longer bounded.
    Spread,
    /// A dimensionless operand gives a ratio, any other a mixed kind.
    Power,
    /// Only of a dimensionless operand; gives a ratio.
    Number,
    /// Only of a dimensionless operand; bounded.
    Squash,
    /// Of any operand; gives a ratio.
    Standard,
    /// Of any operand; bounded.
    Position,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub op: Op,
    pub name: &'static str,
    /// The infix sign, for those that are written between or before their operands.
    pub sign: Option<char>,
    /// Operands, the window not counted.
    pub arity: usize,
    /// The smallest window; 0 for an operator without one.
    pub min_window: u16,
    pub commutative: bool,
    /// Used by a search that names no operators.
    pub in_default: bool,
    /// Time of a row in additions, roughly, as measured on the search's f32 kernel with a window of 100 and
    /// one null in a hundred.
    pub cost: f32,
    pub kinds: KindRule,
    pub meaning: &'static str,
    pub nulls: &'static str,
}

/// The widest window, in rows.
pub const MAX_WINDOW: u16 = 1024;
/// A divisor or a standard deviation below this gives null.
pub const SMALLEST_DIVISOR: f64 = 1e-12;
/// `ema(x, n)` runs over the last `EMA_SPANS * n` rows.
pub const EMA_SPANS: usize = 8;

const HALF: &str = "fewer than n rows so far, or fewer than half of the n have a value";

macro_rules! table {
    ($($op:ident $name:literal $sign:expr, $arity:literal $min:literal $com:literal $def:literal $cost:literal
       $kinds:ident, $meaning:expr, $nulls:expr;)*) => {
        /// Every operator, in the order of its code.
        pub const TABLE: &[Entry] = &[$(Entry {
            op: Op::$op, name: $name, sign: $sign, arity: $arity, min_window: $min, commutative: $com,
            in_default: $def, cost: $cost, kinds: KindRule::$kinds, meaning: $meaning, nulls: $nulls,
        }),*];
    };
}

// name sign, arity, smallest window, commutative, in the default set, cost, kinds, meaning, nulls
table! {
    Add "add" Some('+'), 2 0 true true 1.0 Sum, "a + b", "";
    Sub "sub" Some('-'), 2 0 false true 1.0 Sum, "a - b", "";
    Mul "mul" Some('*'), 2 0 true true 1.0 Product, "a * b", "";
    Div "div" Some('/'), 2 0 false true 1.5 Quotient, "a / b", "|b| < 1e-12";
    Neg "neg" Some('-'), 1 0 false true 0.8 Keep, "-a", "";
    Abs "abs" None, 1 0 false true 0.8 Keep, "|a|", "";
    Sqrt "sqrt" None, 1 0 false true 1.5 Power, "square root of a", "a < 0";
    Log1pAbs "log1p_abs" None, 1 0 false true 4.0 Number, "ln(1 + |a|)", "";
    Sign "sign" None, 1 0 false true 1.0 Position, "-1, 0 or 1", "";
    Square "square" None, 1 0 false true 0.8 Power, "a * a", "";
    Cube "cube" None, 1 0 false true 0.9 Power, "a * a * a", "";
    Tanh "tanh" None, 1 0 false true 7.0 Squash, "hyperbolic tangent of a", "";
    Min "min" None, 2 0 true true 1.2 Choice, "the smaller of a and b", "";
    Max "max" None, 2 0 true true 1.2 Choice, "the greater of a and b", "";
    IfGreater "if_greater" None, 4 0 false true 2.0 Condition, "c if a > b, else d", "any operand null, chosen or not";
    Sin "sin" None, 1 0 false false 30.0 Number, "sine of a radians", "";
    Cos "cos" None, 1 0 false false 30.0 Number, "cosine of a radians", "";
    Exp "exp" None, 1 0 false false 30.0 Number, "e to the power of a", "the result is not finite";
    Log "log" None, 1 0 false false 20.0 Number, "natural logarithm of a", "a <= 0";
    Lag "lag" None, 1 1 false true 1.0 Keep, "a of n rows before", "no such row, or null there";
    Delta "delta" None, 1 1 false true 2.0 Spread, "a less a of n rows before", "no such row, or null there";
    Sum "sum" None, 1 1 false true 10.0 Spread, "sum of the values of the last n rows", HALF;
    Sma "sma" None, 1 1 false true 10.0 Keep, "mean of the values of the last n rows", HALF;
    Ema "ema" None, 1 1 false true 20.0 Keep,
        "mean of the values of the last 8n rows that exist, weighted (1 - 2/(n+1))^age", HALF;
    Std "std" None, 1 2 false true 15.0 Spread, "population standard deviation over the last n rows", HALF;
    Zscore "zscore" None, 1 2 false true 20.0 Standard,
        "(a - mean) / population standard deviation over the last n rows",
        "as std; a null; standard deviation < 1e-12";
    TsMin "ts_min" None, 1 1 false true 12.0 Keep, "smallest value of the last n rows", HALF;
    TsMax "ts_max" None, 1 1 false true 12.0 Keep, "greatest value of the last n rows", HALF;
    Rank "rank" None, 1 2 false true 60.0 Position,
        "share of the values of the last n rows below a, plus half of the share equal to a (itself included)",
        "as sum; a null";
    Corr "corr" None, 2 2 true true 30.0 Position,
        "Pearson correlation of a and b over those of the last n rows where both have a value",
        "as sum, counting pairs; a standard deviation < 1e-12";
    Wma "wma" None, 1 1 false true 25.0 Keep,
        "mean of the values of the last n rows, weighted n - age", HALF;
    ArgMin "argmin" None, 1 2 false true 24.0 Position,
        "rows since the smallest value of the last n rows, the latest of equal ones; 0 is the current row", HALF;
    ArgMax "argmax" None, 1 2 false true 24.0 Position,
        "rows since the greatest value of the last n rows, the latest of equal ones; 0 is the current row", HALF;
    Skew "skew" None, 1 3 false true 22.0 Standard,
        "mean cube of (value - mean) / population standard deviation over the last n rows",
        "as std; standard deviation < 1e-12";
    Kurt "kurt" None, 1 4 false true 23.0 Standard,
        "mean fourth power of (value - mean) / population standard deviation over the last n rows, less 3",
        "as std; standard deviation < 1e-12";
    Cov "cov" None, 2 2 true true 27.0 Product,
        "population covariance of a and b over those of the last n rows where both have a value",
        "as sum, counting pairs";
    Slope "slope" None, 1 2 false true 32.0 Spread,
        "slope of the least-squares line through the values of the last n rows, a row",
        "as sum; only one value";
}

impl Op {
    /// The operator of a code.
    pub fn from_code(code: u8) -> Option<Op> {
        TABLE.get(code as usize).map(|e| e.op)
    }

    pub fn code(self) -> u8 {
        self as u8
    }

    /// The row of the table.
    pub fn entry(self) -> &'static Entry {
        &TABLE[self as usize]
    }

    pub fn arity(self) -> usize {
        self.entry().arity
    }

    pub fn windowed(self) -> bool {
        self.entry().min_window > 0
    }

    pub fn by_name(name: &str) -> Option<Op> {
        TABLE.iter().find(|e| e.name == name).map(|e| e.op)
    }

    /// Rows before the current one that a value over a window of `n` may read.
    pub fn reach(self, n: usize) -> usize {
        match self {
            _ if !self.windowed() => 0,
            Op::Lag | Op::Delta => n,
            Op::Ema => EMA_SPANS * n - 1,
            _ => n - 1,
        }
    }

    /// Rows before a tile that the kernel wants to see for its values in the tile.
    pub fn kept(self, n: usize) -> usize {
        if self.windowed() { n } else { 0 }
    }

    /// Tiles of `rows` rows before one whose values count that the operand must have been computed for.
    pub fn warm_tiles(self, n: usize, rows: usize) -> usize {
        self.reach(n).max(self.kept(n)).div_ceil(rows)
    }

    /// The kind of the result, or `None` where generated formulas must not apply it.
    pub fn kind_of(self, args: &[Kind]) -> Option<Kind> {
        use Kind::*;
        let unbound = |k| if k == Bounded { Ratio } else { k };
        let first = args[0];
        match self.entry().kinds {
            KindRule::Sum => alike(first, args[1]).map(unbound),
            KindRule::Choice => alike(first, args[1]),
            KindRule::Condition => alike(first, args[1]).and(alike(args[2], args[3])),
            KindRule::Product => Some(product(first, args[1])),
            KindRule::Quotient => Some(quotient(first, args[1])),
            KindRule::Keep => Some(first),
            KindRule::Spread => Some(unbound(first)),
            KindRule::Power => Some(if dimensionless(first) { unbound(first) } else { Mixed }),
            KindRule::Number => dimensionless(first).then_some(unbound(first)),
            KindRule::Squash => dimensionless(first).then_some(Bounded),
            KindRule::Standard => Some(Ratio),
            KindRule::Position => Some(Bounded),
        }
    }
}

fn dimensionless(k: Kind) -> bool {
    matches!(k, Kind::Ratio | Kind::Bounded | Kind::Any)
}

fn alike(a: Kind, b: Kind) -> Option<Kind> {
    match (a, b) {
        (Kind::Mixed, _) | (_, Kind::Mixed) => None,
        (Kind::Any, k) | (k, Kind::Any) => Some(k),
        _ => (a == b).then_some(a),
    }
}

fn product(a: Kind, b: Kind) -> Kind {
    match (dimensionless(a), dimensionless(b)) {
        (true, true) if a == Kind::Any && b == Kind::Any => Kind::Any,
        (true, true) => Kind::Ratio,
        (true, false) => b,
        (false, true) => a,
        (false, false) => Kind::Mixed,
    }
}

fn quotient(a: Kind, b: Kind) -> Kind {
    match (dimensionless(a), dimensionless(b)) {
        (true, true) => product(a, b),
        (false, true) => a,
        (false, false) if a == b && a != Kind::Mixed => Kind::Ratio,
        _ => Kind::Mixed,
    }
}

/// The table as a JSON array of objects, for TypeScript and the documentation.
pub fn table_json() -> String {
    let rows: Vec<String> = TABLE.iter().map(entry_json).collect();
    format!("[{}]", rows.join(","))
}

fn entry_json(e: &Entry) -> String {
    let sign = e.sign.map_or("null".into(), |c| format!("\"{c}\""));
    format!(
        "{{\"code\":{},\"name\":\"{}\",\"sign\":{},\"arity\":{},\"minWindow\":{},\"commutative\":{},\"default\":{},\"cost\":{:?},\"kinds\":\"{}\",\"meaning\":\"{}\",\"nulls\":\"{}\"}}",
        e.op.code(),
        e.name,
        sign,
        e.arity,
        e.min_window,
        e.commutative,
        e.in_default,
        e.cost,
        format!("{:?}", e.kinds).to_lowercase(),
        e.meaning,
        e.nulls
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_codes() {
        for (i, e) in TABLE.iter().enumerate() {
            assert_eq!(e.op.code() as usize, i, "{}", e.name);
            assert_eq!(Op::from_code(i as u8), Some(e.op));
            assert_eq!(Op::by_name(e.name), Some(e.op));
        }
        assert_eq!(Op::from_code(TABLE.len() as u8), None);
    }

    #[test]
    fn names_are_distinct_and_the_default_set_has_at_least_24() {
        let mut names: Vec<_> = TABLE.iter().map(|e| e.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLE.len());
        assert!(TABLE.iter().filter(|e| e.in_default).count() >= 24);
    }

    #[test]
    fn sums_of_unlike_kinds_have_no_kind() {
        assert_eq!(Op::Add.kind_of(&[Kind::Price, Kind::Quantity]), None);
        assert_eq!(Op::Sub.kind_of(&[Kind::Price, Kind::Price]), Some(Kind::Price));
        assert_eq!(Op::Add.kind_of(&[Kind::Bounded, Kind::Any]), Some(Kind::Ratio));
        assert_eq!(Op::Add.kind_of(&[Kind::Mixed, Kind::Mixed]), None);
        assert_eq!(Op::Div.kind_of(&[Kind::Price, Kind::Price]), Some(Kind::Ratio));
        assert_eq!(Op::Tanh.kind_of(&[Kind::Price]), None);
    }

    #[test]
    fn the_json_names_every_operator() {
        let json = table_json();
        for e in TABLE {
            assert!(json.contains(&format!("\"name\":\"{}\"", e.name)));
        }
    }
}
