//! Formulas as text: `(absorption / rsi7) * vwap_dist`, `zscore(ofd, 200) - lag(obi, 5)`.
//!
//! ```text
//! sum     = product { ("+" | "-") product }
//! product = unary { ("*" | "/") unary }
//! unary   = "-" unary | primary          a "-" before a number makes a negative constant
//! primary = number | name | `"` name `"` | name "(" sum { "," sum } ")" | "(" sum ")"
//! ```
//! A name before a parenthesis is an operator, any other a column; the last argument of an operator over
//! a window is a whole number of rows. Printing gives the fewest parentheses that keep the structure, and
//! constants in the shortest form that parses to the same bits.

use super::op::{MAX_WINDOW, Op, TABLE};
use super::program::{MAX_DEPTH, MAX_NODES, Node, Program};
use crate::error::{Error, Result};

/// Bytes of the longest text.
pub const MAX_TEXT: usize = 65_536;

/// The program of a text over the named columns; a column is known by its first place in the list.
pub fn parse(text: &str, columns: &[String]) -> Result<Program> {
    if text.len() > MAX_TEXT {
        return Err(Error::usage(format!("formula: expected at most {MAX_TEXT} bytes, got {}", text.len())));
    }
    let mut parser = Parser { text, at: 0, nesting: 0, columns, nodes: Vec::new() };
    parser.sum()?;
    parser.space();
    if parser.at < text.len() {
        return Err(parser.expected("an operator sign or the end"));
    }
    let program = Program { nodes: parser.nodes };
    program.check(columns.len())?;
    Ok(program)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    nesting: usize,
    columns: &'a [String],
    nodes: Vec<Node>,
}

impl<'a> Parser<'a> {
    fn space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn peek(&mut self) -> Option<char> {
        self.space();
        self.text[self.at..].chars().next()
    }

    fn take(&mut self, sign: char) -> bool {
        let found = self.peek() == Some(sign);
        if found {
            self.at += sign.len_utf8();
        }
        found
    }

    fn error_at(&self, at: usize, what: &str, got: &str) -> Error {
        Error::usage(format!("formula, character {}: expected {what}, got {got}", self.place_of(at)))
    }

    fn expected(&mut self, what: &str) -> Error {
        let next = self.peek();
        let got = next.map_or("the end".into(), |c| format!("\"{c}\""));
        let error = self.error_at(self.at, what, &got);
        match next.map_or(Some(EXAMPLE), foreign_sign) {
            Some(hint) if next.is_some() || self.text.trim().is_empty() => error.hint(hint),
            _ => error,
        }
    }

    fn place_of(&self, at: usize) -> usize {
        self.text[..at].chars().count() + 1
    }

    fn push(&mut self, node: Node) -> Result<()> {
        if self.nodes.len() == MAX_NODES {
            return Err(self.error_at(self.at, &format!("at most {MAX_NODES} nodes"), "more"));
        }
        self.nodes.push(node);
        Ok(())
    }

    fn deeper(&mut self, parse: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.nesting == MAX_DEPTH {
            return Err(self.error_at(self.at, &format!("at most {MAX_DEPTH} levels"), "more"));
        }
        self.nesting += 1;
        parse(self)?;
        self.nesting -= 1;
        Ok(())
    }

    fn sum(&mut self) -> Result<()> {
        self.chain(&[('+', Op::Add), ('-', Op::Sub)], Self::product)
    }

    fn product(&mut self) -> Result<()> {
        self.chain(&[('*', Op::Mul), ('/', Op::Div)], Self::unary)
    }

    fn chain(&mut self, signs: &[(char, Op)], operand: fn(&mut Self) -> Result<()>) -> Result<()> {
        operand(self)?;
        while let Some(&(_, op)) = signs.iter().find(|(sign, _)| self.take(*sign)) {
            operand(self)?;
            self.push(Node::Apply(op, 0))?;
        }
        Ok(())
    }

    fn unary(&mut self) -> Result<()> {
        if !self.take('-') {
            return self.primary();
        }
        if self.peek().is_some_and(starts_number) {
            let value = self.number()?;
            return self.push(Node::Constant(-value));
        }
        self.deeper(Self::unary)?;
        self.push(Node::Apply(Op::Neg, 0))
    }

