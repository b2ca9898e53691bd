//! For plain `ndarray` fields: `#[serde(with = "arraystow::ndarray")]`.
//!
//! Such fields are diverted without it too. With it the document has the array's persistent id alone, as for a chunked
//! array: the field is diverted whatever its size, and where serde buffers what it reads (`flatten`, `tag`, `untagged`),
//! it buffers the id and not the elements.
//!
//! ```
//! use ndarray::Array2;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! #[serde(tag = "kind")]
//! enum Result {
//!     Image {
//!         #[serde(with = "arraystow::ndarray")]
//!         pixels: Array2<u16>,
//!     },
//! }
//! ```

use crate::array::Element;
use crate::error::{Error, ErrorKind};
use crate::plugin::document::elements::PlainElements;
use crate::plugin::document::id::PersistentId;
use crate::plugin::fields::diverted::divert;
use crate::plugin::fields::found::FoundNdarray;
use crate::plugin::walk::context::saving;
use crate::plugin::walk::errors::de_error;
use crate::plugin::walk::lookup::whole_of_noted;
use crate::plugin::walk::scopes::converting;
use ::ndarray::{Array, Dimension};
use serde::{Deserialize, Deserializer, Serializer};

/// Diverts the array; the document gets its persistent id. For `#[serde(with = "arraystow::ndarray")]`; see the
/// [module](self) for an example.
///
/// # Errors
/// `NoContext` outside a save.
pub fn serialize<T, D, S>(array: &Array<T, D>, serializer: S) -> Result<S::Ok, S::Error>
where
    T: Element,
    D: Dimension,
    S: Serializer,
{
    divert(serializer, || {
        let elements = PlainElements::from_array(array.to_owned().into_dyn())?;
        saving(|state| {
            let path = state.take_place();
            state.add_plain(elements, path)
        })?
    })
}

/// Reads the array of a persistent id, whole. For `#[serde(with = "arraystow::ndarray")]`; see the [module](self) for
/// an example.
///
/// # Errors
/// `NoContext` outside a load; `TypeMismatch` if the array is of another data type or rank; whatever keeps it from being
/// read.
pub fn deserialize<'de, T, D, De>(deserializer: De) -> Result<Array<T, D>, De::Error>
where
    T: Element,
    D: Dimension,
    De: Deserializer<'de>,
{
    match FoundNdarray::deserialize(deserializer)? {
        FoundNdarray::Id(id) => read(&id),
        FoundNdarray::Fields(fields) => fields.elements::<T>().and_then(|elements| {
            let axes = elements.shape.len();
            elements
                .to_array::<T>()
                .and_then(|array| array.into_dimensionality::<D>().ok())
                .ok_or_else(|| other_rank::<D>(axes))
        }),
    }
    .map_err(de_error)
}

fn other_rank<D: Dimension>(stored: usize) -> Error {
    Error::new(
        ErrorKind::TypeMismatch,
        format!(
            "the array is stored with {stored} axes, but the type asks for {}",
            D::NDIM.map_or_else(|| "another number".to_owned(), |ndim| ndim.to_string())
        ),
    )
}

/// As [`deserialize`], for an array whose element type has changed since it was saved; see [`astype`](fn@crate::astype).
///
/// ```
/// use ndarray::Array2;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Image {
///     #[serde(serialize_with = "arraystow::ndarray::serialize", deserialize_with = "arraystow::ndarray::astype")]
///     pixels: Array2<f32>, // once u16
/// }
/// ```
///
/// # Errors
/// As [`deserialize`]; of another data type may be what [`ChunkedArray::astype`](crate::ChunkedArray::astype) converts.
pub fn astype<'de, T, D, De>(deserializer: De) -> Result<Array<T, D>, De::Error>
where
    T: Element,
    D: Dimension,
    De: Deserializer<'de>,
{
    converting(|| deserialize(deserializer))
}

fn read<T: Element, D: Dimension>(id: &PersistentId) -> crate::error::Result<Array<T, D>> {
    // Asked for first: it knows the array's place and type.
    let array = crate::plugin::fields::chunked::find::<T>(id)?;
    let elements = whole_of_noted(id)?;
    let elements = elements
        .to_array::<T>()
        .or_else(|| elements.converted())
        .ok_or_else(|| Error::invalid("an array is not of its own data type"))?;
    elements.into_dimensionality::<D>().map_err(|_| {
        let error = other_rank::<D>(array.ndim());
        match crate::array::ErasedArray::stored(&array) {
            Some(stored) => stored.locate(error),
            None => error.in_array(id.file()),
        }
    })
}
