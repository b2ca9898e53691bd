//! Limits on what is read and written, for documents and arrays of unknown origin.
//!
//! The limits are the same for reading and for writing, so that a saved value can be loaded with the same limits.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// The most bytes of a stored chunk that `Limits` allow: HDF5 counts a chunk's bytes in 32 bits.
const LARGEST_CHUNK: usize = u32::MAX as usize - 1;
/// The bytes of the largest element.
const LARGEST_ELEMENT: usize = 16;
/// The divisor of a document's limit that gives its manifest's limit. In memory a manifest takes up to thirty times its
/// length.
const MANIFEST_PART: u64 = 16;
/// The size up to which a manifest is allowed under any limit, in bytes.
const SMALL_MANIFEST: u64 = 1 << 20;

/// Limits on what is read and written, so that a document or an array of unknown origin cannot exhaust time or memory.
///
/// The defaults suit the results of measurements and simulations. Raise them for larger data that you trust. Lower them
/// for a service that opens its users' files: with the defaults, such a file may take gigabytes of memory.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use arraystow::{Limits, Storage};
///
/// let limits = Limits::default().chunk_bytes(4 << 20).document_bytes(1 << 20);
/// let storage = Storage::builder(folder.path()).limits(limits).open()?;
/// let error = storage.save("large", &vec![0_u64; 1 << 20]).unwrap_err();
/// assert_eq!(error.kind(), arraystow::ErrorKind::Limit);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Besides these limits, reading a whole array (`compute`, a plain `ndarray` field) fails if the array is larger than
/// the machine's memory. Read a slice of it, or read it chunk by chunk.
///
/// With serde it is a map of the limits. A missing limit has its default, and an unknown one is an error.
///
/// ```
/// # use arraystow::Limits;
/// let limits: Limits = serde_json::from_str(r#"{"chunks": 1000}"#)?;
/// assert_eq!(limits, Limits::default().chunks(1000));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "SerializedLimits")]
#[non_exhaustive]
pub struct Limits {
    chunk_bytes: usize,
    chunks: usize,
    document_bytes: u64,
}

/// The serialized form of limits, before their values are cut to what is possible.
#[derive(Deserialize)]
#[serde(rename = "Limits", deny_unknown_fields)]
struct SerializedLimits {
    chunk_bytes: Option<usize>,
    chunks: Option<usize>,
    document_bytes: Option<u64>,
}

impl From<SerializedLimits> for Limits {
    fn from(serialized: SerializedLimits) -> Self {
        let default = Self::default();
        default
            .chunk_bytes(serialized.chunk_bytes.unwrap_or(default.chunk_bytes))
            .chunks(serialized.chunks.unwrap_or(default.chunks))
            .document_bytes(serialized.document_bytes.unwrap_or(default.document_bytes))
    }
}

impl Default for Limits {
    /// Chunks of 1 GiB, 2^26 of them in an array, documents of 1 GiB.
    fn default() -> Self {
        Self { chunk_bytes: 1 << 30, chunks: 1 << 26, document_bytes: 1 << 30 }
    }
}

impl Limits {
    /// Sets the maximum number of bytes of a stored chunk, before compression. Each thread has at least one chunk in
    /// memory.
    ///
    /// The value is capped at just under 4 GiB, which is the limit of the file format. A save divides larger chunks.
    #[must_use]
    pub fn chunk_bytes(mut self, bytes: usize) -> Self {
        self.chunk_bytes = bytes.clamp(LARGEST_ELEMENT, LARGEST_CHUNK);
        self
    }

    /// Sets the maximum number of chunks of an array. Each takes 12 to 24 bytes of memory while the array is open.
    #[must_use]
    pub fn chunks(mut self, count: usize) -> Self {
        self.chunks = count;
        self
    }

    /// Sets the maximum number of bytes of a document, without its arrays. Its manifest may have a sixteenth of this,
    /// or 1 MiB if that is more.
    #[must_use]
    pub fn document_bytes(mut self, bytes: u64) -> Self {
        self.document_bytes = bytes;
        self
    }

    /// Returns the maximum number of bytes of a stored chunk.
    ///
    /// ```
    /// let limits = arraystow::Limits::default().chunks(1000);
    /// assert_eq!((limits.most_chunk_bytes(), limits.most_chunks()), (1 << 30, 1000));
    /// assert_eq!(limits.most_document_bytes(), 1 << 30);
    /// ```
    #[must_use]
    pub fn most_chunk_bytes(&self) -> usize {
        self.chunk_bytes
    }

