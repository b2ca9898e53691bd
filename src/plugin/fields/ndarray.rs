//! For fields of plain arrays, matrices and images: `#[serde(with = "arraystow::ndarray")]`.
//!
//! [`PlainArray`] lists the types. A field of an `ndarray` is diverted without it too. With it:
//!
//! - The elements are not passed through serde, and a large array is in memory once while it is saved and loaded.
//! - The field is diverted whatever its size. The document has the array's persistent id alone, as for a chunked array.
//! - Where serde buffers what it reads (`flatten`, `tag`, `untagged`), it buffers the id and not the elements.
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

use crate::array::{FromPlainArray, PlainArray};
use crate::plugin::fields::plain;
use crate::plugin::walk::scopes::converting;
use serde::{Deserializer, Serializer};

/// Diverts the array; the document gets its persistent id. For `#[serde(with = "arraystow::ndarray")]` and
/// `#[serde(with = "arraystow::vec")]`; see the modules [`ndarray`](self) and [`vec`](mod@crate::vec) for examples.
///
/// # Errors
/// `NoContext` outside a save.
pub fn serialize<A, S>(array: &A, serializer: S) -> Result<S::Ok, S::Error>
where
    A: PlainArray + ?Sized,
    S: Serializer,
{
    plain::save(array, serializer)
}

/// Reads the array of a persistent id, whole, or one that the document has. For `#[serde(with = "arraystow::ndarray")]`
/// and `#[serde(with = "arraystow::vec")]`; see the modules [`ndarray`](self) and [`vec`](mod@crate::vec) for examples.
///
/// # Errors
/// `NoContext` outside a load; `TypeMismatch` if the array is of another data type or rank; whatever keeps it from
/// being read.
pub fn deserialize<'de, A, D>(deserializer: D) -> Result<A, D::Error>
where
    A: FromPlainArray,
    D: Deserializer<'de>,
{
    plain::load(deserializer)
}

/// As [`deserialize`], for an array whose element type has changed since it was saved; see
/// [`astype`](fn@crate::astype).
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
pub fn astype<'de, A, D>(deserializer: D) -> Result<A, D::Error>
where
    A: FromPlainArray,
    D: Deserializer<'de>,
{
    converting(|| deserialize(deserializer))
}
