//! The axes of an array in another order.

use crate::array::source::{Elements, Reading, Source};
use crate::array::{ArrayMeta, ChunkGrid, ChunkedArray, Element, ErasedArray, Evaluation, Region};
use crate::error::{Error, Result};
use std::sync::Arc;

impl<T: Element> ChunkedArray<T> {
    /// Returns the array with its axes in reverse order. Lazy.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::<f32>::zeros(&[10, 20, 30], &[5, 5, 5])?;
    /// assert_eq!(array.transpose().shape(), [30, 20, 10]);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    #[must_use]
    pub fn transpose(&self) -> Self {
        let axes: Vec<usize> = (0..self.ndim()).rev().collect();
        self.permuted(axes).unwrap_or_else(|error| Self::failed(self.grid().clone(), error))
    }

    /// Returns the array with its axes in this order: axis 0 of the result is axis `axes[0]` of the array. Lazy.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::<f32>::zeros(&[10, 20, 30], &[5, 5, 5])?;
    /// assert_eq!(array.permuted_axes(&[1, 2, 0])?.shape(), [20, 30, 10]);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if `axes` does not name each axis once.
    pub fn permuted_axes(&self, axes: &[usize]) -> Result<Self> {
        let mut sorted = axes.to_vec();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..self.ndim()) {
            return Err(Error::invalid(format!(
                "{axes:?} is not an order of the axes of an array of shape {:?}: name each axis once",
                self.shape()
            )));
        }
        self.permuted(axes.to_vec())
    }

    fn permuted(&self, axes: Vec<usize>) -> Result<Self> {
        let runs = self.grid().runs();
        let grid = ChunkGrid::from_runs(&axes.iter().map(|axis| runs[*axis].clone()).collect::<Vec<_>>())?;
        let meta = ArrayMeta::of_labels(self.labels().with_axes(axes.iter().copied().map(Some)));
        Ok(Self::operation(grid, self.depth(), Arc::new(Permuted { input: self.clone(), axes })).chosen(meta))
    }
}

struct Permuted<T: Element> {
    input: ChunkedArray<T>,
    /// The axis of the input that each axis is.
    axes: Vec<usize>,
}

impl<T: Element> Source<T> for Permuted<T> {
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>> {
        let (mut start, mut shape) = (vec![0; region.ndim()], vec![0; region.ndim()]);
        for ((axis, at), len) in self.axes.iter().zip(region.start()).zip(region.shape()) {
            (start[*axis], shape[*axis]) = (*at, *len);
        }
        let elements = self.input.produce(evaluation, &Region::of(start, shape))?;
        Ok(elements.permuted_axes(self.axes.as_slice()))
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.input, Reading::OncePerChunk);
    }

    fn is_cheap(&self) -> bool {
        self.input.is_cheap()
    }

    fn is_view(&self) -> bool {
        true
    }
}