    fn primary(&mut self) -> Result<()> {
        match self.peek() {
            Some(c) if starts_number(c) => {
                let value = self.number()?;
                self.push(Node::Constant(value))
            }
            Some('(') => {
                let from = self.at;
                self.at += 1;
                self.deeper(Self::sum)?;
                self.close(from)
            }
            Some('"') => self.quoted(),
            Some(c) if starts_name(c) => self.named(),
            _ => Err(self.expected("a column, a number, an operator or \"(\"")),
        }
    }

    /// The parenthesis that closes the one at `from`.
    fn close(&mut self, from: usize) -> Result<()> {
        if self.take(')') {
            return Ok(());
        }
        let error = self.expected("\")\"");
        let place = self.place_of(from);
        Err(if error.hint.is_empty() {
            error.hint(format!("close the parenthesis of character {place}"))
        } else {
            error
        })
    }

    fn number(&mut self) -> Result<f64> {
        self.space();
        let (from, rest) = (self.at, &self.text[self.at..]);
        let len = number_length(rest);
        self.at += len;
        match rest[..len].parse::<f64>() {
            Ok(x) if x.is_finite() => Ok(x),
            _ => Err(self.error_at(from, "a finite number", &format!("\"{}\"", &rest[..len]))),
        }
    }

    fn name(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let len = rest.find(|c| !continues_name(c)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    fn quoted(&mut self) -> Result<()> {
        let from = self.at;
        let rest = &self.text[from + 1..];
        let Some(len) = rest.find('"') else {
            return Err(self.error_at(from, "a closing quotation mark", "the end"));
        };
        self.at = from + len + 2;
        self.column(&rest[..len], from)
    }

    fn named(&mut self) -> Result<()> {
        let from = self.at;
        let name = self.name();
        if !self.take('(') {
            return self.column(name, from);
        }
        let Some(op) = Op::by_name(name) else { return Err(self.unknown_operator(name, from)) };
        let open = self.at - 1;
        self.deeper(|p| p.arguments(op, open))
    }

    fn column(&mut self, name: &str, from: usize) -> Result<()> {
        match self.columns.iter().position(|c| c == name) {
            Some(c) => self.push(Node::Column(c as u32)),
            None => Err(match Op::by_name(name) {
                Some(op) => self
                    .error_at(from, "a column", &format!("the operator \"{name}\""))
                    .hint(format!("write {}", usage(op))),
                None => self.unknown("a column", name, from, self.columns.iter().map(String::as_str)),
            }),
        }
    }

    fn unknown_operator(&self, name: &str, from: usize) -> Error {
        let meant = SYNONYMS.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        let error = self.error_at(from, "an operator", &format!("\"{name}\""));
        match meant {
            Some((_, op)) => error.hint(format!("write {}", usage(*op))),
            None if self.columns.iter().any(|c| c == name) => {
                error.hint("write * between a column and a parenthesis")
            }
            None => self.unknown("an operator", name, from, TABLE.iter().map(|e| e.name)),
        }
    }

    fn unknown<'n>(
        &self,
        what: &str,
        name: &str,
        from: usize,
        known: impl Iterator<Item = &'n str>,
    ) -> Error {
        let error = self.error_at(from, what, &format!("\"{name}\""));
        match nearest(name, known) {
            Some(near) => error.hint(format!("write {near}, the nearest known name")),
            None => error,
        }
    }

    /// What stands in the parentheses that open at `open`.
    fn arguments(&mut self, op: Op, open: usize) -> Result<()> {
        let entry = op.entry();
        for i in 0..entry.arity {
            if i > 0 {
                self.comma(op)?;
            }
            self.sum()?;
        }
        let mut window = 0;
        if op.windowed() {
            self.comma(op)?;
            window = self.window(op)?;
        }
        if self.peek() == Some(',') {
            let error = self.expected(&format!("\")\" after {}", signature(op)));
            return Err(error.hint(format!("write {}", usage(op))));
        }
        self.close(open)?;
        self.push(Node::Apply(op, window))
    }

    fn comma(&mut self, op: Op) -> Result<()> {
        if self.take(',') {
            return Ok(());
        }
        let error = self.expected(&format!("\",\" of {}", signature(op)));
        Err(if error.hint.is_empty() { error.hint(format!("write {}", usage(op))) } else { error })
    }

    fn window(&mut self, op: Op) -> Result<u16> {
        self.space();
        let (from, rest) = (self.at, &self.text[self.at..]);
        let len = rest.find([',', ')']).unwrap_or(rest.len());
        let digits = rest[..len].trim();
        self.at += len;
        let smallest = op.entry().min_window;
        match digits.parse::<u16>() {
            Ok(n) if (smallest..=MAX_WINDOW).contains(&n) && digits.bytes().all(|b| b.is_ascii_digit()) => {
                Ok(n)
            }
            _ => {
                let what = format!("a window of {smallest} to {MAX_WINDOW} rows");
                let got = if digits.is_empty() { "nothing".into() } else { format!("\"{digits}\"") };
                Err(self.error_at(from, &what, &got).hint(format!("write {}", usage(op))))
            }
        }
    }
}

fn starts_number(c: char) -> bool {
    c.is_ascii_digit() || c == '.'
}

fn starts_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn continues_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Bytes of the number at the start: digits, one point, an exponent.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| from + bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}

