//! Reductions of whole arrays without the elements that are NaN or missing.

use super::compute::no_elements;
use super::offload::unblock;
use crate::array::{ChunkedArray, Element, Extreme, Mean, Number, Pick, RealElement, Skip, Spread, Sum, Summable};
use crate::error::Result;
use ndarray::Array1;

impl<T: Element> ChunkedArray<T> {
    /// Returns the reductions of the whole array without the elements that are NaN or missing, that is, equal to the
    /// [fill value](Self::with_fill): `array.skip_nan().mean()`. See [`SkipNan`].
    #[must_use]
    pub fn skip_nan(&self) -> SkipNan<T> {
        SkipNan { array: self.clone() }
    }
}

/// The reductions of a whole array without the elements that are NaN or missing, as [`ChunkedArray::skip_nan`] returns
/// them. [`count`](ChunkedArray::count) is the number of the other elements. For reductions along axes, see
/// [`Reduction::skip_nan`](crate::Reduction::skip_nan).
///
/// ```
/// use arraystow::ChunkedArray;
///
/// let array = ChunkedArray::from_ndarray(ndarray::array![1.0, f64::NAN, 3.0], &[2])?;
/// assert!(array.mean()?.is_nan());
/// assert_eq!(array.skip_nan().mean()?, 2.0);
/// assert_eq!(array.skip_nan().argmax()?, 2);
///
/// let depth = ChunkedArray::from(ndarray::array![12_i16, -9999, 8]).with_fill(-9999);
/// assert_eq!((depth.min()?, depth.skip_nan().min()?, depth.skip_nan().mean()?), (-9999, 8, 10.0));
///
/// assert_eq!(futures::executor::block_on(array.skip_nan().max_async())?, 3.0);
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SkipNan<T: Element> {
    array: ChunkedArray<T>,
}

impl<T: Element> SkipNan<T> {
    fn needs_elements(&self, what: &str) -> Result<()> {
        if self.array.is_empty() { Err(no_elements(what)) } else { Ok(()) }
    }

    pub(super) fn skip(&self) -> Skip<T> {
        Skip::nan_and_missing(&self.array)
    }

    pub(super) fn array(&self) -> &ChunkedArray<T> {
        &self.array
    }
}

impl<T: Summable> SkipNan<T> {
    /// Returns the sum, as [`ChunkedArray::sum`]. It is 0 if all elements are skipped.
    ///
    /// # Errors
    /// As for [`ChunkedArray::sum`].
    pub fn sum(&self) -> Result<T::Sum> {
        self.array.reduce_by(Sum { skip: self.skip() })
    }

    /// Returns the mean, as [`ChunkedArray::mean`]. It is NaN if all elements are skipped.
    ///
    /// # Errors
    /// As for [`ChunkedArray::mean`].
    pub fn mean(&self) -> Result<T::Mean> {
        self.needs_elements("mean")?;
        self.array.reduce_by(Mean { skip: self.skip() })
    }
}

impl<T: RealElement> SkipNan<T> {
    /// Returns the smallest element. If all elements are skipped, it is the fill value, or NaN if there is none.
    ///
    /// # Errors
    /// As for [`ChunkedArray::min`].
    pub fn min(&self) -> Result<T> {
        self.needs_elements("minimum")?;
        self.array.reduce_by(Pick { extreme: Extreme::Least, skip: self.skip() })
    }

    /// Returns the greatest element. If all elements are skipped, it is the fill value, or NaN if there is none.
    ///
    /// # Errors
    /// As for [`ChunkedArray::max`].
    pub fn max(&self) -> Result<T> {
        self.needs_elements("maximum")?;
        self.array.reduce_by(Pick { extreme: Extreme::Greatest, skip: self.skip() })
    }

    /// Returns the position of the first of the smallest elements, as [`ChunkedArray::argmin`].
    ///
    /// # Errors
    /// `InvalidInput` if all elements are skipped; otherwise as [`ChunkedArray::argmin`].
    pub fn argmin(&self) -> Result<usize> {
        self.array.position(Extreme::Least, self.skip())
    }

    /// Returns the position of the first of the greatest elements, as [`ChunkedArray::argmax`].
    ///
    /// # Errors
    /// `InvalidInput` if all elements are skipped; otherwise as [`ChunkedArray::argmax`].
    pub fn argmax(&self) -> Result<usize> {
        self.array.position(Extreme::Greatest, self.skip())
    }
}

