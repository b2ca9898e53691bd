//! Shapes that are combined element by element, by numpy's rules of broadcasting.

use crate::array::labels::Labels;
use crate::array::source::{Elements, Reading, copy_into};
use crate::array::{ChunkGrid, ChunkedArray, Element, ErasedArray, Evaluation, Region};
use crate::error::{Error, Result};
use ndarray::{ArrayViewD, ArrayViewMutD};

/// The grid of the result. Shapes are aligned at their last axes. Each axis has the chunks of the first array that is
/// not repeated along it. `None` if the shapes do not match.
pub(in crate::array) fn common_grid(grids: &[&ChunkGrid]) -> Option<ChunkGrid> {
    let ndim = grids.iter().map(|grid| grid.ndim()).max()?;
    let mut runs = Vec::with_capacity(ndim);
    for axis in 0..ndim {
        let own = |grid: &ChunkGrid| Some(grid.shape()[(axis + grid.ndim()).checked_sub(ndim)?]);
        let mut lens = grids.iter().filter_map(|grid| own(grid));
        let first = lens.next()?;
        let len = lens.try_fold(first, |len, other| match (len, other) {
            (1, other) => Some(other),
            (len, other) => (other == len || other == 1).then_some(len),
        })?;
        let leading = grids.iter().find(|grid| own(grid) == Some(len))?;
        runs.push(leading.runs().swap_remove(axis + leading.ndim() - ndim));
    }
    if let Some(grid) = grids.iter().find(|grid| grid.runs() == runs) {
        return Some((*grid).clone());
    }
    ChunkGrid::from_runs(&runs).ok()
}

/// The labels of a result of two arrays, element by element: the names of the axes, aligned as the shapes are. Takes
/// the number of axes of each array.
pub(in crate::array) fn common_labels(left: (&Labels, usize), right: (&Labels, usize)) -> Result<Labels> {
    let (long, short) = if left.1 < right.1 { (right, left) } else { (left, right) };
    if long.1 == short.1 {
        return left.0.common_dims(right.0);
    }
    long.0.with_axes((long.1 - short.1..long.1).map(Some)).common_dims(short.0)?;
    Ok(long.0.dims_only())
}

/// The error of shapes that cannot be combined.
pub(in crate::array) fn mismatch(left: &[usize], sign: &str, right: &[usize]) -> Error {
    Error::invalid(format!(
        "shapes {left:?} {sign} {right:?} do not match: axes are aligned at the last one, and must be equally long or \
         of length 1"
    ))
}

/// An array that is repeated along the axes that it lacks, or that have length 1 in it.
pub(in crate::array) struct Input<T: Element>(pub(in crate::array) ChunkedArray<T>);

impl<T: Element> Input<T> {
    /// The part of the array that a region of the result is computed from.
    fn own_region(&self, region: &Region) -> Region {
        let missing = region.ndim() - self.0.ndim();
        let mut start = region.start()[missing..].to_vec();
        let mut shape = region.shape()[missing..].to_vec();
        for ((start, len), own) in start.iter_mut().zip(&mut shape).zip(self.0.shape()) {
            if *own == 1 {
                (*start, *len) = (0, (*len).min(1));
            }
        }
        Region::of(start, shape)
    }

    /// The elements before they are repeated.
    pub(in crate::array) fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>> {
        self.0.produce(evaluation, &self.own_region(region))
    }

    /// The repeated elements into memory of the caller.
    pub(in crate::array) fn read_into(
        &self,
        evaluation: &Evaluation,
        region: &Region,
        out: &mut ArrayViewMutD<'_, T>,
    ) -> Result<()> {
        let own = self.own_region(region);
        if own.shape() == region.shape() {
            return self.0.read_into(evaluation, &own, out);
        }
        let elements = self.0.produce(evaluation, &own)?;
        copy_into(repeated(&elements, region.shape())?, out)
    }

    /// Reports this input of an array with the grid.
    pub(in crate::array) fn visit(&self, grid: &ChunkGrid, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.0, if self.0.grid() == grid { Reading::OncePerChunk } else { Reading::Across });
    }
}

/// A view of the elements in that shape.
pub(in crate::array) fn repeated<'a, T>(elements: &'a Elements<T>, shape: &[usize]) -> Result<ArrayViewD<'a, T>> {
    elements.broadcast(shape).ok_or_else(|| mismatch(elements.shape(), "and", shape))
}