/// How an operator is called: `zscore(a, n)`.
pub fn signature(op: Op) -> String {
    let mut args = ["a", "b", "c", "d"][..op.arity()].to_vec();
    if op.windowed() {
        args.push("n");
    }
    format!("{}({})", op.entry().name, args.join(", "))
}

/// How an operator is called, and what the window of one that has one may be.
fn usage(op: Op) -> String {
    match op.entry().min_window {
        0 => signature(op),
        least => format!("{} with n from {least} to {MAX_WINDOW} rows", signature(op)),
    }
}

const EXAMPLE: &str = "write a formula such as (absorption / rsi7) * vwap_dist";

/// What to write in the place of a sign that other languages have.
fn foreign_sign(sign: char) -> Option<&'static str> {
    match sign {
        '^' => Some("write square(a) or cube(a) for a power"),
        '>' | '<' | '?' => Some("write if_greater(a, b, c, d) for c where a > b, else d"),
        '=' | '!' => Some("write if_greater(a, b, c, d): a formula has no equality"),
        '%' => Some("write delta(a, n) / lag(a, n) for a relative change"),
        '\'' | '`' => Some("write \"name\" in double quotes around the name of a column"),
        '[' => Some("write lag(a, n) for a value of n rows before"),
        _ => None,
    }
}

/// Names that other languages have for our operators.
const SYNONYMS: [(&str, Op); 34] = [
    ("mean", Op::Sma),
    ("ma", Op::Sma),
    ("avg", Op::Sma),
    ("ts_mean", Op::Sma),
    ("rolling_mean", Op::Sma),
    ("ewm", Op::Ema),
    ("decay_linear", Op::Wma),
    ("lwma", Op::Wma),
    ("stddev", Op::Std),
    ("stdev", Op::Std),
    ("ts_std", Op::Std),
    ("ts_stddev", Op::Std),
    ("ts_sum", Op::Sum),
    ("ts_rank", Op::Rank),
    ("delay", Op::Lag),
    ("shift", Op::Lag),
    ("ref", Op::Lag),
    ("diff", Op::Delta),
    ("ts_delta", Op::Delta),
    ("lowest", Op::TsMin),
    ("highest", Op::TsMax),
    ("ts_argmin", Op::ArgMin),
    ("ts_argmax", Op::ArgMax),
    ("correlation", Op::Corr),
    ("ts_corr", Op::Corr),
    ("covariance", Op::Cov),
    ("ts_cov", Op::Cov),
    ("skewness", Op::Skew),
    ("kurtosis", Op::Kurt),
    ("linreg_slope", Op::Slope),
    ("ln", Op::Log),
    ("log1p", Op::Log1pAbs),
    ("where", Op::IfGreater),
    ("iff", Op::IfGreater),
];

/// The known name with the fewest edits, the case of letters aside, when they are fewer than the letters.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let name: Vec<char> = name.to_lowercase().chars().take(64).collect();
    known
        .map(|k| (edits(&name, &k.to_lowercase()), k))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, k)| *distance < name.len().max(k.chars().count()))
        .map(|(_, k)| k)
}

/// The edit distance of Levenshtein.
fn edits(a: &[char], b: &str) -> usize {
    let mut row: Vec<usize> = (0..=a.len()).collect();
    for (i, c) in b.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for j in 0..a.len() {
            let replaced = corner + usize::from(a[j] != c);
            corner = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(corner + 1);
        }
    }
    row[a.len()]
}

/// How tightly a text holds together.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Tight {
    Sum,
    Product,
    Unary,
    Primary,
}

#[derive(Clone)]
struct Printed {
    text: String,
    tight: Tight,
}

