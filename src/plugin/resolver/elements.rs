//! The elements of a plain array, as far as there is memory for them.

use crate::array::{ChunkedArray, EncodedArray, ErasedArray, with_typed};
use crate::error::{Error, Result};
use crate::plugin::document::elements::PlainElements;
use std::sync::Arc;

/// The error for plain arrays that do not fit into memory.
pub(super) fn too_large(array: &dyn ErasedArray) -> Error {
    let error = Error::limit(format!(
        "an array of shape {:?} and type {} does not fit into memory, beside the object's other plain arrays; load it as \
         a ChunkedArray",
        array.grid().shape(),
        array.data_type()
    ));
    match array.stored() {
        Some(stored) => stored.locate(error),
        None => error,
    }
}

/// All elements of an array.
pub(super) fn elements_of(array: &Arc<dyn ErasedArray>) -> Result<Arc<PlainElements>> {
    with_typed!(array.data_type(), T => match array.as_any().downcast_ref::<ChunkedArray<T>>() {
        Some(array) => Ok(Arc::new(PlainElements::from_array(array.compute()?)?)),
        None => Err(Error::invalid("an array is not of its own data type")),
    }, else => {
        let encoded = EncodedArray::of(array)?;
        let bytes = encoded.bytes().compute()?.into_raw_vec_and_offset().0;
        Ok(Arc::new(PlainElements::encoded(array.grid().shape().to_vec(), array.data_type(), bytes)))
    })
}
