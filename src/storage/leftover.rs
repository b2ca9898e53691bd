//! What a sweep finds.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that no document refers to; see [`Storage::sweep`](crate::Storage::sweep) for an example. With serde it is
/// a map of its fields.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Leftover {
    /// What it is.
    pub kind: LeftoverKind,
    /// The file or the key. For an array of many objects, it is the common prefix of their keys.
    pub location: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// The kind of a [`Leftover`], derived from its name: its contents are not read.
///
/// `Display` writes a short description, such as `external object`. With serde it is the name in snake case: `array`,
/// `external_object`, `document`, `save_record` or `index`.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// use arraystow::LeftoverKind;
///
/// let found = storage.sweep()?;
/// let arrays = found.leftovers().filter(|leftover| leftover.kind == LeftoverKind::Array).count();
/// # assert_eq!(arrays, 0);
/// assert_eq!(LeftoverKind::SaveRecord.to_string(), "save record");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LeftoverKind {
    /// An array. In a folder with HDF5 arrays, a file of an external object without an extension looks the same.
    Array,
    /// A file of an [external object](crate::persistent), or of the shared values in it.
    ExternalObject,
    /// A document that was not put in its place.
    Document,
    /// The announcement of a save in progress: its record in a folder, its lease in an object store.
    SaveRecord,
    /// The [index](crate::Storage::query) of a workflow without documents, in an object store.
    Index,
}

impl fmt::Display for LeftoverKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Array => "array",
            Self::ExternalObject => "external object",
            Self::Document => "document",
            Self::SaveRecord => "save record",
            Self::Index => "index",
        })
    }
}

/// What a leftover is among those of its workflow: the same thing later has the same value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Remains {
    /// The array of this id.
    Array(String),
    /// Of an external object, of a save in progress, unfinished, or an index: the file of this name beside the arrays.
    File(String),
}
