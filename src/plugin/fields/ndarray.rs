//! For fields of plain arrays, matrices and images: `#[serde(with = "arraystow::ndarray")]`.
//!
//! [`PlainArray`] lists the types. An `ndarray` field is also diverted without this attribute. With it:
//!
//! - The elements do not pass through serde, and a large array is in memory only once while it is saved and loaded.
//! - The field is diverted whatever its size. The document has only the array's persistent id, as for a chunked array.
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

/// Diverts the array, and serializes its persistent id. For `#[serde(with = "arraystow::ndarray")]` and `#[serde(with =
/// "arraystow::vec")]`; see the modules [`ndarray`](self) and [`vec`](mod@crate::vec) for examples.
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

/// Reads the whole array of a persistent id, or an array that is in the document. For `#[serde(with =
/// "arraystow::ndarray")]` and `#[serde(with = "arraystow::vec")]`; see the modules [`ndarray`](self) and
/// [`vec`](mod@crate::vec) for examples.
///
/// # Errors
/// `NoContext` outside a load; `TypeMismatch` if the array has another data type or number of axes; any error of
/// reading it.
pub fn deserialize<'de, A, D>(deserializer: D) -> Result<A, D::Error>
where
    A: FromPlainArray,
    D: Deserializer<'de>,
{
    plain::load(deserializer)
}

/// Reads an array like [`deserialize`], if its element type has changed since it was saved; see
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
/// As for [`deserialize`], except that the data type may be any that
/// [`ChunkedArray::astype`](crate::ChunkedArray::astype) converts.
pub fn astype<'de, A, D>(deserializer: D) -> Result<A, D::Error>
where
    A: FromPlainArray,
    D: Deserializer<'de>,
{
    converting(|| deserialize(deserializer))
}
