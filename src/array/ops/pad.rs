//! Elements around an array.

use crate::array::{ArrayMeta, ChunkGrid, ChunkedArray, Element};
use crate::error::{Error, Result};
use ndarray::SliceInfoElem;

/// The elements that are added around an array; see [`ChunkedArray::pad`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Padding<T> {
    /// This value.
    Constant(T),
    /// The nearest element: `a b c` becomes `a a a b c c c`.
    Edge,
    /// The elements in reverse, without the one at the edge: `a b c` becomes `c b a b c b a`.
    Reflect,
}

impl<T: Element> ChunkedArray<T> {
    /// Returns the array with the given numbers of elements added before and after it on each axis. Lazy. The chunks of
    /// the array are kept, and the added elements have chunks of their own. In the corners, later axes repeat what
    /// earlier axes have added, as in numpy.
    ///
    /// ```
    /// # use arraystow::{ChunkedArray, Padding};
    /// let array = ChunkedArray::from_ndarray(ndarray::array![1, 2, 3], &[2])?;
    /// let padded = |padding| array.pad(&[(1, 2)], padding)?.compute();
    /// assert_eq!(padded(Padding::Constant(0))?, ndarray::array![0, 1, 2, 3, 0, 0].into_dyn());
    /// assert_eq!(padded(Padding::Edge)?, ndarray::array![1, 1, 2, 3, 3, 3].into_dyn());
    /// assert_eq!(padded(Padding::Reflect)?, ndarray::array![2, 1, 2, 3, 2, 1].into_dyn());
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if `widths` has another number of axes; if an axis has no elements; for `Reflect`, if more
    /// elements are added at an end than the axis has beside its edge (numpy reflects repeatedly).
    pub fn pad(&self, widths: &[(usize, usize)], padding: Padding<T>) -> Result<Self> {
        if widths.len() != self.ndim() {
            return Err(Error::invalid(format!(
                "{} widths of padding for an array of shape {:?}: give one pair for each axis",
                widths.len(),
                self.shape()
            )));
        }
        let mut padded = self.clone();
        for (axis, (before, after)) in widths.iter().enumerate() {
            let mut parts = Vec::with_capacity(3);
            if *before > 0 {
                parts.push(padded.beside(axis, *before, true, &padding)?);
            }
            parts.push(padded.clone());
            if *after > 0 {
                parts.push(padded.beside(axis, *after, false, &padding)?);
            }
            if parts.len() > 1 {
                padded = Self::concatenate(axis, parts)?.chosen(ArrayMeta::of_labels(self.labels().clone()));
            }
        }
        Ok(padded)
    }

    /// The elements that are added at one end of an axis.
    fn beside(&self, axis: usize, width: usize, before: bool, padding: &Padding<T>) -> Result<Self> {
        let len = self.shape()[axis];
        let value = match padding {
            Padding::Constant(value) => value.clone(),
            Padding::Edge if len > 0 => T::default(),
            Padding::Reflect if len > width => {
                let first = if before { 1 } else { len - 1 - width };
                return self.part(axis, first, width, -1);
            }
            _ => {
                return Err(Error::invalid(format!(
                    "axis {axis} of an array of shape {:?} cannot be padded by {width} elements ({}): it is too short",
                    self.shape(),
                    if *padding == Padding::Edge { "Edge" } else { "Reflect" }
                )));
            }
        };
        let mut runs = self.grid().runs();
        let chunk = self.grid().largest_chunk()[axis].max(1);
        runs[axis] = vec![(chunk, width / chunk), (width % chunk, usize::from(!width.is_multiple_of(chunk)))];
        let values = Self::full_on(ChunkGrid::from_runs(&runs)?, value)?;
        if !matches!(padding, Padding::Edge) {
            return Ok(values);
        }
        let edge = self.part(axis, if before { 0 } else { len - 1 }, 1, 1)?;
        values.zip_with(&edge, |_, edge| edge)
    }

    fn full_on(grid: ChunkGrid, value: T) -> Result<Self> {
        let shape = grid.shape().to_vec();
        Self::full(&shape, value, grid)
    }

    /// A range of an axis, forwards or backwards.
    fn part(&self, axis: usize, first: usize, len: usize, step: isize) -> Result<Self> {
        let too_long = |_| Error::invalid("a position that is larger than this machine can count");
        let start = isize::try_from(first).map_err(too_long)?;
        let end = isize::try_from(first + len).map_err(too_long)?;
        let mut slice = vec![SliceInfoElem::from(..); self.ndim()];
        slice[axis] = SliceInfoElem::Slice { start, end: Some(end), step };
        self.slice(&slice)
    }
}
