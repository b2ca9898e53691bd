//! The protocols that a save or a load may use, and how arrays are to be written through them.

use super::FileProtocol;
use crate::array::Codec;
use crate::limits::Limits;
use std::fmt;
use std::sync::Arc;

/// Where arrays go when a value is serialized outside a [`Storage`](crate::Storage).
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use arraystow::{Codec, LocalFiles, Protocols};
///
/// let files = LocalFiles::new(folder.path())?;
/// let protocols = Protocols::new().with_file(files).with_codec(Codec::Zstd(3));
/// let bytes = arraystow::to_vec(&ndarray::Array2::<f64>::zeros((100, 100)), &protocols)?;
/// let zeros: ndarray::Array2<f64> = arraystow::from_slice(&bytes, &protocols)?;
/// assert_eq!(zeros.dim(), (100, 100));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Protocols {
    file: Option<Arc<dyn FileProtocol>>,
    #[cfg(feature = "object-store")]
    s3: Option<super::S3Protocol>,
    #[cfg(feature = "object-store")]
    zarr: super::zarr::ZarrOptions,
    codec: Option<Codec>,
    limits: Limits,
}

impl Protocols {
    /// No protocol yet: values without arrays can be saved, others need one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the FILE protocol: arrays become HDF5 files.
    #[must_use]
    pub fn with_file(mut self, files: impl FileProtocol) -> Self {
        self.file = Some(Arc::new(files));
        self
    }

    /// Adds the S3 protocol: arrays become Zarr arrays. With both protocols, FILE is taken.
    #[cfg(feature = "object-store")]
    #[must_use]
    pub fn with_s3(mut self, s3: super::S3Protocol) -> Self {
        self.s3 = Some(s3);
        self
    }

    /// The version of the Zarr format that new arrays get; [`V3`](crate::ZarrVersion::V3) by default.
    #[cfg(feature = "object-store")]
    #[must_use]
    pub fn with_zarr_version(mut self, version: crate::ZarrVersion) -> Self {
        self.zarr.version = version;
        self
    }

    /// Puts chunks of new Zarr arrays together in objects (shards) of up to so many bytes, counted before compression; 0, as
    /// by default, for an object each. Fewer and larger objects, of which parts can still be read.
    #[cfg(feature = "object-store")]
    #[must_use]
    pub fn with_shard_bytes(mut self, bytes: usize) -> Self {
        self.zarr.shard_bytes = bytes;
        self
    }

    /// How chunks are compressed from now on; by default not at all in HDF5, with [`Codec::Blosc`] in Zarr.
    #[must_use]
    pub fn with_codec(mut self, codec: Codec) -> Self {
        self.codec = Some(codec);
        self
    }

    /// What is refused instead of being read or written; the [defaults](Limits) are good for data of one's own.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The FILE protocol, if there is one.
    #[must_use]
    pub fn file(&self) -> Option<&Arc<dyn FileProtocol>> {
        self.file.as_ref()
    }

    /// The S3 protocol, if there is one.
    #[cfg(feature = "object-store")]
    #[must_use]
    pub fn s3(&self) -> Option<&super::S3Protocol> {
        self.s3.as_ref()
    }

    #[cfg(feature = "object-store")]
    pub(crate) fn zarr_options(&self) -> super::zarr::ZarrOptions {
        self.zarr
    }

    /// What is refused.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// How chunks are compressed, if that was chosen.
    #[must_use]
    pub fn codec(&self) -> Option<Codec> {
        self.codec
    }
}

impl fmt::Debug for Protocols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_ref().map(|file| file.describe(""));
        let mut text = f.debug_struct("Protocols");
        text.field("file", &file);
        #[cfg(feature = "object-store")]
        text.field("s3", &self.s3);
        text.field("codec", &self.codec).field("limits", &self.limits).finish()
    }
}
