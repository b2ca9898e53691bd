//! The protocols that a save or a load may use, and how arrays are to be written through them.

use super::FileProtocol;
use crate::array::Codec;
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
    codec: Codec,
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

    /// How chunks are compressed from now on; not at all by default.
    #[must_use]
    pub fn with_codec(mut self, codec: Codec) -> Self {
        self.codec = codec;
        self
    }

    /// The FILE protocol, if there is one.
    #[must_use]
    pub fn file(&self) -> Option<&Arc<dyn FileProtocol>> {
        self.file.as_ref()
    }

    /// How chunks are compressed.
    #[must_use]
    pub fn codec(&self) -> Codec {
        self.codec
    }
}

impl fmt::Debug for Protocols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_ref().map(|file| file.describe(""));
        f.debug_struct("Protocols").field("file", &file).field("codec", &self.codec).finish()
    }
}
