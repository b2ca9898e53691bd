//! The data types of array elements, named as numpy and Zarr name them.

mod enumeration;
mod notation;
mod record;
mod static_or_shared;
mod subarray;
mod time_unit;

pub use enumeration::{EnumName, EnumType};
pub use record::{Field, RecordType};
pub use subarray::SubarrayType;
pub use time_unit::TimeUnit;

use super::packed;
use crate::error::{Error, Result};
use std::borrow::Cow;
use std::ops::RangeInclusive;

/// How deep data types may be nested.
const DEEPEST: usize = 16;
/// The most bytes of an element.
const LARGEST: usize = 64 << 10;

/// The data type of an array's elements. [`FromStr`](std::str::FromStr), [`Display`](std::fmt::Display) and serde use
/// the names of numpy and Zarr where they exist.
///
/// ```
/// use arraystow::{DataType, TimeUnit};
///
/// assert_eq!("float32".parse::<DataType>()?, DataType::Float32);
/// assert_eq!(DataType::Complex64.to_string(), "complex64");
/// assert_eq!(DataType::DateTime64(TimeUnit::Nanosecond).to_string(), "datetime64[ns]");
/// assert_eq!(DataType::NUMBERS.iter().map(|data_type| data_type.size()).max(), Some(16));
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DataType {
    /// `bool`, one byte, 0 or 1.
    Bool,
    /// `i8`.
    Int8,
    /// `i16`.
    Int16,
    /// `i32`.
    Int32,
    /// `i64`.
    Int64,
    /// `u8`.
    UInt8,
    /// `u16`.
    UInt16,
    /// `u32`.
    UInt32,
    /// `u64`.
    UInt64,
    /// `half::f16`, IEEE 754 binary16.
    Float16,
    /// `half::bf16`, the upper half of binary32.
    BFloat16,
    /// `f32`.
    Float32,
    /// `f64`.
    Float64,
    /// `num_complex::Complex<f32>`, eight bytes.
    Complex64,
    /// `num_complex::Complex<f64>`, sixteen bytes.
    Complex128,
    /// A point in time: an `i64` that counts units since 1970-01-01 00:00:00 UTC. `i64::MIN` is a missing one, numpy's
    /// `NaT`.
    DateTime64(TimeUnit),
    /// A duration: an `i64` that counts units. `i64::MIN` is a missing one.
    TimeDelta64(TimeUnit),
    /// A UTF-8 string of any length. A field of a record cannot have this type.
    String,
    /// A UTF-8 string of at most this number of bytes. Shorter strings are padded with zeros.
    Text(usize),
    /// This number of bytes, without a meaning.
    Bytes(usize),
    /// Integers with names.
    Enum(EnumType),
    /// Several named values.
    Record(RecordType),
    /// A small array of a fixed shape.
    Subarray(SubarrayType),
}

