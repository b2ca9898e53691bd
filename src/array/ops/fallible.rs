//! Element functions that can fail.

use crate::array::function::BoxError;
use crate::array::guard::guarded;
use crate::array::source::{Elements, Reading, Source};
use crate::array::{ChunkedArray, Element, ErasedArray, Evaluation, Region};
use crate::error::{Error, ErrorKind, Result};
use ndarray::ArrayD;
use std::sync::Arc;

impl<T: Element> ChunkedArray<T> {
    /// Returns the array of a function that can fail, applied to every element. Lazy.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::from_ndarray(ndarray::array![1_i32, 2, 300], &[2])?;
    /// let small = array.try_map(u8::try_from);
    /// assert_eq!(small.chunk(&[0])?, ndarray::array![1_u8, 2].into_dyn());
    /// assert!(small.compute().unwrap_err().to_string().contains("element [2]"));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it is computed: a chunk fails with the first error in it, as `UserCode`. The error has the position of the
    /// element.
    #[must_use]
    pub fn try_map<U, E, F>(&self, function: F) -> ChunkedArray<U>
    where
        U: Element,
        E: Into<BoxError>,
        F: Fn(T) -> std::result::Result<U, E> + Send + Sync + 'static,
    {
        let function = move |x| function(x).map_err(Into::into);
        let source = TryMap { input: self.clone(), function };
        self.mapped(Arc::new(source))
    }
}

struct TryMap<T: Element, F> {
    input: ChunkedArray<T>,
    function: F,
}

impl<T, U, F> Source<U> for TryMap<T, F>
where
    T: Element,
    U: Element,
    F: Fn(T) -> std::result::Result<U, BoxError> + Send + Sync,
{
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<U>> {
        let input = self.input.produce(evaluation, region)?;
        let values = guarded("the function of a try_map", self.input.grid(), region, || {
            let mut values = Vec::with_capacity(input.len());
            for x in &input {
                values.push((self.function)(x.clone()).map_err(|error| (values.len(), error))?);
            }
            Ok(values)
        })?;
        let values = values.map_err(|(count, source): (usize, BoxError)| {
            let at = position(region, count);
            let text = format!(
                "the function of a try_map failed for element {at:?} of an array of shape {:?}",
                self.input.shape()
            );
            Error::new(ErrorKind::UserCode, text).with_source(source)
        })?;
        let elements = ArrayD::from_shape_vec(region.shape(), values);
        Ok(elements.map_err(|error| Error::invalid(error.to_string()))?.into_shared())
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.input, Reading::OncePerChunk);
    }
}

/// The position of the `count`-th element of the region, in C order.
fn position(region: &Region, mut count: usize) -> Vec<usize> {
    let mut at = region.start().to_vec();
    for (at, len) in at.iter_mut().zip(region.shape()).rev() {
        *at += count % len;
        count /= len;
    }
    at
}
