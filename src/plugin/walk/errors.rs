//! Typed errors that pass through a format, which turns them into strings: the walk keeps the error.

use crate::error::Error;
use crate::plugin::document::path::Path;
use crate::plugin::walk::context::{keep_error, loading, saving};

/// An error within `Serialize`.
#[cold]
pub(in crate::plugin) fn ser_error<E: serde::ser::Error>(error: Error) -> E {
    keep_error(&error);
    E::custom(error)
}

/// An error within `Deserialize`.
#[cold]
pub(in crate::plugin) fn de_error<E: serde::de::Error>(error: Error) -> E {
    keep_error(&error);
    E::custom(error)
}

/// Notes where the first error of a save passed by, and returns it.
///
/// For `map_err`, and not `inspect_err`, after which the compiler copies the whole result, errors or not.
#[cold]
pub(in crate::plugin) fn passing_save<E>(error: E, place: &Path<'_>) -> E {
    let _ = saving(|state| state.notes.note_place(place));
    error
}

/// Notes where the first error of a load passed by, and returns it.
#[cold]
pub(in crate::plugin) fn passing_load<E>(error: E, place: &Path<'_>) -> E {
    let _ = loading(|state| state.notes.note_place(place));
    error
}

/// Forgets the errors that were noted after [`noted`](crate::plugin::walk::notes::noted) had returned this: a value was
/// read all the same. An untagged enum tries one variant after the other.
#[cold]
pub(in crate::plugin) fn forget_since(before: u64) {
    let _ = loading(|state| state.forget_since(before));
}

/// Notes an array whose elements did not fit.
#[cold]
pub(in crate::plugin) fn note_unfit(array: &Path<'_>) {
    let _ = loading(|state| state.note_unfit(array));
}
