//! Small arrays of a fixed shape within an element.

use super::DataType;
use super::static_or_shared::StaticOrShared;
use crate::error::{Error, Result};
use std::sync::Arc;

/// The most axes of a small array.
const MOST_AXES: usize = 32;

/// The type of small arrays: several values of one type in one element, such as the three coordinates of a point.
///
/// ```
/// use arraystow::{DataType, SubarrayType};
///
/// let point = SubarrayType::new(DataType::Float32, [3])?;
/// assert_eq!((point.element(), point.shape()), (&DataType::Float32, &[3][..]));
/// let point = DataType::Subarray(point);
/// assert_eq!(point.size(), 12);
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubarrayType {
    element: StaticOrShared<DataType>,
    shape: StaticOrShared<[usize]>,
}

impl SubarrayType {
    /// Returns the type of arrays of this shape with elements of the type `element`.
    ///
    /// # Errors
    /// `InvalidInput` if there are no axes or more than 32, if an axis has length 0, or if `element` is a small array
    /// itself.
    pub fn new(element: DataType, shape: impl IntoIterator<Item = usize>) -> Result<Self> {
        let shape = StaticOrShared::Shared(shape.into_iter().collect());
        let subarray = Self { element: StaticOrShared::Shared(Arc::new(element)), shape };
        subarray.check()?;
        Ok(subarray)
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn of_static(element: &'static DataType, shape: &'static [usize]) -> Self {
        Self { element: StaticOrShared::Static(element), shape: StaticOrShared::Static(shape) }
    }

    /// Returns the data type of the values.
    #[must_use]
    pub fn element(&self) -> &DataType {
        &self.element
    }

    /// Returns the number of values along each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of values.
    pub(crate) fn count(&self) -> usize {
        self.shape.iter().fold(1, |count, len| count.saturating_mul(*len))
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.shape.is_empty() || self.shape.len() > MOST_AXES || self.shape.contains(&0) {
            return Err(Error::invalid(format!("{:?} cannot be the shape of a small array", self.shape())));
        }
        if matches!(*self.element, DataType::Subarray(_)) {
            return Err(Error::invalid(
                "the values of a small array cannot be small arrays: put all values into one small array",
            ));
        }
        if self.element.is_text() {
            return Err(Error::invalid(
                "the values of a small array cannot be strings of any length: make them FixedText",
            ));
        }
        self.element.check_nested()
    }
}
