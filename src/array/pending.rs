//! Arrays whose elements other programs will write: they have a shape, chunks and labels, and nothing to compute.

use super::source::{Elements, Source};
use super::{ChunkedArray, Chunking, Element, Evaluation, Region};
use crate::error::{Error, Result};
use std::sync::Arc;

impl<T: Element> ChunkedArray<T> {
    /// Returns an array whose elements several threads, processes or machines will write: a shape, chunks and a data
    /// type. Names of axes, attributes, a codec and a fill value are set as for any other array.
    ///
    /// `Storage::begin` takes a value with such arrays. Saving such a value is an error, and so is every operation that
    /// needs an element.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let height = ChunkedArray::<f32>::pending(&[721, 1440], &[128, 128])?.with_dims(["lat", "lon"])?;
    /// assert_eq!(height.grid().chunk_count(), 72);
    /// assert!(height.sum().unwrap_err().to_string().contains("pending"));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the chunks do not fit the shape, or the shape has more elements than can be counted.
    pub fn pending(shape: &[usize], chunks: impl Into<Chunking>) -> Result<Self> {
        Ok(Self::from_parts(chunks.into().grid(shape, size_of::<T>())?, Arc::new(Pending)))
    }
}

/// Nothing yet.
struct Pending;

fn pending() -> Error {
    Error::invalid(
        "the array is pending, so it has no elements yet: begin a session with Storage::begin, and load the value when the \
         session is committed",
    )
}

impl<T: Element> Source<T> for Pending {
    fn produce(&self, _: &Evaluation, _: &Region) -> Result<Elements<T>> {
        Err(pending())
    }

    fn failure(&self) -> Option<Error> {
        Some(pending())
    }

    fn is_pending(&self) -> bool {
        true
    }
}
