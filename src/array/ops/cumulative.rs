//! Running sums along an axis.

use crate::array::source::{Elements, Reading, Source, assemble};
use crate::array::{ChunkedArray, ErasedArray, Evaluation, Region, Summable};
use crate::error::{Error, Result};
use crate::task::check_cancelled;
use ndarray::ArrayD;
use std::sync::Arc;

impl<T: Summable> ChunkedArray<T> {
    /// Returns the running sums along an axis: numpy's `cumsum`. Lazy. The types are those of [`sum`](Self::sum).
    /// Elements are added one after the other, so floats are summed as numpy sums them in `f64`. A sum that does not
    /// fit is an error when its chunk is computed.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::from_ndarray(ndarray::array![[1_u8, 255, 3], [4, 5, 6]], &[1, 2])?;
    /// assert_eq!(array.cumsum(1)?.compute()?, ndarray::array![[1_u64, 256, 259], [4, 9, 15]].into_dyn());
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// A chunk needs the sums of the chunks before it along the axis. A computation of the whole array keeps these
    /// sums, in at most 64 MiB or three chunks for each processor, and reads each chunk once. If the sums of one step,
    /// 8 or 16 bytes for each position on the other axes, take more than this, earlier chunks are read again:
    /// [`rechunk`](Self::rechunk) the array to one chunk along the axis. Computing a single chunk of the result reads
    /// all chunks before it.
    ///
    /// # Errors
    /// `InvalidInput` if there is no such axis.
    pub fn cumsum(&self, axis: usize) -> Result<ChunkedArray<T::Sum>> {
        self.check_axis(axis)?;
        Ok(self.mapped(Arc::new(CumulativeSum { input: self.clone(), axis, identity: Arc::new(0) })))
    }
}

struct CumulativeSum<T: Summable> {
    input: ChunkedArray<T>,
    axis: usize,
    /// Its address is that of the totals in an evaluation.
    identity: Arc<u8>,
}

/// The sums up to the end of a chunk, for each position on the other axes.
type Totals<T> = Arc<[<T as Summable>::Total]>;

impl<T: Summable> CumulativeSum<T> {
    /// Calls `each` with every element of a chunk, in order along the axis, and its position on the other axes.
    fn scan(&self, chunk: &Region, elements: &Elements<T>, mut each: impl FnMut(T, usize) -> Result<()>) -> Result<()> {
        let elements = elements.as_standard_layout();
        let elements = elements.as_slice().ok_or_else(|| Error::invalid("elements are not contiguous"))?;
        let inner: usize = chunk.shape()[self.axis + 1..].iter().product();
        let len = chunk.shape()[self.axis];
        for (number, row) in elements.chunks_exact(inner.max(1)).enumerate() {
            let first = number / len * inner;
            for (offset, x) in row.iter().enumerate() {
                each(*x, first + offset)?;
            }
        }
        Ok(())
    }

    /// The number of positions on the other axes.
    fn width(&self, chunk: &Region) -> usize {
        let others = chunk.shape().iter().enumerate().filter(|(axis, _)| *axis != self.axis);
        others.map(|(_, len)| *len).product()
    }

    /// The sums up to the end of a chunk. They begin at the last chunk on the axis whose sums are kept.
    fn totals(&self, evaluation: &Evaluation, number: usize) -> Result<Totals<T>> {
        let grid = self.input.grid();
        let last = grid.chunk_coordinates(number)?[self.axis];
        let step: usize = grid.chunks_per_axis()[self.axis + 1..].iter().product();
        let address = Arc::as_ptr(&self.identity).addr();
        let number_of = |index: usize| number - (last - index) * step;
        let (mut first, mut kept) = (last + 1, None);
        while first > 0 && kept.is_none() {
            check_cancelled()?;
            kept = evaluation.kept::<Totals<T>>(address, number_of(first - 1));
            first -= usize::from(kept.is_none());
        }
        let mut totals = match kept {
            Some(kept) => kept,
            None => vec![T::Total::default(); self.width(&grid.chunk_region(number)?)].into(),
        };
        for index in first..=last {
            check_cancelled()?;
            let chunk = grid.chunk_region(number_of(index))?;
            if chunk.is_empty() {
                continue;
            }
            let mut section = chunk.shape().to_vec();
            section[self.axis] = 1;
            let section = Region::of(chunk.start().to_vec(), section);
            totals = evaluation.chunk(
                address,
                number_of(index),
                &section,
                size_of::<T::Total>(),
                |_| 0,
                || {
                    let mut next = totals.to_vec();
                    self.scan(&chunk, &self.input.produce(evaluation, &chunk)?, |x, at| {
                        next[at] = x.add_to(next[at]);
                        Ok(())
                    })?;
                    Ok(Totals::<T>::from(next))
                },
            )?;
        }
        Ok(totals)
    }
}

impl<T: Summable> Source<T::Sum> for CumulativeSum<T> {
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T::Sum>> {
        let grid = self.input.grid();
        let counts = grid.chunks_per_axis();
        let step: usize = counts[self.axis + 1..].iter().product();
        assemble(grid, region, |number, chunk| {
            let elements = self.input.produce(evaluation, chunk)?;
            let index = grid.chunk_coordinates(number)?[self.axis];
            let mut totals = match index {
                0 => vec![T::Total::default(); self.width(chunk)],
                _ => self.totals(evaluation, number - step)?.to_vec(),
            };
            let mut sums = Vec::with_capacity(elements.len());
            self.scan(chunk, &elements, |x, at| {
                totals[at] = x.add_to(totals[at]);
                sums.push(T::sum(totals[at]).ok_or_else(|| Error::limit("a running sum does not fit into 64 bits"))?);
                Ok(())
            })?;
            if index + 1 < counts[self.axis] {
                // The second and last time that the chunk is needed.
                self.totals(evaluation, number)?;
            }
            let sums = ArrayD::from_shape_vec(chunk.shape(), sums);
            Ok(sums.map_err(|error| Error::invalid(error.to_string()))?.into_shared())
        })
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.input, Reading::OncePerChunk);
        if self.input.grid().chunks_per_axis()[self.axis] > 1 {
            // For the sums of the following chunks.
            visit(&self.input, Reading::OncePerChunk);
        }
    }
}
