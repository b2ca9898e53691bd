//! Functions of chunks that need elements of their neighbours.

use super::pad::Padding;
use crate::array::function::{IntoChunk, Made, made};
use crate::array::source::{Elements, Reading, Source, assemble};
use crate::array::{ArrayMeta, ChunkGrid, ChunkedArray, Element, ErasedArray, Evaluation, Region};
use crate::error::Result;
use ndarray::ArrayViewD;
use std::sync::Arc;

impl<T: Element> ChunkedArray<T> {
    /// Returns the array of a function applied to every chunk with `depth` more elements on both sides of each axis:
    /// those of neighbouring chunks, and those of `padding` at the edges of the array. Lazy. The function gets the
    /// region of the chunk and the elements, and returns an ndarray of the chunk's shape, or a `Result` of one. The
    /// element type may differ.
    ///
    /// Windows of `2 * depth + 1` elements give one result for each element of the chunk:
    ///
    /// ```
    /// # use arraystow::{ChunkedArray, Padding};
    /// let array = ChunkedArray::from_ndarray(ndarray::array![1.0, 2.0, 6.0, 4.0, 5.0], &[2])?;
    /// let smooth = array.map_overlap(&[1], Padding::Edge, |_, elements| {
    ///     let windows = elements.windows(ndarray::IxDyn(&[3]));
    ///     windows.into_iter().map(|window| window.sum() / 3.0).collect::<ndarray::Array1<f64>>()
    /// })?;
    /// assert_eq!(smooth.compute()?, ndarray::array![4.0 / 3.0, 3.0, 4.0, 5.0, 14.0 / 3.0].into_dyn());
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// A computation keeps the chunks that their neighbours still need, in at most 64 MiB or three chunks for each
    /// processor. Within this limit, each chunk is read once. If more chunks are between two neighbours, a chunk may be
    /// read again for each of them.
    ///
    /// # Errors
    /// As for [`pad`](Self::pad) with `depth` on both sides.
    pub fn map_overlap<U, C, F>(&self, depth: &[usize], padding: Padding<T>, function: F) -> Result<ChunkedArray<U>>
    where
        U: Element,
        C: IntoChunk<U>,
        F: Fn(&Region, ArrayViewD<'_, T>) -> C + Send + Sync + 'static,
    {
        let widths: Vec<(usize, usize)> = depth.iter().map(|depth| (*depth, *depth)).collect();
        let padded = self.pad(&widths, padding)?;
        let operations = padded.depth();
        let reading = if depth.iter().all(|depth| *depth == 0) { Reading::OncePerChunk } else { Reading::Across };
        let function = move |region: &Region, elements: ArrayViewD<'_, T>| function(region, elements).into_chunk();
        let source = Overlap { padded, depth: depth.to_vec(), grid: self.grid().clone(), reading, function };
        let meta = ArrayMeta::of_labels(self.labels().dims_only());
        Ok(ChunkedArray::operation(self.grid().clone(), operations, Arc::new(source)).chosen(meta))
    }
}

struct Overlap<T: Element, F> {
    padded: ChunkedArray<T>,
    depth: Vec<usize>,
    /// The chunks without the elements around the array.
    grid: ChunkGrid,
    reading: Reading,
    function: F,
}

impl<T, U, F> Source<U> for Overlap<T, F>
where
    T: Element,
    U: Element,
    F: Fn(&Region, ArrayViewD<'_, T>) -> Made<U> + Send + Sync,
{
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<U>> {
        assemble(&self.grid, region, |number, whole| {
            // In the padded array the chunk begins `depth` later, and its first neighbour where the chunk did.
            let shape = whole.shape().iter().zip(&self.depth).map(|(len, depth)| len + 2 * depth).collect();
            let elements = self.padded.produce(evaluation, &Region::of(whole.start().to_vec(), shape))?;
            made("the function of a map_overlap", &self.grid, number, whole, || (self.function)(whole, elements.view()))
        })
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.padded, self.reading);
    }
}
