//! The serde format of a document's body.

use crate::error::{Error, Result};

/// The serde format of a document's body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// CBOR: compact; all values that serde knows come back. A `Some(None)`, which would not, is refused.
    #[default]
    Cbor,
    /// JSON: readable; it has no NaN, no infinities and only texts as keys, and a save refuses others. Arrays may hold any
    /// numbers: one with a NaN is never in the document.
    Json,
}

impl Format {
    /// The name that stands in the document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cbor => "cbor",
            Self::Json => "json",
        }
    }

    pub(in crate::plugin) fn from_name(name: &[u8]) -> Result<Self> {
        [Self::Cbor, Self::Json].into_iter().find(|format| format.name().as_bytes() == name).ok_or_else(|| {
            Error::unsupported(format!(
                "a document in the format {:?}, which this version does not know",
                String::from_utf8_lossy(name)
            ))
        })
    }
}
