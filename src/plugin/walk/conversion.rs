//! Fields of another element type than the stored array: read by `astype`, on request.
//!
//! Like the options of a save, the request is in force while the field's own `Deserialize` runs. Chunked arrays are
//! converted lazily, plain ones element by element, as the element's `Deserialize` asks for its type.

use crate::array::{AnyArray, ChunkedArray, DataType, Element, EncodedArray, ErasedArray, check_astype, with_element};
use std::collections::HashMap;
use std::sync::Arc;

/// The request, in a load's state.
#[derive(Default)]
pub(in crate::plugin) struct Conversion {
    asked: bool,
    /// What was converted, by the address of what is stored: an array that is met twice is one array.
    converted: HashMap<(usize, DataType), Arc<dyn ErasedArray>>,
}

impl Conversion {
    /// Whether arrays are to be converted.
    pub(in crate::plugin) fn is_asked(&self) -> bool {
        self.asked
    }

    /// Sets whether arrays are to be converted; returns whether they were.
    pub(in crate::plugin) fn ask(&mut self, asked: bool) -> bool {
        std::mem::replace(&mut self.asked, asked)
    }

    /// The array as one of this element type, if it holds such elements, or if the conversion is asked for and exists.
    pub(in crate::plugin) fn convert<T: Element>(&mut self, array: &Arc<dyn ErasedArray>) -> Option<ChunkedArray<T>> {
        let optional = (T::default_fill().is_some() && T::reads(&array.data_type()))
            .then(|| AnyArray::of(array.clone()).by_others())
            .flatten();
        let encoded = array.as_any().downcast_ref::<EncodedArray>().filter(|_| T::reads(&array.data_type()));
        if encoded.is_none()
            && optional.is_none()
            && (!self.asked || check_astype(&array.data_type(), &T::DATA_TYPE).is_err())
        {
            return None;
        }
        let key = (array.address(), T::DATA_TYPE);
        if let Some(known) = self.converted.get(&key) {
            return known.as_any().downcast_ref().cloned();
        }
        let converted = match (optional, encoded) {
            (Some(optional), _) => optional,
            (None, Some(encoded)) => encoded.typed().ok()?,
            (None, None) => with_type::<T>(&**array)?,
        };
        // It holds what is stored, so that its address is not used again.
        self.converted.insert(key, Arc::new(converted.clone()));
        Some(converted)
    }
}

fn with_type<T: Element>(array: &dyn ErasedArray) -> Option<ChunkedArray<T>> {
    with_element!(array.data_type(), U => array.as_any().downcast_ref::<ChunkedArray<U>>()?.converted(), else => None)
}