impl Printed {
    fn within(&self, least: Tight) -> String {
        if self.tight >= least { self.text.clone() } else { format!("({})", self.text) }
    }
}

/// The text of a valid program over the named columns.
pub fn print(program: &Program, columns: &[String]) -> String {
    program.fold(|node, args: &[Printed]| print_node(node, args, columns)).text
}

fn print_node(node: Node, args: &[Printed], columns: &[String]) -> Printed {
    match node {
        Node::Column(c) => Printed { text: column_text(&columns[c as usize]), tight: Tight::Primary },
        Node::Constant(x) => Printed {
            text: constant_text(x),
            tight: if x.is_sign_negative() { Tight::Unary } else { Tight::Primary },
        },
        Node::Apply(Op::Add, _) => infix(args, "+", Tight::Sum, Tight::Product),
        Node::Apply(Op::Sub, _) => infix(args, "-", Tight::Sum, Tight::Product),
        Node::Apply(Op::Mul, _) => infix(args, "*", Tight::Product, Tight::Unary),
        Node::Apply(Op::Div, _) => infix(args, "/", Tight::Product, Tight::Unary),
        Node::Apply(Op::Neg, _) if !args[0].text.starts_with(starts_number) => {
            Printed { text: format!("-{}", args[0].within(Tight::Unary)), tight: Tight::Unary }
        }
        Node::Apply(op, n) => call(op, n, args),
    }
}

fn infix(args: &[Printed], sign: &str, own: Tight, right: Tight) -> Printed {
    Printed { text: format!("{} {sign} {}", args[0].within(own), args[1].within(right)), tight: own }
}

fn call(op: Op, window: u16, args: &[Printed]) -> Printed {
    let mut texts: Vec<String> = args.iter().map(|a| a.text.clone()).collect();
    if op.windowed() {
        texts.push(window.to_string());
    }
    Printed { text: format!("{}({})", op.entry().name, texts.join(", ")), tight: Tight::Primary }
}

fn column_text(name: &str) -> String {
    let plain = name.starts_with(starts_name) && name.chars().all(continues_name);
    if plain { name.into() } else { format!("\"{name}\"") }
}

