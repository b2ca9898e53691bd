//! The data types of array elements, named as numpy and Zarr name them.

use crate::error::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The data type of an array's elements. [`FromStr`], [`Display`](fmt::Display) and serde use the names of numpy and
/// Zarr.
///
/// ```
/// use arraystow::DataType;
///
/// assert_eq!("float32".parse::<DataType>()?, DataType::Float32);
/// assert_eq!(DataType::Complex64.to_string(), "complex64");
/// assert_eq!(DataType::ALL.iter().map(|data_type| data_type.size()).max(), Some(16));
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// `f32`.
    Float32,
    /// `f64`.
    Float64,
    /// `num_complex::Complex<f32>`, eight bytes.
    Complex64,
    /// `num_complex::Complex<f64>`, sixteen bytes.
    Complex128,
}

impl DataType {
    /// Every data type, in the order of definition.
    pub const ALL: &'static [Self] = &[
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
        Self::Float32,
        Self::Float64,
        Self::Complex64,
        Self::Complex128,
    ];

    /// The name in numpy and Zarr, such as `float32`.
    ///
    /// ```
    /// # use arraystow::DataType;
    /// assert_eq!(DataType::Float32.name(), "float32");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
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
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Complex64 => "complex64",
            Self::Complex128 => "complex128",
        }
    }

    /// The data type of that name, if there is one.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|data_type| data_type.name() == name)
    }

    /// All names, for messages.
    pub(crate) fn names() -> String {
        let names: Vec<_> = Self::ALL.iter().map(|data_type| data_type.name()).collect();
        names.join(", ")
    }

    /// Bytes per element.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::Bool | Self::Int8 | Self::UInt8 => 1,
            Self::Int16 | Self::UInt16 | Self::Float16 => 2,
            Self::Int32 | Self::UInt32 | Self::Float32 => 4,
            Self::Int64 | Self::UInt64 | Self::Float64 | Self::Complex64 => 8,
            Self::Complex128 => 16,
        }
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for DataType {
    type Err = Error;

    /// Parses the name in numpy and Zarr, such as `float32`. `InvalidInput` if there is no such data type.
    fn from_str(name: &str) -> Result<Self> {
        let unknown = || Error::invalid(format!("there is no data type {name:?}: choose one of {}", Self::names()));
        Self::from_name(name).ok_or_else(unknown)
    }
}

impl Serialize for DataType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for DataType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(super::text::Parsed::new("a data type, such as \"float32\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_as_it_is_written() {
        for data_type in DataType::ALL {
            let name = data_type.to_string();
            assert_eq!(name.parse::<DataType>().ok(), Some(*data_type));
            assert_eq!(serde_json::from_str::<DataType>(&format!("{name:?}")).ok(), Some(*data_type));
            assert_eq!(serde_json::to_string(data_type).ok(), Some(format!("{name:?}")));
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_those_that_there_are() {
        let error = "float8".parse::<DataType>().err().map(|error| error.to_string());
        assert!(error.is_some_and(|text| text.contains("\"float8\"") && text.contains("complex128")));
        assert!("Float32".parse::<DataType>().is_err());
    }
}
