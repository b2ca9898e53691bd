//! Comparisons, whose results are arrays of `bool`.

use super::operand::{Operand, OperandKind};
use crate::array::{ChunkedArray, Element, RealElement};

impl<T: Element> ChunkedArray<T> {
    fn compare(&self, other: Operand<T>, sign: &'static str, is_true: fn(&T, &T) -> bool) -> ChunkedArray<bool> {
        match other.0 {
            OperandKind::Value(value) => self.map(move |x| is_true(&x, &value)),
            OperandKind::Array(other) => self
                .zipped(&other, sign, move |x, y| is_true(&x, &y))
                .unwrap_or_else(|error| ChunkedArray::failed(self.grid().clone(), error)),
        }
    }

    /// Returns an array that is `true` where the elements are equal to those of another array, or to a value. Lazy. NaN
    /// is equal to nothing. Shapes are broadcast, as in arithmetic. If the shapes do not match, the result fails when
    /// it is computed.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::from_ndarray(ndarray::array![1, 5, 5], &[2])?;
    /// assert_eq!(array.eq(5).sum()?, 2);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    #[must_use]
    pub fn eq(&self, other: impl Into<Operand<T>>) -> ChunkedArray<bool> {
        self.compare(other.into(), "==", T::eq)
    }

    /// Returns an array that is `true` where the elements are not equal to those of another array, or to a value; see
    /// [`eq`](Self::eq). Lazy.
    #[must_use]
    pub fn ne(&self, other: impl Into<Operand<T>>) -> ChunkedArray<bool> {
        self.compare(other.into(), "!=", T::ne)
    }
}

impl<T: RealElement> ChunkedArray<T> {
    /// Returns an array that is `true` where the elements are less than those of another array, or than a value. Lazy.
    /// NaN is neither less nor greater. Shapes are broadcast, as in arithmetic. If the shapes do not match, the result
    /// fails when it is computed.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::from_ndarray(ndarray::array![[1.0, f64::NAN], [3.0, 4.0]], &[1, 2])?;
    /// let limits = ChunkedArray::from_ndarray(ndarray::array![2.0, 5.0], &[2])?;
    /// assert_eq!(array.lt(&limits).compute()?, ndarray::array![[true, false], [false, true]].into_dyn());
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    #[must_use]
    pub fn lt(&self, other: impl Into<Operand<T>>) -> ChunkedArray<bool> {
        self.compare(other.into(), "<", T::lt)
    }

    /// Returns an array that is `true` where the elements are less than or equal to those of another array, or to a
    /// value; see [`lt`](Self::lt). Lazy.
    #[must_use]
    pub fn le(&self, other: impl Into<Operand<T>>) -> ChunkedArray<bool> {
        self.compare(other.into(), "<=", T::le)
    }

    /// Returns an array that is `true` where the elements are greater than those of another array, or than a value; see
    /// [`lt`](Self::lt). Lazy.
    #[must_use]
    pub fn gt(&self, other: impl Into<Operand<T>>) -> ChunkedArray<bool> {
        self.compare(other.into(), ">", T::gt)
    }

    /// Returns an array that is `true` where the elements are greater than or equal to those of another array, or to a
    /// value; see [`lt`](Self::lt). Lazy.
    #[must_use]
    pub fn ge(&self, other: impl Into<Operand<T>>) -> ChunkedArray<bool> {
        self.compare(other.into(), ">=", T::ge)
    }
}