impl<T: RealElement + Number> SkipNan<T> {
    /// Returns the variance, as [`ChunkedArray::var`].
    ///
    /// # Errors
    /// As for [`ChunkedArray::var`].
    pub fn var(&self, ddof: usize) -> Result<f64> {
        self.array.reduce_by(Spread { ddof, is_root: false, skip: self.skip() })
    }

    /// Returns the standard deviation, as [`ChunkedArray::std`].
    ///
    /// # Errors
    /// As for [`ChunkedArray::std`].
    pub fn std(&self, ddof: usize) -> Result<f64> {
        self.array.reduce_by(Spread { ddof, is_root: true, skip: self.skip() })
    }
}

impl<T: Element> SkipNan<T> {
    fn away<R, F>(&self, work: F) -> impl Future<Output = Result<R>> + Send + use<T, R, F>
    where
        R: Send + 'static,
        F: FnOnce(&Self) -> Result<R> + Send + 'static,
    {
        let skipping = self.clone();
        unblock(move || work(&skipping))
    }
}

impl<T: Summable> SkipNan<T> {
    /// The async form of [`sum`](Self::sum); see [`ChunkedArray`](ChunkedArray#async-forms).
    ///
    /// # Errors
    /// As for [`sum`](Self::sum).
    pub fn sum_async(&self) -> impl Future<Output = Result<T::Sum>> + Send + use<T> {
        self.away(Self::sum)
    }

    /// The async form of [`mean`](Self::mean); see [`ChunkedArray`](ChunkedArray#async-forms).
    ///
    /// # Errors
    /// As for [`mean`](Self::mean).
    pub fn mean_async(&self) -> impl Future<Output = Result<T::Mean>> + Send + use<T> {
        self.away(Self::mean)
    }
}

impl<T: RealElement> SkipNan<T> {
    /// The async form of [`min`](Self::min); see [`ChunkedArray`](ChunkedArray#async-forms).
    ///
    /// # Errors
    /// As for [`min`](Self::min).
    pub fn min_async(&self) -> impl Future<Output = Result<T>> + Send + use<T> {
        self.away(Self::min)
    }

    /// The async form of [`max`](Self::max); see [`ChunkedArray`](ChunkedArray#async-forms).
    ///
    /// # Errors
    /// As for [`max`](Self::max).
    pub fn max_async(&self) -> impl Future<Output = Result<T>> + Send + use<T> {
        self.away(Self::max)
    }

    /// The async form of [`argmin`](Self::argmin); see [`ChunkedArray`](ChunkedArray#async-forms).
    ///
    /// # Errors
    /// As for [`argmin`](Self::argmin).
    pub fn argmin_async(&self) -> impl Future<Output = Result<usize>> + Send + use<T> {
        self.away(Self::argmin)
    }

    /// The async form of [`argmax`](Self::argmax); see [`ChunkedArray`](ChunkedArray#async-forms).
    ///
    /// # Errors
    /// As for [`argmax`](Self::argmax).
    pub fn argmax_async(&self) -> impl Future<Output = Result<usize>> + Send + use<T> {
        self.away(Self::argmax)
    }
}

impl<T: RealElement + Number> SkipNan<T> {
    /// The async form of [`var`](Self::var); see [`ChunkedArray`](ChunkedArray#async-forms).
    ///
    /// # Errors
    /// As for [`var`](Self::var).
    pub fn var_async(&self, ddof: usize) -> impl Future<Output = Result<f64>> + Send + use<T> {
        self.away(move |skipping| skipping.var(ddof))
    }

    /// The async form of [`std`](Self::std); see [`ChunkedArray`](ChunkedArray#async-forms).
    ///
    /// # Errors
    /// As for [`std`](Self::std).
    pub fn std_async(&self, ddof: usize) -> impl Future<Output = Result<f64>> + Send + use<T> {
        self.away(move |skipping| skipping.std(ddof))
    }

    /// The async form of [`quantile`](Self::quantile); see [`ChunkedArray`](ChunkedArray#async-forms).
    ///
    /// # Errors
    /// As for [`quantile`](Self::quantile).
    pub fn quantile_async(&self, quantiles: &[f64]) -> impl Future<Output = Result<Array1<f64>>> + Send + use<T> {
        let quantiles = quantiles.to_vec();
        self.away(move |skipping| skipping.quantile(&quantiles))
    }
}
