//! The options of the Zarr format for new arrays.

use serde::{Deserialize, Serialize};

/// A version of the Zarr format.
///
/// `Display`, `FromStr` and serde use the names `v2` and `v3`.
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

crate::error::named!(ZarrVersion, "version of Zarr", [V2 = "v2", V3 = "v3"]);

/// The options of new arrays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ZarrOptions {
    pub(crate) version: ZarrVersion,
    /// The most bytes, before compression, of the chunks in one shard. 0 for one object or file per chunk.
    pub(crate) shard_bytes: usize,
}
