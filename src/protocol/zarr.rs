//! The options of the Zarr format for new arrays.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A version of the Zarr format.
///
/// As text it is `v2` or `v3`, for `Display`, `FromStr` and serde.
///
/// ```
/// use arraystow::ZarrVersion;
///
/// let version: ZarrVersion = "v2".parse()?;
/// assert_eq!((version, version.to_string()), (ZarrVersion::V2, "v2".to_owned()));
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ZarrVersion {
    /// Version 2, which zarr-python 2 reads.
    V2,
    /// Version 3.
    #[default]
    V3,
}

impl fmt::Display for ZarrVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::V2 => "v2",
            Self::V3 => "v3",
        })
    }
}

impl FromStr for ZarrVersion {
    type Err = Error;

    /// # Errors
    /// `InvalidInput` for any other text than `v2` and `v3`.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "v2" => Ok(Self::V2),
            "v3" => Ok(Self::V3),
            _ => Err(Error::invalid(format!("{text:?} is not a version of Zarr: write \"v2\" or \"v3\""))),
        }
    }
}

/// The options of new arrays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ZarrOptions {
    pub(crate) version: ZarrVersion,
    /// The most bytes, before compression, of the chunks in one shard. 0 for one object or file per chunk.
    pub(crate) shard_bytes: usize,
}
