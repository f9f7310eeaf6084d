//! Decimal text to exact integers, and exact ratios to the nearest f64.

use crate::event::Decimal;

/// No number has more significant digits, or more decimals, than this: every mantissa fits an `i128`.
pub const MAX_DIGITS: u32 = 38;

const POW10: [i128; MAX_DIGITS as usize + 1] = {
    let mut table = [1i128; MAX_DIGITS as usize + 1];
    let mut k = 1;
    while k < table.len() {
        table[k] = table[k - 1] * 10;
        k += 1;
    }
    table
};

const POW10_F64: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// The integers up to which an f64 has no gaps.
const EXACT_F64: u128 = 1 << 53;

/// `10^k`, or `None` where it does not fit.
pub fn pow10(k: u32) -> Option<i128> {
    POW10.get(k as usize).copied()
}

impl Decimal {
    pub const ZERO: Decimal = Decimal { mantissa: 0, places: 0 };

    /// Reads `12`, `-0.50`, `.5`, `1.912e-05`, with blanks around it. The error says what was expected.
    pub fn parse(text: &[u8]) -> Result<Decimal, &'static str> {
        const NUMBER: &str = "a number";
        let (negative, unsigned) = split_sign(text.trim_ascii());
        let e = unsigned.iter().position(|c| c | 0x20 == b'e');
        let (digits, exponent) = match e {
            Some(at) => (&unsigned[..at], parse_exponent(&unsigned[at + 1..]).ok_or(NUMBER)?),
            None => (unsigned, 0),
        };
        let (mantissa, shift) = parse_digits(digits)?;
        let magnitude = place(mantissa, exponent.saturating_add(shift)).ok_or(TOO_LONG)?;
        Ok(if negative { Decimal { mantissa: -magnitude.mantissa, ..magnitude } } else { magnitude })
    }

    /// The nearest f64, ties to even.
    pub fn to_f64(self) -> f64 {
        if self.mantissa.unsigned_abs() <= EXACT_F64 && self.places <= 22 {
            // Both are exact (10^22 is the largest power of ten that an f64 holds): one rounding.
            return self.mantissa as i64 as f64 / POW10_F64[self.places as usize];
        }
        let unit = pow10(self.places).expect("a decimal has at most 38 places");
        ratio(self.mantissa, unit)
    }
}

/// Plain digits without an exponent: what [`Decimal::parse`] reads back.
impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let places = self.places as usize;
        let digits = format!("{:0>width$}", self.mantissa.unsigned_abs(), width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        write!(f, "{sign}{whole}{}{fraction}", if places > 0 { "." } else { "" })
    }
}

const TOO_LONG: &str = "a number of at most 38 digits and 38 decimals";

fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// Exponents beyond any limit stay beyond it: they are clamped, not wrapped.
fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = split_sign(text);
    if digits.is_empty() {
        return None;
    }
    let mut value = 0i64;
    for c in digits {
        let digit = c.is_ascii_digit().then(|| i64::from(c - b'0'))?;
        value = (value * 10 + digit).min(1 << 40);
    }
    Some(if negative { -value } else { value })
}

/// Digits with at most one point, as `mantissa * 10^shift`; the mantissa does not end in a zero.
fn parse_digits(text: &[u8]) -> Result<(i128, i64), &'static str> {
    let (mut mantissa, mut shift, mut zeros) = (0i128, 0i64, 0u32);
    let (mut seen, mut point) = (false, false);
    for &c in text {
        match c {
            b'0'..=b'9' => {
                seen = true;
                shift -= i64::from(point);
                if c == b'0' {
                    zeros = zeros.saturating_add(u32::from(mantissa != 0));
                    continue;
                }
                let unit = zeros.checked_add(1).and_then(pow10).ok_or(TOO_LONG)?;
                let longer = mantissa.checked_mul(unit).and_then(|m| m.checked_add(i128::from(c - b'0')));
                mantissa = longer.filter(|m| *m < POW10[MAX_DIGITS as usize]).ok_or(TOO_LONG)?;
                zeros = 0;
            }
            b'.' if !point => point = true,
            _ => return Err("a number"),
        }
    }
    if seen { Ok((mantissa, shift + i64::from(zeros))) } else { Err("a number") }
}

