//! Arrays that are concatenated along an axis, or stacked along a new one.

use super::fills::common_fill;
use crate::array::source::{Elements, Reading, Source};
use crate::array::{ArrayMeta, ChunkGrid, ChunkedArray, Element, ErasedArray, Evaluation, Region, zeroed};
use crate::error::{Error, Result};
use crate::task::check_cancelled;
use ndarray::{ArrayViewMutD, SliceInfoElem};
use std::borrow::Borrow;
use std::sync::Arc;

impl<T: Element> ChunkedArray<T> {
    /// Returns the arrays concatenated along an existing axis. Lazy. The chunks along that axis are kept. The other
    /// axes have the chunks of the first array.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let a = ChunkedArray::from_ndarray(ndarray::array![[1, 2]], &[1, 2])?;
    /// let b = ChunkedArray::from_ndarray(ndarray::array![[3, 4], [5, 6]], &[2, 2])?;
    /// let both = ChunkedArray::concatenate(0, [&a, &b])?;
    /// assert_eq!(both.compute()?, ndarray::array![[1, 2], [3, 4], [5, 6]].into_dyn());
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if there are no arrays or no such axis, if the shapes differ on another axis, or if arrays have
    /// different names of axes or different fill values.
    pub fn concatenate(axis: usize, arrays: impl IntoIterator<Item: Borrow<Self>>) -> Result<Self> {
        let arrays: Vec<Self> = arrays.into_iter().map(|array| array.borrow().clone()).collect();
        let first = arrays.first().ok_or_else(|| Error::invalid("there are no arrays to concatenate"))?;
        if axis >= first.ndim() {
            let shape = first.shape();
            return Err(Error::invalid(format!("arrays of shape {shape:?} have no axis {axis} to concatenate along")));
        }
        let mut runs = first.grid().runs();
        let mut labels = first.labels().clone();
        let (mut starts, mut end, mut depth) = (Vec::with_capacity(arrays.len()), 0usize, 0);
        for (number, array) in arrays.iter().enumerate() {
            let is_other = |at: usize| at != axis && array.shape().get(at) != first.shape().get(at);
            if array.ndim() != first.ndim() || (0..first.ndim()).any(is_other) {
                return Err(Error::invalid(format!(
                    "arrays of shape {:?} and {:?} cannot be concatenated along axis {axis}: the other axes must be \
                        equal",
                    first.shape(),
                    array.shape()
                )));
            }
            starts.push(end);
            end = end.checked_add(array.shape()[axis]).ok_or_else(|| Error::invalid("an axis that is too long"))?;
            depth = depth.max(array.depth());
            if labels != *array.labels() {
                labels = labels.common_dims(array.labels())?.with_fill(common_fill(&arrays)?);
            }
            if number > 0 {
                runs[axis].append(&mut array.grid().runs().swap_remove(axis));
            }
        }
        let grid = ChunkGrid::from_runs(&runs)?;
        let source = Concatenated { arrays, axis, starts, grown: None };
        Ok(Self::operation(grid, depth, Arc::new(source)).chosen(ArrayMeta::of_labels(labels)))
    }

    /// Returns arrays of one shape, stacked along a new axis at that position. Lazy.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let (a, b) = (ndarray::array![1, 2, 3], ndarray::array![4, 5, 6]);
    /// let (a, b) = (ChunkedArray::from(a), ChunkedArray::from(b));
    /// assert_eq!(ChunkedArray::stack(0, [&a, &b])?.shape(), [2, 3]);
    /// assert_eq!(ChunkedArray::stack(1, [&a, &b])?.shape(), [3, 2]);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if there are no arrays, if the shapes differ, or if `axis` is greater than the number of axes.
    pub fn stack(axis: usize, arrays: impl IntoIterator<Item: Borrow<Self>>) -> Result<Self> {
        let mut widened = Vec::new();
        for array in arrays {
            let array: &Self = array.borrow();
            if axis > array.ndim() {
                let shape = array.shape();
                return Err(Error::invalid(format!("arrays of shape {shape:?} cannot be stacked along axis {axis}")));
            }
            let mut slice = vec![SliceInfoElem::from(..); array.ndim()];
            slice.insert(axis, SliceInfoElem::NewAxis);
            widened.push(array.slice(&slice)?);
        }
        Self::concatenate(axis, widened)
    }
}

pub(super) struct Concatenated<T: Element> {
    pub(super) arrays: Vec<ChunkedArray<T>>,
    pub(super) axis: usize,
    /// Where each array begins.
    pub(super) starts: Vec<usize>,
    /// If this is the first array, to which the others were appended: how these are read.
    pub(super) grown: Option<Reading>,
}

impl<T: Element> Concatenated<T> {
    /// The arrays that a region meets: for each the array, the part of it, and the part of the region.
    fn parts(&self, region: &Region) -> impl Iterator<Item = (&ChunkedArray<T>, Region, Region)> {
        let (start, end) = (region.start()[self.axis], region.start()[self.axis] + region.shape()[self.axis]);
        let first = self.starts.partition_point(|at| *at <= start).saturating_sub(1);
        let last = self.starts.partition_point(|at| *at < end).max(first);
        (first..last).filter_map(move |number| {
            let (array, at) = (&self.arrays[number], self.starts[number]);
            let (low, high) = (start.max(at), end.min(at + array.shape()[self.axis]));
            let len = high.checked_sub(low).filter(|len| *len > 0)?;
            let (mut own_start, mut shape) = (region.start().to_vec(), region.shape().to_vec());
            (own_start[self.axis], shape[self.axis]) = (low - at, len);
            let mut target = vec![0; region.ndim()];
            target[self.axis] = low - start;
            Some((array, Region::of(own_start, shape.clone()), Region::of(target, shape)))
        })
    }
}

impl<T: Element> Source<T> for Concatenated<T> {
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>> {
        let mut parts = self.parts(region);
        if let (Some((array, own, _)), None) = (parts.next(), parts.next()) {
            return array.produce(evaluation, &own);
        }
        let mut out = zeroed::<T>(region.shape())?;
        self.read_into(evaluation, region, &mut out.view_mut())?;
        Ok(out.into_shared())
    }

    fn read_into(&self, evaluation: &Evaluation, region: &Region, out: &mut ArrayViewMutD<'_, T>) -> Result<()> {
        for (array, own, target) in self.parts(region) {
            check_cancelled()?;
            array.read_into(evaluation, &own, &mut out.slice_mut(target.to_slice_info().as_slice()))?;
        }
        Ok(())
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        let chunks = |array: &ChunkedArray<T>| {
            let mut runs = array.grid().runs();
            runs.remove(self.axis);
            runs
        };
        let first = self.arrays.first().map(chunks);
        for (number, array) in self.arrays.iter().enumerate() {
            let lines_up = Some(chunks(array)) == first;
            let appended = self.grown.filter(|_| number > 0).unwrap_or(Reading::OncePerChunk);
            visit(array, if lines_up { appended } else { Reading::Across });
        }
    }

    fn is_cheap(&self) -> bool {
        self.arrays.iter().all(|array| array.is_cheap())
    }

    fn is_view(&self) -> bool {
        true
    }

    fn passed_on(&self, region: &Region) -> Option<(ChunkedArray<T>, Region)> {
        let mut parts = self.parts(region);
        match (parts.next(), parts.next()) {
            (Some((array, own, _)), None) => Some((array.clone(), own)),
            _ => None,
        }
    }

    fn version_of(&self) -> Option<&ChunkedArray<T>> {
        self.grown.and(self.arrays.first())
    }
}