fn constant_text(x: f64) -> String {
    let text = format!("{x:?}");
    text.strip_suffix(".0").map_or(text.clone(), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::random::Draw;
    use crate::gp::sample;

    fn names() -> Vec<String> {
        ["ofd", "obi", "rsi7", "min", "strange name-1"].map(String::from).to_vec()
    }

    fn again(text: &str) -> String {
        print(&parse(text, &names()).unwrap(), &names())
    }

    #[test]
    fn parse_is_the_inverse_of_print() {
        let mut draw = Draw::new(1, 0, 0, 0);
        for _ in 0..5000 {
            let program = sample::program(&mut draw, names().len(), 6);
            let text = print(&program, &names());
            let back = parse(&text, &names()).unwrap_or_else(|e| panic!("{text}: {e}"));
            let bits = |p: &Program| crate::gp::program::encode(std::slice::from_ref(p));
            assert_eq!(bits(&back), bits(&program), "{text}");
        }
    }

    #[test]
    fn printing_gives_the_fewest_parentheses_that_keep_the_structure() {
        for text in [
            "(ofd / rsi7) * obi",
            "ofd / (rsi7 * obi)",
            "ofd - (obi - rsi7)",
            "zscore(ofd, 200) - lag(obi, 5)",
            "-ofd * -0.5",
            "-(ofd + 1)",
            "neg(2)",
            "--ofd",
            "min(min, 3)",
            "ts_min(\"strange name-1\", 3)",
            "ofd - -1",
            "if_greater(ofd, 0, obi, -obi)",
            "corr(ofd, obi, 20)",
            "0.1 * ofd + 1e-7",
            "log1p_abs(ofd)",
        ] {
            let fewest = if text == "(ofd / rsi7) * obi" { "ofd / rsi7 * obi" } else { text };
            assert_eq!(again(text), fewest);
        }
        assert_eq!(again("add(ofd,mul( obi , 2.50 ))"), "ofd + obi * 2.5");
    }

    #[test]
    fn every_operator_is_known_by_its_name() {
        for e in TABLE {
            let mut args = vec!["ofd"; e.arity];
            if e.op.windowed() {
                args.push("20");
            }
            let program = parse(&format!("{}({})", e.name, args.join(", ")), &names()).unwrap();
            assert_eq!(program.nodes.last(), Some(&Node::Apply(e.op, if e.op.windowed() { 20 } else { 0 })));
        }
    }

    #[test]
    fn errors_name_the_place_and_the_nearest_known_name() {
        let error = |text: &str| parse(text, &names()).unwrap_err();
        let unknown = error("ofd + odi");
        assert_eq!(unknown.message, "formula, character 7: expected a column, got \"odi\"");
        assert_eq!(unknown.hint, "write obi, the nearest known name");
        assert_eq!(error("zscor(ofd, 3)").hint, "write zscore, the nearest known name");
        for (text, message) in [
            ("", "formula, character 1: expected a column, a number, an operator or \"(\", got the end"),
            ("ofd +", "formula, character 6: expected a column, a number, an operator or \"(\", got the end"),
            ("(ofd", "formula, character 5: expected \")\", got the end"),
            ("ofd obi", "formula, character 5: expected an operator sign or the end, got \"o\""),
            ("sma(ofd)", "formula, character 8: expected \",\" of sma(a, n), got \")\""),
            ("sma(ofd, 2000)", "formula, character 10: expected a window of 1 to 1024 rows, got \"2000\""),
            ("std(ofd, 1)", "formula, character 10: expected a window of 2 to 1024 rows, got \"1\""),
            ("sma(ofd, +5)", "formula, character 10: expected a window of 1 to 1024 rows, got \"+5\""),
            ("abs(ofd, 3)", "formula, character 8: expected \")\" after abs(a), got \",\""),
            ("1e999", "formula, character 1: expected a finite number, got \"1e999\""),
            (
                "\u{e4} + ofd",
                "formula, character 1: expected a column, a number, an operator or \"(\", got \"\u{e4}\"",
            ),
        ] {
            assert_eq!(error(text).message, message);
        }
    }

    #[test]
    fn hints_say_what_to_write() {
        for (text, hint) in [
            ("", "write a formula such as (absorption / rsi7) * vwap_dist"),
            ("ofd ^ 2", "write square(a) or cube(a) for a power"),
            ("ofd * * obi", ""),
            ("ofd > obi", "write if_greater(a, b, c, d) for c where a > b, else d"),
            ("mean(ofd, 5)", "write sma(a, n) with n from 1 to 1024 rows"),
            ("Ts_ArgMax(ofd, 5)", "write argmax(a, n) with n from 2 to 1024 rows"),
            ("zscore + ofd", "write zscore(a, n) with n from 2 to 1024 rows"),
            ("OFD", "write ofd, the nearest known name"),
            ("ofd(obi)", "write * between a column and a parenthesis"),
            ("sma(ofd)", "write sma(a, n) with n from 1 to 1024 rows"),
            ("sma(ofd, )", "write sma(a, n) with n from 1 to 1024 rows"),
            ("corr(ofd, 20)", "write corr(a, b, n) with n from 2 to 1024 rows"),
            ("abs(ofd, 3)", "write abs(a)"),
            ("obi * (ofd + 1", "close the parenthesis of character 7"),
            ("sma(ofd, 3", "close the parenthesis of character 4"),
            ("ofd[1]", "write lag(a, n) for a value of n rows before"),
        ] {
            assert_eq!(parse(text, &names()).unwrap_err().hint, hint, "{text}");
        }
    }

    #[test]
    fn no_text_overflows_the_stack() {
        for text in [
            "(".repeat(60_000),
            "-".repeat(60_000),
            "abs(".repeat(15_000),
            "ofd+".repeat(16_000) + "ofd",
            "x".repeat(70_000),
        ] {
            assert!(parse(&text, &names()).is_err());
        }
        let chain = "ofd + ".repeat(MAX_DEPTH - 1) + "ofd";
        assert_eq!(again(&chain), chain);
    }

    #[test]
    fn any_bytes_give_an_error_or_a_program() {
        let mut draw = Draw::new(2, 0, 0, 0);
        let pieces = [
            "ofd",
            "(",
            ")",
            "-",
            "+",
            "*",
            "/",
            ",",
            "1",
            ".",
            "e5",
            "sma(",
            " ",
            "\"",
            "\u{1f600}",
            "min",
            "abs(",
            "20",
        ];
        for _ in 0..20_000 {
            let text: String = (0..draw.below(12)).map(|_| pieces[draw.below(pieces.len())]).collect();
            if let Ok(program) = parse(&text, &names()) {
                assert_eq!(parse(&print(&program, &names()), &names()).unwrap(), program);
            }
        }
    }
}
