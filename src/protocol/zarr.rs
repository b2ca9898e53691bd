//! What is chosen of the Zarr format for arrays that are written through the S3 protocol.

/// A version of the Zarr format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ZarrVersion {
    /// Version 2, which zarr-python 2 reads.
    V2,
    /// Version 3.
    #[default]
    V3,
}

/// How new arrays are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ZarrOptions {
    pub(crate) version: ZarrVersion,
    /// Chunks are put together in objects of up to so many bytes before compression; 0 for an object each.
    pub(crate) shard_bytes: usize,
}
