//! Reductions of whole arrays without the elements that are NaN.

use super::compute::no_elements;
use crate::array::{ChunkedArray, Element, Extreme, Mean, Number, Pick, RealElement, Spread, Sum, Summable};
use crate::error::Result;

impl<T: Element> ChunkedArray<T> {
    /// Returns the reductions of the whole array without the elements that are NaN: `array.skip_nan().mean()`. See
    /// [`SkipNan`].
    #[must_use]
    pub fn skip_nan(&self) -> SkipNan<T> {
        SkipNan { array: self.clone() }
    }
}

/// The reductions of a whole array without the elements that are NaN, as [`ChunkedArray::skip_nan`] returns them.
/// [`count`](ChunkedArray::count) is the number of the other elements. For reductions along axes, see
/// [`Reduction::skip_nan`](crate::Reduction::skip_nan). [`unblock`](crate::unblock) makes an async form of each.
///
/// ```
/// use arraystow::ChunkedArray;
///
/// let array = ChunkedArray::from_ndarray(ndarray::array![1.0, f64::NAN, 3.0], &[2])?;
/// assert!(array.mean()?.is_nan());
/// assert_eq!(array.skip_nan().mean()?, 2.0);
/// assert_eq!(array.skip_nan().argmax()?, 2);
/// let later = array.skip_nan();
/// let future = arraystow::unblock(move || later.max());
/// assert_eq!(futures::executor::block_on(future)?, 3.0);
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

    pub(super) fn array(&self) -> &ChunkedArray<T> {
        &self.array
    }
}

impl<T: Summable> SkipNan<T> {
    /// Returns the sum, as [`ChunkedArray::sum`]. It is 0 if all elements are NaN.
    ///
    /// # Errors
    /// As for [`ChunkedArray::sum`].
    pub fn sum(&self) -> Result<T::Sum> {
        self.array.reduce_by(Sum { skip_nan: true })
    }

    /// Returns the mean, as [`ChunkedArray::mean`]. It is NaN if all elements are NaN.
    ///
    /// # Errors
    /// As for [`ChunkedArray::mean`].
    pub fn mean(&self) -> Result<T::Mean> {
        self.needs_elements("mean")?;
        self.array.reduce_by(Mean { skip_nan: true })
    }
}

impl<T: RealElement> SkipNan<T> {
    /// Returns the smallest element, or NaN if all elements are NaN.
    ///
    /// # Errors
    /// As for [`ChunkedArray::min`].
    pub fn min(&self) -> Result<T> {
        self.needs_elements("minimum")?;
        self.array.reduce_by(Pick { extreme: Extreme::Least, skip_nan: true })
    }

    /// Returns the greatest element, or NaN if all elements are NaN.
    ///
    /// # Errors
    /// As for [`ChunkedArray::max`].
    pub fn max(&self) -> Result<T> {
        self.needs_elements("maximum")?;
        self.array.reduce_by(Pick { extreme: Extreme::Greatest, skip_nan: true })
    }

    /// Returns the position of the first of the smallest elements, as [`ChunkedArray::argmin`].
    ///
    /// # Errors
    /// `InvalidInput` if all elements are NaN; otherwise as [`ChunkedArray::argmin`].
    pub fn argmin(&self) -> Result<usize> {
        self.array.position(Extreme::Least, true)
    }

    /// Returns the position of the first of the greatest elements, as [`ChunkedArray::argmax`].
    ///
    /// # Errors
    /// `InvalidInput` if all elements are NaN; otherwise as [`ChunkedArray::argmax`].
    pub fn argmax(&self) -> Result<usize> {
        self.array.position(Extreme::Greatest, true)
    }
}

impl<T: RealElement + Number> SkipNan<T> {
    /// Returns the variance, as [`ChunkedArray::var`].
    ///
    /// # Errors
    /// As for [`ChunkedArray::var`].
    pub fn var(&self, ddof: usize) -> Result<f64> {
        self.array.reduce_by(Spread { ddof, is_root: false, skip_nan: true })
    }

    /// Returns the standard deviation, as [`ChunkedArray::std`].
    ///
    /// # Errors
    /// As for [`ChunkedArray::std`].
    pub fn std(&self, ddof: usize) -> Result<f64> {
        self.array.reduce_by(Spread { ddof, is_root: true, skip_nan: true })
    }
}
