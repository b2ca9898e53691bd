//! The serde format of a document's body.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The serde format of a document's body.
///
/// `Display`, `FromStr` and serde use the names `cbor`, `json` and `pickle`.
///
/// ```
/// use arraystow::Format;
///
/// let format: Format = "json".parse()?;
/// assert_eq!((format, format.to_string()), (Format::Json, "json".to_owned()));
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// CBOR: compact. Nearly all values that serde can express can be loaded again. [Forms and
    /// formats](https://github.com/arraystow/arraystow/blob/main/docs/formats.md) lists the exceptions, such as
    /// `Some(None)`, which is an error.
    #[default]
    Cbor,
    /// JSON: readable. It has no NaN, no infinities and only strings as keys, and saving others is an error. Arrays may
    /// hold any numbers: an array with a NaN is never stored in the document.
    Json,
    /// Python's pickle, protocol 4, laid out so that the Python system FunctionFuse loads it, with lazy arrays. A
    /// struct is a `dict`, a tuple a `tuple`, bytes are `bytes`. A key of a map must be hashable in Python, and a
    /// [`Shared`](crate::Shared) is an error. Documents that FunctionFuse wrote are read by a storage of any format.
    Pickle,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;

    /// # Errors
    /// `InvalidInput` for any other string than `cbor`, `json` and `pickle`.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "cbor" => Ok(Self::Cbor),
            "json" => Ok(Self::Json),
            "pickle" => Ok(Self::Pickle),
            _ => Err(Error::invalid(format!(
                "{text:?} is not a document format: write \"cbor\", \"json\" or \"pickle\""
            ))),
        }
    }
}

impl Format {
    /// Returns the name, as it is in the document.
    ///
    /// ```
    /// assert_eq!(arraystow::Format::Cbor.name(), "cbor");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cbor => "cbor",
            Self::Json => "json",
            Self::Pickle => "pickle",
        }
    }

    pub(in crate::plugin) fn from_name(name: &[u8]) -> Result<Self> {
        [Self::Cbor, Self::Json, Self::Pickle].into_iter().find(|format| format.name().as_bytes() == name).ok_or_else(
            || {
                Error::unsupported(format!(
                    "a document in the format {:?}, which this version does not know",
                    String::from_utf8_lossy(name)
                ))
            },
        )
    }
}
