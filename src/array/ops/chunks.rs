//! Functions of whole chunks.

use crate::array::function::{IntoChunk, made};
use crate::array::source::{Elements, Reading, Source, assemble};
use crate::array::{ChunkedArray, Element, ErasedArray, Evaluation, Region};
use crate::error::Result;
use ndarray::ArrayViewD;
use std::sync::Arc;

impl<T: Element> ChunkedArray<T> {
    /// Returns the array of a function applied to every chunk. Lazy. The function gets the region of the chunk and its
    /// elements, and returns an ndarray of the same shape, or a `Result` of one. The element type may differ.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::from_ndarray(ndarray::Array1::<f64>::ones(10), &[4])?;
    /// let numbered = array.map_chunks(|region, elements| {
    ///     let first = region.start()[0];
    ///     ndarray::ArrayD::from_shape_fn(elements.raw_dim(), |at| (first + at[0]) as u32)
    /// });
    /// assert_eq!(numbered.sum()?, 45);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    #[must_use]
    pub fn map_chunks<U, C, F>(&self, function: F) -> ChunkedArray<U>
    where
        U: Element,
        C: IntoChunk<U>,
        F: Fn(&Region, ArrayViewD<'_, T>) -> C + Send + Sync + 'static,
    {
        let function = move |region: &Region, elements: ArrayViewD<'_, T>| function(region, elements).into_chunk();
        let source = MapChunks { input: self.clone(), function };
        self.mapped(Arc::new(source))
    }
}

struct MapChunks<T: Element, F> {
    input: ChunkedArray<T>,
    function: F,
}

impl<T, U, F> Source<U> for MapChunks<T, F>
where
    T: Element,
    U: Element,
    F: Fn(&Region, ArrayViewD<'_, T>) -> crate::array::function::Made<U> + Send + Sync,
{
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<U>> {
        assemble(self.input.grid(), region, |number, whole| {
            let elements = self.input.produce(evaluation, whole)?;
            made("the function of a map_chunks", self.input.grid(), number, whole, || {
                (self.function)(whole, elements.view())
            })
        })
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.input, Reading::OncePerChunk);
    }
}
