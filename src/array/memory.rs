//! Memory for elements: zeroed, and refused with an error instead of an abort where there is not enough.

use super::Element;
use crate::error::{Error, Result};
use ndarray::ArrayD;

/// An array of zeros, from pages that the kernel zeroes when they are first touched.
///
/// # Errors
/// `Limit` if it does not fit into memory.
pub(crate) fn zeroed<T: Element>(shape: &[usize]) -> Result<ArrayD<T>> {
    let too_large = || {
        Error::limit(format!(
            "an array of shape {shape:?} and type {} does not fit into memory; read a slice of it, or go through it \
             chunk by chunk",
            T::DATA_TYPE
        ))
    };
    let len = element_count(shape).ok_or_else(too_large)?;
    let data = bytemuck::allocation::try_zeroed_vec::<T>(len).map_err(|()| too_large())?;
    ArrayD::from_shape_vec(shape, data).map_err(|_| too_large())
}

/// The number of elements of that shape, if an array of it can exist at all (ndarray counts in `isize`).
pub(crate) fn element_count(shape: &[usize]) -> Option<usize> {
    // Zero axes count as one here: ndarray refuses a shape whose other axes overflow.
    let mut bound = 1usize;
    for len in shape {
        bound = bound.checked_mul((*len).max(1))?;
    }
    isize::try_from(bound).ok()?;
    Some(if shape.contains(&0) { 0 } else { bound })
}
