//! Elements at listed positions of an axis.

use crate::array::source::{Elements, Reading, Source, copy_into};
use crate::array::{ArrayMeta, ChunkGrid, ChunkedArray, Element, ErasedArray, Evaluation, Region, zeroed};
use crate::error::{Error, Result};
use crate::task::check_cancelled;
use ndarray::Axis;
use std::sync::Arc;

impl<T: Element> ChunkedArray<T> {
    /// Returns the elements at these positions of an axis, in the given order. A position may occur several times.
    /// Lazy.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::from_ndarray(ndarray::array![10, 20, 30, 40], &[2])?;
    /// assert_eq!(array.take(0, &[3, 0, 3])?.compute()?, ndarray::array![40, 10, 40].into_dyn());
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if there is no such axis, or a position is outside of it.
    pub fn take(&self, axis: usize, positions: &[usize]) -> Result<Self> {
        self.check_axis(axis)?;
        let len = self.shape()[axis];
        if let Some(at) = positions.iter().find(|at| **at >= len) {
            return Err(Error::invalid(format!("position {at} is outside of axis {axis} of shape {:?}", self.shape())));
        }
        let mut runs = self.grid().runs();
        let is_ascending = positions.windows(2).all(|pair| pair[0] < pair[1]);
        if is_ascending {
            // One chunk for each chunk of the input that has some.
            runs[axis].clear();
            let mut left = positions;
            while let Some(at) = left.first() {
                let (start, len) = self.grid().axis_chunk_around(axis, *at);
                let (of_chunk, rest) = left.split_at(left.partition_point(|at| *at < start + len));
                runs[axis].push((of_chunk.len(), 1));
                left = rest;
            }
        } else {
            let chunk = self.grid().largest_chunk()[axis].max(1);
            runs[axis] = vec![(chunk, positions.len() / chunk), (positions.len() % chunk, 1)];
            runs[axis].retain(|(len, _)| *len > 0);
        }
        let grid = ChunkGrid::from_runs(&runs)?;
        let reading = if is_ascending { Reading::OncePerChunk } else { Reading::Across };
        let source = Taken { input: self.clone(), axis, positions: positions.into(), reading };
        let meta = ArrayMeta::of_labels(self.labels().clone());
        Ok(Self::operation(grid, self.depth(), Arc::new(source)).chosen(meta))
    }

    /// Returns the elements of an axis where a mask is `true`. Lazy.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::from_ndarray(ndarray::array![10, 20, 30], &[2])?;
    /// assert_eq!(array.compress(0, &[true, false, true])?.compute()?, ndarray::array![10, 30].into_dyn());
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if there is no such axis, or if the mask has another length.
    pub fn compress(&self, axis: usize, mask: &[bool]) -> Result<Self> {
        self.check_axis(axis)?;
        if mask.len() != self.shape()[axis] {
            let (len, shape) = (mask.len(), self.shape());
            return Err(Error::invalid(format!("a mask of {len} elements for axis {axis} of shape {shape:?}")));
        }
        let positions: Vec<usize> = (0..mask.len()).filter(|at| mask[*at]).collect();
        self.take(axis, &positions)
    }

    /// Fails for an axis that the array does not have.
    pub(in crate::array) fn check_axis(&self, axis: usize) -> Result<()> {
        if axis < self.ndim() {
            return Ok(());
        }
        Err(Error::invalid(format!("an array of shape {:?} has no axis {axis}", self.shape())))
    }
}

struct Taken<T: Element> {
    input: ChunkedArray<T>,
    axis: usize,
    positions: Arc<[usize]>,
    reading: Reading,
}

impl<T: Element> Source<T> for Taken<T> {
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>> {
        let mut out = zeroed::<T>(region.shape())?;
        let first = region.start()[self.axis];
        let wanted = &self.positions[first..first + region.shape()[self.axis]];
        // In the order of the input, so that of each of its chunks the needed part is in memory once.
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        order.sort_by_key(|at| wanted[*at]);
        let mut left = order.as_slice();
        while let Some(at) = left.first() {
            check_cancelled()?;
            let low = wanted[*at];
            let (start, len) = self.input.grid().axis_chunk_around(self.axis, low);
            let (of_chunk, rest) = left.split_at(left.partition_point(|at| wanted[*at] < start + len));
            let high = of_chunk.last().map_or(low, |at| wanted[*at]) + 1;
            let (mut own_start, mut own_shape) = (region.start().to_vec(), region.shape().to_vec());
            (own_start[self.axis], own_shape[self.axis]) = (low, high - low);
            let elements = self.input.produce(evaluation, &Region::of(own_start, own_shape))?;
            for at in of_chunk {
                copy_into(
                    elements.index_axis(Axis(self.axis), wanted[*at] - low),
                    &mut out.index_axis_mut(Axis(self.axis), *at),
                )?;
            }
            left = rest;
        }
        Ok(out.into_shared())
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.input, self.reading);
    }

    fn is_part(&self) -> bool {
        true
    }
}
