//! One of two arrays, element by element.

use super::broadcast::{Input, common_grid, common_labels, mismatch, repeated};
use super::operand::Operand;
use crate::array::source::{Elements, Reading, Source};
use crate::array::{ArrayMeta, ChunkGrid, ChunkedArray, Element, ErasedArray, Evaluation, Region, zeroed};
use crate::error::Result;
use ndarray::{ArrayViewMutD, Zip};
use std::sync::Arc;

impl ChunkedArray<bool> {
    /// Returns the elements of `yes` where this array is `true`, and those of `no` where it is not: numpy's `where`.
    /// Lazy. Shapes are broadcast, as in arithmetic.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let height = ChunkedArray::from_ndarray(ndarray::array![10.0, -3.0, 2.0], &[2])?;
    /// let land = height.gt(0.0).select(&height, f64::NAN)?;
    /// assert!(land.compute()?[[1]].is_nan());
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the shapes do not match, or if arrays have names of axes that do not match.
    pub fn select<T: Element>(&self, yes: &ChunkedArray<T>, no: impl Into<Operand<T>>) -> Result<ChunkedArray<T>> {
        let no = no.into().into_array()?;
        let pair = common_grid(&[self.grid(), yes.grid()]).ok_or_else(|| mismatch(self.shape(), "and", yes.shape()))?;
        let grid = common_grid(&[self.grid(), yes.grid(), no.grid()])
            .ok_or_else(|| mismatch(pair.shape(), "and", no.shape()))?;
        let labels = common_labels((self.labels(), self.ndim()), (yes.labels(), yes.ndim()))?;
        let labels = common_labels((&labels, pair.ndim()), (no.labels(), no.ndim()))?;
        let depth = self.depth().max(yes.depth()).max(no.depth());
        let source = Select { mask: Input(self.clone()), yes: Input(yes.clone()), no: Input(no), grid: grid.clone() };
        Ok(ChunkedArray::operation(grid, depth, Arc::new(source)).chosen(ArrayMeta::of_labels(labels)))
    }
}

struct Select<T: Element> {
    mask: Input<bool>,
    yes: Input<T>,
    no: Input<T>,
    grid: ChunkGrid,
}

impl<T: Element> Source<T> for Select<T> {
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>> {
        let mut out = zeroed::<T>(region.shape())?;
        self.read_into(evaluation, region, &mut out.view_mut())?;
        Ok(out.into_shared())
    }

    fn read_into(&self, evaluation: &Evaluation, region: &Region, out: &mut ArrayViewMutD<'_, T>) -> Result<()> {
        self.yes.read_into(evaluation, region, out)?;
        let mask = self.mask.produce(evaluation, region)?;
        let no = self.no.produce(evaluation, region)?;
        let (mask, no) = (repeated(&mask, region.shape())?, repeated(&no, region.shape())?);
        Zip::from(out).and(mask).and(no).for_each(|out, is_yes, no| {
            if !is_yes {
                out.clone_from(no);
            }
        });
        Ok(())
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        self.mask.visit(&self.grid, visit);
        self.yes.visit(&self.grid, visit);
        self.no.visit(&self.grid, visit);
    }
}
