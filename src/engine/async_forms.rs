//! The async forms of arrays: each runs its blocking function with `unblock`.

use super::compute::Chunks;
use super::offload::unblock;
use crate::array::{AnyArray, AnyNdArray, ChunkedArray, Element, Number, RealElement, Region, Summable};
use crate::error::{Error, Result};
use ndarray::{Array1, ArrayD};

/// # Async forms
///
/// The functions that read or compute elements have async forms, of the same name with `_async`. An async form does the
/// same and fails with the same errors, but does not block the executor. It works with any executor. [`unblock`]
/// describes how, and serves for the few functions without an async form, such as `read_into`. Dropping the future cancels the work: no new chunk is started;
/// see [`Task`](crate::Task).
///
/// ```
/// # use arraystow::ChunkedArray;
/// # futures::executor::block_on(async {
/// let array = ChunkedArray::from_ndarray(ndarray::Array1::from_iter(0..10), &[4])?;
/// let tile = array.slice(ndarray::s![2..5])?.compute_async().await?;
/// assert_eq!(tile.as_slice(), Some(&[2, 3, 4][..]));
/// let sum: i64 = array.sum_async().await?;
/// assert_eq!(sum, 45);
/// # Ok::<(), arraystow::Error>(())
/// # }).unwrap();
/// ```
impl<T: Element> ChunkedArray<T> {
    /// Runs a function on the array in the pool.
    fn away<R, F>(&self, work: F) -> impl Future<Output = Result<R>> + Send + use<T, R, F>
    where
        R: Send + 'static,
        F: FnOnce(&Self) -> Result<R> + Send + 'static,
    {
        let array = self.clone();
        unblock(move || work(&array))
    }

    /// The async form of [`compute`](Self::compute).
    ///
    /// # Errors
    /// As for [`compute`](Self::compute).
    pub fn compute_async(&self) -> impl Future<Output = Result<ArrayD<T>>> + Send + use<T> {
        self.away(Self::compute)
    }

    /// The async form of [`chunk`](Self::chunk).
    ///
    /// # Errors
    /// As for [`chunk`](Self::chunk).
    pub fn chunk_async(&self, coordinates: &[usize]) -> impl Future<Output = Result<ArrayD<T>>> + Send + use<T> {
        let coordinates = coordinates.to_vec();
        self.away(move |array| array.chunk(&coordinates))
    }
}

impl<T: Summable> ChunkedArray<T> {
    /// The async form of [`sum`](Self::sum).
    ///
    /// # Errors
    /// As for [`sum`](Self::sum).
    pub fn sum_async(&self) -> impl Future<Output = Result<T::Sum>> + Send + use<T> {
        self.away(Self::sum)
    }

    /// The async form of [`mean`](Self::mean).
    ///
    /// # Errors
    /// As for [`mean`](Self::mean).
    pub fn mean_async(&self) -> impl Future<Output = Result<T::Mean>> + Send + use<T> {
        self.away(Self::mean)
    }
}

impl<T: RealElement> ChunkedArray<T> {
    /// The async form of [`min`](Self::min).
    ///
    /// # Errors
    /// As for [`min`](Self::min).
    pub fn min_async(&self) -> impl Future<Output = Result<T>> + Send + use<T> {
        self.away(Self::min)
    }

    /// The async form of [`max`](Self::max).
    ///
    /// # Errors
    /// As for [`max`](Self::max).
    pub fn max_async(&self) -> impl Future<Output = Result<T>> + Send + use<T> {
        self.away(Self::max)
    }
}

impl<T: Element> ChunkedArray<T> {
    /// The async form of [`any`](Self::any).
    ///
    /// # Errors
    /// As for [`any`](Self::any).
    pub fn any_async(&self) -> impl Future<Output = Result<bool>> + Send + use<T> {
        self.away(Self::any)
    }

    /// The async form of [`all`](Self::all).
    ///
    /// # Errors
    /// As for [`all`](Self::all).
    pub fn all_async(&self) -> impl Future<Output = Result<bool>> + Send + use<T> {
        self.away(Self::all)
    }

    /// The async form of [`count`](Self::count).
    ///
    /// # Errors
    /// As for [`count`](Self::count).
    pub fn count_async(&self) -> impl Future<Output = Result<i64>> + Send + use<T> {
        self.away(Self::count)
    }
}

