//! What is refused instead of being read or written: documents and arrays may come from strangers.
//!
//! The limits hold for reading and for writing alike, so that what is saved can be loaded again with the same ones.

use crate::error::{Error, Result};

/// Bytes that no stored chunk reaches, whatever the limits: HDF5 counts a chunk's bytes in 32 bits.
const LARGEST_CHUNK: usize = u32::MAX as usize - 1;
/// The largest element.
const LARGEST_ELEMENT: usize = 16;
/// A document's list of arrays may be this part of it; in memory it takes up to thirty times its length.
const MANIFEST_PART: u64 = 16;
/// A manifest of a small document may be that long all the same.
const SMALL_MANIFEST: u64 = 1 << 20;

/// Limits on what is read and written, so that a document or an array of a stranger cannot take all time or memory. The
/// defaults let pass what a measurement or a simulation leaves; raise them for data that you trust, lower them for a
/// service that opens anybody's.
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
/// An array that is read whole (`compute`, a plain `ndarray` field) is refused besides if it is larger than the machine's
/// memory; read a slice of it, or go through it chunk by chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    chunk_bytes: usize,
    chunks: usize,
    document_bytes: u64,
}

impl Default for Limits {
    /// Chunks of 1 GiB, 2^26 of them in an array, documents of 1 GiB.
    fn default() -> Self {
        Self { chunk_bytes: 1 << 30, chunks: 1 << 26, document_bytes: 1 << 30 }
    }
}

impl Limits {
    /// The most bytes of a stored chunk, before compression; what is in memory at least for each thread. At most just
    /// under 4 GiB, which is what the file format allows. Larger chunks of an array that is saved are cut.
    #[must_use]
    pub fn chunk_bytes(mut self, bytes: usize) -> Self {
        self.chunk_bytes = bytes.clamp(LARGEST_ELEMENT, LARGEST_CHUNK);
        self
    }

    /// The most chunks of an array; each takes 12 to 24 bytes of memory while the array is open.
    #[must_use]
    pub fn chunks(mut self, count: usize) -> Self {
        self.chunks = count;
        self
    }

    /// The most bytes of a document, its arrays left aside. Its list of arrays may take a sixteenth of that, or 1 MiB.
    #[must_use]
    pub fn document_bytes(mut self, bytes: u64) -> Self {
        self.document_bytes = bytes;
        self
    }

    /// The most bytes of a stored chunk.
    #[cfg(any(feature = "hdf5", feature = "zarr"))]
    pub(crate) fn most_chunk_bytes(&self) -> usize {
        self.chunk_bytes
    }

    /// The most chunks of an array.
    #[cfg(feature = "hdf5")]
    pub(crate) fn most_chunks(&self) -> usize {
        self.chunks
    }

    /// The most bytes of a document.
    pub(crate) fn most_document_bytes(&self) -> u64 {
        self.document_bytes
    }

    /// Refuses chunks of that shape, whose bytes were counted, if they can be.
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

    /// Refuses an array of so many chunks.
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

    /// The most bytes of a table with an entry for each chunk.
    #[cfg(feature = "zarr")]
    pub(crate) fn most_table_bytes(&self) -> u64 {
        self.chunks.saturating_mul(20) as u64
    }

    /// Refuses a document of so many bytes, or one that has at least so many.
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

    /// Refuses to write a document of so many bytes.
    pub(crate) fn check_written(&self, bytes: u64) -> Result<()> {
        if bytes <= self.document_bytes {
            return Ok(());
        }
        Err(Error::limit(format!(
            "the document would have {bytes} bytes, and the limit is {}: keep what is large in arrays, divide the object, or \
             raise the limit with Limits::document_bytes",
            self.document_bytes
        )))
    }

    /// Refuses to write a list of arrays that is so long.
    pub(crate) fn check_written_manifest(&self, bytes: u64) -> Result<()> {
        let most = self.most_manifest_bytes();
        if bytes <= most {
            return Ok(());
        }
        Err(Error::limit(format!(
            "the document's list of arrays would have {bytes} bytes, and the limit is {most}, a sixteenth of the document's: \
             divide the object, put small arrays together, or raise the limit with Limits::document_bytes"
        )))
    }

    fn most_manifest_bytes(&self) -> u64 {
        (self.document_bytes / MANIFEST_PART).max(SMALL_MANIFEST)
    }

    /// The error about a document that its store tells to be too large.
    #[cfg(feature = "object-store")]
    pub(crate) fn too_large_document(&self, error: Error) -> Error {
        error.reworded(&format!(
            "the document is larger than the limit of {} bytes: {}",
            self.document_bytes,
            raise("document_bytes")
        ))
    }

    /// Refuses a document with a list of arrays that is so long.
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

/// What to do.
fn raise(limit: &str) -> String {
    format!(
        "raise it with Limits::{limit}, for Storage::builder(..).limits(..) or Protocols::with_limits(..), if you trust \
         where this comes from"
    )
}
