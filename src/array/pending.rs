//! Arrays whose elements other programs will write: they have a shape, chunks and labels, and nothing to compute.

use super::source::{Elements, Source};
use super::{AnyArray, ChunkedArray, Chunking, DataType, Element, EncodedArray, Evaluation, Region, with_typed};
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

impl AnyArray {
    /// Returns an array of any data type whose elements several threads, processes or machines will write, as
    /// [`ChunkedArray::pending`] does. [`AnySlot`](crate::AnySlot) writes its chunks.
    ///
    /// ```
    /// # use arraystow::{AnyArray, DataType};
    /// let names = AnyArray::pending(DataType::Text(8), &[1000], &[100])?.with_dims(["station"])?;
    /// assert_eq!((names.data_type(), names.grid().chunk_count()), (DataType::Text(8), 10));
    /// assert!(names.to_bytes().unwrap_err().to_string().contains("pending"));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if no array can have the data type, or if the chunks do not fit the shape.
    pub fn pending(data_type: DataType, shape: &[usize], chunks: impl Into<Chunking>) -> Result<Self> {
        data_type.check()?;
        let grid = chunks.into().grid(shape, data_type.size())?;
        with_typed!(data_type, T => Ok(ChunkedArray::<T>::pending(shape, grid)?.into()), else => {
            let bytes = ChunkedArray::from_parts(grid.with_last_axis(data_type.size())?, Arc::new(Pending));
            Ok(Self::of(Arc::new(EncodedArray::of_byte_array(data_type, grid, bytes))))
        })
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