impl DataType {
    /// The data types of numbers, including `bool`, in the order of definition.
    pub const NUMBERS: &'static [Self] = &[
        Self::Bool,
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::UInt8,
        Self::UInt16,
        Self::UInt32,
        Self::UInt64,
        Self::Float16,
        Self::BFloat16,
        Self::Float32,
        Self::Float64,
        Self::Complex64,
        Self::Complex128,
    ];

    /// Returns the name, such as `float32` or `datetime64[ns]`. For enumerations, records and small arrays it is JSON.
    ///
    /// ```
    /// # use arraystow::{DataType, TimeUnit};
    /// assert_eq!(DataType::Float32.name(), "float32");
    /// assert_eq!(DataType::TimeDelta64(TimeUnit::Second).name(), "timedelta64[s]");
    /// ```
    #[must_use]
    pub fn name(&self) -> Cow<'static, str> {
        match self.number_name() {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(notation::write(self)),
        }
    }

    /// The name of a number's type in numpy and Zarr.
    pub(crate) const fn number_name(&self) -> Option<&'static str> {
        Some(match self {
            Self::Bool => "bool",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::UInt8 => "uint8",
            Self::UInt16 => "uint16",
            Self::UInt32 => "uint32",
            Self::UInt64 => "uint64",
            Self::Float16 => "float16",
            Self::BFloat16 => "bfloat16",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Complex64 => "complex64",
            Self::Complex128 => "complex128",
            _ => return None,
        })
    }

    /// The data type of that name, if there is one and an array can have it.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        notation::read(name).filter(|data_type| data_type.check().is_ok())
    }

    /// The names of all numbers, for messages.
    pub(crate) fn names() -> String {
        let names: Vec<_> = Self::NUMBERS.iter().filter_map(Self::number_name).collect();
        names.join(", ")
    }

    /// Returns the bytes per element. For strings of any length, this is the size of a `String` in memory, without its
    /// contents.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Bool | Self::Int8 | Self::UInt8 => 1,
            Self::Int16 | Self::UInt16 | Self::Float16 | Self::BFloat16 => 2,
            Self::Int32 | Self::UInt32 | Self::Float32 => 4,
            Self::Int64
            | Self::UInt64
            | Self::Float64
            | Self::Complex64
            | Self::DateTime64(_)
            | Self::TimeDelta64(_) => 8,
            Self::Complex128 => 16,
            Self::String => size_of::<String>(),
            Self::Text(bytes) | Self::Bytes(bytes) => *bytes,
            Self::Enum(enumeration) => enumeration.base().size(),
            Self::Record(record) => {
                let sizes = record.fields().iter().map(|field| field.data_type().size());
                sizes.fold(0, usize::saturating_add)
            }
            Self::Subarray(subarray) => subarray.element().size().saturating_mul(subarray.count()),
        }
    }

    /// Fails for a type that no array can have. Types of the program itself are checked here first.
    pub(crate) fn check(&self) -> Result<()> {
        self.check_nested()?;
        if self.depth() > DEEPEST {
            return Err(Error::invalid(format!("the data type is nested more than {DEEPEST} levels deep")));
        }
        match self.size() {
            1..=LARGEST => Ok(()),
            size => Err(Error::invalid(format!("an element has 1 to {LARGEST} bytes, not {size}"))),
        }
    }

    fn check_nested(&self) -> Result<()> {
        match self {
            Self::Enum(enumeration) => enumeration.check(),
            Self::Record(record) => record.check(),
            Self::Subarray(subarray) => subarray.check(),
            Self::Text(0) | Self::Bytes(0) => Err(Error::invalid("strings and bytes of length 0 cannot be elements")),
            _ => Ok(()),
        }
    }

    /// Whether elements of this type have bytes of their own, and not always as many.
    pub(crate) fn is_text(&self) -> bool {
        *self == Self::String
    }

    /// Whether these are the bytes of one element, by their number.
    pub(crate) fn fits(&self, bytes: &[u8]) -> bool {
        match self {
            Self::String => packed::only(bytes).is_some_and(|text| str::from_utf8(text).is_ok()),
            _ => bytes.len() == self.size(),
        }
    }

    fn depth(&self) -> usize {
        match self {
            Self::Record(record) => {
                1 + record.fields().iter().map(|field| field.data_type().depth()).max().unwrap_or(0)
            }
            Self::Subarray(subarray) => 1 + subarray.element().depth(),
            _ => 1,
        }
    }

    /// The integers of an integer type.
    fn integer_range(&self) -> Option<RangeInclusive<i128>> {
        let signed = |bits: u32| -(1_i128 << (bits - 1))..=(1 << (bits - 1)) - 1;
        let unsigned = |bits: u32| 0..=(1_i128 << bits) - 1;
        Some(match self {
            Self::Int8 => signed(8),
            Self::Int16 => signed(16),
            Self::Int32 => signed(32),
            Self::Int64 => signed(64),
            Self::UInt8 => unsigned(8),
            Self::UInt16 => unsigned(16),
            Self::UInt32 => unsigned(32),
            Self::UInt64 => unsigned(64),
            _ => return None,
        })
    }
}
