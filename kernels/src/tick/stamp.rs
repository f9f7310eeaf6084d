//! Time stamps as text: integers by unit or by magnitude, decimals, dates. All become µs since the epoch, UTC.

use super::decimal::pow10;
use crate::event::Decimal;

/// What a number in a column of stamps counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// By its magnitude: below 1e11 seconds, below 1e14 ms, below 1e17 µs, else ns. Judged row by row, so that
    /// it cannot depend on where a file was cut (Binance spot went from ms to µs within its history).
    Auto,
    Seconds,
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    /// The inverse of the names in a dialect: `auto`, `s`, `ms`, `us`, `ns`.
    pub fn named(name: &str) -> Option<Unit> {
        let units = [
            ("auto", Unit::Auto),
            ("s", Unit::Seconds),
            ("ms", Unit::Millis),
            ("us", Unit::Micros),
            ("ns", Unit::Nanos),
        ];
        units.into_iter().find(|(known, _)| *known == name).map(|(_, unit)| unit)
    }

    #[inline(always)]
    fn of(self, magnitude: u128) -> Unit {
        match self {
            Unit::Auto if magnitude < 100_000_000_000 => Unit::Seconds,
            Unit::Auto if magnitude < 100_000_000_000_000 => Unit::Millis,
            Unit::Auto if magnitude < 100_000_000_000_000_000 => Unit::Micros,
            Unit::Auto => Unit::Nanos,
            unit => unit,
        }
    }

    /// What a stamp is expected to be, for a message.
    pub fn expected(self) -> &'static str {
        if self == Unit::Micros { "an integer" } else { "a time" }
    }
}

/// A stamp in µs; `cut` where digits below the µs were not 0 and are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub us: i64,
    pub cut: bool,
}

/// The instants, µs, that a row of the data may have: a stamp in another unit than the file's lies outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub from: i64,
    /// The first instant behind it.
    pub to: i64,
}

impl Range {
    /// What the engine can count: beyond, differences of two instants would overflow.
    pub const WIDEST: Range = Range { from: -(1 << 60) + 1, to: 1 << 60 };

    #[inline(always)]
    pub fn holds(self, us: i64) -> bool {
        (self.from..self.to).contains(&us)
    }

    /// What a stamp outside is expected to be, for a message.
    pub fn expected(self, unit: Unit) -> String {
        let of = if unit == Unit::Micros { "µs of a time" } else { "a time" };
        format!("{of} from {} to {}", year_of(self.from), year_of(self.to))
    }
}

/// The year of an instant in µs, UTC; -1 is the second one before the year 1.
pub fn year_of(us: i64) -> i64 {
    let day = us.div_euclid(86_400_000_000);
    // 400 years have 146,097 days.
    let guess = 1970 + (day * 400).div_euclid(146_097);
    let first_day = |year: i64| {
        let before = year - 1;
        before * 365 + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 719_162
    };
    [guess + 1, guess].into_iter().find(|year| first_day(*year) <= day).unwrap_or(guess - 1)
}

/// A whole number of units; `None` where it does not fit.
#[inline(always)]
pub fn whole(number: i64, unit: Unit) -> Option<Stamp> {
    let times = |factor: i64| number.checked_mul(factor).map(|us| Stamp { us, cut: false });
    match unit.of(u128::from(number.unsigned_abs())) {
        Unit::Seconds => times(1_000_000),
        Unit::Millis => times(1000),
        Unit::Micros | Unit::Auto => Some(Stamp { us: number, cut: false }),
        Unit::Nanos => Some(Stamp { us: number.div_euclid(1000), cut: number.rem_euclid(1000) != 0 }),
    }
}

/// Reads `1700000000`, `1700000000.686401`, `2024-01-02 03:04:05.678`, `2024-01-02T03:04:05Z`, with blanks
/// around it; a time without zone is UTC. With [`Unit::Micros`] only integers are stamps.
pub fn parse(text: &[u8], unit: Unit) -> Option<Stamp> {
    let text = text.trim_ascii();
    if let Some(number) = super::decimal::parse_integer(text) {
        return whole(number, unit);
    }
    if unit == Unit::Micros {
        return None;
    }
    if text.get(4) == Some(&b'-') { date_time(text) } else { decimal(Decimal::parse(text).ok()?, unit) }
}

/// Rounded down to the µs, exactly.
#[inline(never)]
fn decimal(number: Decimal, unit: Unit) -> Option<Stamp> {
    let one = pow10(number.places)?;
    let per_unit: i128 = match unit.of((number.mantissa / one).unsigned_abs()) {
        Unit::Seconds => 1_000_000_000,
        Unit::Millis => 1_000_000,
        Unit::Micros | Unit::Auto => 1000,
        Unit::Nanos => 1,
    };
    let nanos = number.mantissa.checked_mul(per_unit)?;
    let per_micro = one.checked_mul(1000)?;
    let us = i64::try_from(nanos.div_euclid(per_micro)).ok()?;
    Some(Stamp { us, cut: nanos.rem_euclid(per_micro) != 0 })
}