impl<T: RealElement> ChunkedArray<T> {
    /// The async form of [`argmin`](Self::argmin).
    ///
    /// # Errors
    /// As for [`argmin`](Self::argmin).
    pub fn argmin_async(&self) -> impl Future<Output = Result<usize>> + Send + use<T> {
        self.away(Self::argmin)
    }

    /// The async form of [`argmax`](Self::argmax), as [`argmin_async`](Self::argmin_async) is that of
    /// [`argmin`](Self::argmin).
    ///
    /// # Errors
    /// As for [`argmax`](Self::argmax).
    pub fn argmax_async(&self) -> impl Future<Output = Result<usize>> + Send + use<T> {
        self.away(Self::argmax)
    }
}

impl<T: RealElement + Number> ChunkedArray<T> {
    /// The async form of [`var`](Self::var).
    ///
    /// # Errors
    /// As for [`var`](Self::var).
    pub fn var_async(&self, ddof: usize) -> impl Future<Output = Result<f64>> + Send + use<T> {
        self.away(move |array| array.var(ddof))
    }

    /// The async form of [`std`](Self::std).
    ///
    /// # Errors
    /// As for [`std`](Self::std).
    pub fn std_async(&self, ddof: usize) -> impl Future<Output = Result<f64>> + Send + use<T> {
        self.away(move |array| array.std(ddof))
    }

    /// The async form of [`histogram`](Self::histogram).
    ///
    /// # Errors
    /// As for [`histogram`](Self::histogram).
    pub fn histogram_async(&self, edges: &[f64]) -> impl Future<Output = Result<Array1<i64>>> + Send + use<T> {
        let edges = edges.to_vec();
        self.away(move |array| array.histogram(&edges))
    }

    /// The async form of [`quantile`](Self::quantile).
    ///
    /// # Errors
    /// As for [`quantile`](Self::quantile).
    pub fn quantile_async(&self, quantiles: &[f64]) -> impl Future<Output = Result<Array1<f64>>> + Send + use<T> {
        let quantiles = quantiles.to_vec();
        self.away(move |array| array.quantile(&quantiles))
    }
}

impl AnyArray {
    /// The async form of [`compute`](Self::compute); see [`ChunkedArray`](ChunkedArray#async-forms).
    ///
    /// # Errors
    /// As for [`compute`](Self::compute).
    pub fn compute_async(&self) -> impl Future<Output = Result<AnyNdArray>> + Send + use<> {
        let array = self.clone();
        unblock(move || array.compute())
    }

    /// The async form of [`chunk`](Self::chunk).
    ///
    /// # Errors
    /// As for [`chunk`](Self::chunk).
    pub fn chunk_async(&self, coordinates: &[usize]) -> impl Future<Output = Result<AnyNdArray>> + Send + use<> {
        let (array, coordinates) = (self.clone(), coordinates.to_vec());
        unblock(move || array.chunk(&coordinates))
    }

    /// The async form of [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// As for [`to_bytes`](Self::to_bytes).
    pub fn to_bytes_async(&self) -> impl Future<Output = Result<Vec<u8>>> + Send + use<> {
        let array = self.clone();
        unblock(move || array.to_bytes())
    }
}

impl<T: Element> Chunks<T> {
    /// The async form of `next`. If the future is dropped, the next call returns the same chunk.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// # futures::executor::block_on(async {
    /// let array = ChunkedArray::from_ndarray(ndarray::Array1::from_iter(0..10), &[4])?;
    /// let mut chunks = array.chunks()?;
    /// while let Some(chunk) = chunks.next_async().await {
    ///     let (region, elements) = chunk?;
    ///     assert_eq!(elements[[0]], region.start()[0] as i32);
    /// }
    /// # Ok::<(), arraystow::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// The errors of [`compute`](ChunkedArray::compute), for the chunk that could not be computed. The next call
    /// returns the chunk after it.
    pub async fn next_async(&mut self) -> Option<Result<(Region, ArrayD<T>)>> {
        let mut chunks = self.clone();
        let next = unblock(move || Ok::<_, Error>((chunks.next(), chunks))).await;
        match next {
            Ok((next, chunks)) => {
                *self = chunks;
                next
            }
            Err(error) => Some(Err(error)),
        }
    }
}
