//! The attribute `units` of times: `days since 2000-01-01 00:00:00`.

use crate::error::{Error, Result};
use jiff::Timestamp;

/// The day number of 1970-01-01 in the count of Julian days.
const EPOCH: i64 = 2_440_588;
/// That of 1582-10-15, the first day of the Gregorian calendar.
const GREGORIAN: i64 = 2_299_161;

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

/// A point in time, and the unit in which times after it are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Since {
    /// In nanoseconds.
    unit: i64,
    /// In nanoseconds since 1970.
    start: i128,
}

impl Since {
    /// Reads the attributes `units` and `calendar`.
    pub(super) fn parse(units: &str, calendar: Option<&str>) -> Result<Self> {
        let wrong = || {
            Error::invalid(format!(
                "the units {units:?} are not a unit of time since a date, such as \"days since 2000-01-01\""
            ))
        };
        let mut words = units.trim().splitn(3, char::is_whitespace);
        let (Some(unit), Some("since"), Some(start)) = (words.next(), words.next(), words.next()) else {
            return Err(wrong());
        };
        let unit = unit_of(unit).ok_or_else(|| {
            Error::unsupported(format!("times in {unit} cannot be decoded, only in days and what is shorter"))
        })?;
        let mixed = match calendar.unwrap_or("standard").to_ascii_lowercase().as_str() {
            "standard" | "gregorian" => true,
            "proleptic_gregorian" => false,
            other => {
                return Err(Error::unsupported(format!(
                    "times in the calendar {other:?} cannot be decoded, only in `standard` and `proleptic_gregorian`"
                )));
            }
        };
        let start = start_of(start.trim(), mixed).ok_or_else(wrong)?;
        Ok(Self { unit, start })
    }

    /// The time of that count.
    pub(super) fn at(self, count: i64) -> Result<Timestamp, String> {
        self.after(i128::from(count) * i128::from(self.unit)).ok_or_else(|| out_of_range(count))
    }

    /// The time of that count, rounded to nanoseconds.
    pub(super) fn at_float(self, count: f64) -> Result<Timestamp, String> {
        // Beyond it no time is in range, and the parts below keep every digit.
        const MOST: f64 = 1e21;
        if count.abs() > MOST {
            return Err(out_of_range(count));
        }
        let (whole, part) = (count.trunc() as i128, (count.fract() * self.unit as f64).round() as i128);
        self.after(whole * i128::from(self.unit) + part).ok_or_else(|| out_of_range(count))
    }

    fn after(self, nanoseconds: i128) -> Option<Timestamp> {
        Timestamp::from_nanosecond(self.start.checked_add(nanoseconds)?).ok()
    }
}

fn out_of_range(count: impl std::fmt::Display) -> String {
    format!("the time {count} is not between the years -9999 and 9999")
}

fn unit_of(name: &str) -> Option<i64> {
    Some(match name.to_ascii_lowercase().as_str() {
        "d" | "day" | "days" => DAY,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600 * SECOND,
        "min" | "mins" | "minute" | "minutes" => 60 * SECOND,
        "s" | "sec" | "secs" | "second" | "seconds" => SECOND,
        "ms" | "msec" | "msecs" | "millisec" | "millisecs" | "millisecond" | "milliseconds" => 1_000_000,
        "us" | "microsec" | "microsecs" | "microsecond" | "microseconds" => 1_000,
        "ns" | "nanosec" | "nanosecs" | "nanosecond" | "nanoseconds" => 1,
        _ => return None,
    })
}

/// The nanoseconds since 1970 of a date, which may be followed by a time and an offset from UTC.
fn start_of(text: &str, mixed: bool) -> Option<i128> {
    let (date, rest) = match text.find(['T', ' ']) {
        Some(at) => (&text[..at], text[at + 1..].trim()),
        None => (text, ""),
    };
    let (sign, digits) = match date.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, date),
    };
    let [year, month, day] = numbers(digits, '-', 3)?[..] else { return None };
    let day = day_number(sign * year, month, day, mixed)?;
    let (time, offset) = split_offset(rest);
    Some(i128::from(day - EPOCH) * i128::from(DAY) + i128::from(time_of(time)? - offset_of(offset)?))
}

/// Up to `most` numbers of few digits.
fn numbers(text: &str, between: char, most: usize) -> Option<Vec<i64>> {
    let numbers: Option<Vec<i64>> =
        text.split(between)
            .map(|part| {
                if part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit()) { part.parse().ok() } else { None }
            })
            .collect();
    numbers.filter(|numbers| numbers.len() <= most)
}

/// The time of day, and the offset behind it.
fn split_offset(text: &str) -> (&str, &str) {
    let at = text.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(text.len());
    (text[..at].trim(), text[at..].trim())
}

