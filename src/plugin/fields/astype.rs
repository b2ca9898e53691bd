//! The function for fields whose element type has changed.

use crate::plugin::walk::scopes::converting;
use serde::{Deserialize, Deserializer};

/// Deserializes a field whose element type has changed since it was saved: `#[serde(deserialize_with =
/// "arraystow::astype")]`, or `#[stow(astype)]` where the macro is used. The arrays in the field are converted as by
/// [`ChunkedArray::astype`](crate::ChunkedArray::astype), instead of being an error. Arrays that already have the type
/// are not changed.
///
/// A [`ChunkedArray`](crate::ChunkedArray) is converted lazily. A plain `ndarray` that was diverted is converted while
/// it is read. If it is in the document, or if serde has buffered it (`flatten`, `tag`, `untagged`), it is read as
/// serde reads numbers of another type. For fields with `arraystow::ndarray`, use
/// [`ndarray::astype`](crate::ndarray::astype).
///
/// With `deserialize_with`, serde does not read a missing field as `None`: an `Option` also needs `#[serde(default)]`.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use arraystow::{ChunkedArray, LocalFiles, Protocols};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize)]
/// struct Old {
///     weight: ChunkedArray<f32>,
/// }
///
/// #[derive(Deserialize)]
/// struct New {
///     #[serde(deserialize_with = "arraystow::astype")]
///     weight: ChunkedArray<f64>,
/// }
///
/// let protocols = Protocols::new().with_file(LocalFiles::new(folder.path())?);
/// let old = Old { weight: ChunkedArray::from_ndarray(ndarray::array![0.5_f32, 1.5], &[2])? };
/// let document = arraystow::to_vec(&old, &protocols)?;
/// let new: New = arraystow::from_slice(&document, &protocols)?;
/// assert_eq!(new.weight.sum()?, 2.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The errors of the field's `Deserialize`; `TypeMismatch` for a conversion from complex to real numbers: load the
/// array as it is, and choose a part with `map`.
pub fn astype<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    converting(|| T::deserialize(deserializer))
}
