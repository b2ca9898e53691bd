//! Chunked arrays as serde values: their persistent ids.

use crate::array::{AnyArray, ChunkedArray, Element, ErasedArray, check_astype};
use crate::error::{Error, ErrorKind};
use crate::plugin::document::id::PersistentId;
use crate::plugin::fields::diverted::divert;
use crate::plugin::fields::found::FoundNdarray;
use crate::plugin::walk::context::{loading, saving};
use crate::plugin::walk::errors::de_error;
use crate::plugin::walk::lookup::chunked;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

impl<T: Element> Serialize for ChunkedArray<T> {
    /// Serializes the array's persistent id; the array itself joins the plan of the save.
    ///
    /// # Errors
    /// `NoContext` outside a save; the array's own error if it can never be computed.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        divert(serializer, || saving(|state| state.add_chunked(self, || Arc::new(self.clone())))?)
    }
}

impl<'de, T: Element> Deserialize<'de> for ChunkedArray<T> {
    /// Finds the array of a persistent id. It is lazy.
    ///
    /// # Errors
    /// `NoContext` outside a load; `TypeMismatch` if the array is of another data type.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match FoundNdarray::deserialize(deserializer)? {
            FoundNdarray::Id(id) => find(&id),
            FoundNdarray::Fields(fields) => fields.elements::<T>().and_then(|elements| {
                let array = elements.into_chunked()?;
                let typed = downcast(&*array).or_else(|| AnyArray::of(array).by_others());
                typed.ok_or_else(|| Error::invalid("an array is not of its own data type"))
            }),
        }
        .map_err(de_error)
    }
}

fn downcast<T: Element>(array: &dyn ErasedArray) -> Option<ChunkedArray<T>> {
    array.as_any().downcast_ref().cloned()
}

/// The typed array of an id.
pub(in crate::plugin) fn find<T: Element>(id: &PersistentId) -> crate::error::Result<ChunkedArray<T>> {
    let array = chunked(id)?;
    if let Some(array) = array.as_any().downcast_ref::<ChunkedArray<T>>() {
        return Ok(array.clone());
    }
    loading(|state| state.conversion().convert(&array))?.ok_or_else(|| {
        let (stored, asked) = (array.data_type(), T::DATA_TYPE);
        let way = match check_astype(&stored, &asked) {
            Ok(()) => "convert it with astype(), or let the field be converted by #[stow(astype)]",
            Err(_) if stored.number_name().is_none() || asked.number_name().is_none() => {
                "convert it with map, or load it with an element type of the same form"
            }
            Err(_) => "say which part is meant, as in map(|z| z.re)",
        };
        let text = format!(
            "the array is stored as {stored}, but the type asks for {asked}: load it as ChunkedArray of {stored} and {way}"
        );
        let error = Error::new(ErrorKind::TypeMismatch, text);
        match array.stored() {
            Some(stored) => stored.locate(error),
            None => error.in_array(id.file()),
        }
    })
}
