//! For lists of numbers, dates or records: `#[serde(with = "arraystow::vec")]`.
//!
//! serde writes a `Vec` into the document, one element after the other. With this, a `Vec<T>`, `VecDeque<T>`,
//! `Box<[T]>` or `&[T]` of [elements](crate::Element) is an array with one axis, in a file like others. The elements
//! are not passed through serde. The document has the array's persistent id.
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let storage = arraystow::Storage::open(folder.path())?;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Recording {
//!     station: String,
//!     #[serde(with = "arraystow::vec")]
//!     samples: Vec<f32>,
//! }
//!
//! let recording = Recording { station: "Brocken".into(), samples: vec![0.5; 1_000_000] };
//! storage.save("monday", &recording)?;
//! assert!(storage.info("monday")?.bytes < 1000); // the document
//!
//! let recording: Recording = storage.load("monday")?;
//! assert_eq!(recording.samples, vec![0.5; 1_000_000]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A document in which the field is an ordinary list, saved before the attribute was there, still loads, from formats
//! that describe themselves. [`mod@crate::ndarray`] is the same for arrays and matrices;
//! [`PlainArray`](crate::PlainArray) lists the types. `#[stow]` is for options, and for lists that stay in
//! the document while they are small.

use crate::array::{FromPlainArray, PlainArray};
use crate::plugin::fields::plain;
use crate::plugin::walk::scopes::converting;
use serde::{Deserializer, Serializer};

/// Diverts the list; the document gets its persistent id. For `#[serde(with = "arraystow::vec")]`; see the
/// [module](self) for an example.
///
/// # Errors
/// `NoContext` outside a save.
pub fn serialize<A, S>(list: &A, serializer: S) -> Result<S::Ok, S::Error>
where
    A: PlainArray + ?Sized,
    S: Serializer,
{
    plain::save(list, serializer)
}

/// Reads the array of a persistent id, or a list that the document has. For `#[serde(with = "arraystow::vec")]`; see
/// the [module](self) for an example.
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

/// As [`deserialize`], for a list whose element type has changed since it was saved; see [`astype`](fn@crate::astype).
///
/// ```
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Recording {
///     #[serde(serialize_with = "arraystow::vec::serialize", deserialize_with = "arraystow::vec::astype")]
///     samples: Vec<f64>, // once f32
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
