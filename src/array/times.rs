//! Points in time and durations of the crate jiff as elements.

use super::encoding::Encoding;
use super::{DataType, Element, TimeUnit};
use jiff::{SignedDuration, Timestamp};

/// numpy's `NaT`: a missing time.
const MISSING: i64 = i64::MIN;

/// The nanoseconds of a count of units.
fn nanoseconds(unit: TimeUnit, count: i64) -> i128 {
    i128::from(unit.nanoseconds()) * i128::from(count)
}

/// The count of these bytes.
fn count(bytes: &[u8]) -> Result<i64, String> {
    bytes.try_into().map(i64::from_le_bytes).map_err(|_| "it is cut off".to_owned())
}

macro_rules! times {
    ($($rust:ty: $variant:ident, $what:literal, $range:literal, |$time:ident| $of:expr, |$from:ident| $to:expr;)*) => {
        $(
            impl Element for $rust {
                const DATA_TYPE: DataType = DataType::$variant(TimeUnit::Nanosecond);
            }

            impl Element for Option<$rust> {
                const DATA_TYPE: DataType = DataType::$variant(TimeUnit::Nanosecond);

                fn truth(&self) -> Option<bool> {
                    self.as_ref().and_then(Element::truth)
                }
            }

            impl Encoding for $rust {
                fn reads(stored: &DataType) -> bool {
                    matches!(stored, DataType::$variant(_))
                }

                fn put(&self, out: &mut Vec<u8>) -> Result<(), String> {
                    Some(*self).put(out)
                }

                fn get(stored: &DataType, bytes: &[u8]) -> Result<Self, String> {
                    let missing = concat!($what, " is missing (NaT): load the elements as Option");
                    Option::<Self>::get(stored, bytes)?.ok_or_else(|| missing.to_owned())
                }

                fn memory(len: usize) -> Option<Vec<Self>> {
                    super::default_memory(len)
                }
            }

            impl Encoding for Option<$rust> {
                fn reads(stored: &DataType) -> bool {
                    matches!(stored, DataType::$variant(_))
                }

                fn put(&self, out: &mut Vec<u8>) -> Result<(), String> {
                    let count = match self {
                        None => MISSING,
                        Some($time) => {
                            let unfit = || format!(concat!($what, " {} cannot be counted in 64 bits of nanoseconds: ", $range), $time);
                            i64::try_from($of).ok().filter(|count| *count != MISSING).ok_or_else(unfit)?
                        }
                    };
                    out.extend_from_slice(&count.to_le_bytes());
                    Ok(())
                }

                fn get(stored: &DataType, bytes: &[u8]) -> Result<Self, String> {
                    let DataType::$variant(unit) = stored else { return Err(concat!("it is not ", $what).to_owned()) };
                    match count(bytes)? {
                        MISSING => Ok(None),
                        count => {
                            let $from = nanoseconds(*unit, count);
                            $to.map(Some).ok_or_else(|| format!(concat!($what, " of {} {} is out of range"), count, unit))
                        }
                    }
                }

                fn memory(len: usize) -> Option<Vec<Self>> {
                    super::default_memory(len)
                }
            }
        )*
    };
}

times! {
    Timestamp: DateTime64, "a point in time", "it must be between the years 1678 and 2262",
        |time| time.as_nanosecond(), |count| Timestamp::from_nanosecond(count).ok();
    SignedDuration: TimeDelta64, "a duration", "it must be shorter than 292 years",
        |time| time.as_nanos(), |count| duration(count);
}

fn duration(nanoseconds: i128) -> Option<SignedDuration> {
    let (seconds, rest) = (nanoseconds.div_euclid(1_000_000_000), nanoseconds.rem_euclid(1_000_000_000));
    Some(SignedDuration::new(i64::try_from(seconds).ok()?, i32::try_from(rest).ok()?))
}
