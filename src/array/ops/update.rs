//! Arrays in which the elements of a region are replaced.

use crate::array::source::{Elements, Reading, Source};
use crate::array::{ArrayMeta, ChunkedArray, Element, ErasedArray, Evaluation, Region, zeroed};
use crate::error::{Error, Result};
use ndarray::{ArrayViewMutD, SliceInfoElem};
use std::sync::Arc;

impl<T: Element> ChunkedArray<T> {
    /// Returns this array with the elements of a region replaced by those of `block`. Lazy.
    ///
    /// The region is a slice without steps, as for [`slice`](Self::slice()), and `block` has the shape of that slice.
    /// [`to_slice_info`](crate::Region::to_slice_info) converts a [`Region`](crate::Region) to a slice.
    ///
    /// The result is a later version of this array: it has its chunks, the names of its axes, its attributes, fill
    /// value and codec.
    ///
    /// A save takes over the chunks of a stored array that do not overlap the region. They are not decoded, computed or
    /// encoded.
    ///
    /// ```
    /// # use arraystow::{ChunkedArray, Storage};
    /// use ndarray::s;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = Storage::open(folder.path())?;
    /// storage.save("map", &ChunkedArray::<f32>::zeros(&[100, 100], &[50, 50])?)?;
    ///
    /// let map: ChunkedArray<f32> = storage.load("map")?;
    /// let ones = ChunkedArray::full(&[20, 30], 1.0, &[20, 30])?;
    /// let report = storage.save("map", &map.updated(s![10..30, 60..90], &ones)?)?;
    /// assert_eq!(report.chunks_carried, 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the slice has another number of axes, reaches outside the array, or has a step or a new axis;
    /// if `block` has another shape; if both arrays have names of axes and these differ; if `block` has a fill value
    /// that this array does not have.
    pub fn updated(&self, region: impl AsRef<[SliceInfoElem]>, block: &Self) -> Result<Self> {
        let slice = region.as_ref();
        let replaced = self.slice(slice)?;
        let (region, dropped) = self.region_of(slice)?;
        if replaced.shape() != block.shape() {
            return Err(Error::invalid(format!(
                "a block of shape {:?} for a region of shape {:?}: they must be equal",
                block.shape(),
                replaced.shape()
            )));
        }
        replaced.check_labels_of(block)?;
        if region.is_empty() {
            return Ok(self.clone());
        }
        let reading = if replaced.grid() == block.grid() { Reading::OncePerChunk } else { Reading::Across };
        let block = if dropped.is_empty() {
            block.clone()
        } else {
            let axis = |axis| if dropped.contains(&axis) { SliceInfoElem::NewAxis } else { (..).into() };
            block.slice((0..self.ndim()).map(axis).collect::<Vec<_>>())?
        };
        let depth = self.depth().max(block.depth());
        let meta = ArrayMeta { codec: self.codec(), labels: self.labels().clone() };
        let source = Updated { before: self.clone(), block, region, reading };
        Ok(Self::operation(self.grid().clone(), depth, Arc::new(source)).chosen(meta))
    }
}

struct Updated<T: Element> {
    before: ChunkedArray<T>,
    block: ChunkedArray<T>,
    /// Where the block is.
    region: Region,
    /// How the block is read.
    reading: Reading,
}

impl<T: Element> Source<T> for Updated<T> {
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>> {
        if let Some((array, region)) = self.passed_on(region) {
            return array.produce(evaluation, &region);
        }
        let mut out = zeroed::<T>(region.shape())?;
        self.read_into(evaluation, region, &mut out.view_mut())?;
        Ok(out.into_shared())
    }

    fn read_into(&self, evaluation: &Evaluation, region: &Region, out: &mut ArrayViewMutD<'_, T>) -> Result<()> {
        if let Some((array, region)) = self.passed_on(region) {
            return array.read_into(evaluation, &region, out);
        }
        self.before.read_into(evaluation, region, out)?;
        let new = region.intersection(&self.region);
        let mut out = out.slice_mut(new.relative_to(region).to_slice_info().as_slice());
        self.block.read_into(evaluation, &new.relative_to(&self.region), &mut out)
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.before, Reading::OncePerChunk);
        visit(&self.block, self.reading);
    }

    fn is_cheap(&self) -> bool {
        self.before.is_cheap() && self.block.is_cheap()
    }

    fn is_view(&self) -> bool {
        true
    }

    fn is_part(&self) -> bool {
        true
    }

    fn passed_on(&self, region: &Region) -> Option<(ChunkedArray<T>, Region)> {
        let new = region.intersection(&self.region);
        if new.is_empty() {
            Some((self.before.clone(), region.clone()))
        } else if new == *region {
            Some((self.block.clone(), region.relative_to(&self.region)))
        } else {
            None
        }
    }

    fn version_of(&self) -> Option<&ChunkedArray<T>> {
        Some(&self.before)
    }
}
