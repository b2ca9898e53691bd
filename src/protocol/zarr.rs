//! The options of the Zarr format for new arrays.

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

/// The options of new arrays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ZarrOptions {
    pub(crate) version: ZarrVersion,
    /// The most bytes, before compression, of the chunks that are put together in one object. 0 for one object a chunk.
    pub(crate) shard_bytes: usize,
}
