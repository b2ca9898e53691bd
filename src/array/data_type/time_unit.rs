//! Units of dates and durations.

use std::fmt;

/// The unit of `datetime64` and `timedelta64` elements, as numpy names it.
///
/// ```
/// use arraystow::TimeUnit;
///
/// assert_eq!((TimeUnit::Millisecond.name(), TimeUnit::Millisecond.cf_name()), ("ms", "milliseconds"));
/// assert_eq!(TimeUnit::Millisecond.nanoseconds(), 1_000_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TimeUnit {
    /// `D`: days of 24 hours.
    Day,
    /// `h`.
    Hour,
    /// `m`.
    Minute,
    /// `s`.
    Second,
    /// `ms`.
    Millisecond,
    /// `us`.
    Microsecond,
    /// `ns`.
    Nanosecond,
}

impl TimeUnit {
    /// Every unit, the longest first.
    pub const ALL: &'static [Self] =
        &[Self::Day, Self::Hour, Self::Minute, Self::Second, Self::Millisecond, Self::Microsecond, Self::Nanosecond];

    /// Returns the name in numpy, such as `ns`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "D",
            Self::Hour => "h",
            Self::Minute => "m",
            Self::Second => "s",
            Self::Millisecond => "ms",
            Self::Microsecond => "us",
            Self::Nanosecond => "ns",
        }
    }

    /// Returns the name in the CF conventions, such as `nanoseconds`.
    #[must_use]
    pub const fn cf_name(self) -> &'static str {
        match self {
            Self::Day => "days",
            Self::Hour => "hours",
            Self::Minute => "minutes",
            Self::Second => "seconds",
            Self::Millisecond => "milliseconds",
            Self::Microsecond => "microseconds",
            Self::Nanosecond => "nanoseconds",
        }
    }

    /// Returns the nanoseconds in one unit.
    #[must_use]
    pub const fn nanoseconds(self) -> i64 {
        match self {
            Self::Day => 86_400_000_000_000,
            Self::Hour => 3_600_000_000_000,
            Self::Minute => 60_000_000_000,
            Self::Second => 1_000_000_000,
            Self::Millisecond => 1_000_000,
            Self::Microsecond => 1_000,
            Self::Nanosecond => 1,
        }
    }

    /// The unit of that name in numpy, if it is one of these.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|unit| unit.name() == name)
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