/// `YYYY-MM-DD`, then perhaps `T` or a blank and `HH:MM[:SS[.f…]]`, then perhaps a zone.
#[inline(never)]
fn date_time(text: &[u8]) -> Option<Stamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let days = days_of(date)?;
    let Some((separator, rest)) = rest.split_first() else {
        return days.checked_mul(86_400_000_000).map(|us| Stamp { us, cut: false });
    };
    if !matches!(separator, b'T' | b't' | b' ') {
        return None;
    }
    let (clock, zone) =
        rest.split_at(rest.iter().position(|c| !b"0123456789:.".contains(c)).unwrap_or(rest.len()));
    let (micros, cut) = clock_of(clock)?;
    let us =
        days.checked_mul(86_400_000_000)?.checked_add(micros)?.checked_sub(zone_of(zone)? * 60_000_000)?;
    Some(Stamp { us, cut })
}

fn two(text: &[u8], limit: i64) -> Option<i64> {
    let [a, b] = text else { return None };
    let value = digit(*a)? * 10 + digit(*b)?;
    (value <= limit).then_some(value)
}

fn digit(c: u8) -> Option<i64> {
    c.is_ascii_digit().then(|| i64::from(c - b'0'))
}

/// Days since 1970-01-01 of `YYYY-MM-DD`, a day that the calendar has.
fn days_of(date: &[u8]) -> Option<i64> {
    let year = two(&date[..2], 99)? * 100 + two(&date[2..4], 99)?;
    let (month, day) = (two(&date[5..7], 12)?, two(&date[8..10], 31)?);
    if date[4] != b'-' || date[7] != b'-' || month == 0 || day == 0 {
        return None;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, 28 + i64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if day > lengths[month as usize - 1] {
        return None;
    }
    let before: i64 = lengths[..month as usize - 1].iter().sum();
    let years = year - 1;
    let leaps = years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400);
    // 719,162 days lie between 0001-01-01 and 1970-01-01.
    Some(years * 365 + leaps + before + day - 1 - 719_162)
}

