//! The categories of errors.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The category of an [`Error`](crate::Error). The error's message has the details.
///
/// `Display` writes a short description. With serde it is the name in snake case.
///
/// ```
/// use arraystow::ErrorKind;
///
/// let error = arraystow::ChunkGrid::regular(&[10], &[0]).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidInput);
/// assert_eq!(error.kind().to_string(), "invalid input");
/// assert_eq!(serde_json::to_string(&error.kind())?, "\"invalid_input\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no document, array or chunk with that name.
    NotFound,
    /// The array existed when its document was loaded, and has been removed since then.
    Gone,
    /// The name is already in use.
    AlreadyExists,
    /// The document was changed by another writer between the read and the write.
    Conflict,
    /// It is unknown whether the document was replaced. Nothing was removed.
    UnknownOutcome,
    /// The name does not follow the grammar of names.
    InvalidName,
    /// An argument is invalid: shapes that do not match, a chunk of the wrong shape, a bad slice.
    InvalidInput,
    /// The work was cancelled, by its [`Task`](crate::Task) or because its future was dropped.
    Cancelled,
    /// The request is valid, but this crate, backend or file format does not support it.
    Unsupported,
    /// An array was serialized or deserialized without a protocol context.
    NoContext,
    /// What is stored is not what was written: truncated, altered, swapped, or not written by arraystow at all.
    Corrupt,
    /// The stored array has another data type or number of axes than requested.
    TypeMismatch,
    /// A limit on size, depth or memory was reached.
    Limit,
    /// The credentials or the file's permissions do not allow it.
    PermissionDenied,
    /// The operating system or the network failed.
    Io,
    /// The serde format or the user's `Serialize` or `Deserialize` failed.
    Serde,
    /// The user's own code failed or panicked: a chunk function, a [`ChunkSource`](crate::ChunkSource) or a
    /// [`PersistentSerializer`](crate::PersistentSerializer). [`Error::get_ref`](crate::Error::get_ref) returns its
    /// error.
    UserCode,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NotFound => "not found",
            Self::Gone => "gone",
            Self::AlreadyExists => "already exists",
            Self::Conflict => "conflict",
            Self::UnknownOutcome => "unknown outcome",
            Self::InvalidName => "invalid name",
            Self::InvalidInput => "invalid input",
            Self::Cancelled => "cancelled",
            Self::Unsupported => "unsupported",
            Self::NoContext => "no protocol context",
            Self::Corrupt => "corrupt",
            Self::TypeMismatch => "type mismatch",
            Self::Limit => "limit reached",
            Self::PermissionDenied => "permission denied",
            Self::Io => "input or output failed",
            Self::Serde => "serialization failed",
            Self::UserCode => "user code failed",
        })
    }
}
