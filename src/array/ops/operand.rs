//! An array or one value, as the second operand of an operation.

use crate::array::{ChunkedArray, Chunking, Element};
use crate::error::Result;

/// An array or one value: what comparisons and [`select`](ChunkedArray::select) accept.
///
/// ```
/// use arraystow::ChunkedArray;
///
/// let array = ChunkedArray::from_ndarray(ndarray::array![1, 5, 3], &[2])?;
/// let limits = ChunkedArray::from_ndarray(ndarray::array![2, 2, 4], &[3])?;
/// assert_eq!(array.gt(2).sum()?, 2);
/// assert_eq!(array.gt(&limits).sum()?, 1);
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Operand<T: Element>(pub(super) OperandKind<T>);

#[derive(Clone, Debug)]
pub(super) enum OperandKind<T: Element> {
    Array(ChunkedArray<T>),
    Value(T),
}

impl<T: Element> Operand<T> {
    /// The operand as an array; a value has no axes.
    pub(super) fn into_array(self) -> Result<ChunkedArray<T>> {
        match self.0 {
            OperandKind::Array(array) => Ok(array),
            OperandKind::Value(value) => ChunkedArray::full(&[], value, Chunking::Whole),
        }
    }
}

impl<T: Element> From<T> for Operand<T> {
    /// One value.
    fn from(value: T) -> Self {
        Self(OperandKind::Value(value))
    }
}

impl<T: Element> From<&ChunkedArray<T>> for Operand<T> {
    /// An array.
    fn from(array: &ChunkedArray<T>) -> Self {
        Self(OperandKind::Array(array.clone()))
    }
}

impl<T: Element> From<ChunkedArray<T>> for Operand<T> {
    /// An array.
    fn from(array: ChunkedArray<T>) -> Self {
        Self(OperandKind::Array(array))
    }
}