/// µs since midnight of `HH:MM[:SS[.f…]]`, and whether digits below were cut.
fn clock_of(text: &[u8]) -> Option<(i64, bool)> {
    let (clock, fraction) = match text.iter().position(|c| *c == b'.') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &b""[..]),
    };
    let (hours, minutes) = (two(clock.get(..2)?, 23)?, two(clock.get(3..5)?, 59)?);
    let seconds = match clock.len() {
        5 if text.len() == 5 => 0,
        8 if clock[5] == b':' => two(&clock[6..], 59)?,
        _ => return None,
    };
    if clock[2] != b':' || (text.len() > clock.len() && fraction.is_empty()) {
        return None;
    }
    let mut micros = 0;
    for nth in 0..6 {
        micros = micros * 10 + fraction.get(nth).map_or(Some(0), |c| digit(*c))?;
    }
    let rest = fraction.get(6..).unwrap_or_default();
    let cut = rest.iter().any(|c| *c != b'0');
    if !rest.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some((((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros, cut))
}

/// Minutes east of Greenwich of ``, `Z`, ` UTC`, `+02`, `+0200`, `-05:30`.
fn zone_of(text: &[u8]) -> Option<i64> {
    let text = text.trim_ascii();
    if text.is_empty() || [&b"z"[..], b"utc", b"gmt"].iter().any(|name| text.eq_ignore_ascii_case(name)) {
        return Some(0);
    }
    let sign = match text[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let minutes = match &text[1..] {
        [a, b] => two(&[*a, *b], 23)? * 60,
        [a, b, c, d] | [a, b, b':', c, d] => two(&[*a, *b], 23)? * 60 + two(&[*c, *d], 59)?,
        _ => return None,
    };
    Some(sign * minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(text: &str) -> Option<i64> {
        parse(text.as_bytes(), Unit::Auto).map(|s| s.us)
    }

    #[test]
    fn the_magnitude_says_the_unit() {
        assert_eq!(us("1700000000"), Some(1_700_000_000_000_000));
        assert_eq!(us("1700000000123"), Some(1_700_000_000_123_000));
        assert_eq!(us("1700000000123456"), Some(1_700_000_000_123_456));
        assert_eq!(us("1700000000123456789"), Some(1_700_000_000_123_456));
        for (limit, below, at) in [
            (100_000_000_000_i64, 99_999_999_999_000_000, 100_000_000_000_000),
            (100_000_000_000_000, 99_999_999_999_999_000, 100_000_000_000_000),
            (100_000_000_000_000_000, 99_999_999_999_999_999, 100_000_000_000_000),
        ] {
            assert_eq!((us(&(limit - 1).to_string()), us(&limit.to_string())), (Some(below), Some(at)));
        }
        assert_eq!(us("-5"), Some(-5_000_000));
    }

    #[test]
    fn decimals_are_exact_where_f64_is_not() {
        // f64 * 1e9 gives …400768 ns: the specification's example.
        assert_eq!(us("1767225600.686401"), Some(1_767_225_600_686_401));
        assert_eq!(us("1585180700.0647"), Some(1_585_180_700_064_700));
        assert_eq!(us("1.7672256006864e9"), Some(1_767_225_600_686_400));
        assert_eq!(us("1767225600686.4015"), Some(1_767_225_600_686_401));
        assert_eq!(us("-0.5"), Some(-500_000));
        assert_eq!(
            parse(b"1767225600.6864019", Unit::Auto),
            Some(Stamp { us: 1_767_225_600_686_401, cut: true })
        );
        assert_eq!(parse(b"1700000000123456789", Unit::Auto).map(|s| s.cut), Some(true));
        assert_eq!(parse(b"1700000000123456000", Unit::Auto).map(|s| s.cut), Some(false));
    }

    #[test]
    fn a_named_unit_is_not_guessed() {
        assert_eq!(parse(b"5", Unit::Micros), Some(Stamp { us: 5, cut: false }));
        assert_eq!(parse(b"1.5", Unit::Micros), None);
        assert_eq!(parse(b"2024-01-01", Unit::Micros), None);
        assert_eq!(parse(b"5", Unit::Millis).map(|s| s.us), Some(5000));
        assert_eq!(parse(b"9223372036854775807", Unit::Millis), None);
        assert_eq!(Unit::named("ns"), Some(Unit::Nanos));
        assert_eq!(Unit::named("minutes"), None);
    }

    #[test]
    fn an_instant_has_the_year_of_the_calendar() {
        for (date, year) in [
            ("1970-01-01", 1970),
            ("1969-12-31", 1969),
            ("1989-12-31 23:59:59.999999", 1989),
            ("1990-01-01", 1990),
            ("2000-12-31 23:59:59", 2000),
            ("2001-01-01", 2001),
            ("2100-01-01", 2100),
            ("2099-12-31 23:59:59.999999", 2099),
            ("0001-01-01", 1),
        ] {
            assert_eq!(us(date).map(year_of), Some(year), "{date}");
        }
        assert_eq!(year_of(1_700_000_000_000_000_000), 55_840);
        let ranges = [Range { from: 0, to: 1 }, Range::WIDEST];
        assert_eq!(
            ranges.map(|r| r.expected(Unit::Micros)),
            ["µs of a time from 1970 to 1970", "µs of a time from -34565 to 38504"]
        );
    }

    #[test]
    fn dates_are_utc_unless_they_say_otherwise() {
        for text in [
            "2024-02-29 12:34:56.789012",
            "2024-02-29T12:34:56.789012Z",
            "2024-02-29T14:34:56.789012+02:00",
            "2024-02-29 07:04:56.789012-0530",
            "2024-02-29 12:34:56.789012+00",
            "2024-02-29 12:34:56.789012 UTC",
            "2024-02-29 12:34:56.789012000",
        ] {
            assert_eq!(
                parse(text.as_bytes(), Unit::Auto),
                Some(Stamp { us: 1_709_210_096_789_012, cut: false }),
                "{text}"
            );
        }
        assert_eq!(us("1970-01-01"), Some(0));
        assert_eq!(us("1969-12-31 23:59:59.5"), Some(-500_000));
        assert_eq!(us("2023-02-27T15:02:26Z"), Some(1_677_510_146_000_000));
        assert_eq!(us("2000-03-01 00:00"), Some(951_868_800_000_000));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "-",
            "x",
            "2024-02-30",
            "2023-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-01-00",
            "2024-01-01 24:00",
            "2024-01-01 1:00",
            "2024-01-01 00:60",
            "2024-01-01 00:00:60",
            "2024-01-01 00:00.5",
            "2024-01-01 00:00:00.",
            "2024-01-01 00:00:00.5.5",
            "2024-01-01 00:00:00 CET",
            "2024-01-01 00:00:00+24",
            "2024-01-01x00:00",
            "2024/01/01",
            "2024-1-01",
            "1e40",
            "2024-01-01T",
            "2024-01-01 00:00:00+",
        ] {
            assert_eq!(us(text), None, "{text:?}");
        }
    }

    #[test]
    fn every_day_of_the_calendar_follows_the_one_before() {
        let mut expected = days_of(b"1896-01-01").unwrap();
        assert_eq!(days_of(b"1970-01-01"), Some(0));
        for year in 1896..2105 {
            for month in 1..=12 {
                for day in 1..=31 {
                    if let Some(days) = days_of(format!("{year:04}-{month:02}-{day:02}").as_bytes()) {
                        assert_eq!(days, expected);
                        expected += 1;
                    }
                }
            }
        }
        assert_eq!(days_of(b"2105-01-01"), Some(expected));
    }
}