/// The nanoseconds of `12:30:00.5`, or of nothing.
fn time_of(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 9 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part: i64 = if part.is_empty() { 0 } else { format!("{part:0<9}").parse().ok()? };
    let numbers = numbers(whole, ':', 3)?;
    let at = |place: usize| numbers.get(place).copied().unwrap_or(0);
    let fits = at(0) <= 24 && at(1) < 60 && at(2) < 61;
    fits.then(|| (at(0) * 3600 + at(1) * 60 + at(2)) * SECOND + part)
}

/// The nanoseconds that a clock with this offset is ahead of UTC.
fn offset_of(text: &str) -> Option<i64> {
    if ["", "z", "utc", "gmt"].contains(&text.to_ascii_lowercase().as_str()) {
        return Some(0);
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let ([hours], [minutes]) = (&numbers(hours, ':', 1)?[..], &numbers(minutes, ':', 1)?[..]) else { return None };
    (*hours <= 14 && *minutes < 60).then(|| sign * (hours * 3600 + minutes * 60) * SECOND)
}

/// The Julian day number of a date. With `mixed`, the calendar is the Julian one before 1582-10-15.
fn day_number(year: i64, month: i64, day: i64, mixed: bool) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || (mixed && year == 0) {
        return None;
    }
    // There is no year 0 before the Gregorian calendar.
    let count = |is_julian: bool| {
        let year = if is_julian && year < 0 { year + 1 } else { year };
        // Years begin in March, so that the day of a leap year is the last one.
        let early = (14 - month) / 12;
        let (years, months) = (year + 12_800 - early, month + 12 * early - 3);
        let days = day + (153 * months + 2) / 5 + 365 * years + years / 4;
        if is_julian { days - 2_922_000 - 32_083 } else { days - years / 100 + years / 400 - 2_921_940 - 32_045 }
    };
    let gregorian = count(false);
    Some(if mixed && gregorian < GREGORIAN { count(true) } else { gregorian })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(units: &str, calendar: Option<&str>, count: i64) -> String {
        Since::parse(units, calendar).unwrap().at(count).unwrap().to_string()
    }

    #[test]
    fn times_since_a_date() {
        for (units, count, expected) in [
            ("days since 2000-01-01", 60, "2000-03-01T00:00:00Z"),
            ("hours since 1900-01-01 00:00:00.0", 1_043_136, "2019-01-01T00:00:00Z"),
            ("seconds since 1970-01-01T00:00:00Z", -1, "1969-12-31T23:59:59Z"),
            ("Minutes since 2026-3-5 7:30", 30, "2026-03-05T08:00:00Z"),
            ("ms since 2026-01-01 00:00:00.25 UTC", 500, "2026-01-01T00:00:00.75Z"),
            ("hours since 2026-01-01 00:00 +02:00", 0, "2025-12-31T22:00:00Z"),
            ("hours since 2026-01-01 00:00:00 -0330", 0, "2026-01-01T03:30:00Z"),
            ("microseconds since 1-1-1", 0, "0000-12-30T00:00:00Z"),
            // As NCEP has them.
            ("hours since 1-1-1 00:00:0.0", 17_522_904, "2000-01-01T00:00:00Z"),
            ("days since -4713-01-01 12:00", 2_440_588, "1970-01-01T12:00:00Z"),
        ] {
            assert_eq!(at(units, None, count), expected, "{units}");
        }
        assert_eq!(at("days since 0001-01-01", Some("proleptic_gregorian"), 0), "0001-01-01T00:00:00Z");
        assert_eq!(at("days since 1582-10-04", Some("gregorian"), 1), "1582-10-15T00:00:00Z");
    }

    #[test]
    fn fractions_keep_their_digits() {
        let since = Since::parse("days since 1800-01-01", None).unwrap();
        assert_eq!(since.at_float(76_000.25).unwrap().to_string(), "2008-01-31T06:00:00Z");
        assert_eq!(since.at_float(-0.5).unwrap().to_string(), "1799-12-31T12:00:00Z");
        assert!(since.at_float(1e30).is_err() && since.at_float(f64::INFINITY).is_err() && since.at(i64::MAX).is_err());
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for units in [
            "K",
            "days",
            "days since",
            "days since yesterday",
            "days since 2000-13-01",
            "days since 2000-01-01 25:00",
            "days since 2000-01-01 00:00 +99",
            "days since 2000-01-01 Berlin",
            "days since 99999-01-01",
            "days after 2000-01-01",
        ] {
            assert_eq!(Since::parse(units, None).unwrap_err().kind(), crate::ErrorKind::InvalidInput, "{units}");
        }
        for (units, calendar) in [("months since 2000-01-01", None), ("days since 2000-01-01", Some("noleap"))] {
            assert_eq!(Since::parse(units, calendar).unwrap_err().kind(), crate::ErrorKind::Unsupported);
        }
    }
}
