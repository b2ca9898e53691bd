//! Constructors of chunked arrays, and the sources without input arrays.

use super::function::{ChunkSource, FromSource, Function, IntoChunk};
use super::source::{Elements, Source};
use super::{ChunkGrid, ChunkedArray, Chunking, Element, Evaluation, Region, zeroed};
use crate::error::{Error, Result};
use ndarray::{Array, ArrayViewMutD, Dimension};
use std::sync::Arc;

impl<T: Element> ChunkedArray<T> {
    /// Returns a chunked array of an ndarray. Chunks have a shape, such as `&[64, 64]`, or are given by a [`Chunking`].
    ///
    /// ```
    /// use arraystow::{ChunkedArray, Chunking};
    /// use ndarray::Array2;
    ///
    /// let array = Array2::<f32>::zeros((1000, 500));
    /// let tiles = ChunkedArray::from_ndarray(array.clone(), &[64, 64])?;
    /// assert_eq!(tiles.grid().chunks_per_axis(), [16, 8]);
    /// let whole = ChunkedArray::from_ndarray(array, Chunking::Whole)?;
    /// assert_eq!(whole.grid().chunk_count(), 1);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the chunks do not fit the array.
    pub fn from_ndarray<D: Dimension>(array: Array<T, D>, chunks: impl Into<Chunking>) -> Result<Self> {
        let grid = chunks.into().grid(array.shape(), size_of::<T>())?;
        Ok(Self::in_memory(array, grid))
    }

    /// Returns an array of zeros (`false` for `bool`). It takes no memory: chunks are computed when they are needed.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let zeros = ChunkedArray::<f32>::zeros(&[1_000_000, 1_000_000], &[1000, 1000])?;
    /// assert_eq!(zeros.slice(ndarray::s![..100, 0])?.sum()?, 0.0);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the chunks do not fit the shape, or the shape has more elements than can be counted.
    pub fn zeros(shape: &[usize], chunks: impl Into<Chunking>) -> Result<Self> {
        Self::full(shape, T::default(), chunks)
    }

    /// Returns an array whose elements are all `value`. It takes no memory: chunks are computed when they are needed.
    ///
    /// ```
    /// # use arraystow::{ChunkedArray, Chunking};
    /// let missing = ChunkedArray::full(&[721, 1440], f32::NAN, Chunking::default())?;
    /// assert!(missing.chunk(&[0, 0])?.iter().all(|x| x.is_nan()));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the chunks do not fit the shape, or the shape has more elements than can be counted.
    pub fn full(shape: &[usize], value: T, chunks: impl Into<Chunking>) -> Result<Self> {
        let grid = chunks.into().grid(shape, size_of::<T>())?;
        Ok(Self::from_parts(grid, Arc::new(Constant(value))))
    }

    /// Returns a lazy array computed by a function. `chunk` is called with the region of each chunk that is needed,
    /// from any thread. It returns an ndarray of the region's shape, or a `Result` of one.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let ramp = ChunkedArray::from_fn(&[1_000_000, 1_000_000], &[512, 512], |region| {
    ///     let first = region.start()[0];
    ///     ndarray::ArrayD::from_shape_fn(region.shape(), |at| (first + at[0]) as f32)
    /// })?;
    /// assert_eq!(ramp.slice(ndarray::s![700_000, 5])?.compute()?[[]], 700_000.0);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the chunks do not fit the shape, or the shape has more elements than can be counted.
    pub fn from_fn<F, C>(shape: &[usize], chunks: impl Into<Chunking>, chunk: F) -> Result<Self>
    where
        F: Fn(&Region) -> C + Send + Sync + 'static,
        C: IntoChunk<T> + 'static,
    {
        Ok(Self::from_source(chunks.into().grid(shape, size_of::<T>())?, Function(chunk)))
    }

    /// Returns a lazy array whose chunks a [`ChunkSource`] produces. See there for an example.
    #[must_use]
    pub fn from_source(grid: ChunkGrid, source: impl ChunkSource<T>) -> Self {
        Self::from_parts(grid.clone(), Arc::new(FromSource { grid, source }))
    }

    /// An array in memory. The grid must have its shape.
    fn in_memory<D: Dimension>(array: Array<T, D>, grid: ChunkGrid) -> Self {
        Self::from_parts(grid, Arc::new(InMemory(array.into_dyn().into_shared())))
    }

    /// An array that cannot be computed: the result of an invalid operation, since operators cannot return an error.
    pub(super) fn failed(grid: ChunkGrid, error: Error) -> Self {
        Self::from_parts(grid, Arc::new(Failed(error)))
    }
}

impl<T: Element, D: Dimension> From<Array<T, D>> for ChunkedArray<T> {
    /// Returns an array in memory, divided into chunks of at most 1 MiB, as by [`Chunking::default`].
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::from(ndarray::array![[1_i32, 2], [3, 4]]);
    /// assert_eq!(array.sum()?, 10);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    fn from(array: Array<T, D>) -> Self {
        let grid = ChunkGrid::of_array(array.shape(), size_of::<T>());
        Self::in_memory(array, grid)
    }
}

/// Elements in memory.
struct InMemory<T>(Elements<T>);

impl<T: Element> Source<T> for InMemory<T> {
    fn produce(&self, _: &Evaluation, region: &Region) -> Result<Elements<T>> {
        Ok(self.0.clone().slice_move(region.to_slice_info().as_slice()))
    }

    fn is_cheap(&self) -> bool {
        true
    }
}

/// The same value everywhere.
struct Constant<T>(T);

impl<T: Element> Source<T> for Constant<T> {
    fn produce(&self, _: &Evaluation, region: &Region) -> Result<Elements<T>> {
        let mut elements = zeroed::<T>(region.shape())?;
        // The memory is zeroed already: filling it with zeros would touch every page.
        let is_zero =
            T::bytes_of(std::slice::from_ref(&self.0)).is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0));
        if !is_zero {
            elements.fill(self.0.clone());
        }
        Ok(elements.into_shared())
    }

    fn read_into(&self, _: &Evaluation, _: &Region, out: &mut ArrayViewMutD<'_, T>) -> Result<()> {
        out.fill(self.0.clone());
        Ok(())
    }

    fn is_cheap(&self) -> bool {
        true
    }
}

/// The error of an invalid operation.
struct Failed(Error);

impl<T: Element> Source<T> for Failed {
    fn produce(&self, _: &Evaluation, _: &Region) -> Result<Elements<T>> {
        Err(self.0.clone())
    }

    fn failure(&self) -> Option<Error> {
        Some(self.0.clone())
    }
}
