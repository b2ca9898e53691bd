//! Chunked arrays of any element type as serde values: their persistent ids.

use crate::array::AnyArray;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::names::STORED;
use crate::plugin::fields::diverted::divert;
use crate::plugin::fields::found::FoundNdarray;
use crate::plugin::walk::context::saving;
use crate::plugin::walk::errors::de_error;
use crate::plugin::walk::lookup::chunked;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

impl Serialize for AnyArray {
    /// Serializes the array's persistent id; the array itself joins the plan of the save, as a
    /// [`ChunkedArray`](crate::ChunkedArray) does.
    ///
    /// # Errors
    /// `NoContext` outside a save; the array's own error if it can never be computed.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let array = self.erased();
        if self.is_plain() {
            return divert(serializer, || {
                saving(|state| state.add_kept_plain(&**array, || array.clone()))?.map(Stored)
            });
        }
        divert(serializer, || saving(|state| state.add_chunked(&**array, || array.clone()))?)
    }
}

/// The id of an array in the place of a plain one.
struct Stored(PersistentId);

impl Serialize for Stored {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(STORED, &self.0)
    }
}

impl<'de> Deserialize<'de> for AnyArray {
    /// Finds the array of a persistent id, whatever its element type. It is lazy.
    ///
    /// The elements of a plain `ndarray` that is in the document itself, or that serde has buffered, have the type that
    /// they have there: `bool`, `int64` (`uint64` if one of them needs it), `float32` or `float64`, or complex numbers
    /// where they are pairs of floats.
    ///
    /// # Errors
    /// `NoContext` outside a load; `TypeMismatch` if the elements of an array in the document are of no data type.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match FoundNdarray::deserialize(deserializer)? {
            FoundNdarray::Id(id) => chunked(&id),
            FoundNdarray::Fields(fields) => fields.elements_as_found().and_then(|elements| elements.into_chunked()),
        }
        .map(Self::of)
        .map_err(de_error)
    }
}
