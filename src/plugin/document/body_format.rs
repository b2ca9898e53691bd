//! The serde format of a document's body.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The serde format of a document's body.
///
/// As text it is `cbor`, `json` or `pickle`, for `Display`, `FromStr` and serde.
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
    /// CBOR: compact; all values that serde knows come back. A `Some(None)`, which would not, is refused.
    #[default]
    Cbor,
    /// JSON: readable; it has no NaN, no infinities and only texts as keys, and a save refuses others. Arrays may hold
    /// any numbers: one with a NaN is never in the document.
    Json,
    /// Python's pickle, protocol 4, laid out so that the Python system FunctionFuse loads it, with lazy arrays. A
    /// struct is a `dict`, a tuple a `tuple`, bytes are `bytes`. A key of a map must be hashable in Python, and a
    /// [`Shared`](crate::Shared) is refused. Documents that FunctionFuse wrote are read whatever format a storage has.
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
    /// `InvalidInput` for any other text than `cbor`, `json` and `pickle`.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "cbor" => Ok(Self::Cbor),
            "json" => Ok(Self::Json),
            "pickle" => Ok(Self::Pickle),
            _ => Err(Error::invalid(format!(
                "{text:?} is not a format of documents: write \"cbor\", \"json\" or \"pickle\""
            ))),
        }
    }
}

impl Format {
    /// The name that stands in the document.
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
