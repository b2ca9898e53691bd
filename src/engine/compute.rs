//! Reads arrays into memory: as a whole, one chunk, or chunk by chunk.

use super::pages::prefer_huge_pages;
use super::workers::{Job, evaluation, run};
use crate::array::{ChunkGrid, ChunkedArray, Element, ErasedArray, Evaluation, Region, largest_chunk_for, zeroed};
use crate::error::{Error, Result};
use crate::task::counted;
use ndarray::{ArrayD, ArrayViewMutD, Axis};
use std::sync::Arc;

impl<T: Element> ChunkedArray<T> {
    /// Reads the whole array into memory. Every chunk is read or computed once, on all processors, directly into its
    /// place.
    ///
    /// # Errors
    /// `Limit` if the array does not fit into memory; any error of reading or computing a chunk.
    pub fn compute(&self) -> Result<ArrayD<T>> {
        self.prepare()?;
        let mut out = zeroed::<T>(self.shape())?;
        if let Some(memory) = out.as_slice_mut() {
            prefer_huge_pages(memory);
        }
        self.compute_into(out.view_mut())?;
        Ok(out)
    }

    /// Reads the whole array into memory of its shape, which was not accessed yet. It may have any order.
    pub(crate) fn compute_whole_into(&self, mut out: ArrayViewMutD<'_, T>) -> Result<()> {
        self.prepare()?;
        if let Some(memory) = out.as_slice_memory_order_mut() {
            prefer_huge_pages(memory);
        }
        self.compute_into(out)
    }

    /// Fails for an array that cannot be computed, before memory is allocated: its shape in the document may be wrong.
    pub(super) fn prepare(&self) -> Result<()> {
        self.check()?;
        self.reading_grid().map(drop)
    }

    /// Reads the whole array into memory of its shape.
    pub(super) fn compute_into(&self, out: ArrayViewMutD<'_, T>) -> Result<()> {
        self.check()?;
        let grid = self.reading_grid()?;
        if self.is_empty() {
            return Ok(());
        }
        let evaluation = evaluation([self as &dyn ErasedArray]);
        let read_for_one = largest_chunk_for(self);
        let parts = Parts::of(out, &grid);
        let jobs = parts.map(|(region, part)| {
            let job = job::<T>(region, part);
            Job { bytes: job.bytes.saturating_mul(beside(&evaluation).max(1)).max(read_for_one), ..job }
        });
        self.read_parts(&evaluation, evaluation.concurrency(), jobs, self.len())
    }

    /// Returns one chunk, by its coordinates in the chunk grid.
    ///
    /// # Errors
    /// `NotFound` if there is no such chunk; any error of reading or computing it.
    pub fn chunk(&self, coordinates: &[usize]) -> Result<ArrayD<T>> {
        self.check()?;
        let region = self.grid().chunk_region(self.grid().chunk_number(coordinates)?)?;
        let evaluation = evaluation([self as &dyn ErasedArray]);
        self.read_region(&evaluation, region)
    }

    /// Iterates over the chunks in C order, each with its region. One chunk is in memory at a time.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::from_ndarray(ndarray::Array1::from_iter(0..10), &[4])?;
    /// for chunk in array.chunks()? {
    ///     let (region, elements) = chunk?;
    ///     assert_eq!(elements[[0]], region.start()[0] as i32);
    /// }
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// Fails if the array can never be computed. The iterator returns the errors of single chunks.
    pub fn chunks(&self) -> Result<Chunks<T>> {
        self.check()?;
        let evaluation = evaluation([self as &dyn ErasedArray]);
        Ok(Chunks { array: self.clone(), evaluation: Arc::new(evaluation), next: 0 })
    }

    /// Fails for an array that can never be computed, before anything is read.
    pub(super) fn check(&self) -> Result<()> {
        self.failure().map_or(Ok(()), Err)
    }

    /// The grid for reading the whole array: the stored one if there is one, so that no stored chunk is read twice.
    pub(super) fn reading_grid(&self) -> Result<ChunkGrid> {
        match ErasedArray::stored(self) {
            Some(stored) => Ok(stored.layout()?.grid.clone()),
            None => Ok(self.grid().clone()),
        }
    }