    /// Returns the maximum number of chunks of an array. See [`most_chunk_bytes`](Self::most_chunk_bytes) for an example.
    #[must_use]
    pub fn most_chunks(&self) -> usize {
        self.chunks
    }

    /// Returns the maximum number of bytes of a document. See [`most_chunk_bytes`](Self::most_chunk_bytes) for an example.
    #[must_use]
    pub fn most_document_bytes(&self) -> u64 {
        self.document_bytes
    }

    /// Fails if chunks of this shape are too large. `bytes` is `None` if the bytes cannot be counted.
    #[cfg(any(feature = "hdf5", feature = "zarr"))]
    pub(crate) fn check_chunk(&self, shape: &[usize], bytes: Option<usize>) -> Result<usize> {
        bytes.filter(|bytes| *bytes <= self.chunk_bytes).ok_or_else(|| {
            let size =
                bytes.map_or_else(|| "more bytes than can be counted".to_owned(), |bytes| format!("{bytes} bytes"));
            let most = self.chunk_bytes;
            Error::limit(format!(
                "chunks of shape {shape:?} have {size} each, and the limit is {most} (at most just under 4 GiB): {}",
                raise("chunk_bytes")
            ))
        })
    }

    /// Fails if an array has too many chunks.
    #[cfg(any(feature = "hdf5", feature = "zarr"))]
    pub(crate) fn check_chunks(&self, count: usize) -> Result<()> {
        if count <= self.chunks {
            return Ok(());
        }
        Err(Error::limit(format!(
            "the array has {count} chunks, and the limit is {}: choose larger chunks, or {}",
            self.chunks,
            raise("chunks")
        )))
    }

    /// Returns the most bytes of a table with an entry for each chunk.
    #[cfg(feature = "zarr")]
    pub(crate) fn most_table_bytes(&self) -> u64 {
        self.chunks.saturating_mul(20) as u64
    }

    /// Fails if a document is too large. It has `bytes` bytes or more.
    pub(crate) fn check_document(&self, bytes: u64) -> Result<()> {
        if bytes <= self.document_bytes {
            return Ok(());
        }
        Err(Error::limit(format!(
            "the document has {bytes} bytes or more, and the limit is {}: {}",
            self.document_bytes,
            raise("document_bytes")
        )))
    }

    /// Fails if a document that would be written is too large.
    pub(crate) fn check_written(&self, bytes: u64) -> Result<()> {
        if bytes <= self.document_bytes {
            return Ok(());
        }
        Err(Error::limit(format!(
            "the document would have {bytes} bytes, and the limit is {}: move large parts into arrays, divide the \
                value, or raise the limit with Limits::document_bytes",
            self.document_bytes
        )))
    }

    /// Fails if a manifest that would be written is too large.
    pub(crate) fn check_written_manifest(&self, bytes: u64) -> Result<()> {
        let most = self.most_manifest_bytes();
        if bytes <= most {
            return Ok(());
        }
        Err(Error::limit(format!(
            "the document's list of arrays would have {bytes} bytes, and the limit is {most}, a sixteenth of the document's: \
             divide the value, merge small arrays, or raise the limit with Limits::document_bytes"
        )))
    }

    fn most_manifest_bytes(&self) -> u64 {
        (self.document_bytes / MANIFEST_PART).max(SMALL_MANIFEST)
    }

    /// Returns the error for a document whose store reports it as too large.
    #[cfg(feature = "object-store")]
    pub(crate) fn too_large_document(&self, error: Error) -> Error {
        error.reworded(&format!(
            "the document is larger than the limit of {} bytes: {}",
            self.document_bytes,
            raise("document_bytes")
        ))
    }

    /// Fails if the manifest of a document is too large.
    pub(crate) fn check_manifest(&self, bytes: u64) -> Result<()> {
        let most = self.most_manifest_bytes();
        if bytes <= most {
            return Ok(());
        }
        Err(Error::limit(format!(
            "the document's list of arrays has {bytes} bytes, and the limit is {most}, a sixteenth of the document's: {}",
            raise("document_bytes")
        )))
    }
}

/// Returns the advice to raise a limit.
fn raise(limit: &str) -> String {
    format!(
        "raise it with Limits::{limit}, for Storage::builder(..).limits(..) or Protocols::with_limits(..), if you \
            trust the source of the data"
    )
}
