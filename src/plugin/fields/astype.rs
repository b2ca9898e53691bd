//! The function for fields whose element type has changed.

use crate::plugin::walk::scopes::converting;
use serde::{Deserialize, Deserializer};

/// For fields whose element type has changed since they were saved: `#[serde(deserialize_with = "arraystow::astype")]`,
/// or `#[stow(astype)]` where the macro is used. The arrays in the field are then converted as by
/// [`ChunkedArray::astype`](crate::ChunkedArray::astype), instead of being refused; those that are of the type already
/// are as they are.
///
/// A [`ChunkedArray`](crate::ChunkedArray) is converted lazily. A plain `ndarray` that was diverted is converted while
/// it is read; one that is in the document, or that serde has buffered (`flatten`, `tag`, `untagged`), is read as serde
/// reads numbers of another type. For fields with `arraystow::ndarray` there is
/// [`ndarray::astype`](crate::ndarray::astype).
///
/// serde does not take a missing field for `None` where there is a `deserialize_with`: an `Option` wants
/// `#[serde(default)]` beside it.
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
/// Those of the field's `Deserialize`; `TypeMismatch` from complex to real: which part is meant must be said, by
/// loading the array as it is and `map`.
pub fn astype<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    converting(|| T::deserialize(deserializer))
}