    /// Reads one region as one job, so that a panic of the user's code becomes an error.
    fn read_region(&self, evaluation: &Evaluation, region: Region) -> Result<ArrayD<T>> {
        let mut out = zeroed::<T>(region.shape())?;
        let (len, jobs) = (region.len(), [job::<T>(region, out.view_mut())]);
        self.read_parts(evaluation, 1, jobs.into_iter(), len)?;
        Ok(out)
    }

    /// Reads regions, each into its part of the memory. `len` is their total number of elements.
    fn read_parts<'a>(
        &self,
        evaluation: &Evaluation,
        concurrency: usize,
        jobs: impl Iterator<Item = Job<(Region, ArrayViewMutD<'a, T>)>> + Send,
        len: usize,
    ) -> Result<()> {
        counted(len.saturating_mul(size_of::<T>()), |done| {
            run(concurrency, jobs, |(region, mut part)| {
                self.read_into(evaluation, &region, &mut part)?;
                done.add(region.len().saturating_mul(size_of::<T>()));
                Ok(())
            })
        })
    }
}

fn job<T>(region: Region, part: ArrayViewMutD<'_, T>) -> Job<(Region, ArrayViewMutD<'_, T>)> {
    let bytes = region.len().saturating_mul(size_of::<T>());
    Job { work: (region, part), bytes }
}

/// The chunks of an array, one after the other; see [`ChunkedArray::chunks`].
pub struct Chunks<T: Element> {
    array: ChunkedArray<T>,
    evaluation: Arc<Evaluation>,
    next: usize,
}

impl<T: Element> Iterator for Chunks<T> {
    type Item = Result<(Region, ArrayD<T>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.array.grid().chunk_count() {
            return None;
        }
        let region = match self.array.grid().chunk_region(self.next) {
            Ok(region) => region,
            Err(error) => return Some(Err(error)),
        };
        self.next += 1;
        let elements = self.array.read_region(&self.evaluation, region.clone());
        Some(elements.map(|elements| (region, elements)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.array.grid().chunk_count() - self.next;
        (left, Some(left))
    }
}

impl<T: Element> ExactSizeIterator for Chunks<T> {}

impl<T: Element> std::iter::FusedIterator for Chunks<T> {}

impl<T: Element> Clone for Chunks<T> {
    fn clone(&self) -> Self {
        Self { array: self.array.clone(), evaluation: self.evaluation.clone(), next: self.next }
    }
}

impl<T: Element> std::fmt::Debug for Chunks<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "chunk {} of {:?}", self.next, self.array)
    }
}

/// Cuts memory into the disjoint parts of a grid, in C order, one at a time.
struct Parts<'a, T> {
    grid: &'a ChunkGrid,
    /// The number of parts left.
    left: usize,
    /// The memory left to cut, each piece with its start, the axis to cut and the next chunk on that axis.
    stack: Vec<(ArrayViewMutD<'a, T>, Vec<usize>, usize, usize)>,
}

impl<'a, T> Parts<'a, T> {
    fn of(memory: ArrayViewMutD<'a, T>, grid: &'a ChunkGrid) -> Self {
        let start = vec![0; grid.ndim()];
        Self { grid, left: grid.chunk_count(), stack: vec![(memory, start, 0, 0)] }
    }
}

impl<'a, T> Iterator for Parts<'a, T> {
    type Item = (Region, ArrayViewMutD<'a, T>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (memory, start, axis, index) = self.stack.pop()?;
            if axis == self.grid.ndim() {
                self.left = self.left.saturating_sub(1);
                let shape = memory.shape().to_vec();
                return Some((Region::of(start, shape), memory));
            }
            let Some((_, len)) = self.grid.axis_chunk(axis, index) else {
                continue;
            };
            let (part, rest) = memory.split_at(Axis(axis), len);
            let mut after = start.clone();
            after[axis] += len;
            self.stack.push((rest, after, axis, index + 1));
            self.stack.push((part, start, axis + 1, 0));
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

/// The number of copies of a chunk in memory besides its result while it is read: from a remote store, the received
/// bytes and the decoded ones.
pub(super) fn beside(evaluation: &Evaluation) -> usize {
    if evaluation.concurrency() > 1 { 2 } else { 0 }
}

/// The error for reductions that have no value without elements.
pub(super) fn no_elements(what: &str) -> Error {
    Error::invalid(format!("an array without elements has no {what}"))
}