/// `mantissa * 10^shift` with as few places as possible.
fn place(mantissa: i128, shift: i64) -> Option<Decimal> {
    if mantissa == 0 {
        return Some(Decimal::ZERO);
    }
    if shift < 0 {
        let places = u32::try_from(-shift).ok().filter(|p| *p <= MAX_DIGITS)?;
        return Some(Decimal { mantissa, places });
    }
    let mantissa = mantissa.checked_mul(pow10(u32::try_from(shift).ok()?)?)?;
    (mantissa < POW10[MAX_DIGITS as usize]).then_some(Decimal { mantissa, places: 0 })
}

/// Reads an integer, with blanks around it; `None` where it is none or does not fit.
pub fn parse_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = split_sign(text.trim_ascii());
    if digits.is_empty() {
        return None;
    }
    let mut value = 0i64;
    for c in digits {
        let digit = c.is_ascii_digit().then(|| i64::from(c - b'0'))?;
        // Built downwards: i64::MIN has no positive twin.
        value = value.checked_mul(10)?.checked_sub(digit)?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// Quotient and rest of two numbers that are not negative; most fit 64 bits, where a division is quick.
#[inline(always)]
pub fn divide(n: i128, d: i128) -> (i128, i128) {
    match (u64::try_from(n), u64::try_from(d)) {
        (Ok(n), Ok(d)) => (i128::from(n / d), i128::from(n % d)),
        _ => (n / d, n % d),
    }
}

/// The f64 nearest to `n / d`, ties to even, for `0 < d <= 10^38`.
pub fn ratio(n: i128, d: i128) -> f64 {
    let (magnitude, divisor) = (n.unsigned_abs(), d.unsigned_abs());
    if magnitude <= EXACT_F64 && divisor <= EXACT_F64 {
        return n as i64 as f64 / d as i64 as f64;
    }
    let quotient = divide_rounded(magnitude, divisor);
    if n < 0 { -quotient } else { quotient }
}

/// Long division to 64 significant bits and a sticky one, then a single rounding.
fn divide_rounded(n: u128, d: u128) -> f64 {
    if n == 0 {
        return 0.0;
    }
    let (mut quotient, mut rest, mut shift) = (n / d, n % d, 0u64);
    while quotient < 1 << 63 {
        rest <<= 1;
        quotient <<= 1;
        if rest >= d {
            rest -= d;
            quotient |= 1;
        }
        shift += 1;
    }
    let sticky = u128::from(rest != 0);
    (quotient | sticky) as f64 * f64::from_bits((1023 - shift) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Decimal, &'static str> {
        Decimal::parse(text.as_bytes())
    }

    fn decimal(mantissa: i128, places: u32) -> Decimal {
        Decimal { mantissa, places }
    }

    #[test]
    fn decimals_are_those_of_the_specification() {
        for (text, places) in
            [("100.10", 1), ("1e-05", 5), ("1.912e-05", 8), ("1.5e1", 0), ("61800.30000000", 1)]
        {
            assert_eq!(parse(text).unwrap().places, places, "{text}");
        }
        assert_eq!(parse("1.912e-05"), Ok(decimal(1912, 8)));
        assert_eq!(parse(" -0.50\t"), Ok(decimal(-5, 1)));
        assert_eq!(parse("1500"), Ok(decimal(1500, 0)));
        assert_eq!(parse("15E+2"), Ok(decimal(1500, 0)));
        assert_eq!(parse("-0.000e9999999999999999999"), Ok(Decimal::ZERO));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "", " ", "-", "+", ".", "e5", "1e", "1e+", "1.2.3", "1 2", "0x10", "nan", "inf", "1_000", "1,5",
            "--1",
        ] {
            assert_eq!(parse(text), Err("a number"), "{text:?}");
        }
        assert_eq!(Decimal::parse(b"1\0"), Err("a number"));
        assert_eq!(Decimal::parse(b"\xff\xfe"), Err("a number"));
    }

    #[test]
    fn length_is_judged_after_zeros_are_gone() {
        let nines = "9".repeat(38);
        assert_eq!(parse(&nines), Ok(decimal(10i128.pow(38) - 1, 0)));
        assert_eq!(parse(&format!("{nines}9")), Err(TOO_LONG));
        assert_eq!(parse(&format!("1.{}", "0".repeat(5000))), Ok(decimal(1, 0)));
        assert_eq!(parse(&format!("{}1", "0".repeat(5000))), Ok(decimal(1, 0)));
        assert_eq!(parse(&format!("1{}e-5000", "0".repeat(5000))), Ok(decimal(1, 0)));
        assert_eq!(parse("1e-38"), Ok(decimal(1, 38)));
        assert_eq!(parse("1e-39"), Err(TOO_LONG));
        assert_eq!(parse("1e38"), Err(TOO_LONG));
        assert_eq!(parse("1e99999999999999999999"), Err(TOO_LONG));
    }

    /// The oracle: shift the point in the text by hand, then compare digit strings.
    fn naive(negative: bool, whole: &str, fraction: &str, exponent: i32) -> (String, usize) {
        let mut digits = format!("{whole}{fraction}");
        let mut point = whole.len() as i32 + exponent;
        while point < 0 {
            digits.insert(0, '0');
            point += 1;
        }
        while point > digits.len() as i32 {
            digits.push('0');
        }
        let (w, f) = digits.split_at(point as usize);
        let f = f.trim_end_matches('0');
        let all = format!("{w}{f}");
        let all = all.trim_start_matches('0');
        let all = if all.is_empty() { "0" } else { all };
        (format!("{}{all}", if negative && all != "0" { "-" } else { "" }), f.len())
    }

    #[test]
    fn parsing_equals_moving_the_point_by_hand() {
        let mut random = crate::tick::random::Random(7);
        let mut next = move |n: u64| random.below(n);
        for _ in 0..20_000 {
            let mut digits = |max: u64| -> String {
                let n = next(max);
                (0..n).map(|_| if next(3) == 0 { '0' } else { (b'0' + next(10) as u8) as char }).collect()
            };
            let (whole, fraction) = (digits(9) + "7", digits(9));
            let (negative, exponent) = (next(2) == 0, next(21) as i32 - 10);
            let sign = if negative { "-" } else { "" };
            let text = format!("{sign}{whole}.{fraction}e{exponent}");
            let got = parse(&text).unwrap();
            assert_eq!(
                (got.mantissa.to_string(), got.places as usize),
                naive(negative, &whole, &fraction, exponent)
            );
            assert_eq!(parse(&got.to_string()), Ok(got));
            // The standard library's parser is an independent judge of the rounding.
            assert_eq!(got.to_f64().to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
    }

    #[test]
    fn ratios_round_once() {
        assert_eq!(ratio(1, 3), 1.0 / 3.0);
        assert_eq!(ratio(-2, 4), -0.5);
        assert_eq!(ratio(0, 10i128.pow(38)).to_bits(), 0);
        for digits in ["12345678901234567890123456789012345678", "99999999999999999999999999999999999999"] {
            let m: i128 = digits.parse().unwrap();
            for places in [0, 1, 17, 37, 38] {
                let text = format!("{digits}e-{places}");
                assert_eq!(decimal(m, places).to_f64(), text.parse::<f64>().unwrap(), "{text}");
            }
        }
        // Halfway cases: 2^53 + 1 lies between two neighbours, ties go to the even one.
        assert_eq!(ratio((1 << 53) + 1, 1), 9007199254740992.0);
        assert_eq!(ratio(((1i128 << 53) + 1) * 1_000_000 + 1, 1_000_000), 9007199254740994.0);
    }

    #[test]
    fn integers_are_exact_to_both_ends() {
        assert_eq!(parse_integer(b" 9223372036854775807"), Some(i64::MAX));
        assert_eq!(parse_integer(b"-9223372036854775808"), Some(i64::MIN));
        for text in ["9223372036854775808", "", "-", "1.0", "1e3", "1 2", "١"] {
            assert_eq!(parse_integer(text.as_bytes()), None, "{text:?}");
        }
    }
}
